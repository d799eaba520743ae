//! A rate limit for any number of keys, in memory that never grows: may this key have another turn yet, and if not, when?
//!
//! The generic cell rate algorithm (GCRA, ITU-T I.371) keeps one instant a key, its *theoretical arrival time*: the end of the turns it has had, as if
//! each had lasted its `step`. How far that lies ahead is the key's debt. With a debt above the tolerance it has to wait; a turn adds a step.
//!
//! A cell is one word: 20 bits of the key's hash (the tag, never 0) and 44 bits of that instant. Eight cells are a line, a cache line, and the hash says
//! which. **A key without a cell takes over the one of its line that owes least, debt and all.** A cell that owes nothing is as good as
//! an empty one. Where all eight owe something, the newcomer inherits the smallest debt: nobody who invents keys gets out of one that way.
//! Whose cell it was is free of that debt; with two and a half cells for every key that owes something it happens to two newcomers in a thousand, with five to
//! next to none (`crowded` in `tests/limit` counts them).
//!
//! # How exact
//! Time is counted in ticks, of which a turn costs a whole number: for 7 turns in a minute a tick is a seventh of a millisecond. So nothing is ever rounded
//! but the wait, up to the next millisecond: one before it the answer is no, at it yes.
//!
//! As long as its line has room a key gets exactly what GCRA gives it. It gets more if its cell was taken over in between, by no more than the debt that went
//! with it; and too early, but not more, if two threads give it a first turn at once in two cells, which are then [united](Line::unite). It gets less
//! if another key of its line has its tag: eight chances in 2^20 a look at a full line. The hash is keyed: nobody can choose to.
//!
//! # Any time there is
//! Instants are kept modulo 2^44 ticks, so the year matters no more than the uptime. What is told apart is the half before now and the half after it. No debt is
//! longer than a sixteenth; and before anything is written, cells that owe nothing are emptied if that was last done a quarter of the range ago (139 years, where a
//! tick is a millisecond; never less than an hour). So every cell lies in the half where it belongs. Time does not go back: whatever was
//! written, nothing is judged by an earlier instant.
//!
//! # Ordering
//! A word says all there is to know of a cell and publishes nothing else, so loads are Relaxed: every step is one swap of one word, which fails if the
//! word has changed. Two words have to do with each other in one place, where a key may have got two cells; for that swaps are sequentially consistent, and `Line::unite` argues it.
//! `latest` is a number on its own. `calm_until` is written Release by who has emptied cells and read Acquire, so that whoever goes by it finds them empty.

mod line;
mod pace;

use std::fmt;

use crate::raw::ahead::fetch;
use crate::words::sync::Mutex;
use crate::words::sync::atomic::{AtomicU64, Ordering};

pub(crate) use line::WAYS;
use line::{How, INSTANT, INSTANT_BITS, Line, Now, RANGE, tag_of, tag_of_hash};
use pace::MOST_FINES;
pub(crate) use pace::Pace;

/// How a turn was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// From the key's own cell, or one that owed nothing.
    Fairly,
    /// By a cell of another key that still owed something: the line was full.
    Displacing,
}

/// Not yet: milliseconds to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u64);

/// A turn that a key can have, as it was found: to be [taken](Cells::take), or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chance<'a> {
    line: &'a Line,
    /// The cell's word, and the one to swap it for.
    word: u64,
    next: u64,
    way: u8,
    how: How,
}

pub(crate) struct Cells {
    lines: Box<[Line]>,
    pace: Pace,
    /// The latest instant at which anything was written, in milliseconds.
    latest: AtomicU64,
    /// The last instant, in milliseconds, at which anything is written before cells that owe nothing are emptied again: not a quarter of the range after that was last done.
    calm_until: AtomicU64,
    sweeping: Mutex<()>,
}

impl Cells {
    /// Room for `cells`, rounded up to whole lines. All of its memory is taken here.
    pub(crate) fn new(cells: u32, pace: Pace) -> Self {
        Self {
            lines: (0..cells.div_ceil(WAYS as u32).max(1))
                .map(|_| Line::new())
                .collect(),
            pace,
            latest: AtomicU64::new(0),
            calm_until: AtomicU64::new(pace.quarter_ms - 1),
            sweeping: Mutex::new(()),
        }
    }

    /// How many cells there are.
    pub(crate) fn capacity(&self) -> u64 {
        self.lines.len() as u64 * WAYS as u64
    }

    /// The key's line, by the lower half of its hash, and its tag, by the upper bits.
    #[inline]
    fn open(&self, hash: u64) -> (&Line, u64) {
        let line = ((hash & 0xffff_ffff) * self.lines.len() as u64) >> 32;
        (&self.lines[line as usize], tag_of_hash(hash))
    }

    /// Whether a key that asks at `ms` could have a turn. Writes nothing.
    #[inline(always)]
    pub(crate) fn look(&self, hash: u64, ms: u64) -> Result<Chance<'_>, Wait> {
        let ((line, tag), now) = (self.open(hash), self.now(ms));
        let spot = line.find(tag, now);
        let late = self.is_due(now);
        if !(late && self.is_all_past(now)) {
            self.verdict(spot.debt, now, ms)?;
        }
        Ok(Chance {
            line,
            word: spot.word,
            next: now.word(tag, spot.debt + self.pace.step),
            way: spot.way as u8,
            how: if late { How::Late } else { spot.how() },
        })
    }

    /// Gives the turn that a look of this hash at `ms` has found, in one swap if nothing has come between; else as if there had been no look.
    #[inline]
    pub(crate) fn take(&self, chance: &Chance<'_>, hash: u64, ms: u64) -> Result<Given, Wait> {
        let (line, way) = (chance.line, usize::from(chance.way));
        if chance.how == How::Late || !line.swap(way, chance.word, chance.next) {
            return self.charge(hash, ms);
        }
        Ok(self.given(line, tag_of(chance.next), way, chance.how, ms))
    }

    /// Has the key's line on its way.
    #[inline]
    pub(crate) fn fetch(&self, hash: u64) {
        fetch(self.open(hash).0);
    }

    /// Gives a key that asks at `ms` a turn. A no writes nothing.
    #[inline]
    pub(crate) fn charge(&self, hash: u64, ms: u64) -> Result<Given, Wait> {
        let ((line, tag), now) = (self.open(hash), self.now(ms));
        // The short way: a key with a cell of its own.
        if let Some((way, word)) = line.own(tag)
            && !self.is_due(now)
        {
            let debt = now.ahead(word);
            self.verdict(debt, now, ms)?;
            if line.swap(way, word, now.word(tag, debt + self.pace.step)) {
                self.wrote_at(ms);
                return Ok(Given::Fairly);
            }
        }
        self.charge_at(line, tag, now, ms)
    }

    /// The same for any key, and whatever comes between.
    #[inline(never)]
    fn charge_at(&self, line: &Line, tag: u64, now: Now, ms: u64) -> Result<Given, Wait> {
        loop {
            let spot = line.find(tag, now);
            if self.is_due(now) && (self.is_all_past(now) || spot.debt <= self.pace.tolerance) {
                self.sweep(now);
                continue;
            }
            self.verdict(spot.debt, now, ms)?;
            if line.swap(
                spot.way,
                spot.word,
                now.word(tag, spot.debt + self.pace.step),
            ) {
                return Ok(self.given(line, tag, spot.way, spot.how(), ms));
            }
        }
    }

    /// A cell was swapped for a turn that was asked for at `ms`.
    #[inline]
    fn given(&self, line: &Line, tag: u64, way: usize, how: How, ms: u64) -> Given {
        self.wrote_at(ms);
        if how != How::Own {
            line.unite(way, tag, || self.now(ms));
        }
        match how {
            How::Displacing => Given::Displacing,
            _ => Given::Fairly,
        }
    }

    /// Takes back what one turn cost, if the key's cell still stands. The debt that others ran up meanwhile stays.
    pub(crate) fn refund(&self, hash: u64, ms: u64) {
        let ((line, tag), now) = (self.open(hash), self.now(ms));
        loop {
            let spot = line.find(tag, now);
            if !spot.own || spot.debt == 0 || self.is_all_past(now) {
                return;
            }
            let until = spot.word.wrapping_sub(self.pace.step) & INSTANT;
            let next = tag << INSTANT_BITS | until;
            if line.swap(spot.way, spot.word, next) {
                return;
            }
        }
    }

    /// Makes a key that was told to wait pay for having asked, if the pace has a fine for it; the answer is its wait from then on.
    #[inline]
    pub(crate) fn fine(&self, hash: u64, ms: u64, told: Wait) -> Wait {
        match self.pace.fine {
            0 => told,
            _ => self.fine_at(hash, ms, told),
        }
    }

    #[inline(never)]
    fn fine_at(&self, hash: u64, ms: u64, told: Wait) -> Wait {
        let ((line, tag), now) = (self.open(hash), self.now(ms));
        loop {
            let spot = line.find(tag, now);
            // A key that is judged by another's debt pays nothing for it.
            let Err(wait) = self.verdict(spot.debt, now, ms) else {
                return told;
            };
            let most = self.pace.tolerance + MOST_FINES * self.pace.step;
            let debt = spot.debt.saturating_add(self.pace.fine).min(most);
            if !spot.own || debt <= spot.debt {
                return wait;
            }
            if self.is_due(now) {
                self.sweep(now);
                continue;
            }
            if line.swap(spot.way, spot.word, now.word(tag, debt)) {
                self.wrote_at(ms);
                return self.verdict(debt, now, ms).err().unwrap_or(told);
            }
        }
    }

    #[inline]
    fn verdict(&self, debt: u64, now: Now, asked_at: u64) -> Result<(), Wait> {
        if debt <= self.pace.tolerance {
            return Ok(());
        }
        // Where the clock has stepped back, it has to come up first.
        Err(Wait(self.pace.wait(debt).saturating_add(now.ms - asked_at)))
    }

    // ---- time ---------------------------------------------------------------------------------------------------------------

    #[inline]
    fn now(&self, ms: u64) -> Now {
        self.at(ms.max(self.latest.load(Ordering::Relaxed)))
    }

    #[inline]
    fn at(&self, ms: u64) -> Now {
        Now {
            ms,
            // The range divides 2^64, so that the product may wrap.
            ticks: ms.wrapping_mul(self.pace.per_ms) & INSTANT,
        }
    }

    /// Whether cells that owe nothing have to be emptied before anything is written.
    #[inline]
    fn is_due(&self, now: Now) -> bool {
        now.ms > self.calm_until.load(Ordering::Acquire)
    }

    /// Whether so much time has passed that every cell is past, whatever its bits say: three eighths of the range, because what stands there was
    /// written no later than two eighths after the last sweep and owes no more than one (two threads' cells, united).
    #[inline]
    fn is_all_past(&self, now: Now) -> bool {
        let overdue = now
            .ms
            .saturating_sub(self.calm_until.load(Ordering::Acquire));
        overdue > self.pace.quarter_ms / 2
    }

    /// Something was written for who asked at `ms`: the latest instant, unless it was judged by a later one, which stands there already.
    #[inline]
    fn wrote_at(&self, ms: u64) {
        if self.latest.load(Ordering::Relaxed) < ms {
            self.latest.fetch_max(ms, Ordering::Relaxed);
        }
    }

    /// Empties the cells that owe nothing, for somebody who is about to write.
    #[cold]
    fn sweep(&self, now: Now) {
        let _one = self.sweeping.lock();
        if !self.is_due(now) {
            return;
        }
        self.wrote_at(now.ms);
        let all_past = self.is_all_past(now);
        for cell in self.lines.iter().flat_map(|line| &line.0) {
            let word = cell.load(Ordering::Relaxed);
            if word != 0 && (all_past || now.debt(word) == 0) {
                // A cell that has changed meanwhile was written just now.
                let _ = cell.compare_exchange(word, 0, Ordering::Relaxed, Ordering::Relaxed);
            }
        }
        // At the end of time: for ever.
        let until = now.ms.saturating_add(self.pace.quarter_ms - 1);
        self.calm_until.store(until, Ordering::Release);
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cells")
            .field("lines", &self.lines.len())
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}
