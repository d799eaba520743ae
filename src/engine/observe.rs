//! Telling what happened: bounded rings for each who listens.
//!
//! A listener reads at its own pace, in its own thread, with its own code: nothing it does, or fails to do, is felt by a request. What
//! a full ring has no room for is dropped and counted.
//!
//! Threads that work at the same time tell through rings of their own, as many as there are cores, and read a list of listeners of their own: a
//! single ring, or a single list, would be the one line that every grant in the engine fights for.

use std::fmt;

use crossbeam_utils::CachePadded;

use crate::words::event::{Event, Packed};
use crate::words::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::words::sync::{Arc, LANES, Mutex, MutexGuard, Ring, cores, lane};

use super::{Engine, Inner};

/// One listener's rings.
pub(super) struct Feed {
    rings: Box<[Arc<CachePadded<Ring<Packed>>>]>,
    lost: AtomicU64,
}

/// A listener as one lane knows it: with the ring which that lane tells through.
pub(super) struct Ear {
    ring: Arc<CachePadded<Ring<Packed>>>,
    feed: Arc<Feed>,
}

/// Who listens, as one lane knows it.
pub(super) type List = Mutex<Vec<Ear>>;

/// All listeners.
pub(super) struct Feeds {
    /// The same list for each lane.
    lists: Box<[CachePadded<List>]>,
    /// How many listeners there are, so that a verb needn't lock to learn that there is none.
    count: AtomicU32,
}

impl Feeds {
    pub(super) fn new() -> Self {
        Self {
            lists: (0..=LANES).map(|_| CachePadded::default()).collect(),
            count: AtomicU32::new(0),
        }
    }

    #[inline]
    fn any(&self) -> bool {
        // Relaxed: a listener hears of what begins after `observe` has returned; that return orders it.
        self.count.load(Ordering::Relaxed) != 0
    }

    /// Opens the telling of a verb, or of several. No lock is held and no user code is run between taking a list and letting go of it that could want it.
    #[inline]
    pub(super) fn open(&self) -> Telling<'_> {
        if !self.any() {
            return Telling::Nobody;
        }
        match lane() {
            LANES => Telling::Shared(&self.lists[LANES]),
            own => Telling::Own(self.lists[own].lock()),
        }
    }
}

/// Whom a verb tells.
pub(super) enum Telling<'a> {
    /// Nobody listens.
    Nobody,
    /// The list of this thread's own lane, kept until the verb is done: nobody but a new listener waits for it.
    Own(MutexGuard<'a, Vec<Ear>>),
    /// The list that threads share; locked for each event, since others wait for it.
    Shared(&'a List),
}

impl Telling<'_> {
    #[inline]
    pub(super) fn is_heard(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// Tells them all. Where a grant tells, it is told in place: the event goes from the registers into the ring.
    #[inline(always)]
    pub(super) fn send(&self, event: Packed) {
        match self {
            Self::Nobody => {}
            Self::Own(list) => send(list, event),
            Self::Shared(list) => send_shared(list, event),
        }
    }
}

#[inline(always)]
fn send(list: &[Ear], event: Packed) {
    for ear in list {
        if ear.ring.push(event).is_err() {
            ear.feed.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cold]
fn send_shared(list: &List, event: Packed) {
    send(&list.lock(), event);
}

impl Engine {
    /// Listens to every transition from now on, through rings of `capacity` events (1 to 16,777,216; what lies outside is taken as the nearest),
    /// one for each core; threads beyond them share. A place in a ring takes 72 bytes.
    ///
    /// What one thread does arrives in its order. Events of one slot carry rising versions; across threads they may arrive out of order, across
    /// slots in any. When a thread's ring is full, its new events are dropped and counted in [`Subscription::lost`]; the engine never waits for
    /// a listener.
    pub fn observe(&self, capacity: usize) -> Subscription {
        let ring = || Arc::new(CachePadded::new(Ring::new(capacity.clamp(1, 1 << 24))));
        let feed = Arc::new(Feed {
            rings: (0..cores().clamp(1, LANES + 1)).map(|_| ring()).collect(),
            lost: AtomicU64::new(0),
        });
        let feeds = &self.inner.feeds;
        for (lane, list) in feeds.lists.iter().enumerate() {
            let ring = Arc::clone(&feed.rings[lane % feed.rings.len()]);
            let feed = Arc::clone(&feed);
            list.lock().push(Ear { ring, feed });
        }
        feeds.count.fetch_add(1, Ordering::Relaxed);
        Subscription {
            feed,
            turn: AtomicUsize::new(0),
            engine: Arc::clone(&self.inner),
        }
    }
}

/// One listener's end. Dropping it ends the listening.
#[must_use = "dropping it ends the listening"]
pub struct Subscription {
    feed: Arc<Feed>,
    /// The ring to look into next.
    turn: AtomicUsize,
    engine: Arc<Inner>,
}

impl Subscription {
    /// The next event, if one has arrived. Never blocks.
    #[must_use]
    pub fn next(&self) -> Option<Event> {
        let rings = &self.feed.rings;
        // Relaxed: any ring will do.
        let first = self.turn.load(Ordering::Relaxed);
        let (ring, event) = (first..first + rings.len()).find_map(|ring| {
            let ring = ring % rings.len();
            rings[ring].pop().map(|event| (ring, event))
        })?;
        self.turn.store(ring + 1, Ordering::Relaxed);
        Some(event.unpack())
    }

    /// How many events found their ring full since the listening began.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.feed.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let feeds = &self.engine.feeds;
        feeds.count.fetch_sub(1, Ordering::Relaxed);
        for list in &feeds.lists {
            list.lock()
                .retain(|ear| !Arc::ptr_eq(&ear.feed, &self.feed));
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}
