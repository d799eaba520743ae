//! A desk with an engine behind it, for tests at exact times. Times are milliseconds after [`OPENING`]. When the desk closes, the
//! books are audited: no test ends without.

use std::sync::Arc;

use fairslot::{
    Availability, Booking, BookingId, Day, Engine, EngineBuilder, Event, Hold, HoldId, ManualClock,
    Opening, Outcome, PatientId, PaymentRef, PractitionerId, Refusal, Request, Schedule,
    ScheduleId, Session, Subscription, Timestamp,
};

/// The clock of a new desk stands here, and its schedules open here.
pub(crate) const OPENING: Timestamp = Timestamp::from_millis(1_000 * DAY);
/// Its schedules' sessions start so long after they opened.
pub(crate) const SESSION: u64 = 30 * DAY;
/// A hold lasts so long.
pub(crate) const TTL: u64 = Schedule::HOLD_TTL_MS;
pub(crate) const DAY: u64 = 86_400_000;
pub(crate) const HOUR: u64 = 3_600_000;

pub(crate) const ANN: PatientId = PatientId::new(1);
pub(crate) const BOB: PatientId = PatientId::new(2);
pub(crate) const EVE: PatientId = PatientId::new(3);

pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    events: Subscription,
}

pub(crate) fn after(ms: u64) -> Timestamp {
    OPENING.after(ms)
}

/// A schedule of `capacity` slots.
pub(crate) fn plan(capacity: u32) -> Schedule {
    let day = Day::new(2026, 12, 1).expect("a day");
    Schedule::new(
        PractitionerId::new(3),
        day,
        Session::Morning,
        capacity,
        Opening::first_come(OPENING),
        after(SESSION),
    )
}

pub(crate) fn payment(number: u128) -> Option<PaymentRef> {
    Some(PaymentRef::new(number))
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::built(|builder| builder)
    }

    pub(crate) fn built(settings: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let clock = Arc::new(ManualClock::new(OPENING));
        let builder = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(7)
            .retire_after_ms(None);
        let engine = settings(builder)
            .build()
            .expect("these settings are in range");
        let events = engine.observe(65_536);
        Self {
            engine,
            clock,
            events,
        }
    }

    /// The clock shows `ms` after the opening, forward or back.
    pub(crate) fn at(&self, ms: u64) {
        self.set(after(ms));
    }

    pub(crate) fn set(&self, to: Timestamp) {
        self.clock.set(to);
    }

    pub(crate) fn publish(&self, capacity: u32) -> ScheduleId {
        self.publish_plan(&plan(capacity))
    }

    pub(crate) fn publish_plan(&self, plan: &Schedule) -> ScheduleId {
        self.engine.publish(plan).expect("a sound schedule")
    }

    pub(crate) fn ask(&self, patient: PatientId, schedule: ScheduleId) -> Result<Hold, Refusal> {
        self.request(&Request::new(patient, schedule))
    }

    pub(crate) fn request(&self, request: &Request) -> Result<Hold, Refusal> {
        match self.engine.request(request) {
            Outcome::Held(hold) => Ok(hold),
            Outcome::Refused(refusal) => Err(refusal),
            other => panic!("neither held nor refused: {other:?}"),
        }
    }

    pub(crate) fn hold(&self, patient: PatientId, schedule: ScheduleId) -> Hold {
        self.ask(patient, schedule).expect("a slot is free")
    }

    /// Holds and confirms at once.
    pub(crate) fn book(&self, patient: PatientId, schedule: ScheduleId) -> Booking {
        let hold = self.hold(patient, schedule);
        self.confirm(hold.id, patient).expect("the hold is live")
    }

    /// So many lines in the patient's book, all ended.
    pub(crate) fn fill_book(&self, patient: PatientId, lines: u32) {
        let schedule = self.publish(1);
        for _ in 0..lines {
            assert_eq!(
                self.release(self.hold(patient, schedule).id, patient),
                Ok(())
            );
        }
    }

    pub(crate) fn confirm(&self, hold: HoldId, patient: PatientId) -> Result<Booking, Refusal> {
        self.pay(hold, patient, None)
    }

    pub(crate) fn pay(
        &self,
        hold: HoldId,
        patient: PatientId,
        payment: Option<PaymentRef>,
    ) -> Result<Booking, Refusal> {
        Ok(self
            .engine
            .confirm(hold, patient, payment)?
            .wait()
            .expect("settled at once"))
    }

    pub(crate) fn release(&self, hold: HoldId, patient: PatientId) -> Result<(), Refusal> {
        self.engine.release(hold, patient)
    }

    pub(crate) fn cancel(&self, booking: BookingId, patient: PatientId) -> Result<(), Refusal> {
        self.engine
            .cancel(booking, patient)?
            .wait()
            .expect("settled at once");
        Ok(())
    }

    pub(crate) fn exchange(
        &self,
        booking: BookingId,
        patient: PatientId,
        schedule: ScheduleId,
    ) -> Result<Booking, Refusal> {
        Ok(self
            .engine
            .exchange(booking, patient, schedule)?
            .wait()
            .expect("settled at once"))
    }

    pub(crate) fn check_in(&self, booking: BookingId) -> Result<(), Refusal> {
        self.engine
            .check_in(booking)?
            .wait()
            .expect("settled at once");
        Ok(())
    }

    pub(crate) fn fulfil(&self, booking: BookingId) -> Result<(), Refusal> {
        self.engine
            .fulfil(booking)?
            .wait()
            .expect("settled at once");
        Ok(())
    }

    pub(crate) fn no_show(&self, booking: BookingId) -> Result<(), Refusal> {
        self.engine
            .no_show(booking)?
            .wait()
            .expect("settled at once");
        Ok(())
    }

    /// How many holds ran out since the last call.
    pub(crate) fn advance(&self) -> u64 {
        let mut expired = 0;
        loop {
            let report = self.engine.advance();
            expired += report.expired;
            if !report.more {
                return expired;
            }
        }
    }

    pub(crate) fn availability(&self, schedule: ScheduleId) -> Availability {
        self.engine
            .availability(schedule)
            .expect("it was published")
    }

    /// Free, held, booked, withdrawn, visited.
    pub(crate) fn tally(&self, schedule: ScheduleId) -> [u32; 5] {
        let a = self.availability(schedule);
        assert_eq!(
            a.free + a.held + a.booked + a.cooling + a.withdrawn + a.visited,
            a.capacity,
            "{a:?}"
        );
        [a.free, a.held, a.booked, a.withdrawn, a.visited]
    }

    /// What happened since the last call.
    pub(crate) fn events(&self) -> Vec<Event> {
        let events: Vec<Event> = std::iter::from_fn(|| self.events.next()).collect();
        assert_eq!(self.events.lost(), 0, "more than the test expected");
        events
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let audit = self.engine.audit();
            assert!(audit.is_consistent(), "{audit:?}");
        }
    }
}
