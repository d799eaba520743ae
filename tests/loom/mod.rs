//! The small protocols that everything rests on, in every interleaving, and with every stale value that the memory model allows.
//!
//! ```sh
//! RUSTFLAGS="--cfg fairslot_loom" cargo test --release --lib loom:: -- --nocapture --test-threads 1
//! LOOM_MAX_PREEMPTIONS=5 …      # deeper, where a model has a bound
//! ```
//!
//! The raw structures and the pool alone go without a bound; the engine's verbs, two at a time, with at most four preemptions, its draws, lines and returns with at most three. Each model says
//! in its last line how many interleavings that was.
//!
//! **What loom does not see.** It remembers one last access of each atomic. A thread that loads and then swaps hides by its own load what others had
//! loaded before, and the orders in between are not tried (loom 0.7.2; its issues 166 and 392). So every model is gone through with each of
//! its threads first in turn, which brings back what was seen to be missed, and proves no more. The scenarios under shuttle have no such hole. And a plain store
//! beside compare-and-swaps has no order for loom (issue 282): it would be a false alarm.

mod behaviour;
mod books;
mod claim;
mod draw;
#[cfg(feature = "evidence")]
mod evidence;
mod expire;
mod gate;
mod line;
mod lottery;
mod publish;
mod queue;
mod raw;
mod returns;
mod support;
mod time;
mod verbs;
mod wait;
