//! How do they behave? A fading record of each device and account, labels that say what it shows, and a score.
//!
//! The gate sees the requests that reach a patient's book, a small sample of those that are told `sold_out` at the look, and what becomes of holds and
//! bookings. **It refuses nobody**: a score is for whoever draws, queues or asks for proofs.
//!
//! A patient has no record. What a stranger does under a patient's identity stays with the stranger's device; the patient's own way in is judged by the patient's
//! own device, and where one person comes by several ways the least suspicious counts.
//!
//! There is no identity in a record, only 32 bits of a keyed hash beside it; so labels can be told of devices and accounts that the caller names, not listed.

mod card;
mod label;
mod list;
mod record;
mod returns;
mod watch;

use crate::words::error::Invalid;

pub(crate) use card::FULL;
pub use card::{Card, Ramp, Share};
pub use label::{Behaved, Features, Label, Language, Scored, Verdict};
pub use list::{Imported, Labels, Mark, Marked};
pub(crate) use record::Deed;
pub(crate) use watch::{Origin, Seen, Watch, Who};

/// Judging behaviour: how much is remembered, and by which card it is marked. All of the records' memory is taken when the engine is built.
///
/// ```
/// use fairslot::{Behaviour, Card, Engine};
///
/// let card = Card { version: 2, early_ms: 60, ..Card::default() };
/// let engine = Engine::builder()
///     .behaviour(Behaviour { records: 1 << 12, card, ..Behaviour::default() })
///     .build()?;
/// assert!(engine.stats().behaviour.is_some());
/// # Ok::<(), fairslot::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields, default)
)]
pub struct Behaviour {
    /// For how many devices there is room, and for as many accounts: 8 to 67,108,864, 72 bytes each. Default 131,072. Where there is no room for a newcomer, the
    /// least suspicious of seven or eight others is forgotten, of equal ones the one longest unheard of.
    pub records: u32,
    /// Of the requests that are told `sold_out` at the look, one in so many is seen: 1 to 1,048,576, or 0 for none. Default 256. Which, a keyed hash of patient and
    /// time says.
    pub sample: u32,
    /// How many devices and accounts taken in from elsewhere there is room for: 0 to 16,777,216. Default 65,536. Memory is taken as they come, some 150 bytes each.
    pub listed_max: u32,
    /// What counts, and how much.
    pub card: Card,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            records: 1 << 17,
            sample: 256,
            listed_max: 1 << 16,
            card: Card::default(),
        }
    }
}

impl Behaviour {
    fn check(&self) -> Result<(), Invalid> {
        Invalid::within(
            "behaviour.records",
            self.records,
            8..=1 << 26,
            "8 to 67,108,864",
        )?;
        Invalid::within(
            "behaviour.sample",
            self.sample,
            0..=1 << 20,
            "0 to 1,048,576",
        )?;
        Invalid::within(
            "behaviour.listed_max",
            self.listed_max,
            0..=1 << 24,
            "0 to 16,777,216",
        )?;
        self.card.check()
    }
}
