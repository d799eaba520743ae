//! Random lines in all words: the books add up, the same lines get the same answers, and whatever value stands in the place of another, one object goes out.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::random::{Ids, LINES, Step, steps_of};
use super::support::{Pipe, engine, parse};

/// Lines in the words beyond the contract, with the same marks, and `$T` for a ticket.
const BEYOND: [&str; 33] = [
    r#"{"op":"publish","hospital":1,"department":2,"practitioner":4,"day":"2026-12-01","session":"evening","capacity":2,"opens_at":$N,"starts_at":9000,"returns":"draw","hold_ttl_ms":100}"#,
    r#"{"op":"publish","hospital":1,"department":2,"practitioner":4,"day":"2026-12-01","session":"evening","capacity":2,"opens_at":$N,"starts_at":9000,"returns":{"delay":{"ms":50}},"opening":{"lottery":{"window_ms":60,"cluster_cap":1}},"allotments":[{"group":1,"slots":1}]}"#,
    r#"{"op":"publish","hospital":1,"department":2,"practitioner":5,"day":"2026-12-01","session":"evening","capacity":1,"opens_at":1$N,"starts_at":19000,"returns":"draw","opening":{"lottery":{"window_ms":60,"together":1$N,"entry_before_ms":9}}}"#,
    r#"{"op":"publish","hospital":1,"department":2,"practitioner":5,"day":"2026-12-01","session":"evening","capacity":1,"opens_at":$N,"starts_at":9000,"returns":"never","opening":{"lottery":{"adaptive":{"min_ms":10,"quiet_ms":4,"max_ms":90}}}}"#,
    r#"{"op":"request","patient":$P,"schedule":"$S","waitlist":true,"groups":[1,2],"now":$N}"#,
    r#"{"op":"request","patient":$P,"schedules":["$S","$S"],"waitlist":true,"device":"phone $P"}"#,
    r#"{"op":"request","patient":$P,"schedule":"$S","device":"bot","waitlist":false,"now":$N}"#,
    r#"{"op":"request","patient":$P,"schedule":"$S","answer":{"token":{"schedule":"$S","expires_at":1$N,"difficulty":16,"seal":"00000000000000000000000000000000"},"number":7}}"#,
    r#"{"op":"request_many","requests":[{"patient":$P,"schedule":"$S","waitlist":true},{"patient":9,"schedule":"$S","groups":[16]}]}"#,
    r#"{"op":"cancel","booking":"$B","patient":$P,"channel":"desk"}"#,
    r#"{"op":"ticket","ticket":"$T"}"#,
    r#"{"op":"leave","ticket":"$T","patient":$P}"#,
    r#"{"op":"appointments","patient":$P,"now":$N}"#,
    r#"{"op":"pause","ticket":"$T"}"#,
    r#"{"op":"resume","ticket":"$T"}"#,
    r#"{"op":"wait_together","tickets":["$T","$T"]}"#,
    r#"{"op":"schedule","schedule":"$S"}"#,
    r#"{"op":"draw_id","schedule":"$S"}"#,
    r#"{"op":"drawn_together","schedule":"$S"}"#,
    r#"{"op":"commitment","schedule":"$S"}"#,
    r#"{"op":"fix_beacon","schedule":"$S","beacon":{"round":{"source":"b","round":1,"available_at":99999}}}"#,
    r#"{"op":"reveal","schedule":"$S","value":{"round":"0000000000000000000000000000000000000000000000000000000000000000"}}"#,
    r#"{"op":"closing","schedule":"$S"}"#,
    r#"{"op":"transcript","schedule":"$S"}"#,
    r#"{"op":"receipt","ticket":"$T"}"#,
    r#"{"op":"proof","ticket":"$T"}"#,
    r#"{"op":"verdict","patient":$P,"schedule":"$S","device":"bot","language":"chinese"}"#,
    r#"{"op":"import_labels","devices":[{"id":"bot","marks":[{"label":"blocklisted","points":900,"until":9999}]}]}"#,
    r#"{"op":"export_labels","devices":["bot","phone $P"],"accounts":["a"]}"#,
    r#"{"op":"observe","capacity":8}"#,
    r#"{"op":"events"}"#,
    r#"{"op":"advance","now":$N}"#,
    r#"{"op":"stats"}"#,
];

fn settings() -> Value {
    json!({
        "behaviour": {"records": 64}, "slow_queue": {"turns": 1, "period_ms": 20, "capacity": 3, "first_after_ms": 30, "wait_max_ms": 300},
        "waitlist": {"capacity": 3, "returns": {"interval_ms": 40, "quiet_ms": 5, "near_interval_ms": 9, "near_ms": 100, "at_once_ms": 9}},
        "cancel_quota": {"people": 8}, "patient_limit": {"requests": 1, "period_ms": 5, "burst": 3, "cells": 64},
        "step_up": {"key": "05".repeat(32), "bits": 16, "everybody_from": 3},
        "returns_through": [{"channel": "desk", "returns": "at_once"}], "retire_after_ms": "never",
    })
}

fn pipe() -> Pipe {
    Pipe::with(settings())
}

fn line_of(step: &Step) -> &'static str {
    LINES.iter().chain(&BEYOND).nth(step.line).expect("a line")
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    steps_of(LINES.len() + BEYOND.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_add_up_after_every_line_and_the_same_is_answered_again(steps in steps()) {
        let (mut one, mut other) = (pipe(), pipe());
        let (mut ids, mut now) = (Ids::default(), 0);
        for step in &steps {
            now += step.passed;
            let line = ids.fill(line_of(step), step, now);
            let answer = one.say(serde_json::from_str(&line).expect("a line"));
            prop_assert_ne!(&answer["error"]["code"], "bad_line", "{}: {}", line, answer);
            prop_assert_eq!(parse(&other.raw(&line)), answer.clone(), "{}", line);
            ids.note(&answer);
            // A look does what is due by now, which a refusal may leave to whoever comes next. That done, whatever else is looked at
            // changes nothing.
            if let Some(schedule) = one.schedules.first() {
                other.availability(schedule);
            }
        }
    }

    #[test]
    fn a_value_in_the_place_of_another_gets_one_object(
        steps in steps(),
        others in prop::collection::vec((any::<prop::sample::Index>(), 0..OTHERS.len()), 80),
    ) {
        let (mut pipe, mut ids, mut now) = (pipe(), Ids::default(), 0);
        for (step, (at, other)) in steps.iter().zip(&others) {
            now += step.passed;
            let whole = ids.fill(line_of(step), step, now);
            let other: Value = serde_json::from_str(OTHERS[*other]).expect("a value");
            let spoilt = spoilt(&whole, *at, &other);
            ids.note(&parse(&pipe.raw(&spoilt)));
            ids.note(&parse(&pipe.raw(&whole)));
            // The same with the switch itself.
            let switch = engine(settings()).to_string();
            parse(&Pipe::new().raw(self::spoilt(&switch, *at, &other)));
        }
        prop_assert_eq!(pipe.raw(r#"{"op":"audit"}"#), r#"{"consistent":true}"#);
    }
}

/// Values of every kind.
const OTHERS: [&str; 12] = [
    "null",
    "true",
    "0",
    "17",
    "300",
    "18446744073709551615",
    "\"none\"",
    "\"x\"",
    "[]",
    "{}",
    "[{}]",
    "{\"ms\":1}",
];

/// The line with one of its values, at whatever depth, exchanged for another.
fn spoilt(line: &str, at: prop::sample::Index, other: &Value) -> String {
    let mut line: Value = serde_json::from_str(line).expect("a line");
    let is_observe = line["op"] == "observe";
    let mut nth = at.index(count(&line) - 1);
    exchange(&mut line, &mut nth, other);
    if is_observe && line["capacity"] == u64::MAX {
        // Rings of 2^24 events are allowed, and take their time.
        line["capacity"] = 1.into();
    }
    line.to_string()
}

fn inner(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(list) => list.iter().collect(),
        _ => Vec::new(),
    }
}

/// How many values there are, itself among them.
fn count(value: &Value) -> usize {
    1 + inner(value).into_iter().map(count).sum::<usize>()
}

/// Exchanges the n-th of the values in this one, and says whether it was there.
fn exchange(value: &mut Value, nth: &mut usize, other: &Value) -> bool {
    let inner: Vec<&mut Value> = match value {
        Value::Object(fields) => fields.values_mut().collect(),
        Value::Array(list) => list.iter_mut().collect(),
        _ => Vec::new(),
    };
    for one in inner {
        if *nth == 0 {
            *one = other.clone();
            return true;
        }
        *nth -= 1;
        if exchange(one, nth, other) {
            return true;
        }
    }
    false
}
