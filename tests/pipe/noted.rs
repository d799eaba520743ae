//! Evidence, in so far as the crate has it.

use serde_json::{Value, json};

use super::support::*;

#[cfg(not(feature = "evidence"))]
#[test]
fn evidence_is_not_supported_where_the_crate_was_built_without_it() {
    let mut pipe = Pipe::new();
    let answer = pipe.say(engine(json!({"evidence": {"log": 1}})));
    assert_error(&answer, "not_supported");
    // Nothing was switched on.
    assert_error(&pipe.say(json!({"op": "leave"})), "bad_line");
    let mut pipe = Pipe::with(json!({}));
    for line in lines() {
        assert_error(&pipe.say(line), "not_supported");
    }
}

/// One of each verb about evidence, as it should be.
fn lines() -> [Value; 5] {
    [
        json!({"op": "deliver_evidence"}),
        json!({"op": "close_evidence"}),
        json!({"op": "set_month_key", "year": 2026, "month": 12, "key": "07".repeat(32)}),
        json!({"op": "forget_month", "year": 2026, "month": 12}),
        json!({"op": "evidence_stats"}),
    ]
}

#[test]
fn a_line_about_evidence_is_read_whether_the_crate_has_it_or_not() {
    let mut pipe = Pipe::with(json!({}));
    for line in lines() {
        let mut more = line.clone();
        more["bogus"] = json!(1);
        assert_error(&pipe.say(more), "bad_line");
        for (field, value) in line.as_object().expect("an object") {
            if field == "op" {
                continue;
            }
            let mut less = line.clone();
            less.as_object_mut().expect("an object").remove(field);
            assert_error(&pipe.say(less), "bad_line");
            let mut other = line.clone();
            other[field] = json!([value]);
            assert_error(&pipe.say(other), "bad_line");
            if field != "key" {
                let mut far = line.clone();
                far[field] = json!(13_000);
                let answer = pipe.say(far.clone());
                assert_error(&answer, "invalid");
                assert_eq!(answer["error"]["field"], *field, "{far}");
                far["bogus"] = json!(1);
                assert_error(&pipe.say(far), "bad_line");
            }
        }
    }
    let month = json!({"year": 2026, "month": 13, "key": "07".repeat(32)});
    let never = engine(json!({"evidence": {"log": 1, "months": [month]}}));
    let answer = Pipe::new().say(never);
    assert_eq!(
        answer["error"]["field"], "evidence.months.month",
        "{answer}"
    );
}

#[cfg(feature = "evidence")]
#[test]
fn evidence_is_told_in_blocks_that_verify() {
    use fairslot::evidence::verify;

    let key = "07".repeat(32);
    let mut pipe = Pipe::with(json!({
        "patient_limit": {"requests": 1, "period_ms": 1_000, "burst": 1, "cells": 64},
        "evidence": {
            "log": 9, "months": [{"year": 1970, "month": 1, "key": key}], "keep": ["denials", "grants"], "epoch_ms": 1_000,
            "epoch_records": 100, "lane_records": 100, "policy": "ab".repeat(32),
        },
    }));
    let schedules = [pipe.publish(1), pipe.publish(1)];
    assert_eq!(pipe.ask(1, &schedules[0])["outcome"], "held");
    assert_eq!(pipe.ask(1, &schedules[1])["code"], "rate_limited");
    let stats = pipe.say(json!({"op": "evidence_stats"}));
    assert_eq!(
        stats,
        json!({"epochs": 0, "records": 0, "waiting": 2, "lost": 0})
    );
    let told = pipe.say(json!({"op": "close_evidence"}));
    assert_eq!((&told["epochs"], &told["records"]), (&json!(1), &json!(2)));
    let blocks = told["blocks"].as_array().expect("a list");
    let digits: String = blocks.iter().filter_map(|it| it.as_str()).collect();
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16);
    let bytes: Vec<u8> = pairs.map(|pair| byte(pair).expect("digits")).collect();
    assert_eq!(verify(9, &bytes).map(|it| it.records).ok(), Some(2));
    assert!(verify(8, &bytes).is_err());
    let again = pipe.say(json!({"op": "deliver_evidence"}));
    assert_eq!(again["records"], 0);
    let month = |op: &str| json!({"op": op, "year": 1970, "month": 1});
    assert_eq!(pipe.say(month("forget_month")), json!({"forgotten": true}));
    assert_eq!(pipe.say(month("forget_month")), json!({"forgotten": false}));
    let mut set = month("set_month_key");
    set["key"] = json!(key);
    assert_eq!(pipe.say(set.clone()), json!({"done": true}));
    set["month"] = json!(13);
    assert_eq!(pipe.say(set)["error"]["field"], "month");
    let mut pipe = Pipe::new();
    let never = engine(json!({"evidence": {"log": 1, "epoch_ms": 0}}));
    assert_eq!(pipe.say(never)["error"]["field"], "evidence.epoch_ms");
}
