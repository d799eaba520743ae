//! The engine, driven by the book's calls, its answers put into the book's words: ids become numbers as they appear.

use std::sync::Arc;

use fairslot::{
    Booking, BookingId, ChannelId, Day, Engine, Event, HoldId, ManualClock, Opening, Outcome,
    PatientId, PaymentRef, PractitionerId, Refusal, Request, RequestId, Schedule, ScheduleId,
    Session, Subscription, SupplyError, Timestamp, What,
};

use crate::book::{Ask, Call, Deed, Did, Line, Name, Rules, Said, Tally};

pub(crate) struct Twin {
    clock: Arc<ManualClock>,
    pub(crate) engine: Engine,
    events: Subscription,
    /// A schedule that the book knows nothing of.
    bell: ScheduleId,
    schedules: Vec<ScheduleId>,
    holds: Vec<HoldId>,
}

/// More events than one call can cause here.
const EVENTS: usize = 1_024;

impl Twin {
    pub(crate) fn new(rules: Rules) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(0)));
        let engine = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(1)
            .live_holds_max(rules.live_holds_max)
            .book_lines_max(rules.book_lines_max)
            .retire_after_ms(None)
            .expected_lines(256)
            .build()
            .expect("these settings are in range");
        let day = Day::new(2026, 12, 1).expect("a day");
        let opening = Opening::first_come(Timestamp::MAX);
        let bell = Schedule::new(
            PractitionerId::new(0),
            day,
            Session::Night,
            1,
            opening,
            Timestamp::MAX,
        );
        let bell = engine.publish(&bell).expect("a sound schedule");
        let events = engine.observe(EVENTS);
        Self {
            clock,
            engine,
            events,
            bell,
            schedules: Vec::new(),
            holds: Vec::new(),
        }
    }

    /// Schedules that an engine has before the book has any.
    pub(crate) const PUBLISHED: u64 = 1;

    pub(crate) fn set_clock(&self, ms: u64) {
        self.clock.set(Timestamp::from_millis(ms));
    }

    pub(crate) fn call(&mut self, call: &Call) -> (Said, Vec<Line>) {
        let said = match call {
            Call::Publish(terms) => match self.engine.publish(terms) {
                Ok(id) => Said::Published(number(&mut self.schedules, id)),
                Err(error) => self.not_supplied(error),
            },
            Call::AddSlots(schedule, count) => {
                self.supplied(self.engine.add_slots(self.schedule(*schedule), *count))
            }
            Call::Withdraw(schedule) => {
                self.supplied(self.engine.withdraw(self.schedule(*schedule)))
            }
            Call::Reinstate(schedule) => {
                self.supplied(self.engine.reinstate(self.schedule(*schedule)))
            }
            Call::Request(ask) => self.outcome(self.engine.request(&self.request(ask))),
            Call::RequestMany(asks) => {
                let requests: Vec<Request> = asks.iter().map(|ask| self.request(ask)).collect();
                let outcomes = self.engine.request_many(&requests);
                Said::Many(
                    outcomes
                        .into_iter()
                        .map(|outcome| self.outcome(outcome))
                        .collect(),
                )
            }
            Call::Lookup { patient, request } => {
                let outcome = self
                    .engine
                    .lookup(patient_id(*patient), request_id(*request));
                self.outcome(outcome.unwrap_or_else(Outcome::Refused))
            }
            Call::Settle {
                hold,
                patient,
                deed,
            } => self.settle(*hold, *patient, *deed),
            Call::Advance => self.advance(),
        };
        (said, self.lines())
    }

    fn settle(&mut self, name: Name, patient: u8, deed: Deed) -> Said {
        let patient = patient_id(patient);
        let hold = self.hold(name);
        let booking = booking_of(hold);
        let done = |()| Said::Done;
        let said = match deed {
            Deed::Extend(ttl_ms) => self
                .engine
                .extend(hold, patient, ttl_ms)
                .map(|at| Said::Until(at.as_millis())),
            Deed::Confirm(payment) => {
                let payment = payment.map(|p| PaymentRef::new(identity(p)));
                let booking = self.engine.confirm(hold, patient, payment);
                booking.map(|pending| self.booked(pending.wait().expect("settled at once")))
            }
            Deed::Release => self.engine.release(hold, patient).map(done),
            Deed::Cancel => self
                .engine
                .cancel(booking, patient)
                .map(|p| p.wait().expect("settled at once"))
                .map(done),
            Deed::Exchange(target) => {
                let booking = self
                    .engine
                    .exchange(booking, patient, self.schedule(target));
                booking.map(|pending| self.booked(pending.wait().expect("settled at once")))
            }
            Deed::CheckIn => self
                .engine
                .check_in(booking)
                .map(|p| p.wait().expect("settled at once"))
                .map(done),
            Deed::Fulfil => self
                .engine
                .fulfil(booking)
                .map(|p| p.wait().expect("settled at once"))
                .map(done),
            Deed::NoShow => self
                .engine
                .no_show(booking)
                .map(|p| p.wait().expect("settled at once"))
                .map(done),
        };
        said.unwrap_or_else(|refusal| self.refused(refusal))
    }

    /// Until nothing is left to do: the engine works in bites. Whether it forgot anything on the way, and so may not go back behind this
    /// time, is nobody's business: the bell makes it stand there in any case, as the book does.
    fn advance(&self) -> Said {
        let mut expired = 0;
        for _bite in 0..1_000 {
            let report = self.engine.advance();
            expired += report.expired;
            assert_eq!(report.retired, 0, "nothing may be retired here");
            if !report.more {
                assert!(
                    self.engine.add_slots(self.bell, 1).is_ok(),
                    "the bell can be rung"
                );
                return Said::Advanced { expired };
            }
        }
        panic!("advance never says that it is done");
    }

    pub(crate) fn tally(&self, schedule: usize) -> Tally {
        let a = self
            .engine
            .availability(self.schedules[schedule])
            .expect("it was published");
        Tally {
            capacity: a.capacity,
            free: a.free,
            held: a.held,
            booked: a.booked,
            cooling: a.cooling,
            withdrawn: a.withdrawn,
            visited: a.visited,
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.engine.next_deadline().map(Timestamp::as_millis)
    }

    /// Every id that it minted.
    pub(crate) fn ids(&self) -> (&[ScheduleId], &[HoldId]) {
        (&self.schedules, &self.holds)
    }

    /// What stands under that number, its defaults filled in.
    pub(crate) fn published(&self, schedule: usize) -> Option<Schedule> {
        self.engine.schedule(self.schedules[schedule])
    }
}

/// From the engine's words into the book's.
impl Twin {
    fn outcome(&mut self, outcome: Outcome) -> Said {
        match outcome {
            Outcome::Held(hold) => Said::Held {
                hold: number(&mut self.holds, hold.id),
                schedule: seen(&self.schedules, hold.schedule),
                slot: hold.slot.get(),
                expires_at: hold.expires_at.as_millis(),
            },
            Outcome::Refused(refusal) => self.refused(refusal),
            other => panic!("an outcome that the book knows nothing of: {other:?}"),
        }
    }

    fn booked(&mut self, booking: Booking) -> Said {
        Said::Booked {
            booking: number(&mut self.holds, hold_of(booking.id)),
            schedule: seen(&self.schedules, booking.schedule),
            slot: booking.slot.get(),
            due_back: booking
                .payment_due_back
                .map(|payment| small(payment.to_u128())),
        }
    }

    fn refused(&self, refusal: Refusal) -> Said {
        match refusal {
            Refusal::AlreadyExchanged { booking } => Said::AlreadyExchanged {
                booking: seen(&self.holds, hold_of(booking)),
            },
            other => Said::Refused(other),
        }
    }

    fn supplied(&self, counted: Result<u32, SupplyError>) -> Said {
        counted.map_or_else(|error| self.not_supplied(error), Said::Count)
    }

    fn not_supplied(&self, error: SupplyError) -> Said {
        match error {
            SupplyError::Invalid(why) => Said::Invalid(why.field()),
            SupplyError::Refused(refusal) => self.refused(refusal),
            other => panic!("the book has no bounds: {other:?}"),
        }
    }

    /// What happened since it was last asked. Ids that nobody was told of stand out as [`NOBODY`].
    fn lines(&mut self) -> Vec<Line> {
        let mut lines: Vec<Line> = std::iter::from_fn(|| self.events.next())
            .filter(|event| event.schedule != self.bell)
            .map(|event| self.line(event))
            .collect();
        assert_eq!(self.events.lost(), 0, "the ring is too small for one call");
        for (i, line) in lines.iter().enumerate() {
            let overtaken = lines[..i]
                .iter()
                .any(|l| (l.schedule, l.slot) == (line.schedule, line.slot) && l > line);
            assert!(
                line.slot == 0 || !overtaken,
                "a slot's events arrive out of order on one thread: {lines:?}"
            );
        }
        lines.sort();
        lines
    }

    fn line(&self, event: Event) -> Line {
        Line {
            schedule: seen(&self.schedules, event.schedule),
            slot: event.slot.map_or(0, |slot| slot.get()),
            version: event.version,
            at: event.at.as_millis(),
            patient: event.patient.map(|patient| small(patient.to_u128())),
            hold: event.hold.map(|hold| seen(&self.holds, hold)),
            did: match event.what {
                What::Held { expires_at } => Did::Held {
                    expires_at: expires_at.as_millis(),
                },
                What::Extended { expires_at } => Did::Extended {
                    expires_at: expires_at.as_millis(),
                },
                What::Confirmed { late, payment } => Did::Confirmed {
                    late,
                    payment: payment.map(|payment| small(payment.to_u128())),
                },
                What::Released => Did::Released,
                What::Expired => Did::Expired,
                What::Cancelled => Did::Cancelled,
                What::ExchangedIn { from } => Did::ExchangedIn {
                    from: seen(&self.holds, hold_of(from)),
                },
                What::ExchangedOut { to } => Did::ExchangedOut {
                    to: seen(&self.holds, hold_of(to)),
                },
                What::CheckedIn => Did::CheckedIn,
                What::Fulfilled => Did::Fulfilled,
                What::NoShow => Did::NoShow,
                What::Withdrawn => Did::Withdrawn,
                What::Reinstated => Did::Reinstated,
                What::Published { capacity } => Did::Published { capacity },
                What::SlotsAdded { first, count } => Did::SlotsAdded {
                    first: first.get(),
                    count,
                },
                What::SessionWithdrawn { affected } => Did::SessionWithdrawn { affected },
                What::SessionReinstated { freed } => Did::SessionReinstated { freed },
                _ => Did::Unheard,
            },
        }
    }
}

/// From the book's words into the engine's.
impl Twin {
    fn request(&self, ask: &Ask) -> Request {
        let schedules: Vec<ScheduleId> = ask
            .schedules
            .iter()
            .map(|&name| self.schedule(name))
            .collect();
        let mut request = Request::any(patient_id(ask.patient), &schedules);
        if let Some(id) = ask.request {
            request = request.id(request_id(id));
        }
        match ask.channel {
            Some(channel) => request.channel(ChannelId::new(channel.into())),
            None => request,
        }
    }

    fn schedule(&self, name: Name) -> ScheduleId {
        let id = self
            .schedules
            .get(name.nth)
            .copied()
            .unwrap_or_else(|| id_of('S', 16, MADE_UP));
        name.flip.map_or(id, |bit| flipped_schedule(id, bit))
    }

    fn hold(&self, name: Name) -> HoldId {
        let id = self
            .holds
            .get(name.nth)
            .copied()
            .unwrap_or_else(|| id_of('H', 32, MADE_UP));
        // Another bit, if that one makes another id that was minted.
        let forged = |bit| {
            (bit..)
                .map(|bit| flipped_hold(id, bit))
                .find(|forged| !self.holds.contains(forged))
        };
        name.flip.and_then(forged).unwrap_or(id)
    }
}

/// An id far above those that a test mints.
const MADE_UP: u128 = 0x0fff_f00d;
/// Stands for an id that the engine used without having told anybody.
const NOBODY: usize = usize::MAX;

/// The number of an id in an answer that may have minted it.
fn number<T: PartialEq>(known: &mut Vec<T>, id: T) -> usize {
    known.iter().position(|k| *k == id).unwrap_or_else(|| {
        known.push(id);
        known.len() - 1
    })
}

fn seen<T: PartialEq>(known: &[T], id: T) -> usize {
    known.iter().position(|k| *k == id).unwrap_or(NOBODY)
}

/// Few, and the ends of the range among them.
const fn identity(small: u8) -> u128 {
    match small {
        3 => u128::MAX,
        _ => small as u128,
    }
}

fn small(identity: u128) -> u8 {
    if identity == u128::MAX {
        3
    } else {
        u8::try_from(identity).expect("one of the test's own")
    }
}

fn patient_id(small: u8) -> PatientId {
    PatientId::new(identity(small))
}

fn request_id(small: u8) -> RequestId {
    RequestId::new(identity(small))
}

/// A booking has the bits of its hold, under its own letter.
pub(crate) fn hold_of(booking: BookingId) -> HoldId {
    booking
        .to_string()
        .replace('B', "H")
        .parse()
        .expect("the same bits")
}

pub(crate) fn booking_of(hold: HoldId) -> BookingId {
    hold.to_string()
        .replace('H', "B")
        .parse()
        .expect("the same bits")
}

pub(crate) fn flipped_hold(hold: HoldId, bit: u32) -> HoldId {
    id_of('H', 32, bits_of(&hold.to_string()) ^ 1 << (bit % 128))
}

pub(crate) fn flipped_schedule(schedule: ScheduleId, bit: u32) -> ScheduleId {
    id_of('S', 16, bits_of(&schedule.to_string()) ^ 1 << (bit % 64))
}

fn bits_of(id: &str) -> u128 {
    u128::from_str_radix(&id[1..], 16).expect("a letter and hexadecimal digits")
}

fn id_of<T: std::str::FromStr>(letter: char, digits: usize, bits: u128) -> T {
    let text = format!("{letter}{bits:0digits$x}");
    text.parse().unwrap_or_else(|_| panic!("not an id: {text}"))
}
