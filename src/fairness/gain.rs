//! What is it worth to be a scalper, or a scalper's client? Two groups, compared.

use super::interval::{Interval, Moments, t_95};

/// Those who asked on one side, and the slots that they had in the end.
///
/// Over several openings, count each identity once an opening: the sum of the openings' groups is the group of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Group {
    /// Distinct identities that asked.
    pub identities: u64,
    /// Slots that ended with one of them.
    pub slots: u64,
}

impl Group {
    /// `identities` of one side, who had `slots` in the end.
    #[must_use]
    pub const fn new(identities: u64, slots: u64) -> Self {
        Self { identities, slots }
    }

    /// Slots an identity: the chance to win, if nobody may have two. `None` if nobody asked.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        (self.identities > 0).then(|| self.slots as f64 / self.identities as f64)
    }
}

impl std::iter::Sum for Group {
    fn sum<I: Iterator<Item = Self>>(groups: I) -> Self {
        groups.fold(Self::default(), |sum, group| Self {
            identities: sum.identities.saturating_add(group.identities),
            slots: sum.slots.saturating_add(group.slots),
        })
    }
}

/// How many times as likely as one of the people an identity of the scalper is to win: 0 and up, 1 is no gain.
///
/// Infinite if only the scalper won; `None` if one side has no identities or nobody won anything.
#[must_use]
pub fn advantage(scalper: Group, people: Group) -> Option<f64> {
    let ratio = scalper.rate()? / people.rate()?;
    (!ratio.is_nan()).then_some(ratio)
}

/// The share of the slots that ended with the scalper, 0 to 1. `None` if nobody won anything.
#[must_use]
pub fn yield_share(scalper: Group, people: Group) -> Option<f64> {
    let (scalped, rest) = (scalper.slots as f64, people.slots as f64);
    (scalped + rest > 0.0).then(|| scalped / (scalped + rest))
}

/// How much better, in percentage points, a client's chance is through the scalper than alone: −100 to 100 where nobody may have two slots. At 0 and
/// below there is nothing to pay a scalper for.
///
/// Alone means: with the chance of the average among the people. `None` if one side has no identities.
#[must_use]
pub fn uplift_pp(scalper: Group, people: Group) -> Option<f64> {
    Some((scalper.rate()? - people.rate()?) * 100.0)
}

/// Where the [`advantage`] over many openings with the same two groups lies, from how it varied between them: each item is one opening's
/// (scalper, people).
///
/// The advantage of all openings is a ratio of sums, and its logarithm is nearly normal where the ratio itself is skewed: the interval is the delta
/// method's on the logarithm, with Student's t for the openings' number. `None` with fewer than two openings, if one side won nothing in any, or
/// if the openings' groups are not equally large: then they are not repetitions.
#[must_use]
pub fn advantage_interval(openings: &[(Group, Group)]) -> Option<Interval> {
    let size = |(scalper, people): &(Group, Group)| (scalper.identities, people.identities);
    if openings
        .iter()
        .any(|opening| size(opening) != size(&openings[0]))
    {
        return None;
    }
    let scalper = openings.iter().map(|opening| opening.0).sum();
    let people = openings.iter().map(|opening| opening.1).sum();
    let ratio = advantage(scalper, people).filter(|ratio| ratio.is_finite() && *ratio > 0.0)?;
    let openings_f = openings.len() as f64;
    let (mean_s, mean_p) = (
        scalper.slots as f64 / openings_f,
        people.slots as f64 / openings_f,
    );
    // The linear part of ln(Σs/Σp) around the means, opening by opening. Its mean is 0.
    let parts = openings
        .iter()
        .map(|(s, p)| s.slots as f64 / mean_s - p.slots as f64 / mean_p);
    let error = Moments::of(parts).standard_error()?;
    let reach = (t_95(openings.len() - 1) * error).exp();
    Some(Interval {
        low: ratio / reach,
        high: ratio * reach,
    })
}
