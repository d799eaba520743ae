//! An array that grows and never moves: how does a reader find element `i` without writing anything another reader writes?
//!
//! A fixed directory of chunks, each made whole when its first element is needed. Finding an element is two loads and a bounds check.
//!
//! # Ordering
//! A chunk is published by its `OnceBox`: whoever sees it sees it initialised. Of several that are made at once all but one are thrown away, which costs the time to fill them. The elements order themselves.

use std::fmt;

use crate::words::sync::OnceBox;

/// Chunks of `N` elements, a power of two: small enough that making one is no pause anybody sees.
pub(crate) struct Arena<T, const N: usize> {
    chunks: Box<[OnceBox<[T; N]>]>,
}

impl<T: Default, const N: usize> Arena<T, N> {
    /// Room for `max` elements.
    pub(crate) fn new(max: u32) -> Self {
        const { assert!(N.is_power_of_two()) }
        let chunks = (max as usize).div_ceil(N);
        Self {
            chunks: (0..chunks).map(|_| OnceBox::default()).collect(),
        }
    }

    /// The element, if its chunk was ever reached.
    #[inline]
    pub(crate) fn get(&self, index: impl Into<u64>) -> Option<&T> {
        let index = usize::try_from(index.into()).ok()?;
        let chunk = self.chunks.get(index / N)?.get()?;
        Some(&chunk[index % N])
    }

    /// The element, its chunk made if need be; `None` beyond the directory.
    #[inline]
    pub(crate) fn reach(&self, index: impl Into<u64>) -> Option<&T> {
        let index = usize::try_from(index.into()).ok()?;
        let chunk = self.chunks.get(index / N)?;
        Some(&chunk.get_or_init(Self::chunk)[index % N])
    }

    /// Made where it lies: a chunk is larger than many a thread's stack, and an arm that made an array first would want room for it there, be it reached or not.
    #[cold]
    fn chunk() -> Box<[T; N]> {
        loop {
            let chunk: Box<[T]> = (0..N).map(|_| T::default()).collect();
            // N elements were collected: it is one.
            if let Ok(chunk) = chunk.try_into() {
                return chunk;
            }
        }
    }
}

impl<T, const N: usize> fmt::Debug for Arena<T, N> {
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
        let arena = Arena::<std::sync::atomic::AtomicU32, 8>::new(100);
        assert!(arena.get(0_u32).is_none());
        let first = arena.reach(7_u32).map(std::ptr::from_ref);
        assert!(arena.get(0_u32).is_some() && arena.get(8_u32).is_none());
        assert!(arena.reach(99_u32).is_some());
        assert_eq!(arena.get(7_u32).map(std::ptr::from_ref), first);
        assert!(arena.reach(104_u32).is_none() && arena.get(u64::MAX).is_none());
    }
}
