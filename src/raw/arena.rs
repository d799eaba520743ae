//! An array that grows and never moves: how does a reader find element `i` without writing anything another reader writes?
//!
//! A fixed directory of chunks, each made whole when its first element is needed. Finding an element is two loads and a bounds check.
//!
//! # Ordering
//! A chunk is published by its `OnceLock`: whoever sees it sees it initialised. The elements order themselves.

use std::fmt;

use crate::words::sync::OnceLock;

pub(crate) struct Arena<T> {
    chunks: Box<[OnceLock<Box<[T]>>]>,
    chunk_bits: u32,
}

impl<T: Default> Arena<T> {
    /// Room for `max` elements, in chunks of `2^chunk_bits`. A chunk is the unit of growth: small enough that making one is no
    /// pause anybody sees.
    pub(crate) fn new(max: u32, chunk_bits: u32) -> Self {
        let chunks = max.div_ceil(1 << chunk_bits);
        Self {
            chunks: (0..chunks).map(|_| OnceLock::new()).collect(),
            chunk_bits,
        }
    }

    /// The element, if its chunk was ever reached.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        let chunk = self
            .chunks
            .get((index >> self.chunk_bits) as usize)?
            .get()?;
        chunk.get(self.offset(index))
    }

    /// The element, its chunk made if need be; `None` beyond the directory.
    #[inline]
    pub(crate) fn reach(&self, index: u32) -> Option<&T> {
        let chunk = self.chunks.get((index >> self.chunk_bits) as usize)?;
        chunk
            .get_or_init(|| {
                (0..1usize << self.chunk_bits)
                    .map(|_| T::default())
                    .collect()
            })
            .get(self.offset(index))
    }

    #[inline]
    fn offset(&self, index: u32) -> usize {
        (index & ((1 << self.chunk_bits) - 1)) as usize
    }
}

impl<T> fmt::Debug for Arena<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena")
            .field("chunks", &self.chunks.len())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn elements_stay_where_they_are() {
        let arena = Arena::<std::sync::atomic::AtomicU32>::new(100, 3);
        assert!(arena.get(0).is_none());
        let first = arena.reach(7).map(std::ptr::from_ref);
        assert!(arena.get(0).is_some() && arena.get(8).is_none());
        assert!(arena.reach(99).is_some());
        assert_eq!(arena.get(7).map(std::ptr::from_ref), first);
        assert!(arena.reach(104).is_none() && arena.get(u32::MAX).is_none());
    }
}
