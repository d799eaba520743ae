//! The last seven days on which something happened to a key, in sixteen bytes a key, for a fixed number of keys. What is known does not depend on the order in which they are noted.
//!
//! A row of eight cells a hash; a cell is a tag of 22 bits and seven days of 14 bits. A key without a cell takes an empty one of its row, or one that says
//! nothing any more, or else the one whose last day is the longest ago. Two keys of one row are taken for one in one look-up of half a million (8 in 2^22).
//!
//! Rarely used, so under a lock: one of 64.

use crate::words::sync::Mutex;

const WAYS: usize = 8;
const SHARDS: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    1
} else {
    64
};
/// Days are counted up to here and again from 1; 0 is none. So a day is right for 22 years.
const CYCLE: u64 = (1 << 14) - 1;
const DAYS: usize = 7;
const DAY_BITS: usize = 14;
const TAG_SHIFT: usize = DAYS * DAY_BITS;

/// How many days ago the last ones were, the latest first; `None` if there were fewer.
pub(crate) type Ages = [Option<u16>; DAYS];

type Row = [u128; WAYS];

pub(crate) struct Strikes {
    shards: Box<[Mutex<Box<[Row]>>]>,
    /// What happened so many days ago is forgotten.
    keep: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Cell(u128);

impl Cell {
    fn new(tag: u64) -> Self {
        Self(u128::from(tag) << TAG_SHIFT)
    }

    fn tag(self) -> u64 {
        // 22 bits.
        (self.0 >> TAG_SHIFT) as u64
    }

    /// A day of its own, counted from 1; 0: none.
    fn day(self, which: usize) -> u64 {
        // 14 bits.
        (self.0 >> (DAY_BITS * which)) as u64 & CYCLE
    }

    fn ages(self, today: u64) -> Ages {
        std::array::from_fn(|which| {
            let day = self.day(which);
            let age = (today % CYCLE + CYCLE - (day.max(1) - 1)) % CYCLE;
            // More than half a cycle ago is a clock that was ahead.
            let age = if age > CYCLE / 2 { 0 } else { age as u16 };
            (day > 0).then_some(age)
        })
    }

    /// The latest of its days and this one, the latest first.
    fn and(self, day: u64) -> Self {
        let mut new = day % CYCLE + 1;
        let mut cell = Self::new(self.tag());
        for which in 0..DAYS {
            let old = self.day(which);
            // Later by at most half a cycle.
            let is_later = old > 0 && (1..=CYCLE / 2).contains(&((old + CYCLE - new) % CYCLE));
            let kept = match new > 0 && !is_later {
                true => std::mem::replace(&mut new, old),
                false => old,
            };
            cell.0 |= u128::from(kept) << (DAY_BITS * which);
        }
        cell
    }
}

impl Strikes {
    /// For so many keys at least, of which nothing older than `keep` days matters: below 8,000.
    pub(crate) fn new(keys: u32, keep: u16) -> Self {
        let rows = (keys as usize).div_ceil(WAYS * SHARDS).max(1);
        let shard = || Mutex::new(vec![[0; WAYS]; rows].into());
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            keep,
        }
    }

    fn row<T>(&self, hash: u64, work: impl FnOnce(&mut Row, u64) -> T) -> T {
        let mut shard = self.shards[hash as usize % SHARDS].lock();
        let rows = shard.len();
        // Other bits than the shard's and the tag's; a tag is never 0.
        work(&mut shard[(hash >> 6) as usize % rows], (hash >> 42).max(1))
    }

    fn kept(&self, ages: Ages) -> Ages {
        ages.map(|age| age.filter(|age| *age < self.keep))
    }

    /// What happened to a key lately, seen from `today`, counted from any day.
    pub(crate) fn look(&self, hash: u64, today: u64) -> Ages {
        self.row(hash, |row, tag| {
            let own = row.iter().find(|cell| Cell(**cell).tag() == tag);
            self.kept(own.map_or([None; DAYS], |cell| Cell(*cell).ages(today)))
        })
    }

    /// It happened again, on that day. What is known, seen from then: what happened later is of that day.
    pub(crate) fn add(&self, hash: u64, today: u64) -> Ages {
        self.row(hash, |row, tag| {
            let last = |cell: u128| self.kept(Cell(cell).ages(today))[0];
            // The own one, else the one that says least.
            let quiet = |cell: &u128| last(*cell).unwrap_or(u16::MAX);
            let at = row
                .iter()
                .position(|cell| Cell(*cell).tag() == tag)
                .or_else(|| (0..WAYS).max_by_key(|at| (quiet(&row[*at]), WAYS - at)));
            let cell = &mut row[at.unwrap_or(0)];
            if Cell(*cell).tag() != tag {
                *cell = Cell::new(tag).0;
            }
            *cell = Cell(*cell).and(today).0;
            self.kept(Cell(*cell).ages(today))
        })
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Spread over tags, shards and lines.
    fn hash(key: u64) -> u64 {
        (key + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    proptest! {
        #[test]
        fn seven_days_are_remembered(start in 0..40_000u64, steps in prop::collection::vec((0..20u64, 0..40u64, prop_oneof![3 => Just(0), 1 => 0..130u64]), 1..80)) {
            let strikes = Strikes::new(1 << 12, 120);
            let (mut plain, mut today) = (HashMap::<u64, Vec<u64>>::new(), start);
            for (key, later, late) in steps {
                today += later;
                // Some are told late.
                let day = today.saturating_sub(late);
                let days = plain.entry(key).or_default();
                days.push(day);
                days.sort_unstable_by(|a, b| b.cmp(a));
                let seen_from = |today: u64| -> Ages {
                    let age = |day: Option<&u64>| day.map(|day| today.saturating_sub(*day)).filter(|age| *age < 120).map(|age| age as u16);
                    std::array::from_fn(|which| age(days.get(which)))
                };
                prop_assert_eq!(strikes.add(hash(key), day), seen_from(day));
                prop_assert_eq!(strikes.look(hash(key), today), seen_from(today));
            }
        }
    }

    #[test]
    fn the_one_that_is_longest_ago_gives_way() {
        // One row a shard; these are all of shard 0.
        let strikes = Strikes::new(8, 100);
        let hash = |key: u64| (key + 1) << 42;
        for key in 0..8 {
            strikes.add(hash(key), 10 + (key + 3) % 8);
        }
        strikes.add(hash(8), 20);
        let known: Vec<u64> = (0..9)
            .filter(|key| strikes.look(hash(*key), 20)[0].is_some())
            .collect();
        assert_eq!(known, [0, 1, 2, 3, 4, 6, 7, 8]);
        // A clock that steps back makes nothing older.
        assert_eq!(strikes.look(hash(8), 15)[0], Some(0));
    }
}
