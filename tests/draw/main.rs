//! The draw: against the plainest draw there is, against tampering, against chance, against crowds; and the example from outside.

#![cfg(not(any(fairslot_loom, fairslot_shuttle, miri)))]

mod answers;
mod beacons;
mod called_off;
mod chance;
#[cfg(feature = "serde")]
#[path = "../../examples/verify_draw/cli.rs"]
#[allow(dead_code, reason = "the tests use a part")]
mod cli;
mod crowd;
#[cfg(feature = "serde")]
#[path = "../../examples/shared/flags.rs"]
#[allow(dead_code, reason = "shared: each example uses a part")]
mod flags;
mod golden;
mod joined;
mod judged;
mod late;
mod lost;
#[cfg(feature = "serde")]
mod outside;
mod plain;
mod receipts;
mod reserved;
mod tampering;
mod together;
mod twins;
mod whim;
