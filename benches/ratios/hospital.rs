//! Our side: an engine whose schedules can be let go and published anew, so that every round begins like the first and nothing
//! begins cold.
//!
//! Between rounds the clock is moved on by a season: where behaviour is judged, that a hold ran out then is as good as forgotten. Holds expire, ends are forgotten, schedules are retired, new ones are published in
//! their places: what a service goes through in that time, by the same public verbs. The memory of one round is that of the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use fairslot::{Engine, EngineBuilder, ManualClock, ScheduleId, Timestamp};
use parking_lot::{RwLock, RwLockReadGuard};

use crate::material::morning;
use crate::round::Seat;

const DAY_MS: u64 = 86_400_000;

pub(crate) struct Hospital {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    ids: RwLock<Vec<ScheduleId>>,
    schedules: usize,
    capacity: u32,
    /// A clearing under way: how many schedules and records must still go, whose turn it is, and of which round it is.
    to_retire: AtomicI64,
    to_forget: AtomicI64,
    turn: AtomicUsize,
    round: AtomicUsize,
    /// Records that were made before this round.
    made_before: AtomicU64,
}

impl Hospital {
    /// Time comes from a word that costs a load to read, here and at the peers: what a clock costs is no matter of this comparison, and
    /// beside a request it would cost as much as the whole.
    pub(crate) fn new(
        schedules: usize,
        capacity: u32,
        settings: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_790_000_000_000)));
        let builder = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(7)
            .schedules_max(schedules as u32)
            .retire_after_ms(Some(DAY_MS));
        let engine = settings(builder)
            .build()
            .unwrap_or_else(|why| panic!("{why}"));
        Self {
            engine,
            clock,
            ids: RwLock::default(),
            schedules,
            capacity,
            to_retire: AtomicI64::new(0),
            to_forget: AtomicI64::new(0),
            turn: AtomicUsize::new(0),
            round: AtomicUsize::new(usize::MAX),
            made_before: AtomicU64::new(0),
        }
    }

    pub(crate) fn ids(&self) -> RwLockReadGuard<'_, Vec<ScheduleId>> {
        self.ids.read()
    }

    /// Slots of all schedules.
    pub(crate) fn slots(&self) -> u64 {
        self.schedules as u64 * u64::from(self.capacity)
    }

    /// Holds granted since the last [`Self::renew`].
    pub(crate) fn held(&self) -> u64 {
        self.made() - self.made_before.load(Ordering::Relaxed)
    }

    fn made(&self) -> u64 {
        let stats = self.engine.stats();
        // An exchange makes a record as well.
        stats.held + stats.exchanged
    }

    /// Lets go of everything and publishes anew. To be called by every thread of a round, so that what is given back is shared
    /// among them; takes turns, because who calls `advance` gets what it frees.
    pub(crate) fn renew(&self, seat: Seat) {
        if seat.leads() {
            let (old, made) = (self.ids.read().len(), self.held());
            self.to_retire.store(old as i64, Ordering::Relaxed);
            self.to_forget.store(made as i64, Ordering::Relaxed);
            self.clock.pass(120 * DAY_MS);
            self.turn.store(0, Ordering::Relaxed);
            self.round.store(seat.round, Ordering::Release);
        }
        while self.round.load(Ordering::Acquire) != seat.round {
            std::thread::yield_now();
        }
        self.clear(seat);
        if seat.leads() {
            let schedule = morning(self.capacity, now(&self.clock));
            let publish = |_| {
                self.engine
                    .publish(&schedule)
                    .unwrap_or_else(|why| panic!("{why}"))
            };
            *self.ids.write() = (0..self.schedules).map(publish).collect();
            self.made_before.store(self.made(), Ordering::Relaxed);
        }
    }

    fn clear(&self, seat: Seat) {
        let left = || {
            self.to_retire.load(Ordering::Acquire) > 0 || self.to_forget.load(Ordering::Acquire) > 0
        };
        while left() {
            if self.turn.load(Ordering::Acquire) % seat.threads != seat.index {
                std::thread::yield_now();
                continue;
            }
            for _ in 0..4 {
                let bite = self.engine.advance();
                self.to_retire
                    .fetch_sub(bite.retired as i64, Ordering::AcqRel);
                self.to_forget
                    .fetch_sub(bite.forgotten as i64, Ordering::AcqRel);
            }
            self.turn.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Every slot once at most, in a round where nothing is given back; and the books agree.
    pub(crate) fn audit(&self) {
        let (held, slots) = (self.held(), self.slots());
        assert!(held <= slots, "{held} holds of {slots} slots");
        self.audit_books();
    }

    /// No slot twice, none lost.
    pub(crate) fn audit_books(&self) {
        let audit = self.engine.audit();
        assert!(audit.is_consistent(), "{:?}", audit.findings);
    }
}

pub(crate) fn now(clock: &ManualClock) -> Timestamp {
    fairslot::Clock::now(clock)
}
