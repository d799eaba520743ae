//! An instant as FHIR writes it (RFC 3339 with seconds and an offset), read strictly and by hand.

use fairslot::Day;

/// An instant, with the day and hour that the clock on the wall showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant {
    /// Milliseconds since 1970-01-01 00:00 UTC.
    pub(crate) utc_ms: u64,
    /// Minutes that the wall clock is ahead of UTC.
    pub(crate) offset_min: i64,
    /// The day on the wall's calendar.
    pub(crate) day: Day,
    /// The hour on the wall's clock.
    pub(crate) hour: u8,
}

const DAY_MS: i64 = 86_400_000;
/// Offsets in use reach from -12:00 to +14:00.
const OFFSET_MAX_MIN: i64 = 14 * 60;
/// The engine counts milliseconds from 1970 and needs room for the days before a session; no calendar is older than this.
const YEAR_MIN: u16 = 2000;

const SHAPE: &str = "is not an instant like 2026-12-08T08:00:00+08:00";
const DATE: &str = "has no such day in the calendar";
const TIME: &str = "has no such time of day";
const OFFSET: &str = "has no such offset from UTC";
const AGE: &str = "lies before the year 2000";

/// The instant that `text` says, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Instant, &'static str> {
    let (date_time, rest) = text.split_at_checked(19).ok_or(SHAPE)?;
    let b = date_time.as_bytes();
    if (b[4], b[7], b[10], b[13], b[16]) != (b'-', b'-', b'T', b':', b':') {
        return Err(SHAPE);
    }
    let part = |range: std::ops::Range<usize>| number(&b[range]).ok_or(SHAPE);
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let (hour, minute, second) = (part(11..13)?, part(14..16)?, part(17..19)?);
    let (millis, zone) = fraction(rest)?;
    let offset_min = offset(zone)?;
    // Two digits fit into a byte.
    let day_name = Day::new(year, month as u8, day as u8).map_err(|_| DATE)?;
    if hour > 23 || minute > 59 || second > 59 {
        return Err(TIME);
    }
    if year < YEAR_MIN {
        return Err(AGE);
    }
    let seconds = (i64::from(hour) * 60 + i64::from(minute) - offset_min) * 60 + i64::from(second);
    let utc_ms = days(year, month, day) * DAY_MS + seconds * 1_000 + millis;
    let utc_ms = u64::try_from(utc_ms).map_err(|_| AGE)?;
    Ok(Instant {
        utc_ms,
        offset_min,
        day: day_name,
        hour: hour as u8,
    })
}

/// Milliseconds of a fraction of any length, and what follows it.
fn fraction(rest: &str) -> Result<(i64, &str), &'static str> {
    let Some(after) = rest.strip_prefix('.') else {
        return Ok((0, rest));
    };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Err(SHAPE);
    }
    let millis = after
        .bytes()
        .take(digits)
        .chain(*b"000")
        .take(3)
        .fold(0, |ms, b| ms * 10 + i64::from(b - b'0'));
    Ok((millis, &after[digits..]))
}

/// Minutes ahead of UTC: `Z`, or a sign, two digits of hours, a colon, two digits of minutes.
fn offset(zone: &str) -> Result<i64, &'static str> {
    let sign = match *zone.as_bytes() {
        [b'Z'] => return Ok(0),
        [b'+', _, _, b':', _, _] => 1,
        [b'-', _, _, b':', _, _] => -1,
        _ => return Err(SHAPE),
    };
    let part =
        |range: std::ops::Range<usize>| number(&zone.as_bytes()[range]).map(i64::from).ok_or(SHAPE);
    let (hours, minutes) = (part(1..3)?, part(4..6)?);
    let offset = hours * 60 + minutes;
    if minutes > 59 || offset > OFFSET_MAX_MIN {
        Err(OFFSET)
    } else {
        Ok(sign * offset)
    }
}

/// At most four digits.
fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0, |n, b| {
        b.is_ascii_digit().then(|| n * 10 + u16::from(b - b'0'))
    })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar: years begin in March here, so that a leap day comes last.
fn days(year: u16, month: u16, day: u16) -> i64 {
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year / 4 - year / 100 + year / 400;
    year * 365 + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}
