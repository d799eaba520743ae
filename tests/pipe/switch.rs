//! The verb that switches all words on, and what its settings do.

use serde_json::{Value, json};

use super::support::{DAY, Pipe, assert_error, assert_refused, engine, parse, text};

#[test]
fn it_comes_once_and_before_anything_is_published() {
    let mut pipe = Pipe::new();
    pipe.publish(1);
    assert_refused(&pipe.say(engine(json!({}))), "wrong_state");
    let unknown = pipe.raw(r#"{"op":"leave"}"#);
    assert!(unknown.contains("there is no op leave"), "{unknown}");

    let mut pipe = Pipe::with(json!({}));
    assert_refused(
        &pipe.say(engine(json!({"live_holds_max": 9}))),
        "wrong_state",
    );
    let schedules: Vec<String> = (0..4).map(|_| pipe.publish(1)).collect();
    let held = schedules
        .iter()
        .filter(|it| pipe.ask(1, it)["outcome"] == "held");
    // The builder's default, not what was refused.
    assert_eq!(held.count(), 3);
    let refused = pipe.ask(1, &schedules[3]);
    assert_eq!(
        (&refused["code"], &refused["rule"]),
        (&json!("rule"), &json!("live_holds"))
    );
}

#[test]
fn it_keeps_the_time_and_may_move_it() {
    let mut pipe = Pipe::new();
    pipe.at(1_000);
    assert_eq!(
        pipe.say(engine(json!({"now": 5_000}))),
        json!({"done": true})
    );
    let schedule = pipe.publish(1);
    assert_eq!(pipe.ask(1, &schedule)["expires_at"], 905_000);
}

#[test]
fn the_impossible_is_invalid_and_names_its_setting() {
    let limit = |more: Value| {
        let mut limit = json!({"requests": 1, "period_ms": 1_000, "burst": 1});
        super::support::merge(&mut limit, more);
        json!({"patient_limit": limit})
    };
    let step = |more: Value| {
        let mut step = json!({"key": "05".repeat(32), "bits": 16});
        super::support::merge(&mut step, more);
        json!({"step_up": step})
    };
    let far = 1_u64 << 32;
    for (settings, field) in [
        (json!({"live_holds_max": 0}), "live_holds_max"),
        (json!({"live_holds_max": far}), "live_holds_max"),
        (json!({"book_lines_max": 10}), "book_lines_max"),
        (json!({"records_max": 0}), "records_max"),
        (json!({"schedules_max": 0}), "schedules_max"),
        (json!({"expected_lines": 0}), "expected_lines"),
        (json!({"draw_entries_max": 0}), "draw_entries_max"),
        (json!({"waits_max": 0}), "waits_max"),
        (json!({"retire_after_ms": 5}), "retire_after_ms"),
        (limit(json!({"requests": 0})), "patient_limit.requests"),
        (limit(json!({"burst": far})), "patient_limit.burst"),
        (limit(json!({"penalty": 9})), "patient_limit.penalty"),
        (json!({"behaviour": {"records": 1}}), "behaviour.records"),
        (
            json!({"behaviour": {"card": {"slow_at": 0}}}),
            "behaviour.card.slow_at",
        ),
        (
            json!({"behaviour": {"card": {"slow_at": 70_000}}}),
            "behaviour.card.slow_at",
        ),
        (
            json!({"behaviour": {"card": {"rate": {"from": 99_000}}}}),
            "behaviour.card.rate.from",
        ),
        (
            json!({"behaviour": {"card": {"rate": {"from": far}}}}),
            "behaviour.card.rate.from",
        ),
        (
            json!({"slow_queue": {"turns": 1, "period_ms": 1}}),
            "slow_queue",
        ),
        (
            json!({"behaviour": {"records": 8}, "slow_queue": {"turns": 0, "period_ms": 1}}),
            "slow_queue.turns",
        ),
        (json!({"waitlist": {"capacity": 0}}), "waitlist.capacity"),
        (
            json!({"waitlist": {"returns": {"interval_ms": 1}}}),
            "waitlist.returns.interval_ms",
        ),
        (
            json!({"cancel_quota": {"people": 1}}),
            "cancel_quota.people",
        ),
        (
            json!({"cancel_quota": {"people": far}}),
            "cancel_quota.people",
        ),
        (
            json!({"returns_through": [{"channel": 1, "returns": {"delay": {"ms": 0}}}]}),
            "returns_through.returns.delay.ms",
        ),
        (step(json!({"bits": 15})), "step_up.bits"),
        (step(json!({"bits": 256})), "step_up.bits"),
        (
            step(json!({"steps": [500, 400, 600, 700]})),
            "step_up.steps",
        ),
        (step(json!({"hot": 0})), "step_up.hot"),
    ] {
        let mut pipe = Pipe::new();
        let answer = pipe.say(engine(settings.clone()));
        assert_error(&answer, "invalid");
        assert_eq!(answer["error"]["field"], field, "{settings}: {answer}");
        let message = answer["error"]["message"].as_str().expect("a text");
        assert!(message.starts_with(&format!("{field} is ")), "{answer}");
    }
    let answer = Pipe::new().say(engine(json!({"retire_after_ms": 1})));
    let told = "retire_after_ms is 1; it must be at least 86,400,000 (24 hours), or \"never\"";
    assert_eq!(answer["error"]["message"], told);
}

#[test]
fn what_is_not_well_formed_is_a_bad_line_whatever_else_it_is() {
    for settings in [
        json!({"live_holds": 3}),
        json!({"live_holds_max": "3"}),
        json!({"retire_after_ms": "soon"}),
        json!({"patient_limit": {"requests": 1, "period_ms": 1}}),
        json!({"patient_limit": {"requests": 1, "period_ms": 1, "burst": 1, "x": 1}}),
        json!({"behaviour": {"card": {"rate": {"form": 1}}}}),
        json!({"waitlist": {"returns": {"interval": 1}}}),
        json!({"cancel_quota": {"days": 1}}),
        json!({"trusted_channels": "desk"}),
        json!({"returns_through": [{"returns": "never"}]}),
        json!({"returns_through": [{"channel": 1}]}),
        json!({"evidence": 7}),
        json!({"evidence": {}}),
        json!({"evidence": {"log": 1, "x": 1}}),
        json!({"evidence": {"log": 1, "keep": ["denails"]}}),
        json!({"evidence": {"log": 1, "keep": ["denials", 1]}}),
        json!({"returns_through": [{"channel": 1, "returns": "later"}]}),
        json!({"step_up": {"key": "05", "bits": 16}}),
        json!({"step_up": {"key": "05".repeat(32), "bits": 16, "steps": [1, 2, 3]}}),
        json!({"live_holds_max": 1_u64 << 40, "x": 1}),
        json!({"patient_limit": {"requests": 1, "period_ms": 1, "burst": 1_u64 << 40, "x": 1}}),
        json!({"patient_limit": {"requests": 1, "period_ms": 1, "burst": 1_u64 << 40}, "x": 1}),
    ] {
        let mut pipe = Pipe::new();
        assert_error(&pipe.say(engine(settings)), "bad_line");
    }
}

#[test]
fn every_number_and_every_object_is_taken() {
    let limit = json!({"requests": 9, "period_ms": 1_000, "burst": 9, "cells": 64, "penalty": 1});
    let share = json!({"least": 1, "above": 1, "points": 1});
    let ramp = json!({"from": 1, "to": 2, "points": 1});
    let card = json!({
        "version": 2, "early_ms": 1, "early": 1, "rate": ramp, "trusted_rate": ramp, "metronome_gaps": 2, "metronome_cv": 1, "metronome": 1,
        "fan_out_patients": ramp, "devices_max": 1, "fan_out_devices": 1, "doctors_max": 1, "fan_out_doctors": 1, "sold_out_retries": 1,
        "sold_out_hammer": 1, "hold_drop": share, "cancel_ratio": share, "handoff_pair": 1, "slow_at": 2,
    });
    let returns = json!({"interval_ms": 600_000, "quiet_ms": 1, "near_ms": 1, "near_interval_ms": 2, "at_once_ms": 1});
    let mut pipe = Pipe::with(json!({
        "seed": 7, "live_holds_max": 1, "book_lines_max": 2_000, "records_max": 5_000, "schedules_max": 500, "expected_lines": 300,
        "draw_entries_max": 50, "draw_entries_kept": 60, "waits_max": 64, "retire_after_ms": "never",
        "patient_limit": limit, "account_limit": limit, "device_limit": limit, "network_limit": limit,
        "behaviour": {"records": 64, "sample": 1, "listed_max": 5, "card": card},
        "slow_queue": {"turns": 1, "period_ms": 1, "capacity": 10, "first_after_ms": 1, "wait_max_ms": 10},
        "waitlist": {"capacity": 5, "cluster_cap": 1, "offer_ms": 5, "returns": returns},
        "cancel_quota": {"window_days": 1, "weight_ppm": 1, "rest_days": 1, "people": 8},
        "trusted_channels": ["desk", 7],
        "returns_through": [{"channel": "desk", "returns": {"delay": {"ms": 5}}}, {"channel": "app", "returns": "draw"}],
        "step_up": {"key": "05".repeat(32), "bits": 20, "steps": [1, 2, 3, 4], "hot": 1, "everybody_from": 0},
    }));
    let stats = pipe.say(json!({"op": "stats"}));
    let keys: Vec<&Value> = stats["limits"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["key"])
        .collect();
    assert_eq!(keys, ["patient", "account", "device", "network"]);
    assert_eq!(stats["limits"][0]["cells"], 64);
    assert_eq!(stats["behaviour"]["records"], 128);
    assert_eq!(stats["slow_queue"]["waiting"], 0);
    let schedule = pipe.publish(1);
    let verdict = pipe.say(json!({"op": "verdict", "patient": 1, "schedule": schedule}));
    assert_eq!(verdict["policy_version"], 2);
}

#[test]
fn a_limit_refuses_who_asks_too_often_and_says_when_to_come_back() {
    let limit = json!({"requests": 1, "period_ms": 1_000, "burst": 1, "cells": 64});
    for (kind, key) in [
        ("patient_limit", "patient"),
        ("account_limit", "account"),
        ("device_limit", "device"),
    ] {
        let mut pipe = Pipe::with(json!({kind: limit}));
        let schedules = [pipe.publish(9), pipe.publish(9)];
        let mut ask = |schedule: usize| {
            let mut line = json!({"op": "request", "patient": 1, "schedule": schedules[schedule]});
            line[key] = json!(1);
            pipe.say(line)
        };
        assert_eq!(ask(0)["outcome"], "held");
        let refused = ask(1);
        let told = (&refused["code"], &refused["retry_after_ms"]);
        assert_eq!(told, (&json!("rate_limited"), &json!(1_000)), "{kind}");
    }
    let mut pipe = Pipe::with(json!({"network_limit": limit}));
    let schedule = pipe.publish(9);
    let mut ask = |patient: u64, network: &str| {
        pipe.say(
            json!({"op": "request", "patient": patient, "schedule": schedule, "network": network}),
        )["outcome"]
            .clone()
    };
    let said = [
        ask(1, "192.0.2.1"),
        ask(2, "192.0.2.2"),
        ask(3, "192.0.3.1"),
    ];
    assert_eq!(said, ["held", "refused", "held"]);
}

#[test]
fn a_past_schedule_is_retired_in_its_time_or_never() {
    for (settings, code) in [
        (json!({}), "unknown_schedule"),
        (json!({"retire_after_ms": 8 * DAY}), ""),
        (json!({"retire_after_ms": "never"}), ""),
    ] {
        let mut pipe = Pipe::with(settings);
        let schedule = pipe.publish_with(1, json!({"starts_at": 10}));
        pipe.raw(json!({"op": "advance", "now": 10 + 7 * DAY}).to_string());
        let told =
            parse(&pipe.raw(json!({"op": "availability", "schedule": schedule}).to_string()));
        assert_eq!(told["code"].as_str().unwrap_or_default(), code, "{told}");
    }
}

#[test]
fn another_seed_draws_another_way() {
    let winners = |settings: Value| {
        let mut pipe = Pipe::with(settings);
        let schedule = pipe.publish_with(8, json!({"opening": {"lottery": {"window_ms": 5}}}));
        let tickets: Vec<String> = (0..16)
            .map(|it| text(&pipe.ask(it, &schedule), "ticket"))
            .collect();
        pipe.at(5);
        let won = tickets
            .iter()
            .map(|it| pipe.ticket(it)["outcome"] == "held");
        won.collect::<Vec<_>>()
    };
    assert_eq!(winners(json!({})), winners(json!({"seed": 0})));
    assert_ne!(winners(json!({"seed": 1})), winners(json!({"seed": 0})));
}
