//! The whole engine under random and adversarial schedules: what the threads were told is held against what happened to each slot.
//!
//! ```sh
//! RUSTFLAGS="--cfg fairslot_shuttle" cargo test --release --lib shuttle:: -- --nocapture
//! FAIRSLOT_SHUTTLE_ITERATIONS=1000000 …      # of each test; default 20,000, or 5,000 where people wait in lines
//! ```
//!
//! **Replaying.** A failure prints `SHUTTLE_RANDOM_SEED=… FAIRSLOT_SHUTTLE_ITERATIONS=…`: set both, run the one test. Everything random in a
//! scenario comes from the scheduler's seed.
//!
//! Shuttle knows no weak memory (loom does) and proves nothing by silence: what it is worth is shown by the planted bugs it finds.

mod history;
mod hospital;
mod life;
mod patients;
mod scenario;
mod schedulers;
mod tests;
mod tickets;
