//! What a field of a line can be: numbers, texts, identities, ids that the engine mints.

use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;

use fairslot::draw::{Digest, Seed};
use fairslot::{
    AccountId, BookingId, ChannelId, DepartmentId, DeviceId, HoldId, HospitalId, PatientId,
    PractitionerId, RequestId, ScheduleId, Seal, TicketId, Timestamp, Together,
};

use super::json::Value;

/// What a field can be.
pub(crate) trait Field: Sized {
    /// In words.
    const KIND: &'static str;

    /// Itself, if the value is of that kind.
    fn from_value(value: Value) -> Option<Self>;
}

impl Field for Value {
    const KIND: &'static str = "a value";

    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl<T: Field> Field for Vec<T> {
    const KIND: &'static str = "a list whose elements are all of one kind";

    fn from_value(value: Value) -> Option<Self> {
        if let Value::List(list) = value {
            list.into_iter().map(T::from_value).collect()
        } else {
            None
        }
    }
}

impl Field for u64 {
    const KIND: &'static str = "an integer from 0 to 2^64-1";

    fn from_value(value: Value) -> Option<Self> {
        if let Value::Number(number) = value {
            Some(number)
        } else {
            None
        }
    }
}

impl Field for bool {
    const KIND: &'static str = "true or false";

    fn from_value(value: Value) -> Option<Self> {
        if let Value::Bool(truth) = value {
            Some(truth)
        } else {
            None
        }
    }
}

impl Field for String {
    const KIND: &'static str = "a text";

    fn from_value(value: Value) -> Option<Self> {
        if let Value::Text(text) = value {
            Some(text)
        } else {
            None
        }
    }
}

impl Field for IpAddr {
    const KIND: &'static str = "the text of an IP address";

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}

/// The text of an identity; an integer is its decimal text.
#[derive(Debug)]
pub(crate) struct Identity(pub(crate) String);

impl Field for Identity {
    const KIND: &'static str = "a text of 1 to 64 bytes or an integer from 0 to 2^64-1";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) if (1..=64).contains(&text.len()) => Some(Self(text)),
            Value::Number(number) => Some(Self(number.to_string())),
            _ => None,
        }
    }
}

macro_rules! numbers {
    ($($name:ident)*) => {$(
        impl Field for $name {
            const KIND: &'static str = u64::KIND;

            fn from_value(value: Value) -> Option<Self> {
                u64::from_value(value).map(Self::from)
            }
        }
    )*};
}

numbers!(Timestamp HospitalId DepartmentId PractitionerId Together);

macro_rules! digits {
    ($($name:ident $kind:literal)*) => {$(
        impl Field for $name {
            const KIND: &'static str = concat!("a text of ", $kind, " lower-case hexadecimal digits");

            fn from_value(value: Value) -> Option<Self> {
                String::from_value(value)?.parse().ok()
            }
        }
    )*};
}

digits!(Digest "64" Seed "64" Seal "32");

macro_rules! identities {
    ($($name:ident)*) => {$(
        impl Field for $name {
            const KIND: &'static str = Identity::KIND;

            fn from_value(value: Value) -> Option<Self> {
                Identity::from_value(value).map(|identity| Self::from_text(&identity.0))
            }
        }
    )*};
}

identities!(PatientId AccountId DeviceId RequestId);

/// A channel is a name here and a number in the engine.
impl Field for ChannelId {
    const KIND: &'static str = Identity::KIND;

    fn from_value(value: Value) -> Option<Self> {
        Identity::from_value(value).map(|identity| Self::new(hash(&identity.0)))
    }
}

impl Field for ScheduleId {
    const KIND: &'static str = "a text";

    /// A text that was never minted keeps apart from every other such text: a list of schedules is compared when a request is
    /// repeated.
    fn from_value(value: Value) -> Option<Self> {
        minted(&String::from_value(value)?, |text| {
            format!("S{:016x}", hash(text) | 1 << 63)
        })
    }
}

impl Field for HoldId {
    const KIND: &'static str = "a text";

    fn from_value(value: Value) -> Option<Self> {
        minted(&String::from_value(value)?, |_| {
            format!("H{:032x}", u128::MAX)
        })
    }
}

impl Field for BookingId {
    const KIND: &'static str = "a text";

    fn from_value(value: Value) -> Option<Self> {
        minted(&String::from_value(value)?, |_| {
            format!("B{:032x}", u128::MAX)
        })
    }
}

impl Field for TicketId {
    const KIND: &'static str = "a text";

    fn from_value(value: Value) -> Option<Self> {
        minted(&String::from_value(value)?, |_| {
            format!("T{:032x}", u128::MAX)
        })
    }
}

/// The id that prints as `text`. Any other text was never minted and stands for an id that never is, for the engine to answer:
/// one whose highest bits are set.
fn minted<T: FromStr + Display>(text: &str, never: impl Fn(&str) -> String) -> Option<T> {
    match text.parse::<T>() {
        Ok(id) if id.to_string() == text => Some(id),
        _ => never(text).parse().ok(),
    }
}

/// The low 64 bits of the hash that makes identities of texts.
fn hash(text: &str) -> u64 {
    RequestId::from_text(text).to_u128() as u64
}
