//! The log of evidence, where the crate has it (feature `evidence`): its blocks are told as the engine hands them over.

use std::sync::{Arc, Mutex, PoisonError};

use fairslot::evidence::{Evidence, Keep, Month, MonthKeys, Sink, Unstored};
use fairslot::{Engine, EngineBuilder};
use serde_json::json;

use super::answer::Answer;
use super::evidence::{MonthOf, Settings, Wish};
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
    pub(super) fn obey(&self, engine: &Engine, wish: &Wish) -> Answered {
        let delivery = match wish {
            Wish::Deliver => engine.deliver_evidence(),
            Wish::Close => engine.close_evidence(),
            Wish::SetMonthKey(month, key) => {
                engine.set_month_key(month.judged()?, *key.as_bytes());
                return Ok(Answer::DONE);
            }
            Wish::ForgetMonth(month) => {
                let forgotten = engine.forget_month(month.judged()?);
                return Ok(Answer::Told(json!({"forgotten": forgotten})));
            }
            Wish::Stats => {
                let it = engine.evidence_stats();
                return Ok(Answer::Told(json!({
                    "epochs": it.epochs, "records": it.records, "waiting": it.waiting, "lost": it.lost,
                })));
            }
        };
        let blocks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Answer::Told(json!({
            "epochs": delivery.epochs, "records": delivery.records, "blocks": blocks,
        })))
    }
}

impl MonthOf {
    fn judged(&self) -> Result<Month, Stop> {
        Ok(Month::new(self.year, self.month)?)
    }
}

fn kept(names: Option<&[String]>) -> Keep {
    let mut keep = Keep::default();
    let Some(names) = names else {
        return keep;
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
    keep
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
        .keep(kept(settings.keep.as_deref()))
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
