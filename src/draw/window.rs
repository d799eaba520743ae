//! The window: who is in? One entry a person, however often they ask, from many threads at once.
//!
//! People lie in sharded tables, each under its lock, found by a keyed hash and told apart by all 128 bits. A person's token is worked out once; who asks again, as
//! they did at first, costs a look at the table's tags and at one cache line of it, and writes nothing there. What a device or account stands under in the list is
//! worked out at the close.
//!
//! # Concurrency
//! The close goes from shard to shard and, under the lock of each, marks it closed and takes what is in it. Whoever got a receipt had put the entry in under
//! that lock before the mark, so it is taken along; whoever came after is told that it is closed. Who closes second waits, and gets the same frozen list. Between
//! taking the first shard and the last, some people are still let in and others are not: as with any closing door.

mod seat;

use std::collections::BTreeMap;
use std::fmt;

use crossbeam_utils::CachePadded;

use super::bins::Bins;
use super::bytes::{Digest, Seed, Token};
use super::entry::{EnterError, Entry, Receipt, Trace};
use super::frozen::Frozen;
use super::list::{List, strange};
use super::seed::ServerKey;
use super::terms::Terms;
use crate::raw::hash::Keys;
use crate::words::cluster::Cluster as Source;
use crate::words::error::Invalid;
use crate::words::id::PatientId;
use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::sync::{Mutex, OnceLock};

use seat::{Believed, Came, Extras, Seat, Shard, note_wishes};

const SHARDS: usize = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    2
} else {
    64
};

/// A draw whose window is open, or was.
pub struct Window {
    terms: Terms,
    commitment: Digest,
    seed: Seed,
    key: ServerKey,
    keys: Keys,
    shards: Box<[CachePadded<Mutex<Shard>>]>,
    /// Entries, and clusters beyond the first of an entry.
    entries: CachePadded<Budget>,
    clusters: CachePadded<Budget>,
    frozen: OnceLock<Frozen>,
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window")
            .field("terms", &self.terms)
            .field("entries", &self.entries())
            .finish_non_exhaustive()
    }
}

/// How many there are of what there may be so many.
#[derive(Debug)]
struct Budget {
    taken: AtomicU64,
    most: u64,
}

impl Budget {
    fn new(most: u32) -> Self {
        Self {
            taken: AtomicU64::new(0),
            most: u64::from(most),
        }
    }

    /// Takes one, if there is one.
    fn take(&self) -> bool {
        // Relaxed: only the number counts. What is entered is handed over by its shard's lock.
        let one = |taken| (taken < self.most).then_some(taken + 1);
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.taken.fetch_update(set, get, one).is_ok()
    }
}

/// How many clusters an entry may have: they are counted in 16 bits.
const CLUSTERS_MAX: usize = u16::MAX as usize;

impl Window {
    /// Opens a window. Publish [`commitment`](Self::commitment) before anybody enters.
    ///
    /// `entries_max` bounds the memory: 116 to 232 bytes an entry while the window is open, up to 700 more for whoever came in a second way and 60 to 80 for each way after that; and again as much at the close.
    ///
    /// # Errors
    /// [`Invalid`] for terms out of their range, or an `entries_max` that is not from 1 to 2^28.
    pub fn open(
        terms: Terms,
        seed: Seed,
        key: ServerKey,
        entries_max: u32,
    ) -> Result<Self, Invalid> {
        terms.check()?;
        Invalid::within("entries_max", entries_max, 1..=1 << 28, "1 to 2^28")?;
        Ok(Self::open_checked(terms, seed, key, entries_max))
    }

    /// The same for terms and a bound that were checked.
    pub(crate) fn open_checked(terms: Terms, seed: Seed, key: ServerKey, entries_max: u32) -> Self {
        let keys = key.table(terms.draw);
        Self {
            commitment: terms.commitment(&seed),
            terms,
            seed,
            key,
            keys,
            shards: (0..SHARDS)
                .map(|_| CachePadded::new(Mutex::new(Shard::default())))
                .collect(),
            entries: CachePadded::new(Budget::new(entries_max)),
            clusters: CachePadded::new(Budget::new(entries_max)),
            frozen: OnceLock::new(),
        }
    }

    /// What was promised.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What is to be published, with the terms, before the window opens.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        self.commitment
    }

    /// How many people are in.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries.taken.load(Ordering::Relaxed)
    }

    /// Whether two people lie under the same lock.
    #[cfg(all(test, fairslot_loom))]
    pub(crate) fn are_neighbours(&self, one: PatientId, other: PatientId) -> bool {
        std::ptr::eq(self.shard(one.to_u128()).0, self.shard(other.to_u128()).0)
    }

    /// Where somebody is, and by which hash.
    fn shard(&self, identity: u128) -> (&Mutex<Shard>, u64) {
        let hash = self.keys.hash(identity);
        // Bits that the table inside doesn't go by.
        (&self.shards[hash as usize % SHARDS], hash)
    }

    /// Enters a person, or puts together what is said about one who is in: see [`Entry`].
    ///
    /// # Errors
    /// [`EnterError`]; who is in stays in, as it was, but that `ClustersFull` notes what they want and belong to all the same. An error says nothing of whether the person was in before: [`receipt`](Self::receipt) does.
    pub fn enter(&self, entry: &Entry) -> Result<Receipt, EnterError> {
        self.check(&entry.preferences)?;
        let identity = entry.patient.to_u128();
        let source = entry.source();
        let believed = Believed::of(entry, source);
        let (shard, hash) = self.shard(identity);
        let mut shard = shard.lock();
        let shard = &mut *shard;
        if shard.closed {
            return Err(EnterError::Closed);
        }
        let (token, noted) = match shard.find(identity, hash) {
            Some(at) => {
                let seat = &mut shard.seats[at];
                let noted = source.map_or(Ok(()), |source| {
                    self.also_from(source, entry.trace, seat, &mut shard.extras)
                });
                match noted {
                    Ok(()) => seat.hear(entry, believed),
                    // A way in that there is no room for speaks for nobody.
                    Err(_) => seat.groups |= entry.groups,
                }
                (seat.token, noted)
            }
            None if self.entries.take() => {
                let seat = Seat {
                    identity,
                    token: self.key.token(self.terms.draw, entry.patient),
                    tag: source.map_or(0, |it| self.tag(it)),
                    groups: entry.groups,
                    suspicion: entry.suspicion,
                    believed,
                };
                let came = Came {
                    source,
                    trace: entry.trace,
                };
                let token = seat.token;
                shard.let_in(hash, seat, came);
                (token, Ok(()))
            }
            None => return Err(EnterError::Full),
        };
        note_wishes(&mut shard.extras, identity, entry);
        noted.map(|()| self.receipt_for(token))
    }

    fn tag(&self, source: Source) -> u64 {
        let (kind, id) = source.parts();
        self.keys.more(self.keys.hash(id), u64::from(kind))
    }

    /// Notes a further cluster, if it is one.
    fn also_from(
        &self,
        source: Source,
        trace: Trace,
        seat: &Seat,
        extras: &mut Extras,
    ) -> Result<(), EnterError> {
        // Who is trusted needs no cluster to stay.
        if seat.believed == Believed::Trusted || seat.tag == self.tag(source) {
            return Ok(());
        }
        let ways = extras.get(&seat.identity).map(|it| &it.ways);
        if ways.is_some_and(|ways| ways.contains_key(&source)) {
            return Ok(());
        }
        if ways.map_or(0, BTreeMap::len) + 1 >= CLUSTERS_MAX || !self.clusters.take() {
            return Err(EnterError::ClustersFull);
        }
        let extra = extras.entry(seat.identity).or_default();
        extra.ways.insert(source, trace);
        Ok(())
    }

    /// Replaces a person's preferences; none: all pools in the policy's order. Entering doesn't, so that nobody who may only enter a person can change what the
    /// person wants. Who may call this for whom is the caller's to decide.
    ///
    /// # Errors
    /// [`EnterError::NotEntered`] for who is not in; `Closed`, `NoSuchPool`.
    pub fn prefer(&self, patient: PatientId, pools: &[u16]) -> Result<(), EnterError> {
        self.check(pools)?;
        let identity = patient.to_u128();
        let (shard, hash) = self.shard(identity);
        let mut shard = shard.lock();
        if shard.closed {
            return Err(EnterError::Closed);
        }
        if shard.seat(identity, hash).is_none() {
            return Err(EnterError::NotEntered);
        }
        shard.extras.entry(identity).or_default().preferences = pools.to_vec();
        Ok(())
    }

    fn check(&self, preferences: &[u16]) -> Result<(), EnterError> {
        match strange(preferences, self.terms.policy.pools.len()) {
            Some(pool) => Err(EnterError::NoSuchPool { pool }),
            None => Ok(()),
        }
    }

    fn receipt_for(&self, token: Token) -> Receipt {
        Receipt {
            draw: self.terms.draw,
            commitment: self.commitment,
            token,
        }
    }

    /// Everybody who is in by now, and what they would take.
    pub(crate) fn lists(&self) -> Vec<(PatientId, Vec<u16>)> {
        let mut lists = Vec::new();
        let mut closed = false;
        for shard in &self.shards {
            let shard = shard.lock();
            closed |= shard.closed;
            lists.extend(shard.seats.iter().map(|seat| {
                let extra = shard.extras.get(&seat.identity);
                let preferences = extra.map(|it| it.preferences.clone());
                (
                    PatientId::new(seat.identity),
                    preferences.unwrap_or_default(),
                )
            }));
        }
        if closed {
            let frozen = self.close().lists();
            lists = frozen.map(|(who, list)| (who, list.to_vec())).collect();
        }
        // In an order that is the same for the same people.
        lists.sort_unstable_by_key(|(patient, _)| *patient);
        lists
    }

    /// Whether a person is in; `None` once they can't come in any more. Waits for nobody who closes: who has a book in hand may ask, as the close opens books.
    pub(crate) fn is_in(&self, patient: PatientId) -> Option<bool> {
        let identity = patient.to_u128();
        let (shard, hash) = self.shard(identity);
        let shard = shard.lock();
        (!shard.closed).then(|| shard.seat(identity, hash).is_some())
    }

    /// The receipt of a person who is in, also after the close: for a reply that never arrived. Waits for whoever closes.
    #[must_use]
    pub fn receipt(&self, patient: PatientId) -> Option<Receipt> {
        let identity = patient.to_u128();
        let token = {
            let (shard, hash) = self.shard(identity);
            let shard = shard.lock();
            match shard.seat(identity, hash) {
                Some(seat) => Some(seat.token),
                None if !shard.closed => return None,
                None => None,
            }
        };
        let token = token.or_else(|| {
            let token = self.key.token(self.terms.draw, patient);
            self.close().has(&token).then_some(token)
        });
        token.map(|token| self.receipt_for(token))
    }

    /// Closes the window and freezes the list; again, it gives the same. Publish [`Frozen::closing`] before anybody can know what the beacon says.
    pub fn close(&self) -> &Frozen {
        self.close_judged(|_| 0, |_| 0)
    }

    /// The same, with everybody judged as they are known now. By the ways they came in the least suspicious counts, and at least what was said of them at their entry; what `own` says of the person,
    /// no way in makes less of. Both are asked without a lock of the window's; but whoever wants the frozen list waits
    /// for them, so nobody may who has a lock that they take.
    pub(crate) fn close_judged(
        &self,
        judge: impl Fn(Trace) -> u8,
        own: impl Fn(PatientId) -> u8,
    ) -> &Frozen {
        self.frozen.get_or_init(|| self.freeze(judge, own))
    }

    fn freeze(&self, judge: impl Fn(Trace) -> u8, own: impl Fn(PatientId) -> u8) -> Frozen {
        let shards: Vec<_> = self.shards.iter().map(|it| it.lock().close()).collect();
        let count = shards.iter().map(|shard| shard.seats.len()).sum();
        let name = |source| self.key.cluster(self.terms.draw, source);
        let mut list = List::default();
        let mut would_wait = Vec::new();
        let mut bins = Bins::new(count);
        for shard in shards {
            let Shard {
                seats,
                came,
                mut extras,
                ..
            } = shard;
            for (seat, came) in seats.into_iter().zip(&came) {
                let extra = match extras.is_empty() {
                    true => None,
                    false => extras.remove(&seat.identity),
                };
                let ways = extra.iter().flat_map(|it| it.ways.values().copied());
                let mut row = seat.row(came, ways, name, &judge);
                if let Some(extra) = extra {
                    would_wait.extend(extra.would_wait.map(|source| (seat.token, source)));
                    extra.add_to(&mut row, &mut list, name);
                }
                let patient = seat.identity.into();
                row.suspicion = row.suspicion.max(own(patient));
                bins.put(row, patient);
            }
        }
        let patients = bins.empty_into(&mut list);
        Frozen::new(
            self.terms.clone(),
            self.commitment,
            self.seed,
            (list, patients),
            would_wait,
        )
    }
}
