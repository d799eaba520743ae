//! Numbers for things that come and go: which one is free?
//!
//! A thread takes from a stack of its own, last in first out, and gives back to it: no lock, and nothing that another thread writes. When it is
//! empty it takes a block from a common store, which has what others gave back too many of and then fresh numbers; when it is full, a
//! block goes there. So nothing fresh is used while much lies idle, and one thread alone always gets the same numbers in the same order.
//!
//! What lies in another thread's stack cannot be had: at most one number in 64. Of few numbers none is kept by a thread.
//!
//! # Ordering
//! A stack is its lane's alone ([`lane`]), so Relaxed will do; whoever gets the lane next has synchronised with the thread that had it.

use crossbeam_utils::CachePadded;

use crate::words::sync::atomic::{AtomicU32, Ordering};
use crate::words::sync::{LANES, Mutex, lane};

/// Numbers that go between a stack and the store at a time. A stack has room for two blocks.
const BLOCK: u32 = 64;

#[derive(Debug)]
pub(crate) struct Numbers {
    /// One a lane. The threads that share the last lane have none.
    stacks: Box<[CachePadded<Stack>]>,
    /// What goes between them and the store at a time; 0 if none is kept by a thread.
    block: u32,
    store: Mutex<Store>,
    /// The first number that nobody was ever given: everything below may be in use.
    high: AtomicU32,
}

#[derive(Debug)]
struct Stack {
    len: AtomicU32,
    numbers: [AtomicU32; 2 * BLOCK as usize],
}

#[derive(Debug)]
struct Store {
    returned: Vec<u32>,
    fresh: std::ops::Range<u32>,
}

impl Stack {
    fn new() -> Self {
        Self {
            len: AtomicU32::new(0),
            numbers: std::array::from_fn(|_| AtomicU32::new(0)),
        }
    }

    #[inline]
    fn pop(&self) -> Option<u32> {
        let len = self.len.load(Ordering::Relaxed).checked_sub(1)?;
        self.len.store(len, Ordering::Relaxed);
        self.numbers
            .get(len as usize)
            .map(|number| number.load(Ordering::Relaxed))
    }

    fn push(&self, number: u32) {
        let len = self.len.load(Ordering::Relaxed);
        if let Some(place) = self.numbers.get(len as usize) {
            place.store(number, Ordering::Relaxed);
            self.len.store(len + 1, Ordering::Relaxed);
        }
    }

    /// What lies `down` places below the top.
    #[inline]
    fn below_top(&self, down: u32) -> Option<u32> {
        let at = self.len.load(Ordering::Relaxed).checked_sub(down + 1)?;
        self.numbers
            .get(at as usize)
            .map(|number| number.load(Ordering::Relaxed))
    }
}

impl Store {
    fn take(&mut self) -> Option<u32> {
        self.returned.pop().or_else(|| self.fresh.next())
    }
}

impl Numbers {
    /// The numbers from `first` to `end`, without it.
    pub(crate) fn new(first: u32, end: u32) -> Self {
        let lanes = LANES as u32;
        let block = (end.saturating_sub(first) / (2 * 64 * lanes).max(1)).min(BLOCK);
        let stacks = if block == 0 { 0 } else { LANES };
        Self {
            stacks: (0..stacks)
                .map(|_| CachePadded::new(Stack::new()))
                .collect(),
            block,
            store: Mutex::new(Store {
                returned: Vec::new(),
                fresh: first..end,
            }),
            high: AtomicU32::new(first),
        }
    }

    #[inline]
    fn own(&self) -> Option<&Stack> {
        self.stacks.get(lane()).map(|stack| &**stack)
    }

    /// A number that nobody has; `None` if all are in use.
    #[inline(always)]
    pub(crate) fn take(&self) -> Option<u32> {
        self.own()
            .and_then(Stack::pop)
            .or_else(|| self.take_from_store())
    }

    #[cold]
    fn take_from_store(&self) -> Option<u32> {
        let mut store = self.store.lock();
        let number = store.take()?;
        if let Some(own) = self.own() {
            // So that the stack gives them in the order in which the store would: what was given back, from its end, then what is fresh.
            let more = self.block as usize - 1;
            let returned = store.returned.len().min(more);
            let fresh = store.fresh.len().min(more - returned) as u32;
            let end = store.fresh.start + fresh;
            (store.fresh.start..end)
                .rev()
                .for_each(|number| own.push(number));
            store.fresh.start = end;
            let kept = store.returned.len() - returned;
            store
                .returned
                .drain(kept..)
                .for_each(|number| own.push(number));
        }
        self.high.store(store.fresh.start, Ordering::Relaxed);
        Some(number)
    }

    /// The number that this thread will take after `more` others, if that is certain.
    #[inline]
    pub(crate) fn upcoming(&self, more: u32) -> Option<u32> {
        self.own()?.below_top(more)
    }

    /// Gives a number back.
    pub(crate) fn give(&self, number: u32) {
        match self.own() {
            Some(own) => {
                own.push(number);
                if own.len.load(Ordering::Relaxed) >= 2 * self.block {
                    let block = (0..self.block).filter_map(|_| own.pop());
                    self.store.lock().returned.extend(block);
                }
            }
            None => self.store.lock().returned.push(number),
        }
    }

    /// The first number that nobody was ever given: everything below may be in use.
    pub(crate) fn high(&self) -> u32 {
        self.high.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn all(numbers: &Numbers) -> BTreeSet<u32> {
        let hands = |_| std::iter::from_fn(|| numbers.take()).collect::<Vec<_>>();
        let taken: Vec<Vec<u32>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|i| scope.spawn(move || hands(i))).collect();
            threads.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let count: usize = taken.iter().map(Vec::len).sum();
        let set: BTreeSet<u32> = taken.into_iter().flatten().collect();
        assert_eq!(set.len(), count, "one number twice");
        set
    }

    #[test]
    fn every_number_once_from_any_thread() {
        for end in [2, 1_001, 100_001] {
            let numbers = Numbers::new(1, end);
            assert_eq!(all(&numbers), (1..end).collect());
            assert_eq!(numbers.take(), None);
        }
    }

    #[test]
    fn of_few_numbers_every_one_can_be_had_by_every_thread() {
        let numbers = Numbers::new(1, 8_001);
        assert_eq!(all(&numbers).len(), 8_000);
        std::thread::scope(|scope| scope.spawn(|| numbers.give(77)).join().unwrap());
        assert_eq!((numbers.take(), numbers.take()), (Some(77), None));
    }

    #[test]
    fn of_many_numbers_one_in_64_may_lie_with_others() {
        let numbers = Numbers::new(1, 1_000_001);
        let gate = std::sync::Barrier::new(LANES + 1);
        std::thread::scope(|scope| {
            for _ in 0..LANES {
                scope.spawn(|| {
                    let number = numbers.take().unwrap();
                    gate.wait();
                    numbers.give(number);
                    gate.wait();
                });
            }
            gate.wait();
            gate.wait();
        });
        assert!(all(&numbers).len() >= 1_000_000 - 1_000_000 / 64);
    }

    #[test]
    fn what_one_thread_gives_back_another_takes_before_anything_fresh() {
        let numbers = Numbers::new(1, 1_000_000);
        for _ in 0..1_000 {
            let taken: Vec<u32> = (0..1_000).filter_map(|_| numbers.take()).collect();
            std::thread::scope(|scope| {
                scope
                    .spawn(|| taken.iter().for_each(|number| numbers.give(*number)))
                    .join()
                    .unwrap()
            });
        }
        // What a thread had when it ended lies there until its lane has a thread again: never more than a stack in each.
        let most = 1_000 + LANES as u32 * 2 * BLOCK;
        let high = numbers.high();
        assert!(high <= most, "{high} of 1,000 in use at a time");
    }

    #[test]
    fn upcoming_is_what_comes() {
        let numbers = Numbers::new(1, 1_000_000);
        let foreseen = || {
            let own = lane() < LANES;
            let foreseen = (0..200).filter(|_| {
                let next = numbers.upcoming(0);
                let taken = numbers.take();
                assert!(next.is_none() || next == taken, "{next:?} {taken:?}");
                next.is_some()
            });
            let foreseen = foreseen.count();
            own.then_some(foreseen)
        };
        // For a moment other tests may have every lane there is.
        let tries = (0..10_000)
            .find_map(|_| std::thread::scope(|scope| scope.spawn(foreseen).join().unwrap()));
        // All but those for which the thread's own stack had to be filled.
        assert!(tries.is_some_and(|of_200| of_200 > 150), "{tries:?}");
    }
}
