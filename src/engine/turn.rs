//! Whether it is the asker's turn, and what becomes of the charge.
//!
//! The gate is asked once a request, at the first of its schedules that has a slot to give: a request that could have none costs nobody a turn. The charge stands if a
//! slot was given, or if the rules said no, which is an answer that took looking into the book. If all that there was went to others at
//! the last moment, it is given back: "sold out" costs nothing at the look either.

use crate::gate::{self, Gate, Keys, Kinds};
use crate::words::ask::Request;
use crate::words::id::ScheduleId;
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::{Bulletin, Inner};

/// A request's dealings with the gate.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Turn {
    /// The gate has not been asked.
    #[default]
    NotAsked,
    /// It is their turn, and they were charged for it.
    Given,
    /// The same, and a rule refused.
    Used,
    /// It is not.
    Refused(Refusal),
}

impl Turn {
    /// Whether the gate has been asked.
    const fn is_asked(self) -> bool {
        !matches!(self, Self::NotAsked)
    }

    /// A schedule refused.
    pub(super) fn note(&mut self, why: Refusal) {
        if matches!((&self, why), (Self::Given, Refusal::Rule { .. })) {
            *self = Self::Used;
        }
    }
}

impl Inner {
    /// Whether it is a request's turn, for one of its schedules; the first no is written down.
    #[inline(always)]
    pub(super) fn take_turn_for(
        &self,
        schedule: ScheduleId,
        turn: &mut Turn,
        request: &Request,
        bulletin: &Bulletin<'_>,
    ) -> Result<(), Refusal> {
        match &self.gate {
            None => Ok(()),
            Some(gate) => self.take_turn_of_request(gate, schedule, turn, request, bulletin),
        }
    }

    #[inline(never)]
    fn take_turn_of_request(
        &self,
        gate: &Gate,
        schedule: ScheduleId,
        turn: &mut Turn,
        request: &Request,
        bulletin: &Bulletin<'_>,
    ) -> Result<(), Refusal> {
        let asked = turn.is_asked();
        self.ask_gate(gate, turn, || gate::keys_of(request), bulletin.at)
            .inspect_err(|why| {
                if !asked {
                    bulletin.denied(|| gate::keys_of(request), schedule, *why);
                }
            })
    }

    /// Refuses if it is not their turn. For a schedule that has a slot to give, as far as a look can tell.
    #[inline]
    pub(super) fn take_turn(
        &self,
        turn: &mut Turn,
        keys: impl FnOnce() -> Keys,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        match &self.gate {
            None => Ok(()),
            Some(gate) => self.ask_gate(gate, turn, keys, now),
        }
    }

    fn ask_gate(
        &self,
        gate: &Gate,
        turn: &mut Turn,
        keys: impl FnOnce() -> Keys,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if matches!(turn, Turn::NotAsked) {
            *turn = match gate.ask(&keys(), now) {
                Ok(displaced) => {
                    if displaced != Kinds::default() {
                        self.count_displaced(displaced);
                    }
                    Turn::Given
                }
                Err(too_soon) => {
                    self.count_limited(too_soon.by);
                    Turn::Refused(Refusal::RateLimited {
                        retry_after_ms: too_soon.retry_after_ms,
                    })
                }
            };
        }
        match *turn {
            Turn::Refused(why) => Err(why),
            _ => Ok(()),
        }
    }

    /// Nothing was given in the end.
    #[inline]
    pub(super) fn end_turn_with_nothing(
        &self,
        turn: Turn,
        keys: impl FnOnce() -> Keys,
        now: Timestamp,
    ) {
        if let (Turn::Given, Some(gate)) = (turn, &self.gate) {
            gate.refund(&keys(), now);
        }
    }
}
