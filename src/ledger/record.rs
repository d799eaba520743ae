//! One hold or booking, from its claim until it is forgotten: a cache line.
//!
//! Changed only under the lock of its patient's book. One field is read without: a hold's deadline, by whoever meets the hold
//! in its slot (see [`Record::until`]).
//!
//! # Ordering
//! A record is begun by writing its state last, Release, and looked at from outside its book by reading the state first, Acquire: who sees a new claim's
//! state sees its patient. All else is Relaxed. Under the lock, the lock orders; the deadline is written before the slot's word is swapped (release) and read after
//! the word was loaded (acquire), and whoever acts on it swaps that very word.

use crate::words::id::{Claim, PatientId, PaymentRef, RequestId, ScheduleId};
use crate::words::sync::atomic::{
    AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::notes::{Memo, Stub, Whence};

/// What the book says became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Not in use.
    Unused = 0,
    /// Held; or expired, if the slot's word says otherwise.
    Held,
    Booked,
    Arrived,
    Fulfilled,
    NoShow,
    Released,
    /// Expired, and a payment came too late for it.
    RefundDue,
    Cancelled,
    Exchanged,
    Withdrawn,
    /// A place in a line: no slot yet.
    Waiting,
    /// A place in a line that was given up.
    Left,
    /// A place in a line that came to nothing.
    Lost,
}

impl Phase {
    const ALL: [Self; 14] = [
        Self::Unused,
        Self::Held,
        Self::Booked,
        Self::Arrived,
        Self::Fulfilled,
        Self::NoShow,
        Self::Released,
        Self::RefundDue,
        Self::Cancelled,
        Self::Exchanged,
        Self::Withdrawn,
        Self::Waiting,
        Self::Left,
        Self::Lost,
    ];

    /// Whether the slot is the patient's, without looking at its word: booked, or visited.
    pub(crate) const fn is_booked(self) -> bool {
        matches!(
            self,
            Self::Booked | Self::Arrived | Self::Fulfilled | Self::NoShow
        )
    }
}

/// It was a booking at some time.
const BOOKED: u64 = 1;
/// A payment is recorded.
const PAID: u64 = 2;
/// A memo belongs to it.
const NAMED: u64 = 4;
/// It began as a place in a line: one bit, then two for which line.
const TICKET: u64 = 8;
const LINE_SHIFT: u32 = 4;
/// The fourth that fits into two bits: a draw, and since that was lost the waitlist.
const WENT_ON: u64 = 3;
/// It is known where it came from.
const WHENCE: u64 = 64;
/// Its time had run out when it was given: nobody can have seen it.
const UNSEEN: u64 = 128;

/// The mark of a claim.
const MARK_SHIFT: u32 = 48;
const MARK: u64 = u64::MAX << MARK_SHIFT;

const SCHEDULE_BITS: u32 = 52;
const PHASE_BITS: u32 = 4;

#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Record {
    patient: [AtomicU64; 2],
    /// Held: the deadline under which it lies in the wheel, and the lane. Booked and paid: the payment. Exchanged: the
    /// record of the new booking.
    extra: [AtomicU64; 2],
    granted_at: AtomicU64,
    until: AtomicU64,
    /// Schedule (52 bits), phase (4), flags (8).
    state: AtomicU64,
    /// Version of the claim (32 bits), slot (16, above), mark (16, above).
    claim: AtomicU64,
}

pub(super) fn wide(words: &[AtomicU64; 2]) -> u128 {
    u128::from(words[0].load(Relaxed)) | u128::from(words[1].load(Relaxed)) << 64
}

pub(super) fn store_wide(words: &[AtomicU64; 2], value: u128) {
    // The two halves.
    words[0].store(value as u64, Relaxed);
    words[1].store((value >> 64) as u64, Relaxed);
}

impl Record {
    /// Begins a record. The slot and version follow by [`Self::claimed`] when they are known.
    #[inline]
    pub(crate) fn begin(
        &self,
        patient: PatientId,
        schedule: ScheduleId,
        phase: Phase,
        granted_at: Timestamp,
        until: Timestamp,
    ) {
        store_wide(&self.patient, patient.to_u128());
        self.granted_at.store(granted_at.as_millis(), Relaxed);
        self.until.store(until.as_millis(), Relaxed);
        let flags = if phase.is_booked() { BOOKED } else { 0 };
        debug_assert!(schedule.0 >> SCHEDULE_BITS == 0, "a schedule that stands");
        self.state.store(
            schedule.0 | (phase as u64) << SCHEDULE_BITS | flags << (SCHEDULE_BITS + PHASE_BITS),
            Release,
        );
    }

    #[inline]
    pub(crate) fn claimed(&self, slot: u16, version: u32) {
        let mark = self.claim.load(Relaxed) & MARK;
        self.claim
            .store(mark | u64::from(version) | u64::from(slot) << 32, Relaxed);
    }

    /// Notes what the slot was asked for through: 16 bits of a keyed hash.
    pub(crate) fn set_mark(&self, mark: u16) {
        let claim = self.claim.load(Relaxed) & !MARK;
        self.claim
            .store(claim | u64::from(mark) << MARK_SHIFT, Relaxed);
    }

    /// What the slot was asked for through; 0 if that was not noted.
    pub(crate) fn mark(&self) -> u16 {
        (self.claim.load(Relaxed) >> MARK_SHIFT) as u16
    }

    /// Begins a place in a line, due at `due`. It has no claim.
    pub(crate) fn line_up(
        &self,
        stub: &Stub,
        patient: PatientId,
        schedule: ScheduleId,
        line: Line,
        (now, due): (Timestamp, Timestamp),
    ) {
        stub.write(schedule, (now, due));
        // No claim ever has version 0.
        self.claimed(0, 0);
        self.begin(patient, schedule, Phase::Waiting, now, due);
        self.set(TICKET | (line as u64) << LINE_SHIFT);
    }

    /// The line that it stands in, or stood in last, if it began in one.
    pub(crate) fn line(&self) -> Option<Line> {
        Some(if self.went_on() {
            Line::Waitlist
        } else {
            self.first_line()?
        })
    }

    /// The line that it began in, if it did.
    pub(crate) fn first_line(&self) -> Option<Line> {
        let flags = self.state.load(Acquire) >> (SCHEDULE_BITS + PHASE_BITS);
        if flags & TICKET == 0 {
            return None;
        }
        let line = Line::ALL.get((flags >> LINE_SHIFT & 3) as usize);
        Some(line.copied().unwrap_or(Line::Draw))
    }

    /// Whether it has lost a draw, and went on to a waitlist.
    pub(crate) fn went_on(&self) -> bool {
        self.has(TICKET) && self.has_all(WENT_ON << LINE_SHIFT)
    }

    /// Whoever has lost the draw goes on waiting, for what returns of that schedule until `until`.
    pub(crate) fn go_on(&self, schedule: ScheduleId, until: Timestamp) {
        self.until.store(until.as_millis(), Relaxed);
        self.move_to(schedule);
        self.set(WENT_ON << LINE_SHIFT);
    }

    /// It is about another schedule from now on: that of the same draw which its patient gets a slot of, or can still get one of.
    pub(crate) fn move_to(&self, schedule: ScheduleId) {
        let mask = (1 << SCHEDULE_BITS) - 1;
        self.state
            .store(self.state.load(Acquire) & !mask | schedule.0, Relaxed);
    }

    /// Notes which seat of the slow queue is theirs, for as long as it waits.
    pub(crate) fn set_seat(&self, seat: u64) {
        self.extra[0].store(seat, Relaxed);
    }

    /// Their seat in the slow queue.
    pub(crate) fn seat(&self) -> u64 {
        self.extra[0].load(Relaxed)
    }

    /// Whoever waited gets a slot, which is claimed next: held from `at` until `until`.
    pub(crate) fn win(&self, at: Timestamp, until: Timestamp) {
        self.granted_at.store(at.as_millis(), Relaxed);
        self.until.store(until.as_millis(), Relaxed);
        self.become_phase(Phase::Held);
    }

    /// Whoever came by to give it came too late.
    pub(crate) fn set_unseen(&self) {
        self.set(UNSEEN);
    }

    /// Whether it ran out before anybody can have known of it.
    pub(crate) fn was_unseen(&self) -> bool {
        self.has(UNSEEN)
    }

    /// There was none after all: it waits as before, until then.
    pub(crate) fn wait_on(&self, until: Timestamp) {
        self.claimed(0, 0);
        self.until.store(until.as_millis(), Relaxed);
        self.become_phase(Phase::Waiting);
    }

    /// It came to nothing, because of a rule: `why` is that rule's number, or 0 for none.
    pub(crate) fn lose(&self, why: u64, at: Timestamp) {
        self.end(Phase::Lost, at);
        self.extra[0].store(why, Relaxed);
    }

    /// Why it came to nothing.
    pub(crate) fn lost_by(&self) -> u64 {
        self.extra[0].load(Relaxed)
    }

    pub(super) fn clear(&self) {
        store_wide(&self.patient, 0);
        store_wide(&self.extra, 0);
        self.claim.store(0, Relaxed);
        self.state.store(0, Release);
    }

    pub(crate) fn is_used(&self) -> bool {
        self.phase() != Phase::Unused
    }

    #[inline]
    pub(crate) fn patient(&self) -> PatientId {
        PatientId::new(wide(&self.patient))
    }

    #[inline]
    pub(crate) fn schedule(&self) -> ScheduleId {
        ScheduleId(self.state.load(Acquire) & ((1 << SCHEDULE_BITS) - 1))
    }

    #[inline]
    pub(crate) fn slot(&self) -> u16 {
        (self.claim.load(Relaxed) >> 32) as u16
    }

    #[inline]
    pub(crate) fn claim(&self, number: u32) -> Claim {
        // The low half is the version.
        let version = self.claim.load(Relaxed) as u32;
        Claim {
            schedule: self.schedule(),
            record: number,
            slot: self.slot(),
            version,
        }
    }

    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        let phase = self.state.load(Acquire) >> SCHEDULE_BITS & ((1 << PHASE_BITS) - 1);
        Phase::ALL
            .get(phase as usize)
            .copied()
            .unwrap_or(Phase::Unused)
    }

    fn has(&self, flag: u64) -> bool {
        self.state.load(Acquire) >> (SCHEDULE_BITS + PHASE_BITS) & flag != 0
    }

    fn has_all(&self, flags: u64) -> bool {
        self.state.load(Acquire) >> (SCHEDULE_BITS + PHASE_BITS) & flags == flags
    }

    fn set(&self, flag: u64) {
        self.state.store(
            self.state.load(Acquire) | flag << (SCHEDULE_BITS + PHASE_BITS),
            Relaxed,
        );
    }

    fn become_phase(&self, phase: Phase) {
        let mask = ((1 << PHASE_BITS) - 1) << SCHEDULE_BITS;
        self.state.store(
            self.state.load(Acquire) & !mask | (phase as u64) << SCHEDULE_BITS,
            Relaxed,
        );
    }

    /// Whether it was a booking at some time.
    pub(crate) fn was_booked(&self) -> bool {
        self.has(BOOKED)
    }

    pub(crate) fn granted_at(&self) -> Timestamp {
        Timestamp::from_millis(self.granted_at.load(Relaxed))
    }

    /// Held: the first instant at which it is not held any more. Ended: when it ended.
    #[inline]
    pub(crate) fn until(&self) -> Timestamp {
        Timestamp::from_millis(self.until.load(Relaxed))
    }

    /// Gives a hold another deadline.
    pub(crate) fn set_until(&self, until: Timestamp) {
        self.until.store(until.as_millis(), Relaxed);
    }

    /// Where a hold lies in the wheel: deadline and lane.
    pub(crate) fn wake(&self) -> (u64, u64) {
        (self.extra[0].load(Relaxed), self.extra[1].load(Relaxed))
    }

    #[inline]
    pub(crate) fn set_wake(&self, deadline: u64, lane: u64) {
        self.extra[0].store(deadline, Relaxed);
        self.extra[1].store(lane, Relaxed);
    }

    /// The hold has become a booking.
    pub(crate) fn book(&self) {
        self.become_phase(Phase::Booked);
        self.set(BOOKED);
    }

    /// The patient's visit goes on.
    pub(crate) fn visit(&self, phase: Phase) {
        self.become_phase(phase);
    }

    pub(crate) fn payment(&self) -> Option<PaymentRef> {
        self.has(PAID).then(|| PaymentRef::new(wide(&self.extra)))
    }

    /// Records the payment of a booking.
    pub(crate) fn pay(&self, payment: PaymentRef) {
        store_wide(&self.extra, payment.to_u128());
        self.set(PAID);
    }

    /// It is over.
    pub(crate) fn end(&self, phase: Phase, at: Timestamp) {
        self.until.store(at.as_millis(), Relaxed);
        self.become_phase(phase);
    }

    /// It was exchanged for the booking of that record.
    pub(crate) fn exchange(&self, to: u32, at: Timestamp) {
        self.end(Phase::Exchanged, at);
        self.extra[0].store(u64::from(to), Relaxed);
    }

    /// The record of the booking that it was exchanged for.
    pub(crate) fn exchanged_to(&self) -> u32 {
        // Written from a u32.
        self.extra[0].load(Relaxed) as u32
    }

    pub(crate) fn name(&self, memo: &Memo, id: RequestId, content: u64) {
        memo.write(id, content);
        self.set(NAMED);
    }

    pub(crate) fn is_named(&self) -> bool {
        self.has(NAMED)
    }

    /// Writes down where it came from. Released with the flag: an expiry reads it without the book's lock.
    pub(super) fn come_from(&self, whence: &Whence, from: [u64; 2]) {
        whence.write(from);
        let flag = WHENCE << (SCHEDULE_BITS + PHASE_BITS);
        self.state.store(self.state.load(Acquire) | flag, Release);
    }

    pub(super) fn has_whence(&self) -> bool {
        self.has(WHENCE)
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use crate::words::id::{GENERATION_BITS, PLACE_BITS};

    #[test]
    fn a_record_is_one_cache_line() {
        assert_eq!(
            (size_of::<Record>(), align_of::<Record>(), size_of::<Memo>()),
            (64, 64, 24)
        );
        assert_eq!(size_of::<Stub>(), 24);
    }

    #[test]
    fn fields_keep_out_of_each_others_way() {
        let record = Record::default();
        assert!(!record.is_used());
        let schedule = ScheduleId::pack((1 << PLACE_BITS) - 1, (1 << GENERATION_BITS) - 1);
        record.begin(
            PatientId::new(u128::MAX),
            schedule,
            Phase::Held,
            Timestamp::from_millis(1),
            Timestamp::MAX,
        );
        record.claimed(u16::MAX - 1, u32::MAX);
        for phase in Phase::ALL.into_iter().skip(1) {
            record.become_phase(phase);
            assert_eq!(
                (record.phase(), record.schedule(), record.slot()),
                (phase, schedule, u16::MAX - 1)
            );
            assert!(!record.was_booked() && record.payment().is_none() && !record.is_named());
        }
        record.book();
        record.pay(PaymentRef::new(5));
        record.end(Phase::Withdrawn, Timestamp::from_millis(9));
        assert_eq!(
            (record.phase(), record.was_booked(), record.payment()),
            (Phase::Withdrawn, true, Some(PaymentRef::new(5)))
        );
        assert_eq!(
            record.claim(3),
            Claim {
                schedule,
                record: 3,
                slot: u16::MAX - 1,
                version: u32::MAX
            }
        );
    }
}
