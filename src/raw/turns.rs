//! Turns: whose is it next? Round-robin over groups, and within a group over its members.
//!
//! An item belongs to a member of a group. Each round visits every group that has items once, and serves one item of it: the oldest of the member who was
//! served longest ago. A group with a *stride* of n is visited in every n-th round only. Who comes new is last of their first round, whatever they are.
//!
//! Everything is O(1): putting, serving, taking out anywhere, the newest item of the longest group. For that every item and every group stands in
//! lists by number (see [`links`](super::links)), and [`Lengths`] knows how many groups have at least so many items.
//!
//! **A bound on what comes before.** Nobody's item is served before the first of a group with stride 1 more often than once for each group that is
//! there: the groups before it in its round, each once. Before its j-th, each group that stays is served at most as often as it has items, and j times: the sum of
//! `at_least(i)` for i up to j. Groups that come later can add to that only from the second item on.

mod lengths;

use super::ahead::fetch;
use super::index::Index;
use super::links::{Link, List};
use lengths::{Group, Lengths};

/// The greatest stride.
pub(crate) const STRIDE_MAX: u8 = 15;
/// Rounds ahead: as many as any stride reaches.
const ROUNDS: usize = STRIDE_MAX as usize + 1;

/// What is known of an item when it is put in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Put {
    /// Its number, which the caller minted: small, as they index an array.
    pub(crate) item: u32,
    /// Hashes that stand for group and member.
    pub(crate) group: u64,
    pub(crate) member: u64,
    /// In which rounds the group is visited from now on: 1 to [`STRIDE_MAX`].
    pub(crate) stride: u8,
    pub(crate) since: u64,
}

/// A member's oldest item is its *head*: it stands in the group's list of members, and the others of that member in a list that it keeps.
/// A line each.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Item {
    since: u64,
    member: u64,
    group: u32,
    /// When its member took its place in the group's list of members, counted in the group.
    order: u32,
    /// Among all items, and among the group's, in the order in which they were put.
    age: Link,
    own: Link,
    /// Among the group's members if it is a head, else among what its head keeps.
    turn: Link,
    rest: List,
    is_in: bool,
    is_head: bool,
}

impl Item {
    /// One that is not in.
    const BLANK: Self = Self {
        since: 0,
        member: 0,
        group: 0,
        order: 0,
        age: Link::ALONE,
        own: Link::ALONE,
        turn: Link::ALONE,
        rest: List::EMPTY,
        is_in: false,
        is_head: false,
    };
}

pub(crate) struct Turns {
    items: Vec<Item>,
    ages: List,
    groups: Vec<Group>,
    unused: Vec<u32>,
    by_key: Index,
    by_member: Index,
    rounds: [List; ROUNDS],
    round: usize,
    lengths: Lengths,
    len: u32,
}

impl Turns {
    /// For so many items.
    pub(crate) fn new(expected: usize) -> Self {
        Self {
            items: Vec::new(),
            ages: List::default(),
            groups: Vec::new(),
            unused: Vec::new(),
            by_key: Index::new(expected),
            by_member: Index::new(expected),
            rounds: [List::default(); ROUNDS],
            round: 0,
            lengths: Lengths::default(),
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Groups that have items.
    pub(crate) fn groups(&self) -> u32 {
        self.lengths.at_least(1)
    }

    pub(crate) fn has(&self, item: u32) -> bool {
        self.items.get(item as usize).is_some_and(|it| it.is_in)
    }

    /// How many items a group has.
    pub(crate) fn len_of(&self, group: u64) -> u32 {
        self.find_group(group)
            .map_or(0, |at| self.groups[at as usize].len)
    }

    /// How many the longest group has.
    pub(crate) fn longest(&self) -> u32 {
        self.lengths.longest()
    }

    /// The newest item of the group that is the longest; of several, of the one that became so last.
    pub(crate) fn newest_of_longest(&self) -> Option<u32> {
        let at = self.lengths.a_longest()?;
        self.groups[at as usize].own.last()
    }

    /// The item that was put in first of all that are in, and when.
    pub(crate) fn oldest(&self) -> Option<(u32, u64)> {
        let item = self.ages.first()?;
        Some((item, self.items[item as usize].since))
    }

    /// Has on its way what is asked first about an item that is to be put in.
    pub(crate) fn fetch(&self, put: &Put) {
        self.by_key.fetch(put.group);
        self.by_member.fetch(hash_of(put.group, put.member));
    }

    /// Puts an item in that isn't.
    pub(crate) fn put(&mut self, put: Put) {
        self.by_member.fetch(hash_of(put.group, put.member));
        let group = self
            .find_group(put.group)
            .unwrap_or_else(|| self.begin_group(put.group));
        if let Some(last) = self.groups[group as usize].own.last() {
            fetch(&self.items[last as usize]);
        }
        let at = put.item as usize;
        if self.items.len() <= at {
            self.items.resize(at + 1, Item::BLANK);
        }
        self.items[at] = Item {
            since: put.since,
            member: put.member,
            group,
            is_in: true,
            ..Item::BLANK
        };
        self.len += 1;
        self.ages.push(&mut self.items, |it| &mut it.age, put.item);
        let own = &mut self.groups[group as usize].own;
        own.push(&mut self.items, |it| &mut it.own, put.item);
        match self.head_of(group, put.member) {
            Some(head) => self.keep(head, put.item),
            None => {
                let hash = hash_of(put.group, put.member);
                self.by_member.enter(hash, put.item);
                self.seat(group, put.item);
            }
        }
        let Self {
            groups,
            lengths,
            rounds,
            ..
        } = self;
        groups[group as usize].stride = put.stride.clamp(1, STRIDE_MAX);
        lengths.grow(groups, group);
        if groups[group as usize].len == 1 {
            let round = (self.round + usize::from(groups[group as usize].stride)) % ROUNDS;
            groups[group as usize].round = round as u8;
            rounds[round].push(groups, |it| &mut it.place, group);
        }
    }

    /// Takes out the item whose turn it is.
    pub(crate) fn serve(&mut self) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        while self.rounds[self.round].is_empty() {
            self.round = (self.round + 1) % ROUNDS;
        }
        let group = self.rounds[self.round].first()?;
        let item = self.groups[group as usize].members.first()?;
        // The group is last of its next round, and so is the member in the group.
        let next = (self.round + usize::from(self.groups[group as usize].stride)) % ROUNDS;
        let groups = &mut self.groups;
        self.rounds[self.round].take(groups, |it| &mut it.place, group);
        self.rounds[next].push(groups, |it| &mut it.place, group);
        groups[group as usize].round = next as u8;
        if let Some(heir) = self.unseat(item, true) {
            self.seat(group, heir);
        }
        self.strike(item);
        Some(item)
    }

    /// Has on its way what the next turns will want: of the next what its item leads to, of the one after it the item, and of the third the group. Whose the first
    /// two are, as far as this round goes.
    pub(crate) fn look_ahead(&self) -> [Option<u32>; 2] {
        let group = |at: u32| &self.groups[at as usize];
        let item = |at: u32| &self.items[at as usize];
        let after = |at: u32| group(at).place.after();
        let first = self.rounds[self.round].first();
        let second = first.and_then(after);
        let third = second.and_then(after);
        let [next, then] = [first, second].map(|at| group(at?).members.first());
        third.into_iter().for_each(|at| fetch(group(at)));
        then.into_iter().for_each(|at| fetch(item(at)));
        if let Some(next) = next.map(item) {
            let hash = hash_of(group(next.group).key, next.member);
            self.by_member.fetch(hash);
            let Item { age, own, turn, .. } = next;
            let beside = [age.before(), age.after(), own.after(), turn.after()];
            let beside = beside.into_iter().flatten();
            beside.for_each(|at| fetch(item(at)));
        }
        [next, then]
    }

    /// Takes one out that is in, whatever its turn.
    pub(crate) fn take(&mut self, item: u32) {
        let it = self.items[item as usize];
        if it.is_head {
            self.unseat(item, false);
        } else if let Some(head) = self.head_of(it.group, it.member) {
            let mut rest = self.items[head as usize].rest;
            rest.take(&mut self.items, |it| &mut it.turn, item);
            self.items[head as usize].rest = rest;
        }
        self.strike(item);
    }

    /// At most how many are served until this one is, itself included, if no group comes new; see above for when that holds whoever comes.
    pub(crate) fn position(&self, item: u32) -> u32 {
        let it = &self.items[item as usize];
        let group = &self.groups[it.group as usize];
        let first = group
            .members
            .first()
            .map_or(it.order, |first| self.items[first as usize].order);
        let in_group = if it.is_head {
            (it.order.wrapping_sub(first) + 1).min(group.count)
        } else {
            group.len
        };
        // Rounds until its group is visited, and then from visit to visit.
        let next = (usize::from(group.round) + ROUNDS - self.round) % ROUNDS;
        let rounds = next.max(1) as u64 + u64::from(in_group - 1) * u64::from(group.stride);
        self.lengths.served_in(rounds).min(self.len)
    }

    /// The memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.items.capacity() * size_of::<Item>()
            + self.groups.capacity() * size_of::<Group>()
            + self.unused.capacity() * size_of::<u32>()
            + self.by_key.bytes()
            + self.by_member.bytes()
            + self.lengths.bytes()
    }

    // ---- groups and members ----------------------------------------------------------------------------------------------

    fn find_group(&self, key: u64) -> Option<u32> {
        self.by_key
            .find(key, |at| self.groups[at as usize].key == key)
    }

    fn begin_group(&mut self, key: u64) -> u32 {
        let group = Group::new(key);
        let at = match self.unused.pop() {
            Some(at) => {
                self.groups[at as usize] = group;
                at
            }
            None => {
                self.groups.push(group);
                // There are no more groups than items, which have numbers of 32 bits.
                (self.groups.len() - 1) as u32
            }
        };
        self.by_key.enter(key, at);
        at
    }

    fn head_of(&self, group: u32, member: u64) -> Option<u32> {
        let hash = hash_of(self.groups[group as usize].key, member);
        let is = |it: &Item| it.group == group && it.member == member;
        self.by_member.find(hash, |at| is(&self.items[at as usize]))
    }

    /// A further item of a member.
    fn keep(&mut self, head: u32, item: u32) {
        let mut rest = self.items[head as usize].rest;
        rest.push(&mut self.items, |it| &mut it.turn, item);
        self.items[head as usize].rest = rest;
    }

    /// A head takes the last place among its group's members.
    fn seat(&mut self, group: u32, head: u32) {
        let group = &mut self.groups[group as usize];
        let it = &mut self.items[head as usize];
        (it.is_head, it.order) = (true, group.order);
        group.order = group.order.wrapping_add(1);
        group.count += 1;
        group.members.push(&mut self.items, |it| &mut it.turn, head);
    }

    /// A head gives up its place. Its member's next item is head then: without a place yet if it `moves`, else in the very same.
    fn unseat(&mut self, head: u32, moves: bool) -> Option<u32> {
        let Item {
            group,
            member,
            mut rest,
            order,
            ..
        } = self.items[head as usize];
        let Group { members, key, .. } = &mut self.groups[group as usize];
        let hash = hash_of(*key, member);
        let heir = rest.first();
        let Some(heir) = heir else {
            members.take(&mut self.items, |it| &mut it.turn, head);
            self.groups[group as usize].count -= 1;
            self.by_member.take(hash, head);
            return None;
        };
        rest.take(&mut self.items, |it| &mut it.turn, heir);
        if moves {
            members.take(&mut self.items, |it| &mut it.turn, head);
            self.groups[group as usize].count -= 1;
        } else {
            members.replace(&mut self.items, |it| &mut it.turn, head, heir);
        }
        let it = &mut self.items[heir as usize];
        (it.is_head, it.rest, it.order) = (true, rest, order);
        self.by_member.replace(hash, head, heir);
        Some(heir)
    }

    /// What an item leaves behind that has no turn any more.
    fn strike(&mut self, item: u32) {
        let group = self.items[item as usize].group;
        self.len -= 1;
        self.items[item as usize].is_in = false;
        self.ages.take(&mut self.items, |it| &mut it.age, item);
        let Self {
            items,
            groups,
            lengths,
            rounds,
            ..
        } = self;
        groups[group as usize]
            .own
            .take(items, |it| &mut it.own, item);
        lengths.shrink(groups, group);
        let Group {
            len, key, round, ..
        } = groups[group as usize];
        if len == 0 {
            rounds[usize::from(round)].take(groups, |it| &mut it.place, group);
            self.by_key.take(key, group);
            self.unused.push(group);
        }
    }
}

/// A member of a group. Both are hashes already.
fn hash_of(group: u64, member: u64) -> u64 {
    (member ^ group.rotate_left(40)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
