//! A session that is called off, and takes place after all.

use serde_json::json;

use super::support::{Pipe, STARTS_AT, assert_exchanged, assert_refused, text};

#[test]
fn every_slot_that_is_not_visited_counts_as_withdrawn() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(5);
    pipe.hold(1, &schedule);
    pipe.book(2, &schedule);
    let ((_, comes), (_, stays_away)) = (pipe.book(3, &schedule), pipe.book(4, &schedule));
    pipe.mark("check_in", &comes);
    pipe.mark("no_show", &stays_away);
    assert_eq!(pipe.session("withdraw", &schedule)["affected"], 2);
    let all = json!({"capacity": 5, "free": 0, "held": 0, "booked": 0, "cooling": 0, "withdrawn": 3, "visited": 2});
    assert_eq!(pipe.availability(&schedule), all);
    assert_eq!(pipe.session("reinstate", &schedule)["affected"], 3);
    let all = json!({"capacity": 5, "free": 3, "held": 0, "booked": 0, "cooling": 0, "withdrawn": 0, "visited": 2});
    assert_eq!(pipe.availability(&schedule), all);
}

#[test]
fn while_withdrawn_everything_about_it_is() {
    let mut pipe = Pipe::new();
    let (schedule, other) = (
        pipe.publish_with(9, json!({"hold_ttl_ms": 100})),
        pipe.publish(9),
    );
    let ran_out = pipe.hold(1, &schedule);
    pipe.at(100);
    let held = pipe.hold(2, &schedule);
    let released = pipe.hold(3, &schedule);
    pipe.release(3, &released);
    let ((of_booked, booked), (of_cancelled, cancelled)) =
        (pipe.book(4, &schedule), pipe.book(5, &schedule));
    pipe.cancel(5, &cancelled);
    let ((of_exchanged, exchanged), (of_visited, visited)) =
        (pipe.book(6, &schedule), pipe.book(7, &schedule));
    pipe.exchange(6, &exchanged, &other);
    pipe.mark("check_in", &visited);
    assert_eq!(pipe.session("withdraw", &schedule)["affected"], 2);
    assert_refused(&pipe.ask(8, &schedule), "withdrawn");
    let holds = [
        (1, ran_out),
        (2, held),
        (3, released),
        (4, of_booked),
        (5, of_cancelled),
        (6, of_exchanged),
        (7, of_visited),
    ];
    for (patient, hold) in holds {
        assert_refused(&pipe.confirm(patient, &hold), "withdrawn");
        assert_refused(&pipe.release(patient, &hold), "withdrawn");
        assert_refused(&pipe.extend(patient, &hold, 10), "withdrawn");
    }
    for (patient, booking) in [(4, booked), (5, cancelled), (6, exchanged), (7, visited)] {
        assert_refused(&pipe.cancel(patient, &booking), "withdrawn");
        assert_refused(&pipe.exchange(patient, &booking, &other), "withdrawn");
        for op in ["check_in", "fulfil", "no_show"] {
            assert_refused(&pipe.mark(op, &booking), "withdrawn");
        }
    }
}

#[test]
fn what_the_withdrawal_ended_stays_withdrawn_and_what_had_ended_keeps_its_own_end() {
    let mut pipe = Pipe::new();
    let (schedule, other) = (
        pipe.publish_with(9, json!({"hold_ttl_ms": 100})),
        pipe.publish(9),
    );
    let ran_out = pipe.hold(1, &schedule);
    pipe.at(100);
    let held = pipe.hold(2, &schedule);
    let released = pipe.hold(3, &schedule);
    pipe.release(3, &released);
    let ((of_booked, booked), (_, cancelled)) = (pipe.book(4, &schedule), pipe.book(5, &schedule));
    pipe.cancel(5, &cancelled);
    let ((_, exchanged), (_, visited)) = (pipe.book(6, &schedule), pipe.book(7, &schedule));
    let new = text(&pipe.exchange(6, &exchanged, &other), "booking");
    pipe.mark("check_in", &visited);
    pipe.session("withdraw", &schedule);
    pipe.session("reinstate", &schedule);

    assert_refused(&pipe.confirm(2, &held), "withdrawn");
    assert_refused(&pipe.release(2, &held), "withdrawn");
    assert_refused(&pipe.confirm(4, &of_booked), "withdrawn");
    assert_refused(&pipe.cancel(4, &booked), "withdrawn");
    assert_refused(&pipe.mark("check_in", &booked), "withdrawn");
    assert_refused(&pipe.release(3, &released), "already_released");
    assert_refused(&pipe.cancel(5, &cancelled), "already_cancelled");
    assert_exchanged(&pipe.cancel(6, &exchanged), &new);
    assert_eq!(pipe.mark("fulfil", &visited), json!({"done": true}));
    assert_refused(&pipe.release(1, &ran_out), "hold_expired");
    assert_refused(&pipe.ask(7, &schedule), "already_holds");
    for patient in [2, 4] {
        assert_eq!(
            pipe.ask(patient, &schedule)["outcome"],
            "held",
            "a new one may be asked for"
        );
    }
}

#[test]
fn a_late_confirmation_finds_no_slot_while_withdrawn_and_may_after() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"hold_ttl_ms": 100}));
    let hold = pipe.hold(1, &schedule);
    pipe.at(100);
    pipe.session("withdraw", &schedule);
    assert_refused(&pipe.confirm(1, &hold), "withdrawn");
    pipe.session("reinstate", &schedule);
    assert_eq!(pipe.confirm(1, &hold)["slot"], 1);
}

#[test]
fn a_hold_that_ran_out_just_now_is_not_ended_by_the_withdrawal() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(2, json!({"hold_ttl_ms": 100}));
    pipe.hold(1, &schedule);
    pipe.at(50);
    pipe.hold(2, &schedule);
    pipe.at(100);
    assert_eq!(pipe.session("withdraw", &schedule)["affected"], 1);
    assert_eq!(pipe.advance()["expired"], 1);
}

#[test]
fn no_hold_of_a_withdrawn_session_runs_out() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(2, json!({"hold_ttl_ms": 100}));
    pipe.hold(1, &schedule);
    pipe.session("withdraw", &schedule);
    pipe.at(100);
    assert_eq!(pipe.advance()["expired"], 0);
}

#[test]
fn it_may_be_withdrawn_and_reinstated_many_times() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    for patient in 1..5 {
        assert_eq!(pipe.ask(patient, &schedule)["slot"], 1);
        assert_eq!(pipe.session("withdraw", &schedule)["affected"], 1);
        assert_eq!(pipe.session("reinstate", &schedule)["affected"], 2);
    }
}

#[test]
fn an_unopened_or_past_session_may_be_withdrawn() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(2, json!({"opens_at": 10}));
    assert_eq!(pipe.session("withdraw", &schedule)["affected"], 0);
    assert_refused(&pipe.ask(1, &schedule), "withdrawn");
    pipe.session("reinstate", &schedule);
    assert_eq!(pipe.ask(1, &schedule)["code"], "not_open");
    pipe.at(STARTS_AT + 1);
    assert_eq!(pipe.session("withdraw", &schedule)["affected"], 0);
}

#[test]
fn other_sessions_go_on() {
    let mut pipe = Pipe::new();
    let (off, on) = (pipe.publish(1), pipe.publish(1));
    let ((_, lost), (hold, kept)) = (pipe.book(1, &off), pipe.book(1, &on));
    pipe.session("withdraw", &off);
    assert_refused(&pipe.cancel(1, &lost), "withdrawn");
    assert_eq!(pipe.confirm(1, &hold), json!({"booking": kept, "slot": 1}));
}
