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
#[path = "../../examples/shared/figures.rs"]
mod figures;
#[path = "../../examples/shared/flags.rs"]
mod flags;
#[path = "../../examples/scalper_sim/formula.rs"]
mod formula;
#[path = "../../examples/scalper_sim/give_back.rs"]
mod give_back;
#[path = "../../examples/scalper_sim/goals.rs"]
mod goals;
#[path = "../../examples/scalper_sim/habit.rs"]
mod habit;
#[path = "../../examples/scalper_sim/hand_off.rs"]
mod hand_off;
#[path = "../../examples/scalper_sim/hoard.rs"]
mod hoard;
#[path = "../../examples/shared/json.rs"]
mod json;
#[path = "../../examples/scalper_sim/limiter.rs"]
mod limiter;
#[path = "../../examples/scalper_sim/mechanism.rs"]
mod mechanism;
#[path = "../../examples/scalper_sim/opening.rs"]
mod opening;
#[path = "../../examples/scalper_sim/part.rs"]
mod part;
#[path = "../../examples/scalper_sim/ploys.rs"]
mod ploys;
#[path = "../../examples/scalper_sim/policy.rs"]
mod policy;
#[path = "../../examples/scalper_sim/reference.rs"]
mod reference;
#[path = "../../examples/scalper_sim/regrab.rs"]
mod regrab;
#[path = "../../examples/scalper_sim/scenarios.rs"]
mod scenarios;
#[path = "../../examples/scalper_sim/season.rs"]
mod season;
#[path = "../../examples/scalper_sim/slow_queue.rs"]
mod slow_queue;
#[path = "../../examples/scalper_sim/study.rs"]
mod study;

/// What the example found, as its main has it.
struct Found {
    cells: Vec<study::Cell>,
    ploys: Vec<study::Cell>,
    parts: Vec<part::Part>,
}

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
mod scenarios_small;
mod suspects;

const EXAMPLE: &str = "scalper_sim";
