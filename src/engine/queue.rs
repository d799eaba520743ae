//! The slow queue: whoever behaves like a script waits for a turn before the slots, while people take theirs.
//!
//! A place is a record in the patient's book, as one in a draw is, which knows its seat in the [`Queue`]. Whoever comes by at a turn or later serves it, at the turn's own instant, so what comes
//! of it doesn't depend on who advances and when.
//!
//! # Locks
//! Whoever serves holds that lock alone, takes tickets out of the queue, lets the queue go, and then goes book by book. Who joins or leaves has a book in hand; whose tickets end by that is told to
//! whoever serves next, for nobody takes a second book. In this order: a desk, serving, a book, who has ended, the queue's own. Whoever serves takes no desk.

use crate::gate;
use crate::gate::behaviour::{FULL, Watch};
use crate::ledger::Book;
use crate::ledger::record::{Phase, Record};
use crate::line::{Ask, Ended, How, Place as InQueue, Queue, SlowQueue, Ticket};
use crate::pool::Pool;
use crate::pool::word::State;
use crate::raw::hash::SplitMix;
use crate::words::ask::{Outcome, Request};
use crate::words::error::Invalid;
use crate::words::id::{PatientId, ScheduleId};
use crate::words::refusal::{Refusal, Rule};
use crate::words::sync::Mutex;
use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::ticket::Line;
use crate::words::time::Timestamp;

use super::place::Place;
use super::request::Seen;
use super::stats::Count;
use super::turn::Turn;
use super::{Bulletin, Inner, Standing};

/// In which rounds who has all points there are is visited: every fourth. Who has just enough is visited every round.
const ROUNDS_MAX: u16 = 4;
/// In the place of an instant: there is nothing to do.
const NOTHING: u64 = u64::MAX;

/// Whoever is slowed.
pub(super) struct Slowed {
    queue: Queue,
    /// When something is to be done, or [`NOTHING`]. A hint: the queue decides.
    due: AtomicU64,
    /// Whose tickets ended by somebody else's, and whose books don't say so yet.
    ended: Mutex<Vec<Ended>>,
    serving: Mutex<()>,
}

/// How far serving came.
pub(super) enum Served {
    All,
    /// There is more to do.
    Some,
    /// Somebody else is at it.
    NotMine,
}

impl Slowed {
    pub(super) fn new(settings: SlowQueue, seeds: &mut SplitMix) -> Result<Self, Invalid> {
        if settings.wait_max_ms == 1 {
            let at_least = "2 to 86,400,000 in an engine";
            return Err(Invalid::new("slow_queue.wait_max_ms", 1, at_least));
        }
        // Never in the very millisecond in which somebody comes: so many requests at once are as if sent one after the other.
        let first_after_ms = settings.first_after_ms.max(1);
        let settings = SlowQueue {
            first_after_ms,
            ..settings
        };
        Ok(Self {
            queue: Queue::new(settings, seeds.keys().hash(1))?,
            due: AtomicU64::new(NOTHING),
            ended: Mutex::new(Vec::new()),
            serving: Mutex::new(()),
        })
    }

    #[inline]
    fn due(&self) -> Timestamp {
        // Relaxed: a hint. Who was told of a ticket knows it from after this was set.
        Timestamp::from_millis(self.due.load(Ordering::Relaxed))
    }

    #[inline]
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let due = self.due();
        due <= now && due.as_millis() != NOTHING
    }

    /// When the next turn is, or the end of the longest wait; the epoch if somebody has yet to be told of theirs.
    pub(super) fn next(&self) -> Option<u64> {
        match self.has_ended() {
            true => Some(0),
            false => self.next_turn(),
        }
    }

    /// What would be at the end of time never is.
    fn next_turn(&self) -> Option<u64> {
        let next = self.queue.next_due().map(Timestamp::as_millis);
        next.filter(|at| *at != NOTHING)
    }

    fn has_ended(&self) -> bool {
        !self.ended.lock().is_empty()
    }

    /// The instant that is next to be settled by `now`: of a turn, if one is due.
    fn instant(&self, now: Timestamp) -> Timestamp {
        // The epoch stands for what has happened already.
        let is_turn = |due: &Timestamp| *due > Timestamp::default() && *due <= now;
        let turn = || self.queue.next_due().filter(is_turn);
        Some(self.due())
            .filter(is_turn)
            .or_else(turn)
            .unwrap_or(now)
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// How long a turn lasts, rounded up.
    fn turn_ms(&self) -> u64 {
        let settings = self.queue.settings();
        settings.period_ms.div_ceil(settings.turns.into())
    }

    /// Who ended has yet to be told so, and somebody may be the next to be served. Under the lock of the book by which they ended, or while serving. One at a time, or an
    /// older reading could stand for a newer.
    fn note(&self, more: Vec<Ended>) {
        let mut ended = self.ended.lock();
        ended.extend(more);
        let next = match ended.is_empty() {
            true => self.next_turn().unwrap_or(NOTHING),
            false => 0,
        };
        self.due.store(next, Ordering::Relaxed);
    }

    /// Gives a seat back. Under the lock of its owner's book.
    fn leave(&self, seat: u64) {
        let mut ended = Vec::new();
        self.queue.leave(Ticket::from(seat), &mut ended);
        self.note(ended);
    }

    /// How a place has ended whose book doesn't say so yet, if that is known.
    fn how_ended(&self, record: &Record) -> Option<How> {
        let seat = Ticket::from(record.seat());
        if self.queue.has(seat) {
            return None;
        }
        let ended = self.ended.lock();
        ended.iter().find(|it| it.ticket == seat).map(|it| it.how)
    }

    /// Where a place is in the line.
    pub(super) fn place(&self, record: &Record) -> Option<InQueue> {
        let seat = Ticket::from(record.seat());
        self.queue.place(seat, Timestamp::default())
    }
}

/// In which rounds somebody of this score is visited: every one at `slow_at`, every fourth at 1,000.
fn rounds(score: u16, slow_at: u16) -> u8 {
    let above = u32::from(score.min(FULL).saturating_sub(slow_at));
    let all = u32::from(FULL.saturating_sub(slow_at)).max(1);
    // At most ROUNDS_MAX.
    1 + (above * u32::from(ROUNDS_MAX - 1) / all) as u8
}

impl Inner {
    /// Whether a request of this score is slowed: the score, if it is.
    #[inline]
    pub(super) fn slows(&self, watch: &Watch, request: &Request, score: u16) -> Option<u16> {
        let slowed = score >= watch.card().slow_at && !self.is_trusted(request);
        slowed.then_some(score)
    }

    // ---- coming and going ------------------------------------------------------------------------------------------------

    /// A place in the slow queue; the same one again, for who has one.
    #[cold]
    pub(super) fn slow_down(
        &self,
        (slowed, score): (&Slowed, u16),
        (book, seen): (&Book<'_>, &Seen<'_>),
        request: &Request,
        (schedule, pool): (ScheduleId, &Pool),
        turn: &mut Turn<'_>,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Outcome, Refusal> {
        let now = bulletin.at;
        if let Some(place) = self.waits(book, schedule, Line::SlowQueue, now) {
            // Within a batch somebody may have ended it without having told them.
            let Some(how) = slowed.how_ended(place.1) else {
                return self.waits_already(place);
            };
            self.settle_turn(book, schedule, place, how, bulletin);
        }
        self.take_turn_for(schedule, turn, request, bulletin)?;
        self.rules(seen)?;
        let (number, record) = self.line_up(book, schedule, Line::SlowQueue, (now, now))?;
        let slow_at = self.watch.as_ref().map_or(0, |it| it.card().slow_at);
        let every = rounds(score, slow_at);
        let ask = Ask::new(book.patient(), schedule.0, self.cluster_of(request)).every(every);
        let ticket = match slowed.queue.join(&ask, now) {
            Ok(joined) => {
                slowed.note(joined.ended);
                joined.ticket
            }
            Err(full) => {
                slowed.note(full.ended);
                book.strike(number);
                let retry_after_ms = full.retry_after_ms;
                let rule = Rule::QueueFull { retry_after_ms };
                return Err(Refusal::Rule { rule });
            }
        };
        record.set_seat(ticket.to_u64());
        if let (Some(place), Some(stub)) = (slowed.place(record), self.ledger.stub(number)) {
            stub.set_due(place.due);
        }
        // Whoever calls the session off looks for seats after saying so: they have found this one, or said so before this.
        if pool.is_withdrawn() {
            slowed.leave(record.seat());
            book.strike(number);
            return Err(Refusal::Withdrawn);
        }
        self.returns.note_close(schedule, pool.closes_at());
        self.count(Count::Slowed);
        let labels = || {
            let watch = self.watch.as_ref();
            watch.map_or(0, |it| it.verdict(request, now).label_bits())
        };
        bulletin.suspected(|| (gate::keys_of(request), labels()), schedule, score);
        self.lined_up(book, seen, request, (number, record), bulletin)
    }

    /// Somebody leaves. Under their book's lock.
    pub(super) fn leave_queue(&self, record: &Record) {
        if let Some(slowed) = &self.slowed {
            slowed.leave(record.seat());
        }
    }

    /// The session is called off, and its flag says so: nobody waits for it any more. That they don't is known when this returns, so that a reinstatement finds nobody who was
    /// told of the end and has yet to come to it.
    pub(super) fn call_off_queue(&self, schedule: ScheduleId, bulletin: &mut Bulletin<'_>) {
        let Some(slowed) = &self.slowed else {
            return;
        };
        let call_off = |ticket, patient, bulletin: &mut Bulletin<'_>| {
            let book = self.ledger.book(patient, self.ledger.hash(patient));
            if let Some(place) = self.seated(&book, schedule, ticket) {
                self.call_off_place(&book, place, bulletin);
            }
            slowed.leave(ticket.to_u64());
        };
        for (ticket, patient, wanted) in slowed.queue.tickets() {
            if wanted == schedule.0 {
                call_off(ticket, patient, bulletin);
            }
        }
        // Whose ticket had ended before by somebody else's: that was under a lock of a book, and since then it is known, or in the hands of whoever serves.
        self.ledger.pass_through();
        let _serving = slowed.serving.lock();
        let ended = slowed.ended.lock().clone();
        for one in ended.iter().filter(|it| it.schedule == schedule.0) {
            call_off(one.ticket, one.patient, bulletin);
        }
    }

    /// Booking for these schedules closes: whoever waited for them has waited in vain, and no event of theirs says so. Their seats are others'.
    pub(super) fn close_lines(&self, now: Timestamp) {
        let closed = self.returns.closed(now);
        if let Some(slowed) = self.slowed.as_ref().filter(|_| !closed.is_empty()) {
            let gone = |wanted| closed.iter().any(|it| it.0 == wanted);
            for (ticket, _, wanted) in slowed.queue.tickets() {
                if gone(wanted) {
                    slowed.leave(ticket.to_u64());
                }
            }
        }
        for schedule in closed {
            self.waiters.wake_group(schedule.0);
        }
    }

    /// The place of who has this seat.
    fn seated<'a>(
        &self,
        book: &Book<'a>,
        schedule: ScheduleId,
        ticket: Ticket,
    ) -> Option<Place<'a>> {
        book.lines().find(|(_, record)| {
            record.schedule() == schedule && has_seat(record) && record.seat() == ticket.to_u64()
        })
    }

    // ---- time passes -----------------------------------------------------------------------------------------------------

    /// Serves whose turn it is by `now`, at most so many: each at the instant of their turn, after all that is due before it.
    #[cold]
    pub(super) fn pass_in_order(&self, slowed: &Slowed, now: Timestamp, mut most: u32) -> bool {
        // Who ended while somebody served, and whose own try to serve met that, is found here after the serving lock was let go, whatever the hint said.
        while slowed.is_due(now) || slowed.has_ended() {
            let at = slowed.instant(now);
            if self.pass_lines(at, most) {
                return true;
            }
            // Nobody's turn is taken up by who waits no more.
            self.close_lines(at);
            match self.serve(slowed, at, &mut most) {
                Served::All => {}
                Served::Some => return true,
                Served::NotMine => break,
            }
        }
        self.pass_lines(now, most)
    }

    /// Serves whose turn it is at `at`, and tells who has ended.
    fn serve(&self, slowed: &Slowed, at: Timestamp, most: &mut u32) -> Served {
        let Some(serving) = slowed.serving.try_lock() else {
            return Served::NotMine;
        };
        let mut told = Vec::new();
        let mut ended = std::mem::take(&mut *slowed.ended.lock());
        let more = loop {
            for one in ended.drain(..) {
                self.end_turn(&one, at, &mut told);
            }
            // At the end of time nobody has a turn.
            let is_due = |due: &Timestamp| *due <= at && *due < Timestamp::MAX;
            let Some(due) = slowed.queue.next_due().filter(is_due) else {
                break Served::All;
            };
            if *most == 0 {
                break Served::Some;
            }
            // Who is just coming has to be let in first.
            let now = if due == Timestamp::default() {
                0
            } else {
                *most
            };
            slowed.queue.drain(due, now as usize, &mut ended);
            *most -= (ended.len() as u32).min(*most);
        };
        slowed.note(Vec::new());
        drop(serving);
        for (schedule, number) in told {
            match number {
                Some(number) => self.waiters.wake(schedule.0, number),
                None => self.waiters.wake_group(schedule.0),
            }
        }
        more
    }

    /// A ticket is no more: its place turns into a hold or comes to nothing.
    fn end_turn(&self, ended: &Ended, at: Timestamp, told: &mut Vec<(ScheduleId, Option<u32>)>) {
        let schedule = ScheduleId(ended.schedule);
        let mut bulletin = self.bulletin(at);
        let book = self
            .ledger
            .book(ended.patient, self.ledger.hash(ended.patient));
        // Else they left, or it was called off, or they came again and have been told.
        let place = self.seated(&book, schedule, ended.ticket);
        if let Some(place) = place {
            self.settle_turn(&book, schedule, place, ended.how, &mut bulletin);
        }
        told.push((schedule, place.map(|it| it.0)));
        drop(book);
        self.close(&bulletin);
    }

    fn settle_turn(
        &self,
        book: &Book<'_>,
        schedule: ScheduleId,
        place: Place<'_>,
        how: How,
        bulletin: &mut Bulletin<'_>,
    ) {
        let (at, (number, record)) = (bulletin.at, place);
        let pool = self.places.of(schedule);
        let Some(pool) = pool else {
            return self.loses(record, Refusal::Closed, at, bulletin);
        };
        if let Standing::Ended(_, closed) = self.standing(record, at) {
            return self.loses(record, Refusal::Closed, closed, bulletin);
        }
        let may = match how {
            How::Served => {
                let seen = self.read(book, None, at);
                let look = pool.look(schedule, at);
                let may = self.may_claim(book, &seen, (schedule, pool), look, bulletin);
                may.and_then(|()| self.may_hold_more(&seen))
            }
            How::Displaced | How::TurnedAway => Err(queue_full(0)),
            How::TimedOut => Err(Refusal::Rule {
                rule: Rule::WaitedTooLong,
            }),
        };
        let take = || {
            let write = |slot, version| record.claimed(slot, version);
            let claimed = pool.claim(schedule.tag(), State::Held, number, write);
            claimed.ok()
        };
        match may {
            Ok(()) => {
                if self.take_up(book, (schedule, pool), place, at, take, bulletin) {
                    self.count(Count::Granted);
                } else if pool.is_withdrawn() {
                    self.call_off_place(book, place, bulletin);
                } else {
                    self.loses(record, Refusal::SoldOut, at, bulletin);
                }
            }
            Err(Refusal::Withdrawn) => self.call_off_place(book, place, bulletin),
            Err(why) => self.loses(record, why, at, bulletin),
        }
    }

    // ---- what is said ----------------------------------------------------------------------------------------------------

    /// What is said to whom had to make room.
    pub(super) fn made_room(&self) -> Refusal {
        queue_full(self.slowed.as_ref().map_or(1, |it| it.turn_ms()))
    }

    // ---- the audit -------------------------------------------------------------------------------------------------------

    /// Whether a place in the slow queue has no seat. Under its book's lock.
    pub(super) fn lacks_seat(&self, record: &Record, now: Timestamp) -> bool {
        let has = |it: &Slowed| it.queue.has(Ticket::from(record.seat()));
        has_seat(record)
            && self.standing(record, now) == Standing::Waiting
            && !self.slowed.as_deref().is_some_and(has)
    }

    /// Which of these places, that were found without a seat, are in nobody's hands either: their schedules.
    pub(super) fn lost_places(&self, suspects: &[(u32, u64)], now: Timestamp) -> Vec<ScheduleId> {
        let Some(slowed) = self.slowed.as_ref().filter(|_| !suspects.is_empty()) else {
            return Vec::new();
        };
        // Whoever ended them under a lock of a book has told so; and whoever was told is done, or waits for this lock.
        self.ledger.pass_through();
        let _serving = slowed.serving.lock();
        let known: Vec<u64> = (slowed.ended.lock().iter())
            .map(|it| it.ticket.to_u64())
            .collect();
        let lost = |&(number, seat): &(u32, u64)| {
            let (_book, record) = self.ledger.book_at(number)?;
            let same = has_seat(record) && record.seat() == seat && !known.contains(&seat);
            (same && self.lacks_seat(record, now)).then(|| record.schedule())
        };
        suspects.iter().filter_map(lost).collect()
    }

    /// Seats without a place: their schedules.
    pub(super) fn lost_seats(&self, now: Timestamp) -> Vec<ScheduleId> {
        let Some(slowed) = &self.slowed else {
            return Vec::new();
        };
        let lost = |(ticket, patient, wanted): (Ticket, PatientId, u64)| {
            let schedule = ScheduleId(wanted);
            let pool = self.places.of(schedule)?;
            let book = self.ledger.book(patient, self.ledger.hash(patient));
            let lost = now < pool.closes_at()
                && slowed.queue.has(ticket)
                && self.seated(&book, schedule, ticket).is_none();
            lost.then_some(schedule)
        };
        slowed
            .queue
            .tickets()
            .into_iter()
            .filter_map(lost)
            .collect()
    }
}

const fn queue_full(retry_after_ms: u64) -> Refusal {
    let rule = Rule::QueueFull { retry_after_ms };
    Refusal::Rule { rule }
}

/// Whether this record is a place that waits in the slow queue.
fn has_seat(record: &Record) -> bool {
    record.phase() == Phase::Waiting && record.line() == Some(Line::SlowQueue)
}
