//! What happened: one event for every transition of a slot, with the slot's version.

use super::id::{BookingId, Claim, HoldId, PatientId, PaymentRef, ScheduleId, SlotNo, TicketId};
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
    /// The slot, unless it concerns the schedule as a whole or a place in a line.
    pub slot: Option<SlotNo>,
    /// The slot's version after the transition; 0 for an event of the schedule as a whole or of a place in a line.
    pub version: u32,
    /// Whose hold, booking or place in a line it was, if it was somebody's.
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
    /// Free → Held; or Cooling → Held, for who was drawn from a waitlist.
    Held {
        /// When the hold ends.
        expires_at: Timestamp,
    },
    /// Held → Held, with another end.
    Extended {
        /// When the hold ends now.
        expires_at: Timestamp,
    },
    /// Held → Booked; or Free or Cooling → Booked for a payment that came after the hold had expired.
    Confirmed {
        /// Whether the slot had to be claimed again.
        late: bool,
        /// The payment, if one was named.
        payment: Option<PaymentRef>,
    },
    /// Held → Free, by the patient; or Cooling, if slots of that schedule, or given up through that channel, rest before they return: then it is nobody's, and can't be had before a
    /// `Returned` or a `Held`. The same of the next two, and of `ExchangedOut`.
    Released,
    /// Held → Free or Cooling, by time.
    Expired,
    /// Booked → Free or Cooling, by the patient.
    Cancelled,
    /// Free → Booked, for a booking that was given up for it in the same step.
    ExchangedIn {
        /// The booking given up.
        from: BookingId,
    },
    /// Booked → Free or Cooling, for another booking.
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
    Withdrawn {
        /// It was Booked: somebody has to be told, and what was paid is due back. Else it was Held, or nobody's.
        booked: bool,
    },
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
    /// Somebody has a place in a line, or goes on to a waitlist by the ticket with which they lost a draw.
    Entered {
        /// Which.
        ticket: TicketId,
    },
    /// Somebody left a line, or the session was called off that they waited for.
    Left {
        /// Which place it was.
        ticket: TicketId,
    },
    /// Cooling → Free: nobody who waits may have it or wants it, or it has rested long enough.
    Returned,
    /// A schedule has opened by its draw. An event for each slot that was given has gone before; every other ticket of its draw has lost, or won a slot of another schedule that was drawn with it, but for those whom an
    /// `Entered` after this puts on a waitlist; and what is free is there for whoever comes first.
    Drawn {
        /// How many were in it, of a draw over several schedules in all.
        entries: u32,
        /// How many got a slot of this schedule.
        places: u32,
    },
}

/// An event in one cache line, as it lies in a listener's ring.
///
/// | word | what |
/// |---|---|
/// | 0 | time |
/// | 1 | schedule (52 bits), kind (8), flags (4) |
/// | 2 | version (32 bits), slot number (16) |
/// | 3, 4 | patient |
/// | 5 | version of the claim (32 bits), record (32): with schedule and slot, the hold |
/// | 6, 7 | what the kind has to say: a deadline, a payment, a booking, a number |
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed([u64; 8]);

const KIND_SHIFT: u32 = 52;
const SOMEBODY: u64 = 1 << 60;
const LATE: u64 = 1 << 61;
const PAID: u64 = 1 << 62;
const SLOT: u64 = 1 << 63;

const fn halves(wide: u128) -> [u64; 2] {
    [wide as u64, (wide >> 64) as u64]
}

impl What {
    /// Kind, flags, and two words. Whoever tells knows the kind, so that in place little of this is left.
    #[inline(always)]
    fn pack(&self) -> (u64, u64, [u64; 2]) {
        let plain = |kind| (kind, 0, [0, 0]);
        let number = |kind, number| (kind, 0, [number, 0]);
        match *self {
            Self::Held { expires_at } => number(0, expires_at.as_millis()),
            Self::Extended { expires_at } => number(1, expires_at.as_millis()),
            Self::Confirmed { late, payment } => {
                let flags = if late { LATE } else { 0 } | if payment.is_some() { PAID } else { 0 };
                (2, flags, halves(payment.map_or(0, PaymentRef::to_u128)))
            }
            Self::Released => plain(3),
            Self::Expired => plain(4),
            Self::Cancelled => plain(5),
            Self::ExchangedIn { from } => (6, 0, halves(from.bits())),
            Self::ExchangedOut { to } => (7, 0, halves(to.bits())),
            Self::CheckedIn => plain(8),
            Self::Fulfilled => plain(9),
            Self::NoShow => plain(10),
            Self::Withdrawn { booked } => number(11, u64::from(booked)),
            Self::Reinstated => plain(12),
            Self::Published { capacity } => number(13, u64::from(capacity)),
            Self::SlotsAdded { first, count } => {
                (14, 0, [u64::from(first.get()), u64::from(count)])
            }
            Self::SessionWithdrawn { affected } => number(15, u64::from(affected)),
            Self::SessionReinstated { freed } => number(16, u64::from(freed)),
            Self::Retired => plain(17),
            Self::Entered { ticket } => (18, 0, halves(ticket.bits())),
            Self::Left { ticket } => (19, 0, halves(ticket.bits())),
            Self::Returned => plain(21),
            Self::Drawn { entries, places } => (20, 0, [u64::from(entries), u64::from(places)]),
        }
    }
}

impl Packed {
    /// Packs a slot's transition. `whose`: the patient and the claim, which is of that slot.
    #[inline(always)]
    pub(crate) fn of_slot(
        at: Timestamp,
        schedule: ScheduleId,
        slot: u16,
        version: u32,
        whose: Option<(PatientId, Claim)>,
        what: What,
    ) -> Self {
        let (kind, flags, [low, high]) = what.pack();
        let place = u64::from(version) | (u64::from(slot) + 1) << 32;
        let somebody = if whose.is_some() { SOMEBODY } else { 0 };
        let [patient_low, patient_high] = halves(whose.map_or(0, |(patient, _)| patient.to_u128()));
        let claim = whose.map_or(0, |(_, claim)| {
            u64::from(claim.version) | u64::from(claim.record) << 32
        });
        let head = schedule.0 | kind << KIND_SHIFT | flags | somebody | SLOT;
        Self([
            at.as_millis(),
            head,
            place,
            patient_low,
            patient_high,
            claim,
            low,
            high,
        ])
    }

    /// Packs what concerns somebody's place in a line.
    pub(crate) fn of_ticket(
        at: Timestamp,
        schedule: ScheduleId,
        patient: PatientId,
        what: What,
    ) -> Self {
        let mut packed = Self::of_schedule(at, schedule, what);
        packed.0[1] |= SOMEBODY;
        [packed.0[3], packed.0[4]] = halves(patient.to_u128());
        packed
    }

    /// Packs what concerns a schedule as a whole.
    pub(crate) fn of_schedule(at: Timestamp, schedule: ScheduleId, what: What) -> Self {
        let (kind, flags, [low, high]) = what.pack();
        let head = schedule.0 | kind << KIND_SHIFT | flags;
        Self([at.as_millis(), head, 0, 0, 0, 0, low, high])
    }

    // Every cast takes back what `pack` put in.
    pub(crate) fn unpack(self) -> Event {
        let [at, head, place, patient_low, patient_high, claim, low, high] = self.0;
        let wide = |low: u64, high: u64| u128::from(low) | u128::from(high) << 64;
        let schedule = ScheduleId(head & ((1 << KIND_SHIFT) - 1));
        let slot =
            (head & SLOT != 0).then(|| SlotNo::from_index(((place >> 32) as u16).wrapping_sub(1)));
        let somebody = head & SOMEBODY != 0;
        let expires_at = Timestamp::from_millis(low);
        let what = match head >> KIND_SHIFT & 0xff {
            0 => What::Held { expires_at },
            1 => What::Extended { expires_at },
            2 => {
                let payment = (head & PAID != 0).then(|| PaymentRef::new(wide(low, high)));
                What::Confirmed {
                    late: head & LATE != 0,
                    payment,
                }
            }
            3 => What::Released,
            4 => What::Expired,
            5 => What::Cancelled,
            6 => What::ExchangedIn {
                from: BookingId::from_bits(wide(low, high)),
            },
            7 => What::ExchangedOut {
                to: BookingId::from_bits(wide(low, high)),
            },
            8 => What::CheckedIn,
            9 => What::Fulfilled,
            10 => What::NoShow,
            11 => What::Withdrawn { booked: low != 0 },
            12 => What::Reinstated,
            13 => What::Published {
                capacity: low as u16,
            },
            14 => What::SlotsAdded {
                first: SlotNo::from_index((low as u16).wrapping_sub(1)),
                count: high as u16,
            },
            15 => What::SessionWithdrawn {
                affected: low as u32,
            },
            16 => What::SessionReinstated { freed: low as u32 },
            17 => What::Retired,
            18 => What::Entered {
                ticket: TicketId::from_bits(wide(low, high)),
            },
            19 => What::Left {
                ticket: TicketId::from_bits(wide(low, high)),
            },
            21 => What::Returned,
            _ => What::Drawn {
                entries: low as u32,
                places: high as u32,
            },
        };
        let hold = slot.filter(|_| somebody).map(|slot| {
            let (version, record) = (claim as u32, (claim >> 32) as u32);
            Claim {
                schedule,
                record,
                slot: slot.get() - 1,
                version,
            }
            .hold_id()
        });
        let patient = somebody.then(|| PatientId::new(wide(patient_low, patient_high)));
        Event {
            at: Timestamp::from_millis(at),
            schedule,
            slot,
            version: place as u32,
            patient,
            hold,
            what,
        }
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn what() -> impl Strategy<Value = What> {
        let expires_at = any::<u64>().prop_map(Timestamp::from_millis);
        prop_oneof![
            expires_at
                .clone()
                .prop_map(|expires_at| What::Held { expires_at }),
            expires_at.prop_map(|expires_at| What::Extended { expires_at }),
            (any::<bool>(), any::<Option<u128>>()).prop_map(|(late, payment)| What::Confirmed {
                late,
                payment: payment.map(PaymentRef::new)
            }),
            any::<u128>().prop_map(|from| What::ExchangedIn {
                from: BookingId::from_bits(from)
            }),
            any::<u128>().prop_map(|to| What::ExchangedOut {
                to: BookingId::from_bits(to)
            }),
            any::<u16>().prop_map(|capacity| What::Published { capacity }),
            (0u16..65_535, any::<u16>()).prop_map(|(first, count)| What::SlotsAdded {
                first: SlotNo::from_index(first),
                count
            }),
            any::<bool>().prop_map(|booked| What::Withdrawn { booked }),
            any::<u32>().prop_map(|affected| What::SessionWithdrawn { affected }),
            any::<u32>().prop_map(|freed| What::SessionReinstated { freed }),
            prop::sample::select(vec![
                What::Released,
                What::Expired,
                What::Cancelled,
                What::CheckedIn,
                What::Fulfilled,
                What::NoShow,
                What::Reinstated,
                What::Retired,
                What::Returned,
            ]),
            (any::<u32>(), any::<u32>())
                .prop_map(|(entries, places)| What::Drawn { entries, places }),
        ]
    }

    proptest! {
        #[test]
        fn an_event_fits_a_cache_line(at: u64, schedule in 0u64..1 << 52, slot in prop::option::of(0u16..65_535), version: u32,
                                      somebody in prop::option::of((any::<u128>(), 0u32..1 << 28, any::<u32>())), what in what()) {
            let (at, schedule) = (Timestamp::from_millis(at), ScheduleId(schedule));
            let whose = slot.zip(somebody).map(|(slot, (patient, record, version))| {
                (PatientId::new(patient), Claim { schedule, record, slot, version })
            });
            let packed = match slot {
                Some(slot) => Packed::of_slot(at, schedule, slot, version, whose, what),
                None => Packed::of_schedule(at, schedule, what),
            };
            let event = Event {
                at,
                schedule,
                slot: slot.map(SlotNo::from_index),
                version: slot.map_or(0, |_| version),
                patient: whose.map(|(patient, _)| patient),
                hold: whose.map(|(_, claim)| claim.hold_id()),
                what,
            };
            prop_assert_eq!(packed.unpack(), event);
        }

        #[test]
        fn an_event_of_a_place_in_a_line_does_too(at: u64, schedule in 0u64..1 << 52, patient: u128, ticket: u128, left: bool) {
            let (at, schedule, patient) = (Timestamp::from_millis(at), ScheduleId(schedule), PatientId::new(patient));
            let ticket = TicketId::from_bits(ticket);
            let what = if left { What::Left { ticket } } else { What::Entered { ticket } };
            let packed = Packed::of_ticket(at, schedule, patient, what);
            let event = Event { at, schedule, slot: None, version: 0, patient: Some(patient), hold: None, what };
            prop_assert_eq!(packed.unpack(), event);
        }
    }
}
