//! Somebody answers: confirm · release · extend · cancel · exchange · check in · fulfil · no-show.
//!
//! Every verb opens the line that the id names, under the lock of its book, goes through its refusals in their order, and swaps the slot's
//! word. Of a hold the word has the last say: an expiry that was faster is an expiry.

use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::pool::word::{At, State, Word};
use crate::pool::{Lost, Pool};
use crate::words::ask::Booking;
use crate::words::event::What;
use crate::words::id::{BookingId, Claim, HoldId, PatientId, PaymentRef, ScheduleId, SlotNo};
use crate::words::pending::Pending;
use crate::words::refusal::{Refusal, Rule};
use crate::words::time::Timestamp;

use super::stats::Count;
use super::{Bulletin, Engine, Inner, Note, Standing};

/// # Somebody answers
impl Engine {
    /// Makes a hold a booking (支付确认). Confirming again gives the same booking; a payment named for the first time is recorded, a
    /// second, different one is due back.
    ///
    /// A confirm that comes at the deadline or later claims the same slot again if nobody has it and the patient has no other slot of that
    /// schedule; else the payment is due back, and that is final for this hold.
    ///
    /// # Errors
    /// In this order: `unknown_hold`, `not_yours`, `withdrawn`, `already_released`, `already_cancelled`, `already_exchanged`, `refund_due`.
    pub fn confirm(
        &self,
        hold: HoldId,
        patient: PatientId,
        payment: Option<PaymentRef>,
    ) -> Result<Pending<Booking>, Refusal> {
        self.inner
            .settle(|bulletin| self.inner.confirm(hold, patient, payment, bulletin))
            .map(Pending::ready)
    }

    /// Gives a hold back before it is confirmed (解锁).
    ///
    /// # Errors
    /// In this order: `unknown_hold`, `not_yours`, `withdrawn`, `already_released`, `already_cancelled`, `already_exchanged`,
    /// `already_confirmed`, `hold_expired`.
    pub fn release(&self, hold: HoldId, patient: PatientId) -> Result<(), Refusal> {
        self.inner
            .settle(|bulletin| self.inner.release(hold, patient, bulletin))
    }

    /// Gives a hold another deadline: now and `ttl_ms` milliseconds (0 counts as 1), but not past the schedule's cap on a hold's whole
    /// life. The answer is the deadline. It may be an earlier one.
    ///
    /// # Errors
    /// Those of [`release`](Self::release).
    pub fn extend(
        &self,
        hold: HoldId,
        patient: PatientId,
        ttl_ms: u64,
    ) -> Result<Timestamp, Refusal> {
        self.inner
            .settle(|bulletin| self.inner.extend(hold, patient, ttl_ms.max(1), bulletin))
    }

    /// Gives a booking up (退号). The slot returns by its schedule's policy.
    ///
    /// # Errors
    /// In this order: `unknown_booking`, `not_yours`, `withdrawn`, `already_cancelled`, `already_exchanged`, `wrong_state` (checked in or
    /// later), `too_late` (from the cancellation cut-off on).
    pub fn cancel(&self, booking: BookingId, patient: PatientId) -> Result<Pending<()>, Refusal> {
        self.inner
            .settle(|bulletin| self.inner.cancel(booking, patient, bulletin))
            .map(Pending::ready)
    }

    /// Changes a booking for one of another schedule (改约): the new slot is claimed before the old one is let go, and the patient never stands
    /// without one. The payment goes with the patient. The target is judged as if the old slot were gone already, except that the
    /// same schedule is `already_holds`.
    ///
    /// # Errors
    /// Those of [`cancel`](Self::cancel), then those of a request for the target. Whatever the error, the old booking stands.
    pub fn exchange(
        &self,
        booking: BookingId,
        patient: PatientId,
        target: ScheduleId,
    ) -> Result<Pending<Booking>, Refusal> {
        self.inner
            .settle(|bulletin| self.inner.exchange(booking, patient, target, bulletin))
            .map(Pending::ready)
    }

    /// The patient has come (取号).
    ///
    /// # Errors
    /// In this order: `unknown_booking`, `withdrawn`, `already_cancelled`, `already_exchanged`, `wrong_state`.
    pub fn check_in(&self, booking: BookingId) -> Result<Pending<()>, Refusal> {
        self.visit(
            booking,
            Visit {
                from: Phase::Booked,
                to: Phase::Arrived,
                state: State::Arrived,
                count: Count::CheckedIn,
                what: What::CheckedIn,
            },
        )
    }

    /// The patient, checked in before, was seen (就诊).
    ///
    /// # Errors
    /// Those of [`check_in`](Self::check_in).
    pub fn fulfil(&self, booking: BookingId) -> Result<Pending<()>, Refusal> {
        self.visit(
            booking,
            Visit {
                from: Phase::Arrived,
                to: Phase::Fulfilled,
                state: State::Fulfilled,
                count: Count::Fulfilled,
                what: What::Fulfilled,
            },
        )
    }

    /// The patient stayed away (爽约).
    ///
    /// # Errors
    /// Those of [`check_in`](Self::check_in).
    pub fn no_show(&self, booking: BookingId) -> Result<Pending<()>, Refusal> {
        self.visit(
            booking,
            Visit {
                from: Phase::Booked,
                to: Phase::NoShow,
                state: State::NoShow,
                count: Count::NoShow,
                what: What::NoShow,
            },
        )
    }

    fn visit(&self, booking: BookingId, step: Visit) -> Result<Pending<()>, Refusal> {
        self.inner
            .settle(|bulletin| self.inner.visit(booking, step, bulletin))
            .map(Pending::ready)
    }
}

/// A step of the day of the visit.
#[derive(Clone, Copy)]
struct Visit {
    from: Phase,
    to: Phase,
    state: State,
    count: Count,
    what: What,
}

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

    fn hold(&self) -> HoldId {
        self.record.claim(self.number).hold_id()
    }

    fn booking(&self, payment_due_back: Option<PaymentRef>) -> Booking {
        Booking {
            id: self.record.claim(self.number).booking_id(),
            schedule: self.schedule,
            slot: SlotNo::from_index(self.slot()),
            payment_due_back,
        }
    }

    /// Something happened to this line's slot.
    fn tell(&self, bulletin: &mut Bulletin, word: Word, what: What) {
        bulletin.tell(|| Note {
            schedule: self.schedule,
            slot: self.slot(),
            version: word.version(),
            whose: Some((self.book.patient(), self.hold())),
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
    /// A verb's frame: reads the clock, runs it, tells what it changed when its locks are gone, counts a refusal.
    fn settle<T>(
        &self,
        verb: impl FnOnce(&mut Bulletin) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut bulletin = self.bulletin(self.now());
        let answer = verb(&mut bulletin);
        self.post(bulletin);
        answer.inspect_err(|why| self.count_refusal(*why))
    }

    /// Opens the line of a claim, if it is still remembered.
    fn open(&self, claim: Claim, now: Timestamp) -> Option<Line<'_>> {
        let schedule = claim.schedule;
        let (book, record) = self.ledger.book_of(claim)?;
        let pool = self
            .places
            .find(schedule)
            .filter(|pool| pool.is(schedule))?;
        let standing = Self::standing(record, now);
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

    fn confirm(
        &self,
        hold: HoldId,
        patient: PatientId,
        payment: Option<PaymentRef>,
        bulletin: &mut Bulletin,
    ) -> Result<Booking, Refusal> {
        let line = self.open_hold(hold, patient, bulletin.at)?;
        match line.standing {
            Standing::Booked(_) => {
                return Ok(line.booking(self.settle_payment(&line, payment, bulletin)));
            }
            Standing::Ended(Phase::RefundDue, _) => return Err(Refusal::RefundDue),
            Standing::Held => {
                let word = line.swap(|seen| seen.to(State::Booked, line.number));
                // If the swap failed, somebody whose clock is ahead found the hold due: late after all.
                if let Some(word) = word {
                    return Ok(self.booked(&line, word, false, payment, bulletin));
                }
            }
            Standing::Ended(..) => {}
        }
        let word = self.reclaim(&line, bulletin)?;
        Ok(self.booked(&line, word, true, payment, bulletin))
    }

    /// Claims the slot of an expired hold again, by name.
    fn reclaim(&self, line: &Line<'_>, bulletin: &mut Bulletin) -> Result<Word, Refusal> {
        let now = bulletin.at;
        let generation = line.schedule.tag();
        if line.pool.is_due(now.as_millis()) {
            self.sweep(line.pool, line.schedule, bulletin);
        }
        let other = Self::has_live(&line.book, line.schedule, now, line.number);
        let word = if other {
            Err(Lost::Taken)
        } else {
            line.pool
                .claim_slot(line.slot(), State::Booked, line.number, |_, _| ())
        };
        match word {
            Ok(word) => {
                line.pool.slots().take(generation, line.slot());
                Ok(word)
            }
            Err(Lost::Withdrawn) => Err(Refusal::Withdrawn),
            Err(Lost::Taken) => {
                line.record.end(Phase::RefundDue, now);
                bulletin.changed = true;
                Err(Refusal::RefundDue)
            }
        }
    }

    fn booked(
        &self,
        line: &Line<'_>,
        word: Word,
        late: bool,
        payment: Option<PaymentRef>,
        bulletin: &mut Bulletin,
    ) -> Booking {
        line.record.book();
        if let Some(payment) = payment {
            line.record.pay(payment);
        }
        self.count(Count::Confirmed);
        line.tell(bulletin, word, What::Confirmed { late, payment });
        line.booking(None)
    }

    /// Records a booking's first payment; says if this one is due back.
    fn settle_payment(
        &self,
        line: &Line<'_>,
        payment: Option<PaymentRef>,
        bulletin: &mut Bulletin,
    ) -> Option<PaymentRef> {
        let payment = payment?;
        match line.record.payment() {
            None => {
                line.record.pay(payment);
                bulletin.changed = true;
                None
            }
            Some(first) => (first != payment).then_some(payment),
        }
    }

    fn release(
        &self,
        hold: HoldId,
        patient: PatientId,
        bulletin: &mut Bulletin,
    ) -> Result<(), Refusal> {
        let line = self.open_unconfirmed(hold, patient, bulletin.at)?;
        let word = line.give_back().ok_or(Refusal::HoldExpired)?;
        line.record.end(Phase::Released, bulletin.at);
        self.count(Count::Released);
        line.tell(bulletin, word, What::Released);
        Ok(())
    }

    /// A hold that is still one.
    fn open_unconfirmed(
        &self,
        hold: HoldId,
        patient: PatientId,
        now: Timestamp,
    ) -> Result<Line<'_>, Refusal> {
        let line = self.open_hold(hold, patient, now)?;
        match line.standing {
            Standing::Held => Ok(line),
            Standing::Booked(_) => Err(Refusal::AlreadyConfirmed),
            Standing::Ended(..) => Err(Refusal::HoldExpired),
        }
    }

    fn extend(
        &self,
        hold: HoldId,
        patient: PatientId,
        ttl_ms: u64,
        bulletin: &mut Bulletin,
    ) -> Result<Timestamp, Refusal> {
        let now = bulletin.at;
        let line = self.open_unconfirmed(hold, patient, now)?;
        let (record, old) = (line.record, line.record.until());
        let until = now
            .after(ttl_ms)
            .min(record.granted_at().after(line.pool.hold_cap()));
        if line.at.load().is_spent() {
            // Versions are left for what must still happen to this claim, and for nothing else.
            return Ok(old);
        }
        // Whoever meets the hold meanwhile must not find an earlier deadline than the word it swaps stands for: a later deadline
        // is written before the word's swap, an earlier one after.
        if until > old {
            record.set_until(until);
        }
        let Some(word) = line.swap(|seen| seen.to(State::Held, line.number)) else {
            record.set_until(old);
            return Err(Refusal::HoldExpired);
        };
        record.set_until(until);
        line.pool.lower_due(until.as_millis());
        let (wake, lane) = record.wake();
        if until.as_millis() < wake {
            record.set_wake(until.as_millis(), lane);
            self.wheel
                .bring_forward(lane, wake, until.as_millis(), line.number);
        }
        self.count(Count::Extended);
        line.tell(bulletin, word, What::Extended { expires_at: until });
        Ok(until)
    }

    /// A booking that may be given up.
    fn open_cancellable(
        &self,
        booking: BookingId,
        patient: PatientId,
        now: Timestamp,
    ) -> Result<Line<'_>, Refusal> {
        let line = self.open_booking(booking, Some(patient), now)?;
        match line.standing {
            Standing::Booked(Phase::Booked) if now < line.pool.cancel_until() => Ok(line),
            Standing::Booked(Phase::Booked) => Err(Refusal::TooLate),
            _ => Err(Refusal::WrongState),
        }
    }

    fn cancel(
        &self,
        booking: BookingId,
        patient: PatientId,
        bulletin: &mut Bulletin,
    ) -> Result<(), Refusal> {
        let line = self.open_cancellable(booking, patient, bulletin.at)?;
        let word = line.give_back().ok_or(Refusal::WrongState)?;
        line.record.end(Phase::Cancelled, bulletin.at);
        self.count(Count::Cancelled);
        line.tell(bulletin, word, What::Cancelled);
        Ok(())
    }

    fn exchange(
        &self,
        booking: BookingId,
        patient: PatientId,
        target: ScheduleId,
        bulletin: &mut Bulletin,
    ) -> Result<Booking, Refusal> {
        let now = bulletin.at;
        let line = self.open_cancellable(booking, patient, now)?;
        let pool = self
            .places
            .find(target)
            .filter(|pool| pool.is(target))
            .ok_or(Refusal::UnknownSchedule)?;
        // The same schedule is `already_holds` here by itself: the old slot is live.
        let seen = self.read(&line.book, None, now);
        self.may_claim(&line.book, &seen, pool, target, bulletin)?;
        if seen.lines >= self.settings.book_lines_max {
            return Err(Refusal::Rule {
                rule: Rule::BookFull,
            });
        }
        let new = self.claim(
            &line.book,
            pool,
            target,
            Phase::Booked,
            now,
            Timestamp::default(),
        )?;
        // From here on nothing refuses: the book is locked, and only who holds it changes what is booked.
        if let Some(payment) = line.record.payment() {
            new.record.pay(payment);
        }
        let freed = line.give_back();
        debug_assert!(
            freed.is_some(),
            "a booking changes only under its book's lock"
        );
        line.record.exchange(new.number, now);
        self.count(Count::Exchanged);
        let gained = new.record.claim(new.number);
        bulletin.tell(|| Note {
            schedule: target,
            slot: new.slot,
            version: new.version,
            whose: Some((patient, gained.hold_id())),
            what: What::ExchangedIn { from: booking },
        });
        if let Some(word) = freed {
            line.tell(
                bulletin,
                word,
                What::ExchangedOut {
                    to: gained.booking_id(),
                },
            );
        }
        Ok(Booking {
            id: gained.booking_id(),
            schedule: target,
            slot: SlotNo::from_index(new.slot),
            payment_due_back: None,
        })
    }

    fn visit(
        &self,
        booking: BookingId,
        step: Visit,
        bulletin: &mut Bulletin,
    ) -> Result<(), Refusal> {
        let line = self.open_booking(booking, None, bulletin.at)?;
        if line.standing != Standing::Booked(step.from) {
            return Err(Refusal::WrongState);
        }
        let word = line
            .swap(|seen| seen.to(step.state, line.number))
            .ok_or(Refusal::WrongState)?;
        line.record.visit(step.to);
        self.count(step.count);
        line.tell(bulletin, word, step.what);
        Ok(())
    }
}
