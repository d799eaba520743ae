//! How many groups have at least so many items, and which is the longest?

use super::super::links::{Link, List};

/// A group of items. A line each.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Group {
    /// The hash that it is known by.
    pub(super) key: u64,
    /// Its members, by a head each, in the order of their turns.
    pub(super) members: List,
    /// Its items in the order in which they were put.
    pub(super) own: List,
    /// Among the groups of its next round.
    pub(super) place: Link,
    /// Among the groups that are as long.
    same: Link,
    pub(super) len: u32,
    /// How many members.
    pub(super) count: u32,
    /// Places given to members so far.
    pub(super) order: u32,
    pub(super) stride: u8,
    pub(super) round: u8,
}

impl Group {
    pub(super) fn new(key: u64) -> Self {
        Self {
            key,
            members: List::default(),
            own: List::default(),
            place: Link::default(),
            same: Link::default(),
            len: 0,
            count: 0,
            order: 0,
            stride: 1,
            round: 0,
        }
    }
}

/// By length.
#[derive(Debug, Default, Clone, Copy)]
struct Length {
    /// The groups of exactly this length, the latest to become so last.
    groups: List,
    /// How many have at least this length.
    at_least: u32,
}

/// As long as the longest group ever was.
#[derive(Debug, Default)]
pub(super) struct Lengths {
    /// Length 1 first.
    by_length: Vec<Length>,
    longest: u32,
}

/// Lengths that are summed up one by one; past them a bound does.
const SUMMED: u64 = 64;

impl Lengths {
    /// The memory that they take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.by_length.capacity() * size_of::<Length>()
    }

    /// How many groups have at least `length` items: at least 1.
    pub(super) fn at_least(&self, length: u32) -> u32 {
        self.by_length
            .get(length as usize - 1)
            .map_or(0, |it| it.at_least)
    }

    pub(super) fn longest(&self) -> u32 {
        self.longest
    }

    /// The longest group; of several the one that became so last.
    pub(super) fn a_longest(&self) -> Option<u32> {
        let length = self.by_length.get(self.longest.checked_sub(1)? as usize)?;
        length.groups.last()
    }

    /// A group has one item more.
    pub(super) fn grow(&mut self, groups: &mut [Group], at: u32) {
        let old = groups[at as usize].len;
        let new = old as usize + 1;
        groups[at as usize].len += 1;
        if self.by_length.len() < new {
            self.by_length.resize(new, Length::default());
        }
        self.by_length[new - 1].at_least += 1;
        self.longest = self.longest.max(old + 1);
        self.leave(groups, at, old);
        let same = &mut self.by_length[new - 1].groups;
        same.push(groups, |it| &mut it.same, at);
    }

    /// A group has one item less.
    pub(super) fn shrink(&mut self, groups: &mut [Group], at: u32) {
        let old = groups[at as usize].len;
        groups[at as usize].len -= 1;
        self.leave(groups, at, old);
        let length = &mut self.by_length[old as usize - 1];
        length.at_least -= 1;
        if length.at_least == 0 {
            // It was the only one, so it is now the longest again, or nobody is left.
            self.longest = old - 1;
        }
        if old > 1 {
            let same = &mut self.by_length[old as usize - 2].groups;
            same.push(groups, |it| &mut it.same, at);
        }
    }

    fn leave(&mut self, groups: &mut [Group], at: u32, length: u32) {
        if length > 0 {
            let same = &mut self.by_length[length as usize - 1].groups;
            same.take(groups, |it| &mut it.same, at);
        }
    }

    /// At most how many items so many rounds serve: of each group as many as it has, and one a round.
    pub(super) fn served_in(&self, rounds: u64) -> u32 {
        let rounds = rounds.min(u64::from(self.longest));
        let each = |length: u64| u64::from(self.at_least(length as u32));
        let sum: u64 = (1..=rounds.min(SUMMED)).map(each).sum();
        let rest = rounds.saturating_sub(SUMMED);
        let bound = sum + rest.saturating_mul(if rest > 0 { each(SUMMED + 1) } else { 0 });
        u32::try_from(bound).unwrap_or(u32::MAX)
    }
}
