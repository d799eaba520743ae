//! How often may one key ask?

use std::fmt;

use crate::raw::cells::{Cells, Chance, Given, Pace, Wait};
use crate::raw::hash::{Keys, SplitMix};
use crate::words::error::Invalid;
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

/// A rate for each key of a kind: so many requests in each period, so many of them at once.
///
/// ```
/// use fairslot::Limit;
///
/// // One a second, up to five at once; a million cells.
/// let limit = Limit { cells: 1 << 20, ..Limit::new(1, 1_000, 5) };
/// # let _ = limit;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Limit {
    /// Requests in each period: 1 to 1,000,000.
    pub requests: u32,
    /// The period, in milliseconds: at least 1. `(burst + 7) × period_ms` may be 2^40 at most, once `requests` and `period_ms` are divided by what they have in
    /// common: ten a day, all at once, is far from it.
    pub period_ms: u64,
    /// How many of them may come at once, after a pause: at least 1.
    pub burst: u32,
    /// For how many keys there is room, 8 bytes each: 8 to 1,073,741,824. Only keys that asked lately count, within `burst` times the pace of one request.
    /// Eight cells are a line, and a newcomer whose line owes all over inherits the smallest debt in it: with five cells for each of them or more that is next to nobody, with two and a half not quite two in a thousand of those who all ask at one instant
    /// (`cargo test --test limit crowded -- --nocapture` counts them); where a burst is one, that is a refusal at the first request, else some of the burst; with fewer, a newcomer may inherit the smallest debt of seven others.
    /// Default [`Limit::CELLS`].
    #[cfg_attr(feature = "serde", serde(default = "Limit::cells"))]
    pub cells: u32,
    /// How many requests a refused one costs: 0 to 8. With 0 it costs nothing, and whoever asks too often gets exactly the rate. With more they
    /// fall behind with each try, until they have eight requests to make up for.
    #[cfg_attr(feature = "serde", serde(default))]
    pub penalty: u32,
}

impl Limit {
    /// Cells, if nothing else is said: 524,288, 4 MiB. That is room for 100,000 keys that owe something at one time; for 200,000 with two in a thousand who pay for another.
    pub const CELLS: u32 = 1 << 19;

    #[cfg(feature = "serde")]
    const fn cells() -> u32 {
        Self::CELLS
    }

    /// `requests` in each period of `period_ms` milliseconds, up to `burst` at once. No penalty, and [`Limit::CELLS`] cells.
    #[must_use]
    pub const fn new(requests: u32, period_ms: u64, burst: u32) -> Self {
        Self {
            requests,
            period_ms,
            burst,
            cells: Self::CELLS,
            penalty: 0,
        }
    }

    /// The pace, if every number is in its range.
    fn pace(self, fields: &Fields) -> Result<Pace, Invalid> {
        let Self {
            requests,
            period_ms,
            burst,
            cells,
            penalty,
        } = self;
        Invalid::within(fields.requests, requests, 1..=1_000_000, "1 to 1,000,000")?;
        if period_ms == 0 {
            return Err(Invalid::new(fields.period_ms, period_ms, "at least 1"));
        }
        Invalid::within(fields.burst, burst, 1..=u32::MAX, "at least 1")?;
        Invalid::within(fields.cells, cells, 8..=1 << 30, "8 to 1,073,741,824")?;
        Invalid::within(fields.penalty, penalty, 0..=8, "0 to 8")?;
        Pace::new(requests, period_ms, burst, penalty).ok_or_else(|| {
            Invalid::new(
                fields.period_ms,
                period_ms,
                "so short that (burst + 7) × period_ms is at most 2^40",
            )
        })
    }
}

/// What the numbers of a limit are called where it was set.
pub(crate) struct Fields {
    pub(crate) requests: &'static str,
    pub(crate) period_ms: &'static str,
    pub(crate) burst: &'static str,
    pub(crate) cells: &'static str,
    pub(crate) penalty: &'static str,
}

/// The fields of the limit of that name.
macro_rules! fields {
    ($limit:literal) => {
        Fields {
            requests: concat!($limit, "requests"),
            period_ms: concat!($limit, "period_ms"),
            burst: concat!($limit, "burst"),
            cells: concat!($limit, "cells"),
            penalty: concat!($limit, "penalty"),
        }
    };
}
pub(crate) use fields;

/// A [`Limit`] at work, for keys of one kind. The engine has one for each kind that its builder was given a limit for; this is the same thing on its own, for
/// whatever else a service wants to limit.
///
/// Its memory is taken when it is made and never grows, whoever invents how many keys. It takes the time from the caller; a time before the latest that
/// it has admitted anything at counts as that. Every call is lock-free but for one in at least an hour, usually years, that tidies up.
///
/// ```
/// use fairslot::{Limit, Limiter, Refusal, Timestamp};
///
/// let limiter = Limiter::new(Limit::new(1, 1_000, 2), 0x5eed)?;
/// let at = Timestamp::from_millis;
/// assert_eq!([limiter.check(7, at(0)), limiter.check(7, at(0))], [Ok(()); 2]);
/// assert_eq!(limiter.check(7, at(0)), Err(Refusal::RateLimited { retry_after_ms: 1_000 }));
/// assert_eq!(limiter.check(8, at(0)), Ok(()));
/// assert!(limiter.check(7, at(999)).is_err());
/// assert!(limiter.check(7, at(1_000)).is_ok());
/// # Ok::<(), fairslot::Invalid>(())
/// ```
pub struct Limiter {
    cells: Cells,
    keys: Keys,
}

impl Limiter {
    /// A limiter. The seed keys the hash that says where a key's cell is: in production take it from the operating system's randomness, and tell nobody.
    ///
    /// # Errors
    /// [`Invalid`], with the field, its value and its range, for a number out of its range.
    pub fn new(limit: Limit, seed: u64) -> Result<Self, Invalid> {
        Self::with_keys(limit, &fields!(""), SplitMix(seed).keys())
    }

    pub(crate) fn with_keys(limit: Limit, fields: &Fields, keys: Keys) -> Result<Self, Invalid> {
        let pace = limit.pace(fields)?;
        Ok(Self {
            cells: Cells::new(limit.cells, pace),
            keys,
        })
    }

    /// Whether this key may ask at `now`, and if so, counts it.
    ///
    /// # Errors
    /// `rate_limited`, with the milliseconds until it may: one before that it may not. Unless there is a penalty, nothing was written.
    #[inline]
    pub fn check(&self, key: u128, now: Timestamp) -> Result<(), Refusal> {
        let hash = self.hash(key);
        match self.cells.charge(hash, now.as_millis()) {
            Ok(_) => Ok(()),
            Err(told) => Err(self.fine(hash, now, told).into()),
        }
    }

    /// Whether this key could ask at `now`. Counts nothing and writes nothing.
    ///
    /// # Errors
    /// `rate_limited`, with the milliseconds until it may.
    pub fn peek(&self, key: u128, now: Timestamp) -> Result<(), Refusal> {
        let chance = self.look(self.hash(key), now);
        chance.map(|_| ()).map_err(Refusal::from)
    }

    /// Takes back one [`check`](Self::check) that was answered with yes and led to nothing.
    pub fn refund(&self, key: u128, now: Timestamp) {
        self.take_back(self.hash(key), now);
    }

    /// How many cells there are: what was asked for, rounded up to whole cache lines of 8.
    #[must_use]
    pub fn cells(&self) -> u64 {
        self.cells.capacity()
    }

    // ---- the same, step by step, by the key's hash --------------------------------------------------------------------------

    #[inline]
    pub(super) fn hash(&self, key: u128) -> u64 {
        self.keys.hash(key)
    }

    #[inline(always)]
    pub(super) fn look(&self, hash: u64, now: Timestamp) -> Result<Chance<'_>, Wait> {
        self.cells.look(hash, now.as_millis())
    }

    #[inline]
    pub(super) fn take(
        &self,
        chance: &Chance<'_>,
        hash: u64,
        now: Timestamp,
    ) -> Result<Given, Wait> {
        self.cells.take(chance, hash, now.as_millis())
    }

    #[inline]
    pub(super) fn fetch(&self, hash: u64) {
        self.cells.fetch(hash);
    }

    #[inline]
    pub(super) fn fine(&self, hash: u64, now: Timestamp, told: Wait) -> Wait {
        self.cells.fine(hash, now.as_millis(), told)
    }

    pub(super) fn take_back(&self, hash: u64, now: Timestamp) {
        self.cells.refund(hash, now.as_millis());
    }
}

impl From<Wait> for Refusal {
    fn from(wait: Wait) -> Self {
        Self::RateLimited {
            retry_after_ms: wait.0,
        }
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("cells", &self.cells)
            .finish_non_exhaustive()
    }
}
