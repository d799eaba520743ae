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

impl Inner {
    /// Reads a word of every cache line that a request will want and whose address is known, so that the misses overlap: before reading the clock
    /// and taking a lock, which wait for what was read before. `more`: how many are worked on before it. The answer is the patient's hash.
    ///
    /// A core has some hundred instructions a request under way while it waits: what need not be in here and in [`Self::touch_slot`] must not.
    #[inline]
    fn touch(&self, request: &Request, more: u32) -> u64 {
        let hash = self.ledger.hash(request.patient());
        let pool = self.first_pool(request).map_or(0, Pool::touch);
        black_box(self.ledger.touch(hash) ^ self.ledger.touch_record(more) ^ pool);
        hash
    }

    /// The same for the lines that the pool's line leads to.
    #[inline]
    fn touch_slot(&self, request: &Request) -> u64 {
        let pool = self.first_pool(request);
        pool.map_or(0, |pool| {
            pool.slots().touch(self.filter_hash(request.patient()))
        })
    }

    /// Both, for one request.
    #[inline]
    pub(super) fn touch_one(&self, request: &Request) -> u64 {
        let hash = self.touch(request, 0);
        if self.is_guarded() {
            self.touch_guards::<1>(std::slice::from_ref(request));
        }
        black_box(self.touch_slot(request));
        hash
    }

    /// Both, for all of a batch.
    #[inline]
    pub(super) fn touch_all<const N: usize>(&self, batch: &[Request]) -> [u64; N] {
        let mut hashes = [0; N];
        for ((request, hash), more) in batch.iter().zip(&mut hashes).zip(0..) {
            *hash = self.touch(request, more);
        }
        if self.is_guarded() {
            self.touch_guards::<N>(batch);
        }
        for (request, hash) in batch.iter().zip(hashes) {
            // And the record of somebody who has one, whose number stands in the bucket.
            black_box(self.touch_slot(request) ^ self.ledger.touch_line(hash));
        }
        hashes
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
