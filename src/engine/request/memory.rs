//! What a patient's book remembers: how much of what, and which answer a request was given before.

use crate::ledger::Book;
use crate::ledger::notes::Stub;
use crate::ledger::record::Record;
use crate::words::ask::{Hold, Outcome, Request};
use crate::words::id::{RequestId, ScheduleId, SlotNo};
use crate::words::refusal::{Refusal, Rule};
use crate::words::time::Timestamp;

use super::super::{Inner, MEMORY_MS, Standing};

/// What a patient's book says to a request.
#[derive(Default)]
pub(in super::super) struct Seen<'a> {
    /// Lines that are live or still remembered.
    pub(in super::super) lines: u32,
    live_holds: u32,
    /// How many are live, and the schedule of the last such.
    live: u32,
    live_schedule: Option<ScheduleId>,
    /// Lines that ended so long ago that they count no more.
    forgotten: u32,
    /// The record that answered the request of this id before.
    pub(super) remembered: Option<(u32, &'a Record)>,
}

impl Seen<'_> {
    /// Whether there is no line at all.
    pub(in super::super) const fn is_empty(&self) -> bool {
        self.lines == 0 && self.forgotten == 0
    }

    /// Whether a live line may be of this schedule: a no is certain.
    #[inline]
    pub(super) fn may_have_live(&self, schedule: ScheduleId) -> bool {
        self.live > 1 || self.live == 1 && self.live_schedule == Some(schedule)
    }
}

impl Inner {
    /// Reads a patient's book through once. Writes nothing: the request may yet be refused.
    #[inline]
    pub(in super::super) fn read<'a>(
        &'a self,
        book: &Book<'a>,
        id: Option<RequestId>,
        now: Timestamp,
    ) -> Seen<'a> {
        if book.is_blank() {
            return Seen::default();
        }
        self.read_lines(book, id, now)
    }

    #[inline(never)]
    fn read_lines<'a>(
        &'a self,
        book: &Book<'a>,
        id: Option<RequestId>,
        now: Timestamp,
    ) -> Seen<'a> {
        let mut seen = Seen::default();
        for (number, record) in book.lines() {
            let standing = self.standing(record, now);
            if standing.is_forgotten(now) {
                seen.forgotten += 1;
                continue;
            }
            seen.lines += 1;
            seen.live_holds += u32::from(standing == Standing::Held);
            if standing.is_live() {
                seen.live += 1;
                seen.live_schedule = Some(record.schedule());
            }
            if id.is_some_and(|id| self.is_remembered(number, record, id, now)) {
                seen.remembered = Some((number, record));
            }
        }
        seen
    }

    /// Strikes a line that is to be forgotten, unless its slot has not been freed yet.
    pub(in super::super) fn strike_forgotten(
        &self,
        book: &Book<'_>,
        number: u32,
        record: &Record,
        now: Timestamp,
    ) -> bool {
        let strike = self.standing(record, now).is_forgotten(now) && !self.has_slot(number, record);
        if strike {
            self.note_lapse(book.patient(), record);
            book.strike(number);
        }
        strike
    }

    pub(super) fn remembered<'a>(
        &'a self,
        book: &Book<'a>,
        id: RequestId,
        now: Timestamp,
    ) -> Option<(u32, &'a Record)> {
        book.lines()
            .find(|(number, record)| self.is_remembered(*number, record, id, now))
    }

    /// Whether this record answered the request of that id, no longer ago than answers are remembered.
    fn is_remembered(&self, number: u32, record: &Record, id: RequestId, now: Timestamp) -> bool {
        record.is_named()
            && now.since(self.asked_at(number, record)) < MEMORY_MS
            && self.ledger.memo(number).is_some_and(|memo| memo.id() == id)
    }

    /// When the request came that a record answered.
    fn asked_at(&self, number: u32, record: &Record) -> Timestamp {
        let stub = record.line().and_then(|_| self.ledger.stub(number));
        stub.map_or(record.granted_at(), Stub::asked_at)
    }

    /// The answer that a record was given, word for word.
    pub(super) fn first_answer(&self, number: u32, record: &Record) -> Option<Outcome> {
        let pool = self.places.of(record.schedule())?;
        if record.line().is_some() {
            return self.told_ticket(number, record).map(Outcome::Waiting);
        }
        Some(Outcome::Held(Hold {
            id: record.claim(number).hold_id(),
            schedule: record.schedule(),
            slot: SlotNo::from_index(record.slot()),
            expires_at: record.granted_at().after(pool.hold_ttl()),
        }))
    }

    /// Whether the rules allow another line in this book.
    pub(in super::super) fn rules(&self, seen: &Seen<'_>) -> Result<(), Refusal> {
        self.may_hold_more(seen)?;
        self.has_room(seen)
    }

    /// Whether there is room for another line in this book.
    pub(in super::super) fn has_room(&self, seen: &Seen<'_>) -> Result<(), Refusal> {
        match seen.lines < self.settings.book_lines_max {
            true => Ok(()),
            false => Err(Rule::BookFull.into()),
        }
    }

    /// Whether they allow another hold.
    pub(in super::super) fn may_hold_more(&self, seen: &Seen<'_>) -> Result<(), Refusal> {
        if seen.live_holds >= self.settings.live_holds_max {
            return Err(Refusal::Rule {
                rule: Rule::LiveHolds,
            });
        }
        Ok(())
    }

    /// Names a record after the request that it answers.
    #[inline(always)]
    pub(in super::super) fn name(&self, request: &Request, number: u32, record: &Record) {
        if let Some(id) = request.request_id() {
            self.name_after(id, request, number, record);
        }
    }

    #[inline(never)]
    fn name_after(&self, id: RequestId, request: &Request, number: u32, record: &Record) {
        if let Some(memo) = self.ledger.memo(number) {
            record.name(memo, id, self.ledger.content(request));
        }
    }

    /// Strikes what is forgotten.
    #[inline(always)]
    pub(in super::super) fn tidy(&self, book: &Book<'_>, seen: &Seen<'_>, now: Timestamp) {
        if seen.forgotten > 0 {
            self.strike_all_forgotten(book, now);
        }
    }

    #[cold]
    fn strike_all_forgotten(&self, book: &Book<'_>, now: Timestamp) {
        for (number, record) in book.lines() {
            self.strike_forgotten(book, number, record, now);
        }
    }
}
