//! The verbs, one at a time, for watching a change while working on it. What is promised stands in the table of ratios.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use fairslot::{
    Day, Engine, Hold, ManualClock, Opening, PatientId, PractitionerId, Request, ReturnPolicy,
    Schedule, ScheduleId, Session, Timestamp,
};

const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn plan(capacity: u32) -> Schedule {
    Schedule::new(
        PractitionerId::new(1),
        "2026-12-01".parse::<Day>().expect("a day"),
        Session::Morning,
        capacity,
        Opening::first_come(START),
        START.after(86_400_000),
    )
}

/// An engine whose time stands still, with schedules of so many slots.
fn engine(schedules: u32, capacity: u32) -> (Engine, Vec<ScheduleId>) {
    let engine = Engine::builder()
        .clock(ManualClock::new(START))
        .seed(7)
        .build()
        .expect("the defaults are sound");
    let schedule = plan(capacity);
    let publish = |_| engine.publish(&schedule).expect("there is room");
    let ids = (0..schedules).map(publish).collect();
    (engine, ids)
}

fn hold(engine: &Engine, patient: u128, schedule: ScheduleId) -> Hold {
    engine
        .request(&Request::new(PatientId::new(patient), schedule))
        .held()
        .expect("a slot is free")
}

fn sold_out(c: &mut Criterion) {
    let (engine, ids) = engine(1, 1);
    hold(&engine, 0, ids[0]);
    let mut patient = 1;
    c.bench_function("request, sold out", |b| {
        b.iter(|| {
            patient += 1;
            engine.request(&Request::new(PatientId::new(patient), black_box(ids[0])))
        });
    });
}

/// What whoever drives the engine asks each round, beside schedules whose slots might rest, and of a hundred of which one does.
fn next_deadline(c: &mut Criterion) {
    let mut group = c.benchmark_group("next_deadline");
    for (schedules, resting) in [(100, 0), (100_000, 0), (100_000, 100)] {
        let engine = Engine::builder().clock(ManualClock::new(START)).seed(7);
        let engine = engine.build().expect("the defaults are sound");
        let mut plan = plan(1);
        plan.returns = ReturnPolicy::Draw;
        let publish = |_| engine.publish(&plan).expect("there is room");
        let ids: Vec<_> = (0..schedules).map(publish).collect();
        for (patient, schedule) in (0..resting).zip(&ids) {
            let hold = hold(&engine, patient, *schedule);
            let released = engine.release(hold.id, PatientId::new(patient));
            assert!(released.is_ok());
        }
        let name = format!("{schedules} schedules, {resting} slots rest");
        group.bench_function(name, |b| b.iter(|| engine.next_deadline()));
    }
    group.finish();
}

const ROUND: u128 = 512;

fn confirm(c: &mut Criterion) {
    let mut group = c.benchmark_group("512 patients");
    group.throughput(Throughput::Elements(ROUND as u64));
    let fresh = || engine(64, 16);
    group.bench_function("request, release", |b| {
        b.iter_batched_ref(
            fresh,
            |(engine, ids)| {
                for patient in 0..ROUND {
                    let hold = hold(engine, patient, ids[patient as usize % ids.len()]);
                    let _ = black_box(engine.release(hold.id, PatientId::new(patient)));
                }
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("request, confirm, cancel", |b| {
        b.iter_batched_ref(
            fresh,
            |(engine, ids)| {
                for patient in 0..ROUND {
                    let hold = hold(engine, patient, ids[patient as usize % ids.len()]);
                    let patient = PatientId::new(patient);
                    let booking = engine
                        .confirm(hold.id, patient, None)
                        .ok()
                        .and_then(|it| it.wait().ok());
                    let booking = booking.expect("confirmed in time");
                    let _ = black_box(engine.cancel(booking.id, patient));
                }
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("request_many", |b| {
        b.iter_batched_ref(
            || {
                let (engine, ids) = fresh();
                let requests: Vec<Request> = (0..ROUND)
                    .map(|patient| {
                        let schedule = ids[patient as usize % ids.len()];
                        Request::new(PatientId::new(patient), schedule)
                    })
                    .collect();
                (engine, requests)
            },
            |(engine, requests)| black_box(engine.request_many(requests)),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group! {
    name = verbs;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20);
    targets = sold_out, next_deadline, confirm
}
criterion_main!(verbs);
