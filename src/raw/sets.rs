//! A record for each of any number of keys, in memory that never grows: whose record goes when a newcomer finds none free?
//!
//! Eight records are a set, and the hash of a key says which. A set has one lock of its own, and the lock lies in one cache line with the eight tags: finding a
//! record is that line, then the record's own. **Where all eight are in use the one of lowest rank goes**: what a rank is, the caller says.
//!
//! A tag is 32 bits of the hash, and never 0. A stranger's key is taken for another of its set seven times in 2^32; the hash is keyed, so nobody can choose to.
//!
//! # Ordering
//! Everything is touched under its set's lock, which orders it. Sets have nothing to do with each other, so there is no order between them to keep; nothing
//! else is locked while a set is, and no user code runs.

use std::fmt;

use crate::words::sync::Mutex;

/// Records in a set.
pub(crate) const WAYS: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    8
};

/// A lock takes eight bytes of the line that it lies in.
const SPARE: usize = 56 - 4 * 8;

#[repr(C)]
struct Set<T> {
    tags: [u32; WAYS],
    /// So that records begin with a line.
    _spare: [u8; SPARE],
    records: [T; WAYS],
}

#[repr(align(64))]
struct Locked<T>(Mutex<Set<T>>);

pub(crate) struct Sets<T> {
    sets: Box<[Locked<T>]>,
}

/// The set of a hash, by its lower half, and the tag, by the upper.
#[inline]
const fn place(hash: u64, sets: usize) -> (usize, u32) {
    let (low, tag) = (hash & 0xffff_ffff, (hash >> 32) as u32);
    let tag = if tag == 0 { 1 } else { tag };
    (((low * sets as u64) >> 32) as usize, tag)
}

impl<T: Copy + Default> Sets<T> {
    /// Room for `records`, rounded up to whole sets. All of its memory is taken here.
    pub(crate) fn new(records: u32) -> Self {
        let set = || {
            Locked(Mutex::new(Set {
                tags: [0; WAYS],
                _spare: [0; SPARE],
                records: [T::default(); WAYS],
            }))
        };
        Self {
            sets: (0..records.div_ceil(WAYS as u32).max(1))
                .map(|_| set())
                .collect(),
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

    /// Works on the key's record, which is made if there is none; says whether another had to go for it.
    #[inline]
    pub(crate) fn with<R, K: Ord>(
        &self,
        hash: u64,
        rank: impl Fn(&T) -> K,
        work: impl FnOnce(&mut T) -> R,
    ) -> (R, bool) {
        let (at, tag) = place(hash, self.sets.len());
        let set = &mut *self.sets[at].0.lock();
        if let Some(way) = set.tags.iter().position(|own| *own == tag) {
            return (work(&mut set.records[way]), false);
        }
        let (way, displacing) = match set.tags.iter().position(|own| *own == 0) {
            Some(way) => (way, false),
            None => (lowest(&set.records, rank), true),
        };
        set.tags[way] = tag;
        set.records[way] = T::default();
        (work(&mut set.records[way]), displacing)
    }

    /// The key's record as it is, if there is one.
    pub(crate) fn read(&self, hash: u64) -> Option<T> {
        let (at, tag) = place(hash, self.sets.len());
        let set = &*self.sets[at].0.lock();
        let way = set.tags.iter().position(|own| *own == tag)?;
        Some(set.records[way])
    }
}

#[cold]
fn lowest<T, K: Ord>(records: &[T; WAYS], rank: impl Fn(&T) -> K) -> usize {
    let ranked = records.iter().map(rank).enumerate();
    ranked
        .min_by(|(_, one), (_, other)| one.cmp(other))
        .map_or(0, |(way, _)| way)
}

impl<T> fmt::Debug for Sets<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sets")
            .field("sets", &self.sets.len())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn eight_records_of_a_line_are_nine_lines() {
        assert_eq!(size_of::<Locked<[u64; 8]>>(), 9 * 64);
        let sets = Sets::<[u64; 8]>::new(100);
        assert_eq!((sets.capacity(), sets.bytes()), (104, 13 * 9 * 64));
        // Each record is one line.
        let set = sets.sets[0].0.lock();
        assert_eq!(std::ptr::from_ref(&set.records[0]).addr() % 64, 0);
    }

    #[test]
    fn the_lowest_of_a_full_set_goes() {
        let sets = Sets::<u32>::new(1);
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
        // A tag of 0 would be nobody's.
        let sets = Sets::<u32>::new(1);
        sets.with(0, |it| *it, |it| *it = 11);
        assert_eq!(sets.read(0), Some(11));
    }
}
