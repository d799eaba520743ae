//! Which refusal a request gets where several apply, and the hospital's verbs with it.

use serde_json::{Value, json};

use super::support::{DAY, Pipe, assert_refused};

fn named(patient: u64, schedule: &str) -> Value {
    json!({"op": "request", "patient": patient, "schedule": schedule, "request_id": "r"})
}

#[test]
fn unknown_schedule_comes_before_what_is_remembered() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(1);
    pipe.say(named(1, &schedule));
    assert_refused(&pipe.say(named(1, "?")), "unknown_schedule");
}

#[test]
fn what_is_remembered_comes_before_withdrawn() {
    let mut pipe = Pipe::new();
    let (schedule, other) = (pipe.publish(1), pipe.publish(1));
    let answer = pipe.say(named(1, &schedule));
    pipe.session("withdraw", &schedule);
    pipe.session("withdraw", &other);
    assert_eq!(pipe.say(named(1, &schedule)), answer);
    assert_refused(&pipe.say(named(1, &other)), "request_mismatch");
    assert_refused(&pipe.ask(1, &schedule), "withdrawn");
}

#[test]
fn request_mismatch_comes_before_not_open_and_closed() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(1);
    let (unopened, closed) = (
        pipe.publish_with(1, json!({"opens_at": 10})),
        pipe.publish_with(1, json!({"closes_at": 0})),
    );
    pipe.say(named(1, &schedule));
    assert_refused(&pipe.say(named(1, &unopened)), "request_mismatch");
    assert_refused(&pipe.say(named(1, &closed)), "request_mismatch");
}

#[test]
fn withdrawn_comes_before_not_open_closed_and_already_holds() {
    let mut pipe = Pipe::new();
    let (unopened, closed, visited) = (
        pipe.publish_with(1, json!({"opens_at": 10})),
        pipe.publish_with(1, json!({"closes_at": 0})),
        pipe.publish(1),
    );
    let (_, booking) = pipe.book(1, &visited);
    pipe.mark("check_in", &booking);
    for schedule in [unopened, closed, visited] {
        pipe.session("withdraw", &schedule);
        assert_refused(&pipe.ask(1, &schedule), "withdrawn");
    }
}

#[test]
fn not_open_says_how_long_and_ends_at_that_very_millisecond() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"opens_at": 1_000, "closes_at": 2_000}));
    for (now, rest) in [(0, 1_000), (1, 999), (999, 1)] {
        pipe.at(now);
        let answer = pipe.ask(1, &schedule);
        assert_eq!(
            (&answer["code"], &answer["retry_after_ms"]),
            (&json!("not_open"), &json!(rest)),
            "{answer}"
        );
        let fields: Vec<_> = answer
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(fields, ["code", "message", "outcome", "retry_after_ms"]);
    }
    pipe.at(1_000);
    assert_eq!(pipe.ask(1, &schedule)["outcome"], "held");
}

#[test]
fn not_open_comes_before_closed() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"opens_at": 1_000, "closes_at": 1_000}));
    assert_eq!(pipe.ask(1, &schedule)["code"], "not_open");
    pipe.at(1_000);
    assert_refused(&pipe.ask(1, &schedule), "closed");
}

#[test]
fn closed_begins_at_its_very_millisecond_and_comes_before_already_holds_and_sold_out() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(2, json!({"closes_at": 1_000}));
    pipe.book(1, &schedule);
    pipe.at(999);
    pipe.book(2, &schedule);
    assert_refused(&pipe.ask(1, &schedule), "already_holds");
    assert_refused(&pipe.ask(3, &schedule), "sold_out");
    pipe.at(1_000);
    assert_refused(&pipe.ask(1, &schedule), "closed");
    assert_refused(&pipe.ask(3, &schedule), "closed");
}

#[test]
fn a_schedule_closes_when_it_starts_unless_it_says_otherwise() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(3, json!({"starts_at": 1_000}));
    let longer = pipe.publish_with(3, json!({"starts_at": 1_000, "closes_at": 1_500}));
    pipe.at(999);
    pipe.hold(1, &schedule);
    pipe.at(1_000);
    assert_refused(&pipe.ask(2, &schedule), "closed");
    pipe.at(1_499);
    assert_eq!(pipe.ask(2, &longer)["outcome"], "held");
    pipe.at(1_500);
    assert_refused(&pipe.ask(3, &longer), "closed");
}

#[test]
fn already_holds_whether_held_booked_or_visited_and_even_when_sold_out() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(4);
    pipe.hold(1, &schedule);
    pipe.book(2, &schedule);
    let ((_, comes), (_, stays_away)) = (pipe.book(3, &schedule), pipe.book(4, &schedule));
    pipe.mark("check_in", &comes);
    pipe.mark("no_show", &stays_away);
    for patient in 1..=4 {
        assert_refused(&pipe.ask(patient, &schedule), "already_holds");
    }
    assert_refused(&pipe.ask(5, &schedule), "sold_out");
    pipe.mark("fulfil", &comes);
    assert_refused(&pipe.ask(3, &schedule), "already_holds");
}

#[test]
fn who_gave_up_his_slot_no_longer_holds() {
    let mut pipe = Pipe::new();
    let (schedule, other) = (pipe.publish(1), pipe.publish(1));
    let hold = pipe.hold(1, &schedule);
    pipe.release(1, &hold);
    let (_, booking) = pipe.book(1, &schedule);
    pipe.cancel(1, &booking);
    let (_, booking) = pipe.book(1, &schedule);
    pipe.exchange(1, &booking, &other);
    pipe.hold(2, &schedule);
    assert_refused(&pipe.ask(1, &schedule), "sold_out");
    assert_refused(&pipe.ask(1, &other), "already_holds");
}

#[test]
fn sold_out_comes_before_a_rule_and_a_rule_is_named() {
    let mut pipe = Pipe::new();
    let (schedule, full) = (pipe.publish(1), pipe.publish(1));
    pipe.hold(9, &full);
    let (_, refusal) = pipe.wear_out(1, &schedule, 10_000);
    let refusal = refusal.expect("no book is endless");
    assert_eq!(
        (&refusal["code"], &refusal["rule"]),
        (&json!("rule"), &json!("book_full"))
    );
    assert_refused(&pipe.ask(1, &full), "sold_out");
}

#[test]
fn an_empty_list_names_no_schedule_that_is_known() {
    assert_refused(
        &Pipe::new().say(json!({"op": "request", "patient": 1, "schedules": []})),
        "unknown_schedule",
    );
}

#[test]
fn the_hospital_is_told_unknown_schedule_before_wrong_state() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(3);
    for op in ["withdraw", "reinstate"] {
        assert_refused(&pipe.session(op, "?"), "unknown_schedule");
    }
    assert_refused(&pipe.session("reinstate", &schedule), "wrong_state");
    pipe.session("withdraw", &schedule);
    assert_refused(&pipe.session("withdraw", &schedule), "wrong_state");
    assert_refused(
        &pipe.say(json!({"op": "add_slots", "schedule": schedule, "count": 1})),
        "wrong_state",
    );
    pipe.session("reinstate", &schedule);
    assert_refused(&pipe.session("reinstate", &schedule), "wrong_state");
}

#[test]
fn lookup_knows_only_what_changed_something() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(1);
    let lookup = |patient: u64| json!({"op": "lookup", "patient": patient, "request_id": "r"});
    assert_refused(&pipe.say(lookup(1)), "unknown_request");
    pipe.hold(9, &schedule);
    pipe.say(named(1, &schedule));
    assert_refused(&pipe.say(lookup(1)), "unknown_request");
    pipe.at(DAY);
    pipe.say(named(1, &schedule));
    assert_eq!(pipe.say(lookup(1))["outcome"], "held");
    assert_refused(&pipe.say(lookup(2)), "unknown_request");
}
