//! The slow queue: how long do people wait behind a crowd of identities, and who is refused when it is full?

use std::collections::HashMap;

use fairslot::fairness::{Share, starvation_bound_s};
use fairslot::line::{Ask, Cluster, Ended, How, Queue, SlowQueue};
use fairslot::{DeviceId, PatientId, Timestamp};

use crate::crowd::{dice, mixed};
use crate::part::{Column, Part, Reading, Row};
use crate::study::{Size, TRIALS, each};

/// Turns a second.
const RATE: f64 = 100.0;
const TURNS: SlowQueue = SlowQueue::new(100, 1_000);
/// People of a morning, at random within ten seconds.
const PEOPLE: u64 = 20;
const COME_MS: f64 = 10_000.0;
/// By then everybody has been served.
const END_MS: u64 = 30_000;
/// Mornings for each population of a full study.
const MORNINGS: u32 = 20;

/// The queue that is full: so many tickets, so many of the scalper's identities in the first second, and so many in the rest of half a minute.
const CAPACITY: u32 = 5_000;
const FIRST: u64 = 10_000;
const LATER: u64 = 30_000;
const FLOODED: u64 = 500;
const FLOOD_DEVICES: u64 = 20;
const PERSON: u64 = 1 << 40;

/// Identities, how often each asks at the beginning, and on how many devices; mean and longest wait of the people, in seconds, as an independent simulation had them.
const CROWDS: [(u64, u64, u64, [f64; 2]); 6] = [
    (10, 100, 10, [0.01, 0.09]),
    (100, 100, 100, [0.04, 0.78]),
    (1_000, 100, 1_000, [5.42, 9.99]),
    (1_000, 1, 20, [0.209, 0.240]),
    (1_000, 1, 200, [1.890, 2.107]),
    (1_000, 1, 1_000, [5.214, 9.995]),
];

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}

/// From a device of the scalper's, or as a person with one of their own.
fn ask(who: u64, devices: u64) -> Ask {
    let device = if who < PERSON { who % devices } else { who };
    let patient = PatientId::new(u128::from(who) + 1);
    Ask::new(
        patient,
        1,
        Cluster::Device(DeviceId::new(u128::from(device) + 1)),
    )
}

fn is_person(ended: &Ended) -> bool {
    ended.patient.to_u128() > u128::from(PERSON)
}

/// The people's waits in one morning, in seconds, and what each was promised at the most.
fn morning(identities: u64, times: u64, devices: u64, seed: u64) -> Result<Vec<[f64; 2]>, String> {
    let queue = Queue::new(TURNS, seed).map_err(|why| why.to_string())?;
    for identity in (0..times).flat_map(|_| 0..identities) {
        let joined = queue.join(&ask(identity, devices), at(0));
        joined.map_err(|why| why.to_string())?;
    }
    let mut dice = dice(&[seed]);
    let mut people: Vec<(u64, u64)> = (0..PEOPLE)
        .map(|nth| (dice.between(0.0, COME_MS) as u64, PERSON + nth))
        .collect();
    people.sort_unstable();
    let (mut coming, mut waits, mut ended) = (people.iter().peekable(), Vec::new(), Vec::new());
    let mut since = HashMap::new();
    for ms in 0..END_MS {
        while let Some((_, person)) = coming.next_if(|(when, _)| *when == ms) {
            let ask = ask(*person, devices);
            queue.join(&ask, at(ms)).map_err(|why| why.to_string())?;
            let bound = starvation_bound_s(queue.clusters().into(), RATE);
            since.insert(ask.patient, (ms, bound.unwrap_or(0.0)));
        }
        queue.drain(at(ms), usize::MAX, &mut ended);
        for it in ended.drain(..) {
            if let Some((came, bound)) = since.remove(&it.patient) {
                let wait = (ms - came) as f64 / 1e3;
                if wait > bound {
                    return Err(format!(
                        "somebody waited {wait} s, and at most {bound} s is promised"
                    ));
                }
                waits.push([wait, bound]);
            }
        }
    }
    if waits.len() as u64 == PEOPLE {
        Ok(waits)
    } else {
        Err("somebody was never served".to_owned())
    }
}

/// Of the people who come while the queue is flooded those who are refused, or have to make room.
fn flooded(seed: u64) -> Result<Share, String> {
    let settings = SlowQueue {
        capacity: CAPACITY,
        ..TURNS
    };
    let queue = Queue::new(settings, seed).map_err(|why| why.to_string())?;
    let mut dice = dice(&[seed]);
    let mut come: Vec<(u64, u64)> = (0..FIRST).map(|nth| (nth * 975 / FIRST, nth)).collect();
    come.extend((0..LATER).map(|nth| (7_500 + nth * 22_500 / LATER, FIRST + nth)));
    come.extend((0..FLOODED).map(|nth| (dice.between(0.0, 30_000.0) as u64, PERSON + nth)));
    come.sort_unstable();
    let (mut coming, mut ended, mut lost) = (come.iter().peekable(), Vec::new(), 0);
    for ms in 0..END_MS {
        while let Some((_, who)) = coming.next_if(|(when, _)| *when == ms) {
            match queue.join(&ask(*who, FLOOD_DEVICES), at(ms)) {
                Ok(mut joined) => ended.append(&mut joined.ended),
                Err(mut full) => {
                    lost += u64::from(*who >= PERSON);
                    ended.append(&mut full.ended);
                }
            }
        }
        queue.drain(at(ms), usize::MAX, &mut ended);
        let out = |it: &&Ended| it.how != How::Served && is_person(it);
        lost += ended.iter().filter(out).count() as u64;
        ended.clear();
    }
    Ok(Share {
        hits: lost,
        of: FLOODED,
    })
}

const COLUMNS: &[Column] = &[
    Column {
        key: "wait_s",
        heading: "wait, s",
        unit: 1.0,
        decimals: 3,
    },
    Column {
        key: "longest_s",
        heading: "longest, s",
        unit: 1.0,
        decimals: 3,
    },
    Column {
        key: "of_bound",
        heading: "÷ promised",
        unit: 1.0,
        decimals: 3,
    },
    Column {
        key: "refused",
        heading: "people refused, %",
        unit: 100.0,
        decimals: 2,
    },
];

/// Measures it.
pub(crate) fn run(size: &Size, done: impl Fn(usize, usize) + Sync) -> Result<Part, String> {
    let mornings = (MORNINGS * size.trials.min(TRIALS) / TRIALS).max(1);
    let populations = size.populations as usize;
    let crowds = each(size, CROWDS.len() * populations, &done, |ticket| {
        let (identities, times, devices, _) = CROWDS[ticket / populations];
        let mut waits = Vec::new();
        for nth in 0..mornings {
            let seed = mixed(&[size.seed, ticket as u64, nth.into(), 8]);
            waits.extend(morning(identities, times, devices, seed)?);
        }
        let most = |of: fn(&[f64; 2]) -> f64| waits.iter().map(of).fold(0.0, f64::max);
        let sum: f64 = waits.iter().map(|it| it[0]).sum();
        Ok([
            sum / waits.len() as f64,
            most(|it| it[0]),
            most(|it| it[0] / it[1]),
        ])
    })?;
    let mut rows: Vec<Row> = Vec::new();
    for (crowd, waits) in CROWDS.iter().zip(crowds.chunks(populations)) {
        let &(identities, times, devices, known) = crowd;
        let means: Vec<f64> = waits.iter().map(|it| it[0]).collect();
        let [longest, of_bound] =
            [1, 2].map(|nth| waits.iter().map(|it| it[nth]).fold(0.0, f64::max));
        let [many, on] = [identities, devices].map(crate::figures::grouped);
        rows.push(Row {
            name: "crowd",
            what: format!("{many} identities on {on} devices, {times} × each"),
            chinese: format!("{on} 台设备，{many} 个身份，各 {times} 次"),
            with: vec![
                ("identities", identities),
                ("times", times),
                ("devices", devices),
            ],
            readings: vec![
                Reading::mean(&means).map(|it| it.known(known[0])),
                Some(Reading::of(longest).known(known[1])),
                Some(Reading::of(of_bound)),
                None,
            ],
        });
    }
    let floods = each(size, populations, done, |ticket| {
        flooded(mixed(&[size.seed, ticket as u64, 9]))
    })?;
    let refused = floods.into_iter().fold(Share::default(), |all, one| Share {
        hits: all.hits + one.hits,
        of: all.of + one.of,
    });
    rows.push(Row {
        name: "flood",
        what: "40,000 identities on 20 devices, room for 5,000".to_owned(),
        chinese: "20 台设备，四万个身份，队列容量五千".to_owned(),
        with: vec![("people", refused.of), ("refused", refused.hits)],
        readings: vec![
            None,
            None,
            None,
            Reading::share(refused).map(|it| it.known(0.0)),
        ],
    });
    Ok(Part {
        name: "slow_queue",
        title: ["Waiting behind a crowd", "慢速队列"],
        what: "a hundred turns a second; 20 people come within ten seconds, and before them a crowd of identities",
        columns: COLUMNS,
        rows,
        full: size.is_full(),
    })
}
