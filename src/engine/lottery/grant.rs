//! Time draws: the window is closed, the ranks are walked, and whose turn it is gets the slot.

use crate::draw::{BeaconValue, Frozen};
use crate::gate::behaviour::Origin;
use crate::pool::Pool;
use crate::pool::word::State;
use crate::words::event::What;
use crate::words::id::{PatientId, ScheduleId};
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::super::stats::Count;
use super::super::{Bulletin, Inner};
use super::urn::{Close, Progress, Urn};

/// What came of a place.
enum Grant {
    Taken,
    /// They can't take it: it goes to the next.
    Passed,
    /// There is nothing to give any more.
    Nothing,
}

impl Inner {
    /// Lets time pass before something is judged: whatever is due by now is done. To be called without a lock and before a bulletin is opened.
    #[inline]
    pub(in super::super) fn pass(&self, now: Timestamp) {
        match &self.slowed {
            Some(slowed) if slowed.is_due(now) => {
                self.pass_in_order(slowed, now, u32::MAX);
            }
            _ => {
                self.pass_lines(now, u32::MAX);
            }
        }
    }

    /// The same of draws and of slots that return, with at most so many slots given: whether more is due.
    #[inline]
    pub(in super::super) fn pass_lines(&self, now: Timestamp, most: u32) -> bool {
        let undrawn = self.draws.is_due(now) && self.draw_due(now, most);
        let unreturned = self.returns.is_due(now) && self.return_due(now, most);
        undrawn || unreturned
    }

    /// Draws what is due, with at most so many slots given: whether more is due.
    #[cold]
    pub(in super::super) fn draw_due(&self, now: Timestamp, mut most: u32) -> bool {
        while let Some(mut taken) = self.draws.take_due(now) {
            let mut bulletin = self.bulletin(now);
            let again = self.draw(&taken.urn, &mut most, &mut bulletin);
            self.close(&bulletin);
            taken.again = again;
            let (schedule, decided) = (taken.urn.schedule(), bulletin.changed);
            drop(bulletin);
            drop(taken);
            if decided {
                self.waiters.wake_group(schedule.0);
            }
            if again.is_some_and(|at| at <= now.as_millis()) {
                return true;
            }
        }
        false
    }

    /// Goes on with one urn for as long as there is something to do: when there will be more.
    fn draw(&self, urn: &Urn, most: &mut u32, bulletin: &mut Bulletin<'_>) -> Option<u64> {
        let schedule = urn.schedule();
        let pool = self.places.find(schedule).filter(|it| it.is(schedule))?;
        let mut progress = urn.progress().lock();
        if let Progress::Open(looks) = &mut *progress {
            match urn.look(looks, bulletin.at) {
                Close::NotBefore(at) => return Some(at),
                Close::At(at) => *progress = Progress::Closed(at),
            }
        }
        if let Progress::Closed(at) = &*progress {
            let at = *at;
            let window = urn.window(&self.draws, pool.capacity());
            // As they are known at the close, not at their first request, when nothing is known yet.
            let frozen = window.close_judged(|[device, account]| {
                self.watch
                    .as_ref()
                    .map_or(0, |watch| watch.suspicion(Origin { device, account }, at))
            });
            match frozen.begin(BeaconValue::None) {
                Ok(draft) => *progress = Progress::Granting(at, draft),
                // It waits for what its beacon says.
                Err(_) => return None,
            }
        }
        let frozen = urn.made()?.close();
        let Progress::Granting(at, draft) = &mut *progress else {
            return None;
        };
        let at = *at;
        while let Some((patient, seated)) = frozen.next(draft) {
            match self.grant(patient, (schedule, pool), at, bulletin) {
                Grant::Taken => draft.taken(seated),
                Grant::Passed => draft.passed(&seated),
                Grant::Nothing if pool.is_withdrawn() => return None,
                // Slots whose versions are used up are not to be had: an end that is not the draw's.
                Grant::Nothing => break,
            }
            *most = most.saturating_sub(1);
            if *most == 0 {
                return Some(at.as_millis());
            }
        }
        self.finish(&mut progress, urn, (frozen, pool), bulletin);
        None
    }

    /// Everybody has what they get.
    fn finish(
        &self,
        progress: &mut Progress,
        urn: &Urn,
        (frozen, pool): (&Frozen, &Pool),
        bulletin: &mut Bulletin<'_>,
    ) {
        match std::mem::replace(progress, Progress::Void) {
            Progress::Granting(at, draft) => {
                // Entries and places are bounded below 2^32.
                let (entries, places) = (frozen.closing().entries, draft.places() as u32);
                *progress = Progress::Drawn(draft.finish());
                urn.set_over();
                pool.set_drawn(at);
                self.draws.keep(urn.schedule(), entries);
                self.count(Count::Drawn);
                self.tally.add(Count::Entries as usize, entries);
                let entries = entries as u32;
                bulletin.tell_of_schedule(urn.schedule(), What::Drawn { entries, places });
            }
            other => *progress = other,
        }
    }

    /// Gives whose turn it is a slot, if they wait for one and the rules let them.
    fn grant(
        &self,
        patient: PatientId,
        (schedule, pool): (ScheduleId, &Pool),
        at: Timestamp,
        bulletin: &mut Bulletin<'_>,
    ) -> Grant {
        let book = self.ledger.book(patient, self.ledger.hash(patient));
        let Some((number, record)) = self.waits(&book, schedule, Line::Draw, at) else {
            return Grant::Passed;
        };
        // Time stands at the close as far as the draw goes: what has run out since then was held.
        if self
            .may_take_up(&book, (number, record), at, bulletin)
            .is_err()
        {
            return Grant::Passed;
        }
        let take = || {
            let claimed = pool.claim(schedule.tag(), State::Held, number, |slot, version| {
                record.claimed(slot, version);
            });
            claimed.ok()
        };
        if !self.take_up(
            &book,
            (schedule, pool),
            (number, record),
            at,
            take,
            bulletin,
        ) {
            return Grant::Nothing;
        }
        Grant::Taken
    }

    /// The session is called off: the draw, if it wasn't drawn, comes to nothing, and every place in it is ended.
    pub(in super::super) fn call_off_draw(
        &self,
        schedule: ScheduleId,
        bulletin: &mut Bulletin<'_>,
    ) {
        let Some(urn) = self.draws.find(schedule).filter(|urn| !urn.is_over()) else {
            return;
        };
        let capacity = self.places.find(schedule).map_or(0, Pool::capacity);
        let mut progress = urn.progress().lock();
        if matches!(*progress, Progress::Drawn(_) | Progress::Void) {
            return;
        }
        // Whoever got in before this is among them; nobody gets in after it.
        let frozen = urn.window(&self.draws, capacity.max(1)).close();
        urn.set_over();
        *progress = Progress::Void;
        for patient in frozen.patients() {
            let book = self.ledger.book(*patient, self.ledger.hash(*patient));
            if let Some(place) = self.waits(&book, schedule, Line::Draw, bulletin.at) {
                self.call_off_place(&book, place, bulletin);
            }
        }
        drop(progress);
        self.draws.leave_lanes(schedule);
        self.draws.off_agenda(schedule);
    }
}
