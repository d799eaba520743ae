//! What is said about a waitlist, and what it answers.

use super::super::Cluster;
use super::super::returns::Returns;
use super::super::seats::Ticket;
use crate::words::error::Invalid;
use crate::words::id::PatientId;
use crate::words::time::{DAY_MS, Timestamp};

/// How a waitlist works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WaitlistPolicy {
    /// How many people may wait: 1 to 2^20, some 200 bytes each, and 8 more for each batch of which an offer stands. Default 4,096: over a hundred for each slot of a usual session.
    pub capacity: u32,
    /// How many people of a cluster are drawn among the first: 1 to 2^20. Default 3, as in the lottery.
    pub cluster_cap: u32,
    /// How long an offer stands, in milliseconds: 1 to a day. Default 15 minutes, as a hold. In an engine an offer is a hold, and lasts as that does: there this
    /// is checked, and changes nothing.
    pub offer_ms: u64,
    /// When slots return.
    pub returns: Returns,
}

impl Default for WaitlistPolicy {
    fn default() -> Self {
        Self {
            capacity: 4_096,
            cluster_cap: 3,
            offer_ms: 15 * 60_000,
            returns: Returns::default(),
        }
    }
}

impl WaitlistPolicy {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let most = 1 << 20;
        let field = "waitlist.capacity";
        Invalid::within(field, self.capacity, 1..=most, "1 to 2^20")?;
        let field = "waitlist.cluster_cap";
        Invalid::within(field, self.cluster_cap, 1..=most, "1 to 2^20")?;
        let field = "waitlist.offer_ms";
        Invalid::within(field, self.offer_ms, 1..=DAY_MS, "1 to 86,400,000")?;
        self.returns.check()
    }
}

/// A slot that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// Which, by any number of the caller's.
    pub slot: u32,
    /// By whom.
    pub by: PatientId,
    /// Through what they had it, or gave it up.
    pub cluster: Cluster,
}

/// A slot that somebody may have until a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offer {
    /// The slot.
    pub slot: u32,
    /// To whom.
    pub patient: PatientId,
    /// By which ticket, which waits no more.
    pub ticket: Ticket,
    /// Gone at this very millisecond.
    pub until: Timestamp,
    /// In which batch of this list's.
    pub(super) round: u64,
}

/// What a batch came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Round {
    /// Slots that are offered.
    pub offers: Vec<Offer>,
    /// Slots that nobody on the list may have or wants.
    pub unwanted: Vec<u32>,
}

/// What [`Waitlist::close`](super::Waitlist::close) found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// Who waited.
    pub waiting: Vec<Ticket>,
    /// And for whom.
    pub patients: Vec<PatientId>,
    /// Offers that nobody had settled.
    pub offers: Vec<Offer>,
    /// Slots that rested.
    pub resting: Vec<u32>,
}
