//! What every storm needs: an engine, a gate for the threads to start at together, a count of how often they really met.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use fairslot::{
    Day, Engine, EngineBuilder, Hold, ManualClock, Opening, PatientId, PractitionerId, Refusal,
    Request, Schedule, ScheduleId, Session, Timestamp,
};

pub(crate) const DAY: u64 = 86_400_000;
pub(crate) const OPENING: Timestamp = Timestamp::from_millis(1_000 * DAY);
pub(crate) const TTL: u64 = Schedule::HOLD_TTL_MS;

pub(crate) fn built(
    settings: impl FnOnce(EngineBuilder) -> EngineBuilder,
) -> (Engine, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(OPENING));
    let builder = Engine::builder().clock(Arc::clone(&clock)).seed(7);
    (settings(builder).build().expect("in range"), clock)
}

pub(crate) fn plan(opens_at: Timestamp, lasts_ms: u64, capacity: u32) -> Schedule {
    let day = Day::new(2026, 12, 1).expect("a day");
    let opening = Opening::first_come(opens_at);
    let starts_at = opens_at.after(lasts_ms);
    Schedule::new(
        PractitionerId::new(3),
        day,
        Session::Morning,
        capacity,
        opening,
        starts_at,
    )
}

pub(crate) fn publish(engine: &Engine, capacity: u32) -> ScheduleId {
    let plan = plan(OPENING, 100_000 * DAY, capacity);
    engine.publish(&plan).expect("a sound schedule")
}

pub(crate) fn ask(
    engine: &Engine,
    patient: PatientId,
    schedule: ScheduleId,
) -> Result<Hold, Refusal> {
    let outcome = engine.request(&Request::new(patient, schedule));
    outcome
        .held()
        .ok_or_else(|| outcome.refused().expect("held or refused"))
}

/// The books agree, and no slot of these schedules has come or gone.
pub(crate) fn assert_whole(engine: &Engine, schedules: &[ScheduleId]) {
    let audit = engine.audit();
    assert!(audit.is_consistent(), "{audit:?}");
    for &schedule in schedules {
        let a = engine.availability(schedule).expect("it stands");
        let sum = a.free + a.held + a.booked + a.cooling + a.withdrawn + a.visited;
        assert_eq!(sum, a.capacity, "{a:?}");
    }
}

/// One storm at a time, or they would take each other's cores. Whoever failed lets the next one go on.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static WEATHER: Mutex<()> = Mutex::new(());
    WEATHER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So many threads, let go at once: their answers in order.
pub(crate) fn together<T: Send>(threads: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let gate = Gate::of(threads);
    thread::scope(|scope| {
        let hands: Vec<_> = (0..threads)
            .map(|lane| {
                let (gate, work) = (&gate, &work);
                scope.spawn(move || {
                    gate.pass();
                    work(lane)
                })
            })
            .collect();
        let join = |hand: ScopedJoinHandle<'_, T>| hand.join().expect("no thread panicked");
        hands.into_iter().map(join).collect()
    })
}

/// Rounds until the threads have met often, within bounds; they must have met a few times.
pub(crate) fn until_met(what: &str, often: u64, mut round: impl FnMut(u64, &Meetings)) {
    const MOST: u64 = 5_000;
    let _alone = alone();
    let meetings = Meetings::default();
    for n in 0..MOST {
        round(n, &meetings);
        if meetings.met() >= often {
            return;
        }
    }
    meetings.assert_any(what);
}

/// Who is in the middle of a call, and how often somebody found that another was.
#[derive(Default)]
pub(crate) struct Meetings {
    inside: AtomicU32,
    met: AtomicU64,
}

impl Meetings {
    pub(crate) fn met(&self) -> u64 {
        self.met.load(SeqCst)
    }

    /// So many rounds, and more while the threads have hardly met, within bounds: on a busy machine they may run one after the other.
    pub(crate) fn rounds(&self, usually: u64) -> impl Iterator<Item = u64> {
        (0..100 * usually).take_while(move |round| *round < usually || self.met() < 3)
    }

    /// Without a few there was no storm.
    pub(crate) fn assert_any(&self, what: &str) {
        assert!(
            self.met() >= 3,
            "{what}: the threads met {} times",
            self.met()
        );
    }

    /// A call that counts as a meeting if another was under way at its beginning or its end.
    pub(crate) fn call<T>(&self, verb: impl FnOnce() -> T) -> T {
        let before = self.inside.fetch_add(1, SeqCst);
        let answer = verb();
        let after = self.inside.fetch_sub(1, SeqCst);
        if before > 0 || after > 1 {
            self.met.fetch_add(1, SeqCst);
        }
        answer
    }
}

/// A gate at which threads wait for each other without going to sleep, so that they leave it together.
pub(crate) struct Gate {
    threads: u64,
    arrived: AtomicU64,
    /// Somebody won't come any more.
    open: AtomicBool,
}

impl Gate {
    pub(crate) fn of(threads: u64) -> Self {
        Self {
            threads,
            arrived: AtomicU64::new(0),
            open: AtomicBool::new(false),
        }
    }

    pub(crate) fn pass(&self) {
        let before = self.arrived.fetch_add(1, SeqCst);
        let through = before - before % self.threads + self.threads;
        let mut spins = 0_u32;
        while self.arrived.load(SeqCst) < through && !self.open.load(SeqCst) {
            spins += 1;
            if spins.is_multiple_of(1 << 10) {
                thread::yield_now();
            } else {
                spin_loop();
            }
        }
    }
}

/// Opens a gate for good when its thread ends, also by a panic: nobody waits for the dead.
pub(crate) struct Leaving<'a>(pub(crate) &'a Gate);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.open.store(true, SeqCst);
    }
}

/// SplitMix64, one a thread.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// Below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}
