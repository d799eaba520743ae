//! What a draw's tokens, clusters, ranks and seeds are: bytes, written as hexadecimal digits.

use crate::words::hex::{hexadecimal, shown};

pub use crate::words::hex::{Digest, ParseHexError};

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
shown!(Token Cluster Rank DrawId);

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
