//! The morning itself: threads that ask, pay, give back and walk away, on a clock that is simulated or real.

mod client;
mod places;
mod ticks;

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use fairslot::{Clock, CoarseClock, Engine, ManualClock, ScheduleId, SystemClock, Timestamp};

use crate::cli::{Kind, Pace};
use crate::crowd::Crowd;
use crate::latency::timed;
use crate::progress::Progress;
use crate::tally::Record;
use client::Clients;
use ticks::Ticks;

/// The clock of the engine and of everybody in the morning.
#[derive(Clone)]
pub(crate) enum Time {
    Simulated(Arc<ManualClock>),
    Real(Arc<CoarseClock<SystemClock>>),
}

/// How long before the opening a real-time run begins: the first who press too early come two seconds before.
const LEAD_MS: u64 = 2_500;
/// How often real time is read into the coarse clock.
const TICK: Duration = Duration::from_millis(1);
const WATCH: Duration = Duration::from_millis(50);

impl Time {
    /// The clock for this pace, and the instant at which the morning opens: the hospital's own if time is simulated.
    pub(crate) fn new(pace: Pace, hospitals: Timestamp) -> (Self, Timestamp) {
        match pace {
            Pace::Fast => {
                let early = Timestamp::from_millis(hospitals.as_millis() - LEAD_MS);
                (
                    Self::Simulated(Arc::new(ManualClock::new(early))),
                    hospitals,
                )
            }
            Pace::Real => {
                let clock = CoarseClock::new(SystemClock::new());
                let opens_at = clock.now().after(LEAD_MS);
                (Self::Real(Arc::new(clock)), opens_at)
            }
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::Simulated(clock) => clock.now(),
            Self::Real(clock) => clock.now(),
        }
    }

    /// Waits, or has waited, until `at`.
    pub(crate) fn pass_until(&self, at: Timestamp) {
        match self {
            Self::Simulated(clock) => clock.set(at),
            Self::Real(clock) => {
                while clock.now() < at {
                    thread::sleep(Duration::from_millis(at.since(clock.now()).clamp(1, 100)));
                }
                clock.tick();
            }
        }
    }
}

/// Where everybody meets.
pub(crate) struct Morning<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) time: &'a Time,
    pub(crate) opens_at: Timestamp,
    pub(crate) crowd: &'a Crowd,
    pub(crate) kind: Kind,
    /// The published schedules.
    pub(crate) schedules: &'a [ScheduleId],
    /// The same the other way round.
    pub(crate) periods: &'a HashMap<ScheduleId, u32>,
    /// Those that the crowd asks for, as indices into `schedules`.
    pub(crate) open: &'a [u32],
    pub(crate) seed: u64,
    pub(crate) threads: usize,
}

impl Morning<'_> {
    /// Milliseconds since the opening.
    fn now(&self) -> i64 {
        self.time
            .now()
            .as_millis()
            .cast_signed()
            .wrapping_sub(self.opens_at.as_millis().cast_signed())
    }

    /// Runs it. Returns what the clients saw and how many nanoseconds it took, all that the clients themselves do included.
    /// `None` if a thread died, whose panic has been printed by then.
    pub(crate) fn run(&self, progress: &Progress) -> Option<(Record, u64)> {
        let mut clients: Vec<Clients<'_>> = (0..self.threads)
            .map(|nth| Clients::new(self, nth))
            .collect();
        let (whole, ns) = timed(|| match self.time {
            Time::Simulated(clock) => self.simulated(&mut clients, clock, progress),
            Time::Real(clock) => self.real(&mut clients, clock, progress),
        });
        let mut records = clients.into_iter().map(Clients::leave);
        let mut record = records.next()?;
        records.for_each(|other| record.merge(other));
        whole.then_some((record, ns))
    }

    fn simulated(
        &self,
        clients: &mut [Clients<'_>],
        clock: &ManualClock,
        progress: &Progress,
    ) -> bool {
        let ticks = Ticks::new(clients.len());
        let set = |at: i64| {
            clock.set(Timestamp::from_millis(
                self.opens_at.as_millis().wrapping_add_signed(at),
            ))
        };
        let work = |(nth, clients): (usize, &mut Clients<'_>)| {
            let _watch = ticks.watch();
            while let Some(now) = ticks.pass(nth, clients.due(), set) {
                if nth == 0 {
                    self.sweep();
                }
                clients.work(now);
            }
        };
        self.crew(clients, work, || {
            progress.show(ticks.reached());
            thread::sleep(WATCH);
        })
    }

    fn real(
        &self,
        clients: &mut [Clients<'_>],
        clock: &CoarseClock<SystemClock>,
        progress: &Progress,
    ) -> bool {
        let work = |(_, clients): (usize, &mut Clients<'_>)| {
            while let Some(due) = clients.due() {
                let now = self.now();
                if now < due {
                    thread::sleep(Duration::from_millis((due - now).unsigned_abs().min(100)));
                } else {
                    clients.work(now);
                }
            }
        };
        self.crew(clients, work, || {
            clock.tick();
            self.sweep();
            progress.show(self.now());
            thread::sleep(TICK);
        })
    }

    /// A thread for each share of the clients; `meanwhile` is done over and over until all have finished.
    fn crew<'c>(
        &self,
        clients: &mut [Clients<'c>],
        work: impl Fn((usize, &mut Clients<'c>)) + Sync,
        meanwhile: impl Fn(),
    ) -> bool {
        thread::scope(|scope| {
            let work = &work;
            let start = |share: (usize, _)| scope.spawn(move || work(share));
            let threads: Vec<_> = clients.iter_mut().enumerate().map(start).collect();
            while threads.iter().any(|thread| !thread.is_finished()) {
                meanwhile();
            }
            threads
                .into_iter()
                .map(thread::ScopedJoinHandle::join)
                .all(|end| end.is_ok())
        })
    }

    /// Ends the holds that have run out, while others ask for them.
    pub(crate) fn sweep(&self) {
        while self
            .engine
            .next_deadline()
            .is_some_and(|at| at <= self.time.now())
            && self.engine.advance().more
        {}
    }
}
