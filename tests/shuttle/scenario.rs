//! A scenario: a few patients, a few slots, threads that do random things; and the record of what each was told, and when.

use ::shuttle::sync::Arc;
use ::shuttle::thread;

use super::hospital::Hospital;
use super::{history, patients, tickets};
use crate::words::event::Event;
use crate::words::id::{PatientId, ScheduleId, TicketId};
use crate::words::time::Timestamp;
use crate::{BookingId, HoldId, Refusal};

/// How slots are come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// First come, and what is given up is anybody's at once.
    FirstCome,
    /// By a draw: who asks has a place in it until its window closes.
    Draw,
    /// First come, and what is given up is offered to who waits for it.
    Waitlist,
    /// First come, but who comes by the slow way waits for a turn.
    SlowQueue,
}

/// What may be done. The numbers in a [`Mix`] say how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Request,
    /// A request with the patient's one id for that schedule.
    Named,
    /// A request of somebody who would wait, or has to.
    Ask,
    /// What became of a place in a line?
    Look,
    Leave,
    Pause,
    Resume,
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
    pub(super) way: Way,
    pub(super) patients: u32,
    /// Slots of each schedule.
    pub(super) slots: &'static [u32],
    pub(super) threads: usize,
    /// Steps of each thread.
    pub(super) steps: usize,
    /// Slots that are held before the threads begin, by patients who do nothing else, and whether those holds have just run out.
    pub(super) held_before: u32,
    pub(super) run_out: bool,
    /// Patients who have asked before the threads begin: the first so many.
    pub(super) asked_before: u32,
    pub(super) verbs: &'static [(Verb, u32)],
}

/// The answer to a verb, as far as it says something of a slot or of a place in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Of a request: this hold. Of a look: this is what became of it.
    Held(HoldId),
    /// In a line, by this ticket.
    Waiting(TicketId),
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
    /// Of what is done with a place in a line.
    pub(super) ticket: Option<TicketId>,
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
    pub(super) way: Way,
    /// When the threads began, by the calls' stamps.
    pub(super) began: u64,
    /// Every place in a line that anybody was told of, and what became of it when all had run out.
    pub(super) places: Vec<Place>,
}

/// A place in a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) patient: PatientId,
    pub(super) schedule: ScheduleId,
    pub(super) ticket: TicketId,
    pub(super) end: Answer,
}

/// Runs one scenario and checks it.
pub(super) fn play(mix: Mix) {
    let hospital = Arc::new(Hospital::open(mix));
    let began = hospital.before_the_threads();
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
    let mut record = hospital.record(began);
    history::check(&record);
    patients::check(&record);
    // When everything has run out, nothing is left in the wheel, and what was held is free.
    hospital.run_out();
    assert_eq!(engine.next_deadline(), None);
    for (id, slots) in &hospital.schedules {
        let now = engine.availability(*id).unwrap();
        assert_eq!(
            (
                now.held + now.cooling,
                now.free + now.booked + now.withdrawn,
                now.capacity
            ),
            (0, *slots, *slots)
        );
    }
    assert_eq!(engine.audit().findings, []);
    hospital.ends(&mut record);
    tickets::check(&record);
}
