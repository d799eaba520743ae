//! One schedule's slots: who has which, and is one free?
//!
//! A [`Pool`] is the place where a schedule stands. Each of its slots has one packed [`Word`](word::Word): its state, its version and whose record
//! has it. **The word alone is the truth**; every transition is one compare-and-swap on it. Beside the words lie free bits, which say where
//! looking is worth it, and a filter of everybody who ever won here.
//!
//! # The protocol
//! 1. A slot that is `Free` and at rest has its free bit set. Whoever clears the bit goes for the slot; whoever swaps the word has it.
//!    A bit may be set although the word is not `Free` (somebody was faster by name): it is cleared and passed over.
//! 2. Giving back: swap the word to `Free`, then set the bit. Between the two the slot is in nobody's hand; only a claim of that slot by name
//!    (a late confirm) or a withdrawal can have it then, and both go by the word.
//! 3. A hold that is due is freed by its word alone, by anybody. Every other way out of `Held` and `Booked` is taken under the lock of the
//!    holder's book, so that book and word agree for all who hold that lock.
//! 4. `due` is never later than the deadline of a hold whose claim has returned, not even while somebody sweeps.
//! 5. Every step between the two halves of 1 and 2 is taken under the lock of *some* book. Passing through all those locks is therefore enough to
//!    know that a step seen half done has been finished: what the audit relies on.

mod due;
mod look;
pub(crate) mod places;
pub(crate) mod slots;
pub(crate) mod word;

use std::fmt;

use crate::raw::ahead::fetch;
use crate::raw::bits::{Marks, TAG_BITS};
use crate::raw::bound::Bound;
use crate::words::id::{GENERATION_BITS, ScheduleId};
use crate::words::schedule::{Opening, Schedule};
use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::time::Timestamp;

pub(crate) use look::Look;
use places::Desk;
use slots::{Slots, Term};
use word::{State, Word};

/// The session was called off.
const WITHDRAWN: u64 = 1 << FLAGS_SHIFT;
/// The schedule is past and nothing may find it any more.
const RETIRED: u64 = 2 << FLAGS_SHIFT;
/// It opens by a draw that has not been drawn. Until it is, `opens_at` says when people may enter.
const UNDRAWN: u64 = 4 << FLAGS_SHIFT;
/// The same, as marks on the free bits, which the first look goes by: each is put there before the flag is set, and taken away after it was cleared.
const WITHDRAWN_MARK: Marks = Marks::of(0);
const UNDRAWN_MARK: Marks = Marks::of(1);
/// It is past, or the pool's own lines don't tell all. Never taken away.
const ASIDE_MARK: Marks = Marks::of(2);

/// Why a slot could not be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Somebody has it.
    Taken,
    /// The session is withdrawn.
    Withdrawn,
}

/// The place of a schedule: two cache lines that are fetched together. The first is all that a look reads.
#[repr(C, align(128))]
pub(crate) struct Pool {
    /// Flags (12 bits, above), generation (21), how often the flags or the capacity have changed (15), capacity (16).
    meta: AtomicU64,
    opens_at: AtomicU64,
    closes_at: AtomicU64,
    /// Not later than the earliest deadline of the holds here.
    due: Bound,
    slots: Slots,
    hold_ttl: AtomicU64,
}

const GENERATION_SHIFT: u32 = 31;
const FLAGS_SHIFT: u32 = GENERATION_SHIFT + GENERATION_BITS;
const CHANGE: u64 = 1 << 16;
const CHANGES: u64 = (1 << GENERATION_SHIFT) - CHANGE;
const _: () = assert!(GENERATION_BITS == TAG_BITS);

/// The generation that a reading of `meta` tells.
const fn generation_of(meta: u64) -> u32 {
    // 21 bits.
    (meta << (64 - FLAGS_SHIFT) >> (64 - GENERATION_BITS)) as u32
}

/// Whether it is of that generation, and no flag is set.
const fn is_plain(meta: u64, generation: u32) -> bool {
    meta >> GENERATION_SHIFT == generation as u64
}

/// A reading of `meta`, changed once more.
const fn changed(meta: u64) -> u64 {
    meta & !CHANGES | meta.wrapping_add(CHANGE) & CHANGES
}

impl Default for Pool {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            meta: AtomicU64::new(RETIRED),
            opens_at: zero(),
            closes_at: zero(),
            due: Bound::default(),
            slots: Slots::default(),
            hold_ttl: zero(),
        }
    }
}

impl Pool {
    // ---- what stands here ---------------------------------------------------------------------------------------------------

    /// The generation of the schedule that stands here, or that stood here last.
    pub(crate) fn generation(&self) -> u32 {
        generation_of(self.meta.load(Ordering::Acquire))
    }

    #[inline]
    pub(crate) fn capacity(&self) -> u16 {
        self.meta.load(Ordering::Acquire) as u16
    }

    /// Whether the schedule of this id stands here.
    #[inline]
    pub(crate) fn is(&self, id: ScheduleId) -> bool {
        let meta = self.meta.load(Ordering::Acquire);
        meta & RETIRED == 0 && generation_of(meta) == id.generation()
    }

    #[inline]
    pub(crate) fn is_withdrawn(&self) -> bool {
        self.meta.load(Ordering::Acquire) & WITHDRAWN != 0
    }

    /// Whether it opens by a draw that has not been drawn.
    pub(crate) fn is_undrawn(&self) -> bool {
        self.meta.load(Ordering::Acquire) & UNDRAWN != 0
    }

    #[inline]
    pub(crate) fn slots(&self) -> &Slots {
        &self.slots
    }

    pub(crate) fn starts_at(&self) -> Timestamp {
        Timestamp::from_millis(self.slots.term(Term::StartsAt))
    }

    pub(crate) fn closes_at(&self) -> Timestamp {
        Timestamp::from_millis(self.closes_at.load(Ordering::Relaxed))
    }

    pub(crate) fn cancel_until(&self) -> Timestamp {
        Timestamp::from_millis(self.slots.term(Term::CancelUntil))
    }

    /// A hold's life, cut to the cap.
    #[inline]
    pub(crate) fn hold_ttl(&self) -> u64 {
        self.hold_ttl.load(Ordering::Relaxed)
    }

    pub(crate) fn hold_cap(&self) -> u64 {
        self.slots.term(Term::HoldCap)
    }

    // ---- looking: see `look` ------------------------------------------------------------------------------------------------

    /// Has the pool's two lines on their way.
    #[inline]
    pub(crate) fn fetch(&self) {
        fetch(&self.meta);
        fetch(&self.hold_ttl);
    }

    /// Whether a hash may be one of those who ever won here. A no is for good.
    #[inline]
    pub(crate) fn may_know(&self, hash: u64) -> bool {
        self.slots.may_know(hash)
    }

    /// Enters a hash before its claim, so that nobody who sees the claim's effect misses the entry.
    #[inline(always)]
    pub(crate) fn remember(&self, hash: u64) {
        self.slots.remember(hash);
    }

    // ---- claiming and giving back -------------------------------------------------------------------------------------------

    /// Claims the lowest free slot for a record. The swap of the word is the instant at which it is taken; `prepare` writes slot and version into
    /// the record before each try, so that whoever meets the word finds the record complete. If there is none, the error says whether any
    /// was seen withdrawn, or all were taken.
    #[inline(always)]
    pub(crate) fn claim(
        &self,
        generation: u32,
        state: State,
        holder: u32,
        prepare: impl Fn(u16, u32),
    ) -> Result<(u16, Word), Lost> {
        loop {
            let before = self.meta.load(Ordering::Acquire);
            let mut lost = Lost::Taken;
            while let Some(slot) = self.slots.take_lowest(generation) {
                match self.claim_slot(slot, state, holder, &prepare) {
                    Ok(word) => return Ok((slot, word)),
                    // The bit promised what the word didn't keep: another had it by name, or the session was withdrawn.
                    Err(Lost::Withdrawn) => lost = Lost::Withdrawn,
                    Err(Lost::Taken) => {}
                }
            }
            let after = self.meta.load(Ordering::Acquire);
            if after & WITHDRAWN != 0 {
                return Err(Lost::Withdrawn);
            }
            if after == before {
                return Err(lost);
            }
            // Withdrawn and reinstated, or grown, while we were looking.
        }
    }

    /// Claims the slot of a hold that ran out again, for whoever held it: also if it rests.
    pub(crate) fn reclaim(&self, slot: u16, holder: u32) -> Result<Word, Lost> {
        let at = self.slots.word(slot).ok_or(Lost::Taken)?;
        loop {
            let seen = at.load();
            if seen.state() != State::Cooling {
                return self.claim_slot(slot, State::Booked, holder, |_, _| ());
            }
            if let Ok(word) = at.swap(seen, seen.to(State::Booked, holder)) {
                return Ok(word);
            }
        }
    }

    /// Claims that very slot by its word; its bit, if set, is left to whoever passes.
    #[inline]
    pub(crate) fn claim_slot(
        &self,
        slot: u16,
        state: State,
        holder: u32,
        prepare: impl Fn(u16, u32),
    ) -> Result<Word, Lost> {
        let at = self.slots.word(slot).ok_or(Lost::Taken)?;
        let mut seen = at.load();
        loop {
            match seen.state() {
                State::Free => {}
                State::Withdrawn => return Err(Lost::Withdrawn),
                _ => return Err(Lost::Taken),
            }
            let next = seen.to(state, holder);
            prepare(slot, next.version());
            match at.swap(seen, next) {
                Ok(word) => return Ok(word),
                Err(now) => seen = now,
            }
        }
    }

    /// Gives a slot back, if its word is still what the caller saw: swap, then bit.
    pub(crate) fn give_back(&self, generation: u32, slot: u16, seen: Word) -> Option<Word> {
        let word = self.slots.word(slot)?.swap(seen, seen.freed()).ok()?;
        self.put_bit(generation, slot, word);
        Some(word)
    }

    /// Lets a slot rest that was given up, if its word is still what the caller saw. It gets no bit: nobody finds it.
    pub(crate) fn let_rest(&self, slot: u16, seen: Word) -> Option<Word> {
        self.slots.word(slot)?.swap(seen, seen.cooled()).ok()
    }

    /// The second half of giving back. A slot that has used up its versions ended `Withdrawn` and gets no bit.
    pub(crate) fn put_bit(&self, generation: u32, slot: u16, word: Word) {
        if word.state() == State::Free {
            self.slots.put(generation, slot);
        }
    }

    // ---- what the hospital does (under the desk's lock) ---------------------------------------------------------------------

    /// A schedule takes this place. Nobody has its id yet.
    fn open(&self, _desk: &Desk<'_>, generation: u32, schedule: &Schedule) {
        // check() has bounded it.
        let capacity = schedule.capacity as u16;
        let set = |field: &AtomicU64, value: u64| field.store(value, Ordering::Relaxed);
        let (opens_at, flags) = match &schedule.opening {
            Opening::Lottery(lottery) => (lottery.entry_at(), UNDRAWN),
            Opening::FirstCome { at } => (*at, 0),
        };
        // check() has seen to it that it does not close before it opens.
        let closes_at = schedule.closes_at.unwrap_or(schedule.starts_at);
        set(&self.opens_at, opens_at.as_millis());
        set(&self.closes_at, closes_at.as_millis());
        set(
            &self.hold_ttl,
            schedule.hold_ttl_ms.min(schedule.hold_cap_ms),
        );
        self.due.clear();
        let marks = match flags & UNDRAWN {
            0 => ASIDE_MARK,
            _ => ASIDE_MARK.and(UNDRAWN_MARK),
        };
        self.slots.open(generation, capacity, marks);
        let cancel_until = schedule.cancel_until.unwrap_or(schedule.starts_at);
        for (term, value) in [
            (Term::StartsAt, schedule.starts_at.as_millis()),
            (Term::CancelUntil, cancel_until.as_millis()),
            (Term::HoldCap, schedule.hold_cap_ms),
        ] {
            self.slots.set_term(term, value);
        }
        // Release: whoever finds this generation finds everything above.
        self.meta
            .store(meta(generation, capacity, flags), Ordering::Release);
        // Without a free slot, all their versions used up, it isn't sold out before it opens.
        if self.slots.fit_own_lines(capacity) && self.slots.any_free() {
            self.slots.own_bits().unmark(ASIDE_MARK);
        }
    }

    /// Adds slots, all free. The caller has checked the sum.
    pub(crate) fn grow(&self, _desk: &Desk<'_>, count: u16) {
        let meta = self.meta.load(Ordering::Relaxed);
        let (generation, capacity) = (generation_of(meta), meta as u16);
        self.slots.reach(generation, capacity + count);
        if !self.slots.fit_own_lines(capacity + count) {
            self.slots.own_bits().mark(ASIDE_MARK);
        }
        self.change(|meta| meta + u64::from(count));
        for slot in capacity..capacity + count {
            if self
                .slots
                .word(slot)
                .is_some_and(|at| at.load().state() == State::Free)
            {
                self.slots.put(generation, slot);
            }
        }
    }

    /// Sets the flag that is not set, or clears the one that is. Once it is set nothing new is claimed: a claim that comes later sees it, or finds
    /// its word withdrawn.
    pub(crate) fn set_withdrawn(&self, _desk: &Desk<'_>, withdrawn: bool) {
        let bits = self.slots.own_bits();
        if withdrawn {
            bits.mark(WITHDRAWN_MARK);
            self.change(|meta| meta | WITHDRAWN);
        } else {
            self.change(|meta| meta & !WITHDRAWN);
            bits.unmark(WITHDRAWN_MARK);
        }
    }

    /// The draw is drawn: it opened at `at`, and what is left is first come. Only whoever drew calls this, once.
    pub(crate) fn set_drawn(&self, at: Timestamp) {
        self.opens_at.store(at.as_millis(), Ordering::Relaxed);
        // Release: who sees that it is drawn sees since when.
        self.change(|meta| meta & !UNDRAWN);
        self.slots.own_bits().unmark(UNDRAWN_MARK);
    }

    /// People may enter another draw from `at` on.
    pub(crate) fn set_undrawn(&self, _desk: &Desk<'_>, at: Timestamp) {
        self.opens_at.store(at.as_millis(), Ordering::Relaxed);
    }

    /// Changes flags or capacity, so that whoever looks meanwhile sees it.
    fn change(&self, to: impl Fn(u64) -> u64) {
        let mut meta = self.meta.load(Ordering::Relaxed);
        while let Err(now) = self.meta.compare_exchange_weak(
            meta,
            changed(to(meta)),
            Ordering::AcqRel,
            Ordering::Relaxed,
        ) {
            meta = now;
        }
    }

    /// From here on nothing finds this schedule.
    pub(crate) fn set_retired(&self, _desk: &Desk<'_>) {
        self.slots.own_bits().mark(ASIDE_MARK);
        self.change(|meta| meta | RETIRED);
    }
}

const fn meta(generation: u32, capacity: u16, flags: u64) -> u64 {
    ((generation as u64) << GENERATION_SHIFT) | flags | capacity as u64
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("generation", &self.generation())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use crate::words::id::PractitionerId;
    use crate::words::lottery::Lottery;
    use crate::words::schedule::Session;

    fn pool(plan: &Schedule) -> (places::Places, ScheduleId) {
        let places = places::Places::new(1);
        let id = places.settle(plan).expect("room");
        (places, id)
    }

    fn plan(capacity: u32, opening: Opening) -> Schedule {
        let day = "2026-12-01".parse().expect("a day");
        let starts_at = Timestamp::from_millis(1_000_000);
        Schedule::new(
            PractitionerId::new(1),
            day,
            Session::Morning,
            capacity,
            opening,
            starts_at,
        )
    }

    #[test]
    fn the_first_look_is_for_who_fits() {
        let (at, opens) = (Timestamp::from_millis, Timestamp::from_millis(10));
        for (capacity, fits) in [(1, true), (40, true), (41, false), (1_000, false)] {
            let (places, id) = pool(&plan(capacity, Opening::first_come(opens)));
            let (pool, desk) = places.desk(id).expect("it stands");
            let first = |now| pool.first_look(id, at(now));
            assert_eq!(first(10), fits.then_some(Look::Open), "{capacity}");
            assert_eq!([9, 1_000_000].map(first), [None; 2]);
            while pool.slots().take_lowest(id.tag()).is_some() {}
            assert_eq!(first(10), fits.then_some(Look::SoldOut), "{capacity}");
            let other = ScheduleId(id.0 ^ (1 << 52));
            assert_eq!(
                pool.first_look(other, opens),
                first(10),
                "places are told apart before"
            );
            assert_eq!(pool.first_look(ScheduleId(id.0 + 1), opens), None);
            pool.grow(&desk, 1);
            assert_eq!(first(10), None, "what was added lies elsewhere");
            assert_eq!(pool.look(id, opens), Look::Open);
        }
    }

    #[test]
    fn what_was_drawn_is_told_by_the_first_look() {
        let opens = Timestamp::from_millis(10);
        let (places, id) = pool(&plan(2, Opening::Lottery(Lottery::new(opens))));
        let (pool, desk) = places.desk(id).expect("it stands");
        let first = || pool.first_look(id, opens);
        assert_eq!(first(), None);
        pool.set_withdrawn(&desk, true);
        pool.set_drawn(opens);
        assert_eq!(first(), None, "called off, whatever was drawn");
        pool.set_withdrawn(&desk, false);
        assert_eq!(first(), Some(Look::Open));
        pool.set_retired(&desk);
        assert_eq!(first(), None);
    }

    #[test]
    fn changes_wrap_within_their_own_bits() {
        for flags in [0, WITHDRAWN, UNDRAWN, RETIRED | UNDRAWN] {
            let (generation, capacity) = ((1 << GENERATION_BITS) - 2, u16::MAX);
            let first = meta(generation, capacity, flags);
            let mut now = first;
            for _ in 0..CHANGES / CHANGE {
                now = changed(now);
                assert_ne!(now, first);
                assert_eq!((now ^ first) & !CHANGES, 0, "{now:x}");
            }
            assert_eq!(changed(now), first);
        }
    }
}
