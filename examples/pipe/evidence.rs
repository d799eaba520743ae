//! Evidence as lines ask for it, read alike with the feature `evidence` and without it; what comes of it is in `log`.

// Without the feature a line is read all the same, so that a bad one is told; nobody looks at what it said.
#![cfg_attr(not(feature = "evidence"), allow(dead_code))]

use fairslot::draw::Digest;

use super::door::Door;
use super::line::Line;
use super::stop::Stop;
use super::verbs::Answered;

/// What a verb about evidence wants.
pub(super) enum Wish {
    Deliver,
    Close,
    SetMonthKey(MonthOf, Digest),
    ForgetMonth(MonthOf),
    Stats,
}

impl Wish {
    pub(super) fn set_month_key(line: &mut Line) -> Result<Self, Stop> {
        Ok(Self::SetMonthKey(MonthOf::read(line)?, line.need("key")?))
    }

    pub(super) fn forget_month(line: &mut Line) -> Result<Self, Stop> {
        MonthOf::read(line).map(Self::ForgetMonth)
    }
}

impl Door {
    /// A verb about evidence.
    pub(super) fn noted(
        &self,
        mut line: Line,
        wish: fn(&mut Line) -> Result<Wish, Stop>,
    ) -> Answered {
        let wish = wish(&mut line)?;
        self.at(line)?;
        self.log.obey(&self.engine, &wish)
    }
}

/// A month.
pub(super) struct MonthOf {
    pub(super) year: u32,
    pub(super) month: u32,
}

impl MonthOf {
    fn read(line: &mut Line) -> Result<Self, Stop> {
        let (year, month): (u32, u32) = (line.number("year")?, line.number("month")?);
        if !(1_970..=9_999).contains(&year) {
            line.reject("year", year.into(), "1970 to 9999");
        }
        if !(1..=12).contains(&month) {
            line.reject("month", month.into(), "1 to 12");
        }
        Ok(Self { year, month })
    }
}

/// The decisions that can be written down.
const DECISIONS: [&str; 5] = ["denials", "grants", "cancels", "draws", "suspicions"];

/// What the engine is to write down.
pub(super) struct Settings {
    pub(super) log: u64,
    pub(super) months: Vec<(MonthOf, Digest)>,
    pub(super) policy: Digest,
    /// Which decisions, by name; all if it is not said.
    pub(super) keep: Option<Vec<String>>,
    pub(super) epoch_ms: Option<u64>,
    pub(super) epoch_records: Option<u32>,
    pub(super) lane_records: Option<u32>,
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

fn kept(line: &mut Line) -> Result<Option<Vec<String>>, Stop> {
    let names = line.maybe::<Vec<String>>("keep")?;
    let known = |name: &String| DECISIONS.contains(&name.as_str());
    if names.as_ref().is_some_and(|names| !names.iter().all(known)) {
        let message = format!("field keep must be a list of some of {DECISIONS:?}");
        return Err(Stop::BadLine(message));
    }
    Ok(names)
}
