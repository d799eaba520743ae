//! What the models share: the explorer, and the pool's protocol as an engine drives it, without the engine.

use std::cell::Cell;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering as StdOrdering};

use ::loom::model::Builder;
use ::loom::sync::Arc;

use crate::ledger::record::{Phase, Record};
use crate::pool::places::Places;
use crate::pool::word::{State, Word};
use crate::pool::{Look, Pool};
use crate::words::clock::Clock;
use crate::words::id::{Claim, PatientId, PractitionerId, ScheduleId};
use crate::words::schedule::{Day, Opening, Schedule, Session};
use crate::words::time::Timestamp;
use crate::{Booking, Engine, EngineBuilder, Hold, Request};

/// The present, unless a model says otherwise.
pub(super) const NOW: u64 = 1_000;
/// A hold's life.
pub(super) const TTL: u64 = 100;

std::thread_local! {
    /// Which thread of a race goes first, and how many there are.
    static FIRST: Cell<(usize, usize)> = const { Cell::new((0, 1)) };
}

/// Runs a model in every interleaving that loom tries, or in every one with at most `preemptions`, with each of its threads first in turn; prints
/// how many those were. `LOOM_MAX_PREEMPTIONS` replaces the bounds that are set here and leaves the others alone.
pub(super) fn explore(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions.and(builder.preemption_bound).or(preemptions);
    builder.max_branches = 20_000;
    builder.expect_explicit_explore = true;
    let (model, runs) = (
        std::sync::Arc::new(model),
        std::sync::Arc::new(AtomicUsize::new(0)),
    );
    let (mut first, started) = (0, start());
    while first == 0 || first < FIRST.get().1 {
        FIRST.set((first, 1));
        let (model, counted) = (std::sync::Arc::clone(&model), std::sync::Arc::clone(&runs));
        builder.check(move || {
            counted.fetch_add(1, StdOrdering::Relaxed);
            model();
        });
        first += 1;
    }
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    let bound = builder.preemption_bound.map_or("all".to_owned(), |most| {
        format!("at most {most} preemptions")
    });
    println!(
        "{name}: {} interleavings ({bound}), {} ms",
        runs.load(StdOrdering::Relaxed),
        started.elapsed().as_millis()
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures the model, not the crate"
)]
fn start() -> std::time::Instant {
    std::time::Instant::now()
}

/// Runs each closure in a thread of its own, but one in the main thread. Explores from here to the end of the last.
pub(super) fn race(hands: impl IntoIterator<Item = Hand>) {
    let mut hands: Vec<_> = hands.into_iter().collect();
    let (first, _) = FIRST.get();
    FIRST.set((first, hands.len()));
    hands.rotate_left(first);
    ::loom::explore();
    let mut hands = hands.into_iter();
    let own = hands.next();
    let others: Vec<_> = hands.map(|hand| ::loom::thread::spawn(hand)).collect();
    own.into_iter().for_each(|hand| hand());
    others.into_iter().for_each(|other| other.join().unwrap());
    ::loom::stop_exploring();
}

/// A thread of a [`race`].
pub(super) type Hand = Box<dyn FnOnce() + Send>;

pub(super) fn hand(work: impl FnOnce() + Send + 'static) -> Hand {
    Box::new(work)
}

/// What the threads of one interleaving saw. Not modelled: it must not order what it watches.
#[derive(Debug, Default)]
pub(super) struct Notes<T>(std::sync::Arc<StdMutex<Vec<T>>>);

impl<T> Clone for Notes<T> {
    fn clone(&self) -> Self {
        Self(std::sync::Arc::clone(&self.0))
    }
}

impl<T> Notes<T> {
    pub(super) fn new() -> Self {
        Self(std::sync::Arc::new(StdMutex::new(Vec::new())))
    }

    pub(super) fn add(&self, note: T) {
        self.0.lock().unwrap().push(note);
    }

    pub(super) fn all(&self) -> Vec<T> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

::loom::thread_local! {
    /// The time by this thread's watch.
    static WATCH: Cell<u64> = Cell::new(NOW);
}

/// A clock that shows every thread a time of its own, [`NOW`] at first: two machines' clocks are never quite the same, nor is one read
/// at the instant at which it is used.
#[derive(Debug, Clone, Copy)]
struct Watches;

impl Clock for Watches {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(WATCH.with(Cell::get))
    }
}

/// Sets this thread's watch.
pub(super) fn set_watch(ms: u64) {
    WATCH.with(|watch| watch.set(ms));
}

/// A thread whose watch says `ms`.
pub(super) fn hand_at(ms: u64, work: impl FnOnce() + Send + 'static) -> Hand {
    hand(move || {
        set_watch(ms);
        work();
    })
}

/// A schedule of so many slots, open since the beginning of time.
pub(super) fn schedule(capacity: u32) -> Schedule {
    let day = Day::new(2026, 12, 1).unwrap();
    let open = Opening::first_come(Timestamp::from_millis(0));
    let starts = Timestamp::from_millis(1_000_000);
    Schedule {
        hold_ttl_ms: TTL,
        ..Schedule::new(
            PractitionerId::new(1),
            day,
            Session::Morning,
            capacity,
            open,
            starts,
        )
    }
}

/// A small engine: two schedules, eight records, two buckets of books.
pub(super) fn engine() -> Engine {
    engine_with(|it| it)
}

/// One with something more.
pub(super) fn engine_with(more: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Engine {
    let small = Engine::builder()
        .seed(7)
        .schedules_max(2)
        .records_max(8)
        .expected_lines(4);
    more(small.clock(Watches)).build().unwrap()
}

/// Four patients, whose books lie in one bucket and the other by turns.
pub(super) fn people(engine: &Engine) -> [PatientId; 4] {
    let mut ids = (1..).map(PatientId::new);
    [0, 1, 0, 1].map(|bucket| {
        ids.find(|id| engine.ledger().belongs_in(bucket, *id))
            .unwrap()
    })
}

/// A hold that is surely to be had.
pub(super) fn hold(engine: &Engine, patient: PatientId, schedule: ScheduleId) -> Hold {
    engine
        .request(&Request::new(patient, schedule))
        .held()
        .unwrap()
}

/// A booking that is surely to be had.
pub(super) fn book(engine: &Engine, patient: PatientId, schedule: ScheduleId) -> Booking {
    let hold = hold(engine, patient, schedule);
    engine
        .confirm(hold.id, patient, None)
        .unwrap()
        .wait()
        .unwrap()
}

/// The books agree.
pub(super) fn agree(engine: &Engine) {
    assert_eq!(engine.audit().findings, []);
}

/// Free, held, booked and withdrawn slots of a schedule.
pub(super) fn count(engine: &Engine, schedule: ScheduleId) -> [u32; 4] {
    let now = engine.availability(schedule).unwrap();
    [now.free, now.held, now.booked, now.withdrawn]
}

/// One pool with records beside it, as an engine has them: the protocol of the pool's own documentation, step by step.
pub(super) struct Stand {
    places: Places,
    pub(super) id: ScheduleId,
    records: Vec<Record>,
}

impl Stand {
    pub(super) fn new(capacity: u32) -> Arc<Self> {
        let places = Places::new(1);
        let id = places.settle(&schedule(capacity)).unwrap();
        Arc::new(Self {
            places,
            id,
            records: (0..4).map(|_| Record::default()).collect(),
        })
    }

    pub(super) fn pool(&self) -> &Pool {
        self.places.find(self.id).unwrap()
    }

    pub(super) fn record(&self, holder: u32) -> &Record {
        &self.records[holder as usize]
    }

    pub(super) fn word(&self, slot: u16) -> Word {
        self.pool().slots().word(slot).unwrap().load()
    }

    pub(super) fn look(&self, now: u64) -> Look {
        self.pool().look(self.id, Timestamp::from_millis(now))
    }

    /// The look by one reading of the free bits, where that is enough.
    pub(super) fn first_look(&self, now: u64) -> Option<Look> {
        self.pool().first_look(self.id, Timestamp::from_millis(now))
    }

    /// Calls the session off and holds it after all, which is what the engine does: flag, bits, words; words, bits, flag.
    pub(super) fn withdraw_and_reinstate(&self) {
        let (pool, desk) = self.places.desk(self.id).unwrap();
        let (tag, slots) = (self.id.tag(), 0..pool.capacity());
        pool.set_withdrawn(&desk, true);
        let taken: Vec<_> = slots
            .map(|slot| {
                pool.slots().take(tag, slot);
                let at = pool.slots().word(slot).unwrap();
                let seen = at.load();
                (slot, at.swap(seen, seen.to(State::Withdrawn, 0)).unwrap())
            })
            .collect();
        for (slot, word) in taken {
            pool.give_back(tag, slot, word).unwrap();
        }
        pool.set_withdrawn(&desk, false);
    }

    /// Claims a slot for a record until `deadline`: record, swap, `due`.
    pub(super) fn claim(&self, holder: u32, deadline: u64) -> Option<(u16, Word)> {
        let record = self.record(holder);
        let patient = PatientId::new(u128::from(holder));
        record.begin(
            patient,
            self.id,
            Phase::Held,
            Timestamp::from_millis(NOW),
            Timestamp::from_millis(deadline),
        );
        let claimed = self
            .pool()
            .claim(self.id.tag(), State::Held, holder, |slot, version| {
                record.claimed(slot, version);
            });
        self.pool().claimed_until(deadline);
        claimed.ok()
    }

    /// Gives back what this record has, if it has it still.
    pub(super) fn give_back(&self, holder: u32, slot: u16) -> Option<Word> {
        let seen = self.word(slot);
        seen.is_of(holder)
            .then(|| self.pool().give_back(self.id.tag(), slot, seen))?
    }

    /// Makes this record's hold a booking, if it has it still.
    pub(super) fn confirm(&self, holder: u32, slot: u16) -> Option<Word> {
        let at = self.pool().slots().word(slot).unwrap();
        let seen = at.load();
        seen.is_of(holder)
            .then(|| at.swap(seen, seen.to(State::Booked, holder)).ok())?
    }

    /// Gives this record's hold another end, if it has it still: in the engine's order, the later deadline first and the earlier one last.
    pub(super) fn extend(&self, holder: u32, slot: u16, until: Timestamp) -> bool {
        let (at, record) = (self.pool().slots().word(slot).unwrap(), self.record(holder));
        let old = record.until();
        record.set_until(old.max(until));
        let seen = at.load();
        if !seen.is_of(holder) || at.swap(seen, seen.to(State::Held, holder)).is_err() {
            record.set_until(old);
            return false;
        }
        record.set_until(until);
        self.pool().lower_due(until.as_millis());
        true
    }

    /// Frees what is due: each slot, what its holder's record said, and its word afterwards.
    pub(super) fn sweep(&self, now: u64) -> Vec<(u16, Claim, Word)> {
        let mut freed = Vec::new();
        let read = |holder| {
            let record = self.record(holder);
            (record.until().as_millis(), record.claim(holder))
        };
        self.pool().sweep(
            self.id.tag(),
            now,
            read,
            |_| false,
            |slot, claim, word| {
                freed.push((slot, claim, word));
            },
        );
        freed
    }

    pub(super) fn is_set(&self, slot: u16) -> bool {
        self.pool().slots().is_set(self.id.tag(), slot)
    }

    /// What must be true when nothing moves: whatever is free can be found, whatever is held is noted as due no later than it ends.
    pub(super) fn audit(&self) {
        for slot in 0..self.pool().capacity() {
            let word = self.word(slot);
            match word.state() {
                State::Free => assert!(self.is_set(slot), "slot {slot} is lost"),
                State::Held => {
                    let record = self.record(word.holder());
                    assert_eq!(record.slot(), slot, "the record speaks of another slot");
                    assert!(
                        self.pool().is_due(record.until().as_millis()),
                        "slot {slot} ends unnoticed"
                    );
                }
                _ => {}
            }
        }
    }
}
