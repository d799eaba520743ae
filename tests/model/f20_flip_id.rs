//! Forged ids: every bit of every kind of id flipped. Nobody gets near another's slot, and nothing panics.

use fairslot::{
    HoldId, Lottery, Opening, Outcome, PatientId, Refusal, Request, Schedule, SupplyError,
};

use crate::desk::{ANN, BOB, Desk, EVE, OPENING, TTL, plan};
use crate::ids::{booking_of, flipped_hold, flipped_schedule, hold_of};

/// Whoever asks is told that there is no such thing.
fn is_unknown(desk: &Desk, hold: HoldId) {
    let booking = booking_of(hold);
    let schedule = desk.publish(1);
    for patient in [ANN, BOB, EVE] {
        assert_eq!(
            desk.confirm(hold, patient),
            Err(Refusal::UnknownHold),
            "{hold}"
        );
        assert_eq!(
            desk.release(hold, patient),
            Err(Refusal::UnknownHold),
            "{hold}"
        );
        assert_eq!(
            desk.engine.extend(hold, patient, 1),
            Err(Refusal::UnknownHold),
            "{hold}"
        );
        assert_eq!(
            desk.cancel(booking, patient),
            Err(Refusal::UnknownBooking),
            "{hold}"
        );
        assert_eq!(
            desk.exchange(booking, patient, schedule),
            Err(Refusal::UnknownBooking),
            "{hold}"
        );
    }
    assert_eq!(
        desk.check_in(booking),
        Err(Refusal::UnknownBooking),
        "{hold}"
    );
    assert_eq!(desk.fulfil(booking), Err(Refusal::UnknownBooking), "{hold}");
    assert_eq!(
        desk.no_show(booking),
        Err(Refusal::UnknownBooking),
        "{hold}"
    );
}

/// A full house around the id: neighbours in the same schedule, in others, of other states and other versions.
fn neighbourhood(desk: &Desk) -> Vec<HoldId> {
    let schedules: Vec<_> = (0..4).map(|_| desk.publish(4)).collect();
    let mut holds = Vec::new();
    for &schedule in &schedules {
        for n in 0..4 {
            let patient = PatientId::new(10 + n);
            let gone = desk.hold(patient, schedule);
            assert_eq!(desk.release(gone.id, patient), Ok(()));
            let hold = desk.hold(patient, schedule);
            if n % 2 == 0 {
                assert!(desk.confirm(hold.id, patient).is_ok());
            }
            holds.extend([gone.id, hold.id]);
        }
    }
    holds
}

#[test]
fn f20_flip_id_of_a_hold_or_booking() {
    let desk = Desk::built(|builder| builder.live_holds_max(u32::MAX));
    let minted = neighbourhood(&desk);
    let schedule = desk.publish(3);
    let (ann, bob) = (
        desk.hold(ANN, schedule).id,
        hold_of(desk.book(BOB, schedule).id),
    );
    let before = desk.tally(schedule);
    for id in [ann, bob] {
        for bit in 0..128 {
            let forged = flipped_hold(id, bit);
            if ![ann, bob].contains(&forged) && !minted.contains(&forged) {
                is_unknown(&desk, forged);
            }
        }
    }
    assert_eq!(desk.tally(schedule), before);
    assert!(desk.confirm(ann, ANN).is_ok() && desk.cancel(booking_of(bob), BOB).is_ok());
}

/// Two bits at a time: a neighbour's id, if it is anybody's.
#[test]
fn f20_flip_id_twice() {
    let desk = Desk::built(|builder| builder.live_holds_max(u32::MAX));
    let minted = neighbourhood(&desk);
    let schedule = desk.publish(3);
    let ann = desk.hold(ANN, schedule).id;
    desk.events();
    for one in 0..128 {
        for other in 0..one {
            let forged = flipped_hold(flipped_hold(ann, one), other);
            let expected = if minted.contains(&forged) {
                Refusal::NotYours
            } else {
                Refusal::UnknownHold
            };
            assert_eq!(desk.release(forged, ANN), Err(expected), "{forged}");
            assert_eq!(desk.confirm(forged, ANN), Err(expected), "{forged}");
        }
    }
    assert_eq!(desk.events(), []);
}

#[test]
fn f20_flip_id_of_an_ended_hold() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    let old = desk.hold(ANN, schedule).id;
    desk.at(TTL);
    let new = desk.hold(BOB, schedule).id;
    for bit in 0..128 {
        let forged = flipped_hold(old, bit);
        if forged != new {
            is_unknown(&desk, forged);
        }
    }
}

#[test]
fn f20_flip_id_of_a_schedule() {
    let desk = Desk::new();
    let schedules = [desk.publish(1), desk.publish(1), desk.publish(1)];
    desk.events();
    for schedule in schedules {
        for bit in 0..64 {
            let forged = flipped_schedule(schedule, bit);
            if schedules.contains(&forged) {
                continue;
            }
            let unknown = Err(SupplyError::Refused(Refusal::UnknownSchedule));
            assert_eq!(
                desk.ask(ANN, forged),
                Err(Refusal::UnknownSchedule),
                "{forged}"
            );
            assert_eq!(
                desk.request(&Request::any(ANN, &[forged, forged])),
                Err(Refusal::UnknownSchedule),
                "{forged}"
            );
            assert_eq!(
                desk.engine.availability(forged),
                Err(Refusal::UnknownSchedule),
                "{forged}"
            );
            assert_eq!(desk.engine.withdraw(forged), unknown, "{forged}");
            assert_eq!(desk.engine.reinstate(forged), unknown, "{forged}");
            assert_eq!(desk.engine.add_slots(forged, 1), unknown, "{forged}");
            assert_eq!(desk.engine.schedule(forged), None, "{forged}");
        }
    }
    assert_eq!(desk.events(), []);
}

/// Schedules that are no plain ones: an id with the very bits that say so is nobody's, and no request by it leaves anything behind.
#[test]
fn f20_flip_id_of_a_schedule_that_is_withdrawn_or_undrawn() {
    let desk = Desk::new();
    let undrawn = Schedule {
        opening: Opening::Lottery(Lottery::new(OPENING)),
        ..plan(1)
    };
    let (withdrawn, undrawn) = (desk.publish(1), desk.publish_plan(&undrawn));
    desk.engine.withdraw(withdrawn).expect("it stands");
    desk.events();
    for schedule in [withdrawn, undrawn] {
        for one in 0..64 {
            for other in 0..=one {
                let once = flipped_schedule(schedule, one);
                let forged = match other == one {
                    true => once,
                    false => flipped_schedule(once, other),
                };
                if [withdrawn, undrawn].contains(&forged) {
                    continue;
                }
                let request = Request::new(ANN, forged);
                let unknown = Outcome::Refused(Refusal::UnknownSchedule);
                assert_eq!(desk.engine.request(&request), unknown, "{forged}");
                assert_eq!(
                    desk.engine
                        .request_many(&[request.clone(), request.waitlist()]),
                    [unknown, unknown],
                    "{forged}"
                );
            }
        }
    }
    assert_eq!(desk.events(), []);
    let audit = desk.engine.audit();
    assert!(audit.is_consistent() && audit.lines == 0, "{audit:?}");
}

/// Ids of an engine that has nothing yet, and of the largest numbers there are.
#[test]
fn f20_flip_id_out_of_thin_air() {
    let desk = Desk::new();
    for text in [
        "H00000000000000000000000000000000",
        "Hffffffffffffffffffffffffffffffff",
    ] {
        is_unknown(&desk, text.parse().expect("an id by its form"));
    }
    for bit in 0..128 {
        is_unknown(
            &desk,
            flipped_hold(
                "H00000000000000000000000000000000"
                    .parse()
                    .expect("an id by its form"),
                bit,
            ),
        );
    }
}
