//! Time draws: the window is closed, the ranks are walked, and whose turn it is gets the slot.

use crate::draw::BeaconSpec;
use crate::draw::{BeaconValue, Draft, Frozen, Window};
use crate::gate::behaviour::Origin;
use crate::ledger::Book;
use crate::ledger::record::Phase;
use crate::pool::Pool;
use crate::pool::word::State;
use crate::words::event::What;
use crate::words::id::{PatientId, ScheduleId, TicketId};
use crate::words::sync::Arc;
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::super::place::Place;
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
            let decided = bulletin.changed;
            drop(bulletin);
            let urn = Arc::clone(&taken.urn);
            drop(taken);
            if decided {
                for member in urn.members() {
                    self.waiters.wake_group(member.schedule.0);
                }
            }
            if again.is_some_and(|at| at <= now.as_millis()) {
                return true;
            }
        }
        false
    }

    /// Goes on with one urn for as long as there is something to do: when there will be more.
    fn draw(&self, urn: &Arc<Urn>, most: &mut u32, bulletin: &mut Bulletin<'_>) -> Option<u64> {
        let mut progress = urn.progress().lock();
        if let Progress::Open(looks) = &mut *progress {
            match urn.look(looks, bulletin.at) {
                Close::NotBefore(at) => return Some(at),
                Close::At(at) => {
                    *progress = Progress::Closed(at);
                    // That time has come so far must outlast a clock that steps back.
                    bulletin.changed = true;
                }
            }
        }
        if let Progress::Closed(at) = &*progress {
            let at = *at;
            let window = self.window_of(urn);
            // As they are known at the close, not at their first request, when nothing is known yet.
            let way_in = |[device, account]: [u64; 2]| {
                let watch = self.watch.as_ref();
                watch.map_or(0, |watch| watch.suspicion(Origin { device, account }, at))
            };
            let frozen = window.close_judged(way_in, |patient| self.suspicion_of(patient, at));
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
            let came = match self.place_of(urn, seated.pool, at) {
                Some(place) => self.grant(patient, urn, place, at, bulletin),
                None => Grant::Nothing,
            };
            match came {
                Grant::Taken => draft.taken(seated),
                Grant::Passed => draft.passed(&seated),
                // Whoever is about to call off the last of them ends the draw.
                Grant::Nothing if self.is_called_off(urn) => return None,
                // This one is called off, or its slots' versions are used up. They may have another.
                Grant::Nothing => {
                    draft.gone(&seated);
                    self.leave_midway(urn, seated.pool, bulletin);
                }
            }
            *most = most.saturating_sub(1);
            if *most == 0 {
                return Some(at.as_millis());
            }
        }
        self.finish(&mut progress, urn, frozen, bulletin);
        None
    }

    /// The schedule of a pool, if a slot of it can be given then.
    fn place_of(&self, urn: &Urn, pool: u16, at: Timestamp) -> Option<(ScheduleId, &Pool)> {
        let schedule = urn.of_pool(pool)?;
        let pool = self.places.of(schedule)?;
        // No window closes after its schedules, but a beacon may speak late.
        let beacon = urn.made().map(|window| &window.terms().beacon);
        let in_time = at < pool.closes_at() || beacon == Some(&BeaconSpec::None);
        in_time.then_some((schedule, pool))
    }

    /// Whether there is none left that is not withdrawn.
    fn is_called_off(&self, urn: &Urn) -> bool {
        let stands = |schedule| {
            let pool = self.places.of(schedule);
            pool.is_some_and(|it| !it.is_withdrawn())
        };
        let mut members = urn.members().iter();
        !members.any(|it| it.stays() && stands(it.schedule))
    }

    /// A session that is being called off has left the draw as soon as that shows. Whoever calls it off may find it drawn when they come to that, and it must not be told as drawn, with places that it hadn't.
    fn leave_midway(&self, urn: &Urn, pool: u16, bulletin: &mut Bulletin<'_>) {
        let Some(schedule) = urn.of_pool(pool) else {
            return;
        };
        let pool = self.places.of(schedule);
        // The window is made, and others stay.
        if pool.is_some_and(Pool::is_withdrawn) && urn.leave(schedule, || ()) {
            self.move_on(urn, schedule, bulletin);
        }
    }

    /// A schedule has left: whoever would take another of the draw waits for that, and the others' places are ended.
    fn move_on(&self, urn: &Urn, schedule: ScheduleId, bulletin: &mut Bulletin<'_>) {
        let all = urn.made().map_or_else(Vec::new, Window::lists);
        for (patient, wishes) in all {
            let book = self.ledger.book(patient, self.ledger.hash(patient));
            let place = self.waits(&book, schedule, Line::Draw, bulletin.at);
            match (place, urn.first_of(&wishes)) {
                (None, _) => {}
                (Some((_, record)), Some(other)) => record.move_to(other),
                (Some(place), None) => self.call_off_place(&book, place, bulletin),
            }
        }
    }

    /// Everybody has what they get.
    fn finish(
        &self,
        progress: &mut Progress,
        urn: &Arc<Urn>,
        frozen: &Frozen,
        bulletin: &mut Bulletin<'_>,
    ) {
        match std::mem::replace(progress, Progress::Void) {
            Progress::Granting(at, draft) => {
                let entries = frozen.closing().entries;
                let places = draft.places(urn.members().len());
                // First, so that nobody is told that they have lost who goes on.
                let went_on = self.go_on(urn, frozen, &draft, at);
                *progress = Progress::Drawn(draft.finish());
                urn.set_over();
                let drawn: Vec<_> = (0..).zip(places).collect();
                let of_pool = |(pool, places)| Some((urn.of_pool(pool)?, places));
                let drawn = drawn.into_iter().filter_map(of_pool);
                for (schedule, places) in drawn {
                    let pool = self.places.of(schedule);
                    let Some(pool) = pool else { continue };
                    pool.set_drawn(at);
                    self.count(Count::Drawn);
                    // Both are bounded below 2^32.
                    let entries = entries as u32;
                    bulletin.tell_of_schedule(schedule, What::Drawn { entries, places });
                }
                self.draws.keep(urn, entries);
                self.tally.add(Count::Entries as usize, entries);
                for (schedule, patient, ticket) in went_on {
                    bulletin.tell_of_ticket(schedule, patient, What::Entered { ticket });
                }
            }
            other => *progress = other,
        }
    }

    /// Who has lost and would wait is on a waitlist from now on, by the same record, in the order of the draw: until there is no more room.
    fn go_on(
        &self,
        urn: &Urn,
        frozen: &Frozen,
        draft: &Draft,
        at: Timestamp,
    ) -> Vec<(ScheduleId, PatientId, TicketId)> {
        let mut went_on = Vec::new();
        // Where nobody goes on to any more.
        let mut full: Vec<ScheduleId> = Vec::new();
        for (patient, through, wishes) in frozen.take_would_wait(draft) {
            if full.len() == urn.members().len() {
                break;
            }
            let book = self.ledger.book(patient, self.ledger.hash(patient));
            let Some((number, record)) = waits_in(urn, &book) else {
                continue;
            };
            let wishes = if wishes.is_empty() { &[0] } else { wishes };
            let schedules = wishes.iter().filter_map(|pool| urn.of_pool(*pool));
            if let Some((schedule, until)) = self.go_on_to(&book, through, schedules, &mut full, at)
            {
                record.go_on(schedule, until);
                let ticket = self.ticket_id(number, record);
                went_on.extend(ticket.map(|ticket| (schedule, patient, ticket)));
            }
        }
        went_on
    }

    /// Gives whose turn it is a slot, if they wait for one and the rules let them.
    fn grant(
        &self,
        patient: PatientId,
        urn: &Urn,
        (schedule, pool): (ScheduleId, &Pool),
        at: Timestamp,
        bulletin: &mut Bulletin<'_>,
    ) -> Grant {
        let book = self.ledger.book(patient, self.ledger.hash(patient));
        let Some(place @ (number, record)) = waits_in(urn, &book) else {
            return Grant::Passed;
        };
        let asked_for = record.schedule();
        record.move_to(schedule);
        // Time stands at the close as far as the draw goes: what has run out since then was held.
        if self.may_take_up(&book, place, at, bulletin).is_err() {
            return Grant::Passed;
        }
        let take = || {
            let claimed = pool.claim(schedule.tag(), State::Held, number, |slot, version| {
                record.claimed(slot, version);
            });
            claimed.ok()
        };
        if self.take_up(&book, (schedule, pool), place, at, take, bulletin) {
            Grant::Taken
        } else {
            record.move_to(asked_for);
            Grant::Nothing
        }
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
        let mut progress = urn.progress().lock();
        if matches!(*progress, Progress::Drawn(_) | Progress::Void) {
            return;
        }
        let others = urn.leave(schedule, || _ = self.window_of(&urn));
        if others {
            // They are drawn without it.
            self.move_on(&urn, schedule, bulletin);
        } else {
            // Whoever got in before this is among them; nobody gets in after it.
            let frozen = self.window_of(&urn).close();
            urn.set_over();
            *progress = Progress::Void;
            for (patient, _) in frozen.lists() {
                let book = self.ledger.book(patient, self.ledger.hash(patient));
                if let Some(place) = self.waits(&book, schedule, Line::Draw, bulletin.at) {
                    self.call_off_place(&book, place, bulletin);
                }
            }
            self.draws.call_off(&urn);
        }
        drop(progress);
        self.draws.leave_lanes(schedule);
    }
}

/// The place of who is in this draw.
fn waits_in<'a>(urn: &Urn, book: &Book<'a>) -> Option<Place<'a>> {
    book.lines().find(|(_, record)| {
        record.phase() == Phase::Waiting
            && record.line() == Some(Line::Draw)
            && urn.has(record.schedule())
    })
}
