//! Identities made up to collide: sequential ones, ones that share their low or high half, multiples of powers of two.
//!
//! Whether two collide shows in the clock. A request that the first look can refuse goes by the cached time alone; one that needs the patient's
//! book, because its identity is mistaken for that of somebody who has one, reads the exact time as well.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use fairslot::{Clock, PatientId, RecentTime, Refusal, Request, RequestId, Timestamp};

use crate::desk::{OPENING, ask, assert_whole, engine, publish};

/// Stands still and counts how often it was read exactly.
#[derive(Default)]
struct Counting {
    exact: AtomicU64,
}

impl Clock for Counting {
    fn now(&self) -> Timestamp {
        self.exact.fetch_add(1, Relaxed);
        OPENING
    }

    fn recent(&self) -> Option<RecentTime> {
        Some(RecentTime::new(OPENING))
    }
}

/// Identities, as a function of a number.
type Family = fn(u128) -> u128;

const FAMILIES: [(&str, Family); 7] = [
    ("sequential", |i| i),
    ("the same low half", |i| (i << 64) | 0x9e37_79b9_7f4a_7c15),
    ("the same high half", |i| (0x9e37_79b9_7f4a_7c15 << 64) | i),
    ("multiples of 2^20", |i| i << 20),
    ("multiples of 2^96", |i| i << 96),
    ("halves that cancel out", |i| (i << 64) | i),
    ("halves that add up to nothing", |i| {
        (i << 64) | (u128::from(u64::MAX) - i)
    }),
];

/// As many winners as the schedule has slots, and ten times as many who come too late.
const SLOTS: u128 = 1_000;
const LATE: u128 = 10_000;

#[test]
fn f09_hashdos_no_identity_is_mistaken_for_another() {
    for (family, identity) in FAMILIES {
        let clock = Arc::new(Counting::default());
        let engine = engine(Arc::clone(&clock));
        let schedule = publish(&engine, SLOTS as u32);
        for i in 1..=SLOTS {
            let winner = PatientId::new(identity(i));
            assert!(ask(&engine, winner, schedule).is_ok(), "{family}: {i}");
        }
        let before = clock.exact.load(Relaxed);
        for i in SLOTS + 1..=SLOTS + LATE {
            // A name makes the look ask the patients' table.
            let late = Request::new(PatientId::new(identity(i)), schedule).id(RequestId::new(1));
            assert_eq!(
                engine.request(&late).refused(),
                Some(Refusal::SoldOut),
                "{family}: {i}"
            );
        }
        let mistaken = clock.exact.load(Relaxed) - before;
        assert_eq!(mistaken, 0, "{family}: of {LATE}");
        for i in 1..=SLOTS {
            let winner = PatientId::new(identity(i));
            assert_eq!(
                ask(&engine, winner, schedule),
                Err(Refusal::AlreadyHolds),
                "{family}: {i}"
            );
        }
        assert_whole(&engine, &[schedule]);
    }
}
