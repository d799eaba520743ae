//! What somebody wants of a waitlist, and who goes on to one after a draw.

use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::line::{Cluster, Wish};
use crate::words::id::ScheduleId;
use crate::words::schedule::ReturnPolicy;
use crate::words::time::Timestamp;

use super::super::Inner;
use super::Returning;
use super::lists::Department;
use crate::words::sync::Arc;

impl Inner {
    /// What the owner of a book wants of the waitlist of a schedule.
    pub(super) fn wish(
        &self,
        book: &Book<'_>,
        returning: &Returning,
        cluster: Cluster,
        now: Timestamp,
    ) -> Wish {
        let weight = self.weight_of(book, now);
        let wish = Wish::new(book.patient(), cluster).weight_ppm(weight);
        let goes_ahead = |department| self.is_displaced(book, department, now);
        match returning.department.is_some_and(goes_ahead) {
            true => wish.displaced(),
            false => wish,
        }
    }

    /// Whether a session of this department was called off in which the owner of a book had a slot, as far as the book remembers.
    fn is_displaced(&self, book: &Book<'_>, department: Department, now: Timestamp) -> bool {
        let was_theirs = |number, record: &Record| {
            // A place in a line that was called off had none: no claim ever has version 0.
            record.phase() == Phase::Withdrawn
                && record.claim(number).version > 0
                && !self.standing(record, now).is_forgotten(now)
        };
        book.lines().any(|(number, record)| {
            was_theirs(number, record) && self.returns.was_called_off(record.schedule(), department)
        })
    }

    /// The list of a schedule whose slots return by the draw.
    pub(super) fn waitlist_of(&self, schedule: ScheduleId) -> Option<Arc<Returning>> {
        let returning = self.returns.of(schedule)?;
        (returning.policy == ReturnPolicy::Draw).then_some(returning)
    }

    /// Somebody who would go on waiting has lost a draw: the first of these schedules on whose waitlist they are now, and until when that lasts. Under their book's lock.
    pub(in super::super) fn go_on_to(
        &self,
        book: &Book<'_>,
        through: Cluster,
        mut schedules: impl Iterator<Item = ScheduleId>,
        now: Timestamp,
    ) -> Option<(ScheduleId, Timestamp)> {
        schedules.find_map(|schedule| {
            let pool = self.places.find(schedule).filter(|it| it.is(schedule))?;
            let returning = self.waitlist_of(schedule)?;
            let wish = self.wish(book, &returning, through, now);
            returning.list.join(&wish).ok()?;
            self.returns.note_close(schedule, pool.closes_at());
            Some((schedule, pool.closes_at()))
        })
    }
}
