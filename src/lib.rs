//! **fairslot** is the in-memory engine inside a hospital registration service (挂号), the place where a slot (号) changes hands.

#![warn(clippy::unwrap_used)]
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![doc(test(attr(deny(warnings))))]

mod engine;
mod ledger;
mod pool;
mod raw;
mod words;

pub use engine::{
    Advance, Audit, Availability, Driver, Engine, EngineBuilder, Finding, Stats, Subscription,
};
pub use words::ask::{Booking, Hold, Outcome, Request};
pub use words::clock::{Clock, CoarseClock, ManualClock, SystemClock};
pub use words::error::{Invalid, SupplyError};
pub use words::event::{Event, What};
pub use words::id::{
    AccountId, BookingId, ChannelId, DepartmentId, DeviceId, HoldId, HospitalId, ParseIdError,
    PatientId, PaymentRef, PractitionerId, RequestId, ScheduleId, SlotNo,
};
pub use words::money::{Currency, Fee};
pub use words::pending::{Pending, Unsettled};
pub use words::refusal::{Refusal, Rule};
pub use words::schedule::{Day, Opening, ReturnPolicy, Schedule, Session};
pub use words::time::Timestamp;
