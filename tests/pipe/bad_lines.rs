//! Lines that are no line of a known verb: each gets one error, changes nothing, and the next line works.

use serde_json::{Value, json};

use super::support::{Pipe, assert_error, merge, parse, text};

/// Puts a schedule, a hold and a booking before the line (`$S`, `$H`, `$B` stand for them), says it with a time far ahead, and
/// asserts that it changed nothing, that time included.
pub(super) fn provoke(line: &str) -> Value {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(3);
    let hold = pipe.hold(1, &schedule);
    let (_, booking) = pipe.book(2, &schedule);
    let draw = pipe.publish_with(1, json!({"opening": {"lottery": {"window_ms": 1_000}}}));
    let ticket = text(&pipe.ask(3, &draw), "ticket");
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
    assert_eq!(pipe.ticket(&ticket)["outcome"], "waiting", "{line}");
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
