//! What was known before: figures of the same scenario from an independent simulation of it, and how near a new one must come.
//!
//! The tolerances are for means over at least twelve populations with two hundred trials each. The advantage of naive scripts under first come is one over a very
//! small number and scatters too much to be compared; there the share of the slots is.

use crate::attack::Attack;
use crate::formula;
use crate::mechanism::Mechanism;

/// Where a figure must lie.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Band {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The reference as one would write it.
    pub(crate) said: String,
}

impl Band {
    pub(crate) fn has(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    fn about(mean: f64, off: f64, said: impl Into<String>) -> Self {
        Self {
            low: mean - off,
            high: mean + off,
            said: said.into(),
        }
    }

    /// Of several cells the reference gives a range; its ends may be missed by 0.02 of evenness.
    fn even(low: f64, high: f64) -> Self {
        let said = if low == high {
            format!("{low:.3}")
        } else {
            format!("{low:.3}–{high:.3}")
        };
        Self {
            low: low - 0.02,
            high: high + 0.02,
            said,
        }
    }

    /// Where nothing was said, a time may be missed by a tenth.
    fn time(low_ms: f64, high_ms: f64, said: &str) -> Self {
        Self {
            low: 0.9 * low_ms,
            high: 1.1 * high_ms,
            said: said.to_owned(),
        }
    }
}

/// Of a figure by its key; `None` where there is no reference.
pub(crate) fn band(mechanism: &Mechanism, attack: &Attack, key: &str) -> Option<Band> {
    if mechanism.rules().is_none() {
        // Limits were found to make no difference: everybody's first request is enough.
        return first_come(attack, key).filter(|_| mechanism.name.starts_with("first_come"));
    }
    match key {
        "advantage" => drawn_advantage(mechanism, attack),
        "jain" => drawn_evenness(mechanism.name, attack.name),
        "sold_out_ms" => drawn_when(mechanism, attack.name),
        _ => None,
    }
}

fn first_come(attack: &Attack, key: &str) -> Option<Band> {
    Some(match (attack.name, key) {
        ("A0", "yield_share") => Band::about(0.991, 0.003, "99.1 ± 0.3"),
        ("A1", "yield_share") => Band::about(0.998, 0.001, "99.8 ± 0.1"),
        // One and a half standard deviations between populations, which is more than a tenth.
        ("A2", "advantage") => Band::about(13.1, 1.8, "13.1 ± 1.8"),
        ("A3" | "A4", "advantage") => Band::about(8.93, 5.06, "8.9 ± 5.1"),
        ("none", "jain") => Band::even(0.088, 0.088),
        (_, "jain") => Band::even(0.016, 0.038),
        ("A0" | "A1", "sold_out_ms") => Band::time(1.0, 5.0, "1–5"),
        ("A2" | "A3" | "A4", "sold_out_ms") => Band::time(220.0, 320.0, "220–320"),
        _ => return None,
    })
}

/// Mean and standard deviation between populations, for A0 to A4.
const ADVANTAGES: [(&str, [(f64, f64); 5]); 5] = [
    (
        "w10_cap3",
        [
            (1.10, 0.05),
            (0.33, 0.01),
            (1.11, 0.05),
            (0.33, 0.01),
            (1.10, 0.03),
        ],
    ),
    (
        "w10_w0.2",
        [
            (0.21, 0.01),
            (0.22, 0.01),
            (1.08, 0.04),
            (0.22, 0.01),
            (1.10, 0.02),
        ],
    ),
    (
        "w10_cap3_w0.2",
        [
            (0.212, 0.020),
            (0.064, 0.005),
            (1.11, 0.04),
            (0.067, 0.006),
            (1.10, 0.03),
        ],
    ),
    (
        "w30_cap3_w0.2",
        [
            (0.209, 0.016),
            (0.059, 0.005),
            (1.01, 0.04),
            (0.063, 0.006),
            (1.01, 0.02),
        ],
    ),
    (
        "adaptive_cap3_w0.2",
        [
            (0.195, 0.017),
            (0.064, 0.006),
            (1.05, 0.03),
            (0.062, 0.006),
            (1.06, 0.02),
        ],
    ),
];

/// Where speed is all there is, its worth follows from who has asked by when, and may be missed by 7 %. Elsewhere one and a half standard deviations or a tenth, and not less than 0.01.
fn drawn_advantage(mechanism: &Mechanism, attack: &Attack) -> Option<Band> {
    if let Some(worth) = formula::advantage(mechanism, attack) {
        return Some(Band::about(
            worth,
            0.07 * worth,
            format!("{worth:.2} ± 7 %"),
        ));
    }
    let nth = ["A0", "A1", "A2", "A3", "A4"]
        .iter()
        .position(|name| *name == attack.name)?;
    let row = ADVANTAGES.iter().find(|row| row.0 == mechanism.name)?;
    let (mean, sd) = row.1[nth];
    let off = (1.5 * sd).max(0.1 * mean).max(0.01);
    Some(Band::about(mean, off, format!("{mean} ± {off:.2}")))
}

fn drawn_evenness(mechanism: &str, attack: &str) -> Option<Band> {
    if attack == "none" {
        return (mechanism == "w10").then(|| Band::even(0.952, 0.952));
    }
    let (low, high) = match mechanism {
        "w0.5" => (0.130, 0.132),
        "w1" => (0.243, 0.246),
        "w2" => (0.486, 0.493),
        "w5" => (0.819, 0.829),
        "w10" => (0.944, 0.958),
        "w30" | "preregistered" => (0.992, 1.0),
        "w10_cap3" => (0.949, 0.961),
        "w10_w0.2" => (0.946, 0.959),
        "w10_cap3_w0.2" => (0.939, 0.955),
        "w30_cap3_w0.2" => (0.992, 0.998),
        "adaptive_cap3_w0.2" => (0.975, 0.982),
        _ => return None,
    };
    Some(Band::even(low, high))
}

fn drawn_when(mechanism: &Mechanism, attack: &str) -> Option<Band> {
    match (mechanism.name, attack) {
        ("adaptive_cap3_w0.2", "none") => Some(Band::time(13_700.0, 13_700.0, "13,700")),
        ("adaptive_cap3_w0.2", _) => Some(Band::time(12_800.0, 13_400.0, "12,800–13,400")),
        // The close is to the millisecond.
        (name, _) if name.starts_with('w') => {
            let ms = mechanism.window_s()? * 1e3;
            Some(Band::about(ms, 0.0, format!("{ms}")))
        }
        _ => None,
    }
}
