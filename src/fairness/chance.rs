//! Had everybody the same chance?

/// Jain's index of the chances before the draw, corrected for the openings being few: 1 if all chances are the same, 1/n if all that is won
/// is won by one of n.
///
/// `wins`: for each person, in how many of the `openings` that all of them asked in she won a slot. A frequency over T openings scatters around the chance p by
/// p(1−p)/T although the chances may be equal; so its estimate p̂(1−p̂)/(T−1) is taken off the sum of squares: (Σp̂)² / (n · (Σp̂² − Σp̂(1−p̂)/(T−1))).
/// What is left of the sum of squares may be small by accident, so the index is capped at 1; if nothing is left of it, as when nobody
/// won, it is 1. A single opening says nothing: its index would be slots/n, whoever won.
///
/// `None` without people, with fewer than two openings, or if somebody won more often than there were openings.
#[must_use]
pub fn jain(wins: &[u32], openings: u32) -> Option<f64> {
    if wins.is_empty() || openings < 2 || wins.iter().any(|won| *won > openings) {
        return None;
    }
    let t = f64::from(openings);
    let chances = || wins.iter().map(|won| f64::from(*won) / t);
    let sum: f64 = chances().sum();
    let squares: f64 = chances().map(|p| p * p - p * (1.0 - p) / (t - 1.0)).sum();
    if squares <= 0.0 {
        return Some(1.0);
    }
    Some((sum * sum / (wins.len() as f64 * squares)).min(1.0))
}
