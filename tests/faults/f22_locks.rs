//! Verbs that need more than one thing at a time, crosswise: exchanges both ways between two schedules, withdrawals of both, late
//! claims that sweep, and an audit that passes through every lock. If any two waited for each other, the watchdog would bark.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use fairslot::{Engine, ManualClock, PatientId, ScheduleId};

use crate::desk::{TTL, ask, assert_whole, confirm, patient, publish, roomy_desk};

/// Far beyond anything that is not a deadlock.
const PATIENCE: Duration = Duration::from_secs(60);
const ROUNDS: u32 = 2_000;

/// Exchanges to and fro; begins anew whenever the session was called off.
fn to_and_fro(engine: &Engine, patient: PatientId, [mut here, mut there]: [ScheduleId; 2]) {
    let mut booking = None;
    for _ in 0..ROUNDS {
        let Some(had) = booking else {
            booking = ask(engine, patient, here)
                .and_then(|hold| confirm(engine, hold.id, patient))
                .ok();
            continue;
        };
        match engine.exchange(had.id, patient, there) {
            Ok(new) => {
                booking = new.wait().ok();
                (here, there) = (there, here);
            }
            Err(_) => booking = None,
        }
    }
}

/// Holds whatever has run out: each claim sweeps.
fn late_claims(
    engine: &Engine,
    clock: &ManualClock,
    patient: PatientId,
    schedules: [ScheduleId; 2],
) {
    for round in 0..ROUNDS {
        let hold = ask(engine, patient, schedules[round as usize % 2]);
        clock.pass(TTL);
        if let Ok(hold) = hold {
            let _ = confirm(engine, hold.id, patient).map(|late| engine.cancel(late.id, patient));
        }
    }
}

fn called_off_and_on(engine: &Engine, schedules: [ScheduleId; 2]) {
    for round in 0..ROUNDS / 4 {
        let _ = engine.withdraw(schedules[round as usize % 2]);
        let _ = engine.reinstate(schedules[round as usize % 2]);
        let _ = (engine.advance(), engine.next_deadline());
    }
}

fn audited(engine: &Engine) {
    for _ in 0..ROUNDS / 20 {
        let audit = engine.audit();
        assert!(audit.is_consistent(), "{audit:?}");
    }
}

#[test]
fn f22_locks_are_never_waited_for_in_a_circle() {
    let (engine, clock) = roomy_desk();
    let both = [publish(&engine, 3), publish(&engine, 3)];
    let crosswise = [both[1], both[0]];
    let (done, bell) = channel();
    let spawn = |work: Box<dyn FnOnce(&Engine) + Send>| {
        let (engine, done) = (engine.clone(), done.clone());
        thread::spawn(move || {
            work(&engine);
            // Nobody listens any more if another thread has failed.
            let _ = done.send(());
        })
    };
    let threads = [
        spawn(Box::new(move |engine| to_and_fro(engine, patient(1), both))),
        spawn(Box::new(move |engine| {
            to_and_fro(engine, patient(2), crosswise);
        })),
        spawn(Box::new(move |engine| {
            late_claims(engine, &clock, patient(3), both);
        })),
        spawn(Box::new(move |engine| called_off_and_on(engine, both))),
        spawn(Box::new(audited)),
    ];
    drop(done);
    for _ in &threads {
        // An error at once is a thread that panicked, an error after long waiting a deadlock.
        bell.recv_timeout(PATIENCE)
            .expect("every thread comes to its end");
    }
    for thread in threads {
        thread.join().expect("no thread panicked");
    }
    assert!(engine.stats().exchanged > 0 && engine.stats().expired > 0);
    assert_whole(&engine, &both);
}
