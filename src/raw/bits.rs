//! Forty free bits, three marks and a tag in one word: which of these may be taken?
//!
//! A set bit says "look here": the thing itself (a slot's word) decides whether it can be had. So a bit set twice, or set late, costs a
//! look and breaks nothing; a bit missing would lose the thing, and is what must never happen.
//!
//! The tag is the generation of whoever owns the bits. Every change insists on it, so that a call which outlived its owner
//! changes nothing of the next one.
//!
//! A mark says that the bits are not the whole answer, each for a reason of the owner's. So one reading of the word, compared with what the owner's is when it has neither
//! bit nor mark, tells both who the owner is and that there is nothing. Taking and setting bits leaves the marks alone.
//!
//! # Ordering
//! Setting a bit releases and clearing one acquires: whoever takes a bit sees what its setter did before.

use crate::words::sync::atomic::{AtomicU64, Ordering};

/// Free bits in a word.
pub(crate) const BITS: u32 = 40;
/// Marks in a word.
pub(crate) const MARKS: u32 = 3;
/// Bits of a tag.
pub(crate) const TAG_BITS: u32 = u64::BITS - BITS - MARKS;

const FREE: u64 = (1 << BITS) - 1;
const TAG_SHIFT: u32 = BITS + MARKS;

/// Reasons not to go by the bits alone, a bit each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks(u64);

impl Marks {
    /// The mark of this number.
    pub(crate) const fn of(number: u32) -> Self {
        assert!(number < MARKS);
        Self(1 << (BITS + number))
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A word of free bits, wherever it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FreeWord<'a>(pub(crate) &'a AtomicU64);

/// The bits of a word, if it bears the tag.
const fn bits_of(word: u64, tag: u32) -> Option<u64> {
    if word >> TAG_SHIFT == tag as u64 {
        Some(word & FREE)
    } else {
        None
    }
}

impl FreeWord<'_> {
    /// Hands the word to a new owner, with no bit set.
    pub(crate) fn reset(self, tag: u32, marks: Option<Marks>) {
        let marks = marks.map_or(0, |it| it.0);
        // A swap, so that it has its place in the one order of all changes.
        self.0
            .swap(u64::from(tag) << TAG_SHIFT | marks, Ordering::AcqRel);
    }

    /// Whether any bit is set, by one reading; `None` if the owner is another or there is a mark. Of the tag only so many bits count as it has.
    #[inline(always)]
    pub(crate) fn plainly_any(self, tag: u64) -> Option<bool> {
        // Acquire, as below.
        match self
            .0
            .load(Ordering::Acquire)
            .wrapping_sub(tag << TAG_SHIFT)
        {
            0 => Some(false),
            1..=FREE => Some(true),
            _ => None,
        }
    }

    /// Has it bear marks. Whoever sees what the caller does next sees them.
    pub(crate) fn mark(self, marks: Marks) {
        self.0.fetch_or(marks.0, Ordering::AcqRel);
    }

    /// Takes marks away; only for whoever put them there, or knows that nobody puts them there again.
    pub(crate) fn unmark(self, marks: Marks) {
        self.0.fetch_and(!marks.0, Ordering::AcqRel);
    }

    /// The bits that are set for this owner.
    #[inline]
    pub(crate) fn bits(self, tag: u32) -> u64 {
        // Acquire: pairs with the release in `put`, and with that in `change` by whoever took a bit (what it wrote before is seen).
        bits_of(self.0.load(Ordering::Acquire), tag).unwrap_or(0)
    }

    /// The bits that are set, whoever's.
    #[inline]
    pub(crate) fn bits_of_anyone(self) -> u64 {
        self.0.load(Ordering::Acquire) & FREE
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
    fn change(self, tag: u32, mut next: impl FnMut(u64) -> Option<u64>) -> bool {
        let mut seen = self.0.load(Ordering::Acquire);
        while let Some(bits) = bits_of(seen, tag).and_then(&mut next) {
            match self.0.compare_exchange_weak(
                seen,
                seen & !FREE | bits,
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
        Mark(u32),
        Unmark(u32),
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            3 => Just(Op::Lowest),
            2 => (0..BITS).prop_map(Op::Take),
            4 => (0..BITS).prop_map(Op::Put),
            1 => (0..BITS).prop_map(Op::Stranger),
            1 => (0..MARKS).prop_map(Op::Mark),
            1 => (0..MARKS).prop_map(Op::Unmark),
        ]
    }

    proptest! {
        #[test]
        fn behaves_like_a_set(tag in 0u32..1 << TAG_BITS, other in 0u64..1 << TAG_BITS, ops in prop::collection::vec(op(), 0..100)) {
            let cell = AtomicU64::new(u64::MAX);
            let word = FreeWord(&cell);
            word.reset(tag, None);
            let (mut set, mut marks) = (BTreeSet::new(), BTreeSet::new());
            for op in ops {
                match op {
                    Op::Lowest => prop_assert_eq!(word.take_lowest(tag), set.pop_first()),
                    Op::Take(bit) => prop_assert_eq!(word.take(tag, bit), set.remove(&bit)),
                    Op::Put(bit) => prop_assert_eq!(word.put(tag, bit), set.insert(bit)),
                    Op::Stranger(bit) => {
                        let stranger = tag ^ 1;
                        prop_assert!(!word.put(stranger, bit) && !word.take(stranger, bit));
                        prop_assert_eq!((word.take_lowest(stranger), word.bits(stranger)), (None, 0));
                    }
                    Op::Mark(number) => {
                        word.mark(Marks::of(number));
                        marks.insert(number);
                    }
                    Op::Unmark(number) => {
                        word.unmark(Marks::of(number));
                        marks.remove(&number);
                    }
                }
                prop_assert_eq!(word.bits(tag).count_ones() as usize, set.len());
                prop_assert_eq!(word.bits_of_anyone(), word.bits(tag));
                let plainly = marks.is_empty().then_some(!set.is_empty());
                prop_assert_eq!(word.plainly_any(u64::from(tag)), plainly);
                if other != u64::from(tag) {
                    prop_assert_eq!(word.plainly_any(other), None);
                }
            }
        }
    }
}
