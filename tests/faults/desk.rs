//! A small hospital to make trouble in.

use std::sync::Arc;
use std::thread;

use fairslot::{
    Booking, Clock, Day, Engine, Event, Hold, HoldId, ManualClock, Opening, PatientId,
    PractitionerId, Refusal, Request, Schedule, ScheduleId, Session, Subscription, Timestamp,
};

/// Clocks start here, and schedules open here.
pub(crate) const OPENING: Timestamp = Timestamp::from_millis(1_000 * DAY);
pub(crate) const DAY: u64 = 86_400_000;
/// A hold lasts so long.
pub(crate) const TTL: u64 = Schedule::HOLD_TTL_MS;

pub(crate) fn patient(number: u128) -> PatientId {
    PatientId::new(number)
}

/// A schedule of `capacity` slots that is open for thirty days.
pub(crate) fn plan(capacity: u32) -> Schedule {
    let day = Day::new(2026, 12, 1).expect("a day");
    let opening = Opening::first_come(OPENING);
    let practitioner = PractitionerId::new(3);
    Schedule::new(
        practitioner,
        day,
        Session::Morning,
        capacity,
        opening,
        OPENING.after(30 * DAY),
    )
}

/// An engine with that clock.
pub(crate) fn engine(clock: impl Clock + 'static) -> Engine {
    Engine::builder()
        .clock(clock)
        .seed(7)
        .build()
        .expect("the defaults are in range")
}

/// An engine with a clock in the test's hand.
pub(crate) fn desk() -> (Engine, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(OPENING));
    (engine(Arc::clone(&clock)), clock)
}

/// An engine that remembers a million ends of one patient, and finds them in few buckets.
pub(crate) fn roomy_desk() -> (Engine, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(OPENING));
    let builder = Engine::builder().clock(Arc::clone(&clock)).seed(7);
    let engine = builder.expected_lines(16).book_lines_max(1_000_000).build();
    (engine.expect("in range"), clock)
}

pub(crate) fn publish(engine: &Engine, capacity: u32) -> ScheduleId {
    engine.publish(&plan(capacity)).expect("a sound schedule")
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

pub(crate) fn confirm(
    engine: &Engine,
    hold: HoldId,
    patient: PatientId,
) -> Result<Booking, Refusal> {
    Ok(engine
        .confirm(hold, patient, None)?
        .wait()
        .expect("decided in memory"))
}

/// Holds and confirms at once.
pub(crate) fn book(engine: &Engine, patient: PatientId, schedule: ScheduleId) -> Booking {
    let hold = ask(engine, patient, schedule).expect("a slot is free");
    confirm(engine, hold.id, patient).expect("the hold is live")
}

/// What has arrived since the last call.
pub(crate) fn events(of: &Subscription) -> Vec<Event> {
    std::iter::from_fn(|| of.next()).collect()
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

/// Waits for what another thread is about to do, without sleeping and not for ever.
pub(crate) fn until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..20_000_000 {
        if done() {
            return;
        }
        thread::yield_now();
    }
    panic!("waited in vain: {what}");
}

/// SplitMix64: a generator of one line is all that the tests here want.
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
