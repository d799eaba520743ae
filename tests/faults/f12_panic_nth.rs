//! A clock that panics at its n-th reading, for every n. A verb whose clock panicked has done nothing: called again, the life
//! of the slots goes on as if it had never happened, event for event.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use fairslot::{Clock, Event, ManualClock, Timestamp};

use crate::desk::{assert_whole, engine, events};
use crate::life::Life;

/// Counts its readings and panics at one of them.
struct Brittle {
    time: Arc<ManualClock>,
    readings: AtomicU64,
    panic_at: u64,
}

impl Clock for Brittle {
    fn now(&self) -> Timestamp {
        if self.readings.fetch_add(1, Relaxed) + 1 == self.panic_at {
            // A panic that prints nothing.
            resume_unwind(Box::new("the clock"));
        }
        self.time.now()
    }
}

/// A life under a clock that panics at one reading; whoever meets the panic calls again. The answers, the events and the readings.
fn live(panic_at: u64) -> (Vec<String>, Vec<Event>, u64) {
    let clock = Arc::new(Brittle {
        time: Arc::default(),
        readings: AtomicU64::new(0),
        panic_at,
    });
    let engine = engine(Arc::clone(&clock));
    let listener = engine.observe(1_000);
    let mut life = Life::new(engine.clone(), Arc::clone(&clock.time));
    let (mut answers, mut panics) = (Vec::new(), 0);
    for (name, step) in Life::STEPS {
        let time = clock.time.now();
        let answer = catch_unwind(AssertUnwindSafe(|| step(&mut life))).unwrap_or_else(|_| {
            panics += 1;
            clock.time.set(time);
            let audit = engine.audit();
            assert!(audit.is_consistent(), "after a panic in {name}: {audit:?}");
            step(&mut life)
        });
        answers.push(answer);
    }
    let readings = clock.readings.load(Relaxed);
    assert_eq!(panics, u64::from(panic_at != 0 && panic_at <= readings));
    let told = events(&listener);
    life.assert_goes_on();
    let schedules = [life.morning, life.evening].map(|id| id.expect("published"));
    assert_whole(&engine, &schedules);
    (answers, told, readings)
}

#[test]
fn f12_panic_nth_reading_of_the_clock() {
    let (answers, told, readings) = live(0);
    assert!(
        (Life::STEPS.len() as u64 - 4..=Life::STEPS.len() as u64).contains(&readings),
        "nearly every step reads the clock, and none twice: {readings}"
    );
    for n in 1..=readings {
        let (these, events, _) = live(n);
        assert_eq!((these, events), (answers.clone(), told.clone()), "at {n}");
    }
}
