//! Slots that were given up: who gets them, and when? By each schedule's policy.
//!
//! A slot that is not claimable again at once rests in the state Cooling, without a bit, so that nobody finds it; whoever asks is told `sold_out`. What is to become of it stands
//! in the schedule's list, a room of its own, and when, on the agenda. Whoever comes by then acts, one at a time for each schedule: as with a draw, the schedule is taken off the agenda, and nobody else
//! finds it there. What comes of it goes by the slot's word alone, so a late confirm or a withdrawal is in time or it isn't.
//!
//! # Locks
//! In this order: desk, book, the registry, a list. Whoever returns slots holds the desk, so that a slot is either on the list or on its way under a lock that the audit passes through.

mod check;
mod join;
mod lists;
mod quota;
mod together;
mod wish;

pub(super) use lists::{Returning, Returns};

use crate::ledger::record::Record;
use crate::line::{Offer, Round, Then};
use crate::pool::Pool;
use crate::pool::places::Desk;
use crate::pool::word::State;
use crate::words::ask::Request;
use crate::words::event::What;
use crate::words::id::{ChannelId, PatientId, ScheduleId};
use crate::words::schedule::ReturnPolicy;
use crate::words::sync::Arc;
use crate::words::ticket::Line;
use crate::words::time::{DAY_MS, Timestamp};

use super::stats::Count;
use super::{Bulletin, Inner, Note};

/// What came of an offer.
enum Offered {
    /// It is a hold.
    Held,
    /// They can't have it: the next may.
    Not,
    /// There is nothing to offer any more.
    Gone,
}

/// What becomes of a slot that is given up: when, and how.
pub(super) type Rest = (Arc<Returning>, Timestamp, Then);

impl Inner {
    /// Lets time pass for the slots that return: whatever is due by now is done. To be called without a lock and before a bulletin is opened.
    #[cold]
    pub(super) fn return_due(&self, now: Timestamp, mut most: u32) -> bool {
        while let Some((schedule, returning)) = self.returns.take_due(now) {
            let mut bulletin = self.bulletin(now);
            let Some((pool, desk)) = self.places.desk(schedule) else {
                continue;
            };
            let more = self.return_of(
                (schedule, pool, &desk),
                &returning,
                &mut most,
                &mut bulletin,
            );
            let next = match more {
                true => now.as_millis(),
                false => {
                    // The pool's bound has its range.
                    let listed = returning.list.next_due().map(Timestamp::as_millis);
                    let listed = listed.filter(|due| *due > now.as_millis());
                    pool.due().min(listed.unwrap_or(u64::MAX))
                }
            };
            if next < u64::MAX {
                self.returns.note(schedule, next);
            }
            self.close(&bulletin);
            let decided = bulletin.changed;
            drop(desk);
            drop(bulletin);
            if decided {
                self.waiters.wake_group(schedule.0);
            }
            if more {
                return true;
            }
        }
        false
    }

    /// What is due of one schedule: whether there is more.
    fn return_of(
        &self,
        (schedule, pool, desk): (ScheduleId, &Pool, &Desk<'_>),
        returning: &Returning,
        most: &mut u32,
        bulletin: &mut Bulletin<'_>,
    ) -> bool {
        let now = bulletin.at;
        if pool.is_due(now.as_millis()) {
            self.sweep(pool, schedule, bulletin);
        }
        while let Some(round) = returning
            .list
            .draw(now, |number| returning.seeds.of(&number.to_be_bytes()))
        {
            let mut rounds = vec![round];
            while let Some(round) = rounds.pop() {
                *most = most.saturating_sub(1);
                self.settle_round(
                    (schedule, pool, desk),
                    returning,
                    round,
                    &mut rounds,
                    bulletin,
                );
            }
            if *most == 0 {
                return true;
            }
        }
        if let Some(due) = returning.list.next_due() {
            pool.lower_due(due.as_millis());
        }
        false
    }

    fn settle_round(
        &self,
        (schedule, pool, desk): (ScheduleId, &Pool, &Desk<'_>),
        returning: &Returning,
        round: Round,
        rounds: &mut Vec<Round>,
        bulletin: &mut Bulletin<'_>,
    ) {
        for slot in round.unwanted {
            // As many as the schedule has.
            self.let_go_free((schedule, pool, desk), slot as u16, bulletin);
        }
        let (mut gone, mut passed) = (Vec::new(), Vec::new());
        for offer in round.offers {
            match self.offer((schedule, pool), returning, &offer, bulletin) {
                Offered::Held => {}
                Offered::Not => passed.push(offer),
                Offered::Gone => {
                    returning.list.take_up(&offer);
                    gone.push(offer);
                }
            }
        }
        // First, so that what others can't have may go to these.
        self.wait_again(schedule, returning, &gone, bulletin.at);
        for offer in &passed {
            rounds.push(returning.list.pass_over(offer, bulletin.at));
        }
    }

    /// Nobody who waits wants it: it is anybody's.
    fn let_go_free(
        &self,
        (schedule, pool, _desk): (ScheduleId, &Pool, &Desk<'_>),
        slot: u16,
        bulletin: &mut Bulletin<'_>,
    ) {
        let seen = pool.slots().word(slot).map(|at| at.load());
        if let Some(seen) = seen.filter(|seen| seen.state() == State::Cooling)
            && let Some(word) = pool.give_back(schedule.tag(), slot, seen)
        {
            self.count(Count::Returned);
            bulletin.tell(|| Note {
                schedule,
                slot,
                version: word.version(),
                whose: None,
                what: What::Returned,
            });
        }
    }

    /// Gives whom a slot is offered the hold, if they wait for one, the rules let them, and it is there. Under the desk.
    fn offer(
        &self,
        (schedule, pool): (ScheduleId, &Pool),
        returning: &Returning,
        offer: &Offer,
        bulletin: &mut Bulletin<'_>,
    ) -> Offered {
        let (now, patient) = (bulletin.at, offer.patient);
        let book = self.ledger.book(patient, self.ledger.hash(patient));
        let Some((number, record)) = self.waits(&book, schedule, Line::Waitlist, now) else {
            return Offered::Not;
        };
        // Whom it was drawn for is off the list: they have left meanwhile and asked anew, and that place had no part in this draw.
        if returning.list.number_of(patient).is_some() {
            return Offered::Not;
        }
        if self
            .may_take_up(&book, (number, record), now, bulletin)
            .is_err()
        {
            return Offered::Not;
        }
        // As many as the schedule has.
        let slot = offer.slot as u16;
        let take = || {
            let at = pool.slots().word(slot)?;
            loop {
                let seen = at.load();
                if seen.state() != State::Cooling {
                    // Whoever had it has it again, by a late confirm. They wait on, for another.
                    return None;
                }
                let next = seen.to(State::Held, number);
                record.claimed(slot, next.version());
                if let Ok(word) = at.swap(seen, next) {
                    return Some((slot, word));
                }
            }
        };
        if !self.take_up(
            &book,
            (schedule, pool),
            (number, record),
            now,
            take,
            bulletin,
        ) {
            return Offered::Gone;
        }
        self.goes_ahead_no_more(&book, returning, now);
        self.count(Count::Returned);
        Offered::Held
    }

    // ---- giving up -------------------------------------------------------------------------------------------------------

    /// What becomes of a slot that its owner gives up at `at`; `None` if it is free at once.
    pub(super) fn rest_of(
        &self,
        (schedule, pool): (ScheduleId, &Pool),
        record: &Record,
        channel: Option<ChannelId>,
        at: Timestamp,
    ) -> Option<Rest> {
        if !self.returns.in_use() || at >= pool.closes_at() || pool.is_withdrawn() {
            return None;
        }
        let returning = self.returns.of(schedule);
        let own = returning.as_ref().map(|it| it.policy);
        let by_channel = self.returns.policy_of(channel);
        let policy = by_channel.or(own).unwrap_or_default();
        let returning = match returning {
            Some(returning) => returning,
            None if policy == ReturnPolicy::AtOnce => return None,
            None => {
                let at_once = ReturnPolicy::AtOnce;
                // As it was published, not as it was drawn.
                let published = self.draws.opening_of(schedule);
                let opens_at = published.unwrap_or_else(|| pool.opens_at());
                self.returns.of_or_new(schedule, at_once, opens_at, None)
            }
        };
        let slot = u32::from(record.slot());
        let list = &returning.list;
        // From the cut-off on nobody can be given it, however far off the visit is.
        let ends_at = pool.starts_at().min(pool.closes_at());
        let (due, then) = match list.when(slot, record.patient(), at, ends_at) {
            // What was offered stays in its batch, whatever the policy.
            (due, Then::Next(round)) => (due, Then::Next(round)),
            drawn => match policy {
                ReturnPolicy::AtOnce => return None,
                ReturnPolicy::Delay { ms } => (at.after(ms), Then::Free),
                ReturnPolicy::Draw => drawn,
                ReturnPolicy::NextOpening => {
                    let days = at.since(returning.opens_at) / DAY_MS + 1;
                    let next = returning.opens_at.after(days.saturating_mul(DAY_MS));
                    (next, Then::Free)
                }
                ReturnPolicy::Never => (Timestamp::MAX, Then::Free),
            },
        };
        Some((returning, due, then))
    }

    /// The slot has just begun to rest.
    pub(super) fn rests(
        &self,
        (schedule, pool): (ScheduleId, &Pool),
        (slot, by, mark): (u16, PatientId, u16),
        (returning, due, then): Rest,
    ) {
        let given_up = (u32::from(slot), by, mark);
        if returning.list.rest(given_up, due, then) && due < Timestamp::MAX {
            pool.lower_due(due.as_millis());
            self.returns.rests(schedule, &returning, due);
        }
    }

    /// Whoever had this slot has it again: it rests no more.
    pub(super) fn rests_no_more(&self, schedule: ScheduleId, slot: u16) {
        if self.returns.in_use()
            && let Some(returning) = self.returns.of(schedule)
        {
            returning.list.unrest(u32::from(slot));
        }
    }

    /// Whether a slot that rests has a list to say when it returns.
    pub(super) fn rest_is_known(&self, schedule: ScheduleId, slot: u16) -> bool {
        let returning = self.returns.of(schedule);
        returning.is_some_and(|it| it.list.knows(u32::from(slot)))
    }

    /// A hold that was offered has become a booking.
    pub(super) fn offer_taken_up(&self, schedule: ScheduleId, record: &Record) {
        if record.line() == Some(Line::Waitlist)
            && let Some(returning) = self.returns.of(schedule)
        {
            let slot = u32::from(record.slot());
            returning.list.taken_up(slot, record.patient());
        }
    }

    /// A hold was claimed here that ends then.
    #[inline(always)]
    pub(super) fn hold_begins(&self, (schedule, pool): (ScheduleId, &Pool), until: Timestamp) {
        let first = pool.claimed_until(until.as_millis());
        self.note_end(schedule, until, first);
    }

    /// A hold that stands here ends then, and no more when it did.
    pub(super) fn hold_goes_on(&self, (schedule, pool): (ScheduleId, &Pool), until: Timestamp) {
        let first = pool.lower_due(until.as_millis());
        self.note_end(schedule, until, first);
    }

    /// Only the first to end is noted for what comes of that: when it does, so is the next.
    #[inline(always)]
    fn note_end(&self, schedule: ScheduleId, until: Timestamp, first: bool) {
        if first && self.returns.in_use() {
            self.returns.note(schedule, until.as_millis());
        }
    }

    /// Whether a schedule's slots return to who waits for them.
    pub(super) fn returns(&self, schedule: ScheduleId) -> bool {
        let returning = self.returns.of(schedule);
        returning.is_some_and(|it| it.policy == ReturnPolicy::Draw)
    }

    /// Notes what a slot was asked for through, so that it does not go back there.
    #[inline(always)]
    pub(super) fn mark(&self, record: &Record, request: &Request) {
        if self.returns.in_use() {
            self.mark_as_of(record, request);
        }
    }

    #[inline(never)]
    fn mark_as_of(&self, record: &Record, request: &Request) {
        record.set_mark(self.cluster_of(request).mark(self.returns.keys));
    }

    /// The session is called off: nobody waits for it any more.
    pub(super) fn call_off_waitlist(&self, schedule: ScheduleId, bulletin: &mut Bulletin<'_>) {
        let Some(returning) = self.returns.of(schedule) else {
            return;
        };
        for patient in returning.list.close().patients {
            let book = self.ledger.book(patient, self.ledger.hash(patient));
            if let Some(place) = self.waits(&book, schedule, Line::Waitlist, bulletin.at) {
                self.call_off_place(&book, place, bulletin);
            }
        }
    }

    /// It takes place after all.
    pub(super) fn reopen_waitlist(&self, schedule: ScheduleId) {
        if let Some(returning) = self.returns.of(schedule) {
            returning.list.reopen();
        }
    }
}
