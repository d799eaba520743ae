//! The waitlist of one schedule: who is offered a slot that was given up?
//!
//! Nobody has a rank, so none can be sold, watched, or waited for. A slot that returns rests until its batch ([`Returns`]); then a draw that is made for that batch alone puts those
//! who wait into an order that nobody sees, and the first who may have the slot is offered it until a deadline. If they let it lapse the next of the
//! same order is. Whoever gave a slot up, and whoever comes from where they came from, is offered that slot by no draw.
//!
//! # Concurrency
//! Everything is under one lock, taken for one step each. Once [`Waitlist::close`] has returned nothing is offered any more, and every offer that was ever made and not
//! settled is among those it returned. So an offer races a withdrawal in the slot alone: whoever writes it first.

mod book;

use std::fmt;

use super::Cluster;
use super::draw::{Entrant, order};
use super::returns::Returns;
use super::seats::Ticket;
use crate::raw::digest::{Bytes32, Mac};
use crate::words::error::Invalid;
use crate::words::id::PatientId;
use crate::words::sync::Mutex;
use crate::words::time::Timestamp;

use book::Book;
pub use book::{JoinError, Wish};

/// How a waitlist works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WaitlistPolicy {
    /// How many may wait: 1 to 2^20, some 150 bytes each. Default 4,096: over a hundred for each slot of a usual session.
    pub capacity: u32,
    /// How many people of a cluster are drawn among the first: 1 to 2^20. Default 3, as in the lottery.
    pub cluster_cap: u32,
    /// How long an offer stands, in milliseconds: 1 to a day. Default 15 minutes, as a hold.
    pub offer_ms: u64,
    /// When slots return.
    pub returns: Returns,
}

impl Default for WaitlistPolicy {
    fn default() -> Self {
        Self {
            capacity: 4_096,
            cluster_cap: 3,
            offer_ms: 15 * 60_000,
            returns: Returns::default(),
        }
    }
}

impl WaitlistPolicy {
    fn check(&self) -> Result<(), Invalid> {
        let range = |field, value: u64, most: u64, range| match (1..=most).contains(&value) {
            true => Ok(()),
            false => Err(Invalid::new(field, value, range)),
        };
        let (most, day) = (1 << 20, 86_400_000);
        let field = "waitlist.capacity";
        range(field, self.capacity.into(), most, "1 to 2^20")?;
        let field = "waitlist.cluster_cap";
        range(field, self.cluster_cap.into(), most, "1 to 2^20")?;
        let field = "waitlist.offer_ms";
        range(field, self.offer_ms, day, "1 to 86,400,000")?;
        self.returns.check()
    }
}

/// A slot that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "all that there is to say")]
pub struct Returned {
    /// Which, by any number of the caller's.
    pub slot: u32,
    /// By whom.
    pub by: PatientId,
    /// Through what they had it, or gave it up.
    pub cluster: Cluster,
}

/// A slot that somebody may have until a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offer {
    /// The slot.
    pub slot: u32,
    /// To whom.
    pub patient: PatientId,
    /// By which ticket, which waits no more.
    pub ticket: Ticket,
    /// Gone at this very millisecond.
    pub until: Timestamp,
    /// In which batch of this list's.
    round: u64,
}

/// What a batch came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Round {
    /// Slots that are offered.
    pub offers: Vec<Offer>,
    /// Slots that nobody on the list may have or wants.
    pub unwanted: Vec<u32>,
}

/// What [`Waitlist::close`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// Who waited.
    pub waiting: Vec<Ticket>,
    /// Offers that nobody had settled.
    pub offers: Vec<Offer>,
    /// Slots that rested.
    pub resting: Vec<u32>,
}

/// A waitlist. See [the room](super).
pub struct Waitlist {
    policy: WaitlistPolicy,
    secret: Mac,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    book: Book,
    resting: Vec<Resting>,
    /// Batches with offers that are not settled.
    batches: Vec<Batch>,
    rounds: u64,
}

/// A slot that waits for its batch.
struct Resting {
    due: Timestamp,
    slot: u32,
    away: Away,
}

/// Who is not offered a slot: whoever gave it up.
#[derive(Clone)]
struct Away(Vec<(PatientId, Cluster)>);

struct Batch {
    round: u64,
    /// Who was in, in the order that was drawn.
    order: Vec<Ticket>,
    open: Vec<(Offer, Away)>,
}

impl fmt::Debug for Waitlist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waitlist")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Waitlist {
    /// What somebody who waits is told instead of a rank.
    pub const WORDS: &str = "in the draw of returned slots";

    /// An empty list. The secret, 32 random bytes, tells when batches are; whoever knows it can foresee that.
    ///
    /// # Errors
    /// [`Invalid`] for a setting out of its range.
    pub fn new(policy: WaitlistPolicy, secret: &[u8; 32]) -> Result<Self, Invalid> {
        policy.check()?;
        Ok(Self {
            policy,
            secret: Mac::new(secret),
            state: Mutex::new(State::default()),
        })
    }

    // ---- who waits -------------------------------------------------------------------------------------------------------

    /// Enters somebody, or a family who want their slots together. Who is in already gets their ticket again; then the better of what is said counts, and all clusters: see [`Wish`].
    ///
    /// # Errors
    /// [`JoinError`].
    pub fn join(&self, wish: &Wish) -> Result<Ticket, JoinError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(JoinError::Closed);
        }
        state.book.join(wish, self.policy.capacity)
    }

    /// Leaves the list. Whether the ticket waited.
    pub fn leave(&self, ticket: Ticket) -> bool {
        self.state.lock().book.strike(ticket).is_some()
    }

    /// Takes part in no draw until [`resume`](Self::resume). Whether the ticket waits.
    pub fn pause(&self, ticket: Ticket) -> bool {
        self.state.lock().book.set_paused(ticket, true)
    }

    /// Takes part again. Whether the ticket waits.
    pub fn resume(&self, ticket: Ticket) -> bool {
        self.state.lock().book.set_paused(ticket, false)
    }

    /// Whether the ticket waits.
    #[must_use]
    pub fn has(&self, ticket: Ticket) -> bool {
        self.state.lock().book.find(ticket).is_some()
    }

    /// How many entries wait. For the hospital, not for those who wait.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.state.lock().book.len()
    }

    // ---- what comes back -------------------------------------------------------------------------------------------------

    /// A slot was given up, of a session that starts then: it rests until its batch. When that is; not for those who wait. A closed list takes none, which is `None`.
    pub fn give_back(
        &self,
        returned: &Returned,
        now: Timestamp,
        starts_at: Timestamp,
    ) -> Option<Timestamp> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        let due = self.policy.returns.due(&self.secret, now, starts_at);
        state.resting.retain(|it| it.slot != returned.slot);
        state.resting.push(Resting {
            due,
            slot: returned.slot,
            away: Away(vec![(returned.by, returned.cluster)]),
        });
        Some(due)
    }

    /// When the next batch is, if a slot rests. For whoever calls [`draw`](Self::draw), and nobody else.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let state = self.state.lock();
        state.resting.iter().map(|it| it.due).min()
    }

    /// How many slots rest. For the hospital, and nobody else.
    #[must_use]
    pub fn resting(&self) -> u32 {
        // A schedule has fewer slots than 2^32.
        self.state.lock().resting.len() as u32
    }

    /// Draws the earliest batch that is due by `now`; `None` if none is. `seed` gives 32 bytes that nobody can foresee and that were never used before, for the batch of that
    /// number: 1, 2, and so on. It is called under the list's lock.
    ///
    /// Those who are offered a slot wait no more.
    pub fn draw(&self, now: Timestamp, seed: impl FnOnce(u64) -> [u8; 32]) -> Option<Round> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let due = state.resting.iter().map(|it| it.due).min()?;
        if due > now {
            return None;
        }
        let (mut slots, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut state.resting)
            .into_iter()
            .partition(|it| it.due == due);
        state.resting = rest;
        slots.sort_unstable_by_key(|it| it.slot);
        let mut slots: Vec<_> = slots.into_iter().map(|it| (it.slot, it.away)).collect();
        state.rounds += 1;
        let mut batch = Batch {
            round: state.rounds,
            order: self.order(&state.book, &seed(state.rounds)),
            open: Vec::new(),
        };
        self.deal(&mut state.book, &mut batch, &mut slots, now);
        let round = Round {
            offers: batch.open.iter().map(|(offer, _)| *offer).collect(),
            unwanted: slots.into_iter().map(|(slot, _)| slot).collect(),
        };
        if !batch.open.is_empty() {
            state.batches.push(batch);
        }
        Some(round)
    }

    fn order(&self, book: &Book, seed: &Bytes32) -> Vec<Ticket> {
        let entrants: Vec<Entrant<'_>> = book.entrants().collect();
        order(seed, &entrants, self.policy.cluster_cap)
            .into_iter()
            .filter_map(|number| book.ticket(number))
            .collect()
    }

    /// Offers slots down the order to those who may have as many as they want, and strikes both.
    fn deal(
        &self,
        book: &mut Book,
        batch: &mut Batch,
        slots: &mut Vec<(u32, Away)>,
        now: Timestamp,
    ) {
        for at in 0..batch.order.len() {
            if slots.is_empty() {
                return;
            }
            let ticket = batch.order[at];
            let Some(wish) = book.find(ticket) else {
                continue;
            };
            let wanted = wish.patients.len();
            let fit: Vec<usize> = (0..slots.len())
                .filter(|at| !slots[*at].1.holds(wish))
                .take(wanted)
                .collect();
            if fit.len() < wanted {
                continue;
            }
            let Some(wish) = book.strike(ticket) else {
                continue;
            };
            // The last first, so that the places of the others stay.
            for (which, patient) in fit.iter().zip(&wish.patients).rev() {
                let (slot, away) = slots.remove(*which);
                let offer = Offer {
                    slot,
                    patient: *patient,
                    ticket,
                    until: now.after(self.policy.offer_ms),
                    round: batch.round,
                };
                batch.open.push((offer, away.and(*patient, &wish.clusters)));
            }
        }
    }

    /// An offer was taken up. Whether it stood.
    pub fn take_up(&self, offer: &Offer) -> bool {
        self.state.lock().settle(offer).is_some()
    }

    /// An offer lapsed, or can't be taken: the next of the same order is offered the slot, if there is one. `None` if the offer did not stand any more.
    pub fn lapse(&self, offer: &Offer, now: Timestamp) -> Option<Round> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let at = state.batch_of(offer)?;
        let away = state.batches[at].settle(offer)?;
        let mut batch = state.batches.swap_remove(at);
        let (mut slots, before) = (vec![(offer.slot, away)], batch.open.len());
        self.deal(&mut state.book, &mut batch, &mut slots, now);
        let round = Round {
            offers: batch.open[before..]
                .iter()
                .map(|(offer, _)| *offer)
                .collect(),
            unwanted: slots.into_iter().map(|(slot, _)| slot).collect(),
        };
        if !batch.open.is_empty() {
            state.batches.push(batch);
        }
        Some(round)
    }

    /// Ends the list, as the session is withdrawn: nobody waits any more, nothing rests, no offer stands. What there was is returned, to one caller; a second finds nothing.
    pub fn close(&self) -> Closed {
        let mut guard = self.state.lock();
        let state = std::mem::take(&mut *guard);
        guard.closed = true;
        // Numbers go on, so that no ticket and no seed comes twice.
        (guard.rounds, guard.book) = (state.rounds, state.book.emptied());
        Closed {
            waiting: state.book.tickets().collect(),
            offers: state
                .batches
                .iter()
                .flat_map(|batch| batch.open.iter().map(|(offer, _)| *offer))
                .collect(),
            resting: state.resting.iter().map(|it| it.slot).collect(),
        }
    }

    /// Opens an ended list again, empty.
    pub fn reopen(&self) {
        self.state.lock().closed = false;
    }
}

impl State {
    fn batch_of(&self, offer: &Offer) -> Option<usize> {
        self.batches.iter().position(|it| it.round == offer.round)
    }

    fn settle(&mut self, offer: &Offer) -> Option<Away> {
        let at = self.batch_of(offer)?;
        let away = self.batches[at].settle(offer);
        if self.batches[at].open.is_empty() {
            self.batches.swap_remove(at);
        }
        away
    }
}

impl Batch {
    /// Strikes an offer that stands; who may not have its slot.
    fn settle(&mut self, offer: &Offer) -> Option<Away> {
        let at = self.open.iter().position(|(open, _)| open == offer)?;
        Some(self.open.swap_remove(at).1)
    }
}

impl Away {
    /// Whether these are among them, by person or by where they come from.
    fn holds(&self, wish: &Wish) -> bool {
        self.0.iter().any(|(patient, cluster)| {
            wish.patients.contains(patient) || wish.clusters.contains(cluster)
        })
    }

    /// And those, should they let it lapse.
    fn and(mut self, patient: PatientId, clusters: &[Cluster]) -> Self {
        self.0
            .extend(clusters.iter().map(|cluster| (patient, *cluster)));
        self
    }
}
