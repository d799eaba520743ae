//! The waitlist of one schedule: who is offered a slot that was given up?
//!
//! Nobody has a rank, so none can be sold, watched, or waited for. A slot that returns rests until its batch ([`Returns`](super::Returns)); then a draw that is made for that batch alone puts those
//! who wait into an order that nobody sees, and the first who may have the slot is offered it until a deadline. If they let it lapse the next of the
//! same order is. Whoever gave a slot up, and whoever comes from nowhere else than they did, is offered that slot by no draw.
//!
//! # Concurrency
//! Everything is under one lock, taken for one step each. Once [`Waitlist::close`] has returned nothing is offered any more, and every offer that was ever made and not
//! settled is among those it returned. So an offer races a withdrawal in the slot alone: whoever writes it first.

mod away;
mod batch;
mod book;
mod entry;
mod parts;

use std::fmt;

use super::draw::{Entrant, order};
use super::seats::Ticket;
use crate::raw::digest::{Bytes32, Mac};
use crate::raw::hash::{Keys, SplitMix};
use crate::words::error::Invalid;
use crate::words::id::PatientId;
use crate::words::sync::Mutex;
use crate::words::time::Timestamp;

use away::Away;
use batch::Batch;
use book::Book;
pub use book::{JoinError, Wish};
pub use parts::{Closed, Offer, Returned, Round, WaitlistPolicy};

/// A waitlist. See [the room](super).
pub struct Waitlist {
    policy: WaitlistPolicy,
    secret: Mac,
    keys: Keys,
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

/// A slot that rests.
struct Resting {
    due: Timestamp,
    slot: u32,
    away: Away,
    then: Then,
}

/// What becomes of a slot that has rested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Then {
    /// Somebody's offer lapsed: the next of that batch has it.
    Next(u64),
    /// It is drawn.
    Drawn,
    /// It is anybody's.
    Free,
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
        let mut first = [0; 8];
        first.copy_from_slice(&Mac::new(secret).of(b"fairslot/marks/1")[..8]);
        let keys = SplitMix(u64::from_be_bytes(first)).keys();
        policy.check()?;
        Ok(Self::with_keys(policy, secret, keys))
    }

    /// With the keys by which others make marks of clusters too, and a policy that was checked.
    pub(crate) fn with_keys(policy: WaitlistPolicy, secret: &Bytes32, keys: Keys) -> Self {
        Self {
            policy,
            secret: Mac::new(secret),
            keys,
            state: Mutex::new(State::default()),
        }
    }

    // ---- who waits -------------------------------------------------------------------------------------------------------

    /// Enters somebody, or a family who want their slots together. Who is in already gets their ticket again; then the better of what is said counts, and all clusters: see [`Wish`].
    ///
    /// # Errors
    /// [`JoinError`].
    pub fn join(&self, wish: &Wish) -> Result<Ticket, JoinError> {
        self.enter(wish, self.policy.capacity)
    }

    /// Enters somebody again whom a draw took off the list for nothing, also into a full one.
    pub(crate) fn rejoin(&self, wish: &Wish) -> Result<Ticket, JoinError> {
        self.enter(wish, u32::MAX)
    }

    fn enter(&self, wish: &Wish, capacity: u32) -> Result<Ticket, JoinError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(JoinError::Closed);
        }
        state.book.join(wish, capacity)
    }

    /// Leaves the list. Whether the ticket waited.
    pub fn leave(&self, ticket: Ticket) -> bool {
        self.state.lock().book.strike(ticket).is_some()
    }

    /// Is offered nothing until [`resume`](Self::resume). Whether the ticket waits.
    pub fn pause(&self, ticket: Ticket) -> bool {
        self.set_paused(ticket, true)
    }

    /// Takes part again. Whether the ticket waits.
    pub fn resume(&self, ticket: Ticket) -> bool {
        self.set_paused(ticket, false)
    }

    fn set_paused(&self, ticket: Ticket, paused: bool) -> bool {
        let mut state = self.state.lock();
        let people = state.book.find(ticket).map(|it| it.wish().patients.clone());
        for patient in people.iter().flatten() {
            state.book.set_paused(*patient, paused);
        }
        people.is_some()
    }

    /// One person pauses, or doesn't any more; a family takes part when none of them does. Whether they wait.
    pub(crate) fn set_paused_for(&self, patient: PatientId, paused: bool) -> bool {
        self.state.lock().book.set_paused(patient, paused)
    }

    /// More is said of somebody who waits, in whatever company: see [`Wish`].
    pub(crate) fn hear(&self, patient: PatientId, said: &Wish) {
        self.state.lock().book.hear(patient, said);
    }

    /// Somebody who waits doesn't go ahead any more.
    pub(crate) fn goes_ahead_no_more(&self, patient: PatientId) {
        self.state.lock().book.goes_ahead_no_more(patient);
    }

    /// Which of all that ever came somebody is, if they wait: it tells who left and came again.
    pub(crate) fn number_of(&self, patient: PatientId) -> Option<u64> {
        self.state.lock().book.number_of(patient)
    }

    /// Everybody who waits.
    pub(crate) fn patients(&self) -> Vec<PatientId> {
        self.state.lock().book.patients().collect()
    }

    /// From now on just these, who came by these numbers, wait for slots together; whom else they waited with go on without them. Nobody who hasn't waited together just so has a part in a batch that was drawn before. Nothing changes
    /// if one of them doesn't wait, or they are more than [`Wish::FAMILY_MAX`]. The ticket that they wait by now.
    pub(crate) fn bind(&self, family: &[(PatientId, u64)]) -> Option<Ticket> {
        self.state.lock().book.bind(family)
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
        let due = self.policy.returns.due(&self.secret, now, starts_at);
        let mark = returned.cluster.mark(self.keys);
        let given_up = (returned.slot, returned.by, mark);
        self.rest(given_up, due, Then::Drawn).then_some(due)
    }

    /// A slot rests until then. Whether the list is open.
    pub(crate) fn rest(
        &self,
        (slot, by, mark): (u32, PatientId, u16),
        due: Timestamp,
        then: Then,
    ) -> bool {
        let mut state = self.state.lock();
        if !state.closed {
            state.resting.retain(|it| it.slot != slot);
            state.resting.push(Resting {
                due,
                slot,
                away: Away(vec![(by, mark)]),
                then,
            });
        }
        !state.closed
    }

    /// When a slot that is given up then is drawn, and within which batch: at once within its own if it was offered to them and not taken up.
    pub(crate) fn when(
        &self,
        slot: u32,
        by: PatientId,
        at: Timestamp,
        starts_at: Timestamp,
    ) -> (Timestamp, Then) {
        match self.state.lock().open_offer(slot, by) {
            Some(offer) => (at, Then::Next(offer.round)),
            None => {
                let due = self.policy.returns.due(&self.secret, at, starts_at);
                (due, Then::Drawn)
            }
        }
    }

    /// Somebody has the slot after all: it rests no more.
    pub(crate) fn unrest(&self, slot: u32) {
        self.state.lock().resting.retain(|it| it.slot != slot);
    }

    /// Whether the list has to do with this slot.
    pub(crate) fn knows(&self, slot: u32) -> bool {
        let state = self.state.lock();
        let offered = |batch: &Batch| batch.open.iter().any(|(offer, _)| offer.slot == slot);
        state.resting.iter().any(|it| it.slot == slot) || state.batches.iter().any(offered)
    }

    /// Whoever was offered this slot has taken it up.
    pub(crate) fn taken_up(&self, slot: u32, by: PatientId) {
        let mut state = self.state.lock();
        if let Some(offer) = state.open_offer(slot, by) {
            state.settle(&offer);
        }
    }

    /// Takes one person off the list. Their family waits on without them.
    pub(crate) fn leave_for(&self, patient: PatientId) -> bool {
        self.state.lock().book.part(patient)
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

    /// Draws the earliest batch that is due by `now`, or passes on what lapsed by then; `None` if there is neither. `seed` gives 32 bytes that nobody can foresee and that were never used before, for the batch of that
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
        let mut round = Round::default();
        let mut fresh = Vec::new();
        for it in slots {
            match it.then {
                Then::Next(number) => {
                    self.pass_on((number, it.slot, &it.away.0), state, now, &mut round);
                }
                Then::Drawn => fresh.push((it.slot, it.away)),
                Then::Free => round.unwanted.push(it.slot),
            }
        }
        if !fresh.is_empty() {
            state.rounds += 1;
            let order = self.order(&state.book, &seed(state.rounds));
            let batch = Batch::new(state.rounds, order);
            self.deal(state, batch, fresh, now, &mut round);
        }
        round.unwanted.sort_unstable();
        Some(round)
    }

    /// The offer of a slot lapsed, which nobody can have settled meanwhile: the next of its batch has it.
    fn pass_on(
        &self,
        (number, slot, by): (u64, u32, &[(PatientId, u16)]),
        state: &mut State,
        now: Timestamp,
        round: &mut Round,
    ) {
        let offer = by
            .first()
            .and_then(|(patient, _)| state.open_offer(slot, *patient))
            .filter(|offer| offer.round == number);
        match offer {
            Some(offer) => self.lapse_within(state, &offer, now, round),
            None => round.unwanted.push(slot),
        }
    }

    fn lapse_within(&self, state: &mut State, offer: &Offer, now: Timestamp, round: &mut Round) {
        self.go_on(state, offer, |_| {}, now, round);
    }

    /// An offer came to nothing, and in its batch the next has the slot who is not left out.
    fn go_on(
        &self,
        state: &mut State,
        offer: &Offer,
        leave_out: impl FnOnce(&mut Away),
        now: Timestamp,
        round: &mut Round,
    ) {
        let Some(at) = state.batch_of(offer) else {
            return;
        };
        if let Some(mut away) = state.batches[at].settle(offer) {
            leave_out(&mut away);
            let batch = state.batches.swap_remove(at);
            self.deal(state, batch, vec![(offer.slot, away)], now, round);
        }
    }

    fn order(&self, book: &Book, seed: &Bytes32) -> Vec<Ticket> {
        let entrants: Vec<Entrant<'_>> = book.entrants().collect();
        order(seed, &entrants, self.policy.cluster_cap)
            .into_iter()
            .filter_map(|number| book.ticket(number))
            .collect()
    }

    /// Offers slots down the order to those who may have as many as they want, and strikes both. The batch is kept for as long as an offer of it stands.
    fn deal(
        &self,
        state: &mut State,
        mut batch: Batch,
        mut slots: Vec<(u32, Away)>,
        now: Timestamp,
        round: &mut Round,
    ) {
        let (book, before) = (&mut state.book, batch.open.len());
        for at in batch.waiting(|ticket| book.find(*ticket).is_none()) {
            if slots.is_empty() {
                break;
            }
            let ticket = batch.order[at];
            // Who pauses since the draw is offered nothing either.
            let Some(entry) = book.find(ticket).filter(|it| it.takes_part()) else {
                continue;
            };
            let wanted = entry.each().len();
            let fit: Vec<usize> = (0..slots.len())
                .filter(|at| !slots[*at].1.holds(entry.each(), self.keys))
                .take(wanted)
                .collect();
            if fit.len() < wanted {
                continue;
            }
            let Some(entry) = book.strike(ticket) else {
                continue;
            };
            let each = entry.each().iter();
            let each = each.flat_map(|wish| wish.patients.iter().map(move |it| (*it, wish)));
            let taken: Vec<_> = fit.iter().zip(each).collect();
            // The last first, so that the places of the others stay.
            for (which, (patient, wish)) in taken.into_iter().rev() {
                let (slot, away) = slots.remove(*which);
                let offer = Offer {
                    slot,
                    patient,
                    ticket,
                    until: now.after(self.policy.offer_ms),
                    round: batch.round,
                };
                let away = away.and(patient, &wish.clusters, self.keys);
                batch.open.push((offer, away));
            }
        }
        let made = batch.open.iter().skip(before);
        round.offers.extend(made.map(|(offer, _)| *offer));
        round.unwanted.extend(slots.iter().map(|(slot, _)| *slot));
        if !batch.open.is_empty() {
            state.batches.push(batch);
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
        let mut round = Round::default();
        let at = state.batch_of(offer)?;
        let stands = state.batches[at].open.iter().any(|(open, _)| open == offer);
        stands.then(|| {
            self.lapse_within(state, offer, now, &mut round);
            round
        })
    }

    /// Whoever this was offered to may not have it, by a rule: the next of the same order is offered it. They did not let it lapse, so nobody else is left out for it.
    pub(crate) fn pass_over(&self, offer: &Offer, now: Timestamp) -> Round {
        let mut round = Round::default();
        let spare = |away: &mut Away| away.0.retain(|(patient, _)| *patient != offer.patient);
        self.go_on(&mut self.state.lock(), offer, spare, now, &mut round);
        round
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
            patients: state.book.patients().collect(),
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
    fn open_offer(&self, slot: u32, by: PatientId) -> Option<Offer> {
        let mut open = self.batches.iter().flat_map(|batch| &batch.open);
        let its = open.find(|(offer, _)| offer.slot == slot && offer.patient == by);
        its.map(|(offer, _)| *offer)
    }

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
