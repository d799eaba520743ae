//! What holds and bookings come to: dropped, confirmed, cancelled, handed over. And that all of it is forgotten in time.

use fairslot::{Label, ScheduleId};

use super::{DAY, Desk, MINUTE, from, names, patient};

/// Thousandths that are dropped, confirmed, cancelled and handed over.
fn told(desk: &Desk, schedule: ScheduleId, on: u64) -> [u32; 4] {
    let seen = desk.verdict(&from(schedule, 0, on)).features.device;
    let seen = seen.expect("it asked");
    [
        seen.dropped,
        seen.confirmed,
        seen.cancelled,
        seen.handed_off,
    ]
}

#[test]
fn holds_that_run_out_are_dropped_whoever_notices() {
    let desk = Desk::judging();
    let schedule = desk.publish_for(1, 4, MINUTE);
    for who in 0..4 {
        desk.at(1_000 + who * 17_000);
        desk.held(&from(schedule, who, 7));
    }
    assert_eq!(told(&desk, schedule, 7), [0; 4]);
    // Two by `advance`, two by somebody who asks.
    desk.at(1_000 + MINUTE + 17_000);
    desk.engine.advance();
    assert_eq!(told(&desk, schedule, 7), [2_000, 0, 0, 0]);
    desk.at(1_000 + 3 * MINUTE);
    desk.held(&from(schedule, 9, 9));
    assert_eq!(told(&desk, schedule, 7), [4_000, 0, 0, 0]);
    let verdict = desk.verdict(&from(schedule, 0, 7));
    assert_eq!(
        (names(&verdict), verdict.score),
        (vec![Label::HoldDrop], 400)
    );
    assert_eq!(told(&desk, schedule, 9), [0; 4]);
}

#[test]
fn most_of_four_holds_must_be_dropped() {
    for (dropped, kept, labelled) in [
        (3, 0, false),
        (4, 0, true),
        (3, 2, false),
        (5, 3, true),
        (6, 4, false),
    ] {
        let desk = Desk::judging();
        let schedule = desk.publish(1, 100);
        for who in 0..dropped + kept {
            desk.at(1_000 + who * 17_000);
            let hold = desk.held(&from(schedule, who, 7));
            if who < dropped {
                desk.engine
                    .release(hold.id, patient(who))
                    .expect("it is held");
            } else {
                desk.engine
                    .confirm(hold.id, patient(who), None)
                    .expect("it is held")
                    .wait()
                    .expect("no journal");
            }
        }
        let verdict = desk.verdict(&from(schedule, 0, 7));
        assert_eq!(
            verdict.has(Label::HoldDrop),
            labelled,
            "{dropped} of {}",
            dropped + kept
        );
    }
}

/// A payment that came too late was a payment all the same.
#[test]
fn a_late_confirm_takes_the_drop_back() {
    let desk = Desk::judging();
    let schedule = desk.publish_for(1, 10, MINUTE);
    desk.at(1_000);
    let hold = desk.held(&from(schedule, 1, 7));
    desk.at(1_000 + 2 * MINUTE);
    desk.engine.advance();
    assert_eq!(told(&desk, schedule, 7), [1_000, 0, 0, 0]);
    let pending = desk.engine.confirm(hold.id, patient(1), None);
    pending.expect("nobody has it").wait().expect("no journal");
    assert_eq!(told(&desk, schedule, 7), [0, 1_000, 0, 0]);
}

#[test]
fn two_cancellations_of_three_are_a_label_and_fade_in_weeks() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 100);
    let holds: Vec<_> = (0..3)
        .map(|who| {
            desk.at(1_000 + who * 20_000);
            desk.book(&from(schedule, who, 7))
        })
        .collect();
    desk.cancel(&holds[0], 0);
    assert!(!desk.verdict(&from(schedule, 0, 7)).has(Label::CancelRatio));
    desk.at(DAY);
    desk.cancel(&holds[1], 1);
    let verdict = desk.verdict(&from(schedule, 0, 7));
    assert_eq!(
        (names(&verdict), verdict.score),
        (vec![Label::CancelRatio], 400)
    );
    for (days, labelled) in [(9, true), (10, false)] {
        desk.at(days * DAY);
        assert_eq!(
            desk.verdict(&from(schedule, 0, 7)).has(Label::CancelRatio),
            labelled,
            "{days} days"
        );
    }
    desk.at(31 * DAY);
    let [_, confirmed, cancelled, _] = told(&desk, schedule, 7);
    // Three booked a month ago; two cancelled, one a day later.
    assert!(
        (1_060..=1_110).contains(&confirmed) && (715..=770).contains(&cancelled),
        "{confirmed} {cancelled}"
    );
}

/// The slot that one hand cancels and takes up for another patient: with nothing else to be had it is a handing over, else it is not.
#[test]
fn from_one_hand_to_the_same_hand() {
    for (slots, labelled) in [(1, true), (2, false)] {
        let desk = Desk::judging();
        let schedule = desk.publish(1, slots);
        desk.at(1_000);
        let hold = desk.book(&from(schedule, 1, 7));
        desk.at(30_000);
        desk.cancel(&hold, 1);
        // The same patient again is a change of mind.
        desk.at(50_000);
        let again = desk.book(&from(schedule, 1, 7));
        assert!(!desk.verdict(&from(schedule, 1, 7)).has(Label::HandoffPair));
        desk.cancel(&again, 1);
        desk.at(90_000);
        desk.held(&from(schedule, 2, 7));
        let verdict = desk.verdict(&from(schedule, 1, 7));
        assert_eq!(
            verdict.has(Label::HandoffPair),
            labelled,
            "{slots} slots: {verdict:?}"
        );
    }
}

/// From one hand to another once is chance; the same two again are a pair, and both are told of.
#[test]
fn from_one_hand_to_another_twice() {
    let desk = Desk::judging();
    let hand_over = |nth: u64, by: u64, to: u64| {
        let schedule = desk.publish(nth, 1);
        desk.at(nth * DAY + 1_000);
        let hold = desk.book(&from(schedule, nth * 100 + 1, by));
        desk.at(nth * DAY + 30_000);
        desk.cancel(&hold, nth * 100 + 1);
        desk.at(nth * DAY + 60_000);
        desk.held(&from(schedule, nth * 100 + 2, to));
        [by, to].map(|on| desk.verdict(&from(schedule, 0, on)).has(Label::HandoffPair))
    };
    assert_eq!(hand_over(1, 7, 8), [false, false]);
    assert_eq!(hand_over(2, 7, 9), [false, false]);
    assert_eq!(hand_over(3, 7, 8), [true, true]);
    assert_eq!(hand_over(4, 5, 9), [false, false]);
}

/// Half an hour later it is a stranger's good luck.
#[test]
fn a_return_is_held_against_nobody_later() {
    for (minutes, labelled) in [(29, true), (31, false)] {
        let desk = Desk::judging();
        let schedule = desk.publish(1, 1);
        desk.at(1_000);
        let hold = desk.book(&from(schedule, 1, 7));
        desk.cancel(&hold, 1);
        desk.at(1_000 + minutes * MINUTE);
        desk.held(&from(schedule, 2, 7));
        let verdict = desk.verdict(&from(schedule, 1, 7));
        assert_eq!(
            verdict.has(Label::HandoffPair),
            labelled,
            "{minutes} minutes"
        );
    }
}

#[test]
fn an_exchanged_booking_still_comes_from_where_it_came() {
    let desk = Desk::judging();
    let (one, other) = (desk.publish(1, 10), desk.publish(2, 10));
    desk.at(1_000);
    let hold = desk.book(&from(one, 1, 7));
    let booking = desk
        .engine
        .confirm(hold.id, patient(1), None)
        .expect("booked")
        .wait()
        .expect("no journal");
    let new = desk
        .engine
        .exchange(booking.id, patient(1), other)
        .expect("there is room");
    let new = new.wait().expect("no journal");
    assert_eq!(told(&desk, one, 7), [0, 1_000, 0, 0]);
    desk.engine
        .cancel(new.id, patient(1))
        .expect("it is booked")
        .wait()
        .expect("no journal");
    assert_eq!(told(&desk, one, 7), [0, 1_000, 1_000, 0]);
}
