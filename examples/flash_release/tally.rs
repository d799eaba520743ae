//! What the clients saw: one record a thread, written by it alone, merged when the morning is over.

use std::collections::BTreeMap;

use fairslot::{BookingId, TicketId};

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
    /// What became of places in draws.
    pub(crate) entries: Vec<Entry>,
    /// Answers that gave a place in a draw which the patient had already.
    pub(crate) same_place: u64,
    /// How long each person waited for the first final word, in milliseconds from the first request after the opening: a
    /// hold, a no that was not "too early", or how the draw went.
    pub(crate) knew: Vec<i64>,
    pub(crate) yes: Latency,
    pub(crate) no: Latency,
    /// Requests that were given a place in a draw.
    pub(crate) place: Latency,
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
    /// Holds, those that draws gave included: they answer no request.
    pub(crate) yes: u64,
    pub(crate) no: u64,
    /// A place in a draw.
    pub(crate) place: u64,
    /// Of the yeses, those that a draw gave.
    pub(crate) drawn: u64,
}

impl YesNo {
    pub(crate) fn requests(&self) -> u64 {
        self.yes + self.no + self.place - self.drawn
    }
}

/// A place in a draw, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) period: u32,
    pub(crate) ticket: TicketId,
    pub(crate) bot: bool,
    /// `None` if the client never heard.
    pub(crate) won: Option<bool>,
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
    /// Given by a draw.
    pub(crate) drawn: bool,
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
            entries: Vec::new(),
            same_place: 0,
            knew: Vec::new(),
            yes: Latency::new(),
            no: Latency::new(),
            place: Latency::new(),
            worked_ns: 0,
            surprises: Vec::new(),
        }
    }

    pub(crate) fn yes(&mut self, due: i64, at: i64, ns: u64, sale: Sale) {
        self.yes.add(ns);
        let second = self.second(due, at);
        second.yes += 1;
        second.drawn += u64::from(sale.drawn);
        self.who(sale.bot).held += 1;
        self.sales.push(sale);
    }

    /// A place in a draw, a new one or, if `same`, the one from before.
    pub(crate) fn place(&mut self, attempt: Attempt, at: i64, ns: u64, same: bool) {
        self.place.add(ns);
        self.second(attempt.at, at).place += 1;
        self.same_place += u64::from(same);
    }

    pub(crate) fn no(&mut self, attempt: Attempt, at: i64, ns: u64, code: &'static str) {
        self.no.add(ns);
        self.second(attempt.at, at).no += 1;
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

    /// The second an answer belongs to: that in which it was due, or a later one if the machine was late.
    fn second(&mut self, due: i64, at: i64) -> &mut YesNo {
        let second = at.max(due).div_euclid(1_000) - FIRST_SECOND;
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
            mine.place += theirs.place;
            mine.drawn += theirs.drawn;
        }
        for (mine, theirs) in self.wanted.iter_mut().zip(other.wanted) {
            *mine += theirs;
        }
        self.sales.extend(other.sales);
        self.entries.extend(other.entries);
        self.same_place += other.same_place;
        self.knew.extend(other.knew);
        self.yes.merge(&other.yes);
        self.no.merge(&other.no);
        self.place.merge(&other.place);
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
            .map(YesNo::requests)
            .sum()
    }

    /// Requests in the busiest second.
    pub(crate) fn peak(&self) -> u64 {
        self.seconds.iter().map(YesNo::requests).max().unwrap_or(0)
    }

    /// The slots that draws gave to people, or to bots.
    pub(crate) fn drawn(&self, bot: bool) -> u64 {
        let drawn = |sale: &&Sale| sale.drawn && sale.bot == bot;
        self.sales.iter().filter(drawn).count() as u64
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
