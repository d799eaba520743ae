//! The flash release from outside: the example as a process, its report, and the checks that it makes itself.

#![cfg(not(any(fairslot_loom, fairslot_shuttle, miri)))]
#![allow(dead_code, reason = "each test uses a part of the example's modules")]

#[path = "../../examples/flash_release/books.rs"]
mod books;
#[path = "../../examples/flash_release/cli.rs"]
mod cli;
#[path = "../../examples/flash_release/crowd.rs"]
mod crowd;
#[path = "../../examples/shared/dice.rs"]
mod dice;
#[path = "../../examples/flash_release/draws.rs"]
mod draws;
#[path = "../../examples/shared/flags.rs"]
mod flags;
#[path = "../../examples/flash_release/hospital.rs"]
mod hospital;
#[path = "../../examples/flash_release/input.rs"]
mod input;
#[path = "../../examples/flash_release/latency.rs"]
mod latency;
#[path = "../../examples/flash_release/tally.rs"]
mod tally;
#[path = "../../examples/flash_release/timeline.rs"]
mod timeline;

mod bad_files;
mod bad_flags;
mod bad_input;
mod drawn;
mod morning;
mod page;
mod parts;
mod planted;
#[path = "../shared/process.rs"]
mod process;

const EXAMPLE: &str = "flash_release";
