//! A place in a line: what is not decided yet.

use std::num::NonZeroU32;

use super::id::{ScheduleId, TicketId};
use super::time::Timestamp;

/// A place in a line (排队号): ask [`Engine::ticket`](crate::Engine::ticket) what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ticket {
    /// What to ask by. Whoever knows it is told what became of it, so it is as long as a password and is to be kept like one.
    pub id: TicketId,
    /// The schedule that it is a place for: of a draw over several, the first that was asked for and is still to be had.
    pub schedule: ScheduleId,
    /// Which line.
    pub line: Line,
    /// When it is decided at the latest: of a draw, the latest instant at which its window closes; on a waitlist, when booking closes, if nothing returns before. In the slow queue: when their turn is expected.
    pub due: Timestamp,
    /// How many are served before, and itself; where that is told at all. A draw has no such order.
    #[cfg_attr(feature = "serde", serde(default))]
    pub position: Option<NonZeroU32>,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Line {
    /// A draw, after the close of its window.
    Draw,
    /// One's turn, before the slots.
    SlowQueue,
    /// A slot that returns.
    Waitlist,
}

impl Line {
    pub(crate) const ALL: [Self; 3] = [Self::Draw, Self::SlowQueue, Self::Waitlist];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draw => "draw",
            Self::SlowQueue => "slow_queue",
            Self::Waitlist => "waitlist",
        }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_makes_no_answer_larger() {
        use crate::words::ask::{Hold, Outcome};
        assert!(size_of::<Ticket>() <= size_of::<Hold>());
        assert!(size_of::<crate::words::challenge::Token>() <= size_of::<Hold>());
        assert!(size_of::<Outcome>() <= 48);
    }
}
