//! A slot while it is held: which one it is, how it runs out, what a late confirmation gets.

use serde_json::json;

use super::support::{DAY, Pipe, STARTS_AT, assert_refused, text};

/// A pipe and a schedule whose holds last 100 ms.
fn brief(capacity: u64) -> (Pipe, String) {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(capacity, json!({"hold_ttl_ms": 100}));
    (pipe, schedule)
}

#[test]
fn the_lowest_free_number_is_given_first() {
    let (mut pipe, schedule) = brief(4);
    let holds: Vec<String> = (1..=4)
        .map(|patient| pipe.hold(patient, &schedule))
        .collect();
    pipe.release(3, &holds[2]);
    pipe.release(2, &holds[1]);
    for (patient, slot) in [(5, 2), (6, 3)] {
        assert_eq!(pipe.ask(patient, &schedule)["slot"], slot);
    }
    assert_refused(&pipe.ask(7, &schedule), "sold_out");
}

#[test]
fn the_lowest_free_number_may_be_one_that_ran_out_just_now() {
    let (mut pipe, schedule) = brief(3);
    pipe.hold(1, &schedule);
    pipe.at(50);
    pipe.hold(2, &schedule);
    pipe.at(100);
    assert_eq!(pipe.ask(3, &schedule)["slot"], 1);
    assert_eq!(pipe.ask(4, &schedule)["slot"], 3);
    pipe.at(149);
    assert_refused(&pipe.ask(5, &schedule), "sold_out");
    pipe.at(150);
    assert_eq!(pipe.ask(5, &schedule)["slot"], 2);
}

#[test]
fn every_slot_goes_to_one_patient() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(130);
    let slots: Vec<_> = (0..130)
        .map(|patient| pipe.ask(patient, &schedule)["slot"].clone())
        .collect();
    assert_eq!(slots, (1..=130).map(|slot| json!(slot)).collect::<Vec<_>>());
    assert_refused(&pipe.ask(130, &schedule), "sold_out");
}

#[test]
fn a_hold_is_there_until_its_last_millisecond() {
    let (mut pipe, schedule) = brief(1);
    let hold = pipe.hold(1, &schedule);
    pipe.at(99);
    assert_eq!(pipe.count(&schedule, "held"), 1);
    assert_refused(&pipe.ask(1, &schedule), "already_holds");
    assert_refused(&pipe.ask(2, &schedule), "sold_out");
    assert_eq!(pipe.confirm(1, &hold)["slot"], 1);
}

#[test]
fn a_hold_is_gone_for_everybody_at_the_millisecond_it_expires() {
    for settled in [false, true] {
        let (mut pipe, schedule) = brief(1);
        let hold = pipe.hold(1, &schedule);
        pipe.at(100);
        if settled {
            pipe.advance();
        }
        assert_eq!(
            (pipe.count(&schedule, "held"), pipe.count(&schedule, "free")),
            (0, 1)
        );
        assert_refused(&pipe.release(1, &hold), "hold_expired");
        assert_refused(&pipe.extend(1, &hold, 50), "hold_expired");
        assert_eq!(pipe.ask(2, &schedule)["slot"], 1);
        assert_eq!(
            pipe.say(json!({"op": "confirm", "hold": hold, "patient": 1}))["code"],
            "refund_due"
        );
    }
}

#[test]
fn its_own_holder_may_ask_again_at_the_millisecond_it_expires() {
    let (mut pipe, schedule) = brief(1);
    let first = pipe.hold(1, &schedule);
    pipe.at(100);
    let second = pipe.hold(1, &schedule);
    assert_ne!(first, second);
    assert_refused(&pipe.confirm(1, &first), "refund_due");
    assert_eq!(pipe.confirm(1, &second)["slot"], 1);
}

#[test]
fn an_extended_hold_runs_out_when_its_extension_does() {
    let (mut pipe, schedule) = brief(1);
    let hold = pipe.hold(1, &schedule);
    assert_eq!(pipe.extend(1, &hold, 300), json!({"expires_at": 300}));
    pipe.at(299);
    assert_refused(&pipe.ask(2, &schedule), "sold_out");
    assert_eq!(pipe.advance()["next_deadline"], 300);
    pipe.at(300);
    assert_eq!(pipe.ask(2, &schedule)["slot"], 1);
}

#[test]
fn an_extension_may_be_shorter_than_what_was_left() {
    let (mut pipe, schedule) = brief(1);
    let hold = pipe.hold(1, &schedule);
    assert_eq!(pipe.extend(1, &hold, 10), json!({"expires_at": 10}));
    assert_eq!(pipe.advance()["next_deadline"], 10);
    pipe.at(10);
    assert_eq!(pipe.ask(2, &schedule)["slot"], 1);
}

#[test]
fn a_ttl_above_the_cap_is_cut_to_it() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"hold_ttl_ms": 500, "hold_cap_ms": 200}));
    assert_eq!(pipe.ask(1, &schedule)["expires_at"], 200);
    let by_default = pipe.publish_with(1, json!({"hold_ttl_ms": DAY}));
    assert_eq!(pipe.ask(1, &by_default)["expires_at"], 3_600_000);
}

#[test]
fn a_late_confirmation_claims_the_same_slot_if_nobody_has_it() {
    for settled in [false, true] {
        let (mut pipe, schedule) = brief(3);
        pipe.hold(1, &schedule);
        let hold = pipe.hold(2, &schedule);
        pipe.at(5_000);
        if settled {
            assert_eq!(pipe.advance()["expired"], 2);
        }
        let answer = pipe.confirm(2, &hold);
        assert_eq!(answer["slot"], 2);
        assert_eq!(
            pipe.confirm(2, &hold),
            answer,
            "and it is a booking like any other"
        );
        assert_eq!(
            pipe.cancel(2, &text(&answer, "booking")),
            json!({"cancelled": true})
        );
    }
}

#[test]
fn a_late_confirmation_does_not_mind_that_the_schedule_has_closed() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(
        1,
        json!({"hold_ttl_ms": 100, "closes_at": 90, "starts_at": 1_000}),
    );
    let hold = pipe.hold(1, &schedule);
    pipe.at(5_000);
    assert_eq!(pipe.confirm(1, &hold)["slot"], 1);
}

#[test]
fn a_late_confirmation_is_due_back_when_its_slot_has_another_holder() {
    let (mut pipe, schedule) = brief(2);
    let hold = pipe.hold(1, &schedule);
    pipe.at(100);
    pipe.hold(2, &schedule);
    assert_refused(&pipe.confirm(1, &hold), "refund_due");
    assert_eq!(
        pipe.count(&schedule, "free"),
        1,
        "another free slot is not what was paid for"
    );
}

#[test]
fn a_late_confirmation_is_due_back_when_its_holder_has_another_slot() {
    for booked in [false, true] {
        let (mut pipe, schedule) = brief(3);
        pipe.hold(9, &schedule);
        let first = pipe.hold(1, &schedule);
        pipe.at(100);
        pipe.hold(9, &schedule);
        let second = pipe.hold(8, &schedule);
        let third = pipe.hold(1, &schedule);
        pipe.release(8, &second);
        if booked {
            pipe.confirm(1, &third);
        }
        assert_eq!(pipe.count(&schedule, "free"), 1);
        assert_refused(&pipe.confirm(1, &first), "refund_due");
    }
}

#[test]
fn refund_due_is_final() {
    let (mut pipe, schedule) = brief(1);
    let hold = pipe.hold(1, &schedule);
    pipe.at(100);
    let other = pipe.hold(2, &schedule);
    assert_refused(&pipe.confirm(1, &hold), "refund_due");
    pipe.release(2, &other);
    assert_eq!(pipe.count(&schedule, "free"), 1);
    assert_refused(&pipe.confirm(1, &hold), "refund_due");
    assert_refused(&pipe.release(1, &hold), "hold_expired");
    assert_eq!(pipe.ask(1, &schedule)["slot"], 1);
}

#[test]
fn a_slot_whose_next_hold_ran_out_too_may_be_confirmed_late() {
    let (mut pipe, schedule) = brief(1);
    let hold = pipe.hold(1, &schedule);
    pipe.at(100);
    pipe.hold(2, &schedule);
    pipe.at(200);
    assert_eq!(pipe.confirm(1, &hold)["slot"], 1);
    assert_refused(&pipe.ask(2, &schedule), "sold_out");
}

#[test]
fn confirming_again_gives_the_same_booking_whatever_became_of_time() {
    let (mut pipe, schedule) = brief(1);
    let (hold, booking) = pipe.book(1, &schedule);
    pipe.at(STARTS_AT);
    pipe.mark("check_in", &booking);
    assert_eq!(
        pipe.confirm(1, &hold),
        json!({"booking": booking, "slot": 1})
    );
}

#[test]
fn the_first_payment_is_recorded_and_another_is_due_back() {
    let (mut pipe, schedule) = brief(1);
    let (hold, booking) = pipe.book(1, &schedule);
    let mut pay = |payment: &str| {
        pipe.say(json!({"op": "confirm", "hold": hold, "patient": 1, "payment": payment}))
    };
    assert_eq!(pay("A"), json!({"booking": booking, "slot": 1}));
    assert_eq!(
        pay("B"),
        json!({"booking": booking, "slot": 1, "payment_due_back": "B"})
    );
    assert_eq!(
        pay("B"),
        json!({"booking": booking, "slot": 1, "payment_due_back": "B"})
    );
    assert_eq!(pay("A"), json!({"booking": booking, "slot": 1}));
    assert_eq!(
        pipe.confirm(1, &hold),
        json!({"booking": booking, "slot": 1})
    );
}

#[test]
fn what_is_held_may_be_confirmed_and_extended_after_closing() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(2, json!({"closes_at": 50}));
    let (confirmed, extended) = (pipe.hold(1, &schedule), pipe.hold(2, &schedule));
    pipe.at(50);
    assert_refused(&pipe.ask(3, &schedule), "closed");
    assert_eq!(pipe.confirm(1, &confirmed)["slot"], 1);
    assert_eq!(pipe.extend(2, &extended, 100), json!({"expires_at": 150}));
}

#[test]
fn advance_counts_what_ran_out_whoever_noticed() {
    let (mut pipe, schedule) = brief(4);
    let holds: Vec<String> = (1..=4)
        .map(|patient| pipe.hold(patient, &schedule))
        .collect();
    pipe.release(1, &holds[0]);
    pipe.confirm(2, &holds[1]);
    pipe.at(100);
    pipe.ask(5, &schedule);
    pipe.ask(6, &schedule);
    pipe.confirm(4, &holds[3]);
    let answer = pipe.advance();
    assert_eq!(
        (&answer["expired"], &answer["next_deadline"]),
        (&json!(2), &json!(200))
    );
    assert_eq!(pipe.advance()["expired"], 0);
}

#[test]
fn advance_goes_on_until_nothing_is_due() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(10_000, json!({"hold_ttl_ms": 100}));
    for patient in 0..10_000 {
        let line = format!(r#"{{"op":"request","patient":{patient},"schedule":"{schedule}"}}"#);
        assert!(pipe.raw(line).starts_with(r#"{"outcome":"held""#));
    }
    pipe.at(100);
    let answer = pipe.advance();
    assert_eq!(
        (&answer["expired"], &answer["next_deadline"]),
        (&json!(10_000), &json!(null))
    );
    assert_eq!(pipe.count(&schedule, "free"), 10_000);
}

#[test]
fn the_next_deadline_is_the_earliest_of_what_still_lives() {
    let (mut pipe, schedule) = brief(3);
    let first = pipe.hold(1, &schedule);
    pipe.at(10);
    let second = pipe.hold(2, &schedule);
    pipe.at(20);
    let third = pipe.hold(3, &schedule);
    assert_eq!(pipe.advance()["next_deadline"], 100);
    pipe.confirm(1, &first);
    assert_eq!(pipe.advance()["next_deadline"], 110);
    pipe.extend(2, &second, 200);
    assert_eq!(pipe.advance()["next_deadline"], 120);
    pipe.release(3, &third);
    assert_eq!(pipe.advance()["next_deadline"], 220);
    pipe.session("withdraw", &schedule);
    assert_eq!(pipe.advance()["next_deadline"], json!(null));
}
