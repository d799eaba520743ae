//! What happened to one slot, by its events: in which state was it, whose, and when at the earliest and at the latest?

use super::history::withdrawn_before;
use super::scenario::{Answer, Call, Record, Verb, Way};
use crate::words::event::{Event, What};
use crate::words::id::{HoldId, ScheduleId, SlotNo};

/// How a slot stood between two transitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Free,
    /// Nobody's, and not to be had by who just asks: it is to be offered to who waits.
    Resting,
    Held(HoldId, u64),
    Booked(HoldId),
    Withdrawn,
}

impl State {
    pub(super) fn holder(self) -> Option<HoldId> {
        match self {
            Self::Held(hold, _) | Self::Booked(hold) => Some(hold),
            Self::Free | Self::Resting | Self::Withdrawn => None,
        }
    }

    /// Whether nobody has it by a clock that shows `now`.
    pub(super) fn is_free(self, now: u64) -> bool {
        match self {
            Self::Free => true,
            Self::Held(_, until) => until <= now,
            Self::Resting | Self::Booked(_) | Self::Withdrawn => false,
        }
    }

    /// Whether somebody may be given it: who just asks, who is offered it, or whose payment came late.
    pub(super) fn is_nobodys(self) -> bool {
        matches!(self, Self::Free | Self::Resting)
    }
}

/// A state, and the call that brought it about, if it is known which: nobody knows whose call noticed an expiry, drew, or served.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stay {
    pub(super) state: State,
    pub(super) cause: Option<Call>,
    /// The transition that led here; none for the first.
    pub(super) event: Option<Event>,
}

/// All states of a slot in order. The index of a stay is its version, counted from 0.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) schedule: ScheduleId,
    pub(super) stays: Vec<Stay>,
}

impl Stay {
    /// Whether it explains that this call found the slot taken. A hold does until it runs out, and as long as the call that made it is under way: one that
    /// lasts longer than its own hold has not told anybody yet when that ends.
    pub(super) fn is_taken_for(&self, call: &Call) -> bool {
        // Whoever drew is not known.
        let under_way = self.cause.is_none_or(|cause| call.call <= cause.ret);
        !self.state.is_free(call.from) || self.state != State::Free && under_way
    }
}

/// The lives of all slots.
pub(super) fn lives(record: &Record) -> Vec<Life> {
    let each = record
        .schedules
        .iter()
        .flat_map(|(schedule, slots)| (0..*slots).map(move |slot| (*schedule, slot)));
    // A handful.
    each.map(|(schedule, slot)| Life::of(record, schedule, SlotNo::from_index(slot as u16)))
        .collect()
}

impl Life {
    /// Reads a slot's life, and checks it: versions rise by one, every step is one that a slot in that state can take, at its time.
    fn of(record: &Record, schedule: ScheduleId, slot: SlotNo) -> Self {
        let mut events: Vec<_> = record
            .events
            .iter()
            .filter(|e| e.schedule == schedule && e.slot == Some(slot))
            .copied()
            .collect();
        events.sort_by_key(|event| event.version);
        let mut stays = vec![Stay {
            state: State::Free,
            cause: None,
            event: None,
        }];
        for (index, event) in events.into_iter().enumerate() {
            assert_eq!(
                event.version as usize,
                index + 1,
                "a transition was lost, doubled or stale: {event:?}"
            );
            let before = stays[index].state;
            let rests = record.way == Way::Waitlist;
            let state = step(before, &event, rests)
                .unwrap_or_else(|| panic!("{event:?} cannot follow {before:?}"));
            let cause = cause(record, &event);
            if let (State::Resting, What::Held { .. }, Some(asked)) = (before, event.what, cause) {
                // What is given up while a session is called off does not rest.
                assert!(withdrawn_before(record, &asked), "it rested: {event:?}");
            }
            stays.push(Stay {
                state,
                cause,
                event: Some(event),
            });
        }
        Self { schedule, stays }
    }

    /// Whether stay `index` may have been the present one at some instant of a call, by the clock on the wall.
    pub(super) fn may_be_during(&self, index: usize, call: &Call) -> bool {
        self.stays[index]
            .cause
            .is_none_or(|cause| cause.call <= call.ret)
            && self
                .stays
                .get(index + 1)
                .and_then(|next| next.cause)
                .is_none_or(|cause| call.call <= cause.ret)
    }
}

fn step(before: State, event: &Event, rests: bool) -> Option<State> {
    let (now, hold) = (event.at.as_millis(), event.hold);
    let given_up = match rests {
        true => State::Resting,
        false => State::Free,
    };
    let held = match before {
        State::Held(id, until) if hold == Some(id) => Some(until),
        _ => None,
    };
    match event.what {
        What::Held { expires_at } if before.is_nobodys() => {
            Some(State::Held(hold?, expires_at.as_millis()))
        }
        What::Extended { expires_at } if now < held? => {
            Some(State::Held(hold?, expires_at.as_millis()))
        }
        What::Confirmed { late: false, .. } if now < held? => Some(State::Booked(hold?)),
        What::Confirmed { late: true, .. } if before.is_nobodys() => Some(State::Booked(hold?)),
        What::ExchangedIn { .. } if before == State::Free => Some(State::Booked(hold?)),
        What::Released if now < held? => Some(given_up),
        What::Expired if now >= held? => Some(given_up),
        What::Cancelled | What::ExchangedOut { .. } if before == State::Booked(hold?) => {
            Some(given_up)
        }
        What::Returned if before == State::Resting => Some(State::Free),
        What::Withdrawn { booked }
            if before.holder() == hold
                && before != State::Withdrawn
                && booked == hold.is_some_and(|hold| before == State::Booked(hold)) =>
        {
            Some(State::Withdrawn)
        }
        What::Reinstated if before == State::Withdrawn => Some(State::Free),
        _ => None,
    }
}

/// The one call that was told of this transition.
fn cause(record: &Record, event: &Event) -> Option<Call> {
    let of = |verb: Verb| {
        record
            .calls
            .iter()
            .filter(move |call| call.verb == verb && call.hold == event.hold)
    };
    let done = |call: &&Call| matches!(call.answer, Answer::Done(_));
    match event.what {
        // The first call that got this hold: later ones, by the same request id, were told the same. Who waited for it was given it by whoever came by.
        What::Held { .. } => {
            let told = record.calls.iter().filter(|call| {
                let it = |hold| call.answer == Answer::Held(hold);
                call.ticket.is_none() && event.hold.is_some_and(it)
            });
            let first = told.min_by_key(|call| call.call).copied();
            let waited = record.way != Way::FirstCome;
            assert!(waited || first.is_some(), "nobody was told of {event:?}");
            first
        }
        // More than one extension may have been given the same end.
        What::Extended { expires_at } => {
            together(of(Verb::Extend).filter(|call| call.answer == Answer::Extended(expires_at)))
        }
        What::Released => Some(*one(of(Verb::Release).filter(done), event)),
        What::Cancelled => Some(*one(of(Verb::Cancel).filter(done), event)),
        What::ExchangedOut { to } => Some(*one(exchanges(record, to.bits()), event)),
        What::ExchangedIn { .. } => Some(*one(exchanges(record, event.hold?.bits()), event)),
        // Of several who confirm the same hold at once one makes the booking, and all are told.
        What::Confirmed { .. } => together(of(Verb::Confirm).filter(done)),
        // By anybody, or by one of several calls of the hospital.
        _ => None,
    }
}

/// Nobody knows which of these calls it was: from the beginning of the first to the end of the last.
fn together<'a>(calls: impl Iterator<Item = &'a Call>) -> Option<Call> {
    calls.copied().reduce(|one, other| Call {
        call: one.call.min(other.call),
        ret: one.ret.max(other.ret),
        ..one
    })
}

fn exchanges(record: &Record, to: u128) -> impl Iterator<Item = &Call> {
    record
        .calls
        .iter()
        .filter(move |call| matches!(call.answer, Answer::Done(Some(new)) if new.bits() == to))
}

fn one<'a>(mut calls: impl Iterator<Item = &'a Call>, event: &Event) -> &'a Call {
    match (calls.next(), calls.next()) {
        (Some(call), None) => call,
        other => panic!("not one call was told of {event:?}: {other:?}"),
    }
}
