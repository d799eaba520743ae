//! A step to take before one is believed: which, what is sent out for it, and what comes back.

use std::fmt;

use super::hex::{hexadecimal, shown};
use super::id::ScheduleId;
use super::time::Timestamp;

/// A step of the ladder, each harder than the one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Level {
    /// Nothing is asked for.
    #[default]
    None,
    /// The device does some work, and the person doesn't notice.
    ProofOfWork,
    /// A puzzle that people find easier than programs do.
    HumanCheck,
    /// The person is recognised by voice or face.
    Voiceprint,
    /// Money is put down, and comes back.
    Deposit,
}

impl Level {
    pub(crate) const ALL: [Self; 5] = [
        Self::None,
        Self::ProofOfWork,
        Self::HumanCheck,
        Self::Voiceprint,
        Self::Deposit,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ProofOfWork => "proof_of_work",
            Self::HumanCheck => "human_check",
            Self::Voiceprint => "voiceprint",
            Self::Deposit => "deposit",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

hexadecimal!(
    /// What a token is recognised by: whoever issues it says what it means.
    Seal, 16
);
shown!(Seal);

/// What somebody is to do, to be sent out and to be sent back with the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Token {
    /// Which step.
    pub level: Level,
    /// For which schedule.
    pub schedule: ScheduleId,
    /// The first instant at which no answer counts any more.
    pub expires_at: Timestamp,
    /// Of a proof of work, the zero bits that are asked for; else the issuer's.
    pub difficulty: u8,
    /// What the issuer knows it by.
    pub seal: Seal,
}

impl Token {
    /// That one is due; the issuer is asked once no lock is held.
    pub(crate) fn due(level: Level, schedule: ScheduleId) -> Self {
        Self {
            level,
            schedule,
            expires_at: Timestamp::default(),
            difficulty: 0,
            seal: Seal::default(),
        }
    }
}

/// What somebody answers. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Answer {
    /// A number: of a proof of work, the one that was looked for.
    Number(u64),
    /// Whatever the challenge expects.
    Text(String),
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(..)")
    }
}
