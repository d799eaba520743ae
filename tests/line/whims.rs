//! Random days of an engine whose slots return by the draw: whatever anybody does, the books agree, and nothing comes back too early or to the wrong one.
//!
//! The plain book here knows of each slot whose it is, and since when it rests; it is told by events alone, and holds every one against what may happen.

use std::collections::HashMap;

use fairslot::line::{Returns, WaitlistPolicy};
use fairslot::{
    BookingId, DeviceId, Event, HoldId, Outcome, PatientId, Request, ReturnPolicy, TicketId, What,
};
use proptest::prelude::*;

use crate::returns::{DAY, Desk, MINUTE, START};
use crate::{at, who};

#[derive(Debug, Clone)]
enum Step {
    Ask { patient: u64, waits: bool },
    Confirm(usize),
    Release(usize),
    Cancel(usize),
    Leave(usize),
    Pass(u64),
    Advance,
    Withdraw,
    Reinstate,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..9u64, any::<bool>()).prop_map(|(patient, waits)| Step::Ask { patient, waits }),
        4 => (0..40usize).prop_map(Step::Confirm),
        2 => (0..40usize).prop_map(Step::Release),
        4 => (0..40usize).prop_map(Step::Cancel),
        1 => (0..40usize).prop_map(Step::Leave),
        5 => prop_oneof![0..3 * MINUTE, 3 * MINUTE..40 * MINUTE, 15 * MINUTE..=15 * MINUTE].prop_map(Step::Pass),
        2 => Just(Step::Advance),
        1 => prop_oneof![9 => Just(Step::Advance), 1 => Just(Step::Withdraw)],
        1 => Just(Step::Reinstate),
    ]
}

/// Two people a device.
fn device(patient: u64) -> DeviceId {
    DeviceId::new(u128::from(patient / 2) + (1 << 64))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Slot {
    Free,
    Held(PatientId, u64),
    Booked(PatientId),
    /// Since when, and who may not have it.
    Resting(u64, PatientId),
    Withdrawn,
}

/// What the events say.
#[derive(Default)]
struct Book {
    slots: HashMap<u16, Slot>,
    /// Who has been offered what rests no longer, and by which slot: its lapse is passed on at once.
    offered: HashMap<u16, PatientId>,
}

const QUIET: u64 = 10 * MINUTE;

impl Book {
    fn apply(&mut self, event: &Event) {
        let Some(slot) = event.slot.map(|slot| slot.get()) else {
            return;
        };
        let now = event.at.as_millis();
        let was = self.slots.get(&slot).copied().unwrap_or(Slot::Free);
        let patient = event.patient;
        let is = match (event.what, was) {
            (What::Held { expires_at }, Slot::Free) => {
                self.offered.remove(&slot);
                Slot::Held(patient.expect("somebody's"), expires_at.as_millis())
            }
            (What::Held { expires_at }, Slot::Resting(since, by)) => {
                let to = patient.expect("somebody's");
                let number = |it: PatientId| it.to_u128() as u64;
                assert_ne!(
                    number(to) / 2,
                    number(by) / 2,
                    "from one device to the same"
                );
                let passed_on = self.offered.get(&slot) == Some(&by);
                assert!(passed_on || now >= since + QUIET, "{slot}: too early");
                self.offered.insert(slot, to);
                Slot::Held(to, expires_at.as_millis())
            }
            (What::Confirmed { late, .. }, Slot::Held(by, until)) => {
                assert!(!late && now < until && patient == Some(by));
                self.offered.remove(&slot);
                Slot::Booked(by)
            }
            (What::Confirmed { late: true, .. }, Slot::Free | Slot::Resting(..)) => {
                Slot::Booked(patient.expect("somebody's"))
            }
            (What::Released, Slot::Held(by, until)) if now < until => Slot::Resting(now, by),
            (What::Expired, Slot::Held(by, until)) if now >= until => Slot::Resting(until, by),
            (What::Cancelled, Slot::Booked(by)) => Slot::Resting(now, by),
            (What::Returned, Slot::Resting(since, by)) => {
                let passed_on = self.offered.remove(&slot) == Some(by);
                assert!(passed_on || now >= since + QUIET, "{slot}: too early");
                Slot::Free
            }
            (What::Withdrawn { booked }, was)
                if was != Slot::Withdrawn && booked == matches!(was, Slot::Booked(_)) =>
            {
                Slot::Withdrawn
            }
            (What::Reinstated, Slot::Withdrawn) => Slot::Free,
            (what, was) => panic!("{what:?} of {was:?}"),
        };
        self.slots.insert(slot, is);
    }

    /// Free, held, booked, cooling, withdrawn; a hold that has run out rests.
    fn counts(&self, now: u64, capacity: u32) -> [u32; 5] {
        let mut counts = [0; 5];
        for slot in self.slots.values() {
            counts[match slot {
                Slot::Free => 0,
                Slot::Held(_, until) if now < *until => 1,
                Slot::Held(..) | Slot::Resting(..) => 3,
                Slot::Booked(_) => 2,
                Slot::Withdrawn => 4,
            }] += 1;
        }
        counts[0] += capacity - counts.iter().sum::<u32>();
        counts
    }
}

fn play(steps: &[Step]) {
    let policy = WaitlistPolicy {
        returns: Returns {
            at_once_ms: 0,
            near_ms: 0,
            ..Returns::default()
        },
        ..WaitlistPolicy::default()
    };
    let desk = Desk::with(2, ReturnPolicy::Draw, policy);
    let events = desk.engine.observe(1 << 14);
    let (mut book, mut now) = (Book::default(), START);
    let (mut holds, mut bookings, mut tickets) = (
        Vec::<(HoldId, u64)>::new(),
        Vec::<(BookingId, u64)>::new(),
        Vec::<(TicketId, u64)>::new(),
    );
    for step in steps {
        match *step {
            Step::Ask { patient, waits } => {
                let request = Request::new(who(patient), desk.schedule).device(device(patient));
                let request = if waits { request.waitlist() } else { request };
                match desk.engine.request(&request) {
                    Outcome::Held(hold) => holds.push((hold.id, patient)),
                    Outcome::Waiting(ticket) => {
                        assert!(waits);
                        tickets.push((ticket.id, patient));
                    }
                    _ => {}
                }
            }
            Step::Confirm(which) if !holds.is_empty() => {
                let (hold, patient) = holds[which % holds.len()];
                if let Ok(confirmed) = desk.engine.confirm(hold, who(patient), None) {
                    let booking = confirmed.wait().expect("there is no journal");
                    bookings.push((booking.id, patient));
                }
            }
            Step::Release(which) if !holds.is_empty() => {
                let (hold, patient) = holds[which % holds.len()];
                let _ = desk.engine.release(hold, who(patient));
            }
            Step::Cancel(which) if !bookings.is_empty() => {
                let (booking, patient) = bookings[which % bookings.len()];
                let _ = desk.engine.cancel(booking, who(patient));
            }
            Step::Leave(which) if !tickets.is_empty() => {
                let (ticket, patient) = tickets[which % tickets.len()];
                let _ = desk.engine.leave(ticket, who(patient));
            }
            Step::Pass(ms) => {
                now += ms;
                desk.clock.set(at(now));
            }
            Step::Advance => while desk.engine.advance().more {},
            Step::Withdraw => drop(desk.engine.withdraw(desk.schedule)),
            Step::Reinstate => drop(desk.engine.reinstate(desk.schedule)),
            _ => {}
        }
        for (ticket, patient) in &tickets {
            if let Ok(Outcome::Held(hold)) = desk.engine.ticket(*ticket)
                && !holds.contains(&(hold.id, *patient))
            {
                holds.push((hold.id, *patient));
            }
        }
        let told = desk.counts();
        while let Some(event) = events.next() {
            book.apply(&event);
        }
        let told = [
            told.free,
            told.held,
            told.booked,
            told.cooling,
            told.withdrawn,
        ];
        assert_eq!(told, book.counts(now, 2), "after {step:?}");
        let audit = desk.engine.audit();
        assert!(audit.is_consistent(), "{:?}", audit.findings);
    }
    // A day later nothing rests any more.
    desk.clock.set(at(now + DAY));
    for minute in 0..3_000 {
        desk.clock.set(at(now + DAY + minute * MINUTE));
        desk.engine.advance();
    }
    assert_eq!(desk.counts().cooling, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn f02_conservation_of_what_returns(steps in prop::collection::vec(step(), 1..90)) {
        play(&steps);
    }
}
