//! What a patient has: a slot, or a place in a line.

use super::ask::{Booking, Hold};
use super::id::ScheduleId;
use super::ticket::Ticket;

/// A slot that a patient has, or a place in a line (挂号记录): what [`Engine::appointments`](crate::Engine::appointments) lists. By FHIR's word for it; in brackets the `status` that it has there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "status", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Appointment {
    /// A place in a line, as it stands now (`waitlist`).
    Waiting(Ticket),
    /// A slot that waits for its payment; `expires_at` as it is now (`pending`).
    Held(Hold),
    /// A booking (`booked`). Of this and those that follow no payment is due back here.
    Booked(Booking),
    /// A booking whose patient is there (`arrived`).
    Arrived(Booking),
    /// A visit that has taken place (`fulfilled`).
    Fulfilled(Booking),
    /// A booking whose patient stayed away (`noshow`).
    NoShow(Booking),
}

impl Appointment {
    /// The schedule that it is with.
    #[must_use]
    pub const fn schedule(&self) -> ScheduleId {
        match self {
            Self::Waiting(ticket) => ticket.schedule,
            Self::Held(hold) => hold.schedule,
            Self::Booked(booking)
            | Self::Arrived(booking)
            | Self::Fulfilled(booking)
            | Self::NoShow(booking) => booking.schedule,
        }
    }

    /// Its stable name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting(_) => "waiting",
            Self::Held(_) => "held",
            Self::Booked(_) => "booked",
            Self::Arrived(_) => "arrived",
            Self::Fulfilled(_) => "fulfilled",
            Self::NoShow(_) => "no_show",
        }
    }
}
