//! What a scalper gains: the comparisons of two groups, and what they have to do with each other.

use fairslot::fairness::{Group, advantage, uplift_pp, yield_share};
use proptest::prelude::*;

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

/// A group in which somebody asked and nobody had two slots.
fn group() -> impl Strategy<Value = Group> {
    (1..5_000_u64)
        .prop_flat_map(|n| (Just(n), 0..=n))
        .prop_map(|(identities, slots)| Group::new(identities, slots))
}

#[test]
fn who_is_not_there_has_no_chance_to_compare() {
    let (nobody, some, losers) = (Group::default(), Group::new(10, 2), Group::new(10, 0));
    assert_eq!(nobody.rate(), None);
    assert_eq!(advantage(nobody, some), None);
    assert_eq!(advantage(some, nobody), None);
    assert_eq!(uplift_pp(nobody, some), None);
    assert_eq!(uplift_pp(some, nobody), None);
    assert_eq!(yield_share(nobody, some), Some(0.0));
    assert_eq!(yield_share(nobody, losers), None);
    assert_eq!(advantage(losers, losers), None);
    assert_eq!(advantage(losers, some), Some(0.0));
    assert_eq!(advantage(some, losers), Some(f64::INFINITY));
    assert_eq!(uplift_pp(some, losers), Some(20.0));
}

#[test]
fn sums_of_groups_do_not_overflow() {
    let most = Group::new(u64::MAX, u64::MAX);
    assert_eq!([most, most].into_iter().sum::<Group>(), most);
    assert_eq!(std::iter::empty().sum::<Group>(), Group::default());
}

proptest! {
    #[test]
    fn equal_chances_are_no_gain(people in group(), times in 1..50_u64) {
        let scalper = Group::new(people.identities * times, people.slots * times);
        if people.slots > 0 {
            prop_assert!(near(advantage(scalper, people).expect("both were there"), 1.0));
        }
        prop_assert!(near(uplift_pp(scalper, people).expect("both were there"), 0.0));
    }

    #[test]
    fn the_other_side_has_the_inverse(a in group(), b in group()) {
        if a.slots > 0 && b.slots > 0 {
            let (there, back) = (advantage(a, b).expect("won"), advantage(b, a).expect("won"));
            prop_assert!(near(there * back, 1.0));
            let shares = yield_share(a, b).expect("won") + yield_share(b, a).expect("won");
            prop_assert!(near(shares, 1.0));
        }
        let both = uplift_pp(a, b).expect("there") + uplift_pp(b, a).expect("there");
        prop_assert!(near(both, 0.0));
    }

    /// ρR / (ρR + N): the share follows from the advantage and the sizes.
    #[test]
    fn the_share_follows_from_the_advantage(a in group(), b in group()) {
        if let Some(ratio) = advantage(a, b).filter(|ratio| ratio.is_finite()) {
            let weight = ratio * a.identities as f64;
            let share = weight / (weight + b.identities as f64);
            prop_assert!(near(share, yield_share(a, b).expect("somebody won")));
        }
    }

    #[test]
    fn a_gain_is_an_uplift_and_a_loss_is_none(a in group(), b in group()) {
        let uplift = uplift_pp(a, b).expect("both were there");
        prop_assert!((-100.0..=100.0).contains(&uplift));
        match advantage(a, b) {
            Some(ratio) if ratio > 1.0 + 1e-9 => prop_assert!(uplift > 0.0),
            Some(ratio) if ratio < 1.0 - 1e-9 => prop_assert!(uplift < 0.0),
            _ => prop_assert!(uplift.abs() < 1e-6),
        }
    }

    /// Twice as many identities for the same slots is half the gain; the share does not see it.
    #[test]
    fn idle_identities_dilute_the_advantage(a in group(), b in group()) {
        let diluted = Group::new(a.identities * 2, a.slots);
        prop_assert_eq!(yield_share(diluted, b), yield_share(a, b));
        if let (Some(thin), Some(full)) = (advantage(diluted, b), advantage(a, b)) {
            // Half of what has no end has none either.
            prop_assert!((thin == full && full.is_infinite()) || near(2.0 * thin, full));
        }
    }
}
