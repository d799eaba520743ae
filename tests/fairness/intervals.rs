//! The intervals have in them what they say, as often as they say.

use fairslot::fairness::{Estimate, Group, Share, advantage_interval};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::dice::Dice;

const TIMES: u32 = 4_000;

/// How often, of all times, a try succeeds: in `low..high`.
fn covers(low: f64, high: f64, mut hit: impl FnMut(&mut Dice) -> bool) {
    let mut dice = Dice(StdRng::seed_from_u64(1));
    let hits = (0..TIMES).filter(|_| hit(&mut dice)).count();
    let share = hits as f64 / f64::from(TIMES);
    assert!((low..high).contains(&share), "{share}");
}

#[test]
fn a_mean_of_few_lies_in_its_interval_nineteen_times_of_twenty() {
    for n in [2, 3, 5, 12, 40] {
        covers(0.94, 0.96, |dice| {
            let values: Vec<f64> = (0..n).map(|_| 7.0 + 3.0 * dice.normal()).collect();
            let estimate = Estimate::of(&values).expect("there are values");
            estimate.interval().expect("more than one").contains(7.0)
        });
    }
}

/// Fifty slots an opening, as they all go; people win one of them seldom, or about half.
#[test]
fn an_advantage_lies_in_its_interval() {
    for rate in [0.004, 0.5] {
        covers(0.93, 0.97, |dice| {
            let opening = |dice: &mut Dice| {
                let people = (0..50).filter(|_| dice.yes(rate)).count() as u64;
                (Group::new(200, 50 - people), Group::new(1_000, people))
            };
            let openings: Vec<_> = (0..100).map(|_| opening(dice)).collect();
            let truth = (1.0 - rate) / 200.0 / (rate / 1_000.0);
            advantage_interval(&openings).is_some_and(|interval| interval.contains(truth))
        });
    }
}

#[test]
fn a_share_lies_in_its_interval() {
    for (of, chance) in [(20, 0.5), (50, 0.05), (200, 0.99)] {
        covers(0.92, 0.98, |dice| {
            let hits = (0..of).filter(|_| dice.yes(chance)).count() as u64;
            let interval = Share { hits, of }.interval().expect("there were tries");
            interval.contains(chance)
        });
    }
}

#[test]
fn a_share_of_nothing_or_all_is_not_certain() {
    let none = Share { hits: 0, of: 10 }.interval().expect("tries");
    assert!(
        none.low == 0.0 && (0.27..0.28).contains(&none.high),
        "{none:?}"
    );
    let all = Share { hits: 10, of: 10 }.interval().expect("tries");
    assert!(
        all.high == 1.0 && (0.72..0.73).contains(&all.low),
        "{all:?}"
    );
    assert_eq!(Share::default().value(), None);
    assert_eq!(Share { hits: 2, of: 1 }.interval(), None);
}

#[test]
fn one_repetition_has_a_mean_and_no_interval() {
    let one = Estimate::of(&[3.0]).expect("a value");
    assert_eq!((one.mean, one.sd, one.interval()), (3.0, None, None));
    assert_eq!(Estimate::of(&[]), None);
    assert_eq!(Estimate::of(&[1.0, f64::INFINITY]), None);
    assert_eq!(Estimate::of(&[f64::NAN]), None);
    let three = Estimate::of(&[1.0, 2.0, 6.0]).expect("values");
    assert!((three.mean - 3.0).abs() < 1e-12);
    assert!(
        three
            .sd
            .is_some_and(|sd| (sd - 7.0_f64.sqrt()).abs() < 1e-12)
    );
}

#[test]
fn openings_that_are_no_repetitions_have_no_interval() {
    let opening = |n, won| (Group::new(n, won), Group::new(100, 10));
    assert_eq!(advantage_interval(&[]), None);
    assert_eq!(advantage_interval(&[opening(10, 5)]), None);
    assert_eq!(advantage_interval(&[opening(10, 5), opening(11, 5)]), None);
    assert_eq!(advantage_interval(&[opening(10, 0), opening(10, 0)]), None);
    let same = advantage_interval(&[opening(10, 5), opening(10, 5)]).expect("repetitions");
    assert!((same.low - 5.0).abs() < 1e-12 && (same.high - 5.0).abs() < 1e-12);
}
