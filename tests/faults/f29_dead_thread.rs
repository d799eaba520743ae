//! The driver's thread dies: of its tick, or of the clock. It says so, nothing depends on it but promptness, and another can be started.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use fairslot::{Clock, Driver, Engine, ManualClock, Timestamp};

use crate::desk::{OPENING, TTL, ask, assert_whole, desk, engine, patient, publish, until};

/// Rounds without a pause.
const AT_ONCE: Duration = Duration::ZERO;
/// A pause nobody waits for.
const LONG: Duration = Duration::from_secs(3_600);

/// A driver that dies in its n-th round.
fn mortal(engine: &Engine, n: u32) -> Driver {
    let mut round = 0;
    let tick = move || {
        round += 1;
        if round == n {
            // A panic that prints nothing.
            resume_unwind(Box::new("the tick"));
        }
    };
    engine.drive(AT_ONCE, tick).expect("a thread")
}

#[test]
fn f29_dead_thread_at_the_nth_round() {
    for n in 1..=10 {
        let (engine, clock) = desk();
        let schedule = publish(&engine, 1);
        let dead = mortal(&engine, n);
        until("the driver dies", || !dead.is_running());

        // Nobody drives: what runs out is had by the next who asks.
        let first = ask(&engine, patient(1), schedule).expect("free");
        clock.set(first.expires_at);
        let second = ask(&engine, patient(2), schedule).expect("it ran out");
        assert!(!dead.is_running());

        // A new one drives: what runs out is noticed by itself.
        let driver = engine.drive(AT_ONCE, || ()).expect("a thread");
        let before = engine.stats().expired;
        clock.set(second.expires_at);
        until("the hold expires", || engine.stats().expired > before);
        assert!(driver.is_running());
        drop((driver, dead));
        assert_whole(&engine, &[schedule]);
    }
}

#[test]
fn f29_dead_thread_of_a_clock_that_panics() {
    #[derive(Default)]
    struct Breakable(ManualClock, AtomicBool);
    impl Clock for Breakable {
        fn now(&self) -> Timestamp {
            if self.1.load(Relaxed) {
                resume_unwind(Box::new("the clock"));
            }
            self.0.now()
        }
    }
    let clock = Arc::new(Breakable::default());
    clock.0.set(OPENING);
    let engine = engine(Arc::clone(&clock));
    let schedule = publish(&engine, 1);
    let driver = engine.drive(AT_ONCE, || ()).expect("a thread");
    clock.1.store(true, Relaxed);
    until("the driver dies", || !driver.is_running());
    clock.1.store(false, Relaxed);
    drop(driver);
    assert!(ask(&engine, patient(1), schedule).is_ok());
    assert_whole(&engine, &[schedule]);
}

/// It wakes for a deadline by itself, and for its end at once.
#[test]
fn f29_a_driver_ticks_every_round_and_stops_when_dropped() {
    let (engine, clock) = desk();
    let schedule = publish(&engine, 1);
    let rounds = Arc::new(AtomicU32::new(0));
    let count = {
        let rounds = Arc::clone(&rounds);
        move || {
            rounds.fetch_add(1, Relaxed);
        }
    };
    let driver = engine.drive(LONG, count).expect("a thread");
    until("it goes its first round", || rounds.load(Relaxed) > 0);
    drop(driver);
    let last = rounds.load(Relaxed);
    assert!(ask(&engine, patient(1), schedule).is_ok());
    clock.pass(TTL);
    assert_eq!((rounds.load(Relaxed), engine.stats().expired), (last, 0));
}
