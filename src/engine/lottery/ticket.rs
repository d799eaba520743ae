//! What became of a place in a line, and giving it up.

use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::pool::Pool;
use crate::words::ask::{Hold, Outcome};
use crate::words::event::What;
use crate::words::id::{PatientId, ScheduleId, SlotNo, TicketId};
use crate::words::refusal::Refusal;
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::super::stats::Count;
use super::super::{Bulletin, Engine, Inner, Standing};

/// # Somebody waits
impl Engine {
    /// What became of a place in a line: `Waiting` while it is undecided; then the hold, as it was given, whatever was done with it since; or why there is none. It is remembered for 24 hours after
    /// its end, or its hold's or booking's.
    ///
    /// # Errors
    /// `unknown_ticket`. A ticket that came to nothing is no error: the answer is then `Refused` with `withdrawn`, `already_released` if it was given up, `closed`, `already_holds`, `sold_out`, or the rule that
    /// kept the patient from a slot that was theirs, or ended their place: `queue_full` if they had to make room in the slow queue, `waited_too_long`.
    pub fn ticket(&self, ticket: TicketId) -> Result<Outcome, Refusal> {
        self.inner.ticket(ticket)
    }

    /// Gives up a place in a line. It can be given up as long as it is undecided.
    ///
    /// # Errors
    /// In this order: `unknown_ticket`, `not_yours`, `withdrawn`, `already_released` if it was given up before, `wrong_state` if it is decided.
    pub fn leave(&self, ticket: TicketId, patient: PatientId) -> Result<(), Refusal> {
        let inner = &*self.inner;
        let left = inner.settle(|bulletin| {
            let schedule = inner.leave(ticket, patient, bulletin)?;
            Ok((schedule, bulletin.at))
        });
        left.map(|(schedule, at)| {
            inner.waiters.wake(schedule.0, ticket.record());
            inner.pass_turns(at);
        })
    }
}

/// A place in a line that was found by its ticket, its book locked.
pub(in super::super) struct Place<'a> {
    pub(in super::super) book: Book<'a>,
    pub(in super::super) record: &'a Record,
    number: u32,
    pool: &'a Pool,
    standing: Standing,
}

impl Place<'_> {
    /// Why there is nothing left to be done about it, if so.
    fn is_undecided(&self, inner: &Inner) -> Result<(), Refusal> {
        if inner.has_lost_its_session(self.record, self.pool, self.standing) {
            return Err(Refusal::Withdrawn);
        }
        match self.standing {
            Standing::Waiting => Ok(()),
            Standing::Ended(Phase::Withdrawn, _) => Err(Refusal::Withdrawn),
            Standing::Ended(Phase::Left, _) => Err(Refusal::AlreadyReleased),
            _ => Err(Refusal::WrongState),
        }
    }
}

impl Inner {
    /// What became of a place in a line, by now.
    pub(in super::super) fn ticket(&self, ticket: TicketId) -> Result<Outcome, Refusal> {
        let now = self.now();
        self.pass(now);
        let found = self.open_ticket(ticket, now);
        let answer = found.map(|it| self.became_of(&it));
        answer.inspect_err(|why| self.count_refusal(*why))
    }

    /// Opens the line of a ticket, if it is still remembered.
    pub(super) fn open_ticket(
        &self,
        ticket: TicketId,
        now: Timestamp,
    ) -> Result<Place<'_>, Refusal> {
        let find = || {
            let number = ticket.record();
            let (book, record) = self.ledger.book_at(number)?;
            let same = self.ticket_id(number, record)? == ticket;
            let schedule = record.schedule();
            let pool = self.places.of(schedule)?;
            let standing = self.standing(record, now);
            (same && !standing.is_forgotten(now)).then_some(Place {
                book,
                record,
                number,
                pool,
                standing,
            })
        };
        find().ok_or(Refusal::UnknownTicket)
    }

    fn became_of(&self, place: &Place<'_>) -> Outcome {
        let Place {
            record,
            number,
            pool,
            ..
        } = *place;
        if self.has_lost_its_session(record, pool, place.standing) {
            return Outcome::Refused(Refusal::Withdrawn);
        }
        let why = match place.standing {
            Standing::Waiting => {
                return match self.ticket_of(number, record) {
                    Some(ticket) => Outcome::Waiting(ticket),
                    None => Outcome::Refused(Refusal::UnknownTicket),
                };
            }
            Standing::Ended(Phase::Left, _) => Refusal::AlreadyReleased,
            Standing::Ended(Phase::Withdrawn, _) => Refusal::Withdrawn,
            Standing::Ended(Phase::Waiting, _) if pool.is_undrawn() => Refusal::Closed,
            Standing::Ended(Phase::Waiting, _) if record.line() == Some(Line::SlowQueue) => {
                Refusal::Closed
            }
            Standing::Ended(Phase::Waiting, _) => Refusal::SoldOut,
            Standing::Ended(Phase::Lost, _) => self.lost_by(record),
            Standing::Held | Standing::Booked(_) | Standing::Ended(..) => {
                return Outcome::Held(Hold {
                    id: record.claim(number).hold_id(),
                    schedule: record.schedule(),
                    slot: SlotNo::from_index(record.slot()),
                    expires_at: record.granted_at().after(pool.hold_ttl()),
                });
            }
        };
        Outcome::Refused(why)
    }

    /// Opens the line of a ticket that is not decided yet.
    pub(in super::super) fn open_undecided(
        &self,
        ticket: TicketId,
        now: Timestamp,
    ) -> Result<Place<'_>, Refusal> {
        let place = self.open_ticket(ticket, now)?;
        place.is_undecided(self).map(|()| place)
    }

    fn leave(
        &self,
        ticket: TicketId,
        patient: PatientId,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<ScheduleId, Refusal> {
        let place = self.open_ticket(ticket, bulletin.at)?;
        let schedule = place.record.schedule();
        if place.book.patient() != patient {
            return Err(Refusal::NotYours);
        }
        place.is_undecided(self)?;
        place.record.end(Phase::Left, bulletin.at);
        match place.record.line() {
            Some(Line::Waitlist) => self.leave_waitlist(schedule, patient),
            Some(Line::SlowQueue) => self.leave_queue(place.record),
            _ => {}
        }
        self.count(Count::Left);
        bulletin.tell_of_ticket(schedule, patient, What::Left { ticket });
        Ok(schedule)
    }
}
