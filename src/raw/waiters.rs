//! Who waits for something, and how are they told? Wakers by group and member, in a table of shards.
//!
//! A [`Waker`] is its owner's code: it may panic, call back, or let go of other waiters. So it is woken, and dropped, with no lock held, and its panic ends with it.
//!
//! # Ordering
//! Who decides writes what was decided, and then takes the shard's lock to take the wakers out. Who waits puts their waker in under that lock, and then looks whether it is decided. Of
//! these two one comes second to the lock: either the waker is found, or what was decided is seen.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

use crossbeam_utils::CachePadded;

use crate::words::sync::Mutex;
use crate::words::sync::atomic::{AtomicU64, Ordering};

const SHARDS: u64 = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    1
} else {
    64
};

/// A waiter: what group it waits with, for which member of it, and which of those who do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) group: u64,
    pub(crate) member: u32,
    pub(crate) number: u64,
}

impl Key {
    /// The same, whoever waits.
    const fn anybody(self, number: u64) -> Self {
        Self { number, ..self }
    }
}

type Shard = CachePadded<Mutex<BTreeMap<Key, Waker>>>;

pub(crate) struct Waiters {
    shards: Box<[Shard]>,
    /// Wakers that a shard has room for.
    room: usize,
    next: AtomicU64,
}

impl Waiters {
    /// For about so many, rounded up to a multiple of the shards.
    pub(crate) fn new(most: u32) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            room: u64::from(most).div_ceil(SHARDS) as usize,
            next: AtomicU64::new(0),
        }
    }

    /// A number that no other waiter has.
    pub(crate) fn number(&self) -> u64 {
        // Relaxed: only the number counts.
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn shard(&self, member: u32) -> &Shard {
        &self.shards[(u64::from(member) % SHARDS) as usize]
    }

    /// Puts a waker in, in place of the same waiter's earlier one; `false` if there is no room. Look afterwards whether it is decided.
    pub(crate) fn put(&self, key: Key, waker: Waker) -> bool {
        let mut shard = self.shard(key.member).lock();
        let fits = shard.len() < self.room || shard.contains_key(&key);
        let unwanted = if fits {
            shard.insert(key, waker)
        } else {
            Some(waker)
        };
        drop(shard);
        drop(unwanted);
        fits
    }

    /// Takes it out.
    pub(crate) fn remove(&self, key: Key) {
        let waker = self.shard(key.member).lock().remove(&key);
        drop(waker);
    }

    /// Wakes who waits for this member of a group. Call it with no lock held, once it is decided.
    pub(crate) fn wake(&self, group: u64, member: u32) {
        let key = Key {
            group,
            member,
            number: 0,
        };
        wake(take(
            self.shard(member),
            key.anybody(0),
            key.anybody(u64::MAX),
        ));
    }

    /// Wakes who waits for any of a group.
    pub(crate) fn wake_group(&self, group: u64) {
        let end = |member, number| Key {
            group,
            member,
            number,
        };
        for shard in &self.shards {
            wake(take(shard, end(0, 0), end(u32::MAX, u64::MAX)));
        }
    }

    /// Wakes everybody.
    pub(crate) fn wake_all(&self) {
        for shard in &self.shards {
            let all = std::mem::take(&mut *shard.lock());
            wake(all.into_values());
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }
}

/// Takes out the wakers from one key to another, both included.
fn take(shard: &Shard, from: Key, to: Key) -> Vec<Waker> {
    let mut shard = shard.lock();
    let keys: Vec<Key> = shard.range(from..=to).map(|(key, _)| *key).collect();
    keys.iter().filter_map(|key| shard.remove(key)).collect()
}

fn wake(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        // Whoever panics harms neither those who come after nor the one who decided.
        let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
    }
}

/// Nothing will be decided any more, and everybody is told.
impl Drop for Waiters {
    fn drop(&mut self) {
        self.wake_all();
    }
}
