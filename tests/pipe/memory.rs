//! What is remembered: the answers to named requests, and how holds and bookings ended.

use serde_json::{Value, json};

use super::support::{DAY, Pipe, assert_exchanged, assert_refused, parse, text};

fn named(patient: u64, schedule: &str, id: &str) -> Value {
    json!({"op": "request", "patient": patient, "schedule": schedule, "request_id": id})
}

#[test]
fn the_same_request_again_gets_its_answer_word_for_word_and_changes_nothing() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(3, json!({"hold_ttl_ms": 100}));
    let answer = pipe.say(named(1, &schedule, "r"));
    let hold = text(&answer, "hold");
    let lookup = json!({"op": "lookup", "patient": 1, "request_id": "r"});
    pipe.extend(1, &hold, 500);
    assert_eq!(
        pipe.say(named(1, &schedule, "r")),
        answer,
        "while it is held"
    );
    pipe.at(499);
    pipe.release(1, &hold);
    let before = pipe.availability(&schedule);
    assert_eq!(pipe.say(named(1, &schedule, "r")), answer, "after it ended");
    assert_eq!(pipe.say(lookup.clone()), answer);
    assert_eq!(pipe.availability(&schedule), before);
    pipe.at(DAY - 1);
    assert_eq!(
        pipe.say(named(1, &schedule, "r")),
        answer,
        "24 hours less a millisecond later"
    );
    assert_eq!(pipe.say(lookup), answer);
}

#[test]
fn an_answer_is_forgotten_after_24_hours() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(3);
    let hold = text(&pipe.say(named(1, &schedule, "r")), "hold");
    pipe.at(DAY);
    assert_refused(
        &pipe.say(json!({"op": "lookup", "patient": 1, "request_id": "r"})),
        "unknown_request",
    );
    assert_ne!(text(&pipe.say(named(1, &schedule, "r")), "hold"), hold);
}

#[test]
fn a_remembered_answer_outlives_every_later_refusal() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(2, json!({"closes_at": 1_000}));
    let answer = pipe.say(named(1, &schedule, "r"));
    pipe.hold(2, &schedule);
    assert_eq!(
        pipe.say(named(1, &schedule, "r")),
        answer,
        "sold out, and holding"
    );
    pipe.at(1_000);
    assert_eq!(pipe.say(named(1, &schedule, "r")), answer, "closed");
    pipe.session("withdraw", &schedule);
    assert_eq!(pipe.say(named(1, &schedule, "r")), answer, "withdrawn");
}

#[test]
fn other_schedules_or_another_channel_are_a_mismatch() {
    let mut pipe = Pipe::new();
    let (one, other) = (pipe.publish(3), pipe.publish(3));
    let mut first = named(1, &one, "r");
    first["channel"] = json!("app");
    let answer = pipe.say(first.clone());
    let mut with = |field: &str, value: &str| {
        let mut line = first.clone();
        line[field] = json!(value);
        pipe.say(line)
    };
    assert_refused(&with("schedule", &other), "request_mismatch");
    assert_refused(&with("channel", "window"), "request_mismatch");
    assert_eq!(with("account", "a"), answer, "the account is no part of it");
    assert_eq!(with("device", "d"), answer, "nor the device");
    assert_eq!(with("network", "192.0.2.9"), answer, "nor the address");
    assert_refused(&pipe.say(named(1, &one, "r")), "request_mismatch");
}

#[test]
fn the_order_of_schedules_is_part_of_a_request() {
    let mut pipe = Pipe::new();
    let (one, other) = (pipe.publish(3), pipe.publish(3));
    let mut ask = |list: Value| {
        pipe.say(json!({"op": "request", "patient": 1, "schedules": list, "request_id": 1}))
    };
    let answer = ask(json!([one, other]));
    assert_eq!(ask(json!([one, other])), answer);
    assert_refused(&ask(json!([other, one])), "request_mismatch");
    assert_refused(&ask(json!([one])), "request_mismatch");
    assert_refused(&ask(json!([one, other, one])), "request_mismatch");
}

#[test]
fn a_list_of_one_is_that_one() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(3);
    let answer = pipe.say(named(1, &schedule, "r"));
    assert_eq!(
        pipe.say(
            json!({"op": "request", "patient": 1, "schedules": [schedule], "request_id": "r"})
        ),
        answer
    );
}

#[test]
fn a_request_id_is_the_patients_own() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(3);
    let (first, second) = (
        pipe.say(named(1, &schedule, "r")),
        pipe.say(named(2, &schedule, "r")),
    );
    assert_eq!((&first["slot"], &second["slot"]), (&json!(1), &json!(2)));
    assert_refused(
        &pipe.say(json!({"op": "lookup", "patient": 3, "request_id": "r"})),
        "unknown_request",
    );
}

#[test]
fn after_a_refusal_the_id_is_free() {
    let mut pipe = Pipe::new();
    let (full, open) = (pipe.publish(1), pipe.publish(1));
    let hold = pipe.hold(9, &full);
    assert_refused(&pipe.say(named(1, &full, "r")), "sold_out");
    assert_refused(
        &pipe.say(json!({"op": "lookup", "patient": 1, "request_id": "r"})),
        "unknown_request",
    );
    pipe.release(9, &hold);
    assert_eq!(pipe.say(named(1, &full, "r"))["outcome"], "held");
    assert_refused(&pipe.say(named(2, &full, "r")), "sold_out");
    assert_eq!(
        pipe.say(named(2, &open, "r"))["outcome"],
        "held",
        "for another schedule too"
    );
}

#[test]
fn a_mismatch_does_not_free_the_id() {
    let mut pipe = Pipe::new();
    let (one, other) = (pipe.publish(3), pipe.publish(3));
    let answer = pipe.say(named(1, &one, "r"));
    assert_refused(&pipe.say(named(1, &other, "r")), "request_mismatch");
    assert_eq!(pipe.say(named(1, &one, "r")), answer);
}

#[test]
fn every_end_is_remembered_for_24_hours() {
    let mut pipe = Pipe::new();
    let (one, other) = (
        pipe.publish_with(9, json!({"hold_ttl_ms": 100})),
        pipe.publish(9),
    );
    let released = pipe.hold(1, &one);
    pipe.release(1, &released);
    let (of_cancelled, cancelled) = pipe.book(2, &one);
    pipe.cancel(2, &cancelled);
    let (of_exchanged, exchanged) = pipe.book(3, &one);
    let new = text(&pipe.exchange(3, &exchanged, &other), "booking");
    let expired = pipe.hold(4, &one);
    pipe.at(100);
    pipe.advance();
    pipe.at(DAY - 1);
    pipe.advance();
    assert_refused(&pipe.confirm(1, &released), "already_released");
    assert_refused(&pipe.confirm(2, &of_cancelled), "already_cancelled");
    assert_refused(&pipe.cancel(2, &cancelled), "already_cancelled");
    assert_exchanged(&pipe.confirm(3, &of_exchanged), &new);
    assert_exchanged(&pipe.cancel(3, &exchanged), &new);
    pipe.at(DAY + 99);
    assert_refused(&pipe.release(4, &expired), "hold_expired");
}

#[test]
fn a_booking_is_remembered_as_long_as_it_lives() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let (hold, booking) = pipe.book(1, &schedule);
    pipe.at(30 * DAY);
    pipe.advance();
    assert_eq!(
        pipe.confirm(1, &hold),
        json!({"booking": booking, "slot": 1})
    );
    assert_refused(&pipe.ask(1, &schedule), "already_holds");
    assert_eq!(pipe.cancel(1, &booking), json!({"cancelled": true}));
}

#[test]
fn no_schedule_is_ever_retired() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(2, json!({"starts_at": 1_000}));
    let (_, booking) = pipe.book(1, &schedule);
    pipe.at(4_000 * DAY);
    pipe.advance();
    assert_refused(&pipe.ask(2, &schedule), "closed");
    assert_eq!(pipe.mark("no_show", &booking), json!({"done": true}));
}

#[test]
fn a_thousand_ended_holds_of_a_patient_are_kept() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let (holds, refusal) = pipe.wear_out(1, &schedule, 1_000);
    assert_eq!(refusal, None);
    pipe.advance();
    for hold in holds {
        let answer = pipe.raw(format!(r#"{{"op":"confirm","hold":"{hold}","patient":1}}"#));
        assert_refused(&parse(&answer), "already_released");
    }
}

#[test]
fn a_full_book_refuses_a_new_hold_rather_than_forget_an_old_one() {
    let mut pipe = Pipe::new();
    let (schedule, other) = (pipe.publish(2), pipe.publish(2));
    let (kept_hold, kept) = pipe.book(1, &other);
    let (holds, refusal) = pipe.wear_out(1, &schedule, 10_000);
    let refusal = refusal.expect("no book is endless");
    let expected = json!({
        "outcome": "refused", "code": "rule", "message": refusal["message"], "retry_after_ms": null, "rule": "book_full",
    });
    assert_eq!(refusal, expected);
    assert_eq!(
        pipe.exchange(1, &kept, &schedule),
        expected,
        "an exchange takes a line of the book too"
    );
    assert_eq!(
        pipe.confirm(1, &kept_hold),
        json!({"booking": kept, "slot": 1})
    );
    assert_refused(&pipe.confirm(1, &holds[0]), "already_released");
    assert_eq!(
        pipe.ask(2, &schedule)["outcome"],
        "held",
        "another patient has a book of his own"
    );
    pipe.hold(3, &schedule);
    assert_refused(&pipe.ask(1, &schedule), "sold_out");
    pipe.at(DAY);
    assert_eq!(
        pipe.ask(1, &schedule)["outcome"],
        "held",
        "a day later there is room"
    );
}

#[test]
fn a_patient_may_hold_in_as_many_schedules_as_there_are() {
    let mut pipe = Pipe::new();
    for _ in 0..20 {
        let schedule = pipe.publish(1);
        assert_eq!(pipe.ask(1, &schedule)["outcome"], "held");
    }
}
