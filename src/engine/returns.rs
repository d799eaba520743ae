//! Slots that were given up: who gets them, and when? By each schedule's policy.
//!
//! A slot that is not claimable again at once rests in the state Cooling, without a bit, so that nobody finds it; whoever asks is told `sold_out`. What is to become of it stands
//! in the schedule's list, a room of its own, and when, on the agenda. Whoever comes by then acts, one at a time for each schedule: as with a draw, the schedule is taken off the agenda, and nobody else
//! finds it there. What comes of it goes by the slot's word alone, so a late confirm or a withdrawal is in time or it isn't.
//!
//! # Locks
//! In this order: desk, book, the registry, a list. Whoever returns slots holds the desk, so that a slot is either on the list or on its way under a lock that the audit passes through.

mod wait;

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::record::{Phase, Record};
use crate::line::{Cluster, Offer, Round, Then, Waitlist, WaitlistPolicy};
use crate::pool::Pool;
use crate::pool::places::Desk;
use crate::pool::word::State;
use crate::raw::digest::{Bytes32, Mac};
use crate::raw::hash::Keys;
use crate::words::ask::Request;
use crate::words::event::What;
use crate::words::id::{ChannelId, PatientId, ScheduleId};
use crate::words::refusal::Refusal;
use crate::words::schedule::ReturnPolicy;
use crate::words::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::words::sync::{Arc, Mutex};
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::stats::Count;
use super::{Bulletin, Inner, Note};

const DAY: u64 = 86_400_000;

/// All schedules whose slots do not return at once.
pub(super) struct Returns {
    /// Whether there ever was one.
    in_use: AtomicBool,
    /// When the first is to be looked at; `u64::MAX` if none is. A hint: the agenda decides.
    due: AtomicU64,
    registry: Mutex<Registry>,
    secrets: Mac,
    /// What clusters are marked by.
    pub(super) keys: Keys,
    policy: WaitlistPolicy,
    /// Policies of channels, which go before the schedule's.
    channels: Box<[(ChannelId, ReturnPolicy)]>,
}

#[derive(Default)]
struct Registry {
    lists: BTreeMap<ScheduleId, Listed>,
    agenda: BTreeSet<(u64, ScheduleId)>,
}

struct Listed {
    returning: Arc<Returning>,
    /// When it stands on the agenda; `u64::MAX` if it doesn't.
    next: u64,
}

/// What returns of one schedule, and to whom.
pub(super) struct Returning {
    policy: ReturnPolicy,
    opens_at: Timestamp,
    pub(super) list: Waitlist,
    /// What its batches' seeds are made from.
    seeds: Mac,
}

impl Returns {
    pub(super) fn new(
        root: &Mac,
        keys: Keys,
        policy: WaitlistPolicy,
        channels: Box<[(ChannelId, ReturnPolicy)]>,
    ) -> Self {
        Self {
            in_use: AtomicBool::new(channels.iter().any(|it| it.1 != ReturnPolicy::AtOnce)),
            due: AtomicU64::new(u64::MAX),
            registry: Mutex::new(Registry::default()),
            secrets: Mac::new(&root.of(b"fairslot/returns/1")),
            keys,
            policy,
            channels,
        }
    }

    /// Whether any schedule's slots ever rest.
    #[inline]
    pub(super) fn in_use(&self) -> bool {
        // Relaxed: whoever has the id of such a schedule has it from after this was set.
        self.in_use.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        // Relaxed: a hint, as for draws.
        self.due.load(Ordering::Relaxed) <= now.as_millis()
    }

    /// A schedule is published.
    pub(super) fn open(&self, schedule: ScheduleId, policy: ReturnPolicy, opens_at: Timestamp) {
        if policy != ReturnPolicy::AtOnce {
            self.in_use.store(true, Ordering::Relaxed);
            self.of_or_new(schedule, policy, opens_at);
        }
    }

    /// What returns of a schedule, if anything does or did.
    pub(super) fn of(&self, schedule: ScheduleId) -> Option<Arc<Returning>> {
        let registry = self.registry.lock();
        registry
            .lists
            .get(&schedule)
            .map(|it| Arc::clone(&it.returning))
    }

    fn of_or_new(
        &self,
        schedule: ScheduleId,
        policy: ReturnPolicy,
        opens_at: Timestamp,
    ) -> Arc<Returning> {
        let mut registry = self.registry.lock();
        let listed = registry.lists.entry(schedule).or_insert_with(|| {
            let own = |label: &[u8; 8]| -> Bytes32 {
                let mut message = [0; 16];
                message[..8].copy_from_slice(label);
                message[8..].copy_from_slice(&schedule.0.to_be_bytes());
                self.secrets.of(&message)
            };
            let returning = Returning {
                policy,
                opens_at,
                list: Waitlist::with_keys(self.policy, &own(b"moments1"), self.keys),
                seeds: Mac::new(&own(b"seeds/1.")),
            };
            Listed {
                returning: Arc::new(returning),
                next: u64::MAX,
            }
        });
        Arc::clone(&listed.returning)
    }

    /// Nothing is kept of this schedule.
    pub(super) fn forget(&self, schedule: ScheduleId) {
        let mut registry = self.registry.lock();
        if let Some(listed) = registry.lists.remove(&schedule) {
            registry.agenda.remove(&(listed.next, schedule));
        }
        self.note_due(&registry);
    }

    fn note_due(&self, registry: &Registry) {
        let first = registry.agenda.first().map_or(u64::MAX, |(at, _)| *at);
        self.due.store(first, Ordering::Relaxed);
    }

    /// Something happens to a schedule at `at`: if it is one of these it is looked at then, if not before.
    pub(super) fn note(&self, schedule: ScheduleId, at: u64) {
        let mut registry = self.registry.lock();
        let Some(listed) = registry.lists.get_mut(&schedule) else {
            return;
        };
        if at < listed.next {
            let before = std::mem::replace(&mut listed.next, at);
            registry.agenda.remove(&(before, schedule));
            registry.agenda.insert((at, schedule));
            self.note_due(&registry);
        }
    }

    /// Takes the first that is due off the agenda.
    fn take_due(&self, now: Timestamp) -> Option<(ScheduleId, Arc<Returning>)> {
        let mut registry = self.registry.lock();
        let (at, schedule) = *registry.agenda.first()?;
        if at > now.as_millis() {
            return None;
        }
        registry.agenda.pop_first();
        self.note_due(&registry);
        let listed = registry.lists.get_mut(&schedule)?;
        listed.next = u64::MAX;
        Some((schedule, Arc::clone(&listed.returning)))
    }

    /// When the next list has something to do that is not a hold running out.
    pub(super) fn next(&self) -> Option<u64> {
        let registry = self.registry.lock();
        let due = |listed: &Listed| listed.returning.list.next_due();
        let next = registry.lists.values().filter_map(due).min();
        next.map(Timestamp::as_millis).filter(|at| *at < u64::MAX)
    }

    /// What a request comes through.
    pub(super) fn cluster_of(&self, request: &Request, trusted: &[ChannelId]) -> Cluster {
        let person = Cluster::Person(request.patient());
        if (request.channel_id()).is_some_and(|it| trusted.binary_search(&it).is_ok()) {
            return person;
        }
        match (request.device_id(), request.account_id()) {
            (Some(device), _) => Cluster::Device(device),
            (None, Some(account)) => Cluster::Account(account),
            (None, None) => person,
        }
    }

    fn policy_of(&self, channel: Option<ChannelId>) -> Option<ReturnPolicy> {
        let channel = channel?;
        let at = self.channels.binary_search_by_key(&channel, |it| it.0);
        at.ok().map(|at| self.channels[at].1)
    }
}

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
            let Some((pool, desk)) = self.places.desk(schedule) else {
                continue;
            };
            let mut bulletin = self.bulletin(now);
            let more = self.return_of(
                (schedule, pool, &desk),
                &returning,
                &mut most,
                &mut bulletin,
            );
            let next = match more {
                true => now.as_millis(),
                false => pool.due(),
            };
            if next < u64::MAX {
                self.returns.note(schedule, next);
            }
            self.close(&bulletin);
            drop(desk);
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
        for offer in round.offers {
            match self.offer((schedule, pool), &offer, bulletin) {
                Offered::Held => {}
                Offered::Not => rounds.extend(returning.list.lapse(&offer, bulletin.at)),
                Offered::Gone => {
                    returning.list.take_up(&offer);
                    self.wait_again(returning, &offer);
                }
            }
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
        offer: &Offer,
        bulletin: &mut Bulletin<'_>,
    ) -> Offered {
        let (now, patient) = (bulletin.at, offer.patient);
        let book = self.ledger.book(patient, self.ledger.hash(patient));
        let Some((number, record)) = self.on_waitlist(&book, schedule, now) else {
            return Offered::Not;
        };
        let seen = self.read(&book, None, now);
        let may = if self.has_live(&book, schedule, now, number) {
            Err(Refusal::AlreadyHolds)
        } else {
            self.may_hold_more(&seen)
        };
        if let Err(why) = may {
            record.lose(super::lottery::number_of(why), now);
            bulletin.changed = true;
            return Offered::Not;
        }
        // As many as the schedule has.
        let slot = offer.slot as u16;
        let (Some(at), Some(stub)) = (pool.slots().word(slot), self.ledger.stub(number)) else {
            return Offered::Gone;
        };
        let until = now.after(pool.hold_ttl());
        pool.remember(self.filter_hash(patient));
        record.win(now, until);
        let word = loop {
            let seen = at.load();
            if seen.state() != State::Cooling {
                // Whoever had it has it again, by a late confirm. They wait on, for another.
                record.wait_on(stub);
                return Offered::Gone;
            }
            let next = seen.to(State::Held, number);
            record.claimed(slot, next.version());
            if let Ok(word) = at.swap(seen, next) {
                break word;
            }
        };
        self.wake_at(number, record, until);
        self.hold_begins((schedule, pool), until);
        self.count(Count::Returned);
        self.count(Count::Won);
        let claim = record.claim(number);
        bulletin.tell(|| Note {
            schedule,
            slot,
            version: word.version(),
            whose: Some((patient, claim)),
            what: What::Held { expires_at: until },
        });
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
                self.returns.of_or_new(schedule, at_once, pool.opens_at())
            }
        };
        let slot = u32::from(record.slot());
        let list = &returning.list;
        let (due, then) = match list.when(slot, record.patient(), at, pool.starts_at()) {
            // What was offered stays in its batch, whatever the policy.
            (due, Then::Next(round)) => (due, Then::Next(round)),
            drawn => match policy {
                ReturnPolicy::AtOnce => return None,
                ReturnPolicy::Delay { ms } => (at.after(ms), Then::Free),
                ReturnPolicy::Draw => drawn,
                ReturnPolicy::NextOpening => {
                    let days = at.since(returning.opens_at) / DAY + 1;
                    let next = returning.opens_at.after(days.saturating_mul(DAY));
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
            self.returns.note(schedule, due.as_millis());
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

    /// A hold begins here that ends then.
    #[inline]
    pub(super) fn hold_begins(&self, (schedule, pool): (ScheduleId, &Pool), until: Timestamp) {
        pool.lower_due(until.as_millis());
        if self.returns.in_use() {
            self.returns.note(schedule, until.as_millis());
        }
    }

    /// Whether a schedule's slots return to who waits for them.
    pub(super) fn returns(&self, schedule: ScheduleId) -> bool {
        let returning = self.returns.of(schedule);
        returning.is_some_and(|it| it.policy == ReturnPolicy::Draw)
    }

    /// Notes what a slot was asked for through, so that it does not go back there.
    #[inline]
    pub(super) fn mark(&self, record: &Record, request: &Request) {
        if self.returns.in_use() {
            record.set_mark(self.cluster_of(request).mark(self.returns.keys));
        }
    }

    pub(super) fn cluster_of(&self, request: &Request) -> Cluster {
        let trusted = &self.draws.settings.trusted;
        self.returns.cluster_of(request, trusted)
    }

    /// The session is called off: nobody waits for it any more.
    pub(super) fn call_off_waitlist(&self, schedule: ScheduleId, bulletin: &mut Bulletin<'_>) {
        let Some(returning) = self.returns.of(schedule) else {
            return;
        };
        for patient in returning.list.close().patients {
            let book = self.ledger.book(patient, self.ledger.hash(patient));
            if let Some((number, record)) = self.on_waitlist(&book, schedule, bulletin.at)
                && let Some(ticket) = self.ticket_of(number, record)
            {
                record.end(Phase::Withdrawn, bulletin.at);
                self.count(Count::Left);
                bulletin.tell_of_ticket(schedule, patient, What::Left { ticket: ticket.id });
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
