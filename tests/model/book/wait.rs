//! Somebody waits for a slot to return.

use super::gate::Turn;
use super::returns::Cluster;
use super::{Answer, Ask, Book, DAY, Did, End, Entry, Has, Rules, Said, State};
use fairslot::line::Wish;
use fairslot::{Refusal, ReturnPolicy, Rule};

/// A place on a waitlist.
#[derive(Clone)]
pub(super) struct Wait {
    pub(super) patient: u8,
    schedule: usize,
    /// Where it was asked for, and where again: so many count.
    pub(super) clusters: Vec<Cluster>,
    /// How often they had given up a slot when they joined, or joined again.
    pub(super) strikes: usize,
    /// Whether a session in which they had a slot had been withdrawn, and was remembered, when they joined, or joined again.
    pub(super) displaced: bool,
    pub(super) fate: Fate,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fate {
    /// Perhaps until booking closed, if nobody has noticed yet.
    Waiting,
    Left(u64),
    Withdrawn(u64),
    /// It came to nothing.
    Over(Refusal, u64),
    /// A hold, as it was given.
    Won(usize, u64),
}

impl Wait {
    pub(super) fn is_for(&self, schedule: usize) -> bool {
        self.schedule == schedule
    }
}

impl Book {
    pub(super) fn fate(&self, now: u64, ticket: usize) -> Fate {
        let wait = &self.waits[ticket];
        let closes_at = self.pages[wait.schedule].closes_at();
        match wait.fate {
            // The withdrawal ended it.
            Fate::Won(hold, _) => match self.entries[hold].state {
                State::Ended(End::Withdrawn, at) => Fate::Withdrawn(at),
                _ => wait.fate,
            },
            Fate::Waiting if now >= closes_at => Fate::Over(Refusal::SoldOut, closes_at),
            fate => fate,
        }
    }

    /// None if it is not over.
    fn wait_ended_at(&self, now: u64, ticket: usize) -> Option<u64> {
        match self.fate(now, ticket) {
            Fate::Waiting => None,
            Fate::Left(at) | Fate::Withdrawn(at) | Fate::Over(_, at) => Some(at),
            Fate::Won(hold, _) => self.entries[hold].ended_at(now),
        }
    }

    fn wait_is_remembered(&self, now: u64, ticket: usize) -> bool {
        self.wait_ended_at(now, ticket)
            .is_none_or(|at| now - at < DAY)
    }

    /// Places of a patient that are undecided.
    pub(super) fn waiting_for(
        &self,
        now: u64,
        patient: u8,
    ) -> impl Iterator<Item = (usize, Has)> + '_ {
        let own = move |it: &usize| {
            self.waits[*it].patient == patient && self.fate(now, *it) == Fate::Waiting
        };
        let waiting = (0..self.waits.len()).filter(own);
        waiting.map(|it| (self.waits[it].schedule, Has::Waiting(it)))
    }

    /// Places that take a line of the patient's book: an offer has its own.
    pub(super) fn lines_of_waits(&self, now: u64, patient: u8) -> usize {
        (0..self.waits.len())
            .filter(|&it| self.waits[it].patient == patient && self.wait_is_remembered(now, it))
            .filter(|&it| !matches!(self.waits[it].fate, Fate::Won(..)))
            .count()
    }

    /// The first of these schedules that is sold out and returns slots by the draw.
    pub(super) fn waitlist_of(&self, refusals: &[(usize, Refusal)]) -> Option<usize> {
        let drawn = |schedule: usize| self.pages[schedule].terms.returns == ReturnPolicy::Draw;
        let first = refusals
            .iter()
            .find(|(schedule, why)| *why == Refusal::SoldOut && drawn(*schedule));
        first.map(|(schedule, _)| *schedule)
    }

    /// How often a patient has given up a slot: bookings cancelled, and holds that ran out and were not confirmed after all.
    fn given_up(&self, now: u64, patient: u8) -> usize {
        let given_up = |it: &&Entry| match it.state {
            State::Ended(End::Cancelled | End::Expired | End::RefundDue, _) => true,
            _ => it.is_due(now),
        };
        let own = self.entries.iter().filter(|it| it.patient == patient);
        own.filter(given_up).count()
    }

    pub(super) fn join(
        &mut self,
        now: u64,
        ask: &Ask,
        schedule: usize,
        turn: &mut Turn,
    ) -> Result<Said, Refusal> {
        let cluster = Cluster::of(ask.patient, ask.keys);
        let strikes = self.given_up(now, ask.patient);
        let displaced = self.is_displaced(now, ask.patient);
        let waiting = |it: &usize| {
            let wait = &self.waits[*it];
            (wait.schedule, wait.patient) == (schedule, ask.patient)
                && self.fate(now, *it) == Fate::Waiting
        };
        if let Some(ticket) = (0..self.waits.len()).find(waiting) {
            let wait = &mut self.waits[ticket];
            wait.strikes = wait.strikes.min(strikes);
            wait.displaced |= displaced;
            if !wait.clusters.contains(&cluster) && wait.clusters.len() < Wish::CLUSTERS_MAX {
                wait.clusters.push(cluster);
            }
            self.again += 1;
            return Ok(self.waiting(ticket));
        }
        self.gate.ask(now, turn)?;
        self.judge_book(now, ask.patient)?;
        let many = (0..self.waits.len()).filter(|&it| {
            self.waits[it].schedule == schedule && self.fate(now, it) == Fate::Waiting
        });
        if many.count() >= Rules::WAITLIST.capacity as usize {
            let rule = Rule::WaitlistFull;
            return Err(Refusal::Rule { rule });
        }
        let ticket = self.waits.len();
        self.waits.push(Wait {
            patient: ask.patient,
            schedule,
            clusters: vec![cluster],
            strikes,
            displaced,
            fate: Fate::Waiting,
        });
        self.write_wait(now, ticket, Did::Entered { ticket });
        let said = self.waiting(ticket);
        self.remember(now, ask, &said);
        Ok(said)
    }

    /// All sessions here are of one department. Who has lost more slots to the hospital than the waitlists have given them since goes ahead.
    pub(super) fn is_displaced(&self, now: u64, patient: u8) -> bool {
        let own = || self.entries.iter().filter(|it| it.patient == patient);
        let lost_at = |state: &State| match *state {
            State::Ended(End::Withdrawn, at) if now - at < DAY => Some(at),
            _ => None,
        };
        let lost: Vec<u64> = own().filter_map(|it| lost_at(&it.state)).collect();
        let Some(first) = lost.iter().min() else {
            return false;
        };
        let given = own().filter(|it| {
            let since = it.cap_at - self.pages[it.schedule].terms.hold_cap_ms;
            let forgotten = it.ended_at(now).is_some_and(|at| now - at >= DAY);
            let stands = it.is_live(now) || lost_at(&it.state).is_some();
            it.offer.is_some() && since >= *first && !forgotten && (stands || it.booked)
        });
        lost.len() > given.count()
    }

    pub(super) fn remember(&mut self, now: u64, ask: &Ask, said: &Said) {
        let Some(request) = ask.request else { return };
        let answer = Answer {
            at: now,
            schedules: ask.schedules.clone(),
            channel: ask.channel,
            said: said.clone(),
        };
        self.answers.insert((ask.patient, request), answer);
    }

    fn write_wait(&mut self, now: u64, ticket: usize, did: Did) {
        let Wait {
            schedule, patient, ..
        } = self.waits[ticket];
        self.write_page(now, schedule, did);
        if let Some(line) = self.journal.last_mut() {
            line.patient = Some(patient);
        }
    }

    fn waiting(&self, ticket: usize) -> Said {
        let schedule = self.waits[ticket].schedule;
        let due = self.pages[schedule].closes_at();
        Said::Waiting {
            ticket,
            schedule,
            due,
        }
    }

    pub(super) fn ticket(&self, now: u64, ticket: usize) -> Said {
        if ticket >= self.waits.len() || !self.wait_is_remembered(now, ticket) {
            return Said::Refused(Refusal::UnknownTicket);
        }
        let schedule = self.waits[ticket].schedule;
        if self.pages[schedule].withdrawn {
            return Said::Refused(Refusal::Withdrawn);
        }
        match self.fate(now, ticket) {
            Fate::Waiting => self.waiting(ticket),
            Fate::Left(_) => Said::Refused(Refusal::AlreadyReleased),
            Fate::Withdrawn(_) => Said::Refused(Refusal::Withdrawn),
            Fate::Over(why, _) => Said::Refused(why),
            Fate::Won(hold, expires_at) => {
                let slot = self.entries[hold].slot;
                Said::Held {
                    hold,
                    schedule,
                    slot,
                    expires_at,
                }
            }
        }
    }

    pub(super) fn leave(&mut self, now: u64, ticket: usize, patient: u8) -> Said {
        if ticket >= self.waits.len() || !self.wait_is_remembered(now, ticket) {
            return Said::Refused(Refusal::UnknownTicket);
        }
        if self.waits[ticket].patient != patient {
            return Said::Refused(Refusal::NotYours);
        }
        if self.pages[self.waits[ticket].schedule].withdrawn {
            return Said::Refused(Refusal::Withdrawn);
        }
        match self.fate(now, ticket) {
            Fate::Withdrawn(_) => Said::Refused(Refusal::Withdrawn),
            Fate::Left(_) => Said::Refused(Refusal::AlreadyReleased),
            Fate::Over(..) | Fate::Won(..) => Said::Refused(Refusal::WrongState),
            Fate::Waiting => {
                self.waits[ticket].fate = Fate::Left(now);
                self.write_wait(now, ticket, Did::Left { ticket });
                Said::Done
            }
        }
    }

    /// A session is called off: nobody waits for it any more.
    pub(super) fn end_waits(&mut self, now: u64, schedule: usize) {
        for ticket in 0..self.waits.len() {
            if self.waits[ticket].schedule == schedule && self.fate(now, ticket) == Fate::Waiting {
                self.waits[ticket].fate = Fate::Withdrawn(now);
                self.write_wait(now, ticket, Did::Left { ticket });
            }
        }
    }

    /// Whom a draw has passed over nobody can foresee, as nobody sees in which order they were drawn: their tickets say so.
    pub(crate) fn hear(&mut self, clock: u64, told: &[Said]) {
        let now = self.now(clock);
        let may: Vec<(usize, Refusal)> = std::mem::take(&mut self.may_be_passed);
        let must: Vec<(usize, Refusal)> = std::mem::take(&mut self.must_be_passed);
        for (ticket, why) in must.iter().chain(&may) {
            if told.get(*ticket) == Some(&Said::Refused(*why))
                && self.fate(now, *ticket) == Fate::Waiting
            {
                self.waits[*ticket].fate = Fate::Over(*why, now);
                self.passed_over.push(*why);
            }
        }
        for (ticket, why) in must {
            if self.fate(now, ticket) == Fate::Waiting {
                self.complain(
                    now,
                    format!("ticket {ticket} waits on, though it was passed over: {why:?}"),
                );
            }
        }
        for ticket in 0..self.waits.len() {
            let said = self.ticket(now, ticket);
            if told.get(ticket) != Some(&said) {
                self.complain(
                    now,
                    format!("ticket {ticket}: {:?}, and not {said:?}", told.get(ticket)),
                );
            }
        }
    }

    /// As many live holds as these.
    pub(super) fn live_holds(&self, now: u64, patient: u8) -> usize {
        let mine = self.entries.iter().filter(|entry| entry.patient == patient);
        mine.filter(|entry| entry.state == State::Held && entry.is_live(now))
            .count()
    }

    /// Whether one line more may stand in that patient's book.
    pub(super) fn judge_book(&self, now: u64, patient: u8) -> Result<(), Refusal> {
        let mine = self.entries.iter().filter(|entry| entry.patient == patient);
        let lines = mine.filter(|entry| entry.is_remembered(now)).count()
            + self.lines_of_waits(now, patient);
        let rule = Rule::BookFull;
        match lines >= self.rules.book_lines_max as usize {
            true => Err(Refusal::Rule { rule }),
            false => Ok(()),
        }
    }

    /// The tickets of a patient, the latest first.
    pub(crate) fn tickets_of(&self, patient: u8) -> impl Iterator<Item = usize> {
        (0..self.waits.len())
            .rev()
            .filter(move |&it| self.waits[it].patient == patient)
    }
}
