//! The ends of every range: nothing overflows, nothing panics, nothing is due that never comes.

use std::sync::Arc;

use fairslot::{
    Clock, Engine, ManualClock, Opening, Outcome, PatientId, Refusal, Request, RequestId,
    ReturnPolicy, Schedule, ScheduleId, SupplyError, Timestamp,
};

use crate::desk::{ANN, BOB, DAY, Desk, EVE, SESSION, TTL, after, payment, plan};

/// A schedule that is open from the epoch on and never closes.
fn always(capacity: u32, hold_ttl_ms: u64, hold_cap_ms: u64) -> Schedule {
    Schedule {
        opening: Opening::first_come(Timestamp::from_millis(0)),
        starts_at: Timestamp::MAX,
        hold_ttl_ms,
        hold_cap_ms,
        ..plan(capacity)
    }
}

fn field(result: Result<impl Sized, SupplyError>) -> Option<&'static str> {
    match result {
        Err(SupplyError::Invalid(why)) => Some(why.field()),
        _ => None,
    }
}

#[test]
fn f11_extremes_a_hold_for_ever() {
    for (ttl, cap) in [
        (u64::MAX, u64::MAX),
        (u64::MAX - 1, u64::MAX),
        (u64::MAX, u64::MAX - 1),
    ] {
        let desk = Desk::new();
        let schedule = desk.publish_plan(&always(1, ttl, cap));
        let hold = desk.hold(ANN, schedule);
        assert_eq!(hold.expires_at, Timestamp::MAX);
        assert_eq!(
            desk.engine.extend(hold.id, ANN, u64::MAX),
            Ok(Timestamp::MAX)
        );
        for to in [after(DAY), Timestamp::from_millis(u64::MAX - 1)] {
            desk.set(to);
            assert_eq!(desk.advance(), 0);
            assert_eq!(desk.tally(schedule), [0, 1, 0, 0, 0]);
        }
        assert!(desk.confirm(hold.id, ANN).is_ok());
    }
}

#[test]
fn f11_extremes_a_hold_for_one_millisecond() {
    let desk = Desk::new();
    let schedule = desk.publish_plan(&always(1, 1, u64::MAX));
    let hold = desk.hold(ANN, schedule);
    assert_eq!(hold.expires_at, after(1));
    // An extension by nothing is one by the least there is.
    assert_eq!(desk.engine.extend(hold.id, ANN, 0), Ok(after(1)));
    desk.at(1);
    assert_eq!(desk.advance(), 1);
}

#[test]
fn f11_extremes_a_ttl_above_the_cap_is_cut() {
    let desk = Desk::new();
    let schedule = desk.publish_plan(&always(1, u64::MAX, TTL));
    let hold = desk.hold(ANN, schedule);
    assert_eq!(hold.expires_at, after(TTL));
    desk.at(TTL - 1);
    assert_eq!(desk.engine.extend(hold.id, ANN, u64::MAX), Ok(after(TTL)));
    desk.at(TTL);
    assert_eq!(
        desk.engine.extend(hold.id, ANN, u64::MAX),
        Err(Refusal::HoldExpired)
    );
}

/// At the first and the last instants there are, every verb works.
#[test]
fn f11_extremes_the_clock_at_its_ends() {
    for ms in [0, 1, u64::MAX - DAY, u64::MAX - 1] {
        let desk = Desk::new();
        desk.set(Timestamp::from_millis(ms));
        let (a, b) = (
            desk.publish_plan(&always(2, TTL, TTL)),
            desk.publish_plan(&always(2, u64::MAX, u64::MAX)),
        );
        let hold = desk
            .request(&Request::new(ANN, a).id(RequestId::new(u128::MAX)))
            .expect("a slot is free");
        assert_eq!(hold.expires_at, Timestamp::from_millis(ms).after(TTL));
        assert!(desk.engine.lookup(ANN, RequestId::new(u128::MAX)).is_ok());
        assert!(desk.engine.extend(hold.id, ANN, u64::MAX).is_ok());
        let booking = desk
            .pay(hold.id, ANN, payment(u128::MAX))
            .expect("it is live");
        let exchanged = desk.exchange(booking.id, ANN, b).expect("a slot is free");
        assert_eq!(desk.cancel(exchanged.id, ANN), Ok(()));
        let released = desk.hold(BOB, b);
        assert_eq!(desk.release(released.id, BOB), Ok(()));
        let visit = desk.book(EVE, a);
        assert_eq!(
            (desk.check_in(visit.id), desk.fulfil(visit.id)),
            (Ok(()), Ok(()))
        );
        assert_eq!(
            (desk.engine.withdraw(a), desk.engine.reinstate(a)),
            (Ok(0), Ok(1))
        );
        desk.advance();
        assert_eq!(
            (desk.tally(a), desk.tally(b)),
            ([1, 0, 0, 0, 1], [2, 0, 0, 0, 0])
        );
    }
}

/// A clock that shows the latest instant there is finds every deadline reached, or none that is as late: either way the books agree.
#[test]
fn f11_extremes_the_last_instant() {
    let desk = Desk::new();
    let (kept, short) = (
        desk.publish_plan(&always(1, u64::MAX, u64::MAX)),
        desk.publish_plan(&always(1, TTL, TTL)),
    );
    let (ann, bob) = (desk.hold(ANN, kept), desk.hold(BOB, short));
    desk.set(Timestamp::MAX);
    assert!(desk.advance() >= 1);
    desk.tally(kept);
    assert_eq!(desk.tally(short), [1, 0, 0, 0, 0]);
    assert_eq!(desk.release(bob.id, BOB), Err(Refusal::UnknownHold));
    assert_eq!(desk.ask(EVE, kept), Err(Refusal::Closed));
    assert!(desk.confirm(ann.id, ANN).is_ok(), "in time or late");
}

/// From the first instant to the last in one step.
#[test]
fn f11_extremes_the_longest_leap() {
    let desk = Desk::new();
    desk.set(Timestamp::from_millis(0));
    let schedule = desk.publish_plan(&always(3, TTL, TTL));
    for patient in [ANN, BOB, EVE] {
        desk.hold(patient, schedule);
    }
    desk.set(Timestamp::from_millis(u64::MAX - 1));
    assert_eq!(desk.advance(), 3);
    assert_eq!(desk.engine.next_deadline(), None);
    let late = desk.hold(ANN, schedule);
    assert_eq!(late.expires_at, Timestamp::MAX);
    assert_eq!(desk.advance(), 0);
    desk.set(Timestamp::from_millis(0));
    assert_eq!(desk.tally(schedule), [2, 1, 0, 0, 0]);
}

#[test]
fn f11_extremes_a_retry_after_of_ages() {
    let desk = Desk::new();
    let never = Schedule {
        opening: Opening::first_come(Timestamp::MAX),
        starts_at: Timestamp::MAX,
        ..plan(1)
    };
    let schedule = desk.publish_plan(&never);
    desk.set(Timestamp::from_millis(0));
    // The engine stands where it published.
    let retry_after_ms = u64::MAX - after(0).as_millis();
    assert_eq!(
        desk.ask(ANN, schedule),
        Err(Refusal::NotOpen { retry_after_ms })
    );
}

#[test]
fn f11_extremes_the_largest_schedule() {
    let desk = Desk::new();
    let schedule = desk.publish(65_535);
    for n in 0..65_535u128 {
        let hold = desk.hold(PatientId::new(n), schedule);
        assert_eq!(u128::from(hold.slot.get()), n + 1);
    }
    let newcomer = PatientId::new(u128::MAX);
    assert_eq!(desk.ask(newcomer, schedule), Err(Refusal::SoldOut));
    assert_eq!(field(desk.engine.add_slots(schedule, 1)), Some("count"));
    desk.at(TTL);
    assert_eq!(desk.hold(newcomer, schedule).slot.get(), 1);
    assert_eq!(desk.advance(), 65_535);
    assert_eq!(desk.tally(schedule), [65_534, 1, 0, 0, 0]);
    assert_eq!(
        (
            desk.engine.withdraw(schedule),
            desk.engine.reinstate(schedule)
        ),
        (Ok(1), Ok(65_535))
    );
}

#[test]
fn f11_extremes_slots_added_up_to_the_largest_capacity() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    for (count, expected) in [
        (0, None),
        (u32::MAX, None),
        (65_535, None),
        (65_534, Some(65_534)),
        (1, None),
    ] {
        match expected {
            Some(added) => assert_eq!(desk.engine.add_slots(schedule, count), Ok(added)),
            None => assert_eq!(
                field(desk.engine.add_slots(schedule, count)),
                Some("count"),
                "{count}"
            ),
        }
    }
    assert_eq!(desk.tally(schedule), [65_535, 0, 0, 0, 0]);
}

#[test]
fn f11_extremes_impossible_schedules_are_named_and_change_nothing() {
    let desk = Desk::new();
    let early = Timestamp::from_millis(after(0).as_millis() - 1);
    for (expected, schedule) in [
        (
            "capacity",
            Schedule {
                capacity: 0,
                ..plan(1)
            },
        ),
        (
            "capacity",
            Schedule {
                capacity: 65_536,
                ..plan(1)
            },
        ),
        (
            "capacity",
            Schedule {
                capacity: u32::MAX,
                ..plan(1)
            },
        ),
        (
            "starts_at",
            Schedule {
                starts_at: early,
                ..plan(1)
            },
        ),
        (
            "closes_at",
            Schedule {
                closes_at: Some(early),
                ..plan(1)
            },
        ),
        (
            "hold_ttl_ms",
            Schedule {
                hold_ttl_ms: 0,
                ..plan(1)
            },
        ),
        (
            "hold_cap_ms",
            Schedule {
                hold_cap_ms: 0,
                ..plan(1)
            },
        ),
        (
            "tags",
            Schedule {
                tags: vec![String::new(); 65],
                ..plan(1)
            },
        ),
        (
            "tags",
            Schedule {
                tags: vec!["x".repeat(257)],
                ..plan(1)
            },
        ),
    ] {
        assert_eq!(field(desk.engine.publish(&schedule)), Some(expected));
    }
    assert_eq!(desk.events(), []);
    // What only looks impossible: a cut-off for cancelling long before the opening, and one after the session.
    for cancel_until in [Timestamp::from_millis(0), Timestamp::MAX] {
        desk.publish_plan(&Schedule {
            cancel_until: Some(cancel_until),
            ..plan(1)
        });
    }
}

#[test]
fn f11_extremes_long_lists() {
    let desk = Desk::new();
    let (full, open) = (desk.publish(1), desk.publish(1));
    desk.hold(BOB, full);
    let mut list: Vec<ScheduleId> = vec![full; 10_000];
    assert_eq!(
        desk.request(&Request::any(ANN, &list)),
        Err(Refusal::SoldOut)
    );
    list.push(open);
    let request = Request::any(ANN, &list).id(RequestId::new(1));
    let hold = desk.request(&request).expect("the last one has a slot");
    assert_eq!((hold.schedule, desk.request(&request)), (open, Ok(hold)));
    assert_eq!(
        desk.request(&Request::any(ANN, &[])),
        Err(Refusal::UnknownSchedule)
    );
    assert!(desk.engine.request_many(&[]).is_empty());
    let outcomes = desk.engine.request_many(&vec![request; 5_000]);
    assert!(
        outcomes.len() == 5_000
            && outcomes
                .iter()
                .all(|&outcome| outcome == Outcome::Held(hold))
    );
}

#[test]
fn f11_extremes_no_limit_is_a_limit_too() {
    let desk = Desk::built(|builder| builder.live_holds_max(u32::MAX));
    for _ in 0..500 {
        let schedule = desk.publish(1);
        desk.hold(ANN, schedule);
    }
    desk.at(SESSION);
    assert_eq!(desk.advance(), 500);
}

/// Past 44 bits of milliseconds, in the year 2527, every slot that rests returns as well, whatever comes between.
#[test]
fn f11_extremes_slots_rest_in_any_year() {
    for start in [0, 1 << 44, u64::MAX / 2] {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(start)));
        let built = Engine::builder().clock(Arc::clone(&clock)).seed(7).build();
        let engine = built.expect("in range");
        let now = || Clock::now(&*clock);
        let schedule = Schedule {
            opening: Opening::first_come(now()),
            starts_at: now().after(30 * DAY),
            returns: ReturnPolicy::Delay { ms: 1_000 },
            ..plan(2)
        };
        let schedule = engine.publish(&schedule).expect("sound");
        for patient in [ANN, BOB] {
            let outcome = engine.request(&Request::new(patient, schedule));
            let hold = outcome.held().expect("free");
            assert!(engine.release(hold.id, patient).is_ok());
            clock.pass(500);
        }
        // One is due before the other.
        for _ in 0..10 {
            engine.advance();
            clock.pass(500);
        }
        let books = engine.availability(schedule).expect("published");
        assert_eq!((books.free, books.cooling), (2, 0), "{start}");
        assert_eq!(engine.next_deadline(), None, "{start}");
    }
}
