//! The log of evidence, where the crate was built without it: every word of it is one that this version doesn't have.

use fairslot::{Engine, EngineBuilder};

use super::evidence::{Settings, Wish};
use super::stop::Stop;
use super::verbs::Answered;

/// No log.
#[derive(Debug, Default)]
pub(crate) struct Log {}

const WHAT: &str = "evidence: build it with the feature evidence";

impl Log {
    pub(super) fn obey(&self, _: &Engine, _: &Wish) -> Answered {
        Err(Stop::not_supported(WHAT))
    }
}

pub(super) fn keep(
    builder: EngineBuilder,
    settings: Option<Settings>,
) -> Result<(EngineBuilder, Log), Stop> {
    match settings {
        None => Ok((builder, Log::default())),
        Some(_) => Err(Stop::not_supported(WHAT)),
    }
}
