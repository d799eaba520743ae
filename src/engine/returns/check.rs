//! Is everybody who waits for a returned slot on its list, and does everybody on a list wait?
//!
//! Both change under the book's lock, but for who was just drawn: they are off the list before their book says so. Whoever draws holds the schedule's desk.

use crate::ledger::record::{Phase, Record};
use crate::words::id::ScheduleId;
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::super::{Inner, Standing};

impl Inner {
    /// Whether a place on a waitlist is none that the list knows. Under its book's lock.
    pub(in super::super) fn is_unlisted(&self, record: &Record, now: Timestamp) -> bool {
        let waits = record.phase() == Phase::Waiting
            && record.line() == Some(Line::Waitlist)
            && self.standing(record, now) == Standing::Waiting;
        waits && {
            let returning = self.returns.of(record.schedule());
            returning.is_none_or(|it| it.list.number_of(record.patient()).is_none())
        }
    }

    /// Which of these places, that were found on no list, are not just being drawn either: their schedules.
    pub(in super::super) fn unlisted(
        &self,
        suspects: &[(u32, ScheduleId)],
        now: Timestamp,
    ) -> Vec<ScheduleId> {
        let is_lost = |&(number, schedule): &(u32, ScheduleId)| {
            // With this in hand nobody draws.
            let _desk = self.places.desk(schedule)?;
            let (_book, record) = self.ledger.book_at(number)?;
            let same = record.schedule() == schedule;
            (same && self.is_unlisted(record, now)).then_some(schedule)
        };
        suspects.iter().filter_map(is_lost).collect()
    }

    /// Who is on a list and doesn't wait: the schedules, one for each.
    pub(in super::super) fn listed_in_vain(&self, now: Timestamp) -> Vec<ScheduleId> {
        let mut lost = Vec::new();
        for (schedule, returning) in self.returns.all() {
            let pool = self.places.of(schedule);
            // Once booking has closed nobody waits any more, and nobody asks who did.
            let Some(_open) = pool.filter(|it| now < it.closes_at()) else {
                continue;
            };
            for patient in returning.list.patients() {
                let book = self.ledger.book(patient, self.ledger.hash(patient));
                let waits = self.waits(&book, schedule, Line::Waitlist, now);
                if waits.is_none() && returning.list.number_of(patient).is_some() {
                    lost.push(schedule);
                }
            }
        }
        lost
    }
}
