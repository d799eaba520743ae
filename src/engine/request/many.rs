//! Many ask at once: the cache lines of those to come are fetched while others are worked on.

use crate::pool::Look;
use crate::words::ask::{Outcome, Request};
use crate::words::time::Timestamp;

use super::super::{Bulletin, Engine, Inner};
use super::fetch::{Ahead, Asker, Fetched};

/// Requests that are worked on with the list of listeners in hand.
const BATCH: usize = 16;

impl Engine {
    /// Asks for many at once: as if sent one after the other at the same time, and faster, because the cache lines of those to come are
    /// fetched while others are worked on. Not all-or-nothing.
    #[must_use]
    pub fn request_many(&self, requests: &[Request]) -> Vec<Outcome> {
        let inner = &*self.inner;
        let now = inner.now();
        inner.pass(now);
        let mut outcomes = Vec::with_capacity(requests.len());
        let mut ahead = Ahead::new(inner, requests);
        for batch in requests.chunks(BATCH) {
            if inner.has_follow_ups() {
                for request in batch {
                    outcomes.push(inner.one_followed_up(request, ahead.next(), now));
                }
                continue;
            }
            let mut bulletin = inner.bulletin(now);
            for request in batch {
                outcomes.push(inner.one_of_many(request, ahead.next(), &mut bulletin));
            }
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
        self.glance_or(request, (at.hash, bulletin.at), || {
            self.admit(request, (at.hash, asker), bulletin)
        })
    }

    /// The same where there is something to do before and after.
    fn one_followed_up(
        &self,
        request: &Request,
        (at, asker): &(Fetched<'_>, Asker),
        now: Timestamp,
    ) -> Outcome {
        // What is refused at a glance spends no answer.
        self.glance_or(request, (at.hash, now), || {
            self.admit_and_follow_up(request, (at.hash, asker), now)
        })
    }

    #[inline(never)]
    fn glance_or(
        &self,
        request: &Request,
        (hash, now): (u64, Timestamp),
        admit: impl FnOnce() -> Outcome,
    ) -> Outcome {
        match self.glance(request, now, || hash) {
            Some(why) => {
                self.glance_refused(request, why, now);
                self.refuse(why)
            }
            None => admit(),
        }
    }
}
