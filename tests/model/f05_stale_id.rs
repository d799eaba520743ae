//! Ids of holds and bookings that have ended, after their slot went to somebody else or to the same patient again.

use fairslot::{HoldId, PatientId, Refusal, ScheduleId};

use crate::desk::{ANN, BOB, Desk, TTL};
use crate::ids::{booking_of, hold_of};

/// Each way in which what Ann has in a schedule of one slot can end, with what she is told about it later. Every one of them
/// leaves the slot free.
const ENDS: [(&str, End); 6] = [
    ("released", |desk, schedule| {
        let hold = desk.hold(ANN, schedule);
        assert_eq!(desk.release(hold.id, ANN), Ok(()));
        (hold.id, Refusal::AlreadyReleased)
    }),
    ("expired", |desk, schedule| {
        let hold = desk.hold(ANN, schedule);
        desk.at(TTL);
        (hold.id, Refusal::HoldExpired)
    }),
    ("cancelled", |desk, schedule| {
        let booking = desk.book(ANN, schedule);
        assert_eq!(desk.cancel(booking.id, ANN), Ok(()));
        (hold_of(booking.id), Refusal::AlreadyCancelled)
    }),
    ("exchanged", |desk, schedule| {
        let old = desk.book(ANN, schedule);
        let elsewhere = desk.publish(1);
        let new = desk
            .exchange(old.id, ANN, elsewhere)
            .expect("a slot is free");
        (
            hold_of(old.id),
            Refusal::AlreadyExchanged { booking: new.id },
        )
    }),
    ("withdrawn hold", |desk, schedule| {
        let hold = desk.hold(ANN, schedule);
        assert_eq!(
            (
                desk.engine.withdraw(schedule),
                desk.engine.reinstate(schedule)
            ),
            (Ok(1), Ok(1))
        );
        (hold.id, Refusal::Withdrawn)
    }),
    ("withdrawn booking", |desk, schedule| {
        let booking = desk.book(ANN, schedule);
        assert_eq!(
            (
                desk.engine.withdraw(schedule),
                desk.engine.reinstate(schedule)
            ),
            (Ok(1), Ok(1))
        );
        (hold_of(booking.id), Refusal::Withdrawn)
    }),
];

type End = fn(&Desk, ScheduleId) -> (HoldId, Refusal);

/// What the old id's holder is told; whatever it is, the slot's new owner notices nothing.
fn is_dead(desk: &Desk, schedule: ScheduleId, old: HoldId, why: Refusal) {
    let before = desk.tally(schedule);
    desk.events();
    assert_eq!(desk.release(old, ANN), Err(why));
    assert_eq!(desk.engine.extend(old, ANN, 1), Err(why));
    let booking = booking_of(old);
    let confirmed = if why == Refusal::HoldExpired {
        Refusal::RefundDue
    } else {
        why
    };
    assert_eq!(desk.confirm(old, ANN), Err(confirmed));
    assert!(desk.cancel(booking, ANN).is_err());
    assert!(desk.exchange(booking, ANN, schedule).is_err());
    assert!(
        desk.check_in(booking).is_err()
            && desk.fulfil(booking).is_err()
            && desk.no_show(booking).is_err()
    );
    assert_eq!(desk.tally(schedule), before);
    assert_eq!(desk.events(), []);
}

#[test]
fn f05_stale_id_after_the_slot_was_held_again() {
    for patient in [ANN, BOB] {
        for (name, end) in ENDS {
            let desk = Desk::new();
            let schedule = desk.publish(1);
            let (old, why) = end(&desk, schedule);
            let hold = desk.hold(patient, schedule);
            assert_ne!(hold.id, old, "{name}");
            is_dead(&desk, schedule, old, why);
            let booking = desk
                .confirm(hold.id, patient)
                .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
            is_dead(&desk, schedule, old, why);
            assert_eq!(desk.check_in(booking.id), Ok(()), "{name}");
            is_dead(&desk, schedule, old, why);
        }
    }
}

#[test]
fn f05_stale_id_all_old_ids_of_one_slot() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    let mut old: Vec<HoldId> = Vec::new();
    for round in 0..500u128 {
        let patient = PatientId::new(round % 3);
        let hold = desk.hold(patient, schedule);
        assert!(!old.contains(&hold.id), "an id was minted twice");
        for &stale in &old {
            // Own or another's: never what is held now.
            assert!(desk.release(stale, patient).is_err());
            assert!(desk.engine.extend(stale, patient, 1).is_err());
            assert!(desk.confirm(stale, patient).is_err());
        }
        assert_eq!(desk.tally(schedule), [0, 1, 0, 0, 0]);
        old.push(hold.id);
        assert_eq!(desk.release(hold.id, patient), Ok(()));
    }
}

#[test]
fn f05_stale_id_of_a_booking_given_up_and_claimed_again() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    let first = desk.book(ANN, schedule);
    assert_eq!(desk.cancel(first.id, ANN), Ok(()));
    let second = desk.book(ANN, schedule);
    assert_eq!(desk.cancel(first.id, ANN), Err(Refusal::AlreadyCancelled));
    assert_eq!(desk.check_in(first.id), Err(Refusal::AlreadyCancelled));
    assert_eq!(
        desk.confirm(hold_of(first.id), ANN),
        Err(Refusal::AlreadyCancelled)
    );
    assert_eq!(desk.confirm(hold_of(second.id), ANN), Ok(second));
    assert_eq!(desk.check_in(second.id), Ok(()));
}
