//! In which order does a batch serve those who wait? By a hidden draw, as a lottery's: thinned per cluster, suspects by weight, then by rank.
//!
//! Everything follows from 32 fresh bytes: rank, thin and susp of an entry are SHA-256 of a label, these bytes and the entry's first patient. Nothing of it
//! is told to anybody, and no two batches have the same.

use super::Cluster;
use crate::raw::digest::{Bytes32, Prefix};

/// What the draw goes by, of one entry.
#[derive(Debug, Clone)]
pub(crate) struct Entrant<'a> {
    /// What the caller knows it by.
    pub(crate) number: u32,
    /// Its first patient.
    pub(crate) patient: u128,
    /// How many slots it wants at once.
    pub(crate) people: u32,
    pub(crate) clusters: &'a [Cluster],
    pub(crate) weight_ppm: u32,
    /// They go ahead.
    pub(crate) displaced: bool,
}

/// Numbers of one kind.
struct Lot(Prefix);

impl Lot {
    fn new(label: &str, seed: &Bytes32) -> Self {
        Self(Prefix::keyed(label, seed))
    }

    fn of(&self, entrant: &Entrant<'_>) -> u128 {
        let mut first = [0; 16];
        first.copy_from_slice(&self.0.hash(&entrant.patient.to_be_bytes())[..16]);
        u128::from_be_bytes(first)
    }
}

/// The numbers of the entrants in the order in which they are served: of those who stay after thinning who was displaced, and then the rest; then the others, each by rank.
pub(crate) fn order(seed: &Bytes32, entrants: &[Entrant<'_>], cluster_cap: u32) -> Vec<u32> {
    let (rank, thin, susp) = (
        Lot::new("fairslot/list/rank/1", seed),
        Lot::new("fairslot/list/thin/1", seed),
        Lot::new("fairslot/list/susp/1", seed),
    );
    let stays = thinned(entrants, cluster_cap, &thin);
    let mut drawn: Vec<(u8, u128, u128, u32)> = entrants
        .iter()
        .zip(stays)
        .map(|(it, stays)| {
            // Of the upper 64 bits so many millionths.
            let limit = (u128::from(it.weight_ppm) << 64) / 1_000_000;
            let spared = it.weight_ppm >= 1_000_000 || susp.of(it) >> 64 < limit;
            let tier = match (it.displaced, stays && spared) {
                (true, true) => 0,
                (false, true) => 1,
                (_, false) => 2,
            };
            (tier, rank.of(it), it.patient, it.number)
        })
        .collect();
    drawn.sort_unstable();
    drawn.into_iter().map(|(.., number)| number).collect()
}

/// Which entrants one of their clusters keeps: each the first by `thin`, as long as they are no more people than the cap, and one entrant at least.
fn thinned(entrants: &[Entrant<'_>], cap: u32, thin: &Lot) -> Vec<bool> {
    let mut stays = vec![false; entrants.len()];
    let mut crowd: Vec<(Cluster, u128, usize)> = Vec::with_capacity(entrants.len());
    for (at, it) in entrants.iter().enumerate() {
        let own = thin.of(it);
        crowd.extend(it.clusters.iter().map(|cluster| (*cluster, own, at)));
    }
    crowd.sort_unstable();
    for cluster in crowd.chunk_by(|a, b| a.0 == b.0) {
        let mut people = 0u32;
        for (which, (.., at)) in cluster.iter().enumerate() {
            people = people.saturating_add(entrants[*at].people);
            if which > 0 && people > cap {
                break;
            }
            stays[*at] = true;
        }
    }
    stays
}
