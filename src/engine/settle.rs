//! Somebody answers: of a hold ([`hold`]) confirm · release · extend, of a booking ([`booking`]) cancel · exchange · check in · fulfil · no-show.
//!
//! Every verb opens the line that the id names, under the lock of its book, goes through its refusals in their order, and swaps the slot's
//! word. Of a hold the word has the last say: an expiry that was faster is an expiry.

mod booking;
mod hold;

use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::pool::Pool;
use crate::pool::word::{At, Word};
use crate::raw::ahead::fetch;
use crate::words::ask::Booking;
use crate::words::event::What;
use crate::words::id::{
    BookingId, ChannelId, Claim, HoldId, PatientId, PaymentRef, ScheduleId, SlotNo,
};
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::{Bulletin, Inner, Note, Standing};

/// A record that was found by its id, its book locked.
struct Line<'a> {
    book: Book<'a>,
    number: u32,
    record: &'a Record,
    schedule: ScheduleId,
    pool: &'a Pool,
    at: At<'a>,
    standing: Standing,
}

impl Line<'_> {
    fn slot(&self) -> u16 {
        self.record.slot()
    }

    fn claim(&self) -> Claim {
        self.record.claim(self.number)
    }

    fn booking(&self, payment_due_back: Option<PaymentRef>) -> Booking {
        Booking {
            id: self.claim().booking_id(),
            schedule: self.schedule,
            slot: SlotNo::from_index(self.slot()),
            payment_due_back,
        }
    }

    /// Something happened to this line's slot.
    fn tell(&self, bulletin: &mut Bulletin<'_>, word: Word, what: What) {
        bulletin.tell(|| Note {
            schedule: self.schedule,
            slot: self.slot(),
            version: word.version(),
            whose: Some((self.book.patient(), self.claim())),
            what,
        });
    }

    fn is_patients(&self, patient: PatientId) -> Result<(), Refusal> {
        if self.book.patient() == patient {
            Ok(())
        } else {
            Err(Refusal::NotYours)
        }
    }

    /// Swaps the word, which this line's hold or booking has; `None` if it has it no more.
    fn swap(&self, next: impl FnOnce(Word) -> Word) -> Option<Word> {
        let seen = self.at.load();
        if seen.is_of(self.number) {
            self.at.swap(seen, next(seen)).ok()
        } else {
            None
        }
    }

    fn give_back(&self) -> Option<Word> {
        let seen = self.at.load();
        if seen.is_of(self.number) {
            self.pool.give_back(self.schedule.tag(), self.slot(), seen)
        } else {
            None
        }
    }
}

impl Inner {
    /// A verb's frame: reads the clock, runs it, counts a refusal.
    pub(super) fn settle<T>(
        &self,
        verb: impl FnOnce(&mut Bulletin<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let now = self.now();
        self.pass(now);
        let mut bulletin = self.bulletin(now);
        let answer = verb(&mut bulletin);
        self.close(&bulletin);
        answer.inspect_err(|why| self.count_refusal(*why))
    }

    /// The same of a hold or booking, which somebody says is theirs: all lines that this tells are on their way before the first is waited for.
    fn settle_claim<T>(
        &self,
        claim: impl Into<Claim>,
        patient: Option<PatientId>,
        verb: impl FnOnce(&mut Bulletin<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let claim = claim.into();
        if let Some(patient) = patient {
            self.ledger.fetch(self.ledger.hash(patient));
        }
        if let Some(record) = self.ledger.record(claim.record) {
            fetch(record);
        }
        if let Some(pool) = self.places.find(claim.schedule) {
            pool.fetch();
            // Waits for the pool's line.
            if let Some(word) = pool.slots().word(claim.slot) {
                word.fetch();
            }
        }
        self.settle(verb)
    }

    /// Gives a line's slot up, by its schedule's policy or that of the channel; `None` if the line has it no more.
    fn give_up(&self, line: &Line<'_>, channel: Option<ChannelId>, now: Timestamp) -> Option<Word> {
        let place = (line.schedule, line.pool);
        let Some(rest) = self.rest_of(place, line.record, channel, now) else {
            return line.give_back();
        };
        let seen = Some(line.at.load()).filter(|seen| seen.is_of(line.number))?;
        let word = line.pool.let_rest(line.slot(), seen)?;
        let given_up = (line.slot(), line.book.patient(), line.record.mark());
        self.rests(place, given_up, rest);
        Some(word)
    }

    /// Opens the line of a claim, if it is still remembered.
    fn open(&self, claim: Claim, now: Timestamp) -> Option<Line<'_>> {
        let schedule = claim.schedule;
        // A place in a line has no claim yet; none ever has version 0.
        if claim.version == 0 {
            return None;
        }
        let (book, record) = self.ledger.book_of(claim)?;
        let pool = self.places.of(schedule)?;
        let standing = self.standing(record, now);
        if standing.is_forgotten(now) {
            return None;
        }
        Some(Line {
            book,
            number: claim.record,
            record,
            schedule,
            pool,
            at: pool.slots().word(record.slot())?,
            standing,
        })
    }

    /// Opens a hold's line, past the refusals that every verb on a hold begins with.
    fn open_hold(
        &self,
        hold: HoldId,
        patient: PatientId,
        now: Timestamp,
    ) -> Result<Line<'_>, Refusal> {
        let line = self.open(hold.into(), now).ok_or(Refusal::UnknownHold)?;
        line.is_patients(patient)?;
        self.not_ended(&line)?;
        Ok(line)
    }

    /// Opens a booking's line, past the refusals that every verb on a booking begins with. Staff act without naming the patient.
    fn open_booking(
        &self,
        booking: BookingId,
        patient: Option<PatientId>,
        now: Timestamp,
    ) -> Result<Line<'_>, Refusal> {
        let line = self
            .open(booking.into(), now)
            .filter(|line| line.record.was_booked())
            .ok_or(Refusal::UnknownBooking)?;
        patient.map_or(Ok(()), |patient| line.is_patients(patient))?;
        self.not_ended(&line)?;
        Ok(line)
    }

    /// How it ended, if anything but time ended it.
    fn not_ended(&self, line: &Line<'_>) -> Result<(), Refusal> {
        if line.pool.is_withdrawn() {
            return Err(Refusal::Withdrawn);
        }
        match line.standing {
            Standing::Ended(Phase::Withdrawn, _) => Err(Refusal::Withdrawn),
            Standing::Ended(Phase::Released, _) => Err(Refusal::AlreadyReleased),
            Standing::Ended(Phase::Cancelled, _) => Err(Refusal::AlreadyCancelled),
            Standing::Ended(Phase::Exchanged, _) => Err(self.exchanged(line.record)),
            _ => Ok(()),
        }
    }

    fn exchanged(&self, record: &Record) -> Refusal {
        let to = record.exchanged_to();
        // The new booking's record outlives the old one's: it ends later, if at all.
        self.ledger
            .record(to)
            .map_or(Refusal::UnknownBooking, |new| Refusal::AlreadyExchanged {
                booking: new.claim(to).booking_id(),
            })
    }
}
