//! Reaching for what a request will want: which cache lines are those?
//!
//! A grant wants six lines that nobody has at hand. Whoever reads a word of each before it works on the first waits for two misses, not for six:
//! those whose address the request tells, then those that they lead to. Limits and the judging of behaviour want a line for each key, two more for each of device and
//! account, and one that notes where the request came from.

use std::hint::black_box;

use crate::gate::behaviour::{Origin, Watch};
use crate::pool::Pool;
use crate::words::ask::Request;

use super::super::Inner;

/// A request whose lines are at hand, or on their way.
#[derive(Clone, Copy)]
pub(super) struct Touched<'a> {
    /// The patient's.
    pub(super) hash: u64,
    /// Where the first schedule stands, if anything ever stood there.
    pub(super) pool: Option<&'a Pool>,
}

impl Inner {
    /// Reads a word of every cache line that a request will want and whose address is known, so that the misses overlap: before reading the clock
    /// and taking a lock, which wait for what was read before. `more`: how many are worked on before it. The answer is the patient's hash.
    ///
    /// A core has some hundred instructions a request under way while it waits: what need not be in here and in [`Self::touch_slot`] must not.
    #[inline]
    fn touch(&self, request: &Request, pool: Option<&Pool>, more: u32) -> u64 {
        let hash = self.ledger.hash(request.patient());
        let pool = pool.map_or(0, Pool::touch);
        black_box(self.ledger.touch(hash) ^ self.ledger.touch_record(more) ^ pool);
        hash
    }

    /// The same for the lines that the pool's line leads to.
    #[inline]
    fn touch_slot(&self, request: &Request, pool: Option<&Pool>) -> u64 {
        pool.map_or(0, |pool| {
            pool.slots().touch(|| self.filter_hash(request.patient()))
        })
    }

    /// Both, for one request.
    #[inline]
    pub(super) fn touch_one(&self, request: &Request) -> u64 {
        let pool = self.first_pool(request);
        let hash = self.touch(request, pool, 0);
        if self.is_guarded() {
            self.touch_guards::<1>(std::slice::from_ref(request));
        }
        black_box(self.touch_slot(request, pool));
        hash
    }

    /// Both, for all of a batch.
    #[inline]
    pub(super) fn touch_all<const N: usize>(&self, batch: &[Request]) -> [Touched<'_>; N] {
        let mut all = [Touched {
            hash: 0,
            pool: None,
        }; N];
        for ((request, touched), more) in batch.iter().zip(&mut all).zip(0..) {
            touched.pool = self.first_pool(request);
            touched.hash = self.touch(request, touched.pool, more);
        }
        if self.is_guarded() {
            self.touch_guards::<N>(batch);
        }
        for (request, touched) in batch.iter().zip(&all) {
            // And the record of somebody who has one, whose number stands in the bucket.
            let slot = self.touch_slot(request, touched.pool);
            black_box(slot ^ self.ledger.touch_line(touched.hash));
        }
        all
    }

    /// Whether there are limits, or behaviour is judged.
    #[inline]
    fn is_guarded(&self) -> bool {
        self.gate.is_some() || self.watch.is_some()
    }

    /// The same for the lines by which limits and behaviour go: line after line for all of a batch, so that little lies between one miss and the next.
    #[inline(never)]
    fn touch_guards<const N: usize>(&self, batch: &[Request]) {
        if let Some(gate) = &self.gate {
            gate.touch(batch);
        }
        if let Some(watch) = &self.watch {
            self.touch_watch::<N>(watch, batch);
        }
    }

    fn touch_watch<const N: usize>(&self, watch: &Watch, batch: &[Request]) {
        let mut origins = [Origin::default(); N];
        for ((request, origin), more) in batch.iter().zip(&mut origins).zip(0..) {
            *origin = watch.origin(request);
            black_box(watch.touch(*origin) ^ self.ledger.touch_whence(more));
        }
        for origin in &origins[..batch.len().min(N)] {
            black_box(watch.touch_records(*origin));
        }
    }

    #[inline]
    fn first_pool(&self, request: &Request) -> Option<&Pool> {
        self.places.find(*request.schedules().first()?)
    }
}
