//! Slots that return by the draw, line by line.

use serde_json::json;

use crate::support::{Pipe, text};

#[test]
fn a_cancelled_slot_cools_and_returns_in_its_time() {
    let mut pipe = Pipe::new();
    let far = 30 * 86_400_000u64;
    let schedule = pipe.publish_with(1, json!({"returns": "draw", "starts_at": far}));
    let hold = text(&pipe.ask(1, &schedule), "hold");
    let booking = pipe.say(json!({"op": "confirm", "hold": hold, "patient": 1}));
    let booking = text(&booking, "booking");
    let cancelled = pipe.say(json!({"op": "cancel", "booking": booking, "patient": 1}));
    assert_eq!(cancelled, json!({"cancelled": true}));
    let cooling = pipe.say(json!({"op": "availability", "schedule": schedule}));
    assert_eq!(
        (&cooling["free"], &cooling["cooling"]),
        (&json!(0), &json!(1))
    );
    let refused = pipe.ask(2, &schedule);
    assert_eq!(
        (&refused["code"], &refused["retry_after_ms"]),
        (&json!("sold_out"), &json!(null))
    );
    let advanced = pipe.advance();
    assert_eq!(advanced["returned"], 0);
    let due = advanced["next_deadline"].as_u64().expect("it returns");
    pipe.at(due);
    let advanced = pipe.advance();
    assert_eq!(
        (&advanced["returned"], &advanced["next_deadline"]),
        (&json!(1), &json!(null))
    );
    assert_eq!(pipe.ask(2, &schedule)["outcome"], "held");
    assert_eq!(
        pipe.say(json!({"op": "audit"})),
        json!({"consistent": true})
    );
}
