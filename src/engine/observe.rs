//! Telling what happened: a bounded ring for each who listens.
//!
//! A listener reads at its own pace, in its own thread, with its own code: nothing it does, or fails to do, is felt by a request. What
//! a full ring has no room for is dropped and counted.

use std::fmt;

use crate::words::event::{Event, Packed};
use crate::words::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::words::sync::{Arc, Ring, RwLock};

use super::{Engine, Inner};

/// One listener's ring.
struct Feed {
    ring: Ring<Packed>,
    lost: AtomicU64,
}

/// All listeners.
pub(super) struct Feeds {
    list: RwLock<Vec<Arc<Feed>>>,
    /// How many there are, so that a verb needn't lock to learn that there is none.
    count: AtomicU32,
}

impl Feeds {
    pub(super) fn new() -> Self {
        Self {
            list: RwLock::new(Vec::new()),
            count: AtomicU32::new(0),
        }
    }

    #[inline]
    pub(super) fn any(&self) -> bool {
        // Relaxed: a listener hears of what begins after `observe` has returned; that return orders it.
        self.count.load(Ordering::Relaxed) != 0
    }

    pub(super) fn send<'a>(&self, events: impl Iterator<Item = &'a Packed> + Clone) {
        for feed in self.list.read().iter() {
            for event in events.clone() {
                if feed.ring.push(*event).is_err() {
                    feed.lost.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

impl Engine {
    /// Listens to every transition from now on, through a ring of `capacity` events (1 to 16,777,216; what lies outside is taken as the nearest).
    ///
    /// Events of one slot carry rising versions; across threads they may arrive out of order, across slots in any. When the ring is
    /// full, new events are dropped and counted in [`Subscription::lost`]; the engine never waits for a listener.
    #[must_use]
    pub fn observe(&self, capacity: usize) -> Subscription {
        let feed = Arc::new(Feed {
            ring: Ring::new(capacity.clamp(1, 1 << 24)),
            lost: AtomicU64::new(0),
        });
        let mut list = self.inner.feeds.list.write();
        list.push(Arc::clone(&feed));
        self.inner.feeds.count.fetch_add(1, Ordering::Relaxed);
        drop(list);
        Subscription {
            feed,
            engine: Arc::clone(&self.inner),
        }
    }
}

/// One listener's end. Dropping it ends the listening.
pub struct Subscription {
    feed: Arc<Feed>,
    engine: Arc<Inner>,
}

impl Subscription {
    /// The next event, if one has arrived. Never blocks.
    #[must_use]
    pub fn next(&self) -> Option<Event> {
        self.feed.ring.pop().map(Packed::unpack)
    }

    /// How many events found the ring full since the listening began.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.feed.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut list = self.engine.feeds.list.write();
        list.retain(|feed| !Arc::ptr_eq(feed, &self.feed));
        self.engine.feeds.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}
