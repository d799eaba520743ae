//! Evidence, in so far as the crate has it.

use serde_json::json;

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
    for op in [
        "deliver_evidence",
        "close_evidence",
        "set_month_key",
        "forget_month",
        "evidence_stats",
    ] {
        assert_error(&pipe.say(json!({"op": op})), "not_supported");
    }
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
