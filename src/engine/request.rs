//! Somebody asks for a slot: look → book → gate → rules → claim.
//!
//! Most answers end at the look, which reads one or two shared lines and writes none: [`Inner::glance`]. What is left goes to the patient's
//! book, and under its lock judges schedule by schedule: [`Inner::admit`]. Once a slot is claimed nothing refuses.

mod claim;
mod fetch;
mod many;
mod memory;

use crate::gate;
use crate::gate::behaviour::{Seen as Behaved, Watch};
use crate::ledger::Book;
use crate::ledger::record::Phase;
use crate::pool::{Look, Pool};
use crate::words::ask::{Hold, Outcome, Request};
use crate::words::event::What;
use crate::words::id::{Claim, PatientId, RequestId, ScheduleId, SlotNo};
use crate::words::refusal::Refusal;
use crate::words::time::Timestamp;

use super::queue::Slowed;
use super::stats::Count;
use super::turn::Turn;
use super::{Bulletin, Engine, Inner, Note};

use fetch::{Asker, Fetched, NOBODY};
pub(super) use memory::Seen;

/// # Somebody asks
impl Engine {
    /// Asks for a slot.
    ///
    /// With several schedules, the answer is that of the first which doesn't refuse; if all refuse, the refusal of the first.
    ///
    /// **Opening by a draw.** While people may enter, the answer is a [`Ticket`](crate::Ticket) of a place in the draw, the same one for as often as the patient asks; what becomes of it, [`ticket`](Self::ticket)
    /// tells. Of a draw over [several schedules](crate::Lottery::together) it is one place for all that the request lists, in that order.
    ///
    /// **Being slowed.** If the builder set a [`slow_queue`](crate::EngineBuilder::slow_queue), whoever behaves like a script gets a ticket as well where a schedule is open first come: a slot at their turn, if one is
    /// left. Asking again gives the same ticket, with its position as it is now.
    ///
    /// **Retries.** An answer that changed something (a hold, a place in a line) is remembered under the patient and the request's id for 24 hours: the same id
    /// with the same schedules and channel gets it again, word for word (a place in the slow queue: as it stands now), even after that hold ended, and changes nothing; with others it is
    /// refused. After a refusal the id is free.
    ///
    /// **Time.** The first look goes by [`Clock::recent`](crate::Clock::recent), if the clock has it, and shares its lag; whatever gets past it is judged by
    /// [`Clock::now`](crate::Clock::now).
    ///
    /// **Limits**, if the builder set any, count what gets as far as a slot or a place in a line that is to be had: holds, new places, and refusals by a rule. One request is counted once.
    ///
    /// **Proofs.** In a draw's window a [`step_up`](crate::EngineBuilder::step_up) may have the answer be [`Outcome::Challenged`]: do what it asks, and ask again with [`Request::answer`].
    ///
    /// **Sold out.** To who [would wait](Request::waitlist) the answer may be a ticket for what returns; if the first schedule is sold out and there is no waiting either, it is why not.
    ///
    /// # Refusals
    /// In this order: `unknown_schedule`, `request_mismatch`, `withdrawn`, `not_open`, `closed`, `already_holds`, `sold_out`,
    /// `rate_limited`, `rule`.
    // The way to a plain "sold out" is short enough to stand where it is called; everything else is one call away.
    #[inline(always)]
    #[must_use]
    pub fn request(&self, request: &Request) -> Outcome {
        let inner = &*self.inner;
        // By far the most frequent answers, by the shortest way; the general one would come to the same.
        if request.request_id().is_none() && !request.would_wait() {
            match inner.first_look(request.sole_schedule(), request) {
                Some(Look::SoldOut) => {
                    inner.count_refused_request(Refusal::SoldOut);
                    return Outcome::Refused(Refusal::SoldOut);
                }
                Some(Look::Open) => return inner.admit_one(request, None),
                _ => {}
            }
        }
        inner.request(request)
    }

    /// The answer that a request got, for a reply that never arrived.
    ///
    /// # Errors
    /// `unknown_request` if no answer is remembered: it was a refusal, it is older than 24 hours, or it never came.
    pub fn lookup(&self, patient: PatientId, request: RequestId) -> Result<Outcome, Refusal> {
        let inner = &*self.inner;
        let now = inner.now();
        inner.pass(now);
        let book = inner.ledger.book(patient, inner.ledger.hash(patient));
        let found = inner
            .remembered(&book, request, now)
            .and_then(|(number, record)| inner.first_answer(number, record));
        drop(book);
        found.ok_or_else(|| {
            inner.count_refusal(Refusal::UnknownRequest);
            Refusal::UnknownRequest
        })
    }
}

/// A request whose patient's book is open.
struct Asked<'a> {
    request: &'a Request,
    book: Book<'a>,
    seen: Seen<'a>,
    seen_by_gate: Option<(&'a Watch, Behaved)>,
}

/// What a schedule's answer is, if not a hold.
enum Else<'a> {
    Refused(Refusal),
    /// People may enter its draw.
    Window,
    /// There is a slot, and they are to wait for their turn: the queue, and the score that they are slowed for.
    Slowed(&'a Pool, (&'a Slowed, u16)),
    /// What the request was answered before, if it still stands there.
    Remembered(&'a Pool),
}

impl From<Refusal> for Else<'_> {
    fn from(why: Refusal) -> Self {
        Self::Refused(why)
    }
}

impl Inner {
    /// What a look says at the clock's cached time, if it has one; `sold_out` only to those who surely have nothing here.
    #[inline(always)]
    fn first_look(&self, schedule: ScheduleId, request: &Request) -> Option<Look> {
        // Two ways, so that the one without a watch has nothing of it.
        let Some(recent) = &self.recent_unwatched else {
            return self.first_look_watched(schedule, request);
        };
        let now = self.not_before_high(recent.get());
        let patient = request.patient();
        self.look_for(schedule, patient, self.filter_hash(patient), now)
    }

    /// The look itself, where it is plain whether there is anything to be had; nothing is said to who may have a slot already. `hash`: the filter's, of the patient.
    #[inline(always)]
    pub(super) fn look_for(
        &self,
        schedule: ScheduleId,
        patient: PatientId,
        hash: u64,
        now: Timestamp,
    ) -> Option<Look> {
        let pool = self.places.find(schedule)?;
        let Some(look) = pool.first_look(schedule, now) else {
            return self.second_look_for((schedule, pool), patient, hash, now);
        };
        // The filter knows everybody who has a slot here, and a few who have not.
        let may_have = look == Look::SoldOut
            && pool.slots().own_filter_may_know(hash)
            && self.has_line(patient);
        (!may_have).then_some(look)
    }

    /// The same where one reading of the free bits is not enough: in a large schedule, or where a hold has run out.
    #[inline(never)]
    fn second_look_for(
        &self,
        (schedule, pool): (ScheduleId, &Pool),
        patient: PatientId,
        hash: u64,
        now: Timestamp,
    ) -> Option<Look> {
        let look = pool.look_plainly(schedule, now, true)?;
        let may_have = look == Look::SoldOut && pool.may_know(hash) && self.has_line(patient);
        (!may_have).then_some(look)
    }

    /// Whether this patient may have a line in the ledger, whatever for: of those whom a filter takes for another most have none.
    #[cold]
    #[inline(never)]
    fn has_line(&self, patient: PatientId) -> bool {
        self.ledger.peek(self.ledger.hash(patient))
    }

    #[inline(never)]
    fn request(&self, request: &Request) -> Outcome {
        // Without a cached reading the clock is read here, once for both.
        let recent = self.recent();
        let read = recent.is_none().then(|| self.now());
        let at = recent.or(read).unwrap_or_default();
        match self.glance(request, at, || self.ledger.hash(request.patient())) {
            Some(why) => {
                self.glance_refused(request, why, at);
                self.refuse(why)
            }
            None => self.admit_one(request, read),
        }
    }

    fn refuse(&self, why: Refusal) -> Outcome {
        self.count_refused_request(why);
        Outcome::Refused(why)
    }

    /// `read`: the clock, if it was read already.
    #[inline(never)]
    fn admit_one(&self, request: &Request, read: Option<Timestamp>) -> Outcome {
        let fetched = self.fetch(request, 0);
        if self.is_guarded() || self.step_up.is_some() {
            return self.admit_guarded(request, fetched, read);
        }
        self.fetch_slot(request, fetched.pool);
        let now = self.read_and_pass(read);
        self.admit(request, (fetched.hash, &NOBODY), &mut self.bulletin(now))
    }

    /// The same where there are limits, behaviour is judged, or some are asked for a proof.
    #[inline(never)]
    fn admit_guarded(
        &self,
        request: &Request,
        fetched: Fetched<'_>,
        read: Option<Timestamp>,
    ) -> Outcome {
        let asker = self.fetch_guards(request, 0);
        self.fetch_slot(request, fetched.pool);
        let (at, now) = ((fetched.hash, &asker), self.read_and_pass(read));
        if self.has_follow_ups() {
            return self.admit_and_follow_up(request, at, now);
        }
        self.admit(request, at, &mut self.bulletin(now))
    }

    #[inline(always)]
    fn read_and_pass(&self, read: Option<Timestamp>) -> Timestamp {
        let now = read.unwrap_or_else(|| self.now());
        self.pass(now);
        now
    }

    /// Whether some are asked for a proof, or wait for a turn.
    #[inline]
    fn has_follow_ups(&self) -> bool {
        self.step_up.is_some() || self.slowed.is_some()
    }

    /// The same where some are asked for a proof, or wait for a turn: with no lock held there is something to do before and after.
    #[inline(never)]
    fn admit_and_follow_up(&self, request: &Request, at: (u64, &Asker), now: Timestamp) -> Outcome {
        let shown = self.shown(request, now);
        let mut bulletin = self.bulletin(now);
        bulletin.shown = shown;
        let outcome = self.admit(request, at, &mut bulletin);
        drop(bulletin);
        self.pass_turns(now);
        self.issued(request, outcome, now)
    }

    /// The refusal that needs nobody's book, if it is one. Writes nothing.
    #[inline]
    fn glance(&self, request: &Request, now: Timestamp, hash: impl Fn() -> u64) -> Option<Refusal> {
        // A named request may have an answer already, which goes before nearly everything.
        if request.request_id().is_some()
            && self.named.may_hold(self.filter_hash(request.patient()))
            && self.ledger.peek(hash())
        {
            return None;
        }
        // Who would rather wait is told `sold_out` by the book alone.
        if request.would_wait() && self.returns.in_use() {
            return None;
        }
        let mut first = None;
        for schedule in request.schedules() {
            let why = self.look(*schedule, request.patient(), now, &hash)?;
            first.get_or_insert(why);
        }
        Some(first.unwrap_or(Refusal::UnknownSchedule))
    }

    /// What the look at one schedule refuses. `sold_out` only to those who surely have nothing here.
    fn look(
        &self,
        schedule: ScheduleId,
        patient: PatientId,
        now: Timestamp,
        hash: impl Fn() -> u64,
    ) -> Option<Refusal> {
        let Some(pool) = self.places.find(schedule) else {
            return Some(Refusal::UnknownSchedule);
        };
        match pool.look(schedule, now) {
            // The filter knows everybody who has a slot here, and a few who have not; of those most have no line anywhere.
            Look::SoldOut => {
                let has_line = pool.may_know(self.filter_hash(patient)) && self.ledger.peek(hash());
                (!has_line).then_some(Refusal::SoldOut)
            }
            Look::Open | Look::Window => None,
            Look::Unknown => Some(Refusal::UnknownSchedule),
            Look::Withdrawn => Some(Refusal::Withdrawn),
            Look::NotOpen { in_ms } => Some(Refusal::NotOpen {
                retry_after_ms: in_ms,
            }),
            Look::Closed => Some(Refusal::Closed),
        }
    }

    /// Judges under the lock of the patient's book. The way to a grant is one piece, written for the case that nothing stands in its way: each part that
    /// is seldom wanted is a call away. With the patient's hash, and what limits and behaviour go by.
    #[inline(never)]
    fn admit(
        &self,
        request: &Request,
        (hash, asker): (u64, &Asker),
        bulletin: &mut Bulletin<'_>,
    ) -> Outcome {
        let see = |watch| (watch, self.see(watch, request, asker.who, bulletin.at));
        let seen_by_gate = self.watch.as_deref().map(see);
        let book = self.ledger.book(request.patient(), hash);
        let seen = self.read(&book, request.request_id(), bulletin.at);
        if let (Some((watch, by)), Some(_)) = (seen_by_gate, &self.slowed) {
            bulletin.slowed = self.slows(watch, request, by.score);
        }
        let mut turn = Turn::of(&asker.hashes);
        let Some(&schedule) = request.schedules().first() else {
            return self.refuse(Refusal::UnknownSchedule);
        };
        match self.judge(&book, &seen, request, schedule, &mut turn, bulletin) {
            Ok(held) => {
                let outcome = Outcome::Held(held);
                if let Some((watch, by)) = seen_by_gate {
                    self.see_granted(watch, by.origin, request.patient(), &outcome, bulletin.at);
                }
                drop(book);
                self.close(bulletin);
                outcome
            }
            Err(instead) => {
                let asked = Asked {
                    request,
                    book,
                    seen,
                    seen_by_gate,
                };
                self.admit_otherwise(asked, turn, instead, bulletin)
            }
        }
    }

    /// The first schedule's answer is no hold.
    #[inline(never)]
    fn admit_otherwise(
        &self,
        asked: Asked<'_>,
        mut turn: Turn<'_>,
        instead: Else<'_>,
        bulletin: &mut Bulletin<'_>,
    ) -> Outcome {
        let Asked {
            request,
            book,
            seen,
            seen_by_gate,
        } = &asked;
        let (mut first, mut sold_out, mut outcome) = (None, None, None);
        let mut instead = Some(instead);
        for &schedule in request.schedules() {
            let judged = match instead.take() {
                Some(instead) => Err(instead),
                None => self.judge(book, seen, request, schedule, &mut turn, bulletin),
            };
            let judged = match judged {
                Ok(held) => Ok(Outcome::Held(held)),
                Err(Else::Refused(why)) => Err(why),
                Err(Else::Window) => self.enter(book, seen, request, schedule, &mut turn, bulletin),
                Err(Else::Slowed(pool, slowed)) => {
                    let place = (schedule, pool);
                    self.slow_down(slowed, (book, seen), request, place, &mut turn, bulletin)
                }
                Err(Else::Remembered(pool)) => {
                    self.answer_again(seen, request, (schedule, pool), bulletin)
                }
            };
            match judged {
                Ok(granted) => {
                    outcome = Some(granted);
                    break;
                }
                Err(why) => {
                    turn.note(why);
                    first.get_or_insert(why);
                    if why == Refusal::SoldOut && request.would_wait() && self.returns(schedule) {
                        sold_out.get_or_insert(schedule);
                    }
                }
            }
        }
        if let (None, Some(schedule)) = (outcome, sold_out) {
            let waits = self.join_waitlist(book, seen, request, schedule, &mut turn, bulletin);
            match waits {
                Ok(waiting) => outcome = Some(waiting),
                Err(why) => {
                    turn.note(why);
                    // Instead of that there is none, which it explains; another's refusal comes first.
                    first = first.filter(|it| *it != Refusal::SoldOut).or(Some(why));
                }
            }
        }
        if let (Some((watch, by)), None, Some(granted)) = (seen_by_gate, seen.remembered, &outcome)
        {
            self.see_granted(watch, by.origin, request.patient(), granted, bulletin.at);
        }
        drop(asked);
        self.close(bulletin);
        outcome.unwrap_or_else(|| {
            self.end_turn_with_nothing(turn, bulletin.at);
            self.refuse(first.unwrap_or(Refusal::UnknownSchedule))
        })
    }

    /// One schedule's answer. The order of these lines is the precedence of the refusals.
    #[inline(always)]
    fn judge<'a>(
        &'a self,
        book: &Book<'_>,
        seen: &Seen<'_>,
        request: &Request,
        schedule: ScheduleId,
        turn: &mut Turn<'_>,
        bulletin: &mut Bulletin<'_>,
    ) -> Result<Hold, Else<'a>> {
        let now = bulletin.at;
        let pool = self.places.find(schedule).ok_or(Refusal::UnknownSchedule)?;
        if seen.remembered.is_some() {
            return Err(Else::Remembered(pool));
        }
        let look = pool.look(schedule, now);
        if look == Look::Window {
            return Err(Else::Window);
        }
        self.may_claim(book, seen, (schedule, pool), look, bulletin)?;
        if let (Some(slowed), Some(score)) = (&self.slowed, bulletin.slowed) {
            return Err(Else::Slowed(pool, (slowed, score)));
        }
        self.take_turn_for(schedule, turn, request, bulletin)?;
        self.rules(seen)?;
        if request.request_id().is_some() {
            self.named.add(self.filter_hash(book.patient()));
        }
        let until = now.after(pool.hold_ttl());
        let claimed = self.claim(book, pool, schedule, Phase::Held, now, until)?;
        let (number, record) = (claimed.number, claimed.record);
        self.wake_at(number, record, until);
        self.hold_begins((schedule, pool), until);
        self.mark(record, request);
        self.name(request, number, record);
        self.tidy(book, seen, now);
        self.count(Count::Held);
        let claim = Claim {
            schedule,
            record: number,
            slot: claimed.slot,
            version: claimed.version,
        };
        let asker = Some(|| gate::keys_of(request));
        bulletin.tell_of_asker(asker, || Note {
            schedule,
            slot: claimed.slot,
            version: claimed.version,
            whose: Some((book.patient(), claim)),
            what: What::Held { expires_at: until },
        });
        Ok(Hold {
            id: claim.hold_id(),
            schedule,
            slot: SlotNo::from_index(claimed.slot),
            expires_at: until,
        })
    }

    /// What a request of this name was answered before, if it was the same request.
    #[cold]
    fn answer_again(
        &self,
        seen: &Seen<'_>,
        request: &Request,
        (schedule, pool): (ScheduleId, &Pool),
        bulletin: &Bulletin<'_>,
    ) -> Result<Outcome, Refusal> {
        if !pool.is(schedule) {
            return Err(Refusal::UnknownSchedule);
        }
        let content = self.ledger.content(request);
        let answer = seen.remembered.and_then(|(number, record)| {
            let memo = self.ledger.memo(number)?;
            let answer = self.first_answer(number, record);
            let answer = answer.filter(|_| memo.content() == content)?;
            self.passed_meanwhile(request, record, (bulletin.shown, bulletin.at));
            Some(answer)
        });
        let answer = answer.ok_or(Refusal::RequestMismatch)?;
        self.count(Count::Remembered);
        Ok(answer)
    }
}
