//! Counters that nobody waits for: a row a lane, summed when asked.
//!
//! A thread with a lane of its own counts with a load and a store; nobody else writes that row. Threads beyond the lanes share the last row, and
//! pay for a locked addition.
//!
//! # Ordering
//! Relaxed: a count publishes nothing. A sum taken while others count is one that was true at some instant between for each row.

use std::fmt;

use crossbeam_utils::CachePadded;

use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::sync::{LANES, lane, own_lane};

pub(crate) struct Tally<const N: usize> {
    /// A row for each lane.
    own: Box<[CachePadded<[AtomicU64; N]>]>,
    shared: CachePadded<[AtomicU64; N]>,
}

impl<const N: usize> Tally<N> {
    pub(crate) fn new() -> Self {
        let row = || CachePadded::new(std::array::from_fn(|_| AtomicU64::new(0)));
        Self {
            own: (0..LANES).map(|_| row()).collect(),
            shared: row(),
        }
    }

    #[inline(always)]
    pub(crate) fn add(&self, what: usize, count: u64) {
        // A thread that has no lane yet finds no row.
        match self.own.get(own_lane()) {
            Some(row) => row[what].store(
                row[what].load(Ordering::Relaxed).wrapping_add(count),
                Ordering::Relaxed,
            ),
            None => self.add_beyond(what, count),
        }
    }

    #[cold]
    fn add_beyond(&self, what: usize, count: u64) {
        if lane() < LANES {
            self.add(what, count);
        } else {
            self.shared[what].fetch_add(count, Ordering::Relaxed);
        }
    }

    pub(crate) fn sum(&self, what: usize) -> u64 {
        let rows = self.own.iter().chain([&self.shared]);
        rows.map(|row| row[what].load(Ordering::Relaxed))
            .fold(0, u64::wrapping_add)
    }
}

impl<const N: usize> fmt::Debug for Tally<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries((0..N).map(|what| self.sum(what)))
            .finish()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_with_more_threads_than_lanes() {
        let tally = Tally::<2>::new();
        let gate = std::sync::Barrier::new(LANES + 20);
        std::thread::scope(|scope| {
            for _ in 0..LANES + 20 {
                scope.spawn(|| {
                    gate.wait();
                    for _ in 0..1_000 {
                        tally.add(1, 2);
                    }
                });
            }
        });
        assert_eq!(
            (tally.sum(0), tally.sum(1)),
            (0, 2_000 * (LANES as u64 + 20))
        );
    }
}
