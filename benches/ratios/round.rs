//! Rounds: contestants take turns, on the same threads, until each has run often enough.
//!
//! A B A B, never A A B B: whatever slows the machine for a while slows all of them. Every thread of a round waits at a spin barrier;
//! a round lasts from the first start to the last end. Threads and their pinning stay the same over all rounds, so what a library keeps per
//! thread is warm, as in a service.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::machine;

/// Who runs: which thread of how many, in which round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat {
    pub(crate) index: usize,
    pub(crate) threads: usize,
    pub(crate) round: usize,
}

impl Seat {
    pub(crate) fn leads(self) -> bool {
        self.index == 0
    }

    /// This thread's part of `count` things.
    pub(crate) fn share(self, count: usize) -> Range<usize> {
        count * self.index / self.threads..count * (self.index + 1) / self.threads
    }
}

/// Somebody whose calls are timed.
pub(crate) trait Contestant: Sync {
    /// Calls in a round, of all threads together.
    fn calls(&self) -> usize;

    /// Makes ready for a round, on every thread; not timed.
    fn prepare(&self, _seat: Seat) {}

    /// The calls of this thread, and nothing else.
    fn run(&self, seat: Seat);

    /// Whether the round was sound, on one thread, after it; panics if not.
    fn check(&self, _seat: Seat) {}
}

/// How many rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    pub(crate) warm_up: usize,
    pub(crate) counted: usize,
}

/// Nanoseconds a call and core, a figure a counted round: the cores that can be at work times the round's length, by its calls.
#[derive(Debug, Clone)]
pub(crate) struct Series(pub(crate) Vec<f64>);

impl Series {
    pub(crate) fn median(&self) -> f64 {
        median(&self.0)
    }

    pub(crate) fn best(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// The middle one; of an even number the mean of both.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[half]
    } else {
        (sorted[half - 1] + sorted[half]) / 2.0
    }
}

/// Lets everybody run in turn, round by round. The answer is a series a contestant.
pub(crate) fn contest(threads: usize, rounds: Rounds, who: &[&dyn Contestant]) -> Vec<Series> {
    let team = Team {
        gate: Gate::default(),
        clocks: (0..threads)
            .map(|_| [AtomicU64::new(0), AtomicU64::new(0)])
            .collect(),
    };
    let mut series = vec![Series(Vec::new()); who.len()];
    std::thread::scope(|scope| {
        let hands: Vec<_> = (1..threads)
            .map(|index| {
                let team = &team;
                scope.spawn(move || team.play(index, rounds, who, &mut |_, _| ()))
            })
            .collect();
        // The leader has a thread of its own as well, so that none inherits the main thread's state.
        let lead = scope.spawn(|| {
            team.play(0, rounds, who, &mut |contestant, ns| {
                series[contestant].0.push(ns);
            });
        });
        for hand in hands.into_iter().chain([lead]) {
            if let Err(panic) = hand.join() {
                // The others would wait for it for ever.
                drop(panic);
                std::process::exit(101);
            }
        }
    });
    series
}

struct Team {
    gate: Gate,
    /// When each thread started and ended.
    clocks: Vec<[AtomicU64; 2]>,
}

impl Team {
    fn play(
        &self,
        index: usize,
        rounds: Rounds,
        who: &[&dyn Contestant],
        note: &mut dyn FnMut(usize, f64),
    ) {
        // A panic on one thread leaves the others at the barrier: end the process instead.
        let _fuse = Fuse;
        let threads = self.clocks.len();
        machine::pin(index);
        for round in 0..rounds.warm_up + rounds.counted {
            machine::end_if_orphaned();
            let seat = Seat {
                index,
                threads,
                round,
            };
            for (number, contestant) in who.iter().enumerate() {
                contestant.prepare(seat);
                self.gate.pass(threads);
                let start = machine::now_ns();
                contestant.run(seat);
                let end = machine::now_ns();
                self.clocks[index][0].store(start, Ordering::Relaxed);
                self.clocks[index][1].store(end, Ordering::Relaxed);
                self.gate.pass(threads);
                if seat.leads() {
                    contestant.check(seat);
                    if round >= rounds.warm_up {
                        note(number, self.ns_a_call(contestant.calls()));
                    }
                }
                self.gate.pass(threads);
            }
        }
    }

    fn ns_a_call(&self, calls: usize) -> f64 {
        let clock = |which: usize| {
            self.clocks
                .iter()
                .map(move |clock| clock[which].load(Ordering::Relaxed))
        };
        let first = clock(0).min().unwrap_or(0);
        let last = clock(1).max().unwrap_or(0);
        let cores = machine::cores().min(self.clocks.len());
        (last - first) as f64 * cores as f64 / calls as f64
    }
}

struct Fuse;

impl Drop for Fuse {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::exit(101);
        }
    }
}

/// A spin barrier. Threads that outnumber the cores yield.
#[derive(Default)]
struct Gate {
    waiting: AtomicUsize,
    opened: AtomicUsize,
}

impl Gate {
    fn pass(&self, threads: usize) {
        let turn = self.opened.load(Ordering::Acquire);
        if self.waiting.fetch_add(1, Ordering::AcqRel) + 1 == threads {
            self.waiting.store(0, Ordering::Relaxed);
            self.opened.fetch_add(1, Ordering::AcqRel);
            return;
        }
        let mut spins = 0u32;
        while self.opened.load(Ordering::Acquire) == turn {
            spins += 1;
            if threads > machine::cores() || spins > 1 << 20 {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }
}
