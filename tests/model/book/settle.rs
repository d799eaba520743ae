//! Somebody answers: what becomes of a hold or a booking.

use super::gate::Turn;
use super::request::Purpose;
use super::{Book, Deed, Did, End, Entry, Name, Rules, Said, State};
use fairslot::{Refusal, ReturnPolicy};

impl Book {
    pub(super) fn settle(&mut self, now: u64, name: Name, patient: u8, deed: Deed) -> Said {
        let of_booking = !matches!(deed, Deed::Extend(_) | Deed::Confirm(_) | Deed::Release);
        let unknown = if of_booking {
            Refusal::UnknownBooking
        } else {
            Refusal::UnknownHold
        };
        let known = name.flip.is_none() && name.nth < self.entries.len();
        let hold = name.nth;
        if !known
            || !self.entries[hold].is_remembered(now)
            || (of_booking && !self.entries[hold].booked)
        {
            return Said::Refused(unknown);
        }
        // The hospital's own verbs name no patient.
        let anybody = matches!(deed, Deed::CheckIn | Deed::Fulfil | Deed::NoShow);
        if !anybody && self.entries[hold].patient != patient {
            return Said::Refused(Refusal::NotYours);
        }
        if self.pages[self.entries[hold].schedule].withdrawn {
            return Said::Refused(Refusal::Withdrawn);
        }
        if let State::Ended(end, _) = self.entries[hold].state {
            match end {
                End::Withdrawn => return Said::Refused(Refusal::Withdrawn),
                End::Released => return Said::Refused(Refusal::AlreadyReleased),
                End::Cancelled => return Said::Refused(Refusal::AlreadyCancelled),
                End::Exchanged(booking) => return Said::AlreadyExchanged { booking },
                End::RefundDue | End::Expired => {}
            }
        }
        match deed {
            Deed::Extend(ttl_ms) => self.extend(now, hold, ttl_ms),
            Deed::Confirm(payment) => self.confirm(now, hold, payment),
            Deed::Release => self.release(now, hold),
            Deed::Cancel(channel) => self.cancel(now, hold, channel),
            Deed::Exchange(target) => self.exchange(now, hold, target),
            Deed::CheckIn => self.step(now, hold, State::Booked, State::CheckedIn, Did::CheckedIn),
            Deed::Fulfil => self.step(now, hold, State::CheckedIn, State::Visited, Did::Fulfilled),
            Deed::NoShow => self.step(now, hold, State::Booked, State::Visited, Did::NoShow),
        }
    }

    fn extend(&mut self, now: u64, hold: usize, ttl_ms: u64) -> Said {
        if let Some(refusal) = self.not_a_live_hold(now, hold) {
            return refusal;
        }
        let entry = &mut self.entries[hold];
        entry.expires_at = now.saturating_add(ttl_ms.max(1)).min(entry.cap_at);
        let expires_at = entry.expires_at;
        self.write(now, hold, Did::Extended { expires_at });
        Said::Until(expires_at)
    }

    fn release(&mut self, now: u64, hold: usize) -> Said {
        if let Some(refusal) = self.not_a_live_hold(now, hold) {
            return refusal;
        }
        self.entries[hold].state = State::Ended(End::Released, now);
        self.write(now, hold, Did::Released);
        self.give_up(now, hold, self.policy(hold));
        Said::Done
    }

    fn not_a_live_hold(&self, now: u64, hold: usize) -> Option<Said> {
        let entry = &self.entries[hold];
        match entry.state {
            State::Booked | State::CheckedIn | State::Visited => {
                Some(Said::Refused(Refusal::AlreadyConfirmed))
            }
            State::Held if entry.is_live(now) => None,
            _ => Some(Said::Refused(Refusal::HoldExpired)),
        }
    }

    fn confirm(&mut self, now: u64, hold: usize, payment: Option<u8>) -> Said {
        let entry = &self.entries[hold];
        match entry.state {
            State::Booked | State::CheckedIn | State::Visited => {
                return self.confirm_again(now, hold, payment);
            }
            State::Ended(End::RefundDue, _) => return Said::Refused(Refusal::RefundDue),
            _ => {}
        }
        let late = !entry.is_live(now);
        if late {
            let (patient, schedule, slot) = (entry.patient, entry.schedule, entry.slot);
            // Whoever was to have the slot until now, this patient or a later one, may have run out of time.
            self.notice(now, schedule);
            if self.owner(now, schedule, slot).is_some() || self.has_slot(now, patient, schedule) {
                self.entries[hold].state = State::Ended(End::RefundDue, now);
                self.latest = now;
                return Said::Refused(Refusal::RefundDue);
            }
        }
        let Entry { schedule, slot, .. } = self.entries[hold];
        self.rest_no_more(schedule, Some(slot));
        let entry = &mut self.entries[hold];
        (entry.state, entry.booked, entry.payment) = (State::Booked, true, payment);
        self.write(now, hold, Did::Confirmed { late, payment });
        self.booked(hold, None)
    }

    fn confirm_again(&mut self, now: u64, hold: usize, payment: Option<u8>) -> Said {
        let entry = &mut self.entries[hold];
        let due_back = match (entry.payment, payment) {
            (Some(paid), Some(second)) if paid != second => Some(second),
            (None, Some(first)) => {
                entry.payment = Some(first);
                self.latest = now;
                None
            }
            _ => None,
        };
        self.booked(hold, due_back)
    }

    fn cancel(&mut self, now: u64, booking: usize, channel: Option<u8>) -> Said {
        if let Some(refusal) = self.not_given_up(now, booking) {
            return refusal;
        }
        self.entries[booking].state = State::Ended(End::Cancelled, now);
        self.write(now, booking, Did::Cancelled);
        let through = Rules::THROUGH.iter().find(|(it, _)| Some(*it) == channel);
        let policy = through.map_or(self.policy(booking), |(_, policy)| *policy);
        self.give_up(now, booking, policy);
        Said::Done
    }

    /// The patient never stands with none: the old booking ends when the new one is written. What was paid for the old one is paid.
    fn exchange(&mut self, now: u64, old: usize, target: Name) -> Said {
        if let Some(refusal) = self.not_given_up(now, old) {
            return refusal;
        }
        let patient = self.entries[old].patient;
        let slot = match self.page(target) {
            None => Err(Refusal::UnknownSchedule),
            Some(schedule) => {
                let turn = &mut Turn::of_patient(patient);
                self.free_slot(now, patient, schedule, Purpose::Exchange, turn)
            }
        };
        let slot = match slot {
            Ok(slot) => slot,
            Err(refusal) => return Said::Refused(refusal),
        };
        let new = self.enter(now, patient, target.nth, slot, State::Booked);
        self.entries[new].payment = self.entries[old].payment;
        self.entries[old].state = State::Ended(End::Exchanged(new), now);
        self.write(now, new, Did::ExchangedIn { from: old });
        self.write(now, old, Did::ExchangedOut { to: new });
        self.entries[new].cluster = self.entries[old].cluster;
        self.give_up(now, old, self.policy(old));
        self.booked(new, None)
    }

    /// How its slot returns, if nothing else is said.
    fn policy(&self, hold: usize) -> ReturnPolicy {
        self.pages[self.entries[hold].schedule].terms.returns
    }

    fn not_given_up(&self, now: u64, booking: usize) -> Option<Said> {
        let entry = &self.entries[booking];
        if entry.state != State::Booked {
            return Some(Said::Refused(Refusal::WrongState));
        }
        (now >= self.pages[entry.schedule].cancel_until())
            .then_some(Said::Refused(Refusal::TooLate))
    }

    /// A step of the visit.
    fn step(&mut self, now: u64, booking: usize, from: State, to: State, did: Did) -> Said {
        if self.entries[booking].state != from {
            return Said::Refused(Refusal::WrongState);
        }
        self.entries[booking].state = to;
        self.write(now, booking, did);
        Said::Done
    }

    fn booked(&self, booking: usize, due_back: Option<u8>) -> Said {
        let entry = &self.entries[booking];
        Said::Booked {
            booking,
            schedule: entry.schedule,
            slot: entry.slot,
            due_back,
        }
    }
}
