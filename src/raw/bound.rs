//! A lower bound on many deadlines: may any of them be past?
//!
//! Whoever adds a deadline lowers the bound. Raising it again takes somebody who has looked at all of them, and whose look missed none that was added
//! meanwhile: they mark the bound, look, and raise it only if nobody has touched it since. While they look the old bound stands, so others find
//! that something may be past and look for themselves; nobody is ever told that nothing is past while something is.
//!
//! The word: 44 bits of milliseconds (until the year 2527; whatever is later counts as that), 19 bits of sequence, one bit that says
//! "marked".
//!
//! # Ordering
//! An adder makes its deadline visible, then lowers; a raiser marks, then looks. Both are read-modify-writes of one word, also where they change no
//! time: so one comes after the other. Either the mark acquires what the lowering released, and the look sees the deadline; or the lowering
//! finds the mark and spoils it.

use crate::words::sync::atomic::{AtomicU64, Ordering};

const TIME_SHIFT: u32 = 20;
const LAST: u64 = u64::MAX >> TIME_SHIFT;
const MARKED: u64 = 1;
const ONE: u64 = 2;
const SEQUENCE: u64 = (1 << TIME_SHIFT) - ONE;

#[derive(Debug)]
pub(crate) struct Bound(AtomicU64);

/// A bound as its marker left it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(u64);

const fn time(word: u64) -> u64 {
    word >> TIME_SHIFT
}

/// The word's next, with another time.
const fn next(word: u64, time: u64, marked: bool) -> u64 {
    let time = if time < LAST { time } else { LAST };
    time << TIME_SHIFT | (word.wrapping_add(ONE) & SEQUENCE) | if marked { MARKED } else { 0 }
}

impl Default for Bound {
    /// No deadline at all.
    fn default() -> Self {
        Self(AtomicU64::new(next(0, LAST, false)))
    }
}

impl Bound {
    /// Whether a deadline may be at `now` or before.
    #[inline]
    pub(crate) fn is_past(&self, now: u64) -> bool {
        time(self.0.load(Ordering::Acquire)) <= now
    }

    /// Forgets all deadlines. For whoever knows that there are none.
    pub(crate) fn clear(&self) {
        self.0.store(next(0, LAST, false), Ordering::Release);
    }

    /// A deadline was added and can be seen.
    #[inline]
    pub(crate) fn lower(&self, deadline: u64) {
        self.change(|word| next(word, time(word).min(deadline), false));
    }

    /// Marks the bound, before looking at all deadlines.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.change(|word| next(word, time(word), true)))
    }

    #[inline]
    fn change(&self, next: impl Fn(u64) -> u64) -> u64 {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            match self.0.compare_exchange_weak(word, next(word), Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return next(word),
                Err(now) => word = now,
            }
        }
    }

    /// Raises the bound to the earliest deadline seen, unless somebody has touched it since it was marked.
    pub(crate) fn raise(&self, mark: Mark, earliest: u64) {
        let _ = self.0.compare_exchange(mark.0, next(mark.0, earliest, false), Ordering::AcqRel, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn only_whoever_saw_all_may_raise() {
        let bound = Bound::default();
        assert!(!bound.is_past(LAST - 1));
        bound.lower(500);
        bound.lower(700);
        assert!(!bound.is_past(499) && bound.is_past(500));
        let spoiled = bound.mark();
        bound.lower(600);
        bound.raise(spoiled, 700);
        assert!(bound.is_past(500), "a deadline was added while somebody looked");
        let (first, second) = (bound.mark(), bound.mark());
        bound.raise(first, 900);
        assert!(bound.is_past(500), "somebody else looks as well");
        bound.raise(second, 700);
        assert!(!bound.is_past(699) && bound.is_past(700));
    }

    #[test]
    fn f11_extremes_of_time() {
        let bound = Bound::default();
        bound.lower(u64::MAX);
        assert!(!bound.is_past(LAST - 1) && bound.is_past(LAST) && bound.is_past(u64::MAX));
        bound.lower(0);
        assert!(bound.is_past(0));
        let mark = bound.mark();
        bound.raise(mark, u64::MAX);
        assert!(!bound.is_past(LAST - 1));
        bound.clear();
        assert!(!bound.is_past(LAST - 1));
    }
}
