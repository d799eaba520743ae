//! Events, as they are told to who listens.

use fairslot::{PatientId, PaymentRef};
use serde_json::{Value, json};

use super::support::{Pipe, assert_refused, text};

fn events(pipe: &mut Pipe) -> Value {
    pipe.say(json!({"op": "events"}))
}

#[test]
fn every_transition_is_told_once_with_its_version() {
    let mut pipe = Pipe::with(json!({}));
    assert_refused(&events(&mut pipe), "wrong_state");
    assert_eq!(pipe.say(json!({"op": "observe"})), json!({"done": true}));
    let schedule = pipe.publish(2);
    let other = pipe.publish(1);
    let hold = pipe.hold(7, &schedule);
    pipe.extend(7, &hold, 50);
    let booked = pipe.say(json!({"op": "confirm", "hold": hold, "patient": 7, "payment": "R"}));
    let booking = text(&booked, "booking");
    let exchanged = text(&pipe.exchange(7, &booking, &other), "booking");
    pipe.mark("check_in", &exchanged);
    pipe.mark("fulfil", &exchanged);
    let released = pipe.hold(8, &schedule);
    pipe.release(8, &released);
    let (lost, cancelled) = pipe.book(9, &schedule);
    pipe.cancel(9, &cancelled);
    let (_, absent) = pipe.book(10, &schedule);
    pipe.mark("no_show", &absent);
    pipe.say(json!({"op": "add_slots", "schedule": schedule, "count": 3}));
    pipe.book(11, &schedule);
    pipe.session("withdraw", &schedule);
    pipe.session("reinstate", &schedule);
    let told = events(&mut pipe);
    assert_eq!(told["lost"], 0);
    let all = told["events"].as_array().expect("a list");
    let whats: Vec<&str> = all.iter().filter_map(|it| it["what"].as_str()).collect();
    let mut expected = vec![
        "published",
        "published",
        "held",
        "extended",
        "confirmed",
        "exchanged_in",
        "exchanged_out",
        "checked_in",
        "fulfilled",
        "held",
        "released",
        "held",
        "confirmed",
        "cancelled",
        "held",
        "confirmed",
        "no_show",
        "slots_added",
        "held",
        "confirmed",
    ];
    // The slots that nobody has visited.
    expected.extend(["withdrawn"; 4]);
    expected.push("session_withdrawn");
    expected.extend(["reinstated"; 4]);
    expected.push("session_reinstated");
    assert_eq!(whats, expected);
    let withdrawn = all.iter().filter(|it| it["what"] == "withdrawn");
    let booked: Vec<_> = withdrawn.map(|it| it["booked"].clone()).collect();
    assert_eq!(booked, [true, false, false, false]);
    let bits = |identity: u128| format!("{identity:032x}");
    let patient = bits(PatientId::from_text("7").to_u128());
    assert_eq!(
        all[2],
        json!({
            "what": "held", "at": 0, "schedule": schedule, "slot": 1, "version": 1, "patient": patient, "hold": hold, "expires_at": 900_000,
        })
    );
    let payment = bits(PaymentRef::from_text("R").to_u128());
    assert_eq!(
        (&all[4]["late"], &all[4]["payment"]),
        (&json!(false), &json!(payment))
    );
    assert_eq!(
        (&all[5]["from"], &all[5]["schedule"]),
        (&json!(booking), &json!(other))
    );
    assert_eq!(all[13]["hold"], lost);
    assert_eq!(
        (&all[0]["capacity"], &all[0]["slot"]),
        (&json!(2), &Value::Null)
    );
    assert_eq!(events(&mut pipe), json!({"events": [], "lost": 0}));
}

#[test]
fn lines_draws_returns_and_time_are_told() {
    let mut pipe = Pipe::with(json!({}));
    pipe.say(json!({"op": "observe", "capacity": 64}));
    let schedule = pipe.publish_with(
        1,
        json!({"opening": {"lottery": {"window_ms": 5}}, "hold_ttl_ms": 10, "returns": {"delay": {"ms": 3}}, "starts_at": 100}),
    );
    let tickets = [1, 2].map(|patient| text(&pipe.ask(patient, &schedule), "ticket"));
    pipe.say(json!({"op": "leave", "ticket": tickets[1], "patient": 2}));
    pipe.at(15);
    pipe.advance();
    pipe.at(18);
    pipe.advance();
    pipe.raw(json!({"op": "advance", "now": 100 + 7 * super::support::DAY}).to_string());
    let told = super::support::parse(&pipe.raw(r#"{"op":"events"}"#));
    let all = told["events"].as_array().expect("a list");
    let whats: Vec<&str> = all.iter().filter_map(|it| it["what"].as_str()).collect();
    let expected = [
        "published",
        "entered",
        "entered",
        "left",
        "held",
        "drawn",
        "expired",
        "returned",
        "retired",
    ];
    assert_eq!(whats, expected);
    assert_eq!(
        (&all[1]["ticket"], &all[3]["ticket"]),
        (&json!(tickets[0]), &json!(tickets[1]))
    );
    assert_eq!(
        (&all[5]["entries"], &all[5]["places"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn what_there_is_no_room_for_is_counted() {
    let mut pipe = Pipe::with(json!({}));
    pipe.say(json!({"op": "observe", "capacity": 1}));
    for _ in 0..3 {
        pipe.publish(1);
    }
    let told = events(&mut pipe);
    assert_eq!(
        (told["events"].as_array().map(Vec::len), &told["lost"]),
        (Some(1), &json!(2))
    );
    // A new listener begins anew.
    pipe.say(json!({"op": "observe"}));
    assert_eq!(events(&mut pipe), json!({"events": [], "lost": 0}));
}
