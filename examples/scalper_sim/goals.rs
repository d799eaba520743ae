//! What is wanted of the mechanisms that do better, and whether it is so.

use crate::mechanism::RECOMMENDED;
use crate::study::{Cell, Measured, Size};

/// A goal, held against what was measured.
pub(crate) struct Judged {
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) wanted: String,
    /// Whether it is so; of too small a study nothing is said.
    pub(crate) met: Option<bool>,
}

impl Judged {
    /// In a mark.
    pub(crate) fn mark(&self) -> &'static str {
        match self.met {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "",
        }
    }
}

type Of = fn(&Measured) -> Option<f64>;

struct Goal {
    what: &'static str,
    mechanism: &'static str,
    attacks: &'static [&'static str],
    of: Of,
    most: bool,
    bound: f64,
    /// What to multiply with to say it, its decimals, and its unit.
    said: (f64, usize, &'static str),
}

const fn most(
    what: &'static str,
    mechanism: &'static str,
    attacks: &'static [&'static str],
    of: Of,
    bound: f64,
    said: (f64, usize, &'static str),
) -> Goal {
    Goal {
        what,
        mechanism,
        attacks,
        of,
        most: true,
        bound,
        said,
    }
}

const RATIO: (f64, usize, &str) = (1.0, 3, "×");
const POINTS: (f64, usize, &str) = (1.0, 2, "pp");
const SECONDS: (f64, usize, &str) = (1e-3, 1, "s");
const INDEX: (f64, usize, &str) = (1.0, 3, "");

const PERCENT: (f64, usize, &str) = (100.0, 3, "%");

const ADVANTAGE: Of = |measured| measured.advantage;
const UPLIFT: Of = |measured| measured.uplift_pp;
const EVENNESS: Of = |measured| measured.jain;
const ALL: &[&str] = &["none", "A0", "A1", "A2", "A3", "A4"];
const LIKE_PEOPLE: &[&str] = &["A2", "A4"];

static GOALS: [Goal; 16] = [
    most(
        "advantage of naive scripts",
        RECOMMENDED,
        &["A0", "A1"],
        ADVANTAGE,
        0.25,
        RATIO,
    ),
    most(
        "advantage of a farm of devices",
        RECOMMENDED,
        &["A3"],
        ADVANTAGE,
        0.10,
        RATIO,
    ),
    most(
        "advantage of scripts like people",
        RECOMMENDED,
        LIKE_PEOPLE,
        ADVANTAGE,
        1.10,
        RATIO,
    ),
    most(
        "advantage of scripts like people",
        "w30",
        LIKE_PEOPLE,
        ADVANTAGE,
        1.05,
        RATIO,
    ),
    most(
        "advantage of scripts like people",
        "preregistered",
        LIKE_PEOPLE,
        ADVANTAGE,
        1.05,
        RATIO,
    ),
    most(
        "advantage of scripts like people",
        "w30_cap3_w0.2",
        LIKE_PEOPLE,
        ADVANTAGE,
        1.05,
        RATIO,
    ),
    most(
        "uplift of a client",
        RECOMMENDED,
        LIKE_PEOPLE,
        UPLIFT,
        0.5,
        POINTS,
    ),
    most("uplift of a client", "w30", ALL, UPLIFT, 0.5, POINTS),
    most(
        "uplift through a shared device",
        RECOMMENDED,
        &["A0", "A1", "A3"],
        UPLIFT,
        -3.0,
        POINTS,
    ),
    Goal {
        most: false,
        ..most("evenness J", "w10", ALL, EVENNESS, 0.94, INDEX)
    },
    Goal {
        most: false,
        ..most("evenness J", "preregistered", ALL, EVENNESS, 0.99, INDEX)
    },
    most(
        "from the opening to the close",
        RECOMMENDED,
        ALL,
        |m| m.sold_out_ms,
        14_000.0,
        SECONDS,
    ),
    most(
        "decision delay, 95 of 100",
        RECOMMENDED,
        ALL,
        |m| m.delay_p95_ms,
        15_000.0,
        SECONDS,
    ),
    most(
        "decision delay, 95 of 100",
        "w10",
        ALL,
        |m| m.delay_p95_ms,
        10_000.0,
        SECONDS,
    ),
    most(
        "decision delay after the opening",
        "preregistered",
        ALL,
        |m| m.delay_p95_ms,
        1.0,
        SECONDS,
    ),
    most(
        "people who look suspicious",
        RECOMMENDED,
        ALL,
        |m| m.flagged[0],
        0.000_5,
        PERCENT,
    ),
];

/// Every goal that these cells say something of: the worst mean of its attacks against its bound.
pub(crate) fn judged(cells: &[Cell], size: &Size) -> Vec<Judged> {
    let judge = |goal: &Goal| goal.judge(cells, size);
    GOALS.iter().filter_map(judge).collect()
}

impl Goal {
    fn judge(&self, cells: &[Cell], size: &Size) -> Option<Judged> {
        let ours = cells.iter().filter(|cell| {
            cell.mechanism.name == self.mechanism && self.attacks.contains(&cell.attack.name)
        });
        let means = ours.filter_map(|cell| Some((cell, cell.estimate(self.of)?.mean)));
        let worse = |a: &f64, b: &f64| {
            if self.most {
                a.total_cmp(b)
            } else {
                b.total_cmp(a)
            }
        };
        let (cell, worst) = means.max_by(|a, b| worse(&a.1, &b.1))?;
        let (unit, decimals, name) = self.said;
        let sign = if self.most { "≤" } else { "≥" };
        let say = |value: f64| {
            let text = format!("{:.decimals$} {name}", value * unit);
            text.trim_end().to_owned()
        };
        Some(Judged {
            what: format!("{}, {}", self.what, cell.mechanism.called()),
            measured: format!("{} ({})", say(worst), cell.attack.name),
            wanted: format!("{sign} {}", say(self.bound)),
            met: size.is_full().then_some(if self.most {
                worst <= self.bound
            } else {
                worst >= self.bound
            }),
        })
    }
}
