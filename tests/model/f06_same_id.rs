//! The same request again: duplicated, reordered, mistaken, late, and in floods.

use fairslot::{ChannelId, Outcome, PatientId, Refusal, Request, RequestId, Rule, ScheduleId};

use crate::desk::{ANN, BOB, DAY, Desk, TTL, payment};

const ID: RequestId = RequestId::new(77);

fn named(patient: PatientId, schedule: ScheduleId) -> Request {
    Request::new(patient, schedule).id(ID)
}

#[test]
fn f06_same_id_repeats_the_answer_and_changes_nothing() {
    let desk = Desk::new();
    let schedule = desk.publish(3);
    let request = named(ANN, schedule);
    let first = desk.engine.request(&request);
    assert!(matches!(first, Outcome::Held(_)));
    desk.events();
    for _ in 0..10 {
        assert_eq!(desk.engine.request(&request), first);
        assert_eq!(
            desk.engine
                .request_many(&[request.clone(), request.clone()]),
            [first, first]
        );
        assert_eq!(desk.engine.lookup(ANN, ID), Ok(first));
    }
    assert_eq!(
        (desk.events().len(), desk.tally(schedule)),
        (0, [2, 1, 0, 0, 0])
    );
}

#[test]
fn f06_same_id_twice_in_one_batch() {
    let desk = Desk::new();
    let schedule = desk.publish(3);
    let outcomes = desk.engine.request_many(&[
        named(ANN, schedule),
        named(BOB, schedule),
        named(ANN, schedule),
    ]);
    assert_eq!(outcomes[0], outcomes[2]);
    assert_ne!(outcomes[0], outcomes[1]);
    assert_eq!(desk.tally(schedule), [1, 2, 0, 0, 0]);
}

/// The answer is about what was answered then, not about what has become of it.
#[test]
fn f06_same_id_outlives_its_hold() {
    type Ending = fn(&Desk, fairslot::Hold);
    let endings: [Ending; 6] = [
        |desk, hold| assert_eq!(desk.release(hold.id, ANN), Ok(())),
        |desk, _| desk.at(TTL),
        |desk, hold| assert!(desk.engine.extend(hold.id, ANN, 2 * TTL).is_ok()),
        |desk, hold| assert!(desk.pay(hold.id, ANN, payment(1)).is_ok()),
        |desk, hold| {
            let booking = desk.confirm(hold.id, ANN).expect("it is live");
            assert_eq!(desk.cancel(booking.id, ANN), Ok(()));
        },
        |desk, hold| assert_eq!(desk.engine.withdraw(hold.schedule), Ok(1)),
    ];
    for ending in endings {
        let desk = Desk::new();
        let schedule = desk.publish(1);
        let hold = desk.request(&named(ANN, schedule)).expect("a slot is free");
        ending(&desk, hold);
        assert_eq!(desk.request(&named(ANN, schedule)), Ok(hold));
        assert_eq!(desk.engine.lookup(ANN, ID), Ok(Outcome::Held(hold)));
    }
}

#[test]
fn f06_same_id_for_something_else_is_named_as_such() {
    let desk = Desk::new();
    let (a, b) = (desk.publish(2), desk.publish(2));
    let channel = ChannelId::new(1);
    let first = desk.request(&Request::any(ANN, &[a, b]).id(ID).channel(channel));
    assert!(first.is_ok());
    for other in [
        Request::any(ANN, &[b, a]).id(ID).channel(channel),
        Request::any(ANN, &[a]).id(ID).channel(channel),
        Request::any(ANN, &[a, b, b]).id(ID).channel(channel),
        Request::any(ANN, &[a, b]).id(ID).channel(ChannelId::new(2)),
        Request::any(ANN, &[a, b]).id(ID),
    ] {
        assert_eq!(
            desk.request(&other),
            Err(Refusal::RequestMismatch),
            "{other:?}"
        );
    }
    assert_eq!(
        desk.request(&Request::any(ANN, &[a, b]).id(ID).channel(channel)),
        first
    );
    assert_eq!(
        (desk.tally(a), desk.tally(b)),
        ([1, 1, 0, 0, 0], [2, 0, 0, 0, 0])
    );
}

/// Who asks from where is no part of what was asked.
#[test]
fn f06_same_id_from_another_device_is_the_same() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    let first = desk.request(&named(ANN, schedule).device(fairslot::DeviceId::new(1)));
    let again = named(ANN, schedule)
        .account(fairslot::AccountId::new(2))
        .network([192, 0, 2, 1].into());
    assert_eq!(desk.request(&again), first);
}

#[test]
fn f06_same_id_of_another_patient_is_another() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    let ann = desk.request(&named(ANN, schedule)).expect("a slot is free");
    assert_eq!(desk.engine.lookup(BOB, ID), Err(Refusal::UnknownRequest));
    let bob = desk.request(&named(BOB, schedule)).expect("a slot is free");
    assert_ne!((ann.id, ann.slot), (bob.id, bob.slot));
}

#[test]
fn f06_same_id_is_free_after_a_refusal() {
    let desk = Desk::new();
    let (full, open) = (desk.publish(1), desk.publish(1));
    desk.hold(BOB, full);
    assert_eq!(desk.request(&named(ANN, full)), Err(Refusal::SoldOut));
    assert_eq!(desk.engine.lookup(ANN, ID), Err(Refusal::UnknownRequest));
    assert!(desk.request(&named(ANN, open)).is_ok());
}

/// A request overtaken by its successor: the late one finds the id taken or, if it bore another, the slot.
#[test]
fn f06_same_id_reordered() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    let (early, late) = (
        Request::new(ANN, schedule).id(RequestId::new(1)),
        Request::new(ANN, schedule).id(RequestId::new(2)),
    );
    let held = desk.request(&late).expect("a slot is free");
    assert_eq!(desk.request(&early), Err(Refusal::AlreadyHolds));
    assert_eq!(desk.request(&late), Ok(held));
    assert_eq!(desk.release(held.id, ANN), Ok(()));
    // The early one is sent again: it has no answer yet, so it is a request like any other.
    let again = desk.request(&early).expect("a slot is free");
    assert_eq!(
        (desk.request(&early), desk.request(&late)),
        (Ok(again), Ok(held))
    );
}

#[test]
fn f06_same_id_for_24_hours() {
    for (at, remembered) in [(DAY - 1, true), (DAY, false), (DAY + 1, false)] {
        for sweep in [false, true] {
            let desk = Desk::new();
            let schedule = desk.publish(1);
            let hold = desk.request(&named(ANN, schedule)).expect("a slot is free");
            desk.at(at);
            if sweep {
                desk.advance();
            }
            let found = desk.engine.lookup(ANN, ID);
            let again = desk
                .request(&named(ANN, schedule))
                .expect("the same answer, or the same slot anew");
            if remembered {
                assert_eq!((found, again), (Ok(Outcome::Held(hold)), hold));
            } else {
                assert_eq!(found, Err(Refusal::UnknownRequest));
                assert_ne!(again.id, hold.id);
                assert_eq!(desk.engine.lookup(ANN, ID), Ok(Outcome::Held(again)));
            }
        }
    }
}

/// After 24 hours the answer is forgotten; what was booked is not.
#[test]
fn f06_same_id_forgotten_is_no_second_slot() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    let hold = desk.request(&named(ANN, schedule)).expect("a slot is free");
    let booking = desk.confirm(hold.id, ANN).expect("it is live");
    desk.at(DAY);
    assert_eq!(
        desk.request(&named(ANN, schedule)),
        Err(Refusal::AlreadyHolds)
    );
    assert_eq!(desk.confirm(hold.id, ANN), Ok(booking));
}

#[test]
fn f06_same_id_a_flood_of_ids_evicts_no_booking() {
    let desk = Desk::new();
    let (schedule, other) = (desk.publish(2), desk.publish(1));
    let hold = desk.request(&named(ANN, schedule)).expect("a slot is free");
    let booking = desk.pay(hold.id, ANN, payment(1)).expect("it is live");
    for id in 1_000..101_000u128 {
        let refused = desk.request(&Request::new(ANN, schedule).id(RequestId::new(id)));
        assert_eq!(refused, Err(Refusal::AlreadyHolds));
    }
    // Those changed nothing; these do, until the patient's book is full.
    let mut held = 0u128;
    let full = loop {
        let hold =
            match desk.request(&Request::new(ANN, other).id(RequestId::new(1_000_000 + held))) {
                Ok(hold) => hold,
                Err(refusal) => break refusal,
            };
        assert_eq!(desk.release(hold.id, ANN), Ok(()));
        held += 1;
    };
    assert_eq!(
        full,
        Refusal::Rule {
            rule: Rule::BookFull
        }
    );
    assert!(held >= 1_000, "only {held} ended holds are kept");
    assert_eq!(desk.request(&named(ANN, schedule)), Ok(hold));
    assert_eq!(desk.confirm(hold.id, ANN), Ok(booking));
    assert!(
        desk.request(&Request::new(ANN, other).id(RequestId::new(1_000_000)))
            .is_ok(),
        "the first is remembered, too"
    );
    assert!(
        desk.ask(BOB, other).is_ok(),
        "another patient's book is another matter"
    );
    // A day later there is room again.
    desk.at(DAY);
    assert!(
        desk.request(&Request::new(ANN, desk.publish(1)).id(RequestId::new(1_000_000 + held)))
            .is_ok()
    );
}
