//! What will a request want? The cache lines that nobody has at hand, fetched ahead.
//!
//! A grant wants six of them. Whoever has them all on their way before working on the first waits for two misses, not for six:
//! for those whose address the request tells, and for those that they lead to. Limits and the judging of behaviour want a line for each key, two more for each of device and
//! account, and one that notes where the request came from.

use crate::gate::behaviour::Origin;
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

impl Inner {
    /// Fetches every line that a request will want and whose address it tells. `more`: how many are worked on before it. The answer is the patient's hash.
    #[inline]
    fn fetch(&self, request: &Request, pool: Option<&Pool>, more: u32) -> u64 {
        let hash = self.ledger.hash(request.patient());
        self.ledger.fetch(hash);
        self.ledger.fetch_record(more);
        if let Some(pool) = pool {
            pool.fetch();
        }
        hash
    }

    /// The lines that the pool's line leads to.
    #[inline]
    fn fetch_slot(&self, request: &Request, pool: Option<&Pool>) {
        if let Some(pool) = pool {
            pool.slots().fetch(|| self.filter_hash(request.patient()));
        }
    }

    /// Both, for one request.
    #[inline]
    pub(super) fn fetch_one(&self, request: &Request) -> u64 {
        let pool = self.first_pool(request);
        let hash = self.fetch(request, pool, 0);
        if self.is_guarded() {
            self.fetch_guards::<1>(std::slice::from_ref(request));
        }
        self.fetch_slot(request, pool);
        hash
    }

    /// Both, for all of a batch.
    #[inline]
    pub(super) fn fetch_all<const N: usize>(&self, batch: &[Request]) -> [Fetched<'_>; N] {
        let mut all = [Fetched {
            hash: 0,
            pool: None,
        }; N];
        for ((request, fetched), more) in batch.iter().zip(&mut all).zip(0..) {
            fetched.pool = self.first_pool(request);
            fetched.hash = self.fetch(request, fetched.pool, more);
        }
        if self.is_guarded() {
            self.fetch_guards::<N>(batch);
        }
        for (request, fetched) in batch.iter().zip(&all) {
            self.fetch_slot(request, fetched.pool);
            self.ledger.fetch_own(fetched.hash);
        }
        all
    }

    /// Whether there are limits, or behaviour is judged.
    #[inline]
    fn is_guarded(&self) -> bool {
        self.gate.is_some() || self.watch.is_some()
    }

    /// The lines by which limits and behaviour go: line after line for all of a batch, so that little lies between one miss and the next.
    #[inline(never)]
    fn fetch_guards<const N: usize>(&self, batch: &[Request]) {
        let mut origins = [Origin::default(); N];
        if let Some(watch) = &self.watch {
            for ((request, origin), more) in batch.iter().zip(&mut origins).zip(0..) {
                *origin = watch.origin(request);
                watch.fetch(*origin);
                self.ledger.fetch_whence(more);
            }
        }
        if let Some(gate) = &self.gate {
            gate.fetch(batch);
        }
        if let Some(watch) = &self.watch {
            for origin in &origins[..batch.len().min(N)] {
                watch.fetch_records(*origin);
            }
        }
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
