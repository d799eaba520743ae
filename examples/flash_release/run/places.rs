//! Who waits in which draw, among the clients of one thread.

use std::collections::{BTreeMap, HashMap};

use fairslot::{PatientId, TicketId};

use crate::tally::Entry;

/// The places in draws of one thread's clients.
pub(super) struct Places {
    /// Who has, or has had, a place.
    of: HashMap<PatientId, Place>,
    /// By period, those who wait there, with the index of their entry in the record.
    waiting: BTreeMap<u32, Vec<(Waits, usize)>>,
    /// When this thread looks next whether a draw is over.
    news_at: i64,
}

/// A client waits for a patient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    pub(super) ticket: TicketId,
    pub(super) patient: PatientId,
    pub(super) client: u32,
    pub(super) period: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    In(u32),
    /// Has been in a draw, or came when it was over.
    Past,
}

/// How often it is looked whether a draw is over. Windows close at multiples of it, so that everybody knows at once.
const NEWS_MS: i64 = 100;

impl Places {
    pub(super) fn new() -> Self {
        Self {
            of: HashMap::new(),
            waiting: BTreeMap::new(),
            news_at: 0,
        }
    }

    /// When to look next; `None` while nobody waits.
    pub(super) fn news_at(&self) -> Option<i64> {
        (!self.waiting.is_empty()).then_some(self.news_at)
    }

    /// The period for which a patient waits.
    pub(super) fn waits_for(&self, patient: PatientId) -> Option<u32> {
        match self.of.get(&patient) {
            Some(Place::In(period)) => Some(*period),
            _ => None,
        }
    }

    pub(super) fn has_been(&self, patient: PatientId) -> bool {
        self.of.contains_key(&patient)
    }

    /// Notes a ticket: whether it is a new one.
    pub(super) fn take(
        &mut self,
        waits: Waits,
        now: i64,
        entries: &mut Vec<Entry>,
        bot: bool,
    ) -> bool {
        if self.waits_for(waits.patient).is_some() {
            return false;
        }
        if self.waiting.is_empty() {
            self.news_at = (now.div_euclid(NEWS_MS) + 1) * NEWS_MS;
        }
        self.of.insert(waits.patient, Place::In(waits.period));
        let places = self.waiting.entry(waits.period).or_default();
        places.push((waits, entries.len()));
        entries.push(Entry {
            period: waits.period,
            ticket: waits.ticket,
            bot,
            won: None,
        });
        true
    }

    /// A patient who was refused has no draw to enter any more, unless they wait in one: whether they don't.
    pub(super) fn go_on(&mut self, patient: PatientId) -> bool {
        *self.of.entry(patient).or_insert(Place::Past) == Place::Past
    }

    /// A patient has heard.
    pub(super) fn heard(&mut self, patient: PatientId) {
        self.of.insert(patient, Place::Past);
    }

    /// A patient has not heard after all.
    pub(super) fn wait_on(&mut self, waits: Waits, entry: usize) {
        self.of.insert(waits.patient, Place::In(waits.period));
        self.waiting
            .entry(waits.period)
            .or_default()
            .push((waits, entry));
    }

    /// Takes out all who waited in draws that are over by now, which one ticket of each tells.
    pub(super) fn over(
        &mut self,
        now: i64,
        is_over: impl Fn(TicketId) -> bool,
    ) -> Vec<(Waits, usize)> {
        self.news_at = (now.div_euclid(NEWS_MS) + 1) * NEWS_MS;
        let mut over = Vec::new();
        self.waiting.retain(|_, places| {
            let stays = !places
                .first()
                .is_some_and(|(waits, _)| is_over(waits.ticket));
            if !stays {
                over.append(places);
            }
            stays
        });
        over
    }
}
