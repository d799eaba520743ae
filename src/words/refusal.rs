//! Saying no: one type for every verb, with a stable code, a sentence that says what to do, and when to come back.

use std::fmt;

use super::id::BookingId;

/// Why a verb did nothing.
///
/// Small and `Copy`. The variants stand in the order in which they win where several apply: every verb gives the first one that
/// is true (an exchange first judges the booking, then the target; `reveal` says `closed` before `wrong_state`). A verb gives only some of them; its documentation lists which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "code", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Refusal {
    /// No such schedule, or one that was retired.
    UnknownSchedule,
    /// No such hold, or one whose end is no longer remembered.
    UnknownHold,
    /// No such booking, or one whose end is no longer remembered.
    UnknownBooking,
    /// No such ticket, or one whose end is no longer remembered.
    UnknownTicket,
    /// No answer is remembered for this patient and request id.
    UnknownRequest,
    /// The hold, booking or ticket is another patient's.
    NotYours,
    /// This patient used this request id before, for other schedules or another channel.
    RequestMismatch,
    /// The hospital called the session off (停诊).
    Withdrawn,
    /// The hold was released, or the place in a line given up.
    AlreadyReleased,
    /// The booking was cancelled.
    AlreadyCancelled,
    /// The booking was exchanged for another.
    AlreadyExchanged {
        /// The booking that it was exchanged for. If that was exchanged in turn, or cancelled, it says so itself.
        booking: BookingId,
    },
    /// The hold has become a booking.
    AlreadyConfirmed,
    /// The booking or schedule is not in a state for this verb.
    WrongState,
    /// The cancellation cut-off has passed.
    TooLate,
    /// The hold ran out.
    HoldExpired,
    /// The hold ran out and its slot cannot be had again: the payment is on its way back.
    RefundDue,
    /// The schedule has not opened yet.
    NotOpen {
        /// Milliseconds until it opens.
        retry_after_ms: u64,
    },
    /// The booking cut-off has passed (停挂).
    Closed,
    /// This patient has a slot of this schedule already. Which, the answer doesn't say, for anybody may ask in their name; who named the request finds it again ([`Engine::lookup`](crate::Engine::lookup)), and [`Engine::appointments`](crate::Engine::appointments) tells whoever asks for a patient who has proved who they are.
    AlreadyHolds,
    /// No slot can be had: each is taken, resting, or out of use. No time to come back is given: it would be an oracle for scalpers.
    SoldOut,
    /// The patient, the account, the device or the network has asked too often.
    RateLimited {
        /// Milliseconds until it may ask again: one before that it may not.
        retry_after_ms: u64,
    },
    /// A rule says no.
    Rule {
        /// Which one.
        rule: Rule,
    },
}

/// A rule that a refusal can quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Rule {
    /// As many live holds as a patient may have (`live_holds_max`).
    LiveHolds,
    /// The patient's book is full (`book_lines_max`): ended holds are remembered rather than forgotten early.
    BookFull,
    /// The engine's records are full (`records_max`).
    EngineFull,
    /// The draw has as many entries as it may have (`draw_entries_max`).
    DrawFull,
    /// As many are on the schedule's waitlist as may be (`waitlist`, its `capacity`).
    WaitlistFull,
    /// As many wait in the slow queue as may (`slow_queue`, its `capacity`), and through the device, account or person of who asks more than through most others. Their place was not given to them, or
    /// had to make room.
    QueueFull {
        /// Milliseconds until the next turn, when there is room; for whom had to make room, how long a turn lasts.
        retry_after_ms: u64,
    },
    /// A family that waits together is eight people at most.
    FamilySize,
    /// They have waited in the slow queue for as long as anybody may (`slow_queue`, its `wait_max_ms`).
    WaitedTooLong,
}

impl Rule {
    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LiveHolds => "live_holds",
            Self::BookFull => "book_full",
            Self::EngineFull => "engine_full",
            Self::DrawFull => "draw_full",
            Self::WaitlistFull => "waitlist_full",
            Self::QueueFull { .. } => "queue_full",
            Self::FamilySize => "family_size",
            Self::WaitedTooLong => "waited_too_long",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many codes there are; the order of [`Refusal::ordinal`].
pub(crate) const CODES: [&str; 22] = [
    "unknown_schedule",
    "unknown_hold",
    "unknown_booking",
    "unknown_ticket",
    "unknown_request",
    "not_yours",
    "request_mismatch",
    "withdrawn",
    "already_released",
    "already_cancelled",
    "already_exchanged",
    "already_confirmed",
    "wrong_state",
    "too_late",
    "hold_expired",
    "refund_due",
    "not_open",
    "closed",
    "already_holds",
    "sold_out",
    "rate_limited",
    "rule",
];

impl Refusal {
    /// Its place in the order of precedence.
    pub(crate) const fn ordinal(self) -> usize {
        match self {
            Self::UnknownSchedule => 0,
            Self::UnknownHold => 1,
            Self::UnknownBooking => 2,
            Self::UnknownTicket => 3,
            Self::UnknownRequest => 4,
            Self::NotYours => 5,
            Self::RequestMismatch => 6,
            Self::Withdrawn => 7,
            Self::AlreadyReleased => 8,
            Self::AlreadyCancelled => 9,
            Self::AlreadyExchanged { .. } => 10,
            Self::AlreadyConfirmed => 11,
            Self::WrongState => 12,
            Self::TooLate => 13,
            Self::HoldExpired => 14,
            Self::RefundDue => 15,
            Self::NotOpen { .. } => 16,
            Self::Closed => 17,
            Self::AlreadyHolds => 18,
            Self::SoldOut => 19,
            Self::RateLimited { .. } => 20,
            Self::Rule { .. } => 21,
        }
    }

    /// The stable code: what a client program branches on.
    #[must_use]
    pub const fn code(self) -> &'static str {
        CODES[self.ordinal()]
    }

    /// Milliseconds until asking again makes sense, where that is known: until the opening, for `not_open`;
    /// until it is their turn, for `rate_limited`; until there is room, for the rule `queue_full`.
    #[must_use]
    pub const fn retry_after(self) -> Option<u64> {
        match self {
            Self::NotOpen { retry_after_ms }
            | Self::RateLimited { retry_after_ms }
            | Self::Rule {
                rule: Rule::QueueFull { retry_after_ms },
            } => Some(retry_after_ms),
            _ => None,
        }
    }

    /// Whether the very same call may get another answer later: a slot may return, a schedule open or be reinstated, a
    /// limit or a rule allow it, what has to come first be done, a request on its way arrive.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        match self {
            Self::NotOpen { .. }
            | Self::UnknownRequest
            | Self::Withdrawn
            | Self::WrongState
            | Self::AlreadyHolds
            | Self::SoldOut
            | Self::RateLimited { .. }
            | Self::Rule { .. } => true,
            Self::UnknownSchedule
            | Self::UnknownHold
            | Self::UnknownBooking
            | Self::UnknownTicket
            | Self::NotYours
            | Self::RequestMismatch
            | Self::AlreadyReleased
            | Self::AlreadyCancelled
            | Self::AlreadyExchanged { .. }
            | Self::AlreadyConfirmed
            | Self::TooLate
            | Self::HoldExpired
            | Self::RefundDue
            | Self::Closed => false,
        }
    }
}

/// What happened, and what to do.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownSchedule => "there is no such schedule; look for one that is published",
            Self::UnknownHold => "there is no such hold; ask for a slot anew",
            Self::UnknownBooking => "there is no such booking; check its number",
            Self::UnknownTicket => "there is no such ticket; ask for a slot anew",
            Self::UnknownRequest => "no answer is remembered for this request; ask anew",
            Self::NotYours => "it belongs to another patient; use your own",
            Self::RequestMismatch => "this request id was used for something else; use a new one",
            Self::Withdrawn => "the session was called off by the hospital; choose another",
            Self::AlreadyReleased => "it was given up before; ask for a slot anew",
            Self::AlreadyCancelled => "the booking was cancelled; ask for a slot anew",
            Self::AlreadyExchanged { .. } => "the booking was exchanged; use the new one",
            Self::AlreadyConfirmed => "the hold is a booking already; cancel that instead",
            Self::WrongState => "it is not in a state for this; look at what it is now",
            Self::TooLate => "the cut-off for cancelling has passed; speak to the hospital",
            Self::HoldExpired => "the hold ran out; ask for a slot anew",
            Self::RefundDue => {
                "the hold ran out and the slot is gone; the payment is on its way back"
            }
            Self::NotOpen { retry_after_ms } => {
                return write!(
                    f,
                    "the schedule is not open yet; come back in {retry_after_ms} ms"
                );
            }
            Self::Closed => "booking for this session has closed; choose another",
            Self::AlreadyHolds => {
                "you have a slot of this session already; confirm or use that one"
            }
            Self::SoldOut => "every slot of this session is taken; choose another",
            Self::RateLimited { retry_after_ms } => {
                return write!(
                    f,
                    "too many requests from you; come back in {retry_after_ms} ms"
                );
            }
            Self::Rule {
                rule: Rule::LiveHolds,
            } => "you have as many unconfirmed holds as allowed; confirm or release one",
            Self::Rule {
                rule: Rule::BookFull,
            } => "too many holds of yours ended lately; come back tomorrow",
            Self::Rule {
                rule: Rule::EngineFull,
            } => "the service remembers as many holds as it can; come back later",
            Self::Rule {
                rule: Rule::DrawFull,
            } => "this draw has as many entries as it can take; choose another session",
            Self::Rule {
                rule: Rule::WaitlistFull,
            } => "every slot is taken, and as many wait as may; choose another session",
            Self::Rule {
                rule: Rule::FamilySize,
            } => "a family that waits together is eight people at most; leave some out",
            Self::Rule {
                rule: Rule::QueueFull { retry_after_ms },
            } => {
                return write!(f, "the queue is full; come back in {retry_after_ms} ms");
            }
            Self::Rule {
                rule: Rule::WaitedTooLong,
            } => "you have waited as long as one may; ask for a slot anew",
        })
    }
}

impl From<Rule> for Refusal {
    fn from(rule: Rule) -> Self {
        Self::Rule { rule }
    }
}

impl std::error::Error for Refusal {}
