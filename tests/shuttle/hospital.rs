//! The hospital of a scenario: its engine, its clock, and what can be done there.

use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering as StdOrdering};
use std::sync::{Arc as StdArc, Mutex as StdMutex};

use ::shuttle::rand::{Rng, thread_rng};
use ::shuttle::sync::atomic::{AtomicU64, Ordering};

use super::scenario::{Answer, Call, Mix, Place, Record, Verb, Way};
use crate::line::SlowQueue;
use crate::words::clock::Clock;
use crate::words::id::{DeviceId, PatientId, PractitionerId, RequestId, ScheduleId, TicketId};
use crate::words::schedule::{Day, Opening, ReturnPolicy, Schedule, Session};
use crate::words::time::Timestamp;
use crate::{
    Behaviour, BookingId, Engine, EntryWindow, HoldId, Labels, Lottery, Outcome, Refusal, Request,
    Subscription,
};

/// A hold's life, in steps of the clock.
const TTL: u64 = 4;
/// Where the clock begins.
const BEGIN: u64 = 100;
/// When the window of a draw closes.
pub(super) const CLOSE: u64 = BEGIN + 2;
/// The slow way.
const DEVICE: DeviceId = DeviceId::new(9);

#[derive(Debug)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub(super) struct Hospital {
    pub(super) engine: Engine,
    clock: StdArc<Hands>,
    heard: Subscription,
    pub(super) schedules: Vec<(ScheduleId, u32)>,
    mix: Mix,
    /// Holds anybody was told of. Not modelled, like the recorder: it must not order what it watches.
    known: StdMutex<Vec<(PatientId, HoldId)>>,
    /// Places in a line anybody was told of.
    places: StdMutex<Vec<(PatientId, ScheduleId, TicketId)>>,
    calls: StdMutex<Vec<Call>>,
    stamp: StdAtomicU64,
}

impl Hospital {
    pub(super) fn open(mix: Mix) -> Self {
        let clock = StdArc::new(Hands(AtomicU64::new(BEGIN)));
        let small = Engine::builder()
            .seed(7)
            .schedules_max(4)
            .records_max(64)
            .expected_lines(4)
            .live_holds_max(9);
        let small = match mix.way {
            Way::SlowQueue => {
                let capacity = 2;
                let records = 8;
                small
                    .behaviour(Behaviour {
                        records,
                        ..Behaviour::default()
                    })
                    .slow_queue(SlowQueue {
                        capacity,
                        ..SlowQueue::new(1, 1)
                    })
            }
            _ => small,
        };
        let engine = small.clock(StdArc::clone(&clock)).build().unwrap();
        if mix.way == Way::SlowQueue {
            let mut labels = Labels::default();
            labels.block_device(DEVICE, Timestamp::MAX);
            engine.import_labels(&labels);
        }
        let heard = engine.observe(1_000);
        let plan = |slots: &u32| schedule(*slots, mix.way);
        let schedules = mix
            .slots
            .iter()
            .map(|slots| (engine.publish(&plan(slots)).unwrap(), *slots))
            .collect();
        Self {
            engine,
            clock,
            heard,
            schedules,
            mix,
            known: StdMutex::default(),
            places: StdMutex::default(),
            calls: StdMutex::default(),
            stamp: StdAtomicU64::new(0),
        }
    }

    /// What has happened already when the threads begin, and the stamp at which they do.
    pub(super) fn before_the_threads(&self) -> u64 {
        let (mix, first) = (self.mix, self.schedules[0].0);
        for i in 0..mix.held_before {
            self.step(Verb::Request, PatientId::new(1_000 + u128::from(i)), first);
        }
        if mix.way != Way::Waitlist {
            // They do nothing else.
            self.known.lock().unwrap().clear();
        }
        if mix.run_out {
            self.clock.0.fetch_add(TTL, Ordering::SeqCst);
        }
        for i in 1..=mix.asked_before {
            self.step(Verb::Ask, PatientId::new(u128::from(i)), first);
        }
        self.stamp()
    }

    pub(super) fn record(&self, began: u64) -> Record {
        assert_eq!(self.heard.lost(), 0);
        Record {
            calls: std::mem::take(&mut *self.calls.lock().unwrap()),
            events: std::iter::from_fn(|| self.heard.next()).collect(),
            schedules: self.schedules.clone(),
            way: self.mix.way,
            began,
            places: Vec::new(),
        }
    }

    /// Until nothing is left that time could bring: what lapses goes on to the next, who may let it lapse as well.
    pub(super) fn run_out(&self) {
        self.clock.0.fetch_add(1_000, Ordering::SeqCst);
        let rounds = match self.mix.way {
            Way::FirstCome => 1,
            _ => 100,
        };
        for _round in 0..rounds {
            while self.engine.advance().more {}
            let Some(due) = self.engine.next_deadline() else {
                return;
            };
            self.clock.0.fetch_max(due.as_millis(), Ordering::SeqCst);
        }
        panic!("there is always more to do");
    }

    /// Completes the record: what happened since, and what became of every place.
    pub(super) fn ends(&self, record: &mut Record) {
        record
            .events
            .extend(std::iter::from_fn(|| self.heard.next()));
        let places = self.places.lock().unwrap();
        let end = |&(patient, schedule, ticket): &(PatientId, ScheduleId, TicketId)| Place {
            patient,
            schedule,
            ticket,
            end: became(self.engine.ticket(ticket)),
        };
        record.places = places.iter().map(end).collect();
        if let Some(slowed) = self.engine.stats().slow_queue {
            assert_eq!(slowed.waiting, 0);
        }
    }
}

/// What is told of a place in a line.
fn became(told: Result<Outcome, Refusal>) -> Answer {
    match told.expect("it is remembered for longer than this lasts") {
        Outcome::Held(hold) => Answer::Held(hold.id),
        Outcome::Waiting(ticket) => Answer::Waiting(ticket.id),
        Outcome::Refused(why) => Answer::Refused(why),
        other => unreachable!("nobody is challenged here: {other:?}"),
    }
}

fn schedule(capacity: u32, way: Way) -> Schedule {
    let day = Day::new(2026, 12, 1).unwrap();
    let at = Timestamp::from_millis(0);
    let opening = match way {
        Way::Draw => Opening::Lottery(Lottery {
            window: EntryWindow::Fixed { ms: CLOSE },
            ..Lottery::new(at)
        }),
        _ => Opening::first_come(at),
    };
    // So near the visit that slots return in the moment in which they are given up.
    let starts = Timestamp::from_millis(1_000_000);
    let returns = match way {
        Way::Waitlist => ReturnPolicy::Draw,
        _ => ReturnPolicy::AtOnce,
    };
    Schedule {
        hold_ttl_ms: TTL,
        hold_cap_ms: 3 * TTL,
        returns,
        ..Schedule::new(
            PractitionerId::new(1),
            day,
            Session::Morning,
            capacity,
            opening,
            starts,
        )
    }
}

impl Hospital {
    pub(super) fn random_step(&self) {
        let mut rng = thread_rng();
        let all: u32 = self.mix.verbs.iter().map(|(_, often)| often).sum();
        let mut ticket = rng.gen_range(0..all);
        let verb = self.mix.verbs.iter().find(|(_, often)| {
            let hit = ticket < *often;
            ticket = ticket.wrapping_sub(*often);
            hit
        });
        let patient = PatientId::new(u128::from(rng.gen_range(1..=self.mix.patients)));
        let schedule = self.schedules[rng.gen_range(0..self.schedules.len())].0;
        self.step(verb.unwrap().0, patient, schedule);
    }

    /// A hold to do something with: mostly the latest that anybody was told of.
    fn a_hold(&self) -> Option<(PatientId, HoldId)> {
        let known = self.known.lock().unwrap();
        let back = if known.len() > 1 {
            thread_rng().gen_range(0..known.len().min(3))
        } else {
            0
        };
        known.len().checked_sub(1 + back).map(|at| known[at])
    }

    /// A place in a line to do something with: one of the latest.
    fn a_place(&self) -> Option<(PatientId, ScheduleId, TicketId)> {
        let places = self.places.lock().unwrap();
        let back = thread_rng().gen_range(0..places.len().clamp(1, 3));
        places.len().checked_sub(1 + back).map(|at| places[at])
    }

    fn stamp(&self) -> u64 {
        self.stamp.fetch_add(1, StdOrdering::Relaxed)
    }

    fn step(&self, verb: Verb, patient: PatientId, schedule: ScheduleId) {
        let engine = &self.engine;
        let of_hold = matches!(
            verb,
            Verb::Confirm | Verb::Release | Verb::Extend | Verb::Cancel | Verb::Exchange
        );
        let hold = if of_hold { self.a_hold() } else { None };
        let of_place = matches!(verb, Verb::Look | Verb::Leave | Verb::Pause | Verb::Resume);
        let place = if of_place { self.a_place() } else { None };
        if of_hold && hold.is_none() || of_place && place.is_none() {
            return;
        }
        let (patient, schedule, ticket) = place.map_or(
            (patient, schedule, TicketId::from_bits(0)),
            |(patient, schedule, ticket)| (patient, schedule, ticket),
        );
        let (patient, id) = hold.map_or((patient, HoldId::from_bits(0)), |(patient, id)| {
            (patient, id)
        });
        let booking = BookingId(id.0);
        let done = |answer: Result<Option<BookingId>, Refusal>| {
            answer.map_or_else(Answer::Refused, Answer::Done)
        };
        let (call, from) = (self.stamp(), self.clock.now().as_millis());
        let answer = match verb {
            Verb::Request | Verb::Named | Verb::Ask => {
                let request = Request::new(patient, schedule);
                let named = request
                    .clone()
                    .id(RequestId::new(u128::from(schedule.place()) + 1));
                let request = match verb {
                    Verb::Named => named,
                    Verb::Ask if self.mix.way == Way::Waitlist => request.waitlist(),
                    Verb::Ask if self.mix.way == Way::SlowQueue => request.device(DEVICE),
                    _ => request,
                };
                let said = became(Ok(engine.request(&request)));
                let waits = matches!(said, Answer::Waiting(_));
                assert!(!waits || verb == Verb::Ask, "nobody waits unasked");
                said
            }
            Verb::Look => became(engine.ticket(ticket)),
            Verb::Leave => done(engine.leave(ticket, patient).map(|()| None)),
            Verb::Pause => done(engine.pause(ticket).map(|()| None)),
            Verb::Resume => done(engine.resume(ticket).map(|()| None)),
            Verb::Confirm => done(engine.confirm(id, patient, None).map(|_| None)),
            Verb::Release => done(engine.release(id, patient).map(|()| None)),
            Verb::Extend => {
                let ttl = thread_rng().gen_range(1..2 * TTL);
                engine
                    .extend(id, patient, ttl)
                    .map_or_else(Answer::Refused, Answer::Extended)
            }
            Verb::Cancel => done(engine.cancel(booking, patient).map(|_| None)),
            Verb::Exchange => done(
                engine
                    .exchange(booking, patient, schedule)
                    .map(|new| Some(new.wait().unwrap().id)),
            ),
            Verb::Withdraw | Verb::Reinstate => {
                let changed = if verb == Verb::Withdraw {
                    engine.withdraw(schedule)
                } else {
                    engine.reinstate(schedule)
                };
                changed.map_or(Answer::Refused(Refusal::WrongState), |_| Answer::Nothing)
            }
            Verb::Advance => {
                engine.advance();
                let _ = engine.next_deadline();
                Answer::Nothing
            }
            Verb::Pass => {
                self.clock.0.fetch_add(1, Ordering::SeqCst);
                Answer::Nothing
            }
            Verb::Audit => {
                assert_eq!(engine.audit().findings, []);
                Answer::Nothing
            }
        };
        let (to, ret) = (self.clock.now().as_millis(), self.stamp());
        let hold = hold.map(|(_, id)| id);
        self.calls.lock().unwrap().push(Call {
            verb,
            patient,
            schedule,
            hold,
            ticket: place.map(|it| it.2),
            answer,
            call,
            ret,
            from,
            to,
        });
        let mut known = self.known.lock().unwrap();
        let told = match answer {
            Answer::Held(id) => Some(id),
            Answer::Done(Some(new)) => Some(HoldId(new.0)),
            _ => None,
        };
        if let Some(id) = told
            && !(of_place && known.contains(&(patient, id)))
        {
            known.push((patient, id));
        }
        let mut places = self.places.lock().unwrap();
        if let Answer::Waiting(ticket) = answer
            && !places.iter().any(|it| it.2 == ticket)
        {
            places.push((patient, schedule, ticket));
        }
    }
}
