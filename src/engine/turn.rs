//! Whether it is the asker's turn, and what becomes of the charge.
//!
//! The gate is asked once a request, at the first of its schedules that has a slot to give: a request that could have none costs nobody a turn. The charge stands if a
//! slot was given, or if the rules said no, which is an answer that took looking into the book. If all that there was went to others at
//! the last moment, it is given back: "sold out" costs nothing at the look either.

use crate::gate::{self, Gate, Hashes, Kinds};
use crate::words::ask::Request;
use crate::words::id::{PatientId, ScheduleId};
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::{Bulletin, Inner};

/// A request's dealings with the gate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn<'a> {
    /// What its keys are asked for by.
    hashes: &'a Hashes,
    state: State,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
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

impl<'a> Turn<'a> {
    /// Of who comes with these keys.
    #[inline]
    pub(super) fn of(hashes: &'a Hashes) -> Self {
        Self {
            hashes,
            state: State::NotAsked,
        }
    }

    /// Whether the gate has been asked.
    const fn is_asked(&self) -> bool {
        !matches!(self.state, State::NotAsked)
    }

    /// A schedule refused.
    pub(super) fn note(&mut self, why: Refusal) {
        if matches!((&self.state, why), (State::Given, Refusal::Rule { .. })) {
            self.state = State::Used;
        }
    }
}

impl Inner {
    /// Whether it is a request's turn, for one of its schedules; the first no is written down.
    #[inline(always)]
    pub(super) fn take_turn_for(
        &self,
        schedule: ScheduleId,
        turn: &mut Turn<'_>,
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
        turn: &mut Turn<'_>,
        request: &Request,
        bulletin: &Bulletin<'_>,
    ) -> Result<(), Refusal> {
        let asked = turn.is_asked();
        self.ask_gate(gate, turn, bulletin.at).inspect_err(|why| {
            if !asked {
                bulletin.denied(|| gate::keys_of(request), schedule, *why);
            }
        })
    }

    /// What a patient who asks from nowhere is asked for by.
    pub(super) fn hashes_of_patient(&self, patient: PatientId) -> Hashes {
        let gate = self.gate.as_ref();
        gate.map_or(Hashes::NONE, |gate| {
            gate.hashes(&gate::keys_of_patient(patient))
        })
    }

    /// Refuses if it is not their turn. For a schedule that has a slot to give, as far as a look can tell.
    #[inline]
    pub(super) fn take_turn(&self, turn: &mut Turn<'_>, now: Timestamp) -> Result<(), Refusal> {
        match &self.gate {
            None => Ok(()),
            Some(gate) => self.ask_gate(gate, turn, now),
        }
    }

    fn ask_gate(&self, gate: &Gate, turn: &mut Turn<'_>, now: Timestamp) -> Result<(), Refusal> {
        if !turn.is_asked() {
            turn.state = match gate.ask(turn.hashes, now) {
                Ok(displaced) => {
                    if displaced != Kinds::default() {
                        self.count_displaced(displaced);
                    }
                    State::Given
                }
                Err(too_soon) => {
                    self.count_limited(too_soon.by);
                    State::Refused(Refusal::RateLimited {
                        retry_after_ms: too_soon.retry_after_ms,
                    })
                }
            };
        }
        match turn.state {
            State::Refused(why) => Err(why),
            _ => Ok(()),
        }
    }

    /// Nothing was given in the end.
    #[inline]
    pub(super) fn end_turn_with_nothing(&self, turn: Turn<'_>, now: Timestamp) {
        if let (State::Given, Some(gate)) = (turn.state, &self.gate) {
            gate.refund(turn.hashes, now);
        }
    }
}
