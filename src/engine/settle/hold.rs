//! Of a hold: confirm · release · extend.

use crate::gate::behaviour::Deed;
use crate::ledger::record::Phase;
use crate::pool::Lost;
use crate::pool::word::{State, Word};
use crate::words::ask::Booking;
use crate::words::event::What;
use crate::words::id::{HoldId, PatientId, PaymentRef};
use crate::words::pending::Pending;
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::super::stats::Count;
use super::super::{Bulletin, Engine, Inner, Standing};
use super::Line;

/// # Somebody answers: a hold
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
            .settle_claim(hold, Some(patient), |bulletin| {
                self.inner.confirm(hold, patient, payment, bulletin)
            })
            .map(Pending::ready)
    }

    /// Gives a hold back before it is confirmed (解锁).
    ///
    /// # Errors
    /// In this order: `unknown_hold`, `not_yours`, `withdrawn`, `already_released`, `already_cancelled`, `already_exchanged`,
    /// `already_confirmed`, `hold_expired`.
    pub fn release(&self, hold: HoldId, patient: PatientId) -> Result<(), Refusal> {
        self.inner.settle_claim(hold, Some(patient), |bulletin| {
            self.inner.release(hold, patient, bulletin)
        })
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
        self.inner.settle_claim(hold, Some(patient), |bulletin| {
            self.inner.extend(hold, patient, ttl_ms.max(1), bulletin)
        })
    }
}

impl Inner {
    fn confirm(
        &self,
        hold: HoldId,
        patient: PatientId,
        payment: Option<PaymentRef>,
        bulletin: &mut Bulletin<'_>,
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
            Standing::Waiting | Standing::Ended(..) => {}
        }
        let word = self.reclaim(&line, bulletin)?;
        Ok(self.booked(&line, word, true, payment, bulletin))
    }

    /// Claims the slot of an expired hold again, by name.
    fn reclaim(&self, line: &Line<'_>, bulletin: &mut Bulletin<'_>) -> Result<Word, Refusal> {
        let now = bulletin.at;
        let generation = line.schedule.tag();
        if line.pool.is_due(now.as_millis()) {
            self.sweep(line.pool, line.schedule, bulletin);
        }
        let other = self.has_live(&line.book, line.schedule, now, line.number);
        let word = if other {
            Err(Lost::Taken)
        } else {
            line.pool.reclaim(line.slot(), line.number)
        };
        match word {
            Ok(word) => {
                line.pool.slots().take(generation, line.slot());
                self.rests_no_more(line.schedule, line.slot());
                Ok(word)
            }
            Err(Lost::Withdrawn) => Err(Refusal::Withdrawn),
            Err(Lost::Taken) => {
                self.note_lapse(line.book.patient(), line.record);
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
        bulletin: &mut Bulletin<'_>,
    ) -> Booking {
        line.record.book();
        self.offer_taken_up(line.schedule, line.record);
        if let Some(payment) = payment {
            line.record.pay(payment);
        }
        self.count(Count::Confirmed);
        self.see_confirmed(line.number, late, bulletin.at);
        line.tell(bulletin, word, What::Confirmed { late, payment });
        line.booking(None)
    }

    /// Records a booking's first payment; says if this one is due back.
    fn settle_payment(
        &self,
        line: &Line<'_>,
        payment: Option<PaymentRef>,
        bulletin: &mut Bulletin<'_>,
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
        bulletin: &mut Bulletin<'_>,
    ) -> Result<(), Refusal> {
        let line = self.open_unconfirmed(hold, patient, bulletin.at)?;
        let word = self
            .give_up(&line, None, bulletin.at)
            .ok_or(Refusal::HoldExpired)?;
        line.record.end(Phase::Released, bulletin.at);
        self.count(Count::Released);
        self.see_deed(line.number, Deed::Dropped, bulletin.at);
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
            Standing::Waiting | Standing::Ended(..) => Err(Refusal::HoldExpired),
        }
    }

    fn extend(
        &self,
        hold: HoldId,
        patient: PatientId,
        ttl_ms: u64,
        bulletin: &mut Bulletin<'_>,
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
        self.hold_goes_on((line.schedule, line.pool), until);
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
}
