//! After the close: what is published, the draw itself, and what each person can be shown.

use std::borrow::Cow;
use std::fmt;

use super::bytes::{Digest, DrawId, Rank, Seed, Token};
use super::list::{List, Numbers, root};
use super::settle::{Seated, Walk};
use super::terms::{Beacon, BeaconSpec, BeaconValue, Terms, lot};
use super::verify::{Flaw, Gone, Place, Proof, Transcript};
use crate::raw::tree::Tree;
use crate::words::cluster::Cluster;
use crate::words::id::PatientId;
use crate::words::sync::Mutex;

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
    /// Who would go on waiting, and through what they asked: until it is known who does.
    would_wait: Mutex<Vec<(Token, Cluster)>>,
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
        (list, patients): (List, Vec<PatientId>),
        would_wait: Vec<(Token, Cluster)>,
    ) -> Self {
        Self {
            tree: list.tree(),
            terms,
            commitment,
            seed,
            list,
            patients,
            would_wait: Mutex::new(would_wait),
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
        let mut draft = self.begin(beacon)?;
        while let Some((_, seated)) = self.next(&mut draft) {
            draft.seated.push(seated);
        }
        Ok(Drawn {
            frozen: self,
            settled: Cow::Owned(draft.finish()),
        })
    }

    /// Begins to draw, for whoever takes a place at a time.
    pub(crate) fn begin(&self, beacon: BeaconValue) -> Result<Draft, Flaw> {
        self.terms.accept(&beacon)?;
        let lot = lot(&self.seed, &self.closing().root, &beacon);
        Ok(Draft {
            walk: Walk::new(&self.list, &self.terms.policy, &lot),
            beacon,
            lot,
            seated: Vec::new(),
            passed: Vec::new(),
            gone: Vec::new(),
        })
    }

    /// Who is next, and what they are given. To be answered by [`Draft::taken`], [`Draft::passed`] or [`Draft::gone`].
    pub(crate) fn next(&self, draft: &mut Draft) -> Option<(PatientId, Seated)> {
        let seated = draft.walk.next(&self.list)?;
        Some((self.patients[seated.index as usize], seated))
    }

    /// What came of it.
    pub(crate) fn drawn<'a>(&'a self, settled: &'a Settled) -> Drawn<'a> {
        Drawn {
            frozen: self,
            settled: Cow::Borrowed(settled),
        }
    }

    /// Everybody who is in, and what they would take.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (PatientId, &[u16])> {
        let of = |(patient, row): (&PatientId, _)| (*patient, &self.list.more(row).preferences[..]);
        self.patients.iter().zip(&self.list.rows).map(of)
    }

    /// Who got nothing and would go on waiting, in the order of their turns: through what they asked, and what they would have taken. It is told once, and what they
    /// asked through is not kept beyond that.
    pub(crate) fn take_would_wait(&self, draft: &Draft) -> Vec<(PatientId, Cluster, &[u16])> {
        let ranks = Numbers::ranks(&draft.lot);
        let seated = draft.seated.iter().map(|it| it.index);
        let mut served: Vec<u32> = seated.chain(draft.passed.iter().copied()).collect();
        served.sort_unstable();
        let waits = |(token, source): &(Token, Cluster)| {
            // A list has fewer than 2^32 entries.
            let index = self.find(token)? as u32;
            let late = !draft.walk.is_first(index);
            let waits = served.binary_search(&index).is_err();
            waits.then(|| (late, ranks.of(token), index, *source))
        };
        let would_wait = std::mem::take(&mut *self.would_wait.lock());
        let mut all: Vec<_> = would_wait.iter().filter_map(waits).collect();
        // Equal ranks are told apart by the token, as in the walk.
        all.sort_unstable_by_key(|(late, rank, index, _)| (*late, *rank, *index));
        let of = |(_, _, index, source)| {
            let index = index as usize;
            let preferences = &self.list.more(&self.list.rows[index]).preferences;
            (self.patients[index], source, &preferences[..])
        };
        all.into_iter().map(of).collect()
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

/// A draw in the middle of its walk.
pub(crate) struct Draft {
    beacon: BeaconValue,
    lot: Digest,
    walk: Walk,
    seated: Vec<Seated>,
    /// Who was given a place and couldn't take it.
    passed: Vec<u32>,
    gone: Vec<Gone>,
}

impl Draft {
    /// They have taken it.
    pub(crate) fn taken(&mut self, seated: Seated) {
        self.seated.push(seated);
    }

    /// They can't take it.
    pub(crate) fn passed(&mut self, seated: &Seated) {
        self.walk.give_back(seated);
        self.passed.push(seated.index);
    }

    /// The whole pool is not to be had any more: they are asked again.
    pub(crate) fn gone(&mut self, seated: &Seated) {
        self.walk.close_pool(seated);
        let after = (self.seated.len() + self.passed.len()) as u64;
        self.gone.push(Gone {
            pool: seated.pool,
            after,
        });
    }

    /// How many places were given of each of so many pools.
    pub(crate) fn places(&self, pools: usize) -> Vec<u32> {
        let mut places = vec![0; pools];
        for seated in &self.seated {
            if let Some(count) = places.get_mut(usize::from(seated.pool)) {
                *count += 1;
            }
        }
        places
    }

    pub(crate) fn finish(self) -> Settled {
        Settled {
            beacon: self.beacon,
            lot: self.lot,
            first: self.walk.into_first_tier(),
            seated: self.seated,
            passed: self.passed,
            gone: self.gone,
        }
    }
}

/// What a draw came to.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    beacon: BeaconValue,
    lot: Digest,
    first: Vec<bool>,
    seated: Vec<Seated>,
    passed: Vec<u32>,
    gone: Vec<Gone>,
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
    settled: Cow<'a, Settled>,
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawn")
            .field("frozen", &self.frozen)
            .field("places", &self.settled.seated.len())
            .finish_non_exhaustive()
    }
}

impl Drawn<'_> {
    /// Who got what, in the order of the draw.
    pub fn winners(&self) -> impl Iterator<Item = (PatientId, Place)> {
        self.settled.seated.iter().map(|seated| {
            let patient = self.frozen.patients[seated.index as usize];
            (patient, place(&self.frozen.list, seated))
        })
    }

    /// Where the owner of a token stands; `None` if there is no such entry.
    #[must_use]
    pub fn standing(&self, token: &Token) -> Option<Standing> {
        let index = self.frozen.find(token)?;
        Some(Standing {
            tier: if self.settled.first[index] { 1 } else { 2 },
            rank: Numbers::ranks(&self.settled.lot).of(token),
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
            beacon: self.settled.beacon.clone(),
            closing: frozen.closing(),
            leaf: frozen.list.leaf(&frozen.list.rows[index]),
            index: index as u64,
            path: path.collect(),
        })
    }

    /// All that anybody needs to do the draw again. It reveals the seed.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let (frozen, list, settled) = (self.frozen, &self.frozen.list, &self.settled);
        let passed = settled.passed.iter();
        Transcript {
            terms: frozen.terms.clone(),
            closing: frozen.closing(),
            leaves: list.rows.iter().map(|row| list.leaf(row)).collect(),
            seed: frozen.seed,
            beacon: settled.beacon.clone(),
            lot: settled.lot,
            places: settled.seated.iter().map(|it| place(list, it)).collect(),
            passed: passed.map(|it| list.rows[*it as usize].token).collect(),
            gone: settled.gone.clone(),
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

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::super::{Entry, Policy, ServerKey, Window};
    use super::*;
    use crate::words::id::DeviceId;
    use crate::words::time::Timestamp;

    #[test]
    fn what_losers_asked_through_is_told_once_and_kept_no_longer() {
        let terms = Terms::new(1, Timestamp::from_millis(1_000), Policy::new(1));
        let (seed, key) = (Seed::new([7; 32]), ServerKey::new([9; 32]));
        let window = Window::open(terms, seed, key, 9).unwrap();
        for patient in 1..=3 {
            let entry = Entry::new(PatientId::new(patient)).device(DeviceId::new(patient));
            window.enter(&entry.would_wait(true)).unwrap();
        }
        let frozen = window.close();
        let mut draft = frozen.begin(BeaconValue::None).unwrap();
        let (winner, seated) = frozen.next(&mut draft).unwrap();
        draft.taken(seated);
        let told = frozen.take_would_wait(&draft);
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|(patient, through, _)| *patient != winner
            && *through == Cluster::Device(DeviceId::new(patient.to_u128()))));
        assert_eq!(frozen.would_wait.lock().len(), 0);
    }
}
