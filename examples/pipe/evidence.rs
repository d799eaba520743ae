//! Evidence, where the crate has it (feature `evidence`): its blocks are told as the engine hands them over.

use std::sync::{Arc, Mutex, PoisonError};

use fairslot::EngineBuilder;
use fairslot::draw::Digest;
use fairslot::evidence::{Evidence, Keep, Month, MonthKeys, Sink, Unstored};
use serde_json::json;

use super::answer::Answer;
use super::door::Door;
use super::line::Line;
use super::stop::Stop;
use super::verbs::Answered;

/// Blocks that were handed over and are not told yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Sink for Log {
    fn store(&self, _epoch: u64, block: &[u8]) -> Result<(), Unstored> {
        let digits = block.iter().map(|byte| format!("{byte:02x}")).collect();
        self.0.lock().map_err(|_| Unstored)?.push(digits);
        Ok(())
    }
}

impl Log {
    /// A verb that is about evidence.
    pub(super) fn obey(&self, door: &Door, op: &str, line: Line) -> Answered {
        match op {
            "deliver_evidence" => self.deliver(door, line, false),
            "close_evidence" => self.deliver(door, line, true),
            "set_month_key" => set_month_key(door, line),
            "forget_month" => forget_month(door, line),
            _ => stats(door, line),
        }
    }

    fn deliver(&self, door: &Door, line: Line, close: bool) -> Answered {
        door.at(line)?;
        let delivery = match close {
            true => door.engine.close_evidence(),
            false => door.engine.deliver_evidence(),
        };
        let blocks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Answer::Told(json!({
            "epochs": delivery.epochs, "records": delivery.records, "blocks": blocks,
        })))
    }
}

fn set_month_key(door: &Door, mut line: Line) -> Answered {
    let month = MonthOf::read(&mut line)?;
    let key: Digest = line.need("key")?;
    door.at(line)?;
    door.engine.set_month_key(month.judged()?, *key.as_bytes());
    Ok(Answer::DONE)
}

fn forget_month(door: &Door, mut line: Line) -> Answered {
    let month = MonthOf::read(&mut line)?;
    door.at(line)?;
    let forgotten = door.engine.forget_month(month.judged()?);
    Ok(Answer::Told(json!({"forgotten": forgotten})))
}

fn stats(door: &Door, line: Line) -> Answered {
    door.at(line)?;
    let stats = door.engine.evidence_stats();
    Ok(Answer::Told(json!({
        "epochs": stats.epochs, "records": stats.records, "waiting": stats.waiting, "lost": stats.lost,
    })))
}

/// A month as a line says it, still to be judged.
struct MonthOf {
    year: u32,
    month: u32,
}

impl MonthOf {
    fn read(line: &mut Line) -> Result<Self, Stop> {
        Ok(Self {
            year: line.number("year")?,
            month: line.number("month")?,
        })
    }

    fn judged(&self) -> Result<Month, Stop> {
        Ok(Month::new(self.year, self.month)?)
    }
}

/// What the engine is to write down, still to be judged.
pub(super) struct Settings {
    log: u64,
    months: Vec<(MonthOf, Digest)>,
    policy: Digest,
    keep: Keep,
    epoch_ms: Option<u64>,
    epoch_records: Option<u32>,
    lane_records: Option<u32>,
}

pub(super) fn settings(line: &mut Line) -> Result<Option<Settings>, Stop> {
    line.object("evidence", |line| {
        let months = line.objects("months", |line| {
            Ok((MonthOf::read(line)?, line.need("key")?))
        })?;
        Ok(Settings {
            log: line.need("log")?,
            months: months.unwrap_or_default(),
            policy: line.maybe("policy")?.unwrap_or_default(),
            keep: kept(line)?,
            epoch_ms: line.maybe("epoch_ms")?,
            epoch_records: line.optional("epoch_records")?,
            lane_records: line.optional("lane_records")?,
        })
    })
}

/// Which decisions, by name; all if it is not said.
fn kept(line: &mut Line) -> Result<Keep, Stop> {
    let mut keep = Keep::default();
    let Some(names) = line.maybe::<Vec<String>>("keep")? else {
        return Ok(keep);
    };
    for (name, kept) in [
        ("denials", &mut keep.denials),
        ("grants", &mut keep.grants),
        ("cancels", &mut keep.cancels),
        ("draws", &mut keep.draws),
        ("suspicions", &mut keep.suspicions),
    ] {
        *kept = names.iter().any(|it| it == name);
    }
    Ok(keep)
}

/// The builder with a log that is kept here.
pub(super) fn keep(
    builder: EngineBuilder,
    settings: Option<Settings>,
) -> Result<(EngineBuilder, Log), Stop> {
    let log = Log::default();
    let Some(settings) = settings else {
        return Ok((builder, log));
    };
    let mut keys = MonthKeys::new();
    for (month, key) in &settings.months {
        keys = keys.with(month.judged()?, *key.as_bytes());
    }
    let mut evidence = Evidence::new(settings.log.into(), keys, log.clone())
        .keep(settings.keep)
        .policy(settings.policy);
    if let Some(ms) = settings.epoch_ms {
        evidence = evidence.epoch_ms(ms);
    }
    if let Some(records) = settings.epoch_records {
        evidence = evidence.epoch_records(records);
    }
    if let Some(records) = settings.lane_records {
        evidence = evidence.lane_records(records);
    }
    Ok((builder.evidence(evidence), log))
}
