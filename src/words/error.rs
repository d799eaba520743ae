//! What is wrong with a setting or a schedule: typed, with the field, the value and the range. Nothing is changed by it.
//!
//! A refusal ([`Refusal`]) is another thing: a well-formed request that gets a no.

use std::fmt;
use std::ops::RangeInclusive;

use super::refusal::Refusal;

/// A value out of its range.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Invalid {
    field: &'static str,
    value: String,
    range: &'static str,
}

impl Invalid {
    pub(crate) fn new(field: &'static str, value: impl fmt::Display, range: &'static str) -> Self {
        Self {
            field,
            value: value.to_string(),
            range,
        }
    }

    /// Whether a value is in its range, which `said` says in words.
    pub(crate) fn within<T: PartialOrd + fmt::Display>(
        field: &'static str,
        value: T,
        range: RangeInclusive<T>,
        said: &'static str,
    ) -> Result<(), Self> {
        match range.contains(&value) {
            true => Ok(()),
            false => Err(Self::new(field, value, said)),
        }
    }

    /// The field, as it is called in code, or with what it stands in: `slow_queue.turns`. The milliseconds of a fixed window are `window_ms`, those of a policy of returns `returns.ms`.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The value it had.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What it may be.
    #[must_use]
    pub fn range(&self) -> &'static str {
        self.range
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is {}; it must be {}",
            self.field, self.value, self.range
        )
    }
}

impl std::error::Error for Invalid {}

/// Why the hospital's verb (publish, withdraw, reinstate, add slots) did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SupplyError {
    /// The input is impossible.
    Invalid(Invalid),
    /// The schedule is not in a state for it.
    Refused(Refusal),
    /// The engine has as many schedules as its builder allowed (`schedules_max`). Retire past ones with `advance`, or allow more.
    Full,
}

impl fmt::Display for SupplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(why) => why.fmt(f),
            Self::Refused(why) => why.fmt(f),
            Self::Full => f.write_str(
                "the engine holds as many schedules as it was built for (schedules_max)",
            ),
        }
    }
}

impl std::error::Error for SupplyError {}

impl From<Invalid> for SupplyError {
    fn from(why: Invalid) -> Self {
        Self::Invalid(why)
    }
}

impl From<Refusal> for SupplyError {
    fn from(why: Refusal) -> Self {
        Self::Refused(why)
    }
}
