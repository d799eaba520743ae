//! The study on a terminal: a table for people, lines of JSON for programs.

use std::fmt::Write;
use std::path::Path;

use fairslot::fairness::{Estimate, Group};
use serde_json::{Map, Value, json};

use crate::Found;
use crate::cli::Options;
use crate::crowd::PEOPLE;
use crate::figures::{counted, grouped};
use crate::goals;
use crate::mechanism::{RECOMMENDED, SLOTS};
use crate::part::Part;
use crate::reference::{Band, band};
use crate::study::{Cell, Measured, POPULATIONS, TRIALS};

/// A figure of a cell: its key in JSON, its heading with the unit (none: in JSON only), what to multiply it by for that unit, and its decimals.
pub(crate) struct Figure {
    pub(crate) key: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) of: fn(&Measured) -> Option<f64>,
    unit: f64,
    decimals: usize,
}

pub(crate) static FIGURES: [Figure; 10] = [
    Figure {
        key: "advantage",
        heading: "advantage, ×",
        of: |measured| measured.advantage,
        unit: 1.0,
        decimals: 3,
    },
    Figure {
        key: "yield_share",
        heading: "share, %",
        of: |measured| measured.yield_share,
        unit: 100.0,
        decimals: 2,
    },
    Figure {
        key: "uplift_pp",
        heading: "uplift, pp",
        of: |measured| measured.uplift_pp,
        unit: 1.0,
        decimals: 1,
    },
    Figure {
        key: "jain",
        heading: "evenness J",
        of: |measured| measured.jain,
        unit: 1.0,
        decimals: 3,
    },
    Figure {
        key: "sold_out_ms",
        heading: "sold out, ms",
        of: |measured| measured.sold_out_ms,
        unit: 1.0,
        decimals: 1,
    },
    Figure {
        key: "decision_delay_ms",
        heading: "wait, s",
        of: |measured| measured.delay_ms,
        unit: 1e-3,
        decimals: 1,
    },
    Figure {
        key: "decision_delay_p95_ms",
        heading: "",
        of: |measured| measured.delay_p95_ms,
        unit: 1e-3,
        decimals: 1,
    },
    Figure {
        key: "flagged_honest",
        heading: "flagged, %",
        of: |measured| measured.flagged[0],
        unit: 100.0,
        decimals: 3,
    },
    Figure {
        key: "flagged_scalper",
        heading: "",
        of: |measured| measured.flagged[1],
        unit: 100.0,
        decimals: 1,
    },
    Figure {
        key: "requests",
        heading: "",
        of: |measured| Some(measured.requests),
        unit: 1.0,
        decimals: 0,
    },
];

impl Figure {
    pub(crate) fn estimate(&self, cell: &Cell) -> Option<Estimate> {
        cell.estimate(self.of)
    }

    pub(crate) fn band(&self, cell: &Cell) -> Option<Band> {
        band(cell.mechanism, cell.attack, self.key)
    }

    /// Whether a cell's mean is within its band; `None` where there is no band.
    fn within(&self, cell: &Cell) -> Option<bool> {
        let band = self.band(cell)?;
        Some(self.estimate(cell).is_some_and(|mean| band.has(mean.mean)))
    }

    /// "98.99 ± 0.10": mean, and how far its interval reaches.
    pub(crate) fn text(&self, estimate: Option<Estimate>) -> String {
        let Some(estimate) = estimate else {
            return "–".to_owned();
        };
        // Four digits are enough.
        let decimals = match (estimate.mean * self.unit).abs() {
            1_000.0.. => 0,
            100.0.. => self.decimals.min(1),
            10.0.. => self.decimals.min(2),
            _ => self.decimals,
        };
        let number = |value: f64| match value * self.unit {
            value if value >= 1_000.0 => grouped(value.round() as u64),
            value => format!("{value:.decimals$}"),
        };
        let mut text = number(estimate.mean);
        if let Some(interval) = estimate.interval() {
            let _ = write!(text, " ± {}", number(interval.high - estimate.mean));
        }
        text
    }
}

/// Whether every figure that has a reference is within its band; `None` if there is none, or the study is too small to say.
pub(crate) fn within(cell: &Cell, options: &Options) -> Option<bool> {
    if !options.size.is_full() {
        return None;
    }
    let compared = FIGURES.iter().filter_map(|figure| figure.within(cell));
    compared.reduce(|all, one| all && one)
}

/// "12 populations of 1,000 people, 200 trials each, 50 slots a trial, seed 1"
pub(crate) fn size(options: &Options) -> String {
    let size = &options.size;
    format!(
        "{} of {} people, {} trials each, {SLOTS} slots a trial, seed {}",
        counted(size.populations.into(), "population", "populations"),
        grouped(PEOPLE.into()),
        grouped(size.trials.into()),
        size.seed
    )
}

/// The figures that people are shown.
pub(crate) fn shown() -> impl Iterator<Item = &'static Figure> {
    FIGURES.iter().filter(|figure| !figure.heading.is_empty())
}

/// The table, ready to be printed.
pub(crate) fn summary(found: &Found, options: &Options, report: &Path) -> String {
    let Found {
        cells,
        ploys,
        parts,
    } = found;
    let mut out = format!("  {}\n", size(options));
    let mut mechanism = None;
    for cell in cells {
        if mechanism.replace(cell.mechanism.name) != Some(cell.mechanism.name) {
            let headings = shown().map(|figure| figure.heading.to_owned());
            let _ = writeln!(
                out,
                "\n  {}: {}",
                cell.mechanism.called(),
                cell.mechanism.what
            );
            row(&mut out, "", headings, "within");
        }
        let said = match within(cell, options) {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        let figures = shown().map(|figure| figure.text(figure.estimate(cell)));
        row(&mut out, cell.attack.name, figures, said);
        let bands = shown().map(|figure| figure.band(cell).map_or_else(String::new, |it| it.said));
        row(&mut out, "  reference", bands, "");
    }
    for it in parts {
        part(&mut out, it);
    }
    if !ploys.is_empty() {
        let _ = writeln!(out, "\n  ploys against the recommended way");
        row(&mut out, "", PLOY.map(str::to_owned).into_iter(), "");
    }
    for ploy in ploys {
        let against = match ploy.mechanism.name {
            RECOMMENDED => "",
            _ => ", against the policy",
        };
        let attack = ploy.attack;
        let _ = writeln!(out, "  {}{against}: {}", attack.name, attack.what);
        row(&mut out, "", gains(ploy).into_iter(), "");
    }
    let goals = goals::judged(found, &options.size);
    if !goals.is_empty() {
        let _ = writeln!(out, "\n  goals");
    }
    for goal in goals {
        let met = goal.mark();
        let _ = writeln!(
            out,
            "  {:<58}{:>26}  {:<13}{met}",
            goal.what, goal.measured, goal.wanted
        );
    }
    let _ = writeln!(
        out,
        "\n  Means over populations; ± is a 95 % interval (Student's t). The references hold for {POPULATIONS} populations × {TRIALS} trials and more.\n  The picture: {}",
        report.display()
    );
    out
}

/// A scenario: a line each row, its figures with where they lie, and below what was known before.
fn part(out: &mut String, part: &Part) {
    let columns = |of: &dyn Fn(usize) -> String| -> String {
        let all = (0..part.columns.len()).map(of);
        all.map(|it| format!("{it:>27}")).collect()
    };
    let line = |out: &mut String, name: &str, figures: String| {
        let _ = writeln!(out, "{}", format!("  {name:<56}{figures}").trim_end());
    };
    let _ = writeln!(out, "\n  {}: {}", part.name, part.what);
    let headings = columns(&|nth| part.columns[nth].heading.to_owned());
    line(out, "", headings);
    for row in &part.rows {
        let figures = |nth: usize| part.columns[nth].text(row.readings[nth].as_ref());
        line(out, &row.what, columns(&figures));
        let known = |nth: usize| row.readings[nth].and_then(|it| it.reference);
        if (0..part.columns.len()).any(|nth| known(nth).is_some()) {
            let known = |nth: usize| known(nth).map(|it| part.columns[nth].number(it));
            line(
                out,
                "  reference",
                columns(&|nth| known(nth).unwrap_or_default()),
            );
        }
    }
}

fn row(out: &mut String, name: &str, figures: impl Iterator<Item = String>, within: &str) {
    let figures: String = figures.map(|figure| format!("{figure:>16}")).collect();
    let line = format!("  {name:<13}{figures}  {within}");
    let _ = writeln!(out, "{}", line.trim_end());
}

/// What is said of a ploy.
pub(crate) const PLOY: [&str; 4] = [
    "slots an opening",
    "advantage, ×",
    "a person’s, %",
    "a victim’s, %",
];

/// Slots an opening, advantage, and the chances of one of the people and of one whom the scalper has entered, too.
pub(crate) fn gains(ploy: &Cell) -> [String; 4] {
    let of = |key: &str| FIGURES.iter().find(|figure| figure.key == key);
    let share = of("yield_share").and_then(|figure| figure.estimate(ploy));
    let slots = share.map_or("–".to_owned(), |share| {
        let slots = |share: f64| share * f64::from(SLOTS);
        let off = share.interval().map(|it| slots(it.high - share.mean));
        let off = off.map_or(String::new(), |off| format!(" ± {off:.2}"));
        format!("{:.2}{off}", slots(share.mean))
    });
    let advantage = of("advantage").map_or(String::new(), |it| it.text(it.estimate(ploy)));
    let percent =
        |chance: Option<f64>| chance.map_or("–".to_owned(), |it| format!("{:.2}", it * 100.0));
    let [people, victims] = chances(ploy);
    [slots, advantage, percent(people), percent(victims)]
}

/// Of one of the people, and of one whom the scalper has entered, too.
fn chances(ploy: &Cell) -> [Option<f64>; 2] {
    let people: Group = ploy.populations.iter().flat_map(|it| it.kinds).sum();
    let victims: Group = ploy.populations.iter().map(|it| it.victims).sum();
    [people.rate(), victims.rate()]
}

/// One object a ploy.
fn ploy_json(ploy: &Cell, options: &Options) -> Value {
    let mut object = json(ploy, options);
    if let Value::Object(fields) = &mut object {
        fields.remove("attack");
        fields.insert("ploy".to_owned(), ploy.attack.name.into());
        fields.insert("identities".to_owned(), ploy.attack.identities.into());
        fields.insert("devices".to_owned(), ploy.attack.devices.into());
        let [people, victims] = chances(ploy);
        for (key, chance) in [("person_chance", people), ("victim_chance", victims)] {
            fields.insert(key.to_owned(), json!(chance));
        }
    }
    object
}

/// A line each: cells, ploys, scenarios.
pub(crate) fn lines(found: &Found, options: &Options) -> Vec<Value> {
    let cells = found.cells.iter().map(|it| json(it, options));
    let ploys = found.ploys.iter().map(|it| ploy_json(it, options));
    let parts = found.parts.iter().map(|it| it.json(&options.size));
    cells.chain(ploys).chain(parts).collect()
}

/// One object a cell: what was measured, and nothing else.
fn json(cell: &Cell, options: &Options) -> Value {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("mechanism", cell.mechanism.name.into());
    put("attack", cell.attack.name.into());
    put("populations", options.size.populations.into());
    put("trials", options.size.trials.into());
    put("seed", options.size.seed.into());
    for figure in &FIGURES {
        // What a cell doesn't have is there, and null.
        let estimate = figure.estimate(cell);
        put(figure.key, json!(estimate.map(|it| it.mean)));
        let ends = estimate.and_then(|it| it.interval());
        put(
            &format!("{}_ci", figure.key),
            json!(ends.map(|ends| [ends.low, ends.high])),
        );
    }
    put("within_reference", json!(within(cell, options)));
    Value::Object(fields)
}
