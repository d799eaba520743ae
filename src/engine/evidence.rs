//! What is written down as evidence, and who hands it over.
//!
//! Decisions reach the log where they are told to listeners, and where a limit says no. That is under the lock of the patient's book, and takes no other than the thread's
//! own lane's. Without the feature nothing of this is compiled in; with it and without a log it is one branch.

#[cfg(not(feature = "evidence"))]
mod off {
    use crate::engine::challenge::Shown;
    use crate::engine::{Bulletin, Inner, Note};
    use crate::gate::Keys;
    use crate::words::ask::Request;
    use crate::words::challenge::Token;
    use crate::words::event::What;
    use crate::words::id::ScheduleId;
    use crate::words::refusal::Refusal;
    use crate::words::time::Timestamp;

    impl Bulletin<'_> {
        /// Whether anything is written down.
        #[inline(always)]
        pub(in crate::engine) const fn is_written_down(&self) -> bool {
            false
        }

        /// Writes down what a listener is told, if that is evidence: that it came of a request, by these keys.
        #[inline(always)]
        pub(in crate::engine) fn write_down(&self, _: &Note, _: Option<impl FnOnce() -> Keys>) {}

        /// The same of a schedule as a whole.
        #[inline(always)]
        pub(in crate::engine) const fn write_down_of_schedule(&self, _: ScheduleId, _: &What) {}

        /// A limit said no to these keys.
        #[inline(always)]
        pub(in crate::engine) fn denied(
            &self,
            _: impl FnOnce() -> Keys,
            _: ScheduleId,
            _: Refusal,
        ) {
        }

        /// Who asks is slowed.
        #[inline(always)]
        pub(in crate::engine) fn suspected(
            &self,
            _: impl FnOnce() -> (Keys, u32),
            _: ScheduleId,
            _: u16,
        ) {
        }
    }

    impl Inner {
        /// Somebody answered a challenge.
        #[inline(always)]
        pub(in crate::engine) fn note_shown(&self, _: &Request, _: &Token, _: Shown, _: Timestamp) {
        }

        /// Somebody was challenged.
        #[inline(always)]
        pub(in crate::engine) fn note_issued(&self, _: &Request, _: &Token, _: Timestamp) {}
    }
}

#[cfg(feature = "evidence")]
mod on {
    use crate::engine::challenge::Shown;
    use crate::engine::{Bulletin, Engine, Inner, Note};
    use crate::gate::evidence::{Action, Code, Decision, Delivery, EvidenceStats, Log, Month};
    use crate::gate::{Keys, keys_of};
    use crate::words::ask::Request;
    use crate::words::challenge::{Level, Token};
    use crate::words::event::What;
    use crate::words::id::{ScheduleId, SlotNo};
    use crate::words::refusal::Refusal;
    use crate::words::time::Timestamp;

    impl Bulletin<'_> {
        /// Whether anything is written down.
        #[inline]
        pub(in crate::engine) const fn is_written_down(&self) -> bool {
            self.evidence.is_some()
        }

        /// Writes down what a listener is told, if that is evidence: that it came of a request, by these keys.
        #[inline(never)]
        pub(in crate::engine) fn write_down(
            &self,
            note: &Note,
            asker: Option<impl FnOnce() -> Keys>,
        ) {
            let Some(log) = self.evidence else {
                return;
            };
            let patient = || [note.whose.map(|it| it.0.to_u128()), None, None, None];
            let (action, whose) = match (note.what, asker) {
                (What::Held { .. }, Some(asker)) => (Action::Request, asker()),
                (What::Held { .. }, None) => (Action::Draw, patient()),
                (What::Cancelled, _) => (Action::Cancel, patient()),
                (What::ExchangedIn { .. }, _) => (Action::Exchange, patient()),
                _ => return,
            };
            log.note(&Decision {
                slot: Some(SlotNo::from_index(note.slot)),
                ..self.decision(action, Code::Done, note.schedule, &whose)
            });
        }

        /// The same of a schedule as a whole.
        pub(in crate::engine) fn write_down_of_schedule(&self, schedule: ScheduleId, what: &What) {
            if let (Some(log), What::Drawn { places, .. }) = (self.evidence, *what) {
                let nobody = Keys::default();
                let drawn = self.decision(Action::Draw, Code::Done, schedule, &nobody);
                log.note(&Decision {
                    detail: places.into(),
                    ..drawn
                });
            }
        }

        /// A limit said no to these keys.
        pub(in crate::engine) fn denied(
            &self,
            keys: impl FnOnce() -> Keys,
            schedule: ScheduleId,
            why: Refusal,
        ) {
            if let Some(log) = self.evidence {
                let keys = keys();
                log.note(&Decision {
                    detail: why.retry_after().unwrap_or(0),
                    ..self.decision(Action::Request, Code::RateLimited, schedule, &keys)
                });
            }
        }

        /// Who asks is slowed, for these labels.
        pub(in crate::engine) fn suspected(
            &self,
            why: impl FnOnce() -> (Keys, u32),
            schedule: ScheduleId,
            score: u16,
        ) {
            if let Some(log) = self.evidence {
                let (keys, labels) = why();
                log.note(&Decision {
                    score,
                    labels,
                    ..self.decision(Action::Request, Code::Suspected, schedule, &keys)
                });
            }
        }

        #[inline(always)]
        fn decision<'a>(
            &self,
            action: Action,
            code: Code,
            schedule: ScheduleId,
            keys: &'a Keys,
        ) -> Decision<'a> {
            Decision {
                at: self.at,
                action,
                code,
                schedule: Some(schedule),
                slot: None,
                score: 0,
                labels: 0,
                level: 0,
                detail: 0,
                keys,
            }
        }
    }

    impl Inner {
        /// Somebody answered a challenge.
        pub(in crate::engine) fn note_shown(
            &self,
            request: &Request,
            token: &Token,
            shown: Shown,
            at: Timestamp,
        ) {
            let (code, level) = match shown {
                Shown::Passed(level) => (Code::Done, level),
                _ => (Code::Failed, token.level),
            };
            self.note_challenge(request, (token.schedule, level), code, at);
        }

        /// Somebody was challenged.
        pub(in crate::engine) fn note_issued(&self, request: &Request, due: &Token, at: Timestamp) {
            self.note_challenge(request, (due.schedule, due.level), Code::Challenged, at);
        }

        fn note_challenge(
            &self,
            request: &Request,
            (schedule, level): (ScheduleId, Level),
            code: Code,
            at: Timestamp,
        ) {
            if let Some(log) = &self.evidence {
                log.note(&Decision {
                    at,
                    action: Action::Challenge,
                    code,
                    schedule: Some(schedule),
                    slot: None,
                    score: 0,
                    labels: 0,
                    level: level as u8,
                    detail: 0,
                    keys: &keys_of(request),
                });
            }
        }
    }

    /// # Evidence (feature `evidence`)
    impl Engine {
        /// Hands the sink what is due: everything that was written down, if an epoch is over. Call it about as often as an epoch lasts, from a thread that may wait as long as the
        /// sink likes; nobody waits for it, and who calls meanwhile is told that it is busy. Does nothing without a log.
        ///
        /// # Panics
        /// If the sink does. The epoch stays in hand and is offered again.
        pub fn deliver_evidence(&self) -> Delivery {
            self.deliver(false)
        }

        /// The same, and ends the epoch whatever the time, until nothing waits: before the process ends, and after those who ask have stopped.
        ///
        /// # Panics
        /// If the sink does.
        pub fn close_evidence(&self) -> Delivery {
            self.deliver(true)
        }

        fn deliver(&self, all: bool) -> Delivery {
            let log = self.inner.evidence.as_deref();
            log.map_or_else(Delivery::default, |log| log.deliver(self.inner.now(), all))
        }

        /// Gives the log the key of a month, in place of the one it had. Give next month's in good time: records of a month without a key bear no pseudonyms.
        pub fn set_month_key(&self, month: Month, key: [u8; 32]) {
            if let Some(log) = self.inner.evidence.as_deref() {
                log.set_key(month, Some(&key));
            }
        }

        /// Has the log forget a month's key; whether it had one. Once it is deleted everywhere else too, that month's records are nobody's.
        pub fn forget_month(&self, month: Month) -> bool {
            let log = self.inner.evidence.as_deref();
            log.is_some_and(|log| log.set_key(month, None))
        }

        /// How the log fares; all zeros without one.
        #[must_use]
        pub fn evidence_stats(&self) -> EvidenceStats {
            let log = self.inner.evidence.as_deref();
            log.map_or_else(EvidenceStats::default, Log::stats)
        }
    }
}
