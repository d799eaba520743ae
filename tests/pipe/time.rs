//! The clock in the caller's hand.

use serde_json::{Value, json};

use super::support::{Pipe, TTL, assert_error, assert_refused, parse, text};

#[test]
fn the_clock_stands_at_0_before_the_first_time() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(1);
    assert_eq!(pipe.ask(1, &schedule)["expires_at"], TTL);
}

#[test]
fn a_line_without_a_time_is_answered_at_the_last_one() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    pipe.at(1_000);
    assert_eq!(pipe.ask(1, &schedule)["expires_at"], 1_000 + TTL);
}

#[test]
fn a_time_that_steps_back_is_taken_as_the_highest_so_far() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"hold_ttl_ms": 100}));
    let hold = pipe.hold(1, &schedule);
    pipe.at(100);
    let late = pipe.say(json!({"op": "release", "hold": hold, "patient": 1, "now": 99}));
    assert_refused(&late, "hold_expired");
    let answer = pipe.say(json!({"op": "request", "patient": 2, "schedule": schedule, "now": 0}));
    assert_eq!(answer["expires_at"], 200);
}

#[test]
fn a_refused_line_moves_the_time() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"hold_ttl_ms": 100}));
    for (now, line) in [
        (10, json!({"op": "request", "patient": 1, "schedule": "?"})),
        (20, json!({"op": "ticket", "ticket": "T"})),
        (30, json!({"op": "withdraw", "schedule": "?"})),
        (40, json!({"op": "lookup", "patient": 1, "request_id": "?"})),
        (50, json!({"op": "confirm", "hold": "?", "patient": 1})),
        (
            60,
            json!({"op": "exchange", "booking": "?", "patient": 1, "schedule": schedule}),
        ),
        (70, json!({"op": "availability", "schedule": "?"})),
    ] {
        let mut line = line;
        line["now"] = json!(now);
        assert_eq!(pipe.say(line)["outcome"], "refused");
        let answer = pipe.ask(1, &schedule);
        assert_eq!(answer["expires_at"], now + 100, "{answer}");
        pipe.release(1, &text(&answer, "hold"));
    }
}

#[test]
fn a_line_answered_with_error_moves_no_time() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(9);
    let valid = json!({
        "op": "publish", "hospital": 1, "department": 2, "practitioner": 3, "day": "2026-12-01", "session": "morning",
        "capacity": 1, "opens_at": 0, "starts_at": 10, "now": 5_000,
    });
    let with = |field: &str, value: Value| {
        let mut line = valid.clone();
        line[field] = value;
        line
    };
    for line in [
        json!({"op": "audit", "now": 5_000, "x": 1}),
        json!({"op": "nothing", "now": 5_000}),
        json!({"op": "extend", "hold": "?", "patient": 1, "ttl_ms": 0, "now": 5_000}),
        json!({"op": "add_slots", "schedule": schedule, "count": 65_530, "now": 5_000}),
        json!({"op": "request_many", "requests": [{}], "now": 5_000}),
        with("capacity", json!(0)),
        with("opens_at", json!(11)),
        with("hold_ttl_ms", json!(0)),
        with("day", json!("never")),
        with("opening", json!({"lottery": {"window_ms": 0}})),
    ] {
        assert!(pipe.say(line.clone())["error"].is_object(), "{line}");
        let answer = pipe.ask(1, &schedule);
        assert_eq!(answer["expires_at"], TTL, "{line}");
        pipe.release(1, &text(&answer, "hold"));
    }
}

#[test]
fn the_highest_time_there_is_is_a_time() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(
        2,
        json!({"starts_at": u64::MAX, "closes_at": u64::MAX, "opens_at": 0}),
    );
    pipe.at(u64::MAX - 1);
    let answer = pipe.ask(1, &schedule);
    assert_eq!(answer["expires_at"], u64::MAX);
    pipe.at(u64::MAX);
    assert_eq!(pipe.ask(2, &schedule)["code"], "closed");
    pipe.advance();
}

#[test]
fn an_error_does_not_forget_the_time_before_it() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(1);
    pipe.at(700);
    assert_error(
        &parse(&pipe.raw(r#"{"op":"audit","now":9,"now":9}"#)),
        "bad_line",
    );
    assert_error(
        &pipe.say(json!({"op": "add_slots", "schedule": schedule, "count": 0, "now": 3})),
        "invalid",
    );
    assert_eq!(pipe.ask(1, &schedule)["expires_at"], 700 + TTL);
}
