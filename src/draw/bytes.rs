//! How are digests, tokens, ranks and seeds written? In lower-case hexadecimal, one text a value, so that changing a character changes the value.

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
fn parse<const N: usize>(text: &str) -> Result<[u8; N], ParseHexError> {
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
            type Err = ParseHexError;

            fn from_str(text: &str) -> Result<Self, ParseHexError> {
                parse(text).map(Self)
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

hexadecimal!(
    /// A SHA-256 digest.
    Digest, 32
);
hexadecimal!(
    /// What stands for a person in one draw: an HMAC of draw and patient under the server's key. Without the key nobody can tell who it is, nor link it to the same
    /// person's token in another draw; the person knows it from the receipt.
    Token, 32
);
hexadecimal!(
    /// What stands for a cluster in one draw: an HMAC of draw and device, account or person under the server's key.
    Cluster, 16
);
hexadecimal!(
    /// Sixteen bytes of a hash; the smaller, compared byte by byte, the earlier.
    Rank, 16
);
hexadecimal!(
    /// Which draw: 128 bits of the caller's own, never used for two draws.
    DrawId, 16
);
hexadecimal!(
    /// A draw's seed: secret until it is revealed. `Debug` does not show it.
    Seed, 32
);
shown!(Digest Token Cluster Rank DrawId);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl From<u128> for DrawId {
    fn from(bits: u128) -> Self {
        Self(bits.to_be_bytes())
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes: [u8; 32]) {
            prop_assert_eq!(Digest(bytes).to_string().parse(), Ok(Digest(bytes)));
        }

        #[test]
        fn another_text_is_another_value_or_none(bytes: [u8; 16], at in 0..32usize, to in "[0-9a-fA-Fg ]") {
            let text = Rank(bytes).to_string();
            let mut changed = text.clone();
            changed.replace_range(at..=at, &to);
            prop_assert!(changed == text || changed.parse() != Ok(Rank(bytes)));
        }
    }

    #[test]
    fn what_is_too_long_too_short_or_in_capitals_is_nothing() {
        for text in ["", "0", "00", "0123456789ABCDEF0123456789ABCDEF", "é"] {
            assert!(text.parse::<Rank>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_seed_is_not_shown() {
        assert_eq!(format!("{:?}", Seed::new([7; 32])), "Seed(..)");
    }
}
