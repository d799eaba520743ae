//! Labels that come from elsewhere: from another process, or from a hospital's own blocklist.

use std::collections::BTreeMap;
use std::fmt;

use crate::words::id::{AccountId, DeviceId};
use crate::words::sync::Mutex;
use crate::words::sync::atomic::{AtomicU64, Ordering};
use crate::words::time::Timestamp;

use super::card::FULL;
use super::label::Label;
use super::record::Points;

/// A label, what it is worth, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Mark {
    /// Which.
    pub label: Label,
    /// How much it is worth: 0 to 1,000; more counts as that.
    pub points: u16,
    /// From then on it is worth nothing.
    pub until: Timestamp,
}

/// The marks of one device or account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Marked<Id> {
    /// Whose.
    pub id: Id,
    /// They add up; of one label twice the higher counts.
    pub marks: Vec<Mark>,
}

/// Labels of devices and accounts, to be written down, sent, and taken in by another process: see [`Engine::import_labels`](crate::Engine::import_labels).
///
/// They hold the identities, so keep them as carefully as those.
///
/// ```
/// use fairslot::{DeviceId, Engine, Behaviour, Labels, PatientId, Request};
/// # let schedule: fairslot::ScheduleId = "S0000000010000000".parse().unwrap();
///
/// let engine = Engine::builder().behaviour(Behaviour::default()).build()?;
/// let mut labels = Labels::default();
/// labels.block_device(DeviceId::new(7), engine.now().after(86_400_000));
/// assert_eq!(engine.import_labels(&labels).taken, 1);
///
/// let request = Request::new(PatientId::new(1), schedule).device(DeviceId::new(7));
/// assert_eq!(engine.verdict(&request).suspicion(), 255);
/// # Ok::<(), fairslot::Invalid>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Labels {
    /// By which version of the card they were given; 0 if by none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub policy_version: u32,
    /// Devices.
    #[cfg_attr(feature = "serde", serde(default))]
    pub devices: Vec<Marked<DeviceId>>,
    /// Accounts.
    #[cfg_attr(feature = "serde", serde(default))]
    pub accounts: Vec<Marked<AccountId>>,
}

fn blocked(until: Timestamp) -> Vec<Mark> {
    vec![Mark {
        label: Label::Blocklisted,
        points: FULL,
        until,
    }]
}

impl Labels {
    /// Puts a device on the blocklist: as suspicious as can be, and never refused for that.
    pub fn block_device(&mut self, id: DeviceId, until: Timestamp) -> &mut Self {
        let marks = blocked(until);
        self.devices.push(Marked { id, marks });
        self
    }

    /// The same for an account.
    pub fn block_account(&mut self, id: AccountId, until: Timestamp) -> &mut Self {
        let marks = blocked(until);
        self.accounts.push(Marked { id, marks });
        self
    }
}

/// What became of labels that were taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Imported {
    /// Devices and accounts whose marks are in force.
    pub taken: u64,
    /// Those all of whose marks had expired.
    pub expired: u64,
    /// Those for whom there was no room ([`Behaviour::listed_max`](super::Behaviour::listed_max)), or all of them if the engine judges no behaviour.
    pub no_room: u64,
}

impl Imported {
    /// Nothing of so many.
    pub(crate) fn none(no_room: u64) -> Self {
        Self {
            no_room,
            ..Self::default()
        }
    }
}

/// A device or an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    Device(u128),
    Account(u128),
}

const SHARDS: usize = 16;

type Shard = Mutex<BTreeMap<Whose, Box<[Mark]>>>;

/// The marks that are in force, by identity.
///
/// # Ordering
/// The shards' locks order what lies in them. `count` is a hint: 0 says that nothing was taken in before anything that this thread knows of.
pub(super) struct List {
    shards: [Shard; SHARDS],
    /// How many devices and accounts, in all shards; not more than `max`.
    count: AtomicU64,
    max: u64,
}

impl List {
    pub(super) fn new(max: u32) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            count: AtomicU64::new(0),
            max: max.into(),
        }
    }

    fn shard(&self, whose: Whose) -> &Shard {
        let (Whose::Device(id) | Whose::Account(id)) = whose;
        // Any bits will do: which shard it is says nothing of how long it takes.
        &self.shards[((id ^ (id >> 64)) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 60]
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    pub(super) fn len(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Takes marks in; they replace those that were there. At `now`, expired ones make room.
    pub(super) fn take(
        &self,
        whose: Whose,
        marks: &[Mark],
        now: Timestamp,
        imported: &mut Imported,
    ) {
        let mut kept: Vec<Mark> = Vec::new();
        for label in Label::ALL {
            let of_label = marks
                .iter()
                .filter(|it| it.label == label && it.until > now);
            // Of one label twice the higher counts; of equal ones the longer.
            kept.extend(of_label.max_by_key(|it| (it.points, it.until)));
        }
        if kept.is_empty() {
            imported.expired += 1;
            return;
        }
        let mut shard = self.shard(whose).lock();
        if !shard.contains_key(&whose) {
            if self.len() >= self.max {
                let before = shard.len();
                shard.retain(|_, marks| marks.iter().any(|mark| mark.until > now));
                self.count
                    .fetch_sub((before - shard.len()) as u64, Ordering::Relaxed);
            }
            let room = |count| (count < self.max).then_some(count + 1);
            let counted = self
                .count
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room);
            if counted.is_err() {
                imported.no_room += 1;
                return;
            }
        }
        shard.insert(whose, kept.into());
        imported.taken += 1;
    }

    /// The marks of somebody that are in force.
    pub(super) fn marks(&self, whose: Whose, now: Timestamp, mut each: impl FnMut(&Mark)) {
        if self.is_empty() {
            return;
        }
        if let Some(marks) = self.shard(whose).lock().get(&whose) {
            marks.iter().filter(|it| it.until > now).for_each(&mut each);
        }
    }

    /// What they are worth.
    #[inline]
    pub(super) fn points(&self, whose: Whose, now: Timestamp) -> Points {
        let mut points = Points::default();
        self.marks(whose, now, |mark| {
            let own = &mut points.0[mark.label as usize];
            *own = (*own).max(mark.points.min(FULL));
        });
        points
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("len", &self.len()).finish()
    }
}
