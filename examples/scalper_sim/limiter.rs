//! A limit in fixed memory, far more keys than it has room for: whom does it hinder, and whom does it let through?
//!
//! On the engine, with supply enough that every request could have a slot, as only those are counted; whoever has one gives it back at once.

use std::sync::Arc;

use fairslot::fairness::Share;
use fairslot::{
    Engine, Limit, ManualClock, Outcome, PatientId, Refusal, Request, ScheduleId, Timestamp,
};

use crate::crowd::{dice, mixed};
use crate::mechanism::{Desk, MECHANISMS, OPENS_AT};
use crate::part::{Column, Part, Reading, Row};
use crate::study::{Size, each};

/// People, and how often each asks, a second.
const PEOPLE: u32 = 300_000;
const PACE: f64 = 0.2;
/// The same of those who attack.
const ATTACKERS: u32 = 20_000;
const ATTACK_PACE: f64 = 50.0;
const SECONDS: u64 = 10;
/// One a second, five at once.
const PERIOD_MS: u64 = 1_000;
const BURST: u32 = 5;
/// Cells of 8 bytes in a MiB.
const MIB: u32 = 131_072;
/// A small study has so many times fewer keys and cells, as many keys to a cell.
const SMALLER: u32 = 64;
/// Keys that nobody has used yet, between one's own requests, and how many of those, so many milliseconds apart.
const SPRAYED: u32 = 100_000;
const OWN: u32 = 10;
const OWN_APART_MS: u64 = 200;

/// MiB of cells, in words and as a number of halves; and the share of people's requests that an independent simulation found wrongly refused.
const SIZES: [(&str, u32, f64); 4] = [
    ("0.5 MiB", 1, 0.120_9),
    ("1 MiB", 2, 0.001_156),
    ("2 MiB", 4, 0.000_008),
    ("4 MiB", 8, 0.0),
];

/// A limit on an engine.
struct Limited {
    desk: Desk,
    seed: u64,
}

impl Limited {
    fn new(cells: u32, requests: u32, seed: u64) -> Result<Self, String> {
        let limit = Limit {
            cells,
            ..Limit::new(1, PERIOD_MS, BURST)
        };
        let clock = Arc::new(ManualClock::new(OPENS_AT));
        let engine = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(seed)
            .expected_lines(requests.max(1))
            .patient_limit(limit)
            .build();
        let mut schedule = MECHANISMS[0].schedule(OPENS_AT)?;
        schedule.capacity = u16::MAX.into();
        let desk = Desk::open(engine.map_err(|why| why.to_string())?, clock, &schedule)?;
        Ok(Self { desk, seed })
    }

    fn schedule(&self) -> ScheduleId {
        self.desk.schedule
    }

    /// Whether a request passes the limit.
    fn passes(&self, key: u32) -> Result<bool, String> {
        let patient = PatientId::new(u128::from(key) + 1);
        match self
            .desk
            .engine
            .request(&Request::new(patient, self.schedule()))
        {
            Outcome::Held(hold) => {
                let released = self.desk.engine.release(hold.id, patient);
                released.map(|()| true).map_err(|why| why.to_string())
            }
            Outcome::Refused(Refusal::RateLimited { .. }) => Ok(false),
            other => Err(format!("a request was answered with {other:?}")),
        }
    }

    fn at(&self, ms: u64) -> Timestamp {
        OPENS_AT.after(ms)
    }
}

/// The limit itself, one number a key: whoever would be ahead by more than the burst is refused.
struct Exact(Vec<u64>);

impl Exact {
    fn passes(&mut self, key: u32, ms: u64) -> bool {
        let due = &mut self.0[key as usize];
        let base = (*due).max(ms);
        let passes = base - ms <= PERIOD_MS * u64::from(BURST - 1);
        if passes {
            *due = base + PERIOD_MS;
        }
        passes
    }
}

/// What came of ten seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Flood {
    /// People's requests that the limit itself lets through, and those of them that were refused.
    wrongly: Share,
    /// Requests of the attackers that passed, and those that the limit itself lets through.
    admitted: u64,
    exactly: u64,
}

fn flood(halves: u32, smaller: u32, seed: u64) -> Result<Flood, String> {
    let (people, attackers) = (PEOPLE / smaller, ATTACKERS / smaller);
    let pace = f64::from(people) * PACE + f64::from(attackers) * ATTACK_PACE;
    let admits = people * SECONDS as u32 + attackers * (SECONDS as u32 + BURST);
    let limited = Limited::new(MIB / 2 * halves / smaller, admits, seed)?;
    let mut exact = Exact(vec![0; (people + attackers) as usize]);
    let mut dice = dice(&[limited.seed, 6]);
    let mut flood = Flood::default();
    let (mut at, share) = (dice.wait(pace), f64::from(people) * PACE / pace);
    while at < SECONDS as f64 {
        let ms = (at * 1e3) as u64;
        limited.desk.clock.set(limited.at(ms));
        let is_person = dice.yes(share);
        let key = match is_person {
            true => dice.below(people as usize) as u32,
            false => people + dice.below(attackers as usize) as u32,
        };
        let (passes, should) = (limited.passes(key)?, exact.passes(key, ms));
        if is_person {
            flood.wrongly.of += u64::from(should);
            flood.wrongly.hits += u64::from(should && !passes);
        } else {
            flood.admitted += u64::from(passes);
            flood.exactly += u64::from(should);
        }
        at += dice.wait(pace);
    }
    Ok(flood)
}

/// Who asks for himself now and then, with a crowd of invented keys between: how often he passes, and how often the limit itself lets him.
fn spray(smaller: u32, seed: u64) -> Result<[u64; 2], String> {
    let sprayed = SPRAYED / smaller;
    let limited = Limited::new(4 * MIB / smaller, OWN * sprayed, seed)?;
    let (mut exact, mut next, mut passed) = (Exact(vec![0]), 1, [0; 2]);
    for nth in 0..OWN {
        let ms = u64::from(nth) * OWN_APART_MS;
        limited.desk.clock.set(limited.at(ms));
        passed[0] += u64::from(limited.passes(0)?);
        passed[1] += u64::from(exact.passes(0, ms));
        for _ in 0..sprayed {
            limited.passes(next)?;
            next += 1;
        }
    }
    Ok(passed)
}

const COLUMNS: &[Column] = &[
    Column {
        key: "wrongly_limited",
        heading: "wrongly refused, %",
        unit: 100.0,
        decimals: 4,
    },
    Column {
        key: "attacker_admits_ratio",
        heading: "attackers’ passes ÷ exact",
        unit: 1.0,
        decimals: 4,
    },
];

/// Measures it.
pub(crate) fn run(size: &Size, done: impl Fn(usize, usize) + Sync) -> Result<Part, String> {
    let full = size.is_full();
    let smaller = if full { 1 } else { SMALLER };
    let rows = each(size, SIZES.len() + 1, done, |ticket| {
        let seed = mixed(&[size.seed, ticket as u64, 7]);
        let Some((name, halves, known)) = SIZES.get(ticket) else {
            let [passed, should] = spray(smaller, seed)?;
            return Ok(Row {
                name: "spray",
                what: "4 MiB, and 100,000 invented keys between one’s own requests".to_owned(),
                chinese: "4 MiB，每两次请求之间十万个伪造身份".to_owned(),
                recommended: false,
                with: vec![("passed", passed), ("exact", should)],
                readings: vec![
                    None,
                    Some(Reading::of(passed as f64 / should as f64).known(1.0)),
                ],
            });
        };
        let flood = flood(*halves, smaller, seed)?;
        Ok(Row {
            name: "flood",
            what: (*name).to_owned(),
            chinese: (*name).to_owned(),
            recommended: false,
            with: vec![("kib", u64::from(*halves) * 512)],
            readings: vec![
                Reading::share(flood.wrongly).map(|it| it.known(*known)),
                Some(Reading::of(flood.admitted as f64 / flood.exactly as f64)),
            ],
        })
    })?;
    Ok(Part {
        name: "limiter",
        title: ["A limit in fixed memory", "固定内存限频"],
        what: "300,000 people ask every five seconds, 20,000 attackers fifty times a second; one request a second is allowed, five at once",
        columns: COLUMNS,
        rows,
        full,
    })
}
