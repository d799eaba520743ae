//! The numbers that cells are judged by: what does a turn cost, in ticks, and how much may be owed?

use super::RANGE;

/// The most ticks that a millisecond may have.
const PER_MS_MAX: u64 = 1 << 20;

/// Steps above the tolerance that fines can add up to.
pub(super) const MOST_FINES: u64 = 8;

/// How often a key may have a turn, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Ticks in a millisecond: [`PER_MS_MAX`] at most.
    pub(super) per_ms: u64,
    /// 2^64 - 1 by that, rounded down. A multiplication by it costs less than the division.
    inverse: u64,
    /// What a turn costs.
    pub(super) step: u64,
    /// The debt with which a turn can still be had.
    pub(super) tolerance: u64,
    /// What asking in vain costs.
    pub(super) fine: u64,
    /// A quarter of the range of instants, in milliseconds: noted, because a division costs more than a look at a line.
    pub(super) quarter_ms: u64,
}

impl Pace {
    /// `turns` in each `period_ms`, up to `burst` of them at once; asking in vain costs `fine` turns. `None` if one of the first three is 0, if there are more than [`PER_MS_MAX`] turns, once both are divided by what they have in common, or if
    /// the longest debt that can come of it would take more than a sixteenth of the range.
    pub(crate) fn new(turns: u32, period_ms: u64, burst: u32, fine: u32) -> Option<Self> {
        let common = gcd(u64::from(turns), period_ms);
        let (per_ms, step) = (
            u64::from(turns).checked_div(common)?,
            period_ms.checked_div(common)?,
        );
        let tolerance = step.checked_mul(u64::from(burst).checked_sub(1)?)?;
        let longest = step
            .checked_mul(MOST_FINES)
            .and_then(|fines| fines.checked_add(tolerance))?;
        ((1..=PER_MS_MAX).contains(&per_ms) && step > 0 && longest <= RANGE / 16).then_some(Self {
            per_ms,
            inverse: u64::MAX / per_ms,
            step,
            tolerance,
            fine: step.saturating_mul(u64::from(fine)),
            quarter_ms: RANGE / 4 / per_ms,
        })
    }

    /// Milliseconds until a debt is down to the tolerance, rounded up.
    ///
    /// The quotient of n and p, rounded down, is (n + 1) × ((2^64 - 1) / p, rounded down) / 2^64, rounded down: without that last rounding it falls short of (n + 1) / p by something, and by 1 / p at most as long as n + 1 is 2^64 / p at most; so it
    /// is n / p or lies between that and (n + 1) / p, where no whole number is. Here n is the debt above the tolerance and p - 1, less than 2^44, and p 2^20 at most.
    #[inline]
    pub(super) const fn wait(self, debt: u64) -> u64 {
        let above = debt.saturating_sub(self.tolerance);
        // The upper half.
        (((above + self.per_ms) as u128 * self.inverse as u128) >> 64) as u64
    }
}

const fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wait_is_the_quotient_rounded_up(turns in 1..=1_000_000u32, whole in 0..RANGE / 2_000_000, off in 0..3u64, any in 0..RANGE / 2) {
            let pace = Pace::new(turns, 1_000_003, 1, 0).unwrap();
            // About a multiple of the divisor, where the quotient steps up.
            for debt in [(whole * pace.per_ms + off).saturating_sub(1), any] {
                prop_assert_eq!(pace.wait(debt), debt.div_ceil(pace.per_ms));
            }
        }
    }
}
