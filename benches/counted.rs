//! How many instructions is a call? For machines too busy to time anything: what a call executes is the same whoever else is at work.
//!
//! ```sh
//! cargo bench --bench counted --no-run        # prints where the program lies
//! for calls in 10000 20000; do
//!     valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*measured*' target/release/deps/counted-… CASE $calls
//! done                                        # "Collected": the difference, divided by 10,000, is what a call costs, the loop included
//! ```
//!
//! Cases: those of [`CASES`]; with a second word `heard`, somebody listens. Without valgrind it only says what came of the calls; without a case, of a thousand of each.

use std::hint::black_box;
use std::process::ExitCode;

use fairslot::{
    AccountId, Behaviour, Day, DeviceId, Engine, EngineBuilder, Limit, Limiter, ManualClock,
    Opening, Outcome, PatientId, PractitionerId, Request, Schedule, ScheduleId, Session, Timestamp,
};

const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const SCHEDULES: u64 = 4_000;
const CAPACITY: u32 = 40;
const PATIENTS: u64 = 150_000;
const BATCH: usize = 64;

const CASES: [&str; 9] = [
    "limiter-no",
    "refused",
    "refused-judged",
    "granted",
    "granted-batch",
    "granted-limits",
    "granted-judged",
    "granted-both",
    "granted-both-batch",
];

/// Numbers that look like chance, the same every time (SplitMix64).
const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn identity(number: u64) -> u128 {
    u128::from(mix(number)) << 64 | u128::from(mix(!number))
}

/// Two people on a device, with an account each.
fn request(patient: u64, schedule: ScheduleId, keyed: bool) -> Request {
    let request = Request::new(PatientId::new(identity(patient)), schedule);
    match keyed {
        true => request
            .account(AccountId::new(identity(patient ^ (1 << 40))))
            .device(DeviceId::new(identity((patient / 2) ^ (1 << 41))))
            .network(std::net::Ipv4Addr::from_bits(mix(patient / 20) as u32).into()),
        false => request,
    }
}

#[inline(never)]
fn measured_one_by_one(engine: &Engine, requests: &[Request]) -> usize {
    let held = |request| engine.request(request).held().is_some();
    requests.iter().filter(|it| held(it)).count()
}

#[inline(never)]
fn measured_in_batches(engine: &Engine, requests: &[Request]) -> usize {
    let held = |outcomes: Vec<Outcome>| outcomes.iter().filter(|it| it.held().is_some()).count();
    let batches = requests.chunks(BATCH);
    batches.map(|batch| held(engine.request_many(batch))).sum()
}

/// One key asks a limiter again and again, and has had its turns.
#[inline(never)]
fn measured_limiter(limiter: &Limiter, keys: &[u128]) -> usize {
    let may = |key: &&u128| limiter.check(**key, START).is_ok();
    keys.iter().filter(may).count()
}

fn limiter_says_no(calls: usize) -> Option<usize> {
    let limiter = Limiter::new(Limit::new(5, 1_000, 1), 7).ok()?;
    let keys = vec![identity(1); calls];
    measured_limiter(&limiter, &keys[..1]);
    Some(measured_limiter(&limiter, &keys))
}

fn limited(builder: EngineBuilder) -> EngineBuilder {
    let generous = Limit::new(1_000, 1_000, 1_000);
    builder
        .patient_limit(generous)
        .account_limit(generous)
        .device_limit(generous)
        .network_limit(generous)
}

fn count(case: &str, heard: bool, calls: usize) -> Option<usize> {
    let (limits, judged) = match case {
        "refused" | "granted" | "granted-batch" => (false, false),
        "refused-judged" | "granted-judged" => (false, true),
        "granted-limits" => (true, false),
        "granted-both" | "granted-both-batch" => (true, true),
        "limiter-no" => return limiter_says_no(calls),
        _ => return None,
    };
    let mut builder = Engine::builder()
        .clock(ManualClock::new(START))
        .seed(7)
        .schedules_max(SCHEDULES as u32)
        .live_holds_max(u32::MAX)
        .expected_lines(PATIENTS as u32);
    if limits {
        builder = limited(builder);
    }
    if judged {
        builder = builder.behaviour(Behaviour::default());
    }
    let engine = builder.build().ok()?;
    let day: Day = "2026-12-01".parse().ok()?;
    // People need a second to ask; who is quicker would be judged by it.
    let opening = Opening::first_come(Timestamp::from_millis(START.as_millis() - 1_000));
    let ends = START.after(86_400_000);
    let practitioner = PractitionerId::new(1);
    let morning = Schedule::new(practitioner, day, Session::Morning, CAPACITY, opening, ends);
    let published = (0..SCHEDULES).map(|_| engine.publish(&morning).ok());
    let schedules: Vec<ScheduleId> = published.collect::<Option<_>>()?;

    // Everything was touched before: by others who buy all, or by some of the same people.
    let refused = case.starts_with("refused");
    let before = match refused {
        true => SCHEDULES * u64::from(CAPACITY),
        false => 40_000,
    };
    for number in 0..before {
        let (patient, schedule) = match refused {
            true => (PATIENTS + number, number % SCHEDULES),
            false => (mix(number) % PATIENTS, mix(number ^ 77) % SCHEDULES),
        };
        let schedule = *schedules.get(schedule as usize)?;
        black_box(engine.request(&request(patient, schedule, limits || judged)));
    }
    let listener = heard.then(|| engine.observe(2 * calls));
    let asked = (0..calls as u64).map(|number| {
        let (patient, schedule) = (mix(number << 20) % PATIENTS, mix(number ^ 99) % SCHEDULES);
        let schedule = *schedules.get(schedule as usize)?;
        Some(request(patient, schedule, limits || judged))
    });
    let requests: Vec<Request> = asked.collect::<Option<_>>()?;
    let held = match case.ends_with("batch") {
        true => measured_in_batches(&engine, &requests),
        false => measured_one_by_one(&engine, &requests),
    };
    drop(listener);
    Some(held)
}

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let words: Vec<String> = (std::env::args().skip(1))
        .filter(|it| it != "--bench")
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (cases, heard, calls) = match &words[..] {
        [] => (&CASES[..], false, "1000"),
        [case, calls] => (std::slice::from_ref(case), false, *calls),
        [case, "heard", calls] => (std::slice::from_ref(case), true, *calls),
        _ => return usage(),
    };
    let Ok(calls) = calls.parse() else {
        return usage();
    };
    for case in cases {
        match count(case, heard, calls) {
            Some(yes) => println!("{case}: {yes} of {calls} were let in"),
            None => return usage(),
        }
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!(
        "cargo bench --bench counted -- CASE [heard] CALLS: the head of benches/counted.rs says which cases there are"
    );
    ExitCode::from(2)
}
