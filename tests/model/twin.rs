//! The engine, driven by the book's calls, its answers put into the book's words: ids become numbers as they appear.

mod translate;

use std::sync::Arc;

use fairslot::{
    ChannelId, Day, Engine, EngineBuilder, Event, HoldId, ManualClock, Opening, Outcome,
    PaymentRef, PractitionerId, Refusal, Request, Schedule, ScheduleId, Session, Subscription,
    TicketId, Timestamp,
};

use crate::book::{Call, Deed, Has, Line, Name, Rules, Said, Tally};
use crate::ids::{booking_of, identity, patient_id, request_id};
use crate::whim::PATIENTS;

pub(crate) struct Twin {
    clock: Arc<ManualClock>,
    pub(crate) engine: Engine,
    events: Subscription,
    /// A schedule that the book knows nothing of.
    bell: ScheduleId,
    schedules: Vec<ScheduleId>,
    holds: Vec<HoldId>,
    tickets: Vec<TicketId>,
    /// What each ticket said at the last look, and how often one was unknown.
    told: Vec<Said>,
    /// What each patient had at the last look.
    had: Vec<Vec<(usize, Has)>>,
    pub(crate) looked_in_vain: u64,
    /// What was heard in the call at hand.
    heard: Vec<Event>,
}

/// More events than one call can cause here.
const EVENTS: usize = 1_024;

impl Twin {
    pub(crate) fn new(rules: Rules) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(0)));
        let mut builder = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(1)
            .live_holds_max(rules.live_holds_max)
            .book_lines_max(rules.book_lines_max)
            .retire_after_ms(None)
            .waitlist(Rules::WAITLIST)
            .cancel_quota(Rules::QUOTA)
            .expected_lines(256);
        for (channel, policy) in Rules::THROUGH {
            builder = builder.returns_through(ChannelId::new(channel.into()), policy);
        }
        let setters = [
            EngineBuilder::patient_limit,
            EngineBuilder::account_limit,
            EngineBuilder::device_limit,
            EngineBuilder::network_limit,
        ];
        for (set, limit) in setters.into_iter().zip(rules.limits) {
            if let Some(limit) = limit {
                builder = set(builder, limit);
            }
        }
        let engine = builder.build().expect("these settings are in range");
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
            tickets: Vec::new(),
            told: Vec::new(),
            had: Vec::new(),
            looked_in_vain: 0,
            heard: Vec::new(),
        }
    }

    /// Schedules that an engine has before the book has any.
    pub(crate) const PUBLISHED: u64 = 1;

    pub(crate) fn set_clock(&self, ms: u64) {
        self.clock.set(Timestamp::from_millis(ms));
    }

    /// The answer, and what happened, in that order.
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
            Call::Look => Said::Done,
            Call::Ticket(nth) => self.ticket(*nth),
            Call::Leave { ticket, patient } => {
                let left = self
                    .engine
                    .leave(self.tickets[*ticket], patient_id(*patient));
                left.map_or_else(|refusal| self.refused(refusal), |()| Said::Done)
            }
        };
        self.look();
        (said, self.lines())
    }

    fn ticket(&mut self, nth: usize) -> Said {
        let said = self.engine.ticket(self.tickets[nth]);
        self.outcome(said.unwrap_or_else(Outcome::Refused))
    }

    /// Everybody looks: at every schedule, at every ticket, and at what they have.
    fn look(&mut self) {
        for schedule in &self.schedules {
            let _ = self.engine.availability(*schedule);
        }
        self.told = (0..self.tickets.len())
            .map(|nth| self.ticket(nth))
            .collect();
        self.had = (0..PATIENTS)
            .map(|patient| {
                let all = self.engine.appointments(patient_id(patient));
                all.iter().map(|it| self.has(it)).collect()
            })
            .collect();
        let unknown = |said: &&Said| **said == Said::Refused(Refusal::UnknownTicket);
        self.looked_in_vain += self.told.iter().filter(unknown).count() as u64;
    }

    /// What each ticket said at the last look.
    pub(crate) fn told(&self) -> &[Said] {
        &self.told
    }

    /// What each patient had at the last look.
    pub(crate) fn had(&self) -> &[Vec<(usize, Has)>] {
        &self.had
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
            Deed::Cancel(channel) => channel
                .map_or_else(
                    || self.engine.cancel(booking, patient),
                    |channel| {
                        let channel = ChannelId::new(channel.into());
                        self.engine.cancel_through(channel, booking, patient)
                    },
                )
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
        let (mut expired, mut returned) = (0, 0);
        for _bite in 0..1_000 {
            let report = self.engine.advance();
            expired += report.expired;
            returned += report.returned;
            assert_eq!(report.retired, 0, "nothing may be retired here");
            if !report.more {
                assert!(
                    self.engine.add_slots(self.bell, 1).is_ok(),
                    "the bell can be rung"
                );
                return Said::Advanced { expired, returned };
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

/// The number of an id in an answer that may have minted it.
fn number<T: PartialEq>(known: &mut Vec<T>, id: T) -> usize {
    known.iter().position(|k| *k == id).unwrap_or_else(|| {
        known.push(id);
        known.len() - 1
    })
}
