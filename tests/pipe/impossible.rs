//! Lines that are well-formed and still not obeyed: what they ask is impossible, or not there yet.

use serde_json::json;

use super::bad_lines::{assert_bad, provoke, publish};
use super::support::assert_error;

#[test]
fn the_impossible_is_invalid_and_names_its_field() {
    let tags: Vec<String> = (0..65).map(|n| n.to_string()).collect();
    for (more, field) in [
        (json!({"capacity": 0}), "capacity"),
        (json!({"capacity": 65_536}), "capacity"),
        (json!({"capacity": 4_294_967_297_u64}), "capacity"),
        (json!({"capacity": u64::MAX}), "capacity"),
        (json!({"starts_at": 99}), "starts_at"),
        (json!({"closes_at": 99}), "closes_at"),
        (json!({"hold_ttl_ms": 0}), "hold_ttl_ms"),
        (json!({"hold_cap_ms": 0}), "hold_cap_ms"),
        (json!({"session": "dawn"}), "session"),
        (json!({"session": ""}), "session"),
        (json!({"session": "Morning"}), "session"),
        (json!({"day": "2026-02-29"}), "day"),
        (json!({"day": "tomorrow"}), "day"),
        (json!({"day": "2026-1-1"}), "day"),
        (
            json!({"fee": {"amount": 1, "currency": "yuan"}}),
            "currency",
        ),
        (json!({"tags": tags}), "tags"),
        (json!({"tags": ["x".repeat(257)]}), "tags"),
    ] {
        let answer = provoke(&publish(more.clone()));
        assert_error(&answer, "invalid");
        assert_eq!(answer["error"]["field"], field, "{more}");
    }
    let far = u64::MAX;
    for (line, field) in [
        (
            json!({"op": "extend", "hold": "$H", "patient": 1, "ttl_ms": 0, "now": far}),
            "ttl_ms",
        ),
        (
            json!({"op": "extend", "hold": "?", "patient": 1, "ttl_ms": 0, "now": far}),
            "ttl_ms",
        ),
        (
            json!({"op": "add_slots", "schedule": "$S", "count": 0, "now": far}),
            "count",
        ),
        (
            json!({"op": "add_slots", "schedule": "?", "count": 0, "now": far}),
            "count",
        ),
        (
            json!({"op": "add_slots", "schedule": "$S", "count": 65_533, "now": far}),
            "count",
        ),
        (
            json!({"op": "add_slots", "schedule": "$S", "count": u64::MAX, "now": far}),
            "count",
        ),
    ] {
        let answer = provoke(&line.to_string());
        assert_error(&answer, "invalid");
        assert_eq!(answer["error"]["field"], field, "{line}");
    }
}

#[test]
fn a_line_that_is_bad_and_impossible_is_bad() {
    assert_bad(&publish(json!({"capacity": 0, "x": 1})));
    assert_bad(&publish(
        json!({"opening": {"lottery": {"window_ms": 1}}, "x": 1}),
    ));
    assert_bad(r#"{"op":"extend","hold":"$H","patient":1,"ttl_ms":0,"x":1}"#);
}
