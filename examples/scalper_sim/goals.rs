//! What is wanted of the mechanisms that do better, and whether it is so.

use crate::Found;
use crate::mechanism::RECOMMENDED;
use crate::part::{Part, Reading};
use crate::study::{Cell, Measured, Size};

/// A goal, held against what was measured.
pub(crate) struct Judged {
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) wanted: String,
    pub(crate) met: Met,
}

/// Whether it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    Yes,
    No,
    /// The bound lies within the interval of what was measured: more trials would tell.
    Open,
    /// The study is too small for anything to be said.
    Unsaid,
}

impl Judged {
    /// In a mark.
    pub(crate) fn mark(&self) -> &'static str {
        match self.met {
            Met::Yes => "✓",
            Met::No => "✗",
            Met::Open => "?",
            Met::Unsaid => "",
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

/// A goal of a scenario: of a row, a figure by its key. All of its interval must be on the right side of the bound.
struct PartGoal {
    what: &'static str,
    part: &'static str,
    row: &'static str,
    with: Option<(&'static str, u64)>,
    key: &'static str,
    most: bool,
    bound: f64,
    /// Whether the figure itself counts: it is a bound that no run may break.
    exact: bool,
}

const fn at_most(
    what: &'static str,
    (part, row, with): (&'static str, &'static str, Option<(&'static str, u64)>),
    key: &'static str,
    bound: f64,
) -> PartGoal {
    PartGoal {
        what,
        part,
        row,
        with,
        key,
        most: true,
        bound,
        exact: false,
    }
}

static PART_GOALS: [PartGoal; 7] = [
    at_most(
        "handed over to 50 clients, by the draw",
        ("hand_off", "draw_cap", Some(("clients", 50))),
        "h",
        0.06,
    ),
    at_most(
        "sold a day of 50, recommended ways",
        ("hoard", "lottery_draw", None),
        "sold_a_day",
        0.5,
    ),
    PartGoal {
        most: false,
        ..at_most(
            "cost of a sold slot, times that of first come",
            ("hoard", "lottery_draw", None),
            "times_baseline",
            50.0,
        )
    },
    PartGoal {
        exact: true,
        ..at_most(
            "longest wait ÷ a round of the ring, 20 devices",
            ("slow_queue", "crowd", Some(("devices", 20))),
            "of_bound",
            1.0,
        )
    },
    PartGoal {
        exact: true,
        ..at_most(
            "people refused by a full slow queue",
            ("slow_queue", "flood", None),
            "refused",
            0.0,
        )
    },
    at_most(
        "people wrongly limited, 4 MiB",
        ("limiter", "flood", Some(("kib", 4_096))),
        "wrongly_limited",
        0.000_01,
    ),
    PartGoal {
        exact: true,
        ..at_most(
            "attackers’ passes ÷ exact, 4 MiB",
            ("limiter", "flood", Some(("kib", 4_096))),
            "attacker_admits_ratio",
            1.0,
        )
    },
];

/// Every goal that something was found for: the worst mean of its attacks against its bound, or a scenario's figure with its interval.
pub(crate) fn judged(found: &Found, size: &Size) -> Vec<Judged> {
    let openings = GOALS
        .iter()
        .filter_map(|goal| goal.judge(&found.cells, size));
    let judge = |goal: &PartGoal| {
        let part = found.parts.iter().find(|it| it.name == goal.part)?;
        goal.judge(part)
    };
    openings
        .chain(PART_GOALS.iter().filter_map(judge))
        .collect()
}

impl PartGoal {
    fn judge(&self, part: &Part) -> Option<Judged> {
        let reading = part.reading(self.row, self.with, self.key)?;
        let column = part.columns.iter().find(|it| it.key == self.key)?;
        let unit = if column.heading.ends_with('%') {
            " %"
        } else {
            ""
        };
        let sign = if self.most { "≤" } else { "≥" };
        Some(Judged {
            what: self.what.to_owned(),
            measured: column.text(Some(&reading)),
            wanted: format!("{sign} {}{unit}", column.number(self.bound)),
            met: match part.full {
                true => self.met(&reading),
                false => Met::Unsaid,
            },
        })
    }

    fn met(&self, reading: &Reading) -> Met {
        let ends = match self.exact {
            true => Reading::of(reading.value).ends(),
            false => reading.ends(),
        };
        let good = |value: f64| match self.most {
            true => value <= self.bound,
            false => value >= self.bound,
        };
        match (good(ends.low), good(ends.high)) {
            (true, true) => Met::Yes,
            (false, false) => Met::No,
            _ => Met::Open,
        }
    }
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
            met: match (
                size.is_full(),
                if self.most {
                    worst <= self.bound
                } else {
                    worst >= self.bound
                },
            ) {
                (false, _) => Met::Unsaid,
                (true, true) => Met::Yes,
                (true, false) => Met::No,
            },
        })
    }
}
