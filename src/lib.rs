//! **fairslot** is the in-memory engine inside a hospital registration service (挂号): the place where a slot (号) changes hands.
//!
//! A doctor's slots open at one instant; two hundred people and a thousand scripts ask for each. Every slot goes to exactly one of them;
//! everyone else is told no in tens of nanoseconds as a rule ([measured](chapters::performance), not promised), with a reason; what was promised is not lost as long as the process lives.
//!
//! # What it is not
//!
//! * Not durable yet: it keeps everything in memory. A process that dies takes its holds and bookings along, unless the caller has
//!   followed its events ([`Engine::observe`]), and seen to it that none was [lost](Subscription::lost).
//! * Not fair by itself: a schedule that opens first come, first served rewards scripts ([by how much](chapters::fairness)). Limits
//!   ([`EngineBuilder::patient_limit`] and its like) slow those who hammer, and cure no rush: everybody's first request is enough. Where a rush is expected open by a draw
//!   ([`Opening::lottery`]). And slots that are given up return at once unless the schedule says
//!   otherwise ([`ReturnPolicy::Draw`]). A slow queue ([`EngineBuilder::slow_queue`]) makes who is known as a script wait, and lets
//!   through whom nobody knows yet.
//! * No transport, accounts, real-name check, payment or messages: those are the caller's.
//! * Not for a single counter: if all you sell is one pool of interchangeable tickets with no holds, an atomic integer does it.
//! * Not past one process: one engine owns its schedules.
//!
//! # Quick start
//!
//! ```
#![doc = include_str!("../examples/quickstart.rs")]
//! ```
//!
//! # The map
//!
//! * **The hospital acts**: [`Engine::publish`], [`add_slots`](Engine::add_slots), [`withdraw`](Engine::withdraw), [`reinstate`](Engine::reinstate).
//! * **Somebody asks**: [`Engine::request`] with a [`Request`] gives an [`Outcome`]; [`request_many`](Engine::request_many) for a batch;
//!   [`lookup`](Engine::lookup) for a reply that never arrived; [`ticket`](Engine::ticket) and [`leave`](Engine::leave) for a place in a line; [`appointments`](Engine::appointments) for all that a patient has.
//! * **Somebody answers**: [`Engine::confirm`], [`release`](Engine::release), [`extend`](Engine::extend); [`cancel`](Engine::cancel),
//!   [`exchange`](Engine::exchange); [`check_in`](Engine::check_in), [`fulfil`](Engine::fulfil), [`no_show`](Engine::no_show).
//! * **Time passes**: [`Engine::advance`] and [`next_deadline`](Engine::next_deadline), or a [`Driver`] that calls them. Time comes from a [`Clock`].
//! * **Do the books agree?** [`Engine::audit`], [`availability`](Engine::availability), [`stats`](Engine::stats), [`observe`](Engine::observe).
//! * **Who is drawn?** [`Opening::lottery`]: a draw over distinct people, as fast as they may be. Anybody can check it: [`Engine::commitment`], [`closing`](Engine::closing),
//!   [`transcript`](Engine::transcript), [`receipt`](Engine::receipt), [`proof`](Engine::proof); [`draw`](mod@draw) is how.
//!   Several schedules can be one draw, with one place a person and their own list of wishes: [`Lottery::together`], [`Request::any`]. Slots can be reserved for groups: [`Schedule::allotments`], [`Request::group`].
//! * **Who waits?** [`Request::waitlist`], for slots that return by [`ReturnPolicy::Draw`], where one may [`pause`](Engine::pause) and [`resume`](Engine::resume), families [wait together](Engine::wait_together), and who gives up slots again and again weighs less ([`EngineBuilder::cancel_quota`]). [`Engine::wait`] waits for what becomes of a ticket. Whoever behaves like a script waits in the slow queue ([`EngineBuilder::slow_queue`]). [`line`](mod@line) has the lines by themselves.
//! * **Who gets the slots?** [`fairness`]: what a scalper gains and how even everybody's chances are, as figures.
//! * **How do they behave?** [`EngineBuilder::behaviour`], [`Engine::verdict`]: labels that can be explained, and no refusal by them; [`Engine::import_labels`].
//! * **Who may ask how often?** A [`Limit`] each for patients, accounts, devices and networks, in the [builder](EngineBuilder); a [`Limiter`] for anything else.
//! * **Who is asked for more?** [`EngineBuilder::step_up`] with a [`Challenge`], such as [`ProofOfWork`].
//!
//! A no is a [`Refusal`]: a stable code, a sentence that says what to do, and when to come back.
//!
//! The chapters go deeper: [`chapters::design`], [`chapters::consistency`], [`chapters::performance`], [`chapters::fairness`], [`chapters::faults`]; [`chapters::pipe`] has the words of the example `pipe`.
//!
//! # Features
//!
//! * `serde` (off by default): serialisation of ids, schedules, requests, answers, events, settings, and all that is published of a draw or of evidence; `Stats`, `Audit`, `Invalid` and `SupplyError` can be written only (a `Refusal` is an answer); what may be wrong with a text, and `Unsettled`, not at all. Costs the crate `serde` with its derive macros. A draw's transcript is written and read as JSON by it;
//!   checking one needs no feature.
//! * `evidence` (off by default): a hash-chained, pseudonymous log of what the gate refused and of who got and gave up slots. Costs no crate.
//!
//! # Personal data
//!
//! Identities are 128 bits that only the caller can read. `Debug` of an identity is a fingerprint that means something within one process; no log line, error
//! or audit finding holds one. What is kept, how long and why stands in [`chapters::consistency`].

#![warn(clippy::unwrap_used)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that panics has failed")
)]
#![cfg_attr(
    any(fairslot_loom, fairslot_shuttle),
    allow(
        clippy::modulo_one,
        reason = "what is sharded has one shard in a model"
    )
)]
#![doc(test(attr(deny(warnings))))]

pub mod draw;
mod engine;
pub mod fairness;
mod gate;
mod ledger;
pub mod line;
mod pool;
mod raw;
mod words;

pub use engine::{
    Advance, Audit, Availability, BehaviourStats, Driver, Engine, EngineBuilder, Finding,
    LimitStats, SlowQueueStats, Stats, Subscription, Wait,
};
pub use gate::behaviour::{
    Behaved, Behaviour, Card, Features, Imported, Label, Labels, Language, Mark, Marked, Ramp,
    Scored, Share, Verdict,
};
pub use gate::challenge::{Challenge, ProofOfWork, StepUp, Subject, Wrong};
#[cfg(feature = "evidence")]
pub use gate::evidence;
pub use gate::limit::{Limit, Limiter};
pub use words::allotment::{Allotment, Group};
pub use words::appointment::Appointment;
pub use words::ask::{Booking, Hold, Outcome, Request};
pub use words::challenge::{Answer, Level, Seal, Token};
pub use words::clock::{Clock, CoarseClock, ManualClock, RecentTime, SystemClock};
pub use words::error::{Invalid, SupplyError};
pub use words::event::{Event, What};
pub use words::id::{
    AccountId, BookingId, ChannelId, DepartmentId, DeviceId, HoldId, HospitalId, ParseIdError,
    PatientId, PaymentRef, PractitionerId, RequestId, ScheduleId, SlotNo, TicketId, Together,
};
pub use words::lottery::{EntryWindow, Lottery};
pub use words::money::{Currency, Fee};
pub use words::pending::{Pending, Unsettled};
pub use words::refusal::{Refusal, Rule};
pub use words::schedule::{Day, Opening, ReturnPolicy, Schedule, Session};
pub use words::ticket::{Line, Ticket};
pub use words::time::Timestamp;

/// Chapters of the guide.
#[cfg(any(doc, doctest))]
pub mod chapters {
    #[doc = include_str!("../docs/design.md")]
    pub mod design {}
    #[doc = include_str!("../docs/consistency.md")]
    pub mod consistency {}
    #[doc = include_str!("../docs/performance.md")]
    pub mod performance {}
    #[doc = include_str!("../docs/faults.md")]
    pub mod faults {}
    #[doc = include_str!("../docs/fairness.md")]
    pub mod fairness {}
    #[doc = include_str!("../docs/pipe.md")]
    pub mod pipe {}
}

/// The README's code is tested with the crate's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(all(test, fairslot_loom))]
#[path = "../tests/loom/mod.rs"]
#[expect(
    clippy::type_complexity,
    reason = "what a model's threads do, as closures"
)]
mod loom;

#[cfg(all(test, fairslot_shuttle))]
#[path = "../tests/shuttle/mod.rs"]
mod shuttle;
