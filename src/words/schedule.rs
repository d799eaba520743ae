//! What a hospital publishes: one session of one practitioner, with so many slots (排班).

use std::fmt;
use std::str::FromStr;

use super::allotment::{self, Allotment};
use super::error::Invalid;
use super::id::{DepartmentId, HospitalId, PractitionerId};
use super::lottery::Lottery;
use super::money::Fee;
use super::time::Timestamp;

/// A schedule to be published. Plain data, checked once by [`Engine::publish`](crate::Engine::publish).
///
/// Instants are absolute: the caller, who knows holidays and working days, computes them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Schedule {
    /// The hospital; default 0.
    #[cfg_attr(feature = "serde", serde(default))]
    pub hospital: HospitalId,
    /// The department; default 0.
    #[cfg_attr(feature = "serde", serde(default))]
    pub department: DepartmentId,
    /// Whose session it is.
    pub practitioner: PractitionerId,
    /// The day of the visit.
    pub day: Day,
    /// Which part of that day.
    pub session: Session,
    /// How many slots: 1 to 65,535.
    pub capacity: u32,
    /// How and when it opens.
    pub opening: Opening,
    /// When the session starts; not before it opens.
    pub starts_at: Timestamp,
    /// Booking cut-off (停挂): from here on nothing new is held. Default: `starts_at`. Not before it opens.
    pub closes_at: Option<Timestamp>,
    /// Cancellation cut-off: from here on nothing is cancelled or exchanged. Default: `starts_at`.
    pub cancel_until: Option<Timestamp>,
    /// How long a hold lasts, in milliseconds, at least 1. Default 900,000 (15 minutes: payment within 15–30 minutes is usual).
    /// Above the cap it is cut to it.
    #[cfg_attr(feature = "serde", serde(default = "Schedule::hold_ttl_ms"))]
    pub hold_ttl_ms: u64,
    /// How long a hold lasts with all its extensions, in milliseconds, at least 1. Default 3,600,000 (one hour).
    #[cfg_attr(feature = "serde", serde(default = "Schedule::hold_cap_ms"))]
    pub hold_cap_ms: u64,
    /// How a slot that was given up returns; default at once.
    #[cfg_attr(feature = "serde", serde(default))]
    pub returns: ReturnPolicy,
    /// The registration fee, quoted to patients; the engine moves no money.
    pub fee: Option<Fee>,
    /// What patients look for: diseases, specialties. At most 64, each at most 256 bytes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub tags: Vec<String>,
    /// Which slots are reserved for whom in its draw, in order of precedence: whose turn it is gets a slot of the first that still has one and that they may have. Of its capacity what
    /// they leave is open to everybody and comes last, slots that were added before the draw is bound included; an open one may be declared to come earlier. Who is in a [`Group`](crate::Group), each request says
    /// ([`Request::group`](crate::Request::group)). Default none: all slots are open. At most 64, each of at least 1 slot, all together of no more slots than the capacity; none but for [`Opening::Lottery`].
    ///
    /// They are numbers, not particular slots, and hold for the draw alone: what nobody of a group has taken there is first come for everybody, like all that a draw leaves.
    #[cfg_attr(feature = "serde", serde(default))]
    pub allotments: Vec<Allotment>,
}

impl Schedule {
    /// A hold's default life: 15 minutes.
    pub const HOLD_TTL_MS: u64 = 900_000;
    /// The default cap on a hold's life with its extensions: one hour.
    pub const HOLD_CAP_MS: u64 = 3_600_000;

    /// A schedule of `capacity` slots. What is not named here has the default that its field states.
    #[must_use]
    pub const fn new(
        practitioner: PractitionerId,
        day: Day,
        session: Session,
        capacity: u32,
        opening: Opening,
        starts_at: Timestamp,
    ) -> Self {
        Self {
            hospital: HospitalId::new(0),
            department: DepartmentId::new(0),
            practitioner,
            day,
            session,
            capacity,
            opening,
            starts_at,
            closes_at: None,
            cancel_until: None,
            hold_ttl_ms: Self::HOLD_TTL_MS,
            hold_cap_ms: Self::HOLD_CAP_MS,
            returns: ReturnPolicy::AtOnce,
            fee: None,
            tags: Vec::new(),
            allotments: Vec::new(),
        }
    }

    #[cfg(feature = "serde")]
    const fn hold_ttl_ms() -> u64 {
        Self::HOLD_TTL_MS
    }

    #[cfg(feature = "serde")]
    const fn hold_cap_ms() -> u64 {
        Self::HOLD_CAP_MS
    }

    /// The instant it opens.
    #[must_use]
    pub const fn opens_at(&self) -> Timestamp {
        match self.opening {
            Opening::FirstCome { at } | Opening::Lottery(Lottery { at, .. }) => at,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let opens_at = self.opens_at();
        if self.capacity == 0 || self.capacity > u32::from(u16::MAX) {
            return Err(Invalid::new("capacity", self.capacity, "1 to 65,535"));
        }
        if self.starts_at < opens_at {
            return Err(Invalid::new(
                "starts_at",
                self.starts_at,
                "not before it opens",
            ));
        }
        if self.closes_at.is_some_and(|at| at < opens_at) {
            return Err(Invalid::new(
                "closes_at",
                self.closes_at.unwrap_or_default(),
                "not before it opens",
            ));
        }
        if let Opening::Lottery(lottery) = &self.opening {
            lottery.check()?;
            if lottery.closes_by() > self.closes_at.unwrap_or(self.starts_at) {
                return Err(Invalid::new(
                    "window_ms",
                    lottery.window.max_ms(),
                    "over by closes_at at the latest, which is starts_at unless it is said",
                ));
            }
        }
        match (&self.opening, self.allotments.len()) {
            (Opening::FirstCome { .. }, count @ 1..) => {
                return Err(Invalid::new(
                    "allotments",
                    format_args!("{count} of them"),
                    "none, unless it opens by a draw",
                ));
            }
            _ => allotment::check(&self.allotments, self.capacity)?,
        }
        self.returns.check("returns.ms")?;
        if self.hold_ttl_ms == 0 {
            return Err(Invalid::new("hold_ttl_ms", 0, "at least 1"));
        }
        if self.hold_cap_ms == 0 {
            return Err(Invalid::new("hold_cap_ms", 0, "at least 1"));
        }
        if self.tags.len() > 64 {
            return Err(Invalid::new(
                "tags",
                format_args!("{} of them", self.tags.len()),
                "at most 64",
            ));
        }
        if let Some(tag) = self.tags.iter().find(|tag| tag.len() > 256) {
            return Err(Invalid::new(
                "tags",
                format_args!("one of {} bytes", tag.len()),
                "each at most 256 bytes",
            ));
        }
        Ok(())
    }
}

/// How a schedule opens. There is no default: whoever publishes chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Opening {
    /// From `at` on, whoever asks first is served first. Where a rush is expected this rewards speed, hence scripts.
    FirstCome {
        /// The instant of opening (放号).
        at: Timestamp,
    },
    /// Whoever asks within a window is entered, and a draw decides. What it leaves is first come.
    Lottery(Lottery),
}

impl Opening {
    /// By a draw, as recommended wherever a rush is expected: see [`Lottery::new`].
    #[must_use]
    pub const fn lottery(at: Timestamp) -> Self {
        Self::Lottery(Lottery::new(at))
    }

    /// First come, first served, from `at` on.
    #[must_use]
    pub const fn first_come(at: Timestamp) -> Self {
        Self::FirstCome { at }
    }
}

/// How a slot that was given up returns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ReturnPolicy {
    /// Claimable in the same instant: to whoever is fastest, which a script always is. For sessions where nobody waits.
    #[default]
    AtOnce,
    /// Claimable after so many milliseconds. A script that asks every second gets it all the same.
    Delay {
        /// How long it rests: at least 1.
        ms: u64,
    },
    /// Offered to somebody who is drawn from the waitlist, at a moment that nobody can foresee; claimable from then on if nobody there wants it.
    Draw,
    /// Claimable at the next time of day at which the schedule opened: so many whole days after that.
    NextOpening,
    /// Not at all, until the session is withdrawn and reinstated.
    Never,
}

impl ReturnPolicy {
    /// `field` is what its milliseconds are called where it is set.
    pub(crate) fn check(self, field: &'static str) -> Result<(), Invalid> {
        match self {
            Self::Delay { ms: 0 } => Err(Invalid::new(field, 0, "at least 1")),
            _ => Ok(()),
        }
    }
}

/// Part of a day (就诊单元).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Session {
    /// 上午
    Morning,
    /// 下午
    Afternoon,
    /// 晚上
    Evening,
    /// 夜间
    Night,
    /// 全天
    AllDay,
}

impl Session {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Morning, "morning"),
        (Self::Afternoon, "afternoon"),
        (Self::Evening, "evening"),
        (Self::Night, "night"),
        (Self::AllDay, "all_day"),
    ];
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES[*self as usize].1)
    }
}

impl FromStr for Session {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(session, _)| *session)
            .ok_or_else(|| {
                Invalid::new(
                    "session",
                    format_args!("{text:?}"),
                    "morning, afternoon, evening, night or all_day",
                )
            })
    }
}

/// A calendar day, as the hospital's calendar names it: a name, never computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// The day with this date in the Gregorian calendar.
    ///
    /// # Errors
    /// [`Invalid`] with field `day` if there is no such day, or the year is not 1 to 9999.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, Invalid> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        if (1..=9999).contains(&year) && (1..=days).contains(&day) {
            Ok(Self { year, month, day })
        } else {
            Err(Invalid::new(
                "day",
                format_args!("{year:04}-{month:02}-{day:02}"),
                Self::RANGE,
            ))
        }
    }

    const RANGE: &'static str = "a day as YYYY-MM-DD";
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Day {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let number = |digits: &str| {
            digits
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| digits.parse::<u16>().ok())?
        };
        let parts = (text.len() == 10 && text.is_ascii()).then(|| {
            let dashes = (&text[4..5], &text[7..8]);
            (dashes == ("-", "-")).then(|| {
                Some((
                    number(&text[..4])?,
                    number(&text[5..7])?,
                    number(&text[8..])?,
                ))
            })?
        });
        match parts.flatten() {
            // Two digits fit.
            Some((year, month, day)) => Self::new(year, month as u8, day as u8),
            None => Err(Invalid::new("day", format_args!("{text:?}"), Self::RANGE)),
        }
    }
}

impl TryFrom<String> for Day {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn days_are_days() {
        for good in [
            "2026-12-01",
            "2024-02-29",
            "2000-02-29",
            "0001-01-01",
            "9999-12-31",
        ] {
            assert_eq!(good.parse::<Day>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "2026-13-01",
            "2026-00-10",
            "2025-02-29",
            "1900-02-29",
            "2026-12-32",
            "2026-1-01",
            "26-12-01",
            "+026-12-01",
            "2026/12/01",
            "0000-01-01",
            "2026-12-0é",
            "2026-12-01T",
            " 2026-12-1",
        ] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }

    #[test]
    fn session_names_match_their_variants() {
        for (i, (session, name)) in Session::NAMES.into_iter().enumerate() {
            assert_eq!(session as usize, i);
            assert_eq!(name.parse::<Session>().unwrap(), session);
        }
    }
}
