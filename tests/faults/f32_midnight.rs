//! Midnight and odd seconds. The engine counts milliseconds in UTC and knows no calendar: midnight in China (16:00 UTC) is an instant like any
//! other, and a second that the clock shows twice is a clock that steps back.

use fairslot::{Engine, Hold, Opening, Refusal, ScheduleId, Timestamp};

use crate::desk::{DAY, ask, assert_whole, confirm, desk, patient, plan};

/// 2026-12-01 00:00 in China.
const MIDNIGHT: Timestamp = Timestamp::from_millis(1_796_054_400_000);
/// 2016-12-31 23:59:59 UTC, which a clock without leap seconds shows twice.
const TWICE: Timestamp = Timestamp::from_millis(1_483_228_799_000);

/// A schedule with holds of `ttl_ms`, open from that instant on.
fn open_at(engine: &Engine, opening: Timestamp, ttl_ms: u64) -> ScheduleId {
    let mut plan = plan(1);
    plan.opening = Opening::first_come(opening);
    plan.starts_at = opening.after(3 * DAY);
    plan.hold_ttl_ms = ttl_ms;
    engine.publish(&plan).expect("a sound schedule")
}

fn before(instant: Timestamp, ms: u64) -> Timestamp {
    Timestamp::from_millis(instant.as_millis() - ms)
}

#[test]
fn f32_midnight_is_in_china_at_sixteen() {
    assert_eq!(MIDNIGHT.as_millis() % DAY, 16 * 3_600_000);
}

#[test]
fn f32_midnight_a_schedule_opens_to_the_millisecond() {
    let (engine, clock) = desk();
    let schedule = open_at(&engine, MIDNIGHT, 1_000);
    for ms in [1, 1_000, DAY] {
        clock.set(before(MIDNIGHT, ms));
        let why = Refusal::NotOpen { retry_after_ms: ms };
        assert_eq!(ask(&engine, patient(1), schedule), Err(why));
    }
    clock.set(MIDNIGHT);
    assert!(ask(&engine, patient(1), schedule).is_ok());
    let published = engine.schedule(schedule).expect("it stands");
    assert_eq!(published.day.to_string(), "2026-12-01");
}

/// A hold that ends one millisecond before midnight, at it, or one after, and is settled around its end.
#[test]
fn f32_midnight_a_hold_over_it() {
    for end in [before(MIDNIGHT, 1), MIDNIGHT, MIDNIGHT.after(1)] {
        for (settled, in_time) in [(before(end, 1), true), (end, false), (end.after(1), false)] {
            let (engine, clock) = desk();
            let schedule = open_at(&engine, before(MIDNIGHT, DAY), 60_000);
            clock.set(before(end, 60_000));
            let hold: Hold = ask(&engine, patient(1), schedule).expect("free");
            assert_eq!(hold.expires_at, end);
            clock.set(settled);
            let released = engine.release(hold.id, patient(1));
            assert_eq!(released.is_ok(), in_time, "{settled} for {end}");
            assert!(ask(&engine, patient(2), schedule).is_ok());
            assert_whole(&engine, &[schedule]);
        }
    }
}

/// Through the second and through it again, a millisecond at a time, and nobody sweeps. What had run out when the engine last changed
/// something stays so, and what hasn't ends when the clock gets there at last.
#[test]
fn f32_midnight_a_repeated_second() {
    let (engine, clock) = desk();
    let both = [500, 1_700].map(|ttl| open_at(&engine, before(TWICE, DAY), ttl));
    clock.set(TWICE);
    let holds = both.map(|it| ask(&engine, patient(1), it).expect("free"));
    let over = |ms: u64| {
        clock.set(TWICE.after(ms));
        both.map(|it| engine.availability(it).expect("it stands").free == 1)
    };
    for ms in 0..1_000 {
        assert_eq!(over(ms), [ms >= 500, false], "first time, {ms}");
    }
    open_at(&engine, TWICE, 1);
    for ms in 0..1_000 {
        assert_eq!(over(ms), [true, false], "second time, {ms}");
    }
    for ms in 1_000..2_000 {
        assert_eq!(over(ms), [true, ms >= 1_700], "afterwards, {ms}");
    }
    // A late confirm claims the slot again, whatever the clock did.
    for hold in holds {
        assert!(confirm(&engine, hold.id, patient(1)).is_ok());
    }
    assert_whole(&engine, &both);
}
