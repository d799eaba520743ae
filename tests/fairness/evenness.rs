//! The index of chances: exact where chances are known exactly, and blind to nothing that matters.

use fairslot::fairness::jain;
use proptest::prelude::*;

/// People with a fair coin for a chance: everything that `openings` tosses can give, once each.
fn all_tosses(openings: u32) -> Vec<u32> {
    (0..1_u32 << openings).map(u32::count_ones).collect()
}

fn is(index: Option<f64>, wanted: f64) {
    let index = index.expect("there are people and openings");
    assert!((index - wanted).abs() < 1e-12, "{index} is not {wanted}");
}

#[test]
fn luck_alone_is_no_inequality() {
    for openings in 2..12 {
        is(jain(&all_tosses(openings), openings), 1.0);
    }
}

#[test]
fn half_without_a_chance_is_one_half() {
    for openings in 2..12 {
        let mut wins = all_tosses(openings);
        wins.resize(wins.len() * 2, 0);
        is(jain(&wins, openings), 0.5);
    }
}

/// Chances 1 and 1/2: (1.5)² / (2 · 1.25).
#[test]
fn the_sure_and_the_lucky_are_told_apart() {
    for openings in 2..12 {
        let mut wins = all_tosses(openings);
        wins.resize(wins.len() * 2, openings);
        is(jain(&wins, openings), 0.9);
    }
}

#[test]
fn one_who_always_wins_has_it_all() {
    is(jain(&[0, 7, 0, 0], 7), 0.25);
    is(jain(&[7, 7, 7, 7], 7), 1.0);
}

#[test]
fn nothing_to_say_is_not_said() {
    assert_eq!(jain(&[], 10), None);
    assert_eq!(jain(&[1, 0], 1), None);
    assert_eq!(jain(&[1, 0], 0), None);
    assert_eq!(jain(&[3, 0], 2), None);
    assert_eq!(jain(&[0, 0], 2), Some(1.0));
    assert_eq!(jain(&[u32::MAX, 0], u32::MAX), Some(0.5));
}

proptest! {
    /// At least 1/n, as the uncorrected index, and at most 1.
    #[test]
    fn it_is_a_share(wins in prop::collection::vec(0..=20_u32, 1..60)) {
        let index = jain(&wins, 20).expect("there are people and openings");
        prop_assert!(index <= 1.0 && index * wins.len() as f64 >= 1.0 - 1e-9);
    }

    #[test]
    fn it_does_not_matter_who_is_who(mut wins in prop::collection::vec(0..=20_u32, 1..60)) {
        let before = jain(&wins, 20).expect("there are people and openings");
        wins.reverse();
        wins.sort_unstable();
        let after = jain(&wins, 20).expect("there are people and openings");
        prop_assert!((before - after).abs() < 1e-9);
    }

    #[test]
    fn everybody_twice_is_as_even(wins in prop::collection::vec(0..=20_u32, 1..60)) {
        let once = jain(&wins, 20).expect("there are people and openings");
        let twice = jain(&wins.repeat(2), 20).expect("there are people and openings");
        prop_assert!((once - twice).abs() < 1e-9);
    }
}
