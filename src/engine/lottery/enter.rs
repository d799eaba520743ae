//! Somebody enters a draw: a record in their book, and an entry in the urn, under the one lock.

use crate::draw::{EnterError, Entry, Window};
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
    pub(in super::super) fn enter(
        &self,
        book: &Book<'_>,
        seen: &Seen<'_>,
        request: &Request,
        schedule: ScheduleId,
        turn: &mut Turn,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Outcome, Refusal> {
        let now = bulletin.at;
        let shown = bulletin.shown;
        let entry = self.entry_of(request, shown, now);
        if let Some((number, record)) = self.entered(book, schedule, now) {
            // What is said again about somebody who is in may help them, and harms nobody. Whatever comes of it, they are in.
            self.draws.with(schedule, |urn| {
                let _ = self.window_of(urn).enter(&entry);
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
        let heat = || self.heat(schedule);
        if let Some(due) = self.must_show(request, schedule, (shown, now), heat) {
            return Ok(Outcome::Challenged(due));
        }
        self.take_turn_for(schedule, turn, request, bulletin)?;
        self.rules(seen)?;
        if request.request_id().is_some() {
            self.named.add(self.filter_hash(book.patient()));
        }
        let entered = self.draws.with(schedule, |urn| {
            let wishes = request.schedules();
            self.line_up(book, urn, entry.anew(), (schedule, wishes), now)
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
        entry: Entry,
        (schedule, wishes): (ScheduleId, &[ScheduleId]),
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
        let window = self.window_of(urn);
        let wishes = urn.wishes(wishes);
        if wishes.is_empty() && urn.members().len() > 1 {
            // All that they would take was called off meanwhile.
            book.strike(number);
            return Err(Refusal::Withdrawn);
        }
        let came = match window.enter(&entry.prefer(&wishes[..])) {
            // Who left and comes again is in as before, whatever more could be noted of them.
            Ok(_) | Err(EnterError::ClustersFull) => Ok(()),
            Err(EnterError::Full) => Err(full(Rule::DrawFull)),
            Err(_) => Err(IN_A_MOMENT),
        };
        // Called off meanwhile: whoever does that may have missed who has only just come in.
        let came = came.and_then(|()| match urn.has(schedule) {
            true => Ok(()),
            false => {
                let other = urn.first_of(&wishes).ok_or(Refusal::Withdrawn)?;
                record.move_to(other);
                Ok(())
            }
        });
        came.map(|()| (number, record))
            .inspect_err(|_| book.strike(number))
    }

    /// The line of who is in the draw of this schedule, be it for this schedule or for others.
    fn entered<'a>(
        &self,
        book: &Book<'a>,
        schedule: ScheduleId,
        now: Timestamp,
    ) -> Option<(u32, &'a Record)> {
        let is_it = |record: &Record| {
            record.phase() == Phase::Waiting
                && record.line() == Some(Line::Draw)
                && self.standing(record, now) == Standing::Waiting
                && self.draws.are_together(record.schedule(), schedule)
        };
        book.lines().find(|(_, record)| is_it(record))
    }

    /// The window of an urn, for as many slots as there are when it is first asked for.
    pub(super) fn window_of<'a>(&self, urn: &'a Urn) -> &'a Window {
        urn.window(&self.draws, |schedule| {
            let pool = self.places.find(schedule).filter(|it| it.is(schedule));
            pool.map_or(0, Pool::capacity)
        })
    }

    /// Entries a slot, so far.
    fn heat(&self, schedule: ScheduleId) -> u32 {
        let heat = self.draws.with(schedule, |urn| {
            let pools = urn.members().iter();
            let pools = pools.filter_map(|it| self.places.find(it.schedule));
            let slots: u64 = pools.map(|it| u64::from(it.capacity())).sum();
            urn.entries() / slots.max(1)
        });
        u32::try_from(heat.unwrap_or(0)).unwrap_or(u32::MAX)
    }

    /// What is said about somebody who enters.
    fn entry_of(&self, request: &Request, shown: Shown, now: Timestamp) -> Entry {
        let waits = request.would_wait() && self.returns.in_use();
        let mut entry = Entry::new(request.patient()).would_wait(waits);
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
    pub(in super::super) fn told_ticket(&self, number: u32, record: &Record) -> Option<Ticket> {
        let (line, stub) = (record.first_line()?, self.ledger.stub(number)?);
        let (schedule, patient) = (stub.schedule(), record.patient());
        let secrets = &self.draws.secrets;
        Some(Ticket {
            id: secrets.ticket(schedule, number, patient, stub.asked_at()),
            schedule,
            line,
            due: stub.due(),
            position: None,
        })
    }

    /// The same as it stands now: for another schedule of its draw perhaps, or on a waitlist since it has lost that.
    pub(in super::super) fn ticket_of(&self, number: u32, record: &Record) -> Option<Ticket> {
        let told = self.told_ticket(number, record)?;
        let (schedule, line) = (record.schedule(), record.line()?);
        let due = match record.went_on() {
            true => self.places.find(schedule)?.closes_at(),
            false => told.due,
        };
        Some(Ticket {
            schedule,
            line,
            due,
            ..told
        })
    }
}
