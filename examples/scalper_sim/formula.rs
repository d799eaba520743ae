//! What the crowd's description says by itself: which share has asked by when, and what that makes being fast worth.

use crate::attack::Attack;
use crate::habit::Habit;
use crate::mechanism::Mechanism;

/// The share of the people whose first request comes before `t` seconds: ordinary ones by the log-normal of median and daily variation together, variance 0.8² + 0.4²; pre-clickers and
/// eager ones evenly.
pub(crate) fn people_before(t: f64) -> f64 {
    let ordinary = if t > 0.3 {
        normal_below((t / 3.0).ln() / 0.8_f64.sqrt())
    } else {
        0.0
    };
    0.9 * ordinary + 0.02 * (t / 0.2).min(1.0) + 0.08 * ((t - 0.3) / 0.3).clamp(0.0, 1.0)
}

/// The same of a scalper's identities.
pub(crate) fn scalper_before(habit: Habit, t: f64) -> f64 {
    match habit {
        Habit::Disguised => ((t - 0.15) / 0.45).clamp(0.0, 1.0),
        _ => (t / 0.005).clamp(0.0, 1.0),
    }
}

/// The advantage of a scalper who is first and nothing else, where a draw is held after `t` seconds.
pub(crate) fn advantage_after(habit: Habit, t: f64) -> f64 {
    scalper_before(habit, t) / people_before(t)
}

/// The advantage that speed alone gives here, if the window has a fixed length and nobody is treated differently.
pub(crate) fn advantage(mechanism: &Mechanism, attack: &Attack) -> Option<f64> {
    let rules = mechanism.rules()?;
    let plain = rules.cap.is_none() && !mechanism.judges() && attack.identities > 0;
    let seconds = mechanism.window_s().filter(|_| plain)?;
    Some(advantage_after(attack.habit, seconds))
}

/// The share of a standard normal below `x` (Zelen and Severo, in Abramowitz and Stegun 26.2.17), to 1e-7.
fn normal_below(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = [
        1.330_274_429,
        -1.821_255_978,
        1.781_477_937,
        -0.356_563_782,
        0.319_381_530,
    ];
    let sum = series.into_iter().fold(0.0, |sum, term| sum * t + term) * t;
    let above = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum;
    if x < 0.0 { above } else { 1.0 - above }
}
