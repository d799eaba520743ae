//! The reference book: what a clerk with paper, patience and no colleagues would do. The specification and nothing else; it shares
//! no code, no algorithm and no habit with the engine, and has no cleverness to get wrong: who has a slot is found by reading
//! the whole book.

mod gate;
mod hospital;
mod request;
mod returns;
mod settle;
mod wait;
mod words;

use std::collections::BTreeMap;

use fairslot::line::{Quota, Returns, WaitlistPolicy};
use fairslot::{Limit, Refusal, ReturnPolicy, Schedule};
use gate::Gate;
use returns::{Batch, Cluster, Offer, Rest};
use wait::Wait;
pub(crate) use words::{Ask, Call, Deed, Did, Has, Line, Name, Said, Tally};

/// How long an answer, and how a hold ended, are remembered.
pub(crate) const DAY: u64 = 86_400_000;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) live_holds_max: u32,
    pub(crate) book_lines_max: u32,
    /// Of patients, accounts, devices and networks.
    pub(crate) limits: [Option<Limit>; 4],
    /// Whether slots may return by a draw, in which case the book has to be told whom it picked.
    pub(crate) draws: bool,
}

impl Rules {
    /// Short intervals: a walk meets their ends.
    pub(crate) const WAITLIST: WaitlistPolicy = WaitlistPolicy {
        capacity: 4,
        cluster_cap: 1,
        offer_ms: 1,
        returns: Returns {
            interval_ms: 60_000,
            quiet_ms: 20_000,
            near_ms: 3_600_000,
            near_interval_ms: 1_000,
            at_once_ms: 3_000,
        },
    };

    /// Nothing that is struck is forgotten here.
    pub(crate) const QUOTA: Quota = Quota {
        window_days: 3_650,
        weight_ppm: 200_000,
        rest_days: 3_650,
        people: 1_024,
    };

    /// How slots return that are cancelled through the channels of these numbers.
    pub(crate) const THROUGH: [(u8, ReturnPolicy); 5] = [
        (11, ReturnPolicy::AtOnce),
        (12, ReturnPolicy::Delay { ms: 1_000 }),
        (13, ReturnPolicy::NextOpening),
        (14, ReturnPolicy::Never),
        (15, ReturnPolicy::Draw),
    ];
}

#[derive(Clone)]
pub(crate) struct Book {
    rules: Rules,
    /// The highest time at which something changed: no answer is given at an earlier one.
    latest: u64,
    pages: Vec<Page>,
    entries: Vec<Entry>,
    answers: BTreeMap<(u8, u8), Answer>,
    gate: Gate,
    /// Holds that ran out, and slots that returned, since the last advance.
    ran_out: u64,
    returned: u64,
    rests: Vec<Rest>,
    batches: Vec<Batch>,
    /// Moments of batches that the engine has told: of that schedule, length and number of interval.
    moments: BTreeMap<(usize, u64, u64), u64>,
    waits: Vec<Wait>,
    /// Places that a draw may, or must, have passed over in the call at hand, and why.
    may_be_passed: Vec<(usize, Refusal)>,
    must_be_passed: Vec<(usize, Refusal)>,
    /// What was heard, and can't be.
    complaints: Vec<String>,
    /// Why anybody was ever passed over.
    pub(crate) passed_over: Vec<Refusal>,
    /// Requests that got their answer again.
    pub(crate) again: u64,
    /// The lines written by the call at hand.
    journal: Vec<Line>,
}

/// A schedule.
#[derive(Clone)]
struct Page {
    terms: Schedule,
    withdrawn: bool,
    /// The version of each slot.
    versions: Vec<u32>,
}

/// A hold, and the booking it may have become.
#[derive(Clone)]
struct Entry {
    patient: u8,
    schedule: usize,
    slot: u16,
    /// No extension lasts longer than to here.
    cap_at: u64,
    expires_at: u64,
    /// Whether it ever was a booking.
    booked: bool,
    payment: Option<u8>,
    /// Where it was asked for.
    cluster: Cluster,
    /// If it was offered.
    offer: Option<Offer>,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Perhaps due, if nobody has noticed yet.
    Held,
    Booked,
    CheckedIn,
    Visited,
    Ended(End, u64),
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Expired,
    RefundDue,
    Released,
    Cancelled,
    Exchanged(usize),
    Withdrawn,
}

/// A remembered answer.
#[derive(Clone)]
struct Answer {
    at: u64,
    schedules: Vec<Name>,
    channel: Option<u8>,
    said: Said,
}

impl Entry {
    /// At `expires_at` it is gone.
    fn is_due(&self, now: u64) -> bool {
        self.state == State::Held && self.expires_at <= now
    }

    fn is_live(&self, now: u64) -> bool {
        !matches!(self.state, State::Ended(..)) && !self.is_due(now)
    }

    fn ended_at(&self, now: u64) -> Option<u64> {
        match self.state {
            State::Ended(_, at) => Some(at),
            _ => self.is_due(now).then_some(self.expires_at),
        }
    }

    fn is_remembered(&self, now: u64) -> bool {
        self.ended_at(now).is_none_or(|at| now - at < DAY)
    }
}

impl Book {
    pub(crate) fn new(rules: Rules) -> Self {
        let (pages, entries, answers, journal) =
            (Vec::new(), Vec::new(), BTreeMap::new(), Vec::new());
        Self {
            rules,
            latest: 0,
            pages,
            entries,
            answers,
            gate: Gate::new(rules.limits),
            ran_out: 0,
            returned: 0,
            rests: Vec::new(),
            batches: Vec::new(),
            moments: BTreeMap::new(),
            waits: Vec::new(),
            may_be_passed: Vec::new(),
            must_be_passed: Vec::new(),
            complaints: Vec::new(),
            passed_over: Vec::new(),
            again: 0,
            journal,
        }
    }

    /// What is said to `call` while the clock shows `clock`, and what then happened, by slot and version. Of what was heard to happen, in that order, it believes
    /// whom a draw picked, and when, if that may be.
    pub(crate) fn call(&mut self, clock: u64, call: &Call, heard: &[Line]) -> (Said, Vec<Line>) {
        let now = self.now(clock);
        let mut heard = heard.to_vec();
        self.complaints.clear();
        self.pass_time(now, &mut heard);
        let said = match call {
            Call::Publish(terms) => self.publish(now, terms),
            Call::AddSlots(schedule, count) => self.add_slots(now, *schedule, *count),
            Call::Withdraw(schedule) => self.withdraw(now, *schedule),
            Call::Reinstate(schedule) => self.reinstate(now, *schedule),
            Call::Request(ask) => self.request(now, ask),
            Call::RequestMany(asks) => {
                Said::Many(asks.iter().map(|ask| self.request(now, ask)).collect())
            }
            Call::Lookup { patient, request } => self.lookup(now, *patient, *request),
            Call::Settle {
                hold,
                patient,
                deed,
            } => self.settle(now, *hold, *patient, *deed),
            Call::Advance => self.advance(now),
            Call::Look => Said::Done,
            Call::Ticket(ticket) => self.ticket(now, *ticket),
            Call::Leave { ticket, patient } => self.leave(now, *ticket, *patient),
        };
        self.notice_what_was_noticed(now, &heard);
        self.follow(now, &mut heard);
        self.nothing_is_overdue(now);
        let mut lines = std::mem::take(&mut self.journal);
        lines.sort();
        (said, lines)
    }

    pub(crate) fn now(&self, clock: u64) -> u64 {
        clock.max(self.latest)
    }

    /// The operator's view.
    pub(crate) fn tally(&self, clock: u64, schedule: usize) -> Tally {
        let now = self.now(clock);
        let page = &self.pages[schedule];
        let mut tally = Tally {
            capacity: page.versions.len() as u32,
            ..Tally::default()
        };
        for slot in page.slots() {
            let owner = self
                .entries
                .iter()
                .find(|e| (e.schedule, e.slot) == (schedule, slot) && e.is_live(now));
            *match owner.map(|entry| entry.state) {
                Some(State::Held) => &mut tally.held,
                Some(State::Booked) => &mut tally.booked,
                Some(_) => &mut tally.visited,
                None if page.withdrawn => &mut tally.withdrawn,
                None if self.is_resting(schedule, slot) => &mut tally.cooling,
                None => &mut tally.free,
            } += 1;
        }
        tally
    }

    /// What a patient has, each with its schedule, by when that starts.
    pub(crate) fn appointments(&self, clock: u64, patient: u8) -> Vec<(usize, Has)> {
        let now = self.now(clock);
        let own = |(_, entry): &(usize, &Entry)| entry.patient == patient && entry.is_live(now);
        let entries = self.entries.iter().enumerate().filter(own);
        let slots = entries.map(|(hold, entry)| {
            let has = match entry.state {
                State::Held => Has::Held {
                    hold,
                    expires_at: entry.expires_at,
                },
                State::Booked => Has::Booked(hold),
                State::CheckedIn => Has::Arrived(hold),
                State::Visited | State::Ended(..) => Has::Visited(hold),
            };
            (entry.schedule, has)
        });
        let mut all: Vec<_> = slots.chain(self.waiting_for(now, patient)).collect();
        all.sort_by_key(|(schedule, has)| (self.pages[*schedule].terms.starts_at, *schedule, *has));
        all
    }

    pub(crate) fn next_deadline(&self, clock: u64) -> Option<u64> {
        let now = self.now(clock);
        self.entries
            .iter()
            .filter(|e| e.state == State::Held && e.is_live(now))
            .map(|e| e.expires_at)
            .chain(self.dues())
            .min()
    }

    /// Time passes, and is not taken back: what an advance forgets stays forgotten.
    fn advance(&mut self, now: u64) -> Said {
        self.latest = now;
        for schedule in 0..self.pages.len() {
            self.notice(now, schedule);
        }
        Said::Advanced {
            expired: std::mem::take(&mut self.ran_out),
            returned: std::mem::take(&mut self.returned),
        }
    }

    /// Every due hold of the schedule is written off.
    fn notice(&mut self, now: u64, schedule: usize) {
        for hold in 0..self.entries.len() {
            if self.entries[hold].schedule == schedule && self.entries[hold].is_due(now) {
                self.expire(now, hold);
            }
        }
    }

    fn expire(&mut self, now: u64, hold: usize) {
        let entry = &mut self.entries[hold];
        entry.state = State::Ended(End::Expired, entry.expires_at);
        let (at, policy) = (entry.expires_at, self.pages[entry.schedule].terms.returns);
        self.ran_out += 1;
        self.write(now, hold, Did::Expired);
        self.give_up(at, hold, policy);
    }

    /// Something happened to the slot of a hold.
    fn write(&mut self, now: u64, hold: usize, did: Did) {
        let Entry {
            patient,
            schedule,
            slot,
            ..
        } = self.entries[hold];
        self.write_slot(now, schedule, slot, did);
        if let Some(line) = self.journal.last_mut() {
            (line.patient, line.hold) = (Some(patient), Some(hold));
        }
    }

    /// Something happened to a slot that nobody has.
    fn write_slot(&mut self, now: u64, schedule: usize, slot: u16, did: Did) {
        let version = &mut self.pages[schedule].versions[usize::from(slot) - 1];
        *version += 1;
        self.journal.push(Line {
            schedule,
            slot,
            version: *version,
            at: now,
            patient: None,
            hold: None,
            did,
        });
        self.latest = now;
    }

    /// Something happened to a schedule as a whole.
    fn write_page(&mut self, now: u64, schedule: usize, did: Did) {
        self.journal.push(Line {
            schedule,
            slot: 0,
            version: 0,
            at: now,
            patient: None,
            hold: None,
            did,
        });
        self.latest = now;
    }

    fn complain(&mut self, now: u64, why: String) {
        self.complaints.push(format!("{now} ms: {why}"));
    }

    /// What was heard, and can't be.
    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// The number of a schedule, if there is such a one.
    fn page(&self, name: Name) -> Option<usize> {
        (name.flip.is_none() && name.nth < self.pages.len()).then_some(name.nth)
    }
}

impl Page {
    fn slots(&self) -> std::ops::RangeInclusive<u16> {
        1..=self.versions.len() as u16
    }

    fn opens_at(&self) -> u64 {
        self.terms.opens_at().as_millis()
    }

    fn closes_at(&self) -> u64 {
        self.terms
            .closes_at
            .unwrap_or(self.terms.starts_at)
            .as_millis()
    }

    fn cancel_until(&self) -> u64 {
        self.terms
            .cancel_until
            .unwrap_or(self.terms.starts_at)
            .as_millis()
    }
}

/// What a generator of interesting times and names wants to know.
impl Book {
    pub(crate) fn schedules(&self) -> usize {
        self.pages.len()
    }

    pub(crate) fn is_withdrawn(&self, schedule: usize) -> bool {
        self.pages[schedule].withdrawn
    }

    /// Opening, booking cut-off, cancellation cut-off.
    pub(crate) fn hours(&self, schedule: usize) -> [u64; 3] {
        let page = &self.pages[schedule];
        [page.opens_at(), page.closes_at(), page.cancel_until()]
    }

    pub(crate) fn starts_at(&self, schedule: usize) -> u64 {
        self.pages[schedule].terms.starts_at.as_millis()
    }

    /// The holds of a patient, the latest first.
    pub(crate) fn holds_of(&self, patient: u8) -> impl Iterator<Item = usize> {
        (0..self.entries.len())
            .rev()
            .filter(move |&hold| self.entries[hold].patient == patient)
    }

    pub(crate) fn holds(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn holder(&self, hold: usize) -> u8 {
        self.entries[hold].patient
    }

    pub(crate) fn expires_at(&self, hold: usize) -> u64 {
        self.entries[hold].expires_at
    }

    /// When it will be forgotten how this hold ended, if it has.
    pub(crate) fn forgotten_at(&self, hold: usize) -> Option<u64> {
        self.entries[hold]
            .ended_at(u64::MAX)
            .map(|at| at.saturating_add(DAY))
    }

    /// When the answer to this request will be forgotten, if there was one.
    pub(crate) fn answer_forgotten_at(&self, patient: u8, request: u8) -> Option<u64> {
        self.answers
            .get(&(patient, request))
            .map(|answer| answer.at.saturating_add(DAY))
    }

    /// When this patient may ask again, if it is not now.
    pub(crate) fn next_turn_of(&self, clock: u64, patient: u8) -> Option<u64> {
        let now = self.now(clock);
        let wait = self.gate.wait_of_patient(now, patient)?;
        Some(now.saturating_add(wait))
    }

    /// What a hold waits for.
    pub(crate) fn stage(&self, hold: usize) -> Stage {
        match self.entries[hold].state {
            State::Held => Stage::Held,
            State::Booked => Stage::Booked,
            State::CheckedIn => Stage::CheckedIn,
            State::Ended(End::Expired | End::RefundDue, _) => Stage::RanOut,
            State::Visited | State::Ended(..) => Stage::Over,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Perhaps due.
    Held,
    Booked,
    CheckedIn,
    /// A late confirm is worth a try, and another.
    RanOut,
    Over,
}
