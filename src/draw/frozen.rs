//! After the close: what is published, the draw itself, and what each person can be shown.

use std::fmt;

use super::bytes::{Digest, DrawId, Rank, Seed, Token};
use super::list::{List, Numbers, root};
use super::settle::{Seated, first_tier, settle};
use super::terms::{Beacon, BeaconSpec, BeaconValue, Terms, lot};
use super::verify::{Flaw, Place, Proof, Transcript};
use crate::raw::tree::Tree;
use crate::words::id::PatientId;

/// What is published at the close, before the beacon speaks: from here on nothing can be added, left out or changed unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Closing {
    /// Which draw.
    pub draw: DrawId,
    /// What was committed to before the window.
    pub commitment: Digest,
    /// What stands for all entries and their number.
    pub root: Digest,
    /// How many entries.
    pub entries: u64,
}

/// A closed draw: the frozen list, and the seed, still secret.
pub struct Frozen {
    terms: Terms,
    commitment: Digest,
    seed: Seed,
    list: List,
    /// Who they are, in the list's order. Never published.
    patients: Vec<PatientId>,
    tree: Tree,
}

impl fmt::Debug for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frozen")
            .field("terms", &self.terms)
            .field("closing", &self.closing())
            .finish_non_exhaustive()
    }
}

impl Frozen {
    pub(crate) fn new(
        terms: Terms,
        commitment: Digest,
        seed: Seed,
        list: List,
        patients: Vec<PatientId>,
    ) -> Self {
        Self {
            tree: list.tree(),
            terms,
            commitment,
            seed,
            list,
            patients,
        }
    }

    /// What to publish now.
    #[must_use]
    pub fn closing(&self) -> Closing {
        let entries = self.list.rows.len() as u64;
        Closing {
            draw: self.terms.draw,
            commitment: self.commitment,
            root: root(&self.tree.top(), entries),
            entries,
        }
    }

    fn find(&self, token: &Token) -> Option<usize> {
        let found = self.list.rows.binary_search_by_key(token, |row| row.token);
        found.ok()
    }

    /// Whether a token is in the list.
    #[must_use]
    pub fn has(&self, token: &Token) -> bool {
        self.find(token).is_some()
    }

    /// Draws, with what the beacon said.
    ///
    /// # Errors
    /// [`Flaw::Beacon`] or [`Flaw::Holder`] if that is not what was fixed.
    pub fn draw(&self, beacon: BeaconValue) -> Result<Drawn<'_>, Flaw> {
        self.terms.accept(&beacon)?;
        let lot = lot(&self.seed, &self.closing().root, &beacon);
        let policy = &self.terms.policy;
        let first = first_tier(&self.list, policy, &lot);
        let seated = settle(&self.list, policy, &lot, &first);
        Ok(Drawn {
            frozen: self,
            beacon,
            lot,
            first,
            seated,
        })
    }

    /// Draws, with what this beacon says of the round that was fixed; `None` if it has not said it yet.
    ///
    /// # Errors
    /// [`Flaw::Beacon`] if this is not the beacon that was fixed.
    pub fn draw_by(&self, beacon: &dyn Beacon) -> Result<Option<Drawn<'_>>, Flaw> {
        match &self.terms.beacon {
            BeaconSpec::Round { source, round, .. } if source == beacon.source() => beacon
                .value(*round)
                .map(|value| self.draw(BeaconValue::Round(value)))
                .transpose(),
            _ => Err(Flaw::Beacon),
        }
    }
}

/// Where somebody stands in a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// 1, or 2: served after the first.
    pub tier: u8,
    /// Within the tier, the smaller the earlier.
    pub rank: Rank,
}

/// A draw that has been drawn.
pub struct Drawn<'a> {
    frozen: &'a Frozen,
    beacon: BeaconValue,
    lot: Digest,
    first: Vec<bool>,
    seated: Vec<Seated>,
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawn")
            .field("frozen", &self.frozen)
            .field("places", &self.seated.len())
            .finish_non_exhaustive()
    }
}

impl Drawn<'_> {
    /// Who got what, in the order of the draw.
    pub fn winners(&self) -> impl Iterator<Item = (PatientId, Place)> {
        self.seated.iter().map(|seated| {
            let patient = self.frozen.patients[seated.index as usize];
            (patient, place(&self.frozen.list, seated))
        })
    }

    /// Where the owner of a token stands; `None` if there is no such entry.
    #[must_use]
    pub fn standing(&self, token: &Token) -> Option<Standing> {
        let index = self.frozen.find(token)?;
        Some(Standing {
            tier: if self.first[index] { 1 } else { 2 },
            rank: Numbers::ranks(&self.lot).of(token),
        })
    }

    /// What shows the owner of a token that they were in; `None` if there is no such entry. It reveals the seed.
    #[must_use]
    pub fn proof(&self, token: &Token) -> Option<Proof> {
        let index = self.frozen.find(token)?;
        let frozen = self.frozen;
        let path = frozen.tree.path(index).into_iter().map(Digest);
        Some(Proof {
            terms: frozen.terms.clone(),
            seed: frozen.seed,
            beacon: self.beacon.clone(),
            closing: frozen.closing(),
            leaf: frozen.list.leaf(&frozen.list.rows[index]),
            index: index as u64,
            path: path.collect(),
        })
    }

    /// All that anybody needs to do the draw again. It reveals the seed.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let (frozen, list) = (self.frozen, &self.frozen.list);
        Transcript {
            terms: frozen.terms.clone(),
            closing: frozen.closing(),
            leaves: list.rows.iter().map(|row| list.leaf(row)).collect(),
            seed: frozen.seed,
            beacon: self.beacon.clone(),
            lot: self.lot,
            places: self.seated.iter().map(|it| place(list, it)).collect(),
        }
    }
}

/// A place as it is published.
pub(crate) fn place(list: &List, seated: &Seated) -> Place {
    Place {
        token: list.rows[seated.index as usize].token,
        tier: seated.tier,
        rank: seated.rank,
        pool: seated.pool,
        allotment: seated.allotment,
    }
}
