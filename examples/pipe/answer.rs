//! What goes out: every line that the door can say, fields in the order in which they are written.

use std::borrow::Cow;

use fairslot::{Availability, Hold, Outcome, Refusal, Stats, Ticket, Token};
use serde::Serialize;

use super::counters::Counters;
use super::door::Words;
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
        #[serde(flatten)]
        place: Option<Place>,
    },
    Challenged {
        outcome: &'static str,
        level: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<Sealed>,
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
    Left {
        left: bool,
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
    /// What a verb beyond the contract tells, in a form of its own.
    Told(serde_json::Value),
}

/// Where somebody stands in a line: for whom all words are understood.
#[derive(Debug, Serialize)]
pub(crate) struct Place {
    schedule: String,
    due: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u32>,
}

/// What is to be answered, and sent back with the answer.
#[derive(Debug, Serialize)]
pub(crate) struct Sealed {
    schedule: String,
    expires_at: u64,
    difficulty: u8,
    seal: String,
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
    field: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
}

impl Answer {
    /// It is done, and there is no more to say.
    pub(crate) const DONE: Self = Self::Done {
        done: true,
        affected: None,
    };

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

    /// What became of a request, in the words that are understood.
    pub(crate) fn outcome(outcome: Outcome, words: Words) -> Self {
        match outcome {
            Outcome::Held(hold) => hold.into(),
            Outcome::Waiting(ticket) => Self::Waiting {
                outcome: "waiting",
                ticket: ticket.id.to_string(),
                line: ticket.line.name(),
                place: (words == Words::All).then(|| ticket.into()),
            },
            Outcome::Challenged(token) => Self::Challenged {
                outcome: "challenged",
                level: token.level.name(),
                token: (words == Words::All).then(|| token.into()),
            },
            Outcome::Refused(why) => why.into(),
            _ => Self::stopped(Stop::not_supported("word for this outcome"), 0),
        }
    }

    /// The engine's counters, in the words that are understood.
    pub(crate) fn stats(stats: &Stats, words: Words) -> Self {
        Self::Stats(Counters::new(stats, words))
    }

    /// The line, without its end.
    pub(crate) fn text(&self) -> String {
        // Neither maps with odd keys nor foreign impls of Serialize are in it: it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
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

impl From<Ticket> for Place {
    fn from(ticket: Ticket) -> Self {
        Self {
            schedule: ticket.schedule.to_string(),
            due: ticket.due.as_millis(),
            position: ticket.position.map(|position| position.get()),
        }
    }
}

impl From<Token> for Sealed {
    fn from(token: Token) -> Self {
        Self {
            schedule: token.schedule.to_string(),
            expires_at: token.expires_at.as_millis(),
            difficulty: token.difficulty,
            seal: token.seal.to_string(),
        }
    }
}
