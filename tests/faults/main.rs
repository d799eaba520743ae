//! What can go wrong, one file a fault: its number and name are the test's.
//!
//! Faults of which the exact times are the point stand in `tests/model`, races of a few steps in `tests/loom` and `tests/shuttle`, real
//! threads in `tests/storm`. What is here needs none of these: user code that panics, listeners that don't listen, replies that get
//! lost, identities made up to collide. The files without a number hold the crate to what its types promise.

mod desk;
mod life;

mod f02_conservation;
mod f08_flood;
mod f09_hashdos;
mod f12_panic_nth;
mod f13_stalled_reader;
mod f22_locks;
mod f27_lost_reply;
mod f28_observer;
mod f29_dead_thread;
mod f30_tags;
mod f32_midnight;
mod f39_waker;
mod f40_drop;
mod f41_sold_out;

mod identities;
mod refusals;
#[cfg(feature = "serde")]
mod serial;
mod threads;
