//! A city's world: sixty million slots in two million schedules, and ten million of fifty-five million patients with a booking.
//!
//! It is built in a process of its own, so that nothing else is in its resident memory: this program again, with a hidden flag. Two
//! threads publish and book. The forty-five million without a booking take part by costing nothing.

use std::process::Command;
use std::sync::Arc;

use fairslot::{Engine, ManualClock, Request, ScheduleId, Timestamp};

use crate::args::Args;
use crate::machine;
use crate::material::{mix, morning, patient};
use crate::report::{Goal, Row, figure};
use crate::round::Rounds;

const SLOTS: u32 = 30;
const THREADS: usize = 2;
const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const BATCH: usize = 64;
const GIB: f64 = (1u64 << 30) as f64;

/// `world_bytes` and `world_build`.
pub(crate) fn rows(args: &Args, _: Rounds) -> Vec<Row> {
    let (schedules, runs) = if args.quick {
        (2_000, 1)
    } else {
        (2_000_000, 3)
    };
    let cases = [
        ("world_bytes", "GiB", Goal::at_most(3.0, 1.6)),
        ("world_build", "s", Goal::at_most(10.0, 3.0)),
    ];
    let built: Result<Vec<Built>, String> = (0..runs).map(|_| Built::by_child(schedules)).collect();
    let built = match built {
        Ok(built) => built,
        Err(why) => {
            return cases
                .map(|(name, _, goal)| Row::skipped(name, "–", goal, &why))
                .into();
        }
    };
    let column = |which: fn(&Built) -> f64| -> Vec<f64> { built.iter().map(which).collect() };
    let columns = [
        column(|built| built.resident / GIB),
        column(|built| built.seconds),
    ];
    let last = &built[built.len() - 1];
    let notes = [
        format!(
            "resident, all of the process; {} GiB before anybody had booked",
            figure(last.empty / GIB)
        ),
        format!(
            "{} s of it to publish, on {THREADS} threads",
            figure(last.published)
        ),
    ];
    cases
        .into_iter()
        .zip(columns)
        .zip(notes)
        .map(|(((name, unit, goal), values), note)| {
            Row::absolute(name, unit, &values, "–", goal).noting(note)
        })
        .collect()
}

/// What a child reports.
#[derive(Debug)]
struct Built {
    seconds: f64,
    /// Of them, until all was published.
    published: f64,
    resident: f64,
    empty: f64,
}

impl Built {
    fn by_child(schedules: usize) -> Result<Self, String> {
        let me = std::env::current_exe().map_err(|why| why.to_string())?;
        let output = Command::new(me)
            .arg(format!("--world={schedules}"))
            .output()
            .map_err(|why| why.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = text
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        match numbers[..] {
            [seconds, published, resident, empty] => Ok(Self {
                seconds,
                published,
                resident,
                empty,
            }),
            _ => Err(format!(
                "the child that builds it ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            )),
        }
    }
}

/// What the child does: builds, and prints seconds, seconds to publish, resident bytes, resident bytes before the bookings.
pub(crate) fn child(schedules: usize) {
    let start = machine::now_ns();
    let seconds = || (machine::now_ns() - start) as f64 / 1e9;
    let patients = schedules * 5;
    let engine = Engine::builder()
        .clock(Arc::new(ManualClock::new(START)))
        .seed(7)
        .schedules_max(schedules as u32)
        .expected_lines(patients as u32)
        // Each lane may have some numbers to spare.
        .records_max(patients as u32 + 1_000)
        .build()
        .unwrap_or_else(|why| panic!("{why}"));
    let ids = publish(&engine, schedules);
    let published = seconds();
    let empty = machine::resident_bytes();
    book(&engine, &ids, patients);
    let built = seconds();
    let resident = machine::resident_bytes();
    assert_eq!(engine.stats().confirmed, patients as u64);
    let bytes =
        |bytes: Option<u64>| bytes.unwrap_or_else(|| panic!("this kernel doesn't say VmRSS"));
    println!("{built} {published} {} {}", bytes(resident), bytes(empty));
}

fn publish(engine: &Engine, schedules: usize) -> Vec<ScheduleId> {
    let publish = |count: usize| -> Vec<ScheduleId> {
        let schedule = morning(SLOTS, START);
        (0..count)
            .map(|_| {
                engine
                    .publish(&schedule)
                    .unwrap_or_else(|why| panic!("{why}"))
            })
            .collect()
    };
    std::thread::scope(|scope| {
        let publish = &publish;
        let hands: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(move || publish(schedules / THREADS)))
            .collect();
        hands
            .into_iter()
            .flat_map(|hand| hand.join().unwrap_or_else(|_| panic!("publishing failed")))
            .collect()
    })
}

/// One booking a patient, of a schedule at random: five a schedule on average, never thirty.
fn book(engine: &Engine, ids: &[ScheduleId], patients: usize) {
    let book = |from: usize, to: usize| {
        let mut requests = Vec::with_capacity(BATCH);
        for first in (from..to).step_by(BATCH) {
            requests.clear();
            requests.extend((first..to.min(first + BATCH)).map(|number| {
                let schedule = ids[mix(number as u64) as usize % ids.len()];
                Request::new(patient(number as u32), schedule)
            }));
            let outcomes = engine.request_many(&requests);
            for (request, outcome) in requests.iter().zip(outcomes) {
                let hold = outcome
                    .held()
                    .unwrap_or_else(|| panic!("refused: {:?}", outcome.refused()));
                let booked = engine.confirm(hold.id, request.patient(), None);
                assert!(booked.is_ok());
            }
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let book = &book;
            scope.spawn(move || {
                book(
                    patients * thread / THREADS,
                    patients * (thread + 1) / THREADS,
                );
            });
        }
    });
}
