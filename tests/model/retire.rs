//! Past schedules are retired, and everything about them with them; what comes to stand in their place is something else.

use fairslot::{Refusal, Request, RequestId, Schedule, ScheduleId, SupplyError, What};

use crate::desk::{ANN, BOB, DAY, Desk, EVE, SESSION, TTL, after, plan};
use crate::ids::{booking_of, hold_of};

/// A schedule is kept so long after its end.
const KEPT: u64 = 3 * DAY;

fn desk() -> Desk {
    Desk::built(|builder| builder.retire_after_ms(Some(KEPT)))
}

/// Until it says that nothing was retired any more.
fn retire(desk: &Desk) -> u64 {
    let bites = std::iter::from_fn(|| Some(desk.engine.advance().retired));
    bites.take(100).sum()
}

fn is_unknown(desk: &Desk, schedule: ScheduleId) {
    assert_eq!(desk.ask(EVE, schedule), Err(Refusal::UnknownSchedule));
    assert_eq!(
        desk.engine.availability(schedule),
        Err(Refusal::UnknownSchedule)
    );
    assert_eq!(desk.engine.schedule(schedule), None);
    let unknown = Err(SupplyError::Refused(Refusal::UnknownSchedule));
    assert_eq!(desk.engine.withdraw(schedule), unknown);
    assert_eq!(desk.engine.reinstate(schedule), unknown);
    assert_eq!(desk.engine.add_slots(schedule, 1), unknown);
}

#[test]
fn a_schedule_is_retired_so_long_after_its_end() {
    for end in [SESSION, SESSION + DAY] {
        let desk = desk();
        // The latest of start and both cut-offs.
        let schedule = desk.publish_plan(&Schedule {
            cancel_until: Some(after(end)),
            ..plan(1)
        });
        desk.at(end + KEPT - 1);
        assert_eq!(retire(&desk), 0);
        assert_eq!(desk.ask(ANN, schedule), Err(Refusal::Closed));
        desk.events();
        desk.at(end + KEPT);
        assert_eq!(retire(&desk), 1);
        let whats: Vec<What> = desk.events().iter().map(|event| event.what).collect();
        assert_eq!(whats, [What::Retired]);
        is_unknown(&desk, schedule);
        assert_eq!(retire(&desk), 0);
    }
}

#[test]
fn everything_about_a_retired_schedule_is_forgotten() {
    let desk = desk();
    let schedule = desk.publish(4);
    let request = Request::new(ANN, schedule).id(RequestId::new(1));
    let booked = desk
        .request(&request)
        .and_then(|hold| desk.confirm(hold.id, ANN))
        .expect("a slot is free");
    let visited = desk.book(BOB, schedule);
    assert_eq!(desk.check_in(visited.id), Ok(()));
    desk.at(SESSION - 1);
    let expired = desk.hold(EVE, schedule);
    desk.at(SESSION + KEPT);
    assert_eq!(retire(&desk), 1);
    for (id, patient) in [
        (hold_of(booked.id), ANN),
        (hold_of(visited.id), BOB),
        (expired.id, EVE),
    ] {
        assert_eq!(desk.confirm(id, patient), Err(Refusal::UnknownHold));
        assert_eq!(
            desk.cancel(booking_of(id), patient),
            Err(Refusal::UnknownBooking)
        );
        assert_eq!(desk.fulfil(booking_of(id)), Err(Refusal::UnknownBooking));
    }
    assert_eq!(
        desk.engine.lookup(ANN, RequestId::new(1)),
        Err(Refusal::UnknownRequest)
    );
    assert_eq!(desk.engine.next_deadline(), None);
}

/// The last hold may be confirmed late for a day after it ran out, and what became of it then is remembered for another.
#[test]
fn a_schedule_is_kept_as_long_as_its_last_hold_matters() {
    let desk = desk();
    let ttl = KEPT + DAY;
    let schedule = desk.publish_plan(&Schedule {
        hold_ttl_ms: ttl,
        hold_cap_ms: ttl,
        ..plan(2)
    });
    desk.at(SESSION - 1);
    let (ann, bob) = (desk.hold(ANN, schedule), desk.hold(BOB, schedule));
    desk.at(SESSION + KEPT);
    assert_eq!(retire(&desk), 0);
    assert!(desk.confirm(ann.id, ANN).is_ok());
    desk.at(SESSION - 1 + ttl + DAY - 1);
    assert_eq!(retire(&desk), 0);
    assert!(desk.confirm(bob.id, BOB).is_ok());
    desk.at(SESSION + ttl + 2 * DAY - 1);
    assert_eq!(retire(&desk), 0);
    desk.at(SESSION + ttl + 2 * DAY);
    assert_eq!(retire(&desk), 1);
    is_unknown(&desk, schedule);
}

/// Ids of what stood here before are nobody's, however often somebody else came to stand here.
#[test]
fn f05_stale_id_of_a_retired_schedule() {
    let desk = desk();
    let (mut schedules, mut holds) = (Vec::new(), Vec::new());
    for round in 0..50 {
        let opens = round * (SESSION + KEPT + TTL);
        desk.at(opens);
        let opening = fairslot::Opening::first_come(after(opens));
        let schedule = desk.publish_plan(&Schedule {
            opening,
            starts_at: after(opens + SESSION),
            ..plan(2)
        });
        assert!(!schedules.contains(&schedule), "an id was minted twice");
        schedules.iter().for_each(|&old| is_unknown(&desk, old));
        let (ann, bob) = (
            desk.hold(ANN, schedule).id,
            hold_of(desk.book(BOB, schedule).id),
        );
        assert!(
            !holds.contains(&ann) && !holds.contains(&bob),
            "an id was minted twice"
        );
        for &old in &holds {
            for patient in [ANN, BOB] {
                assert_eq!(desk.release(old, patient), Err(Refusal::UnknownHold));
                assert_eq!(desk.confirm(old, patient), Err(Refusal::UnknownHold));
                assert_eq!(
                    desk.cancel(booking_of(old), patient),
                    Err(Refusal::UnknownBooking)
                );
            }
        }
        assert_eq!(desk.tally(schedule), [0, 1, 1, 0, 0]);
        schedules.push(schedule);
        holds.extend([ann, bob]);
        desk.at(opens + SESSION + KEPT);
        assert_eq!(retire(&desk), 1);
    }
}

/// A withdrawn schedule is retired like any other, and its place is no more withdrawn than its filter remembers who won there.
#[test]
fn a_place_taken_over_starts_clean() {
    let desk = desk();
    let old = desk.publish(3);
    for patient in [ANN, BOB, EVE] {
        desk.hold(patient, old);
    }
    assert_eq!(desk.engine.withdraw(old), Ok(3));
    desk.at(SESSION + KEPT);
    assert_eq!(retire(&desk), 1);
    let opening = fairslot::Opening::first_come(after(0));
    for capacity in [3, 70, 1] {
        let starts_at = after(3 * SESSION);
        let schedule = desk.publish_plan(&Schedule {
            opening,
            starts_at,
            ..plan(capacity)
        });
        assert_eq!(desk.tally(schedule), [capacity, 0, 0, 0, 0]);
        assert_eq!(desk.hold(ANN, schedule).slot.get(), 1);
    }
}
