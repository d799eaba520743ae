//! A clock that steps back, leaps or stands still.

use fairslot::{PatientId, Refusal, Request, RequestId};

use crate::desk::{ANN, BOB, DAY, Desk, EVE, HOUR, TTL, after, plan};

#[test]
fn f07_clock_back_an_hour_unexpires_nothing() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    desk.at(2 * HOUR);
    let ann = desk.hold(ANN, schedule);
    desk.at(2 * HOUR + TTL);
    assert_eq!(desk.advance(), 1);
    desk.at(HOUR);
    assert_eq!(desk.tally(schedule), [1, 0, 0, 0, 0]);
    assert_eq!(desk.release(ann.id, ANN), Err(Refusal::HoldExpired));
    let bob = desk.hold(BOB, schedule);
    // Counted from the time the engine had reached.
    assert_eq!(bob.expires_at, after(2 * HOUR + 2 * TTL));
    assert_eq!(desk.confirm(ann.id, ANN), Err(Refusal::RefundDue));
    assert_eq!(desk.advance(), 0);
}

#[test]
fn f07_clock_back_an_hour_ends_nothing_early_and_prolongs_nothing() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    desk.at(HOUR);
    let ann = desk.hold(ANN, schedule);
    desk.at(0);
    assert_eq!(desk.tally(schedule), [0, 1, 0, 0, 0]);
    assert_eq!(desk.ask(BOB, schedule), Err(Refusal::SoldOut));
    assert_eq!(
        desk.engine.extend(ann.id, ANN, 1_000),
        Ok(after(HOUR + 1_000))
    );
    desk.at(HOUR + 999);
    assert_eq!(desk.ask(BOB, schedule), Err(Refusal::SoldOut));
    desk.at(HOUR + 1_000);
    assert!(desk.ask(BOB, schedule).is_ok());
}

/// Only what changed something holds the clock: who was merely refused or looked, at a wild reading, has done no harm.
#[test]
fn f07_clock_one_day_ahead_and_back_without_a_change() {
    let desk = Desk::new();
    let (schedule, full) = (desk.publish(2), desk.publish(1));
    let mut later = plan(1);
    later.closes_at = Some(after(HOUR));
    let closing = desk.publish_plan(&later);
    let ann = desk
        .request(&Request::new(ANN, schedule).id(RequestId::new(1)))
        .expect("a slot is free");
    desk.book(BOB, full);

    desk.at(DAY);
    assert_eq!(desk.tally(schedule), [2, 0, 0, 0, 0]);
    assert_eq!(desk.ask(EVE, closing), Err(Refusal::Closed));
    assert_eq!(desk.ask(EVE, full), Err(Refusal::SoldOut));
    assert_eq!(desk.release(ann.id, ANN), Err(Refusal::HoldExpired));
    assert_eq!(desk.release(ann.id, EVE), Err(Refusal::NotYours));
    assert_eq!(
        desk.engine.lookup(ANN, RequestId::new(1)),
        Err(Refusal::UnknownRequest)
    );

    desk.at(1);
    assert_eq!(desk.tally(schedule), [1, 1, 0, 0, 0]);
    assert!(desk.engine.lookup(ANN, RequestId::new(1)).is_ok());
    assert!(desk.ask(EVE, closing).is_ok());
    assert!(desk.confirm(ann.id, ANN).is_ok());
    assert_eq!(desk.advance(), 0);
}

/// A change at a wild reading is final, for then nothing tells it from a true one.
#[test]
fn f07_clock_one_day_ahead_and_back_with_a_change() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    let ann = desk.hold(ANN, schedule);
    desk.at(DAY);
    let bob = desk.hold(BOB, schedule);
    desk.at(1);
    assert_eq!(desk.release(ann.id, ANN), Err(Refusal::HoldExpired));
    assert_eq!(desk.engine.extend(bob.id, BOB, TTL), Ok(after(DAY + TTL)));
    assert_eq!(desk.tally(schedule), [1, 1, 0, 0, 0]);
}

#[test]
fn f07_clock_back_does_not_close_what_has_opened() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    desk.set(fairslot::Timestamp::from_millis(after(0).as_millis() - 1));
    // Publishing had moved the engine to the opening.
    assert!(desk.ask(ANN, schedule).is_ok());
    desk.set(fairslot::Timestamp::from_millis(0));
    assert!(desk.ask(BOB, schedule).is_ok());
    assert_eq!(desk.engine.next_deadline(), Some(after(TTL)));
}

#[test]
fn f07_clock_frozen() {
    let desk = Desk::new();
    let schedule = desk.publish(100);
    for n in 0..100u128 {
        let hold = desk.hold(PatientId::new(n), schedule);
        assert_eq!(
            (u128::from(hold.slot.get()), hold.expires_at),
            (n + 1, after(TTL))
        );
        match n % 4 {
            0 => assert_eq!(desk.release(hold.id, PatientId::new(n)), Ok(())),
            1 => assert!(desk.confirm(hold.id, PatientId::new(n)).is_ok()),
            _ => {}
        }
        assert_eq!(desk.advance(), 0);
        if n % 4 == 0 {
            // Takes the slot that was just given back.
            assert_eq!(
                desk.hold(PatientId::new(1_000 + n), schedule).slot,
                hold.slot
            );
        }
    }
    assert_eq!(desk.ask(EVE, schedule), Err(Refusal::AlreadyHolds));
    assert_eq!(
        desk.ask(PatientId::new(5_000), schedule),
        Err(Refusal::SoldOut)
    );
    assert_eq!(desk.tally(schedule), [0, 75, 25, 0, 0]);
}

#[test]
fn f07_clock_a_leap_expires_all_at_once() {
    let desk = Desk::new();
    let schedule = desk.publish(200);
    for n in 0..200u128 {
        desk.hold(PatientId::new(n), schedule);
    }
    desk.at(DAY);
    assert_eq!(desk.tally(schedule), [200, 0, 0, 0, 0]);
    assert_eq!(desk.hold(EVE, schedule).slot.get(), 1);
    assert_eq!(desk.advance(), 200);
    assert_eq!(desk.engine.next_deadline(), Some(after(DAY + TTL)));
}

/// Nor has it forgotten anything.
#[test]
fn f07_clock_one_day_ahead_and_back_forgets_nothing() {
    let desk = Desk::new();
    let (booked, open) = (desk.publish(1), desk.publish(1));
    desk.book(ANN, booked);
    let request = Request::new(ANN, open).id(RequestId::new(1));
    let hold = desk.request(&request).expect("a slot is free");
    assert_eq!(desk.release(hold.id, ANN), Ok(()));

    desk.at(DAY);
    assert_eq!(desk.ask(ANN, booked), Err(Refusal::AlreadyHolds));
    assert_eq!(desk.release(hold.id, ANN), Err(Refusal::UnknownHold));

    desk.at(1);
    assert_eq!(desk.release(hold.id, ANN), Err(Refusal::AlreadyReleased));
    assert_eq!(desk.request(&request), Ok(hold));
}

/// What an advance forgets stays forgotten: it took the time with it.
#[test]
fn f07_clock_back_recalls_nothing_forgotten() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    let request = Request::new(ANN, schedule).id(RequestId::new(1));
    let hold = desk.request(&request).expect("a slot is free");
    assert_eq!(desk.release(hold.id, ANN), Ok(()));
    desk.at(DAY);
    assert_eq!(desk.advance(), 0);
    desk.at(1);
    assert_eq!(desk.release(hold.id, ANN), Err(Refusal::UnknownHold));
    // Whatever is done now is done a day later.
    assert_eq!(desk.hold(ANN, schedule).expires_at, after(DAY + TTL));
}
