//! Saying no: codes that clients branch on, sentences that say what to do, and promises that are kept to the millisecond.

use fairslot::{
    BookingId, Clock, ManualClock, Opening, Refusal, Request, RequestId, Rule, Timestamp,
};

use crate::desk::{OPENING, TTL, ask, assert_whole, book, desk, patient, plan, publish};

/// Every refusal in order of precedence, its code, whether the very same call may get another answer, and its sentence.
const ALL: &[(Refusal, &str, bool, &str)] = &[
    (
        Refusal::UnknownSchedule,
        "unknown_schedule",
        false,
        "there is no such schedule; look for one that is published",
    ),
    (
        Refusal::UnknownHold,
        "unknown_hold",
        false,
        "there is no such hold; ask for a slot anew",
    ),
    (
        Refusal::UnknownBooking,
        "unknown_booking",
        false,
        "there is no such booking; check its number",
    ),
    (
        Refusal::UnknownTicket,
        "unknown_ticket",
        false,
        "there is no such ticket; ask for a slot anew",
    ),
    (
        Refusal::UnknownRequest,
        "unknown_request",
        true,
        "no answer is remembered for this request; ask anew",
    ),
    (
        Refusal::NotYours,
        "not_yours",
        false,
        "it belongs to another patient; use your own",
    ),
    (
        Refusal::RequestMismatch,
        "request_mismatch",
        false,
        "this request id was used for something else; use a new one",
    ),
    (
        Refusal::Withdrawn,
        "withdrawn",
        true,
        "the session was called off by the hospital; choose another",
    ),
    (
        Refusal::AlreadyReleased,
        "already_released",
        false,
        "it was given up before; ask for a slot anew",
    ),
    (
        Refusal::AlreadyCancelled,
        "already_cancelled",
        false,
        "the booking was cancelled; ask for a slot anew",
    ),
    (
        Refusal::AlreadyConfirmed,
        "already_confirmed",
        false,
        "the hold is a booking already; cancel that instead",
    ),
    (
        Refusal::WrongState,
        "wrong_state",
        true,
        "it is not in a state for this; look at what it is now",
    ),
    (
        Refusal::TooLate,
        "too_late",
        false,
        "the cut-off for cancelling has passed; speak to the hospital",
    ),
    (
        Refusal::HoldExpired,
        "hold_expired",
        false,
        "the hold ran out; ask for a slot anew",
    ),
    (
        Refusal::RefundDue,
        "refund_due",
        false,
        "the hold ran out and the slot is gone; the payment is on its way back",
    ),
    (
        Refusal::NotOpen { retry_after_ms: 17 },
        "not_open",
        true,
        "the schedule is not open yet; come back in 17 ms",
    ),
    (
        Refusal::Closed,
        "closed",
        false,
        "booking for this session has closed; choose another",
    ),
    (
        Refusal::AlreadyHolds,
        "already_holds",
        true,
        "you have a slot of this session already; confirm or use that one",
    ),
    (
        Refusal::SoldOut,
        "sold_out",
        true,
        "every slot of this session is taken; choose another",
    ),
    (
        Refusal::RateLimited { retry_after_ms: 17 },
        "rate_limited",
        true,
        "too many requests from you; come back in 17 ms",
    ),
    (
        Refusal::Rule {
            rule: Rule::LiveHolds,
        },
        "rule",
        true,
        "you have as many unconfirmed holds as allowed; confirm or release one",
    ),
    (
        Refusal::Rule {
            rule: Rule::BookFull,
        },
        "rule",
        true,
        "too many holds of yours ended lately; come back tomorrow",
    ),
    (
        Refusal::Rule {
            rule: Rule::EngineFull,
        },
        "rule",
        true,
        "the service remembers as many holds as it can; come back later",
    ),
];

/// The one that carries an id.
fn exchanged() -> Refusal {
    let text = "B00000000000000000000000000000001";
    let booking: BookingId = text.parse().expect("a booking's id");
    Refusal::AlreadyExchanged { booking }
}

#[test]
fn codes_and_sentences_stay_as_they_are() {
    for (why, code, transient, sentence) in ALL {
        assert_eq!((why.code(), why.to_string().as_str()), (*code, *sentence));
        assert_eq!(why.is_transient(), *transient, "{code}");
        let retry = ["not_open", "rate_limited"].contains(code).then_some(17);
        assert_eq!(
            why.retry_after(),
            retry,
            "a time is named where it is known: {code}"
        );
    }
    let why = exchanged();
    assert_eq!(
        (why.code(), why.is_transient(), why.retry_after()),
        ("already_exchanged", false, None)
    );
    assert_eq!(
        why.to_string(),
        "the booking was exchanged; use the new one"
    );
}

/// The counters list every code once, in the order of precedence.
#[test]
fn the_counters_know_every_code() {
    let (engine, _clock) = desk();
    let counted: Vec<_> = engine
        .stats()
        .refused
        .iter()
        .map(|(code, _)| *code)
        .collect();
    let mut codes: Vec<_> = ALL.iter().map(|(_, code, ..)| *code).collect();
    codes.dedup();
    let after_cancelled = codes.iter().position(|code| *code == "already_cancelled");
    codes.insert(
        after_cancelled.expect("in the list") + 1,
        exchanged().code(),
    );
    assert_eq!(counted, codes);
}

#[test]
fn rules_have_names() {
    let rules = [Rule::LiveHolds, Rule::BookFull, Rule::EngineFull];
    assert_eq!(
        rules.map(Rule::name),
        ["live_holds", "book_full", "engine_full"]
    );
    assert!(rules.iter().all(|rule| rule.to_string() == rule.name()));
}

#[test]
fn retry_after_is_kept_to_the_millisecond() {
    let (engine, clock) = desk();
    for wait in [1, 2, 7, 50, 333] {
        let start = clock_of(&clock);
        let mut later = plan(1);
        later.opening = Opening::first_come(start.after(wait));
        let schedule = engine.publish(&later).expect("a sound schedule");
        // Refused at every step up to the promised instant, which stays the same; admitted exactly at it.
        for ms in 0..wait {
            clock.set(start.after(ms));
            let why = ask(&engine, patient(1), schedule).expect_err("not open yet");
            assert_eq!(why.retry_after(), Some(wait - ms), "{why}");
        }
        clock.set(start.after(wait));
        book(&engine, patient(1), schedule);
        assert_whole(&engine, &[schedule]);
    }
}

fn clock_of(clock: &ManualClock) -> Timestamp {
    Clock::now(clock)
}

/// The same call again: what calls itself transient changes its answer when its cause goes away.
#[test]
fn transient_refusals_pass() {
    let (engine, clock) = desk();
    let schedule = publish(&engine, 1);
    let hold = ask(&engine, patient(1), schedule).expect("free");
    let asks = |who| ask(&engine, patient(who), schedule).map(|hold| hold.id);

    assert_eq!(asks(1), Err(Refusal::AlreadyHolds));
    assert_eq!(asks(2), Err(Refusal::SoldOut));
    engine.release(hold.id, patient(1)).expect("live");
    assert!(asks(2).is_ok());

    engine.withdraw(schedule).expect("it takes place");
    assert_eq!(asks(3), Err(Refusal::Withdrawn));
    engine.reinstate(schedule).expect("it was called off");
    let third = asks(3).expect("free again");

    assert_eq!(
        engine.lookup(patient(4), RequestId::new(4)),
        Err(Refusal::UnknownRequest)
    );
    let fourth = publish(&engine, 1);
    let request = Request::new(patient(4), fourth).id(RequestId::new(4));
    let held = engine.request(&request).held().expect("free");
    assert!(engine.lookup(patient(4), RequestId::new(4)).is_ok());
    let booked = engine.confirm(held.id, patient(4), None).expect("live");
    let booking = booked.wait().expect("decided").id;
    assert_eq!(engine.fulfil(booking).err(), Some(Refusal::WrongState));
    assert!(engine.check_in(booking).is_ok());
    assert!(engine.fulfil(booking).is_ok());

    // And what doesn't, doesn't.
    clock.set(OPENING.after(TTL));
    for _ in 0..3 {
        assert_eq!(engine.release(third, patient(3)), Err(Refusal::HoldExpired));
        assert_eq!(
            engine.release(hold.id, patient(1)),
            Err(Refusal::AlreadyReleased)
        );
        clock.pass(1);
    }
}
