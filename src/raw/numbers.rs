//! Numbers for things that come and go: which one is free?
//!
//! Each lane hands out numbers of its own: those given back to it, last first. When it has none it takes a block from a common store of what
//! others were given back too many of, then a block of fresh ones. So threads seldom meet here, fresh things lie next to each other,
//! nothing fresh is used while much lies idle, and one thread alone always gets the same numbers in the same order.

use crossbeam_utils::CachePadded;

use crate::words::sync::atomic::{AtomicU32, Ordering};
use crate::words::sync::{LANES, Mutex, lane};

/// Numbers that a lane takes at a time. It gives a block away when it has two.
const BLOCK: u32 = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    1
} else {
    64
};

#[derive(Debug)]
pub(crate) struct Numbers {
    lanes: Box<[CachePadded<Mutex<Lane>>]>,
    /// Blocks given away. Locked after a lane, never before one.
    store: Mutex<Vec<Vec<u32>>>,
    /// The first number that nobody was ever given.
    fresh: AtomicU32,
    end: u32,
}

#[derive(Debug, Default)]
struct Lane {
    returned: Vec<u32>,
    fresh: std::ops::Range<u32>,
}

impl Numbers {
    /// The numbers from `first` to `end`, without it.
    pub(crate) fn new(first: u32, end: u32) -> Self {
        let lanes = (0..=LANES)
            .map(|_| CachePadded::new(Mutex::new(Lane::default())))
            .collect();
        Self {
            lanes,
            store: Mutex::default(),
            fresh: AtomicU32::new(first),
            end,
        }
    }

    /// A number that nobody has; `None` if all are in use.
    #[inline]
    pub(crate) fn take(&self) -> Option<u32> {
        let mut own = self.lanes[lane()].lock();
        if let Some(number) = own.returned.pop().or_else(|| own.fresh.next()) {
            return Some(number);
        }
        if let Some(block) = self.store.lock().pop() {
            own.returned = block;
            return own.returned.pop();
        }
        // Relaxed: only the number counts; whoever had it before gave it back under a lock.
        let from = self
            .fresh
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |from| {
                (from < self.end).then(|| self.end.min(from.saturating_add(BLOCK)))
            });
        if let Ok(from) = from {
            own.fresh = from..self.end.min(from.saturating_add(BLOCK));
            return own.fresh.next();
        }
        drop(own);
        self.take_from_others()
    }

    #[cold]
    fn take_from_others(&self) -> Option<u32> {
        self.lanes.iter().find_map(|lane| {
            let mut other = lane.lock();
            other.returned.pop().or_else(|| other.fresh.next())
        })
    }

    /// The numbers that this thread will take next, as far as they were given back before.
    pub(crate) fn upcoming<const N: usize>(&self) -> [Option<u32>; N] {
        let own = self.lanes[lane()].lock();
        let mut next = own.returned.iter().rev().copied();
        std::array::from_fn(|_| next.next())
    }

    /// Gives a number back.
    pub(crate) fn give(&self, number: u32) {
        let mut own = self.lanes[lane()].lock();
        own.returned.push(number);
        if own.returned.len() >= 2 * BLOCK as usize {
            let block = own.returned.split_off(BLOCK as usize);
            self.store.lock().push(block);
        }
    }

    /// The first number that nobody was ever given: everything below may be in use.
    pub(crate) fn high(&self) -> u32 {
        self.fresh.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_number_once_from_any_thread() {
        let numbers = Numbers::new(1, 1_001);
        let all: BTreeSet<u32> = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| std::iter::from_fn(|| numbers.take()).collect::<Vec<_>>()))
                .collect();
            let taken: Vec<u32> = hands
                .into_iter()
                .flat_map(|hand| hand.join().unwrap())
                .collect();
            assert_eq!(taken.len(), 1_000);
            taken.into_iter().collect()
        });
        assert_eq!(all, (1..1_001).collect());
        assert_eq!(numbers.take(), None);
        std::thread::scope(|scope| scope.spawn(|| numbers.give(77)).join().unwrap());
        assert_eq!(numbers.take(), Some(77));
        assert_eq!(numbers.take(), None);
    }

    #[test]
    fn what_one_thread_gives_back_another_takes_before_anything_fresh() {
        let numbers = Numbers::new(1, 1_000_000);
        for _ in 0..100 {
            let taken: Vec<u32> = (0..1_000).filter_map(|_| numbers.take()).collect();
            std::thread::scope(|scope| {
                scope
                    .spawn(|| taken.iter().for_each(|number| numbers.give(*number)))
                    .join()
                    .unwrap()
            });
        }
        assert!(
            numbers.high() < 3_000,
            "{} of 1,000 in use at a time",
            numbers.high()
        );
    }
}
