//! What happened: one event for every transition of a slot, with the slot's version.

use super::id::{BookingId, HoldId, PatientId, PaymentRef, ScheduleId, SlotNo};
use super::time::Timestamp;

/// A transition.
///
/// Events of one slot are ordered by `version`, whatever the order in which they arrive: a consumer keeps the highest version it
/// has seen of a slot and skips what is older. Applying an event twice changes nothing.
///
/// It carries the patient, because whoever observes has asked for it: `Debug` shows a fingerprint only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// The engine's time of the call that caused it.
    pub at: Timestamp,
    /// The schedule.
    pub schedule: ScheduleId,
    /// The slot, unless it concerns the schedule as a whole.
    pub slot: Option<SlotNo>,
    /// The slot's version after the transition; 0 for an event of the schedule as a whole.
    pub version: u32,
    /// Whose hold or booking it was, if it was somebody's.
    pub patient: Option<PatientId>,
    /// The hold, or the booking by its hold's id, if there was one.
    pub hold: Option<HoldId>,
    /// What happened.
    pub what: What,
}

/// What happened to a slot, or to a schedule as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum What {
    /// Free → Held.
    Held {
        /// When the hold ends.
        expires_at: Timestamp,
    },
    /// Held → Held, with another end.
    Extended {
        /// When the hold ends now.
        expires_at: Timestamp,
    },
    /// Held → Booked; or Free → Booked for a payment that came after the hold had expired.
    Confirmed {
        /// Whether the slot had to be claimed again.
        late: bool,
        /// The payment, if one was named.
        payment: Option<PaymentRef>,
    },
    /// Held → Free, by the patient.
    Released,
    /// Held → Free, by time.
    Expired,
    /// Booked → Free, by the patient.
    Cancelled,
    /// Free → Booked, for a booking that was given up for it in the same step.
    ExchangedIn {
        /// The booking given up.
        from: BookingId,
    },
    /// Booked → Free, for another booking.
    ExchangedOut {
        /// The booking gained.
        to: BookingId,
    },
    /// Booked → Arrived (取号).
    CheckedIn,
    /// Arrived → Fulfilled.
    Fulfilled,
    /// Booked → NoShow (爽约).
    NoShow,
    /// Any but a visited state → Withdrawn.
    Withdrawn,
    /// Withdrawn → Free.
    Reinstated,
    /// A schedule was published. Its slots start Free.
    Published {
        /// How many slots it has.
        capacity: u16,
    },
    /// Slots were added to a schedule (加号). They start Free.
    SlotsAdded {
        /// The number of the first new one.
        first: SlotNo,
        /// How many.
        count: u16,
    },
    /// A session was called off; an event for each slot has gone before.
    SessionWithdrawn {
        /// Live holds and bookings that it ended.
        affected: u32,
    },
    /// A session takes place after all; an event for each slot has gone before.
    SessionReinstated {
        /// Slots that are free again.
        freed: u32,
    },
    /// A past schedule was retired and everything about it forgotten.
    Retired,
}
