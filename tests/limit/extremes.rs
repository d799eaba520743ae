//! The ends of every range, and the years between them.

use std::sync::Arc;

use fairslot::{
    AccountId, DeviceId, Engine, Invalid, Limit, Limiter, ManualClock, Opening, PatientId,
    PractitionerId, Request, Schedule, Session, Timestamp,
};

use crate::{at, limiter};

const DAY: u64 = 86_400_000;

fn refused(limit: Limit) -> Invalid {
    Limiter::new(limit, 7).expect_err("out of range")
}

#[test]
fn impossible_numbers_are_named() {
    let sound = Limit::new(1, 1_000, 5);
    for (limit, field, says) in [
        (
            Limit {
                requests: 0,
                ..sound
            },
            "requests",
            "requests is 0; it must be 1 to 1,000,000",
        ),
        (
            Limit {
                requests: 1_000_001,
                ..sound
            },
            "requests",
            "requests is 1000001; it must be 1 to 1,000,000",
        ),
        (
            Limit {
                period_ms: 0,
                ..sound
            },
            "period_ms",
            "period_ms is 0; it must be at least 1",
        ),
        (
            Limit { burst: 0, ..sound },
            "burst",
            "burst is 0; it must be at least 1",
        ),
        (
            Limit { cells: 7, ..sound },
            "cells",
            "cells is 7; it must be 8 to 1,073,741,824",
        ),
        (
            Limit {
                cells: u32::MAX,
                ..sound
            },
            "cells",
            "cells is 4294967295; it must be 8 to 1,073,741,824",
        ),
        (
            Limit {
                penalty: 9,
                ..sound
            },
            "penalty",
            "penalty is 9; it must be 0 to 8",
        ),
        (
            Limit {
                period_ms: u64::MAX,
                ..sound
            },
            "period_ms",
            "period_ms is 18446744073709551615; it must be so short that (burst + 7) × period_ms is at most 2^40",
        ),
    ] {
        let why = refused(limit);
        assert_eq!((why.field(), why.to_string().as_str()), (field, says));
    }
    let engine = Engine::builder()
        .device_limit(Limit { burst: 0, ..sound })
        .build();
    assert_eq!(
        engine.expect_err("impossible").field(),
        "device_limit.burst"
    );
}

/// The longest debt that is allowed is (burst + 7) periods.
#[test]
fn f11_extremes_the_longest_debt() {
    let longest = |burst| Limit {
        cells: 8,
        penalty: 8,
        ..Limit::new(1, 1 << 36, burst)
    };
    assert_eq!(refused(longest(10)).field(), "period_ms");
    let limiter = limiter(longest(9));
    for _ in 0..9 {
        assert_eq!(limiter.check(7, at(u64::MAX)), Ok(()));
    }
    let waits = [(); 3].map(|()| {
        let why = limiter.check(7, at(u64::MAX)).expect_err("too often");
        why.retry_after().expect("it says when")
    });
    assert_eq!(waits, [8 << 36; 3], "eight requests to make up for");
}

/// Thousandths of a millisecond in 44 bits are 203.6 days. They pass, and pass again, and every answer is right to the millisecond.
#[test]
fn f11_extremes_days_202_to_204() {
    let limit = Limit {
        cells: 8,
        ..Limit::new(1_000, 1_009, 1)
    };
    let range = (1 << 44) / 1_000;
    assert!((203 * DAY..204 * DAY).contains(&range));
    let limiter = limiter(limit);
    let mut key = 0;
    for turn in 0..100u64 {
        for near in (0..2 * DAY).step_by(1_000_003) {
            let now = at(turn * range + 202 * DAY + near);
            key = (key + 1) % 5;
            assert_eq!(limiter.check(key, now), Ok(()));
            let why = limiter.check(key, now).expect_err("just asked");
            assert_eq!(why.retry_after(), Some(2), "1.009 ms, rounded up");
            assert!(limiter.peek(key, now.after(1)).is_err());
            assert!(limiter.peek(key, now.after(2)).is_ok());
        }
    }
}

/// A cell that nobody has come back to must not come alive again when its bits come round.
#[test]
fn f11_extremes_what_is_past_stays_past() {
    // A second and three thousandths of a millisecond each.
    let limit = Limit {
        cells: 8,
        ..Limit::new(1_000, 1_000_003, 2)
    };
    let (start, eighth) = (5 * DAY, (1u64 << 44) / 8_000);
    let two = |limiter: &Limiter, now| [7; 2].map(|key| limiter.check(key, at(now)).is_ok());
    for eighths in 1..=24 {
        for (near, others) in [
            (0, true),
            (0, false),
            (1_000, true),
            (1_000, false),
            (1_999, false),
        ] {
            let limiter = limiter(limit);
            assert_eq!(two(&limiter, start), [true; 2]);
            assert!(limiter.check(7, at(start)).is_err());
            // Others may come by meanwhile, or nobody.
            for between in (1..eighths).filter(|_| others) {
                let key = u128::from(between) << 9;
                assert!(limiter.check(key, at(start + eighth * between)).is_ok());
            }
            let now = start + eighth * eighths + near;
            assert_eq!(limiter.peek(7, at(now)), Ok(()), "{eighths} eighths later");
            assert_eq!(two(&limiter, now), [true; 2], "{eighths} eighths later");
            assert!(limiter.check(7, at(now)).is_err());
        }
    }
}

/// The same by an engine, which looks at all limits before it takes a turn of any.
#[test]
fn f11_extremes_what_is_past_stays_past_for_an_engine() {
    let limit = Limit {
        cells: 8,
        ..Limit::new(1_000, 1_000_003, 2)
    };
    let eighth = (1u64 << 44) / 8_000;
    for eighths in 1..=24 {
        let (clock, start) = (Arc::new(ManualClock::new(at(5 * DAY))), 5 * DAY);
        let builder = Engine::builder().clock(Arc::clone(&clock)).seed(7);
        let builder = builder.device_limit(limit).account_limit(limit);
        let engine = builder.build().expect("in range");
        let schedule = Schedule::new(
            PractitionerId::new(1),
            "2026-12-01".parse().expect("a day"),
            Session::Morning,
            8,
            Opening::first_come(at(start)),
            at(start + 30 * eighth),
        );
        let schedule = engine.publish(&schedule).expect("sound");
        let mut patients = 0u128..;
        let mut three = || {
            [(); 3].map(|()| {
                let patient = PatientId::new(patients.next().unwrap_or(0));
                let request = Request::new(patient, schedule).device(DeviceId::new(7));
                let request = request.account(AccountId::new(7));
                engine.request(&request).held().is_some()
            })
        };
        assert_eq!(three(), [true, true, false]);
        clock.set(at(start + eighth * eighths));
        assert_eq!(three(), [true, true, false], "{eighths} eighths later");
    }
}

/// A clock that steps back brings nobody their turns back, and the wait that is told is by that clock.
#[test]
fn f07_clock_a_step_back_refills_nothing() {
    let limiter = limiter(Limit::new(1, 1_000, 2));
    assert!(
        [7; 2]
            .iter()
            .all(|key| limiter.check(*key, at(10_000)).is_ok())
    );
    let why = limiter.check(7, at(4_000)).expect_err("no turn left");
    assert_eq!(why.retry_after(), Some(7_000));
    assert!(limiter.check(7, at(10_999)).is_err());
    assert!(limiter.check(7, at(11_000)).is_ok());
    // Whoever has turns left has them at any time.
    assert!(
        [8; 2]
            .iter()
            .all(|key| limiter.check(*key, at(4_000)).is_ok())
    );
}

#[test]
fn f11_extremes_the_first_and_the_last_instant() {
    let limiter = limiter(Limit::new(1, 1_000, 1));
    for now in [Timestamp::from_millis(0), Timestamp::MAX] {
        assert_eq!(limiter.check(7, now), Ok(()));
        let why = limiter.check(7, now).expect_err("just asked");
        assert_eq!(why.retry_after(), Some(1_000));
    }
}
