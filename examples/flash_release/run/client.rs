//! The clients of one thread: each asks until served, then pays, gives back or walks away.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fairslot::{
    AccountId, DeviceId, Hold, Outcome, PatientId, PaymentRef, Refusal, Request, ScheduleId,
};

use super::Morning;
use super::places::{Places, Waits};
use crate::cli::Kind;
use crate::crowd::{Attempt, LAST, PAPERS, Wanted, chance};
use crate::hospital::HOLD_TTL_MS;
use crate::latency::timed;
use crate::tally::{End, Record, Sale};

/// The share of a morning's clients that one thread plays.
pub(super) struct Clients<'a> {
    morning: &'a Morning<'a>,
    attempts: std::iter::Peekable<std::vec::IntoIter<Attempt>>,
    /// What clients will do because of what they were told, and when.
    errands: BinaryHeap<Reverse<(i64, Errand)>>,
    /// The holds behind the sales of the record, and who has them.
    holds: Vec<(Hold, PatientId, Plan)>,
    /// A bit for each paper of each client of this thread: served.
    served: Vec<u16>,
    /// For each person of this thread, when they asked first after the opening: [`NEVER`], or [`KNOWS`] once they know.
    asked_at: Vec<i64>,
    places: Places,
    record: Record,
}

const NEVER: i64 = i64::MAX;
const KNOWS: i64 = i64::MIN;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Errand {
    /// About a hold: which sale it is.
    Settle(usize),
    /// For what is left.
    Ask(Attempt),
}

/// What a client does about a hold. The shares are assumptions, made so that everything happens within the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Pay,
    /// Gives it back.
    Release,
    /// Never comes back.
    WalkAway,
}

/// Who is given a slot after a minute of trying pays at once: so all is settled when nobody asks any more.
const PATIENCE_MS: i64 = 60_000;
const PROMPT_MS: i64 = 2_000;

const TTL_MS: f64 = HOLD_TTL_MS as f64;

/// What `client` does about its `nth` hold, and when, in milliseconds from now.
fn plan(seed: u64, client: u32, nth: u32, bot: bool) -> (Plan, i64) {
    let (share, when) = (chance(seed, client, nth, 1), chance(seed, client, nth, 2));
    let ms = |from: f64, to: f64| (from + (to - from) * when) as i64;
    match (bot, share) {
        // A scalper pays once there is a buyer; for one slot in five there is none.
        (true, ..0.80) => (Plan::Pay, ms(500.0, 15_000.0)),
        (true, _) => (Plan::WalkAway, 0),
        // Most people pay within seconds, the slowest a second before it is too late.
        (false, ..0.85) => (
            Plan::Pay,
            (1_000.0 - (1.0 - when).ln() * 5_000.0).min(TTL_MS - 1_000.0) as i64,
        ),
        (false, ..0.90) => (Plan::Release, ms(1_000.0, 8_000.0)),
        // Some pay when it is too late: the slot is theirs only if nobody has it by then.
        (false, ..0.93) => (Plan::Pay, ms(TTL_MS, TTL_MS + 400.0)),
        (false, _) => (Plan::WalkAway, 0),
    }
}

impl<'a> Clients<'a> {
    pub(super) fn new(morning: &'a Morning<'a>, nth: usize) -> Self {
        let (crowd, of) = (morning.crowd, morning.threads);
        Self {
            morning,
            attempts: crowd.share(nth, of).into_iter().peekable(),
            errands: BinaryHeap::new(),
            holds: Vec::new(),
            served: vec![0; crowd.clients() as usize / of + 1],
            asked_at: vec![NEVER; crowd.clients() as usize / of + 1],
            places: Places::new(),
            record: Record::new(morning.schedules.len()),
        }
    }

    pub(super) fn leave(self) -> Record {
        self.record
    }

    /// When the next of them has something to do.
    pub(super) fn due(&mut self) -> Option<i64> {
        let attempt = self.attempts.peek().map(|attempt| attempt.at);
        let errand = self.errands.peek().map(|Reverse((at, _))| *at);
        let news = self.places.news_at();
        attempt.into_iter().chain(errand).chain(news).min()
    }

    /// Does everything that is due at `now`, in the order in which it became due.
    pub(super) fn work(&mut self, now: i64) {
        let ((), ns) = timed(|| self.work_through(now));
        self.record.worked_ns += ns;
    }

    fn work_through(&mut self, now: i64) {
        while let Some(due) = self.due().filter(|due| *due <= now) {
            if self.places.news_at() == Some(due) {
                self.hear(due, now);
                continue;
            }
            match self.errands.peek() {
                Some(&Reverse((at, errand))) if at == due => {
                    self.errands.pop();
                    match errand {
                        Errand::Settle(sale) => self.settle(sale),
                        Errand::Ask(attempt) => self.ask(attempt),
                    }
                }
                _ => {
                    if let Some(attempt) = self.attempts.next() {
                        self.ask(attempt);
                    }
                }
            }
        }
    }

    fn ask(&mut self, attempt: Attempt) {
        let morning = self.morning;
        let bot = morning.crowd.is_bot(attempt.client);
        let Some(paper) = self.paper(attempt, bot) else {
            return;
        };
        let patient = patient(attempt.client, paper);
        let enters = self.enters(attempt.client, paper, patient);
        let (request, period) = match enters {
            Some(period) => self.request_one(attempt.client, patient, period),
            None => self.request(attempt, patient),
        };
        self.record.asked(bot, period);
        let enters_nothing_more = |places: &mut Places| enters.is_none() || places.go_on(patient);
        let (outcome, ns) = timed(|| morning.engine.request(&request));
        let at = morning.now();
        self.note_first(attempt.client, at);
        match outcome {
            Outcome::Held(hold) => {
                self.served_by(hold, patient, attempt.client, (attempt.at, at, ns), false);
            }
            Outcome::Waiting(ticket) => {
                // Of several sessions it is the first that people may still enter.
                let waits = Waits {
                    ticket: ticket.id,
                    patient,
                    client: attempt.client,
                    period: self.period_of(ticket.schedule),
                };
                let new = self.places.take(waits, at, &mut self.record.entries, bot);
                self.record.place(attempt, at, ns, !new);
            }
            Outcome::Refused(why) => {
                self.record.no(attempt, at, ns, why.code());
                // Whoever waits for a draw knows when it is drawn, and not before.
                if !matches!(why, Refusal::NotOpen { .. }) && enters_nothing_more(&mut self.places)
                {
                    self.knows(attempt.client, at);
                }
            }
            other => self
                .record
                .surprise(|| format!("a request was answered with {other:?}")),
        }
    }

    /// The period whose draw this patient enters, or waits in. `None` where sessions open first come, and for who has been in a
    /// draw or came too late for it.
    fn enters(&self, client: u32, paper: u32, patient: PatientId) -> Option<u32> {
        if self.morning.kind == Kind::FirstCome {
            return None;
        }
        let dearest = || self.morning.open[self.morning.crowd.dearest(client, paper) as usize];
        match self.places.waits_for(patient) {
            Some(period) => Some(period),
            None => (!self.places.has_been(patient)).then(dearest),
        }
    }

    /// Looks which draws are over, and tells those who were in them.
    fn hear(&mut self, due: i64, now: i64) {
        let engine = self.morning.engine;
        let over = self.places.over(now, |ticket| {
            !matches!(engine.ticket(ticket), Ok(Outcome::Waiting(_)))
        });
        for (waits, entry) in over {
            let (answer, ns) = timed(|| engine.ticket(waits.ticket));
            let at = self.morning.now();
            let (patient, client) = (waits.patient, waits.client);
            self.places.heard(patient);
            match answer {
                Ok(Outcome::Held(hold)) => {
                    self.record.entries[entry].won = Some(true);
                    self.served_by(hold, patient, client, (due, at, ns), true);
                }
                Ok(Outcome::Refused(Refusal::SoldOut)) => {
                    self.record.entries[entry].won = Some(false);
                    self.knows(client, at);
                    self.ask_on(client, at);
                }
                // The draw gives one slot after the other: who hasn't heard when the first has, hears soon.
                Ok(Outcome::Waiting(_)) => self.places.wait_on(waits, entry),
                other => self
                    .record
                    .surprise(|| format!("a place in a draw became {other:?}")),
            }
        }
    }

    /// Somebody is given a hold: they were due at, and got it at, after so many nanoseconds; by a draw or asking.
    fn served_by(
        &mut self,
        hold: Hold,
        patient: PatientId,
        client: u32,
        (due, at, ns): (i64, i64, u64),
        drawn: bool,
    ) {
        let bot = self.morning.crowd.is_bot(client);
        let sale = self.sale(hold, client, bot, drawn);
        self.record.yes(due, at, ns, sale);
        self.served[client as usize / self.morning.threads] |= 1 << paper(patient);
        self.knows(client, at);
        self.decide(hold, patient, client, bot);
    }

    /// A person whom the draw left without a slot presses once more, for whatever is left of what would do. Bots ask anyway.
    fn ask_on(&mut self, client: u32, at: i64) {
        if self.morning.crowd.is_bot(client) {
            return;
        }
        let attempt = Attempt {
            at: at + self.morning.crowd.reaction_ms(client),
            client,
            nth: LAST,
        };
        self.errands
            .push(Reverse((attempt.at, Errand::Ask(attempt))));
    }

    fn note_first(&mut self, client: u32, at: i64) {
        let asked_at = &mut self.asked_at[client as usize / self.morning.threads];
        if *asked_at == NEVER && at >= 0 {
            *asked_at = at;
        }
    }

    /// A person has the first final word.
    fn knows(&mut self, client: u32, at: i64) {
        let asked_at = &mut self.asked_at[client as usize / self.morning.threads];
        if !self.morning.crowd.is_bot(client) && !matches!(*asked_at, NEVER | KNOWS) {
            self.record.knew.push(at - *asked_at);
            *asked_at = KNOWS;
        }
    }

    /// For whom this attempt is: a person asks for herself, a bot for one after the other of its papers. `None` if all
    /// have been served.
    fn paper(&self, attempt: Attempt, bot: bool) -> Option<u32> {
        let served = self.served[attempt.client as usize / self.morning.threads];
        let papers = if bot { PAPERS } else { 1 };
        (0..papers)
            .map(|k| (attempt.nth + k) % papers)
            .find(|paper| served & (1 << paper) == 0)
    }

    /// The request, and the period it is for in the first place.
    fn request(&self, attempt: Attempt, patient: PatientId) -> (Request, u32) {
        let Morning {
            schedules, open, ..
        } = self.morning;
        let period = |session: u32| open[session as usize];
        let (request, first) = match self.morning.crowd.wanted(attempt) {
            Wanted::One(session) => (
                Request::new(patient, schedules[period(session) as usize]),
                period(session),
            ),
            Wanted::Any(sessions) => {
                let any = sessions.map(|session| schedules[period(session) as usize]);
                (Request::any(patient, &any), period(sessions[0]))
            }
        };
        (from(attempt.client, request), first)
    }

    fn request_one(&self, client: u32, patient: PatientId, period: u32) -> (Request, u32) {
        let request = Request::new(patient, self.morning.schedules[period as usize]);
        (from(client, request), period)
    }

    fn sale(&mut self, hold: Hold, client: u32, bot: bool, drawn: bool) -> Sale {
        let morning = self.morning;
        let expires_at = hold
            .expires_at
            .as_millis()
            .cast_signed()
            .wrapping_sub(morning.opens_at.as_millis().cast_signed());
        // The engine counts a hold's life from the instant of the claim.
        let held_at = expires_at - HOLD_TTL_MS.cast_signed();
        Sale {
            period: self.period_of(hold.schedule),
            slot: hold.slot.get(),
            client,
            bot,
            held_at,
            expires_at,
            drawn,
            end: End::RanOut,
        }
    }

    fn period_of(&mut self, schedule: ScheduleId) -> u32 {
        let period = self.morning.periods.get(&schedule).copied();
        period.unwrap_or_else(|| {
            let what = || format!("an answer for a schedule that was never published: {schedule}");
            self.record.surprise(what);
            0
        })
    }

    fn decide(&mut self, hold: Hold, patient: PatientId, client: u32, bot: bool) {
        let sale = self.holds.len();
        let held_at = self.record.sales[sale].held_at;
        let (plan, after) = match held_at {
            ..PATIENCE_MS => plan(self.morning.seed, client, paper(patient), bot),
            _ => (Plan::Pay, PROMPT_MS),
        };
        self.holds.push((hold, patient, plan));
        if plan != Plan::WalkAway {
            self.errands
                .push(Reverse((held_at + after, Errand::Settle(sale))));
        }
    }

    fn settle(&mut self, sale: usize) {
        let morning = self.morning;
        let (hold, patient, plan) = self.holds[sale];
        // Read before the call: whoever has the slot next had it later than this.
        let at = morning.now();
        let end = match plan {
            Plan::Release => match morning.engine.release(hold.id, patient) {
                Ok(()) => Ok(End::Released { at }),
                Err(Refusal::HoldExpired) => Ok(End::RanOut),
                Err(why) => Err(format!("a release was refused: {why}")),
            },
            Plan::Pay | Plan::WalkAway => self.pay(hold, patient, at, sale),
        };
        match end {
            Ok(end) => self.record.sales[sale].end = end,
            Err(what) => self.record.surprise(|| what),
        }
    }

    fn pay(&self, hold: Hold, patient: PatientId, at: i64, sale: usize) -> Result<End, String> {
        let payment = PaymentRef::new(patient.to_u128() << 1 | 1);
        let late = at >= self.record.sales[sale].expires_at;
        match self
            .morning
            .engine
            .confirm(hold.id, patient, Some(payment))
            .map(fairslot::Pending::wait)
        {
            Ok(Ok(booking)) if (booking.schedule, booking.slot) == (hold.schedule, hold.slot) => {
                Ok(End::Paid {
                    at,
                    booking: booking.id,
                    late,
                })
            }
            Ok(Ok(booking)) => Err(format!("{hold:?} became {booking:?}")),
            Ok(Err(why)) => Err(format!("a booking is not settled: {why}")),
            Err(Refusal::RefundDue) => Ok(End::Refunded),
            Err(why) => Err(format!("a payment was refused: {why}")),
        }
    }
}

/// The request with what its client sends along: each has a device and an account.
fn from(client: u32, request: Request) -> Request {
    let device = u128::from(client) + 1;
    request
        .account(AccountId::new(device))
        .device(DeviceId::new(device))
}

/// The identity behind a paper: people have one, below 2^64; bots have several.
fn patient(client: u32, paper: u32) -> PatientId {
    PatientId::new(u128::from(client) << 8 | u128::from(paper))
}

/// Which of a client's papers it is.
fn paper(patient: PatientId) -> u32 {
    (patient.to_u128() & 0xff) as u32
}
