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
    pub(in super::super) fn join_waitlist(
        &self,
        book: &Book<'_>,
        seen: &Seen<'_>,
        request: &Request,
        schedule: ScheduleId,
        turn: &mut Turn<'_>,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Outcome, Refusal> {
        let now = bulletin.at;
        let pool = self.places.of(schedule);
        let pool = pool.ok_or(Refusal::UnknownSchedule)?;
        let returning = self.waitlist_of(schedule).ok_or(Refusal::SoldOut)?;
        let wish = self.wish(book, &returning, self.cluster_of(request), now);
        if let Some(place) = self.waits(book, schedule, Line::Waitlist, now) {
            // What is said again about somebody who is on it may help them, and harms nobody. Who pauses goes on pausing: anybody may ask in their name, and an offer that they let lapse is held against them.
            returning.list.hear(book.patient(), &wish);
            return self.waits_already(place);
        }
        self.take_turn_for(schedule, turn, request, bulletin)?;
        self.has_room(seen)?;
        let times = (now, pool.closes_at());
        let place = self.line_up(book, schedule, Line::Waitlist, times)?;
        if let Err(why) = returning.list.join(&wish) {
            book.strike(place.0);
            return Err(match why {
                JoinError::Closed => Refusal::Withdrawn,
                _ => Rule::WaitlistFull.into(),
            });
        }
        self.returns.note_close(schedule, pool.closes_at());
        self.lined_up(book, seen, request, place, bulletin)
    }

    /// What these were offered was gone: who still waits is on the list as before, be it full, with the places that they were drawn for in other batches, but for what they asked through, of which only the mark is known. Of a family those who still
    /// do are one again.
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
                if let (Ok(ticket), Some(number)) = (list.rejoin(&wish), list.number_of(patient)) {
                    back.push((ticket, (patient, number)));
                }
            }
        }
        for family in gone.chunk_by(|one, next| one.ticket == next.ticket) {
            let is_of = |(_, (patient, number)): &&(_, (PatientId, u64))| {
                family.iter().any(|it| it.patient == *patient)
                    && list.number_of(*patient) == Some(*number)
            };
            let ticket = loop {
                let again: Vec<_> = back.iter().filter(is_of).collect();
                let bound = match again[..] {
                    [] => break None,
                    [(ticket, _)] => break Some(*ticket),
                    _ => list.bind(&again.iter().map(|it| it.1).collect::<Vec<_>>()),
                };
                // Whoever leaves between the two is not among them the next time.
                if bound.is_some() {
                    break bound;
                }
            };
            if let Some(ticket) = ticket {
                list.stands_again(family[0].ticket, ticket);
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
    use crate::line::Then;
    use crate::pool::word::State;
    use crate::words::clock::ManualClock;
    use crate::words::id::{BookingId, PractitionerId, SlotNo, TicketId};
    use crate::words::schedule::{Day, Opening, ReturnPolicy, Schedule, Session};
    use crate::words::sync::Arc;

    use super::super::super::Engine;
    use super::*;

    /// A schedule of three slots that return by the draw, and what it takes to ask for one of them.
    struct Morning {
        clock: Arc<ManualClock>,
        engine: Engine,
        schedule: ScheduleId,
    }

    impl Morning {
        fn new(seed: u64) -> Self {
            let clock = Arc::new(ManualClock::new(Timestamp::from_millis(0)));
            let builder = Engine::builder().clock(Arc::clone(&clock)).seed(seed);
            let engine = builder.live_holds_max(1).build().unwrap();
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
            Self {
                clock,
                engine,
                schedule,
            }
        }

        fn ask(&self, who: u128) -> Outcome {
            let request = Request::new(PatientId::new(who), self.schedule);
            self.engine.request(&request.waitlist())
        }

        /// Patients 1, 2 and 3 wait, the first two together; all slots are given up, and are somebody else's at the last moment: only other threads do that, so here it is done by hand. The tickets, and
        /// when the slots would return.
        fn three_wait_for_what_is_gone(&self) -> ([TicketId; 3], Timestamp) {
            let engine = &self.engine;
            let bookings = [11, 12, 13].map(|who| self.book(who));
            let tickets = [1, 2, 3].map(|who| self.ask(who).waiting().unwrap().id);
            engine.wait_together(&tickets[..2]).unwrap();
            for (booking, who) in bookings {
                engine.cancel(booking, who).unwrap().wait().unwrap();
            }
            for slot in 0..3 {
                self.is_gone(slot);
            }
            (tickets, engine.next_deadline().unwrap())
        }

        fn book(&self, who: u128) -> (BookingId, PatientId) {
            let (hold, who) = (self.ask(who).held().unwrap(), PatientId::new(who));
            let booking = self.engine.confirm(hold.id, who, None).unwrap();
            (booking.wait().unwrap().id, who)
        }

        fn is_gone(&self, slot: u16) {
            let pool = self.engine.inner.places.find(self.schedule).unwrap();
            let at = pool.slots().word(slot).unwrap();
            let seen = at.load();
            assert_eq!(seen.state(), State::Cooling);
            assert!(at.swap(seen, seen.to(State::Withdrawn, 0)).is_ok());
        }

        fn returning(&self) -> Arc<Returning> {
            self.engine.inner.returns.of(self.schedule).unwrap()
        }

        fn waits(&self, ticket: TicketId) -> bool {
            let told = self.engine.ticket(ticket);
            told.is_ok_and(|it| it.waiting().is_some())
        }
    }

    #[test]
    fn who_was_offered_what_is_gone_waits_on_and_a_family_as_one() {
        let morning = Morning::new(7);
        let (tickets, due) = morning.three_wait_for_what_is_gone();
        morning.clock.set(due);
        let _ = morning.engine.advance();
        let list = &morning.returning().list;
        assert_eq!((list.waiting(), list.patients().len()), (2, 3));
        for ticket in tickets {
            assert!(morning.waits(ticket));
        }
    }

    /// Of two slots one is gone, and a rule keeps one of the two who wait from either: whoever was drawn for which, the other one has what is there.
    #[test]
    fn what_others_cannot_have_goes_to_who_was_offered_what_is_gone() {
        for seed in 0..8 {
            let morning = Morning::new(seed);
            let engine = &morning.engine;
            let [_, one, two] = [11, 12, 13].map(|who| morning.book(who));
            let tickets = [1, 2].map(|who| morning.ask(who).waiting().unwrap().id);
            for (booking, who) in [one, two] {
                engine.cancel(booking, who).unwrap().wait().unwrap();
            }
            morning.is_gone(1);
            let elsewhere = Schedule {
                returns: ReturnPolicy::AtOnce,
                ..engine.schedule(morning.schedule).unwrap()
            };
            let elsewhere = engine.publish(&elsewhere).unwrap();
            let due = engine.next_deadline().unwrap();
            morning
                .clock
                .set(Timestamp::from_millis(due.as_millis() - 1));
            let has_one = engine.request(&Request::new(PatientId::new(1), elsewhere));
            assert!(has_one.held().is_some());
            morning.clock.set(due);
            let _ = engine.advance();
            let told = engine.ticket(tickets[1]).unwrap();
            assert_eq!(told.held().map(|it| it.slot), Some(SlotNo::from_index(2)));
        }
    }

    /// What lapses in a batch that was drawn before goes on to them, as it would have.
    #[test]
    fn who_was_offered_what_is_gone_keeps_their_place_in_other_batches() {
        for seed in 0..8 {
            let morning = Morning::new(7);
            let (_, due) = morning.three_wait_for_what_is_gone();
            let returning = morning.returning();
            let list = &returning.list;
            let by_hand = |slot| {
                assert!(list.rest((slot, PatientId::new(99), 0), due, Then::Drawn));
                let round = list.draw(due, |_| [seed; 32]).unwrap();
                round.offers
            };
            for slot in 0..3 {
                list.unrest(slot);
            }
            assert!(list.leave_for(PatientId::new(3)));
            let alone = (
                PatientId::new(2),
                list.number_of(PatientId::new(2)).unwrap(),
            );
            assert!(list.bind(&[alone]).is_some());
            let first = by_hand(0);
            let second = by_hand(1);
            let ([lapses], [gone]) = (&first[..], &second[..]) else {
                panic!("two wait, each alone: {first:?} {second:?}")
            };
            assert!(list.take_up(gone));
            let inner = &*morning.engine.inner;
            inner.wait_again(morning.schedule, &returning, &second, due);
            let goes_on = list.lapse(lapses, due).unwrap();
            let whom: Vec<_> = goes_on.offers.iter().map(|it| it.patient).collect();
            assert_eq!((whom, goes_on.unwanted.len()), (vec![gone.patient], 0));
        }
    }

    /// In between what they were offered is found gone, and they are put back on the list.
    #[test]
    fn who_left_and_asked_anew_meanwhile_stays_as_they_said_it() {
        for anew in 1..=3u128 {
            let morning = Morning::new(7);
            let (mut tickets, due) = morning.three_wait_for_what_is_gone();
            let returning = morning.returning();
            let list = &returning.list;
            let round = list.draw(due, |_| [1; 32]).unwrap();
            assert_eq!((round.offers.len(), list.waiting()), (3, 0));
            for offer in &round.offers {
                assert!(list.take_up(offer));
            }
            // The time of the batch has not come for the engine: nothing else happens.
            let (nth, who) = (anew as usize - 1, PatientId::new(anew));
            assert_eq!(morning.engine.leave(tickets[nth], who), Ok(()));
            tickets[nth] = morning.ask(anew).waiting().unwrap().id;
            assert_eq!(morning.engine.pause(tickets[nth]), Ok(()));
            let number = list.number_of(who);
            let inner = &*morning.engine.inner;
            inner.wait_again(morning.schedule, &returning, &round.offers, due);
            assert!(tickets.iter().all(|it| morning.waits(*it)));
            assert_eq!(list.number_of(who), number);
            // The first two wait together if neither has said anything else.
            let entries = if anew == 3 { 2 } else { 3 };
            assert_eq!((list.waiting(), list.patients().len()), (entries, 3));
            // Who pauses keeps nobody else from being offered something.
            for slot in 0..3 {
                assert!(list.rest((slot, PatientId::new(99), 0), due, Then::Drawn));
            }
            let round = list.draw(due, |_| [2; 32]).unwrap();
            let mut offered: Vec<_> = round.offers.iter().map(|it| it.patient).collect();
            offered.sort_unstable();
            let others = (1..=3).filter(|it| *it != anew).map(PatientId::new);
            assert_eq!(offered, others.collect::<Vec<_>>());
        }
    }

    /// The steps of `wait_again` for a family that has a place in a batch before, with what another thread does before that is given back: to whom the place goes in the end.
    fn who_has_the_place(meanwhile: impl Fn(&Returning, [(PatientId, u64); 2])) -> Vec<PatientId> {
        let morning = Morning::new(7);
        let (_, due) = morning.three_wait_for_what_is_gone();
        let returning = morning.returning();
        let list = &returning.list;
        for slot in 0..3 {
            list.unrest(slot);
        }
        // Of one slot: the family has a place, and who is alone is offered it. Then of two: both are offered to the family, and gone.
        let drawn = |slots: std::ops::Range<u32>, seed| {
            for slot in slots {
                assert!(list.rest((slot, PatientId::new(99), 0), due, Then::Drawn));
            }
            list.draw(due, |_| [seed; 32]).unwrap().offers
        };
        let (first, gone) = (drawn(0..1, 1), drawn(1..3, 2));
        assert_eq!((first.len(), gone.len()), (1, 2));
        assert!(gone.iter().all(|offer| list.take_up(offer)));
        let family = [1, 2].map(PatientId::new).map(|who| {
            let wish = crate::line::Wish::new(who, Cluster::Person(who));
            assert!(list.rejoin(&wish).is_ok());
            (who, list.number_of(who).unwrap())
        });
        let ticket = list.bind(&family).unwrap();
        meanwhile(&returning, family);
        list.stands_again(gone[0].ticket, ticket);
        let goes_on = list.lapse(&first[0], due).unwrap();
        goes_on.offers.iter().map(|it| it.patient).collect()
    }

    #[test]
    fn whoever_stays_of_a_family_has_its_place_in_other_batches() {
        let [one, two] = [1, 2].map(PatientId::new);
        assert!(
            who_has_the_place(|_, _| ()).is_empty(),
            "one slot is none for two"
        );
        let leaves = who_has_the_place(|returning, _| assert!(returning.list.leave_for(one)));
        assert_eq!(leaves, [two]);
        let goes_with_another = who_has_the_place(|returning, family| {
            let (list, four) = (&returning.list, PatientId::new(4));
            let wish = crate::line::Wish::new(four, Cluster::Person(four));
            assert!(list.rejoin(&wish).is_ok());
            let number = list.number_of(four).unwrap();
            assert!(list.bind(&[family[0], (four, number)]).is_some());
        });
        assert_eq!(goes_with_another, [two]);
    }
}
