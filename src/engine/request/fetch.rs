//! What will a request want? The cache lines that nobody has at hand, fetched ahead.
//!
//! A grant wants six of them. Whoever has them all on their way before working on the first waits for two misses, not for six:
//! for those whose address the request tells, and for those that they lead to. Of a batch they are on their way while others are worked on. Limits and the judging of behaviour want a line for each key, two more for each of device and
//! account, and one that notes where the request came from.

use crate::gate::behaviour::Who;
use crate::gate::{Hashes, keys_of};
use crate::pool::Pool;
use crate::words::ask::Request;
use crate::words::id::ScheduleId;

use super::super::Inner;

/// A request whose lines are at hand, or on their way.
#[derive(Clone, Copy)]
pub(super) struct Fetched<'a> {
    /// The patient's.
    pub(super) hash: u64,
    /// Where the first schedule stands, if anything ever stood there.
    pub(super) pool: Option<&'a Pool>,
}

/// What limits and the judging of behaviour go by.
#[derive(Clone, Copy)]
pub(super) struct Asker {
    pub(super) hashes: Hashes,
    pub(super) who: Who,
}

/// Where there are neither.
pub(super) const NOBODY: Asker = Asker {
    hashes: Hashes::NONE,
    who: Who::NOBODY,
};

/// How many requests before it is worked on a request's lines are fetched; and those that they lead to.
const FAR: usize = 6;
const NEAR: usize = 3;
/// Requests that are between the two, or worked on: a power of two.
const RING: usize = 8;

/// The requests of a batch in turn, with the lines of the next ones on their way: a core fetches while it works.
pub(super) struct Ahead<'a> {
    inner: &'a Inner,
    requests: &'a [Request],
    fetched: [(Fetched<'a>, Asker); RING],
    /// The next to be worked on.
    next: usize,
}

impl<'a> Ahead<'a> {
    #[inline]
    pub(super) fn new(inner: &'a Inner, requests: &'a [Request]) -> Self {
        let nothing = Fetched {
            hash: 0,
            pool: None,
        };
        let mut ahead = Self {
            inner,
            requests,
            fetched: [(nothing, NOBODY); RING],
            next: 0,
        };
        (0..FAR).for_each(|at| ahead.fetch(at));
        (0..NEAR).for_each(|at| ahead.fetch_led_to(at));
        ahead
    }

    /// What the next one goes by.
    #[inline(always)]
    pub(super) fn next(&mut self) -> &(Fetched<'a>, Asker) {
        let at = self.next;
        self.fetch(at + FAR);
        self.fetch_led_to(at + NEAR);
        self.next += 1;
        &self.fetched[at % RING]
    }

    #[inline(always)]
    fn fetch(&mut self, at: usize) {
        if let Some(request) = self.requests.get(at) {
            // At most `FAR`.
            let more = (at - self.next) as u32;
            let fetched = &mut self.fetched[at % RING];
            fetched.0 = self.inner.fetch(request, more);
            if self.inner.is_guarded() {
                fetched.1 = self.inner.fetch_guards(request, more);
            }
        }
    }

    /// The lines that those lead to, which should have come by now.
    #[inline(always)]
    fn fetch_led_to(&self, at: usize) {
        if let Some(request) = self.requests.get(at) {
            let (fetched, asker) = &self.fetched[at % RING];
            self.inner.fetch_slot(request, fetched.pool);
            self.inner.ledger.fetch_own(fetched.hash);
            if let Some(watch) = &self.inner.watch {
                watch.fetch_strayed(asker.who);
            }
        }
    }
}

impl Inner {
    /// Fetches every line that a request will want and whose address it tells. `more`: how many are worked on before it.
    #[inline]
    pub(super) fn fetch(&self, request: &Request, more: u32) -> Fetched<'_> {
        let hash = self.ledger.hash(request.patient());
        let pool = self.first_pool(request);
        self.ledger.fetch(hash);
        self.ledger.fetch_record(more);
        if let Some(pool) = pool {
            pool.fetch();
        }
        Fetched { hash, pool }
    }

    /// The lines that the pool's line leads to.
    #[inline]
    pub(super) fn fetch_slot(&self, request: &Request, pool: Option<&Pool>) {
        if let Some(pool) = pool {
            pool.slots().fetch(|| self.filter_hash(request.patient()));
        }
    }

    /// Whether there are limits, or behaviour is judged.
    #[inline]
    pub(super) fn is_guarded(&self) -> bool {
        self.gate.is_some() || self.watch.is_some()
    }

    /// The lines by which limits and behaviour go.
    #[inline(never)]
    pub(super) fn fetch_guards(&self, request: &Request, more: u32) -> Asker {
        let mut asker = NOBODY;
        if let Some(watch) = &self.watch {
            asker.who = watch.who(request);
            watch.fetch(asker.who);
            self.ledger.fetch_whence(more);
        }
        if let Some(gate) = &self.gate {
            asker.hashes = gate.hashes(&keys_of(request));
            gate.fetch(&asker.hashes);
        }
        asker
    }

    /// The lines of a slot to come of this schedule whose address is known.
    pub(in super::super) fn fetch_schedule(&self, schedule: ScheduleId) {
        self.ledger.fetch_record(0);
        if let Some(pool) = self.places.find(schedule) {
            pool.fetch();
        }
    }

    #[inline]
    fn first_pool(&self, request: &Request) -> Option<&Pool> {
        self.places.find(*request.schedules().first()?)
    }
}
