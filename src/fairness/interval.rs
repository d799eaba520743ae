//! How far can a figure be trusted?

/// Where a figure lies with 95 % confidence, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether it has this value in it.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// A mean over independent repetitions: over populations, say, each drawn anew.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// The standard deviation between repetitions, with n−1 in the denominator. `None` if there was only one.
    pub sd: Option<f64>,
    /// How many repetitions.
    pub n: usize,
}

impl Estimate {
    /// From one value a repetition. `None` if there is no value, or one that is not finite.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let moments = Moments::of(values.iter().copied());
        (moments.n > 0 && moments.squares.is_finite()).then_some(Self {
            mean: moments.mean,
            sd: moments.variance().map(f64::sqrt),
            n: moments.n,
        })
    }

    /// Where the true mean lies: Student's t with n−1 degrees of freedom, which supposes that the repetitions' values are not far from normal: of
    /// a few it may reach past what the figure can be (a share below 0 or above 1). `None` if there was only one.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        let reach = t_95(self.n.checked_sub(1)?) * self.sd? / (self.n as f64).sqrt();
        Some(Interval {
            low: self.mean - reach,
            high: self.mean + reach,
        })
    }
}

/// So many of so many.
///
/// ```
/// use fairslot::fairness::Share;
///
/// // Of 50 slots given back for a client, the client got 2.
/// let hand_off = Share { hits: 2, of: 50 };
/// assert_eq!(hand_off.value(), Some(0.04));
/// let interval = hand_off.interval().unwrap();
/// assert!(interval.contains(0.012) && !interval.contains(0.15));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Share {
    /// How often it happened.
    pub hits: u64,
    /// How often it could have.
    pub of: u64,
}

impl Share {
    /// The share, 0 to 1. `None` if it could not have happened, or happened more often than it could.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.of > 0 && self.hits <= self.of).then(|| self.hits as f64 / self.of as f64)
    }

    /// Where the probability lies, if the tries were independent: Wilson's score interval, which stays within 0 to 1 and has a width at 0 and 1 too. `None` where [`value`](Self::value) is.
    #[must_use]
    pub fn interval(self) -> Option<Interval> {
        let (p, n) = (self.value()?, self.of as f64);
        let z2 = Z_95 * Z_95;
        let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let reach = Z_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        // At 0 and 1 the end is exact; rounding must not move it past.
        Some(Interval {
            low: (middle - reach).clamp(0.0, p),
            high: (middle + reach).clamp(p, 1.0),
        })
    }
}

/// Mean and squared deviations, in one pass (Welford).
#[derive(Debug, Default)]
pub(super) struct Moments {
    n: usize,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        values.fold(Self::default(), |mut so_far, value| {
            so_far.n += 1;
            let off = value - so_far.mean;
            so_far.mean += off / so_far.n as f64;
            so_far.squares += off * (value - so_far.mean);
            so_far
        })
    }

    fn variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.squares / (self.n - 1) as f64)
    }

    /// Of the mean.
    pub(super) fn standard_error(&self) -> Option<f64> {
        Some((self.variance()? / self.n as f64).sqrt())
    }
}

/// 97.5 % of a standard normal lie below it.
const Z_95: f64 = 1.959_964;

/// The same for Student's t with 1 to 30 degrees of freedom.
const T_95: [f64; 30] = [
    12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004,
    2.262_157, 2.228_139, 2.200_985, 2.178_813, 2.160_369, 2.144_787, 2.131_450, 2.119_905,
    2.109_816, 2.100_922, 2.093_024, 2.085_963, 2.079_614, 2.073_873, 2.068_658, 2.063_899,
    2.059_539, 2.055_529, 2.051_831, 2.048_407, 2.045_230, 2.042_272,
];

/// The same for any number of degrees of freedom: past the table by the expansion at the normal, good to a ten-thousandth there. Infinite for 0.
pub(super) fn t_95(freedom: usize) -> f64 {
    let Some(index) = freedom.checked_sub(1) else {
        return f64::INFINITY;
    };
    T_95.get(index).copied().unwrap_or_else(|| {
        let (z, v) = (Z_95, freedom as f64);
        z + (z.powi(3) + z) / (4.0 * v)
            + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * v * v)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against values that tables print: 40, 60, 120 and infinitely many degrees of freedom.
    #[test]
    fn t_falls_from_the_table_on_towards_the_normal() {
        for (freedom, wanted) in [
            (31, 2.039_513),
            (40, 2.021_075),
            (60, 2.000_298),
            (120, 1.979_930),
            (usize::MAX, Z_95),
        ] {
            assert!(
                (t_95(freedom) - wanted).abs() < 1e-4,
                "{freedom}: {}",
                t_95(freedom)
            );
        }
        assert!((1..200).all(|freedom| t_95(freedom + 1) < t_95(freedom)));
        assert!(t_95(0).is_infinite());
    }
}
