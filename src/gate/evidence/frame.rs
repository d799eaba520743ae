//! What does the log look like, byte by byte? A record of one decision, and the checkpoint that ends an epoch.
//!
//! Everything is big-endian. A frame's second byte says which kind it is; its first is the version of this format, 1.
//!
//! | record | | checkpoint | |
//! |---|---|---|---|
//! | 0, 1 | version, 1 | 0, 1 | version, 2 |
//! | 2, 3 | action, outcome | 2–4 | chains so far |
//! | 4, 5 | challenge level, 0 | 4–8 | records in the epoch |
//! | 6–8 | chain | 8–16 | epoch, from 0 |
//! | 8–16 | sequence in the chain, from 0 | 16–24 | time |
//! | 16–24 | time | 24–32 | decisions lost since the log began |
//! | 24–32 | schedule, all ones if none | 32–48 | the log |
//! | 32–34 | slot, 0 if none | 48–64 | 0 |
//! | 34–36 | score | 64–96 | hash of the checkpoint before |
//! | 36–40 | labels | 96–128 | top of the Merkle tree over the chains |
//! | 40–44 | month, 12 × year + months before | 128–160 | SHA-256 of the list |
//! | 44–48 | 0 | 160–192 | the checkpoint's hash |
//! | 48–56 | detail | 192– | the list: 40 bytes a chain, records so far and head |
//! | 56–64 | 0 | | |
//! | 64–128 | pseudonyms: patient, account, device, network; zeros if none | | |
//! | 128–160 | policy | | |
//! | 160–192 | the record's hash | | |
//!
//! A record's hash is SHA-256(the label `fairslot/evidence/record/1`, filled up with zeros to 32 bytes ‖ policy ‖ hash before ‖ bytes 0–128). Label and policy, a whole block and the same for
//! every record of a log, are hashed once.

use super::month::{Month, Pseudonym};
use crate::raw::digest::{Bytes32, Prefix};
use crate::words::hex::Digest;
use crate::words::id::{ScheduleId, SlotNo};
use crate::words::time::Timestamp;

/// The version of the format.
const VERSION: u8 = 1;
const RECORD: u8 = 1;
const CHECKPOINT: u8 = 2;
/// Where a record's policy stands.
const POLICY: usize = 128;
/// What is hashed of a record after label and policy: the hash before, and the body but for the policy.
const HASHED: usize = 32 + POLICY;
const LABEL: &str = "fairslot/evidence/record/1";
/// Bytes of a record, or of a checkpoint's head, without its hash.
pub(super) const BODY: usize = 160;
/// With it.
pub(super) const FRAME: usize = BODY + 32;
/// Bytes of a chain in a checkpoint's list.
pub(super) const ENTRY: usize = 40;

pub(super) type Body = [u8; BODY];

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$each])* $variant = $code,)*
        }

        impl $name {
            const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

codes!(
    /// What was being done.
    Action {
        /// Somebody asked for a slot.
        Request = 1,
        /// A booking was given up.
        Cancel = 2,
        /// A booking was changed for another.
        Exchange = 3,
        /// A schedule was drawn, or a place in a draw became a hold.
        Draw = 4,
        /// A challenge was answered.
        Challenge = 5,
        /// The log had no room.
        Overflow = 6,
    }
);

codes!(
    /// What came of it.
    Code {
        /// It was done: a slot was held, a booking cancelled, a schedule drawn, a challenge passed.
        Done = 0,
        /// A limit said no. The detail is the wait in milliseconds.
        RateLimited = 1,
        /// It went on, under suspicion.
        Suspected = 2,
        /// A challenge was set.
        Challenged = 3,
        /// An answer to a challenge was wrong. Nothing else follows from it.
        Failed = 4,
        /// Decisions were not written down. The detail says how many.
        Lost = 5,
    }
);

/// One decision, as it is written down. No identity is in it, only this month's pseudonyms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Record {
    /// Its chain: each thread at work has one.
    pub chain: u16,
    /// Its place in the chain, from 0.
    pub sequence: u64,
    /// The engine's time.
    pub at: Timestamp,
    /// What was being done.
    pub action: Action,
    /// What came of it.
    pub code: Code,
    /// The schedule, if one was meant.
    pub schedule: Option<ScheduleId>,
    /// The slot, if it is about one.
    pub slot: Option<SlotNo>,
    /// Of a place in the slow queue how suspicious its person was, 1 to 1,000; else 0.
    pub score: u16,
    /// The labels that made it so: the bit `1 << label as u32` for each [`Label`](crate::Label).
    pub labels: u32,
    /// The challenge's level; 0 if none.
    pub level: u8,
    /// What the code has to say: milliseconds, a number.
    pub detail: u64,
    /// The month whose key made the pseudonyms.
    pub month: Month,
    /// The patient, unless nobody, or a month without a key.
    pub patient: Option<Pseudonym>,
    /// The account, if one was named.
    pub account: Option<Pseudonym>,
    /// The device, if one was named.
    pub device: Option<Pseudonym>,
    /// The network, if an address was named.
    pub network: Option<Pseudonym>,
    /// What stands for the settings in force: the bounds of a book, the limits, the version of the card of behaviour and from which score on it slows, and the caller's own digest ([`Evidence::policy`](super::Evidence::policy)).
    pub policy: Digest,
}

impl Record {
    /// Its pseudonyms, in the order of the kinds.
    #[must_use]
    pub const fn pseudonyms(&self) -> [Option<Pseudonym>; 4] {
        [self.patient, self.account, self.device, self.network]
    }

    pub(super) fn body(&self) -> Body {
        let mut body = [0; BODY];
        self.write(&mut body);
        body
    }

    /// Writes it over another one.
    #[inline(always)]
    pub(super) fn write(&self, body: &mut Body) {
        body[..6].copy_from_slice(&[
            VERSION,
            RECORD,
            self.action as u8,
            self.code as u8,
            self.level,
            0,
        ]);
        body[6..8].copy_from_slice(&self.chain.to_be_bytes());
        body[8..16].copy_from_slice(&self.sequence.to_be_bytes());
        body[16..24].copy_from_slice(&self.at.as_millis().to_be_bytes());
        let schedule = self.schedule.map_or(u64::MAX, |schedule| schedule.0);
        body[24..32].copy_from_slice(&schedule.to_be_bytes());
        body[32..34].copy_from_slice(&self.slot.map_or(0, SlotNo::get).to_be_bytes());
        body[34..36].copy_from_slice(&self.score.to_be_bytes());
        body[36..40].copy_from_slice(&self.labels.to_be_bytes());
        body[40..44].copy_from_slice(&self.month.number().to_be_bytes());
        body[48..56].copy_from_slice(&self.detail.to_be_bytes());
        let (places, _) = body[64..128].as_chunks_mut::<16>();
        for (place, pseudonym) in places.iter_mut().zip(self.pseudonyms()) {
            *place = pseudonym.unwrap_or_default().0;
        }
        body[POLICY..].copy_from_slice(&self.policy.0);
    }

    /// Reads one, if it is one and nothing else.
    pub(super) fn read(body: &Body) -> Option<Self> {
        let whose = |at| Some(Pseudonym(bytes(body, at))).filter(|it| *it != Pseudonym::default());
        let schedule = u64::from_be_bytes(bytes(body, 24));
        let slot = u16::from_be_bytes(bytes(body, 32));
        let record = Self {
            chain: u16::from_be_bytes(bytes(body, 6)),
            sequence: u64::from_be_bytes(bytes(body, 8)),
            at: Timestamp::from_millis(u64::from_be_bytes(bytes(body, 16))),
            action: Action::from_code(body[2])?,
            code: Code::from_code(body[3])?,
            schedule: (schedule != u64::MAX).then_some(ScheduleId(schedule)),
            slot: slot.checked_sub(1).map(SlotNo::from_index),
            score: u16::from_be_bytes(bytes(body, 34)),
            labels: u32::from_be_bytes(bytes(body, 36)),
            level: body[4],
            detail: u64::from_be_bytes(bytes(body, 48)),
            month: Month::from_number(u32::from_be_bytes(bytes(body, 40))),
            patient: whose(64),
            account: whose(80),
            device: whose(96),
            network: whose(112),
            policy: Digest(bytes(body, POLICY)),
        };
        (record.body() == *body).then_some(record)
    }

    /// The hash that follows from the one before it in its chain.
    #[must_use]
    pub fn hash(&self, before: &Digest) -> Digest {
        Digest(follow(&before.0, &self.body()))
    }
}

/// The hash of a record after that one.
pub(super) fn follow(before: &Bytes32, body: &Body) -> Bytes32 {
    let mut message = [0; HASHED];
    message[..32].copy_from_slice(before);
    message[32..].copy_from_slice(&body[..POLICY]);
    Prefix::keyed(LABEL, &bytes(body, POLICY)).hash(&message)
}

/// Records that are hashed together, with no lock between one and the next. Whoever writes the last of them waits for all.
const TOGETHER: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    8
};

/// The end of a chain, as it will stand in the log: the last hash, and then body and hash of a few records more, which are hashed together. So what is hashed lies as it is hashed, and is
/// copied once.
pub(super) struct Page {
    bytes: [u8; 32 + TOGETHER * FRAME],
    records: usize,
    /// Label and policy, hashed.
    prefix: Prefix,
}

impl Page {
    /// After that hash, under that policy.
    pub(super) fn after(before: &Bytes32, policy: &Digest) -> Self {
        let mut bytes = [0; _];
        bytes[..32].copy_from_slice(before);
        Self {
            bytes,
            records: 0,
            prefix: Prefix::keyed(LABEL, &policy.0),
        }
    }

    pub(super) fn records(&self) -> usize {
        self.records
    }

    pub(super) fn is_full(&self) -> bool {
        self.records == TOGETHER
    }

    /// The body of one record more. The page must not be full.
    #[inline]
    pub(super) fn next(&mut self) -> &mut Body {
        let (frames, _) = self.bytes[32..].as_chunks_mut::<FRAME>();
        let (bodies, _) = frames[self.records].as_chunks_mut();
        self.records += 1;
        &mut bodies[0]
    }

    /// The last hash of the chain, as far as it is hashed.
    pub(super) fn last(&self) -> Bytes32 {
        bytes(&self.bytes, 0)
    }

    /// Hashes its records and adds them to those of their chain.
    pub(super) fn turn(&mut self, log: &mut Vec<u8>) {
        let written = std::mem::take(&mut self.records);
        for record in 0..written {
            let hash = self.prefix.hash(&self.bytes[record * FRAME..][..HASHED]);
            let at = (record + 1) * FRAME;
            self.bytes[at..at + 32].copy_from_slice(&hash);
        }
        let end = 32 + written * FRAME;
        log.extend_from_slice(&self.bytes[32..end]);
        self.bytes.copy_within(written * FRAME..end, 0);
    }
}

/// Where the pseudonyms of a record stand.
#[inline]
pub(super) fn pseudonyms(body: &mut Body) -> &mut [[u8; 16]; 4] {
    let (_, after) = body.split_at_mut(64);
    let (sets, _) = after.as_chunks_mut::<16>().0.as_chunks_mut();
    &mut sets[0]
}

/// What every chain of a log begins with.
pub(super) fn genesis(log: u128, chain: u16) -> Bytes32 {
    let mut message = [0; 18];
    message[..16].copy_from_slice(&log.to_be_bytes());
    message[16..].copy_from_slice(&chain.to_be_bytes());
    Prefix::label("fairslot/evidence/chain/1").hash(&message)
}

/// The end of an epoch: it stands for every record so far. Whoever has its hash, in a place that the log's keeper can't reach, has the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Checkpoint {
    /// The log, as its settings named it.
    pub log: u128,
    /// Its number, from 0.
    pub epoch: u64,
    /// The engine's time at its end.
    pub at: Timestamp,
    /// Chains so far.
    pub chains: u16,
    /// Records in the epoch.
    pub records: u32,
    /// Decisions since the log began that were not written down, because there was no room.
    pub lost: u64,
    /// The hash of the checkpoint before it; of the first, what the log begins with.
    pub before: Digest,
    /// The top of the Merkle tree over the chains.
    pub top: Digest,
    /// SHA-256 of the list of chains.
    pub list: Digest,
}

impl Checkpoint {
    pub(super) fn body(&self) -> Body {
        let mut body = [0; BODY];
        body[..2].copy_from_slice(&[VERSION, CHECKPOINT]);
        body[2..4].copy_from_slice(&self.chains.to_be_bytes());
        body[4..8].copy_from_slice(&self.records.to_be_bytes());
        body[8..16].copy_from_slice(&self.epoch.to_be_bytes());
        body[16..24].copy_from_slice(&self.at.as_millis().to_be_bytes());
        body[24..32].copy_from_slice(&self.lost.to_be_bytes());
        body[32..48].copy_from_slice(&self.log.to_be_bytes());
        body[64..96].copy_from_slice(&self.before.0);
        body[96..128].copy_from_slice(&self.top.0);
        body[128..].copy_from_slice(&self.list.0);
        body
    }

    pub(super) fn read(body: &Body) -> Option<Self> {
        let checkpoint = Self {
            log: u128::from_be_bytes(bytes(body, 32)),
            epoch: u64::from_be_bytes(bytes(body, 8)),
            at: Timestamp::from_millis(u64::from_be_bytes(bytes(body, 16))),
            chains: u16::from_be_bytes(bytes(body, 2)),
            records: u32::from_be_bytes(bytes(body, 4)),
            lost: u64::from_be_bytes(bytes(body, 24)),
            before: Digest(bytes(body, 64)),
            top: Digest(bytes(body, 96)),
            list: Digest(bytes(body, 128)),
        };
        (checkpoint.body() == *body).then_some(checkpoint)
    }

    /// Its hash: what to publish, or to leave with somebody else. SHA-256 of the label `fairslot/evidence/check/1`, filled up with zeros to 64 bytes, and its first 160 bytes.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest(Prefix::label("fairslot/evidence/check/1").hash(&self.body()))
    }
}

/// What the first checkpoint of a log says was before it.
pub(super) fn beginning(log: u128) -> Digest {
    Digest(Prefix::label("fairslot/evidence/log/1").hash(&log.to_be_bytes()))
}

/// Where a chain stands: records so far, and the last one's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) records: u64,
    pub(super) hash: Bytes32,
}

impl Head {
    pub(super) fn genesis(log: u128, chain: u16) -> Self {
        Self {
            records: 0,
            hash: genesis(log, chain),
        }
    }

    pub(super) fn entry(&self) -> [u8; ENTRY] {
        let mut entry = [0; ENTRY];
        entry[..8].copy_from_slice(&self.records.to_be_bytes());
        entry[8..].copy_from_slice(&self.hash);
        entry
    }

    pub(super) fn read(entry: &[u8; ENTRY]) -> Self {
        Self {
            records: u64::from_be_bytes(bytes(entry, 0)),
            hash: bytes(entry, 8),
        }
    }

    /// What stands for a chain in the tree: where it stands, and the tree over its records' hashes of this epoch.
    pub(super) fn leaf(&self, epoch_top: &Bytes32) -> Bytes32 {
        let mut message = [0; ENTRY + 32];
        message[..ENTRY].copy_from_slice(&self.entry());
        message[ENTRY..].copy_from_slice(epoch_top);
        Prefix::label("fairslot/evidence/leaf/1").hash(&message)
    }
}

/// Hashes two neighbours of a tree.
pub(super) fn node() -> Prefix {
    Prefix::label("fairslot/evidence/node/1")
}

/// What is written at `at`. Callers stay within what they read.
pub(super) fn bytes<const N: usize>(of: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&of[at..at + N]);
    bytes
}

/// Whether a frame says it is a record, or a checkpoint.
pub(super) fn is_record(frame: &[u8]) -> Option<bool> {
    match frame {
        [VERSION, RECORD, ..] => Some(true),
        [VERSION, CHECKPOINT, ..] => Some(false),
        _ => None,
    }
}
