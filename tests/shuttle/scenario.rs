//! A scenario: a few patients, a few slots, threads that do random things; and the record of what each was told, and when.

use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering as StdOrdering};

use ::shuttle::rand::{Rng, thread_rng};
use ::shuttle::sync::Arc;
use ::shuttle::sync::atomic::{AtomicU64, Ordering};
use ::shuttle::thread;

use super::{history, patients};
use crate::words::clock::Clock;
use crate::words::event::Event;
use crate::words::id::{PatientId, PractitionerId, RequestId, ScheduleId};
use crate::words::schedule::{Day, Opening, Schedule, Session};
use crate::words::time::Timestamp;
use crate::{BookingId, Engine, HoldId, Outcome, Refusal, Request};

/// A hold's life, in steps of the clock.
const TTL: u64 = 4;

/// What may be done. The numbers in a [`Mix`] say how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Request,
    /// A request with the patient's one id for that schedule.
    Named,
    Confirm,
    Release,
    Extend,
    Cancel,
    Exchange,
    Withdraw,
    Reinstate,
    Advance,
    /// The clock moves on by one.
    Pass,
    Audit,
}

/// A kind of scenario.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mix {
    pub(super) patients: u32,
    /// Slots of each schedule.
    pub(super) slots: &'static [u32],
    pub(super) threads: usize,
    /// Steps of each thread.
    pub(super) steps: usize,
    /// Slots that are held before the threads begin, by patients who do nothing else, and whether those holds have just run out.
    pub(super) held_before: u32,
    pub(super) run_out: bool,
    pub(super) verbs: &'static [(Verb, u32)],
}

/// The answer to a verb, as far as it says something of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Of a request: this hold.
    Held(HoldId),
    /// Of a verb on a hold or booking: done. Of an exchange: the new booking.
    Done(Option<BookingId>),
    Extended(Timestamp),
    /// Of what the hospital or time does.
    Nothing,
    Refused(Refusal),
}

/// One call, from before it began until after it ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) verb: Verb,
    pub(super) patient: PatientId,
    /// Of a request and of what the hospital does: which. Of an exchange: the target.
    pub(super) schedule: ScheduleId,
    pub(super) hold: Option<HoldId>,
    pub(super) answer: Answer,
    pub(super) call: u64,
    pub(super) ret: u64,
    /// The clock before and after.
    pub(super) from: u64,
    pub(super) to: u64,
}

/// Everything that is known of a run.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) calls: Vec<Call>,
    pub(super) events: Vec<Event>,
    pub(super) schedules: Vec<(ScheduleId, u32)>,
}

#[derive(Debug)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

struct Hospital {
    engine: Engine,
    clock: std::sync::Arc<Hands>,
    schedules: Vec<(ScheduleId, u32)>,
    mix: Mix,
    /// Holds anybody was told of. Not modelled, like the recorder: it must not order what it watches.
    known: StdMutex<Vec<(PatientId, HoldId)>>,
    calls: StdMutex<Vec<Call>>,
    stamp: StdAtomicU64,
}

/// Runs one scenario and checks it.
pub(super) fn play(mix: Mix) {
    let clock = std::sync::Arc::new(Hands(AtomicU64::new(100)));
    let small = Engine::builder()
        .seed(7)
        .schedules_max(4)
        .records_max(64)
        .expected_lines(4)
        .live_holds_max(9);
    let engine = small.clock(std::sync::Arc::clone(&clock)).build().unwrap();
    let heard = engine.observe(1_000);
    let schedules: Vec<_> = mix
        .slots
        .iter()
        .map(|slots| (engine.publish(&schedule(*slots)).unwrap(), *slots))
        .collect();
    let hospital = Arc::new(Hospital {
        engine,
        clock,
        schedules,
        mix,
        known: StdMutex::default(),
        calls: StdMutex::default(),
        stamp: StdAtomicU64::new(0),
    });
    for i in 0..mix.held_before {
        hospital.step(
            Verb::Request,
            PatientId::new(1_000 + u128::from(i)),
            hospital.schedules[0].0,
        );
    }
    hospital.known.lock().unwrap().clear();
    if mix.run_out {
        hospital.clock.0.fetch_add(TTL, Ordering::SeqCst);
    }
    let threads: Vec<_> = (0..mix.threads)
        .map(|_| {
            let hospital = hospital.clone();
            thread::spawn(move || (0..mix.steps).for_each(|_| hospital.random_step()))
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    let engine = &hospital.engine;
    assert_eq!(engine.audit().findings, []);
    assert_eq!(heard.lost(), 0);
    let record = Record {
        calls: std::mem::take(&mut *hospital.calls.lock().unwrap()),
        events: std::iter::from_fn(|| heard.next()).collect(),
        schedules: hospital.schedules.clone(),
    };
    history::check(&record);
    patients::check(&record);
    // When everything has run out, nothing is left in the wheel, and what was held is free.
    hospital.clock.0.fetch_add(1_000, Ordering::SeqCst);
    while engine.advance().more {}
    assert_eq!(engine.next_deadline(), None);
    for (id, slots) in &hospital.schedules {
        let now = engine.availability(*id).unwrap();
        assert_eq!(
            (
                now.held,
                now.free + now.booked + now.withdrawn,
                now.capacity
            ),
            (0, *slots, *slots)
        );
    }
    assert_eq!(engine.audit().findings, []);
}

fn schedule(capacity: u32) -> Schedule {
    let (day, open) = (
        Day::new(2026, 12, 1).unwrap(),
        Opening::first_come(Timestamp::from_millis(0)),
    );
    let starts = Timestamp::from_millis(1_000_000);
    Schedule {
        hold_ttl_ms: TTL,
        hold_cap_ms: 3 * TTL,
        ..Schedule::new(
            PractitionerId::new(1),
            day,
            Session::Morning,
            capacity,
            open,
            starts,
        )
    }
}

impl Hospital {
    fn random_step(&self) {
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
        if of_hold && hold.is_none() {
            return;
        }
        let (patient, id) = hold.map_or((patient, HoldId::from_bits(0)), |(patient, id)| {
            (patient, id)
        });
        let booking = BookingId(id.0);
        let done = |answer: Result<Option<BookingId>, Refusal>| {
            answer.map_or_else(Answer::Refused, Answer::Done)
        };
        let (call, from) = (self.stamp(), self.clock.now().as_millis());
        let answer = match verb {
            Verb::Request | Verb::Named => {
                let request = Request::new(patient, schedule);
                let named = request
                    .clone()
                    .id(RequestId::new(u128::from(schedule.place()) + 1));
                match engine.request(if verb == Verb::Named {
                    &named
                } else {
                    &request
                }) {
                    Outcome::Held(hold) => Answer::Held(hold.id),
                    Outcome::Refused(why) => Answer::Refused(why),
                    other => unreachable!("nobody waits or is challenged here: {other:?}"),
                }
            }
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
            answer,
            call,
            ret,
            from,
            to,
        });
        match answer {
            Answer::Held(id) => self.known.lock().unwrap().push((patient, id)),
            Answer::Done(Some(new)) => self.known.lock().unwrap().push((patient, HoldId(new.0))),
            _ => {}
        }
    }
}
