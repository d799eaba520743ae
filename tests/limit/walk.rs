//! Limiter and oracle walk side by side: with room for everybody they never differ, in no answer and by no millisecond.

use fairslot::Limit;
use proptest::prelude::*;

use crate::exact::Exact;
use crate::{at, limiter};

#[derive(Debug, Clone, Copy)]
enum Op {
    Check(u128),
    Peek(u128),
    Refund(u128),
    /// A key that was just refused asks again, so many milliseconds after its wait is over.
    AsTold(u128, i64),
    Later(u64),
    Earlier(u64),
}

/// Few keys, one of them greedy.
fn key() -> impl Strategy<Value = u128> {
    prop_oneof![2 => Just(0u128), 1 => 0..12u128, 1 => (0..3u128).prop_map(|high| high << 100)]
}

fn ops(back: bool, leap: u64) -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        12 => key().prop_map(Op::Check),
        2 => key().prop_map(Op::Peek),
        1 => key().prop_map(Op::Refund),
        4 => (key(), -1..=1i64).prop_map(|(key, by)| Op::AsTold(key, by)),
        4 => prop_oneof![4 => 0..3u64, 2 => 0..2_000u64, 1 => Just(leap)].prop_map(Op::Later),
        u32::from(back) => (0..1_000u64).prop_map(Op::Earlier),
    ];
    prop::collection::vec(op, 1..200)
}

fn limit() -> impl Strategy<Value = Limit> {
    let rate = prop_oneof![
        Just((1u32, 1_000u64)),
        (1..50u32, 1..2_000u64),
        Just((1_000, 1_009)),
        Just((999_983, 1_000)),
        Just((1, 86_400_000)),
    ];
    (rate, 1..8u32, prop_oneof![3 => Just(0u32), 1 => 1..=8u32]).prop_map(
        |((requests, period_ms), burst, penalty)| Limit {
            penalty,
            cells: 1 << 15,
            ..Limit::new(requests, period_ms, burst)
        },
    )
}

fn agree(limit: Limit, start: u64, ops: &[Op]) -> Result<(), TestCaseError> {
    let (real, mut exact, mut now) = (limiter(limit), Exact::new(limit), start);
    for op in ops {
        match *op {
            Op::Check(key) => prop_assert_eq!(real.check(key, at(now)), exact.check(key, now)),
            Op::Peek(key) => prop_assert_eq!(real.peek(key, at(now)), exact.peek(key, now)),
            Op::Refund(key) => {
                real.refund(key, at(now));
                exact.refund(key, now);
            }
            Op::AsTold(key, by) => {
                if let Err(why) = exact.peek(key, now) {
                    let wait = why.retry_after().expect("it says when");
                    let Some(then) = now.checked_add(wait) else {
                        // Time ends before the wait does.
                        continue;
                    };
                    now = then.saturating_add_signed(by);
                    prop_assert_eq!(real.peek(key, at(now)).is_ok(), by >= 0);
                    prop_assert_eq!(real.check(key, at(now)), exact.check(key, now));
                }
            }
            Op::Later(ms) => now = now.saturating_add(ms),
            Op::Earlier(ms) => now = now.saturating_sub(ms),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn limiter_and_oracle_agree(limit in limit(), start in prop_oneof![Just(0u64), Just(1_790_000_000_000), Just(u64::MAX - 5_000)],
                                ops in ops(true, 100_000)) {
        agree(limit, start, &ops)?;
    }

    /// Eight keys in the eight cells of one line: each has its own, whichever of them owe something at the time.
    #[test]
    fn a_line_of_eight_keys_has_room_for_eight(limit in limit(), ops in ops(true, 100_000)) {
        let of_eight = |key: u128| key % 8;
        let ops: Vec<Op> = ops
            .into_iter()
            .map(|op| match op {
                Op::Check(key) => Op::Check(of_eight(key)),
                Op::Peek(key) => Op::Peek(of_eight(key)),
                Op::Refund(key) => Op::Refund(of_eight(key)),
                Op::AsTold(key, by) => Op::AsTold(of_eight(key), by),
                passes => passes,
            })
            .collect();
        agree(Limit { cells: 8, ..limit }, 1_790_000_000_000, &ops)?;
    }

    /// A leap takes time round the whole range of a cell, or a quarter, or a half of it, give or take.
    #[test]
    fn f11_extremes_limiter_and_oracle_agree_whatever_leaps(
        limit in limit(),
        start in 0..1u64 << 45,
        (eighths, ops) in (1..=17u64).prop_flat_map(|eighths| (Just(eighths), ops(false, 1))),
        off in -3_000..3_000i64,
    ) {
        let range_ms = (1u64 << 44) / u64::from(limit.requests);
        let leap = (range_ms / 8 * eighths).saturating_add_signed(off);
        let ops: Vec<Op> = ops.into_iter().map(|op| if matches!(op, Op::Later(1)) { Op::Later(leap) } else { op }).collect();
        agree(limit, start, &ops)?;
    }
}
