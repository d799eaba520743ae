//! Who would rather wait than be told sold out: places on a waitlist, pauses, families, and how slots return to them.

use serde_json::{Value, json};

use super::support::{DAY, Pipe, assert_refused, text};

const FAR: u64 = 30 * DAY;

/// Two slots, both booked, that return by the draw: their bookings, by patients 1 and 2.
fn sold_out(pipe: &mut Pipe) -> (String, [String; 2]) {
    let schedule = pipe.publish_with(2, json!({"returns": "draw", "starts_at": FAR}));
    let bookings = [1, 2].map(|patient| pipe.book(patient, &schedule).1);
    (schedule, bookings)
}

fn wait(pipe: &mut Pipe, patient: u64, schedule: &str) -> String {
    let told = pipe
        .say(json!({"op": "request", "patient": patient, "schedule": schedule, "waitlist": true}));
    assert_eq!(
        (&told["line"], &told["schedule"]),
        (&json!("waitlist"), &json!(schedule))
    );
    assert!(told["due"].is_u64(), "{told}");
    text(&told, "ticket")
}

/// Lets time come to what is due next, and says how many slots returned.
fn return_slots(pipe: &mut Pipe) -> Value {
    let due = pipe.advance()["next_deadline"]
        .as_u64()
        .expect("something is due");
    pipe.at(due);
    pipe.advance()["returned"].clone()
}

#[test]
fn a_place_is_asked_for_and_given_by_true_alone() {
    let mut pipe = Pipe::with(json!({}));
    let (schedule, _) = sold_out(&mut pipe);
    assert_refused(&pipe.ask(3, &schedule), "sold_out");
    let not = json!({"op": "request", "patient": 3, "schedule": schedule, "waitlist": false});
    assert_refused(&pipe.say(not), "sold_out");
    wait(&mut pipe, 3, &schedule);
    let one = json!({"op": "request", "patient": 4, "schedule": schedule, "waitlist": 1});
    assert_eq!(
        pipe.say(one)["error"]["message"],
        "field waitlist must be true or false"
    );
}

#[test]
fn a_returned_slot_is_offered_to_who_waits_and_to_nobody_else() {
    let mut pipe = Pipe::with(json!({}));
    let (schedule, [booking, _]) = sold_out(&mut pipe);
    let ticket = wait(&mut pipe, 3, &schedule);
    pipe.cancel(1, &booking);
    assert_eq!(pipe.count(&schedule, "cooling"), 1);
    assert_refused(&pipe.ask(4, &schedule), "sold_out");
    assert_eq!(return_slots(&mut pipe), 1);
    assert_refused(&pipe.ask(4, &schedule), "sold_out");
    let offered = pipe.ticket(&ticket);
    assert_eq!(offered["outcome"], "held");
    assert_eq!(
        pipe.confirm(3, &text(&offered, "hold"))["slot"],
        offered["slot"]
    );
}

#[test]
fn a_family_has_a_slot_each_or_none() {
    let mut pipe = Pipe::with(json!({}));
    let (schedule, bookings) = sold_out(&mut pipe);
    let tickets = [wait(&mut pipe, 3, &schedule), wait(&mut pipe, 4, &schedule)];
    let together = json!({"op": "wait_together", "tickets": tickets});
    assert_eq!(pipe.say(together), json!({"done": true}));
    pipe.cancel(1, &bookings[0]);
    assert_eq!(return_slots(&mut pipe), 1);
    // One slot is none for two: it is there for whoever comes.
    for ticket in &tickets {
        assert_eq!(pipe.ticket(ticket)["outcome"], "waiting");
    }
    let (_, again) = pipe.book(5, &schedule);
    pipe.cancel(5, &again);
    pipe.cancel(2, &bookings[1]);
    assert_eq!(return_slots(&mut pipe), 2);
    let slots = tickets.map(|ticket| pipe.ticket(&ticket)["slot"].as_u64());
    assert!(
        slots == [Some(1), Some(2)] || slots == [Some(2), Some(1)],
        "{slots:?}"
    );
}

#[test]
fn a_family_that_is_none_is_refused() {
    let mut pipe = Pipe::with(json!({}));
    let (schedule, _) = sold_out(&mut pipe);
    let tickets: Vec<String> = (3..12)
        .map(|patient| wait(&mut pipe, patient, &schedule))
        .collect();
    let mut together =
        |tickets: &[String]| pipe.say(json!({"op": "wait_together", "tickets": tickets}));
    assert_refused(&together(&[]), "unknown_ticket");
    assert_refused(
        &together(&[tickets[0].clone(), "T".to_owned()]),
        "unknown_ticket",
    );
    let refused = together(&tickets);
    assert_eq!(
        (&refused["code"], &refused["rule"]),
        (&json!("rule"), &json!("family_size"))
    );
    assert_eq!(together(&tickets[..8]), json!({"done": true}));
}

#[test]
fn who_pauses_is_offered_nothing_until_they_resume() {
    let mut pipe = Pipe::with(json!({}));
    let (schedule, bookings) = sold_out(&mut pipe);
    let ticket = wait(&mut pipe, 3, &schedule);
    let verb = |op: &str| json!({"op": op, "ticket": ticket});
    assert_eq!(pipe.say(verb("pause")), json!({"done": true}));
    pipe.cancel(1, &bookings[0]);
    return_slots(&mut pipe);
    assert_eq!(pipe.count(&schedule, "free"), 1);
    assert_eq!(pipe.ticket(&ticket)["outcome"], "waiting");
    pipe.hold(5, &schedule);
    assert_eq!(pipe.say(verb("resume")), json!({"done": true}));
    pipe.cancel(2, &bookings[1]);
    let due = pipe.availability(&schedule);
    assert_eq!(due["cooling"], 1);
    while pipe.count(&schedule, "cooling") > 0 {
        return_slots(&mut pipe);
    }
    assert_eq!(pipe.ticket(&ticket)["outcome"], "held");
    assert_refused(&pipe.say(verb("pause")), "wrong_state");
    assert_refused(
        &pipe.say(json!({"op": "resume", "ticket": "T"})),
        "unknown_ticket",
    );
}

#[test]
fn the_channel_of_a_cancellation_has_its_own_policy() {
    let mut pipe = Pipe::with(json!({
        "returns_through": [{"channel": "desk", "returns": "at_once"}, {"channel": "phone", "returns": {"delay": {"ms": 50}}}],
    }));
    let schedule = pipe.publish_with(3, json!({"returns": "never"}));
    let bookings: Vec<String> = (1..4)
        .map(|patient| pipe.book(patient, &schedule).1)
        .collect();
    let mut cancel = |patient: usize, more: Value| {
        let mut line =
            json!({"op": "cancel", "booking": bookings[patient - 1], "patient": patient});
        super::support::merge(&mut line, more);
        assert_eq!(pipe.say(line), json!({"cancelled": true}));
        (
            pipe.count(&schedule, "free"),
            pipe.count(&schedule, "cooling"),
        )
    };
    assert_eq!(cancel(1, json!({})), (0, 1));
    assert_eq!(cancel(2, json!({"channel": "desk"})), (1, 1));
    assert_eq!(cancel(3, json!({"channel": "phone"})), (1, 2));
    pipe.at(50);
    assert_eq!(pipe.count(&schedule, "free"), 2);
}

#[test]
fn a_waitlist_is_as_long_as_was_set() {
    let mut pipe = Pipe::with(json!({"waitlist": {"capacity": 1}}));
    let (schedule, _) = sold_out(&mut pipe);
    wait(&mut pipe, 3, &schedule);
    let refused =
        pipe.say(json!({"op": "request", "patient": 4, "schedule": schedule, "waitlist": true}));
    assert_eq!(
        (&refused["code"], &refused["rule"]),
        (&json!("rule"), &json!("waitlist_full"))
    );
}
