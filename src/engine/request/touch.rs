//! Reaching for what a request will want: which cache lines are those?
//!
//! A grant wants six lines that nobody has at hand. Whoever reads a word of each before it works on the first waits for two misses, not for six:
//! those whose address the request tells, then those that they lead to.

use std::hint::black_box;

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
        for (request, touched) in batch.iter().zip(&all) {
            // And the record of somebody who has one, whose number stands in the bucket.
            let slot = self.touch_slot(request, touched.pool);
            black_box(slot ^ self.ledger.touch_line(touched.hash));
        }
        all
    }

    #[inline]
    fn first_pool(&self, request: &Request) -> Option<&Pool> {
        self.places.find(*request.schedules().first()?)
    }
}
