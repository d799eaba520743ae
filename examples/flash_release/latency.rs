//! How long calls take: each one timed from outside, nothing subtracted.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Up to a minute, three significant digits.
const MAX_NS: u64 = 60_000_000_000;

/// Does the work and says how many nanoseconds it took, the clock's own cost included.
#[expect(
    clippy::disallowed_methods,
    reason = "what a call takes is measured, never decided by"
)]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let start = Instant::now();
    let answer = work();
    (answer, nanos(start.elapsed()))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What timing alone costs: the median of timing nothing.
pub(crate) fn timer_cost_ns() -> u64 {
    let mut times: Vec<u64> = (0..10_001)
        .map(|_| timed(|| std::hint::black_box(())).1)
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// A distribution of durations.
#[derive(Debug, Clone)]
pub(crate) struct Latency(Histogram<u64>);

impl Latency {
    pub(crate) fn new() -> Self {
        let bounds = Histogram::new_with_bounds(1, MAX_NS, 3);
        Self(bounds.expect("1 to a minute with three digits is a histogram"))
    }

    pub(crate) fn add(&mut self, ns: u64) {
        self.0.saturating_record(ns);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.0
            .add(&other.0)
            .expect("all histograms here have the same bounds");
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    pub(crate) fn mean_ns(&self) -> f64 {
        self.0.mean()
    }

    /// The duration that this share of the calls, in percent, did not exceed; 0 if there was no call.
    pub(crate) fn percentile_ns(&self, percent: f64) -> u64 {
        self.0.value_at_percentile(percent)
    }

    pub(crate) fn max_ns(&self) -> u64 {
        self.0.max()
    }

    /// Shares of the calls in steps of `per_decade` to a power of ten: (from, to, share), from the first step that has
    /// calls to the last.
    pub(crate) fn steps(&self, per_decade: u32) -> Vec<(f64, f64, f64)> {
        let edge = |step: i32| 10_f64.powf(f64::from(step) / f64::from(per_decade));
        let mut shares = std::collections::BTreeMap::new();
        for value in self.0.iter_recorded() {
            let step =
                ((value.value_iterated_to() as f64).log10() * f64::from(per_decade)).floor() as i32;
            *shares.entry(step).or_insert(0) += value.count_at_value();
        }
        let all = self.count().max(1) as f64;
        shares
            .into_iter()
            .map(|(step, count)| (edge(step), edge(step + 1), count as f64 / all))
            .collect()
    }
}
