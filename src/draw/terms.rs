//! What is promised before the window opens? Draw, closing time, rules and beacon: with the secret seed, what the commitment is of.

use super::bytes::{Digest, DrawId, Seed};
use super::policy::Policy;
use super::verify::Flaw;
use crate::raw::digest::Prefix;
use crate::words::error::Invalid;
use crate::words::time::Timestamp;

/// Where randomness comes from that the operator neither knows nor chooses while people enter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum BeaconSpec {
    /// From nowhere: who knows the seed can work out the result while the window is open, and add entries until it suits.
    #[default]
    None,
    /// A round of a public beacon, fixed now, that appears after the close.
    Round {
        /// Which beacon, so that anybody finds it: the hash of a drand chain, say.
        source: String,
        /// Which of its rounds.
        round: u64,
        /// When that round appears; later than the close.
        available_at: Timestamp,
    },
    /// Seeds of several holders, 1 to 16: as long as one of them keeps its own to itself until the close, nobody knows the result.
    Holders(Vec<Holder>),
}

/// One who holds a seed, and has committed to it: the hospital, the platform, the regulator.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Holder {
    /// Who.
    pub name: String,
    /// What it has published: [`Holder::commit`] of its seed.
    pub commitment: Digest,
}

impl Holder {
    /// A holder's commitment to its seed, to be made by itself and published before the window opens.
    #[must_use]
    pub fn commit(draw: DrawId, name: impl Into<String>, seed: &Seed) -> Self {
        let name = name.into();
        let parts = [&draw.0[..], &seed.0, name.as_bytes()].concat();
        Self {
            commitment: Digest(Prefix::label("fairslot/draw/holder/1").hash(&parts)),
            name,
        }
    }
}

/// What a beacon said, of the kind that was fixed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum BeaconValue {
    /// There was none.
    #[default]
    None,
    /// What the round said; of a beacon with longer values, their SHA-256.
    Round(Digest),
    /// The holders' seeds, in their order.
    Seeds(Vec<Seed>),
}

/// A public source of randomness. The crate has no network: the caller brings it.
pub trait Beacon {
    /// Which beacon it is, as [`BeaconSpec::Round`] names it.
    fn source(&self) -> &str;

    /// What a round said; `None` if it has not appeared yet.
    fn value(&self, round: u64) -> Option<Digest>;
}

/// All that is fixed before the window opens, but for the seed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Terms {
    /// Which draw.
    pub draw: DrawId,
    /// When the window is to close. Closing is a call of the caller's; this is what people may hold it to.
    pub closes_at: Timestamp,
    /// The rules.
    pub policy: Policy,
    /// The beacon.
    pub beacon: BeaconSpec,
}

impl Terms {
    /// A draw by these rules, without a beacon.
    #[must_use]
    pub fn new(draw: impl Into<DrawId>, closes_at: Timestamp, policy: Policy) -> Self {
        Self {
            draw: draw.into(),
            closes_at,
            policy,
            beacon: BeaconSpec::None,
        }
    }

    /// The same with a beacon.
    #[must_use]
    pub fn beacon(mut self, beacon: BeaconSpec) -> Self {
        self.beacon = beacon;
        self
    }

    /// Whether all is in its range, and the beacon later than the close.
    ///
    /// # Errors
    /// [`Invalid`], with the first field that is not.
    pub fn check(&self) -> Result<(), Invalid> {
        self.policy.check()?;
        match &self.beacon {
            BeaconSpec::None => Ok(()),
            BeaconSpec::Round { available_at, .. } if *available_at > self.closes_at => Ok(()),
            BeaconSpec::Round { available_at, .. } => Err(Invalid::new(
                "available_at",
                available_at.as_millis(),
                "later than closes_at",
            )),
            BeaconSpec::Holders(holders) if (1..=16).contains(&holders.len()) => Ok(()),
            BeaconSpec::Holders(holders) => {
                Err(Invalid::new("holders", holders.len(), "1 to 16 of them"))
            }
        }
    }

    /// What is published before the window opens: it binds these terms and the seed, and tells nothing of the seed.
    #[must_use]
    pub fn commitment(&self, seed: &Seed) -> Digest {
        let parts = [
            &self.draw.0[..],
            &self.closes_at.as_millis().to_be_bytes(),
            &self.policy.digest().0,
            &seed.0,
            &self.beacon.digest().0,
        ];
        Digest(Prefix::label("fairslot/draw/commit/1").hash(&parts.concat()))
    }

    /// Whether a value is what the beacon that was fixed can have said.
    pub(crate) fn accept(&self, value: &BeaconValue) -> Result<(), Flaw> {
        match (&self.beacon, value) {
            (BeaconSpec::None, BeaconValue::None)
            | (BeaconSpec::Round { .. }, BeaconValue::Round(_)) => Ok(()),
            (BeaconSpec::Holders(holders), BeaconValue::Seeds(seeds))
                if holders.len() == seeds.len() =>
            {
                let is_of = |(holder, seed): (&Holder, &Seed)| {
                    Holder::commit(self.draw, &*holder.name, seed).commitment == holder.commitment
                };
                match holders.iter().zip(seeds).position(|it| !is_of(it)) {
                    Some(holder) => Err(Flaw::Holder { holder }),
                    None => Ok(()),
                }
            }
            _ => Err(Flaw::Beacon),
        }
    }
}

impl BeaconSpec {
    fn digest(&self) -> Digest {
        let mut bytes = Vec::new();
        match self {
            Self::None => bytes.push(0),
            Self::Round {
                source,
                round,
                available_at,
            } => {
                bytes.push(1);
                bytes.extend(round.to_be_bytes());
                bytes.extend(available_at.as_millis().to_be_bytes());
                bytes.extend(source.as_bytes());
            }
            Self::Holders(holders) => {
                bytes.push(2);
                for holder in holders {
                    bytes.extend(holder.commitment.0);
                    bytes.extend((holder.name.len() as u64).to_be_bytes());
                    bytes.extend(holder.name.as_bytes());
                }
            }
        }
        Digest(Prefix::label("fairslot/draw/beacon/1").hash(&bytes))
    }
}

/// What decides all ranks, and nobody knew before the close: SHA-256 of the seed, the root of the entries, and what the beacon said.
pub(crate) fn lot(seed: &Seed, root: &Digest, beacon: &BeaconValue) -> Digest {
    let mut bytes = [&seed.0[..], &root.0].concat();
    match beacon {
        BeaconValue::None => bytes.push(0),
        BeaconValue::Round(value) => {
            bytes.push(1);
            bytes.extend(value.0);
        }
        BeaconValue::Seeds(seeds) => {
            bytes.push(2);
            bytes.extend(seeds.iter().flat_map(|seed| seed.0));
        }
    }
    Digest(Prefix::label("fairslot/draw/lot/1").hash(&bytes))
}
