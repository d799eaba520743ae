//! The gate. The limiter alone: against the algorithm with a map and no cleverness, in tables that are too small, at all times there are. And judging
//! behaviour: against the plainest scorer, and with the simulator's crowd.

#[path = "../../examples/scalper_sim/attack.rs"]
#[allow(dead_code, reason = "the simulator's; a part of it is used here")]
mod attack;
mod behaviour;
mod challenge;
#[path = "../../examples/scalper_sim/crowd.rs"]
#[allow(dead_code, reason = "the simulator's; a part of it is used here")]
mod crowd;
mod crowded;
#[path = "../../examples/shared/dice.rs"]
mod dice;
mod exact;
mod extremes;
#[path = "../../examples/scalper_sim/habit.rs"]
#[allow(dead_code, reason = "the simulator's; a part of it is used here")]
mod habit;
mod scenario;
mod slow;
mod threads;
mod walk;

use fairslot::{Limit, Limiter, Timestamp};

fn limiter(limit: Limit) -> Limiter {
    Limiter::new(limit, 7).expect("in range")
}

const fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}
