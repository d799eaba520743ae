//! Who counts as one: whoever is reached through the same device, account or, failing both, as the same person.

use super::id::{AccountId, DeviceId, PatientId};

/// Whoever is reached through this counts as one: the device if there is one, else the account, else the person. Who comes through a channel that is trusted, a
/// kiosk or a window, is a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Cluster {
    /// A device.
    Device(DeviceId),
    /// An account.
    Account(AccountId),
    /// A person of their own.
    Person(PatientId),
}

impl Cluster {
    /// What somebody counts under who names these.
    pub(crate) fn through(
        patient: PatientId,
        account: Option<AccountId>,
        device: Option<DeviceId>,
    ) -> Self {
        let account = account.map(Self::Account);
        let through = device.map(Self::Device).or(account);
        through.unwrap_or(Self::Person(patient))
    }

    /// Which kind, as a number that stays, and the identity.
    pub(crate) const fn parts(self) -> (u8, u128) {
        match self {
            Self::Device(id) => (1, id.to_u128()),
            Self::Account(id) => (2, id.to_u128()),
            Self::Person(id) => (3, id.to_u128()),
        }
    }
}
