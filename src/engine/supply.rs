//! The hospital acts: publish · add slots · withdraw and reinstate a session.
//!
//! Whoever acts on a schedule holds its desk; two such acts exclude each other. Requests take no notice of the desk.

use crate::ledger::record::Phase;
use crate::pool::Pool;
use crate::pool::places::{Desk, describe};
use crate::pool::word::State;
use crate::words::error::{Invalid, SupplyError};
use crate::words::event::What;
use crate::words::id::{ScheduleId, SlotNo};
use crate::words::lottery::Lottery;
use crate::words::refusal::Refusal;
use crate::words::schedule::Schedule;
use crate::words::time::Timestamp;

use super::lottery::Plan;
use super::stats::Count;
use super::{Bulletin, Engine, Inner, Note};

/// # The hospital acts
impl Engine {
    /// Publishes a schedule. Its slots are there at once and can be had from its opening on. The same schedule published twice is two.
    ///
    /// # Errors
    /// [`SupplyError::Invalid`] with the field that is impossible; [`SupplyError::Full`] if the engine has as many schedules as it was
    /// built for.
    pub fn publish(&self, schedule: &Schedule) -> Result<ScheduleId, SupplyError> {
        schedule.check()?;
        let now = self.inner.now();
        // What is impossible lets no time pass.
        self.inner.may_settle_in(schedule, now)?;
        self.inner.pass(now);
        let mut bulletin = self.inner.bulletin(now);
        let id = self.inner.settle_in(schedule, now)?;
        if let Some(watch) = &self.inner.watch {
            watch.publish(id, schedule.practitioner);
        }
        let department = (schedule.hospital, schedule.department);
        (self.inner.returns).open(id, schedule.returns, schedule.opens_at(), department);
        self.inner.count(Count::Published);
        // check() has bounded it.
        bulletin.tell_of_schedule(
            id,
            What::Published {
                capacity: schedule.capacity as u16,
            },
        );
        self.inner.close(&bulletin);
        Ok(id)
    }

    /// What was published under this id, its defaults filled in and the slots added since counted.
    #[must_use]
    pub fn schedule(&self, schedule: ScheduleId) -> Option<Schedule> {
        let (pool, desk) = self.inner.places.desk(schedule)?;
        desk.as_ref().map(|facts| describe(pool, facts))
    }

    /// Adds slots to a schedule (加号), free at once. The answer is how many.
    ///
    /// # Errors
    /// `unknown_schedule`, `wrong_state` if it is withdrawn; [`SupplyError::Invalid`] with field `count` if it is 0 or makes more than
    /// 65,535 slots in all.
    pub fn add_slots(&self, schedule: ScheduleId, count: u32) -> Result<u32, SupplyError> {
        const RANGE: &str = "at least 1, and at most 65,535 slots in all";
        let counted = |pool: &Pool| {
            let added = u16::try_from(count).ok();
            let added = added.filter(|count| pool.capacity().checked_add(*count).is_some());
            added.ok_or_else(|| Invalid::new("count", count, RANGE))
        };
        if count == 0 {
            return Err(Invalid::new("count", count, RANGE).into());
        }
        // What is impossible lets no time pass.
        if let Some((pool, _desk)) = self.inner.places.desk(schedule)
            && !pool.is_withdrawn()
        {
            counted(pool)?;
        }
        self.inner.supply(schedule, |pool, desk, bulletin| {
            if pool.is_withdrawn() {
                return Err(Refusal::WrongState.into());
            }
            let (first, added) = (pool.capacity(), counted(pool)?);
            pool.grow(desk, added);
            bulletin.tell_of_schedule(
                schedule,
                What::SlotsAdded {
                    first: SlotNo::from_index(first),
                    count: added,
                },
            );
            Ok(count)
        })
    }

    /// Calls a session off (停诊): ends its holds and bookings, except for those of patients who were checked in, seen or missed already, and
    /// keeps every slot from being had. The answer is how many holds and bookings it ended; an event for each says whose.
    ///
    /// # Errors
    /// `unknown_schedule`; `wrong_state` if it is withdrawn already.
    pub fn withdraw(&self, schedule: ScheduleId) -> Result<u32, SupplyError> {
        let affected = self.inner.supply(schedule, |pool, desk, bulletin| {
            if pool.is_withdrawn() {
                return Err(Refusal::WrongState.into());
            }
            let affected = self.inner.withdraw(schedule, pool, desk, bulletin);
            Ok((affected, bulletin.at))
        });
        // The clock is not read again: should it panic, what is done is done.
        affected.map(|(affected, at)| {
            self.inner.waiters.wake_group(schedule.0);
            self.inner.pass_turns(at);
            affected
        })
    }

    /// A withdrawn session takes place after all. Its slots are free again; what the withdrawal ended stays ended. The answer is how many
    /// slots are free again.
    ///
    /// # Errors
    /// `unknown_schedule`; `wrong_state` if it is not withdrawn.
    pub fn reinstate(&self, schedule: ScheduleId) -> Result<u32, SupplyError> {
        self.inner.supply(schedule, |pool, desk, bulletin| {
            if !pool.is_withdrawn() {
                return Err(Refusal::WrongState.into());
            }
            self.inner.draw_anew(schedule, pool, desk, bulletin.at);
            self.inner.reopen_waitlist(schedule);
            Ok(reinstate(schedule, pool, desk, bulletin))
        })
    }
}

impl Inner {
    /// Whether the draw that a schedule would be part of can be.
    fn may_settle_in(&self, schedule: &Schedule, now: Timestamp) -> Result<(), Invalid> {
        match Plan::of(schedule) {
            Some(plan) => self.draws.may_announce(&plan, now),
            None => Ok(()),
        }
    }

    /// Gives a schedule its place, and its draw if it opens by one: both or neither.
    fn settle_in(&self, schedule: &Schedule, now: Timestamp) -> Result<ScheduleId, SupplyError> {
        let settle = || self.places.settle(schedule).ok_or(SupplyError::Full);
        let Some(plan) = Plan::of(schedule) else {
            return settle();
        };
        self.draws.may_announce(&plan, now)?;
        let id = settle()?;
        if let Err(why) = self.draws.announce(id, plan, now) {
            // Somebody was faster, and what it would have joined is bound. Nobody has heard of it.
            if let Some((pool, desk)) = self.places.desk(id) {
                pool.set_retired(&desk);
                self.places.leave(id, pool, desk);
            }
            return Err(why.into());
        }
        Ok(id)
    }

    /// The frame of an act on one schedule: holds its desk, tells afterwards.
    fn supply<T>(
        &self,
        schedule: ScheduleId,
        act: impl FnOnce(&Pool, &mut Desk<'_>, &mut Bulletin<'_>) -> Result<T, SupplyError>,
    ) -> Result<T, SupplyError> {
        let now = self.now();
        self.pass(now);
        let mut bulletin = self.bulletin(now);
        let answer = match self.places.desk(schedule) {
            Some((pool, mut desk)) => act(pool, &mut desk, &mut bulletin),
            None => Err(Refusal::UnknownSchedule.into()),
        };
        self.close(&bulletin);
        answer.inspect_err(|why| {
            if let SupplyError::Refused(why) = why {
                self.count_refusal(*why);
            }
        })
    }

    /// Flag first, so that nothing new begins; then what is due, which time has ended; then every slot by its word. A claim under way has its
    /// word either before us, and is ended like any other, or after us, and finds it withdrawn.
    fn withdraw(
        &self,
        schedule: ScheduleId,
        pool: &Pool,
        desk: &mut Desk<'_>,
        bulletin: &mut Bulletin<'_>,
    ) -> u32 {
        pool.set_withdrawn(desk, true);
        if let Some(facts) = desk.as_mut() {
            facts.set_withdrawn_at(bulletin.at);
            self.returns.call_off(schedule, facts.department());
        }
        self.sweep(pool, schedule, bulletin);
        let mut affected = 0;
        for slot in 0..pool.capacity() {
            affected += u32::from(self.withdraw_slot(schedule, pool, slot, bulletin));
        }
        self.call_off_draw(schedule, bulletin);
        self.call_off_waitlist(schedule, bulletin);
        self.call_off_queue(schedule, bulletin);
        bulletin.tell_of_schedule(schedule, What::SessionWithdrawn { affected });
        affected
    }

    /// A schedule that was called off before its draw is drawn after all: people enter anew, for as long as they could have, from then on if that is later.
    fn draw_anew(&self, schedule: ScheduleId, pool: &Pool, desk: &Desk<'_>, now: Timestamp) {
        let Some(facts) = desk.as_ref().filter(|_| pool.is_undrawn()) else {
            return;
        };
        if let Some(lottery) = facts.lottery() {
            let at = lottery.at.max(now);
            let lottery = Lottery { at, ..lottery }.within(pool.closes_at());
            pool.set_undrawn(desk, lottery.entry_at().max(now));
            let (hospital, _) = facts.department();
            let plan = Plan {
                hospital,
                lottery,
                allotments: facts.allotments(),
            };
            self.draws.announce_again(schedule, plan, now);
        }
    }

    /// Whether somebody had it.
    fn withdraw_slot(
        &self,
        schedule: ScheduleId,
        pool: &Pool,
        slot: u16,
        bulletin: &mut Bulletin<'_>,
    ) -> bool {
        let Some(at) = pool.slots().word(slot) else {
            return false;
        };
        // Every round is lost to somebody who did something with this one slot.
        loop {
            let seen = at.load();
            match seen.state() {
                State::Free | State::Cooling => {
                    pool.slots().take(schedule.tag(), slot);
                    if let Ok(word) = at.swap(seen, seen.to(State::Withdrawn, 0)) {
                        let version = word.version();
                        bulletin.tell(|| Note {
                            schedule,
                            slot,
                            version,
                            whose: None,
                            what: What::Withdrawn { booked: false },
                        });
                        return false;
                    }
                }
                State::Held | State::Booked => {
                    let Some((book, record)) = self.ledger.book_at(seen.holder()) else {
                        continue;
                    };
                    if let Ok(word) = at.swap(seen, seen.to(State::Withdrawn, 0)) {
                        record.end(Phase::Withdrawn, bulletin.at);
                        bulletin.tell(|| Note {
                            schedule,
                            slot,
                            version: word.version(),
                            whose: Some((book.patient(), record.claim(seen.holder()))),
                            what: What::Withdrawn {
                                booked: seen.state() == State::Booked,
                            },
                        });
                        return true;
                    }
                }
                State::Withdrawn | State::Arrived | State::Fulfilled | State::NoShow => {
                    return false;
                }
            }
        }
    }
}

fn reinstate(
    schedule: ScheduleId,
    pool: &Pool,
    desk: &Desk<'_>,
    bulletin: &mut Bulletin<'_>,
) -> u32 {
    let mut freed = 0;
    for slot in 0..pool.capacity() {
        let Some(at) = pool.slots().word(slot) else {
            break;
        };
        let seen = at.load();
        // A slot whose versions are used up stays where it is.
        if seen.state() == State::Withdrawn
            && !seen.is_spent()
            && let Some(word) = pool.give_back(schedule.tag(), slot, seen)
        {
            freed += 1;
            bulletin.tell(|| Note {
                schedule,
                slot,
                version: word.version(),
                whose: None,
                what: What::Reinstated,
            });
        }
    }
    pool.set_withdrawn(desk, false);
    bulletin.tell_of_schedule(schedule, What::SessionReinstated { freed });
    freed
}
