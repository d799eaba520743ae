//! A schedule as a line says it.

use fairslot::{Currency, EntryWindow, Fee, Lottery, Opening, ReturnPolicy, Schedule, Timestamp};

use super::answer::Answer;
use super::door::{Door, Words};
use super::field::Field;
use super::json::Value;
use super::line::Line;
use super::plan;
use super::stop::Stop;

impl Door {
    pub(super) fn publish(&self, mut line: Line) -> Result<Answer, Stop> {
        let (hospital, department, practitioner) = (
            line.need("hospital")?,
            line.need("department")?,
            line.need("practitioner")?,
        );
        let (day, session): (String, String) = (line.need("day")?, line.need("session")?);
        let capacity = line.need("capacity")?;
        let (opens_at, starts_at) = (line.need("opens_at")?, line.need("starts_at")?);
        let (closes_at, cancel_until) = (line.maybe("closes_at")?, line.maybe("cancel_until")?);
        let (hold_ttl_ms, hold_cap_ms) = (line.maybe("hold_ttl_ms")?, line.maybe("hold_cap_ms")?);
        let tags = line.maybe("tags")?.unwrap_or_default();
        let fee = fee(&mut line)?;
        let (lottery, returns, allotments) = match self.words {
            Words::Contract => (
                lottery(&mut line, opens_at)?,
                returns(&mut line)?,
                Vec::new(),
            ),
            Words::All => (
                plan::lottery(&mut line, opens_at)?,
                plan::returns(&mut line)?.unwrap_or_default(),
                plan::allotments(&mut line)?,
            ),
        };
        self.at(line)?;

        let opening = lottery.map_or(Opening::first_come(opens_at), Opening::Lottery);
        let capacity = slots("capacity", capacity)?;
        let mut schedule = Schedule::new(
            practitioner,
            day.parse()?,
            session.parse()?,
            capacity,
            opening,
            starts_at,
        );
        (schedule.hospital, schedule.department) = (hospital, department);
        (schedule.closes_at, schedule.cancel_until) = (closes_at, cancel_until);
        schedule.hold_ttl_ms = hold_ttl_ms.unwrap_or(Schedule::HOLD_TTL_MS);
        schedule.hold_cap_ms = hold_cap_ms.unwrap_or(Schedule::HOLD_CAP_MS);
        schedule.tags = tags;
        (schedule.returns, schedule.allotments) = (returns, allotments);
        if let Some((amount, currency)) = fee {
            schedule.fee = Some(Fee {
                amount,
                currency: Currency::new(&currency)?,
            });
        }
        Ok(Answer::Published {
            schedule: self.engine.publish(&schedule)?.to_string(),
        })
    }
}

/// Amount and currency, the latter still to be judged.
fn fee(line: &mut Line) -> Result<Option<(u64, String)>, Stop> {
    let Some(mut fee) = line.maybe::<Line>("fee")? else {
        return Ok(None);
    };
    let parts = (fee.need("amount")?, fee.need("currency")?);
    fee.end()?;
    Ok(Some(parts))
}

/// How it is drawn, if it opens by a lottery.
fn lottery(line: &mut Line, at: Timestamp) -> Result<Option<Lottery>, Stop> {
    let object = match line.maybe("opening")? {
        None => return Ok(None),
        Some(Value::Text(name)) if name == "first_come" => return Ok(None),
        Some(other) => Line::from_value(other),
    };
    let Some(mut opening) = object else {
        return Err(Stop::BadLine(
            "field opening must be \"first_come\" or {\"lottery\":{\"window_ms\":N}}".to_owned(),
        ));
    };
    let mut lottery: Line = opening.need("lottery")?;
    opening.end()?;
    let ms = lottery.need("window_ms")?;
    lottery.end()?;
    Ok(Some(Lottery {
        window: EntryWindow::Fixed { ms },
        ..Lottery::new(at)
    }))
}

/// How slots return.
fn returns(line: &mut Line) -> Result<ReturnPolicy, Stop> {
    match line.maybe::<String>("returns")?.as_deref() {
        None | Some("at_once") => Ok(ReturnPolicy::AtOnce),
        Some("draw") => Ok(ReturnPolicy::Draw),
        Some(_) => Err(Stop::BadLine(
            "field returns must be \"at_once\" or \"draw\"".to_owned(),
        )),
    }
}

/// A number of slots that a schedule can have.
pub(super) fn slots(field: &'static str, number: u64) -> Result<u32, Stop> {
    match u32::try_from(number) {
        Ok(slots @ 1..=65_535) => Ok(slots),
        _ => Err(Stop::Invalid {
            field: field.into(),
            message: format!("{field} is {number}; it must be 1 to 65,535"),
        }),
    }
}
