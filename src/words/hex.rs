//! How are digests, tokens, ranks and pseudonyms written? In lower-case hexadecimal, one text a value, so that changing a character changes the value.

/// A text that is not the hexadecimal digits that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseHexError {
    digits: usize,
}

impl std::fmt::Display for ParseHexError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "expected {} lower-case hexadecimal digits", self.digits)
    }
}

impl std::error::Error for ParseHexError {}

/// Reads exactly the digits of `N` bytes.
pub(crate) fn parse<const N: usize>(text: &str) -> Result<[u8; N], ParseHexError> {
    let wrong = ParseHexError { digits: 2 * N };
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(wrong),
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return Err(wrong);
    };
    if pairs.len() != N {
        return Err(wrong);
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Ok(bytes)
}

macro_rules! hexadecimal {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) [u8; $len]);

        impl $name {
            /// These bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::hex::ParseHexError;

            fn from_str(text: &str) -> Result<Self, $crate::words::hex::ParseHexError> {
                $crate::words::hex::parse(text).map(Self)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(self) } else { self.0.serialize(to) }
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    <[u8; $len]>::deserialize(from).map(Self)
                }
            }
        }
    };
}

macro_rules! shown {
    ($($name:ident)*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    )*};
}
pub(crate) use {hexadecimal, shown};

hexadecimal!(
    /// A SHA-256 digest.
    Digest, 32
);
shown!(Digest);
