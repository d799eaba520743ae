//! Somebody who was told `sold_out` would rather wait: a record in their book, and an entry on the schedule's waitlist, under the one lock.

use crate::ledger::Book;
use crate::line::{Cluster, JoinError, Offer};
use crate::words::ask::{Outcome, Request};
use crate::words::id::{PatientId, ScheduleId};
use crate::words::refusal::{Refusal, Rule};
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::super::request::Seen;
use super::super::turn::Turn;
use super::super::{Bulletin, Inner};
use super::Returning;

impl Inner {
    /// A place on the waitlist of a schedule that is sold out, if it has one; the same one again, for who has one.
    #[inline(never)]
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
        if let Some(place) = self.waits(book, schedule, Line::Waitlist, now) {
            // What is said again about somebody who is on it may help them, and harms nobody. Who pauses goes on pausing: anybody may ask in their name, and an offer that they let lapse is held against them.
            returning.list.hear(book.patient(), &wish);
            return self.waits_already(place);
        }
        self.take_turn_for(schedule, turn, request, bulletin)?;
        let full = |rule| Refusal::Rule { rule };
        if seen.lines >= self.settings.book_lines_max {
            return Err(full(Rule::BookFull));
        }
        let times = (now, pool.closes_at());
        let place = self.line_up(book, schedule, Line::Waitlist, times)?;
        if let Err(why) = returning.list.join(&wish) {
            book.strike(place.0);
            return Err(match why {
                JoinError::Closed => Refusal::Withdrawn,
                _ => full(Rule::WaitlistFull),
            });
        }
        self.returns.note_close(schedule, pool.closes_at());
        self.lined_up(book, seen, request, place, bulletin)
    }

    /// What these were offered was gone: who still waits is on the list as before, be it full, but for what they asked through, of which only the mark is known. Of a family those who still do are one again.
    pub(super) fn wait_again(
        &self,
        schedule: ScheduleId,
        returning: &Returning,
        gone: &[Offer],
        now: Timestamp,
    ) {
        for offer in gone {
            let patient = offer.patient;
            let book = self.ledger.book(patient, self.ledger.hash(patient));
            if self.waits(&book, schedule, Line::Waitlist, now).is_some() {
                let wish = self.wish(&book, returning, Cluster::Person(patient), now);
                // It is refused only by a list that has ended, which has told them.
                let _ = returning.list.rejoin(&wish);
            }
        }
        for family in gone.chunk_by(|one, next| one.ticket == next.ticket) {
            let number_of = |it: &Offer| Some((it.patient, returning.list.number_of(it.patient)?));
            let waits = || family.iter().filter_map(number_of).collect::<Vec<_>>();
            let mut again = waits();
            // Whoever leaves between the two is not among them the next time.
            while again.len() > 1 && !returning.list.bind(&again) {
                again = waits();
            }
        }
    }

    /// Somebody leaves the waitlist. Under their book's lock.
    pub(in super::super) fn leave_waitlist(&self, schedule: ScheduleId, patient: PatientId) {
        if let Some(returning) = self.returns.of(schedule) {
            returning.list.leave_for(patient);
        }
    }
}
