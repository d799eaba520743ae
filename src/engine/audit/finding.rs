//! What an audit may find, each in a sentence.

use std::fmt;

use crate::words::id::{ScheduleId, SlotNo};

/// Something that is wrong. It names no patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "finding", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Finding {
    /// A slot that is free and cannot be found, or rests and is on no list: nobody will ever get it.
    Lost {
        /// The schedule.
        schedule: ScheduleId,
        /// The slot.
        slot: SlotNo,
    },
    /// A slot that somebody has, whose owner's book says otherwise.
    OwnerDisagrees {
        /// The schedule.
        schedule: ScheduleId,
        /// The slot.
        slot: SlotNo,
    },
    /// A line that says a slot is its owner's, and the slot says otherwise.
    LineWithoutSlot {
        /// The schedule.
        schedule: ScheduleId,
        /// The slot.
        slot: SlotNo,
    },
    /// A line that stands in another patient's place, or twice.
    LineMisplaced {
        /// The schedule.
        schedule: ScheduleId,
        /// The slot.
        slot: SlotNo,
    },
    /// A slot in a state that its schedule has no business to have: withdrawn in a session that takes place, or not in one that is called off.
    WrongState {
        /// The schedule.
        schedule: ScheduleId,
        /// The slot.
        slot: SlotNo,
    },
    /// A slot of somebody who has another of the same schedule.
    HasTwo {
        /// The schedule.
        schedule: ScheduleId,
        /// The slot.
        slot: SlotNo,
    },
    /// A place in the slow queue whose turn will never come.
    PlaceWithoutSeat {
        /// The schedule.
        schedule: ScheduleId,
    },
    /// A turn in the slow queue that is nobody's.
    SeatWithoutPlace {
        /// The schedule.
        schedule: ScheduleId,
    },
    /// A place on a waitlist that the list doesn't know: it will never be drawn.
    PlaceUnlisted {
        /// The schedule.
        schedule: ScheduleId,
    },
    /// Somebody on a waitlist who doesn't wait.
    ListedWithoutPlace {
        /// The schedule.
        schedule: ScheduleId,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (schedule, slot, what) = match self {
            Self::Lost { schedule, slot } => (schedule, slot, "cannot be found"),
            Self::OwnerDisagrees { schedule, slot } => (
                schedule,
                slot,
                "is taken, and its owner's book says otherwise",
            ),
            Self::LineWithoutSlot { schedule, slot } => {
                (schedule, slot, "is in a book, and the slot says otherwise")
            }
            Self::LineMisplaced { schedule, slot } => {
                (schedule, slot, "has a line in the wrong place, or twice")
            }
            Self::WrongState { schedule, slot } => (
                schedule,
                slot,
                "is in a state that its schedule cannot have",
            ),
            Self::HasTwo { schedule, slot } => (
                schedule,
                slot,
                "is had by somebody who has another of that schedule",
            ),
            Self::PlaceWithoutSeat { schedule } => {
                return write!(f, "a place in the queue for {schedule} has no turn");
            }
            Self::SeatWithoutPlace { schedule } => {
                return write!(f, "a turn in the queue for {schedule} is nobody's");
            }
            Self::PlaceUnlisted { schedule } => {
                return write!(
                    f,
                    "a place on the waitlist of {schedule} is not on the list"
                );
            }
            Self::ListedWithoutPlace { schedule } => {
                return write!(f, "somebody on the waitlist of {schedule} does not wait");
            }
        };
        write!(f, "slot {slot} of schedule {schedule} {what}")
    }
}
