//! A small morning with something to write down.

use std::net::IpAddr;
use std::sync::Arc;

use fairslot::evidence::{Evidence, LogMemory, Month, MonthKeys, Sink};
use fairslot::{
    AccountId, Day, DeviceId, Engine, Limit, ManualClock, Opening, Outcome, PatientId,
    PractitionerId, Request, Schedule, ScheduleId, Session, Timestamp,
};

/// 2026-12-01, midnight UTC.
pub(crate) const START: u64 = 1_796_083_200_000;
pub(crate) const LOG: u128 = 0x10a0_0000_0001;
pub(crate) const KEY: [u8; 32] = [7; 32];

pub(crate) fn december() -> Month {
    Month::new(2026, 12).expect("a month")
}

pub(crate) fn keys() -> MonthKeys {
    MonthKeys::new().with(december(), KEY)
}

pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) schedule: ScheduleId,
}

/// An engine whose devices may ask three times at once and once a second.
pub(crate) fn desk(evidence: Evidence) -> Desk {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(START)));
    let engine = Engine::builder()
        .clock(Arc::clone(&clock))
        .seed(7)
        .device_limit(Limit::new(1, 1_000, 3))
        .evidence(evidence)
        .build()
        .expect("in range");
    let schedule = publish(&engine, 1_000);
    Desk {
        engine,
        clock,
        schedule,
    }
}

pub(crate) fn publish(engine: &Engine, capacity: u32) -> ScheduleId {
    let open = Timestamp::from_millis(START);
    let day = Day::new(2026, 12, 30).expect("a day");
    let opening = Opening::first_come(open);
    let practitioner = PractitionerId::new(3);
    let starts = open.after(60 * 86_400_000);
    let plan = Schedule::new(
        practitioner,
        day,
        Session::Morning,
        capacity,
        opening,
        starts,
    );
    engine.publish(&plan).expect("a sound schedule")
}

/// A patient by number, from device `n % 4`, with an account and an address.
pub(crate) fn request(schedule: ScheduleId, number: u128) -> Request {
    let address = IpAddr::from([192, 0, 2, (number % 200) as u8]);
    Request::new(PatientId::new(number), schedule)
        .account(AccountId::new(1_000 + number))
        .device(DeviceId::new(2_000 + number % 4))
        .network(address)
}

impl Desk {
    pub(crate) fn ask(&self, number: u128) -> Outcome {
        self.engine.request(&request(self.schedule, number))
    }

    /// Holds, confirms, cancels.
    pub(crate) fn change_mind(&self, number: u128) {
        let patient = PatientId::new(number);
        let request = Request::new(patient, self.schedule);
        let hold = self.engine.request(&request).held().expect("a slot");
        let booking = self.engine.confirm(hold.id, patient, None).expect("live");
        let booking = booking.wait().expect("decided in memory");
        let cancelled = self.engine.cancel(booking.id, patient);
        cancelled.expect("booked").wait().expect("in memory");
    }
}

/// A log of a few epochs: grants, denials, cancellations. Single-threaded, so always the same.
pub(crate) fn log() -> Vec<u8> {
    let sink = LogMemory::default();
    play(sink.clone());
    sink.bytes()
}

/// Plays it.
pub(crate) fn play(sink: impl Sink + 'static) -> Desk {
    let desk = desk(Evidence::new(LOG, keys(), sink));
    for epoch in 0..4u64 {
        for number in 0..8 {
            desk.ask(u128::from(10 * epoch + number));
        }
        desk.change_mind(u128::from(10 * epoch + 9));
        desk.clock
            .set(Timestamp::from_millis(START + 1_000 * (epoch + 1)));
        desk.engine.deliver_evidence();
    }
    desk.engine.close_evidence();
    desk
}

/// A log of the same name, in which one patient asks.
pub(crate) fn play_nothing() -> Vec<u8> {
    let sink = LogMemory::default();
    let desk = desk(Evidence::new(LOG, keys(), sink.clone()));
    desk.ask(5);
    desk.engine.close_evidence();
    sink.bytes()
}
