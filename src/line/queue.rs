//! The slow queue: whose turn is it?
//!
//! Two halves. *Seats* say who has a ticket: whoever asks again learns it there, by one look into a table, and goes. The *ring* says whose turn it is, under one lock;
//! who comes while somebody else has it puts their ticket into an inbox, which whoever has the lock empties (flat combining), so nobody waits for the lock to join, unless the queue is full, or
//! the inbox.
//!
//! # Concurrency
//! A ticket's seat is taken before it goes into the ring or the inbox, and given back under the ring's lock, except when it never came to the ring. So what comes to the ring without a seat has left meanwhile and
//! is dropped. Whoever has the lock takes in those in the inbox before themselves. Lock order: ring → a shard of the seats; nobody takes the ring's with a shard's in hand.
//!
//! # Ordering
//! Who pushes into the inbox and finds the lock taken relies on the holder to look again after letting go. The fences on both sides (push, fence, try; let go, fence, look) see to it
//! that one of both sees the other. Who only looks into the ring empties no inbox: then an entry lies there until the next call that does, and [`Queue::next_due`] says that one is due.

use std::fmt;

use super::seats::{Ask, Seats, Ticket};
use super::settings::{Pace, SlowQueue};
use crate::raw::hash::SplitMix;
use crate::raw::turns::{Put, Turns};
use crate::words::error::Invalid;
use crate::words::id::PatientId;
use crate::words::sync::atomic::{AtomicU32, Ordering, fence};
use crate::words::sync::{Mutex, MutexGuard, Ring};
use crate::words::time::Timestamp;

/// Newcomers who may be on their way into the ring.
const INBOX: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    1
} else {
    1_024
};

/// A slow queue. See [the room](super).
pub struct Queue {
    settings: SlowQueue,
    seats: Seats,
    /// Seats taken. Who finds a ticket by asking again may leave before who made it has counted it: then it is below 0 for a moment.
    taken: AtomicU32,
    inbox: Ring<(Ticket, Put)>,
    ring: Mutex<Core>,
}

struct Core {
    turns: Turns,
    pace: Pace,
}

/// The answer to who joined.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Joined {
    /// The ticket: the same as before for who waits already.
    pub ticket: Ticket,
    /// Whether they waited already.
    pub again: bool,
    /// Whose tickets ended by this call: those who had to make room, and those who came at once with it and found none. Each is told to one caller.
    pub ended: Vec<Ended>,
}

/// A ticket that is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Which.
    pub ticket: Ticket,
    /// Whose.
    pub patient: PatientId,
    /// What for.
    pub schedule: u64,
    /// Why.
    pub how: How,
}

/// How a ticket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum How {
    /// It is their turn.
    Served,
    /// They made room in a full queue: theirs was the newest of the longest cluster.
    Displaced,
    /// They came into a full queue, and theirs would have been the longest cluster.
    TurnedAway,
    /// They waited as long as anybody may.
    TimedOut,
}

/// The queue is full, and who asks would be the longest cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueFull {
    /// Milliseconds until the next turn, when there is room.
    pub retry_after_ms: u64,
    /// As in [`Joined::ended`].
    pub ended: Vec<Ended>,
}

impl fmt::Display for QueueFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.retry_after_ms;
        write!(f, "the queue is full; ask again in {ms} ms")
    }
}

impl std::error::Error for QueueFull {}

/// How long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// At most so many are served until this one is, itself included. For the first ticket of a cluster that is visited every round that holds whoever comes; for others as long as no cluster comes new.
    pub position: u32,
    /// When that is, if the queue is drained in time.
    pub due: Timestamp,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("settings", &self.settings)
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

impl Queue {
    /// An empty queue. All hashes are keyed by the seed.
    ///
    /// # Errors
    /// [`Invalid`] for a setting out of its range.
    pub fn new(settings: SlowQueue, seed: u64) -> Result<Self, Invalid> {
        settings.check()?;
        Ok(Self {
            settings,
            seats: Seats::new(settings.capacity, SplitMix(seed).keys()),
            taken: AtomicU32::new(0),
            inbox: Ring::new(INBOX),
            ring: Mutex::new(Core {
                turns: Turns::new(settings.capacity as usize),
                pace: settings.pace(),
            }),
        })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> SlowQueue {
        self.settings
    }

    /// Somebody wants to wait. Who waits for this schedule already gets their ticket again, which costs one look and changes nothing.
    ///
    /// In a full queue the newest ticket of the longest cluster makes room (of several as long, of the one that became so last), unless the newcomer's own cluster would be
    /// as long with them in: then the newcomer is turned away. So as long as there are fewer clusters than tickets nobody is turned away, and nobody has to make room, whose cluster is short.
    ///
    /// # Errors
    /// [`QueueFull`], for who is turned away. In a race for the last places that may come to light later: then the ticket ends, and is told as
    /// [`How::TurnedAway`].
    pub fn join(&self, ask: &Ask, now: Timestamp) -> Result<Joined, QueueFull> {
        let (ticket, new) = self.seats.take(ask.patient, ask.schedule);
        let mut ended = Vec::new();
        if new {
            self.enter(ask, ticket, now, &mut ended);
            let own = |it: &Ended| it.ticket == ticket && it.how == How::TurnedAway;
            if let Some(at) = ended.iter().position(own) {
                ended.swap_remove(at);
                let next = self.ring.lock().pace.nth(1);
                return Err(QueueFull {
                    retry_after_ms: next.saturating_sub(now.as_millis()).max(1),
                    ended,
                });
            }
        }
        Ok(Joined {
            ticket,
            again: !new,
            ended,
        })
    }

    fn enter(&self, ask: &Ask, ticket: Ticket, now: Timestamp, ended: &mut Vec<Ended>) {
        let keys = self.seats.keys();
        let put = Put {
            item: ticket.number(),
            group: ask.cluster.hash(keys),
            member: keys.hash(ask.patient.to_u128()),
            stride: ask.every,
            since: now.as_millis(),
        };
        // Relaxed: only the number counts, and only roughly: it says who had better wait for the lock.
        let taken = at_least_0(self.taken.fetch_add(1, Ordering::Relaxed).wrapping_add(1));
        let newcomer = (ticket, put);
        let core = match self.ring.try_lock() {
            Some(core) => Some((core, newcomer)),
            None => self
                .inbox
                .push(newcomer)
                .err()
                .map(|own| (self.ring.lock(), own)),
        };
        match core {
            Some((mut core, own)) => {
                core.turns.fetch(&put);
                self.fold(&mut core, ended);
                self.admit(&mut core, own, ended);
                self.let_go(core, ended);
            }
            None if taken > self.settings.capacity => {
                let core = self.folded(ended);
                self.let_go(core, ended);
            }
            None => self.fold_if_free(ended),
        }
    }

    // ---- the inbox -------------------------------------------------------------------------------------------------------

    /// Empties the inbox, unless somebody else is at it.
    fn fold_if_free(&self, ended: &mut Vec<Ended>) {
        loop {
            fence(Ordering::SeqCst);
            let Some(mut core) = self.ring.try_lock() else {
                return;
            };
            self.fold(&mut core, ended);
            drop(core);
            if !self.somebody_came() {
                return;
            }
        }
    }

    /// Whether somebody came and went because the lock was taken: for whoever has just let it go.
    fn somebody_came(&self) -> bool {
        fence(Ordering::SeqCst);
        !self.inbox.is_empty()
    }

    /// Lets the ring go.
    fn let_go(&self, core: MutexGuard<'_, Core>, ended: &mut Vec<Ended>) {
        drop(core);
        if self.somebody_came() {
            self.fold_if_free(ended);
        }
    }

    /// The ring, with everybody in it.
    fn folded(&self, ended: &mut Vec<Ended>) -> MutexGuard<'_, Core> {
        let mut core = self.ring.lock();
        self.fold(&mut core, ended);
        core
    }

    fn fold(&self, core: &mut Core, ended: &mut Vec<Ended>) {
        // No more than it holds: who has the lock is not kept for ever by those who come.
        for _ in 0..=INBOX {
            let Some(newcomer) = self.inbox.pop() else {
                return;
            };
            self.admit(core, newcomer, ended);
        }
    }

    fn admit(&self, core: &mut Core, newcomer: (Ticket, Put), ended: &mut Vec<Ended>) {
        let (ticket, put) = newcomer;
        if !self.seats.has(ticket) {
            return;
        }
        if core.turns.len() >= self.settings.capacity {
            if core.turns.len_of(put.group) + 1 >= core.turns.longest() {
                self.end_at(ticket.number(), How::TurnedAway, ended);
                return;
            }
            if let Some(newest) = core.turns.newest_of_longest() {
                core.turns.take(newest);
                self.end_at(newest, How::Displaced, ended);
            }
        }
        if core.turns.len() == 0 {
            core.pace
                .begin(put.since.saturating_add(self.settings.first_after_ms));
        }
        core.turns.put(put);
    }

    // ---- ends ------------------------------------------------------------------------------------------------------------

    /// The ticket that sits there ends, whichever it is.
    fn end_at(&self, number: u32, how: How, ended: &mut Vec<Ended>) {
        if let Some((ticket, (patient, schedule))) = self.give_back(number, |_| true) {
            ended.push(Ended {
                ticket,
                patient,
                schedule,
                how,
            });
        }
    }

    fn give_back(
        &self,
        number: u32,
        is: impl FnOnce(Ticket) -> bool,
    ) -> Option<(Ticket, (PatientId, u64))> {
        let left = self.seats.leave(number, is)?;
        self.taken.fetch_sub(1, Ordering::Relaxed);
        Some(left)
    }

    /// Serves whose turn it is by `now`, and ends what waited too long; at most `most` of both, which are added to `ended`. Whether there may be more to do at this very `now`.
    ///
    /// Turns come at the rate from when somebody waits. If nobody drains for a while they are made up for, to those who wait then. Nobody saves up turns while nobody waits.
    pub fn drain(&self, now: Timestamp, most: usize, ended: &mut Vec<Ended>) -> bool {
        let now = now.as_millis();
        let full = ended.len().saturating_add(most);
        let mut core = self.folded(ended);
        let more = self.end_due(&mut core, now, full, ended);
        self.let_go(core, ended);
        more
    }

    fn end_due(&self, core: &mut Core, now: u64, full: usize, ended: &mut Vec<Ended>) -> bool {
        loop {
            if ended.len() >= full {
                return core.turns.len() > 0;
            }
            let late = |since: u64| now.saturating_sub(since) >= self.settings.wait_max_ms;
            if let Some((item, _)) = core.turns.oldest().filter(|(_, since)| late(*since)) {
                core.turns.take(item);
                self.end_at(item, How::TimedOut, ended);
            } else if core.pace.is_due(now)
                && let Some(item) = core.turns.serve()
            {
                core.pace.take();
                let [next, then] = core.turns.look_ahead();
                next.into_iter().for_each(|it| self.seats.fetch_entry(it));
                then.into_iter().for_each(|it| self.seats.fetch(it));
                self.end_at(item, How::Served, ended);
            } else {
                return false;
            }
        }
    }

    /// Leaves the queue: whose ticket it was, and for what; `None` if it was no ticket any more. Whom this call found without room stands in `ended`.
    pub fn leave(&self, ticket: Ticket, ended: &mut Vec<Ended>) -> Option<(PatientId, u64)> {
        let mut core = self.folded(ended);
        let whose = self.give_back(ticket.number(), |it| it == ticket);
        let whose = whose.map(|(_, whose)| whose);
        // Else it is on its way into the inbox, and will be found to have left.
        if whose.is_some() && core.turns.has(ticket.number()) {
            core.turns.take(ticket.number());
        }
        self.let_go(core, ended);
        whose
    }

    // ---- looking ---------------------------------------------------------------------------------------------------------

    /// Whether the ticket waits. One look into a table.
    #[must_use]
    pub fn has(&self, ticket: Ticket) -> bool {
        self.seats.has(ticket)
    }

    /// How long it may take; `None` if the ticket doesn't wait, or is just coming.
    #[must_use]
    pub fn place(&self, ticket: Ticket, now: Timestamp) -> Option<Place> {
        let core = self.ring.lock();
        if !self.seats.has(ticket) || !core.turns.has(ticket.number()) {
            return None;
        }
        let position = core.turns.position(ticket.number());
        Some(Place {
            position,
            due: Timestamp::from_millis(core.pace.nth(position)).max(now),
        })
    }

    /// How many wait, those who are just coming included.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        at_least_0(self.taken.load(Ordering::Relaxed))
    }

    /// How many clusters wait.
    #[must_use]
    pub fn clusters(&self) -> u32 {
        self.ring.lock().turns.groups()
    }

    /// Everybody who waits, those who are just coming included: ticket, person, and what for. In no order; who comes or goes meanwhile may be among them or not.
    #[must_use]
    pub fn tickets(&self) -> Vec<(Ticket, PatientId, u64)> {
        self.seats.all()
    }

    /// The memory that it takes, in bytes, but for the inbox.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let ring = self.ring.lock().turns.bytes();
        (ring + self.seats.bytes()) as u64
    }

    /// When there is something to drain: the next turn, or the end of the longest wait; the epoch if somebody is just coming. `None` if nobody waits.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let core = self.ring.lock();
        let due = core.turns.oldest().map(|(_, since)| {
            let late = Timestamp::from_millis(since).after(self.settings.wait_max_ms);
            Timestamp::from_millis(core.pace.nth(1)).min(late)
        });
        drop(core);
        match self.somebody_came() {
            true => Some(Timestamp::default()),
            false => due,
        }
    }
}

/// A count that may be below 0 for a moment: there is room for 2^28 at most.
const fn at_least_0(count: u32) -> u32 {
    if count.cast_signed() < 0 { 0 } else { count }
}
