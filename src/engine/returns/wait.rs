//! Somebody who was told `sold_out` would rather wait: a record in their book, and an entry on the schedule's waitlist, under the one lock.

use crate::gate;
use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::line::{Cluster, JoinError, Offer};
use crate::pool::Pool;
use crate::words::ask::{Outcome, Request};
use crate::words::event::What;
use crate::words::id::{PatientId, ScheduleId};
use crate::words::refusal::{Refusal, Rule};
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::super::request::Seen;
use super::super::stats::Count;
use super::super::turn::Turn;
use super::super::{Bulletin, Inner, Standing};
use super::Returning;

impl Inner {
    /// A place on the waitlist of a schedule that is sold out, if it has one; the same one again, for who has one.
    pub(in super::super) fn wait_for(
        &self,
        book: &Book<'_>,
        seen: &Seen<'_>,
        request: &Request,
        schedule: ScheduleId,
        turn: &mut Turn,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Outcome, Refusal> {
        let now = bulletin.at;
        let pool = self.places.find(schedule).filter(|it| it.is(schedule));
        let pool = pool.ok_or(Refusal::UnknownSchedule)?;
        let returning = self.waitlist_of(schedule).ok_or(Refusal::SoldOut)?;
        let wish = self.wish(book, &returning, self.cluster_of(request), now);
        if let Some((number, record)) = self.on_waitlist(book, schedule, now) {
            // What is said again about somebody who is on it may help them, and harms nobody. Whatever comes of it, they are on it.
            let _ = returning.list.join(&wish);
            self.count(Count::Remembered);
            let ticket = self.ticket_of(number, record);
            return ticket.map(Outcome::Waiting).ok_or(Refusal::SoldOut);
        }
        self.take_turn(turn, || gate::keys_of(request), now)?;
        let full = |rule| Refusal::Rule { rule };
        if seen.lines >= self.settings.book_lines_max {
            return Err(full(Rule::BookFull));
        }
        if request.request_id().is_some() {
            self.named.add(self.filter_hash(book.patient()));
        }
        let (number, record) = self.line_up_for(book, (schedule, pool), now)?;
        self.mark(record, request);
        if let Err(why) = returning.list.join(&wish) {
            book.strike(number);
            return Err(match why {
                JoinError::Closed => Refusal::Withdrawn,
                _ => full(Rule::WaitlistFull),
            });
        }
        self.name(request, number, record);
        self.tidy(book, seen, now);
        self.count(Count::Waiting);
        let ticket = self.ticket_of(number, record).ok_or(Refusal::SoldOut)?;
        let what = What::Entered { ticket: ticket.id };
        bulletin.tell_of_ticket(schedule, book.patient(), what);
        Ok(Outcome::Waiting(ticket))
    }

    /// A record of somebody who waits.
    fn line_up_for(
        &self,
        book: &Book<'_>,
        (schedule, pool): (ScheduleId, &Pool),
        now: Timestamp,
    ) -> Result<(u32, &Record), Refusal> {
        let full = Refusal::Rule {
            rule: Rule::EngineFull,
        };
        let (number, record) = self.ledger.take().ok_or(full)?;
        let Some(stub) = self.ledger.stub(number) else {
            self.ledger.give_back(number);
            return Err(full);
        };
        let times = (now, pool.closes_at());
        record.line_up(stub, book.patient(), schedule, Line::Waitlist, times);
        if !book.insert(number) {
            self.ledger.give_back(number);
            return Err(full);
        }
        Ok((number, record))
    }

    /// The line of who is on this schedule's waitlist.
    pub(in super::super) fn on_waitlist<'a>(
        &self,
        book: &Book<'a>,
        schedule: ScheduleId,
        now: Timestamp,
    ) -> Option<(u32, &'a Record)> {
        let is_it = |record: &Record| {
            record.phase() == Phase::Waiting
                && record.schedule() == schedule
                && record.line() == Some(Line::Waitlist)
                && self.standing(record, now) == Standing::Waiting
        };
        book.lines().find(|(_, record)| is_it(record))
    }

    /// What they were offered was gone: they are on the list as before, but for what they asked through, of which only the mark is known.
    pub(super) fn wait_again(&self, returning: &Returning, offer: &Offer, now: Timestamp) {
        let person = Cluster::Person(offer.patient);
        let book = self
            .ledger
            .book(offer.patient, self.ledger.hash(offer.patient));
        let wish = self.wish(&book, returning, person, now);
        let _ = returning.list.join(&wish);
    }

    /// Somebody leaves the waitlist. Under their book's lock.
    pub(in super::super) fn leave_waitlist(&self, schedule: ScheduleId, patient: PatientId) {
        if let Some(returning) = self.returns.of(schedule) {
            returning.list.leave_for(patient);
        }
    }
}
