//! Somebody wants to be in the draw: what the caller says about them, and what it is answered.

use std::fmt;

use super::bytes::{Digest, DrawId, Token};
use crate::words::allotment::Group;
use crate::words::cluster::Cluster as Source;
use crate::words::id::{AccountId, DeviceId, PatientId};

/// A request to be in a draw.
///
/// What is said again about the same person is put together so that no order of requests matters, and nothing a stranger says can harm:
///
/// * *suspicion*: the least counts, so a stranger's dirty device poisons nobody;
/// * *cluster*: all count, and one that keeps the entry in the first tier suffices. A stranger's crowded device takes nothing away from the person's own; and
///   entering through many devices gains nothing, as every device keeps at most as many as the policy says;
/// * *trusted channel*: once is enough;
/// * *groups*: all count. Who is in a group is a fact that the caller has checked;
/// * *preferences*: the first list stays, until [`Window::prefer`](super::Window::prefer) changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(crate) patient: PatientId,
    account: Option<AccountId>,
    device: Option<DeviceId>,
    trusted: bool,
    pub(crate) suspicion: u8,
    pub(crate) trace: Trace,
    pub(crate) cleared: bool,
    pub(crate) groups: u16,
    pub(crate) preferences: Vec<u16>,
    pub(crate) anew: bool,
    pub(crate) would_wait: bool,
}

/// What the caller will know a way in by when it judges it at the close.
pub(crate) type Trace = [u64; 2];

impl Entry {
    /// For this person, from nowhere in particular.
    #[must_use]
    pub const fn new(patient: PatientId) -> Self {
        Self {
            patient,
            account: None,
            device: None,
            trusted: false,
            suspicion: 0,
            trace: [0; 2],
            cleared: false,
            groups: 0,
            preferences: Vec::new(),
            anew: false,
            would_wait: false,
        }
    }

    /// Who is logged in.
    #[must_use]
    pub const fn account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// The device that it came from. A cluster is the device if there is one, else the account, else the person alone: a caller that wants the cap to mean
    /// something lets nobody leave out both.
    #[must_use]
    pub const fn device(mut self, device: DeviceId) -> Self {
        self.device = Some(device);
        self
    }

    /// It came through a window or kiosk of the hospital's: that is no cluster.
    #[must_use]
    pub const fn trusted_channel(mut self) -> Self {
        self.trusted = true;
        self
    }

    /// How suspicious it looks, 0 (not at all, the default) to 255.
    #[must_use]
    pub const fn suspicion(mut self, suspicion: u8) -> Self {
        self.suspicion = suspicion;
        self
    }

    /// How suspicious this way in looks is to be judged at the close: see [`Window::close_judged`](super::Window::close_judged).
    #[must_use]
    pub(crate) const fn trace(mut self, trace: Trace) -> Self {
        self.trace = trace;
        self
    }

    /// They have shown that they are somebody: whatever their ways in look like at the close, they are no suspect.
    #[must_use]
    pub(crate) const fn cleared(mut self) -> Self {
        self.cleared = true;
        self
    }

    /// The person is in this group, besides others.
    #[must_use]
    pub const fn group(mut self, group: Group) -> Self {
        self.groups |= group.bit();
        self
    }

    /// The person is in these groups, a bit each, besides others.
    #[must_use]
    pub(crate) const fn groups(mut self, groups: u16) -> Self {
        self.groups |= groups;
        self
    }

    /// The pools that the person would take, best first, by number. Default: all, in the policy's order.
    #[must_use]
    pub fn prefer(mut self, pools: impl Into<Vec<u16>>) -> Self {
        self.preferences = pools.into();
        self
    }

    /// They had given up their place: what they want now counts, not what they wanted then.
    #[must_use]
    pub(crate) const fn anew(mut self) -> Self {
        self.anew = true;
        self
    }

    /// Who gets nothing would go on waiting elsewhere.
    #[must_use]
    pub(crate) const fn would_wait(mut self, would: bool) -> Self {
        self.would_wait = would;
        self
    }

    pub(crate) fn who(&self) -> PatientId {
        self.patient
    }

    /// What it counts under; `None` for a trusted channel.
    pub(crate) fn source(&self) -> Option<Source> {
        (!self.trusted).then(|| Source::through(self.patient, self.account, self.device))
    }
}

/// Proof for the person of being in the draw: to be checked, after it, with [`verify_receipt`](super::verify_receipt).
///
/// It is no signature: for convincing others, sign it with a key of yours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Receipt {
    /// Which draw.
    pub draw: DrawId,
    /// What was committed to before the window.
    pub commitment: Digest,
    /// What stands for the person in the published list.
    pub token: Token,
}

/// Why somebody was not entered, or what they said not taken down. What stood before stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum EnterError {
    /// The window is closed.
    Closed,
    /// The window has as many entries as it was made for (`entries_max`).
    Full,
    /// The entry stands, with the clusters it had: as many further ones were noted as the window was made for (as many as `entries_max`).
    ClustersFull,
    /// A preference is no pool of the policy's, or is there twice.
    NoSuchPool {
        /// The number that was given.
        pool: u16,
    },
    /// Nobody of that name has entered.
    NotEntered,
}

impl fmt::Display for EnterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the window is closed; the next draw is open to you"),
            Self::Full => f.write_str("the window is full; another draw is open to you"),
            Self::ClustersFull => f.write_str("the entry stands as it was; no more is noted of it"),
            Self::NoSuchPool { pool } => {
                write!(f, "{pool} is no pool of this draw, or is listed twice")
            }
            Self::NotEntered => f.write_str("there is no entry to change; enter first"),
        }
    }
}

impl std::error::Error for EnterError {}
