//! Is the log whole? Frame by frame, as it was written; the first that is not as it must be is named.

use std::collections::VecDeque;
use std::fmt;

use super::frame::{
    BODY, Body, Checkpoint, ENTRY, FRAME, Head, Record, beginning, bytes, follow, genesis,
    is_record,
};
use super::post::forest;
use crate::raw::digest::{Bytes32, plain};
use crate::words::hex::Digest;

/// What is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum What {
    /// A record, or its hash, is not what was written.
    Altered,
    /// A record is not there.
    Missing,
    /// A record comes a second time.
    Repeated,
    /// A record stands later than it must.
    Moved,
    /// A checkpoint, or its list, is not what was written, or is of another log.
    Checkpoint,
    /// A checkpoint is not there, or comes again.
    Epoch,
    /// Neither a record nor a checkpoint stands there, or not all of it.
    Unreadable,
    /// Records without a checkpoint after them.
    Open,
}

/// The first thing that is wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Flaw {
    /// What.
    pub what: What,
    /// At which byte.
    pub offset: u64,
    /// In which epoch, from 0.
    pub epoch: u64,
    /// Which record, by chain and sequence, where it is about one.
    pub record: Option<(u16, u64)>,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (chain, sequence) = self.record.unwrap_or_default();
        match self.what {
            What::Altered => write!(f, "record {sequence} of chain {chain} was altered"),
            What::Missing => write!(f, "record {sequence} of chain {chain} is missing"),
            What::Repeated => write!(f, "record {sequence} of chain {chain} comes twice"),
            What::Moved => write!(f, "record {sequence} of chain {chain} was moved"),
            What::Checkpoint => f.write_str("the checkpoint was altered"),
            What::Epoch => f.write_str("a checkpoint is missing or comes twice"),
            What::Unreadable => f.write_str("neither a record nor a checkpoint stands there"),
            What::Open => f.write_str("there are records without a checkpoint after them"),
        }?;
        write!(f, " (epoch {}, byte {})", self.epoch, self.offset)
    }
}

impl std::error::Error for Flaw {}

/// What a whole log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Its records.
    pub records: u64,
    /// Its checkpoints, in order. Hold their hashes against what was left with others.
    pub checkpoints: Vec<Checkpoint>,
}

/// Goes through a log from its beginning. `log` is the number that it was begun under: with another, its very first record is said to be altered.
///
/// # Errors
/// The first [`Flaw`].
pub fn verify(log: u128, bytes: &[u8]) -> Result<Verified, Flaw> {
    let mut records = 0;
    let mut checkpoints = Vec::new();
    walk(log, bytes, |epoch| {
        records += u64::from(epoch.checkpoint.records);
        checkpoints.push(epoch.checkpoint);
    })?;
    Ok(Verified {
        records,
        checkpoints,
    })
}

/// A record as it stands in the log.
pub(super) struct Entry {
    pub(super) record: Record,
    pub(super) before: Bytes32,
    pub(super) hash: Bytes32,
}

/// An epoch that holds.
pub(super) struct Epoch<'a> {
    pub(super) checkpoint: Checkpoint,
    /// Every chain's head at its end.
    pub(super) heads: &'a [Head],
    /// Every chain's records in it.
    pub(super) entries: Vec<VecDeque<Entry>>,
}

/// Goes through a log and shows each epoch that holds.
pub(super) fn walk(log: u128, bytes: &[u8], mut each: impl FnMut(Epoch<'_>)) -> Result<(), Flaw> {
    let mut walk = Walk {
        log,
        bytes,
        at: 0,
        epoch: 0,
        before: beginning(log),
        heads: Vec::new(),
        entries: Vec::new(),
        read: 0,
        last_chain: 0,
    };
    while walk.at < bytes.len() {
        match is_record(&bytes[walk.at..]) {
            Some(true) => walk.record()?,
            Some(false) => {
                let checkpoint = walk.checkpoint()?;
                let entries = std::mem::take(&mut walk.entries);
                each(Epoch {
                    checkpoint,
                    heads: &walk.heads,
                    entries,
                });
                (walk.read, walk.last_chain) = (0, 0);
            }
            None => return Err(walk.flaw(What::Unreadable, None)),
        }
    }
    if walk.read > 0 {
        return Err(walk.flaw(What::Open, None));
    }
    Ok(())
}

struct Walk<'a> {
    log: u128,
    bytes: &'a [u8],
    at: usize,
    epoch: u64,
    before: Digest,
    heads: Vec<Head>,
    /// Of this epoch.
    entries: Vec<VecDeque<Entry>>,
    read: u32,
    last_chain: u16,
}

impl Walk<'_> {
    fn flaw(&self, what: What, record: Option<(u16, u64)>) -> Flaw {
        Flaw {
            what,
            offset: self.at as u64,
            epoch: self.epoch,
            record,
        }
    }

    /// The next frame's body and hash.
    fn frame(&self) -> Result<(&Body, Bytes32), Flaw> {
        let frame = self.bytes[self.at..].first_chunk::<FRAME>();
        frame
            .and_then(|frame| Some((frame.first_chunk::<BODY>()?, bytes(frame, BODY))))
            .ok_or(self.flaw(What::Unreadable, None))
    }

    fn head(&mut self, chain: u16) -> Head {
        while self.heads.len() <= usize::from(chain) {
            // No more than a chain's number says.
            let number = self.heads.len() as u16;
            self.heads.push(Head::genesis(self.log, number));
        }
        self.heads[usize::from(chain)]
    }

    fn record(&mut self) -> Result<(), Flaw> {
        let (body, hash) = self.frame()?;
        let (chain, sequence) = (
            u16::from_be_bytes(bytes(body, 6)),
            u64::from_be_bytes(bytes(body, 8)),
        );
        // A chain may begin late, but not many at once: whatever is above was no chain's number.
        let head = match self.heads.get(usize::from(chain)) {
            Some(head) => *head,
            None => Head {
                records: 0,
                hash: genesis(self.log, chain),
            },
        };
        let body = *body;
        let sound = follow(&head.hash, &body) == hash;
        if sequence != head.records || !sound {
            return Err(self.name(chain, sequence, head, &body, &hash));
        }
        if chain < self.last_chain {
            return Err(self.flaw(What::Moved, Some((chain, sequence))));
        }
        let Some(record) = Record::read(&body) else {
            return Err(self.flaw(What::Altered, Some((chain, sequence))));
        };
        self.head(chain);
        self.heads[usize::from(chain)] = Head {
            records: sequence + 1,
            hash,
        };
        if self.entries.len() <= usize::from(chain) {
            self.entries
                .resize_with(usize::from(chain) + 1, VecDeque::new);
        }
        self.entries[usize::from(chain)].push_back(Entry {
            record,
            before: head.hash,
            hash,
        });
        self.last_chain = chain;
        self.read += 1;
        self.at += FRAME;
        Ok(())
    }

    /// What became of the record that should stand here, or of the one that does.
    fn name(&self, chain: u16, sequence: u64, head: Head, body: &Body, hash: &Bytes32) -> Flaw {
        if sequence == head.records {
            return self.flaw(What::Altered, Some((chain, sequence)));
        }
        // A frame that is found elsewhere, byte for byte, is itself sound, and another is out of place.
        let same = |other: &[u8]| other[..BODY] == *body && other[BODY..FRAME] == *hash;
        let frames = |of: &[u8]| of.as_chunks::<FRAME>().0.to_vec();
        if sequence < head.records {
            let repeated = self.earlier().any(same);
            let what = if repeated {
                What::Repeated
            } else {
                What::Altered
            };
            return self.flaw(
                what,
                Some((chain, if repeated { sequence } else { head.records })),
            );
        }
        // Does the one that is expected stand later in this epoch?
        let moved = frames(&self.bytes[self.at..])
            .iter()
            .take_while(|frame| is_record(*frame) == Some(true))
            .any(|frame| {
                let found = frame.first_chunk::<BODY>();
                found.is_some_and(|found| {
                    bytes(frame, 6) == chain.to_be_bytes()
                        && follow(&head.hash, found) == bytes::<32>(frame, BODY)
                })
            });
        let what = if moved { What::Moved } else { What::Missing };
        self.flaw(what, Some((chain, head.records)))
    }

    /// The frames of records before this one, as they stood.
    fn earlier(&self) -> impl Iterator<Item = &[u8]> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let frame = self.bytes[at..self.at].first_chunk::<FRAME>()?;
            at += FRAME;
            if is_record(frame) != Some(true) {
                at += usize::from(u16::from_be_bytes(bytes(frame, 2))) * ENTRY;
            }
            Some(frame.as_slice())
        })
    }

    fn checkpoint(&mut self) -> Result<Checkpoint, Flaw> {
        let altered = self.flaw(What::Checkpoint, None);
        let (body, hash) = self.frame()?;
        let checkpoint = Checkpoint::read(body).ok_or(altered)?;
        if checkpoint.hash().0 != hash || checkpoint.log != self.log {
            return Err(altered);
        }
        if checkpoint.epoch != self.epoch || checkpoint.before != self.before {
            return Err(self.flaw(What::Epoch, None));
        }
        let list = self.at + FRAME;
        let end = list + usize::from(checkpoint.chains) * ENTRY;
        let list = self.bytes.get(list..end);
        let list = list
            .filter(|list| plain(list) == checkpoint.list.0)
            .ok_or(altered)?;
        let listed: Vec<Head> = list.as_chunks().0.iter().map(Head::read).collect();
        // A chain that has nothing yet is on the list as well.
        if let Some(last) = checkpoint.chains.checked_sub(1) {
            self.head(last);
        }
        if self.heads.len() != listed.len() {
            return Err(altered);
        }
        for (number, (ours, theirs)) in (0..).zip(self.heads.iter().zip(&listed)) {
            if ours.records < theirs.records {
                return Err(self.flaw(What::Missing, Some((number, ours.records))));
            }
            if ours != theirs {
                return Err(altered);
            }
        }
        self.entries.resize_with(listed.len(), VecDeque::new);
        let hashes = self.entries.iter();
        let hashes = hashes.map(|chain| chain.iter().map(|entry| entry.hash).collect());
        let top = forest(&self.heads, hashes.collect()).top();
        if top != checkpoint.top.0 || checkpoint.records != self.read {
            return Err(altered);
        }
        self.before = checkpoint.hash();
        self.epoch += 1;
        self.at = end;
        Ok(checkpoint)
    }
}
