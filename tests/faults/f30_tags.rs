//! Two keys of one line may have one tag, and then are one key to the limiter. It is rare, nobody can choose it, and it slows, no more.

use fairslot::{Limit, Limiter};

use crate::desk::OPENING;

/// Identities, as a function of a number.
type Family = fn(u128) -> u128;

const FAMILIES: [(&str, Family); 4] = [
    ("sequential", |i| i),
    ("the same low half", |i| (i << 64) | 0x9e37_79b9_7f4a_7c15),
    ("multiples of 2^96", |i| i << 96),
    ("halves that cancel out", |i| (i << 64) | i),
];

const PROBES: u128 = 10_000_000;

/// One full line, in which seven keys have to wait and one has not: whoever else comes is judged by that one's debt and may pass, but for those who have
/// the tag of one of the seven. 20 bits of tag: seven in 2^20.
#[test]
fn f30_tags_collide_as_seldom_as_their_bits_say() {
    let limit = Limit {
        cells: 8,
        ..Limit::new(1, 1_000, 2)
    };
    for (family, identity) in FAMILIES {
        let limiter = Limiter::new(limit, 0x5eed).expect("in range");
        // The eighth asks once.
        for key in (1..=8).chain(1..=7) {
            assert!(limiter.check(identity(key), OPENING).is_ok());
        }
        let taken = |key: &u128| limiter.peek(identity(*key), OPENING).is_err();
        assert!((1..=7).all(|key| taken(&key)) && !taken(&8));
        let mistaken = (9..9 + PROBES).filter(taken).count() as f64;
        let expected = PROBES as f64 * 7.0 / f64::from(1 << 20);
        assert!(
            (expected / 2.0..=expected * 2.0).contains(&mistaken),
            "{family}: {mistaken} of {PROBES}, not some {expected}"
        );
        // It slows, no more: with time it passes.
        assert!((1..=8).all(|key| limiter.check(identity(key), OPENING.after(2_000)).is_ok()));
    }
}
