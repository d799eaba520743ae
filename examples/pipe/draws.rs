//! A draw in public: what is promised of it, who entered, what came of it. Objects are written as the crate's own `serde` writes them,
//! so that a transcript can be saved as it was told and given to the example `verify_draw`.

use fairslot::draw::{
    BeaconSpec, BeaconValue, Closing, Holder, Leaf, Place, Policy, Pool, Proof, Terms, Transcript,
};
use fairslot::{Engine, Refusal, ScheduleId};
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::door::Door;
use super::field::Field;
use super::json::Value;
use super::line::Line;
use super::stop::Stop;
use super::verbs::Answered;

impl Door {
    pub(super) fn draw_id(&self, line: Line) -> Answered {
        self.of_draw(line, |engine, schedule| {
            Ok(json!({"draw": engine.draw_id(schedule)?.to_string()}))
        })
    }

    pub(super) fn drawn_together(&self, line: Line) -> Answered {
        self.of_draw(line, |engine, schedule| {
            Ok(json!({"schedules": texts(&engine.drawn_together(schedule)?)}))
        })
    }

    pub(super) fn commitment(&self, line: Line) -> Answered {
        self.of_draw(line, |engine, schedule| {
            let (promised, commitment) = engine.commitment(schedule)?;
            Ok(json!({"commitment": commitment.to_string(), "terms": terms(&promised)}))
        })
    }

    pub(super) fn closing(&self, line: Line) -> Answered {
        self.of_draw(line, |engine, schedule| {
            Ok(closing(&engine.closing(schedule)?))
        })
    }

    pub(super) fn transcript(&self, line: Line) -> Answered {
        self.of_draw(line, |engine, schedule| {
            Ok(transcript(&engine.transcript(schedule)?))
        })
    }

    /// A verb that tells something of a schedule's draw.
    fn of_draw(
        &self,
        mut line: Line,
        tell: impl FnOnce(&Engine, ScheduleId) -> Result<Json, Refusal>,
    ) -> Answered {
        let schedule = line.need("schedule")?;
        self.at(line)?;
        Ok(Answer::Told(tell(&self.engine, schedule)?))
    }

    pub(super) fn fix_beacon(&self, mut line: Line) -> Answered {
        let schedule = line.need("schedule")?;
        let beacon = choice(&mut line, "beacon", BeaconSpec::None, |line| {
            let round = line.object("round", |line| {
                Ok(BeaconSpec::Round {
                    source: line.need("source")?,
                    round: line.need("round")?,
                    available_at: line.need("available_at")?,
                })
            })?;
            let holders = line.objects("holders", |line| {
                Ok(Holder {
                    name: line.need("name")?,
                    commitment: line.need("commitment")?,
                })
            })?;
            Ok([round, holders.map(BeaconSpec::Holders)])
        })?;
        self.at(line)?;
        self.engine.fix_beacon(schedule, &beacon)?;
        Ok(Answer::DONE)
    }

    pub(super) fn reveal(&self, mut line: Line) -> Answered {
        let schedule = line.need("schedule")?;
        let value = choice(&mut line, "value", BeaconValue::None, |line| {
            let round = line.maybe("round")?.map(BeaconValue::Round);
            let seeds = line.maybe("seeds")?.map(BeaconValue::Seeds);
            Ok([round, seeds])
        })?;
        self.at(line)?;
        self.engine.reveal(schedule, value)?;
        Ok(Answer::DONE)
    }

    pub(super) fn receipt(&self, mut line: Line) -> Answered {
        let ticket = line.need("ticket")?;
        self.at(line)?;
        let receipt = self.engine.receipt(ticket)?;
        Ok(Answer::Told(json!({
            "draw": receipt.draw.to_string(),
            "commitment": receipt.commitment.to_string(),
            "token": receipt.token.to_string(),
        })))
    }

    pub(super) fn proof(&self, mut line: Line) -> Answered {
        let ticket = line.need("ticket")?;
        self.at(line)?;
        Ok(Answer::Told(proof(&self.engine.proof(ticket)?)))
    }
}

/// One of two kinds of object, or the text `none`.
fn choice<T>(
    line: &mut Line,
    name: &str,
    none: T,
    read: impl FnOnce(&mut Line) -> Result<[Option<T>; 2], Stop>,
) -> Result<T, Stop> {
    let kinds = || {
        Stop::BadLine(format!(
            "field {name} must be \"none\" or an object of one kind"
        ))
    };
    let object = match line.need(name)? {
        Value::Text(text) if text == "none" => return Ok(none),
        other => Line::from_value(other).ok_or_else(kinds)?,
    };
    match line.inside(name, object, read)? {
        [Some(one), None] | [None, Some(one)] => Ok(one),
        _ => Err(kinds()),
    }
}

fn texts<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn terms(terms: &Terms) -> Json {
    let beacon = match &terms.beacon {
        BeaconSpec::None => json!("none"),
        BeaconSpec::Round {
            source,
            round,
            available_at,
        } => {
            let available_at = available_at.as_millis();
            json!({"round": {"source": source, "round": round, "available_at": available_at}})
        }
        BeaconSpec::Holders(holders) => {
            let holder =
                |it: &Holder| json!({"name": it.name, "commitment": it.commitment.to_string()});
            json!({"holders": holders.iter().map(holder).collect::<Vec<_>>()})
        }
    };
    json!({
        "draw": terms.draw.to_string(),
        "closes_at": terms.closes_at.as_millis(),
        "policy": policy(&terms.policy),
        "beacon": beacon,
    })
}

fn policy(policy: &Policy) -> Json {
    let pool = |pool: &Pool| {
        let allotments = pool.allotments.iter();
        let allotments =
            allotments.map(|it| json!({"group": it.group.map(|it| it.get()), "slots": it.slots}));
        json!({"allotments": allotments.collect::<Vec<_>>()})
    };
    json!({
        "cluster_cap": policy.cluster_cap,
        "suspect_at": policy.suspect_at,
        "suspect_weight_ppm": policy.suspect_weight_ppm,
        "pools": policy.pools.iter().map(pool).collect::<Vec<_>>(),
    })
}

fn closing(closing: &Closing) -> Json {
    json!({
        "draw": closing.draw.to_string(),
        "commitment": closing.commitment.to_string(),
        "root": closing.root.to_string(),
        "entries": closing.entries,
    })
}

fn said(beacon: &BeaconValue) -> Json {
    match beacon {
        BeaconValue::None => json!("none"),
        BeaconValue::Round(value) => json!({"round": value.to_string()}),
        BeaconValue::Seeds(seeds) => json!({"seeds": texts(seeds)}),
    }
}

fn leaf(leaf: &Leaf) -> Json {
    json!({
        "token": leaf.token.to_string(),
        "suspicion": leaf.suspicion,
        "groups": leaf.groups,
        "clusters": texts(&leaf.clusters),
        "preferences": leaf.preferences,
    })
}

fn place(place: &Place) -> Json {
    json!({
        "token": place.token.to_string(),
        "tier": place.tier,
        "rank": place.rank.to_string(),
        "pool": place.pool,
        "allotment": place.allotment,
    })
}

fn transcript(it: &Transcript) -> Json {
    let gone = it.gone.iter();
    let gone = gone.map(|it| json!({"pool": it.pool, "after": it.after}));
    json!({
        "terms": terms(&it.terms),
        "closing": closing(&it.closing),
        "leaves": it.leaves.iter().map(leaf).collect::<Vec<_>>(),
        "seed": it.seed.to_string(),
        "beacon": said(&it.beacon),
        "lot": it.lot.to_string(),
        "places": it.places.iter().map(place).collect::<Vec<_>>(),
        "passed": texts(&it.passed),
        "gone": gone.collect::<Vec<_>>(),
    })
}

fn proof(it: &Proof) -> Json {
    json!({
        "terms": terms(&it.terms),
        "seed": it.seed.to_string(),
        "beacon": said(&it.beacon),
        "closing": closing(&it.closing),
        "leaf": leaf(&it.leaf),
        "index": it.index,
        "path": texts(&it.path),
    })
}
