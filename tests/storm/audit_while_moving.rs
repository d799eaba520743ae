//! The audit runs again and again while threads hold, settle, exchange, call off and let run out. It never finds anything: what it meets
//! half done it waits for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use fairslot::{Engine, ManualClock, PatientId, ScheduleId};

use crate::weather::{Dice, TTL, alone, ask, assert_whole, built, publish, together};

/// Moves until the audits are done.
fn move_on(
    engine: &Engine,
    clock: &ManualClock,
    schedules: &[ScheduleId; 2],
    lane: u64,
    moves: &AtomicU64,
    done: impl Fn() -> bool,
) {
    let mut dice = Dice(lane);
    while !done() {
        let who = PatientId::new(u128::from(10 * lane + dice.roll(10)));
        let [here, there] = [dice.roll(2), dice.roll(2)].map(|which| schedules[which as usize]);
        moves.fetch_add(1, SeqCst);
        let Ok(hold) = ask(engine, who, here) else {
            // Make room.
            match dice.roll(4) {
                0 => clock.pass(TTL),
                1 => drop(engine.withdraw(here)),
                2 => drop(engine.reinstate(here)),
                _ => drop(engine.advance()),
            }
            continue;
        };
        match dice.roll(3) {
            0 => drop(engine.release(hold.id, who)),
            1 => {}
            _ => {
                if let Some(booking) = engine
                    .confirm(hold.id, who, None)
                    .ok()
                    .and_then(|b| b.wait().ok())
                {
                    let moved = engine
                        .exchange(booking.id, who, there)
                        .ok()
                        .and_then(|b| b.wait().ok());
                    drop(engine.cancel(moved.unwrap_or(booking).id, who));
                }
            }
        }
    }
}

#[test]
fn an_audit_of_moving_books_finds_nothing() {
    const AUDITS: u64 = 50_000;
    const OFTEN: u64 = 300;
    let _alone = alone();
    // Few buckets, so that an audit takes little longer than what it might meet half done.
    let (engine, clock) = built(|builder| builder.expected_lines(64));
    let schedules = [publish(&engine, 2), publish(&engine, 40)];
    let [moves, audits, met] = [(); 3].map(|()| AtomicU64::new(0));
    let over = AtomicBool::new(false);
    together(3, |lane| {
        if lane > 0 {
            let done = || over.load(SeqCst);
            return move_on(&engine, &clock, &schedules, lane, &moves, done);
        }
        // Whatever happens in here, the others must come to an end.
        let _end = OnDrop(|| over.store(true, SeqCst));
        while met.load(SeqCst) < OFTEN && audits.fetch_add(1, SeqCst) < AUDITS {
            let before = moves.load(SeqCst);
            let audit = engine.audit();
            assert!(audit.is_consistent(), "{audit:?}");
            met.fetch_add(u64::from(moves.load(SeqCst) > before), SeqCst);
        }
    });
    assert!(
        met.load(SeqCst) >= 3,
        "{audits:?} audits, {met:?} of them met"
    );
    assert_whole(&engine, &schedules);
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
