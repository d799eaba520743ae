//! Too few cells: what is lost, and what never is.

use fairslot::Limit;
use proptest::prelude::*;

use crate::{at, limiter};

/// Keys, and how long after the one before each asks.
fn asks() -> impl Strategy<Value = Vec<(u128, u64)>> {
    let ms = prop_oneof![6 => Just(0u64), 2 => 0..50u64, 1 => 0..3_000u64];
    prop::collection::vec((0..40u128, ms), 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever invents keys: eight cells give no more turns than eight keys would get, over any stretch of time.
    #[test]
    fn a_line_gives_no_more_than_its_cells(asks in asks(), burst in 1..6u32, penalty in 0..3u32) {
        const PERIOD: u64 = 100;
        let limiter = limiter(Limit { cells: 8, penalty, ..Limit::new(1, PERIOD, burst) });
        let (mut now, mut given) = (1_000_000, Vec::new());
        for (key, after) in asks {
            now += after;
            if limiter.check(key, at(now)).is_ok() {
                given.push(now);
            }
        }
        for (i, from) in given.iter().enumerate() {
            for (j, to) in given.iter().enumerate().skip(i) {
                let most = 8 * (u64::from(burst) + (to - from) / PERIOD);
                prop_assert!((j - i + 1) as u64 <= most, "{} turns from {from} to {to} ms", j - i + 1);
            }
        }
    }
}

/// A newcomer to a full line is judged by the smallest debt there, and takes it over with the cell.
#[test]
fn a_newcomer_inherits_the_smallest_debt() {
    // Eight keys, of which key 0 has had one turn, and every other two: one more and it has to wait.
    let limit = Limit {
        cells: 8,
        ..Limit::new(1, 1_000, 2)
    };
    let full = || {
        let limiter = limiter(limit);
        (0..8u128).for_each(|key| assert!(limiter.check(key, at(0)).is_ok()));
        (1..8u128).for_each(|key| assert!(limiter.check(key, at(0)).is_ok()));
        limiter
    };
    let limiter = full();
    assert!(limiter.check(100, at(0)).is_ok(), "as key 0 could");
    let refused = limiter.check(100, at(0)).expect_err("as key 0 could not");
    assert_eq!(refused.retry_after(), Some(1_000));
    // Now everybody there owes two: nobody new gets in before one of them could.
    let refused = limiter.check(101, at(999)).expect_err("full");
    assert_eq!(refused.retry_after(), Some(1));
    assert!(limiter.check(101, at(1_000)).is_ok());
    // A refusal moved nobody.
    let limiter = full();
    assert!((1..8u128).all(|key| limiter.check(key, at(999)).is_err()));
    assert!((1..8u128).all(|key| limiter.check(key, at(1_000)).is_ok()));
}

/// A cell that owes nothing is as good as an empty one: nothing is inherited from it.
#[test]
fn an_expired_cell_equals_an_absent_one() {
    let limit = Limit {
        cells: 8,
        ..Limit::new(1, 1_000, 1)
    };
    let limiter = limiter(limit);
    (0..8u128).for_each(|key| assert!(limiter.check(key, at(0)).is_ok()));
    assert!((8..100u128).all(|key| limiter.check(key, at(999)).is_err()));
    assert!((8..16u128).all(|key| limiter.check(key, at(1_000)).is_ok()));
    assert!((8..100u128).all(|key| limiter.check(key, at(1_999)).is_err()));
}

/// How many newcomers are refused for others' debts, where everybody asks once at one instant, and once is all that a burst lets through: the figures of `Limit::cells`.
#[test]
fn next_to_nobody_pays_for_another_where_there_is_room() {
    let refused = |keys: u64| {
        let limiter = limiter(Limit::new(1, 3_600_000, 1));
        let asks = (0..u128::from(keys)).map(|key| limiter.check(key, at(0)));
        asks.filter(Result::is_err).count()
    };
    let [dense, roomy] = [200_000, 100_000].map(refused);
    println!("refused: {dense} of 200,000, {roomy} of 100,000");
    assert!((200..=600).contains(&dense), "{dense}");
    assert!(roomy <= 20, "{roomy}");
}
