//! What may a judge be shown? The records of some pseudonyms, each with a proof that it stands in the log, and nobody else's.

use std::fmt;

use super::frame::{Checkpoint, Head, Record, node};
use super::month::Pseudonym;
use super::verify::{Flaw, walk};
use crate::raw::tree::{Tree, climb};
use crate::words::hex::Digest;

/// Where a record's hash stands in its epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Position {
    /// Its place among its chain's records of the epoch, from 0, and how many those are.
    pub index: u64,
    /// How many those are.
    pub of: u64,
    /// The neighbours on the way up to the top over those, lowest first.
    pub records: Vec<Digest>,
    /// The chain's records since the log began, at the epoch's end.
    pub head_records: u64,
    /// The last one's hash.
    pub head: Digest,
    /// The neighbours on the way up to the top over all chains, lowest first.
    pub chains: Vec<Digest>,
}

/// A record, and the proof that it is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Exhibit {
    /// The record.
    pub record: Record,
    /// The hash of the record before it in its chain.
    pub before: Digest,
    /// Where it stands.
    pub position: Position,
    /// The epoch that it is in.
    pub epoch: u64,
}

/// Records of some pseudonyms, and the checkpoints that they rest on.
///
/// It shows that each record was in the log when its checkpoint was made. It can't show that these were all: whoever holds the log can leave one out here, not there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CaseFile {
    /// The log.
    pub log: u128,
    /// Whose records.
    pub pseudonyms: Vec<Pseudonym>,
    /// The records, in the order of the log.
    pub exhibits: Vec<Exhibit>,
    /// The checkpoints of their epochs, in order. Their hashes are what to hold against what was published.
    pub checkpoints: Vec<Checkpoint>,
}

/// Why a case file doesn't hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Doubt {
    /// This exhibit, from 0, is not in the log that its checkpoint stands for.
    NotInTheLog(usize),
    /// This exhibit is of nobody that the file is about.
    NotTheirs(usize),
    /// The checkpoint of this epoch is not among those that were published.
    Unpublished(u64),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInTheLog(exhibit) => write!(f, "exhibit {exhibit} is not in the log"),
            Self::NotTheirs(exhibit) => {
                write!(f, "exhibit {exhibit} is of nobody that the file is about")
            }
            Self::Unpublished(epoch) => {
                write!(f, "the checkpoint of epoch {epoch} was never published")
            }
        }
    }
}

impl std::error::Error for Doubt {}

fn is_theirs(record: &Record, whose: &[Pseudonym]) -> bool {
    let named = record.pseudonyms();
    named.iter().flatten().any(|named| whose.contains(named))
}

fn digests(path: Vec<[u8; 32]>) -> Vec<Digest> {
    path.into_iter().map(Digest).collect()
}

fn plain(path: &[Digest]) -> Vec<[u8; 32]> {
    path.iter().map(|digest| digest.0).collect()
}

impl CaseFile {
    /// Takes from a log, which must hold, every record that bears one of these pseudonyms. A person has another one each month.
    ///
    /// # Errors
    /// The log's first [`Flaw`].
    pub fn extract(log: u128, bytes: &[u8], whose: &[Pseudonym]) -> Result<Self, Flaw> {
        let mut file = Self {
            log,
            pseudonyms: whose.to_vec(),
            exhibits: Vec::new(),
            checkpoints: Vec::new(),
        };
        let node = node();
        walk(log, bytes, |epoch| {
            let found = file.exhibits.len();
            let hashes = |chain: usize| epoch.entries[chain].iter().map(|entry| entry.hash);
            let over = |chain| Tree::new(hashes(chain).collect(), &node);
            let theirs = |chain: usize| {
                epoch.entries[chain]
                    .iter()
                    .enumerate()
                    .filter(|(_, entry)| is_theirs(&entry.record, whose))
            };
            let chains = 0..epoch.heads.len();
            if !chains.clone().any(|chain| theirs(chain).next().is_some()) {
                return;
            }
            let leaves = chains
                .clone()
                .map(|chain| epoch.heads[chain].leaf(&over(chain).top()));
            let all = Tree::new(leaves.collect(), &node);
            for chain in chains {
                let (head, tree) = (epoch.heads[chain], over(chain));
                for (index, entry) in theirs(chain) {
                    file.exhibits.push(Exhibit {
                        record: entry.record,
                        before: Digest(entry.before),
                        position: Position {
                            index: index as u64,
                            of: epoch.entries[chain].len() as u64,
                            records: digests(tree.path(index)),
                            head_records: head.records,
                            head: Digest(head.hash),
                            chains: digests(all.path(chain)),
                        },
                        epoch: epoch.checkpoint.epoch,
                    });
                }
            }
            if file.exhibits.len() > found {
                file.checkpoints.push(epoch.checkpoint);
            }
        })?;
        Ok(file)
    }

    /// Whether every exhibit stands in the log whose checkpoints had these hashes. Take them from where they were published, not from the file.
    ///
    /// # Errors
    /// The first [`Doubt`].
    pub fn check(&self, published: &[Digest]) -> Result<(), Doubt> {
        for (number, exhibit) in self.exhibits.iter().enumerate() {
            if !is_theirs(&exhibit.record, &self.pseudonyms) {
                return Err(Doubt::NotTheirs(number));
            }
            let of = self.checkpoints.iter().find(|it| it.epoch == exhibit.epoch);
            let Some(checkpoint) = of.filter(|it| published.contains(&it.hash())) else {
                return Err(Doubt::Unpublished(exhibit.epoch));
            };
            if checkpoint.log != self.log || !exhibit.is_in(checkpoint) {
                return Err(Doubt::NotInTheLog(number));
            }
        }
        Ok(())
    }
}

impl Exhibit {
    /// Whether it stands in the epoch of that checkpoint.
    #[must_use]
    pub fn is_in(&self, checkpoint: &Checkpoint) -> bool {
        let (node, at) = (node(), &self.position);
        // Its place in the chain follows from its place in the epoch.
        let sequence =
            (at.head_records.checked_sub(at.of)).and_then(|earlier| earlier.checked_add(at.index));
        let hash = self.record.hash(&self.before).0;
        let head = Head {
            records: at.head_records,
            hash: at.head.0,
        };
        let top = climb(hash, at.index, at.of, &plain(&at.records), &node)
            .map(|top| head.leaf(&top))
            .and_then(|leaf| {
                let (chain, chains) = (self.record.chain.into(), checkpoint.chains.into());
                climb(leaf, chain, chains, &plain(&at.chains), &node)
            });
        sequence == Some(self.record.sequence)
            && self.epoch == checkpoint.epoch
            && top == Some(checkpoint.top.0)
    }
}
