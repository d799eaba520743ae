//! The hospital: whose calendars there are, which periods they offer, and how it publishes them before the morning.

use fairslot::{
    Engine, Opening, PatientId, PractitionerId, Request, Schedule, ScheduleId, Session, Timestamp,
};

use crate::cli::Kind;
use crate::input::{self, instant::Instant};

/// A hospital's morning as it stands in the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hospital {
    pub(crate) title: String,
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) periods: Vec<Period>,
    /// Slots of the files that were marked as mistakes, and left out.
    pub(crate) entered_in_error: u32,
}

/// Whose calendar it is: a clinic, a doctor's title, a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Calendar {
    pub(crate) name: String,
}

/// A period of a calendar with room for so many patients: one of our schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) calendar: usize,
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) capacity: u32,
    /// Taken elsewhere before the morning.
    pub(crate) taken: bool,
}

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Slots open seven days ahead at 07:00, as many hospitals announce it.
const HORIZON_DAYS: u64 = 7;
const OPENING_HOUR: u64 = 7;
/// A hold's life in this simulation: a real one has 15 minutes to pay, but the run shows what happens when nobody does.
pub(crate) const HOLD_TTL_MS: u64 = 20_000;
/// What is taken elsewhere was opened that long before the morning.
const EARLIER_MS: u64 = 600_000;

impl Hospital {
    /// The hospital that comes with the example: 1,009 first-visit slots of one day, the figure that the press gave for
    /// one dental hospital in 2022, over clinics, titles and half-days made up for it.
    pub(crate) fn sample() -> Result<Self, String> {
        let schedules = (
            "sample/schedules.ndjson",
            include_str!("sample/schedules.ndjson"),
        );
        let slots = ("sample/slots.ndjson", include_str!("sample/slots.ndjson"));
        input::read_texts("Sample dental hospital 示例口腔医院", schedules, &[slots])
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.periods
            .iter()
            .map(|period| u64::from(period.capacity))
            .sum()
    }

    /// Slots that were taken elsewhere.
    pub(crate) fn taken(&self) -> u64 {
        self.periods
            .iter()
            .filter(|period| period.taken)
            .map(|period| u64::from(period.capacity))
            .sum()
    }

    /// The periods that people ask for: those with something left, or all if nothing is.
    pub(crate) fn open(&self) -> Vec<u32> {
        let periods = || (0..).zip(&self.periods);
        let open: Vec<u32> = periods()
            .filter(|(_, period)| !period.taken)
            .map(|(index, _)| index)
            .collect();
        if open.is_empty() {
            periods().map(|(index, _)| index).collect()
        } else {
            open
        }
    }

    /// What the period is called.
    pub(crate) fn name(&self, period: usize) -> String {
        let period = &self.periods[period];
        let calendar = &self.calendars[period.calendar].name;
        let session = period.session().to_string().replace('_', " ");
        format!("{calendar}, {} {session}", period.start.day)
    }

    /// 07:00 on the hospital's clock, seven days before the first session.
    pub(crate) fn opens_at(&self) -> Timestamp {
        let first = self
            .periods
            .iter()
            .map(|period| period.start)
            .min_by_key(|start| start.utc_ms);
        first.map_or(Timestamp::default(), |first| {
            // Years before 2000 were not let in: nothing here gets below zero.
            let wall = first
                .utc_ms
                .saturating_add_signed(first.offset_min * 60_000);
            let opening = wall / DAY_MS * DAY_MS - HORIZON_DAYS * DAY_MS + OPENING_HOUR * HOUR_MS;
            Timestamp::from_millis(opening.saturating_add_signed(-first.offset_min * 60_000))
        })
    }

    /// Publishes every period, to open at `opens_at`; where that is not the hospital's own opening (in real time it is
    /// in a moment), all sessions move along. What is taken elsewhere was opened first come, and is booked by patients made
    /// up for it, one a slot.
    pub(crate) fn publish(
        &self,
        engine: &Engine,
        opens_at: Timestamp,
        kind: Kind,
    ) -> Result<Vec<ScheduleId>, String> {
        let moved = opens_at
            .as_millis()
            .wrapping_sub(self.opens_at().as_millis());
        let mut others = 0;
        let publish = |(index, period): (usize, &Period)| {
            let starts_at = Timestamp::from_millis(period.start.utc_ms.wrapping_add(moved));
            let early = opens_at.as_millis().saturating_sub(EARLIER_MS);
            let at = if period.taken {
                Timestamp::from_millis(early)
            } else {
                opens_at
            };
            let practitioner = PractitionerId::new(period.calendar as u64 + 1);
            let opening = match kind {
                Kind::Lottery if !period.taken => Opening::lottery(at),
                _ => Opening::first_come(at),
            };
            let Period {
                start, capacity, ..
            } = *period;
            let mut schedule = Schedule::new(
                practitioner,
                start.day,
                period.session(),
                capacity,
                opening,
                starts_at,
            );
            schedule.hold_ttl_ms = HOLD_TTL_MS;
            let refused = |why: &dyn std::fmt::Display| format!("{}: {why}", self.name(index));
            let id = engine.publish(&schedule).map_err(|why| refused(&why))?;
            for _ in 0..if period.taken { period.capacity } else { 0 } {
                others += 1;
                take(engine, id, PatientId::new(ELSEWHERE | others))
                    .map_err(|why| refused(&why))?;
            }
            Ok(id)
        };
        self.periods.iter().enumerate().map(publish).collect()
    }
}

/// Identities from here on belong to patients who registered elsewhere.
const ELSEWHERE: u128 = 2 << 64;

fn take(engine: &Engine, schedule: ScheduleId, patient: PatientId) -> Result<(), String> {
    let outcome = engine.request(&Request::new(patient, schedule));
    let hold = outcome
        .held()
        .ok_or_else(|| format!("a slot taken elsewhere was refused: {outcome:?}"))?;
    let pending = engine
        .confirm(hold.id, patient, None)
        .map_err(|why| why.to_string())?;
    pending.wait().map(|_| ()).map_err(|why| why.to_string())
}

impl Period {
    /// Which part of the day it is, by the wall clock at its start; eight hours and more are all of the day.
    pub(crate) fn session(&self) -> Session {
        if self.end.utc_ms - self.start.utc_ms >= 8 * HOUR_MS {
            return Session::AllDay;
        }
        match self.start.hour {
            0..12 => Session::Morning,
            12..17 => Session::Afternoon,
            17..21 => Session::Evening,
            _ => Session::Night,
        }
    }
}
