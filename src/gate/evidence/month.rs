//! Whose pseudonym is this? One month's key says, and without the key nobody can.

use std::collections::BTreeMap;
use std::fmt;

use crate::raw::digest::{Bytes32, Mac};
use crate::words::error::Invalid;
use crate::words::hex::{hexadecimal, shown};
use crate::words::time::{DAY_MS, Timestamp};

/// Days of four centuries, after which the calendar begins anew.
const CYCLE: u64 = 146_097;

hexadecimal!(
    /// What stands for a patient, account, device or network in the records of one month: the first 16 bytes of HMAC-SHA256, under that month's key, of one byte for the
    /// kind (1 to 4, in this order) and the identity, 16 bytes big-endian.
    Pseudonym, 16
);
shown!(Pseudonym);

/// A month of the Gregorian calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Month(u32);

impl Month {
    /// The month of that year: 1970 to 9999, 1 to 12.
    ///
    /// # Errors
    /// [`Invalid`] for a number out of its range.
    pub fn new(year: u32, month: u32) -> Result<Self, Invalid> {
        Invalid::within("year", year, 1970..=9999, "1970 to 9999")?;
        Invalid::within("month", month, 1..=12, "1 to 12")?;
        Ok(Self(year * 12 + month - 1))
    }

    /// The month that an instant is in.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self::spanning(at).0
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u32 {
        self.0 / 12
    }

    /// The month of the year, from 1.
    #[must_use]
    pub const fn month(self) -> u32 {
        self.0 % 12 + 1
    }

    /// Its number: twelve times the year, and the months since that year began.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// The same, and the first instants of it and of the next. Counted from the beginning of its four centuries, year by year: it is asked once a month.
    pub(super) fn spanning(at: Timestamp) -> (Self, Timestamp, Timestamp) {
        let day = at.as_millis() / DAY_MS;
        let (mut begins, mut number) = (day / CYCLE * CYCLE, 0);
        // The day number fits many times: 2^64 ms are 213 billion days.
        let mut year = 1970 + day / CYCLE * 400;
        loop {
            let days = days_of(year, number);
            if day < begins + days {
                let ms = |day: u64| Timestamp::from_millis(day.saturating_mul(DAY_MS));
                // Past the year 357 million months are no longer told apart.
                let year = u32::try_from(year).unwrap_or(u32::MAX / 12 - 1);
                return (
                    Self(year.min(u32::MAX / 12 - 1) * 12 + number),
                    ms(begins),
                    ms(begins + days),
                );
            }
            begins += days;
            number += 1;
            if number == 12 {
                (year, number) = (year + 1, 0);
            }
        }
    }
}

/// Days of a month, counted from 0.
const fn days_of(year: u64, month: u32) -> u64 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        1 if leap => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

/// The kinds of identities, in the order of a record's pseudonyms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Kind {
    /// A patient.
    Patient = 1,
    /// An account.
    Account,
    /// A device.
    Device,
    /// A network: for IPv4, also as IPv6 carries it, the first 24 bits as a number; for IPv6 2^64 and the first 48.
    Network,
}

/// The keys that pseudonyms are made with, one a month. Each is 32 random bytes, kept by the caller apart from the log, and used for nothing else. Who deletes a
/// month's key, here by [`Engine::forget_month`](crate::Engine::forget_month) and wherever else it is kept, unlinks that month's records from everybody for good.
///
/// ```
/// use fairslot::evidence::{Kind, Month, MonthKeys};
///
/// let december = Month::new(2026, 12)?;
/// let keys = MonthKeys::new().with(december, [7; 32]);
/// let device = keys.pseudonym(december, Kind::Device, 42);
/// assert_ne!(device, keys.pseudonym(december, Kind::Account, 42));
/// assert_eq!(keys.pseudonym(Month::new(2027, 1)?, Kind::Device, 42), None);
/// # Ok::<(), fairslot::Invalid>(())
/// ```
#[derive(Clone, Default)]
pub struct MonthKeys(BTreeMap<Month, Mac>);

impl MonthKeys {
    /// None yet. Records of a month without a key bear no pseudonyms.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With the key of one more month, in place of the one it had.
    #[must_use]
    pub fn with(mut self, month: Month, key: [u8; 32]) -> Self {
        self.insert(month, &key);
        self
    }

    pub(super) fn insert(&mut self, month: Month, key: &Bytes32) {
        self.0.insert(month, Mac::new(key));
    }

    pub(super) fn remove(&mut self, month: Month) -> bool {
        self.0.remove(&month).is_some()
    }

    pub(super) fn get(&self, month: Month) -> Option<Mac> {
        self.0.get(&month).copied()
    }

    /// The pseudonym of an identity in a month, if there is a key. Whoever holds the keys finds a suspect's records by it.
    #[must_use]
    pub fn pseudonym(&self, month: Month, kind: Kind, identity: u128) -> Option<Pseudonym> {
        let key = self.0.get(&month)?;
        Some(Pseudonym::of(key, kind, identity))
    }
}

impl fmt::Debug for MonthKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Pseudonym {
    pub(super) fn of(key: &Mac, kind: Kind, identity: u128) -> Self {
        let mut message = [kind as u8; 17];
        message[1..].copy_from_slice(&identity.to_be_bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&key.of(&message)[..16]);
        Self(first)
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    fn of(seconds: u64) -> String {
        Month::of(Timestamp::from_millis(seconds * 1_000)).to_string()
    }

    #[test]
    fn a_month_begins_and_ends_where_the_calendar_says() {
        // `date -u -d @N`.
        for (seconds, month) in [
            (0, "1970-01"),
            (2_678_399, "1970-01"),
            (2_678_400, "1970-02"),
            (951_782_399, "2000-02"),
            (951_868_799, "2000-02"),
            (951_868_800, "2000-03"),
            (1_796_083_199, "2026-11"),
            (1_796_083_200, "2026-12"),
            (4_107_542_399, "2100-02"),
            (4_107_542_400, "2100-03"),
        ] {
            assert_eq!(of(seconds), month, "{seconds}");
        }
        let (_, begins, ends) = Month::spanning(Timestamp::from_millis(1_796_083_200_000));
        assert_eq!(
            (begins.as_millis(), ends.as_millis()),
            (1_796_083_200_000, 1_798_761_600_000)
        );
    }

    #[test]
    fn the_end_of_time_is_in_some_month() {
        let _ = Month::of(Timestamp::MAX);
        assert!(Month::new(1969, 1).is_err() && Month::new(2026, 13).is_err());
    }
}
