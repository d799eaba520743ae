//! A keyed hash of 128 bits: where does this identity belong?
//!
//! Multiply and fold, as wyhash and its kin do: each half under its key, multiplied to 128 bits, the halves of the product xored. A handful of
//! instructions, and hard to steer without the keys, which come from the engine's seed (in production from the operating system) and never leave the
//! process. Identities are the caller's, minted after a real-name check; an outsider who found colliding ones all the same would
//! lengthen one bucket's list, and could neither see nor change anything.

/// The keys of one hash.
#[derive(Clone, Copy)]
pub(crate) struct Keys(pub(crate) [u64; 3]);

impl Keys {
    /// Once folded: good for a filter.
    #[inline]
    pub(crate) const fn quick(self, identity: u128) -> u64 {
        // The two halves.
        fold(
            identity as u64 ^ self.0[0],
            (identity >> 64) as u64 ^ self.0[1],
        )
    }

    /// Twice folded: good for a table, whose every bit counts.
    #[inline]
    pub(crate) const fn hash(self, identity: u128) -> u64 {
        let once = self.quick(identity);
        fold(once ^ self.0[2], once.rotate_left(32) ^ self.0[0])
    }

    /// Folds one more word into a hash.
    #[inline]
    pub(crate) const fn more(self, hash: u64, word: u64) -> u64 {
        fold(hash ^ self.0[2], word ^ self.0[1])
    }
}

/// Keys from a seed: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), whose steps are a bijection of the seed each.
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    /// The next ones.
    pub(crate) fn keys(&mut self) -> Keys {
        Keys(std::array::from_fn(|_| self.next()))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const KEYS: Keys = Keys([
        0x243f_6a88_85a3_08d3,
        0x1319_8a2e_0370_7344,
        0xa409_3822_299f_31d0,
    ]);

    /// A name, and its identities by number.
    type Family = (&'static str, fn(u128) -> u128);

    /// Identities that a naive hash would pile up.
    fn regular() -> [Family; 6] {
        [
            ("dense", |i| i),
            ("same low half", |i| i << 64),
            ("same high half", |i| (7 << 64) | i),
            ("multiples of 2^20", |i| i << 20),
            ("multiples of 2^100", |i| i << 100),
            ("both halves alike", |i| i << 64 | i),
        ]
    }

    #[test]
    fn f09_hashdos_regular_identities_spread_like_random_ones() {
        for (name, identity) in regular() {
            // 2^16 identities into 2^14 buckets of mean 4: a random hash has a fullest bucket of about 16.
            let mut buckets = HashMap::<u64, u32>::new();
            let mut tags = HashMap::<u64, u32>::new();
            for i in 0..1u128 << 16 {
                let hash = KEYS.hash(identity(i));
                *buckets.entry((hash & 0xffff_ffff) >> 18).or_default() += 1;
                *tags.entry(hash >> 28).or_default() += 1;
            }
            let fullest = buckets.values().max().copied().unwrap_or(0);
            assert!(
                fullest <= 24,
                "{name}: {fullest} of 65,536 in one of 16,384 buckets"
            );
            assert!(tags.len() > 65_000, "{name}: {} tags of 65,536", tags.len());
        }
    }
}
