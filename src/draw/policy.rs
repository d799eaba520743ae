//! Who may have what in a draw? The rules, fixed before the window and part of what is committed to.

use super::bytes::Digest;
use crate::raw::digest::Prefix;
use crate::words::allotment::{Allotment, Group};
use crate::words::error::Invalid;

/// Slots that are the same to whoever gets one: a doctor's morning.
///
/// Whose turn it is gets a slot of the first allotment in the list that still has one and that they may have. The order decides: with the reserved allotment first,
/// a group's luckiest leave the open slots to others; with the open one first, they use them, and the reserved slots are on top.
/// What nobody of the group takes stays free, for the caller to hand out otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Pool {
    /// In order of precedence, 1 to 65: as many as a [`Schedule`](crate::Schedule) may declare, and what they leave.
    pub allotments: Vec<Allotment>,
}

impl Pool {
    /// So many slots for everybody.
    #[must_use]
    pub fn open(slots: u32) -> Self {
        Self::default().and(None, slots)
    }

    /// So many slots that are reserved for a group.
    #[must_use]
    pub fn reserved(group: Group, slots: u32) -> Self {
        Self::default().and(Some(group), slots)
    }

    /// These, in their order, and then what they leave of so many slots, for everybody. No more than there are.
    pub(crate) fn declared(allotments: &[Allotment], capacity: u32) -> Self {
        let mut left = capacity;
        let within = |it: &Allotment| {
            let slots = it.slots.min(left);
            left -= slots;
            Allotment { slots, ..*it }
        };
        let allotments: Vec<_> = allotments.iter().map(within).collect();
        let pool = Self { allotments };
        match (left, &*pool.allotments) {
            (0, [_, ..]) => pool,
            _ => pool.and(None, left),
        }
    }

    /// And then these.
    #[must_use]
    pub fn and(mut self, group: Option<Group>, slots: u32) -> Self {
        self.allotments.push(Allotment { group, slots });
        self
    }
}

/// The rules of a draw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Policy {
    /// How many entries of a cluster stay in the first tier, 1 and up.
    pub cluster_cap: u32,
    /// Whose suspicion is at least this is a suspect, 1 to 255. [`Policy::new`]: 128, a score of 500 of 1,000 as the engine's [`Verdict`](crate::Verdict) has it.
    pub suspect_at: u8,
    /// The share of suspects that stays in the first tier, in millionths, 1 to 1,000,000: suspicion is no proof, so nobody's chance is nothing.
    pub suspect_weight_ppm: u32,
    /// What is drawn for, 1 to 4,096 pools. An entry may list them in order of preference.
    pub pools: Vec<Pool>,
}

impl Policy {
    /// One pool of so many slots, at most three of a cluster and a fifth of the suspects in the first tier.
    #[must_use]
    pub fn new(slots: u32) -> Self {
        Self::of(vec![Pool::open(slots)])
    }

    /// As [`Policy::new`], for these pools.
    #[must_use]
    pub fn of(pools: Vec<Pool>) -> Self {
        Self {
            cluster_cap: 3,
            suspect_at: 128,
            suspect_weight_ppm: 200_000,
            pools,
        }
    }

    /// Whether every field is in its range.
    ///
    /// # Errors
    /// [`Invalid`], with the first field that is not.
    pub fn check(&self) -> Result<(), Invalid> {
        Invalid::within("cluster_cap", self.cluster_cap, 1..=u32::MAX, "1 and up")?;
        Invalid::within("suspect_at", self.suspect_at, 1..=u8::MAX, "1 to 255")?;
        let (weight, said) = (self.suspect_weight_ppm, "1 to 1,000,000");
        Invalid::within("suspect_weight_ppm", weight, 1..=1_000_000, said)?;
        let pools = self.pools.len();
        Invalid::within("pools", pools, 1..=4_096, "1 to 4,096 of them")?;
        for pool in &self.pools {
            let count = pool.allotments.len();
            Invalid::within("allotments", count, 1..=65, "1 to 65 of them")?;
            for group in pool.allotments.iter().filter_map(|it| it.group) {
                Invalid::within("group", group.get(), 1..=16, "1 to 16")?;
            }
        }
        Ok(())
    }

    /// What stands for the rules in the commitment.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut bytes = Vec::new();
        bytes.extend(self.cluster_cap.to_be_bytes());
        bytes.push(self.suspect_at);
        bytes.extend(self.suspect_weight_ppm.to_be_bytes());
        bytes.extend((self.pools.len() as u64).to_be_bytes());
        for pool in &self.pools {
            bytes.extend((pool.allotments.len() as u64).to_be_bytes());
            for allotment in &pool.allotments {
                bytes.push(allotment.group.map_or(0, Group::get));
                bytes.extend(allotment.slots.to_be_bytes());
            }
        }
        Digest(Prefix::label("fairslot/draw/policy/1").hash(&bytes))
    }

    /// Below this a suspect's number lets it stay: w · 2^64.
    pub(crate) fn suspects_stay_below(&self) -> u128 {
        (u128::from(self.suspect_weight_ppm) << 64) / 1_000_000
    }
}
