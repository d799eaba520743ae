//! Each verb when it works: the answer to the letter, fields in their order.

use serde_json::{Value, json};

use super::support::{Pipe, STARTS_AT, TTL, assert_refused, text};

const PUBLISH: &str = r#"{"op":"publish","hospital":1,"department":2,"practitioner":3,"day":"2026-12-01","session":"morning","capacity":30,"opens_at":1000,"starts_at":2000000}"#;

#[test]
fn publish_names_a_schedule_and_the_same_line_twice_makes_two() {
    let mut pipe = Pipe::new();
    let (first, second) = (pipe.raw(PUBLISH), pipe.raw(PUBLISH));
    assert_ne!(first, second);
    for answer in [first, second] {
        let id = answer
            .strip_prefix(r#"{"schedule":""#)
            .and_then(|rest| rest.strip_suffix(r#""}"#))
            .expect("one field");
        assert!(!id.is_empty());
        assert_eq!(pipe.count(id, "free"), 30);
    }
}

#[test]
fn publish_takes_every_option_of_a_first_come_schedule() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(
        65_535,
        json!({
            "now": 5, "opening": "first_come", "closes_at": 9_000, "cancel_until": 8_000, "hold_ttl_ms": 100, "hold_cap_ms": 200,
            "returns": "at_once", "fee": {"amount": 5_000, "currency": "CNY"}, "tags": ["高血压", ""],
        }),
    );
    assert_eq!(pipe.count(&schedule, "capacity"), 65_535);
    assert_eq!(pipe.ask(1, &schedule)["expires_at"], 105);
}

#[test]
fn every_session_of_a_day_has_its_name() {
    for session in ["morning", "afternoon", "evening", "night", "all_day"] {
        Pipe::new().publish_with(1, json!({"session": session}));
    }
}

#[test]
fn request_is_held() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(30);
    let answer = pipe.raw(format!(
        r#"{{"op":"request","patient":7,"schedule":"{schedule}","now":5000}}"#
    ));
    let hold = text(&super::support::parse(&answer), "hold");
    let expected = format!(
        r#"{{"outcome":"held","schedule":"{schedule}","hold":"{hold}","slot":1,"expires_at":905000}}"#
    );
    assert_eq!(answer, expected);
}

#[test]
fn request_takes_every_option() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(30);
    for (patient, network) in [(1, "192.0.2.1"), (2, "2001:db8::1")] {
        let answer = pipe.say(json!({
            "op": "request", "patient": patient, "schedules": [schedule], "account": "a", "device": 12, "network": network,
            "channel": "window-3", "request_id": "r", "now": 1,
        }));
        assert_eq!(answer["outcome"], "held", "{answer}");
    }
}

#[test]
fn request_with_several_schedules_is_held_by_the_first_that_does_not_refuse() {
    let mut pipe = Pipe::new();
    let (full, unopened, good, better) = (
        pipe.publish(1),
        pipe.publish_with(1, json!({"opens_at": 10})),
        pipe.publish(1),
        pipe.publish(1),
    );
    pipe.hold(1, &full);
    let answer = pipe.say(
        json!({"op": "request", "patient": 2, "schedules": [full, "none", unopened, good, better]}),
    );
    assert_eq!(
        (&answer["outcome"], &answer["schedule"]),
        (&json!("held"), &json!(good))
    );
    assert_eq!(pipe.count(&better, "free"), 1);
}

#[test]
fn request_with_several_schedules_that_all_refuse_gets_the_refusal_of_the_first() {
    let mut pipe = Pipe::new();
    let (full, unopened) = (
        pipe.publish(1),
        pipe.publish_with(1, json!({"opens_at": 10})),
    );
    pipe.hold(1, &full);
    let mut ask =
        |list: &[&str]| pipe.say(json!({"op": "request", "patient": 2, "schedules": list}));
    assert_refused(&ask(&[&full, &unopened, "none"]), "sold_out");
    assert_refused(&ask(&["none", &full, &unopened]), "unknown_schedule");
    let answer = ask(&[&unopened, &full]);
    assert_eq!(
        (&answer["code"], &answer["retry_after_ms"]),
        (&json!("not_open"), &json!(10))
    );
}

#[test]
fn request_many_answers_each_as_if_sent_one_after_the_other() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let ask = |patient: u64| json!({"patient": patient, "schedule": schedule, "request_id": "r"});
    let many =
        json!({"op": "request_many", "now": 50, "requests": [ask(1), ask(2), ask(3), ask(1)]});
    let answer = pipe.say(many);
    let outcomes = answer["outcomes"].as_array().expect("a list").clone();
    assert_eq!(answer.as_object().map(|fields| fields.len()), Some(1));
    assert_eq!(outcomes.len(), 4);
    assert_eq!(
        (&outcomes[0]["slot"], &outcomes[1]["slot"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(outcomes[0]["expires_at"], 50 + TTL);
    assert_refused(&outcomes[2], "sold_out");
    assert_eq!(outcomes[3], outcomes[0]);
    assert_eq!(
        pipe.say(json!({"op": "request_many", "requests": []})),
        json!({"outcomes": []})
    );
}

#[test]
fn extend_gives_a_hold_until_now_and_that_long_but_not_past_its_cap() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"hold_ttl_ms": 100, "hold_cap_ms": 250}));
    let hold = pipe.hold(1, &schedule);
    pipe.at(50);
    assert_eq!(pipe.extend(1, &hold, 120), json!({"expires_at": 170}));
    assert_eq!(pipe.extend(1, &hold, 60), json!({"expires_at": 110}));
    assert_eq!(pipe.extend(1, &hold, 201), json!({"expires_at": 250}));
    assert_eq!(pipe.extend(1, &hold, u64::MAX), json!({"expires_at": 250}));
    pipe.at(249);
    assert_eq!(pipe.confirm(1, &hold)["slot"], 1);
}

#[test]
fn confirm_makes_a_booking() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let hold = pipe.hold(1, &schedule);
    let line = format!(r#"{{"op":"confirm","hold":"{hold}","patient":1,"payment":"REF"}}"#);
    let answer = pipe.raw(&line);
    let booking = text(&super::support::parse(&answer), "booking");
    assert_eq!(answer, format!(r#"{{"booking":"{booking}","slot":1}}"#));
    assert_ne!(booking, hold);
    assert_eq!(
        pipe.raw(&line),
        answer,
        "the same payment again is the same booking"
    );
    let other = pipe.raw(line.replace("REF", "REF2"));
    assert_eq!(
        other,
        format!(r#"{{"booking":"{booking}","slot":1,"payment_due_back":"REF2"}}"#)
    );
}

#[test]
fn release_and_cancel_say_so() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let hold = pipe.hold(1, &schedule);
    assert_eq!(pipe.release(1, &hold), json!({"released": true}));
    let (_, booking) = pipe.book(1, &schedule);
    assert_eq!(pipe.cancel(1, &booking), json!({"cancelled": true}));
    assert_eq!(pipe.count(&schedule, "free"), 2);
}

#[test]
fn exchange_makes_another_booking() {
    let mut pipe = Pipe::new();
    let (from, to) = (pipe.publish(1), pipe.publish(1));
    let (_, booking) = pipe.book(1, &from);
    let line =
        format!(r#"{{"op":"exchange","booking":"{booking}","patient":1,"schedule":"{to}"}}"#);
    let answer = pipe.raw(line);
    let new = text(&super::support::parse(&answer), "booking");
    assert_eq!(
        answer,
        format!(r#"{{"booking":"{new}","slot":1,"schedule":"{to}"}}"#)
    );
    assert_ne!(new, booking);
    assert_eq!(
        (pipe.count(&from, "free"), pipe.count(&to, "booked")),
        (1, 1)
    );
}

#[test]
fn check_in_fulfil_and_no_show_are_done() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let ((_, comes), (_, stays_away)) = (pipe.book(1, &schedule), pipe.book(2, &schedule));
    for (op, booking) in [
        ("check_in", &comes),
        ("fulfil", &comes),
        ("no_show", &stays_away),
    ] {
        assert_eq!(pipe.mark(op, booking), json!({"done": true}));
    }
    assert_eq!(pipe.count(&schedule, "visited"), 2);
}

#[test]
fn withdraw_reinstate_and_add_slots_count_what_they_affect() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(4);
    pipe.hold(1, &schedule);
    pipe.book(2, &schedule);
    let (_, visited) = pipe.book(3, &schedule);
    pipe.mark("check_in", &visited);
    assert_eq!(
        pipe.session("withdraw", &schedule),
        json!({"done": true, "affected": 2})
    );
    assert_eq!(
        pipe.session("reinstate", &schedule),
        json!({"done": true, "affected": 3})
    );
    let added = pipe.say(json!({"op": "add_slots", "schedule": schedule, "count": 5}));
    assert_eq!(added, json!({"done": true, "affected": 5}));
    assert_eq!(
        (
            pipe.count(&schedule, "capacity"),
            pipe.count(&schedule, "free")
        ),
        (9, 8)
    );
}

#[test]
fn added_slots_are_numbered_on_from_the_last() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(1);
    pipe.hold(1, &schedule);
    assert_refused(&pipe.ask(2, &schedule), "sold_out");
    pipe.say(json!({"op": "add_slots", "schedule": schedule, "count": 65_534}));
    assert_eq!(pipe.ask(2, &schedule)["slot"], 2);
    assert_eq!(pipe.count(&schedule, "capacity"), 65_535);
}

#[test]
fn a_ticket_that_was_never_given_is_unknown() {
    assert_refused(
        &Pipe::new().say(json!({"op": "ticket", "ticket": "T1"})),
        "unknown_ticket",
    );
}

#[test]
fn lookup_gives_the_answer_word_for_word() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(1);
    let answer = pipe.raw(format!(
        r#"{{"op":"request","patient":7,"schedule":"{schedule}","request_id":1}}"#
    ));
    assert!(answer.starts_with(r#"{"outcome":"held""#));
    assert_eq!(
        pipe.raw(r#"{"op":"lookup","patient":"7","request_id":"1","now":77}"#),
        answer
    );
}

#[test]
fn advance_counts_and_names_the_next_deadline() {
    let mut pipe = Pipe::new();
    let idle = r#"{"expired":0,"drawn":0,"returned":0,"granted":0,"next_deadline":null}"#;
    assert_eq!(pipe.raw(r#"{"op":"advance"}"#), idle);
    let schedule = pipe.publish_with(3, json!({"hold_ttl_ms": 100}));
    pipe.hold(1, &schedule);
    pipe.at(10);
    pipe.hold(2, &schedule);
    assert_eq!(pipe.raw(r#"{"op":"advance"}"#), idle.replace("null", "100"));
    assert_eq!(
        pipe.raw(r#"{"op":"advance","now":109}"#),
        idle.replace("null", "110")
            .replace(r#""expired":0"#, r#""expired":1"#)
    );
    assert_eq!(
        pipe.raw(r#"{"op":"advance","now":110}"#),
        idle.replace(r#""expired":0"#, r#""expired":1"#)
    );
}

#[test]
fn availability_is_the_operators_view() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(5, json!({"opens_at": 10, "starts_at": STARTS_AT}));
    let line = format!(r#"{{"op":"availability","schedule":"{schedule}"}}"#);
    let unopened =
        r#"{"capacity":5,"free":5,"held":0,"booked":0,"cooling":0,"withdrawn":0,"visited":0}"#;
    assert_eq!(pipe.raw(&line), unopened);
    pipe.at(10);
    pipe.hold(1, &schedule);
    pipe.book(2, &schedule);
    let (_, visited) = pipe.book(3, &schedule);
    pipe.mark("check_in", &visited);
    let busy =
        r#"{"capacity":5,"free":2,"held":1,"booked":1,"cooling":0,"withdrawn":0,"visited":1}"#;
    assert_eq!(pipe.raw(&line), busy);
}

#[test]
fn audit_is_consistent() {
    let mut pipe = Pipe::new();
    assert_eq!(pipe.raw(r#"{"op":"audit"}"#), r#"{"consistent":true}"#);
    let schedule = pipe.publish(2);
    pipe.book(1, &schedule);
    assert_eq!(pipe.raw(r#"{"op":"audit"}"#), r#"{"consistent":true}"#);
}

#[test]
fn stats_count_by_outcome_and_by_refusal_code() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(1);
    let hold = pipe.hold(1, &schedule);
    pipe.ask(2, &schedule);
    pipe.ask(3, &schedule);
    pipe.release(3, &hold);
    pipe.confirm(1, &hold);
    let stats = pipe.say(json!({"op": "stats"}));
    assert_eq!(
        (&stats["requests"], &stats["held"], &stats["confirmed"]),
        (&json!(3), &json!(1), &json!(1)),
        "{stats}"
    );
    let refused: &Value = &stats["refused"];
    assert_eq!(
        (&refused["sold_out"], &refused["not_yours"]),
        (&json!(2), &json!(1)),
        "{stats}"
    );
}
