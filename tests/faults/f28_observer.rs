//! A listener's own code fails, or calls the engine back. It runs outside: the verb that caused the event has long returned, the other
//! listeners hear everything, and the next event waits in the ring.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use fairslot::{Engine, Event, PatientId, Subscription, What};

use crate::desk::{ask, assert_whole, confirm, desk, events, patient, publish};
use crate::life::Life;

/// Reads everything; panics at one event, having noted it down.
fn consume(listener: &Subscription, seen: &mut Vec<Event>, panic_at: usize) {
    while let Some(event) = listener.next() {
        seen.push(event);
        if seen.len() == panic_at {
            // A panic that prints nothing.
            resume_unwind(Box::new("the listener"));
        }
    }
}

#[test]
fn f28_observer_panics_at_the_nth_event() {
    for n in 1.. {
        let (engine, clock) = desk();
        let (brittle, other) = (engine.observe(1_000), engine.observe(1_000));
        let (mut life, mut seen, mut panics) = (Life::new(engine.clone(), clock), Vec::new(), 0);
        for (_, step) in Life::STEPS {
            step(&mut life);
            // Reads after each verb, and again if it has failed.
            while catch_unwind(AssertUnwindSafe(|| consume(&brittle, &mut seen, n))).is_err() {
                panics += 1;
            }
        }
        let told = events(&other);
        assert_eq!(seen, told);
        life.assert_goes_on();
        if panics == 0 {
            assert_eq!(n, told.len() + 1, "every event had its turn");
            return;
        }
    }
}

#[test]
fn f28_observer_dies_with_its_subscription() {
    let (engine, _clock) = desk();
    let schedule = publish(&engine, 3);
    let other = engine.observe(100);
    let listener = engine.observe(100);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _goes_down_with_it = listener;
        resume_unwind(Box::new("the listener"));
    }));
    assert!(panicked.is_err());
    assert!(ask(&engine, patient(1), schedule).is_ok());
    assert_eq!(events(&other).len(), 1);
}

/// What a listener might think of doing when it hears something: nearly anything.
fn answer(engine: &Engine, event: Event) -> Option<Subscription> {
    let someone = PatientId::new(1_000 + u128::from(event.version));
    match (event.what, event.hold, event.patient) {
        (What::Held { .. }, Some(hold), Some(patient)) => {
            let _ =
                confirm(engine, hold, patient).map(|booking| engine.cancel(booking.id, patient));
        }
        (What::Cancelled, ..) => {
            let _ = engine.withdraw(event.schedule);
        }
        (What::SessionWithdrawn { .. }, ..) => {
            let _ = (engine.reinstate(event.schedule), engine.advance());
        }
        (What::Reinstated, ..) if event.version < 30 => drop(ask(engine, someone, event.schedule)),
        (What::Confirmed { .. }, ..) => assert!(engine.audit().is_consistent()),
        _ => {}
    }
    // Another listener comes or goes at every event.
    event.version.is_multiple_of(2).then(|| engine.observe(1))
}

#[test]
fn f28_observer_calls_back() {
    let (engine, _clock) = desk();
    let listener = engine.observe(1_000);
    let schedule = publish(&engine, 2);
    assert!(ask(&engine, patient(1), schedule).is_ok());
    let (mut heard, mut _companion) = (0, None);
    while let Some(event) = listener.next() {
        _companion = answer(&engine, event);
        heard += 1;
    }
    assert!(
        heard > 20 && listener.lost() == 0,
        "a conversation: {heard}"
    );
    assert_whole(&engine, &[schedule]);
}
