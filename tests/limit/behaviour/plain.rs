//! The scorer in the plainest way: a map, floating point, and no memory to save. What the engine says is held against it.

use std::collections::{HashMap, HashSet};

use fairslot::{Label, Verdict};
use proptest::prelude::*;

use super::{Desk, OPENS, from};

/// Milliseconds of an epoch, and of the pause that begins the gaps anew.
const EPOCH: u64 = 600_000;
const PAUSE: u64 = 16_000;

#[derive(Debug, Default, Clone)]
struct Plain {
    last: Option<u64>,
    rate: f64,
    /// The highest, and in which epoch.
    peak: (f64, u64),
    gaps: u32,
    mean: f64,
    var: f64,
    early_in: Option<u64>,
    patients: [HashSet<u64>; 2],
}

impl Plain {
    fn ask(&mut self, who: u64, now: u64) {
        let gap = self.last.map(|last| now - last);
        let epochs = self.last.map_or(0, |last| now / EPOCH - last / EPOCH);
        if epochs > 1 {
            *self = Self::default();
        } else if epochs == 1 {
            self.patients = [HashSet::new(), std::mem::take(&mut self.patients[0])];
        }
        self.patients[0].insert(who);
        if now - OPENS < 80 {
            self.early_in = Some(now / EPOCH);
        }
        match gap.filter(|_| epochs < 2) {
            Some(gap) => {
                self.rate = self.rate * (-(gap as f64) / 1_000.0).exp() + 1.0;
                if gap > PAUSE {
                    (self.gaps, self.mean, self.var) = (0, 0.0, 0.0);
                } else {
                    if self.gaps == 0 {
                        self.mean = gap as f64;
                    }
                    let off = gap as f64 - self.mean;
                    self.mean += 0.2 * off;
                    self.var = 0.8 * (self.var + 0.2 * off * off);
                    self.gaps += 1;
                }
            }
            None => self.rate = 1.0,
        }
        // What was highest in an epoch counts in the next one too, and keeps lower ones of that from counting.
        if now / EPOCH - self.peak.1 > 1 {
            self.peak = (0.0, now / EPOCH);
        }
        // The highest is kept to an eighth, so one of the same eighth is as high.
        let eighths = |rate: f64| (rate * 8.0).floor();
        if eighths(self.rate) >= eighths(self.peak.0) {
            self.peak = (self.rate.max(self.peak.0), now / EPOCH);
        }
        self.last = Some(now);
    }

    /// Early, rate and metronome, at `now`; `None` for a metronome too close to call in whole numbers.
    fn timing(&self, now: u64) -> [Option<f64>; 3] {
        let epoch = now / EPOCH;
        let age = epoch - self.last.map_or(epoch, |last| last / EPOCH);
        if age > 1 {
            return [Some(0.0); 3];
        }
        let early = self.early_in.is_some_and(|it| epoch - it < 2);
        let fresh = epoch - self.peak.1 < 2;
        let highest = if fresh {
            self.rate.max(self.peak.0)
        } else {
            self.rate
        };
        let rate = 0.4 * ((highest - 6.0) / 10.0).clamp(0.0, 1.0);
        let variation = self.var.sqrt() / self.mean;
        // A sixty-fourth of a square millisecond is a place of the variance; five in a row may add up.
        let off = 0.1 / (self.mean * self.mean).max(1e-9);
        let metronome = if self.gaps < 8 || self.mean == 0.0 {
            Some(0.0)
        } else if variation * variation < 0.0225 - off {
            Some(0.3)
        } else if variation * variation > 0.0225 + off {
            Some(0.0)
        } else {
            None
        };
        [Some(if early { 0.35 } else { 0.0 }), Some(rate), metronome]
    }
}

fn points(verdict: &Verdict, label: Label) -> f64 {
    let scored = verdict.labels.iter().find(|scored| scored.label == label);
    scored.map_or(0.0, |scored| f64::from(scored.points) / 1_000.0)
}

/// Within five thousandths for the rate, whose highest is kept to an eighth, two of a thousandth of a millisecond and half a per cent of the variation, or of what its places allow.
fn compare(plain: &Plain, verdict: &Verdict, now: u64) -> Result<(), TestCaseError> {
    let [early, rate, metronome] = plain.timing(now);
    prop_assert_eq!(early, Some(points(verdict, Label::Early)));
    let off = rate.unwrap_or(0.0) - points(verdict, Label::Rate);
    prop_assert!((-0.001..=0.006).contains(&off), "rate: {}", off);
    if let Some(worth) = metronome {
        prop_assert_eq!(worth, points(verdict, Label::Metronome), "{:?}", plain);
    }
    let Some(seen) = verdict.features.device else {
        return Ok(());
    };
    let age = now / EPOCH - plain.last.unwrap_or(now) / EPOCH;
    if age < 2 {
        let off = plain.rate - f64::from(seen.rate) / 1_000.0;
        prop_assert!(off.abs() <= 0.003, "rate {} {}", plain.rate, seen.rate);
        prop_assert_eq!(plain.gaps.min(255), u32::from(seen.gaps));
        let off = plain.mean - f64::from(seen.gap_mean) / 1_000.0;
        prop_assert!(off.abs() <= 0.002, "mean {} {}", plain.mean, seen.gap_mean);
        let var = (f64::from(seen.gap_variation.unwrap_or(0)) / 1_000.0 * plain.mean).powi(2);
        let off = (var - plain.var).abs();
        let allowed = 0.1 + plain.var * 0.005 + 0.002 * plain.mean * plain.var.sqrt();
        prop_assert!(off <= allowed, "variance {} {}", plain.var, var);
        let patients = plain.patients[0].union(&plain.patients[1]).count() as f64;
        let (few, many) = (patients * 0.4, patients * 1.2 + 1.0);
        let told = f64::from(seen.patients) / 1_000.0;
        prop_assert!(
            age == 1 || (few..=many).contains(&told),
            "{} for {}",
            told,
            patients
        );
    } else {
        prop_assert_eq!((seen.rate, seen.gaps, seen.patients), (0, 0, 0));
    }
    Ok(())
}

/// Gaps as people and machines make them, and pauses.
fn gap() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..60u64,
        4 => 90..=110u64,
        3 => 100..4_000u64,
        2 => Just(250u64),
        1 => PAUSE - 1..PAUSE + 3,
        1 => 300_000..1_500_000u64,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_engine_scores_like_the_plain_scorer(
        asks in prop::collection::vec((0..4u64, 0..12u64, gap(), 1..12usize), 1..30),
        later in prop_oneof![Just(0u64), 0..1_300_000u64],
    ) {
        let desk = Desk::judging();
        let schedule = desk.publish(1, 60_000);
        let (mut now, mut plain) = (OPENS, HashMap::<u64, Plain>::new());
        for (on, who, gap, times) in asks {
            for _ in 0..times {
                desk.at(now - OPENS);
                let request = from(schedule, who, on);
                let _ = desk.ask(&request);
                let device = plain.entry(on).or_default();
                device.ask(who, now);
                compare(device, &desk.verdict(&request), now)?;
                now += gap;
            }
        }
        now += later;
        desk.at(now - OPENS);
        for (on, device) in &plain {
            compare(device, &desk.verdict(&from(schedule, 0, *on)), now)?;
        }
    }
}

/// Whole numbers, so these are the figures on every machine.
#[test]
fn the_figures_are_the_same_on_every_machine() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 100);
    for (nth, at) in [7u64, 30, 130, 228, 331, 430, 529, 631, 730, 829, 931, 3_000]
        .into_iter()
        .enumerate()
    {
        desk.at(at);
        let _ = desk.ask(&from(schedule, nth as u64 % 7, 5));
    }
    let seen = desk.verdict(&from(schedule, 1, 5)).features.device;
    let seen = seen.expect("it asked");
    assert_eq!(
        (seen.rate, seen.gaps, seen.gap_mean, seen.gap_variation),
        (1_888, 11, 485_726, Some(1_630))
    );
}
