//! What was known before: figures of the same scenario from an independent simulation of it, and how near a new one must come.
//!
//! The tolerances are for means over at least twelve populations with two hundred trials each. The advantage of naive scripts is one over a very
//! small number and scatters too much to be compared; there the share of the slots is.

use crate::attack::Attack;
use crate::opening::Mechanism;

/// Where a figure must lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Band {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The reference as one would write it.
    pub(crate) said: &'static str,
}

impl Band {
    pub(crate) fn has(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Of a figure by its key; `None` where there is no reference.
pub(crate) fn band(mechanism: Mechanism, attack: &Attack, key: &str) -> Option<Band> {
    // Limits were found to make no difference: everybody's first request is enough.
    let (Mechanism::FirstCome | Mechanism::FirstComeLimited) = mechanism;
    let about = |mean: f64, off: f64, said| Band {
        low: mean - off,
        high: mean + off,
        said,
    };
    // Of several cells the reference gives a range; its ends may be missed by 0.02 of evenness or, where nothing was said, by a tenth of the time.
    let even = |low: f64, high: f64, said| Band {
        low: low - 0.02,
        high: high + 0.02,
        said,
    };
    let time = |low: f64, high: f64, said| Band {
        low: 0.9 * low,
        high: 1.1 * high,
        said,
    };
    Some(match (attack.name, key) {
        ("A0", "yield_share") => about(0.991, 0.003, "99.1 ± 0.3"),
        ("A1", "yield_share") => about(0.998, 0.001, "99.8 ± 0.1"),
        // One and a half standard deviations between populations, which is more than a tenth.
        ("A2", "advantage") => about(13.1, 1.8, "13.1 ± 1.8"),
        ("A3" | "A4", "advantage") => about(8.93, 5.06, "8.9 ± 5.1"),
        ("none", "jain") => even(0.088, 0.088, "0.088"),
        (_, "jain") => even(0.016, 0.038, "0.016–0.038"),
        ("A0" | "A1", "sold_out_ms") => time(1.0, 5.0, "1–5"),
        ("A2" | "A3" | "A4", "sold_out_ms") => time(220.0, 320.0, "220–320"),
        _ => return None,
    })
}
