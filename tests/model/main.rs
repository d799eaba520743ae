//! The engine against the reference book, and against the specification's exact words.
//!
//! * `book` is the oracle: the plainest engine there is.
//! * Where a hidden draw decides, the engine goes first: the book hears whom it picked and when, says whether that may be, and follows (`book/returns`, `script`).
//! * `twin` drives the engine and puts its answers into the book's words; `op` says what can
//!   be done, `whim` picks something, `walk` lets both do it, `seen` looks at what
//!   they saw.
//! * The rest are single situations at exact times, a fault's number first where `docs/faults.md` has one.

mod book;
#[path = "../limit/exact.rs"]
#[expect(
    dead_code,
    reason = "nothing is given back in a book that nobody else writes in"
)]
mod exact;
mod ids;
mod op;
mod script;
mod seen;
mod twin;
mod walk;
mod whim;

mod appointments;
mod desk;
mod f04_confirm_expire;
mod f05_stale_id;
mod f06_same_id;
mod f07_clock;
mod f11_extremes;
mod f20_flip_id;
mod f26_exchange;
mod gate;
mod lottery;
mod not_yours;
mod precedence_request;
mod precedence_settle;
mod retire;
mod returns;
mod tickets;
mod visits;
