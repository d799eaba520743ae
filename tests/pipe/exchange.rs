//! One booking for another: never none, never two.

use serde_json::json;

use super::support::{Pipe, STARTS_AT, assert_exchanged, assert_refused, text};

#[test]
fn the_old_slot_is_free_at_once_and_the_lowest_of_the_target_is_taken() {
    let mut pipe = Pipe::new();
    let (from, to) = (pipe.publish(2), pipe.publish(3));
    pipe.book(9, &to);
    let (_, booking) = pipe.book(1, &from);
    let answer = pipe.exchange(1, &booking, &to);
    assert_eq!(
        (&answer["slot"], &answer["schedule"]),
        (&json!(2), &json!(to))
    );
    assert_eq!(
        (pipe.count(&from, "free"), pipe.count(&from, "booked")),
        (2, 0)
    );
    assert_eq!((pipe.count(&to, "booked"), pipe.count(&to, "held")), (2, 0));
    assert_eq!(pipe.ask(2, &from)["slot"], 1);
}

#[test]
fn the_old_booking_names_the_new_one_and_is_no_cancel() {
    let mut pipe = Pipe::new();
    let (from, to) = (pipe.publish(1), pipe.publish(1));
    let (hold, old) = pipe.book(1, &from);
    let new = text(&pipe.exchange(1, &old, &to), "booking");
    assert_exchanged(&pipe.cancel(1, &old), &new);
    assert_exchanged(&pipe.exchange(1, &old, &to), &new);
    assert_exchanged(&pipe.mark("check_in", &old), &new);
    assert_exchanged(&pipe.confirm(1, &hold), &new);
    assert_exchanged(&pipe.release(1, &hold), &new);
    assert_exchanged(&pipe.extend(1, &hold, 10), &new);
    let stats = pipe.say(json!({"op": "stats"}));
    assert_eq!(
        (&stats["exchanged"], &stats["cancelled"]),
        (&json!(1), &json!(0)),
        "{stats}"
    );
}

#[test]
fn the_new_booking_is_a_booking_like_any_other() {
    let mut pipe = Pipe::new();
    let (from, to, third) = (pipe.publish(1), pipe.publish(1), pipe.publish(1));
    let (_, first) = pipe.book(1, &from);
    let second = text(&pipe.exchange(1, &first, &to), "booking");
    let last = text(&pipe.exchange(1, &second, &third), "booking");
    assert_exchanged(&pipe.cancel(1, &first), &second);
    assert_exchanged(&pipe.cancel(1, &second), &last);
    assert_refused(&pipe.cancel(2, &last), "not_yours");
    assert_eq!(pipe.cancel(1, &last), json!({"cancelled": true}));
    assert_refused(&pipe.cancel(1, &last), "already_cancelled");
}

#[test]
fn it_may_go_back_to_where_it_came_from() {
    let mut pipe = Pipe::new();
    let (one, other) = (pipe.publish(1), pipe.publish(1));
    let (_, first) = pipe.book(1, &one);
    let second = text(&pipe.exchange(1, &first, &other), "booking");
    let third = text(&pipe.exchange(1, &second, &one), "booking");
    assert!(first != third && second != third);
    assert_eq!(
        (pipe.count(&one, "booked"), pipe.count(&other, "free")),
        (1, 1)
    );
    assert_eq!(pipe.mark("check_in", &third), json!({"done": true}));
}

#[test]
fn the_same_schedule_is_held_already() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let (_, booking) = pipe.book(1, &schedule);
    assert_refused(&pipe.exchange(1, &booking, &schedule), "already_holds");
    assert_eq!(pipe.cancel(1, &booking), json!({"cancelled": true}));
}

#[test]
fn a_refused_exchange_leaves_the_old_booking_as_it_was() {
    let mut pipe = Pipe::new();
    let (from, full) = (pipe.publish(1), pipe.publish(1));
    pipe.book(9, &full);
    let (hold, booking) = pipe.book(1, &from);
    assert_refused(&pipe.exchange(1, &booking, &full), "sold_out");
    assert_eq!(
        pipe.confirm(1, &hold),
        json!({"booking": booking, "slot": 1})
    );
    assert_eq!(pipe.count(&from, "booked"), 1);
}

#[test]
fn a_slot_of_the_target_that_ran_out_just_now_can_be_taken() {
    let mut pipe = Pipe::new();
    let (from, to) = (
        pipe.publish(1),
        pipe.publish_with(1, json!({"hold_ttl_ms": 100})),
    );
    let (_, booking) = pipe.book(1, &from);
    pipe.hold(9, &to);
    pipe.at(99);
    assert_refused(&pipe.exchange(1, &booking, &to), "sold_out");
    pipe.at(100);
    assert_eq!(pipe.exchange(1, &booking, &to)["slot"], 1);
    assert_eq!(pipe.advance()["expired"], 1);
}

#[test]
fn a_booking_in_a_schedule_that_has_started_may_be_exchanged_up_to_its_own_cut_off() {
    let mut pipe = Pipe::new();
    let from = pipe.publish_with(1, json!({"cancel_until": STARTS_AT + 10}));
    let to = pipe.publish_with(1, json!({"starts_at": STARTS_AT + 1_000}));
    let (_, booking) = pipe.book(1, &from);
    pipe.at(STARTS_AT + 9);
    assert_eq!(pipe.exchange(1, &booking, &to)["slot"], 1);
}
