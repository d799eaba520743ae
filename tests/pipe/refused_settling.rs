//! Which refusal a hold or booking gives where several apply.

use serde_json::{Value, json};

use super::support::{Pipe, assert_exchanged, assert_refused, text};

/// What each verb that takes a hold answers.
fn on_hold(pipe: &mut Pipe, patient: u64, hold: &str) -> [Value; 3] {
    [
        pipe.confirm(patient, hold),
        pipe.release(patient, hold),
        pipe.extend(patient, hold, 10),
    ]
}

/// What each verb that takes a booking and its patient answers.
fn on_booking(pipe: &mut Pipe, patient: u64, booking: &str, target: &str) -> [Value; 2] {
    [
        pipe.cancel(patient, booking),
        pipe.exchange(patient, booking, target),
    ]
}

const MARKS: [&str; 3] = ["check_in", "fulfil", "no_show"];

#[track_caller]
fn all_refused<const N: usize>(answers: [Value; N], code: &str) {
    for answer in answers {
        assert_refused(&answer, code);
    }
}

#[test]
fn an_unknown_hold_is_unknown_to_whoever_asks() {
    let mut pipe = Pipe::new();
    all_refused(on_hold(&mut pipe, 1, "?"), "unknown_hold");
}

#[test]
fn not_yours_comes_before_every_state_of_a_hold() {
    let mut pipe = Pipe::new();
    let (schedule, other) = (
        pipe.publish_with(9, json!({"hold_ttl_ms": 100})),
        pipe.publish(9),
    );
    let expired = pipe.hold(1, &schedule);
    pipe.at(100);
    let (held, released) = (pipe.hold(2, &schedule), pipe.hold(3, &schedule));
    pipe.release(3, &released);
    let ((booked, _), (cancelled, cancelled_booking)) =
        (pipe.book(4, &schedule), pipe.book(5, &schedule));
    pipe.cancel(5, &cancelled_booking);
    let (exchanged, exchanged_booking) = pipe.book(6, &schedule);
    pipe.exchange(6, &exchanged_booking, &other);
    for withdrawn in [false, true] {
        if withdrawn {
            pipe.session("withdraw", &schedule);
        }
        for hold in [&expired, &held, &released, &booked, &cancelled, &exchanged] {
            all_refused(on_hold(&mut pipe, 99, hold), "not_yours");
        }
        for booking in [&cancelled_booking, &exchanged_booking] {
            all_refused(on_booking(&mut pipe, 99, booking, "?"), "not_yours");
        }
    }
}

#[test]
fn a_hold_that_ended_says_how_even_long_after_it_would_have_expired() {
    let mut pipe = Pipe::new();
    let (schedule, other) = (
        pipe.publish_with(9, json!({"hold_ttl_ms": 100})),
        pipe.publish(9),
    );
    let released = pipe.hold(1, &schedule);
    pipe.release(1, &released);
    let (cancelled, booking) = pipe.book(2, &schedule);
    pipe.cancel(2, &booking);
    let (exchanged, booking) = pipe.book(3, &schedule);
    let new = text(&pipe.exchange(3, &booking, &other), "booking");
    for now in [0, 100, 10_000] {
        pipe.at(now);
        all_refused(on_hold(&mut pipe, 1, &released), "already_released");
        all_refused(on_hold(&mut pipe, 2, &cancelled), "already_cancelled");
        for answer in on_hold(&mut pipe, 3, &exchanged) {
            assert_exchanged(&answer, &new);
        }
    }
}

#[test]
fn a_confirmed_hold_is_neither_released_nor_extended() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"hold_ttl_ms": 100}));
    let (hold, booking) = pipe.book(1, &schedule);
    for now in [0, 100] {
        pipe.at(now);
        assert_refused(&pipe.release(1, &hold), "already_confirmed");
        assert_refused(&pipe.extend(1, &hold, 10), "already_confirmed");
    }
    pipe.mark("check_in", &booking);
    assert_refused(&pipe.release(1, &hold), "already_confirmed");
}

#[test]
fn a_hold_that_ran_out_is_expired_to_release_and_extend_and_due_back_to_confirm() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"hold_ttl_ms": 100}));
    let hold = pipe.hold(1, &schedule);
    pipe.at(100);
    pipe.hold(2, &schedule);
    for _ in 0..2 {
        let [confirm, release, extend] = on_hold(&mut pipe, 1, &hold);
        assert_refused(&confirm, "refund_due");
        assert_refused(&release, "hold_expired");
        assert_refused(&extend, "hold_expired");
    }
}

#[test]
fn an_unknown_booking_comes_before_all_else() {
    let mut pipe = Pipe::new();
    all_refused(on_booking(&mut pipe, 1, "?", "?"), "unknown_booking");
    for op in MARKS {
        assert_refused(&pipe.mark(op, "?"), "unknown_booking");
    }
}

#[test]
fn a_hold_that_was_never_confirmed_is_no_booking() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let hold = pipe.hold(1, &schedule);
    let guessed = hold.replacen('H', "B", 1);
    for patient in [1, 2] {
        all_refused(
            on_booking(&mut pipe, patient, &guessed, &schedule),
            "unknown_booking",
        );
    }
    for op in MARKS {
        assert_refused(&pipe.mark(op, &guessed), "unknown_booking");
    }
    pipe.release(1, &hold);
    assert_refused(&pipe.cancel(1, &guessed), "unknown_booking");
}

#[test]
fn how_a_booking_ended_comes_before_the_cut_off() {
    let mut pipe = Pipe::new();
    let (schedule, other) = (
        pipe.publish_with(9, json!({"cancel_until": 100})),
        pipe.publish(9),
    );
    let ((_, cancelled), (_, exchanged)) = (pipe.book(1, &schedule), pipe.book(2, &schedule));
    pipe.cancel(1, &cancelled);
    let new = text(&pipe.exchange(2, &exchanged, &other), "booking");
    for now in [0, 100] {
        pipe.at(now);
        all_refused(
            on_booking(&mut pipe, 1, &cancelled, "?"),
            "already_cancelled",
        );
        for answer in on_booking(&mut pipe, 2, &exchanged, "?") {
            assert_exchanged(&answer, &new);
        }
        for op in MARKS {
            assert_refused(&pipe.mark(op, &cancelled), "already_cancelled");
            assert_exchanged(&pipe.mark(op, &exchanged), &new);
        }
    }
}

#[test]
fn a_visit_comes_before_the_cut_off() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(9, json!({"cancel_until": 100}));
    let ((_, here), (_, done), (_, away)) = (
        pipe.book(1, &schedule),
        pipe.book(2, &schedule),
        pipe.book(3, &schedule),
    );
    pipe.mark("check_in", &here);
    pipe.mark("check_in", &done);
    pipe.mark("fulfil", &done);
    pipe.mark("no_show", &away);
    for now in [0, 100] {
        pipe.at(now);
        for (patient, booking) in [(1, &here), (2, &done), (3, &away)] {
            all_refused(on_booking(&mut pipe, patient, booking, "?"), "wrong_state");
        }
    }
}

#[test]
fn the_cut_off_begins_at_its_very_millisecond_and_comes_before_the_target() {
    let mut pipe = Pipe::new();
    let (schedule, other) = (
        pipe.publish_with(3, json!({"cancel_until": 100})),
        pipe.publish(3),
    );
    let ((_, first), (_, second), (_, third)) = (
        pipe.book(1, &schedule),
        pipe.book(2, &schedule),
        pipe.book(3, &schedule),
    );
    pipe.at(99);
    assert_eq!(pipe.cancel(1, &first), json!({"cancelled": true}));
    assert_eq!(pipe.exchange(2, &second, &other)["slot"], 1);
    pipe.at(100);
    assert_refused(&pipe.cancel(3, &third), "too_late");
    for target in [other.as_str(), schedule.as_str(), "?"] {
        assert_refused(&pipe.exchange(3, &third, target), "too_late");
    }
    assert_eq!(pipe.mark("check_in", &third), json!({"done": true}));
}

#[test]
fn a_schedule_is_cancelled_until_it_starts_unless_it_says_otherwise() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(2, json!({"starts_at": 100}));
    let ((_, first), (_, second)) = (pipe.book(1, &schedule), pipe.book(2, &schedule));
    pipe.at(99);
    assert_eq!(pipe.cancel(1, &first), json!({"cancelled": true}));
    pipe.at(100);
    assert_refused(&pipe.cancel(2, &second), "too_late");
}

#[test]
fn an_exchange_gets_the_refusals_of_a_request_for_its_target() {
    let mut pipe = Pipe::new();
    let from = pipe.publish(1);
    let (_, booking) = pipe.book(1, &from);
    let (withdrawn, unopened) = (
        pipe.publish(1),
        pipe.publish_with(1, json!({"opens_at": 10})),
    );
    pipe.session("withdraw", &withdrawn);
    let (closed, mine, full) = (
        pipe.publish_with(1, json!({"closes_at": 0})),
        pipe.publish(1),
        pipe.publish(1),
    );
    pipe.hold(1, &mine);
    pipe.hold(2, &full);
    for (target, code) in [
        ("?", "unknown_schedule"),
        (&withdrawn, "withdrawn"),
        (&closed, "closed"),
        (&mine, "already_holds"),
        (&full, "sold_out"),
        (&from, "already_holds"),
    ] {
        assert_refused(&pipe.exchange(1, &booking, target), code);
    }
    let answer = pipe.exchange(1, &booking, &unopened);
    assert_eq!(
        (&answer["code"], &answer["retry_after_ms"]),
        (&json!("not_open"), &json!(10))
    );
    assert_eq!(pipe.cancel(1, &booking), json!({"cancelled": true}));
}

#[test]
fn a_visit_goes_booked_checked_in_fulfilled_or_booked_no_show() {
    let path: [(&[&str], [bool; 3]); 4] = [
        (&[], [true, false, true]),
        (&["check_in"], [false, true, false]),
        (&["check_in", "fulfil"], [false, false, false]),
        (&["no_show"], [false, false, false]),
    ];
    for (before, allowed) in path {
        for (op, allowed) in MARKS.into_iter().zip(allowed) {
            let mut pipe = Pipe::new();
            let schedule = pipe.publish(1);
            let (_, booking) = pipe.book(1, &schedule);
            for op in before {
                assert_eq!(pipe.mark(op, &booking), json!({"done": true}));
            }
            let answer = pipe.mark(op, &booking);
            if allowed {
                assert_eq!(answer, json!({"done": true}), "{op} after {before:?}");
            } else {
                assert_refused(&answer, "wrong_state");
            }
        }
    }
}

#[test]
fn a_refusal_changes_nothing() {
    let mut pipe = Pipe::new();
    let schedule = pipe.publish(2);
    let (hold, booking) = pipe.book(1, &schedule);
    let before = pipe.availability(&schedule);
    on_hold(&mut pipe, 2, &hold);
    on_booking(&mut pipe, 2, &booking, "?");
    pipe.exchange(1, &booking, &schedule);
    pipe.mark("fulfil", &booking);
    pipe.session("reinstate", &schedule);
    assert_eq!(pipe.availability(&schedule), before);
    assert_eq!(pipe.cancel(1, &booking), json!({"cancelled": true}));
}
