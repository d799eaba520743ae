//! The parts of the study beside the openings: what each of them measured, in one form for the table, for JSON, and for the report.

use fairslot::fairness::{Estimate, Interval, Share};
use serde_json::{Map, Value, json};

use crate::figures::grouped;
use crate::study::Size;

/// A part, as it was measured.
pub(crate) struct Part {
    /// As the lines of JSON have it.
    pub(crate) name: &'static str,
    /// In English and in Chinese.
    pub(crate) title: [&'static str; 2],
    /// What was done, in a sentence.
    pub(crate) what: &'static str,
    pub(crate) columns: &'static [Column],
    pub(crate) rows: Vec<Row>,
    /// Whether it is enough for goals to be judged.
    pub(crate) full: bool,
}

/// A figure that each row has: its key in JSON, its heading with the unit, what to multiply it by for that unit, and its decimals.
pub(crate) struct Column {
    pub(crate) key: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) unit: f64,
    pub(crate) decimals: usize,
}

/// One way, under one attack.
pub(crate) struct Row {
    /// As the lines of JSON have it.
    pub(crate) name: &'static str,
    pub(crate) what: String,
    pub(crate) chinese: String,
    /// Whether it is what the guide recommends.
    pub(crate) recommended: bool,
    /// What else JSON says of it: how many clients, say.
    pub(crate) with: Vec<(&'static str, u64)>,
    /// One for each column; `None` where it says nothing.
    pub(crate) readings: Vec<Option<Reading>>,
}

/// A figure, where it lies with 95 % confidence, and what was known before: by calculation or by an independent simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    pub(crate) value: f64,
    pub(crate) interval: Option<Interval>,
    pub(crate) reference: Option<f64>,
}

impl Reading {
    pub(crate) fn of(value: f64) -> Self {
        Self {
            value,
            interval: None,
            reference: None,
        }
    }

    /// A mean over repetitions.
    pub(crate) fn mean(values: &[f64]) -> Option<Self> {
        let estimate = Estimate::of(values)?;
        Some(Self {
            interval: estimate.interval(),
            ..Self::of(estimate.mean)
        })
    }

    pub(crate) fn share(share: Share) -> Option<Self> {
        Some(Self {
            interval: share.interval(),
            ..Self::of(share.value()?)
        })
    }

    pub(crate) fn known(self, reference: impl Into<Option<f64>>) -> Self {
        Self {
            reference: reference.into(),
            ..self
        }
    }

    /// Its ends, or itself where there are none.
    pub(crate) fn ends(&self) -> Interval {
        self.interval.unwrap_or(Interval {
            low: self.value,
            high: self.value,
        })
    }
}

impl Column {
    pub(crate) fn number(&self, value: f64) -> String {
        let value = value * self.unit;
        let decimals = self.decimals;
        match value {
            _ if value.is_infinite() => "∞".to_owned(),
            1_000.0.. => grouped(value.round() as u64),
            ..=-1_000.0 => format!("−{}", grouped(-value.round() as u64)),
            _ => format!("{value:.decimals$}").replace('-', "−"),
        }
    }

    /// "5.02 (4.61–5.47)": the figure, and where it lies.
    pub(crate) fn text(&self, reading: Option<&Reading>) -> String {
        let Some(reading) = reading else {
            return "–".to_owned();
        };
        let value = self.number(reading.value);
        match reading.interval {
            None => value,
            Some(Interval { low, high }) => {
                let to = if low < 0.0 { " to " } else { "–" };
                format!("{value} ({}{to}{})", self.number(low), self.number(high))
            }
        }
    }
}

impl Part {
    /// One object.
    pub(crate) fn json(&self, size: &Size) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(|row| self.row_json(row)).collect();
        json!({
            "scenario": self.name,
            "populations": size.populations,
            "trials": size.trials,
            "seed": size.seed,
            "full": self.full,
            "rows": rows,
        })
    }

    fn row_json(&self, row: &Row) -> Value {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), row.name.into());
        for (key, value) in &row.with {
            fields.insert((*key).to_owned(), (*value).into());
        }
        for (column, reading) in self.columns.iter().zip(&row.readings) {
            let Some(reading) = reading.filter(|it| it.value.is_finite()) else {
                continue;
            };
            fields.insert(column.key.to_owned(), reading.value.into());
            if let Some(Interval { low, high }) = reading.interval.filter(|it| it.high.is_finite())
            {
                fields.insert(format!("{}_ci", column.key), json!([low, high]));
            }
            if let Some(reference) = reading.reference {
                fields.insert(format!("{}_reference", column.key), reference.into());
            }
        }
        Value::Object(fields)
    }

    /// Of the first row of that name with that many of something.
    pub(crate) fn reading(
        &self,
        row: &str,
        with: Option<(&str, u64)>,
        key: &str,
    ) -> Option<Reading> {
        let column = self.columns.iter().position(|it| it.key == key)?;
        let has = |row: &Row| with.is_none_or(|it| row.with.contains(&it));
        let row = self.rows.iter().find(|it| it.name == row && has(it))?;
        row.readings.get(column).copied().flatten()
    }
}
