//! What holds for each patient, across slots.

use std::collections::BTreeMap;

use super::history::withdrawn_before;
use super::life::{Life, State, lives};
use super::scenario::{Answer, Call, Record, Verb};
use crate::Refusal;
use crate::words::event::What;
use crate::words::id::{PatientId, ScheduleId};

/// A time in which a patient had a slot.
#[derive(Debug, Clone, Copy)]
struct Tenure {
    patient: PatientId,
    schedule: ScheduleId,
    /// From the return of the call that got it, to the beginning of the one that ended it.
    sure: (u64, u64),
    /// The clock's time at which it began.
    from: u64,
    /// The clock's time at which it ended of itself.
    until: Option<u64>,
}

pub(super) fn check(record: &Record) {
    let lives = lives(record);
    let tenures = lives.iter().flat_map(|life| tenures(record, life));
    never_two(&tenures.collect::<Vec<_>>());
    same_id_same_answer(record);
    for call in &record.calls {
        match call.answer {
            Answer::Refused(Refusal::AlreadyHolds) if call.ticket.is_none() => {
                assert!(
                    lives.iter().any(|life| had(life, call)),
                    "had nothing there: {call:?} {lives:#?}"
                );
            }
            Answer::Refused(Refusal::Withdrawn) => {
                assert!(withdrawn_before(record, call), "{call:?}")
            }
            Answer::Refused(
                Refusal::UnknownSchedule
                | Refusal::RequestMismatch
                | Refusal::UnknownHold
                | Refusal::UnknownTicket
                | Refusal::NotYours,
            ) => panic!("{call:?}"),
            _ => {}
        }
    }
}

/// Whether the patient may have had this slot at some instant of the call.
fn had(life: &Life, call: &Call) -> bool {
    life.schedule == call.schedule
        && life.stays.iter().enumerate().any(|(index, stay)| {
            let theirs = stay.state.holder().is_some()
                && stay
                    .event
                    .is_some_and(|event| event.patient == Some(call.patient));
            theirs && life.may_be_during(index, call) && !stay.state.is_free(call.from)
        })
}

/// Whose this slot was, one after the other.
fn tenures(record: &Record, life: &Life) -> Vec<Tenure> {
    // From when somebody is told by their ticket that they have it.
    let told = |hold| {
        let calls = record.calls.iter();
        let told = calls.filter(|call| call.answer == Answer::Held(hold));
        told.map(|call| call.ret).min().unwrap_or(u64::MAX)
    };
    let mut all = Vec::new();
    let mut rest = &life.stays[..];
    while let Some(first) = rest.first() {
        let holder = first.state.holder();
        let length = rest
            .iter()
            .take_while(|stay| stay.state.holder() == holder)
            .count();
        let (own, after) = rest.split_at(length);
        rest = after;
        let (Some(hold), Some(event), Some(last)) = (holder, first.event, own.last()) else {
            continue;
        };
        let next = rest.first();
        let ran_out =
            next.is_none_or(|next| next.event.is_some_and(|event| event.what == What::Expired));
        all.push(Tenure {
            patient: event.patient.unwrap(),
            schedule: life.schedule,
            sure: (
                first.cause.map_or_else(|| told(hold), |cause| cause.ret),
                next.map_or(u64::MAX, |next| next.cause.map_or(0, |cause| cause.call)),
            ),
            from: event.at.as_millis(),
            until: match last.state {
                State::Held(_, until) if ran_out => Some(until),
                _ => None,
            },
        });
    }
    all
}

/// Nobody has two slots of a schedule at once.
fn never_two(tenures: &[Tenure]) {
    for (i, one) in tenures.iter().enumerate() {
        for other in &tenures[i + 1..] {
            let same = one.patient == other.patient && one.schedule == other.schedule;
            let together = one.sure.0.max(other.sure.0) < one.sure.1.min(other.sure.1);
            // One ran out before the other began.
            let apart = one.until.is_some_and(|until| until <= other.from)
                || other.until.is_some_and(|until| until <= one.from);
            assert!(
                !same || !together || apart,
                "two slots at once: {one:?} {other:?}"
            );
        }
    }
}

/// A request's id gets one hold, ever.
fn same_id_same_answer(record: &Record) {
    let mut first: BTreeMap<(PatientId, ScheduleId), Call> = BTreeMap::new();
    for call in record
        .calls
        .iter()
        .filter(|call| call.verb == Verb::Named && matches!(call.answer, Answer::Held(_)))
    {
        let answer = first
            .entry((call.patient, call.schedule))
            .or_insert(*call)
            .answer;
        assert_eq!(answer, call.answer, "one id, two answers");
    }
    // Who was refused after the answer had been given, was told something else than before.
    for call in record
        .calls
        .iter()
        .filter(|call| call.verb == Verb::Named && matches!(call.answer, Answer::Refused(_)))
    {
        if let Some(given) = first.get(&(call.patient, call.schedule)) {
            let given_at = record
                .calls
                .iter()
                .filter(|c| c.verb == Verb::Named && c.answer == given.answer)
                .map(|c| c.ret)
                .min();
            assert!(
                given_at >= Some(call.call),
                "an answer was forgotten: {call:?} after {given:?}"
            );
        }
    }
}
