//! How fast does the slow queue move, and how many may wait?

use crate::words::error::Invalid;
use crate::words::time::DAY_MS;

/// The slow queue: so many turns in each period, and so many who may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct SlowQueue {
    /// Turns in each period, evenly spread: 1 to 1,000,000.
    pub turns: u32,
    /// The period, in milliseconds: 1 to 86,400,000, a day.
    pub period_ms: u64,
    /// How many tickets there may be: 1 to 2^28. Some 110 bytes each while they wait, in lists that double, and 36 to 41 for each that there may be, if there may be 10,000; 64 for a cluster.
    #[cfg_attr(feature = "serde", serde(default = "SlowQueue::capacity"))]
    pub capacity: u32,
    /// How long whoever comes while nobody waits has to wait for the first turn, in milliseconds: 0 to less than `wait_max_ms`. Default 0. In an engine a turn comes a millisecond after who waits for it at the
    /// earliest; 3,000 keeps who is slowed out of the seconds in which people get theirs, at any opening.
    #[cfg_attr(feature = "serde", serde(default))]
    pub first_after_ms: u64,
    /// How long a ticket waits at most, in milliseconds: 1 to 86,400,000. Who has not been served by then has to ask again.
    #[cfg_attr(feature = "serde", serde(default = "SlowQueue::wait_max_ms"))]
    pub wait_max_ms: u64,
}

impl SlowQueue {
    /// Tickets, if nothing else is said: twenty minutes' worth at a hundred a second, and far more than clusters that come to one hospital in that time, which is what makes a full queue refuse
    /// only those who crowd it.
    pub const CAPACITY: u32 = 131_072;
    /// The wait, if nothing else is said: half an hour, twice the usual life of a hold.
    pub const WAIT_MAX_MS: u64 = 30 * 60_000;

    #[cfg(feature = "serde")]
    const fn capacity() -> u32 {
        Self::CAPACITY
    }

    #[cfg(feature = "serde")]
    const fn wait_max_ms() -> u64 {
        Self::WAIT_MAX_MS
    }

    /// `turns` in each period of `period_ms` milliseconds, with [`CAPACITY`](Self::CAPACITY) and [`WAIT_MAX_MS`](Self::WAIT_MAX_MS).
    #[must_use]
    pub const fn new(turns: u32, period_ms: u64) -> Self {
        Self {
            turns,
            period_ms,
            capacity: Self::CAPACITY,
            first_after_ms: 0,
            wait_max_ms: Self::WAIT_MAX_MS,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let day = "1 to 86,400,000";
        Invalid::within(
            "slow_queue.turns",
            self.turns,
            1..=1_000_000,
            "1 to 1,000,000",
        )?;
        Invalid::within("slow_queue.period_ms", self.period_ms, 1..=DAY_MS, day)?;
        Invalid::within(
            "slow_queue.capacity",
            self.capacity,
            1..=1 << 28,
            "1 to 2^28",
        )?;
        Invalid::within("slow_queue.wait_max_ms", self.wait_max_ms, 1..=DAY_MS, day)?;
        if self.first_after_ms >= self.wait_max_ms {
            return Err(Invalid::new(
                "slow_queue.first_after_ms",
                self.first_after_ms,
                "less than slow_queue.wait_max_ms",
            ));
        }
        Ok(())
    }

    /// The pace of its turns.
    pub(crate) fn pace(&self) -> Pace {
        Pace {
            turns: self.turns,
            period_ms: self.period_ms,
            next: 0,
        }
    }
}

/// When the next turn is. Time is counted in so many parts of a millisecond as there are turns in a period, so that a turn lasts a whole number of them: exact for any rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    turns: u32,
    period_ms: u64,
    next: u128,
}

impl Pace {
    fn parts(&self, ms: u64) -> u128 {
        u128::from(ms) * u128::from(self.turns)
    }

    /// Somebody came while nobody waited: turns that nobody took are gone.
    pub(crate) fn begin(&mut self, now: u64) {
        self.next = self.next.max(self.parts(now));
    }

    /// Whether there is a turn at `now`.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        self.next <= self.parts(now)
    }

    /// A turn was taken.
    pub(crate) fn take(&mut self) {
        self.next += u128::from(self.period_ms);
    }

    /// The first millisecond in which there is the n-th turn from now on: the next is the first.
    pub(crate) fn nth(&self, n: u32) -> u64 {
        let at = self.next + u128::from(n.saturating_sub(1)) * u128::from(self.period_ms);
        u64::try_from(at.div_ceil(u128::from(self.turns))).unwrap_or(u64::MAX)
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn three_turns_in_ten_milliseconds_are_three() {
        let mut pace = SlowQueue::new(3, 10).pace();
        pace.begin(100);
        let mut at = Vec::new();
        for now in 95..131 {
            while pace.is_due(now) {
                assert_eq!(pace.nth(1), now);
                at.push(now);
                pace.take();
            }
        }
        assert_eq!(at, [100, 104, 107, 110, 114, 117, 120, 124, 127, 130]);
        // Nobody saves up turns while nobody waits.
        pace.begin(200);
        assert_eq!((pace.nth(1), pace.nth(4)), (200, 210));
        assert_eq!(pace.nth(2), 204);
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let sound = SlowQueue::new(1, 1);
        assert!(sound.check().is_ok());
        let wrong = [
            (SlowQueue { turns: 0, ..sound }, "slow_queue.turns"),
            (
                SlowQueue {
                    turns: 1_000_001,
                    ..sound
                },
                "slow_queue.turns",
            ),
            (
                SlowQueue {
                    period_ms: 0,
                    ..sound
                },
                "slow_queue.period_ms",
            ),
            (
                SlowQueue {
                    capacity: (1 << 28) + 1,
                    ..sound
                },
                "slow_queue.capacity",
            ),
            (
                SlowQueue {
                    wait_max_ms: 0,
                    ..sound
                },
                "slow_queue.wait_max_ms",
            ),
            (
                SlowQueue {
                    first_after_ms: sound.wait_max_ms,
                    ..sound
                },
                "slow_queue.first_after_ms",
            ),
        ];
        for (settings, field) in wrong {
            assert_eq!(settings.check().unwrap_err().field(), field);
        }
    }
}
