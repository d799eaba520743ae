//! What one would otherwise write: maps and queues of good crates, put together.
//!
//! It does the same job: one live slot a patient and schedule, at most k live holds a patient, a hold with a deadline, and, if there
//! is a ring, an event for it in a ring of the same kind and of the same events. Where there was a choice it is made in the peer's
//! favour: deadlines lie in the ledger's lines, so that counting live holds needs no second map; nobody has to find the
//! holds that are due (there is no wheel); a hold's id is put together, not counted; ended holds aren't remembered; the
//! maps have room for everything from the beginning and keep it from round to round.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use dashmap::DashMap;
use fairslot::{Event, PatientId, ScheduleId, Timestamp, What};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;

/// A line of a patient's book.
struct Line {
    schedule: ScheduleId,
    _slot: u16,
    until: Timestamp,
}

/// A hold, by its id.
struct Held {
    _patient: PatientId,
    _schedule: ScheduleId,
    _slot: u16,
    _until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Held {
        hold: u64,
        slot: u16,
        until: Timestamp,
    },
    SoldOut,
    AlreadyHolds,
    TooMany,
    TooSoon,
}

pub(crate) struct Peer {
    ledger: DashMap<PatientId, Vec<Line>>,
    pools: DashMap<ScheduleId, Mutex<VecDeque<u16>>>,
    holds: DashMap<u64, Held>,
    ring: Option<ArrayQueue<Event>>,
    limiter: Option<DefaultKeyedRateLimiter<PatientId>>,
    /// The time, in a word, as on our side.
    now: AtomicU64,
    capacity: u16,
}

const LIVE_HOLDS_MAX: usize = 3;
const TTL_MS: u64 = 900_000;

impl Peer {
    pub(crate) fn new(
        ids: &[ScheduleId],
        capacity: u16,
        expected: usize,
        ring: Option<usize>,
    ) -> Self {
        let peer = Self {
            ledger: DashMap::with_capacity(expected),
            pools: DashMap::new(),
            holds: DashMap::with_capacity(ids.len() * usize::from(capacity)),
            ring: ring.map(ArrayQueue::new),
            limiter: None,
            now: AtomicU64::new(1),
            capacity,
        };
        for id in ids {
            peer.pools.insert(*id, Mutex::default());
        }
        peer.renew();
        peer
    }

    /// The same with a limit for each patient.
    pub(crate) fn limited(mut self, a_second: NonZeroU32, burst: NonZeroU32) -> Self {
        self.limiter = Some(RateLimiter::dashmap(
            Quota::per_second(a_second).allow_burst(burst),
        ));
        self
    }

    fn is_too_soon(&self, patient: PatientId) -> bool {
        let limiter = self.limiter.as_ref();
        limiter.is_some_and(|limiter| limiter.check_key(&patient).is_err())
    }

    /// Back to the beginning, every slot free.
    pub(crate) fn renew(&self) {
        self.ledger.clear();
        self.holds.clear();
        for pool in &self.pools {
            *pool.lock() = (0..self.capacity).collect();
        }
        if let Some(ring) = &self.ring {
            while ring.pop().is_some() {}
        }
    }

    /// Holds granted and slots left make all slots; every event is in the ring.
    pub(crate) fn audit(&self) {
        let left: usize = self.pools.iter().map(|pool| pool.lock().len()).sum();
        let all = self.pools.len() * usize::from(self.capacity);
        assert_eq!(left + self.holds.len(), all);
        if let Some(ring) = &self.ring {
            assert_eq!(ring.len(), self.holds.len());
        }
    }

    /// Looks at the pool first; its guard is kept.
    #[inline]
    pub(crate) fn peek_first(&self, patient: PatientId, schedule: ScheduleId) -> Answer {
        let Some(pool) = self.pools.get(&schedule) else {
            return Answer::SoldOut;
        };
        if pool.lock().is_empty() {
            return Answer::SoldOut;
        }
        if self.is_too_soon(patient) {
            return Answer::TooSoon;
        }
        self.take(patient, schedule, &pool)
    }

    /// As one writes it down first: who are you, may you, then is there one.
    #[inline]
    pub(crate) fn naive(&self, patient: PatientId, schedule: ScheduleId) -> Answer {
        if self.is_too_soon(patient) {
            return Answer::TooSoon;
        }
        let now = Timestamp::from_millis(self.now.load(Ordering::Relaxed));
        let mut book = self.ledger.entry(patient).or_default();
        if let Some(why) = forbids(&book, schedule, now) {
            return why;
        }
        let slot = match self.pools.get(&schedule) {
            Some(pool) => pool.lock().pop_front(),
            None => None,
        };
        self.enter(&mut book, patient, schedule, slot, now)
    }

    fn take(
        &self,
        patient: PatientId,
        schedule: ScheduleId,
        pool: &Mutex<VecDeque<u16>>,
    ) -> Answer {
        let now = Timestamp::from_millis(self.now.load(Ordering::Relaxed));
        let mut book = self.ledger.entry(patient).or_default();
        if let Some(why) = forbids(&book, schedule, now) {
            return why;
        }
        let slot = pool.lock().pop_front();
        self.enter(&mut book, patient, schedule, slot, now)
    }

    #[inline]
    fn enter(
        &self,
        book: &mut Vec<Line>,
        patient: PatientId,
        schedule: ScheduleId,
        slot: Option<u16>,
        now: Timestamp,
    ) -> Answer {
        let Some(slot) = slot else {
            return Answer::SoldOut;
        };
        let until = now.after(TTL_MS);
        book.push(Line {
            schedule,
            _slot: slot,
            until,
        });
        // Unique: a slot is held once.
        let hold = hold_id(schedule, slot);
        let held = Held {
            _patient: patient,
            _schedule: schedule,
            _slot: slot,
            _until: until,
        };
        self.holds.insert(hold, held);
        if let Some(ring) = &self.ring {
            let event = Event {
                at: now,
                schedule,
                slot: None,
                version: u32::from(slot),
                patient: Some(patient),
                hold: None,
                what: What::Held { expires_at: until },
            };
            let _ = ring.push(event);
        }
        Answer::Held { hold, slot, until }
    }
}

fn forbids(book: &[Line], schedule: ScheduleId, now: Timestamp) -> Option<Answer> {
    let live = || book.iter().filter(|line| now < line.until);
    if live().any(|line| line.schedule == schedule) {
        Some(Answer::AlreadyHolds)
    } else if live().count() >= LIVE_HOLDS_MAX {
        Some(Answer::TooMany)
    } else {
        None
    }
}

fn hold_id(schedule: ScheduleId, slot: u16) -> u64 {
    use std::hash::{Hash, Hasher};
    /// Takes the id's 64 bits out as they are.
    #[derive(Default)]
    struct Bits(u64);
    impl Hasher for Bits {
        fn write(&mut self, bytes: &[u8]) {
            bytes
                .iter()
                .for_each(|byte| self.write_u64(u64::from(*byte)));
        }
        fn write_u64(&mut self, bits: u64) {
            self.0 = bits;
        }
        fn finish(&self) -> u64 {
            self.0
        }
    }
    let mut bits = Bits::default();
    schedule.hash(&mut bits);
    bits.finish() << 16 | u64::from(slot)
}
