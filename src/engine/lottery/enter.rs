//! Somebody enters a draw: a record in their book, and an entry in the urn, under the one lock.

use crate::draw::{EnterError, Entry};
use crate::gate::behaviour::Origin;
use crate::ledger::Book;
use crate::pool::Pool;
use crate::words::ask::{Outcome, Request};
use crate::words::id::ScheduleId;
use crate::words::refusal::{Refusal, Rule};
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::super::challenge::Shown;
use super::super::request::Seen;
use super::super::turn::Turn;
use super::super::{Bulletin, Inner};
use super::urn::Urn;

/// The window has just closed: nobody can say more until it is drawn, in a moment.
const IN_A_MOMENT: Refusal = Refusal::NotOpen { retry_after_ms: 1 };

impl Inner {
    /// A place in the draw; the same one again, for who has one.
    #[inline(never)]
    pub(in super::super) fn enter(
        &self,
        book: &Book<'_>,
        seen: &Seen<'_>,
        request: &Request,
        (schedule, pool): (ScheduleId, &Pool),
        turn: &mut Turn,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Outcome, Refusal> {
        let now = bulletin.at;
        let shown = bulletin.shown;
        let entry = self.entry_of(request, shown, now);
        if let Some(place) = self.waits(book, schedule, Line::Draw, now) {
            // What is said again about somebody who is in may help them, and harms nobody. Whatever comes of it, they are in.
            self.draws.with(schedule, |urn| {
                let _ = urn.window(&self.draws, pool.capacity()).enter(&entry);
            });
            return self.waits_already(place);
        }
        if !seen.is_empty() && self.has_live(book, schedule, now, 0) {
            return Err(Refusal::AlreadyHolds);
        }
        let heat = || self.heat(schedule, pool);
        if let Some(due) = self.must_show(request, schedule, (shown, now), heat) {
            return Ok(Outcome::Challenged(due));
        }
        self.take_turn_for(schedule, turn, request, bulletin)?;
        self.rules(seen)?;
        let entered = self.draws.with(schedule, |urn| {
            let place = self.line_up(book, schedule, Line::Draw, (now, urn.closes_by()))?;
            let window = urn.window(&self.draws, pool.capacity());
            let refused = match window.enter(&entry) {
                // Who left and comes again is in as before, whatever more could be noted of them.
                Ok(_) | Err(EnterError::ClustersFull) => return Ok(place),
                Err(EnterError::Full) => Refusal::Rule {
                    rule: Rule::DrawFull,
                },
                Err(_) => IN_A_MOMENT,
            };
            book.strike(place.0);
            Err(refused)
        });
        let place = entered.unwrap_or(Err(IN_A_MOMENT))?;
        self.lined_up(book, seen, request, place, bulletin)
    }

    /// Entries a slot, so far.
    fn heat(&self, schedule: ScheduleId, pool: &Pool) -> u32 {
        let entries = self.draws.with(schedule, Urn::entries).unwrap_or(0);
        let slots = u64::from(pool.capacity().max(1));
        u32::try_from(entries / slots).unwrap_or(u32::MAX)
    }

    /// What is said about somebody who enters.
    fn entry_of(&self, request: &Request, shown: Shown, now: Timestamp) -> Entry {
        let mut entry = Entry::new(request.patient());
        if let Some(watch) = &self.watch {
            let (Origin { device, account }, listed) = watch.way_in(request, now);
            entry = entry.suspicion(listed).trace([device, account]);
        }
        entry = match shown {
            Shown::Nothing => entry,
            Shown::Wrong => entry.suspicion(u8::MAX),
            Shown::Passed(_) => entry.suspicion(0).cleared(),
        };
        if let Some(account) = request.account_id() {
            entry = entry.account(account);
        }
        if let Some(device) = request.device_id() {
            entry = entry.device(device);
        }
        match self.is_trusted(request) {
            true => entry.trusted_channel(),
            false => entry,
        }
    }
}
