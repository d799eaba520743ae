//! Memory by the byte, as asked of the allocator (its own rounding comes on top: 8 to 16 bytes a piece; the world row has it in).
//!
//! The allocator counts for this thread alone, so the other rows don't pay for a shared counter.

use allocation_counter::measure;
use fairslot::{Engine, EngineBuilder, ManualClock, Request, RequestId, ScheduleId, Timestamp};

use crate::args::Args;
use crate::material::{morning, patient};
use crate::report::{Goal, Row, figure};

const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn engine(settings: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Engine {
    let builder = Engine::builder()
        .clock(ManualClock::new(START))
        .seed(7)
        .schedules_max(1 << 21);
    settings(builder)
        .build()
        .unwrap_or_else(|why| panic!("{why}"))
}

fn publish(engine: &Engine, schedules: usize, capacity: u32) -> Vec<ScheduleId> {
    let schedule = morning(capacity, START);
    (0..schedules)
        .map(|_| {
            engine
                .publish(&schedule)
                .unwrap_or_else(|why| panic!("{why}"))
        })
        .collect()
}

/// What the work leaves allocated, for each of `count`.
fn left(count: usize, work: impl FnOnce()) -> f64 {
    measure(work).bytes_current as f64 / count as f64
}

pub(crate) fn rows(args: &Args, _: crate::round::Rounds) -> Vec<Row> {
    vec![slot(args), idle_patient(args), booking(args)]
}

fn slot(args: &Args) -> Row {
    const SLOTS: u32 = 30;
    // Whole chunks of 1,024.
    let schedules = if args.quick { 1_024 } else { 102_400 };
    let engine = engine(|builder| builder);
    let mut ids = Vec::with_capacity(schedules);
    let bytes = left(schedules * SLOTS as usize, || {
        let schedule = morning(SLOTS, START);
        for _ in 0..schedules {
            ids.push(
                engine
                    .publish(&schedule)
                    .unwrap_or_else(|why| panic!("{why}")),
            );
        }
    });
    let goal = Goal::at_most(16.0, 12.0);
    Row::absolute("bytes_slot", "B", &[bytes], "–", goal)
        .noting("with its share of a 30-slot schedule: place, desk, filter, words")
}

fn idle_patient(args: &Args) -> Row {
    let patients: u32 = if args.quick { 1_000 } else { 1_000_000 };
    let engine = engine(|builder| builder);
    let ids = publish(&engine, 1, 1);
    let ask = |number| {
        engine
            .request(&Request::new(patient(number), ids[0]))
            .held()
            .is_some()
    };
    assert!(ask(0));
    let bytes = left(patients as usize, || {
        assert!(!(1..=patients).any(ask));
    });
    let goal = Goal::at_most(0.0, 0.0);
    Row::absolute("bytes_idle_patient", "B", &[bytes], "–", goal)
        .noting("a patient who asked and was refused, without a line in the book")
}

fn booking(args: &Args) -> Row {
    let lines: u32 = if args.quick { 10_000 } else { 1_000_000 };
    let table = {
        let mut pair = [0.0; 2];
        for (bytes, expected) in pair.iter_mut().zip([lines, 1]) {
            let mut built = None;
            *bytes = left(lines as usize, || {
                built = Some(engine(|builder| builder.expected_lines(expected)));
            });
        }
        pair[0] - pair[1]
    };
    let plain = made(lines, false);
    let named = made(lines, true);
    let goal = Goal::at_most(96.0, 48.0);
    Row::absolute("bytes_booking", "B", &[table + plain.held.max(plain.booked)], "–", goal).noting(format!(
        "a hold: {} of the table, which was sized for so many, and {} of record and wheel; confirmed, and its deadline past: {} in \
         all; with a request id {} more",
        figure(table),
        figure(plain.held),
        figure(table + plain.booked),
        figure(named.booked - plain.booked),
    ))
}

/// Bytes for each of so many lines.
struct Made {
    held: f64,
    /// After they were confirmed and their deadlines have passed.
    booked: f64,
}

/// They come at 2,000 a second, and time is advanced every second.
fn made(lines: u32, named: bool) -> Made {
    const A_SECOND: u32 = 2_000;
    let clock = std::sync::Arc::new(ManualClock::new(START));
    let engine = engine(|builder| {
        builder
            .expected_lines(lines)
            .clock(std::sync::Arc::clone(&clock))
    });
    let ids = publish(&engine, lines as usize / 20, 30);
    let mut holds = Vec::with_capacity(lines as usize);
    let mut ask = |number: u32| {
        if number.is_multiple_of(A_SECOND) {
            clock.pass(1_000);
        }
        let mut request = Request::new(patient(number), ids[number as usize % ids.len()]);
        if named {
            request = request.id(RequestId::new(u128::from(number)));
        }
        let hold = engine.request(&request).held();
        holds.push(hold.unwrap_or_else(|| panic!("{number} was refused")));
    };
    let held = measure(|| (0..lines).for_each(&mut ask)).bytes_current;
    let settled = measure(|| {
        for (number, hold) in holds.iter().enumerate() {
            let booked = engine.confirm(hold.id, patient(number as u32), None);
            assert!(booked.is_ok());
        }
        for _ in 0..1_000 {
            clock.pass(1_000);
            while engine.advance().more {}
        }
    })
    .bytes_current;
    Made {
        held: held as f64 / f64::from(lines),
        booked: (held + settled) as f64 / f64::from(lines),
    }
}
