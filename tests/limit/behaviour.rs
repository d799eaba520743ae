//! Judging behaviour, through the engine: what is seen, what it is called, what becomes of it, and whom it never hits.

mod crowd_scored;
mod deeds;
mod fan_out;
mod flood;
mod labels;
mod lists;
mod plain;
mod sample;

use std::sync::Arc;

use fairslot::{
    AccountId, Behaviour, Card, ChannelId, DeviceId, Engine, Hold, Label, ManualClock, Opening,
    Outcome, PatientId, PractitionerId, Request, Schedule, ScheduleId, Session, Timestamp, Verdict,
};

pub(crate) const OPENS: u64 = 1_796_083_200_000;
pub(crate) const DAY: u64 = 86_400_000;
pub(crate) const MINUTE: u64 = 60_000;

/// An engine that judges, on a clock set by hand, and schedules that open at [`OPENS`].
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
}

/// Room for some thousand devices, and everybody who is told `sold_out` is seen.
pub(crate) fn judging() -> Behaviour {
    Behaviour {
        records: 1 << 13,
        sample: 1,
        ..Behaviour::default()
    }
}

impl Desk {
    pub(crate) fn new(behaviour: Option<Behaviour>) -> Self {
        Self::seeded(0, behaviour)
    }

    /// Another seed sets other bits for the same people.
    pub(crate) fn seeded(seed: u64, behaviour: Option<Behaviour>) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(OPENS)));
        let mut builder = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(seed)
            .live_holds_max(u32::MAX)
            .trusted_channels([ChannelId::new(114)]);
        if let Some(behaviour) = behaviour {
            builder = builder.behaviour(behaviour);
        }
        let engine = builder.build().expect("in range");
        Self { engine, clock }
    }

    pub(crate) fn judging() -> Self {
        Self::new(Some(judging()))
    }

    /// A schedule of that practitioner, half a year ahead, whose holds last an hour.
    pub(crate) fn publish(&self, practitioner: u64, slots: u32) -> ScheduleId {
        self.publish_for(practitioner, slots, 60 * MINUTE)
    }

    /// One whose holds last so long.
    pub(crate) fn publish_for(&self, practitioner: u64, slots: u32, ttl_ms: u64) -> ScheduleId {
        let opening = Opening::first_come(Timestamp::from_millis(OPENS));
        let starts_at = Timestamp::from_millis(OPENS + 180 * DAY);
        let day = "2027-06-08".parse().expect("a day");
        let practitioner = PractitionerId::new(practitioner);
        let mut schedule = Schedule::new(
            practitioner,
            day,
            Session::Morning,
            slots,
            opening,
            starts_at,
        );
        schedule.hold_ttl_ms = ttl_ms;
        self.engine.publish(&schedule).expect("there is room")
    }

    pub(crate) fn at(&self, after_opening: u64) {
        self.clock
            .set(Timestamp::from_millis(OPENS + after_opening));
    }

    pub(crate) fn ask(&self, request: &Request) -> Outcome {
        self.engine.request(request)
    }

    pub(crate) fn held(&self, request: &Request) -> Hold {
        self.ask(request).held().expect("there is a slot")
    }

    pub(crate) fn book(&self, request: &Request) -> Hold {
        let hold = self.held(request);
        let pending = self.engine.confirm(hold.id, request.patient(), None);
        pending.expect("it is held").wait().expect("no journal");
        hold
    }

    pub(crate) fn cancel(&self, hold: &Hold, patient: u64) {
        let booking = self
            .engine
            .confirm(hold.id, self::patient(patient), None)
            .expect("booked")
            .wait()
            .expect("no journal");
        let pending = self.engine.cancel(booking.id, self::patient(patient));
        pending.expect("it is booked").wait().expect("no journal");
    }

    pub(crate) fn verdict(&self, request: &Request) -> Verdict {
        self.engine.verdict(request)
    }
}

pub(crate) fn patient(number: u64) -> PatientId {
    PatientId::new(number.into())
}

pub(crate) fn device(number: u64) -> DeviceId {
    DeviceId::new(number.into())
}

pub(crate) fn account(number: u64) -> AccountId {
    AccountId::new(number.into())
}

/// A patient asks from a device.
pub(crate) fn from(schedule: ScheduleId, who: u64, on: u64) -> Request {
    Request::new(patient(who), schedule).device(device(on))
}

pub(crate) fn names(verdict: &Verdict) -> Vec<Label> {
    verdict.labels.iter().map(|scored| scored.label).collect()
}

pub(crate) fn card() -> Card {
    Card::default()
}
