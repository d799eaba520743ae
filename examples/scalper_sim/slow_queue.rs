//! The slow queue: how long do people wait behind a crowd of identities, and who is refused when it is full?
//!
//! On the engine, with supply enough for everybody. Here all devices are on a list of suspects, those of the people too, so that everybody is slowed, and nothing else is held against anybody: what is
//! measured is the queue. In earnest people are not in it.

use std::collections::HashMap;
use std::sync::Arc;

use fairslot::fairness::{Share, starvation_bound_s};
use fairslot::line::SlowQueue;
use fairslot::{
    Behaviour, Card, DeviceId, Engine, Event, Label, Labels, ManualClock, Mark, Marked, Outcome,
    PatientId, Ramp, Refusal, Request, Rule, TicketId, Timestamp, What,
};

use crate::crowd::{dice, mixed};
use crate::figures::grouped;
use crate::mechanism::{Desk, MECHANISMS, OPENS_AT};
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
/// Of devices: of many more than there are.
const RECORDS: u32 = 8_192;

/// Identities, how often each asks at the beginning, and on how many devices; mean and longest wait of the people, in seconds, as an independent simulation had them.
const CROWDS: [(u64, u64, u64, [f64; 2]); 6] = [
    (10, 100, 10, [0.01, 0.09]),
    (100, 100, 100, [0.04, 0.78]),
    (1_000, 100, 1_000, [5.42, 9.99]),
    (1_000, 1, 20, [0.209, 0.240]),
    (1_000, 1, 200, [1.890, 2.107]),
    (1_000, 1, 1_000, [5.214, 9.995]),
];

/// An engine with this queue, on which whoever asks from one of so many devices, or is one of so many people, is slowed.
fn desk(queue: SlowQueue, devices: u64, people: u64, seed: u64) -> Result<Desk, String> {
    let quiet = Ramp::new(1, 2, 0);
    let default = Card::default();
    let card = Card {
        early: 0,
        rate: quiet,
        trusted_rate: quiet,
        metronome: 0,
        fan_out_patients: quiet,
        fan_out_devices: 0,
        fan_out_doctors: 0,
        sold_out_hammer: 0,
        ..default
    };
    let clock = Arc::new(ManualClock::new(OPENS_AT));
    let engine = Engine::builder()
        .clock(Arc::clone(&clock))
        .seed(seed)
        .behaviour(Behaviour {
            records: RECORDS,
            card,
            ..Behaviour::default()
        })
        .slow_queue(queue)
        .build();
    let engine = engine.map_err(|why| why.to_string())?;
    let mark = Mark {
        label: Label::Blocklisted,
        points: card.slow_at,
        until: Timestamp::MAX,
    };
    let marked = |id: u64| Marked {
        id: device(id),
        marks: vec![mark],
    };
    let people = PERSON..PERSON + people;
    let labels = Labels {
        devices: (0..devices).chain(people).map(marked).collect(),
        ..Labels::default()
    };
    engine.import_labels(&labels);
    let mut schedule = MECHANISMS[0].schedule(OPENS_AT)?;
    schedule.capacity = u16::MAX.into();
    Desk::open(engine, clock, &schedule)
}

fn device(number: u64) -> DeviceId {
    DeviceId::new(u128::from(number) + 1)
}

fn patient(who: u64) -> PatientId {
    PatientId::new(u128::from(who) + 1)
}

/// Asks from a device of the scalper's, or as a person with one of their own. Their ticket; `None` if the queue is full.
fn ask(desk: &Desk, who: u64, devices: u64) -> Result<Option<TicketId>, String> {
    let from = if who < PERSON { who % devices } else { who };
    let request = Request::new(patient(who), desk.schedule).device(device(from));
    match desk.engine.request(&request) {
        Outcome::Waiting(ticket) => Ok(Some(ticket.id)),
        Outcome::Refused(Refusal::Rule {
            rule: Rule::QueueFull { .. },
        }) => Ok(None),
        other => Err(format!("who is to be slowed was answered with {other:?}")),
    }
}

/// When people come who do so evenly at random until then: the first first.
fn people(many: u64, until_ms: f64, seed: u64) -> Vec<(u64, u64)> {
    let mut dice = dice(&[seed]);
    let mut people: Vec<(u64, u64)> = (0..many)
        .map(|nth| (dice.between(0.0, until_ms) as u64, PERSON + nth))
        .collect();
    people.sort_unstable();
    people
}

/// Lets time pass until then.
fn pass(desk: &Desk, ms: u64) {
    desk.clock.set(OPENS_AT.after(ms));
    while desk.engine.advance().more {}
}

/// The people's waits in one morning, in seconds, and what each was promised at the most.
fn morning(identities: u64, times: u64, devices: u64, seed: u64) -> Result<Vec<[f64; 2]>, String> {
    let desk = desk(TURNS, devices, PEOPLE, seed)?;
    for identity in (0..times).flat_map(|_| 0..identities) {
        ask(&desk, identity, devices)?.ok_or("there is no room in the queue")?;
    }
    let served = desk.engine.observe(1 << 13);
    let mut since = HashMap::new();
    for (ms, person) in people(PEOPLE, COME_MS, seed) {
        desk.clock.set(OPENS_AT.after(ms));
        ask(&desk, person, devices)?.ok_or("there is no room in the queue")?;
        let ring = desk.engine.stats().slow_queue.map_or(0, |it| it.clusters);
        let bound = starvation_bound_s(ring.into(), RATE);
        since.insert(patient(person), (ms, bound.unwrap_or(0.0)));
    }
    pass(&desk, END_MS);
    let mut waits = Vec::new();
    while let Some(event) = served.next() {
        let Event {
            at,
            patient: Some(who),
            what: What::Held { .. },
            ..
        } = event
        else {
            continue;
        };
        let Some((came, bound)) = since.remove(&who) else {
            continue;
        };
        let wait = at.since(OPENS_AT.after(came)) as f64 / 1e3;
        if wait > bound {
            return Err(format!(
                "somebody waited {wait} s, and at most {bound} s is promised"
            ));
        }
        waits.push([wait, bound]);
    }
    match served.lost() == 0 && since.is_empty() {
        true => Ok(waits),
        false => Err("somebody was never served".to_owned()),
    }
}

/// Of the people who come while the queue is flooded those who are refused, or have to make room.
fn flooded(seed: u64) -> Result<Share, String> {
    let settings = SlowQueue {
        capacity: CAPACITY,
        ..TURNS
    };
    let desk = desk(settings, FLOOD_DEVICES, FLOODED, seed)?;
    let mut come: Vec<(u64, u64)> = (0..FIRST).map(|nth| (nth * 975 / FIRST, nth)).collect();
    come.extend((0..LATER).map(|nth| (7_500 + nth * 22_500 / LATER, FIRST + nth)));
    come.extend(people(FLOODED, 30_000.0, seed));
    come.sort_unstable();
    let (mut tickets, mut lost, mut turned_away) = (Vec::new(), 0, 0);
    for (ms, who) in come {
        desk.clock.set(OPENS_AT.after(ms));
        match (ask(&desk, who, FLOOD_DEVICES)?, who >= PERSON) {
            (Some(ticket), true) => tickets.push(ticket),
            (None, true) => lost += 1,
            (Some(_), false) => {}
            (None, false) => turned_away += 1,
        }
    }
    pass(&desk, 2 * END_MS);
    for ticket in tickets {
        match desk.engine.ticket(ticket) {
            Ok(Outcome::Held(_)) => {}
            Ok(Outcome::Refused(_)) => lost += 1,
            other => return Err(format!("a place in the queue came to {other:?}")),
        }
    }
    match turned_away {
        0 => Err("nobody was turned away: the queue was not full".to_owned()),
        _ => Ok(Share {
            hits: lost,
            of: FLOODED,
        }),
    }
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
        let [many, on] = [identities, devices].map(grouped);
        rows.push(Row {
            name: "crowd",
            what: format!("{many} identities on {on} devices, {times} × each"),
            chinese: format!("{on} 台设备，{many} 个身份，各 {times} 次"),
            recommended: false,
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
        recommended: false,
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
