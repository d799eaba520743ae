//! Evidence, where the crate was built without it: every word of it is one that this version doesn't have.

use fairslot::EngineBuilder;

use super::door::Door;
use super::json::Value;
use super::line::Line;
use super::stop::Stop;
use super::verbs::Answered;

/// No log.
#[derive(Debug, Default)]
pub(crate) struct Log {}

impl Log {
    pub(super) fn obey(&self, _: &Door, op: &str, _: Line) -> Answered {
        Err(Stop::not_supported(&format!("{op}: {HOW}")))
    }
}

const HOW: &str = "build it with the feature evidence";

pub(super) fn settings(line: &mut Line) -> Result<Option<Value>, Stop> {
    line.maybe("evidence")
}

pub(super) fn keep(
    builder: EngineBuilder,
    settings: Option<Value>,
) -> Result<(EngineBuilder, Log), Stop> {
    match settings {
        None => Ok((builder, Log::default())),
        Some(_) => Err(Stop::not_supported(&format!("evidence: {HOW}"))),
    }
}
