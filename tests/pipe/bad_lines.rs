//! Lines that are no line of a known verb: each gets one error, changes nothing, and the next line works.

use serde_json::{Value, json};

use super::support::{Pipe, assert_error, merge, parse};

/// Puts a schedule, a hold and a booking before the line (`$S`, `$H`, `$B` stand for them), says it with a time far ahead, and
/// asserts that it changed nothing, that time included.
pub(super) fn provoke(line: &str) -> Value {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(3);
    let hold = pipe.hold(1, &schedule);
    let (_, booking) = pipe.book(2, &schedule);
    let before = (
        pipe.raw(r#"{"op":"stats"}"#),
        pipe.availability(&schedule),
        pipe.raw(r#"{"op":"advance"}"#),
    );
    let answer = parse(
        &pipe.raw(
            line.replace("$S", &schedule)
                .replace("$H", &hold)
                .replace("$B", &booking),
        ),
    );
    let after = (
        pipe.raw(r#"{"op":"stats"}"#),
        pipe.availability(&schedule),
        pipe.raw(r#"{"op":"advance"}"#),
    );
    assert_eq!(before, after, "{line}");
    assert_eq!(pipe.confirm(1, &hold)["slot"], 1, "{line}");
    answer
}

/// A publish line with these fields besides or instead.
pub(super) fn publish(more: Value) -> String {
    let mut line = json!({
        "op": "publish", "hospital": 1, "department": 2, "practitioner": 3, "day": "2026-12-01", "session": "morning",
        "capacity": 30, "opens_at": 100, "starts_at": 200, "now": 999_999_999_999_u64,
    });
    merge(&mut line, more);
    line.to_string()
}

#[track_caller]
pub(super) fn assert_bad(line: &str) {
    let answer = provoke(line);
    assert_error(&answer, "bad_line");
    assert!(
        answer["error"]["line"].is_u64() && answer["error"]["field"].is_null(),
        "{line}: {answer}"
    );
}

#[test]
fn what_is_not_one_json_object_is_a_bad_line() {
    for line in [
        "",
        " ",
        "\t \r",
        "{",
        "}",
        "{}",
        "[]",
        "null",
        "true",
        "7",
        "\"audit\"",
        "audit",
        "[{\"op\":\"audit\"}]",
        "{\"op\":\"audit\"",
        "{\"op\":\"audit\"}}",
        "{\"op\":\"audit\"} x",
        "{\"op\":\"audit\"}{\"op\":\"audit\"}",
        "{\"op\":\"audit\",}",
        "{'op':'audit'}",
        "{op:\"audit\"}",
        "{\"op\" \"audit\"}",
        "{\"op\":\"audit\"}//",
        "\u{feff}{\"op\":\"audit\"}",
        "{\"op\":\"au\ndit\"}",
        "{\"op\":\"\\ud800\"}",
        "{\"op\":\"audit\\x\"}",
        "{\"op\":\"audit\"}\0",
        "\0",
    ] {
        assert_bad(line);
    }
}

#[test]
fn an_unknown_or_absent_op_is_a_bad_line() {
    for line in [
        r#"{"op":"book","now":1}"#,
        r#"{"op":"Audit"}"#,
        r#"{"op":""}"#,
        r#"{"op":"audit "}"#,
        r#"{"op":7}"#,
        r#"{"op":null}"#,
        r#"{"op":["audit"]}"#,
        r#"{"op":{"op":"audit"}}"#,
        r#"{"now":1}"#,
        r#"{"OP":"audit"}"#,
    ] {
        assert_bad(line);
    }
}

#[test]
fn an_unknown_field_is_a_bad_line() {
    for line in [
        r#"{"op":"audit","x":1}"#,
        r#"{"op":"audit","":1}"#,
        r#"{"op":"audit","Now":1}"#,
        r#"{"op":"stats","schedule":"$S"}"#,
        r#"{"op":"advance","max":10}"#,
        r#"{"op":"release","hold":"$H","patient":1,"payment":"R"}"#,
        r#"{"op":"extend","hold":"$H","patient":1,"ttl_ms":1,"ttl":1}"#,
        r#"{"op":"confirm","hold":"$H","patient":1,"booking":"$B"}"#,
        r#"{"op":"cancel","booking":"$B","patient":2,"reason":"x"}"#,
        r#"{"op":"check_in","booking":"$B","patient":2}"#,
        r#"{"op":"exchange","booking":"$B","patient":2,"schedule":"$S","request_id":"r"}"#,
        r#"{"op":"withdraw","schedule":"$S","reason":"ill"}"#,
        r#"{"op":"add_slots","schedule":"$S","count":1,"slots":1}"#,
        r#"{"op":"request","patient":3,"schedule":"$S","priority":1}"#,
        r#"{"op":"lookup","patient":1,"request_id":"r","schedule":"$S"}"#,
        r#"{"op":"availability","schedule":"$S","patient":1}"#,
        r#"{"op":"ticket","ticket":"T","patient":1}"#,
    ] {
        assert_bad(line);
    }
    assert_bad(&publish(json!({"id": 1})));
    assert_bad(&publish(
        json!({"fee": {"amount": 1, "currency": "CNY", "tax": 0}}),
    ));
    assert_bad(&publish(
        json!({"opening": {"lottery": {"window_ms": 1, "seed": 2}}}),
    ));
    assert_bad(&publish(
        json!({"opening": {"lottery": {"window_ms": 1}, "first_come": {}}}),
    ));
}

#[test]
fn a_field_given_twice_is_a_bad_line_at_every_depth() {
    for line in [
        r#"{"op":"audit","op":"audit"}"#,
        r#"{"op":"audit","now":1,"now":1}"#,
        r#"{"op":"audit","\u006fp":"audit"}"#,
        r#"{"op":"request","patient":3,"schedule":"$S","patient":3}"#,
        r#"{"op":"request_many","requests":[{"patient":3,"schedule":"$S","patient":4}]}"#,
        r#"{"op":"audit","x":{"a":1,"a":1}}"#,
        r#"{"op":"audit","x":[[{"a":[],"a":[]}]]}"#,
    ] {
        assert_bad(line);
    }
    assert_bad(&publish(json!({})).replace(
        "\"day\"",
        r#""fee":{"amount":1,"currency":"CNY","amount":1},"day""#,
    ));
}

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

#[test]
fn one_bad_request_of_many_makes_the_whole_line_bad() {
    let good = r#"{"patient":3,"schedule":"$S"}"#;
    for bad in [
        "{}",
        "null",
        "7",
        "[]",
        r#"{"patient":4}"#,
        r#"{"schedule":"$S"}"#,
        r#"{"patient":4,"schedule":"$S","now":1}"#,
        r#"{"op":"request","patient":4,"schedule":"$S"}"#,
        r#"{"patient":4,"schedule":"$S","x":1}"#,
        r#"{"patient":1.0,"schedule":"$S"}"#,
    ] {
        assert_bad(&format!(
            r#"{{"op":"request_many","requests":[{good},{bad}]}}"#
        ));
        assert_bad(&format!(
            r#"{{"op":"request_many","requests":[{bad},{good}]}}"#
        ));
    }
    assert_bad(&format!(r#"{{"op":"request_many","requests":{good}}}"#));
    assert_bad(&format!(
        r#"{{"op":"request_many","requests":[{good}],"schedule":"$S"}}"#
    ));
}

#[test]
fn deeply_nested_garbage_is_a_bad_line() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [100, 1_000, 100_000] {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            assert_bad(&format!(r#"{{"op":"audit","x":{open}1{close}}}"#));
            assert_bad(&open);
        }
    }
}

#[test]
fn a_line_of_1_mib_is_read_and_one_byte_more_is_bad() {
    let mut pipe = Pipe::new();
    let mut line = r#"{"op":"audit"}"#.to_owned();
    line.push_str(&" ".repeat((1 << 20) - line.len()));
    assert_eq!(pipe.raw(&line), r#"{"consistent":true}"#);
    line.push(' ');
    assert_error(&parse(&pipe.raw(&line)), "bad_line");
}

#[test]
fn a_line_of_invalid_utf_8_is_bad() {
    let mut pipe = Pipe::new();
    for line in [
        b"\xff".as_slice(),
        b"{\"op\":\"audit\xff\"}",
        b"{\"op\":\"ticket\",\"ticket\":\"\xc3\"}",
        b"{\"op\":\"audit\"}\xff",
    ] {
        assert_error(&parse(&pipe.raw(line)), "bad_line");
    }
}
