//! Opening by a draw: somebody enters ([`enter`]), time draws ([`grant`]), somebody asks what became of it ([`ticket`]), everybody checks ([`publicity`]).
//!
//! A place in the draw is a record in the patient's book, as a hold is; beside it the [`Urn`] knows who is in. Whoever comes by after the close draws, one at a time: the urn that is due
//! is taken off the agenda, and nobody else finds it there.
//!
//! # Locks
//! In this order: desk, an urn's progress, a book, a lane, the registry; a window's shards last. Nobody who has a later one waits for an earlier one.

mod enter;
mod grant;
mod publicity;
mod ticket;
mod urn;

use std::collections::{BTreeMap, BTreeSet};

use crossbeam_utils::CachePadded;

use crate::draw::{MasterSeed, ServerKey};
use crate::raw::digest::{Bytes32, Mac, Prefix};
use crate::words::id::{ChannelId, PatientId, ScheduleId, TicketId};
use crate::words::lottery::Lottery;
use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::sync::{Arc, LANES, Mutex, lane};
use crate::words::time::Timestamp;

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

type Urns = BTreeMap<ScheduleId, Arc<Urn>>;

#[derive(Default)]
struct Registry {
    urns: Urns,
    /// When is which to be looked at next?
    agenda: BTreeSet<(u64, ScheduleId)>,
    /// Drawn, the oldest first, with their entries.
    past: std::collections::VecDeque<(ScheduleId, u64)>,
    /// Entries of all these.
    kept: u64,
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
            self.draws.put_on_agenda(at, self.urn.schedule());
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

    /// A schedule will open by a draw; again, if an earlier one of it came to nothing.
    pub(super) fn announce(&self, schedule: ScheduleId, lottery: Lottery, published: Timestamp) {
        let before = self.find(schedule);
        let attempt = before.map_or(1, |urn| urn.attempt() + 1);
        let urn = Urn::new(schedule, lottery, published, attempt);
        let at = urn.first_look();
        self.forget(schedule);
        self.registry.lock().urns.insert(schedule, Arc::new(urn));
        self.put_on_agenda(at, schedule);
    }

    fn put_on_agenda(&self, at: u64, schedule: ScheduleId) {
        let mut registry = self.registry.lock();
        registry.agenda.insert((at, schedule));
        self.note_due(&registry);
    }

    fn note_due(&self, registry: &Registry) {
        let first = registry.agenda.first();
        self.due
            .store(first.map_or(u64::MAX, |(at, _)| *at), Ordering::Relaxed);
    }

    /// Takes the first urn that is due.
    fn take_due(&self, now: Timestamp) -> Option<Taken<'_>> {
        let mut registry = self.registry.lock();
        loop {
            let (at, schedule) = *registry.agenda.first()?;
            if at > now.as_millis() {
                return None;
            }
            registry.agenda.pop_first();
            self.note_due(&registry);
            if let Some(urn) = registry.urns.get(&schedule) {
                return Some(Taken {
                    draws: self,
                    urn: Arc::clone(urn),
                    again: Some(at),
                });
            }
        }
    }

    /// When the next draw is expected.
    pub(super) fn next(&self) -> Option<u64> {
        self.registry.lock().agenda.first().map(|(at, _)| *at)
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

    /// Nobody enters this one any more.
    fn leave_lanes(&self, schedule: ScheduleId) {
        for lane in &self.lanes {
            lane.lock().remove(&schedule);
        }
    }

    /// It is drawn: what is kept of past draws stays within its bound.
    fn keep(&self, schedule: ScheduleId, entries: u64) {
        self.leave_lanes(schedule);
        let mut registry = self.registry.lock();
        registry.past.push_back((schedule, entries));
        registry.kept += entries;
        let mut gone = Vec::new();
        while registry.kept > self.settings.entries_kept
            && let Some((oldest, entries)) = registry.past.pop_front()
        {
            registry.kept -= entries;
            gone.extend(registry.urns.remove(&oldest));
        }
        drop(registry);
        // What they held is given back to the machine without the lock.
        drop(gone);
    }

    /// Nothing is left to be done for this one.
    fn off_agenda(&self, schedule: ScheduleId) {
        let mut registry = self.registry.lock();
        registry.agenda.retain(|(_, other)| *other != schedule);
        self.note_due(&registry);
    }

    /// Nothing is kept of this schedule's draw.
    pub(super) fn forget(&self, schedule: ScheduleId) {
        let mut registry = self.registry.lock();
        let gone = registry.urns.remove(&schedule);
        if gone.is_none() {
            return;
        }
        registry.agenda.retain(|(_, other)| *other != schedule);
        self.note_due(&registry);
        let (mut kept, mut past) = (registry.kept, std::mem::take(&mut registry.past));
        past.retain(|(other, entries)| {
            let stays = *other != schedule;
            kept -= if stays { 0 } else { *entries };
            stays
        });
        (registry.kept, registry.past) = (kept, past);
        drop(registry);
        self.leave_lanes(schedule);
    }
}
