//! The patients' books: what does this patient have, and what had they?
//!
//! Every hold and booking has one [`Record`](record::Record) of a cache line, found by its number; the [`lines`](crate::raw::lines) find a
//! patient's numbers by a keyed hash of the identity. A patient without history costs nothing. A [`Book`] is one patient's
//! lines under their lock; at most one is locked at a time, and no user code runs meanwhile.
//!
//! The book knows what was decided under its lock. Whether a hold is still held, the slot's word knows: a record that says `Held` while the word
//! says otherwise is a hold that expired at its deadline, for nothing else ends a hold without the book's lock.

pub(crate) mod notes;
pub(crate) mod record;

use std::fmt;

use crate::raw::ahead::fetch;
use crate::raw::arena::Arena;
use crate::raw::hash::Keys;
use crate::raw::lines::{Lines, Locked};
use crate::raw::numbers::Numbers;
use crate::words::ask::Request;
use crate::words::id::{Claim, PatientId};
use crate::words::sync::atomic::{AtomicU64, Ordering};

use notes::{Memo, Stub, Whence};
use record::Record;

const CHUNK: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    4
} else {
    32_768
};

pub(crate) struct Ledger {
    lines: Lines,
    records: Arena<Record, CHUNK>,
    memos: Arena<Memo, CHUNK>,
    stubs: Arena<Stub, CHUNK>,
    origins: Arena<Whence, CHUNK>,
    numbers: Numbers,
    keys: Keys,
    /// Records, ended or not, that the forgetting has passed; it starts over at the end.
    forgotten_to: AtomicU64,
}

/// One patient's lines, locked.
pub(crate) struct Book<'a> {
    ledger: &'a Ledger,
    patient: PatientId,
    locked: Locked<'a>,
}

impl Ledger {
    /// Room for `records_max` records; a table for `expected_lines` of them. The keys are secret: they keep an outsider from
    /// filling one bucket.
    pub(crate) fn new(expected_lines: u32, records_max: u32, keys: Keys) -> Self {
        Self {
            lines: Lines::new(expected_lines, records_max),
            records: Arena::new(records_max),
            memos: Arena::new(records_max),
            stubs: Arena::new(records_max),
            origins: Arena::new(records_max),
            numbers: Numbers::new(1, records_max),
            keys,
            forgotten_to: AtomicU64::new(0),
        }
    }

    /// The keyed hash that finds a patient's lines.
    #[inline]
    pub(crate) fn hash(&self, patient: PatientId) -> u64 {
        self.keys.hash(patient.to_u128())
    }

    /// What a request says apart from who and which: the schedules in order, and the channel.
    pub(crate) fn content(&self, request: &Request) -> u64 {
        let channel = request
            .channel_id()
            .map_or(0, |channel| u128::from(channel.get()) | 1 << 64);
        request
            .schedules()
            .iter()
            .fold(self.keys.hash(channel), |hash, schedule| {
                self.keys.more(hash, schedule.0)
            })
    }

    /// Whether the patient of this hash may have lines. A no is true at some instant of the call.
    #[inline]
    pub(crate) fn peek(&self, hash: u64) -> bool {
        self.lines.peek(hash)
    }

    /// Has the line on its way by which the records of the patient of this hash are found.
    #[inline]
    pub(crate) fn fetch(&self, hash: u64) {
        self.lines.fetch(hash);
    }

    /// Opens a patient's book; the hash is the patient's.
    #[inline]
    pub(crate) fn book(&self, patient: PatientId, hash: u64) -> Book<'_> {
        Book {
            ledger: self,
            patient,
            locked: self.lines.lock(hash),
        }
    }

    /// Opens the book that a claim is written in, if it is remembered at all.
    pub(crate) fn book_of(&self, claim: Claim) -> Option<(Book<'_>, &Record)> {
        let (book, record) = self.book_at(claim.record)?;
        (record.claim(claim.record) == claim).then_some((book, record))
    }

    /// Opens the book that this record is in now.
    pub(crate) fn book_at(&self, number: u32) -> Option<(Book<'_>, &Record)> {
        let record = self.records.get(number).filter(|record| record.is_used())?;
        // Read without its lock, so it may be torn; if the record has changed hands, one of the checks below says so.
        let patient = record.patient();
        let book = self.book(patient, self.hash(patient));
        (record.is_used() && record.patient() == patient).then_some((book, record))
    }

    #[inline]
    pub(crate) fn record(&self, number: u32) -> Option<&Record> {
        self.records.get(number)
    }

    /// A record that nobody uses.
    #[inline(always)]
    pub(crate) fn take(&self) -> Option<(u32, &Record)> {
        let number = self.numbers.take()?;
        Some((number, self.records.reach(number)?))
    }

    /// The same of the record that this thread will take after `more` others.
    #[inline]
    pub(crate) fn fetch_record(&self, more: u32) {
        let upcoming = self.numbers.upcoming(more);
        if let Some(record) = upcoming.and_then(|number| self.record(number)) {
            fetch(record);
        }
    }

    /// The same of where the origin of that record is noted.
    #[inline]
    pub(crate) fn fetch_whence(&self, more: u32) {
        let upcoming = self.numbers.upcoming(more);
        if let Some(whence) = upcoming.and_then(|number| self.origins.get(number)) {
            fetch(whence);
        }
    }

    /// The same of a record that the patient of this hash has, if there is one. Waits for the line by which it is found.
    #[inline]
    pub(crate) fn fetch_own(&self, hash: u64) {
        if let Some(record) = self
            .lines
            .glance(hash)
            .and_then(|number| self.record(number))
        {
            fetch(record);
        }
    }

    /// Gives back a record that was taken and not used, or whose book was full.
    pub(crate) fn give_back(&self, number: u32) {
        if let Some(record) = self.record(number) {
            record.clear();
        }
        self.numbers.give(number);
    }

    pub(crate) fn memo(&self, number: u32) -> Option<&Memo> {
        self.memos.reach(number)
    }

    pub(crate) fn stub(&self, number: u32) -> Option<&Stub> {
        self.stubs.reach(number)
    }

    /// Writes down where a record came from, as hashes of device and account. Under its book's lock.
    pub(crate) fn note_whence(&self, number: u32, whence: [u64; 2]) {
        if whence != [0; 2]
            && let (Some(record), Some(origin)) = (self.record(number), self.origins.reach(number))
        {
            record.come_from(origin, whence);
        }
    }

    /// Where it came from, if that is known.
    pub(crate) fn whence(&self, number: u32) -> Option<[u64; 2]> {
        self.record(number).filter(|record| record.has_whence())?;
        Some(self.origins.get(number)?.read())
    }

    /// The next record for the forgetting to look at, round and round.
    pub(crate) fn next_to_forget(&self) -> Option<u32> {
        let high = u64::from(self.numbers.high());
        // Relaxed: the number alone counts. Numbers start at 1.
        let next = self.forgotten_to.fetch_add(1, Ordering::Relaxed) % high.max(1);
        u32::try_from(next).ok().filter(|number| *number > 0)
    }

    // ---- for the audit ------------------------------------------------------------------------------------------------------

    pub(crate) fn buckets(&self) -> usize {
        self.lines.buckets()
    }

    pub(crate) fn belongs_in(&self, bucket: usize, patient: PatientId) -> bool {
        self.lines.bucket_of(self.hash(patient)) == bucket
    }

    /// Every line of a bucket, which is locked meanwhile.
    pub(crate) fn all_in(&self, bucket: usize, mut each: impl FnMut(u32, &Record)) {
        self.lines.all_in(bucket, |number| {
            if let Some(record) = self.records.get(number) {
                each(number, record);
            }
        });
    }

    /// Waits until every step that somebody is in the middle of under a book's lock is done.
    pub(crate) fn pass_through(&self) {
        (0..self.lines.buckets()).for_each(|bucket| self.lines.pass(bucket));
    }
}

impl<'a> Book<'a> {
    pub(crate) fn patient(&self) -> PatientId {
        self.patient
    }

    /// Whether this patient surely has no lines.
    #[inline]
    pub(crate) fn is_blank(&self) -> bool {
        self.locked.is_blank()
    }

    /// This patient's lines: the number of each and its record.
    #[inline]
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, &'a Record)> + '_ {
        let ledger = self.ledger;
        self.locked.matches().filter_map(move |number| {
            let record = ledger.records.get(number)?;
            // The tag is 36 bits of a hash; the record has the whole identity.
            (record.patient() == self.patient).then_some((number, record))
        })
    }

    /// Writes a line; false if the table has no room left.
    #[inline]
    pub(crate) fn insert(&self, number: u32) -> bool {
        self.locked.insert(number)
    }

    /// Strikes a line and gives its record back.
    pub(crate) fn strike(&self, number: u32) {
        self.locked.remove(number);
        if let Some(record) = self.ledger.records.get(number) {
            if record.is_named()
                && let Some(memo) = self.ledger.memos.get(number)
            {
                memo.clear();
            }
            if record.has_whence()
                && let Some(origin) = self.ledger.origins.get(number)
            {
                origin.clear();
            }
            record.clear();
        }
        self.ledger.numbers.give(number);
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("lines", &self.lines)
            .finish_non_exhaustive()
    }
}
