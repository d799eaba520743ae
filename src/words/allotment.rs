//! Reserved slots: for whom, and how many? Declared when a schedule is published, fixed before its draw.

use super::error::Invalid;

/// A group of people for whom slots may be reserved, 1 to 16: the caller says who is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Group(u8);

impl Group {
    /// The group of that number; `None` if it is not from 1 to 16.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            1..=16 => Some(Self(number)),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Its bit among sixteen: group 1 is the lowest. Read from outside it may be any number, and then is no group: who is in it is in none.
    pub(crate) const fn bit(self) -> u16 {
        match self.0 {
            number @ 1..=16 => 1 << (number - 1),
            _ => 0,
        }
    }
}

/// Some slots, and who may have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Allotment {
    /// Reserved for this group; `None`: for everybody.
    pub group: Option<Group>,
    /// How many slots.
    pub slots: u32,
}

impl Allotment {
    /// So many slots that are reserved for a group.
    #[must_use]
    pub const fn reserved(group: Group, slots: u32) -> Self {
        Self {
            group: Some(group),
            slots,
        }
    }

    /// So many slots for everybody.
    #[must_use]
    pub const fn open(slots: u32) -> Self {
        Self { group: None, slots }
    }
}

/// How many a schedule may declare. What they leave of its capacity is one more.
pub(crate) const ALLOTMENTS_MAX: usize = 64;

/// Whether a schedule of so many slots may declare these.
pub(crate) fn check(allotments: &[Allotment], capacity: u32) -> Result<(), Invalid> {
    let count = allotments.len();
    if count > ALLOTMENTS_MAX {
        let said = format_args!("{count} of them");
        return Err(Invalid::new("allotments", said, "at most 64"));
    }
    for it in allotments {
        if let Some(group) = it.group.filter(|group| group.bit() == 0) {
            return Err(Invalid::new("allotments.group", group.get(), "1 to 16"));
        }
        if it.slots == 0 {
            return Err(Invalid::new("allotments.slots", 0, "at least 1"));
        }
    }
    let slots: u64 = allotments.iter().map(|it| u64::from(it.slots)).sum();
    if slots > u64::from(capacity) {
        return Err(Invalid::new(
            "allotments",
            format_args!("of {slots} slots in all"),
            "of no more slots than the capacity",
        ));
    }
    Ok(())
}
