//! The numbers that cells are judged by: what does a turn cost, in ticks, and how much may be owed?

use super::RANGE;

/// Steps above the tolerance that fines can add up to.
pub(super) const MOST_FINES: u64 = 8;

/// How often a key may have a turn, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Ticks in a millisecond.
    pub(super) per_ms: u64,
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
    /// `turns` in each `period_ms`, up to `burst` of them at once; asking in vain costs `fine` turns. `None` if one of the first three is 0, or if
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
        (per_ms > 0 && step > 0 && longest <= RANGE / 16).then_some(Self {
            per_ms,
            step,
            tolerance,
            fine: step.saturating_mul(u64::from(fine)),
            quarter_ms: RANGE / 4 / per_ms,
        })
    }

    /// Milliseconds until a debt is down to the tolerance.
    pub(super) const fn wait(self, debt: u64) -> u64 {
        debt.saturating_sub(self.tolerance).div_ceil(self.per_ms)
    }
}

const fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
