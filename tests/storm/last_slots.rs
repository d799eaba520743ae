//! Two who ask for two slots that are there: both get one. "Sold out" would be false, since at no instant of their calls was every slot taken.

use fairslot::PatientId;

use crate::weather::{Gate, Leaving, Meetings, TTL, ask, assert_whole, built, publish, together};

const ROUNDS: u64 = 50_000;
const ENOUGH: u64 = 1_000;

/// Both slots are held by patients whose time is over, and nobody has swept.
#[test]
fn f41_sold_out_never_while_holds_are_due() {
    let (engine, clock) = built(|builder| builder.expected_lines(4 * ROUNDS as u32));
    let schedule = publish(&engine, 2);
    let (gate, meetings) = (Gate::default(), Meetings::default());
    together(2, |lane| {
        let _at_the_end = Leaving(&gate);
        for round in 0..ROUNDS {
            if lane == 0 {
                clock.pass(TTL);
            }
            gate.pass();
            let who = PatientId::new(u128::from(2 * round + lane));
            let hold = meetings.call(|| ask(&engine, who, schedule));
            assert!(hold.is_ok(), "round {round}: {hold:?}");
            gate.pass();
        }
    });
    assert!(meetings.met() > ENOUGH, "they met {} times", meetings.met());
    assert_whole(&engine, &[schedule]);
}

/// Both slots are booked, and given up by the one who asks.
#[test]
fn f41_sold_out_never_while_each_gives_up_his_own() {
    let (engine, clock) = built(|builder| builder.expected_lines(4 * ROUNDS as u32));
    let schedule = publish(&engine, 2);
    let meetings = Meetings::default();
    together(2, |lane| {
        for round in 0..ROUNDS {
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
    assert!(meetings.met() > ENOUGH, "they met {} times", meetings.met());
    clock.pass(TTL);
    assert_whole(&engine, &[schedule]);
}
