//! Structures without a hospital word in them, checked and measured alone.

pub(crate) mod ahead;
pub(crate) mod arena;
pub(crate) mod bits;
pub(crate) mod bound;
pub(crate) mod cells;
pub(crate) mod digest;
pub(crate) mod fade;
pub(crate) mod filter;
pub(crate) mod hash;
pub(crate) mod index;
pub(crate) mod lately;
pub(crate) mod lines;
pub(crate) mod links;
pub(crate) mod numbers;
pub(crate) mod sets;
pub(crate) mod strikes;
pub(crate) mod tally;
pub(crate) mod tree;
pub(crate) mod turns;
pub(crate) mod waiters;
pub(crate) mod wheel;
