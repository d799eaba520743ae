//! Where schedules stand: which pool is this id's?
//!
//! Places never move, so finding one writes nothing. A place whose schedule is past is used again, for a schedule that fits the words it has: memory
//! follows the horizon, not the years. The id says which generation of the place it means.

use std::collections::BTreeMap;
use std::fmt;

use crate::raw::arena::Arena;
use crate::words::allotment::Allotment;
use crate::words::id::{DepartmentId, GENERATION_BITS, HospitalId, PractitionerId, ScheduleId};
use crate::words::lottery::Lottery;
use crate::words::money::Fee;
use crate::words::schedule::{Day, Opening, ReturnPolicy, Schedule, Session};
use crate::words::sync::{Mutex, MutexGuard};
use crate::words::time::Timestamp;

use super::Pool;

const CHUNK: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    1_024
};

/// What only people read of a schedule, and the lock held by whoever acts for the hospital on it: publish, withdraw, reinstate, add,
/// retire and audit exclude each other here. `None` while no schedule stands there.
pub(crate) type Desk<'a> = MutexGuard<'a, Option<Facts>>;

#[derive(Debug)]
pub(crate) struct Facts {
    hospital: HospitalId,
    department: DepartmentId,
    practitioner: PractitionerId,
    fee: Option<Box<Fee>>,
    /// One word in the common case of none.
    more: Option<Box<More>>,
    day: Day,
    session: Session,
    /// When the session was last withdrawn.
    withdrawn_at: Timestamp,
}

/// What few schedules have.
#[derive(Debug)]
struct More {
    tags: Vec<String>,
    lottery: Option<Lottery>,
    returns: ReturnPolicy,
    allotments: Box<[Allotment]>,
}

impl Facts {
    pub(crate) fn withdrawn_at(&self) -> Timestamp {
        self.withdrawn_at
    }

    /// Whose department it is.
    pub(crate) fn department(&self) -> (HospitalId, DepartmentId) {
        (self.hospital, self.department)
    }

    /// How it opens by a draw, if it does.
    pub(crate) fn lottery(&self) -> Option<Lottery> {
        self.more.as_deref()?.lottery
    }

    /// What its draw reserves.
    pub(crate) fn allotments(&self) -> &[Allotment] {
        self.more.as_deref().map_or(&[], |more| &more.allotments)
    }

    pub(crate) fn set_withdrawn_at(&mut self, at: Timestamp) {
        self.withdrawn_at = at;
    }
}

pub(crate) struct Places {
    pools: Arena<Pool, CHUNK>,
    desks: Arena<Mutex<Option<Facts>>, CHUNK>,
    vacant: Mutex<Vacant>,
    max: u32,
}

#[derive(Debug, Default)]
struct Vacant {
    /// Places that a past schedule has left, by how many slots fit their first segment.
    by_room: BTreeMap<u16, Vec<u32>>,
    /// The first place where nothing ever stood.
    fresh: u32,
}

impl Places {
    pub(crate) fn new(max: u32) -> Self {
        Self {
            pools: Arena::new(max),
            desks: Arena::new(max),
            vacant: Mutex::new(Vacant::default()),
            max,
        }
    }

    /// The pool where a schedule of this id stands or stood. Whether it still does, the pool knows.
    #[inline]
    pub(crate) fn find(&self, id: ScheduleId) -> Option<&Pool> {
        self.pools.get(id.place())
    }

    /// The pool of the schedule that stands under this id: not another's that has its place now.
    pub(crate) fn of(&self, id: ScheduleId) -> Option<&Pool> {
        self.find(id).filter(|pool| pool.is(id))
    }

    /// The pool and the desk of the schedule that stands under this id; it does so as long as the desk is held.
    pub(crate) fn desk(&self, id: ScheduleId) -> Option<(&Pool, Desk<'_>)> {
        let (pool, desk) = (
            self.pools.get(id.place())?,
            self.desks.get(id.place())?.lock(),
        );
        pool.is(id).then_some((pool, desk))
    }

    /// Waits until whoever acts on the schedule at this id's place now is done.
    pub(crate) fn pass(&self, id: ScheduleId) {
        if let Some(desk) = self.desks.get(id.place()) {
            drop(desk.lock());
        }
    }

    /// Whatever stands at a place: its id, its pool, its desk.
    pub(crate) fn at(&self, place: u32) -> Option<(ScheduleId, &Pool, Desk<'_>)> {
        let (pool, desk) = (self.pools.get(place)?, self.desks.get(place)?.lock());
        let id = ScheduleId::pack(place, pool.generation());
        (desk.is_some() && pool.is(id)).then_some((id, pool, desk))
    }

    /// The number of places that were ever used.
    pub(crate) fn used(&self) -> u32 {
        self.vacant.lock().fresh
    }

    /// Gives a checked schedule a place; `None` if all are taken.
    pub(crate) fn settle(&self, schedule: &Schedule) -> Option<ScheduleId> {
        // check() has bounded it.
        let place = self
            .vacant
            .lock()
            .take(schedule.capacity as u16, self.max)?;
        let (pool, mut desk) = (self.pools.reach(place)?, self.desks.reach(place)?.lock());
        let generation = pool.generation() + 1;
        let lottery = match schedule.opening {
            Opening::Lottery(lottery) => Some(lottery),
            Opening::FirstCome { .. } => None,
        };
        *desk = Some(Facts {
            hospital: schedule.hospital,
            department: schedule.department,
            practitioner: schedule.practitioner,
            fee: schedule.fee.map(Box::new),
            more: (lottery.is_some()
                || !schedule.tags.is_empty()
                || schedule.returns != ReturnPolicy::AtOnce)
                .then(|| {
                    Box::new(More {
                        tags: schedule.tags.clone(),
                        lottery,
                        returns: schedule.returns,
                        allotments: (*schedule.allotments).into(),
                    })
                }),
            day: schedule.day,
            session: schedule.session,
            withdrawn_at: Timestamp::default(),
        });
        pool.open(&desk, generation, schedule);
        Some(ScheduleId::pack(place, generation))
    }

    /// A retired schedule leaves its place. Its generations used up, the place stays empty.
    pub(crate) fn leave(&self, id: ScheduleId, pool: &Pool, mut desk: Desk<'_>) {
        *desk = None;
        drop(desk);
        if id.generation() + 1 < 1 << GENERATION_BITS {
            let mut vacant = self.vacant.lock();
            vacant
                .by_room
                .entry(pool.slots().first_room())
                .or_default()
                // 28 bits, as it was minted.
                .push(id.place() as u32);
        }
    }
}

impl Vacant {
    /// A place for `capacity` slots: the smallest that fits without wasting more than half, else a fresh one, else whichever is left.
    fn take(&mut self, capacity: u16, max: u32) -> Option<u32> {
        let fitting = self
            .by_room
            .range_mut(capacity..=capacity.saturating_mul(2))
            .find_map(|(_, places)| places.pop());
        if fitting.is_some() {
            return fitting;
        }
        if self.fresh < max {
            self.fresh += 1;
            return Some(self.fresh - 1);
        }
        self.by_room.values_mut().rev().find_map(Vec::pop)
    }
}

/// The schedule as it was published, every default filled in, with the slots added since.
pub(crate) fn describe(pool: &Pool, facts: &Facts) -> Schedule {
    let more = facts.more.as_deref();
    let lottery = more.and_then(|more| more.lottery);
    Schedule {
        hospital: facts.hospital,
        department: facts.department,
        practitioner: facts.practitioner,
        day: facts.day,
        session: facts.session,
        capacity: u32::from(pool.capacity()),
        opening: lottery.map_or(Opening::first_come(pool.opens_at()), Opening::Lottery),
        starts_at: pool.starts_at(),
        closes_at: Some(pool.closes_at()),
        cancel_until: Some(pool.cancel_until()),
        hold_ttl_ms: pool.hold_ttl(),
        hold_cap_ms: pool.hold_cap(),
        returns: more.map_or(ReturnPolicy::AtOnce, |more| more.returns),
        fee: facts.fee.as_deref().copied(),
        tags: more.map(|more| more.tags.clone()).unwrap_or_default(),
        allotments: facts.allotments().to_vec(),
    }
}

impl Pool {
    /// When it opened, or opens; until it is drawn, when people may enter.
    pub(crate) fn opens_at(&self) -> Timestamp {
        Timestamp::from_millis(
            self.opens_at
                .load(crate::words::sync::atomic::Ordering::Relaxed),
        )
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places")
            .field("used", &self.used())
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn an_engine_of_empty_places_is_not_full() {
        for capacity in [1, 30, 31, 100, 65_535] {
            let mut vacant = Vacant {
                by_room: BTreeMap::from([(30, vec![7])]),
                fresh: 8,
            };
            assert_eq!(
                (vacant.take(capacity, 8), vacant.take(capacity, 8)),
                (Some(7), None),
                "{capacity}"
            );
        }
    }

    #[test]
    fn a_pool_is_two_cache_lines_and_a_desk_one() {
        assert_eq!((size_of::<Pool>(), align_of::<Pool>()), (128, 128));
        assert!(size_of::<Mutex<Option<Facts>>>() <= 64);
    }
}
