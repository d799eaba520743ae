//! Is there an order of all calls, within their times, in which every answer is right? Slot by slot.
//!
//! The versions give the order of what changed a slot; there is nothing to search. A call that changed nothing has seen one of the states between.
//! In the order in which they returned, each such call is put at the earliest state that justifies its answer and isn't older than what a
//! call that had returned before it began has seen or done: taking the earliest leaves most room for the others.

use super::life::{Life, State, lives};
use super::scenario::{Answer, Call, Record, Verb};
use crate::Refusal;
use crate::words::event::What;
use crate::words::id::HoldId;

pub(super) fn check(record: &Record) {
    for life in lives(record) {
        writers_keep_their_times(&life);
        readers_saw_something(record, &life);
    }
    every_change_happened(record);
}

/// Real time doesn't contradict the versions: none began after the one that comes next had ended.
fn writers_keep_their_times(life: &Life) {
    let mut latest = 0;
    for cause in life.stays.iter().filter_map(|stay| stay.cause) {
        assert!(
            cause.ret >= latest,
            "{cause:?} ended before an earlier transition began: {life:#?}"
        );
        latest = latest.max(cause.call);
    }
}

fn readers_saw_something(record: &Record, life: &Life) {
    let mut calls: Vec<_> = record.calls.iter().collect();
    calls.sort_by_key(|call| call.ret);
    // Which state each had seen or made that has returned: (ret, index).
    let mut seen: Vec<(u64, usize)> = life
        .stays
        .iter()
        .enumerate()
        .filter_map(|(i, stay)| Some((stay.cause?.ret, i)))
        .collect();
    for call in calls {
        let Some(justifies) = justification(record, life, call) else {
            continue;
        };
        let least = seen
            .iter()
            .filter(|(ret, _)| *ret < call.call)
            .map(|(_, index)| *index)
            .max()
            .unwrap_or(0);
        let place = (least..life.stays.len())
            .find(|index| life.may_be_during(*index, call) && justifies(*index));
        let Some(place) = place else {
            panic!("at no instant of {call:#?} was that the answer: {life:#?}")
        };
        seen.push((call.ret, place));
    }
}

type Justifies<'a> = Box<dyn Fn(usize) -> bool + 'a>;

/// If the call's answer says something of this slot without having changed it: whether the state of that index makes it right.
fn justification<'a>(record: &'a Record, life: &'a Life, call: &'a Call) -> Option<Justifies<'a>> {
    let state = move |index: usize| life.stays[index].state;
    if let Answer::Refused(Refusal::SoldOut) = call.answer {
        return (call.schedule == life.schedule && call.ticket.is_none())
            .then(|| Box::new(move |i: usize| life.stays[i].is_taken_for(call)) as Justifies<'_>);
    }
    let hold = call.hold.filter(|hold| {
        life.stays
            .iter()
            .any(|stay| stay.state.holder() == Some(*hold))
    })?;
    let ended = move |index: usize, how: fn(What) -> bool| {
        life.stays[..=index].iter().any(|stay| {
            stay.event
                .is_some_and(|e| e.hold == Some(hold) && how(e.what))
        })
    };
    Some(match (call.verb, call.answer) {
        // Once more: it was a booking already. The first to confirm is the one who changed it; its time is theirs together.
        (Verb::Confirm, Answer::Done(_)) => Box::new(move |i| state(i) == State::Booked(hold)),
        (Verb::Confirm, Answer::Refused(Refusal::RefundDue)) => Box::new(move |i| {
            let gone = ended(i, |what| what == What::Expired);
            gone && (!state(i).is_nobodys() || is_final(record, call, hold))
        }),
        (_, Answer::Refused(why)) => Box::new(move |i| match why {
            Refusal::HoldExpired => {
                ended(i, |what| what == What::Expired)
                    || state(i).holder() == Some(hold) && state(i).is_free(call.to)
            }
            Refusal::AlreadyReleased => ended(i, |what| what == What::Released),
            Refusal::AlreadyCancelled => ended(i, |what| what == What::Cancelled),
            Refusal::AlreadyExchanged { .. } => {
                ended(i, |what| matches!(what, What::ExchangedOut { .. }))
            }
            Refusal::AlreadyConfirmed => state(i) == State::Booked(hold),
            Refusal::Withdrawn => withdrawn_before(record, call),
            Refusal::UnknownBooking => true,
            Refusal::AlreadyHolds => state(i) == State::Booked(hold),
            Refusal::WrongState | Refusal::Rule { .. } => false,
            _ => panic!("no answer to expect: {call:?}"),
        }),
        _ => return None,
    })
}

/// A refund that is due stays due; and it is due also where the patient has another slot of the schedule by then.
fn is_final(record: &Record, call: &Call, hold: HoldId) -> bool {
    record.calls.iter().any(|other| {
        let same =
            other.hold == Some(hold) && other.answer == call.answer && other.call < call.call;
        let another = other.patient == call.patient
            && other.call < call.ret
            && match other.answer {
                Answer::Held(id) => id != hold,
                Answer::Done(Some(id)) => id.0 != hold.0,
                _ => false,
            };
        same || another
    })
}

/// Whether any session had been, or was being, withdrawn.
pub(super) fn withdrawn_before(record: &Record, call: &Call) -> bool {
    record.calls.iter().any(|other| {
        other.verb == Verb::Withdraw && other.answer == Answer::Nothing && other.call < call.ret
    })
}

/// Whoever was told of a change: it happened.
fn every_change_happened(record: &Record) {
    for call in &record.calls {
        let happened = |is: &dyn Fn(What) -> bool| {
            record
                .events
                .iter()
                .any(|e| e.hold == call.hold && is(e.what))
        };
        assert!(
            match (call.verb, call.answer) {
                (_, Answer::Held(hold)) => record
                    .events
                    .iter()
                    .any(|e| e.hold == Some(hold) && matches!(e.what, What::Held { .. })),
                (Verb::Confirm, Answer::Done(_)) => {
                    happened(&|what| {
                        matches!(what, What::Confirmed { .. } | What::ExchangedIn { .. })
                    })
                }
                (Verb::Release, Answer::Done(_)) => happened(&|what| what == What::Released),
                (Verb::Cancel, Answer::Done(_)) => happened(&|what| what == What::Cancelled),
                (_, Answer::Extended(until)) =>
                    happened(&|what| what == What::Extended { expires_at: until }),
                (_, Answer::Done(Some(new))) =>
                    happened(&|what| what == What::ExchangedOut { to: new }),
                _ => true,
            },
            "told, and never happened: {call:?}"
        );
    }
}
