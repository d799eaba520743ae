//! What a schedule is like to who asks for a slot: open, sold out, not open yet?
//!
//! The first look goes by one reading of the free bits, with the marks that lie beside them: if there is none, then at that instant the schedule of this id stood here, drawn if it opens by a draw,
//! not withdrawn, and its bits were all there is to know. Every other look goes by `meta`, the times and the bits, and is good for every schedule.

use crate::words::id::ScheduleId;
use crate::words::sync::atomic::Ordering;
use crate::words::time::Timestamp;

use super::{Pool, RETIRED, UNDRAWN, WITHDRAWN, generation_of, is_plain};

/// What the first line of a pool says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// No schedule of this id stands here.
    Unknown,
    Withdrawn,
    NotOpen {
        in_ms: u64,
    },
    Closed,
    /// People may enter its draw, or could until a moment ago.
    Window,
    /// Nothing is free and nothing is due.
    SoldOut,
    /// There may be something to have.
    Open,
}

impl Pool {
    /// Judges by the time and the free bits alone; what is due may be free. Writes nothing.
    #[inline]
    pub(crate) fn look(&self, id: ScheduleId, now: Timestamp) -> Look {
        self.look_by(id, now, true)
    }

    /// The same after a sweep: what is free has its bit set.
    pub(crate) fn look_after_sweep(&self, id: ScheduleId, now: Timestamp) -> Look {
        self.look_by(id, now, false)
    }

    #[inline(always)]
    fn look_by(&self, id: ScheduleId, now: Timestamp, due_counts: bool) -> Look {
        loop {
            if let Some(look) = self.look_plainly(id, now, due_counts) {
                return look;
            }
            if let Some(look) = self.look_closer(id, now) {
                return look;
            }
        }
    }

    /// Whether a schedule that stands here, is open and stays as it is meanwhile has anything to give: the two usual answers, by the shortest way.
    #[inline(always)]
    pub(crate) fn look_plainly(
        &self,
        id: ScheduleId,
        now: Timestamp,
        due_counts: bool,
    ) -> Option<Look> {
        let meta = self.meta.load(Ordering::Acquire);
        let now = now.as_millis();
        if !is_plain(meta, id.generation()) {
            return None;
        }
        let opens_at = self.opens_at.load(Ordering::Relaxed);
        if now < opens_at || now >= self.closes_at.load(Ordering::Relaxed) {
            return None;
        }
        if due_counts && self.is_due(now) || self.slots.any_free() {
            return Some(Look::Open);
        }
        // If it has changed, no bit is set perhaps because the session was withdrawn meanwhile.
        (self.meta.load(Ordering::Acquire) == meta).then_some(Look::SoldOut)
    }

    /// The other answers, by one reading of `meta`, since a second one may tell of another time. None: by now it stands here, is open and has no flag, which is to be looked at plainly.
    #[cold]
    #[inline(never)]
    fn look_closer(&self, id: ScheduleId, now: Timestamp) -> Option<Look> {
        let (meta, now) = (self.meta.load(Ordering::Acquire), now.as_millis());
        let opens_at = self.opens_at.load(Ordering::Relaxed);
        if meta & RETIRED != 0 || generation_of(meta) != id.generation() {
            Some(Look::Unknown)
        } else if meta & WITHDRAWN != 0 {
            Some(Look::Withdrawn)
        } else if now < opens_at {
            Some(Look::NotOpen {
                in_ms: opens_at - now,
            })
        } else if now >= self.closes_at.load(Ordering::Relaxed) {
            Some(Look::Closed)
        } else {
            (meta & UNDRAWN != 0).then_some(Look::Window)
        }
    }

    /// The two usual answers of a usual schedule, by one reading of its free bits, which the marks are part of; `None` where that is not enough.
    #[inline(always)]
    pub(crate) fn first_look(&self, id: ScheduleId, now: Timestamp) -> Option<Look> {
        let now = now.as_millis();
        // Before the bits: whoever frees what is due sets its bit, and raises the bound then.
        if self.is_due(now) {
            return None;
        }
        let any = self.slots.own_bits().plainly_any(id.0)?;
        if now >= self.closes_at.load(Ordering::Relaxed) {
            return None;
        }
        if !any {
            // Nothing is taken before it opens.
            return Some(Look::SoldOut);
        }
        (now >= self.opens_at.load(Ordering::Relaxed)).then_some(Look::Open)
    }

    /// Whether a hold here may have run out.
    #[inline]
    pub(crate) fn is_due(&self, now: u64) -> bool {
        self.due.is_past(now)
    }
}
