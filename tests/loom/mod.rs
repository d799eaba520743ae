//! Every interleaving, and every stale value that the memory model allows, of the small protocols that everything rests on.
//!
//! ```sh
//! RUSTFLAGS="--cfg fairslot_loom" cargo test --release --lib loom:: -- --nocapture --test-threads 1
//! ```

mod books;
mod claim;
mod expire;
mod publish;
mod raw;
mod support;
mod time;
mod verbs;
