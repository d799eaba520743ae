//! An exchange: the new slot is had before the old one is let go, or nothing happens at all.

use fairslot::{Opening, Refusal, Rule, Schedule, What};

use crate::desk::{ANN, BOB, Desk, EVE, SESSION, TTL, after, payment, plan};
use crate::ids::hold_of;

#[test]
fn f26_exchange_one_for_the_other() {
    let desk = Desk::new();
    let (here, there) = (desk.publish(2), desk.publish(2));
    let old = desk.book(ANN, here);
    desk.events();
    let new = desk.exchange(old.id, ANN, there).expect("a slot is free");
    assert_eq!(
        (new.schedule, new.slot.get(), new.payment_due_back),
        (there, 1, None)
    );
    assert_eq!(
        (desk.tally(here), desk.tally(there)),
        ([2, 0, 0, 0, 0], [1, 0, 1, 0, 0])
    );
    let mut events = desk.events();
    events.sort_by_key(|event| event.schedule);
    let whats: Vec<What> = events.iter().map(|event| event.what).collect();
    assert_eq!(
        whats,
        [
            What::ExchangedOut { to: new.id },
            What::ExchangedIn { from: old.id }
        ]
    );
    // The old slot is free in the same instant; the new booking is one like any other.
    assert_eq!(desk.hold(BOB, here).slot, old.slot);
    assert_eq!(
        desk.confirm(hold_of(new.id), ANN).map(|booking| booking.id),
        Ok(new.id)
    );
    assert_eq!(
        desk.release(hold_of(new.id), ANN),
        Err(Refusal::AlreadyConfirmed)
    );
    assert_eq!(desk.check_in(new.id), Ok(()));
}

#[test]
fn f26_exchange_again_names_the_new_booking() {
    let desk = Desk::new();
    let (here, there, elsewhere) = (desk.publish(1), desk.publish(1), desk.publish(1));
    let first = desk.book(ANN, here);
    let second = desk.exchange(first.id, ANN, there).expect("a slot is free");
    let third = desk
        .exchange(second.id, ANN, elsewhere)
        .expect("a slot is free");
    let told = |booking| Err(Refusal::AlreadyExchanged { booking });
    assert_eq!(
        desk.exchange(first.id, ANN, here),
        told(second.id).map(|()| first)
    );
    assert_eq!(desk.cancel(first.id, ANN), told(second.id));
    assert_eq!(desk.cancel(second.id, ANN), told(third.id));
    assert_eq!(desk.check_in(second.id), told(third.id));
    assert_eq!(desk.release(hold_of(first.id), ANN), told(second.id));
    assert_eq!(
        desk.confirm(hold_of(first.id), ANN),
        told(second.id).map(|()| first)
    );
    // There and back again: the same slot, another booking.
    let back = desk.exchange(third.id, ANN, here).expect("it is free");
    assert_eq!(back.slot, first.slot);
    assert_ne!(back.id, first.id);
    assert_eq!(desk.cancel(back.id, ANN), Ok(()));
}

/// What was paid for the old booking is paid for the new one.
#[test]
fn f26_exchange_takes_the_payment_along() {
    let desk = Desk::new();
    let (here, there) = (desk.publish(1), desk.publish(1));
    let hold = desk.hold(ANN, here);
    let old = desk.pay(hold.id, ANN, payment(1)).expect("it is live");
    let new = desk.exchange(old.id, ANN, there).expect("a slot is free");
    let pay = |number| {
        desk.pay(hold_of(new.id), ANN, payment(number))
            .map(|booking| booking.payment_due_back)
    };
    assert_eq!((pay(1), pay(2)), (Ok(None), Ok(payment(2))));
}

/// Refused, the patient has what she had.
#[test]
fn f26_exchange_refused_changes_nothing() {
    let desk = Desk::new();
    let here = desk.publish(2);
    let old = desk.book(ANN, here);
    let (full, has_one, withdrawn, open) = (
        desk.publish(1),
        desk.publish(2),
        desk.publish(1),
        desk.publish(1),
    );
    desk.hold(BOB, full);
    desk.hold(ANN, has_one);
    assert_eq!(desk.engine.withdraw(withdrawn), Ok(0));
    let not_open = desk.publish_plan(&Schedule {
        opening: Opening::first_come(after(1_000)),
        ..plan(1)
    });
    let closed = desk.publish_plan(&Schedule {
        closes_at: Some(after(0)),
        ..plan(1)
    });
    let nowhere = "S000000000fffffff".parse().expect("an id by its form");
    desk.events();
    for (target, refusal) in [
        (nowhere, Refusal::UnknownSchedule),
        (withdrawn, Refusal::Withdrawn),
        (
            not_open,
            Refusal::NotOpen {
                retry_after_ms: 1_000,
            },
        ),
        (closed, Refusal::Closed),
        (here, Refusal::AlreadyHolds),
        (has_one, Refusal::AlreadyHolds),
        (full, Refusal::SoldOut),
    ] {
        assert_eq!(desk.exchange(old.id, ANN, target), Err(refusal));
        assert_eq!(desk.tally(here), [1, 0, 1, 0, 0]);
    }
    assert_eq!(desk.events(), []);
    assert!(desk.exchange(old.id, ANN, open).is_ok());
}

/// Judged as if the old slot were gone: it ends with no more than before.
#[test]
fn f26_exchange_is_no_further_live_hold() {
    let desk = Desk::built(|builder| builder.live_holds_max(1));
    let (here, there, elsewhere) = (desk.publish(1), desk.publish(1), desk.publish(1));
    let old = desk.book(ANN, here);
    desk.hold(ANN, elsewhere);
    assert_eq!(
        desk.ask(ANN, there),
        Err(Refusal::Rule {
            rule: Rule::LiveHolds
        })
    );
    assert!(desk.exchange(old.id, ANN, there).is_ok());
}

#[test]
fn f26_exchange_takes_a_line_in_the_patients_book() {
    let desk = Desk::built(|builder| builder.book_lines_max(1_001));
    let (here, there) = (desk.publish(1), desk.publish(1));
    desk.fill_book(ANN, 999);
    let first = desk.book(ANN, here);
    let second = desk
        .exchange(first.id, ANN, there)
        .expect("there is one more line");
    assert_eq!(
        desk.exchange(second.id, ANN, here),
        Err(Refusal::Rule {
            rule: Rule::BookFull
        })
    );
    assert_eq!(desk.tally(there), [0, 0, 1, 0, 0]);
}

#[test]
fn f26_exchange_takes_a_slot_whose_hold_has_run_out() {
    for sweep in [false, true] {
        let desk = Desk::new();
        let (here, there) = (desk.publish(1), desk.publish(1));
        let old = desk.book(ANN, here);
        let bob = desk.hold(BOB, there);
        desk.at(TTL - 1);
        assert_eq!(desk.exchange(old.id, ANN, there), Err(Refusal::SoldOut));
        desk.at(TTL);
        if sweep {
            desk.advance();
        }
        assert!(desk.exchange(old.id, ANN, there).is_ok());
        assert_eq!(desk.confirm(bob.id, BOB), Err(Refusal::RefundDue));
    }
}

/// Her own hold there has run out: she has no slot of that schedule.
#[test]
fn f26_exchange_into_a_schedule_where_the_own_hold_ran_out() {
    let desk = Desk::new();
    let (here, there) = (desk.publish(1), desk.publish(1));
    let old = desk.book(ANN, here);
    let hold = desk.hold(ANN, there);
    desk.at(TTL - 1);
    assert_eq!(
        desk.exchange(old.id, ANN, there),
        Err(Refusal::AlreadyHolds)
    );
    desk.at(TTL);
    let new = desk.exchange(old.id, ANN, there).expect("the slot is free");
    assert_eq!(new.slot, hold.slot);
    assert_eq!(desk.confirm(hold.id, ANN), Err(Refusal::RefundDue));
}

#[test]
fn f26_exchange_until_the_cut_off_of_the_old_one() {
    for (at, in_time) in [(SESSION - 1, true), (SESSION, false), (SESSION + 1, false)] {
        let desk = Desk::new();
        let here = desk.publish(1);
        let old = desk.book(ANN, here);
        let mut later = plan(1);
        later.starts_at = after(2 * SESSION);
        let there = desk.publish_plan(&later);
        desk.at(at);
        let exchanged = desk.exchange(old.id, ANN, there);
        assert_eq!(
            exchanged.map(drop),
            if in_time {
                Ok(())
            } else {
                Err(Refusal::TooLate)
            }
        );
    }
}

/// Nobody who swaps slots through a third schedule ends with two, or with none.
#[test]
fn f26_exchange_in_a_ring() {
    let desk = Desk::new();
    let (a, b, spare) = (desk.publish(1), desk.publish(1), desk.publish(1));
    let (mut ann, mut bob) = (desk.book(ANN, a), desk.book(BOB, b));
    for _ in 0..100 {
        assert_eq!(
            desk.exchange(ann.id, ANN, bob.schedule),
            Err(Refusal::SoldOut)
        );
        let (anns, bobs) = (ann.schedule, bob.schedule);
        ann = desk
            .exchange(ann.id, ANN, spare)
            .expect("the spare one is free");
        bob = desk.exchange(bob.id, BOB, anns).expect("it was let go");
        ann = desk.exchange(ann.id, ANN, bobs).expect("it was let go");
    }
    assert_eq!([a, b, spare].map(|s| desk.tally(s)[2]), [1, 1, 0]);
    assert_eq!(desk.ask(EVE, a), Err(Refusal::SoldOut));
}
