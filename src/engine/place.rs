//! A place in a line, whichever it is: a record in the patient's book, which turns into a hold, or comes to nothing.

use std::num::NonZeroU32;

use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::line::Cluster;
use crate::pool::Pool;
use crate::pool::word::Word;
use crate::words::ask::{Outcome, Request};
use crate::words::event::What;
use crate::words::id::{ScheduleId, TicketId};
use crate::words::refusal::{Refusal, Rule};
use crate::words::ticket::{Line, Ticket};
use crate::words::time::Timestamp;

use super::request::Seen;
use super::stats::Count;
use super::{Bulletin, Inner, Note, Standing};

/// A place in a line: the number of its record, and the record.
pub(super) type Place<'a> = (u32, &'a Record);

impl Inner {
    // ---- lining up -------------------------------------------------------------------------------------------------------

    /// The place of who waits in this line for a slot of this schedule.
    pub(super) fn waits<'a>(
        &self,
        book: &Book<'a>,
        schedule: ScheduleId,
        line: Line,
        now: Timestamp,
    ) -> Option<Place<'a>> {
        let is_it = |record: &Record| {
            record.phase() == Phase::Waiting
                && record.schedule() == schedule
                && record.line() == Some(line)
                && self.standing(record, now) == Standing::Waiting
        };
        book.lines().find(|(_, record)| is_it(record))
    }

    /// They wait already: the same ticket again.
    pub(super) fn waits_already(&self, (number, record): Place<'_>) -> Result<Outcome, Refusal> {
        self.count(Count::Remembered);
        let ticket = self.ticket_of(number, record);
        ticket.map(Outcome::Waiting).ok_or(Refusal::UnknownSchedule)
    }

    /// A record of somebody who waits. It is written first: whoever is in a line has one, or has given it up.
    pub(super) fn line_up(
        &self,
        book: &Book<'_>,
        schedule: ScheduleId,
        line: Line,
        times: (Timestamp, Timestamp),
    ) -> Result<Place<'_>, Refusal> {
        let full = Refusal::Rule {
            rule: Rule::EngineFull,
        };
        let (number, record) = self.ledger.take().ok_or(full)?;
        let written = self.ledger.stub(number).is_some_and(|stub| {
            record.line_up(stub, book.patient(), schedule, line, times);
            book.insert(number)
        });
        if !written {
            self.ledger.give_back(number);
            return Err(full);
        }
        Ok((number, record))
    }

    /// They are in the line: the answer.
    pub(super) fn lined_up(
        &self,
        book: &Book<'_>,
        seen: &Seen<'_>,
        request: &Request,
        (number, record): Place<'_>,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Outcome, Refusal> {
        if request.request_id().is_some() {
            self.named.add(self.filter_hash(book.patient()));
        }
        self.mark(record, request);
        self.name(request, number, record);
        self.tidy(book, seen, bulletin.at);
        self.count(Count::Waiting);
        let ticket = self.ticket_of(number, record);
        let ticket = ticket.ok_or(Refusal::UnknownSchedule)?;
        let what = What::Entered { ticket: ticket.id };
        bulletin.tell_of_ticket(record.schedule(), book.patient(), what);
        Ok(Outcome::Waiting(ticket))
    }

    /// The ticket of a record that began as one, as it stands now: for another schedule of its draw perhaps, or on a waitlist since it has lost that.
    pub(super) fn ticket_of(&self, number: u32, record: &Record) -> Option<Ticket> {
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

    /// The same as it was told: of who waits for a turn with how it stands now.
    pub(super) fn told_ticket(&self, number: u32, record: &Record) -> Option<Ticket> {
        let (line, stub) = (record.first_line()?, self.ledger.stub(number)?);
        let waits = line == Line::SlowQueue && record.phase() == Phase::Waiting;
        let slowed = self.slowed.as_ref().filter(|_| waits);
        let place = slowed.and_then(|it| it.place(record));
        Some(Ticket {
            id: self.ticket_id(number, record)?,
            schedule: stub.schedule(),
            line,
            due: place.map_or(stub.due(), |it| it.due),
            position: place.and_then(|it| NonZeroU32::new(it.position)),
        })
    }

    /// Its id.
    pub(super) fn ticket_id(&self, number: u32, record: &Record) -> Option<TicketId> {
        record.line()?;
        let stub = self.ledger.stub(number)?;
        let (schedule, patient) = (stub.schedule(), record.patient());
        let secrets = &self.draws.secrets;
        Some(secrets.ticket(schedule, number, patient, stub.asked_at()))
    }

    // ---- turning into something ------------------------------------------------------------------------------------------

    /// It is their turn. If a rule keeps them from a slot as the books are at `at`, their place comes to nothing.
    pub(super) fn may_take_up(
        &self,
        book: &Book<'_>,
        (number, record): Place<'_>,
        at: Timestamp,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<(), Refusal> {
        let seen = self.read(book, None, at);
        let may = if self.has_live(book, record.schedule(), at, number) {
            Err(Refusal::AlreadyHolds)
        } else {
            self.may_hold_more(&seen)
        };
        may.inspect_err(|why| self.loses(record, *why, at, bulletin))
    }

    /// Their place comes to nothing.
    pub(super) fn loses(
        &self,
        record: &Record,
        why: Refusal,
        at: Timestamp,
        bulletin: &mut Bulletin<'_>,
    ) {
        record.lose(number_of(why), at);
        bulletin.changed = true;
    }

    /// The other way.
    pub(super) fn lost_by(&self, record: &Record) -> Refusal {
        match record.lost_by() {
            MADE_ROOM => self.made_room(),
            number => {
                let why = usize::try_from(number).ok().and_then(|at| LOST_BY.get(at));
                why.copied().unwrap_or(Refusal::SoldOut)
            }
        }
    }

    /// Their place becomes the hold of a slot that `take` claims for the record; if it finds none they wait on. Whether it found one.
    pub(super) fn take_up(
        &self,
        book: &Book<'_>,
        (schedule, pool): (ScheduleId, &Pool),
        (number, record): Place<'_>,
        at: Timestamp,
        take: impl FnOnce() -> Option<(u16, Word)>,
        bulletin: &mut Bulletin<'_>,
    ) -> bool {
        let waited_until = record.until();
        let until = at.after(pool.hold_ttl());
        pool.remember(self.filter_hash(book.patient()));
        record.win(at, until);
        let Some((slot, word)) = take() else {
            record.wait_on(waited_until);
            return false;
        };
        if until <= bulletin.at {
            record.set_unseen();
        }
        self.wake_at(number, record, until);
        self.hold_begins((schedule, pool), until);
        self.count(Count::Won);
        bulletin.tell(|| Note {
            schedule,
            slot,
            version: word.version(),
            whose: Some((book.patient(), record.claim(number))),
            what: What::Held { expires_at: until },
        });
        true
    }

    /// The session is called off: their place is ended.
    pub(super) fn call_off_place(
        &self,
        book: &Book<'_>,
        (number, record): Place<'_>,
        bulletin: &mut Bulletin<'_>,
    ) {
        if let Some(ticket) = self.ticket_id(number, record) {
            record.end(Phase::Withdrawn, bulletin.at);
            self.count(Count::Left);
            let what = What::Left { ticket };
            bulletin.tell_of_ticket(record.schedule(), book.patient(), what);
        }
    }

    /// Tells whose places ended by somebody else's at `now`, if there are any.
    #[inline]
    pub(super) fn pass_turns(&self, now: Timestamp) {
        if self.slowed.is_some() {
            self.pass(now);
        }
    }

    // ---- through what ----------------------------------------------------------------------------------------------------

    /// Whether a request comes through a channel that the caller vouches for.
    pub(super) fn is_trusted(&self, request: &Request) -> bool {
        let trusted = &self.draws.settings.trusted;
        (request.channel_id()).is_some_and(|it| trusted.binary_search(&it).is_ok())
    }

    /// What a request counts under in a line.
    pub(super) fn cluster_of(&self, request: &Request) -> Cluster {
        let patient = request.patient();
        match self.is_trusted(request) {
            true => Cluster::Person(patient),
            false => Cluster::through(patient, request.account_id(), request.device_id()),
        }
    }
}

/// Refusals that a ticket can have lost by, as its record has them.
const LOST_BY: [Refusal; 5] = [
    Refusal::SoldOut,
    Refusal::AlreadyHolds,
    Refusal::Rule {
        rule: Rule::LiveHolds,
    },
    Refusal::Closed,
    Refusal::Rule {
        rule: Rule::WaitedTooLong,
    },
];
/// It had to make room.
const MADE_ROOM: u64 = LOST_BY.len() as u64;

fn number_of(why: Refusal) -> u64 {
    match why {
        Refusal::Rule {
            rule: Rule::QueueFull { .. },
        } => MADE_ROOM,
        why => (LOST_BY.iter().position(|other| *other == why)).unwrap_or_default() as u64,
    }
}
