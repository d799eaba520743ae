//! Stepping up: an answer is checked before the first lock is taken, weighed and counted where somebody enters by it, and a token is issued after the last lock is let go.

use crate::gate::challenge::{StepUp, Subject};
use crate::words::ask::{Outcome, Request};
use crate::words::challenge::{Level, Token};
use crate::words::id::ScheduleId;
use crate::words::time::Timestamp;

use super::Inner;
use super::stats::Count;

/// What somebody has shown of themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shown {
    /// They were not asked, or did not answer.
    #[default]
    Nothing,
    /// A wrong answer.
    Wrong,
    Passed(Level),
}

fn subject(request: &Request, schedule: ScheduleId, now: Timestamp) -> Subject {
    let mut subject = Subject::new(request.patient(), schedule, now);
    subject.account = request.account_id();
    subject.device = request.device_id();
    subject
}

impl Inner {
    /// What the answer of a request shows, if it has one and is asked for any. With no lock held.
    #[inline]
    pub(super) fn shown(&self, request: &Request, now: Timestamp) -> Shown {
        match (&self.step_up, request.challenge_answer()) {
            (Some(step_up), Some(_)) => self.check(step_up, request, now),
            _ => Shown::Nothing,
        }
    }

    #[cold]
    fn check(&self, step_up: &StepUp, request: &Request, now: Timestamp) -> Shown {
        let Some((token, answer)) = request.challenge_answer() else {
            return Shown::Nothing;
        };
        // It is of one of the schedules that are asked for, or it is no answer here.
        let meant = request.schedules().contains(&token.schedule);
        let subject = subject(request, token.schedule, now);
        let level = step_up.challenge.verify(&subject, token, answer);
        match level {
            Ok(level) if meant => Shown::Passed(level),
            _ => Shown::Wrong,
        }
    }

    /// Somebody is in by what they have shown. A retry of who is in already has failed nothing: its answer may be used up by the first.
    pub(super) fn weighed(&self, request: &Request, shown: Shown, now: Timestamp) {
        let count = match shown {
            Shown::Nothing => return,
            Shown::Wrong => Count::Failed,
            Shown::Passed(_) => Count::Passed,
        };
        self.count(count);
        if let Some((token, _)) = request.challenge_answer() {
            self.note_shown(request, token, shown, now);
        }
    }

    /// Whether more must be shown by somebody who enters a draw with so many entries a slot. Under their book's lock: nothing of the caller's is asked.
    pub(super) fn must_show(
        &self,
        request: &Request,
        schedule: ScheduleId,
        (shown, now): (Shown, Timestamp),
        heat: impl FnOnce() -> u32,
    ) -> Option<Token> {
        let step_up = self.step_up.as_ref()?;
        let watch = self.watch.as_ref();
        let score = watch.map_or(0, |watch| watch.score(request, now));
        let needed = step_up.level(score, heat());
        let enough = match shown {
            Shown::Nothing => needed == Level::None,
            // As a suspect.
            Shown::Wrong => true,
            Shown::Passed(level) => level >= needed,
        };
        (!enough).then(|| Token::due(needed, schedule))
    }

    /// Fetches the token of an answer that says one is due. With no lock held.
    #[inline]
    pub(super) fn issued(&self, request: &Request, outcome: Outcome, now: Timestamp) -> Outcome {
        match (&self.step_up, outcome) {
            (Some(step_up), Outcome::Challenged(due)) => {
                let subject = subject(request, due.schedule, now);
                let token = step_up.challenge.issue(&subject, due.level);
                self.count(Count::Challenged);
                self.note_issued(request, &due, now);
                Outcome::Challenged(token)
            }
            _ => outcome,
        }
    }
}
