//! What somebody wants of a waitlist, and who goes on to one after a draw.

use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::line::{Cluster, Wish};
use crate::words::id::ScheduleId;
use crate::words::schedule::ReturnPolicy;
use crate::words::ticket::Line;
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

    /// Whether the owner of a book lost more slots of this department to sessions that were called off than they have taken up from its waitlists since the first; as far as the book remembers.
    fn is_displaced(&self, book: &Book<'_>, department: Department, now: Timestamp) -> bool {
        let remembered = |record: &Record| !self.standing(record, now).is_forgotten(now);
        let was_theirs = |number, record: &Record| {
            // A place in a line that was called off had none: no claim ever has version 0.
            record.phase() == Phase::Withdrawn
                && record.claim(number).version > 0
                && remembered(record)
        };
        let lost = book.lines().filter(|&(number, record)| {
            was_theirs(number, record) && self.returns.was_called_off(record.schedule(), department)
        });
        let lost: Vec<Timestamp> = lost.map(|(_, record)| record.until()).collect();
        let Some(first) = lost.iter().min() else {
            return false;
        };
        let used = book.lines().filter(|&(number, record)| {
            record.claim(number).version > 0
                && record.granted_at() >= *first
                && remembered(record)
                && self.is_taken_up(record, now)
                && self.returns.department_of(record.schedule()) == Some(department)
        });
        lost.len() > used.count()
    }

    /// Whether a slot that was offered by a waitlist is held, was booked, or was ended by the hospital; not what was let go.
    fn is_taken_up(&self, record: &Record, now: Timestamp) -> bool {
        let stands = self.standing(record, now).is_live() || record.phase() == Phase::Withdrawn;
        record.line() == Some(Line::Waitlist) && (stands || record.was_booked())
    }

    /// Somebody has just been given a slot by a waitlist. Where they wait besides, in that department, they don't go ahead any more if that used it up. Under their book's lock.
    pub(super) fn goes_ahead_no_more(&self, book: &Book<'_>, of: &Returning, now: Timestamp) {
        let patient = book.patient();
        let Some(department) = of
            .department
            .filter(|it| !self.is_displaced(book, *it, now))
        else {
            return;
        };
        for (_, record) in book.lines() {
            if record.phase() == Phase::Waiting
                && record.line() == Some(Line::Waitlist)
                && let Some(other) = self.waitlist_of(record.schedule())
                && other.department == Some(department)
            {
                other.list.goes_ahead_no_more(patient);
            }
        }
    }

    /// The list of a schedule whose slots return by the draw.
    pub(super) fn waitlist_of(&self, schedule: ScheduleId) -> Option<Arc<Returning>> {
        let returning = self.returns.of(schedule)?;
        (returning.policy == ReturnPolicy::Draw).then_some(returning)
    }

    /// Somebody who would go on waiting has lost a draw: the first of these schedules on whose waitlist they are now, and until when that lasts. Those on whose nobody can be any more are noted, and not asked again.
    /// Under their book's lock.
    pub(in super::super) fn go_on_to(
        &self,
        book: &Book<'_>,
        through: Cluster,
        mut schedules: impl Iterator<Item = ScheduleId>,
        full: &mut Vec<ScheduleId>,
        now: Timestamp,
    ) -> Option<(ScheduleId, Timestamp)> {
        schedules.find_map(|schedule| {
            if full.contains(&schedule) {
                return None;
            }
            let join = || {
                let pool = self.places.of(schedule)?;
                // A beacon may speak after the cut-off of some of them.
                if now >= pool.closes_at() {
                    return None;
                }
                let returning = self.waitlist_of(schedule)?;
                let wish = self.wish(book, &returning, through, now);
                returning.list.join(&wish).ok()?;
                self.returns.note_close(schedule, pool.closes_at());
                Some((schedule, pool.closes_at()))
            };
            let joined = join();
            if joined.is_none() {
                full.push(schedule);
            }
            joined
        })
    }
}
