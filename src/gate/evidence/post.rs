//! How does the log leave the engine? Epoch by epoch, to a sink that may do what it likes.
//!
//! An epoch is ended, and its bytes are put together, by whoever delivers; one at a time. The sink is called with no lock held; a block stays in hand until the sink has said
//! that it has it, through errors and panics.
//!
//! # Ordering
//! `busy` is taken with Acquire and let go with Release: who delivers next sees what the last one left in hand. All else is under locks.

use std::fmt;

use super::chain::{Chains, Decision};
use super::frame::{Action, Checkpoint, Code, ENTRY, FRAME, Head, beginning, bytes, node};
use super::month::Month;
use super::{Evidence, Keep};
use crate::raw::digest::{Bytes32, plain};
use crate::raw::tree::Tree;
use crate::words::hex::Digest;
use crate::words::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::words::sync::{Arc, Mutex};
use crate::words::time::Timestamp;

/// A sink could not store a block. It will be offered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unstored;

/// Where the log goes.
pub trait Sink: Send + Sync {
    /// Stores the block of an epoch, durably, as far as the caller cares. Blocks come in the order of their epochs and belong one after the other; the same one comes again if it was
    /// not stored, or if the sink panicked, perhaps after it had stored it: a block whose epoch is there already is to be skipped.
    ///
    /// # Errors
    /// [`Unstored`]: the block is offered again at the next delivery.
    fn store(&self, epoch: u64, block: &[u8]) -> Result<(), Unstored>;
}

impl<S: Sink + ?Sized> Sink for Arc<S> {
    fn store(&self, epoch: u64, block: &[u8]) -> Result<(), Unstored> {
        (**self).store(epoch, block)
    }
}

/// A sink that keeps the log in memory. Clones share it. For tests, and for logs that are short.
#[derive(Clone, Default)]
pub struct LogMemory(Arc<Mutex<(u64, Vec<u8>)>>);

impl LogMemory {
    /// The log so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().1.clone()
    }
}

impl fmt::Debug for LogMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogMemory(..)")
    }
}

impl Sink for LogMemory {
    fn store(&self, epoch: u64, block: &[u8]) -> Result<(), Unstored> {
        let mut log = self.0.lock();
        if epoch >= log.0 {
            log.0 = epoch + 1;
            log.1.extend_from_slice(block);
        }
        Ok(())
    }
}

/// What one delivery did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Delivery {
    /// Epochs that the sink took.
    pub epochs: u64,
    /// Their records.
    pub records: u64,
    /// Whether an epoch is in hand that the sink did not take.
    pub in_hand: bool,
    /// Whether somebody else was delivering, so that nothing was done.
    pub busy: bool,
}

/// How the log fares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct EvidenceStats {
    /// Epochs that the sink took.
    pub epochs: u64,
    /// Their records.
    pub records: u64,
    /// Records that wait for the end of their epoch, or for the sink.
    pub waiting: u64,
    /// Decisions that were not written down, because there was no room. The log itself says so as well.
    pub lost: u64,
}

/// An epoch that is over.
#[derive(Clone)]
struct Block {
    epoch: u64,
    records: u64,
    bytes: Arc<Vec<u8>>,
}

/// What whoever delivers goes by.
struct Post {
    epoch: u64,
    before: Digest,
    /// When the last epoch ended. The first ends with the first delivery.
    since: Option<Timestamp>,
    /// By number.
    heads: Vec<Head>,
    in_hand: Option<Block>,
}

/// The log at work.
pub(crate) struct Log {
    name: u128,
    keep: Keep,
    epoch_ms: u64,
    epoch_records: u64,
    chains: Chains,
    post: Mutex<Post>,
    busy: AtomicBool,
    epochs: AtomicU64,
    records: AtomicU64,
    sink: Box<dyn Sink>,
}

impl Log {
    /// `settings`: what stands for the engine's own.
    pub(crate) fn new(evidence: Evidence, settings: &[u8]) -> Self {
        let Evidence { log, policy, .. } = evidence;
        let policy = Digest(plain(&[settings, &policy.0].concat()));
        let room = evidence.lane_records as usize;
        Self {
            name: log,
            keep: evidence.keep,
            epoch_ms: evidence.epoch_ms,
            epoch_records: u64::from(evidence.epoch_records),
            chains: Chains::new(log, policy, room, evidence.keys),
            post: Mutex::new(Post {
                epoch: 0,
                before: beginning(log),
                since: None,
                heads: Vec::new(),
                in_hand: None,
            }),
            busy: AtomicBool::new(false),
            epochs: AtomicU64::new(0),
            records: AtomicU64::new(0),
            sink: evidence.sink,
        }
    }

    /// Writes a decision down, if that kind is kept. Takes the lock of the thread's own lane, and after it none but the keys', once a month.
    pub(crate) fn note(&self, decision: &Decision<'_>) {
        let kept = match (decision.code, decision.action) {
            (Code::RateLimited, _) => self.keep.denials,
            (Code::Suspected | Code::Challenged | Code::Failed, _) | (_, Action::Challenge) => {
                self.keep.suspicions
            }
            (_, Action::Cancel) => self.keep.cancels,
            (_, Action::Draw) if decision.slot.is_none() => self.keep.draws,
            (Code::Done, _) => self.keep.grants,
            (Code::Lost, _) => true,
        };
        if kept {
            self.chains.append(decision);
        }
    }

    /// Hands over what is due, or all that there is.
    pub(crate) fn deliver(&self, now: Timestamp, all: bool) -> Delivery {
        let mut done = Delivery::default();
        if self.busy.swap(true, Ordering::Acquire) {
            done.busy = true;
            return done;
        }
        let _turn = TurnOf(&self.busy);
        while let Some(block) = self.next(now, all) {
            if self.sink.store(block.epoch, &block.bytes).is_err() {
                done.in_hand = true;
                break;
            }
            self.post.lock().in_hand = None;
            // Relaxed: figures.
            self.epochs.fetch_add(1, Ordering::Relaxed);
            self.records.fetch_add(block.records, Ordering::Relaxed);
            done.epochs += 1;
            done.records += block.records;
        }
        done
    }

    /// The block in hand, or that of an epoch which is over now.
    fn next(&self, now: Timestamp, all: bool) -> Option<Block> {
        let mut post = self.post.lock();
        if post.in_hand.is_none() {
            let (waiting, _) = self.chains.waiting();
            let ended = |since| now.since(since) >= self.epoch_ms;
            let over = all || waiting >= self.epoch_records || post.since.is_none_or(ended);
            if over && waiting > 0 {
                post.in_hand = Some(self.end_epoch(&mut post, now));
            }
        }
        post.in_hand.clone()
    }

    /// Joins what every chain has to say.
    fn end_epoch(&self, post: &mut Post, now: Timestamp) -> Block {
        let (mut parts, lost) = self.chains.take(now);
        parts.sort_unstable_by_key(|part| part.number);
        let chains = parts.last().map_or(0, |part| usize::from(part.number) + 1);
        // A chain whose lane was passed before it began is still at its beginning.
        for number in post.heads.len()..chains {
            // As many as lanes.
            post.heads.push(Head::genesis(self.name, number as u16));
        }
        let mut hashes = vec![Vec::new(); post.heads.len()];
        let bytes_of_all = parts.iter().map(|part| part.records.len()).sum::<usize>();
        let mut log = Vec::with_capacity(bytes_of_all + FRAME + ENTRY * post.heads.len());
        for part in parts {
            let number = usize::from(part.number);
            post.heads[number] = part.head;
            hashes[number] = part
                .records
                .as_chunks::<FRAME>()
                .0
                .iter()
                .map(|frame| bytes(frame, FRAME - 32))
                .collect();
            log.extend_from_slice(&part.records);
            self.chains.give_back(part);
        }
        let records = log.len() / FRAME;
        let list: Vec<u8> = post.heads.iter().flat_map(Head::entry).collect();
        debug_assert_eq!(list.len(), post.heads.len() * ENTRY);
        let checkpoint = Checkpoint {
            log: self.name,
            epoch: post.epoch,
            at: now,
            chains: post.heads.len() as u16,
            records: u32::try_from(records).unwrap_or(u32::MAX),
            lost,
            before: post.before,
            top: Digest(forest(&post.heads, hashes).top()),
            list: Digest(plain(&list)),
        };
        let hash = checkpoint.hash();
        log.extend_from_slice(&checkpoint.body());
        log.extend_from_slice(&hash.0);
        log.extend_from_slice(&list);
        *post = Post {
            epoch: post.epoch + 1,
            before: hash,
            since: Some(now),
            heads: std::mem::take(&mut post.heads),
            in_hand: None,
        };
        Block {
            epoch: checkpoint.epoch,
            records: records as u64,
            bytes: Arc::new(log),
        }
    }

    pub(crate) fn set_key(&self, month: Month, key: Option<&[u8; 32]>) -> bool {
        self.chains.set_key(month, key)
    }

    pub(crate) fn stats(&self) -> EvidenceStats {
        let in_hand = self.post.lock().in_hand.as_ref().map_or(0, |it| it.records);
        let (waiting, lost) = self.chains.waiting();
        EvidenceStats {
            epochs: self.epochs.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
            waiting: waiting + in_hand,
            lost,
        }
    }
}

/// The tree over the chains: a leaf each, of where it stands and of the tree over its records of this epoch.
pub(super) fn forest(heads: &[Head], hashes: Vec<Vec<Bytes32>>) -> Tree {
    let node = node();
    let leaves = heads
        .iter()
        .zip(hashes)
        .map(|(head, hashes)| head.leaf(&Tree::new(hashes, &node).top()));
    Tree::new(leaves.collect(), &node)
}

/// Lets the next one deliver, whatever became of this one.
struct TurnOf<'a>(&'a AtomicBool);

impl Drop for TurnOf<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
