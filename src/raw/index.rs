//! A hash table of numbers, whose keys lie elsewhere: which of the things in an array is it?
//!
//! A word an entry: its number, and as many bits of its hash, which tell where it belongs and let nearly everybody pass by without reading the thing itself. Whoever finds a place
//! taken goes on to the next (linear probing), and whoever leaves has those after moved up. So a look reads one cache line mostly, and a table that
//! is to grow reads nothing but itself.

use super::ahead;

/// An entry is never 0: a number is never the greatest one.
const EMPTY: u64 = 0;

const fn entry(tag: u32, number: u32) -> u64 {
    (tag as u64) << 32 | !number as u64
}

const fn tag_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

const fn number_of(entry: u64) -> u32 {
    !(entry as u32)
}

pub(crate) struct Index {
    /// At most two thirds of them are taken.
    entries: Box<[u64]>,
    len: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Index {
    /// For so many numbers. It grows if there are more.
    pub(crate) fn new(expected: usize) -> Self {
        Self {
            entries: vec![EMPTY; expected + expected / 2 + 2].into(),
            len: 0,
        }
    }

    /// The tag of a hash: its high bits; the caller may have used the low ones.
    const fn tag(hash: u64) -> u32 {
        (hash >> 32) as u32
    }

    /// Where an entry of this tag belongs: as far into the table as its tag among all tags.
    const fn home(&self, tag: u32) -> usize {
        ((tag as u64 * self.entries.len() as u64) >> 32) as usize
    }

    /// The place after this one; the first comes after the last.
    const fn after(&self, at: usize) -> usize {
        if at + 1 == self.entries.len() {
            0
        } else {
            at + 1
        }
    }

    /// How many steps it is from one place to another.
    const fn steps(&self, from: usize, to: usize) -> usize {
        if to < from {
            to + self.entries.len() - from
        } else {
            to - from
        }
    }

    /// Has the line on its way where this hash belongs.
    #[inline]
    pub(crate) fn fetch(&self, hash: u64) {
        ahead::fetch(&self.entries[self.home(Self::tag(hash))]);
    }

    /// Where there is an entry of this tag of which this holds; else the empty place where one belongs.
    #[inline]
    fn place(&self, tag: u32, is: impl Fn(u32) -> bool) -> (usize, Option<u32>) {
        let mut at = self.home(tag);
        loop {
            let found = self.entries[at];
            if found == EMPTY {
                return (at, None);
            }
            if tag_of(found) == tag && is(number_of(found)) {
                return (at, Some(number_of(found)));
            }
            at = self.after(at);
        }
    }

    /// The number under this hash of which this holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        self.place(Self::tag(hash), is).1
    }

    /// Enters a number that is not in.
    pub(crate) fn enter(&mut self, hash: u64, number: u32) {
        if 3 * (self.len + 1) > 2 * self.entries.len() {
            self.grow();
        }
        self.put(Self::tag(hash), number);
        self.len += 1;
    }

    fn put(&mut self, tag: u32, number: u32) {
        let (at, _) = self.place(tag, |_| false);
        self.entries[at] = entry(tag, number);
    }

    #[cold]
    fn grow(&mut self) {
        let twice = vec![EMPTY; self.entries.len() * 2].into();
        let before = std::mem::replace(&mut self.entries, twice);
        let taken = before.iter().filter(|it| **it != EMPTY);
        taken.for_each(|it| self.put(tag_of(*it), number_of(*it)));
    }

    /// Takes a number out that was entered under this hash.
    pub(crate) fn take(&mut self, hash: u64, number: u32) {
        let (mut hole, Some(_)) = self.place(Self::tag(hash), |it| it == number) else {
            return;
        };
        self.len -= 1;
        // Whatever belongs at the hole or before it moves up, so that nobody meets an empty place on their way.
        let mut at = hole;
        loop {
            at = self.after(at);
            let next = self.entries[at];
            if next == EMPTY {
                break;
            }
            if self.steps(self.home(tag_of(next)), at) >= self.steps(hole, at) {
                self.entries[hole] = next;
                hole = at;
            }
        }
        self.entries[hole] = EMPTY;
    }

    /// Puts another number, which is not in, where one was.
    pub(crate) fn replace(&mut self, hash: u64, old: u32, new: u32) {
        let tag = Self::tag(hash);
        if let (at, Some(_)) = self.place(tag, |it| it == old) {
            self.entries[at] = entry(tag, new);
        }
    }

    /// The memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.entries)
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// In a table that is nearly full, and with hashes that belong at its end.
        #[test]
        fn found_until_taken(steps in prop::collection::vec((0..3u8, 0..40u32, 40..60u32), 0..200), alike in 1..12u64) {
            let mut index = Index::new(3);
            // Some of the first and some of the last.
            let hash = |number: u32| (u64::from(number) % alike).wrapping_sub(3) << 59 | 7;
            let mut plain = BTreeMap::new();
            for (what, number, other) in steps {
                match (what, plain.get(&number).copied()) {
                    (0 | 2, None) => {
                        index.enter(hash(number), number);
                        plain.insert(number, number);
                    }
                    (1, Some(as_number)) => {
                        index.take(hash(number), as_number);
                        plain.remove(&number);
                    }
                    (2, Some(as_number)) if !plain.values().any(|it| *it == other) => {
                        index.replace(hash(number), as_number, other);
                        plain.insert(number, other);
                    }
                    _ => {}
                }
                for key in 0..40 {
                    let expected = plain.get(&key).copied();
                    let found = index.find(hash(key), |it| Some(it) == expected);
                    prop_assert_eq!(found, expected);
                }
                let all = index.entries.iter().filter(|it| **it != EMPTY).count();
                prop_assert_eq!((all, index.len), (plain.len(), plain.len()));
                prop_assert!(3 * all <= 2 * index.entries.len());
            }
        }
    }

    #[test]
    fn a_number_under_another_hash_is_not_taken() {
        let mut index = Index::new(8);
        index.enter(5 << 32, 1);
        index.take(6 << 32, 1);
        assert_eq!(index.find(5 << 32, |_| true), Some(1));
        assert_eq!(index.find(6 << 32, |_| true), None);
    }
}
