//! A slot's life in one word.
//!
//! | bits | what |
//! |---|---|
//! | 0–2 | [`State`] |
//! | 3 | in between: freed, but its record not yet appended. Always 0 without a journal |
//! | 4–35 | version: one more at every transition, never less, also when the place changes its schedule |
//! | 36–63 | holder: the number of the record that has it; 0 for none |
//!
//! | from | to |
//! |---|---|
//! | Free | Held (claim) · Booked (exchange, late confirm) · Withdrawn |
//! | Held | Held (extend) · Booked (confirm) · Free or Cooling (release, expire) · Withdrawn |
//! | Booked | Free or Cooling (cancel, exchange) · Arrived (check in) · NoShow · Withdrawn |
//! | Arrived | Fulfilled |
//! | Withdrawn | Free (reinstate) |
//! | Cooling | Held (offer) · Booked (late confirm) · Free (nobody wants it) · Withdrawn |
//!
//! A version that is used up ([`LAST_VERSION`]) ends a slot's life: it becomes Withdrawn for good instead of Free, since a version
//! that came twice would be a stale id come true. At one transition a millisecond that takes 49 days.
//!
//! # Ordering
//! Swaps are AcqRel and loads Acquire: who sees a word sees what its writer did before, above all the record of its holder.

use crate::raw::ahead::fetch;
use crate::words::sync::atomic::{AtomicU64, Ordering};

/// Where a slot is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    Free = 0,
    Held = 1,
    Booked = 2,
    Cooling = 3,
    Withdrawn = 4,
    Arrived = 5,
    Fulfilled = 6,
    NoShow = 7,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Free,
        Self::Held,
        Self::Booked,
        Self::Cooling,
        Self::Withdrawn,
        Self::Arrived,
        Self::Fulfilled,
        Self::NoShow,
    ];

    /// Whether somebody has the slot.
    pub(crate) const fn is_taken(self) -> bool {
        matches!(
            self,
            Self::Held | Self::Booked | Self::Arrived | Self::Fulfilled | Self::NoShow
        )
    }

    const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Free, Self::Held | Self::Booked | Self::Withdrawn)
                | (
                    Self::Held,
                    Self::Held | Self::Booked | Self::Free | Self::Cooling | Self::Withdrawn
                )
                | (
                    Self::Booked,
                    Self::Free | Self::Cooling | Self::Arrived | Self::NoShow | Self::Withdrawn
                )
                | (
                    Self::Cooling,
                    Self::Held | Self::Booked | Self::Free | Self::Withdrawn
                )
                | (Self::Arrived, Self::Fulfilled)
                | (Self::Withdrawn, Self::Free)
        )
    }
}

const STATE: u64 = 0b111;
const VERSION_SHIFT: u32 = 4;
const HOLDER_SHIFT: u32 = 36;

/// From this version on a slot that would become Free becomes Withdrawn for good. Sixteen below the largest: a claim that was made
/// has versions left for everything that can still happen to it but extensions, which stop being granted.
pub(crate) const LAST_VERSION: u32 = u32::MAX - 16;

/// What a slot's word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(u64);

impl Word {
    const fn new(state: State, version: u32, holder: u32) -> Self {
        Self(state as u64 | (version as u64) << VERSION_SHIFT | (holder as u64) << HOLDER_SHIFT)
    }

    #[inline]
    pub(crate) const fn state(self) -> State {
        State::ALL[(self.0 & STATE) as usize]
    }

    #[inline]
    pub(crate) const fn version(self) -> u32 {
        (self.0 >> VERSION_SHIFT) as u32
    }

    #[inline]
    pub(crate) const fn holder(self) -> u32 {
        (self.0 >> HOLDER_SHIFT) as u32
    }

    /// Whether this record has the slot.
    #[inline]
    pub(crate) const fn is_of(self, record: u32) -> bool {
        self.holder() == record && self.state().is_taken()
    }

    /// The next word, one version on.
    #[inline]
    pub(crate) const fn to(self, next: State, holder: u32) -> Self {
        assert!(
            self.state().may_become(next),
            "a slot's life has no such transition"
        );
        assert!(self.version() < u32::MAX, "a slot ran out of versions");
        Self::new(next, self.version() + 1, holder)
    }

    /// The next word of a slot that was given up: Free, or Withdrawn for good if its versions are used up.
    pub(crate) const fn freed(self) -> Self {
        self.to(
            if self.is_spent() {
                State::Withdrawn
            } else {
                State::Free
            },
            0,
        )
    }

    /// The next word of a slot that was given up and rests: Cooling, or Withdrawn for good if its versions are used up.
    pub(crate) const fn cooled(self) -> Self {
        self.to(
            if self.is_spent() {
                State::Withdrawn
            } else {
                State::Cooling
            },
            0,
        )
    }

    /// Whether too few versions are left for another claim.
    pub(crate) const fn is_spent(self) -> bool {
        self.version() >= LAST_VERSION
    }
}

/// A slot's word as it stands in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a>(pub(super) &'a AtomicU64);

impl At<'_> {
    /// Has it on its way.
    #[inline]
    pub(crate) fn fetch(self) {
        fetch(self.0);
    }

    #[inline]
    pub(crate) fn load(self) -> Word {
        Word(self.0.load(Ordering::Acquire))
    }

    /// Swaps the word if it is still what was seen; else says what it is. Sequentially consistent for those who then read the pool's due bound.
    #[inline]
    pub(crate) fn swap(self, seen: Word, next: Word) -> Result<Word, Word> {
        match self
            .0
            .compare_exchange(seen.0, next.0, Ordering::SeqCst, Ordering::Acquire)
        {
            Ok(_) => Ok(next),
            Err(now) => Err(Word(now)),
        }
    }

    /// Starts the slot's next life in a place that changed its schedule: Free, one version on, unless its versions are used up. Nobody else
    /// writes the word then.
    pub(super) fn begin(self) -> Word {
        let old = self.load();
        let word = match old.version() {
            // Never used.
            0 => old,
            _ if old.is_spent() => Word::new(State::Withdrawn, old.version(), 0),
            version => Word::new(State::Free, version + 1, 0),
        };
        self.0.store(word.0, Ordering::Release);
        word
    }

    #[cfg(all(test, fairslot_loom))]
    pub(crate) fn set_version(self, version: u32) {
        self.0
            .store(Word::new(State::Free, version, 0).0, Ordering::Release);
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fields_round_trip(state in 0usize..8, version: u32, holder in 0u32..1 << 28) {
            let word = Word::new(State::ALL[state], version, holder);
            prop_assert_eq!((word.state() as usize, word.version(), word.holder()), (state, version, holder));
        }
    }

    #[test]
    fn f03_version_end_retires_the_slot() {
        let word = AtomicU64::new(0);
        let at = At(&word);
        word.store(
            Word::new(State::Free, LAST_VERSION - 3, 0).0,
            Ordering::Release,
        );
        let held = at.swap(at.load(), at.load().to(State::Held, 1)).unwrap();
        assert_eq!(held.freed().state(), State::Free);
        let free = at.swap(held, held.freed()).unwrap();
        let held = at.swap(free, free.to(State::Held, 1)).unwrap();
        let gone = at.swap(held, held.freed()).unwrap();
        assert_eq!((gone.state(), gone.is_spent()), (State::Withdrawn, true));
        assert_eq!(
            at.begin(),
            gone,
            "the next schedule in this place does not get it either"
        );
    }

    #[test]
    #[should_panic(expected = "no such transition")]
    fn what_was_seen_is_not_free() {
        let _ = Word::new(State::Fulfilled, 1, 1).to(State::Free, 0);
    }
}
