//! Step up: whoever behaves strangely is asked for more, within the entry window of a draw, where answering is no race.
//!
//! Off unless the builder is given a [`StepUp`]. What a step is, a [`Challenge`] says; the first, a [`ProofOfWork`], is here, and the others are hooks for what a service has. Passing makes
//! whoever passed as good as anybody. Failing bans nobody: who answers wrongly is entered as a suspect, and may be put into the second tier.

mod work;

use std::fmt;

use crate::words::challenge::{Answer, Level, Token};
use crate::words::error::Invalid;
use crate::words::id::{AccountId, DeviceId, PatientId, ScheduleId};
use crate::words::time::Timestamp;

pub use work::ProofOfWork;

/// Who is to be challenged, and over what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject {
    /// Who is to be treated.
    pub patient: PatientId,
    /// The schedule whose window they ask in.
    pub schedule: ScheduleId,
    /// The account that asks, if it was said.
    pub account: Option<AccountId>,
    /// The device, if it was said.
    pub device: Option<DeviceId>,
    /// The engine's time.
    pub now: Timestamp,
}

impl Subject {
    pub(crate) const fn new(patient: PatientId, schedule: ScheduleId, now: Timestamp) -> Self {
        Self {
            patient,
            schedule,
            account: None,
            device: None,
            now,
        }
    }
}

/// An answer that is not the answer: wrong, too late, used before, or to somebody else's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong;

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this does not answer the challenge; ask for another")
    }
}

impl std::error::Error for Wrong {}

/// Something to ask people for. It is called with no lock held; if it panics, the caller panics and nothing has happened.
pub trait Challenge: Send + Sync {
    /// What to ask of this one. The token's level and schedule should be those that were asked for.
    fn issue(&self, subject: &Subject, level: Level) -> Token;

    /// Which level the answer proves. The token comes from outside: that it was issued here, to this one, and not long ago, is to be checked as well, and that it was not
    /// answered before.
    ///
    /// # Errors
    /// [`Wrong`].
    fn verify(&self, subject: &Subject, token: &Token, answer: &Answer) -> Result<Level, Wrong>;
}

impl<C: Challenge + ?Sized> Challenge for crate::words::sync::Arc<C> {
    fn issue(&self, subject: &Subject, level: Level) -> Token {
        (**self).issue(subject, level)
    }

    fn verify(&self, subject: &Subject, token: &Token, answer: &Answer) -> Result<Level, Wrong> {
        (**self).verify(subject, token, answer)
    }
}

/// Whom to ask, and for what.
///
/// ```
/// use fairslot::{Engine, ProofOfWork, StepUp};
///
/// let work = ProofOfWork::new([7; 32], 18)?;
/// let engine = Engine::builder().step_up(StepUp::new(work).everybody_from(100)).build()?;
/// # let _ = engine;
/// # Ok::<(), fairslot::Invalid>(())
/// ```
pub struct StepUp {
    pub(crate) challenge: Box<dyn Challenge>,
    steps: [u16; 4],
    hot: u32,
    everybody_from: Option<u32>,
    most: Level,
}

impl StepUp {
    /// By this challenge, up to a proof of work.
    #[must_use]
    pub fn new(challenge: impl Challenge + 'static) -> Self {
        Self {
            challenge: Box::new(challenge),
            steps: [500, 700, 850, 1_000],
            hot: 20,
            everybody_from: None,
            most: Level::ProofOfWork,
        }
    }

    /// The hardest step that the challenge knows. Default: proof of work.
    #[must_use]
    pub fn up_to(mut self, most: Level) -> Self {
        self.most = most;
        self
    }

    /// From which score on each step is asked for, the easiest first: each 1 to 1,000, in rising order. Default 500, 700, 850 and 1,000: no label of timing alone makes 500.
    #[must_use]
    pub fn steps(mut self, from: [u16; 4]) -> Self {
        self.steps = from;
        self
    }

    /// From how many entries a slot on a suspect is asked for one step more, at least 1. Default 20.
    #[must_use]
    pub fn hot(mut self, entries_a_slot: u32) -> Self {
        self.hot = entries_a_slot;
        self
    }

    /// From how many entries a slot on everybody is asked for a proof of work, whatever their score. Default: never. With 0 it is from the first.
    #[must_use]
    pub fn everybody_from(mut self, entries_a_slot: u32) -> Self {
        self.everybody_from = Some(entries_a_slot);
        self
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let [first, .., last] = self.steps;
        if first == 0 || last > 1_000 || !self.steps.is_sorted() {
            let steps = format!("{:?}", self.steps);
            let range = "1 to 1,000 each, in rising order";
            return Err(Invalid::new("step_up.steps", steps, range));
        }
        if self.hot == 0 {
            return Err(Invalid::new("step_up.hot", 0, "at least 1"));
        }
        Ok(())
    }

    /// What is asked of somebody with this score, of a schedule with so many entries a slot.
    pub(crate) fn level(&self, score: u16, heat: u32) -> Level {
        let mut step = self.steps.iter().filter(|from| score >= **from).count();
        if step > 0 && heat >= self.hot {
            step += 1;
        }
        if self.everybody_from.is_some_and(|from| heat >= from) {
            step = step.max(1);
        }
        let level = Level::ALL.get(step).copied().unwrap_or(Level::Deposit);
        level.min(self.most)
    }
}

impl fmt::Debug for StepUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepUp")
            .field("steps", &self.steps)
            .field("hot", &self.hot)
            .field("everybody_from", &self.everybody_from)
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_goes_by_score_and_heat() {
        let ladder = |most| {
            let work = ProofOfWork::new([7; 32], 16).unwrap();
            StepUp::new(work).up_to(most).everybody_from(100)
        };
        let all = ladder(Level::Deposit);
        for (score, heat, level) in [
            (0, 0, Level::None),
            (499, 99, Level::None),
            (499, 100, Level::ProofOfWork),
            (500, 0, Level::ProofOfWork),
            (500, 20, Level::HumanCheck),
            (700, 19, Level::HumanCheck),
            (850, 0, Level::Voiceprint),
            (850, 20, Level::Deposit),
            (1_000, 1_000, Level::Deposit),
        ] {
            assert_eq!(all.level(score, heat), level, "{score}, {heat}");
        }
        assert_eq!(
            ladder(Level::ProofOfWork).level(1_000, 50),
            Level::ProofOfWork
        );
        assert!(
            ladder(Level::Deposit)
                .steps([500, 400, 600, 700])
                .check()
                .is_err()
        );
        assert!(ladder(Level::Deposit).hot(0).check().is_err());
    }
}
