//! A lower bound on many deadlines: may any of them be past?
//!
//! Whoever adds a deadline lowers the bound. Raising it again takes somebody who has looked at all of them, and whose look missed none that was added
//! meanwhile: they say in the bound that they look, look, and raise it only if nobody has lowered it since. While they look the old bound stands, so others find
//! that something may be past and look for themselves; nobody is ever told that nothing is past while something is. Whoever adds a deadline that the bound is
//! not later than has nothing to write, unless somebody is looking.
//!
//! The word: 44 bits of milliseconds (until the year 2527; whatever is later counts as that), 19 bits of sequence, and whether somebody looks.
//!
//! # Ordering
//! An adder makes its deadline visible, then lowers, which always changes the word. A raiser notes the word, then looks, then swaps the word it noted. A
//! lowering that the note has seen, or one before it, has released what the look then finds. A later one has changed the word, and the swap fails.
//!
//! An adder who only reads the bound has made its deadline visible by a sequentially consistent swap, and the reading is sequentially consistent as well; so is the
//! raiser's note, be it their own or another's that they have read, and between it and the look there is a fence. If the reading has not seen the note, it comes before the note in the order that all of these
//! have; so the swap does, and the look finds the deadline.

use crate::words::sync::atomic::{AtomicU64, Ordering, fence};
use crate::words::sync::fence_of_models;

/// Whether somebody looks, and the sequence above it.
const LOOKED_AT: u64 = 1;
const STEP: u64 = 2;
const BELOW_TIME: u32 = 20;
const LAST: u64 = u64::MAX >> BELOW_TIME;

#[derive(Debug)]
pub(crate) struct Bound(AtomicU64);

/// A bound as somebody saw it who then looks at all deadlines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noted(u64);

const fn time(word: u64) -> u64 {
    word >> BELOW_TIME
}

/// The word's next, with another time; if somebody looks, they still do.
const fn next(word: u64, time: u64) -> u64 {
    let time = if time < LAST { time } else { LAST };
    time << BELOW_TIME | word.wrapping_add(STEP) & ((1 << BELOW_TIME) - 1)
}

impl Default for Bound {
    /// No deadline at all.
    fn default() -> Self {
        Self(AtomicU64::new(next(0, LAST)))
    }
}

impl Bound {
    /// Whether a deadline may be at `now` or before.
    #[inline]
    pub(crate) fn is_past(&self, now: u64) -> bool {
        time(self.0.load(Ordering::Acquire)) <= now
    }

    /// The bound; `u64::MAX` for no deadline at all.
    pub(crate) fn earliest(&self) -> u64 {
        let time = time(self.0.load(Ordering::Acquire));
        if time < LAST { time } else { u64::MAX }
    }

    /// Forgets all deadlines. For whoever knows that there are none.
    pub(crate) fn clear(&self) {
        self.0.store(next(0, LAST), Ordering::Release);
    }

    /// A deadline was added and can be seen. Whether it is the first of all, as far as the bound can say.
    #[inline]
    pub(crate) fn lower(&self, deadline: u64) -> bool {
        let mut word = self.0.load(Ordering::Relaxed);
        while let Err(now) = self.0.compare_exchange_weak(
            word,
            next(word, time(word).min(deadline)),
            Ordering::AcqRel,
            Ordering::Relaxed,
        ) {
            word = now;
        }
        deadline < time(word) || deadline >= LAST
    }

    /// The same of a deadline that a sequentially consistent swap has just made visible. Writes only what has to be written: a bound that is early enough stays.
    #[inline]
    pub(crate) fn lower_after_swap(&self, deadline: u64) -> bool {
        fence_of_models();
        let word = self.0.load(Ordering::SeqCst);
        let stays = word & LOOKED_AT == 0 && time(word) <= deadline && deadline < LAST;
        !stays && self.lower(deadline)
    }

    /// Notes the bound, before looking at all deadlines. It is said once for all who look at one time, so that the first of them to be done may raise it.
    pub(crate) fn note(&self) -> Noted {
        let mut word = self.0.load(Ordering::SeqCst);
        while word & LOOKED_AT == 0 {
            let noted = next(word, time(word)) | LOOKED_AT;
            let (set, get) = (Ordering::SeqCst, Ordering::SeqCst);
            match self.0.compare_exchange_weak(word, noted, set, get) {
                Ok(_) => word = noted,
                Err(now) => word = now,
            }
        }
        fence(Ordering::SeqCst);
        Noted(word)
    }

    /// Raises the bound to the earliest deadline seen, unless somebody has lowered or raised it since it was noted: then the next who looks does.
    pub(crate) fn raise(&self, noted: Noted, earliest: u64) {
        let _ = self.0.compare_exchange(
            noted.0,
            next(noted.0, earliest) & !LOOKED_AT,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
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
        let noted = bound.note();
        bound.lower(600);
        bound.raise(noted, 700);
        assert!(
            bound.is_past(500),
            "a deadline was added while somebody looked"
        );
        let (first, second) = (bound.note(), bound.note());
        bound.raise(first, 700);
        bound.raise(second, 900);
        assert!(
            !bound.is_past(699) && bound.is_past(700),
            "the first one who is done"
        );
    }

    #[test]
    fn a_bound_that_is_early_enough_stays() {
        let bound = Bound::default();
        let word = || bound.0.load(Ordering::Relaxed);
        let writes = |deadline| {
            let before = word();
            (bound.lower_after_swap(deadline), word() != before)
        };
        assert_eq!(writes(500), (true, true));
        assert_eq!([500, 501, LAST - 1].map(writes), [(false, false); 3]);
        assert_eq!([499, LAST].map(writes), [(true, true); 2]);
        // Unless somebody looks, who may have missed it.
        let noted = bound.note();
        assert_eq!(writes(600), (false, true));
        bound.raise(noted, 700);
        assert!(bound.is_past(499), "it stood there when they looked");
        // Until somebody has looked without being disturbed.
        assert_eq!(writes(600), (false, true));
        bound.raise(bound.note(), 600);
        assert_eq!([600, 599].map(writes), [(false, false), (true, true)]);
    }

    #[test]
    fn who_is_first_is_told_so() {
        let bound = Bound::default();
        let lower = |deadline| bound.lower(deadline);
        assert_eq!([500, 500, 700, 499].map(lower), [true, false, false, true]);
        bound.raise(bound.note(), 600);
        assert_eq!([600, 599].map(lower), [false, true]);
        // Whether what no bound can say is the first, nobody knows.
        assert_eq!([LAST, u64::MAX].map(lower), [true, true]);
    }

    #[test]
    fn f11_extremes_of_time() {
        let bound = Bound::default();
        bound.lower(u64::MAX);
        assert!(!bound.is_past(LAST - 1) && bound.is_past(LAST) && bound.is_past(u64::MAX));
        bound.lower(0);
        assert!(bound.is_past(0));
        bound.raise(bound.note(), u64::MAX);
        assert!(!bound.is_past(LAST - 1));
        bound.clear();
        assert!(!bound.is_past(LAST - 1));
    }
}
