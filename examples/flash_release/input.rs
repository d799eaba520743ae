//! Another hospital's morning: FHIR R4 `Schedule` and `Slot` as NDJSON, the shape that SMART Scheduling Links publishes.
//!
//! A FHIR `Slot`, a period with a capacity, is one of our schedules with so many slots; a FHIR `Schedule` is whose
//! calendar it is. What is wrong gets one sentence that names file, line and field.

#[path = "input/fhir.rs"]
mod fhir;
#[path = "input/instant.rs"]
pub(crate) mod instant;
#[path = "input/lines.rs"]
mod lines;

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;

use crate::cli::Files;
use crate::hospital::{Calendar, Hospital, Period};
use fhir::Status;
use lines::{Lines, Place};

/// The engine's own bound on schedules lies above this; what lies between is no single hospital's morning.
const PERIODS_MAX: usize = 1_000_000;

/// Reads a hospital from files.
pub(crate) fn read(files: &Files) -> Result<Hospital, String> {
    let mut reader = Reader::default();
    reader.calendars(
        lines::open(&files.schedules)?,
        &lines::name(&files.schedules),
    )?;
    for path in &files.slots {
        reader.periods(lines::open(path)?, &lines::name(path))?;
    }
    reader.hospital(title(files))
}

/// Reads a hospital from texts with names: the sample, and what tests make up.
pub(crate) fn read_texts(
    title: &str,
    schedules: (&str, &str),
    slots: &[(&str, &str)],
) -> Result<Hospital, String> {
    let mut reader = Reader::default();
    reader.calendars(schedules.1.as_bytes(), schedules.0)?;
    for (name, text) in slots {
        reader.periods(text.as_bytes(), name)?;
    }
    reader.hospital(title.to_owned())
}

fn title(files: &Files) -> String {
    let folder = files.schedules.parent().and_then(Path::file_name);
    folder.map_or_else(
        || lines::name(&files.schedules),
        |name| name.to_string_lossy().escape_debug().to_string(),
    )
}

#[derive(Default)]
struct Reader {
    calendars: Vec<Calendar>,
    calendar_of: HashMap<String, (usize, String)>,
    periods: Vec<Period>,
    period_seen: HashMap<String, String>,
    entered_in_error: u32,
}

impl Reader {
    fn calendars(&mut self, source: impl BufRead, file: &str) -> Result<(), String> {
        let mut lines = Lines::new(source, file);
        while let Some((place, object)) = lines.next_object()? {
            let (id, calendar) = fhir::calendar(&object, &place)?;
            let index = self.calendars.len();
            if let Some((_, first)) = self
                .calendar_of
                .insert(id.clone(), (index, place.to_string()))
            {
                return Err(twice(&place, &id, &first));
            }
            self.calendars.push(calendar);
        }
        lines.finish()
    }

    fn periods(&mut self, source: impl BufRead, file: &str) -> Result<(), String> {
        let mut lines = Lines::new(source, file);
        while let Some((place, object)) = lines.next_object()? {
            let slot = fhir::slot(&object, &place)?;
            if let Some(first) = self.period_seen.insert(slot.id.clone(), place.to_string()) {
                return Err(twice(&place, &slot.id, &first));
            }
            let Some(&(calendar, _)) = self.calendar_of.get(&slot.calendar) else {
                let wrong =
                    format_args!("{:?} is in no schedules file", lines::short(&slot.calendar));
                return Err(place.field("schedule.reference", wrong));
            };
            match slot.status {
                Status::EnteredInError => self.entered_in_error += 1,
                Status::Free | Status::Busy => self.periods.push(Period {
                    calendar,
                    start: slot.start,
                    end: slot.end,
                    capacity: slot.capacity,
                    taken: slot.status == Status::Busy,
                }),
            }
            if self.periods.len() > PERIODS_MAX {
                return Err(format!(
                    "{place}: more than {PERIODS_MAX} slots are more than this example loads"
                ));
            }
        }
        lines.finish()
    }

    fn hospital(self, title: String) -> Result<Hospital, String> {
        if self.periods.is_empty() {
            return Err(
                "there is no slot to offer: every one of them was entered in error".to_owned(),
            );
        }
        Ok(Hospital {
            title,
            calendars: self.calendars,
            periods: self.periods,
            entered_in_error: self.entered_in_error,
        })
    }
}

fn twice(place: &Place<'_>, id: &str, first: &str) -> String {
    place.field(
        "id",
        format_args!("{:?} was there before ({first})", lines::short(id)),
    )
}
