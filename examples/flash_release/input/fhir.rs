//! The fields of a FHIR `Schedule` and a FHIR `Slot` that a registration engine needs.

use serde_json::Value;

use super::instant::{self, Instant};
use super::lines::{Object, Place, short};
use crate::hospital::Calendar;

/// A FHIR `Slot`: a period of somebody's calendar, and how many it has room for.
pub(crate) struct Slot {
    pub(crate) id: String,
    pub(crate) calendar: String,
    pub(crate) status: Status,
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) capacity: u32,
}

/// FHIR R4's five slot codes by what they mean for the morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Free,
    Busy,
    EnteredInError,
}

const CAPACITY_MAX: i64 = 65_535;

/// A `Schedule`: its id, and whose calendar it is.
pub(crate) fn calendar(object: &Object, place: &Place<'_>) -> Result<(String, Calendar), String> {
    resource_type(object, "Schedule", place)?;
    let id = text(object, "id", "id", place)?;
    let actor = match object.get("actor") {
        Some(Value::Array(actors)) => actors.first().and_then(Value::as_object),
        None => return Err(missing("actor", place)),
        Some(_) => None,
    };
    let actor =
        actor.ok_or_else(|| place.field("actor", "must be a list with whose calendar it is"))?;
    let field = if actor.contains_key("display") {
        "display"
    } else {
        "reference"
    };
    let name = text(actor, field, &format!("actor[0].{field}"), place)?.to_owned();
    Ok((id.to_owned(), Calendar { name }))
}

/// A `Slot`.
pub(crate) fn slot(object: &Object, place: &Place<'_>) -> Result<Slot, String> {
    resource_type(object, "Slot", place)?;
    let id = text(object, "id", "id", place)?.to_owned();
    let calendar = schedule(object, place)?.to_owned();
    let status = status(object, place)?;
    let start = instant(object, "start", place)?;
    let end = instant(object, "end", place)?;
    if end.utc_ms <= start.utc_ms {
        return Err(place.field("end", "is not after start"));
    }
    Ok(Slot {
        id,
        calendar,
        status,
        start,
        end,
        capacity: capacity(object, place)?,
    })
}

fn resource_type(object: &Object, wanted: &str, place: &Place<'_>) -> Result<(), String> {
    let is = text(object, "resourceType", "resourceType", place)?;
    if is == wanted {
        return Ok(());
    }
    Err(place.field(
        "resourceType",
        format_args!("{:?} is not {wanted:?}", short(is)),
    ))
}

/// The id in `schedule.reference`: `Schedule/10`, or an address that ends so.
fn schedule<'a>(object: &'a Object, place: &Place<'_>) -> Result<&'a str, String> {
    let reference = match object.get("schedule") {
        Some(Value::Object(reference)) => {
            text(reference, "reference", "schedule.reference", place)?
        }
        Some(_) => return Err(place.field("schedule", "must be an object with a reference")),
        None => return Err(missing("schedule", place)),
    };
    let id = reference.rsplit_once('/').filter(|(before, id)| {
        let kind = before.rsplit('/').next();
        kind == Some("Schedule") && !id.is_empty()
    });
    id.map(|(_, id)| id).ok_or_else(|| {
        place.field(
            "schedule.reference",
            format_args!("{:?} must be like \"Schedule/10\"", short(reference)),
        )
    })
}

fn status(object: &Object, place: &Place<'_>) -> Result<Status, String> {
    match text(object, "status", "status", place)? {
        "free" => Ok(Status::Free),
        "busy" | "busy-unavailable" | "busy-tentative" => Ok(Status::Busy),
        "entered-in-error" => Ok(Status::EnteredInError),
        other => Err(place.field(
            "status",
            format_args!(
                "{:?} is none of free, busy, busy-unavailable, busy-tentative and entered-in-error",
                short(other)
            ),
        )),
    }
}

fn instant(object: &Object, field: &str, place: &Place<'_>) -> Result<Instant, String> {
    let text = text(object, field, field, place)?;
    instant::parse(text).map_err(|why| place.field(field, format_args!("{:?} {why}", short(text))))
}

/// The extension `slot-capacity` of any edition, known by the last part of its address; 1 where there is none.
fn capacity(object: &Object, place: &Place<'_>) -> Result<u32, String> {
    let extensions = match object.get("extension") {
        None => return Ok(1),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(place.field("extension", "must be a list")),
    };
    let mut found = extensions.iter().filter(|one| {
        let url = one.get("url").and_then(Value::as_str).unwrap_or_default();
        url.rsplit('/').next() == Some("slot-capacity")
    });
    let Some(extension) = found.next() else {
        return Ok(1);
    };
    if found.next().is_some() {
        return Err(place.field("slot-capacity", "is given twice"));
    }
    let value = ["valueInteger", "valuePositiveInt", "valueUnsignedInt"]
        .iter()
        .find_map(|name| extension.get(*name));
    let value = value.ok_or_else(|| place.field("slot-capacity", "has no valueInteger"))?;
    value
        .as_i64()
        .filter(|n| (1..=CAPACITY_MAX).contains(n))
        .and_then(|n| u32::try_from(n).ok())
        .ok_or_else(|| {
            let is = short(&value.to_string());
            place.field(
                "slot-capacity",
                format_args!("{is} must be a whole number from 1 to 65,535"),
            )
        })
}

/// The text in a field; a sentence if it is missing, empty or no text.
fn text<'a>(
    object: &'a Object,
    key: &str,
    field: &str,
    place: &Place<'_>,
) -> Result<&'a str, String> {
    match object.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) => Err(place.field(field, "is empty")),
        Some(_) => Err(place.field(field, "must be a text")),
        None => Err(missing(field, place)),
    }
}

fn missing(field: &str, place: &Place<'_>) -> String {
    place.field(field, "is missing")
}
