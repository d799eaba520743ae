//! A confirm around the instant at which the hold expires, and long after.

use fairslot::{Refusal, What};

use crate::desk::{ANN, BOB, DAY, Desk, EVE, HOUR, SESSION, TTL, after, payment, plan};

/// Whether anybody has swept makes no difference: each case runs with and without an advance just before.
fn swept_or_not(case: impl Fn(&Desk, &dyn Fn())) {
    for sweep in [false, true] {
        let desk = Desk::new();
        let advance = || {
            if sweep {
                desk.advance();
            }
        };
        case(&desk, &advance);
    }
}

fn confirmed_late(desk: &Desk) -> Vec<bool> {
    desk.events()
        .iter()
        .filter_map(|e| {
            if let What::Confirmed { late, .. } = e.what {
                Some(late)
            } else {
                None
            }
        })
        .collect()
}

#[test]
fn f04_confirm_expire_around_the_deadline() {
    for (at, late) in [(TTL - 1, false), (TTL, true), (TTL + 1, true)] {
        swept_or_not(|desk, sweep| {
            let schedule = desk.publish(2);
            let hold = desk.hold(ANN, schedule);
            assert_eq!(hold.expires_at, after(TTL));
            desk.at(at);
            sweep();
            assert_eq!(
                desk.tally(schedule),
                if late {
                    [2, 0, 0, 0, 0]
                } else {
                    [1, 1, 0, 0, 0]
                }
            );
            let booking = desk
                .confirm(hold.id, ANN)
                .expect("nobody else has the slot");
            assert_eq!((booking.schedule, booking.slot), (schedule, hold.slot));
            assert_eq!(confirmed_late(desk), [late]);
            assert_eq!(desk.tally(schedule), [1, 0, 1, 0, 0]);
        });
    }
}

#[test]
fn f04_confirm_expire_release_and_extend_around_the_deadline() {
    for (at, expired) in [(TTL - 1, false), (TTL, true), (TTL + 1, true)] {
        swept_or_not(|desk, sweep| {
            let schedule = desk.publish(2);
            let (ann, bob) = (desk.hold(ANN, schedule), desk.hold(BOB, schedule));
            desk.at(at);
            sweep();
            let (released, extended) = (
                desk.release(ann.id, ANN),
                desk.engine.extend(bob.id, BOB, HOUR),
            );
            if expired {
                assert_eq!(
                    (released, extended),
                    (Err(Refusal::HoldExpired), Err(Refusal::HoldExpired))
                );
            } else {
                // One hour from the claim is the cap.
                assert_eq!((released, extended), (Ok(()), Ok(after(HOUR))));
            }
        });
    }
}

#[test]
fn f04_confirm_expire_the_slot_is_claimable_in_the_millisecond_it_expires() {
    swept_or_not(|desk, sweep| {
        let schedule = desk.publish(1);
        let ann = desk.hold(ANN, schedule);
        desk.at(TTL - 1);
        assert_eq!(desk.ask(BOB, schedule), Err(Refusal::SoldOut));
        desk.at(TTL);
        sweep();
        let bob = desk.hold(BOB, schedule);
        assert_eq!(bob.slot, ann.slot);
        assert_eq!(desk.confirm(ann.id, ANN), Err(Refusal::RefundDue));
        assert_eq!(desk.tally(schedule), [0, 1, 0, 0, 0]);
        assert!(desk.confirm(bob.id, BOB).is_ok());
    });
}

#[test]
fn f04_confirm_expire_a_refund_is_final() {
    swept_or_not(|desk, sweep| {
        let schedule = desk.publish(1);
        let ann = desk.hold(ANN, schedule);
        desk.at(TTL);
        let bob = desk.hold(BOB, schedule);
        assert_eq!(desk.pay(ann.id, ANN, payment(1)), Err(Refusal::RefundDue));
        assert_eq!(desk.release(bob.id, BOB), Ok(()));
        sweep();
        // The slot is free again, but the payment is on its way back.
        assert_eq!(desk.pay(ann.id, ANN, payment(1)), Err(Refusal::RefundDue));
        assert_eq!(desk.pay(ann.id, ANN, payment(2)), Err(Refusal::RefundDue));
        assert_eq!(desk.release(ann.id, ANN), Err(Refusal::HoldExpired));
        assert_eq!(
            desk.engine.extend(ann.id, ANN, 1),
            Err(Refusal::HoldExpired)
        );
        assert_eq!(desk.tally(schedule), [1, 0, 0, 0, 0]);
        assert!(desk.ask(ANN, schedule).is_ok());
    });
}

#[test]
fn f04_confirm_expire_a_later_hold_that_ran_out_too_is_in_nobodys_way() {
    swept_or_not(|desk, sweep| {
        let schedule = desk.publish(1);
        let ann = desk.hold(ANN, schedule);
        desk.at(TTL);
        let bob = desk.hold(BOB, schedule);
        desk.at(2 * TTL - 1);
        assert_eq!(desk.ask(EVE, schedule), Err(Refusal::SoldOut));
        desk.at(2 * TTL);
        sweep();
        assert!(desk.confirm(ann.id, ANN).is_ok());
        assert_eq!(desk.confirm(bob.id, BOB), Err(Refusal::RefundDue));
        assert_eq!(desk.tally(schedule), [0, 0, 1, 0, 0]);
    });
}

#[test]
fn f04_confirm_expire_another_slot_of_the_schedule_is_in_the_way() {
    swept_or_not(|desk, sweep| {
        let schedule = desk.publish(3);
        let (bob, first) = (desk.hold(BOB, schedule), desk.hold(ANN, schedule));
        assert_eq!(desk.release(bob.id, BOB), Ok(()));
        desk.at(TTL);
        sweep();
        let second = desk.hold(ANN, schedule);
        assert_ne!(second.slot, first.slot);
        assert_eq!(desk.confirm(first.id, ANN), Err(Refusal::RefundDue));
        assert!(desk.confirm(second.id, ANN).is_ok());
        assert_eq!(desk.tally(schedule), [2, 0, 1, 0, 0]);
    });
}

#[test]
fn f04_confirm_expire_closed_does_not_matter() {
    let desk = Desk::new();
    let mut plan = plan(1);
    plan.closes_at = Some(after(TTL));
    let schedule = desk.publish_plan(&plan);
    let hold = desk.hold(ANN, schedule);
    desk.at(TTL + 1);
    assert_eq!(desk.ask(BOB, schedule), Err(Refusal::Closed));
    assert!(desk.confirm(hold.id, ANN).is_ok());
}

#[test]
fn f04_confirm_expire_even_after_the_session_began() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    desk.at(SESSION - 1);
    let hold = desk.hold(ANN, schedule);
    desk.at(SESSION + TTL);
    assert!(desk.confirm(hold.id, ANN).is_ok());
}

#[test]
fn f04_confirm_expire_a_withdrawn_session_is_no_place_to_go() {
    swept_or_not(|desk, sweep| {
        let schedule = desk.publish(1);
        let hold = desk.hold(ANN, schedule);
        desk.at(TTL);
        sweep();
        // The hold had run out: the withdrawal ended nothing.
        assert_eq!(desk.engine.withdraw(schedule), Ok(0));
        assert_eq!(desk.confirm(hold.id, ANN), Err(Refusal::Withdrawn));
        assert_eq!(desk.engine.reinstate(schedule), Ok(1));
        assert!(desk.confirm(hold.id, ANN).is_ok());
    });
}

#[test]
fn f04_confirm_expire_until_it_is_forgotten() {
    for (at, remembered) in [
        (TTL + DAY - 1, true),
        (TTL + DAY, false),
        (TTL + DAY + 1, false),
    ] {
        swept_or_not(|desk, sweep| {
            let schedule = desk.publish(1);
            let hold = desk.hold(ANN, schedule);
            desk.at(at);
            sweep();
            let confirmed = desk.confirm(hold.id, ANN);
            if remembered {
                assert!(confirmed.is_ok());
            } else {
                assert_eq!(confirmed, Err(Refusal::UnknownHold));
                assert_eq!(desk.release(hold.id, ANN), Err(Refusal::UnknownHold));
            }
        });
    }
}

#[test]
fn f04_confirm_expire_counts_each_hold_once_whoever_noticed() {
    let desk = Desk::new();
    let schedule = desk.publish(3);
    let ann = desk.hold(ANN, schedule);
    desk.hold(BOB, schedule);
    desk.at(TTL);
    assert!(desk.confirm(ann.id, ANN).is_ok());
    desk.hold(EVE, schedule);
    assert_eq!(desk.advance(), 2);
    assert_eq!(desk.advance(), 0);
    assert_eq!(desk.engine.next_deadline(), Some(after(2 * TTL)));
}

#[test]
fn a_second_payment_is_due_back() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    let hold = desk.hold(ANN, schedule);
    let pay = |number| {
        desk.pay(hold.id, ANN, number)
            .map(|booking| booking.payment_due_back)
    };
    assert_eq!(pay(None), Ok(None));
    assert_eq!(pay(payment(1)), Ok(None), "the first one named is recorded");
    assert_eq!(pay(payment(1)), Ok(None));
    assert_eq!(pay(payment(2)), Ok(payment(2)));
    assert_eq!(
        pay(payment(2)),
        Ok(payment(2)),
        "and is no more recorded than the first time"
    );
    assert_eq!(pay(None), Ok(None));
    assert_eq!(desk.tally(schedule), [0, 0, 1, 0, 0]);
}

/// Nobody has looked for more than a day; how the hold ended is forgotten, but it is the slot's still to give back.
#[test]
fn f04_confirm_expire_noticed_a_day_late() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    let (other, has_one) = (desk.publish(1), desk.publish(1));
    desk.book(ANN, has_one);
    desk.hold(ANN, schedule);
    desk.at(2 * DAY);
    // Reads the patient's book, and gets no further.
    assert_eq!(desk.ask(ANN, has_one), Err(Refusal::AlreadyHolds));
    assert!(desk.engine.audit().is_consistent());
    // These may use what was forgotten for something else.
    desk.hold(ANN, other);
    desk.hold(BOB, desk.publish(1));
    assert_eq!(desk.tally(schedule), [1, 0, 0, 0, 0]);
    assert_eq!(desk.advance(), 1);
    assert_eq!(desk.hold(EVE, schedule).slot.get(), 1);
}
