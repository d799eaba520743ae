//! Fairness: the metrics against what is known exactly, the simulated crowd against its formula, first come against the figures that were
//! known before; and the example from outside.

#![cfg(not(any(fairslot_loom, fairslot_shuttle, miri)))]
#![allow(dead_code, reason = "each test uses a part of the example's modules")]

#[path = "../../examples/scalper_sim/attack.rs"]
mod attack;
#[path = "../../examples/scalper_sim/cli.rs"]
mod cli;
#[path = "../../examples/scalper_sim/crowd.rs"]
mod crowd;
#[path = "../../examples/shared/dice.rs"]
mod dice;
#[path = "../../examples/shared/flags.rs"]
mod flags;
#[path = "../../examples/scalper_sim/formula.rs"]
mod formula;
#[path = "../../examples/scalper_sim/goals.rs"]
mod goals;
#[path = "../../examples/scalper_sim/habit.rs"]
mod habit;
#[path = "../../examples/scalper_sim/mechanism.rs"]
mod mechanism;
#[path = "../../examples/scalper_sim/opening.rs"]
mod opening;
#[path = "../../examples/scalper_sim/ploys.rs"]
mod ploys;
#[path = "../../examples/scalper_sim/policy.rs"]
mod policy;
#[path = "../../examples/scalper_sim/reference.rs"]
mod reference;
#[path = "../../examples/scalper_sim/study.rs"]
mod study;

mod arrivals;
mod bad_flags;
mod bad_policy;
mod baselines;
mod drawn;
mod evenness;
mod gain;
mod intervals;
mod outside;
#[path = "../shared/process.rs"]
mod process;
mod round;
mod suspects;

const EXAMPLE: &str = "scalper_sim";
