//! Who gave a slot back, and who came for it?
//!
//! A slot that somebody cancelled where nothing else was to be had, and that soon goes to another patient of the same device or account, has been handed over. From one hand to
//! another the same pair must come twice: once is chance.

use crate::raw::hash::Keys;
use crate::raw::sets::{Kept, Sets};
use crate::words::sync::Mutex;
use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::time::{DAY_MS, Timestamp};

/// How long after a return a claim is held against it, in milliseconds: the half hour that returned slots are kept back for, where they are.
const WINDOW_MS: u64 = 1_800_000;
/// How long a pair is remembered without another handing over.
const PAIR_MS: u64 = 30 * DAY_MS;
/// Returns that are remembered: eight for each of so many schedules.
const SETS: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    1
} else {
    512
};
const EACH: usize = 8;
/// Pairs that are remembered.
const PAIRS: u32 = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    8_192
};

/// Somebody gave a slot back, or comes for one; all of them hashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hand {
    pub(super) schedule: u64,
    pub(super) patient: u64,
    pub(super) cluster: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Return {
    hand: Hand,
    at: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    times: u32,
    last: u64,
}

impl Kept<2> for Pair {
    fn of_words([times, last]: [u64; 2]) -> Self {
        Self {
            // Counted in 32 bits.
            times: times as u32,
            last,
        }
    }

    fn to_words(self) -> [u64; 2] {
        [self.times.into(), self.last]
    }
}

/// # Ordering
/// The sets' locks order what lies in them; `latest` is a hint on its own.
#[derive(Debug)]
pub(super) struct Returns {
    sets: Box<[Mutex<[Return; EACH]>]>,
    pairs: Sets<Pair, 2>,
    /// When the last slot was given back, in milliseconds.
    latest: AtomicU64,
}

impl Returns {
    pub(super) fn new() -> Self {
        Self {
            sets: (0..SETS).map(|_| Mutex::default()).collect(),
            pairs: Sets::new(PAIRS),
            latest: AtomicU64::new(0),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        size_of_val(&*self.sets) as u64 + self.pairs.bytes()
    }

    fn set(&self, schedule: u64) -> &Mutex<[Return; EACH]> {
        &self.sets[schedule as usize % SETS]
    }

    /// A slot was given back. The oldest return of the set makes room.
    pub(super) fn note(&self, hand: Hand, now: Timestamp) {
        let at = now.as_millis();
        self.latest.fetch_max(at, Ordering::Relaxed);
        if let Some(oldest) = self
            .set(hand.schedule)
            .lock()
            .iter_mut()
            .min_by_key(|it| it.at)
        {
            *oldest = Return { hand, at };
        }
    }

    /// Whether a claim may be of a slot that was given back.
    #[inline]
    pub(super) fn may_matter(&self, now: Timestamp) -> bool {
        let latest = self.latest.load(Ordering::Relaxed);
        latest != 0 && now.as_millis().saturating_sub(latest) <= WINDOW_MS
    }

    /// Somebody got a slot of that schedule: whose return this hands over, if it is a handing over: the cluster that gave it back.
    pub(super) fn claim(&self, hand: Hand, keys: Keys, now: Timestamp) -> Option<u64> {
        let now = now.as_millis();
        let mut returns = *self.set(hand.schedule).lock();
        returns.sort_unstable_by_key(|it| it.at);
        let mut from = None;
        for Return { hand: gave, at } in returns {
            let lately = at > 0 && now.saturating_sub(at) <= WINDOW_MS;
            let another = gave.schedule == hand.schedule && gave.patient != hand.patient;
            if !(lately && another) {
                continue;
            }
            if gave.cluster == hand.cluster
                || self.again(keys.more(gave.cluster, hand.cluster), now)
            {
                from = Some(gave.cluster);
            }
        }
        from
    }

    /// Whether this pair has come before.
    fn again(&self, pair: u64, now: u64) -> bool {
        let count = |it: &mut Pair| {
            if now.saturating_sub(it.last) > PAIR_MS {
                it.times = 0;
            }
            it.times = it.times.saturating_add(1);
            it.last = now;
            it.times > 1
        };
        self.pairs.with(pair, |it| (it.times, it.last), count).0
    }
}
