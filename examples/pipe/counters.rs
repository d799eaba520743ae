//! The engine's counters, fields in the order in which they are written.

use std::collections::BTreeMap;

use fairslot::{BehaviourStats, LimitStats, SlowQueueStats, Stats};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::door::Words;

#[derive(Debug, Serialize)]
pub(crate) struct Counters {
    requests: u64,
    held: u64,
    waiting: u64,
    drawn: u64,
    remembered: u64,
    extended: u64,
    confirmed: u64,
    released: u64,
    expired: u64,
    cancelled: u64,
    exchanged: u64,
    checked_in: u64,
    fulfilled: u64,
    no_show: u64,
    published: u64,
    refused: BTreeMap<&'static str, u64>,
    #[serde(flatten)]
    beyond: Option<Beyond>,
}

/// What the contract does not count.
#[derive(Debug, Serialize)]
struct Beyond {
    left: u64,
    entries: u64,
    challenged: u64,
    passed: u64,
    failed: u64,
    returned: u64,
    retired: u64,
    limits: Vec<Json>,
    behaviour: Option<Json>,
    slow_queue: Option<Json>,
}

impl Counters {
    pub(crate) fn new(stats: &Stats, words: Words) -> Self {
        Self {
            requests: stats.requests,
            held: stats.held,
            waiting: stats.waiting,
            drawn: stats.drawn,
            remembered: stats.remembered,
            extended: stats.extended,
            confirmed: stats.confirmed,
            released: stats.released,
            expired: stats.expired,
            cancelled: stats.cancelled,
            exchanged: stats.exchanged,
            checked_in: stats.checked_in,
            fulfilled: stats.fulfilled,
            no_show: stats.no_show,
            published: stats.published,
            refused: stats.refused.iter().copied().collect(),
            beyond: (words == Words::All).then(|| Beyond::new(stats)),
        }
    }
}

impl Beyond {
    fn new(stats: &Stats) -> Self {
        Self {
            left: stats.left,
            entries: stats.entries,
            challenged: stats.challenged,
            passed: stats.passed,
            failed: stats.failed,
            returned: stats.returned,
            retired: stats.retired,
            limits: stats.limits.iter().map(limit).collect(),
            behaviour: stats.behaviour.as_ref().map(behaviour),
            slow_queue: stats.slow_queue.as_ref().map(slow_queue),
        }
    }
}

fn limit(it: &LimitStats) -> Json {
    json!({"key": it.key, "cells": it.cells, "refused": it.refused, "displaced": it.displaced})
}

fn behaviour(it: &BehaviourStats) -> Json {
    json!({
        "observed": it.observed,
        "sampled": it.sampled,
        "slow": it.slow,
        "records": it.records,
        "displaced": it.displaced,
        "bytes": it.bytes,
        "listed": it.listed,
    })
}

fn slow_queue(it: &SlowQueueStats) -> Json {
    json!({
        "slow_queued": it.slow_queued,
        "granted": it.granted,
        "waiting": it.waiting,
        "clusters": it.clusters,
        "bytes": it.bytes,
    })
}
