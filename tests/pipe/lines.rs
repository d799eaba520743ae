//! What belongs to the lines rather than to a verb: their numbers, identities, ids that were never minted.

use serde_json::{Value, json};

use super::support::{Pipe, assert_refused, parse, text};

#[test]
fn lines_count_from_1_bad_and_blank_ones_too() {
    let mut pipe = Pipe::new();
    let mut number = |line: &str| parse(&pipe.raw(line))["error"]["line"].clone();
    assert_eq!(number("nonsense"), 1);
    assert_eq!(number(""), 2);
    assert_eq!(number(r#"{"op":"audit"}"#), Value::Null);
    assert_eq!(number(r#"{"op":"ticket","ticket":""}"#), Value::Null);
    assert_eq!(number(r#"{"op":"audit","x":0}"#), 5);
}

#[test]
fn errors_have_their_fields_in_order() {
    let mut pipe = Pipe::new();
    let bad = pipe.raw("{}");
    assert!(
        bad.starts_with(r#"{"error":{"code":"bad_line","message":""#)
            && bad.ends_with(r#"","line":1}}"#),
        "{bad}"
    );
    let invalid = pipe.raw(r#"{"op":"add_slots","schedule":"S","count":0}"#);
    assert!(
        invalid.starts_with(r#"{"error":{"code":"invalid","message":""#)
            && invalid.ends_with(r#"","field":"count"}}"#),
        "{invalid}"
    );
}

#[test]
fn refusals_have_their_fields_in_order() {
    let mut pipe = Pipe::new();
    let refused = pipe.raw(r#"{"op":"ticket","ticket":"T"}"#);
    let head = r#"{"outcome":"refused","code":"unknown_ticket","message":""#;
    assert!(
        refused.starts_with(head) && refused.ends_with(r#"","retry_after_ms":null}"#),
        "{refused}"
    );
}

#[test]
fn an_integer_identity_is_its_decimal_text() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(3);
    let mut ask = |patient: Value| {
        pipe.say(json!({"op": "request", "patient": patient, "schedule": schedule}))["outcome"]
            .clone()
    };
    assert_eq!(ask(json!(7)), "held");
    assert_eq!(ask(json!("7")), "refused");
    assert_eq!(ask(json!("07")), "held");
    assert_eq!(ask(json!("7 ")), "held");
}

#[test]
fn spaces_and_escapes_are_no_part_of_what_is_said() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(3);
    let line = format!(
        " {{ \"\\u006fp\" : \"request\" ,\t\"patient\":\"\\u0037\", \"schedule\" : \"{schedule}\" }} \r"
    );
    assert_eq!(parse(&pipe.raw(line))["outcome"], "held");
    assert_refused(&pipe.ask(7, &schedule), "already_holds");
}

#[test]
fn any_text_that_was_not_minted_is_an_unknown_id() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(30);
    let (hold, booking) = pipe.book(1, &schedule);
    let never = [
        "",
        "x",
        "S",
        "null",
        "S0000000000000000000000",
        "Sffffffffffffffff",
        "号",
        &"S".repeat(5_000),
        &hold,
        &booking,
    ];
    for id in never.into_iter().chain([
        format!("{schedule} ").as_str(),
        schedule.to_lowercase().as_str(),
    ]) {
        assert_refused(&pipe.ask(2, id), "unknown_schedule");
        assert_refused(&pipe.session("withdraw", id), "unknown_schedule");
        assert_refused(&pipe.session("reinstate", id), "unknown_schedule");
        assert_refused(&pipe.availability(id), "unknown_schedule");
        assert_refused(
            &pipe.say(json!({"op": "add_slots", "schedule": id, "count": 1})),
            "unknown_schedule",
        );
    }
    let (all, none) = ("f".repeat(32), "0".repeat(32));
    for id in [
        "",
        "x",
        "H",
        &format!("H{all}"),
        &format!("H{none}"),
        &schedule,
        &booking,
        &hold.to_lowercase(),
        &format!("{hold}0"),
    ] {
        assert_refused(&pipe.confirm(1, id), "unknown_hold");
        assert_refused(&pipe.release(1, id), "unknown_hold");
        assert_refused(&pipe.extend(1, id, 1), "unknown_hold");
    }
    for id in [
        "",
        "x",
        "B",
        &format!("B{all}"),
        &format!("B{none}"),
        &schedule,
        &hold,
        &booking.to_lowercase(),
        &format!(" {booking}"),
    ] {
        assert_refused(&pipe.cancel(1, id), "unknown_booking");
        assert_refused(&pipe.exchange(1, id, &schedule), "unknown_booking");
        for op in ["check_in", "fulfil", "no_show"] {
            assert_refused(&pipe.mark(op, id), "unknown_booking");
        }
    }
}

#[test]
fn an_id_with_a_digit_changed_is_unknown() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let (hold, booking) = pipe.book(1, &schedule);
    let swapped = |id: &str, at: usize| {
        let digit = if &id[at..=at] == "7" { "8" } else { "7" };
        format!("{}{digit}{}", &id[..at], &id[at + 1..])
    };
    for at in 1..hold.len() {
        assert_refused(&pipe.confirm(1, &swapped(&hold, at)), "unknown_hold");
        assert_refused(&pipe.cancel(1, &swapped(&booking, at)), "unknown_booking");
    }
    for at in 1..schedule.len() {
        assert_refused(&pipe.ask(2, &swapped(&schedule, at)), "unknown_schedule");
    }
}

#[test]
fn the_same_lines_get_the_same_answers() {
    let day = |pipe: &mut Pipe| {
        let schedule = pipe.publish(2);
        let (hold, booking) = pipe.book(1, &schedule);
        let answer = pipe.ask(2, &schedule);
        [schedule, hold, booking, text(&answer, "hold")]
    };
    assert_eq!(day(&mut Pipe::new()), day(&mut Pipe::new()));
}
