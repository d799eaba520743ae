//! Who has a ticket? One a person and schedule, found by one look into a table.
//!
//! Tables in shards, each under its lock, found by a keyed hash. A seat's number stays the same while its ticket lives, and is used again: the
//! generation tells the tenants apart.

use std::fmt;

use super::Cluster;
use crate::raw::ahead::fetch;
use crate::raw::hash::Keys;
use crate::raw::index::Index;
use crate::raw::turns::STRIDE_MAX;
use crate::words::id::PatientId;
use crate::words::sync::Mutex;

/// Somebody asks to wait in the slow queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ask {
    /// Who.
    pub patient: PatientId,
    /// What for, by any number of the caller's.
    pub schedule: u64,
    /// Through what.
    pub cluster: Cluster,
    /// In which rounds the cluster is visited from now on: 1, every round, to 15, for one that is suspect: slower, never starved. Higher ones count as 15, 0 as 1.
    pub every: u8,
}

impl Ask {
    /// The greatest [`every`](Self::every).
    pub const EVERY_MAX: u8 = STRIDE_MAX;

    /// A cluster that is visited every round.
    #[must_use]
    pub const fn new(patient: PatientId, schedule: u64, cluster: Cluster) -> Self {
        Self {
            patient,
            schedule,
            cluster,
            every: 1,
        }
    }

    /// With the cluster visited in every so many-th round.
    #[must_use]
    pub const fn every(mut self, rounds: u8) -> Self {
        self.every = rounds;
        self
    }
}

/// A place in a line: a number, which no other ticket of that line has while 2^31 tickets are made in its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Ticket(pub(crate) u64);

impl Ticket {
    pub(crate) const fn of(number: u32, generation: u32) -> Self {
        Self((generation as u64) << 32 | number as u64)
    }

    /// The place in its table.
    pub(crate) const fn number(self) -> u32 {
        // The low half.
        self.0 as u32
    }

    /// Which tenant.
    pub(crate) const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The number.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        self.0
    }
}

impl From<u64> for Ticket {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({}.{})", self.number(), self.generation())
    }
}

const SHARDS: u32 = if cfg!(any(fairslot_loom, fairslot_shuttle)) {
    1
} else {
    64
};

/// Who sits there. Generations go up at taking and at leaving, so a taken seat has an odd one.
/// Two of them fill a line.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Seat {
    patient: PatientId,
    schedule: u64,
    generation: u32,
}

struct Shard {
    table: Index,
    seats: Vec<Seat>,
    unused: Vec<u32>,
}

pub(crate) struct Seats {
    shards: Box<[Mutex<Shard>]>,
    keys: Keys,
}

impl Seats {
    /// For about so many.
    pub(crate) fn new(expected: u32, keys: Keys) -> Self {
        // Chance takes none of them five standard deviations past the mean.
        let mean = expected / SHARDS + 1;
        let each = (mean + 5 * mean.isqrt()) as usize;
        let shard = || Shard {
            table: Index::new(each),
            seats: Vec::new(),
            unused: Vec::new(),
        };
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(shard())).collect(),
            keys,
        }
    }

    fn hash(&self, patient: PatientId, schedule: u64) -> u64 {
        self.keys.more(self.keys.hash(patient.to_u128()), schedule)
    }

    /// The ticket of this person for this schedule, and whether it is a new one.
    pub(crate) fn take(&self, patient: PatientId, schedule: u64) -> (Ticket, bool) {
        let hash = self.hash(patient, schedule);
        let which = hash as u32 % SHARDS;
        let mut guard = self.shards[which as usize].lock();
        let shard = &mut *guard;
        let is = |seat: &Seat| seat.schedule == schedule && seat.patient == patient;
        let found = shard.table.find(hash, |at| is(&shard.seats[at as usize]));
        if let Some(at) = found {
            let generation = shard.seats[at as usize].generation;
            return (Ticket::of(at * SHARDS + which, generation), false);
        }
        let at = shard.unused.pop().unwrap_or_else(|| {
            shard.seats.push(Seat {
                patient,
                schedule,
                generation: 0,
            });
            // There are as many as wait, far fewer than 2^32.
            (shard.seats.len() - 1) as u32
        });
        let generation = shard.seats[at as usize].generation.wrapping_add(1);
        shard.seats[at as usize] = Seat {
            patient,
            schedule,
            generation,
        };
        shard.table.enter(hash, at);
        (Ticket::of(at * SHARDS + which, generation), true)
    }

    /// Has the seat of this number on its way.
    pub(crate) fn fetch(&self, number: u32) {
        let shard = self.shards[(number % SHARDS) as usize].lock();
        if let Some(seat) = shard.seats.get((number / SHARDS) as usize) {
            fetch(seat);
        }
    }

    /// The same of the entry by which it is found. Waits for the seat.
    pub(crate) fn fetch_entry(&self, number: u32) {
        let shard = self.shards[(number % SHARDS) as usize].lock();
        if let Some(seat) = shard.seats.get((number / SHARDS) as usize) {
            shard.table.fetch(self.hash(seat.patient, seat.schedule));
        }
    }

    /// Whether the ticket is somebody's.
    pub(crate) fn has(&self, ticket: Ticket) -> bool {
        let shard = self.shards[(ticket.number() % SHARDS) as usize].lock();
        let seat = shard.seats.get((ticket.number() / SHARDS) as usize);
        ticket.generation() % 2 == 1
            && seat.is_some_and(|seat| seat.generation == ticket.generation())
    }

    /// Takes back the ticket that sits there now, if this holds of it: whose it was, and for what.
    pub(crate) fn leave(
        &self,
        number: u32,
        is: impl FnOnce(Ticket) -> bool,
    ) -> Option<(Ticket, (PatientId, u64))> {
        let mut guard = self.shards[(number % SHARDS) as usize].lock();
        let shard = &mut *guard;
        let at = number / SHARDS;
        let seat = shard.seats.get_mut(at as usize)?;
        let ticket = Ticket::of(number, seat.generation);
        if ticket.generation().is_multiple_of(2) || !is(ticket) {
            return None;
        }
        seat.generation = seat.generation.wrapping_add(1);
        let (patient, schedule) = (seat.patient, seat.schedule);
        let hash = self.hash(patient, schedule);
        shard.table.take(hash, at);
        shard.unused.push(at);
        Some((ticket, (patient, schedule)))
    }

    /// Everybody who has a ticket: shard by shard, so not all at one instant.
    pub(crate) fn all(&self) -> Vec<(Ticket, PatientId, u64)> {
        let mut all = Vec::new();
        for (which, shard) in (0..).zip(&self.shards) {
            let shard = shard.lock();
            let taken = (0..).zip(&shard.seats);
            let taken = taken.filter(|(_, seat)| seat.generation % 2 == 1);
            all.extend(taken.map(|(at, seat): (u32, _)| {
                let ticket = Ticket::of(at * SHARDS + which, seat.generation);
                (ticket, seat.patient, seat.schedule)
            }));
        }
        all
    }

    /// The memory that they take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let of = |shard: &Mutex<Shard>| {
            let shard = shard.lock();
            shard.table.bytes()
                + shard.seats.capacity() * size_of::<Seat>()
                + shard.unused.capacity() * size_of::<u32>()
        };
        self.shards.iter().map(of).sum()
    }

    pub(crate) fn keys(&self) -> Keys {
        self.keys
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use crate::raw::hash::SplitMix;

    #[test]
    fn no_table_grows_while_there_are_no_more_than_expected() {
        for (seed, expected) in (0..).zip([100, 3_000, 100_000]) {
            let seats = Seats::new(expected, SplitMix(seed).keys());
            let tables = || -> usize {
                let bytes = |it: &Mutex<Shard>| it.lock().table.bytes();
                seats.shards.iter().map(bytes).sum()
            };
            let before = tables();
            for person in 0..expected {
                seats.take(PatientId::new(person.into()), 1);
            }
            assert_eq!(tables(), before, "{expected}");
        }
    }
}
