//! The frozen entries: which are they, in which order, and what stands for all of them?

use super::bytes::{Cluster, Digest, Rank, Token};
use super::policy::Policy;
use super::seed::split;
use super::verify::Flaw;
use crate::raw::digest::{Bytes32, Prefix};
use crate::raw::tree::{Tree, climb};

/// One entry, as it is published: no identity, only what the result follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Leaf {
    /// Who, to who knows the token.
    pub token: Token,
    /// How suspicious, at the least.
    pub suspicion: u8,
    /// Its groups, a bit each: group 1 is the lowest.
    pub groups: u16,
    /// What it counts under, ascending; none if it came through a trusted channel.
    pub clusters: Vec<Cluster>,
    /// The pools it would take, best first; none: all in the policy's order.
    pub preferences: Vec<u16>,
}

/// The same in 60 bytes, for the many that have one cluster and no preferences.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) token: Token,
    /// The first of its clusters.
    pub(crate) cluster: Cluster,
    /// Where the rest stands in the list's `more`, and one; 0 if there is none.
    pub(crate) more: u32,
    pub(crate) groups: u16,
    pub(crate) suspicion: u8,
    /// It counts under no cluster.
    pub(crate) trusted: bool,
}

/// What few entries have.
#[derive(Debug, Clone, Default)]
pub(crate) struct More {
    /// The clusters after the first.
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) preferences: Vec<u16>,
}

/// The entries in ascending order of their tokens, no two the same.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) rows: Vec<Row>,
    pub(crate) more: Vec<More>,
}

const NOTHING: &More = &More {
    clusters: Vec::new(),
    preferences: Vec::new(),
};

impl List {
    /// A published list, if it is one: ascending, and nothing in it that a window would have refused.
    pub(crate) fn of(leaves: &[Leaf], policy: &Policy) -> Result<Self, Flaw> {
        let mut list = Self {
            rows: Vec::with_capacity(leaves.len()),
            more: Vec::new(),
        };
        for (at, leaf) in leaves.iter().enumerate() {
            let index = at as u64;
            let before = at.checked_sub(1).and_then(|before| leaves.get(before));
            if before.is_some_and(|before| before.token >= leaf.token) {
                return Err(Flaw::Order { index });
            }
            let sound = leaf.clusters.is_sorted_by(|a, b| a < b)
                && u16::try_from(leaf.clusters.len()).is_ok()
                && strange(&leaf.preferences, policy.pools.len()).is_none();
            if !sound {
                return Err(Flaw::Leaf { index });
            }
            let clusters = leaf.clusters.get(1..).unwrap_or_default();
            let more = list.note(clusters.to_vec(), leaf.preferences.clone());
            list.rows.push(Row {
                token: leaf.token,
                cluster: leaf.clusters.first().copied().unwrap_or_default(),
                more,
                groups: leaf.groups,
                suspicion: leaf.suspicion,
                trusted: leaf.clusters.is_empty(),
            });
        }
        Ok(list)
    }

    /// Notes what few have; where it stands, for [`Row::more`].
    pub(crate) fn note(&mut self, clusters: Vec<Cluster>, preferences: Vec<u16>) -> u32 {
        if clusters.is_empty() && preferences.is_empty() {
            return 0;
        }
        self.more.push(More {
            clusters,
            preferences,
        });
        // A list has fewer than 2^32 entries.
        self.more.len() as u32
    }

    /// What few have, of this one.
    #[inline]
    pub(crate) fn more(&self, row: &Row) -> &More {
        let at = (row.more as usize).wrapping_sub(1);
        self.more.get(at).unwrap_or(NOTHING)
    }

    /// All clusters of an entry.
    pub(crate) fn clusters<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = Cluster> + 'a {
        let first = (!row.trusted).then_some(row.cluster);
        first
            .into_iter()
            .chain(self.more(row).clusters.iter().copied())
    }

    pub(crate) fn leaf(&self, row: &Row) -> Leaf {
        Leaf {
            token: row.token,
            suspicion: row.suspicion,
            groups: row.groups,
            clusters: self.clusters(row).collect(),
            preferences: self.more(row).preferences.clone(),
        }
    }

    /// The tree over the entries.
    pub(crate) fn tree(&self) -> Tree {
        let label = Prefix::label(LEAF);
        let digest = |row: &Row| match row {
            // The one shape that nearly all have, in one block.
            Row { more: 0, .. } => {
                let mut bytes = [0; 55];
                bytes[..32].copy_from_slice(&row.token.0);
                bytes[32] = row.suspicion;
                bytes[33..35].copy_from_slice(&row.groups.to_be_bytes());
                if row.trusted {
                    return label.hash(&bytes[..39]);
                }
                bytes[36] = 1;
                bytes[39..].copy_from_slice(&row.cluster.0);
                label.hash_short(&bytes)
            }
            _ => self.leaf(row).digest(&label),
        };
        Tree::new(self.rows.iter().map(digest).collect(), &Prefix::label(NODE))
    }
}

const LEAF: &str = "fairslot/draw/leaf/1";
const NODE: &str = "fairslot/draw/node/1";

impl Leaf {
    /// Token, suspicion, groups, how many clusters and preferences, the clusters, the preferences.
    fn digest(&self, label: &Prefix) -> Bytes32 {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend(self.token.0);
        bytes.push(self.suspicion);
        bytes.extend(self.groups.to_be_bytes());
        // A window counts both in 16 bits, and so does `List::of`.
        bytes.extend((self.clusters.len() as u16).to_be_bytes());
        bytes.extend((self.preferences.len() as u16).to_be_bytes());
        bytes.extend(self.clusters.iter().flat_map(|cluster| cluster.0));
        bytes.extend(self.preferences.iter().flat_map(|pool| pool.to_be_bytes()));
        label.hash(&bytes)
    }

    /// The top of the tree that this entry at its place and a path lead to.
    pub(crate) fn climb(&self, index: u64, count: u64, path: &[Digest]) -> Option<Bytes32> {
        let path: Vec<Bytes32> = path.iter().map(|digest| digest.0).collect();
        let leaf = self.digest(&Prefix::label(LEAF));
        climb(leaf, index, count, &path, &Prefix::label(NODE))
    }
}

/// What is published of the entries at the close: the tree's top and their number, in one digest.
pub(crate) fn root(top: &Bytes32, count: u64) -> Digest {
    let parts = [&count.to_be_bytes()[..], top].concat();
    Digest(Prefix::label("fairslot/draw/root/1").hash(&parts))
}

/// The first preference that is no pool, or is there a second time.
pub(crate) fn strange(preferences: &[u16], pools: usize) -> Option<u16> {
    let at = preferences
        .iter()
        .enumerate()
        .position(|(at, pool)| usize::from(*pool) >= pools || preferences[..at].contains(pool))?;
    preferences.get(at).copied()
}

/// One kind of number that the lot gives to every token, independent of the other kinds.
#[derive(Clone, Copy)]
pub(crate) struct Numbers(Prefix);

impl Numbers {
    /// Who comes first.
    pub(crate) fn ranks(lot: &Digest) -> Self {
        Self(Prefix::keyed("fairslot/draw/rank/1", &lot.0))
    }

    /// Who stays in the first tier when a cluster is crowded.
    pub(crate) fn thinning(lot: &Digest) -> Self {
        Self(Prefix::keyed("fairslot/draw/thin/1", &lot.0))
    }

    /// Which suspects stay.
    pub(crate) fn sparing(lot: &Digest) -> Self {
        Self(Prefix::keyed("fairslot/draw/susp/1", &lot.0))
    }

    #[inline]
    pub(crate) fn of(&self, token: &Token) -> Rank {
        Rank(split(&self.0.hash_short(&token.0)).0)
    }

    /// The first eight bytes as a number.
    pub(crate) fn word(&self, token: &Token) -> u64 {
        (u128::from_be_bytes(self.of(token).0) >> 64) as u64
    }
}
