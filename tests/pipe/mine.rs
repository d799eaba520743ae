//! What a patient has, in the words of each.

use serde_json::{Value, json};

use super::support::{Pipe, STARTS_AT, TTL, assert_error, text};

fn appointments(pipe: &mut Pipe, patient: u64) -> Value {
    let mut told = pipe.say(json!({"op": "appointments", "patient": patient}));
    told["appointments"].take()
}

#[test]
fn each_with_what_it_is_known_by() {
    let mut pipe = Pipe::with(json!({}));
    let later = pipe.publish_with(2, json!({"starts_at": STARTS_AT + 1}));
    let drawn = pipe.publish_with(1, json!({"opening": {"lottery": {"window_ms": 50}}}));
    assert_eq!(appointments(&mut pipe, 1), json!([]));
    let hold = pipe.hold(1, &later);
    let ticket = text(&pipe.ask(1, &drawn), "ticket");
    assert_eq!(
        appointments(&mut pipe, 1),
        json!([
            {"status": "waiting", "schedule": drawn, "ticket": ticket, "line": "draw", "due": 50, "position": null},
            {"status": "held", "schedule": later, "slot": 1, "hold": hold, "expires_at": TTL},
        ])
    );
    pipe.at(50);
    assert_eq!(appointments(&mut pipe, 1)[0]["status"], "held");
    let booking = text(&pipe.confirm(1, &hold), "booking");
    let mut booked = json!({"status": "booked", "schedule": later, "slot": 1, "booking": booking});
    assert_eq!(appointments(&mut pipe, 1)[1], booked);
    pipe.say(json!({"op": "check_in", "booking": booking}));
    booked["status"] = json!("arrived");
    assert_eq!(appointments(&mut pipe, 1)[1], booked);
    pipe.say(json!({"op": "fulfil", "booking": booking}));
    booked["status"] = json!("fulfilled");
    assert_eq!(appointments(&mut pipe, 1)[1], booked);
    let missed = pipe.book(2, &later).1;
    pipe.say(json!({"op": "no_show", "booking": missed}));
    assert_eq!(appointments(&mut pipe, 2)[0]["status"], "no_show");
    assert_eq!(appointments(&mut pipe, 3), json!([]));
}

#[test]
fn a_position_where_there_is_one() {
    let mut pipe = Pipe::with(json!({
        "behaviour": {"records": 64}, "slow_queue": {"turns": 1, "period_ms": 1_000},
    }));
    let schedule = pipe.publish(1);
    let mark = json!([{"label": "blocklisted", "points": 1_000, "until": 99_999}]);
    pipe.say(json!({"op": "import_labels", "devices": [{"id": "bot", "marks": mark}]}));
    let told =
        pipe.say(json!({"op": "request", "patient": 1, "schedule": schedule, "device": "bot"}));
    let mine = appointments(&mut pipe, 1);
    for field in ["ticket", "line", "due", "position"] {
        assert!(!told[field].is_null(), "{field} of {told}");
        assert_eq!(mine[0][field], told[field], "{field}");
    }
}

#[test]
fn a_patient_is_needed_and_the_switch() {
    let mut pipe = Pipe::with(json!({}));
    assert_error(&pipe.say(json!({"op": "appointments"})), "bad_line");
    let ask = json!({"op": "appointments", "patient": 1});
    assert_error(&Pipe::new().say(ask), "bad_line");
}
