//! An expiry wheel: what is due next?
//!
//! Entries are (deadline, key). Near deadlines lie in a heap, exact to the millisecond; the next thousand ticks in a ring of lists, where
//! putting one is an append; what lies beyond in a sorted map of lists. Time moves entries towards the heap a whole tick at a
//! time. One such wheel a lane, each under its lock, so that threads don't meet.
//!
//! A thread with a lane of its own puts without the lock, into the lane's inbox, which whoever locks the lane empties first; when it is full
//! the thread does so itself.
//!
//! The wheel never forgets an entry and never checks one: whoever takes a due entry knows whether it still means something.
//!
//! # Ordering
//! The inbox is a ring with one writer, the lane's thread, and one reader at a time, who has the lane's lock. Either side writes its own end Release
//! after it has written or read the entries, and reads the other's end Acquire.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crossbeam_utils::CachePadded;

use crate::words::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::words::sync::{LANES, Mutex, MutexGuard, lane};

/// A deadline and what is due at it.
pub(crate) type Entry = (u64, u32);

/// One tick: 1,024 ms.
const TICK_BITS: u32 = 10;

/// An entry within its tick's list: milliseconds into the tick, and the key.
type Packed = u64;

const fn pack(entry: Entry) -> Packed {
    (entry.0 & ((1 << TICK_BITS) - 1)) << u32::BITS | entry.1 as u64
}

/// The other way; the key is the low half.
const fn unpack(tick: u64, packed: Packed) -> Entry {
    (tick << TICK_BITS | packed >> u32::BITS, packed as u32)
}

/// Ticks in the ring, a power of two: 1,024 of them reach 17 minutes ahead, past a hold's usual 15.
const RING: u64 = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    4
} else {
    1_024
};

/// Says of an entry at the front whether it still stands.
pub(crate) enum Standing {
    /// It does.
    Stands,
    /// What it stood for is due later now: whoever asked takes the entry and puts it anew.
    Later,
    /// It means nothing any more.
    Void,
}

#[derive(Debug)]
pub(crate) struct Wheel {
    lanes: Box<[CachePadded<Mutex<Lane>>]>,
    /// One a lane. The threads that share the last lane have none.
    inboxes: Box<[CachePadded<Inbox>]>,
}

/// Entries that an inbox has room for, a power of two.
const INBOX: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    64
};

/// What a lane's thread has put and nobody has taken over yet.
#[derive(Debug)]
pub(crate) struct Inbox {
    deadlines: [AtomicU64; INBOX],
    keys: [AtomicU32; INBOX],
    /// Entries put, and entries taken over, since the beginning.
    put: AtomicU64,
    taken: AtomicU64,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            deadlines: std::array::from_fn(|_| AtomicU64::new(0)),
            keys: std::array::from_fn(|_| AtomicU32::new(0)),
            put: AtomicU64::new(0),
            taken: AtomicU64::new(0),
        }
    }

    /// Puts an entry; false if there is no room. For the lane's thread.
    #[inline]
    pub(crate) fn put(&self, (deadline, key): Entry) -> bool {
        let put = self.put.load(Ordering::Relaxed);
        if put - self.taken.load(Ordering::Acquire) == INBOX as u64 {
            return false;
        }
        let at = put as usize % INBOX;
        self.deadlines[at].store(deadline, Ordering::Relaxed);
        self.keys[at].store(key, Ordering::Relaxed);
        self.put.store(put + 1, Ordering::Release);
        true
    }

    /// Takes over what was put. For whoever has the lane's lock.
    pub(crate) fn take_all(&self, mut each: impl FnMut(Entry)) {
        let (put, taken) = (
            self.put.load(Ordering::Acquire),
            self.taken.load(Ordering::Relaxed),
        );
        for at in (taken..put).map(|entry| entry as usize % INBOX) {
            each((
                self.deadlines[at].load(Ordering::Relaxed),
                self.keys[at].load(Ordering::Relaxed),
            ));
        }
        self.taken.store(put, Ordering::Release);
    }
}

#[derive(Debug, Default)]
struct Lane {
    /// Entries of ticks up to `tick`.
    near: BinaryHeap<Reverse<Entry>>,
    /// Everything of ticks up to and including this one is in `near`.
    tick: u64,
    /// Entries of the `RING` ticks after `tick`, by tick modulo `RING`. Made at the first entry.
    ring: Vec<Vec<Packed>>,
    /// How many entries lie in the ring.
    in_ring: usize,
    /// Entries beyond the ring when they were put, by tick.
    far: BTreeMap<u64, Vec<Packed>>,
}

impl Lane {
    #[inline]
    fn put(&mut self, entry: Entry) {
        let tick = entry.0 >> TICK_BITS;
        // Nearly all of them, once there is a ring: of one of its ticks, 1 to `RING` ahead.
        if tick.wrapping_sub(self.tick).wrapping_sub(1) < RING
            && let Some(list) = self.ring.get_mut((tick % RING) as usize)
        {
            list.push(pack(entry));
            self.in_ring += 1;
        } else {
            self.put_elsewhere(entry);
        }
    }

    /// Any entry at all.
    #[cold]
    fn put_elsewhere(&mut self, entry: Entry) {
        let tick = entry.0 >> TICK_BITS;
        if tick > self.tick + RING && self.is_empty() {
            // Nothing to turn past: the ring may as well begin where it is used.
            self.tick = tick - RING;
        }
        if tick <= self.tick {
            self.near.push(Reverse(entry));
        } else if tick - self.tick <= RING {
            if self.ring.is_empty() {
                self.ring.resize_with(RING as usize, Vec::new);
            }
            self.ring[(tick % RING) as usize].push(pack(entry));
            self.in_ring += 1;
        } else {
            self.far.entry(tick).or_default().push(pack(entry));
        }
    }

    fn remove(&mut self, entry: Entry) {
        let tick = entry.0 >> TICK_BITS;
        if tick <= self.tick {
            self.near.retain(|Reverse(other)| *other != entry);
            return;
        }
        let take = |list: &mut Vec<Packed>| {
            let at = list.iter().position(|other| *other == pack(entry));
            at.map(|at| list.swap_remove(at)).is_some()
        };
        if tick - self.tick <= RING && self.ring.get_mut((tick % RING) as usize).is_some_and(take) {
            self.in_ring -= 1;
        } else {
            self.far.get_mut(&tick).map(take);
        }
    }

    fn is_empty(&self) -> bool {
        self.near.is_empty() && self.in_ring == 0 && self.far.is_empty()
    }

    /// The first tick after the present one that has entries.
    fn next_tick(&self) -> Option<u64> {
        let in_ring = if self.in_ring == 0 {
            None
        } else {
            (self.tick + 1..=self.tick.saturating_add(RING))
                .find(|tick| !self.ring[(tick % RING) as usize].is_empty())
        };
        let far = self.far.first_key_value().map(|(tick, _)| *tick);
        [in_ring, far].into_iter().flatten().min()
    }

    /// Moves everything of ticks up to `to` into the heap.
    fn turn(&mut self, to: u64) {
        while let Some(tick) = self.next_tick().filter(|tick| *tick <= to) {
            if tick - self.tick <= RING && !self.ring.is_empty() {
                let list = std::mem::take(&mut self.ring[(tick % RING) as usize]);
                self.in_ring -= list.len();
                self.near
                    .extend(list.into_iter().map(|packed| Reverse(unpack(tick, packed))));
            }
            if let Some(list) = self.far.remove(&tick) {
                self.near
                    .extend(list.into_iter().map(|packed| Reverse(unpack(tick, packed))));
            }
            self.tick = tick;
        }
        self.tick = self.tick.max(to);
    }

    fn pop_due(&mut self, now: u64) -> Option<Entry> {
        self.turn(now >> TICK_BITS);
        match self.near.peek() {
            Some(Reverse((deadline, _))) if *deadline <= now => {
                self.near.pop().map(|Reverse(entry)| entry)
            }
            _ => None,
        }
    }

    fn earliest(
        &mut self,
        standing: &impl Fn(Entry) -> Standing,
        later: &mut Vec<Entry>,
    ) -> Option<u64> {
        loop {
            while let Some(Reverse(entry)) = self.near.peek().copied() {
                match standing(entry) {
                    Standing::Stands => return Some(entry.0),
                    Standing::Later => later.push(entry),
                    Standing::Void => {}
                }
                self.near.pop();
            }
            self.turn(self.next_tick()?);
        }
    }
}

impl Wheel {
    pub(crate) fn new() -> Self {
        Self {
            lanes: (0..=LANES)
                .map(|_| CachePadded::new(Mutex::new(Lane::default())))
                .collect(),
            inboxes: (0..LANES).map(|_| CachePadded::new(Inbox::new())).collect(),
        }
    }

    /// Locks a lane and empties its inbox.
    fn lock(&self, lane: usize) -> MutexGuard<'_, Lane> {
        let mut guard = self.lanes[lane].lock();
        if let Some(inbox) = self.inboxes.get(lane) {
            inbox.take_all(|entry| guard.put(entry));
        }
        guard
    }

    fn locked(&self) -> impl Iterator<Item = MutexGuard<'_, Lane>> {
        (0..self.lanes.len()).map(|lane| self.lock(lane))
    }

    /// The lane in which this thread should put.
    #[inline]
    pub(crate) fn own_lane() -> u64 {
        lane() as u64
    }

    /// Puts an entry into this thread's lane, which [`Self::own_lane`] gave.
    #[inline]
    pub(crate) fn put(&self, lane: u64, deadline: u64, key: u32) {
        debug_assert_eq!(lane, Self::own_lane(), "an inbox has one writer");
        let is_put = |inbox: &CachePadded<Inbox>| inbox.put((deadline, key));
        if !self.inboxes.get(lane as usize).is_some_and(is_put) {
            self.put_locked(lane, deadline, key);
        }
    }

    #[cold]
    fn put_locked(&self, lane: u64, deadline: u64, key: u32) {
        self.lock(lane as usize).put((deadline, key));
    }

    /// Takes up to `most` entries that are due at `now`, each lane's in order of deadline.
    pub(crate) fn pop_due(&self, now: u64, most: usize, due: &mut Vec<Entry>) {
        for mut lane in self.locked() {
            while due.len() < most {
                match lane.pop_due(now) {
                    Some(entry) => due.push(entry),
                    None => break,
                }
            }
        }
    }

    /// Moves an entry of that lane to an earlier deadline. Looks through its tick's list, so that bringing forward again and again
    /// leaves no entries behind; one that a sweep has taken meanwhile means nothing any more, and is put anew all the same.
    pub(crate) fn bring_forward(&self, lane: u64, from: u64, to: u64, key: u32) {
        let mut lane = self.lock(lane as usize);
        lane.remove((from, key));
        lane.put((to, key));
    }

    /// The earliest deadline that still stands. Void entries are dropped on the way; those whose time is later now are taken out and
    /// handed over, and the answer counts once they were put anew.
    pub(crate) fn earliest(
        &self,
        standing: impl Fn(Entry) -> Standing,
        later: &mut Vec<Entry>,
    ) -> Option<u64> {
        self.locked()
            .filter_map(|mut lane| lane.earliest(&standing, later))
            .min()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[derive(Debug, Clone)]
    enum Op {
        Put(u64),
        Pass(u64),
        BringForward(usize, u64),
        Earliest,
    }

    /// Milliseconds near and far: within a tick, within the ring, beyond it, at the end of time.
    fn span() -> impl Strategy<Value = u64> {
        prop_oneof![
            0..3_000u64,
            0..2_000_000u64,
            0..1_000_000_000u64,
            Just(u64::MAX)
        ]
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            5 => span().prop_map(Op::Put),
            3 => span().prop_map(Op::Pass),
            1 => (0..8usize, span()).prop_map(|(which, to)| Op::BringForward(which, to)),
            1 => Just(Op::Earliest),
        ]
    }

    proptest! {
        /// The wheel against a sorted set.
        #[test]
        fn behaves_like_a_sorted_set(ops in prop::collection::vec(op(), 0..60)) {
            let wheel = Wheel::new();
            let mut set = BTreeSet::new();
            let (mut now, mut key, lane) = (0u64, 0, Wheel::own_lane());
            for op in ops {
                match op {
                    Op::Put(after) => {
                        key += 1;
                        wheel.put(lane, now.saturating_add(after), key);
                        set.insert((now.saturating_add(after), key));
                    }
                    Op::Pass(ms) if ms < u64::MAX => {
                        now = now.saturating_add(ms);
                        let mut due = Vec::new();
                        wheel.pop_due(now, usize::MAX, &mut due);
                        let rest = set.split_off(&(now.saturating_add(1), 0));
                        prop_assert_eq!(due, std::mem::replace(&mut set, rest).into_iter().collect::<Vec<_>>());
                    }
                    Op::Pass(_) => {}
                    Op::BringForward(which, to) => {
                        if let Some(&(from, key)) = set.iter().nth(which) {
                            let to = now.saturating_add(to).min(from);
                            wheel.bring_forward(lane, from, to, key);
                            set.remove(&(from, key));
                            set.insert((to, key));
                        }
                    }
                    Op::Earliest => {
                        prop_assert_eq!(wheel.earliest(|_| Standing::Stands, &mut Vec::new()), set.first().map(|entry| entry.0));
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_void_is_dropped_and_what_is_later_is_handed_over() {
        let wheel = Wheel::new();
        for key in 1..=4 {
            wheel.put(Wheel::own_lane(), u64::from(key) * 1_000, key);
        }
        let mut later = Vec::new();
        let standing = |(_, key)| match key {
            1 => Standing::Void,
            2 => Standing::Later,
            _ => Standing::Stands,
        };
        assert_eq!(
            (wheel.earliest(standing, &mut later), later),
            (Some(3_000), vec![(2_000, 2)])
        );
        let mut due = Vec::new();
        wheel.pop_due(u64::MAX, usize::MAX, &mut due);
        assert_eq!(due, [(3_000, 3), (4_000, 4)]);
    }

    #[test]
    fn what_the_inbox_has_no_room_for_is_not_lost() {
        let wheel = Wheel::new();
        let entries: Vec<Entry> = (1..=1_000).map(|key| (u64::from(key) * 7, key)).collect();
        for (deadline, key) in &entries {
            wheel.put(Wheel::own_lane(), *deadline, *key);
        }
        let mut due = Vec::new();
        wheel.pop_due(u64::MAX, usize::MAX, &mut due);
        assert_eq!(due, entries);
    }

    #[test]
    fn bringing_forward_a_million_times_leaves_one_entry() {
        let wheel = Wheel::new();
        let lane = Wheel::own_lane();
        wheel.put(lane, 3_600_000, 1);
        for deadline in (2_600_000..3_600_000).rev() {
            wheel.bring_forward(lane, deadline + 1, deadline, 1);
        }
        let mut due = Vec::new();
        wheel.pop_due(u64::MAX, usize::MAX, &mut due);
        assert_eq!(due, [(2_600_000, 1)]);
    }
}
