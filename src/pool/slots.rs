//! Where a pool keeps its slots' words and free bits.
//!
//! The bits of the first 40 slots lie in the pool's first line, for the look, and the filter of a schedule of up to 40 in its second; everything else in boxed
//! segments: the first holds what is seldom asked about the schedule, the filter of a larger one, and as many slots as it was published with; later ones, each
//! twice as large, what was added. Segments never move and are kept for the next schedule in this place.
//!
//! For the look at a larger pool, `left` is never less than the number of bits set beyond those: it is raised before a bit is set and
//! lowered after one was cleared. So 0 means that none is set.

use crate::raw::ahead::fetch;
use crate::raw::bits::{BITS, FreeWord, Marks};
use crate::raw::filter;
use crate::words::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::words::sync::{OnceBox, OnceLock};

use super::word::{At, State};

/// Later segments: the first has at least 40 slots, each has twice the one before, so 12 reach past 65,535.
const MORE: usize = 12;

/// Filter words in the pool's own line, and for how many slots they do.
const OWN_FILTER: usize = 5;
const OWN_ROOM: u32 = BITS;
const _: () = assert!(OWN_FILTER as u32 == filter::words_for(OWN_ROOM));

/// What is seldom asked about a schedule, in front of its first segment.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Term {
    StartsAt,
    CancelUntil,
    HoldCap,
}

const TERMS: u32 = 3;

/// In the first segment: terms, filter words, words of free bits, slot words. In a later one: words of free bits, slot words.
type Segment = OnceLock<Box<[AtomicU64]>>;

#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Slots {
    /// The bits of slots 0 to 39, and the marks.
    bits: AtomicU64,
    first: Segment,
    // From here on in the pool's second line.
    /// Slots in the first segment.
    first_room: AtomicU32,
    /// At least the number of bits set beyond the first 40.
    left: AtomicU32,
    more: OnceBox<[Segment; MORE]>,
    /// The filter, unless it needs more words.
    filter: [AtomicU64; OWN_FILTER],
}

/// Words of bits in a segment of `room` slots, without those of the pool's first line.
const fn bit_words(room: u32, own_line: bool) -> u32 {
    (if own_line {
        room.saturating_sub(BITS)
    } else {
        room
    })
    .div_ceil(BITS)
}

/// Filter words in a first segment of `room` slots.
const fn filter_words(room: u32) -> u32 {
    if room <= OWN_ROOM {
        0
    } else {
        filter::words_for(room)
    }
}

fn segment(front: u32, bits: u32, slots: u32, generation: u32) -> Box<[AtomicU64]> {
    let words: Box<[AtomicU64]> = (0..front + bits + slots)
        .map(|_| AtomicU64::new(0))
        .collect();
    words[front as usize..(front + bits) as usize]
        .iter()
        .for_each(|word| FreeWord(word).reset(generation, None));
    words
}

/// Where a slot stands: which segment (0 is the first), its index there, and how many slots it has.
#[derive(Debug, Clone, Copy)]
struct Place {
    segment: usize,
    index: u32,
    room: u32,
}

impl Slots {
    pub(crate) fn first_room(&self) -> u16 {
        // Set from a u16.
        self.first_room.load(Ordering::Relaxed) as u16
    }

    #[inline]
    fn has_own_filter(&self) -> bool {
        self.first_room.load(Ordering::Relaxed) <= OWN_ROOM
    }

    /// Whether so many slots all have their bits in the pool's first line and their filter in its second.
    pub(crate) fn fit_own_lines(&self, capacity: u16) -> bool {
        let first = self.first_room.load(Ordering::Relaxed);
        u32::from(capacity) <= first && first <= OWN_ROOM
    }

    /// The free bits that lie in the pool's first line; only where [all fit](Self::fit_own_lines) they are all there are.
    #[inline(always)]
    pub(crate) fn own_bits(&self) -> FreeWord<'_> {
        FreeWord(&self.bits)
    }

    /// Whether an entry may be in the filter, where [all fit](Self::fit_own_lines).
    #[inline(always)]
    pub(crate) fn own_filter_may_know(&self, hash: u64) -> bool {
        filter::may_hold(&self.filter, hash)
    }

    /// Whether the filter of a larger schedule may have an entry.
    #[inline(never)]
    fn large_may_know(&self, hash: u64) -> bool {
        filter::may_hold(self.large_filter(), hash)
    }

    /// The filter of a larger schedule.
    fn large_filter(&self) -> &[AtomicU64] {
        let room = self.first_room.load(Ordering::Relaxed);
        let words = TERMS as usize..(TERMS + filter_words(room)) as usize;
        self.first
            .get()
            .and_then(|first| first.get(words))
            .unwrap_or_default()
    }

    /// Whether an entry may be in the filter.
    #[inline(always)]
    pub(crate) fn may_know(&self, hash: u64) -> bool {
        // Two calls, so that the usual one knows how many words there are.
        if self.has_own_filter() {
            filter::may_hold(&self.filter, hash)
        } else {
            self.large_may_know(hash)
        }
    }

    /// Enters a hash into the filter.
    #[inline(always)]
    pub(crate) fn remember(&self, hash: u64) {
        if self.has_own_filter() {
            filter::add(&self.filter, hash);
        } else {
            filter::add(self.large_filter(), hash);
        }
    }

    fn term_word(&self, term: Term) -> Option<&AtomicU64> {
        self.first.get()?.get(term as usize)
    }

    /// What was set last, or 0.
    pub(crate) fn term(&self, term: Term) -> u64 {
        self.term_word(term)
            .map_or(0, |word| word.load(Ordering::Relaxed))
    }

    /// To be set once the segments are there.
    pub(crate) fn set_term(&self, term: Term, value: u64) {
        if let Some(word) = self.term_word(term) {
            word.store(value, Ordering::Relaxed);
        }
    }

    #[inline]
    fn place(&self, slot: u16) -> Place {
        let (slot, first) = (u32::from(slot), self.first_room.load(Ordering::Relaxed));
        if slot < first {
            return Place {
                segment: 0,
                index: slot,
                room: first,
            };
        }
        let (beyond, second) = (slot - first, first.max(BITS));
        let doublings = (beyond / second + 1).ilog2();
        let room = second << doublings;
        // doublings is at most 11.
        Place {
            segment: 1 + doublings as usize,
            index: beyond - (room - second),
            room,
        }
    }

    fn segment(&self, segment: usize) -> Option<&[AtomicU64]> {
        match segment {
            0 => self.first.get(),
            later => self.more.get()?.get(later - 1)?.get(),
        }
        .map(|words| &**words)
    }

    /// The word of a slot, if there is one.
    #[inline]
    pub(crate) fn word(&self, slot: u16) -> Option<At<'_>> {
        let place = self.place(slot);
        let words = self.segment(place.segment)?;
        // Slot words are the last `room` of a segment.
        words
            .get(words.len() - place.room as usize + place.index as usize)
            .map(At)
    }

    /// The free bits that a slot's bit is among, and which it is.
    fn free_word(&self, slot: u16) -> Option<(FreeWord<'_>, u32)> {
        let place = self.place(slot);
        if place.segment == 0 && place.index < BITS {
            return Some((FreeWord(&self.bits), place.index));
        }
        let words = self.segment(place.segment)?;
        let end = words.len() - place.room as usize;
        let own = bit_words(place.room, place.segment == 0) as usize;
        let index = if place.segment == 0 {
            place.index - BITS
        } else {
            place.index
        };
        let word = words.get(end - own + (index / BITS) as usize)?;
        Some((FreeWord(word), index % BITS))
    }

    fn is_in_line(&self, slot: u16) -> bool {
        u32::from(slot) < self.first_room.load(Ordering::Relaxed).min(BITS)
    }

    // ---- free bits ----------------------------------------------------------------------------------------------------------

    /// Whether any bit is set, whoever's.
    #[inline]
    pub(crate) fn any_free(&self) -> bool {
        // Acquire: pairs with the release of whoever cleared the last one, so that what a claim did before is seen by a refusal.
        let beyond = u64::from(self.left.load(Ordering::Acquire));
        (FreeWord(&self.bits).bits_of_anyone() | beyond) != 0
    }

    /// Has the word on its way of the slot that would be claimed next, if it is one of the first 40, and that of the hash in a filter that is no part of the pool's lines, for
    /// which it waits.
    #[inline]
    pub(crate) fn fetch(&self, hash: impl Fn() -> u64) {
        let Some(first) = self.first.get() else {
            return;
        };
        let slot = FreeWord(&self.bits).bits_of_anyone().trailing_zeros() as usize;
        let before = first.len() - self.first_room() as usize;
        if let Some(word) = first.get(before + slot) {
            fetch(word);
        }
        if !self.has_own_filter() {
            filter::fetch(self.large_filter(), hash());
        }
    }

    /// Clears the lowest bit there is and says whose it was.
    #[inline]
    pub(crate) fn take_lowest(&self, generation: u32) -> Option<u16> {
        // Below 40.
        if let Some(bit) = FreeWord(&self.bits).take_lowest(generation) {
            return Some(bit as u16);
        }
        if self.left.load(Ordering::Acquire) == 0 {
            None
        } else {
            self.take_lowest_beyond(generation)
        }
    }

    #[cold]
    fn take_lowest_beyond(&self, generation: u32) -> Option<u16> {
        let mut end = 0;
        for (segment, (bits, slots)) in (0..=MORE)
            .map_while(|segment| self.parts(segment))
            .enumerate()
        {
            // The first segment's first bits lie in the pool's first line.
            let base = if segment == 0 { BITS } else { end };
            for (i, word) in bits.iter().enumerate() {
                if let Some(bit) = FreeWord(word).take_lowest(generation) {
                    self.left.fetch_sub(1, Ordering::AcqRel);
                    return u16::try_from(base + i as u32 * BITS + bit).ok();
                }
            }
            end += slots.len() as u32;
        }
        None
    }

    /// Sets the bit of a slot.
    pub(crate) fn put(&self, generation: u32, slot: u16) {
        let Some((word, bit)) = self.free_word(slot) else {
            return;
        };
        if self.is_in_line(slot) {
            word.put(generation, bit);
        } else {
            self.left.fetch_add(1, Ordering::AcqRel);
            if !word.put(generation, bit) {
                self.left.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }

    /// Clears the bit of a slot; whether it was set.
    pub(crate) fn take(&self, generation: u32, slot: u16) -> bool {
        let Some((word, bit)) = self.free_word(slot) else {
            return false;
        };
        let taken = word.take(generation, bit);
        if taken && !self.is_in_line(slot) {
            self.left.fetch_sub(1, Ordering::AcqRel);
        }
        taken
    }

    /// Whether the bit of a slot is set.
    pub(crate) fn is_set(&self, generation: u32, slot: u16) -> bool {
        self.free_word(slot)
            .is_some_and(|(word, bit)| word.bits(generation) & (1 << bit) != 0)
    }

    // ---- a schedule takes the place (under the desk's lock) -----------------------------------------------------------------

    /// Makes the segments that `capacity` slots need, with no bit set.
    pub(crate) fn reach(&self, generation: u32, capacity: u16) {
        if self.first.get().is_none() {
            let room = u32::from(capacity);
            // Before the words: whoever finds them finds their number.
            self.first_room.store(room, Ordering::Relaxed);
            let front = TERMS + filter_words(room);
            self.first
                .get_or_init(|| segment(front, bit_words(room, true), room, generation));
        }
        let last = self.place(capacity - 1);
        for later in 1..=last.segment {
            let room = self.later_room(later);
            let more = self
                .more
                .get_or_init(|| Box::new(std::array::from_fn(|_| Segment::new())));
            if let Some(one) = more.get(later - 1) {
                one.get_or_init(|| segment(0, bit_words(room, false), room, generation));
            }
        }
    }

    /// How many slots a segment after the first has.
    fn later_room(&self, segment: usize) -> u32 {
        self.first_room.load(Ordering::Relaxed).max(BITS) << (segment - 1)
    }

    /// The words of free bits of a segment, and its slot words.
    fn parts(&self, segment: usize) -> Option<(&[AtomicU64], &[AtomicU64])> {
        let words = self.segment(segment)?;
        let room = if segment == 0 {
            self.first_room.load(Ordering::Relaxed)
        } else {
            self.later_room(segment)
        };
        let (front, slots) = words.split_at(words.len() - room as usize);
        Some((
            &front[front.len() - bit_words(room, segment == 0) as usize..],
            slots,
        ))
    }

    /// Hands the place to a schedule: empty filter, every slot free but those whose versions are used up, every bit of the new generation; with these marks.
    pub(crate) fn open(&self, generation: u32, capacity: u16, marks: Marks) {
        self.reach(generation, capacity);
        let filters = [&self.filter, self.large_filter()];
        filters
            .into_iter()
            .flatten()
            .for_each(|word| word.store(0, Ordering::Relaxed));
        self.left.store(0, Ordering::Relaxed);
        FreeWord(&self.bits).reset(generation, Some(marks));
        for (bits, slots) in (0..=MORE).map_while(|segment| self.parts(segment)) {
            bits.iter()
                .for_each(|word| FreeWord(word).reset(generation, None));
            slots.iter().for_each(|word| {
                At(word).begin();
            });
        }
        for slot in 0..capacity {
            if self
                .word(slot)
                .is_some_and(|at| at.load().state() == State::Free)
            {
                self.put(generation, slot);
            }
        }
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn opened(capacity: u16) -> Slots {
        let slots = Slots::default();
        slots.open(1, capacity, Marks::of(0));
        slots
    }

    fn all(slots: &Slots) -> Vec<u16> {
        std::iter::from_fn(|| slots.take_lowest(1)).collect()
    }

    proptest! {
        #[test]
        fn every_slot_has_its_own_word_and_bit(published in 1u16..400, added in prop::collection::vec(1u16..300, 0..5)) {
            let slots = opened(published);
            let mut capacity = published;
            for count in added {
                slots.reach(1, capacity + count);
                (capacity..capacity + count).for_each(|slot| slots.put(1, slot));
                capacity += count;
            }
            prop_assert_eq!(all(&slots), (0..capacity).collect::<Vec<_>>());
            prop_assert!(!slots.any_free());
            let mut words: Vec<_> = (0..capacity).map(|slot| std::ptr::from_ref(slots.word(slot).unwrap().0)).collect();
            words.sort_unstable();
            words.dedup();
            prop_assert_eq!(words.len(), usize::from(capacity));
        }
    }

    #[test]
    fn the_largest_pool() {
        let slots = opened(1);
        slots.reach(1, u16::MAX);
        (1..u16::MAX).for_each(|slot| slots.put(1, slot));
        assert_eq!(all(&slots).len(), usize::from(u16::MAX));
        assert_eq!(all(&opened(u16::MAX)), (0..u16::MAX).collect::<Vec<_>>());
    }

    #[test]
    fn a_bit_set_twice_counts_once() {
        let slots = opened(100);
        slots.put(1, 70);
        assert!(slots.take(1, 70) && !slots.take(1, 70) && !slots.is_set(1, 70));
        slots.put(1, 70);
        slots.put(1, 70);
        assert_eq!(all(&slots).len(), 100);
        assert!(!slots.any_free());
    }

    #[test]
    fn the_next_schedule_starts_anew() {
        let slots = opened(40);
        let old = slots.word(3).unwrap().load();
        let held = slots
            .word(3)
            .unwrap()
            .swap(old, old.to(State::Held, 9))
            .unwrap();
        slots.word(3).unwrap().swap(held, held.freed()).unwrap();
        slots.open(2, 43, Marks::of(0));
        assert!(
            !slots.take(1, 3),
            "the old generation's calls change nothing"
        );
        assert_eq!(std::iter::from_fn(|| slots.take_lowest(2)).count(), 43);
        assert_eq!(
            (
                slots.word(3).unwrap().load().version(),
                slots.word(3).unwrap().load().state()
            ),
            (3, State::Free)
        );
    }
}
