//! The plainest draw: sets, vectors, sort; SHA-256 and HMAC by their crates; nothing shared with the one that is tested but its published types.

use std::collections::{BTreeMap, BTreeSet};

use fairslot::draw::{
    BeaconSpec, BeaconValue, Cluster, Digest, Leaf, Place, Rank, Seed, Terms, Token,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};

fn sha(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length will do");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// A label and the zeros after it.
fn label(text: &str, len: usize) -> Vec<u8> {
    let mut label = text.as_bytes().to_vec();
    label.resize(len, 0);
    label
}

fn labelled(text: &str, parts: &[&[u8]]) -> [u8; 32] {
    sha(&[&[&label(text, 64)[..]], parts].concat())
}

/// What one request says.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) patient: u128,
    pub(crate) device: Option<u128>,
    pub(crate) account: Option<u128>,
    pub(crate) trusted: bool,
    pub(crate) suspicion: u8,
    pub(crate) groups: Vec<u8>,
    pub(crate) preferences: Vec<u16>,
}

#[derive(Default)]
struct Said {
    clusters: BTreeSet<Cluster>,
    trusted: bool,
    suspicion: Option<u8>,
    groups: u16,
    preferences: Vec<u16>,
}

/// The entries that these requests make.
pub(crate) fn leaves(key: &[u8; 32], terms: &Terms, asks: &[Ask]) -> Vec<Leaf> {
    let draw = terms.draw.as_bytes();
    let mut people: BTreeMap<u128, Said> = BTreeMap::new();
    for ask in asks {
        let said = people.entry(ask.patient).or_default();
        let (kind, id) = match (ask.device, ask.account) {
            (Some(device), _) => (1, device),
            (None, Some(account)) => (2, account),
            (None, None) => (3, ask.patient),
        };
        let cluster = hmac(
            key,
            &[b"fairslot/clust/1", draw, &[kind], &id.to_be_bytes()],
        );
        if ask.trusted {
            said.trusted = true;
        } else {
            said.clusters.insert(Cluster::new(half(&cluster)));
        }
        let least = said.suspicion.unwrap_or(255).min(ask.suspicion);
        said.suspicion = Some(least);
        ask.groups
            .iter()
            .for_each(|group| said.groups |= 1 << (group - 1));
        if said.preferences.is_empty() {
            said.preferences.clone_from(&ask.preferences);
        }
    }
    let leaf = |(patient, said): (u128, Said)| Leaf {
        token: Token::new(hmac(
            key,
            &[b"fairslot/token/1", draw, &patient.to_be_bytes()],
        )),
        suspicion: said.suspicion.unwrap_or(0),
        groups: said.groups,
        clusters: if said.trusted {
            Vec::new()
        } else {
            said.clusters.into_iter().collect()
        },
        preferences: said.preferences,
    };
    let mut leaves: Vec<Leaf> = people.into_iter().map(leaf).collect();
    leaves.sort_by_key(|leaf| leaf.token);
    leaves
}

pub(crate) fn half(digest: &[u8; 32]) -> [u8; 16] {
    digest[..16].try_into().expect("sixteen")
}

pub(crate) fn commitment(terms: &Terms, seed: &Seed) -> Digest {
    let mut policy = Vec::new();
    policy.extend(terms.policy.cluster_cap.to_be_bytes());
    policy.push(terms.policy.suspect_at);
    policy.extend(terms.policy.suspect_weight_ppm.to_be_bytes());
    policy.extend((terms.policy.pools.len() as u64).to_be_bytes());
    for pool in &terms.policy.pools {
        policy.extend((pool.allotments.len() as u64).to_be_bytes());
        for allotment in &pool.allotments {
            policy.push(allotment.group.map_or(0, |group| group.get()));
            policy.extend(allotment.slots.to_be_bytes());
        }
    }
    let beacon = match &terms.beacon {
        BeaconSpec::None => vec![0],
        BeaconSpec::Round {
            source,
            round,
            available_at,
        } => [
            &[1][..],
            &round.to_be_bytes(),
            &available_at.as_millis().to_be_bytes(),
            source.as_bytes(),
        ]
        .concat(),
        BeaconSpec::Holders(holders) => {
            let mut bytes = vec![2];
            for holder in holders {
                bytes.extend(holder.commitment.as_bytes());
                bytes.extend((holder.name.len() as u64).to_be_bytes());
                bytes.extend(holder.name.as_bytes());
            }
            bytes
        }
    };
    Digest::new(labelled(
        "fairslot/draw/commit/1",
        &[
            terms.draw.as_bytes(),
            &terms.closes_at.as_millis().to_be_bytes(),
            &labelled("fairslot/draw/policy/1", &[&policy]),
            seed.as_bytes(),
            &labelled("fairslot/draw/beacon/1", &[&beacon]),
        ],
    ))
}

pub(crate) fn root(leaves: &[Leaf]) -> Digest {
    let digest = |leaf: &Leaf| {
        let mut bytes = leaf.token.as_bytes().to_vec();
        bytes.push(leaf.suspicion);
        bytes.extend(leaf.groups.to_be_bytes());
        bytes.extend((leaf.clusters.len() as u16).to_be_bytes());
        bytes.extend((leaf.preferences.len() as u16).to_be_bytes());
        leaf.clusters
            .iter()
            .for_each(|it| bytes.extend(it.as_bytes()));
        leaf.preferences
            .iter()
            .for_each(|it| bytes.extend(it.to_be_bytes()));
        labelled("fairslot/draw/leaf/1", &[&bytes])
    };
    let mut level: Vec<[u8; 32]> = leaves.iter().map(digest).collect();
    while level.len() > 1 {
        let up = |pair: &[[u8; 32]]| match pair {
            [left, right] => labelled("fairslot/draw/node/1", &[left, right]),
            [single, ..] => *single,
            [] => unreachable!("chunks are not empty"),
        };
        level = level.chunks(2).map(up).collect();
    }
    let top = level.first().copied().unwrap_or_default();
    let count = (leaves.len() as u64).to_be_bytes();
    Digest::new(labelled("fairslot/draw/root/1", &[&count, &top]))
}

pub(crate) fn lot(seed: &Seed, root: &Digest, beacon: &BeaconValue) -> Digest {
    let beacon = match beacon {
        BeaconValue::None => vec![0],
        BeaconValue::Round(value) => [&[1][..], value.as_bytes()].concat(),
        BeaconValue::Seeds(seeds) => {
            let mut bytes = vec![2];
            seeds.iter().for_each(|seed| bytes.extend(seed.as_bytes()));
            bytes
        }
    };
    Digest::new(labelled(
        "fairslot/draw/lot/1",
        &[seed.as_bytes(), root.as_bytes(), &beacon],
    ))
}

/// What the lot gives a token under a label.
pub(crate) fn number(kind: &str, lot: &Digest, token: &Token) -> u128 {
    let digest = sha(&[&label(kind, 32), lot.as_bytes(), token.as_bytes()]);
    u128::from_be_bytes(half(&digest))
}

/// Who gets what, by what `cap` caps the clusters: thinning numbers, as it should be, or something else.
pub(crate) fn places(terms: &Terms, leaves: &[Leaf], lot: &Digest, cap: &str) -> Vec<Place> {
    let policy = &terms.policy;
    let mut clusters: BTreeMap<Cluster, Vec<(u128, Token)>> = BTreeMap::new();
    for leaf in leaves {
        for cluster in &leaf.clusters {
            let members = clusters.entry(*cluster).or_default();
            members.push((number(cap, lot, &leaf.token), leaf.token));
        }
    }
    let mut kept = BTreeSet::new();
    for members in clusters.values_mut() {
        members.sort();
        let stay = members.iter().take(policy.cluster_cap as usize);
        kept.extend(stay.map(|(_, token)| *token));
    }
    let tier = |leaf: &Leaf| {
        let stays = leaf.clusters.is_empty() || kept.contains(&leaf.token);
        let word = number("fairslot/draw/susp/1", lot, &leaf.token) >> 64;
        let below = (u128::from(policy.suspect_weight_ppm) << 64) / 1_000_000;
        let spared = leaf.suspicion < policy.suspect_at || word < below;
        if stays && spared { 1 } else { 2 }
    };
    let mut turns: Vec<(u8, u128, Token, &Leaf)> = leaves
        .iter()
        .map(|leaf| {
            let rank = number("fairslot/draw/rank/1", lot, &leaf.token);
            (tier(leaf), rank, leaf.token, leaf)
        })
        .collect();
    turns.sort_by_key(|(tier, rank, token, _)| (*tier, *rank, *token));
    let mut left = policy.pools.clone();
    let mut places = Vec::new();
    for (tier, rank, token, leaf) in turns {
        let all: Vec<u16> = (0..left.len() as u16).collect();
        let wanted = if leaf.preferences.is_empty() {
            &all
        } else {
            &leaf.preferences
        };
        let mut offers = wanted.iter().flat_map(|pool| {
            let allotments = left[usize::from(*pool)].allotments.iter().enumerate();
            allotments.map(|(at, allotment)| (*pool, at, *allotment))
        });
        let offer = offers.find(|(_, _, allotment)| {
            let may = allotment
                .group
                .is_none_or(|it| leaf.groups & (1 << (it.get() - 1)) > 0);
            allotment.slots > 0 && may
        });
        if let Some((pool, at, _)) = offer {
            left[usize::from(pool)].allotments[at].slots -= 1;
            let rank = Rank::new(rank.to_be_bytes());
            let allotment = at as u16;
            places.push(Place {
                token,
                tier,
                rank,
                pool,
                allotment,
            });
        }
    }
    places
}

pub(crate) const THIN: &str = "fairslot/draw/thin/1";
pub(crate) const RANK: &str = "fairslot/draw/rank/1";
