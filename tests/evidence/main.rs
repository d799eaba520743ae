//! The evidence: written against an independent chain, bent in every way, kept from a sink that panics or stalls, and cut off from its keys.

#![cfg(not(any(fairslot_loom, fairslot_shuttle, miri)))]

mod cases;
mod golden;
mod months;
mod morning;
mod reference;
mod sinks;
mod tampering;
mod threads;
