//! SHA-256 of many short messages that begin alike: what does each cost beyond its own bytes?
//!
//! A beginning of whole blocks is hashed once and its state kept; each message then costs one compression for every block of its own, the padding
//! included: one up to 55 bytes, two for 64. The digest is that of plain SHA-256 over beginning and message, so that anybody can recompute it with any tool.
//! The compression itself is the crate `sha2`'s.

use sha2::block_api::compress256;

/// What SHA-256 gives.
pub(crate) type Bytes32 = [u8; 32];

/// What it hashes at once.
pub(crate) const BLOCK: usize = 64;

/// The initial state (FIPS 180-4, 5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A beginning of one block, hashed.
#[derive(Clone, Copy)]
pub(crate) struct Prefix([u32; 8]);

impl Prefix {
    /// A label, filled up with zeros to a block.
    pub(crate) fn label(label: &str) -> Self {
        Self::block(&filled::<BLOCK>(label))
    }

    /// A label, filled up with zeros to half a block, and 32 bytes.
    pub(crate) fn keyed(label: &str, key: &Bytes32) -> Self {
        let mut block = filled::<BLOCK>(label);
        debug_assert!(label.len() <= BLOCK / 2, "the label fits into its half");
        block[BLOCK / 2..].copy_from_slice(key);
        Self::block(&block)
    }

    fn block(block: &[u8; BLOCK]) -> Self {
        let mut state = START;
        compress256(&mut state, std::slice::from_ref(block));
        Self(state)
    }

    /// SHA-256 of the beginning and the message.
    #[inline]
    pub(crate) fn hash(&self, message: &[u8]) -> Bytes32 {
        finish(self.0, BLOCK, message)
    }

    /// The same of up to 55 bytes whose number the compiler knows.
    #[inline]
    pub(crate) fn hash_short<const N: usize>(&self, message: &[u8; N]) -> Bytes32 {
        const { assert!(N < BLOCK - 8, "message and padding fit a block") };
        let (mut state, mut block) = (self.0, [0; BLOCK]);
        block[..N].copy_from_slice(message);
        block[N] = 0x80;
        block[BLOCK - 8..].copy_from_slice(&((BLOCK + N) as u64 * 8).to_be_bytes());
        compress256(&mut state, std::slice::from_ref(&block));
        bytes_of(state)
    }

    /// The same of two digests.
    #[inline]
    pub(crate) fn hash_pair(&self, pair: &[Bytes32; 2]) -> Bytes32 {
        let (mut state, mut blocks) = (self.0, [[0; BLOCK]; 2]);
        blocks[0].copy_from_slice(pair.as_flattened());
        blocks[1][0] = 0x80;
        blocks[1][BLOCK - 8..].copy_from_slice(&(2 * BLOCK as u64 * 8).to_be_bytes());
        compress256(&mut state, &blocks);
        bytes_of(state)
    }
}

#[inline]
fn bytes_of(state: [u32; 8]) -> Bytes32 {
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

/// SHA-256 of a message by itself.
#[cfg(feature = "evidence")]
#[inline]
pub(crate) fn plain(message: &[u8]) -> Bytes32 {
    finish(START, 0, message)
}

/// The digest after `before` bytes that led to a state, and the rest.
#[inline]
fn finish(mut state: [u32; 8], before: usize, message: &[u8]) -> Bytes32 {
    let (whole, rest) = message.as_chunks::<BLOCK>();
    if !whole.is_empty() {
        compress256(&mut state, whole);
    }
    let mut last = [[0; BLOCK]; 2];
    last[0][..rest.len()].copy_from_slice(rest);
    last[0][rest.len()] = 0x80;
    // The length in bits takes the last eight bytes.
    let blocks = if rest.len() < BLOCK - 8 { 1 } else { 2 };
    let bits = (before + message.len()) as u64 * 8;
    last[blocks - 1][BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
    compress256(&mut state, &last[..blocks]);
    bytes_of(state)
}

fn filled<const N: usize>(label: &str) -> [u8; N] {
    let mut block = [0; N];
    block[..label.len()].copy_from_slice(label.as_bytes());
    block
}

/// HMAC-SHA256 (RFC 2104) under a key of 32 bytes: two beginnings, kept.
#[derive(Clone, Copy)]
pub(crate) struct Mac {
    inner: Prefix,
    outer: Prefix,
}

impl Mac {
    pub(crate) fn new(key: &Bytes32) -> Self {
        let padded = |with: u8| {
            let mut block = [with; BLOCK];
            block.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
            Prefix::block(&block)
        };
        Self {
            inner: padded(0x36),
            outer: padded(0x5c),
        }
    }

    #[inline]
    pub(crate) fn of<const N: usize>(&self, message: &[u8; N]) -> Bytes32 {
        self.outer.hash_short(&self.inner.hash_short(message))
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac as _};
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    proptest! {
        #[test]
        fn a_kept_beginning_changes_no_digest(message in prop::collection::vec(any::<u8>(), 0..200), key: [u8; 32]) {
            let mut block = [0; 64];
            block[..5].copy_from_slice(b"label");
            prop_assert_eq!(Prefix::label("label").hash(&message), plain(&[&block, &message]));
            block[32..].copy_from_slice(&key);
            prop_assert_eq!(Prefix::keyed("label", &key).hash(&message), plain(&[&block, &message]));
            #[cfg(feature = "evidence")]
            prop_assert_eq!(super::plain(&message), plain(&[&message]));
        }

        #[test]
        fn the_short_ways_come_to_the_same(short: [u8; 32], shorter: [u8; 7], longest: [[u8; 5]; 11], pair: [[u8; 32]; 2]) {
            let label = Prefix::label("label");
            prop_assert_eq!(label.hash_short(&short), label.hash(&short));
            prop_assert_eq!(label.hash_short(&shorter), label.hash(&shorter));
            let mut long = [0; 55];
            long.copy_from_slice(longest.as_flattened());
            prop_assert_eq!(label.hash_short(&long), label.hash(&long));
            prop_assert_eq!(label.hash_pair(&pair), label.hash(pair.as_flattened()));
        }

        #[test]
        fn the_mac_is_hmac(message: [u8; 32], key: [u8; 32]) {
            let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
            mac.update(&message);
            let theirs: [u8; 32] = mac.finalize().into_bytes().into();
            prop_assert_eq!(Mac::new(&key).of(&message), theirs);
        }
    }

    fn plain(parts: &[&[u8]]) -> Bytes32 {
        let mut hash = Sha256::new();
        parts.iter().for_each(|part| hash.update(part));
        hash.finalize().into()
    }
}
