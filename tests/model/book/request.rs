//! Somebody asks for a slot, or what the answer was.

use super::gate::Turn;
use super::returns::Cluster;
use super::{Answer, Ask, Book, DAY, Did, Entry, Said, State};
use fairslot::{Refusal, Rule};

/// What a slot is asked for. An exchange ends with no more live holds than before.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Purpose {
    Hold,
    Exchange,
}

impl Book {
    /// The first schedule that doesn't refuse, else the refusal of the first; of who would wait for what is sold out, why they can't.
    pub(super) fn request(&mut self, now: u64, ask: &Ask) -> Said {
        let (mut first_refusal, mut turn) = (None, Turn::of(ask));
        let mut refusals = Vec::new();
        for &name in &ask.schedules {
            let refusal = match self.page(name) {
                None => Refusal::UnknownSchedule,
                Some(schedule) => match self.request_one(now, ask, schedule, &mut turn) {
                    Ok(said) => return said,
                    Err(refusal) => {
                        refusals.push((schedule, refusal));
                        refusal
                    }
                },
            };
            first_refusal.get_or_insert(refusal);
        }
        if ask.waitlist
            && let Some(schedule) = self.waitlist_of(&refusals)
        {
            match self.join(now, ask, schedule, &mut turn) {
                Ok(said) => return said,
                Err(why) if first_refusal == Some(Refusal::SoldOut) => {
                    return Said::Refused(why);
                }
                Err(_) => {}
            }
        }
        Said::Refused(first_refusal.unwrap_or(Refusal::UnknownSchedule))
    }

    fn request_one(
        &mut self,
        now: u64,
        ask: &Ask,
        schedule: usize,
        turn: &mut Turn,
    ) -> Result<Said, Refusal> {
        if let Some(answer) = ask
            .request
            .and_then(|request| self.answer(now, ask.patient, request))
        {
            let same = (&answer.schedules, answer.channel) == (&ask.schedules, ask.channel);
            return if same {
                let said = answer.said.clone();
                self.again += 1;
                Ok(said)
            } else {
                Err(Refusal::RequestMismatch)
            };
        }
        let slot = self.free_slot(now, ask.patient, schedule, Purpose::Hold, turn)?;
        let hold = self.enter(now, ask.patient, schedule, slot, State::Held);
        self.entries[hold].cluster = Cluster::of(ask.patient, ask.keys);
        let expires_at = self.entries[hold].expires_at;
        self.write(now, hold, Did::Held { expires_at });
        let said = Said::Held {
            hold,
            schedule,
            slot,
            expires_at,
        };
        self.remember(now, ask, &said);
        Ok(said)
    }

    /// The slot that this patient would get, or why there is none.
    pub(super) fn free_slot(
        &mut self,
        now: u64,
        patient: u8,
        schedule: usize,
        purpose: Purpose,
        turn: &mut Turn,
    ) -> Result<u16, Refusal> {
        let page = &self.pages[schedule];
        if page.withdrawn {
            return Err(Refusal::Withdrawn);
        }
        if now < page.opens_at() {
            return Err(Refusal::NotOpen {
                retry_after_ms: page.opens_at() - now,
            });
        }
        if now >= page.closes_at() {
            return Err(Refusal::Closed);
        }
        if self.has_slot(now, patient, schedule) {
            return Err(Refusal::AlreadyHolds);
        }
        self.notice(now, schedule);
        let mut slots = self.pages[schedule].slots();
        let Some(slot) = slots.find(|&slot| {
            self.owner(now, schedule, slot).is_none() && !self.is_resting(schedule, slot)
        }) else {
            return Err(Refusal::SoldOut);
        };
        self.gate.ask(now, turn)?;
        let live_holds = self.live_holds(now, patient);
        if purpose == Purpose::Hold && live_holds >= self.rules.live_holds_max as usize {
            return Err(Refusal::Rule {
                rule: Rule::LiveHolds,
            });
        }
        self.judge_book(now, patient)?;
        Ok(slot)
    }

    /// A new entry; the line for the journal is the caller's.
    pub(super) fn enter(
        &mut self,
        now: u64,
        patient: u8,
        schedule: usize,
        slot: u16,
        state: State,
    ) -> usize {
        let terms = &self.pages[schedule].terms;
        let cap_at = now.saturating_add(terms.hold_cap_ms);
        let expires_at = now.saturating_add(terms.hold_ttl_ms).min(cap_at);
        let booked = state == State::Booked;
        self.entries.push(Entry {
            patient,
            schedule,
            slot,
            cap_at,
            expires_at,
            booked,
            payment: None,
            cluster: Cluster::Person(patient),
            offer: None,
            state,
        });
        self.entries.len() - 1
    }

    pub(super) fn lookup(&self, now: u64, patient: u8, request: u8) -> Said {
        self.answer(now, patient, request)
            .map_or(Said::Refused(Refusal::UnknownRequest), |answer| {
                answer.said.clone()
            })
    }

    fn answer(&self, now: u64, patient: u8, request: u8) -> Option<&Answer> {
        self.answers
            .get(&(patient, request))
            .filter(|answer| now - answer.at < DAY)
    }

    /// Who has a slot: held, booked or visited.
    pub(super) fn owner(&self, now: u64, schedule: usize, slot: u16) -> Option<usize> {
        self.entries
            .iter()
            .position(|e| (e.schedule, e.slot) == (schedule, slot) && e.is_live(now))
    }

    pub(crate) fn has_slot(&self, now: u64, patient: u8, schedule: usize) -> bool {
        self.entries
            .iter()
            .any(|e| (e.patient, e.schedule) == (patient, schedule) && e.is_live(now))
    }
}
