//! Do the books agree?
//!
//! For every slot exactly one of: free, held, booked, cooling, withdrawn, visited. Whoever has it has a line that says the same, and every line
//! of somebody who has a slot is borne out by the slot's word.
//!
//! The audit is exact when nothing moves and never wrong while things move. What belongs together is read under the lock that
//! changes it. One thing cannot be: a slot that is free without its bit may be lost, or in the middle of a step. All such steps are taken under some
//! book's lock, so the audit passes through all of them and looks again; twice, because in the meantime the bit may have been set and another claim begun.

use std::fmt;

use crate::ledger::record::{Phase, Record};
use crate::pool::Pool;
use crate::pool::word::{State, Word};
use crate::words::id::{ScheduleId, SlotNo};
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::{Engine, Inner};

/// Where a schedule's slots are, as an operator sees them: an unopened slot is free, a hold that has run out is no hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Availability {
    /// All slots. The sum of the others.
    pub capacity: u32,
    /// Nobody's.
    pub free: u32,
    /// Held, not yet confirmed.
    pub held: u32,
    /// Booked.
    pub booked: u32,
    /// Resting: on their way back, or under `Never` for good.
    pub cooling: u32,
    /// Not to be had.
    pub withdrawn: u32,
    /// Checked in, fulfilled or no-show.
    pub visited: u32,
}

/// What an audit looked at and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Audit {
    /// Schedules looked at.
    pub schedules: u64,
    /// Their slots.
    pub slots: u64,
    /// Lines of patients' books looked at, remembered ends included.
    pub lines: u64,
    /// What is wrong, the first thousand of it; nothing in a sound engine.
    pub findings: Vec<Finding>,
}

impl Audit {
    /// Whether the books agree.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.findings.is_empty()
    }
}

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
    /// A slot in a state that its schedule has no business to have.
    WrongState {
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

/// Findings are reported up to this many: past it, it doesn't matter.
const FINDINGS: usize = 1_000;

/// # Do the books agree?
impl Engine {
    /// Where the slots of a schedule are, at the clock's time.
    ///
    /// # Errors
    /// `unknown_schedule`.
    pub fn availability(&self, schedule: ScheduleId) -> Result<Availability, Refusal> {
        let inner = &*self.inner;
        let now = inner.now();
        inner.pass(now);
        let pool = inner.places.of(schedule).ok_or_else(|| {
            inner.count_refusal(Refusal::UnknownSchedule);
            Refusal::UnknownSchedule
        })?;
        let mut counts = Availability::default();
        for at in (0..pool.capacity()).filter_map(|slot| pool.slots().word(slot)) {
            let word = at.load();
            counts.capacity += 1;
            *match word.state() {
                State::Free => &mut counts.free,
                State::Held if inner.has_run_out(word, now) => &mut counts.free,
                State::Held => &mut counts.held,
                State::Booked => &mut counts.booked,
                State::Cooling => &mut counts.cooling,
                State::Withdrawn => &mut counts.withdrawn,
                State::Arrived | State::Fulfilled | State::NoShow => &mut counts.visited,
            } += 1;
        }
        Ok(counts)
    }

    /// Holds every slot against its owner's book and every book against the slots. Takes about as long as reading all of both;
    /// requests go on meanwhile.
    #[must_use]
    pub fn audit(&self) -> Audit {
        let mut audit = Audit::default();
        for place in 0..self.inner.places.used() {
            self.inner.audit_place(place, &mut audit);
        }
        for bucket in 0..self.inner.ledger.buckets() {
            self.inner.audit_bucket(bucket, &mut audit);
        }
        let now = self.inner.now();
        let lost = self.inner.lost_seats(now).into_iter();
        audit
            .findings
            .extend(lost.map(|schedule| Finding::SeatWithoutPlace { schedule }));
        let lost = self.inner.listed_in_vain(now).into_iter();
        audit
            .findings
            .extend(lost.map(|schedule| Finding::ListedWithoutPlace { schedule }));
        audit.findings.truncate(FINDINGS);
        audit
    }
}

impl Inner {
    fn has_run_out(&self, word: Word, now: Timestamp) -> bool {
        self.ledger
            .record(word.holder())
            .is_some_and(|record| record.until() <= now)
    }

    fn audit_place(&self, place: u32, audit: &mut Audit) {
        let Some((schedule, pool, _desk)) = self.places.at(place) else {
            return;
        };
        audit.schedules += 1;
        let mut suspects = Vec::new();
        for index in 0..pool.capacity() {
            audit.slots += 1;
            let slot = SlotNo::from_index(index);
            let Some(word) = pool.slots().word(index).map(|at| at.load()) else {
                audit.findings.push(Finding::Lost { schedule, slot });
                continue;
            };
            match word.state() {
                State::Free => {
                    if self.is_missing(pool, schedule, (index, word)) {
                        suspects.push((index, word));
                    }
                }
                State::Cooling => {
                    if !self.rest_is_known(schedule, index) {
                        suspects.push((index, word));
                    }
                }
                State::Withdrawn => {
                    if !pool.is_withdrawn() && !word.is_spent() {
                        audit.findings.push(Finding::WrongState { schedule, slot });
                    }
                }
                _ => {
                    if !self.owner_agrees(pool, schedule, index) {
                        audit
                            .findings
                            .push(Finding::OwnerDisagrees { schedule, slot });
                    }
                }
            }
        }
        for _ in 0..2 {
            if !suspects.is_empty() {
                self.ledger.pass_through();
                suspects.retain(|suspect| self.is_missing(pool, schedule, *suspect));
            }
        }
        audit
            .findings
            .extend(suspects.iter().map(|(slot, _)| Finding::Lost {
                schedule,
                slot: SlotNo::from_index(*slot),
            }));
    }

    /// Whether a slot is still as it was when it was free without its bit, or rested and was on no list.
    fn is_missing(&self, pool: &Pool, schedule: ScheduleId, (slot, word): (u16, Word)) -> bool {
        let known = match word.state() {
            State::Cooling => self.rest_is_known(schedule, slot),
            _ => pool.slots().is_set(schedule.tag(), slot),
        };
        !known && pool.slots().word(slot).is_some_and(|at| at.load() == word)
    }

    /// Whether whoever has this slot has a line that says so. Looks again for as long as the slot changes hands.
    fn owner_agrees(&self, pool: &Pool, schedule: ScheduleId, slot: u16) -> bool {
        let Some(at) = pool.slots().word(slot) else {
            return false;
        };
        loop {
            let word = at.load();
            if !word.state().is_taken() {
                return true;
            }
            let Some((book, record)) = self.ledger.book_at(word.holder()) else {
                if at.load() == word {
                    return false;
                }
                continue;
            };
            // Under this lock nothing but an expiry changes the word, and that not to another holder's.
            if at.load() == word {
                let line = book.lines().any(|(number, _)| number == word.holder());
                return line
                    && phase_is(record, word.state())
                    && record.schedule() == schedule
                    && record.slot() == slot;
            }
        }
    }

    fn audit_bucket(&self, bucket: usize, audit: &mut Audit) {
        let (mut numbers, mut suspects, mut seatless) = (Vec::new(), Vec::new(), Vec::new());
        let mut unlisted = Vec::new();
        let now = self.now();
        self.ledger.all_in(bucket, |number, record| {
            audit.lines += 1;
            let (schedule, slot) = (record.schedule(), SlotNo::from_index(record.slot()));
            if !self.ledger.belongs_in(bucket, record.patient()) {
                audit
                    .findings
                    .push(Finding::LineMisplaced { schedule, slot });
            }
            numbers.push((number, schedule, slot));
            if !self.is_borne_out(number, record) {
                suspects.push((number, record.schedule()));
            }
            if self.lacks_seat(record, now) {
                seatless.push((number, record.seat()));
            }
            if self.is_unlisted(record, now) {
                unlisted.push((number, schedule));
            }
        });
        numbers.sort_unstable();
        for pair in numbers.windows(2) {
            if let [(number, schedule, slot), (next, ..)] = *pair
                && number == next
            {
                audit
                    .findings
                    .push(Finding::LineMisplaced { schedule, slot });
            }
        }
        let lost = self.lost_places(&seatless, now).into_iter();
        audit
            .findings
            .extend(lost.map(|schedule| Finding::PlaceWithoutSeat { schedule }));
        let lost = self.unlisted(&unlisted, now).into_iter();
        audit
            .findings
            .extend(lost.map(|schedule| Finding::PlaceUnlisted { schedule }));
        // A schedule that is just being retired has lines that are about to be struck. Its desk is held as long.
        for (number, schedule) in suspects {
            self.places.pass(schedule);
            if let Some((_book, record)) = self.ledger.book_at(number)
                && !self.is_borne_out(number, record)
            {
                let slot = SlotNo::from_index(record.slot());
                audit.findings.push(Finding::LineWithoutSlot {
                    schedule: record.schedule(),
                    slot,
                });
            }
        }
    }

    /// Whether the slot of a line that says booked or visited says the same, and a place in a line has none. Under the book's lock.
    fn is_borne_out(&self, number: u32, record: &Record) -> bool {
        let pool = self.places.of(record.schedule());
        let word = pool
            .and_then(|pool| pool.slots().word(record.slot()))
            .map(|at| at.load());
        if matches!(record.phase(), Phase::Waiting | Phase::Left | Phase::Lost) {
            return record.line().is_some() && !word.is_some_and(|word| word.is_of(number));
        }
        !record.phase().is_booked()
            || word.is_some_and(|word| word.is_of(number) && phase_is(record, word.state()))
    }
}

fn phase_is(record: &Record, state: State) -> bool {
    match state {
        State::Held => record.phase() == Phase::Held,
        State::Booked => record.phase() == Phase::Booked,
        State::Arrived => record.phase() == Phase::Arrived,
        State::Fulfilled => record.phase() == Phase::Fulfilled,
        State::NoShow => record.phase() == Phase::NoShow,
        State::Free | State::Cooling | State::Withdrawn => false,
    }
}
