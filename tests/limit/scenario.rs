//! A rush, with honest people and with those who hammer: who is wrongly limited, and who gets too much?
//!
//! Everybody may ask once a second, five times at once. The oracle gives each key its own; what the limiter does otherwise is its error.

use fairslot::Limit;

use crate::exact::Exact;
use crate::{at, limiter};

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ (z >> 31)) * u128::from(end)) >> 64) as u64
    }
}

const LIMIT: Limit = Limit::new(1, 1_000, 5);
const SECONDS: u64 = 10;
const START: u64 = 1_790_000_000_000;

#[derive(Debug, Default)]
struct Outcome {
    honest: u64,
    /// Honest requests that the limiter refused and the oracle didn't.
    wronged: u64,
    /// What the attackers were given, and what the oracle gave them.
    attackers: [u64; 2],
}

impl Outcome {
    fn wronged_percent(&self) -> f64 {
        self.wronged as f64 * 100.0 / self.honest as f64
    }

    fn leak(&self) -> f64 {
        self.attackers[0] as f64 / self.attackers[1] as f64
    }
}

/// `honest` keys that ask at 0.2 a second each, `attackers` that ask at 50, all at random.
fn rush(honest: u64, attackers: u64, cells: u32) -> Outcome {
    let limiter = limiter(Limit { cells, ..LIMIT });
    let (mut exact, mut dice) = (Exact::new(LIMIT), Dice(u64::from(cells)));
    let mut outcome = Outcome::default();
    for ms in START..START + SECONDS * 1_000 {
        for _ in 0..honest / 5 / 1_000 {
            let key = u128::from(dice.below(honest));
            outcome.honest += 1;
            let (real, ideal) = (limiter.check(key, at(ms)), exact.check(key, ms));
            outcome.wronged += u64::from(real.is_err() && ideal.is_ok());
        }
        for _ in 0..attackers * 50 / 1_000 {
            let key = u128::from(dice.below(attackers)) | 1 << 64;
            outcome.attackers[0] += u64::from(limiter.check(key, at(ms)).is_ok());
            outcome.attackers[1] += u64::from(exact.check(key, ms).is_ok());
        }
    }
    outcome
}

/// 300,000 honest keys and 20,000 attackers, of whom some 80,000 owe something at a time.
#[test]
fn four_mebibytes_wrong_nobody_and_let_nobody_through() {
    const MIB: u32 = (1 << 20) / 8;
    for (cells, most_wronged) in [
        (4 * MIB, 0.0),
        (2 * MIB, 0.005),
        (MIB, 0.3),
        (MIB / 2, 20.0),
    ] {
        let outcome = rush(300_000, 20_000, cells);
        println!(
            "{} KiB: {outcome:?}, {} %, {}",
            cells / 128,
            outcome.wronged_percent(),
            outcome.leak()
        );
        assert!(
            outcome.wronged_percent() <= most_wronged,
            "{cells} cells: {} %",
            outcome.wronged_percent()
        );
        assert!(
            (0.97..=1.01).contains(&outcome.leak()),
            "{cells} cells: {}",
            outcome.leak()
        );
    }
}

/// Half as many cells as there are keys that owe something.
#[test]
fn with_half_the_cells_attackers_get_what_is_theirs() {
    let outcome = rush(300_000, 20_000, 40_000);
    println!("{outcome:?}, {}", outcome.leak());
    assert!(outcome.leak() <= 1.05, "{}", outcome.leak());
}

/// 100,000 made-up keys between any two of one's own requests, and nothing is gained by it.
#[test]
fn spraying_keys_frees_nobody() {
    let limiter = limiter(Limit {
        cells: 1 << 16,
        ..LIMIT
    });
    let (mut exact, mut sprayed, mut given) = (Exact::new(LIMIT), 0u128, [0, 0]);
    for ms in (START..START + 2_000).step_by(50) {
        given[0] += u32::from(limiter.check(7, at(ms)).is_ok());
        given[1] += u32::from(exact.check(7, ms).is_ok());
        for _ in 0..100_000 {
            sprayed += 1;
            let _ = limiter.check(sprayed << 32, at(ms));
        }
    }
    // Fewer, because a made-up key may have taken his cell just before his next turn.
    assert!(given[0] <= given[1] && given[1] == 6, "{given:?}");
}
