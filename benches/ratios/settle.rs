//! The verbs after the hold: confirm, exchange, cancel; and a million holds that run out at once. Each against a bare compare-and-swap
//! on a random line of an array with a line for every hold.
//!
//! A million holds, in forty thousand schedules of forty slots, are confirmed in random order, exchanged for slots of other schedules in another random
//! order, cancelled in a third; then a million are made anew and all swept by `advance`. One thread; a patient a hold.

use std::hint::black_box;

use fairslot::{BookingId, HoldId, PatientId, Request, ScheduleId};
use parking_lot::Mutex;

use crate::args::Args;
use crate::floor::CasFloor;
use crate::hospital::Hospital;
use crate::material::{Random, patient};
use crate::report::{Goal, Row};
use crate::round::{Contestant, Rounds, Seat, contest};

const CAPACITY: u32 = 40;
/// Of forty slots twenty-five are held: an exchange nearly always finds one.
const HELD: usize = 25;

/// What the verbs work on, handed from one to the next.
#[derive(Default)]
struct Papers {
    holds: Vec<(HoldId, PatientId)>,
    bookings: Vec<(BookingId, PatientId)>,
    targets: Vec<ScheduleId>,
    exchanged: usize,
}

struct Office {
    hospital: Hospital,
    papers: Mutex<Papers>,
    holds: usize,
}

impl Office {
    fn new(schedules: usize) -> Self {
        let holds = schedules * HELD;
        // An exchange makes a second record; the first is remembered for a day, and the last holds come on top.
        let hospital = Hospital::new(schedules, CAPACITY, |builder| {
            builder.expected_lines(holds as u32 * 3)
        });
        Self {
            hospital,
            papers: Mutex::default(),
            holds,
        }
    }

    /// Fresh holds of fresh patients, in random order.
    fn hold(&self, seat: Seat, first_patient: usize) {
        let ids = self.hospital.ids();
        let mut papers = self.papers.lock();
        papers.holds.clear();
        for i in 0..self.holds {
            let patient = patient((first_patient + i) as u32);
            let request = Request::new(patient, ids[i % ids.len()]);
            let hold = self.hospital.engine.request(&request).held();
            let hold = hold.unwrap_or_else(|| panic!("hold {i} was refused"));
            papers.holds.push((hold.id, patient));
        }
        Random::new(seat.round as u64).shuffle(&mut papers.holds);
    }
}

/// Which verb of the office is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Confirm,
    Exchange,
    Cancel,
    Expire,
}

struct Desk<'a> {
    office: &'a Office,
    verb: Verb,
}

impl Contestant for Desk<'_> {
    fn calls(&self) -> usize {
        self.office.holds
    }

    fn prepare(&self, seat: Seat) {
        let office = self.office;
        match self.verb {
            Verb::Confirm => {
                office.hospital.renew(seat);
                office.hold(seat, 0);
                let mut papers = office.papers.lock();
                papers.bookings.clear();
                papers.bookings.reserve(office.holds);
            }
            Verb::Exchange => {
                let ids = office.hospital.ids();
                let mut papers = office.papers.lock();
                let mut random = Random::new(seat.round as u64 + 77);
                random.shuffle(&mut papers.bookings);
                papers.targets = (0..office.holds)
                    .map(|_| ids[random.below(ids.len())])
                    .collect();
            }
            Verb::Cancel => {
                let mut papers = office.papers.lock();
                Random::new(seat.round as u64 + 99).shuffle(&mut papers.bookings);
            }
            Verb::Expire => {
                office.hold(seat, office.holds);
                office.hospital.clock.pass(1_000_000);
            }
        }
    }

    fn run(&self, _: Seat) {
        let engine = &self.office.hospital.engine;
        let papers = &mut *self.office.papers.lock();
        match self.verb {
            Verb::Confirm => {
                for (hold, patient) in &papers.holds {
                    let booking = engine.confirm(*hold, *patient, None);
                    if let Some(booking) = booking.ok().and_then(|it| it.wait().ok()) {
                        papers.bookings.push((booking.id, *patient));
                    }
                }
            }
            Verb::Exchange => {
                let all = papers.bookings.iter_mut().zip(&papers.targets);
                for ((booking, patient), target) in all {
                    let new = engine.exchange(*booking, *patient, *target);
                    if let Some(new) = new.ok().and_then(|it| it.wait().ok()) {
                        *booking = new.id;
                        papers.exchanged += 1;
                    }
                }
            }
            Verb::Cancel => {
                for (booking, patient) in &papers.bookings {
                    let _ = black_box(engine.cancel(*booking, *patient));
                }
            }
            Verb::Expire => while engine.advance().more {},
        }
    }

    fn check(&self, _: Seat) {
        let office = self.office;
        let stats = office.hospital.engine.stats();
        match self.verb {
            Verb::Confirm => assert_eq!(office.papers.lock().bookings.len(), office.holds),
            Verb::Exchange => {
                let done = std::mem::take(&mut office.papers.lock().exchanged);
                assert!(done * 10 >= office.holds * 9, "{done} exchanged");
            }
            Verb::Cancel => assert_eq!(stats.cancelled, stats.confirmed),
            Verb::Expire => assert_eq!(stats.expired, stats.confirmed),
        }
        office.hospital.audit_books();
    }
}

/// `confirm`, `cancel`, `exchange`, `expire`.
pub(crate) fn rows(args: &Args, rounds: Rounds) -> Vec<Row> {
    let schedules = if args.quick { 40 } else { 40_000 };
    let office = Office::new(schedules);
    let desk = |verb| Desk {
        office: &office,
        verb,
    };
    let desks = [Verb::Confirm, Verb::Exchange, Verb::Cancel, Verb::Expire].map(desk);
    // A line of 64 bytes for every hold.
    let floor = CasFloor::new((office.holds * 64).next_power_of_two(), 1, office.holds);
    let [confirm, exchange, cancel, expire] = &desks;
    let series = contest(1, rounds, &[confirm, exchange, cancel, expire, &floor]);
    let against = ("1 CAS on a random line, a line a hold", &series[4]);
    [
        ("confirm", 0),
        ("cancel", 2),
        ("exchange", 1),
        ("expire", 3),
    ]
    .map(|(name, which)| Row::pair(name, &series[which], against, Goal::stated(Some(4.0))))
    .into()
}
