//! Who was here lately: might this one be among them?
//!
//! Two [filters](super::filter) of which one is added to and both are asked. Now and then the older one is emptied and becomes the one that is added to. So an
//! entry is found for at least as long as from one turn to the next, and strangers pass seldom as long as somebody turns.

use crate::words::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::filter;

#[derive(Debug)]
pub(crate) struct Lately {
    halves: [Box<[AtomicU64]>; 2],
    /// Which half is added to.
    current: AtomicUsize,
    turned_at: AtomicU64,
}

impl Lately {
    /// For about so many entries between two turns, 16 bits each.
    pub(crate) fn new(entries: u32) -> Self {
        let half = || {
            (0..2 * filter::words_for(entries))
                .map(|_| AtomicU64::new(0))
                .collect()
        };
        Self {
            halves: [half(), half()],
            current: AtomicUsize::new(0),
            turned_at: AtomicU64::new(0),
        }
    }

    pub(crate) fn add(&self, hash: u64) {
        let half = &self.halves[self.current.load(Ordering::Acquire) & 1];
        filter::add(half, hash);
    }

    /// A no means that it was not added since the last turn but one.
    #[inline]
    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        self.halves.iter().any(|half| filter::may_hold(half, hash))
    }

    /// Turns, if the last turn was at least `every` ago. One at a time.
    pub(crate) fn turn(&self, now: u64, every: u64) {
        if now.saturating_sub(self.turned_at.load(Ordering::Relaxed)) < every {
            return;
        }
        self.turned_at.store(now, Ordering::Relaxed);
        let older = (self.current.load(Ordering::Relaxed) + 1) & 1;
        self.halves[older]
            .iter()
            .for_each(|word| word.store(0, Ordering::Relaxed));
        // Release: whoever adds to it adds after it was emptied.
        self.current.store(older, Ordering::Release);
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn an_entry_stays_for_a_turn_and_goes_after_two() {
        let lately = Lately::new(100);
        lately.add(0x1234_5678_9abc_def0);
        let held = |now| {
            lately.turn(now, 10);
            lately.may_hold(0x1234_5678_9abc_def0)
        };
        assert!(held(9) && held(10) && held(19));
        assert!(!held(20));
    }
}
