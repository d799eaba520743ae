//! When does a slot that was given up come back?
//!
//! In batches, one in each interval, at a moment within the interval's first half that only the secret tells; and never before a quiet time has passed since it
//! was given up. So who gives one up can't know when to be there, and the moment tells nobody which slots it was. The nearer the visit, the shorter: a slot that
//! nobody learns of in time helps nobody.

use crate::raw::digest::Mac;
use crate::words::error::Invalid;
use crate::words::time::{DAY_MS, Timestamp};

/// How returned slots are batched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Returns {
    /// One batch in each interval, in milliseconds: 2 to a day. Default: 30 minutes, within the one to two hours that hospitals take who return slots at random moments.
    pub interval_ms: u64,
    /// How long a slot rests at least, in milliseconds: up to a day. Default: a third of the interval, 10 minutes.
    pub quiet_ms: u64,
    /// So long before the visit, or the booking cut-off if that is earlier, intervals become short, in milliseconds. Default: a day.
    pub near_ms: u64,
    /// The short interval, in milliseconds: 2 up to the long one; the quiet time is shortened in proportion. Default: one minute.
    pub near_interval_ms: u64,
    /// So long before the visit or cut-off slots return at once, also by the draw, in milliseconds. Default: two hours, in which somebody can still come.
    pub at_once_ms: u64,
}

impl Default for Returns {
    fn default() -> Self {
        const MINUTE: u64 = 60_000;
        Self {
            interval_ms: 30 * MINUTE,
            quiet_ms: 10 * MINUTE,
            near_ms: 24 * 60 * MINUTE,
            near_interval_ms: MINUTE,
            at_once_ms: 120 * MINUTE,
        }
    }
}

impl Returns {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let Self {
            interval_ms,
            quiet_ms,
            near_interval_ms,
            ..
        } = *self;
        let said = "2 to 86,400,000";
        Invalid::within("returns.interval_ms", interval_ms, 2..=DAY_MS, said)?;
        let said = "86,400,000 at most";
        Invalid::within("returns.quiet_ms", quiet_ms, 0..=DAY_MS, said)?;
        let (field, said) = ("returns.near_interval_ms", "2 up to interval_ms");
        Invalid::within(field, near_interval_ms, 2..=interval_ms, said)
    }

    /// The moment of the first batch for a slot that was given up then, of a session that starts then.
    pub(crate) fn due(&self, secret: &Mac, at: Timestamp, starts_at: Timestamp) -> Timestamp {
        let left = starts_at.since(at);
        if left < self.at_once_ms {
            return at;
        }
        let (interval, quiet) = if left < self.near_ms {
            let part = u128::from(self.quiet_ms) * u128::from(self.near_interval_ms);
            // Shorter than the quiet time itself.
            let quiet = (part / u128::from(self.interval_ms)) as u64;
            (self.near_interval_ms, quiet)
        } else {
            (self.interval_ms, self.quiet_ms)
        };
        let earliest = at.after(quiet).as_millis();
        let number = earliest / interval;
        // This interval's moment may be over; the next one's is to come.
        let moment = [number, number.saturating_add(1)]
            .map(|number| moment(secret, interval, number))
            .into_iter()
            .find(|moment| *moment >= earliest);
        Timestamp::from_millis(moment.unwrap_or(u64::MAX))
    }
}

/// The batch of an interval: anywhere in its first half.
fn moment(secret: &Mac, interval: u64, number: u64) -> u64 {
    let mut message = [0; 32];
    message[..16].copy_from_slice(b"fairslot/batch/1");
    message[16..24].copy_from_slice(&interval.to_be_bytes());
    message[24..].copy_from_slice(&number.to_be_bytes());
    let mut word = [0; 8];
    word.copy_from_slice(&secret.of(&message)[..8]);
    let within = u64::from_be_bytes(word) % (interval / 2);
    interval.saturating_mul(number).saturating_add(within)
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_slot_rests_and_then_returns_in_time(at in 0..1u64 << 42, left in 0..1u64 << 33, secret: [u8; 32]) {
            let returns = Returns::default();
            let (secret, at) = (Mac::new(&secret), Timestamp::from_millis(at));
            let due = returns.due(&secret, at, at.after(left)).since(at);
            let minute = 60_000;
            let expected = match left {
                left if left < 120 * minute => 0..=0,
                left if left < 1_440 * minute => minute / 3..=minute / 3 + minute + minute / 2,
                _ => 10 * minute..=10 * minute + 30 * minute + 15 * minute,
            };
            prop_assert!(expected.contains(&due), "{} of {:?}", due, expected);
        }

        #[test]
        fn a_batch_is_in_the_first_half_of_its_interval(number in 0..1u64 << 30, interval in 2..1u64 << 27, secret: [u8; 32]) {
            let within = moment(&Mac::new(&secret), interval, number) - number * interval;
            prop_assert!(within < interval / 2);
        }
    }

    #[test]
    fn the_moments_are_spread_evenly() {
        // Ten parts of the half interval, 1,000 batches: chi-square with 9 degrees of freedom, 9 ± 4.2.
        let secret = Mac::new(&[7; 32]);
        let mut parts = [0u32; 10];
        for number in 0..1_000 {
            let within = moment(&secret, 1_800_000, number) % 1_800_000;
            parts[(within / 90_000) as usize] += 1;
        }
        let chi: f64 = parts
            .iter()
            .map(|n| (f64::from(*n) - 100.0).powi(2) / 100.0)
            .sum();
        assert!(chi < 33.7, "{parts:?}: {chi}");
    }
}
