//! A slot's life seen from the hospital: sessions called off and back, slots added, visits, and the events of all that.

use fairslot::{Event, What};

use crate::desk::{ANN, BOB, Desk, EVE, TTL, after};

/// What happened to which slot (0: the schedule as a whole), at which version.
fn told(events: &[Event]) -> Vec<(u16, u32, What)> {
    events
        .iter()
        .map(|event| {
            (
                event.slot.map_or(0, |slot| slot.get()),
                event.version,
                event.what,
            )
        })
        .collect()
}

#[test]
fn a_withdrawal_ends_what_is_not_visited_and_a_reinstatement_frees_it() {
    let desk = Desk::new();
    let schedule = desk.publish(4);
    let hold = desk.hold(ANN, schedule);
    let booking = desk.book(BOB, schedule);
    let visit = desk.book(EVE, schedule);
    assert_eq!(desk.check_in(visit.id), Ok(()));
    assert_eq!(desk.tally(schedule), [1, 1, 1, 0, 1]);
    desk.events();

    desk.at(1);
    assert_eq!(desk.engine.withdraw(schedule), Ok(2));
    assert_eq!(desk.tally(schedule), [0, 0, 0, 3, 1]);
    let events = desk.events();
    let session = What::SessionWithdrawn { affected: 2 };
    assert_eq!(
        told(&events),
        [
            (1, 2, What::Withdrawn { booked: false }),
            (2, 3, What::Withdrawn { booked: true }),
            (4, 1, What::Withdrawn { booked: false }),
            (0, 0, session)
        ]
    );
    let patients: Vec<_> = events.iter().map(|event| event.patient).collect();
    assert_eq!(patients, [Some(ANN), Some(BOB), None, None]);
    assert_eq!(events[0].hold, Some(hold.id));
    assert_eq!(
        events[1]
            .hold
            .map(|hold| hold.to_string()[1..] == booking.id.to_string()[1..]),
        Some(true)
    );
    assert!(
        events
            .iter()
            .all(|event| event.at == after(1) && event.schedule == schedule)
    );

    assert_eq!(desk.engine.reinstate(schedule), Ok(3));
    assert_eq!(desk.tally(schedule), [3, 0, 0, 0, 1]);
    let session = What::SessionReinstated { freed: 3 };
    let reinstated = [
        (1, 3, What::Reinstated),
        (2, 4, What::Reinstated),
        (4, 2, What::Reinstated),
        (0, 0, session),
    ];
    assert_eq!(told(&desk.events()), reinstated);
}

/// A hold that had run out was ended by time, although nobody had noticed.
#[test]
fn a_withdrawal_does_not_count_holds_that_had_run_out() {
    for (at, affected) in [(TTL - 1, 2), (TTL, 1), (TTL + 1, 1)] {
        let desk = Desk::new();
        let schedule = desk.publish(3);
        desk.hold(ANN, schedule);
        desk.book(BOB, schedule);
        desk.events();
        desk.at(at);
        assert_eq!(desk.engine.withdraw(schedule), Ok(affected));
        let expired = desk
            .events()
            .iter()
            .filter(|event| event.what == What::Expired)
            .count();
        assert_eq!(expired as u32, 2 - affected);
        assert_eq!(desk.advance(), u64::from(2 - affected));
    }
}

#[test]
fn each_transition_raises_the_version() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    assert_eq!(
        told(&desk.events()),
        [(0, 0, What::Published { capacity: 1 })]
    );
    let hold = desk.hold(ANN, schedule);
    assert!(desk.engine.extend(hold.id, ANN, TTL).is_ok());
    desk.at(TTL);
    let booking = desk.confirm(hold.id, ANN).expect("nobody else has it");
    assert_eq!(desk.cancel(booking.id, ANN), Ok(()));
    let released = desk.hold(BOB, schedule);
    assert_eq!(desk.release(released.id, BOB), Ok(()));
    let visit = desk.book(EVE, schedule);
    assert_eq!(
        (desk.check_in(visit.id), desk.fulfil(visit.id)),
        (Ok(()), Ok(()))
    );
    let expires_at = after(2 * TTL);
    let confirmed = |late| What::Confirmed {
        late,
        payment: None,
    };
    assert_eq!(
        told(&desk.events()),
        [
            (
                1,
                1,
                What::Held {
                    expires_at: after(TTL)
                }
            ),
            (
                1,
                2,
                What::Extended {
                    expires_at: after(TTL)
                }
            ),
            (1, 3, What::Expired),
            (1, 4, confirmed(true)),
            (1, 5, What::Cancelled),
            (1, 6, What::Held { expires_at }),
            (1, 7, What::Released),
            (1, 8, What::Held { expires_at }),
            (1, 9, confirmed(false)),
            (1, 10, What::CheckedIn),
            (1, 11, What::Fulfilled),
        ]
    );
}

#[test]
fn slots_added_are_free_and_come_last() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    desk.hold(ANN, schedule);
    desk.events();
    assert_eq!(desk.engine.add_slots(schedule, 2), Ok(2));
    let events = desk.events();
    assert!(
        matches!(events[0].what, What::SlotsAdded { first, count: 2 } if first.get() == 2),
        "{events:?}"
    );
    assert_eq!(desk.tally(schedule), [2, 1, 0, 0, 0]);
    assert_eq!(
        [BOB, EVE].map(|patient| desk.hold(patient, schedule).slot.get()),
        [2, 3]
    );
    assert_eq!(
        desk.engine
            .schedule(schedule)
            .map(|schedule| schedule.capacity),
        Some(3)
    );
}

#[test]
fn the_lowest_free_number_is_given_first() {
    let desk = Desk::new();
    let schedule = desk.publish(130);
    let holds: Vec<_> = (0..130)
        .map(|n| desk.hold(fairslot::PatientId::new(n), schedule))
        .collect();
    for number in [128usize, 65, 64, 63, 1, 130] {
        assert_eq!(
            desk.release(
                holds[number - 1].id,
                fairslot::PatientId::new(number as u128 - 1)
            ),
            Ok(())
        );
    }
    for number in [1, 63, 64, 65, 128, 130] {
        assert_eq!(
            desk.hold(fairslot::PatientId::new(1_000 + number), schedule)
                .slot
                .get() as u128,
            number
        );
    }
}

/// The next deadline is that of the live holds only.
#[test]
fn the_next_deadline_after_an_advance() {
    let desk = Desk::new();
    assert_eq!(desk.engine.next_deadline(), None);
    let schedule = desk.publish(3);
    let (ann, bob) = (desk.hold(ANN, schedule), desk.hold(BOB, schedule));
    desk.at(1_000);
    desk.hold(EVE, schedule);
    let next = || {
        desk.advance();
        desk.engine.next_deadline()
    };
    assert_eq!(next(), Some(after(TTL)));
    assert_eq!(desk.release(ann.id, ANN), Ok(()));
    assert_eq!(next(), Some(after(TTL)));
    assert!(desk.confirm(bob.id, BOB).is_ok());
    assert_eq!(next(), Some(after(1_000 + TTL)));
    desk.at(1_000 + TTL - 1);
    assert_eq!(next(), Some(after(1_000 + TTL)));
    desk.at(1_000 + TTL);
    assert_eq!(next(), None);
}
