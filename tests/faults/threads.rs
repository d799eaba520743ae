//! What may cross threads. This file says so by compiling.

use fairslot::{
    Audit, Booking, CoarseClock, Driver, Engine, EngineBuilder, Event, Hold, Limiter, ManualClock,
    Outcome, Pending, Refusal, Request, Schedule, Stats, Subscription, SystemClock,
};

const fn shared<T: Send + Sync + 'static>() {}
const fn handed_over<T: Send + 'static>() {}

const _: () = {
    shared::<Engine>();
    shared::<Subscription>();
    shared::<Driver>();
    shared::<Limiter>();
    shared::<SystemClock>();
    shared::<CoarseClock>();
    shared::<ManualClock>();
    shared::<Schedule>();
    shared::<Request>();
    shared::<Outcome>();
    shared::<Refusal>();
    shared::<Event>();
    shared::<Stats>();
    shared::<Audit>();
    shared::<Pending<Booking>>();
    handed_over::<EngineBuilder>();
};

/// Answers and reasons are plain values, to be copied about; a promise is small.
#[test]
fn answers_are_small() {
    assert!(size_of::<Refusal>() <= 32, "{}", size_of::<Refusal>());
    assert!(size_of::<Outcome>() <= 64, "{}", size_of::<Outcome>());
    assert!(size_of::<Hold>() <= 48, "{}", size_of::<Hold>());
    assert_eq!(size_of::<Engine>(), size_of::<usize>());
}
