//! Of a booking: cancel · exchange · check in · fulfil · no-show.

use crate::gate;
use crate::ledger::record::Phase;
use crate::pool::Look;
use crate::pool::word::State;
use crate::words::ask::Booking;
use crate::words::event::What;
use crate::words::id::{BookingId, ChannelId, PatientId, ScheduleId, SlotNo};
use crate::words::pending::Pending;
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::super::stats::Count;
use super::super::turn::Turn;
use super::super::{Bulletin, Engine, Inner, Note, Standing};
use super::Line;

/// # Somebody answers: a booking
impl Engine {
    /// Gives a booking up (退号). The slot returns by its schedule's policy.
    ///
    /// # Errors
    /// In this order: `unknown_booking`, `not_yours`, `withdrawn`, `already_cancelled`, `already_exchanged`, `wrong_state` (checked in or
    /// later), `too_late` (from the cancellation cut-off on).
    pub fn cancel(&self, booking: BookingId, patient: PatientId) -> Result<Pending<()>, Refusal> {
        self.inner
            .settle_claim(booking, Some(patient), |bulletin| {
                self.inner.cancel(booking, patient, None, bulletin)
            })
            .map(Pending::ready)
    }

    /// The same through a channel, whose own policy, if the builder set one ([`returns_through`](crate::EngineBuilder::returns_through)), goes before the schedule's.
    ///
    /// # Errors
    /// Those of [`cancel`](Self::cancel).
    pub fn cancel_through(
        &self,
        channel: ChannelId,
        booking: BookingId,
        patient: PatientId,
    ) -> Result<Pending<()>, Refusal> {
        let through = Some(channel);
        self.inner
            .settle_claim(booking, Some(patient), |bulletin| {
                self.inner.cancel(booking, patient, through, bulletin)
            })
            .map(Pending::ready)
    }

    /// Changes a booking for one of another schedule (改约): the new slot is claimed before the old one is let go, and the patient never stands
    /// without one. The payment goes with the patient. The target is judged as if the old slot were gone already, except that the
    /// same schedule is `already_holds`. It asks for a slot, so the patient's limit counts it; the other limits don't, for it comes from nowhere.
    ///
    /// # Errors
    /// Those of [`cancel`](Self::cancel), then those of a request for the target. Whatever the error, the old booking stands.
    pub fn exchange(
        &self,
        booking: BookingId,
        patient: PatientId,
        target: ScheduleId,
    ) -> Result<Pending<Booking>, Refusal> {
        self.inner.fetch_schedule(target);
        self.inner
            .settle_claim(booking, Some(patient), |bulletin| {
                self.inner.exchange(booking, patient, target, bulletin)
            })
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
            .settle_claim(booking, None, |bulletin| {
                self.inner.visit(booking, step, bulletin)
            })
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

impl Inner {
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
        channel: Option<ChannelId>,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<(), Refusal> {
        let line = self.open_cancellable(booking, patient, bulletin.at)?;
        let last = self.is_last(line.pool, line.schedule, bulletin.at);
        let word = self
            .give_up(&line, channel, bulletin.at)
            .ok_or(Refusal::WrongState)?;
        line.record.end(Phase::Cancelled, bulletin.at);
        self.returns.note_given_up(patient, bulletin.at);
        self.count(Count::Cancelled);
        self.see_cancelled(line.number, line.record, last, bulletin.at);
        line.tell(bulletin, word, What::Cancelled);
        Ok(())
    }

    fn exchange(
        &self,
        booking: BookingId,
        patient: PatientId,
        target: ScheduleId,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Booking, Refusal> {
        let now = bulletin.at;
        let line = self.open_cancellable(booking, patient, now)?;
        let pool = self.places.of(target).ok_or(Refusal::UnknownSchedule)?;
        // The same schedule is `already_holds` here by itself: the old slot is live.
        let seen = self.read(&line.book, None, now);
        let look = match pool.look(target, now) {
            // Until people may enter, for who asks; until it is drawn, for who comes by another way.
            Look::NotOpen { .. } if pool.is_undrawn() => Look::Window,
            look => look,
        };
        self.may_claim(&line.book, &seen, (target, pool), look, bulletin)?;
        let hashes = self.hashes_of_patient(patient);
        let mut turn = Turn::of(&hashes);
        self.take_turn(&mut turn, now).inspect_err(|why| {
            bulletin.denied(|| gate::keys_of_patient(patient), target, *why);
        })?;
        self.has_room(&seen)?;
        let (phase, no_deadline) = (Phase::Booked, Timestamp::default());
        let new = self
            .claim(&line.book, pool, target, phase, now, no_deadline)
            .inspect_err(|why| {
                turn.note(*why);
                self.end_turn_with_nothing(turn, now);
            })?;
        // From here on nothing refuses: the book is locked, and only who holds it changes what is booked.
        if let Some(payment) = line.record.payment() {
            new.record.pay(payment);
        }
        new.record.set_mark(line.record.mark());
        let freed = self.give_up(&line, None, now);
        debug_assert!(
            freed.is_some(),
            "a booking changes only under its book's lock"
        );
        line.record.exchange(new.number, now);
        self.see_exchanged(line.number, new.number);
        self.count(Count::Exchanged);
        let gained = new.record.claim(new.number);
        bulletin.tell(|| Note {
            schedule: target,
            slot: new.slot,
            version: new.version,
            whose: Some((patient, gained)),
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
        bulletin: &mut Bulletin<'_>,
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
