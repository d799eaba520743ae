//! Whoever is known as a script waits for a turn.

use serde_json::{Value, json};

use super::support::{Pipe, STARTS_AT, assert_refused, text};

/// Settings with a slow queue of one turn a second, the first after three.
pub(super) fn slow_queue() -> Value {
    json!({
        "behaviour": {"records": 4_096},
        "slow_queue": {"turns": 1, "period_ms": 1_000, "first_after_ms": 3_000},
    })
}

/// Says of these devices that they are scripts'.
pub(super) fn block(pipe: &mut Pipe, devices: &[&str]) {
    let marks = json!([{"label": "blocklisted", "points": 1_000, "until": STARTS_AT}]);
    let marked: Vec<Value> = devices
        .iter()
        .map(|id| json!({"id": id, "marks": marks}))
        .collect();
    let imported = pipe.say(json!({"op": "import_labels", "devices": marked}));
    assert_eq!(
        imported,
        json!({"taken": devices.len(), "expired": 0, "no_room": 0})
    );
}

fn ask(pipe: &mut Pipe, patient: u64, device: &str, schedule: &str) -> Value {
    pipe.say(json!({"op": "request", "patient": patient, "device": device, "schedule": schedule}))
}

#[test]
fn a_script_is_served_at_its_turn_and_people_at_once() {
    let mut pipe = Pipe::with(slow_queue());
    block(&mut pipe, &["bot", "bot 2"]);
    let schedule = pipe.publish(3);
    let first = ask(&mut pipe, 1, "bot", &schedule);
    let place = |ticket: &Value, due: u64, position: u64| {
        json!({
            "outcome": "waiting", "ticket": ticket, "line": "slow_queue", "schedule": schedule, "due": due, "position": position,
        })
    };
    assert_eq!(first, place(&first["ticket"], 3_000, 1));
    let second = ask(&mut pipe, 2, "bot 2", &schedule);
    assert_eq!(second, place(&second["ticket"], 4_000, 2));
    let third = ask(&mut pipe, 3, "bot", &schedule);
    assert_eq!(third["position"], 3);
    assert_eq!(ask(&mut pipe, 4, "phone", &schedule)["outcome"], "held");

    let (first, second) = (text(&first, "ticket"), text(&second, "ticket"));
    let third = text(&third, "ticket");
    assert_refused(
        &pipe.say(json!({"op": "leave", "ticket": second, "patient": 1})),
        "not_yours",
    );
    assert_eq!(
        pipe.say(json!({"op": "leave", "ticket": second, "patient": 2})),
        json!({"left": true})
    );
    assert_refused(&pipe.ticket(&second), "already_released");
    pipe.at(2_999);
    let waits = pipe.ticket(&third);
    assert_eq!(
        (&waits["due"], &waits["position"]),
        (&json!(4_000), &json!(2))
    );
    pipe.at(3_000);
    assert_eq!(pipe.ticket(&first)["outcome"], "held");
    assert_eq!(pipe.ticket(&third)["position"], 1);
    assert_eq!(pipe.advance()["granted"], 1);
    pipe.at(4_000);
    assert_eq!(pipe.ticket(&third)["slot"], 3);
    let stats = pipe.say(json!({"op": "stats"}));
    let queue = &stats["slow_queue"];
    let counts = (&queue["slow_queued"], &queue["granted"], &queue["waiting"]);
    assert_eq!(counts, (&json!(3), &json!(2), &json!(0)));
    assert_eq!(
        (&stats["left"], &stats["behaviour"]["listed"]),
        (&json!(1), &json!(2))
    );
}

#[test]
fn who_comes_through_a_trusted_channel_waits_for_nobody() {
    let mut settings = slow_queue();
    settings["trusted_channels"] = json!(["desk"]);
    let mut pipe = Pipe::with(settings);
    block(&mut pipe, &["bot"]);
    let schedule = pipe.publish(3);
    let line = |patient: u64, channel: &str| json!({"op": "request", "patient": patient, "device": "bot", "channel": channel, "schedule": schedule});
    assert_eq!(pipe.say(line(1, "desk"))["outcome"], "held");
    assert_eq!(pipe.say(line(2, "app"))["outcome"], "waiting");
}
