//! Real threads behind a barrier, then an audit. Every storm insists that the collision it is about did happen: a storm in which the threads went
//! one after the other has shown nothing.
//!
//! What threads do is drawn from seeds; how they meet is not, so a storm is a smoke test. The proofs are in `tests/loom` and
//! `tests/shuttle`.

mod weather;

mod audit_while_moving;
mod called_off;
mod claims;
mod everything;
mod last_slots;
mod one_patient;
mod one_request;
mod returns;
mod supply;
