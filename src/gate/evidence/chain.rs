//! How is a decision written down without waiting for anybody? A chain for each thread at work.
//!
//! A thread writes its record onto its own lane's page, under the lane's lock, which only whoever ends an epoch ever wants beside it; a page that is full is hashed onto the lane's
//! chain in one go. Threads beyond the lanes share the last one. Chains are numbered in the order in which they were first used, so that one thread's calls give the same log wherever they run.

use crossbeam_utils::CachePadded;

use super::frame::{Action, Code, FRAME, Head, Page, Record, pseudonyms};
use super::month::{Kind, Month, MonthKeys, Pseudonym};
use crate::gate::KINDS;
use crate::raw::digest::Mac;
use crate::words::hex::Digest;
use crate::words::id::{ScheduleId, SlotNo};
use crate::words::sync::atomic::{AtomicU32, Ordering};
use crate::words::sync::{LANES, Mutex, lane};
use crate::words::time::Timestamp;

/// Sets of pseudonyms that a lane remembers of each kind, a power of two, and how many each has: 2,048 in all, 64 KB, once the lane is used. Whoever hammers comes again, from the same
/// device and network, and a pseudonym costs as much as half a record. In sets of four, a few hundred who come again and again seldom push each other out.
const SETS: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    128
};
const EACH: usize = 4;

/// Bytes that a lane keeps from epoch to epoch, twice at most: some 5,000 records, more than the usual epoch's.
const KEPT: usize = 1 << 20;

/// What is to be written down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision<'a> {
    pub(crate) at: Timestamp,
    pub(crate) action: Action,
    pub(crate) code: Code,
    pub(crate) schedule: Option<ScheduleId>,
    pub(crate) slot: Option<SlotNo>,
    pub(crate) score: u16,
    pub(crate) labels: u32,
    pub(crate) level: u8,
    pub(crate) detail: u64,
    /// Patient, account, device, network.
    pub(crate) keys: &'a [Option<u128>; 4],
}

/// A month's key as a lane holds it, from one instant until another, and what was made with it.
struct Names {
    month: Month,
    from: Timestamp,
    until: Timestamp,
    key: Option<Mac>,
    known: [Box<[Known]>; KINDS.len()],
}

/// A thread's chain.
struct Lane {
    number: Option<u16>,
    /// Records hashed so far.
    hashed: u64,
    page: Page,
    /// Whole records that wait for the end of the epoch.
    waiting: Vec<u8>,
    /// Where those of the last epoch were.
    spare: Vec<u8>,
    /// Decisions without room since the epoch began, and since the log did.
    lost: u64,
    lost_ever: u64,
    names: Names,
}

/// Whose pseudonym is what: the same place in both. Nobody's is all zeros.
#[derive(Clone, Default)]
#[repr(align(64))]
struct Known {
    whose: [u128; EACH],
    pseudonyms: [[u8; 16]; EACH],
}

/// What a lane had to say at the end of an epoch.
pub(super) struct Part {
    lane: usize,
    pub(super) number: u16,
    pub(super) head: Head,
    pub(super) records: Vec<u8>,
}

pub(super) struct Chains {
    log: u128,
    policy: Digest,
    /// Records that a lane has room for.
    room: usize,
    lanes: Box<[CachePadded<Mutex<Lane>>]>,
    /// Chains so far.
    used: AtomicU32,
    keys: Mutex<MonthKeys>,
}

impl Chains {
    pub(super) fn new(log: u128, policy: Digest, room: usize, keys: MonthKeys) -> Self {
        let lane = || Lane {
            number: None,
            hashed: 0,
            page: Page::after(&[0; 32], &policy),
            waiting: Vec::new(),
            spare: Vec::new(),
            lost: 0,
            lost_ever: 0,
            names: Names::new(),
        };
        Self {
            log,
            policy,
            room,
            lanes: (0..=LANES)
                .map(|_| CachePadded::new(Mutex::new(lane())))
                .collect(),
            used: AtomicU32::new(0),
            keys: Mutex::new(keys),
        }
    }

    /// Writes a decision down, or counts it, if there is no room. Denials have half the room: a flood of them pushes out no grant. Calls no user code.
    pub(super) fn append(&self, decision: &Decision<'_>) {
        let mut lane = self.lanes[lane()].lock();
        let flood = decision.code == Code::RateLimited;
        let room = if flood { self.room / 2 } else { self.room };
        if lane.records() >= room {
            lane.lost += 1;
            lane.lost_ever += 1;
            return;
        }
        lane.write(self, decision);
    }

    /// Takes what waits, and where each chain stands with it; and how much was ever lost. What a lane had no room for is the last that it has to say.
    pub(super) fn take(&self, now: Timestamp) -> (Vec<Part>, u64) {
        let (mut parts, mut lost) = (Vec::new(), 0);
        for (at, lane) in self.lanes.iter().enumerate() {
            let mut lane = lane.lock();
            lost += lane.lost_ever;
            let unsaid = std::mem::take(&mut lane.lost);
            if unsaid > 0 {
                lane.write(self, &overflow(now, unsaid));
            }
            lane.turn_page();
            if let Some(number) = lane.number {
                let spare = std::mem::take(&mut lane.spare);
                let records = std::mem::replace(&mut lane.waiting, spare);
                parts.push(Part {
                    lane: at,
                    number,
                    head: lane.head(),
                    records,
                });
            }
        }
        (parts, lost)
    }

    /// What was taken is where it belongs. Its memory is for the epoch after the next, unless it was a flood's: touching fresh memory costs more than writing into it.
    pub(super) fn give_back(&self, part: Part) {
        let mut records = part.records;
        records.clear();
        if let Some(lane) = self.lanes.get(part.lane)
            && records.capacity() <= KEPT
        {
            lane.lock().spare = records;
        }
    }

    /// Records that wait, and decisions ever lost.
    pub(super) fn waiting(&self) -> (u64, u64) {
        self.lanes.iter().fold((0, 0), |(waiting, lost), lane| {
            let lane = lane.lock();
            let more = lane.records() + usize::from(lane.lost > 0);
            (waiting + more as u64, lost + lane.lost_ever)
        })
    }

    /// From the next record on, this month has this key, or none. When it returns, nothing here knows the old one, nor who anybody is in what was made with it.
    pub(super) fn set_key(&self, month: Month, key: Option<&[u8; 32]>) -> bool {
        let had = {
            let mut keys = self.keys.lock();
            let had = keys.remove(month);
            if let Some(key) = key {
                keys.insert(month, key);
            }
            had
        };
        for lane in &self.lanes {
            lane.lock().names.forget();
        }
        had
    }
}

fn overflow(at: Timestamp, lost: u64) -> Decision<'static> {
    Decision {
        at,
        action: Action::Overflow,
        code: Code::Lost,
        schedule: None,
        slot: None,
        score: 0,
        labels: 0,
        level: 0,
        detail: lost,
        keys: &[None; 4],
    }
}

impl Lane {
    /// Records that wait for the end of the epoch.
    fn records(&self) -> usize {
        self.waiting.len() / FRAME + self.page.records()
    }

    /// Writes a record.
    fn write(&mut self, chains: &Chains, decision: &Decision<'_>) {
        let number = match self.number {
            Some(number) => number,
            None => self.begin(chains),
        };
        let names = self.names.at(chains, decision.at);
        let sequence = self.hashed + self.page.records() as u64;
        let body = self.page.next();
        (Record {
            chain: number,
            sequence,
            at: decision.at,
            action: decision.action,
            code: decision.code,
            schedule: decision.schedule,
            slot: decision.slot,
            score: decision.score,
            labels: decision.labels,
            level: decision.level,
            detail: decision.detail,
            month: names.month,
            patient: None,
            account: None,
            device: None,
            network: None,
            policy: chains.policy,
        })
        .write(body);
        // One by one: an iterator over all three costs more than what it does.
        let [patient, account, device, network] = pseudonyms(body);
        let [by_patient, by_account, by_device, by_network] = decision.keys;
        names.put(Kind::Patient, by_patient, patient);
        names.put(Kind::Account, by_account, account);
        names.put(Kind::Device, by_device, device);
        names.put(Kind::Network, by_network, network);
        if self.page.is_full() {
            self.turn_page();
        }
    }

    /// Hashes onto the chain what is on the page.
    fn turn_page(&mut self) {
        self.hashed += self.page.records() as u64;
        self.page.turn(&mut self.waiting);
    }

    /// Where the chain stands, but for what is on the page.
    fn head(&self) -> Head {
        Head {
            records: self.hashed,
            hash: self.page.last(),
        }
    }

    #[cold]
    fn begin(&mut self, chains: &Chains) -> u16 {
        // Relaxed: only the number counts. There are fewer lanes than numbers.
        let number = chains.used.fetch_add(1, Ordering::Relaxed) as u16;
        self.number = Some(number);
        self.page = Page::after(&Head::genesis(chains.log, number).hash, &chains.policy);
        self.names.known = std::array::from_fn(|_| vec![Known::default(); SETS].into());
        number
    }
}

impl Names {
    fn new() -> Self {
        Self {
            month: Month::of(Timestamp::default()),
            // None at all.
            from: Timestamp::default(),
            until: Timestamp::default(),
            key: None,
            known: Default::default(),
        }
    }

    fn forget(&mut self) {
        self.until = self.from;
        self.key = None;
        let known = self.known.iter_mut().flatten();
        known.for_each(|set| *set = Known::default());
    }

    /// Those of the month that this is in.
    #[inline]
    fn at(&mut self, chains: &Chains, at: Timestamp) -> &mut Self {
        if !(self.from..self.until).contains(&at) {
            self.enter(chains, at);
        }
        self
    }

    /// Another month's records begin.
    #[cold]
    fn enter(&mut self, chains: &Chains, at: Timestamp) {
        self.forget();
        (self.month, self.from, self.until) = Month::spanning(at);
        self.key = chains.keys.lock().get(self.month);
    }

    /// Writes a pseudonym over zeros; none without a key.
    #[inline]
    fn put(&mut self, kind: Kind, identity: &Option<u128>, place: &mut [u8; 16]) {
        let (Some(key), Some(identity)) = (&self.key, *identity) else {
            return;
        };
        // Any set will do; a better one would only be found more often.
        let mixed = ((identity ^ (identity >> 64)) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let sets = self.known.get_mut(kind as usize - 1);
        let Some(set) = sets.and_then(|sets| sets.get_mut((mixed >> 32) as usize & (SETS - 1)))
        else {
            *place = Pseudonym::of(key, kind, identity).0;
            return;
        };
        // All are compared, for a core can't guess which it will be. The first counts: places that are empty look like the identity 0, and come last.
        let mut at = 0;
        for (other, whose) in set.whose.iter().enumerate().rev() {
            at = if *whose == identity { other } else { at };
        }
        if set.whose[at] == identity && set.pseudonyms[at] != [0; 16] {
            *place = set.pseudonyms[at];
            return;
        }
        let pseudonym = Pseudonym::of(key, kind, identity);
        // The one that came first goes.
        set.whose.rotate_right(1);
        set.pseudonyms.rotate_right(1);
        (set.whose[0], set.pseudonyms[0]) = (identity, pseudonym.0);
        *place = pseudonym.0;
    }
}
