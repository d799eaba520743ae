//! What the clients saw: one record a thread, written by it alone, merged when the morning is over.

use std::collections::BTreeMap;

use fairslot::BookingId;

use crate::crowd::{ASKING_MS, Attempt};
use crate::latency::Latency;

/// What the clients of one thread, or of all, saw.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) people: Who,
    pub(crate) bots: Who,
    pub(crate) refused: BTreeMap<&'static str, u64>,
    /// Yeses and noes by the second in which they came, from [`FIRST_SECOND`] on.
    pub(crate) seconds: Vec<YesNo>,
    /// Requests for each period; one for several counts for its first wish.
    pub(crate) wanted: Vec<u64>,
    pub(crate) sales: Vec<Sale>,
    pub(crate) yes: Latency,
    pub(crate) no: Latency,
    /// How long the thread, or all of them together, worked: waiting for time to pass left out.
    pub(crate) worked_ns: u64,
    /// Answers that no client should ever get. Empty unless something is broken.
    pub(crate) surprises: Vec<String>,
}

/// Requests of people, or of bots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) requests: u64,
    pub(crate) held: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct YesNo {
    pub(crate) yes: u64,
    pub(crate) no: u64,
}

/// A hold that a client was given, and what became of it. Times are milliseconds since the opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sale {
    pub(crate) period: u32,
    pub(crate) slot: u16,
    pub(crate) client: u32,
    pub(crate) bot: bool,
    pub(crate) held_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) end: End,
}

/// What became of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nobody paid: it ran out.
    RanOut,
    Released {
        at: i64,
    },
    /// Paid in time, or late while nobody else had the slot.
    Paid {
        at: i64,
        booking: BookingId,
        late: bool,
    },
    /// Paid too late: the money goes back.
    Refunded,
}

/// The second with which [`Record::seconds`] begins: people who press too early come up to two seconds before.
pub(crate) const FIRST_SECOND: i64 = -2;
const SURPRISES_MAX: usize = 5;

impl Record {
    pub(crate) fn new(periods: usize) -> Self {
        Self {
            people: Who::default(),
            bots: Who::default(),
            refused: BTreeMap::new(),
            seconds: vec![YesNo::default(); (ASKING_MS / 1_000 - FIRST_SECOND) as usize],
            wanted: vec![0; periods],
            sales: Vec::new(),
            yes: Latency::new(),
            no: Latency::new(),
            worked_ns: 0,
            surprises: Vec::new(),
        }
    }

    pub(crate) fn yes(&mut self, attempt: Attempt, at: i64, ns: u64, sale: Sale) {
        self.yes.add(ns);
        self.second(attempt, at).yes += 1;
        self.who(sale.bot).held += 1;
        self.sales.push(sale);
    }

    pub(crate) fn no(&mut self, attempt: Attempt, at: i64, ns: u64, code: &'static str) {
        self.no.add(ns);
        self.second(attempt, at).no += 1;
        *self.refused.entry(code).or_insert(0) += 1;
    }

    pub(crate) fn asked(&mut self, bot: bool, period: u32) {
        self.who(bot).requests += 1;
        self.wanted[period as usize] += 1;
    }

    pub(crate) fn surprise(&mut self, what: impl FnOnce() -> String) {
        if self.surprises.len() < SURPRISES_MAX {
            self.surprises.push(what());
        }
    }

    fn who(&mut self, bot: bool) -> &mut Who {
        if bot {
            &mut self.bots
        } else {
            &mut self.people
        }
    }

    /// The second an answer belongs to: that of the attempt, or a later one if the machine was late.
    fn second(&mut self, attempt: Attempt, at: i64) -> &mut YesNo {
        let second = at.max(attempt.at).div_euclid(1_000) - FIRST_SECOND;
        let last = self.seconds.len() - 1;
        &mut self.seconds[usize::try_from(second).unwrap_or(0).min(last)]
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (mine, theirs) in [
            (&mut self.people, other.people),
            (&mut self.bots, other.bots),
        ] {
            mine.requests += theirs.requests;
            mine.held += theirs.held;
        }
        for (code, count) in other.refused {
            *self.refused.entry(code).or_insert(0) += count;
        }
        for (mine, theirs) in self.seconds.iter_mut().zip(other.seconds) {
            mine.yes += theirs.yes;
            mine.no += theirs.no;
        }
        for (mine, theirs) in self.wanted.iter_mut().zip(other.wanted) {
            *mine += theirs;
        }
        self.sales.extend(other.sales);
        self.yes.merge(&other.yes);
        self.no.merge(&other.no);
        self.worked_ns += other.worked_ns;
        self.surprises.extend(other.surprises);
    }

    pub(crate) fn requests(&self) -> u64 {
        self.people.requests + self.bots.requests
    }

    /// Requests from the opening on until a minute later.
    pub(crate) fn first_minute(&self) -> u64 {
        let from = -FIRST_SECOND as usize;
        self.seconds[from..from + 60]
            .iter()
            .map(|second| second.yes + second.no)
            .sum()
    }

    /// Requests in the busiest second.
    pub(crate) fn peak(&self) -> u64 {
        self.seconds
            .iter()
            .map(|second| second.yes + second.no)
            .max()
            .unwrap_or(0)
    }

    pub(crate) fn ends(&self, is: impl Fn(End) -> bool) -> u64 {
        self.sales.iter().filter(|sale| is(sale.end)).count() as u64
    }

    /// Slots that people, or bots, have in the end.
    pub(crate) fn won(&self, bot: bool) -> u64 {
        self.sales
            .iter()
            .filter(|sale| sale.bot == bot && matches!(sale.end, End::Paid { .. }))
            .count() as u64
    }
}
