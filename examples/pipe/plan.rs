//! A schedule in all the words that the engine has for it: how it is drawn, for whom slots are reserved, how they return. And the
//! same the other way: a schedule that was published, told.

use fairslot::{Allotment, EntryWindow, Lottery, Opening, ReturnPolicy, Schedule, Timestamp};
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::asked::group;
use super::door::Door;
use super::field::Field;
use super::json::Value;
use super::line::Line;
use super::stop::Stop;
use super::verbs::Answered;

/// How it is drawn, if it opens by a lottery.
pub(super) fn lottery(line: &mut Line, at: Timestamp) -> Result<Option<Lottery>, Stop> {
    let opening = match line.maybe("opening")? {
        None => return Ok(None),
        Some(Value::Text(name)) if name == "first_come" => return Ok(None),
        Some(other) => Line::from_value(other).ok_or_else(|| {
            let kind = "\"first_come\" or {\"lottery\":{…}}";
            Stop::BadLine(format!("field opening must be {kind}"))
        })?,
    };
    let lottery = line.inside("opening", opening, |opening| {
        opening.object("lottery", |line| drawn(line, Lottery::new(at)))
    })?;
    lottery.map(Some).ok_or_else(|| Stop::missing("lottery"))
}

fn drawn(line: &mut Line, mut lottery: Lottery) -> Result<Lottery, Stop> {
    line.bare();
    let adaptive = line.object("adaptive", adaptive)?;
    lottery.window = match (line.maybe("window_ms")?, adaptive) {
        (None, None) => EntryWindow::default(),
        (None, Some(adaptive)) => adaptive,
        (Some(ms), None) => EntryWindow::Fixed { ms },
        (Some(_), Some(_)) => {
            let both = "a window is either window_ms or adaptive";
            return Err(Stop::BadLine(both.to_owned()));
        }
    };
    line.set("entry_before_ms", &mut lottery.entry_before_ms)?;
    line.set("cluster_cap", &mut lottery.cluster_cap)?;
    line.set("suspect_at", &mut lottery.suspect_at)?;
    line.set("suspect_weight_ppm", &mut lottery.suspect_weight_ppm)?;
    lottery.together = line.maybe("together")?;
    Ok(lottery)
}

fn adaptive(line: &mut Line) -> Result<EntryWindow, Stop> {
    line.bare();
    let mut window = EntryWindow::ADAPTIVE;
    if let EntryWindow::Adaptive {
        min_ms,
        quiet_ms,
        quiet_ppm,
        max_ms,
    } = &mut window
    {
        line.set("min_ms", min_ms)?;
        line.set("quiet_ms", quiet_ms)?;
        line.set("quiet_ppm", quiet_ppm)?;
        line.set("max_ms", max_ms)?;
    }
    Ok(window)
}

/// Which slots are reserved for whom.
pub(super) fn allotments(line: &mut Line) -> Result<Vec<Allotment>, Stop> {
    let allotments = line.objects("allotments", |line| {
        let slots = line.number("slots")?;
        let number = line.maybe("group")?;
        Ok(Allotment {
            group: number.and_then(|number| group(line, "group", number)),
            slots,
        })
    })?;
    Ok(allotments.unwrap_or_default())
}

/// How slots return, if it is said.
pub(super) fn returns(line: &mut Line) -> Result<Option<ReturnPolicy>, Stop> {
    let kinds = || {
        let kinds = "\"at_once\", \"draw\", \"next_opening\", \"never\" or {\"delay\":{\"ms\":N}}";
        Stop::BadLine(format!("field returns must be {kinds}"))
    };
    let policy = match line.maybe("returns")? {
        None => return Ok(None),
        Some(Value::Text(name)) => match name.as_str() {
            "at_once" => ReturnPolicy::AtOnce,
            "draw" => ReturnPolicy::Draw,
            "next_opening" => ReturnPolicy::NextOpening,
            "never" => ReturnPolicy::Never,
            _ => return Err(kinds()),
        },
        Some(other) => {
            let policy = Line::from_value(other).ok_or_else(kinds)?;
            let ms = line.inside("returns", policy, |policy| {
                policy.object("delay", |delay| delay.need("ms"))
            })?;
            ReturnPolicy::Delay {
                ms: ms.ok_or_else(kinds)?,
            }
        }
    };
    Ok(Some(policy))
}

impl Door {
    /// The verb `schedule`: what was published, in the words of `publish`.
    pub(super) fn schedule(&self, mut line: Line) -> Answered {
        let id = line.need("schedule")?;
        self.at(line)?;
        let plan = self.engine.schedule(id);
        let plan = plan.ok_or(fairslot::Refusal::UnknownSchedule)?;
        Ok(Answer::Told(told(&plan)))
    }
}

fn told(plan: &Schedule) -> Json {
    let opening = match plan.opening {
        Opening::Lottery(lottery) => json!({"lottery": told_lottery(&lottery)}),
        _ => json!("first_come"),
    };
    let returns = match plan.returns {
        ReturnPolicy::Delay { ms } => json!({"delay": {"ms": ms}}),
        ReturnPolicy::Draw => json!("draw"),
        ReturnPolicy::NextOpening => json!("next_opening"),
        ReturnPolicy::Never => json!("never"),
        _ => json!("at_once"),
    };
    let allotments = plan.allotments.iter().map(|it| match it.group {
        Some(group) => json!({"group": group.get(), "slots": it.slots}),
        None => json!({"slots": it.slots}),
    });
    let mut told = json!({
        "hospital": plan.hospital.get(),
        "department": plan.department.get(),
        "practitioner": plan.practitioner.get(),
        "day": plan.day.to_string(),
        "session": plan.session.to_string(),
        "capacity": plan.capacity,
        "opens_at": plan.opens_at().as_millis(),
        "starts_at": plan.starts_at.as_millis(),
        "closes_at": plan.closes_at.unwrap_or(plan.starts_at).as_millis(),
        "cancel_until": plan.cancel_until.unwrap_or(plan.starts_at).as_millis(),
        "opening": opening,
        "hold_ttl_ms": plan.hold_ttl_ms,
        "hold_cap_ms": plan.hold_cap_ms,
        "returns": returns,
        "tags": plan.tags,
        "allotments": allotments.collect::<Vec<_>>(),
    });
    if let Some(fee) = plan.fee {
        told["fee"] = json!({"amount": fee.amount, "currency": fee.currency.to_string()});
    }
    told
}

fn told_lottery(lottery: &Lottery) -> Json {
    let mut told = json!({
        "entry_before_ms": lottery.entry_before_ms,
        "cluster_cap": lottery.cluster_cap,
        "suspect_at": lottery.suspect_at,
        "suspect_weight_ppm": lottery.suspect_weight_ppm,
    });
    match lottery.window {
        EntryWindow::Adaptive {
            min_ms,
            quiet_ms,
            quiet_ppm,
            max_ms,
        } => {
            told["adaptive"] = json!({
                "min_ms": min_ms, "quiet_ms": quiet_ms, "quiet_ppm": quiet_ppm, "max_ms": max_ms,
            });
        }
        window => told["window_ms"] = json!(window.max_ms()),
    }
    if let Some(together) = lottery.together {
        told["together"] = json!(together.get());
    }
    told
}
