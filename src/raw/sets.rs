//! A record for each of any number of keys, in memory that never grows: whose record goes when a newcomer finds none free?
//!
//! Eight records are a set, and the hash of a key says which. A set has one lock of its own, and the lock lies in one cache line with the eight tags: finding a
//! record is that line, then the record's own. **Where all eight are in use the one of lowest rank goes**: what a rank is, the caller says.
//!
//! A tag is 32 bits of the hash, and never 0. A stranger's key is taken for another of its set seven times in 2^32; the hash is keyed, so nobody can choose to.
//!
//! Tags and records are words, so that a record's line can be found and fetched ahead without the lock. A newcomer's record is put where its tag says, if that is free: so most can be
//! fetched together with the line by which they are found.
//!
//! # Ordering
//! Everything is read and written under its set's lock, which orders it, so the words themselves are Relaxed. Sets have nothing to do with each other, so there is
//! no order between them to keep; nothing else is locked while a set is, and no user code runs.

use std::fmt;
use std::marker::PhantomData;

use crate::raw::ahead::fetch;
use crate::words::sync::Mutex;
use crate::words::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Records in a set.
pub(crate) const WAYS: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    8
};

/// What can be kept in so many words; one that is all zeros is the default.
pub(crate) trait Kept<const N: usize>: Copy + Default {
    fn of_words(words: [u64; N]) -> Self;
    fn to_words(self) -> [u64; N];
}

/// The one line that finding a record takes.
#[repr(C, align(64))]
struct Head {
    tags: [AtomicU32; WAYS],
    lock: Mutex<()>,
}

#[repr(C)]
struct Set<const N: usize> {
    head: Head,
    records: [[AtomicU64; N]; WAYS],
}

impl<const N: usize> Set<N> {
    fn new() -> Self {
        let words = |_| std::array::from_fn(|_| AtomicU64::new(0));
        Self {
            head: Head {
                tags: std::array::from_fn(|_| AtomicU32::new(0)),
                lock: Mutex::new(()),
            },
            records: std::array::from_fn(words),
        }
    }

    /// The ways with this tag, a bit each: told without a branch, since which it is no core can guess.
    #[inline]
    fn ways_of(&self, tag: u32) -> u32 {
        let tags = self
            .head
            .tags
            .each_ref()
            .map(|own| own.load(Ordering::Relaxed));
        let bit = |(way, own): (usize, u32)| u32::from(own == tag) << way;
        tags.into_iter()
            .enumerate()
            .map(bit)
            .fold(0, |all, bit| all | bit)
    }

    /// The way with this tag; if there is none, where a newcomer's record goes, if there is room.
    #[inline]
    fn way_for(&self, tag: u32) -> Option<usize> {
        let (own, free, home) = (self.ways_of(tag), self.ways_of(0), 1 << home(tag));
        let free = if free & home == 0 { free } else { home };
        first(if own == 0 { free } else { own })
    }

    #[inline]
    fn read<T: Kept<N>>(&self, way: usize) -> T {
        let words = &self.records[way];
        T::of_words(std::array::from_fn(|at| words[at].load(Ordering::Relaxed)))
    }

    #[inline]
    fn write<T: Kept<N>>(&self, way: usize, record: T) {
        for (word, new) in self.records[way].iter().zip(record.to_words()) {
            word.store(new, Ordering::Relaxed);
        }
    }

    #[cold]
    fn lowest<T: Kept<N>, K: Ord>(&self, rank: impl Fn(&T) -> K) -> usize {
        let ranked = (0..WAYS).map(|way| (rank(&self.read(way)), way));
        ranked
            .min_by(|(one, _), (other, _)| one.cmp(other))
            .map_or(0, |(_, way)| way)
    }
}

pub(crate) struct Sets<T, const N: usize> {
    sets: Box<[Set<N>]>,
    of: PhantomData<fn() -> T>,
}

/// The set of a hash, by its lower half, and the tag, by the upper.
#[inline]
const fn place(hash: u64, sets: usize) -> (usize, u32) {
    let (low, tag) = (hash & 0xffff_ffff, (hash >> 32) as u32);
    let tag = if tag == 0 { 1 } else { tag };
    (((low * sets as u64) >> 32) as usize, tag)
}

/// The first of these ways.
#[inline]
fn first(ways: u32) -> Option<usize> {
    (ways != 0).then(|| ways.trailing_zeros() as usize)
}

/// Where the record of a tag is likely to be.
#[inline]
const fn home(tag: u32) -> usize {
    tag as usize % WAYS
}

impl<T: Kept<N>, const N: usize> Sets<T, N> {
    /// Room for `records`, rounded up to whole sets. All of its memory is taken here.
    pub(crate) fn new(records: u32) -> Self {
        Self {
            sets: (0..records.div_ceil(WAYS as u32).max(1))
                .map(|_| Set::new())
                .collect(),
            of: PhantomData,
        }
    }

    /// How many records there is room for.
    pub(crate) fn capacity(&self) -> u64 {
        self.sets.len() as u64 * WAYS as u64
    }

    /// The memory that they take, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        size_of_val(&*self.sets) as u64
    }

    #[inline]
    fn open(&self, hash: u64) -> (&Set<N>, u32) {
        let (at, tag) = place(hash, self.sets.len());
        (&self.sets[at], tag)
    }

    /// Works on the key's record, which is made if there is none; says whether another had to go for it.
    #[inline]
    pub(crate) fn with<R, K: Ord>(
        &self,
        hash: u64,
        rank: impl Fn(&T) -> K,
        work: impl FnOnce(&mut T) -> R,
    ) -> (R, bool) {
        let (set, tag) = self.open(hash);
        let _own = set.head.lock.lock();
        let room = set.way_for(tag);
        // What nobody has had yet is all zeros: a newcomer's record.
        let (way, mut record) = match room {
            Some(way) => (way, set.read(way)),
            None => (set.lowest(rank), T::default()),
        };
        set.head.tags[way].store(tag, Ordering::Relaxed);
        let answer = work(&mut record);
        set.write(way, record);
        (answer, room.is_none())
    }

    /// The key's record as it is, if there is one.
    pub(crate) fn read(&self, hash: u64) -> Option<T> {
        let (set, tag) = self.open(hash);
        let _own = set.head.lock.lock();
        Some(set.read(first(set.ways_of(tag))?))
    }

    /// Has the line on its way by which the key's record is found, and the record where it is likely to be.
    #[inline]
    pub(crate) fn fetch(&self, hash: u64) {
        let (set, tag) = self.open(hash);
        fetch(&set.head);
        fetch(&set.records[home(tag)]);
    }

    /// Has the record on its way if it is elsewhere. Waits for the line by which it is found.
    #[inline]
    pub(crate) fn fetch_strayed(&self, hash: u64) {
        let (set, tag) = self.open(hash);
        if set.head.tags[home(tag)].load(Ordering::Relaxed) != tag
            && let Some(way) = set.way_for(tag)
        {
            fetch(&set.records[way]);
        }
    }
}

impl<T, const N: usize> fmt::Debug for Sets<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sets")
            .field("sets", &self.sets.len())
            .finish_non_exhaustive()
    }
}

/// A number, for the tests.
#[cfg(test)]
impl Kept<1> for u32 {
    fn of_words([word]: [u64; 1]) -> Self {
        word as Self
    }

    fn to_words(self) -> [u64; 1] {
        [self.into()]
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn eight_records_of_a_line_are_nine_lines() {
        assert_eq!(size_of::<Set<8>>(), 9 * 64);
        // Each record is one line.
        assert_eq!(std::mem::offset_of!(Set<8>, records), 64);
        assert_eq!(align_of::<Set<8>>(), 64);
    }

    #[test]
    fn the_lowest_of_a_full_set_goes() {
        let sets = Sets::<u32, 1>::new(1);
        let put = |key: u64, value| sets.with(key << 32, |it| *it, |it| *it = value);
        for (key, value) in (1..=8).zip([7, 3, 9, 5, 8, 4, 6, 2]) {
            assert_eq!(put(key, value), ((), false));
        }
        assert_eq!(sets.read(8 << 32), Some(2));
        assert_eq!(put(9, 1), ((), true));
        assert_eq!((sets.read(8 << 32), sets.read(9 << 32)), (None, Some(1)));
        // The newcomer is the lowest now, and goes for the next.
        assert_eq!(put(10, 10), ((), true));
        assert_eq!((sets.read(9 << 32), sets.read(3 << 32)), (None, Some(9)));
        // What is fetched ahead makes nothing.
        sets.fetch(11 << 32);
        sets.fetch_strayed(11 << 32);
        assert_eq!(sets.read(11 << 32), None);
        // Those whose place is taken are found elsewhere, also once it is free.
        let sets = Sets::<u32, 1>::new(1);
        for nth in 0..9 {
            let (hash, value) = ((1 + nth * WAYS as u64) << 32, nth as u32 + 1);
            assert_eq!(sets.with(hash, |it| *it, |it| *it = value), ((), nth == 8));
            sets.fetch(hash);
            sets.fetch_strayed(hash);
            assert_eq!(sets.read(hash), Some(value));
            assert_eq!(sets.with(hash, |it| *it, |it| *it), (value, false));
        }
        let kept = (1..9).map(|nth| sets.read((1 + nth * WAYS as u64) << 32));
        assert!(kept.eq((2..10).map(Some)) && sets.read(1 << 32).is_none());
        // A tag of 0 would be nobody's.
        let sets = Sets::<u32, 1>::new(1);
        sets.with(0, |it| *it, |it| *it = 11);
        assert_eq!(sets.read(0), Some(11));
    }
}
