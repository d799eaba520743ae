//! Hammering on what is sold out leaves a trace, though hardly any of it is looked at.

use fairslot::{Behaviour, Label, Refusal};

use super::{Desk, from, judging};

fn sold_out(sample: u32) -> (Desk, fairslot::ScheduleId) {
    let desk = Desk::new(Some(Behaviour {
        sample,
        ..judging()
    }));
    let schedule = desk.publish(1, 1);
    desk.at(1_000);
    desk.book(&from(schedule, 1 << 40, 1 << 40));
    (desk, schedule)
}

/// Who was labelled of so many devices that ask so often, every so many milliseconds.
fn labelled(sample: u32, devices: u64, times: u64, every: u64) -> u64 {
    let (desk, schedule) = sold_out(sample);
    for nth in 0..times {
        for on in 0..devices {
            desk.at(20_000 + nth * every);
            let answer = desk.ask(&from(schedule, on, on));
            assert_eq!(answer.refused(), Some(Refusal::SoldOut));
        }
    }
    let hammers = |on: &u64| {
        desk.verdict(&from(schedule, 0, *on))
            .has(Label::SoldOutHammer)
    };
    (0..devices).filter(hammers).count() as u64
}

#[test]
fn more_than_five_retries_in_ten_seconds() {
    assert_eq!(labelled(1, 20, 5, 100), 0);
    assert_eq!(labelled(1, 20, 6, 100), 20);
    assert_eq!(labelled(1, 20, 12, 2_100), 0);
}

/// One in 256 is seen: who asks a hundred times a second for a minute is found, who tries ten times is not.
#[test]
fn a_sample_finds_who_hammers_and_no_one_else() {
    let found = labelled(256, 20, 6_000, 10);
    assert!(found >= 18, "{found} of 20");
    let wronged = labelled(256, 2_000, 10, 900);
    assert!(wronged <= 8, "{wronged} of 2,000");
}

/// The sample is as large as was asked for, the same each time, and nobody at all if none was asked for.
#[test]
fn the_sample_is_keyed_and_repeatable() {
    let seen = |sample, seed: u64| {
        let (desk, schedule) = sold_out(sample);
        for nth in 0..40_000 {
            desk.at(20_000 + nth);
            let _ = desk.ask(&from(schedule, seed, seed));
        }
        desk.engine.stats().behaviour.map_or(0, |it| it.sampled)
    };
    assert_eq!(seen(256, 1), seen(256, 1));
    assert!((110..210).contains(&seen(256, 1)), "{}", seen(256, 1));
    assert_eq!((seen(1, 1), seen(0, 1)), (40_000, 0));
}
