//! Somebody enters a draw: a record in their book, and an entry in the urn, under the one lock.

use crate::draw::{EnterError, Entry};
use crate::gate::behaviour::Origin;
use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::pool::Pool;
use crate::words::ask::{Outcome, Request};
use crate::words::event::What;
use crate::words::id::ScheduleId;
use crate::words::refusal::{Refusal, Rule};
use crate::words::ticket::{Line, Ticket};
use crate::words::time::Timestamp;

use super::super::challenge::Shown;
use super::super::request::Seen;
use super::super::stats::Count;
use super::super::turn::Turn;
use super::super::{Bulletin, Inner, Standing};
use super::urn::Urn;

/// The window has just closed: nobody can say more until it is drawn, in a moment.
const IN_A_MOMENT: Refusal = Refusal::NotOpen { retry_after_ms: 1 };

impl Inner {
    /// A place in the draw; the same one again, for who has one.
    #[inline(never)]
    pub(in super::super) fn enter(
        &self,
        book: &Book<'_>,
        seen: &Seen<'_>,
        request: &Request,
        (schedule, pool): (ScheduleId, &Pool),
        turn: &mut Turn,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Outcome, Refusal> {
        let now = bulletin.at;
        let shown = bulletin.shown;
        let entry = self.entry_of(request, shown, now);
        if let Some((number, record)) = self.waiting(book, schedule, now) {
            // What is said again about somebody who is in may help them, and harms nobody. Whatever comes of it, they are in.
            self.draws.with(schedule, |urn| {
                let _ = urn.window(&self.draws, pool.capacity()).enter(&entry);
            });
            self.count(Count::Remembered);
            return self
                .ticket_of(number, record)
                .map(Outcome::Waiting)
                .ok_or(Refusal::UnknownSchedule);
        }
        if !seen.is_empty() && self.has_live(book, schedule, now, 0) {
            return Err(Refusal::AlreadyHolds);
        }
        let heat = || self.heat(schedule, pool);
        if let Some(due) = self.must_show(request, schedule, (shown, now), heat) {
            return Ok(Outcome::Challenged(due));
        }
        self.take_turn_for(schedule, turn, request, bulletin)?;
        self.rules(seen)?;
        if request.request_id().is_some() {
            self.named.add(self.filter_hash(book.patient()));
        }
        let entered = self.draws.with(schedule, |urn| {
            self.line_up(book, urn, &entry, (schedule, pool), now)
        });
        let (number, record) = entered.unwrap_or(Err(IN_A_MOMENT))?;
        self.mark(record, request);
        self.name(request, number, record);
        self.tidy(book, seen, now);
        self.count(Count::Waiting);
        let ticket = self
            .ticket_of(number, record)
            .ok_or(Refusal::UnknownSchedule)?;
        let what = What::Entered { ticket: ticket.id };
        bulletin.tell_of_ticket(schedule, book.patient(), what);
        Ok(Outcome::Waiting(ticket))
    }

    /// The record first: whoever is in the urn has one, or has given it up.
    fn line_up(
        &self,
        book: &Book<'_>,
        urn: &Urn,
        entry: &Entry,
        (schedule, pool): (ScheduleId, &Pool),
        now: Timestamp,
    ) -> Result<(u32, &Record), Refusal> {
        let full = |rule| Refusal::Rule { rule };
        let taken = self.ledger.take().ok_or(full(Rule::EngineFull))?;
        let (number, record) = taken;
        let Some(stub) = self.ledger.stub(number) else {
            self.ledger.give_back(number);
            return Err(full(Rule::EngineFull));
        };
        let times = (now, urn.closes_by());
        record.line_up(stub, book.patient(), schedule, Line::Draw, times);
        if !book.insert(number) {
            self.ledger.give_back(number);
            return Err(full(Rule::EngineFull));
        }
        match urn.window(&self.draws, pool.capacity()).enter(entry) {
            // Who left and comes again is in as before, whatever more could be noted of them.
            Ok(_) | Err(EnterError::ClustersFull) => Ok((number, record)),
            Err(why) => {
                book.strike(number);
                Err(match why {
                    EnterError::Full => full(Rule::DrawFull),
                    _ => IN_A_MOMENT,
                })
            }
        }
    }

    /// The line of who waits for a slot of this schedule.
    pub(super) fn waiting<'a>(
        &self,
        book: &Book<'a>,
        schedule: ScheduleId,
        now: Timestamp,
    ) -> Option<(u32, &'a Record)> {
        let is_it = |record: &Record| {
            record.phase() == Phase::Waiting
                && record.schedule() == schedule
                && self.standing(record, now) == Standing::Waiting
        };
        book.lines().find(|(_, record)| is_it(record))
    }

    /// Entries a slot, so far.
    fn heat(&self, schedule: ScheduleId, pool: &Pool) -> u32 {
        let entries = self.draws.with(schedule, Urn::entries).unwrap_or(0);
        let slots = u64::from(pool.capacity().max(1));
        u32::try_from(entries / slots).unwrap_or(u32::MAX)
    }

    /// What is said about somebody who enters.
    fn entry_of(&self, request: &Request, shown: Shown, now: Timestamp) -> Entry {
        let mut entry = Entry::new(request.patient());
        if let Some(watch) = &self.watch {
            let (Origin { device, account }, listed) = watch.way_in(request, now);
            entry = entry.suspicion(listed).trace([device, account]);
        }
        entry = match shown {
            Shown::Nothing => entry,
            Shown::Wrong => entry.suspicion(u8::MAX),
            Shown::Passed(_) => entry.suspicion(0).cleared(),
        };
        if let Some(account) = request.account_id() {
            entry = entry.account(account);
        }
        if let Some(device) = request.device_id() {
            entry = entry.device(device);
        }
        let trusted = &self.draws.settings.trusted;
        match request.channel_id() {
            Some(channel) if trusted.binary_search(&channel).is_ok() => entry.trusted_channel(),
            _ => entry,
        }
    }

    /// The ticket of a record that began as one, as it was told.
    pub(in super::super) fn ticket_of(&self, number: u32, record: &Record) -> Option<Ticket> {
        let (line, stub) = (record.line()?, self.ledger.stub(number)?);
        let (schedule, patient) = (record.schedule(), record.patient());
        let secrets = &self.draws.secrets;
        Some(Ticket {
            id: secrets.ticket(schedule, number, patient, stub.asked_at()),
            schedule,
            line,
            due: stub.due(),
            position: None,
        })
    }
}
