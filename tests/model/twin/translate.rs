//! From the engine's words into the book's, and back.

use std::net::IpAddr;

use fairslot::{
    AccountId, Appointment, Booking, ChannelId, DeviceId, Event, HoldId, Outcome, Refusal, Request,
    ScheduleId, SupplyError, What,
};

use super::{Twin, number};
use crate::book::{Ask, Did, Has, Line, Name, Said};
use crate::ids::{flipped_hold, flipped_schedule, hold_of, id_of, patient_id, request_id, small};

/// An id far above those that a test mints.
const MADE_UP: u128 = 0x0fff_f00d;
/// Stands for an id that the engine used without having told anybody.
const NOBODY: usize = usize::MAX;

/// From the engine's words into the book's.
impl Twin {
    pub(super) fn outcome(&mut self, outcome: Outcome) -> Said {
        self.hear();
        match outcome {
            Outcome::Held(hold) => Said::Held {
                hold: number(&mut self.holds, hold.id),
                schedule: seen(&self.schedules, hold.schedule),
                slot: hold.slot.get(),
                expires_at: hold.expires_at.as_millis(),
            },
            Outcome::Waiting(ticket) => {
                assert_eq!(
                    (ticket.line, ticket.position),
                    (fairslot::Line::Waitlist, None)
                );
                Said::Waiting {
                    ticket: number(&mut self.tickets, ticket.id),
                    schedule: seen(&self.schedules, ticket.schedule),
                    due: ticket.due.as_millis(),
                }
            }
            Outcome::Refused(refusal) => self.refused(refusal),
            other => panic!("an outcome that the book knows nothing of: {other:?}"),
        }
    }

    pub(super) fn booked(&mut self, booking: Booking) -> Said {
        self.hear();
        Said::Booked {
            booking: number(&mut self.holds, hold_of(booking.id)),
            schedule: seen(&self.schedules, booking.schedule),
            slot: booking.slot.get(),
            due_back: booking
                .payment_due_back
                .map(|payment| small(payment.to_u128())),
        }
    }

    pub(super) fn has(&self, appointment: &Appointment) -> (usize, Has) {
        let hold = |booking: &Booking| seen(&self.holds, hold_of(booking.id));
        let has = match appointment {
            Appointment::Waiting(ticket) => Has::Waiting(seen(&self.tickets, ticket.id)),
            Appointment::Held(hold) => Has::Held {
                hold: seen(&self.holds, hold.id),
                expires_at: hold.expires_at.as_millis(),
            },
            Appointment::Booked(booking) => Has::Booked(hold(booking)),
            Appointment::Arrived(booking) => Has::Arrived(hold(booking)),
            Appointment::Fulfilled(booking) | Appointment::NoShow(booking) => {
                Has::Visited(hold(booking))
            }
            other => panic!("an appointment that the book knows nothing of: {other:?}"),
        };
        (seen(&self.schedules, appointment.schedule()), has)
    }

    pub(super) fn refused(&self, refusal: Refusal) -> Said {
        match refusal {
            Refusal::AlreadyExchanged { booking } => Said::AlreadyExchanged {
                booking: seen(&self.holds, hold_of(booking)),
            },
            other => Said::Refused(other),
        }
    }

    pub(super) fn supplied(&self, counted: Result<u32, SupplyError>) -> Said {
        counted.map_or_else(|error| self.not_supplied(error), Said::Count)
    }

    pub(super) fn not_supplied(&self, error: SupplyError) -> Said {
        match error {
            SupplyError::Invalid(why) => Said::Invalid(why.field()),
            SupplyError::Refused(refusal) => self.refused(refusal),
            other => panic!("the book has no bounds: {other:?}"),
        }
    }

    /// Ids are numbered in the order in which they came to be: an offer's is minted before anybody is told of it.
    fn hear(&mut self) {
        while let Some(event) = self.events.next() {
            match (event.what, event.hold) {
                (What::Held { .. } | What::ExchangedIn { .. }, Some(hold)) => {
                    number(&mut self.holds, hold);
                }
                (What::Entered { ticket }, _) => {
                    number(&mut self.tickets, ticket);
                }
                _ => {}
            }
            if event.schedule != self.bell {
                self.heard.push(event);
            }
        }
        assert_eq!(self.events.lost(), 0, "the ring is too small for one call");
    }

    /// What happened since it was last asked, in that order. Ids that were never minted stand out as [`NOBODY`].
    pub(super) fn lines(&mut self) -> Vec<Line> {
        self.hear();
        let heard = std::mem::take(&mut self.heard);
        let lines: Vec<Line> = heard.into_iter().map(|event| self.line(event)).collect();
        for (i, line) in lines.iter().enumerate() {
            let overtaken = lines[..i]
                .iter()
                .any(|l| (l.schedule, l.slot) == (line.schedule, line.slot) && l > line);
            assert!(
                line.slot == 0 || !overtaken,
                "a slot's events arrive out of order on one thread: {lines:?}"
            );
        }
        lines
    }

    pub(super) fn line(&self, event: Event) -> Line {
        Line {
            schedule: seen(&self.schedules, event.schedule),
            slot: event.slot.map_or(0, |slot| slot.get()),
            version: event.version,
            at: event.at.as_millis(),
            patient: event.patient.map(|patient| small(patient.to_u128())),
            hold: event.hold.map(|hold| seen(&self.holds, hold)),
            did: match event.what {
                What::Held { expires_at } => Did::Held {
                    expires_at: expires_at.as_millis(),
                },
                What::Extended { expires_at } => Did::Extended {
                    expires_at: expires_at.as_millis(),
                },
                What::Confirmed { late, payment } => Did::Confirmed {
                    late,
                    payment: payment.map(|payment| small(payment.to_u128())),
                },
                What::Released => Did::Released,
                What::Expired => Did::Expired,
                What::Cancelled => Did::Cancelled,
                What::ExchangedIn { from } => Did::ExchangedIn {
                    from: seen(&self.holds, hold_of(from)),
                },
                What::ExchangedOut { to } => Did::ExchangedOut {
                    to: seen(&self.holds, hold_of(to)),
                },
                What::CheckedIn => Did::CheckedIn,
                What::Fulfilled => Did::Fulfilled,
                What::NoShow => Did::NoShow,
                What::Withdrawn { booked } => Did::Withdrawn { booked },
                What::Reinstated => Did::Reinstated,
                What::Published { capacity } => Did::Published { capacity },
                What::SlotsAdded { first, count } => Did::SlotsAdded {
                    first: first.get(),
                    count,
                },
                What::SessionWithdrawn { affected } => Did::SessionWithdrawn { affected },
                What::SessionReinstated { freed } => Did::SessionReinstated { freed },
                What::Entered { ticket } => Did::Entered {
                    ticket: seen(&self.tickets, ticket),
                },
                What::Left { ticket } => Did::Left {
                    ticket: seen(&self.tickets, ticket),
                },
                What::Returned => Did::Returned,
                _ => Did::Unheard,
            },
        }
    }
}

/// From the book's words into the engine's.
impl Twin {
    pub(super) fn request(&self, ask: &Ask) -> Request {
        let schedules: Vec<ScheduleId> = ask
            .schedules
            .iter()
            .map(|&name| self.schedule(name))
            .collect();
        let mut request = Request::any(patient_id(ask.patient), &schedules);
        if let Some(id) = ask.request {
            request = request.id(request_id(id));
        }
        if ask.waitlist {
            request = request.waitlist();
        }
        let [account, device, network] = ask.keys;
        if let Some(account) = account {
            request = request.account(AccountId::new(account.into()));
        }
        if let Some(device) = device {
            request = request.device(DeviceId::new(device.into()));
        }
        if let Some(network) = network {
            // Another address of that network for each patient.
            request = request.network(IpAddr::from([192, 0, network, ask.patient]));
        }
        match ask.channel {
            Some(channel) => request.channel(ChannelId::new(channel.into())),
            None => request,
        }
    }

    pub(super) fn schedule(&self, name: Name) -> ScheduleId {
        let id = self
            .schedules
            .get(name.nth)
            .copied()
            .unwrap_or_else(|| id_of('S', 16, MADE_UP));
        name.flip.map_or(id, |bit| flipped_schedule(id, bit))
    }

    pub(super) fn hold(&self, name: Name) -> HoldId {
        let id = self
            .holds
            .get(name.nth)
            .copied()
            .unwrap_or_else(|| id_of('H', 32, MADE_UP));
        // Another bit, if that one makes another id that was minted.
        let forged = |bit| {
            (bit..)
                .map(|bit| flipped_hold(id, bit))
                .find(|forged| !self.holds.contains(forged))
        };
        name.flip.and_then(forged).unwrap_or(id)
    }
}

fn seen<T: PartialEq>(known: &[T], id: T) -> usize {
    known.iter().position(|k| *k == id).unwrap_or(NOBODY)
}
