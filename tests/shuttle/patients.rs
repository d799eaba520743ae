//! What holds for each patient, across slots.

use std::collections::BTreeMap;

use super::history::withdrawn_before;
use super::life::{Life, State};
use super::scenario::{Answer, Call, Record, Verb};
use crate::Refusal;
use crate::words::event::What;
use crate::words::id::{HoldId, PatientId, ScheduleId, SlotNo};

/// A time in which a patient surely had a slot, by the stamps of the calls; and by the clock.
#[derive(Debug, Clone, Copy)]
struct Tenure {
    patient: PatientId,
    schedule: ScheduleId,
    hold: HoldId,
    /// From the return of the call that got it, to the beginning of the one that ended it.
    sure: (u64, u64),
    /// From the beginning of the one, to the return of the other.
    possible: (u64, u64),
    from: u64,
    /// The clock's time at which it ended of itself.
    until: Option<u64>,
}

pub(super) fn check(record: &Record) {
    let tenures = tenures(record);
    never_two(&tenures);
    same_id_same_answer(record);
    for call in &record.calls {
        match call.answer {
            Answer::Refused(Refusal::AlreadyHolds) => {
                let has = |t: &Tenure| {
                    t.patient == call.patient
                        && t.schedule == call.schedule
                        && t.possible.0 <= call.ret
                        && call.call <= t.possible.1
                        && t.until.is_none_or(|until| call.from < until)
                };
                assert!(
                    tenures.iter().any(has),
                    "had nothing there: {call:?} {tenures:#?}"
                );
            }
            Answer::Refused(Refusal::Withdrawn) => {
                assert!(withdrawn_before(record, call), "{call:?}")
            }
            Answer::Refused(
                Refusal::UnknownSchedule
                | Refusal::RequestMismatch
                | Refusal::UnknownHold
                | Refusal::NotYours,
            ) => panic!("{call:?}"),
            _ => {}
        }
    }
}

fn tenures(record: &Record) -> Vec<Tenure> {
    let mut all = Vec::new();
    for (schedule, slots) in &record.schedules {
        for slot in 0..*slots {
            // A handful.
            let life = Life::of(record, *schedule, SlotNo::from_index(slot as u16));
            let mut index = 1;
            while index < life.stays.len() {
                let (Some(hold), Some(event)) =
                    (life.stays[index].state.holder(), life.stays[index].event)
                else {
                    index += 1;
                    continue;
                };
                let begun = life.stays[index]
                    .cause
                    .map_or((0, u64::MAX), |cause| (cause.call, cause.ret));
                let last = index
                    + life.stays[index..]
                        .iter()
                        .take_while(|stay| stay.state.holder() == Some(hold))
                        .count()
                    - 1;
                let end = life.stays.get(last + 1);
                let ended = end
                    .and_then(|end| end.cause)
                    .map_or((0, u64::MAX), |cause| (cause.call, cause.ret));
                let ended = if end.is_none() {
                    (u64::MAX, u64::MAX)
                } else {
                    ended
                };
                let expired = end
                    .is_some_and(|end| end.event.is_some_and(|event| event.what == What::Expired));
                let until = match life.stays[last].state {
                    State::Held(_, until) if expired || end.is_none() => Some(until),
                    _ => None,
                };
                all.push(Tenure {
                    patient: event.patient.unwrap(),
                    schedule: *schedule,
                    hold,
                    sure: (begun.1, ended.0),
                    possible: (begun.0, ended.1),
                    from: event.at.as_millis(),
                    until,
                });
                index = last + 1;
            }
        }
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
