//! The verb that switches all words on: an engine by settings of the caller's own, in place of the contract's.

use fairslot::draw::Digest;
use fairslot::line::{Quota, SlowQueue, WaitlistPolicy};
use fairslot::{
    Behaviour, Card, EngineBuilder, Invalid, Limit, ProofOfWork, Ramp, Refusal, Share, StepUp,
};

use super::answer::Answer;
use super::door::{Door, Words};
use super::evidence;
use super::json::Value;
use super::line::Line;
use super::log;
use super::plan::returns;
use super::stop::Stop;
use super::verbs::Answered;

type Read<T> = Result<T, Stop>;
type Set<T> = fn(EngineBuilder, T) -> EngineBuilder;

const NUMBERS: [(&str, Set<u32>); 7] = [
    ("live_holds_max", EngineBuilder::live_holds_max),
    ("book_lines_max", EngineBuilder::book_lines_max),
    ("records_max", EngineBuilder::records_max),
    ("schedules_max", EngineBuilder::schedules_max),
    ("expected_lines", EngineBuilder::expected_lines),
    ("draw_entries_max", EngineBuilder::draw_entries_max),
    ("waits_max", EngineBuilder::waits_max),
];

const LIMITS: [(&str, Set<Limit>); 4] = [
    ("patient_limit", EngineBuilder::patient_limit),
    ("account_limit", EngineBuilder::account_limit),
    ("device_limit", EngineBuilder::device_limit),
    ("network_limit", EngineBuilder::network_limit),
];

impl Door {
    /// The verb `engine`. It comes once, and before anything is published; what is not said has the builder's default.
    pub(super) fn engine(&mut self, mut line: Line) -> Answered {
        let (builder, step_up) = settings(&mut line, self.builder())?;
        let evidence = evidence::settings(&mut line)?;
        self.at(line)?;

        if self.words == Words::All || self.engine.stats().published > 0 {
            return Err(Refusal::WrongState.into());
        }
        let builder = match step_up {
            None => builder,
            Some(step_up) => builder.step_up(step_up.build().map_err(said)?),
        };
        let (builder, log) = log::keep(builder, evidence)?;
        self.engine = builder.build().map_err(said)?;
        (self.words, self.log) = (Words::All, log);
        Ok(Answer::DONE)
    }
}

/// Where the engine's names of settings differ from where they stand in the line.
const NAMES: [(&str, &str); 5] = [
    ("card.", "behaviour.card."),
    ("proof_of_work.", "step_up."),
    ("quota.", "cancel_quota."),
    ("returns.", "waitlist.returns."),
    ("returns_through.", "returns_through.returns.delay."),
];

/// What is wrong with a setting, in the words of the line.
fn said(why: Invalid) -> Stop {
    let name = why.field();
    let other =
        |(engine, line): (&str, &str)| Some(format!("{line}{}", name.strip_prefix(engine)?));
    let field = NAMES.into_iter().find_map(other);
    let field = field.unwrap_or_else(|| name.to_owned());
    let range = why.range().replace("or None", "or \"never\"");
    Stop::Invalid {
        message: format!("{field} is {}; it must be {range}", why.value()),
        field: field.into(),
    }
}

/// What a step-up needs, still to be judged.
struct Asking {
    key: [u8; 32],
    bits: u8,
    steps: Option<[u16; 4]>,
    hot: Option<u32>,
    everybody_from: Option<u32>,
}

impl Asking {
    fn build(self) -> Result<StepUp, Invalid> {
        let mut step_up = StepUp::new(ProofOfWork::new(self.key, self.bits)?);
        if let Some(steps) = self.steps {
            step_up = step_up.steps(steps);
        }
        if let Some(hot) = self.hot {
            step_up = step_up.hot(hot);
        }
        if let Some(from) = self.everybody_from {
            step_up = step_up.everybody_from(from);
        }
        Ok(step_up)
    }
}

fn settings(line: &mut Line, mut builder: EngineBuilder) -> Read<(EngineBuilder, Option<Asking>)> {
    if let Some(seed) = line.maybe("seed")? {
        builder = builder.seed(seed);
    }
    for (name, set) in NUMBERS {
        if let Some(number) = line.optional(name)? {
            builder = set(builder, number);
        }
    }
    for (name, set) in LIMITS {
        if let Some(limit) = line.object(name, limit)? {
            builder = set(builder, limit);
        }
    }
    if let Some(entries) = line.maybe("draw_entries_kept")? {
        builder = builder.draw_entries_kept(entries);
    }
    match line.maybe("retire_after_ms")? {
        None => {}
        Some(Value::Number(ms)) => builder = builder.retire_after_ms(Some(ms)),
        Some(Value::Text(never)) if never == "never" => builder = builder.retire_after_ms(None),
        Some(_) => {
            let kinds = "field retire_after_ms must be an integer or \"never\"";
            return Err(Stop::BadLine(kinds.to_owned()));
        }
    }
    if let Some(behaviour) = line.object("behaviour", behaviour)? {
        builder = builder.behaviour(behaviour);
    }
    if let Some(queue) = line.object("slow_queue", slow_queue)? {
        builder = builder.slow_queue(queue);
    }
    if let Some(policy) = line.object("waitlist", waitlist)? {
        builder = builder.waitlist(policy);
    }
    if let Some(quota) = line.object("cancel_quota", quota)? {
        builder = builder.cancel_quota(quota);
    }
    if let Some(channels) = line.maybe::<Vec<_>>("trusted_channels")? {
        builder = builder.trusted_channels(channels);
    }
    let through = line.objects("returns_through", |line| {
        let channel = line.need("channel")?;
        let policy = returns(line)?.ok_or_else(|| Stop::missing("returns"))?;
        Ok((channel, policy))
    })?;
    for (channel, policy) in through.unwrap_or_default() {
        builder = builder.returns_through(channel, policy);
    }
    Ok((builder, line.object("step_up", asking)?))
}

fn limit(line: &mut Line) -> Read<Limit> {
    let mut limit = Limit::new(
        line.number("requests")?,
        line.need("period_ms")?,
        line.number("burst")?,
    );
    line.set("cells", &mut limit.cells)?;
    line.set("penalty", &mut limit.penalty)?;
    Ok(limit)
}

fn behaviour(line: &mut Line) -> Read<Behaviour> {
    let mut behaviour = Behaviour::default();
    line.set("records", &mut behaviour.records)?;
    line.set("sample", &mut behaviour.sample)?;
    line.set("listed_max", &mut behaviour.listed_max)?;
    behaviour.card = line.object("card", card)?.unwrap_or_default();
    Ok(behaviour)
}

fn card(line: &mut Line) -> Read<Card> {
    let mut card = Card::default();
    line.set("version", &mut card.version)?;
    line.set("early_ms", &mut card.early_ms)?;
    line.set("early", &mut card.early)?;
    ramp(line, "rate", &mut card.rate)?;
    ramp(line, "trusted_rate", &mut card.trusted_rate)?;
    line.set("metronome_gaps", &mut card.metronome_gaps)?;
    line.set("metronome_cv", &mut card.metronome_cv)?;
    line.set("metronome", &mut card.metronome)?;
    ramp(line, "fan_out_patients", &mut card.fan_out_patients)?;
    line.set("devices_max", &mut card.devices_max)?;
    line.set("fan_out_devices", &mut card.fan_out_devices)?;
    line.set("doctors_max", &mut card.doctors_max)?;
    line.set("fan_out_doctors", &mut card.fan_out_doctors)?;
    line.set("sold_out_retries", &mut card.sold_out_retries)?;
    line.set("sold_out_hammer", &mut card.sold_out_hammer)?;
    share(line, "hold_drop", &mut card.hold_drop)?;
    share(line, "cancel_ratio", &mut card.cancel_ratio)?;
    line.set("handoff_pair", &mut card.handoff_pair)?;
    line.set("slow_at", &mut card.slow_at)?;
    Ok(card)
}

fn ramp(line: &mut Line, name: &str, ramp: &mut Ramp) -> Read<()> {
    line.object(name, |line| {
        line.set("from", &mut ramp.from)?;
        line.set("to", &mut ramp.to)?;
        line.set("points", &mut ramp.points)
    })?;
    Ok(())
}

fn share(line: &mut Line, name: &str, share: &mut Share) -> Read<()> {
    line.object(name, |line| {
        line.set("least", &mut share.least)?;
        line.set("above", &mut share.above)?;
        line.set("points", &mut share.points)
    })?;
    Ok(())
}

fn slow_queue(line: &mut Line) -> Read<SlowQueue> {
    let mut queue = SlowQueue::new(line.number("turns")?, line.need("period_ms")?);
    line.set("capacity", &mut queue.capacity)?;
    line.set("first_after_ms", &mut queue.first_after_ms)?;
    line.set("wait_max_ms", &mut queue.wait_max_ms)?;
    Ok(queue)
}

fn waitlist(line: &mut Line) -> Read<WaitlistPolicy> {
    let mut policy = WaitlistPolicy::default();
    line.set("capacity", &mut policy.capacity)?;
    line.set("cluster_cap", &mut policy.cluster_cap)?;
    line.set("offer_ms", &mut policy.offer_ms)?;
    let returns = &mut policy.returns;
    line.object("returns", |line| {
        line.set("interval_ms", &mut returns.interval_ms)?;
        line.set("quiet_ms", &mut returns.quiet_ms)?;
        line.set("near_ms", &mut returns.near_ms)?;
        line.set("near_interval_ms", &mut returns.near_interval_ms)?;
        line.set("at_once_ms", &mut returns.at_once_ms)
    })?;
    Ok(policy)
}

fn quota(line: &mut Line) -> Read<Quota> {
    let mut quota = Quota::default();
    line.set("window_days", &mut quota.window_days)?;
    line.set("weight_ppm", &mut quota.weight_ppm)?;
    line.set("rest_days", &mut quota.rest_days)?;
    line.set("people", &mut quota.people)?;
    Ok(quota)
}

fn asking(line: &mut Line) -> Read<Asking> {
    let steps = line.maybe::<Vec<u64>>("steps")?;
    let steps = steps.map(|steps| match steps[..] {
        [a, b, c, d] => Ok([a, b, c, d].map(|from| line.fit("steps", from))),
        _ => Err(Stop::BadLine(
            "field steps must be four integers".to_owned(),
        )),
    });
    Ok(Asking {
        key: *line.need::<Digest>("key")?.as_bytes(),
        bits: line.number("bits")?,
        steps: steps.transpose()?,
        hot: line.optional("hot")?,
        everybody_from: line.optional("everybody_from")?,
    })
}
