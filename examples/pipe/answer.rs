//! What goes out: every line that the door can say, fields in the order in which they are written.

use std::collections::BTreeMap;

use fairslot::{Availability, Hold, Outcome, Refusal, Stats};
use serde::Serialize;

use super::stop::Stop;

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Error {
        error: Error,
    },
    Published {
        schedule: String,
    },
    Held(Held),
    Waiting {
        outcome: &'static str,
        ticket: String,
        line: &'static str,
    },
    Refused(Refused),
    Many {
        outcomes: Vec<Answer>,
    },
    Extended {
        expires_at: u64,
    },
    Confirmed {
        booking: String,
        slot: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        payment_due_back: Option<String>,
    },
    Released {
        released: bool,
    },
    Cancelled {
        cancelled: bool,
    },
    Exchanged {
        booking: String,
        slot: u16,
        schedule: String,
    },
    Done {
        done: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        affected: Option<u32>,
    },
    Advanced {
        expired: u64,
        drawn: u64,
        returned: u64,
        granted: u64,
        next_deadline: Option<u64>,
    },
    Availability {
        capacity: u32,
        free: u32,
        held: u32,
        booked: u32,
        cooling: u32,
        withdrawn: u32,
        visited: u32,
    },
    Audit {
        consistent: bool,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        findings: Vec<String>,
    },
    Stats(Counters),
}

#[derive(Debug, Serialize)]
pub(crate) struct Held {
    outcome: &'static str,
    schedule: String,
    hold: String,
    slot: u16,
    expires_at: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Refused {
    outcome: &'static str,
    code: &'static str,
    message: String,
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Error {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
}

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
}

impl Answer {
    /// The answer to the line with this number that was stopped.
    pub(crate) fn stopped(why: Stop, line: u64) -> Self {
        let error = match why {
            Stop::Refused(why) => return why.into(),
            Stop::BadLine(message) => Error {
                code: "bad_line",
                message,
                field: None,
                line: Some(line),
            },
            Stop::Invalid { field, message } => Error {
                code: "invalid",
                message,
                field: Some(field),
                line: None,
            },
            Stop::Other { code, message } => Error {
                code,
                message,
                field: None,
                line: None,
            },
        };
        Self::Error { error }
    }

    /// The engine's counters.
    pub(crate) fn stats(stats: &Stats) -> Self {
        let refused = stats.refused.iter().copied().collect();
        Self::Stats(Counters {
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
            refused,
        })
    }

    /// The line, without its end.
    pub(crate) fn text(&self) -> String {
        // Neither maps with odd keys nor foreign impls of Serialize are in it: it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Held(hold) => hold.into(),
            Outcome::Waiting(ticket) => Self::Waiting {
                outcome: "waiting",
                ticket: ticket.id.to_string(),
                line: ticket.line.name(),
            },
            Outcome::Refused(why) => why.into(),
            _ => Self::stopped(Stop::not_supported("word for this outcome"), 0),
        }
    }
}

impl From<Hold> for Answer {
    fn from(hold: Hold) -> Self {
        Self::Held(Held {
            outcome: "held",
            schedule: hold.schedule.to_string(),
            hold: hold.id.to_string(),
            slot: hold.slot.get(),
            expires_at: hold.expires_at.as_millis(),
        })
    }
}

impl From<Refusal> for Answer {
    fn from(why: Refusal) -> Self {
        Self::Refused(Refused {
            outcome: "refused",
            code: why.code(),
            message: why.to_string(),
            retry_after_ms: why.retry_after(),
            rule: if let Refusal::Rule { rule } = why {
                Some(rule.name())
            } else {
                None
            },
            booking: if let Refusal::AlreadyExchanged { booking } = why {
                Some(booking.to_string())
            } else {
                None
            },
        })
    }
}

impl From<Availability> for Answer {
    fn from(now: Availability) -> Self {
        let Availability {
            capacity,
            free,
            held,
            booked,
            cooling,
            withdrawn,
            visited,
        } = now;
        Self::Availability {
            capacity,
            free,
            held,
            booked,
            cooling,
            withdrawn,
            visited,
        }
    }
}
