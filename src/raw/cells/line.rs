//! One line of cells: which is a key's own, and which is the one to take over?

use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::sync::fence_of_models;

/// Cells in a line.
pub(crate) const WAYS: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    8
};

pub(super) const INSTANT_BITS: u32 = 44;
pub(super) const INSTANT: u64 = (1 << INSTANT_BITS) - 1;
pub(super) const RANGE: u64 = 1 << INSTANT_BITS;

/// An instant that words are judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) ms: u64,
    /// Modulo the range.
    pub(super) ticks: u64,
}

impl Now {
    /// By how much the instant of a word lies ahead; of nobody's word, not at all.
    #[inline]
    pub(super) const fn debt(self, word: u64) -> u64 {
        if word == 0 { 0 } else { self.ahead(word) }
    }

    /// The same, for a word that is somebody's.
    #[inline]
    pub(super) const fn ahead(self, word: u64) -> u64 {
        let ahead = word.wrapping_sub(self.ticks) & INSTANT;
        if ahead > RANGE / 2 { 0 } else { ahead }
    }

    /// The word of a key that owes so much.
    pub(super) const fn word(self, tag: u64, debt: u64) -> u64 {
        tag << INSTANT_BITS | (self.ticks + debt) & INSTANT
    }
}

pub(super) const fn tag_of(word: u64) -> u64 {
    word >> INSTANT_BITS
}

/// Where a key's cell is mostly: where its tag says, if that was idle when the key came.
const fn home_of(tag: u64) -> usize {
    tag as usize % WAYS
}

/// Never 0, which is nobody's.
pub(super) const fn tag_of_hash(hash: u64) -> u64 {
    let tag = tag_of(hash);
    if tag == 0 { 1 } else { tag }
}

/// What taking a cell comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// It is the key's own cell.
    Own,
    /// Another's that owes nothing, or nobody's.
    Idle,
    /// Another's that owes something.
    Displacing,
    /// Cells that owe nothing have to be emptied first: no line says so.
    Late,
}

/// The cell that a key is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) way: usize,
    pub(super) word: u64,
    pub(super) debt: u64,
    /// Whether it is the key's own; else it is the one to take over.
    pub(super) own: bool,
}

impl Spot {
    #[inline(always)]
    const fn own(way: usize, word: u64, now: Now) -> Self {
        Self {
            way,
            word,
            debt: now.ahead(word),
            own: true,
        }
    }

    #[inline]
    pub(super) const fn how(self) -> How {
        match self {
            Self { own: true, .. } => How::Own,
            Self { debt: 0, .. } => How::Idle,
            _ => How::Displacing,
        }
    }
}

#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Line(pub(super) [AtomicU64; WAYS]);

impl Line {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    /// The word of a cell, if it is of this tag.
    #[inline(always)]
    fn word_of(&self, way: usize, tag: u64) -> Option<u64> {
        let word = self.0[way].load(Ordering::Relaxed);
        (tag_of(word) == tag).then_some(word)
    }

    /// The key's own, as the tags tell, and its word.
    #[inline(always)]
    pub(super) fn own(&self, tag: u64) -> Option<(usize, u64)> {
        let own = |way| self.word_of(way, tag).map(|word| (way, word));
        own(home_of(tag)).or_else(|| (0..WAYS).find_map(own))
    }

    /// The cell that the key is judged by: its own, or else whichever owes least.
    #[inline(always)]
    pub(super) fn find(&self, tag: u64, now: Now) -> Spot {
        let home = home_of(tag);
        let word = self.0[home].load(Ordering::Relaxed);
        if tag_of(word) == tag {
            return Spot::own(home, word, now);
        }
        if now.debt(word) > 0 || self.has(tag) {
            return self.find_in_all(tag, now);
        }
        Spot {
            way: home,
            word,
            debt: 0,
            own: false,
        }
    }

    #[inline(always)]
    fn has(&self, tag: u64) -> bool {
        (0..WAYS).any(|way| self.word_of(way, tag).is_some())
    }

    /// The same wherever it is. By one reading of the line: of another, a cell that has become the key's own meanwhile would be a reason to take over the next.
    #[inline(never)]
    fn find_in_all(&self, tag: u64, now: Now) -> Spot {
        let mut least = Spot {
            way: 0,
            word: 0,
            debt: u64::MAX,
            own: false,
        };
        for (way, cell) in self.0.iter().enumerate() {
            let word = cell.load(Ordering::Relaxed);
            if tag_of(word) == tag {
                return Spot::own(way, word, now);
            }
            let debt = now.debt(word);
            if debt < least.debt {
                (least.way, least.word, least.debt) = (way, word, debt);
            }
        }
        least
    }

    #[inline]
    pub(super) fn swap(&self, way: usize, word: u64, next: u64) -> bool {
        let (set, get) = (Ordering::SeqCst, Ordering::Relaxed);
        self.0[way].compare_exchange(word, next, set, get).is_ok()
    }

    /// After a cell was taken over: another thread may have given the same key another one at the same time. What the higher of two owes goes to the lower.
    ///
    /// Both threads swap a cell and look at the other's, all four sequentially consistent. These have an order, so the thread whose swap is the later one sees both cells. If
    /// both threads do, both go about it, and the one that empties the higher cell carries its debt over.
    #[inline]
    pub(super) fn unite(&self, way: usize, tag: u64, now: impl FnOnce() -> Now) {
        fence_of_models();
        // Beginning with the next, so that nothing hangs on which one it is.
        let mut others = (1..WAYS).map(|by| (way + by) % WAYS);
        if others.any(|other| tag_of(self.0[other].load(Ordering::SeqCst)) == tag) {
            self.unite_at(way, tag, now());
        }
    }

    #[cold]
    fn unite_at(&self, mut way: usize, tag: u64, now: Now) {
        for other in 0..WAYS {
            if other != way && tag_of(self.0[other].load(Ordering::SeqCst)) == tag {
                self.merge(way.min(other), way.max(other), tag, now);
                way = way.min(other);
            }
        }
    }

    fn merge(&self, lower: usize, higher: usize, tag: u64, now: Now) {
        let under_tag = |word| (tag_of(word) == tag).then_some(word);
        let change = |way: usize, next: &dyn Fn(u64) -> u64| {
            let mut seen = under_tag(self.0[way].load(Ordering::Relaxed))?;
            loop {
                let swapped = self.0[way].compare_exchange(
                    seen,
                    next(seen),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
                match swapped {
                    Ok(word) => return Some(word),
                    Err(word) => seen = under_tag(word)?,
                }
            }
        };
        if let Some(emptied) = change(higher, &|_| 0) {
            let more = now.debt(emptied);
            change(lower, &|word| now.word(tag, now.debt(word) + more));
        }
    }
}
