//! Time draws: the window is closed, the ranks are walked, and whose turn it is gets the slot.

use crate::draw::{BeaconValue, Frozen};
use crate::gate::behaviour::Origin;
use crate::ledger::record::Phase;
use crate::pool::word::State;
use crate::pool::{Lost, Pool};
use crate::words::event::What;
use crate::words::id::{Claim, PatientId, ScheduleId};
use crate::words::refusal::{Refusal, Rule};
use crate::words::time::Timestamp;

use super::super::stats::Count;
use super::super::{Bulletin, Inner, Note};
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
    /// Lets time pass before something is judged: whatever is due to be drawn by now is drawn. To be called without a lock and before a bulletin is opened.
    #[inline]
    pub(in super::super) fn pass(&self, now: Timestamp) {
        if self.draws.is_due(now) {
            self.draw_due(now, u32::MAX);
        }
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
        let Some((number, record)) = book
            .lines()
            .find(|(_, record)| record.schedule() == schedule && record.phase() == Phase::Waiting)
        else {
            return Grant::Passed;
        };
        let Some(stub) = self.ledger.stub(number) else {
            return Grant::Passed;
        };
        // Time stands at the close as far as the draw goes: what has run out since then was held.
        let seen = self.read(&book, None, at);
        let may = if self.has_live(&book, schedule, at, number) {
            Err(Refusal::AlreadyHolds)
        } else {
            self.may_hold_more(&seen)
        };
        if let Err(why) = may {
            record.lose(number_of(why), at);
            bulletin.changed = true;
            return Grant::Passed;
        }
        let until = at.after(pool.hold_ttl());
        pool.remember(self.filter_hash(patient));
        record.win(at, until);
        let claimed = pool.claim(schedule.tag(), State::Held, number, |slot, version| {
            record.claimed(slot, version);
        });
        let (slot, word) = match claimed {
            Ok(claimed) => claimed,
            Err(Lost::Taken | Lost::Withdrawn) => {
                record.wait_on(stub);
                return Grant::Nothing;
            }
        };
        self.wake_at(number, record, until);
        pool.lower_due(until.as_millis());
        self.count(Count::Won);
        let version = word.version();
        bulletin.tell(|| Note {
            schedule,
            slot,
            version,
            whose: Some((
                patient,
                Claim {
                    schedule,
                    record: number,
                    slot,
                    version,
                },
            )),
            what: What::Held { expires_at: until },
        });
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
            let waits = book.lines().find(|(_, record)| {
                record.schedule() == schedule && record.phase() == Phase::Waiting
            });
            if let Some((number, record)) = waits
                && let Some(ticket) = self.ticket_of(number, record)
            {
                record.end(Phase::Withdrawn, bulletin.at);
                self.count(Count::Left);
                bulletin.tell_of_ticket(schedule, *patient, What::Left { ticket: ticket.id });
            }
        }
        drop(progress);
        self.draws.leave_lanes(schedule);
        self.draws.off_agenda(schedule);
    }
}

/// Refusals that a ticket can have lost by, as its record has them.
const LOST_BY: [Refusal; 3] = [
    Refusal::SoldOut,
    Refusal::AlreadyHolds,
    Refusal::Rule {
        rule: Rule::LiveHolds,
    },
];

fn number_of(why: Refusal) -> u64 {
    LOST_BY
        .iter()
        .position(|other| *other == why)
        .unwrap_or_default() as u64
}

/// The other way.
pub(super) fn lost_by(number: u64) -> Refusal {
    let why = usize::try_from(number).ok().and_then(|at| LOST_BY.get(at));
    why.copied().unwrap_or(Refusal::SoldOut)
}
