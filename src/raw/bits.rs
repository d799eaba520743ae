//! Thirty-two free bits and a tag in one word: which of these may be taken?
//!
//! A set bit says "look here": the thing itself (a slot's word) decides whether it can be had. So a bit set twice, or set late, costs a
//! look and breaks nothing; a bit missing would lose the thing, and is what must never happen.
//!
//! The tag is the generation of whoever owns the bits. Every change insists on it, so that a call which outlived its owner
//! changes nothing of the next one.
//!
//! # Ordering
//! Setting a bit releases and clearing one acquires: whoever takes a bit sees what its setter did before.

use crate::words::sync::atomic::{AtomicU64, Ordering};

/// Bits in a word.
pub(crate) const BITS: u32 = 32;

/// A word of free bits, wherever it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FreeWord<'a>(pub(crate) &'a AtomicU64);

const fn pack(tag: u32, bits: u32) -> u64 {
    ((tag as u64) << 32) | bits as u64
}

/// The bits of a word, if it bears the tag.
const fn bits_of(word: u64, tag: u32) -> Option<u32> {
    if (word >> 32) as u32 == tag {
        Some(word as u32)
    } else {
        None
    }
}

impl FreeWord<'_> {
    /// Hands the word to a new owner.
    pub(crate) fn reset(self, tag: u32, bits: u32) {
        // A swap, so that it has its place in the one order of all changes.
        self.0.swap(pack(tag, bits), Ordering::AcqRel);
    }

    /// The bits that are set for this owner.
    #[inline]
    pub(crate) fn bits(self, tag: u32) -> u32 {
        // Acquire: pairs with the release in `put`, and with that in `change` by whoever took a bit (what it wrote before is seen).
        bits_of(self.0.load(Ordering::Acquire), tag).unwrap_or(0)
    }

    /// The bits that are set, whoever's.
    #[inline]
    pub(crate) fn bits_of_anyone(self) -> u32 {
        // The low half.
        self.0.load(Ordering::Acquire) as u32
    }

    /// Clears the lowest bit and says which it was.
    #[inline]
    pub(crate) fn take_lowest(self, tag: u32) -> Option<u32> {
        let mut taken = 0;
        self.change(tag, |bits| {
            taken = bits.trailing_zeros();
            (bits != 0).then(|| bits & (bits - 1))
        })
        .then_some(taken)
    }

    /// Clears that bit; false if it was clear.
    pub(crate) fn take(self, tag: u32, bit: u32) -> bool {
        self.change(tag, |bits| {
            (bits & (1 << bit) != 0).then_some(bits & !(1 << bit))
        })
    }

    /// Sets that bit; false if it was set, or the owner is another. Written also where it is set already: whoever clears it afterwards has
    /// then seen what we did before.
    pub(crate) fn put(self, tag: u32, bit: u32) -> bool {
        let mut was_set = true;
        self.change(tag, |bits| {
            was_set = bits & (1 << bit) != 0;
            Some(bits | (1 << bit))
        }) && !was_set
    }

    /// One step from the bits seen to others, or none. Lock-free: a failed step means that somebody else's succeeded.
    #[inline]
    fn change(self, tag: u32, mut next: impl FnMut(u32) -> Option<u32>) -> bool {
        let mut seen = self.0.load(Ordering::Acquire);
        while let Some(bits) = bits_of(seen, tag).and_then(&mut next) {
            match self.0.compare_exchange_weak(
                seen,
                pack(tag, bits),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[derive(Debug, Clone, Copy)]
    enum Op {
        Lowest,
        Take(u32),
        Put(u32),
        Stranger(u32),
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            3 => Just(Op::Lowest),
            2 => (0..BITS).prop_map(Op::Take),
            4 => (0..BITS).prop_map(Op::Put),
            1 => (0..BITS).prop_map(Op::Stranger),
        ]
    }

    proptest! {
        #[test]
        fn behaves_like_a_set(start: u32, ops in prop::collection::vec(op(), 0..100)) {
            let cell = AtomicU64::new(0);
            let word = FreeWord(&cell);
            word.reset(7, start);
            let mut set: BTreeSet<u32> = (0..BITS).filter(|bit| start & (1 << bit) != 0).collect();
            for op in ops {
                match op {
                    Op::Lowest => prop_assert_eq!(word.take_lowest(7), set.pop_first()),
                    Op::Take(bit) => prop_assert_eq!(word.take(7, bit), set.remove(&bit)),
                    Op::Put(bit) => prop_assert_eq!(word.put(7, bit), set.insert(bit)),
                    Op::Stranger(bit) => {
                        prop_assert!(!word.put(8, bit) && !word.take(8, bit));
                        prop_assert_eq!((word.take_lowest(8), word.bits(8)), (None, 0));
                    }
                }
                prop_assert_eq!(word.bits(7).count_ones() as usize, set.len());
            }
        }
    }
}
