//! The limiter alone, against the crate that one would otherwise take: `governor`, with its concurrent map.
//!
//! Both go by a clock of their own kind: ours by the cached reading that an engine's driver keeps, refreshed every few thousand calls; governor by its
//! default, which reads the processor's counter at each. That reading is a part of what its call costs, as it is in a service.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::measure;
use fairslot::{Clock, CoarseClock, Limit, Limiter, RecentTime, SystemClock, Timestamp};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::args::Args;
use crate::material::{Random, mix};
use crate::report::{Goal, Row, figure};
use crate::round::{Contestant, Rounds, Seat, contest};

/// Five a second, ten at once.
const RATE: u32 = 5;
const BURST: u32 = 10;

/// Calls between two readings of the clock.
const TICK: usize = 4_096;

fn limiter(limit: Limit) -> Limiter {
    Limiter::new(limit, 7).unwrap_or_else(|why| panic!("{why}"))
}

fn of(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

fn governor() -> DefaultKeyedRateLimiter<u128> {
    RateLimiter::dashmap(Quota::per_second(of(RATE)).allow_burst(of(BURST)))
}

/// A key without pattern.
fn key(number: u64) -> u128 {
    u128::from(mix(number)) << 64 | u128::from(number)
}

/// Who asks, in order, and how often they were let.
struct Asks {
    keys: Vec<u128>,
    let_in: AtomicU64,
    asked: AtomicU64,
}

impl Asks {
    fn new(keys: Vec<u128>) -> Self {
        Self {
            keys,
            let_in: AtomicU64::new(0),
            asked: AtomicU64::new(0),
        }
    }

    fn run(&self, seat: Seat, mut check: impl FnMut(&[u128]) -> u64) {
        let mine = &self.keys[seat.share(self.keys.len())];
        let let_in: u64 = mine.chunks(TICK).map(&mut check).sum();
        self.let_in.fetch_add(let_in, Ordering::Relaxed);
        self.asked.fetch_add(mine.len() as u64, Ordering::Relaxed);
    }

    fn share_let_in(&self) -> f64 {
        let [let_in, asked] = [&self.let_in, &self.asked].map(|n| n.load(Ordering::Relaxed) as f64);
        100.0 * let_in / asked
    }
}

struct Ours {
    limiter: Limiter,
    clock: CoarseClock,
    recent: RecentTime,
    asks: Asks,
}

impl Ours {
    fn new(keys: Vec<u128>, cells: u32) -> Self {
        let clock = CoarseClock::new(SystemClock::new());
        let recent = clock
            .recent()
            .unwrap_or_else(|| unreachable!("it is coarse"));
        let limit = Limit {
            cells,
            ..Limit::new(RATE, 1_000, BURST)
        };
        Self {
            limiter: limiter(limit),
            clock,
            recent,
            asks: Asks::new(keys),
        }
    }
}

impl Contestant for Ours {
    fn calls(&self) -> usize {
        self.asks.keys.len()
    }

    fn run(&self, seat: Seat) {
        self.asks.run(seat, |keys| {
            self.clock.tick();
            let may = |key: &&u128| black_box(self.limiter.check(**key, self.recent.get()).is_ok());
            keys.iter().filter(may).count() as u64
        });
    }
}

struct Governor {
    limiter: DefaultKeyedRateLimiter<u128>,
    asks: Asks,
}

impl Contestant for Governor {
    fn calls(&self) -> usize {
        self.asks.keys.len()
    }

    fn run(&self, seat: Seat) {
        self.asks.run(seat, |keys| {
            let may = |key: &&u128| black_box(self.limiter.check_key(*key).is_ok());
            keys.iter().filter(may).count() as u64
        });
    }
}

fn pair(keys: &[u128], cells: u32) -> (Ours, Governor) {
    let theirs = Governor {
        limiter: governor(),
        asks: Asks::new(keys.to_vec()),
    };
    (Ours::new(keys.to_vec(), cells), theirs)
}

const AGAINST: &str = "governor, DashMap";

/// `limiter_deny`: one identity hammers, from every thread.
pub(crate) fn deny(args: &Args, rounds: Rounds) -> Vec<Row> {
    let calls = if args.quick { 20_000 } else { 4_000_000 };
    let cases = [
        ("limiter_deny_1t", 1, Goal::at_least(4.0, 6.0)),
        ("limiter_deny_2t", 2, Goal::at_least(8.0, 14.0)),
    ];
    let mut rows = Vec::new();
    for (name, threads, goal) in cases {
        if args.wants(name) {
            let (ours, theirs) = pair(&vec![key(1); calls], Limit::CELLS);
            let series = contest(threads, rounds, &[&ours, &theirs]);
            rows.push(Row::pair(name, &series[0], (AGAINST, &series[1]), goal));
        }
    }
    rows
}

/// `limiter_1m`: a million keys, of which one in a hundred makes half of the calls, and is refused most of them.
pub(crate) fn million(args: &Args, rounds: Rounds) -> Vec<Row> {
    let (keys, calls) = if args.quick {
        (1_000, 20_000)
    } else {
        (1_000_000, 4_000_000)
    };
    let mut random = Random::new(11);
    let mut ask = |call| random.below(if call % 2 == 0 { keys } else { keys / 100 });
    let asks: Vec<u128> = (0..calls).map(|call| key(ask(call) as u64)).collect();
    // Two and a half cells a key.
    let cells = keys as u32 / 2 * 5;
    let (ours, theirs) = pair(&asks, cells);
    let series = contest(2, rounds, &[&ours, &theirs]);
    let row = Row::pair(
        "limiter_1m",
        &series[0],
        (AGAINST, &series[1]),
        Goal::at_least(4.0, 8.0),
    );
    vec![row.noting(format!(
        "{} % of our calls were let in, {} % of governor's: whose rounds last longer, lets more in",
        figure(ours.asks.share_let_in()),
        figure(theirs.asks.share_let_in())
    ))]
}

/// `limiter_flood`: what invented identities leave behind, and what they gain.
pub(crate) fn flood(args: &Args, _: Rounds) -> Vec<Row> {
    let invented = if args.quick { 100_000 } else { 100_000_000 };
    let limiter = limiter(Limit::new(RATE, 1_000, BURST));
    let start = Timestamp::from_millis(1_790_000_000_000);
    let grown = measure(|| {
        for number in 0..invented {
            let now = start.after(number / 1_000);
            black_box(limiter.check(key(number), now).is_ok());
        }
    });
    let fewer = invented / 50;
    let theirs = measure(|| {
        let governor = governor();
        for number in 0..fewer {
            black_box(governor.check_key(&key(number)).is_ok());
        }
        // Kept, to be counted.
        std::mem::forget(governor);
    });
    let growth = Row::absolute(
        "limiter_flood_growth",
        "B",
        &[grown.bytes_current as f64],
        "–",
        Goal::at_most(0.0, 0.0),
    )
    .noting(format!(
        "{invented} invented identities; governor grows by {} B for each",
        figure(theirs.bytes_current as f64 / fewer as f64)
    ));
    vec![growth, leak(args)]
}

/// Abusers at ten times their rate, among twice as many identities that owe something as there are cells: what they are given, by what is theirs.
fn leak(args: &Args) -> Row {
    let identities: usize = if args.quick { 2_000 } else { 200_000 };
    let abusers = identities / 20;
    let limit = Limit {
        cells: identities as u32 / 2,
        ..Limit::new(1, 1_000, 5)
    };
    let limiter = limiter(limit);
    // The exact answers for abusers, by the same algorithm with a word each.
    let (step, tolerance) = (1_000, 4_000);
    let mut until = vec![0u64; abusers];
    let (mut ours, mut exact) = (0u64, 0u64);
    let mut random = Random::new(3);
    let start = 1_790_000_000_000u64;
    for ms in start..start + 10_000 {
        let now = Timestamp::from_millis(ms);
        for _ in 0..identities / 1_000 {
            // The others once a second each, which is their rate.
            let _ = limiter.check(key((abusers + random.below(identities)) as u64), now);
        }
        for _ in 0..abusers * 10 / 1_000 {
            let abuser = random.below(abusers);
            ours += u64::from(limiter.check(key(abuser as u64), now).is_ok());
            let from = until[abuser].max(ms);
            if from - ms <= tolerance {
                until[abuser] = from + step;
                exact += 1;
            }
        }
    }
    let ratio = ours as f64 / exact as f64;
    Row::absolute(
        "limiter_flood_leak",
        "x",
        &[ratio],
        "what is theirs",
        Goal::at_most(1.05, 1.0),
    )
    .noting("half as many cells as identities that owe something, abusers at ten times their rate")
}
