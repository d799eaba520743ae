//! Somebody asks what they have.

use crate::ledger::record::{Phase, Record};
use crate::words::appointment::Appointment;
use crate::words::ask::{Booking, Hold};
use crate::words::id::{PatientId, SlotNo};
use crate::words::time::Timestamp;

use super::{Engine, Inner, Standing};

/// # Somebody asks
impl Engine {
    /// What a patient has at the clock's time, in the order in which the sessions start: places in lines that are undecided, holds that have not run out, bookings, and visits until their schedule is retired. Nothing that has ended.
    ///
    /// For a page of one's own appointments, for whoever has lost an id, and to learn which slot stands behind `already_holds`. What is told are the very ids that everything is done by: ask only for a patient who has proved who they are.
    #[must_use]
    pub fn appointments(&self, patient: PatientId) -> Vec<Appointment> {
        let inner = &*self.inner;
        let now = inner.now();
        inner.pass(now);
        let book = inner.ledger.book(patient, inner.ledger.hash(patient));
        let lines = book.lines();
        let mut found: Vec<(Timestamp, Appointment)> = lines
            .filter_map(|(number, record)| inner.appointment(number, record, now))
            .collect();
        drop(book);
        found.sort_by_key(|(starts_at, it)| (*starts_at, it.schedule(), it.name()));
        found.into_iter().map(|(_, it)| it).collect()
    }
}

impl Inner {
    /// What stands in a line of the book that is locked, and when its session starts; `None` if it has ended.
    fn appointment(
        &self,
        number: u32,
        record: &Record,
        now: Timestamp,
    ) -> Option<(Timestamp, Appointment)> {
        let (schedule, slot) = (record.schedule(), SlotNo::from_index(record.slot()));
        let pool = self.places.of(schedule)?;
        let claim = record.claim(number);
        let booking = Booking {
            id: claim.booking_id(),
            schedule,
            slot,
            payment_due_back: None,
        };
        let standing = self.standing(record, now);
        let it = match standing {
            Standing::Booked(Phase::Arrived) => Appointment::Arrived(booking),
            Standing::Booked(Phase::Fulfilled) => Appointment::Fulfilled(booking),
            Standing::Booked(Phase::NoShow) => Appointment::NoShow(booking),
            _ if self.has_lost_its_session(record, pool, standing) => return None,
            Standing::Booked(_) => Appointment::Booked(booking),
            Standing::Held => Appointment::Held(Hold {
                id: claim.hold_id(),
                schedule,
                slot,
                expires_at: record.until(),
            }),
            Standing::Waiting => Appointment::Waiting(self.ticket_of(number, record)?),
            Standing::Ended(..) => return None,
        };
        Some((pool.starts_at(), it))
    }
}
