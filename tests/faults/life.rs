//! A whole life of a few slots: every verb of the engine once and more, in an order that never changes.

use std::sync::Arc;

use fairslot::{BookingId, Engine, HoldId, ManualClock, PatientId, Request, RequestId, ScheduleId};

use crate::desk::{OPENING, TTL, book, confirm, patient, plan};

const ANN: PatientId = PatientId::new(1);
const BOB: PatientId = PatientId::new(2);
const EVE: PatientId = PatientId::new(3);

/// What the steps of a life hand on to later ones.
pub(crate) struct Life {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) morning: Option<ScheduleId>,
    pub(crate) evening: Option<ScheduleId>,
    hold: Option<HoldId>,
    booking: Option<BookingId>,
}

/// One call of one verb. What it answered, in words.
type Step = fn(&mut Life) -> String;

impl Life {
    pub(crate) fn new(engine: Engine, clock: Arc<ManualClock>) -> Self {
        clock.set(OPENING);
        Self {
            engine,
            clock,
            morning: None,
            evening: None,
            hold: None,
            booking: None,
        }
    }

    fn morning(&self) -> ScheduleId {
        self.morning.expect("published at the beginning")
    }

    fn evening(&self) -> ScheduleId {
        self.evening.expect("published at the beginning")
    }

    fn hold(&self) -> HoldId {
        self.hold.expect("held by now")
    }

    fn booking(&self) -> BookingId {
        self.booking.expect("booked by now")
    }

    fn ask(&mut self, request: &Request) -> String {
        let outcome = self.engine.request(request);
        if let Some(hold) = outcome.held() {
            self.hold = Some(hold.id);
        }
        format!("{outcome:?}")
    }

    fn confirm(&mut self, patient: PatientId) -> String {
        let booking = confirm(&self.engine, self.hold(), patient);
        if let Ok(booking) = booking {
            self.booking = Some(booking.id);
        }
        format!("{booking:?}")
    }

    /// From the publishing to the last visit. No step calls more than one verb, so that whoever repeats a step repeats a call.
    pub(crate) const STEPS: &'static [(&'static str, Step)] = &[
        ("publish", |life| {
            life.morning = life.engine.publish(&plan(3)).ok();
            format!("{:?}", life.morning)
        }),
        ("publish another", |life| {
            life.evening = life.engine.publish(&plan(2)).ok();
            format!("{:?}", life.evening)
        }),
        ("add slots", |life| {
            format!("{:?}", life.engine.add_slots(life.morning(), 1))
        }),
        ("request", |life| {
            life.ask(&Request::new(ANN, life.morning()).id(RequestId::new(1)))
        }),
        ("request the same again", |life| {
            life.ask(&Request::new(ANN, life.morning()).id(RequestId::new(1)))
        }),
        ("request in vain", |life| {
            life.ask(&Request::new(ANN, life.morning()))
        }),
        ("lookup", |life| {
            format!("{:?}", life.engine.lookup(ANN, RequestId::new(1)))
        }),
        ("extend", |life| {
            format!("{:?}", life.engine.extend(life.hold(), ANN, 2 * TTL))
        }),
        ("release", |life| {
            format!("{:?}", life.engine.release(life.hold(), ANN))
        }),
        ("request anew", |life| {
            life.ask(&Request::any(ANN, &[life.morning(), life.evening()]))
        }),
        ("let it run out", |life| {
            life.clock.pass(TTL);
            format!("{:?}", life.engine.next_deadline())
        }),
        ("advance", |life| format!("{:?}", life.engine.advance())),
        ("confirm late", |life| life.confirm(ANN)),
        ("exchange", |life| {
            let (old, target) = (life.booking(), life.evening());
            let new = life.engine.exchange(old, ANN, target);
            let new = new.map(|new| new.wait().expect("decided in memory"));
            life.booking = new.as_ref().ok().map(|new| new.id);
            format!("{new:?}")
        }),
        ("cancel", |life| {
            format!("{:?}", life.engine.cancel(life.booking(), ANN))
        }),
        ("request many", |life| {
            let both = [BOB, EVE].map(|patient| Request::new(patient, life.morning()));
            let outcomes = life.engine.request_many(&both);
            life.hold = outcomes[0].held().map(|hold| hold.id);
            format!("{outcomes:?}")
        }),
        ("confirm", |life| life.confirm(BOB)),
        ("confirm again", |life| life.confirm(BOB)),
        ("check in", |life| {
            format!("{:?}", life.engine.check_in(life.booking()))
        }),
        ("fulfil", |life| {
            format!("{:?}", life.engine.fulfil(life.booking()))
        }),
        ("no show in vain", |life| {
            format!("{:?}", life.engine.no_show(life.booking()))
        }),
        ("availability", |life| {
            format!("{:?}", life.engine.availability(life.morning()))
        }),
        ("withdraw", |life| {
            format!("{:?}", life.engine.withdraw(life.morning()))
        }),
        ("reinstate", |life| {
            format!("{:?}", life.engine.reinstate(life.morning()))
        }),
        ("advance at the end", |life| {
            life.clock.pass(TTL);
            format!("{:?}", life.engine.advance())
        }),
    ];

    /// The whole life, step by step; its answers.
    pub(crate) fn live(&mut self) -> Vec<String> {
        Self::STEPS.iter().map(|(_, step)| step(self)).collect()
    }

    /// Whether the engine goes on: each free slot of the morning can be had, and no other.
    pub(crate) fn assert_goes_on(&self) {
        let free = self
            .engine
            .availability(self.morning())
            .expect("it stands")
            .free;
        for number in 0..u128::from(free) {
            book(&self.engine, patient(1_000 + number), self.morning());
        }
        let one_more = Request::new(patient(999), self.morning());
        assert!(self.engine.request(&one_more).refused().is_some());
    }
}
