//! Many ask at once: the cache lines of all are fetched before the first is worked on.

use crate::pool::Look;
use crate::words::ask::{Outcome, Request};
use crate::words::time::Timestamp;

use super::super::challenge::Shown;
use super::super::{Bulletin, Engine, Inner};
use super::fetch::{Asker, Fetched};

/// Requests whose cache lines are fetched together. More does not help: a core has a dozen misses under way at most.
const BATCH: usize = 16;

impl Engine {
    /// Asks for many at once: as if sent one after the other at the same time, and faster, because the cache lines of all are
    /// fetched before the first is worked on. Not all-or-nothing.
    #[must_use]
    pub fn request_many(&self, requests: &[Request]) -> Vec<Outcome> {
        let inner = &*self.inner;
        let now = inner.now();
        inner.pass(now);
        let mut outcomes = Vec::with_capacity(requests.len());
        for batch in requests.chunks(BATCH) {
            let fetched = inner.fetch_all::<BATCH>(batch);
            if inner.step_up.is_some() {
                inner.admit_by_proofs(batch, &fetched, now, &mut outcomes);
                continue;
            }
            let mut bulletin = inner.bulletin(now);
            let each = batch.iter().zip(&fetched);
            outcomes
                .extend(each.map(|(request, it)| inner.one_of_many(request, it, &mut bulletin)));
            drop(bulletin);
            inner.pass_turns(now);
        }
        outcomes
    }
}

impl Inner {
    /// What one of many is answered.
    #[inline(always)]
    fn one_of_many(
        &self,
        request: &Request,
        (at, asker): &(Fetched<'_>, Asker),
        bulletin: &mut Bulletin<'_>,
    ) -> Outcome {
        // Where the first schedule has a slot to give, the glance has nothing to refuse.
        if let (Some(pool), Some(first)) = (at.pool, request.schedules().first())
            && pool.look(*first, bulletin.at) == Look::Open
        {
            return self.admit(request, (at.hash, asker), bulletin);
        }
        self.glance_or_admit(request, (at.hash, asker), bulletin)
    }

    #[inline(never)]
    fn glance_or_admit(
        &self,
        request: &Request,
        (hash, asker): (u64, &Asker),
        bulletin: &mut Bulletin<'_>,
    ) -> Outcome {
        let now = bulletin.at;
        match self.glance(request, now, || hash) {
            Some(why) => {
                self.glance_refused(request, why, now);
                self.refuse(why)
            }
            None => self.admit(request, (hash, asker), bulletin),
        }
    }

    /// Some of many, where some are asked for a proof: what they show is looked at before the first lock, and what is asked for comes after the last.
    #[inline(never)]
    fn admit_by_proofs(
        &self,
        batch: &[Request],
        fetched: &[(Fetched<'_>, Asker); BATCH],
        now: Timestamp,
        outcomes: &mut Vec<Outcome>,
    ) {
        let (first, mut shown) = (outcomes.len(), [Shown::Nothing; BATCH]);
        for ((shown, request), (at, _)) in shown.iter_mut().zip(batch).zip(fetched) {
            // What is refused at a glance spends no answer.
            let answers = request.challenge_answer().is_some();
            if answers && self.glance(request, now, || at.hash).is_none() {
                *shown = self.shown(request, now);
            }
        }
        let mut bulletin = self.bulletin(now);
        for ((request, (at, asker)), shown) in batch.iter().zip(fetched).zip(shown) {
            bulletin.shown = shown;
            outcomes.push(self.glance_or_admit(request, (at.hash, asker), &mut bulletin));
        }
        drop(bulletin);
        self.pass_turns(now);
        for (outcome, request) in outcomes.iter_mut().skip(first).zip(batch) {
            *outcome = self.issued(request, *outcome, now);
        }
    }
}
