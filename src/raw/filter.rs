//! A small filter of who was here: might this one be among them?
//!
//! A Bloom filter in which all bits of one entry lie in one word, so that asking is one load and adding one locked instruction at most. Eight bits
//! and more an entry, three set: about one stranger in thirty is mistaken for a member, no member ever for a stranger. Nothing
//! is ever removed.
//!
//! # Ordering
//! Adding releases and asking acquires, so that whoever finds something which happened after the adding finds the entry.

use crate::raw::ahead;
use crate::words::sync::atomic::{AtomicU64, Ordering};

/// Words for so many entries: 8 bits each, at least 256 in all.
pub(crate) const fn words_for(entries: u32) -> u32 {
    let words = entries.div_ceil(8);
    if words < 4 { 4 } else { words }
}

/// The word of an entry among so many, and its three bits there: disjoint parts of the hash.
const fn place(hash: u64, words: usize) -> (usize, u64) {
    let bits = 1 << (hash & 63) | 1 << ((hash >> 6) & 63) | 1 << ((hash >> 12) & 63);
    ((((hash >> 32) * words as u64) >> 32) as usize, bits)
}

/// Adds an entry.
#[inline]
pub(crate) fn add(filter: &[AtomicU64], hash: u64) {
    let (word, bits) = place(hash, filter.len());
    if let Some(word) = filter.get(word)
        && word.load(Ordering::Acquire) & bits != bits
    {
        word.fetch_or(bits, Ordering::Release);
    }
}

/// Has the word of an entry on its way.
#[inline]
pub(crate) fn fetch(filter: &[AtomicU64], hash: u64) {
    if let Some(word) = filter.get(place(hash, filter.len()).0) {
        ahead::fetch(word);
    }
}

/// Whether an entry may be there.
#[inline]
pub(crate) fn may_hold(filter: &[AtomicU64], hash: u64) -> bool {
    let (word, bits) = place(hash, filter.len());
    filter
        .get(word)
        .is_some_and(|word| word.load(Ordering::Acquire) & bits == bits)
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use crate::raw::hash::Keys;

    fn mix(entry: u64) -> u64 {
        Keys([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0]).quick(u128::from(entry))
    }

    #[test]
    fn no_member_is_missed_and_few_strangers_pass() {
        for entries in [1u64, 30, 33, 100, 1_000, 65_535] {
            let words = words_for(entries as u32);
            let filter: Vec<AtomicU64> = (0..words).map(|_| AtomicU64::new(0)).collect();
            let members = entries;
            for member in 0..members {
                add(&filter, mix(member));
            }
            assert!((0..members).all(|member| may_hold(&filter, mix(member))));
            let passed = (members..members + 10_000)
                .filter(|&stranger| may_hold(&filter, mix(stranger)))
                .count();
            assert!(
                passed < 900,
                "{passed} of 10,000 strangers pass a filter of {entries}"
            );
        }
    }
}
