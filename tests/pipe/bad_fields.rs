//! Fields that are missing, `null`, or of another type: bad lines all.

use serde_json::{Value, json};

use super::bad_lines::{assert_bad, publish};
use super::support::Pipe;

#[test]
fn a_missing_field_is_a_bad_line() {
    let publish: Value = serde_json::from_str(&publish(json!({}))).expect("a line");
    let lines = [
        json!({"op": "request", "patient": 3, "schedule": "$S"}),
        json!({"op": "request_many", "requests": []}),
        json!({"op": "extend", "hold": "$H", "patient": 1, "ttl_ms": 5}),
        json!({"op": "confirm", "hold": "$H", "patient": 1}),
        json!({"op": "release", "hold": "$H", "patient": 1}),
        json!({"op": "cancel", "booking": "$B", "patient": 2}),
        json!({"op": "exchange", "booking": "$B", "patient": 2, "schedule": "$S"}),
        json!({"op": "check_in", "booking": "$B"}),
        json!({"op": "fulfil", "booking": "$B"}),
        json!({"op": "no_show", "booking": "$B"}),
        json!({"op": "withdraw", "schedule": "$S"}),
        json!({"op": "reinstate", "schedule": "$S"}),
        json!({"op": "add_slots", "schedule": "$S", "count": 1}),
        json!({"op": "ticket", "ticket": "T"}),
        json!({"op": "lookup", "patient": 1, "request_id": "r"}),
        json!({"op": "availability", "schedule": "$S"}),
        publish,
    ];
    for line in lines {
        let fields = line.as_object().expect("an object").clone();
        for field in fields.keys().filter(|field| *field != "now") {
            let mut less = fields.clone();
            less.remove(field);
            assert_bad(&Value::Object(less.clone()).to_string());
            less.insert(field.clone(), Value::Null);
            assert_bad(&Value::Object(less).to_string());
        }
    }
}

#[test]
fn null_is_never_a_way_to_leave_a_field_out() {
    for field in [
        "closes_at",
        "cancel_until",
        "hold_ttl_ms",
        "hold_cap_ms",
        "opening",
        "returns",
        "fee",
        "tags",
        "now",
    ] {
        assert_bad(&publish(json!({field: null})));
    }
    for field in [
        "account",
        "device",
        "network",
        "channel",
        "request_id",
        "schedules",
        "now",
    ] {
        assert_bad(&format!(
            r#"{{"op":"request","patient":3,"schedule":"$S","{field}":null}}"#
        ));
    }
    assert_bad(r#"{"op":"confirm","hold":"$H","patient":1,"payment":null}"#);
}

#[test]
fn integers_are_0_to_2_64_less_1_without_point_exponent_or_sign() {
    for number in [
        "-1",
        "-0",
        "1.0",
        "0.0",
        "1e3",
        "1E0",
        "18446744073709551616",
        "1e400",
        "01",
        "+1",
        "0x1",
        "NaN",
        "\"1\"",
        "true",
        "[1]",
        "{}",
    ] {
        assert_bad(&format!(r#"{{"op":"audit","now":{number}}}"#));
        assert_bad(&format!(
            r#"{{"op":"extend","hold":"$H","patient":1,"ttl_ms":{number}}}"#
        ));
        assert_bad(&publish(json!({"capacity": "?"})).replace("\"?\"", number));
    }
    let answer = Pipe::new().say(json!({"op": "advance", "now": u64::MAX}));
    assert_eq!(answer["expired"], 0, "{answer}");
}

#[test]
fn the_text_of_an_error_does_not_tell_the_number_that_it_is_about() {
    let expected = "expected a text, an integer from 0 to 2^64-1, a list or an object";
    for (number, kind) in [
        ("-110105194912310029", "negative integer"),
        (
            "11010519491231002.5",
            "number with a point or an exponent, or too large",
        ),
        (
            "1.10105194912310029e17",
            "number with a point or an exponent, or too large",
        ),
        (
            "110105194912310029110105194912310029",
            "number with a point or an exponent, or too large",
        ),
    ] {
        let line = format!(r#"{{"op":"request","patient":{number},"schedule":"S"}}"#);
        let answer = Pipe::new().raw(line);
        let told = format!("not one JSON object: invalid type: {kind}, {expected}, at byte ");
        assert!(answer.contains(&told), "{answer}");
        assert!(
            !answer.contains("1101") && !answer.contains("1.101"),
            "{answer}"
        );
    }
}

#[test]
fn identities_are_1_to_64_bytes_or_integers() {
    let (longest, too_long, too_wide) = ("x".repeat(64), "x".repeat(65), "号".repeat(22));
    for field in ["patient", "account", "device", "request_id", "channel"] {
        let line = |value: Value| {
            let mut line = json!({"op": "request", "patient": 3, "schedule": "$S", "now": 0});
            line[field] = value;
            line
        };
        for bad in [
            json!(""),
            json!(too_long),
            json!(too_wide),
            json!(1.5),
            json!(-1),
            json!(true),
            json!([]),
            json!({"id": 1}),
        ] {
            assert_bad(&line(bad).to_string());
        }
        let mut pipe = Pipe::new();
        let schedule = pipe.publish(5);
        for good in [
            json!(longest),
            json!("号".repeat(21)),
            json!(0),
            json!(u64::MAX),
            json!(" "),
            json!("\0"),
        ] {
            let mut line = line(good);
            line["schedule"] = json!(schedule);
            assert!(pipe.say(line.clone())["error"].is_null(), "{line}");
        }
    }
}

#[test]
fn a_value_of_another_type_is_a_bad_line() {
    for line in [
        r#"{"op":"request","patient":3,"schedule":1}"#,
        r#"{"op":"request","patient":3,"schedule":["$S"]}"#,
        r#"{"op":"request","patient":3,"schedules":"$S"}"#,
        r#"{"op":"request","patient":3,"schedules":["$S",1]}"#,
        r#"{"op":"request","patient":3,"schedules":[null]}"#,
        r#"{"op":"request","patient":3,"schedule":"$S","network":"localhost"}"#,
        r#"{"op":"request","patient":3,"schedule":"$S","network":"1.2.3"}"#,
        r#"{"op":"request","patient":3,"schedule":"$S","network":7}"#,
        r#"{"op":"request","patient":3,"schedule":"$S","network":""}"#,
        r#"{"op":"request","patient":3,"schedule":"$S","schedules":["$S"]}"#,
        r#"{"op":"release","hold":1,"patient":1}"#,
        r#"{"op":"cancel","booking":{},"patient":2}"#,
        r#"{"op":"ticket","ticket":1}"#,
        r#"{"op":"confirm","hold":"$H","patient":1,"payment":""}"#,
        r#"{"op":"confirm","hold":"$H","patient":1,"payment":1.5}"#,
    ] {
        assert_bad(line);
    }
    for (field, value) in [
        ("hospital", json!("1")),
        ("department", json!([])),
        ("practitioner", json!(-3)),
        ("day", json!(20261201)),
        ("session", json!(1)),
        ("capacity", json!("30")),
        ("opens_at", json!("100")),
        ("starts_at", json!(1.5)),
        ("closes_at", json!("200")),
        ("opening", json!("raffle")),
        ("opening", json!({})),
        ("opening", json!(["first_come"])),
        ("opening", json!({"lottery": 5})),
        ("opening", json!({"lottery": {}})),
        ("opening", json!({"lottery": {"window_ms": "1"}})),
        ("opening", json!({"first_come": {}})),
        ("returns", json!("later")),
        ("returns", json!({"draw": 1})),
        ("fee", json!(5000)),
        ("fee", json!({"amount": 1})),
        ("fee", json!({"amount": "1", "currency": "CNY"})),
        ("fee", json!({"amount": 1, "currency": 156})),
        ("tags", json!("x")),
        ("tags", json!([1])),
        ("tags", json!({"a": "b"})),
    ] {
        assert_bad(&publish(json!({field: value})));
    }
}
