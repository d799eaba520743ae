//! Time passes: draws are drawn, slots return, turns are served, holds run out, ends are forgotten, past schedules are retired. In bounded bites, by whoever calls.
//!
//! Nothing depends on it but promptness: expiry is judged at use as well. What nobody advances, memory keeps.

use crate::ledger::record::{Phase, Record};
use crate::pool::Pool;
use crate::pool::places::{Desk, Facts};
use crate::pool::word::State;
use crate::raw::ahead::fetch;
use crate::raw::wheel::{Standing as InWheel, Wheel};
use crate::words::event::What;
use crate::words::id::ScheduleId;
use crate::words::time::Timestamp;

use super::stats::Count;
use super::{Bulletin, Engine, Inner, MEMORY_MS};

/// Due holds in one bite: some hundred microseconds of work.
const DUE: usize = 1_024;
/// Due holds whose lines are fetched together.
const AHEAD: usize = 16;
/// Records in one bite that are looked at for forgetting, and places for retiring.
const RECORDS: u32 = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    4
} else {
    256
};
const PLACES: u32 = 64;

/// What one bite of [`Engine::advance`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Advance {
    /// Holds that ran out since the last bite, whoever noticed.
    pub expired: u64,
    /// Schedules that opened by their draw since the last bite, whoever drew.
    pub drawn: u64,
    /// Slots that rested and returned since the last bite, to whom they were offered or to all, whoever noticed.
    pub returned: u64,
    /// People whose turn in the slow queue came and who got a slot since the last bite, whoever noticed.
    pub granted: u64,
    /// Past schedules retired.
    pub retired: u64,
    /// Ended holds and bookings forgotten.
    pub forgotten: u64,
    /// Whether there may be more to do: call again.
    pub more: bool,
}

/// What one bite leaves to the next. Its lock lets one thread at a time expire, forget and retire; draws, returns and turns are done before it, by an order of their own.
#[derive(Debug, Default)]
pub(super) struct Chores {
    /// Emptied and filled anew in each bite; kept for its room.
    due: Vec<(u64, u32)>,
    /// What earlier bites have reported of each.
    expired: u64,
    drawn: u64,
    returned: u64,
    granted: u64,
    /// The place that was looked at last for retiring.
    next_place: u32,
}

/// # Time passes
impl Engine {
    /// The engine's time: its clock's, or the highest at which anything was changed, if the clock has stepped back behind that.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.now()
    }

    /// Does a bounded part of the work that time brings: draws what is due to be drawn, serves who waits for a turn, frees the slots of holds that ran out, forgets what ended more than 24 hours
    /// ago, retires past schedules. Not bounded are three steps of a draw, each in proportion to its entrants: the close, the ranks, and the going on of those losers who would wait. Call it when [`next_deadline`](Self::next_deadline) has come, and now and then; or let a
    /// [`Driver`](crate::Driver) do so.
    pub fn advance(&self) -> Advance {
        let inner = &*self.inner;
        let now = inner.now();
        // DUE fits.
        let unpassed = match &inner.slowed {
            Some(slowed) => inner.pass_in_order(slowed, now, DUE as u32),
            None => inner.pass_lines(now, DUE as u32),
        };
        let mut bulletin = inner.bulletin(now);
        // That time has come so far is itself a change: what is forgotten now must not be missed by a clock that steps back.
        bulletin.changed = true;
        let mut chores = inner.chores.lock();
        let mut report = inner.expire_due(&mut chores.due, &mut bulletin);
        report.forgotten = inner.forget(bulletin.at);
        // Somewhat longer than answers are remembered.
        inner
            .named
            .turn(bulletin.at.as_millis(), MEMORY_MS + MEMORY_MS / 24);
        report.retired = inner.retire_past(&mut chores.next_place, &mut bulletin);
        report.more |= unpassed || report.forgotten > 0 || report.retired > 0;
        let since = |what, reported: &mut u64| {
            let now = inner.sum(what);
            now - std::mem::replace(reported, now)
        };
        report.expired = since(Count::Expired, &mut chores.expired);
        report.drawn = since(Count::Drawn, &mut chores.drawn);
        report.returned = since(Count::Returned, &mut chores.returned);
        report.granted = since(Count::Granted, &mut chores.granted);
        drop(chores);
        inner.close(&bulletin);
        drop(bulletin);
        inner.close_lines(now);
        if report.retired > 0 {
            // Nobody waits for a schedule of a week ago, unless its draw never came.
            inner.waiters.wake_all();
        }
        report
    }

    /// When something is due next: the earliest `expires_at` of those held, close of a window (of an adaptive one, the next time that it may close), return of a slot, or turn or end of the longest wait in the slow queue. `None` if there is none. It may lie in the past, if nobody has
    /// advanced since; and is the epoch while somebody who lost a place in the slow queue has yet to be told.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let inner = &*self.inner;
        let mut later = Vec::new();
        loop {
            let earliest = inner.wheel.earliest(
                |(deadline, number)| inner.in_wheel(deadline, number),
                &mut later,
            );
            if later.is_empty() {
                let turn = inner.slowed.as_ref().and_then(|it| it.next());
                let next = [earliest, inner.draws.next(), inner.returns.next(), turn]
                    .into_iter()
                    .flatten()
                    .min();
                return next.map(Timestamp::from_millis);
            }
            for (deadline, number) in later.drain(..) {
                // Taken out, so it is put in anew whatever its deadline is by now, unless the record speaks of another entry.
                if let Some((_book, record)) = inner.ledger.book_at(number)
                    && record.phase() == Phase::Held
                    && record.wake().0 == deadline
                {
                    inner.wake_at(number, record, record.until());
                }
            }
        }
    }
}

impl Inner {
    /// Puts a hold into the wheel. The record is told first: an entry that a record doesn't speak of is void.
    #[inline(always)]
    pub(super) fn wake_at(&self, number: u32, record: &Record, until: Timestamp) {
        let lane = Wheel::own_lane();
        record.set_wake(until.as_millis(), lane);
        self.wheel.put(lane, until.as_millis(), number);
    }

    /// What a wheel's entry means, read without the book's lock: a void one stays void, and the others are looked at again under it.
    fn in_wheel(&self, deadline: u64, number: u32) -> InWheel {
        let Some(record) = self.ledger.record(number) else {
            return InWheel::Void;
        };
        let until = record.until().as_millis();
        if record.phase() != Phase::Held || record.wake().0 != deadline {
            return InWheel::Void;
        }
        if !self.has_slot(number, record) {
            return InWheel::Void;
        }
        if until > deadline {
            InWheel::Later
        } else {
            InWheel::Stands
        }
    }

    /// Whether a hold that was in the wheel under `deadline` ends later than `than`; if so, it is put in anew. Under its book's lock.
    fn is_later(&self, deadline: u64, number: u32, record: &Record, than: Timestamp) -> bool {
        if record.phase() != Phase::Held || record.wake().0 != deadline {
            return true;
        }
        let later = record.until() > than;
        if later {
            self.wake_at(number, record, record.until());
        }
        later
    }

    fn expire_due(&self, due: &mut Vec<(u64, u32)>, bulletin: &mut Bulletin<'_>) -> Advance {
        due.clear();
        self.wheel.pop_due(bulletin.at.as_millis(), DUE, due);
        for together in due.chunks(AHEAD) {
            self.fetch_due(together);
            for &(deadline, number) in together {
                self.expire_one(deadline, number, bulletin);
            }
        }
        Advance {
            more: due.len() == DUE,
            ..Advance::default()
        }
    }

    /// Fetches what these holds lead to: their records, then the lines that those name, then the words of their slots. Read without a lock: whatever has
    /// changed by then is fetched for nothing.
    fn fetch_due(&self, due: &[(u64, u32)]) {
        let records = || {
            due.iter()
                .filter_map(|&(_, number)| self.ledger.record(number))
        };
        records().for_each(fetch);
        for record in records() {
            self.ledger.fetch(self.ledger.hash(record.patient()));
            if let Some(pool) = self.places.find(record.schedule()) {
                pool.fetch();
            }
        }
        for record in records() {
            let pool = self.places.find(record.schedule());
            if let Some(word) = pool.and_then(|it| it.slots().word(record.slot())) {
                word.fetch();
            }
        }
    }

    /// Frees one hold's slot, if it is still that hold's and still due.
    fn expire_one(&self, deadline: u64, number: u32, bulletin: &mut Bulletin<'_>) {
        let Some((book, record)) = self.ledger.book_at(number) else {
            return;
        };
        if self.is_later(deadline, number, record, bulletin.at) {
            return;
        }
        let (schedule, slot) = (record.schedule(), record.slot());
        let Some(pool) = self.places.of(schedule) else {
            return;
        };
        let Some(seen) = pool
            .slots()
            .word(slot)
            .map(|at| at.load())
            .filter(|seen| seen.is_of(number))
        else {
            return;
        };
        let (patient, until) = (book.patient(), record.until());
        let rest = self.rest_of((schedule, pool), record, None, until);
        let word = match &rest {
            Some(_) => pool.let_rest(slot, seen),
            None => pool.give_back(schedule.tag(), slot, seen),
        };
        if let Some(word) = word {
            if let Some(rest) = rest {
                let given_up = (slot, patient, record.mark());
                self.rests((schedule, pool), given_up, rest);
            }
            let whose = Some((patient, record.claim(number)));
            self.note_expiry(schedule, slot, whose, word, bulletin);
        }
    }

    /// Strikes what ended long enough ago from its book. Goes round all records, a few at a time.
    fn forget(&self, now: Timestamp) -> u64 {
        let mut forgotten = 0;
        for _ in 0..RECORDS {
            let Some(number) = self.ledger.next_to_forget() else {
                continue;
            };
            // A glance first; under the book's lock it is looked at again.
            let glance = self
                .ledger
                .record(number)
                .filter(|r| r.is_used() && self.standing(r, now).is_forgotten(now));
            if let Some((book, record)) = glance.and_then(|_| self.ledger.book_at(number)) {
                forgotten += u64::from(self.strike_forgotten(&book, number, record, now));
            }
        }
        forgotten
    }

    fn retire_past(&self, next_place: &mut u32, bulletin: &mut Bulletin<'_>) -> u64 {
        let Some(after) = self.settings.retire_after_ms else {
            return 0;
        };
        let used = self.places.used();
        let mut retired = 0;
        for _ in 0..PLACES.min(used) {
            *next_place = (*next_place + 1) % used;
            let Some((id, pool, desk)) = self.places.at(*next_place) else {
                continue;
            };
            let end = pool
                .starts_at()
                .max(pool.closes_at())
                .max(pool.cancel_until());
            // Holds may outlast the cut-off by their cap and be confirmed late for as long as they are remembered; and what became of them then, or
            // by a withdrawal, is remembered for as long again.
            let settled = end.after(pool.hold_cap()).after(2 * MEMORY_MS);
            let withdrawn_at = desk
                .as_ref()
                .map_or(Timestamp::default(), Facts::withdrawn_at);
            let due = end
                .after(after)
                .max(settled)
                .max(withdrawn_at.after(MEMORY_MS));
            if due <= bulletin.at
                && due < Timestamp::MAX
                && !self.awaits_others(id, bulletin.at)
                && self.retire(id, pool, desk, bulletin)
            {
                retired += 1;
            }
        }
        retired
    }

    /// Retires a schedule whose time is past, and with it the lines of those who still have a slot of it. No hold can be alive or be
    /// confirmed late any more. That no call which began while anything could still change is under way a day later is assumed.
    fn retire(
        &self,
        id: ScheduleId,
        pool: &Pool,
        desk: Desk<'_>,
        bulletin: &mut Bulletin<'_>,
    ) -> bool {
        self.sweep(pool, id, bulletin);
        let words = || (0..pool.capacity()).filter_map(|slot| pool.slots().word(slot));
        if words().any(|at| at.load().state() == State::Held) {
            return false;
        }
        pool.set_retired(&desk);
        self.draws.forget(id);
        for at in words() {
            let seen = at.load();
            if seen.state().is_taken()
                && let Some((book, record)) = self.ledger.book_at(seen.holder())
                && record.schedule() == id
            {
                book.strike(seen.holder());
            }
        }
        self.returns.forget(id);
        self.places.leave(id, pool, desk);
        self.count(Count::Retired);
        bulletin.tell_of_schedule(id, What::Retired);
        true
    }
}
