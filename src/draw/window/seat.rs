//! What is kept of who is in.

use std::collections::{BTreeMap, HashMap};

use super::super::bytes::{Cluster, Token};
use super::super::entry::{Entry, Trace};
use super::super::list::{List, Row};
use crate::raw::index::Index;
use crate::words::cluster::Cluster as Source;

/// What few have, by their 128 bits.
pub(super) type Extras = HashMap<u128, Extra>;

#[derive(Default)]
pub(super) struct Shard {
    pub(super) closed: bool,
    /// Where each person's seat is.
    index: Index,
    pub(super) seats: Vec<Seat>,
    /// How each first came, in the same order.
    pub(super) came: Vec<Came>,
    pub(super) extras: Extras,
}

/// What is looked at when somebody asks again: a cache line.
#[repr(align(64))]
pub(super) struct Seat {
    pub(super) identity: u128,
    pub(super) token: Token,
    /// A keyed hash of what the first cluster was made from: who comes from there again is not worked out again.
    pub(super) tag: u64,
    pub(super) groups: u16,
    pub(super) suspicion: u8,
    pub(super) believed: Believed,
}

/// How far somebody is believed, whatever their suspicion, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Believed {
    /// No further.
    AsOthers,
    /// Nothing counts against them that is known at the close.
    Cleared,
    /// They came through a channel that is trusted: they are in no cluster.
    Trusted,
}

/// The way somebody came first. What it stands under in the list is worked out at the close: nobody needs it before, and while the window is open there is a rush.
pub(super) struct Came {
    /// `None` through a channel that is trusted.
    pub(super) source: Option<Source>,
    pub(super) trace: Trace,
}

impl Seat {
    /// Puts together what is known of who is in. Mostly it is known already, and then nothing is written: a line that another thread has just read is dear to write.
    pub(super) fn hear(&mut self, entry: &Entry, believed: Believed) {
        let groups = self.groups | entry.groups;
        let suspicion = self.suspicion.min(entry.suspicion);
        let believed = self.believed.max(believed);
        if (self.groups, self.suspicion, self.believed) != (groups, suspicion, believed) {
            self.groups = groups;
            self.suspicion = suspicion;
            self.believed = believed;
        }
    }

    /// Its row, with no more than the first cluster; judged by that way and these.
    #[inline]
    pub(super) fn row(
        &self,
        came: &Came,
        ways: impl Iterator<Item = Trace>,
        name: impl Fn(Source) -> Cluster,
        judge: impl Fn(Trace) -> u8,
    ) -> Row {
        let judged = match self.believed {
            Believed::AsOthers => ways
                .map(&judge)
                .fold(judge(came.trace), |least, way| least.min(way)),
            Believed::Cleared | Believed::Trusted => 0,
        };
        let trusted = self.believed == Believed::Trusted;
        let source = came.source.filter(|_| !trusted);
        Row {
            token: self.token,
            cluster: source.map_or_else(Cluster::default, name),
            more: 0,
            groups: self.groups,
            suspicion: self.suspicion.max(judged),
            trusted,
        }
    }
}

impl Believed {
    pub(super) fn of(entry: &Entry, source: Option<Source>) -> Self {
        match source {
            None => Self::Trusted,
            Some(_) if entry.cleared => Self::Cleared,
            Some(_) => Self::AsOthers,
        }
    }
}

impl Shard {
    pub(super) fn find(&self, identity: u128, hash: u64) -> Option<usize> {
        let is = |at: u32| self.seats[at as usize].identity == identity;
        self.index.find(hash, is).map(|at| at as usize)
    }

    pub(super) fn seat(&self, identity: u128, hash: u64) -> Option<&Seat> {
        self.find(identity, hash).map(|at| &self.seats[at])
    }

    /// Takes somebody in who isn't.
    pub(super) fn let_in(&mut self, hash: u64, seat: Seat, came: Came) {
        // At most 2^28 come.
        self.index.enter(hash, self.seats.len() as u32);
        self.seats.push(seat);
        self.came.push(came);
    }

    /// Nobody comes in any more: who is in.
    pub(super) fn close(&mut self) -> Self {
        let closed = Self {
            closed: true,
            ..Self::default()
        };
        std::mem::replace(self, closed)
    }
}

impl Extra {
    /// Adds to the row what it says: the clusters in order, or none if one channel was trusted.
    pub(super) fn add_to(self, row: &mut Row, list: &mut List, name: impl Fn(Source) -> Cluster) {
        let mut clusters = Vec::new();
        if !row.trusted {
            clusters.extend(self.ways.into_keys().map(name));
            clusters.push(row.cluster);
            clusters.sort_unstable();
            row.cluster = clusters.remove(0);
        }
        row.more = list.note(clusters, self.preferences);
    }
}

#[derive(Default)]
pub(super) struct Extra {
    /// How else they came.
    pub(super) ways: BTreeMap<Source, Trace>,
    pub(super) preferences: Vec<u16>,
    /// Through what they asked who would go on waiting.
    pub(super) would_wait: Option<Source>,
}

/// What somebody wants, if it is more than any slot: the first list stays, and who would wait once would wait; but who begins anew does so.
pub(super) fn note_wishes(extras: &mut Extras, identity: u128, entry: &Entry) {
    if entry.anew
        && let Some(extra) = extras.get_mut(&identity)
    {
        extra.preferences.clear();
        extra.would_wait = None;
    }
    if entry.preferences.is_empty() && !entry.would_wait {
        return;
    }
    let extra = extras.entry(identity).or_default();
    if extra.preferences.is_empty() {
        extra.preferences.clone_from(&entry.preferences);
    }
    if entry.would_wait && extra.would_wait.is_none() {
        let own = Source::Person(entry.patient);
        extra.would_wait = Some(entry.source().unwrap_or(own));
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_a_cache_line_and_how_they_came_40_bytes() {
        assert_eq!((size_of::<Seat>(), align_of::<Seat>()), (64, 64));
        assert_eq!(size_of::<Came>(), 40);
    }
}
