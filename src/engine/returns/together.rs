//! Somebody on a waitlist pauses, or would have their slot together with others or not at all.
//!
//! A verb opens the books of those who are named one after the other, never two at once, and then changes the list in one step under its own lock. Whoever has left or was offered a slot in between is found missing there, by the number that they came
//! by, and then nothing changes.

use crate::line::Wish;
use crate::words::id::{PatientId, ScheduleId, TicketId};
use crate::words::refusal::{Refusal, Rule};
use crate::words::sync::Arc;
use crate::words::ticket::Line;

use super::super::lottery::Place;
use super::super::{Bulletin, Engine, Inner};
use super::Returning;

/// A place on a waitlist, found by its ticket.
struct Listed {
    returning: Arc<Returning>,
    schedule: ScheduleId,
    patient: PatientId,
    /// Which they are of all that ever came to it.
    number: u64,
}

/// # Somebody waits for a slot that returns
impl Engine {
    /// Pauses a place on a waitlist: nothing is offered to it until it is [resumed](Self::resume). It stays on the list and is kept room for; asking again doesn't resume it. Pausing again changes nothing. Who knows the ticket may do it.
    ///
    /// Who waits [together](Self::wait_together) with somebody who pauses is offered nothing either.
    ///
    /// # Errors
    /// In this order: `unknown_ticket`, `withdrawn`, `already_released` if it was given up, `wrong_state` if it is decided, or is no place on a waitlist.
    pub fn pause(&self, ticket: TicketId) -> Result<(), Refusal> {
        self.set_paused(ticket, true)
    }

    /// Ends a pause: the place takes part in the batches to come, and in those in which it was drawn before. Resuming what doesn't pause changes nothing.
    ///
    /// # Errors
    /// Those of [`pause`](Self::pause).
    pub fn resume(&self, ticket: TicketId) -> Result<(), Refusal> {
        self.set_paused(ticket, false)
    }

    fn set_paused(&self, ticket: TicketId, paused: bool) -> Result<(), Refusal> {
        let inner = &*self.inner;
        inner.settle(|bulletin| inner.set_paused(ticket, paused, bulletin))
    }

    /// From now on the people of these tickets, two to eight on the waitlist of one schedule, are a family: parent and child, say. They are drawn as one, and a batch offers a slot to each of them or to none; so they are served only by one that has
    /// as many. What is offered to each is then their own, to take up or not.
    ///
    /// Exactly these: whom else one of them waited with goes on without them, and one ticket alone is again a place by itself. In whatever order they are named, and as often as is liked. Who leaves leaves the others together.
    ///
    /// # Errors
    /// In this order, each if it is true of any of them: `unknown_ticket`, also for no ticket at all; `withdrawn`; `already_released`; `wrong_state` if one is decided, is no place on a waitlist, or on another schedule's; and the rule `family_size`
    /// for more than eight. Then nothing has changed.
    pub fn wait_together(&self, tickets: &[TicketId]) -> Result<(), Refusal> {
        let inner = &*self.inner;
        inner.settle(|bulletin| inner.wait_together(tickets, bulletin))
    }
}

impl Inner {
    fn set_paused(
        &self,
        ticket: TicketId,
        paused: bool,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<(), Refusal> {
        let (place, listed) = self.open_listed(ticket, bulletin)?;
        // Under the book's lock: nobody leaves meanwhile. Who is just being offered a slot is not on the list.
        let waits = listed.returning.list.set_paused_for(listed.patient, paused);
        drop(place);
        bulletin.changed |= waits;
        waits.then_some(()).ok_or(Refusal::WrongState)
    }

    fn wait_together(
        &self,
        tickets: &[TicketId],
        bulletin: &mut Bulletin<'_>,
    ) -> Result<(), Refusal> {
        // The work is bounded whatever is asked for: of too many only so many are looked at as suffice to say so.
        let mut some: Vec<TicketId> = Vec::new();
        for ticket in tickets {
            if some.len() <= Wish::FAMILY_MAX && !some.contains(ticket) {
                some.push(*ticket);
            }
        }
        let found: Vec<_> = (some.iter())
            .map(|it| {
                self.open_listed(*it, bulletin)
                    .map(|(_book, listed)| listed)
            })
            .collect();
        // The first in the order of refusals, whatever the order of the tickets.
        let refused = found.iter().filter_map(|it| it.as_ref().err());
        if let Some(why) = refused.min_by_key(|why| why.ordinal()) {
            return Err(*why);
        }
        let found: Vec<Listed> = found.into_iter().flatten().collect();
        let first = found.first().ok_or(Refusal::UnknownTicket)?;
        if found.iter().any(|it| it.schedule != first.schedule) {
            return Err(Refusal::WrongState);
        }
        if found.len() > Wish::FAMILY_MAX {
            let rule = Rule::FamilySize;
            return Err(Refusal::Rule { rule });
        }
        let family: Vec<_> = found.iter().map(|it| (it.patient, it.number)).collect();
        let bound = first.returning.list.bind(&family).is_some();
        bulletin.changed |= bound;
        bound.then_some(()).ok_or(Refusal::WrongState)
    }

    /// Opens the line of a ticket that waits on a waitlist.
    fn open_listed(
        &self,
        ticket: TicketId,
        bulletin: &Bulletin<'_>,
    ) -> Result<(Place<'_>, Listed), Refusal> {
        let place = self.open_undecided(ticket, bulletin.at)?;
        let (record, patient) = (place.record, place.book.patient());
        let schedule = record.schedule();
        let returning = match record.line() {
            Some(Line::Waitlist) => self.waitlist_of(schedule),
            _ => None,
        };
        let returning = returning.ok_or(Refusal::WrongState)?;
        let number = returning.list.number_of(patient);
        let listed = Listed {
            schedule,
            patient,
            number: number.ok_or(Refusal::WrongState)?,
            returning,
        };
        Ok((place, listed))
    }
}
