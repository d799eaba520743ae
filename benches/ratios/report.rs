//! A row: what was measured, what it is held against, what was aimed for.

use serde::Serialize;

use crate::round::{Series, median};

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sense {
    /// The goal is the most that is allowed.
    AtMost,
    /// The goal is the least.
    AtLeast,
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Medians a call and core; `None` where the figure is no time.
    ours_ns: Option<f64>,
    yardstick_ns: Option<f64>,
    /// What the goal is about: a ratio of both, or an absolute figure, in `unit`.
    ratio: Option<f64>,
    /// Its lowest and highest of all rounds.
    spread: Option<[f64; 2]>,
    goal: Option<f64>,
    goal_stretch: Option<f64>,
    sense: Sense,
    unit: &'static str,
    /// Whether the goal was met; `None`, with a reason, where that cannot be said.
    ok: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The lowest of all rounds.
    ours_best_ns: Option<f64>,
    yardstick_best_ns: Option<f64>,
    against: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// What to aim for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) must: Option<f64>,
    pub(crate) stretch: Option<f64>,
    pub(crate) sense: Sense,
}

impl Goal {
    pub(crate) const fn at_most(must: f64, stretch: f64) -> Self {
        Self {
            must: Some(must),
            stretch: Some(stretch),
            sense: Sense::AtMost,
        }
    }

    pub(crate) const fn at_least(must: f64, stretch: f64) -> Self {
        Self {
            must: Some(must),
            stretch: Some(stretch),
            sense: Sense::AtLeast,
        }
    }

    /// A row that is only to be stated.
    pub(crate) const fn stated(stretch: Option<f64>) -> Self {
        Self {
            must: None,
            stretch,
            sense: Sense::AtMost,
        }
    }

    /// One that is only to be stated, and the more the better.
    pub(crate) const fn stated_more() -> Self {
        Self {
            must: None,
            stretch: None,
            sense: Sense::AtLeast,
        }
    }
}

impl Row {
    fn empty(name: &'static str, against: &'static str, goal: Goal) -> Self {
        Self {
            name,
            ours_ns: None,
            yardstick_ns: None,
            ratio: None,
            spread: None,
            goal: goal.must,
            goal_stretch: goal.stretch,
            sense: goal.sense,
            unit: "x",
            ok: None,
            reason: None,
            ours_best_ns: None,
            yardstick_best_ns: None,
            against,
            note: None,
        }
    }

    /// Ours against a yardstick, round by round: ours ÷ yardstick if the goal is a most, yardstick ÷ ours if it is a least.
    pub(crate) fn pair(
        name: &'static str,
        ours: &Series,
        against: (&'static str, &Series),
        goal: Goal,
    ) -> Self {
        let (against, yardstick) = against;
        let ratios: Vec<f64> = ours
            .0
            .iter()
            .zip(&yardstick.0)
            .map(|(ours, theirs)| match goal.sense {
                Sense::AtMost => ours / theirs,
                Sense::AtLeast => theirs / ours,
            })
            .collect();
        let mut row = Self::empty(name, against, goal).with_ratios(&ratios);
        row.ours_ns = Some(ours.median());
        row.yardstick_ns = Some(yardstick.median());
        row.ours_best_ns = Some(ours.best());
        row.yardstick_best_ns = Some(yardstick.best());
        row
    }

    /// An absolute figure, one a round.
    pub(crate) fn absolute(
        name: &'static str,
        unit: &'static str,
        values: &[f64],
        against: &'static str,
        goal: Goal,
    ) -> Self {
        let mut row = Self::empty(name, against, goal).with_ratios(values);
        row.unit = unit;
        if unit == "ns" {
            row.ours_ns = row.ratio;
        }
        row
    }

    /// Shows this as the yardstick's figures, where the ratio was taken of others.
    pub(crate) fn with_yardstick(mut self, yardstick: &Series) -> Self {
        self.yardstick_ns = Some(yardstick.median());
        self.yardstick_best_ns = Some(yardstick.best());
        self
    }

    fn with_ratios(mut self, ratios: &[f64]) -> Self {
        let middle = median(ratios);
        let low = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let high = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.ratio = Some(middle);
        self.spread = Some([low, high]);
        // What is only to be stated was stated.
        self.ok = Some(self.goal.is_none_or(|goal| match self.sense {
            Sense::AtMost => middle <= goal,
            Sense::AtLeast => middle >= goal,
        }));
        self
    }

    /// A row that could not be measured.
    pub(crate) fn skipped(
        name: &'static str,
        against: &'static str,
        goal: Goal,
        why: &str,
    ) -> Self {
        let mut row = Self::empty(name, against, goal);
        row.reason = Some(why.to_owned());
        row
    }

    /// The figures stand, the verdict doesn't.
    pub(crate) fn without_verdict(mut self, why: String) -> Self {
        self.ok = None;
        self.reason = Some(why);
        self
    }

    pub(crate) fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    pub(crate) fn is_missed(&self) -> bool {
        self.ok == Some(false)
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|why| unreachable!("plain data: {why}"))
    }

    /// One line of the table.
    pub(crate) fn line(&self) -> String {
        let time = |median: Option<f64>, best: Option<f64>| match (median, best) {
            (Some(median), Some(best)) => format!("{} ({})", figure(median), figure(best)),
            (Some(median), None) => figure(median),
            _ => "–".to_owned(),
        };
        let unit = if self.unit == "x" {
            " ×".to_owned()
        } else {
            format!(" {}", self.unit)
        };
        let ratio = match (self.ratio, self.spread) {
            (Some(ratio), Some([low, high])) if low < high => {
                format!("{}{unit} ({}–{})", figure(ratio), figure(low), figure(high))
            }
            (Some(ratio), _) => format!("{}{unit}", figure(ratio)),
            _ => "–".to_owned(),
        };
        let sign = match self.sense {
            Sense::AtMost => '≤',
            Sense::AtLeast => '≥',
        };
        let goal = match (self.goal, self.goal_stretch) {
            (Some(must), Some(stretch)) => {
                format!("{sign} {} ({})", figure(must), figure(stretch))
            }
            (None, Some(stretch)) => format!("stated ({sign} {})", figure(stretch)),
            _ => "stated".to_owned(),
        };
        let ok = match self.ok {
            Some(true) => "ok",
            Some(false) => "MISSED",
            None => "–",
        };
        let mut line = line_of([
            self.name,
            &time(self.ours_ns, self.ours_best_ns),
            &time(self.yardstick_ns, self.yardstick_best_ns),
            &ratio,
            &goal,
            ok,
            self.against,
        ]);
        for text in [&self.reason, &self.note].into_iter().flatten() {
            line.push_str("\n    ");
            line.push_str(text);
        }
        line
    }
}

/// The table's first line.
pub(crate) fn head() -> String {
    line_of([
        "row",
        "ours ns (best)",
        "yardstick",
        "ratio (spread)",
        "goal (stretch)",
        "ok",
        "against",
    ])
}

fn line_of(cells: [&str; 7]) -> String {
    let [name, ours, yardstick, ratio, goal, ok, against] = cells;
    format!("{name:<24} {ours:>16} {yardstick:>18} {ratio:>26} {goal:>18} {ok:>6}  {against}")
}

/// Three significant digits, thousands apart.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => thousands(value),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
