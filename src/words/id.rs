//! Ids. Three kinds, told apart by type and by who mints them:
//!
//! * **identities**, 128 bits, minted by the caller (patient, account, device, request, payment): a UUID or a database key
//!   fits. They are personal: `Debug` shows a fingerprint of sixteen bits under a key that every process draws anew, there is
//!   no `Display`, and only [`PatientId::to_u128`] and its like hand the identity out.
//! * **structure**, 64 bits, minted by the caller (hospital, department, practitioner, channel): public knowledge, printed in decimal.
//! * **minted by the engine** (schedule, hold, booking, ticket): opaque, printed as a letter and hexadecimal digits, parsed back exactly.

use std::convert::identity;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::OnceLock;

/// A text that is no id of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseIdError {
    expected: &'static str,
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an id: expected {}", self.expected)
    }
}

impl std::error::Error for ParseIdError {}

/// What deserialising an id says to anything else.
#[cfg(feature = "serde")]
const EXPECTED: &str = "not an id in the form that this type is written in";

/// Sixteen bits of an identity under a key of this process alone: enough to follow one patient through a log of one run,
/// useless for finding out who it is.
fn fingerprint(identity: u128) -> u16 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    // The low bits of a keyed 64-bit hash.
    (KEY.get_or_init(RandomState::new).hash_one(identity) & 0xffff) as u16
}

/// 128 bits with the alignment of 64, so that nothing that has some in it is larger, and slower to hand on, than it must be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Wide {
    high: u64,
    low: u64,
}

impl Wide {
    #[inline]
    pub(crate) const fn new(bits: u128) -> Self {
        // The two halves.
        Self {
            high: (bits >> 64) as u64,
            low: bits as u64,
        }
    }

    #[inline]
    pub(crate) const fn bits(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// An identity: 128 bits that mean something to the caller alone. `Debug` shows a fingerprint, never the identity.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Wide);

        impl $name {
            /// The identity with these 128 bits: a UUID, a database key.
            #[must_use]
            #[inline]
            pub const fn new(bits: u128) -> Self {
                Self(Wide::new(bits))
            }

            /// The identity that a text stands for: the first 128 bits of its BLAKE3 hash, so the same text is the same
            /// identity in every process and after every restart.
            #[must_use]
            pub fn from_text(text: &str) -> Self {
                let mut bits = [0; 16];
                bits.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
                Self::new(u128::from_be_bytes(bits))
            }

            /// The 128 bits themselves. What a caller does with them is its own responsibility: the crate never prints them.
            #[must_use]
            #[inline]
            pub const fn to_u128(self) -> u128 {
                self.0.bits()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "(~{:04x})"), fingerprint(self.to_u128()))
            }
        }

        impl From<u128> for $name {
            fn from(bits: u128) -> Self {
                Self(Wide::new(bits))
            }
        }

        /// Exactly 32 hexadecimal digits, as serde writes it. Any other text is a matter for `from_text`.
        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                hex(text, 32).map(Self::new).ok_or(ParseIdError { expected: "32 hexadecimal digits" })
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() {
                    to.collect_str(&format_args!("{:032x}", self.to_u128()))
                } else {
                    to.serialize_u128(self.to_u128())
                }
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    // Whatever stood there may be an identity: the error does not repeat it.
                    let text = <std::borrow::Cow<'de, str>>::deserialize(from).ok();
                    text.and_then(|text| text.parse().ok()).ok_or_else(|| serde::de::Error::custom(EXPECTED))
                } else {
                    u128::deserialize(from).map(Self::new)
                }
            }
        }
    };
}

identity!(
    /// Who is treated (就诊人). Real-name verification is the caller's: one verified person, one id.
    PatientId
);
identity!(
    /// Who is logged in (账号).
    AccountId
);
identity!(
    /// The device that a request came from.
    DeviceId
);
identity!(
    /// One request, named by the caller before it is sent, so that a retry is recognised.
    RequestId
);
identity!(
    /// A payment, an opaque reference: the engine compares it and moves no money.
    PaymentRef
);

macro_rules! structure {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
        pub struct $name(u64);

        impl $name {
            /// The id with this number.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// Its number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl From<u64> for $name {
            fn from(number: u64) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.parse().map(Self).map_err(|_| ParseIdError { expected: "a decimal number below 2^64" })
            }
        }
    };
}

structure!(
    /// A hospital (医院).
    HospitalId
);
structure!(
    /// A department (科室).
    DepartmentId
);
structure!(
    /// A practitioner (医生), or whatever a schedule belongs to: a doctor, a title, a clinic.
    PractitionerId
);
structure!(
    /// The channel a request came through (渠道): app, window, telephone, referral desk.
    ChannelId
);
structure!(
    /// Which schedules of a hospital open by one draw: see [`Lottery::together`](crate::Lottery::together).
    Together
);

/// The number of a slot within its schedule, from 1: the 号 that is called out in the waiting room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct SlotNo(u16);

impl SlotNo {
    /// The slot at `index`, counted from 0. Callers pass indices below 65,535, the largest capacity.
    pub(crate) const fn from_index(index: u16) -> Self {
        Self(index + 1)
    }

    /// The number, 1 to 65,535.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for SlotNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Digits of a minted id: exactly `digits` hexadecimal ones, lower or upper case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    if text.len() != digits || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

macro_rules! minted {
    ($(#[$doc:meta])* $name:ident($stored:ty: $into:path, $from:path), $bits:ident, $letter:literal, $digits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) $stored);

        impl $name {
            #[inline]
            pub(crate) const fn from_bits(bits: $bits) -> Self {
                Self($into(bits))
            }

            #[inline]
            pub(crate) const fn bits(self) -> $bits {
                $from(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{:0", $digits, "x}"), self.bits())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.strip_prefix($letter)
                    .and_then(|digits| hex(digits, $digits))
                    .and_then(|bits| $bits::try_from(bits).ok())
                    .map(Self::from_bits)
                    .ok_or(ParseIdError { expected: concat!($letter, " and ", $digits, " hexadecimal digits") })
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(self) } else { self.bits().serialize(to) }
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    // Whatever stood there may be an identity: the error does not repeat it.
                    let text = <std::borrow::Cow<'de, str>>::deserialize(from).ok();
                    text.and_then(|text| text.parse().ok()).ok_or_else(|| serde::de::Error::custom(EXPECTED))
                } else {
                    $bits::deserialize(from).map(Self::from_bits)
                }
            }
        }
    };
}

minted!(
    /// A published schedule (排班). Where it stands and which generation of that place it is: an id of a retired schedule is
    /// unknown, whoever stands there now.
    ScheduleId(u64: identity, identity), u64, "S", 16
);
minted!(
    /// A hold (锁号): which claim on which slot of which schedule. Self-locating, and no secret: every verb that takes it
    /// also takes the patient.
    HoldId(Wide: Wide::new, Wide::bits), u128, "H", 32
);
minted!(
    /// A booking. It has the bits of the hold it came from, under its own type and letter.
    BookingId(Wide: Wide::new, Wide::bits), u128, "B", 32
);

minted!(
    /// A place in a line (排队号). Self-locating, with 48 bits that nobody can make up: whoever has it may know what became of it. `Display` and serde write it whole, `Debug` without those bits.
    TicketId(Wide: Wide::new, Wide::bits), u128, "T", 32
);

macro_rules! no_secret {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

no_secret!(ScheduleId HoldId BookingId);

impl fmt::Debug for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{:020x}..", self.bits() >> 48)
    }
}

impl From<HoldId> for BookingId {
    /// The booking that this hold is, or would be, confirmed as: an event names a booking by its hold.
    fn from(hold: HoldId) -> Self {
        Self(hold.0)
    }
}

/// Places of schedules that an engine can have: 28 bits, 268 million.
pub(crate) const PLACE_BITS: u32 = 28;
/// Generations of one place: 21 bits, two million; a place that has used them up is not used again.
pub(crate) const GENERATION_BITS: u32 = 21;
/// Records that an engine can have: 28 bits; number 0 stands for none.
pub(crate) const RECORD_BITS: u32 = 28;

impl ScheduleId {
    pub(crate) const fn pack(place: u32, generation: u32) -> Self {
        debug_assert!(place < 1 << PLACE_BITS && generation < 1 << GENERATION_BITS);
        Self(((place as u64) << GENERATION_BITS) | generation as u64)
    }

    /// Where it stands, or would stand. More than 28 bits in an id that was never minted: every number is a place and a generation.
    #[inline]
    pub(crate) const fn place(self) -> u64 {
        self.0 >> GENERATION_BITS
    }

    /// Which schedule of that place it is.
    #[inline]
    pub(crate) const fn generation(self) -> u32 {
        self.0 as u32 & ((1 << GENERATION_BITS) - 1)
    }

    /// The generation as the tag of free bits.
    #[inline]
    pub(crate) const fn tag(self) -> u32 {
        self.generation()
    }
}

/// What the bits of a [`HoldId`] say: 49 bits of schedule (and 3 that are 0), 28 of record, 16 of slot, 32 of the version of the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) schedule: ScheduleId,
    pub(crate) record: u32,
    pub(crate) slot: u16,
    pub(crate) version: u32,
}

impl Claim {
    pub(crate) const fn hold_id(self) -> HoldId {
        HoldId::from_bits(
            ((self.schedule.0 as u128) << 76)
                | ((self.record as u128) << 48)
                | ((self.slot as u128) << 32)
                | self.version as u128,
        )
    }

    pub(crate) const fn booking_id(self) -> BookingId {
        BookingId(self.hold_id().0)
    }
}

impl TicketId {
    /// 49 bits of schedule (and 3 that are 0), 28 of record, 48 of a seal.
    pub(crate) const fn pack(schedule: ScheduleId, record: u32, seal: u64) -> Self {
        Self::from_bits(
            ((schedule.0 as u128) << 76)
                | ((record as u128) << 48)
                | (seal & ((1 << 48) - 1)) as u128,
        )
    }

    pub(crate) const fn schedule(self) -> ScheduleId {
        ScheduleId((self.bits() >> 76) as u64)
    }

    pub(crate) const fn record(self) -> u32 {
        (self.bits() >> 48) as u32 & ((1 << RECORD_BITS) - 1)
    }
}

impl From<HoldId> for Claim {
    fn from(id: HoldId) -> Self {
        let bits = id.bits();
        // Every shift leaves just the field's bits, or the mask does.
        Self {
            schedule: ScheduleId((bits >> 76) as u64),
            record: (bits >> 48) as u32 & ((1 << RECORD_BITS) - 1),
            slot: (bits >> 32) as u16,
            version: bits as u32,
        }
    }
}

impl From<BookingId> for Claim {
    fn from(id: BookingId) -> Self {
        HoldId(id.0).into()
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn minted_ids_round_trip(place in 0u32..1 << PLACE_BITS, generation in 0u32..1 << GENERATION_BITS,
                                 record in 0u32..1 << RECORD_BITS, slot: u16, version: u32) {
            let schedule = ScheduleId::pack(place, generation);
            prop_assert_eq!((schedule.place(), schedule.generation(), schedule.tag()), (u64::from(place), generation, generation));
            let claim = Claim { schedule, record, slot, version };
            prop_assert_eq!(Claim::from(claim.hold_id()), claim);
            prop_assert_eq!(Claim::from(claim.booking_id()), claim);
            prop_assert_eq!(schedule.to_string().parse(), Ok(schedule));
            prop_assert_eq!(claim.hold_id().to_string().parse(), Ok(claim.hold_id()));
            prop_assert_eq!(claim.booking_id().to_string().parse(), Ok(claim.booking_id()));
            prop_assert!(claim.hold_id().to_string().parse::<BookingId>().is_err());
        }

        #[test]
        fn no_text_panics_the_parser(text in "\\PC{0,40}") {
            let _ = (text.parse::<ScheduleId>(), text.parse::<HoldId>(), text.parse::<PatientId>());
        }
    }

    #[test]
    fn debug_never_shows_the_identity() {
        let patient = PatientId::new(0x1234_5678_9abc_def0);
        let shown = format!("{patient:?}");
        assert!(
            shown.starts_with("PatientId(~") && shown.len() == "PatientId(~0000)".len(),
            "{shown}"
        );
        assert!(!shown.contains("9abc") || !shown.contains("def0"));
    }
}
