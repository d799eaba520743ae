//! The limiter alone: against the algorithm with a map and no cleverness, in tables that are too small, at all times there are.

mod challenge;
mod crowded;
mod exact;
mod extremes;
mod scenario;
mod threads;
mod walk;

use fairslot::{Limit, Limiter, Timestamp};

fn limiter(limit: Limit) -> Limiter {
    Limiter::new(limit, 7).expect("in range")
}

const fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}
