//! Proof of work: a number to be found by trying, and nothing to be remembered until it is.
//!
//! It slows whoever asks in thousands, and is no price: a processor finds thousands an hour. What costs a scalper something are the steps that are bound to a person.

use std::fmt;

use super::{Challenge, Subject, Wrong};
use crate::raw::digest::{Bytes32, Mac, Prefix};
use crate::raw::lately::Lately;
use crate::words::challenge::{Answer, Level, Seal, Token};
use crate::words::error::Invalid;
use crate::words::sync::Mutex;
use crate::words::time::Timestamp;

/// How long a token counts, in milliseconds: two minutes, longer than any entry window by default, and enough for a slow telephone.
const TTL_MS: u64 = 120_000;
/// The most zero bits that are asked for.
const BITS_MAX: u8 = 20;
/// Answers that the filter has room for in that time, 16 bits each: half a megabyte.
const ANSWERS: u32 = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    64
} else {
    1 << 18
};

/// A proof of work. Its token is sealed with a key, for one patient, one schedule, one difficulty and until one instant; so nothing is kept of what was issued. Of what was answered a
/// filter of fixed memory is, for as long as the token counts: of a million answers within two minutes some would be taken for used, and are asked for once more.
///
/// The number looked for makes SHA-256 of 64 bytes (`fairslot/work/1`, filled up with zeros), the seal and the number, 8 bytes big-endian, begin with `difficulty` zero bits.
pub struct ProofOfWork {
    key: Mac,
    bits: u8,
    /// One at a time: an answer is looked up and noted in one step.
    used: Mutex<Lately>,
}

impl ProofOfWork {
    /// With this key, 32 random bytes that stay secret, and so many zero bits: 16 to 20. Each bit doubles the work, and sixteen are 65,536 hashes on average.
    ///
    /// # Errors
    /// [`Invalid`] for bits out of their range.
    pub fn new(key: [u8; 32], bits: u8) -> Result<Self, Invalid> {
        Invalid::within("proof_of_work.bits", bits, 16..=BITS_MAX, "16 to 20")?;
        Ok(Self {
            key: Mac::new(&key),
            bits,
            used: Mutex::new(Lately::new(ANSWERS)),
        })
    }

    /// Finds the answer to a token, as a client does: a million hashes or so at most. To a token that asks for more than 20 bits, which is none of a `ProofOfWork`'s, the answer is 0, and wrong.
    #[must_use]
    pub fn solve(token: &Token) -> Answer {
        let label = label();
        if token.difficulty > BITS_MAX {
            return Answer::Number(0);
        }
        let is_it = |number: &u64| zero_bits(&work(&label, token, *number)) >= token.difficulty;
        // One in 2^20 numbers has it: it comes.
        Answer::Number((0..u64::MAX).find(is_it).unwrap_or_default())
    }

    fn seal(&self, subject: &Subject, expires_at: Timestamp, difficulty: u8) -> Seal {
        let mut message = [0; 49];
        message[..16].copy_from_slice(b"fairslot/proof/1");
        message[16..32].copy_from_slice(&subject.patient.to_u128().to_be_bytes());
        message[32..40].copy_from_slice(&subject.schedule.0.to_be_bytes());
        message[40..48].copy_from_slice(&expires_at.as_millis().to_be_bytes());
        message[48] = difficulty;
        let mut seal = [0; 16];
        seal.copy_from_slice(&self.key.of(&message)[..16]);
        Seal(seal)
    }
}

fn label() -> Prefix {
    Prefix::label("fairslot/work/1")
}

fn work(label: &Prefix, token: &Token, number: u64) -> Bytes32 {
    let mut message = [0; 24];
    message[..16].copy_from_slice(&token.seal.0);
    message[16..].copy_from_slice(&number.to_be_bytes());
    label.hash(&message)
}

fn zero_bits(digest: &Bytes32) -> u8 {
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    // 64 at most.
    u64::from_be_bytes(first).leading_zeros() as u8
}

impl Challenge for ProofOfWork {
    /// A proof of work, whatever the level.
    fn issue(&self, subject: &Subject, _: Level) -> Token {
        let expires_at = subject.now.after(TTL_MS);
        Token {
            level: Level::ProofOfWork,
            schedule: subject.schedule,
            expires_at,
            difficulty: self.bits,
            seal: self.seal(subject, expires_at, self.bits),
        }
    }

    fn verify(&self, subject: &Subject, token: &Token, answer: &Answer) -> Result<Level, Wrong> {
        let Answer::Number(number) = answer else {
            return Err(Wrong);
        };
        let seal = self.seal(subject, token.expires_at, token.difficulty);
        // All bytes are compared, however early one differs: the time tells nothing of the seal.
        let differs = seal
            .0
            .iter()
            .zip(token.seal.0)
            .fold(0, |sum, (ours, theirs)| sum | (ours ^ theirs));
        let found = work(&label(), token, *number);
        let sound = differs == 0
            && token.schedule == subject.schedule
            && token.level == Level::ProofOfWork
            && token.difficulty == self.bits
            && subject.now < token.expires_at
            && zero_bits(&found) >= self.bits;
        if !sound {
            return Err(Wrong);
        }
        // By the seal alone: another number is no other answer. Half of a MAC is as good as random.
        let mut half = [0; 8];
        half.copy_from_slice(&seal.0[..8]);
        let seen = u64::from_be_bytes(half);
        let used = self.used.lock();
        used.turn(subject.now.as_millis(), TTL_MS);
        if used.may_hold(seen) {
            return Err(Wrong);
        }
        used.add(seen);
        Ok(Level::ProofOfWork)
    }
}

impl fmt::Debug for ProofOfWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofOfWork")
            .field("bits", &self.bits)
            .finish_non_exhaustive()
    }
}
