//! Two who ask for two slots that are there: both get one. "Sold out" would be false, since at no instant of their calls was every slot taken.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use fairslot::PatientId;

use crate::weather::{
    Gate, Leaving, Meetings, TTL, alone, ask, assert_whole, built, publish, together,
};

/// Both slots are held by patients whose time is over, and nobody has swept. Many such schedules in a row, so that the two who walk along it
/// meet at some of them.
#[test]
fn f41_sold_out_never_while_holds_are_due() {
    const MOST: u64 = 10_000;
    const OFTEN: u64 = 2_000;
    let _alone = alone();
    let (engine, clock) = built(|builder| builder.live_holds_max(u32::MAX));
    let row: Vec<_> = (0..100).map(|_| publish(&engine, 2)).collect();
    let (gate, meetings, over) = (Gate::of(2), Meetings::default(), AtomicBool::new(false));
    together(2, |lane| {
        let _at_the_end = Leaving(&gate);
        for round in 0..MOST {
            if lane == 0 {
                // Forgets, while nothing is due; then all of it is.
                engine.advance();
                clock.pass(TTL);
                over.store(meetings.met() >= OFTEN, SeqCst);
            }
            gate.pass();
            if over.load(SeqCst) {
                break;
            }
            let who = PatientId::new(u128::from(2 * round + lane));
            for &schedule in &row {
                let hold = meetings.call(|| ask(&engine, who, schedule));
                assert!(hold.is_ok(), "round {round}: {hold:?}");
            }
            gate.pass();
        }
    });
    meetings.assert_any("asking for the last slots");
    assert_whole(&engine, &row);
}

/// Both slots are booked, and given up by the one who asks.
#[test]
fn f41_sold_out_never_while_each_gives_up_his_own() {
    const ROUNDS: u64 = 30_000;
    let _alone = alone();
    let (engine, clock) = built(|builder| builder.expected_lines(4 * ROUNDS as u32));
    let schedule = publish(&engine, 2);
    let meetings = Meetings::default();
    together(2, |lane| {
        for round in meetings.rounds(ROUNDS) {
            let who = PatientId::new(u128::from(2 * round + lane));
            let hold = meetings.call(|| ask(&engine, who, schedule));
            let hold = hold.unwrap_or_else(|why| panic!("round {round}: {why}"));
            if round % 2 == 0 {
                engine.release(hold.id, who).expect("live");
            } else {
                let booking = engine.confirm(hold.id, who, None).expect("live").wait();
                let booking = booking.expect("decided in memory");
                drop(engine.cancel(booking.id, who).expect("booked"));
            }
        }
    });
    meetings.assert_any("asking for the last slots");
    clock.pass(TTL);
    assert_whole(&engine, &[schedule]);
}
