//! How long can others keep somebody waiting?

/// The longest that a queue which serves clusters in turns keeps somebody's first ticket waiting, in seconds: `clusters` in the ring when it joins (the adversary's and
/// everybody else's, its own included), at `grants_per_s`.
///
/// It does not depend on how many identities or tickets a cluster has: that is what taking turns is for. `None` if the rate is not a positive number.
#[must_use]
pub fn starvation_bound_s(clusters: u64, grants_per_s: f64) -> Option<f64> {
    (grants_per_s > 0.0 && grants_per_s.is_finite()).then(|| clusters as f64 / grants_per_s)
}
