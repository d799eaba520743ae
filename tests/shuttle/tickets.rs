//! What holds for each place in a line: a person has one at a time, it has one end, and everybody is told the same of it. And nobody in it is forgotten.

use std::collections::BTreeSet;

use super::hospital::CLOSE;
use super::scenario::{Answer, Call, Place, Record, Verb, Way};
use crate::Refusal;
use crate::words::event::{Event, What};
use crate::words::id::ScheduleId;

const WITHDRAWN: Answer = Answer::Refused(Refusal::Withdrawn);
const LEFT: Answer = Answer::Refused(Refusal::AlreadyReleased);

pub(super) fn check(record: &Record) {
    for place in &record.places {
        has_one_end(record, place);
        is_left_once(record, place);
        pauses(record, place);
    }
    one_at_a_time(record);
    each_is_told_once(record);
    match record.way {
        Way::FirstCome => assert!(record.places.is_empty()),
        Way::Draw => each_is_drawn(record),
        Way::Waitlist => nobody_is_forgotten(record),
        Way::SlowQueue => nobody_waits_on(record),
    }
}

impl Place {
    /// The calls that were told something of it.
    fn calls<'a>(&self, record: &'a Record) -> impl Iterator<Item = &'a Call> {
        let ticket = self.ticket;
        let of_it = move |call: &&Call| {
            call.ticket == Some(ticket) || call.answer == Answer::Waiting(ticket)
        };
        record.calls.iter().filter(of_it)
    }

    /// Those that did this.
    fn done<'a>(&self, record: &'a Record, verb: Verb) -> impl Iterator<Item = &'a Call> {
        let done = move |call: &&Call| call.verb == verb && call.answer == Answer::Done(None);
        self.calls(record).filter(done)
    }

    fn waiting<'a>(&self, record: &'a Record) -> impl Iterator<Item = &'a Call> {
        let waiting = Answer::Waiting(self.ticket);
        self.calls(record)
            .filter(move |call| call.answer == waiting)
    }

    /// Events that say that it was left or called off.
    fn told_left(&self, record: &Record) -> usize {
        let ticket = self.ticket;
        let left = What::Left { ticket };
        record.events.iter().filter(|it| it.what == left).count()
    }

    fn has_left(&self) -> bool {
        self.end == LEFT
    }
}

fn is_called_off(record: &Record) -> bool {
    let off = |call: &Call| call.verb == Verb::Withdraw && call.answer == Answer::Nothing;
    record.calls.iter().any(off)
}

/// Once it is decided it stays so, for whoever asks.
fn has_one_end(record: &Record, place: &Place) {
    let called_off = is_called_off(record);
    assert!(called_off || place.end != WITHDRAWN, "{place:?}");
    let mut decided = u64::MAX;
    for call in place.calls(record) {
        let ended = match (call.verb, call.answer) {
            (_, Answer::Waiting(_)) => false,
            (Verb::Look, told) => {
                // What else became of it is covered as long as the session is called off.
                let covers = |it: Answer| called_off && it == WITHDRAWN;
                let same = told == place.end || covers(told) || covers(place.end);
                assert!(same, "{call:?} was told otherwise: {place:?}");
                true
            }
            (Verb::Leave, _) => true,
            _ => false,
        };
        if ended {
            decided = decided.min(call.ret);
        }
    }
    for call in place.waiting(record) {
        assert!(call.call <= decided, "{call:?} waits again: {place:?}");
    }
}

/// Who left has left, once; and who could not had been decided upon.
fn is_left_once(record: &Record, place: &Place) {
    let left = place.done(record, Verb::Leave).count();
    if place.end != WITHDRAWN {
        assert_eq!(left, usize::from(place.has_left()), "{place:?}");
    }
    assert!(left <= 1, "{place:?}");
    let decided = Answer::Refused(Refusal::WrongState);
    for call in place.calls(record) {
        if call.verb == Verb::Leave && call.answer == decided {
            let waits = place.end == Answer::Waiting(place.ticket);
            assert!(!waits && !place.has_left(), "{call:?}: {place:?}");
        }
    }
}

/// Who pauses, and says nothing else after that, is offered nothing.
fn pauses(record: &Record, place: &Place) {
    let paused: Vec<&Call> = place.done(record, Verb::Pause).collect();
    let Some(last) = paused.iter().map(|call| call.call).max() else {
        return;
    };
    let mut resumed = place.done(record, Verb::Resume);
    if resumed.all(|call| call.ret < last) {
        let offered = matches!(place.end, Answer::Held(_));
        assert!(!offered, "was offered something: {place:?} {paused:?}");
    }
}

/// Nobody has two places for the same at once.
fn one_at_a_time(record: &Record) {
    let surely = |place: &Place| {
        let from = place.waiting(record).map(|call| call.ret).min();
        let to = place.waiting(record).map(|call| call.call).max();
        (from.unwrap_or(u64::MAX), to.unwrap_or(0))
    };
    for (i, one) in record.places.iter().enumerate() {
        for other in &record.places[i + 1..] {
            let same = (one.patient, one.schedule) == (other.patient, other.schedule);
            let (a, b) = (surely(one), surely(other));
            let together = a.0.max(b.0) < a.1.min(b.1);
            assert!(!same || !together, "two places at once: {one:?} {other:?}");
            let wait = |it: &Place| it.end == Answer::Waiting(it.ticket);
            assert!(!same || !wait(one) || !wait(other), "{one:?} {other:?}");
        }
    }
}

/// Of each place an event says that it was taken, and none of any other; and of who left, that they did.
fn each_is_told_once(record: &Record) {
    let mut entered: Vec<_> = record
        .events
        .iter()
        .filter_map(|event| match event.what {
            What::Entered { ticket } => Some((event.patient, event.schedule, ticket)),
            _ => None,
        })
        .collect();
    let known = record.places.iter();
    let mut known: Vec<_> = known
        .map(|it| (Some(it.patient), it.schedule, it.ticket))
        .collect();
    entered.sort();
    known.sort();
    assert_eq!(entered, known);
    for place in &record.places {
        let told = place.told_left(record);
        assert!(told <= 1 && (told == 1 || !place.has_left()), "{place:?}");
    }
}

/// Everybody who had a place before the close is in the draw; as many have a slot as there are, of those who stayed.
fn each_is_drawn(record: &Record) {
    for call in &record.calls {
        let too_late = matches!(call.answer, Answer::Refused(Refusal::NotOpen { .. }));
        assert!(
            !too_late || call.to >= CLOSE,
            "the window is open: {call:?}"
        );
    }
    for place in &record.places {
        let in_time = place.waiting(record).any(|call| call.from < CLOSE);
        assert!(in_time, "the window was closed: {place:?}");
    }
    for (schedule, slots) in &record.schedules {
        let drawn: Vec<_> = record
            .events
            .iter()
            .filter_map(|event| match event.what {
                What::Drawn { entries, places } if event.schedule == *schedule => {
                    Some((entries, places))
                }
                _ => None,
            })
            .collect();
        let of_it: Vec<_> = of(record, *schedule).collect();
        let people: BTreeSet<_> = of_it.iter().map(|it| it.patient).collect();
        let stayed: Vec<_> = of_it.iter().filter(|it| !it.has_left()).collect();
        let winners = (*slots).min(stayed.len() as u32);
        assert_eq!(drawn, [(people.len() as u32, winners)], "{of_it:#?}");
        let won = stayed
            .iter()
            .filter(|it| matches!(it.end, Answer::Held(_)))
            .count();
        assert_eq!(won as u32, winners, "{of_it:#?}");
        for it in &stayed {
            let lost = it.end == Answer::Refused(Refusal::SoldOut);
            assert!(lost || matches!(it.end, Answer::Held(_)), "{it:?}");
            let theirs = stayed.iter().filter(|other| other.patient == it.patient);
            assert_eq!(theirs.count(), 1, "drawn twice: {it:?}");
        }
    }
}

fn of(record: &Record, schedule: ScheduleId) -> impl Iterator<Item = &Place> {
    record
        .places
        .iter()
        .filter(move |place| place.schedule == schedule)
}

/// While somebody waits who could have it, nothing is let go to whoever comes.
fn nobody_is_forgotten(record: &Record) {
    for call in &record.calls {
        let sold_out = call.answer == Answer::Refused(Refusal::SoldOut);
        assert!(call.verb != Verb::Ask || !sold_out, "may wait: {call:?}");
    }
    for place in &record.places {
        let theirs =
            |it: &&Event| it.schedule == place.schedule && it.patient == Some(place.patient);
        let is_hold = |it: &Event| matches!(it.what, What::Held { .. });
        let had_one = record.events.iter().filter(theirs).any(is_hold);
        if place.end == WITHDRAWN && !had_one {
            assert_eq!(place.told_left(record), 1, "nobody called off: {place:?}");
        }
        // From before everything to after everything, and never had a slot, which they would be kept from.
        let from_the_first = place.waiting(record).any(|call| call.ret < record.began);
        let to_the_last = place.end == Answer::Waiting(place.ticket);
        let paused = place.done(record, Verb::Pause).count() > 0;
        // Of slots that return together one may be gone again by the time that it is offered, and nobody else be left for the others.
        let is_late = |it: &Event| matches!(it.what, What::Confirmed { late: true, .. });
        let gone = record.events.iter().any(is_late);
        if from_the_first && to_the_last && !paused && !had_one && !gone {
            let mut events = record.events.iter();
            let freed =
                events.find(|it| it.schedule == place.schedule && it.what == What::Returned);
            assert!(freed.is_none(), "{place:?} waits, and {freed:?}");
        }
    }
}

/// Turns come until nobody waits.
fn nobody_waits_on(record: &Record) {
    for place in &record.places {
        let waits = matches!(place.end, Answer::Waiting(_));
        assert!(!waits, "a turn that never came: {place:?}");
    }
}
