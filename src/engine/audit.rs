//! Do the books agree?
//!
//! For every slot exactly one of: free, held, booked, cooling, withdrawn, visited. Whoever has it has a line that says the same, and every line
//! of somebody who has a slot is borne out by the slot's word.
//!
//! The audit is exact when nothing moves and never wrong while things move. What belongs together is read under the lock that
//! changes it. Two things cannot be: a slot that is free without its bit may be lost, or one that is not withdrawn with its session forgotten, or in the middle of a step. All such steps are taken under some
//! book's lock, so the audit passes through all of them and looks again; twice, because in the meantime the bit may have been set and another claim begun. And a clock is read before a lock is taken: who
//! seems to have two slots is looked at again by a later reading.

mod finding;

use crate::ledger::record::{Phase, Record};
use crate::pool::Pool;
use crate::pool::word::{State, Word};
use crate::words::id::{PatientId, ScheduleId, SlotNo};
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::{Engine, Inner};

pub use finding::Finding;

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
        let (mut suspects, mut forgotten) = (Vec::new(), Vec::new());
        for index in 0..pool.capacity() {
            audit.slots += 1;
            let slot = SlotNo::from_index(index);
            let Some(word) = pool.slots().word(index).map(|at| at.load()) else {
                audit.findings.push(Finding::Lost { schedule, slot });
                continue;
            };
            let called_off = pool.is_withdrawn();
            match word.state() {
                State::Free | State::Cooling | State::Held | State::Booked if called_off => {
                    forgotten.push((index, word));
                }
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
                    if !called_off && !word.is_spent() {
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
            if !suspects.is_empty() || !forgotten.is_empty() {
                self.ledger.pass_through();
                suspects.retain(|suspect| self.is_missing(pool, schedule, *suspect));
                // Its desk is held, so the session is called off all the while.
                forgotten.retain(|suspect| is_still(pool, *suspect));
            }
        }
        let number = |(slot, _): &(u16, Word)| SlotNo::from_index(*slot);
        let lost = suspects.iter().map(number);
        let lost = lost.map(|slot| Finding::Lost { schedule, slot });
        let forgotten = forgotten.iter().map(number);
        let forgotten = forgotten.map(|slot| Finding::WrongState { schedule, slot });
        audit.findings.extend(lost.chain(forgotten));
    }

    /// Whether a slot is still as it was when it was free without its bit, or rested and was on no list.
    fn is_missing(&self, pool: &Pool, schedule: ScheduleId, (slot, word): (u16, Word)) -> bool {
        let known = match word.state() {
            State::Cooling => self.rest_is_known(schedule, slot),
            _ => pool.slots().is_set(schedule.tag(), slot),
        };
        !known && is_still(pool, (slot, word))
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
        let (mut unlisted, mut live) = (Vec::new(), Vec::new());
        let now = self.now();
        self.ledger.all_in(bucket, |number, record| {
            audit.lines += 1;
            if self.standing(record, now).is_live() {
                live.push((record.patient(), record.schedule(), number));
            }
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
        self.audit_twins(live, audit);
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

    /// Of these lines, each of who has a slot, those of people who have two of one schedule.
    fn audit_twins(&self, mut live: Vec<(PatientId, ScheduleId, u32)>, audit: &mut Audit) {
        live.sort_unstable();
        for pair in live.windows(2) {
            let [(patient, schedule, first), (another, other, second)] = *pair else {
                continue;
            };
            if (patient, schedule) != (another, other) || first == second {
                continue;
            }
            // One of them may have run out by the time at which the other was given.
            let now = self.now();
            let book = self.ledger.book(patient, self.ledger.hash(patient));
            let mut both = book.lines().filter(|(number, record)| {
                [first, second].contains(number)
                    && record.schedule() == schedule
                    && self.standing(record, now).is_live()
            });
            if let (Some(_), Some((_, record))) = (both.next(), both.next()) {
                let slot = SlotNo::from_index(record.slot());
                audit.findings.push(Finding::HasTwo { schedule, slot });
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

/// Whether a slot is as it was.
fn is_still(pool: &Pool, (slot, word): (u16, Word)) -> bool {
    pool.slots().word(slot).is_some_and(|at| at.load() == word)
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

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use crate::words::clock::ManualClock;
    use crate::words::id::PractitionerId;
    use crate::words::schedule::{Day, Opening, Schedule, Session};
    use crate::words::sync::Arc;
    use crate::words::time::DAY_MS;

    use super::*;

    fn desk() -> (Engine, ScheduleId) {
        let now = Timestamp::from_millis(1_000);
        let clock = Arc::new(ManualClock::new(now));
        let engine = Engine::builder().clock(clock).seed(7).build().unwrap();
        let (doctor, open) = (PractitionerId::new(1), Opening::first_come(now));
        let day = Day::new(2026, 12, 1).unwrap();
        let plan = Schedule::new(doctor, day, Session::Morning, 3, open, now.after(DAY_MS));
        let schedule = engine.publish(&plan).unwrap();
        (engine, schedule)
    }

    #[test]
    fn f01_audit_sees_who_has_two() {
        let (engine, schedule) = desk();
        let inner = &engine.inner;
        let patient = PatientId::new(1);
        for had in 0..3 {
            let (now, pool) = (inner.now(), inner.places.of(schedule).unwrap());
            let book = inner.ledger.book(patient, inner.ledger.hash(patient));
            // Past the rule that there is one.
            let claimed = inner.claim(&book, pool, schedule, Phase::Held, now, now.after(1_000));
            assert!(claimed.is_ok());
            drop(book);
            let two = |it: &Finding| matches!(it, Finding::HasTwo { .. });
            let findings = engine.audit().findings;
            assert_eq!((findings.len(), findings.iter().all(two)), (had, true));
        }
    }

    #[test]
    fn f02_audit_sees_what_a_withdrawal_forgot() {
        let (engine, schedule) = desk();
        let (pool, desk) = engine.inner.places.desk(schedule).unwrap();
        pool.set_withdrawn(&desk, true);
        drop(desk);
        let wrong = |it: &Finding| matches!(it, Finding::WrongState { .. });
        let findings = engine.audit().findings;
        assert_eq!((findings.len(), findings.iter().all(wrong)), (3, true));
    }
}
