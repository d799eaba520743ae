//! The example's own books, kept from what the clients were told, against the engine's: was a slot sold twice, was one
//! lost, do the two agree?

use std::collections::{HashMap, HashSet};

use fairslot::{Audit, Availability, Stats};

use crate::draws::Checked;
use crate::hospital::Hospital;
use crate::tally::{End, Record, Sale};

/// What the comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Slots that two clients had at the same time.
    pub(crate) double_booked: u64,
    /// Slots that are not free and that nobody has, and bookings whose slot is free.
    pub(crate) lost: u64,
    /// Slots that a client of this morning has.
    pub(crate) sold: u64,
    /// Slots that nobody has and anybody may still have.
    pub(crate) free: u64,
    /// Whether the engine's audit and its statistics agree with the clients.
    pub(crate) consistent: bool,
    /// What disagrees, in words.
    pub(crate) remarks: Vec<String>,
}

const REMARKS_MAX: usize = 12;

impl Verdict {
    /// What the check of the draws came to, beside how many draws and entries the engine counted.
    pub(crate) fn draws(&mut self, checked: Checked, drawn: u64, entries: u64) {
        if (checked.drawn, checked.entries) != (drawn, entries) {
            let said = format!(
                "the engine counted {drawn} draws with {entries} entries, the transcripts {checked:?}"
            );
            self.remarks.push(said);
        }
        // One thing that is wrong makes every draw disagree: the first few will do.
        let more = self.remarks.len().saturating_sub(REMARKS_MAX);
        if more > 0 {
            self.remarks.truncate(REMARKS_MAX);
            self.remarks.push(format!("and {more} more"));
        }
        self.consistent &= checked.is_good() && self.remarks.is_empty();
    }

    pub(crate) fn is_good(&self) -> bool {
        self.double_booked == 0 && self.lost == 0 && self.consistent
    }
}

/// What the engine says when all holds are settled.
pub(crate) struct Engines<'a> {
    pub(crate) availability: &'a [Availability],
    pub(crate) before: &'a Stats,
    pub(crate) after: &'a Stats,
    pub(crate) audit: &'a Audit,
}

/// Compares. `slack_ms`: how far the clients' clock may lie from the engine's when a hold was given back.
pub(crate) fn compare(
    hospital: &Hospital,
    record: &Record,
    engines: &Engines<'_>,
    slack_ms: i64,
) -> Verdict {
    let mut remarks = record.surprises.clone();
    let double_booked = double_booked(&record.sales, slack_ms);
    let (lost, free) = lost(hospital, record, engines.availability, &mut remarks);
    statistics(record, engines, &mut remarks);
    if !engines.audit.is_consistent() {
        remarks.extend(
            engines
                .audit
                .findings
                .iter()
                .take(5)
                .map(|finding| format!("audit: {finding:?}")),
        );
    }
    let consistent = remarks.is_empty() && engines.audit.is_consistent();
    Verdict {
        double_booked,
        lost,
        sold: record.won(false) + record.won(true),
        free,
        consistent,
        remarks,
    }
}

/// How many slots somebody had while somebody else had them, and bookings told to two clients.
pub(crate) fn double_booked(sales: &[Sale], slack_ms: i64) -> u64 {
    let mut had: HashMap<(u32, u16), Vec<(i64, i64)>> = HashMap::new();
    let (mut bookings, mut twice) = (HashSet::new(), HashSet::new());
    for sale in sales {
        let slot = (sale.period, sale.slot);
        let spans = had.entry(slot).or_default();
        match sale.end {
            End::RanOut | End::Refunded => spans.push((sale.held_at, sale.expires_at)),
            End::Released { at } => spans.push((sale.held_at, at)),
            End::Paid { late: false, .. } => spans.push((sale.held_at, i64::MAX)),
            End::Paid { late: true, at, .. } => {
                spans.extend([(sale.held_at, sale.expires_at), (at, i64::MAX)])
            }
        }
        if let End::Paid { booking, .. } = sale.end
            && !bookings.insert(booking)
        {
            twice.insert(slot);
        }
    }
    for (slot, spans) in &mut had {
        spans.sort_unstable();
        if spans
            .windows(2)
            .any(|pair| pair[1].0.saturating_add(slack_ms) < pair[0].1)
        {
            twice.insert(*slot);
        }
    }
    twice.len() as u64
}

/// Slots lost and slots free, over all periods.
fn lost(
    hospital: &Hospital,
    record: &Record,
    engine: &[Availability],
    remarks: &mut Vec<String>,
) -> (u64, u64) {
    let mut booked: Vec<u32> = hospital
        .periods
        .iter()
        .map(|period| if period.taken { period.capacity } else { 0 })
        .collect();
    for sale in record
        .sales
        .iter()
        .filter(|sale| matches!(sale.end, End::Paid { .. }))
    {
        booked[sale.period as usize] += 1;
    }
    let (mut lost, mut free) = (0, 0);
    for (index, ((says, booked), period)) in
        engine.iter().zip(booked).zip(&hospital.periods).enumerate()
    {
        lost += u64::from((says.free + booked).abs_diff(period.capacity));
        free += u64::from(says.free);
        let sum =
            says.free + says.held + says.booked + says.cooling + says.withdrawn + says.visited;
        if (says.capacity, sum, says.booked, says.held)
            != (period.capacity, period.capacity, booked, 0)
        {
            remarks.push(format!(
                "{}: {says:?}, but clients have {booked} bookings",
                hospital.name(index)
            ));
        }
    }
    (lost, free)
}

/// What the engine counted since before the morning, against what the clients counted.
fn statistics(record: &Record, engines: &Engines<'_>, remarks: &mut Vec<String>) {
    let (before, after) = (engines.before, engines.after);
    let paid = |end| matches!(end, End::Paid { .. });
    let ran_out = |end| {
        matches!(
            end,
            End::RanOut | End::Refunded | End::Paid { late: true, .. }
        )
    };
    for (what, engine, clients) in [
        (
            "requests",
            after.requests - before.requests,
            record.requests(),
        ),
        ("holds", after.held - before.held, record.sales.len() as u64),
        (
            "places in draws",
            after.waiting - before.waiting,
            record.entries.len() as u64,
        ),
        (
            "answers given again",
            after.remembered - before.remembered,
            record.same_place,
        ),
        (
            "confirmations",
            after.confirmed - before.confirmed,
            record.ends(paid),
        ),
        (
            "releases",
            after.released - before.released,
            record.ends(|end| matches!(end, End::Released { .. })),
        ),
        (
            "expiries",
            after.expired - before.expired,
            record.ends(ran_out),
        ),
    ] {
        if engine != clients {
            remarks.push(format!(
                "the engine counted {engine} {what}, the clients {clients}"
            ));
        }
    }
    let sum: u64 = record.refused.values().sum();
    let asked = record.sales.iter().filter(|sale| !sale.drawn).count() as u64;
    if record.requests() != asked + record.place.count() + sum {
        remarks.push("the clients' answers do not add up to their requests".to_owned());
    }
}
