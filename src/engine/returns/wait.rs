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
    /// Who is on the list already has left meanwhile and asked anew: that stands as they said it.
    pub(super) fn wait_again(
        &self,
        schedule: ScheduleId,
        returning: &Returning,
        gone: &[Offer],
        now: Timestamp,
    ) {
        let list = &returning.list;
        let mut back = Vec::new();
        for offer in gone {
            let patient = offer.patient;
            let book = self.ledger.book(patient, self.ledger.hash(patient));
            let waits = self.waits(&book, schedule, Line::Waitlist, now).is_some();
            if waits && list.number_of(patient).is_none() {
                let wish = self.wish(&book, returning, Cluster::Person(patient), now);
                // It is refused only by a list that has ended, which has told them.
                let _ = list.rejoin(&wish);
                back.extend(list.number_of(patient).map(|number| (patient, number)));
            }
        }
        for family in gone.chunk_by(|one, next| one.ticket == next.ticket) {
            let is_of = |(patient, number): &&(PatientId, _)| {
                family.iter().any(|it| it.patient == *patient)
                    && list.number_of(*patient) == Some(*number)
            };
            let waits = || back.iter().filter(is_of).copied().collect::<Vec<_>>();
            let mut again = waits();
            // Whoever leaves between the two is not among them the next time.
            while again.len() > 1 && !list.bind(&again) {
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

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use crate::pool::word::State;
    use crate::words::clock::ManualClock;
    use crate::words::id::PractitionerId;
    use crate::words::schedule::{Day, Opening, ReturnPolicy, Schedule, Session};
    use crate::words::sync::Arc;

    use super::super::super::Engine;
    use super::*;

    /// What was to be theirs is somebody else's at the last moment: only other threads do that, so here it is done by hand.
    #[test]
    fn who_was_offered_what_is_gone_waits_on_and_a_family_as_one() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(0)));
        let builder = Engine::builder().clock(Arc::clone(&clock)).seed(7);
        let engine = builder.build().unwrap();
        let day = Day::new(2026, 12, 1).unwrap();
        let (open, starts) = (
            Opening::first_come(Timestamp::from_millis(0)),
            Timestamp::from_millis(1 << 40),
        );
        let plan = Schedule::new(
            PractitionerId::new(1),
            day,
            Session::Morning,
            3,
            open,
            starts,
        );
        let returns = ReturnPolicy::Draw;
        let schedule = engine.publish(&Schedule { returns, ..plan }).unwrap();
        let ask = |who| engine.request(&Request::new(PatientId::new(who), schedule).waitlist());
        let bookings = [11, 12, 13].map(|who| {
            let hold = ask(who).held().unwrap();
            let booking = engine.confirm(hold.id, PatientId::new(who), None);
            (booking.unwrap().wait().unwrap().id, PatientId::new(who))
        });
        let tickets = [1, 2, 3].map(|who| ask(who).waiting().unwrap().id);
        engine.wait_together(&tickets[..2]).unwrap();
        for (booking, who) in bookings {
            engine.cancel(booking, who).unwrap().wait().unwrap();
        }
        let inner = &*engine.inner;
        let pool = inner.places.find(schedule).unwrap();
        for slot in 0..3 {
            let at = pool.slots().word(slot).unwrap();
            let seen = at.load();
            assert_eq!(seen.state(), State::Cooling);
            assert!(at.swap(seen, seen.to(State::Withdrawn, 0)).is_ok());
        }
        clock.set(engine.next_deadline().unwrap());
        let _ = engine.advance();
        let list = &inner.returns.of(schedule).unwrap().list;
        assert_eq!((list.waiting(), list.patients().len()), (2, 3));
        for ticket in tickets {
            assert!(engine.ticket(ticket).unwrap().waiting().is_some());
        }
    }
}
