//! Opening by a draw: somebody enters ([`enter`]), time draws ([`grant`]), somebody asks what became of it ([`ticket`]), everybody checks ([`publicity`]).
//!
//! A place in the draw is a record in the patient's book, as a hold is; beside it the [`Urn`] knows who is in. Whoever comes by after the close draws, one at a time: the urn that is due
//! is taken off the agenda, and nobody else finds it there.
//!
//! # Locks
//! In this order: desk, an urn's progress, a book, a lane, the registry; a window's shards last. Nobody who has a later one waits for an earlier one.

mod enter;
mod grant;
mod members;
mod publicity;
mod ticket;
mod urn;

use std::collections::{BTreeMap, VecDeque};

use crossbeam_utils::CachePadded;

use crate::draw::{MasterSeed, ServerKey};
use crate::raw::digest::{Bytes32, Mac, Prefix};
use crate::words::allotment::Allotment;
use crate::words::error::Invalid;
use crate::words::id::{ChannelId, HospitalId, PatientId, ScheduleId, TicketId};
use crate::words::lottery::Lottery;
use crate::words::schedule::{Opening, Schedule};
use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::sync::{Arc, LANES, Mutex, lane};
use crate::words::time::Timestamp;

use members::Number;
pub(super) use ticket::Place;
use urn::Urn;

/// What draws are made with.
pub(super) struct Secrets {
    pub(super) master: MasterSeed,
    pub(super) key: ServerKey,
    /// Seals tickets.
    pub(super) tickets: Mac,
    /// What returns when, and to whom.
    pub(super) returns: Mac,
}

impl Secrets {
    /// All from 32 random bytes, each by a label of its own.
    pub(super) fn of(root: &Bytes32) -> Self {
        let own = |label| Prefix::keyed(label, root).hash(&[]);
        Self {
            master: MasterSeed::new(own("fairslot/engine/seeds/1")),
            key: ServerKey::new(own("fairslot/engine/tokens/1")),
            tickets: Mac::new(&own("fairslot/engine/tickets/1")),
            returns: Mac::new(&own("fairslot/engine/returns/1")),
        }
    }

    /// All from a number, for runs that can be repeated.
    pub(super) fn of_seed(seed: u64) -> Self {
        let label = Prefix::label("fairslot/engine/seed/1");
        Self::of(&label.hash(&seed.to_be_bytes()))
    }

    /// The id of a place in a line. What it was asked for, by whom and when, is sealed into it: a record that is used again has other tickets.
    pub(super) fn ticket(
        &self,
        schedule: ScheduleId,
        record: u32,
        patient: PatientId,
        asked_at: Timestamp,
    ) -> TicketId {
        let mut message = [0; 36];
        message[..8].copy_from_slice(&schedule.0.to_be_bytes());
        message[8..12].copy_from_slice(&record.to_be_bytes());
        message[12..28].copy_from_slice(&patient.to_u128().to_be_bytes());
        message[28..].copy_from_slice(&asked_at.as_millis().to_be_bytes());
        let mut seal = [0; 8];
        seal.copy_from_slice(&self.tickets.of(&message)[..8]);
        TicketId::pack(schedule, record, u64::from_be_bytes(seal))
    }
}

/// What an engine with draws is told.
pub(super) struct Settings {
    pub(super) entries_max: u32,
    /// Entries of past draws that are kept for transcripts, in all.
    pub(super) entries_kept: u64,
    /// In order.
    pub(super) trusted: Box<[ChannelId]>,
}

/// All draws of an engine.
pub(super) struct Draws {
    /// When the first urn is due; `u64::MAX` if none is. A hint: the agenda decides.
    due: AtomicU64,
    registry: Mutex<Registry>,
    /// Urns as each lane knows them, so that entrants don't meet on the way to theirs.
    lanes: Box<[CachePadded<Mutex<Urns>>]>,
    pub(super) secrets: Secrets,
    pub(super) settings: Settings,
}

/// What is told of a schedule that will open by a draw.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) hospital: HospitalId,
    pub(super) lottery: Lottery,
    /// Which of its slots are reserved, and for whom.
    pub(super) allotments: &'a [Allotment],
}

impl<'a> Plan<'a> {
    /// The schedule's part in a draw, if it opens by one.
    pub(super) fn of(schedule: &'a Schedule) -> Option<Self> {
        let Opening::Lottery(lottery) = schedule.opening else {
            return None;
        };
        Some(Self {
            hospital: schedule.hospital,
            lottery,
            allotments: &schedule.allotments,
        })
    }
}

type Urns = BTreeMap<ScheduleId, Arc<Urn>>;

#[derive(Default)]
struct Registry {
    /// Each schedule's latest.
    urns: Urns,
    /// Those that others may join, by what.
    numbers: BTreeMap<Number, Arc<Urn>>,
    /// When is which to be looked at next? At the same instant by the schedules that they are called by.
    agenda: BTreeMap<(u64, ScheduleId, u32), Arc<Urn>>,
    /// Drawn, the oldest first, with their entries.
    past: VecDeque<(Arc<Urn>, u64)>,
    /// Entries of all these.
    kept: u64,
}

impl Registry {
    /// The urn that a schedule may join, if there is one.
    fn of_number(&self, plan: &Plan<'_>, now: Timestamp) -> Result<Option<&Arc<Urn>>, Invalid> {
        let lottery = &plan.lottery;
        let Some(number) = lottery.together else {
            return Ok(None);
        };
        let urn = self.numbers.get(&(plan.hospital, number));
        let Some(urn) = urn.filter(|urn| !urn.is_over()) else {
            return Ok(None);
        };
        if urn.lottery() != lottery {
            return Err(members::other_rules(number));
        }
        if now >= lottery.entry_at() {
            return Err(members::too_late(number));
        }
        urn.joining().lock().may(number)?;
        Ok(Some(urn))
    }

    /// A schedule has this draw from now on, or none. What was kept of its last is gone, unless it is others' too.
    fn put(&mut self, schedule: ScheduleId, urn: Option<Arc<Urn>>) -> Option<Arc<Urn>> {
        let gone = match urn {
            Some(urn) => self.urns.insert(schedule, urn),
            None => self.urns.remove(&schedule),
        }?;
        let is_it = |urn: &Arc<Urn>| Arc::ptr_eq(urn, &gone);
        let ever = gone.joining().lock().ever();
        if !ever.iter().any(|it| self.urns.get(it).is_some_and(is_it)) {
            self.agenda.retain(|_, urn| !is_it(urn));
            let (past, kept) = (&mut self.past, &mut self.kept);
            past.retain(|(urn, entries)| {
                *kept -= if is_it(urn) { *entries } else { 0 };
                !is_it(urn)
            });
            self.leave_numbers(&gone);
        }
        Some(gone)
    }

    /// Nobody can join it any more.
    fn leave_numbers(&mut self, urn: &Arc<Urn>) {
        if let Some(number) = urn.number()
            && let Some(other) = self.numbers.get(&number)
            && Arc::ptr_eq(other, urn)
        {
            self.numbers.remove(&number);
        }
    }
}

/// An urn that somebody has taken off the agenda. Should they panic, it goes back.
struct Taken<'a> {
    draws: &'a Draws,
    urn: Arc<Urn>,
    /// When it is to be looked at again.
    again: Option<u64>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(at) = self.again {
            self.draws.put_on_agenda(at, &self.urn);
        }
    }
}

impl Draws {
    pub(super) fn new(secrets: Secrets, settings: Settings) -> Self {
        Self {
            due: AtomicU64::new(u64::MAX),
            registry: Mutex::new(Registry::default()),
            lanes: (0..=LANES).map(|_| CachePadded::default()).collect(),
            secrets,
            settings,
        }
    }

    /// Whether a draw is due, or may be.
    #[inline]
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        // Relaxed: a hint. Who was told of a draw before its close is on the far side of the registry's lock.
        self.due.load(Ordering::Relaxed) <= now.as_millis()
    }

    /// Whether a schedule can be drawn with those of its number, if it has one.
    ///
    /// # Errors
    /// [`Invalid`] with the field `together`.
    pub(super) fn may_announce(&self, plan: &Plan<'_>, now: Timestamp) -> Result<(), Invalid> {
        let registry = self.registry.lock();
        registry.of_number(plan, now).map(|_| ())
    }

    /// A schedule will open by a draw: with the others of its number, or by one of its own.
    ///
    /// # Errors
    /// As [`may_announce`](Self::may_announce). Then nothing has changed.
    pub(super) fn announce(
        &self,
        schedule: ScheduleId,
        plan: Plan<'_>,
        now: Timestamp,
    ) -> Result<(), Invalid> {
        let mut registry = self.registry.lock();
        let joins = registry.of_number(&plan, now)?.cloned();
        let Plan {
            hospital,
            lottery,
            allotments,
        } = plan;
        let urn = match (joins, lottery.together) {
            (Some(urn), Some(number)) => {
                // It may have been bound since.
                urn.joining().lock().join((schedule, allotments), number)?;
                urn
            }
            (_, number) => {
                let before = registry.urns.get(&schedule);
                let attempt = before.map_or(1, |urn| urn.attempt() + 1);
                // Two draws of one schedule never have the same name.
                let published = before.map_or(now, |urn| now.max(urn.published().after(1)));
                let number = number.map(|number| (hospital, number));
                let first = (schedule, allotments);
                let urn = Arc::new(Urn::new(first, lottery, published, attempt, number));
                let key = (urn.next_look(), schedule, attempt);
                registry.agenda.insert(key, Arc::clone(&urn));
                if let Some(number) = number {
                    registry.numbers.insert(number, Arc::clone(&urn));
                }
                urn
            }
        };
        let gone = registry.put(schedule, Some(urn));
        self.note_due(&registry);
        drop(registry);
        if gone.is_some() {
            self.leave_lanes(schedule);
        }
        // What it held is given back to the machine without the lock.
        drop(gone);
        Ok(())
    }

    /// The same for one that was called off before it was drawn: if it is too late for it to be drawn with the others, by a draw of its own.
    pub(super) fn announce_again(&self, schedule: ScheduleId, plan: Plan<'_>, now: Timestamp) {
        let in_time = now < plan.lottery.entry_at();
        if !in_time || self.announce(schedule, plan, now).is_err() {
            let mut alone = plan;
            alone.lottery.together = None;
            // Nothing is in the way of that.
            let _ = self.announce(schedule, alone, now);
        }
    }

    fn put_on_agenda(&self, at: u64, urn: &Arc<Urn>) {
        let mut registry = self.registry.lock();
        let key = (at, urn.lead(), urn.attempt());
        registry.agenda.insert(key, Arc::clone(urn));
        self.note_due(&registry);
    }

    fn note_due(&self, registry: &Registry) {
        let first = registry.agenda.first_key_value();
        let at = first.map_or(u64::MAX, |((at, ..), _)| *at);
        self.due.store(at, Ordering::Relaxed);
    }

    /// Takes the first urn that is due.
    fn take_due(&self, now: Timestamp) -> Option<Taken<'_>> {
        let mut registry = self.registry.lock();
        let first = registry.agenda.first_entry()?;
        let at = first.key().0;
        if at > now.as_millis() {
            return None;
        }
        let urn = first.remove();
        self.note_due(&registry);
        Some(Taken {
            draws: self,
            urn,
            again: Some(at),
        })
    }

    /// When the next draw is expected.
    pub(super) fn next(&self) -> Option<u64> {
        let registry = self.registry.lock();
        registry.agenda.first_key_value().map(|((at, ..), _)| *at)
    }

    /// The opening that was published, of a schedule whose draw is still known.
    pub(super) fn opening_of(&self, schedule: ScheduleId) -> Option<Timestamp> {
        Some(self.find(schedule)?.lottery().at)
    }

    fn find(&self, schedule: ScheduleId) -> Option<Arc<Urn>> {
        self.registry.lock().urns.get(&schedule).cloned()
    }

    /// Does something with a schedule's urn, if its draw isn't over: by this lane's own list of them, which nobody else waits for.
    fn with<T>(&self, schedule: ScheduleId, act: impl FnOnce(&Urn) -> T) -> Option<T> {
        let mut own = self.lanes[lane()].lock();
        if let Some(urn) = own.get(&schedule) {
            return Some(act(urn));
        }
        // Whoever takes an urn out of the registry empties the lanes after that: what is put in here under the lane's lock is found.
        let urn = self.find(schedule).filter(|urn| !urn.is_over())?;
        let did = act(&urn);
        own.insert(schedule, urn);
        Some(did)
    }

    /// Whether two schedules are drawn by one draw that isn't over, or were until one of them was called off: it may be that who is in for it has yet to be told.
    fn are_together(&self, one: ScheduleId, other: ScheduleId) -> bool {
        let is_of = |urn: &Urn| {
            let of_one = || self.find(one);
            urn.has(one) || of_one().is_some_and(|it| std::ptr::eq(&raw const *it, urn))
        };
        one == other || self.with(other, is_of).unwrap_or(false)
    }

    /// Nobody enters this one any more.
    fn leave_lanes(&self, schedule: ScheduleId) {
        for lane in &self.lanes {
            lane.lock().remove(&schedule);
        }
    }

    /// It is drawn: what is kept of past draws stays within its bound.
    fn keep(&self, urn: &Arc<Urn>, entries: u64) {
        for member in urn.members() {
            self.leave_lanes(member.schedule);
        }
        let mut registry = self.registry.lock();
        registry.leave_numbers(urn);
        registry.past.push_back((Arc::clone(urn), entries));
        registry.kept += entries;
        let mut gone = Vec::new();
        while registry.kept > self.settings.entries_kept
            && let Some((oldest, entries)) = registry.past.pop_front()
        {
            registry.kept -= entries;
            for schedule in oldest.joining().lock().ever() {
                let known = registry.urns.get(&schedule);
                if known.is_some_and(|urn| Arc::ptr_eq(urn, &oldest)) {
                    registry.urns.remove(&schedule);
                }
            }
            gone.push(oldest);
        }
        drop(registry);
        // What they held is given back to the machine without the lock.
        drop(gone);
    }

    /// It comes to nothing: nothing is left to be done for it, and whoever was in it is not kept. Only its name is, which no other draw may have.
    fn call_off(&self, urn: &Arc<Urn>) {
        let husk = Arc::new(urn.husk());
        let ever = husk.joining().lock().ever();
        let mut registry = self.registry.lock();
        registry.agenda.retain(|_, other| !Arc::ptr_eq(other, urn));
        registry.leave_numbers(urn);
        for schedule in &ever {
            match registry.urns.get_mut(schedule) {
                Some(known) if Arc::ptr_eq(known, urn) => *known = Arc::clone(&husk),
                _ => {}
            }
        }
        self.note_due(&registry);
        drop(registry);
        // Those that had left before as well. The caller's is the last, and is let go without a lock.
        for schedule in ever {
            self.leave_lanes(schedule);
        }
    }

    /// Nothing is kept of this schedule's draw.
    pub(super) fn forget(&self, schedule: ScheduleId) {
        let mut registry = self.registry.lock();
        let gone = registry.put(schedule, None);
        self.note_due(&registry);
        drop(registry);
        drop(gone);
        self.leave_lanes(schedule);
    }
}
