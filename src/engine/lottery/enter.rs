//! Somebody enters a draw: a record in their book, and an entry in the urn, under the one lock.

use crate::draw::{BeaconSpec, EnterError, Entry, Window};
use crate::gate::behaviour::Origin;
use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::pool::Pool;
use crate::words::ask::{Outcome, Request};
use crate::words::id::ScheduleId;
use crate::words::refusal::{Refusal, Rule};
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::super::challenge::Shown;
use super::super::place::Place;
use super::super::request::Seen;
use super::super::turn::Turn;
use super::super::{Bulletin, Inner, Standing};
use super::urn::{Progress, Urn};

/// The window has just closed: nobody can say more until it is drawn, in a moment.
const IN_A_MOMENT: Refusal = Refusal::NotOpen { retry_after_ms: 1 };

/// And while holders of seeds are to reveal them, nobody knows when.
const HOLDERS_MS: u64 = 1_000;

/// What is told from when the window is looked at until it is drawn.
fn until_drawn(urn: &Urn, now: Timestamp) -> Refusal {
    // While somebody finds out whether it is over, or draws, it is a moment.
    let closed = urn.progress().try_lock();
    let waits = closed.is_some_and(|it| matches!(*it, Progress::Closed(_)));
    let beacon = urn.made().map(|window| &window.terms().beacon);
    let retry_after_ms = match beacon {
        Some(BeaconSpec::Round { available_at, .. }) if waits => available_at.since(now).max(1),
        Some(BeaconSpec::Holders(_)) if waits => HOLDERS_MS,
        _ => return IN_A_MOMENT,
    };
    Refusal::NotOpen { retry_after_ms }
}

const FULL: Refusal = Refusal::Rule {
    rule: Rule::DrawFull,
};

impl Inner {
    /// A place in the draw; the same one again, for who has one.
    #[inline(never)]
    pub(in super::super) fn enter(
        &self,
        book: &Book<'_>,
        seen: &Seen<'_>,
        request: &Request,
        schedule: ScheduleId,
        turn: &mut Turn<'_>,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Outcome, Refusal> {
        let now = bulletin.at;
        let shown = bulletin.shown;
        if let Some(place) = self.entered(book, schedule, now) {
            self.say_again(request, schedule, (shown, now));
            return self.waits_already(place);
        }
        let entry = self.entry_of(request, shown, now);
        if !seen.is_empty() && self.has_live(book, schedule, now, 0) {
            return Err(Refusal::AlreadyHolds);
        }
        let heat = || self.heat(schedule);
        if let Some(due) = self.must_show(request, schedule, (shown, now), heat) {
            return Ok(Outcome::Challenged(due));
        }
        self.take_turn_for(schedule, turn, request, bulletin)?;
        self.rules(seen)?;
        let entered = self.draws.with(schedule, |urn| {
            if now.as_millis() >= urn.next_look() {
                return Err(until_drawn(urn, now));
            }
            let closes_by = urn.closes_by();
            let place = self.line_up(book, schedule, Line::Draw, (now, closes_by))?;
            let put = self.put_in(urn, entry.anew(), (schedule, request.schedules()), place.1);
            put.map(|()| place).inspect_err(|_| book.strike(place.0))
        });
        let place = entered.unwrap_or(Err(IN_A_MOMENT))?;
        self.weighed(request, shown, now);
        self.lined_up(book, seen, request, place, bulletin)
    }

    /// What is said again about somebody who is in may help them, and harms nobody. Whatever comes of it, they are in.
    fn say_again(&self, request: &Request, schedule: ScheduleId, (shown, now): (Shown, Timestamp)) {
        let entry = self.entry_of(request, shown, now);
        self.draws.with(schedule, |urn| {
            let _ = self.window_of(urn).enter(&entry);
        });
        if let Shown::Passed(_) = shown {
            self.weighed(request, shown, now);
        }
    }

    /// The same request again while it is answered for the first time: of an answer that counts once, the first may have been told that it is wrong, and this one that it is right.
    pub(in super::super) fn passed_meanwhile(
        &self,
        request: &Request,
        record: &Record,
        (shown, now): (Shown, Timestamp),
    ) {
        let waits = record.phase() == Phase::Waiting && record.line() == Some(Line::Draw);
        if let (true, Shown::Passed(_)) = (waits, shown) {
            self.say_again(request, record.schedule(), (shown, now));
        }
    }

    /// Why a slot of a schedule that is undrawn can't be had otherwise, and when it may.
    pub(in super::super) fn not_drawn_yet(&self, schedule: ScheduleId, now: Timestamp) -> Refusal {
        let refusal = self.draws.with(schedule, |urn| {
            if now.as_millis() >= urn.next_look() {
                return until_drawn(urn, now);
            }
            let retry_after_ms = urn.closes_by().since(now).max(1);
            Refusal::NotOpen { retry_after_ms }
        });
        refusal.unwrap_or(IN_A_MOMENT)
    }

    /// Puts who has a place into the window, with what they would take.
    fn put_in(
        &self,
        urn: &Urn,
        entry: Entry,
        (schedule, asked_for): (ScheduleId, &[ScheduleId]),
        record: &Record,
    ) -> Result<(), Refusal> {
        let window = self.window_of(urn);
        // Before their list is read, which may be long, and be asked for once for each name on it. Who left and comes again is among those who are in.
        let is_full = urn.entries() >= u64::from(self.draws.settings.entries_max);
        if is_full && !window.is_in(entry.who()).ok_or(IN_A_MOMENT)? {
            return Err(FULL);
        }
        let wishes = urn.wishes(asked_for);
        if wishes.is_empty() && urn.members().len() > 1 {
            // All that they would take was called off meanwhile.
            return Err(Refusal::Withdrawn);
        }
        match window.enter(&entry.prefer(&wishes[..])) {
            // Who left and comes again is in as before, whatever more could be noted of them.
            Ok(_) | Err(EnterError::ClustersFull) => {}
            Err(EnterError::Full) => return Err(FULL),
            Err(_) => return Err(IN_A_MOMENT),
        }
        // Called off meanwhile: whoever does that may have missed who has only just come in.
        if !urn.has(schedule) {
            record.move_to(urn.first_of(&wishes).ok_or(Refusal::Withdrawn)?);
        }
        Ok(())
    }

    /// The place of who is in the draw of this schedule, be it for this schedule or for others.
    fn entered<'a>(
        &self,
        book: &Book<'a>,
        schedule: ScheduleId,
        now: Timestamp,
    ) -> Option<Place<'a>> {
        let is_it = |record: &Record| {
            record.phase() == Phase::Waiting
                && record.line() == Some(Line::Draw)
                && self.standing(record, now) == Standing::Waiting
                && self.draws.are_together(record.schedule(), schedule)
        };
        book.lines().find(|(_, record)| is_it(record))
    }

    /// The window of an urn, for as many slots as there are when it is first asked for.
    pub(super) fn window_of<'a>(&self, urn: &'a Urn) -> &'a Window {
        urn.window(&self.draws, |schedule| {
            let pool = self.places.of(schedule);
            pool.map_or(0, Pool::capacity)
        })
    }

    /// Entries a slot, so far.
    fn heat(&self, schedule: ScheduleId) -> u32 {
        let heat = self.draws.with(schedule, |urn| {
            let pools = urn.members().iter();
            let pools = pools.filter_map(|it| {
                let pool = self.places.find(it.schedule)?;
                pool.is(it.schedule).then_some(pool)
            });
            let slots: u64 = pools.map(|it| u64::from(it.capacity())).sum();
            urn.entries() / slots.max(1)
        });
        u32::try_from(heat.unwrap_or(0)).unwrap_or(u32::MAX)
    }

    /// What is said about somebody who enters.
    fn entry_of(&self, request: &Request, shown: Shown, now: Timestamp) -> Entry {
        let waits = request.would_wait() && self.returns.in_use();
        let mut entry = Entry::new(request.patient())
            .would_wait(waits)
            .groups(request.group_bits());
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

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use crate::Engine;
    use crate::words::clock::ManualClock;
    use crate::words::id::{PatientId, PractitionerId};
    use crate::words::lottery::{EntryWindow, Lottery};
    use crate::words::schedule::{Day, Opening, Schedule, Session};
    use crate::words::sync::Arc;

    use super::super::urn::{Close, Progress};
    use super::*;

    fn plan(window: EntryWindow) -> Schedule {
        let lottery = Lottery {
            window,
            ..Lottery::new(Timestamp::from_millis(1_000))
        };
        let day = Day::new(2026, 12, 1).unwrap();
        let (opening, starts) = (Opening::Lottery(lottery), Timestamp::from_millis(1 << 60));
        Schedule::new(
            PractitionerId::new(1),
            day,
            Session::Morning,
            1,
            opening,
            starts,
        )
    }

    /// Whoever draws has found the window over and not closed it yet: only another thread can ask then, so here it is done by hand.
    #[test]
    fn who_asks_after_the_close_is_not_in_though_nobody_has_closed_it() {
        for window in [EntryWindow::ADAPTIVE, EntryWindow::Fixed { ms: 3_000 }] {
            let clock = Arc::new(ManualClock::new(Timestamp::default()));
            let builder = Engine::builder().clock(Arc::clone(&clock)).seed(7);
            let engine = builder.build().unwrap();
            let (opens, asked) = (
                Timestamp::from_millis(1_000),
                Timestamp::from_millis(10_000),
            );
            let schedule = engine.publish(&plan(window)).unwrap();
            let ask = |who| engine.request(&Request::new(PatientId::new(who), schedule));
            clock.set(opens);
            let in_time = ask(1).waiting().unwrap().id;
            clock.set(asked);
            let taken = engine.inner.draws.take_due(asked).unwrap();
            {
                let mut progress = taken.urn.progress().lock();
                let Progress::Open(looks) = &mut *progress else {
                    panic!("nobody has looked");
                };
                assert_eq!(ask(2), Outcome::Refused(IN_A_MOMENT));
                let Close::At(closed) = taken.urn.look(looks, asked) else {
                    panic!("quiet for nine seconds");
                };
                assert_eq!(closed, Timestamp::from_millis(4_000));
                *progress = Progress::Closed(closed);
            }
            assert_eq!(ask(2), Outcome::Refused(IN_A_MOMENT));
            drop(taken);
            assert_eq!(ask(2), Outcome::Refused(Refusal::SoldOut));
            assert!(engine.ticket(in_time).unwrap().held().is_some());
        }
    }

    /// Looks that would all see the same are not made one by one.
    #[test]
    fn f11_extremes_a_window_of_any_length_is_looked_at_in_no_time() {
        for min_ms in [1 << 50, 1 << 58] {
            let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_000)));
            let builder = Engine::builder().clock(Arc::clone(&clock)).seed(7);
            let engine = builder.build().unwrap();
            let window = EntryWindow::Adaptive {
                min_ms,
                quiet_ms: 4,
                quiet_ppm: 10_000,
                max_ms: 1 << 59,
            };
            let schedule = engine.publish(&plan(window)).unwrap();
            let ask = |who| engine.request(&Request::new(PatientId::new(who), schedule));
            let at = |ms: u64| clock.set(Timestamp::from_millis(1_000 + ms));
            assert!(ask(1).waiting().is_some());
            at(1 << 40);
            assert!(ask(2).waiting().is_some());
            // Just before the end somebody comes: so it is over when nobody has for as long as it takes.
            at((1 << 50) - 1);
            assert!(ask(3).waiting().is_some());
            at((1 << 50) + 9);
            while engine.advance().more {}
            let drawn = min_ms == 1 << 50;
            assert_eq!(engine.stats().drawn, u64::from(drawn));
            assert_eq!(ask(9).waiting().is_some(), !drawn);
        }
    }
}
