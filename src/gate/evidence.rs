//! Evidence: what was decided about whom, written down so that nobody can change it unnoticed and nobody reads a name in it.
//!
//! Off unless the builder is given an [`Evidence`]. Then refusals by a limit, suspicions and challenges, draws, grants and cancellations are written down as a [`Record`] each ([`Keep`] says which), hashed
//! onto a chain of the thread that decided; nobody waits for anybody. When an epoch is over, a [`Checkpoint`] joins all chains in a Merkle tree, and the whole goes to a
//! [`Sink`] of the caller's, as bytes in a fixed format (`src/gate/evidence/frame.rs` has its table).
//!
//! * **Who hands it over**: [`Engine::deliver_evidence`](crate::Engine::deliver_evidence), from a thread of the caller's own, about as often as an epoch lasts. A sink that panics
//!   or never returns harms that thread alone. What has no room meanwhile is counted, and the count is written down.
//! * **Who is meant**: identities are written as [pseudonyms](Pseudonym) under a key of their month. Deleting the key unlinks the month.
//! * **Who checks**: [`verify`] finds the first record that was changed, left out, doubled or moved. It can't find that a log was made anew from its
//!   beginning: leave each checkpoint's hash with somebody else.
//! * **Who is shown**: a [`CaseFile`] has the records of some pseudonyms, each with a proof that it is in the log, and nobody else's.
//!
//! ```
//! use fairslot::evidence::{Evidence, LogMemory, Month, MonthKeys, verify};
//! use fairslot::{Engine, Limit};
//!
//! let december = Month::new(2026, 12)?;
//! let (sink, keys) = (LogMemory::default(), MonthKeys::new().with(december, [7; 32]));
//! let engine = Engine::builder()
//!     .patient_limit(Limit::new(1, 1_000, 5))
//!     .evidence(Evidence::new(1, keys, sink.clone()))
//!     .build()?;
//! // … requests …
//! engine.close_evidence();
//! let verified = verify(1, &sink.bytes())?;
//! assert_eq!(verified.records, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod case;
mod chain;
mod frame;
mod month;
mod post;
mod verify;

use std::fmt;

use crate::words::error::Invalid;
use crate::words::hex::Digest;

pub use case::{CaseFile, Doubt, Exhibit, Position};
pub use frame::{Action, Checkpoint, Code, Record};
pub use month::{Kind, Month, MonthKeys, Pseudonym};
pub use post::{Delivery, EvidenceStats, LogMemory, Sink, Unstored};
pub use verify::{Flaw, Verified, What, verify};

pub(crate) use chain::Decision;
pub(crate) use post::Log;

/// Which decisions are written down. Everything but suspicion is a fact that the engine knows anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Keep {
    /// Refusals by a limit. Default: yes.
    pub denials: bool,
    /// Slots that were given, by a request, a draw or an exchange. Default: yes.
    pub grants: bool,
    /// Bookings that were cancelled. Default: yes.
    pub cancels: bool,
    /// Schedules that were drawn. Default: yes.
    pub draws: bool,
    /// Challenges that were set, passed and failed, and places in the slow queue. Default: yes.
    pub suspicions: bool,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            denials: true,
            grants: true,
            cancels: true,
            draws: true,
            suspicions: true,
        }
    }
}

/// The settings of a log: see [the module](self).
pub struct Evidence {
    log: u128,
    keys: MonthKeys,
    sink: Box<dyn Sink>,
    keep: Keep,
    policy: Digest,
    epoch_ms: u64,
    epoch_records: u32,
    lane_records: u32,
}

impl Evidence {
    /// A log of that name, which no other log has: one for each start of the process. Pseudonyms by these keys, bytes to that sink.
    #[must_use]
    pub fn new(log: u128, keys: MonthKeys, sink: impl Sink + 'static) -> Self {
        Self {
            log,
            keys,
            sink: Box::new(sink),
            keep: Keep::default(),
            policy: Digest::default(),
            epoch_ms: 1_000,
            epoch_records: 4_096,
            lane_records: 16_384,
        }
    }

    /// Which decisions are written down.
    #[must_use]
    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// What stands for the caller's published rules in every record, beside the engine's own settings. Default: zeros.
    #[must_use]
    pub fn policy(mut self, policy: Digest) -> Self {
        self.policy = policy;
        self
    }

    /// How long an epoch lasts, in milliseconds of the engine's time, at least 1. Default 1,000: as much is lost at most if the process dies, besides what the sink loses.
    #[must_use]
    pub fn epoch_ms(mut self, ms: u64) -> Self {
        self.epoch_ms = ms;
        self
    }

    /// How many records end an epoch before its time: 1 to 1,000,000. Default 4,096.
    #[must_use]
    pub fn epoch_records(mut self, records: u32) -> Self {
        self.epoch_records = records;
        self
    }

    /// For how many records a thread has room until they are handed over, 192 bytes each: 2 to 1,000,000. Default 16,384, 3 MiB: four epochs of one busy thread. Refusals
    /// by a limit have half of it. Memory is taken as it is used.
    #[must_use]
    pub fn lane_records(mut self, records: u32) -> Self {
        self.lane_records = records;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if self.epoch_ms == 0 {
            return Err(Invalid::new("evidence.epoch_ms", 0, "at least 1"));
        }
        let (field, said) = ("evidence.epoch_records", "1 to 1,000,000");
        Invalid::within(field, self.epoch_records, 1..=1_000_000, said)?;
        let (field, said) = ("evidence.lane_records", "2 to 1,000,000");
        Invalid::within(field, self.lane_records, 2..=1_000_000, said)
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("log", &self.log)
            .field("keys", &self.keys)
            .field("keep", &self.keep)
            .field("epoch_ms", &self.epoch_ms)
            .field("epoch_records", &self.epoch_records)
            .field("lane_records", &self.lane_records)
            .finish_non_exhaustive()
    }
}
