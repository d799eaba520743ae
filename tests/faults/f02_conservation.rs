//! No slot gets lost in a panic. The one place where a verb calls foreign code is its clock; here the clock panics at every n-th reading,
//! while several threads work on the same slots.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use fairslot::{Clock, Engine, ManualClock, PatientId, Refusal, ScheduleId, Timestamp};

use crate::desk::{DAY, Dice, OPENING, TTL, ask, assert_whole, confirm, engine, patient, publish};

#[derive(Default)]
struct EveryNth {
    time: ManualClock,
    readings: AtomicU64,
    panics: AtomicU64,
    /// 0 for a clock in order.
    nth: AtomicU64,
}

impl Clock for EveryNth {
    fn now(&self) -> Timestamp {
        let nth = self.nth.load(Relaxed);
        if nth != 0 && (self.readings.fetch_add(1, Relaxed) + 1).is_multiple_of(nth) {
            self.panics.fetch_add(1, Relaxed);
            // A panic that prints nothing.
            resume_unwind(Box::new("the clock"));
        }
        self.time.now()
    }
}

/// One patient's wandering through the verbs. What a panic left open stays open: somebody who has walked away.
fn wander(engine: &Engine, clock: &EveryNth, patient: PatientId, schedules: [ScheduleId; 2]) {
    let mut dice = Dice(patient.to_u128() as u64);
    for _ in 0..200 {
        let [here, there] = if dice.roll(2) == 0 {
            schedules
        } else {
            [schedules[1], schedules[0]]
        };
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let Ok(hold) = ask(engine, patient, here) else {
                return;
            };
            match dice.roll(4) {
                0 => drop(engine.release(hold.id, patient)),
                1 => clock.time.pass(TTL / 8),
                _ => {
                    if let Ok(booking) = confirm(engine, hold.id, patient) {
                        let moved = engine.exchange(booking.id, patient, there);
                        let moved = moved.ok().and_then(|moved| moved.wait().ok());
                        drop(engine.cancel(moved.unwrap_or(booking).id, patient));
                    }
                }
            }
        }));
        let _ = catch_unwind(AssertUnwindSafe(|| match dice.roll(16) {
            0 => drop(engine.withdraw(here)),
            1..=4 => drop(engine.reinstate(here)),
            5..=8 => drop(engine.advance()),
            _ => {}
        }));
    }
}

#[test]
fn f02_conservation_though_every_nth_reading_panics() {
    for nth in [2, 3, 5, 8, 13, 100] {
        let clock = Arc::new(EveryNth::default());
        clock.time.set(OPENING);
        let engine = engine(Arc::clone(&clock));
        let schedules = [publish(&engine, 2), publish(&engine, 40)];
        clock.nth.store(nth, Relaxed);
        thread::scope(|scope| {
            for number in 1..=3 {
                let (engine, clock) = (&engine, &clock);
                scope.spawn(move || wander(engine, clock, patient(number), schedules));
            }
        });
        clock.nth.store(0, Relaxed);
        assert!(clock.panics.load(Relaxed) > 0);
        assert!(
            nth == 2 || engine.stats().held > 0,
            "a request reads the clock twice"
        );
        assert_whole(&engine, &schedules);

        // Whoever has walked away from a hold loses it; then every slot is somebody's, or can be had, once.
        clock.time.pass(DAY);
        while engine.advance().more {}
        for schedule in schedules {
            let _ = engine.reinstate(schedule);
            let before = engine.availability(schedule).expect("it stands");
            assert_eq!(before.free + before.booked, before.capacity);
            for number in 0..u128::from(before.free) {
                assert!(ask(&engine, patient(100 + number), schedule).is_ok());
            }
            assert_eq!(
                ask(&engine, patient(99), schedule),
                Err(Refusal::SoldOut),
                "{before:?}"
            );
        }
        assert_whole(&engine, &schedules);
    }
}
