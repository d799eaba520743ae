//! Simulated time for many threads: it stands still while they work, and moves on when all are done.
//!
//! A tick is one millisecond in the first second, when everything happens, and ten afterwards. Ticks in which nobody has
//! anything to do are left out. All that is due in a tick is raced by all threads at one time of the clock: between ticks
//! time is exact, within one only the race decides. The last thread to arrive moves the clock, the others spin, for as long
//! as it might take if every thread has a processor, then sleep.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

pub(crate) struct Ticks {
    /// When each thread has something to do next.
    next: Vec<AtomicI64>,
    /// The tick that the threads may work up to; [`OVER`] when nobody has anything left.
    now: AtomicI64,
    arrived: AtomicUsize,
    round: AtomicUsize,
    broken: AtomicBool,
    asleep: Mutex<()>,
    wake: Condvar,
}

const OVER: i64 = i64::MAX;
const FINE_UNTIL_MS: i64 = 1_000;
const COARSE_MS: i64 = 10;
const SPINS: u32 = 2_000;

impl Ticks {
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            next: (0..threads).map(|_| AtomicI64::new(OVER)).collect(),
            now: AtomicI64::new(i64::MIN),
            arrived: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            asleep: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// The tick that was reached last.
    pub(crate) fn reached(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    /// This thread has nothing left to do before `next`; waits for the others. The last to come calls `set` with the time
    /// of the next tick. Returns that time, or `None` when the morning is over or a thread has died.
    pub(crate) fn pass(
        &self,
        thread: usize,
        next: Option<i64>,
        set: impl FnOnce(i64),
    ) -> Option<i64> {
        self.next[thread].store(next.unwrap_or(OVER), Ordering::Relaxed);
        // Acquire: to see the round that this thread is in, opened by `open`.
        let round = self.round.load(Ordering::Acquire);
        // AcqRel: publishes `next`, and shows the last to come everybody's.
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.next.len() {
            let due = self
                .next
                .iter()
                .map(|at| at.load(Ordering::Relaxed))
                .min()
                .unwrap_or(OVER);
            let now = tick(due);
            if now != OVER {
                set(now);
            }
            self.now.store(now, Ordering::Relaxed);
            self.arrived.store(0, Ordering::Relaxed);
            self.open(round);
        } else {
            self.wait(round);
        }
        let now = self.now.load(Ordering::Relaxed);
        (now != OVER && !self.broken.load(Ordering::Relaxed)).then_some(now)
    }

    /// Lets everybody out of this round, into the next.
    fn open(&self, round: usize) {
        let sleepers = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        // Release: pairs with the Acquire loads of `round`, publishing the clock and `now`.
        self.round.store(round.wrapping_add(1), Ordering::Release);
        drop(sleepers);
        self.wake.notify_all();
    }

    fn wait(&self, round: usize) {
        let over =
            || self.round.load(Ordering::Acquire) != round || self.broken.load(Ordering::Relaxed);
        for _ in 0..SPINS {
            if over() {
                return;
            }
            std::hint::spin_loop();
        }
        let mut sleeping = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        while !over() {
            sleeping = self
                .wake
                .wait(sleeping)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the morning for all if the thread that has this panics: nobody waits for the dead.
    pub(crate) fn watch(&self) -> Watch<'_> {
        Watch(self)
    }
}

pub(crate) struct Watch<'a>(&'a Ticks);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _sleepers = self.0.asleep.lock().unwrap_or_else(PoisonError::into_inner);
            self.0.broken.store(true, Ordering::Relaxed);
            self.0.wake.notify_all();
        }
    }
}

/// The tick in which something due at `due` is done.
fn tick(due: i64) -> i64 {
    if due <= FINE_UNTIL_MS || due == OVER {
        due
    } else {
        (due + COARSE_MS - 1) / COARSE_MS * COARSE_MS
    }
}
