//! Who gives up slots again and again weighs less: on waitlists, and where a schedule opens by a draw.
//!
//! Holds that ran out stand in the book itself: the record says `Held`, and the deadline is past, whether or not anybody has freed the slot. So each counts from its very millisecond, once and for
//! its own day, and no more when it is confirmed late after all. When its record goes, or comes to say something else, it is noted beside the cancellations. All under the lock of its book.
//! What had run out already when it was given, since nobody came by in time, is held against nobody.

use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::line::Standing;
use crate::words::id::PatientId;
use crate::words::time::Timestamp;

use super::super::Inner;

/// The weight of who has given up little, in millionths.
const ALL: u32 = 1_000_000;

impl Inner {
    /// The weight in draws of the owner of a book, in millionths.
    pub(super) fn weight_of(&self, book: &Book<'_>, now: Timestamp) -> u32 {
        let Some(cancels) = &self.returns.cancels else {
            return ALL;
        };
        let ran_out = |record: &Record| {
            record.phase() == Phase::Held && record.until() <= now && !record.was_unseen()
        };
        let lines = book.lines().filter(|(_, record)| ran_out(record));
        let lapses = lines.map(|(_, record)| record.until());
        match cancels.standing_with(book.patient(), lapses, now) {
            Standing::Clear => ALL,
            Standing::Lighter { weight_ppm } => weight_ppm,
            Standing::Resting { .. } => 0,
        }
    }

    /// How suspicious somebody is at an opening for what they gave up: a suspect, or not at all. By no way in, and so through any.
    pub(in super::super) fn suspicion_of(&self, patient: PatientId, at: Timestamp) -> u8 {
        if self.returns.cancels.is_none() {
            return 0;
        }
        let book = self.ledger.book(patient, self.ledger.hash(patient));
        match self.weight_of(&book, at) {
            ALL => 0,
            _ => u8::MAX,
        }
    }

    /// A hold that ran out is about to leave its book, or to be told from one that did.
    pub(in super::super) fn note_lapse(&self, patient: PatientId, record: &Record) {
        if record.phase() == Phase::Held && !record.was_unseen() {
            self.returns.note_given_up(patient, record.until());
        }
    }
}
