//! The words every other room speaks: ids, time, money, what is asked, what is answered, what happened.
//!
//! Nothing here decides anything about a slot. An import never leaves this floor.

pub(crate) mod allotment;
pub(crate) mod appointment;
pub(crate) mod ask;
pub(crate) mod challenge;
pub(crate) mod clock;
pub(crate) mod cluster;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod hex;
pub(crate) mod id;
pub(crate) mod lottery;
pub(crate) mod money;
pub(crate) mod pending;
pub(crate) mod refusal;
pub(crate) mod schedule;
pub(crate) mod sync;
pub(crate) mod ticket;
pub(crate) mod time;
