//! A table of short lists under small locks: what stands under this hash?
//!
//! The table is an array of buckets, one cache line each: a lock of one byte, a link, and seven entries of eight bytes. An entry is the upper
//! 36 bits of a hash (the tag) and a number of 28 bits. The lower 32 bits choose the bucket, so its address is known before anything
//! is read. A bucket that is full goes on in a spill bucket, which stays linked for good. Nothing ever moves and nothing
//! is rehashed: the table is sized once, and past that it degrades by a line each seven entries of a bucket.
//!
//! Whoever changes a bucket has locked it. Whoever only wants to know that a tag is *not* there needs no lock.
//!
//! # Ordering
//! Entries are written Release and read Acquire, for those who peek. Under the lock its own ordering would do.

use std::fmt;

use crate::raw::ahead::fetch;
use crate::words::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::words::sync::{Mutex, MutexGuard};

use super::arena::Arena;
use super::numbers::Numbers;

const ENTRIES: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    7
};
const SPILL_CHUNK: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    1_024
};
const NUMBER_BITS: u32 = 28;
const NUMBER: u64 = (1 << NUMBER_BITS) - 1;

#[derive(Debug, Default)]
#[repr(align(64))]
struct Bucket {
    lock: Mutex<()>,
    /// The spill bucket that goes on from here; 0 for none.
    next: AtomicU32,
    /// Tag and number; 0 for none (no number is 0).
    entries: [AtomicU64; ENTRIES],
}

impl Bucket {
    /// The first entry under the tag, from that one on: its index and number.
    #[inline]
    fn find(&self, tag: u64, from: usize) -> Option<(usize, u32)> {
        (from..ENTRIES).find_map(|i| number_under(tag, &self.entries[i]).map(|number| (i, number)))
    }

    /// The first place without an entry. Counted without a branch a place, which no core could guess.
    #[inline]
    fn first_free(&self) -> Option<&AtomicU64> {
        let free =
            |(i, entry): (usize, &AtomicU64)| u32::from(entry.load(Ordering::Relaxed) == 0) << i;
        let free = self.entries.iter().enumerate().map(free);
        let free = free.fold(0, |all, bit| all | bit);
        self.entries.get(free.trailing_zeros() as usize)
    }
}

/// The number of an entry, if it is under the tag.
#[inline]
fn number_under(tag: u64, entry: &AtomicU64) -> Option<u32> {
    // Acquire: for those who look without the lock. Equal tags leave the number alone.
    let number = entry.load(Ordering::Acquire) ^ tag;
    (number >> NUMBER_BITS == 0).then_some(number as u32)
}

pub(crate) struct Lines {
    buckets: Box<[Bucket]>,
    spill: Arena<Bucket, SPILL_CHUNK>,
    spill_numbers: Numbers,
}

/// A bucket that is locked, with the hash it was locked for.
pub(crate) struct Locked<'a> {
    lines: &'a Lines,
    bucket: &'a Bucket,
    tag: u64,
    _guard: MutexGuard<'a, ()>,
}

/// Never 0, so that an empty entry is under none.
const fn tag_of(hash: u64) -> u64 {
    let tag = hash >> NUMBER_BITS << NUMBER_BITS;
    if tag == 0 { 1 << NUMBER_BITS } else { tag }
}

impl Lines {
    /// A table for about so many entries: four and a half a bucket of seven, so that one bucket in fifteen spills. `spill_max` buckets more may be linked on.
    pub(crate) fn new(expected: u32, spill_max: u32) -> Self {
        let buckets = (expected as usize * 2).div_ceil(ENTRIES + 2);
        Self {
            buckets: (0..buckets).map(|_| Bucket::default()).collect(),
            spill: Arena::new(spill_max),
            spill_numbers: Numbers::new(1, spill_max),
        }
    }

    #[inline]
    fn bucket(&self, hash: u64) -> &Bucket {
        &self.buckets[self.bucket_of(hash)]
    }

    #[inline]
    pub(crate) fn bucket_of(&self, hash: u64) -> usize {
        // A 32-bit fraction of the number of buckets.
        (((hash & 0xffff_ffff) * self.buckets.len() as u64) >> 32) as usize
    }

    pub(crate) fn buckets(&self) -> usize {
        self.buckets.len()
    }

    /// Has the hash's line on its way.
    #[inline]
    pub(crate) fn fetch(&self, hash: u64) {
        fetch(self.bucket(hash));
    }

    /// A number under the hash in its own bucket, unless somebody is just changing it.
    #[inline]
    pub(crate) fn glance(&self, hash: u64) -> Option<u32> {
        let (bucket, tag) = (self.bucket(hash), tag_of(hash));
        // Without a branch an entry, which no core could guess.
        let numbers = bucket.entries.iter().map(|entry| number_under(tag, entry));
        let number = numbers.fold(0, |found, number| found | number.unwrap_or(0));
        (number != 0).then_some(number)
    }

    #[inline]
    pub(crate) fn lock(&self, hash: u64) -> Locked<'_> {
        let bucket = self.bucket(hash);
        Locked {
            lines: self,
            bucket,
            tag: tag_of(hash),
            _guard: bucket.lock.lock(),
        }
    }

    /// Waits until whoever has the bucket of this index locked now has let go of it.
    pub(crate) fn pass(&self, bucket: usize) {
        drop(self.buckets[bucket].lock.lock());
    }

    /// Every number in the bucket of this index, which is locked meanwhile.
    pub(crate) fn all_in(&self, bucket: usize, mut each: impl FnMut(u32)) {
        let bucket = &self.buckets[bucket];
        let _guard = bucket.lock.lock();
        for part in self.chain(bucket) {
            for entry in &part.entries {
                let entry = entry.load(Ordering::Relaxed);
                if entry != 0 {
                    each((entry & NUMBER) as u32);
                }
            }
        }
    }

    /// Whether anything may stand under this hash. An entry that stood throughout the call is never missed; a yes wants looking at under the lock.
    #[inline]
    pub(crate) fn peek(&self, hash: u64) -> bool {
        let tag = tag_of(hash);
        self.chain(self.bucket(hash))
            .any(|part| part.find(tag, 0).is_some())
    }

    fn chain<'a>(&'a self, bucket: &'a Bucket) -> impl Iterator<Item = &'a Bucket> {
        std::iter::successors(Some(bucket), |part| self.next_part(part))
    }

    /// Where a bucket goes on.
    #[inline]
    fn next_part(&self, part: &Bucket) -> Option<&Bucket> {
        // Acquire: pairs with the release that linked the spill bucket.
        match part.next.load(Ordering::Acquire) {
            0 => None,
            next => self.spill.get(next),
        }
    }
}

impl<'a> Locked<'a> {
    /// Whether surely nothing stands under the hash: nearly always so, and the whole bucket is read in one go.
    #[inline]
    pub(crate) fn is_blank(&self) -> bool {
        let others = |entry| number_under(self.tag, entry).is_none();
        self.bucket.next.load(Ordering::Acquire) == 0 && self.bucket.entries.iter().all(others)
    }

    /// The numbers whose tag is that of the hash: those under it, and, once in 2^36, a stranger's.
    #[inline]
    pub(crate) fn matches(&self) -> Matches<'a> {
        Matches {
            lines: self.lines,
            bucket: self.bucket,
            tag: self.tag,
            from: 0,
        }
    }

    /// Puts a number under the hash; false if there is no room left to link on.
    #[inline]
    pub(crate) fn insert(&self, number: u32) -> bool {
        match self.bucket.first_free() {
            Some(place) => {
                place.store(self.tag | u64::from(number), Ordering::Release);
                true
            }
            None => self.insert_beyond(number),
        }
    }

    #[cold]
    fn insert_beyond(&self, number: u32) -> bool {
        let place = self
            .lines
            .chain(self.bucket)
            .flat_map(|part| &part.entries)
            .find(|e| e.load(Ordering::Relaxed) == 0);
        match place {
            Some(place) => {
                place.store(self.tag | u64::from(number), Ordering::Release);
                true
            }
            None => self.spill(number),
        }
    }

    #[cold]
    fn spill(&self, number: u32) -> bool {
        let Some(last) = self.lines.chain(self.bucket).last() else {
            return false;
        };
        let Some((link, part)) = self
            .lines
            .spill_numbers
            .take()
            .and_then(|n| Some((n, self.lines.spill.reach(n)?)))
        else {
            return false;
        };
        part.entries[0].store(self.tag | u64::from(number), Ordering::Relaxed);
        last.next.store(link, Ordering::Release);
        true
    }

    /// Takes a number from under the hash.
    pub(crate) fn remove(&self, number: u32) {
        let entry = self.tag | u64::from(number);
        let place = self
            .lines
            .chain(self.bucket)
            .flat_map(|part| &part.entries)
            .find(|e| e.load(Ordering::Relaxed) == entry);
        if let Some(place) = place {
            place.store(0, Ordering::Release);
        }
    }
}

/// See [`Locked::matches`].
pub(crate) struct Matches<'a> {
    lines: &'a Lines,
    bucket: &'a Bucket,
    tag: u64,
    /// The entry to look at next.
    from: usize,
}

impl Iterator for Matches<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        loop {
            if let Some((i, number)) = self.bucket.find(self.tag, self.from) {
                self.from = i + 1;
                return Some(number);
            }
            (self.bucket, self.from) = (self.lines.next_part(self.bucket)?, 0);
        }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("buckets", &self.buckets.len())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_bucket_is_one_cache_line() {
        assert_eq!((size_of::<Bucket>(), align_of::<Bucket>()), (64, 64));
    }

    #[test]
    fn a_tiny_table_spills_and_forgets_nothing() {
        let lines = Lines::new(1, 1_000);
        let hash = |i: u32| (u64::from(i % 50) << NUMBER_BITS) | u64::from(i % 4);
        for i in 1..=2_000 {
            assert!(lines.lock(hash(i)).insert(i));
        }
        for i in 1..=2_000 {
            assert!(lines.peek(hash(i)));
            let found: BTreeSet<u32> = lines.lock(hash(i)).matches().collect();
            let expected: BTreeSet<u32> = (1..=2_000)
                .filter(|&j| tag_of(hash(j)) == tag_of(hash(i)))
                .collect();
            assert!(found.is_subset(&expected) && found.contains(&i));
        }
        for i in 1..=2_000 {
            lines.lock(hash(i)).remove(i);
        }
        assert!((1..=2_000).all(|i| !lines.peek(hash(i))));
        let mut left = 0;
        (0..lines.buckets()).for_each(|bucket| lines.all_in(bucket, |_| left += 1));
        assert_eq!(left, 0);
    }

    #[test]
    fn a_full_table_says_so() {
        let lines = Lines::new(1, 2);
        let room = (1..100).take_while(|&i| lines.lock(0).insert(i)).count();
        assert_eq!(room, 2 * ENTRIES);
    }
}
