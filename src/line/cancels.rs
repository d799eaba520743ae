//! Who gives up slots again and again?
//!
//! The last seven days on which somebody gave up a slot, by cancelling or by letting a hold run out, in sixteen bytes a person and a fixed number of them. A second time
//! within the window costs weight in draws; a third a rest. Nobody is barred for good, and what is older than the window and the rest is forgotten.

use std::fmt;

use crate::raw::hash::{Keys, SplitMix};
use crate::raw::strikes::{Ages, Strikes};
use crate::words::error::Invalid;
use crate::words::id::PatientId;
use crate::words::time::{DAY_MS, Timestamp};

/// How often one may give up a slot: cancel a booking, or let a hold run out, wherever it came from.
///
/// A hold that runs out counts from its deadline on, for that day. A release doesn't count: it is what one should do with a hold that one doesn't want. Neither does an exchange, nor what a withdrawal
/// of the session ends. A late confirm that still gets its slot has given up nothing.
///
/// Days are those of universal time, of 86,400,000 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Quota {
    /// Two within so many days cost weight, three a rest: 1 to 3,650. Default 30.
    pub window_days: u16,
    /// The weight after the second, in millionths: the chance of being drawn among the first from a waitlist. 0 to 1,000,000. Default 200,000. An opening by a draw has one weight for all suspects,
    /// which it commits to (`suspect_weight_ppm` of a [`Lottery`](crate::Lottery)): below 1,000,000 here they are such.
    pub weight_ppm: u32,
    /// How long the rest is from the third on, in days: 1 to 3,650. Default 90. Of longer ones than three windows who gives up twice more in each window can shorten the rest, as seven days a person are remembered.
    pub rest_days: u16,
    /// How many people are remembered, sixteen bytes each: 8 to 2^28. Who is past that displaces the one of eight who cancelled the longest ago. Default 131,072, two mebibytes.
    pub people: u32,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            window_days: 30,
            weight_ppm: 200_000,
            rest_days: 90,
            people: 131_072,
        }
    }
}

/// What follows from what somebody gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Standing {
    /// Nothing.
    Clear,
    /// Twice within the window.
    Lighter {
        /// The weight in draws, in millionths.
        weight_ppm: u32,
    },
    /// Three times within the window.
    Resting {
        /// How many days more, today included.
        days: u16,
    },
}

/// Who gave up slots lately. See [the room](super).
pub struct Cancels {
    quota: Quota,
    strikes: Strikes,
    keys: Keys,
}

impl fmt::Debug for Cancels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancels")
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}

impl Cancels {
    /// Nobody gave up anything yet. All memory is taken at once. Hashes are keyed by the seed.
    ///
    /// # Errors
    /// [`Invalid`] for a number out of its range.
    pub fn new(quota: Quota, seed: u64) -> Result<Self, Invalid> {
        let (days, said) = (1..=3_650, "1 to 3,650");
        Invalid::within("quota.window_days", quota.window_days, days.clone(), said)?;
        Invalid::within("quota.rest_days", quota.rest_days, days, said)?;
        let weight = quota.weight_ppm;
        Invalid::within("quota.weight_ppm", weight, 0..=1_000_000, "0 to 1,000,000")?;
        Invalid::within("quota.people", quota.people, 8..=1 << 28, "8 to 2^28")?;
        let keep = quota.rest_days.max(quota.window_days);
        Ok(Self {
            quota,
            // Twice the longest memory: the third may be a window older than the first.
            strikes: Strikes::new(quota.people, keep + quota.window_days),
            keys: SplitMix(seed).keys(),
        })
    }

    /// Somebody gave up a slot then: what follows, as of that day. In any order.
    pub fn note(&self, patient: PatientId, at: Timestamp) -> Standing {
        let hash = self.keys.hash(patient.to_u128());
        self.judge(self.strikes.add(hash, at.as_millis() / DAY_MS))
    }

    /// What follows from what they gave up so far.
    #[must_use]
    pub fn standing(&self, patient: PatientId, now: Timestamp) -> Standing {
        self.standing_with(patient, [], now)
    }

    /// The same if they gave up slots at these times as well, which were not noted.
    #[must_use]
    pub fn standing_with(
        &self,
        patient: PatientId,
        more: impl IntoIterator<Item = Timestamp>,
        now: Timestamp,
    ) -> Standing {
        let hash = self.keys.hash(patient.to_u128());
        let today = now.as_millis() / DAY_MS;
        let mut ages = self.strikes.look(hash, today);
        for at in more {
            let age = today.saturating_sub(at.as_millis() / DAY_MS);
            // What is older than can be said is forgotten.
            let mut age = u16::try_from(age).ok();
            for known in &mut ages {
                let is_older = |known: u16| age.is_some_and(|age| age <= known);
                if known.is_none_or(is_older) {
                    std::mem::swap(known, &mut age);
                }
            }
        }
        self.judge(ages)
    }

    fn judge(&self, ages: Ages) -> Standing {
        let Quota {
            window_days,
            weight_ppm,
            rest_days,
            ..
        } = self.quota;
        // Whatever came after it, a third time costs its rest.
        let thrice = |of: &[Option<u16>]| match *of {
            [Some(last), _, Some(third)] if third - last.min(third) < window_days => Some(last),
            _ => None,
        };
        let last = ages.windows(3).find_map(thrice);
        if let Some(last) = last.filter(|last| *last < rest_days) {
            return Standing::Resting {
                days: rest_days - last,
            };
        }
        match ages[1] {
            Some(second) if second < window_days => Standing::Lighter { weight_ppm },
            _ => Standing::Clear,
        }
    }
}
