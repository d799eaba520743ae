//! "Sold out" is said when every slot is taken, and not before. Slots come in words of 32 and segments that grow, so the edges are there.

use std::sync::Barrier;
use std::thread;

use fairslot::Refusal;

use crate::desk::{ask, assert_whole, desk, patient, publish};

#[test]
fn f41_sold_out_exactly_when_full() {
    for capacity in [1, 2, 31, 32, 33, 63, 64, 65, 96, 97, 1_000, 65_535] {
        let (engine, _clock) = desk();
        let schedule = publish(&engine, capacity);
        let mut holds: Vec<_> = (1..=capacity)
            .map(|i| ask(&engine, patient(i.into()), schedule).expect("not full yet"))
            .collect();
        let numbers = holds.iter().map(|hold| u32::from(hold.slot.get()));
        assert!(numbers.eq(1..=capacity), "the lowest first");
        let stranger = patient(1 << 40);
        assert_eq!(ask(&engine, stranger, schedule), Err(Refusal::SoldOut));
        for which in [0, capacity / 2, capacity - 1] {
            let (owner, had) = (patient(u128::from(which) + 1), &mut holds[which as usize]);
            engine.release(had.id, owner).expect("live");
            let again = ask(&engine, stranger, schedule).expect("just given up");
            assert_eq!(again.slot, had.slot);
            assert_eq!(ask(&engine, owner, schedule), Err(Refusal::SoldOut));
            engine.release(again.id, stranger).expect("live");
            *had = ask(&engine, owner, schedule).expect("just given up");
        }
        assert_whole(&engine, &[schedule]);
    }
}

#[test]
fn f41_sold_out_no_more_when_slots_are_added() {
    let (engine, _clock) = desk();
    let schedule = publish(&engine, 1);
    let (mut asked, mut capacity, mut won) = (0, 1, 0);
    for added in [1, 30, 1, 31, 1, 200] {
        loop {
            asked += 1;
            match ask(&engine, patient(asked), schedule) {
                Ok(_) => won += 1,
                Err(why) => break assert_eq!(why, Refusal::SoldOut),
            }
        }
        assert_eq!(won, capacity);
        assert_eq!(engine.add_slots(schedule, added), Ok(added));
        capacity += added;
    }
    assert_whole(&engine, &[schedule]);
}

/// Two slots and two at a time who want one: whenever somebody asks, one is free.
#[test]
fn f41_sold_out_never_with_a_slot_for_each() {
    const ROUNDS: u128 = 50_000;
    let (engine, _clock) = desk();
    let schedule = publish(&engine, 2);
    let gate = Barrier::new(2);
    thread::scope(|scope| {
        for lane in 0..2 {
            let (engine, gate) = (&engine, &gate);
            scope.spawn(move || {
                gate.wait();
                for round in 0..ROUNDS {
                    let who = patient(2 * round + lane);
                    let hold = ask(engine, who, schedule);
                    let hold = hold.unwrap_or_else(|why| panic!("round {round}: {why}"));
                    engine.release(hold.id, who).expect("live");
                }
            });
        }
    });
    assert_whole(&engine, &[schedule]);
}
