//! The slow queue: who asks again, against a concurrent map; and joining and being served, among few and among many.
//!
//! *`slow_queue_repeat`.* A million people wait, on a device for every ten of them; each call is somebody who asks again and gets their ticket, on two threads. Against it a `get` of a `DashMap`
//! from patient and schedule to a number, its hasher its own.
//!
//! *`slow_queue_cost_…`.* So many wait, ten on a device; each call is a newcomer who joins, and a turn that is given. One thread. The yardstick is the same queue with a
//! thousand waiting, which lies in the processor's cache: at ten million every step is somewhere else in memory, so what the ratio shows beyond 1 is that.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use fairslot::line::{Ask, Cluster, Ended, Queue, SlowQueue};
use fairslot::{DeviceId, PatientId, Timestamp};

use crate::args::Args;
use crate::material::{Random, patient};
use crate::report::{Goal, Row};
use crate::round::{Contestant, Rounds, Seat, contest};

const START: u64 = 1_790_000_000_000;

/// One turn a millisecond.
fn queue(capacity: u32) -> Queue {
    let settings = SlowQueue {
        capacity,
        wait_max_ms: 86_400_000,
        ..SlowQueue::new(1, 1)
    };
    Queue::new(settings, 7).unwrap_or_else(|why| unreachable!("in range: {why}"))
}

fn ask(number: u32, devices: u32) -> Ask {
    let device = DeviceId::new(patient(number % devices).to_u128() ^ 1);
    Ask::new(patient(number), 1, Cluster::Device(device))
}

fn fill(queue: &Queue, people: u32) {
    for number in 0..people {
        let joined = queue.join(&ask(number, people / 10), Timestamp::from_millis(START));
        assert!(joined.is_ok(), "there is room");
    }
}

/// A million who wait, and who asks again.
struct Repeats {
    asks: Vec<u32>,
    people: u32,
    queue: Queue,
}

impl Contestant for Repeats {
    fn calls(&self) -> usize {
        self.asks.len()
    }

    fn run(&self, seat: Seat) {
        let now = Timestamp::from_millis(START);
        for number in &self.asks[seat.share(self.asks.len())] {
            let joined = self.queue.join(&ask(*number, self.people / 10), now);
            assert!(black_box(joined).is_ok_and(|it| it.again));
        }
    }
}

struct Map<'a> {
    asks: &'a [u32],
    people: u32,
    map: DashMap<(PatientId, u64), u64>,
}

impl Contestant for Map<'_> {
    fn calls(&self) -> usize {
        self.asks.len()
    }

    fn run(&self, seat: Seat) {
        for number in &self.asks[seat.share(self.asks.len())] {
            let ask = black_box(ask(*number, self.people / 10));
            let known = self.map.get(&(ask.patient, ask.schedule));
            assert!(black_box(known.map(|it| *it)).is_some());
        }
    }
}

/// `slow_queue_repeat`.
pub(crate) fn repeat(args: &Args, rounds: Rounds) -> Vec<Row> {
    let people: u32 = if args.quick { 1_000 } else { 1_000_000 };
    let mut random = Random::new(5);
    let calls = if args.quick { 20_000 } else { 4_000_000 };
    let asks: Vec<u32> = (0..calls)
        .map(|_| random.below(people as usize) as u32)
        .collect();
    let queue = queue(people);
    fill(&queue, people);
    let map = (0..people).map(|number| ((patient(number), 1), u64::from(number)));
    let map = Map {
        asks: &asks,
        people,
        map: map.collect(),
    };
    let ours = Repeats {
        asks: asks.clone(),
        people,
        queue,
    };
    let series = contest(2, rounds, &[&ours, &map]);
    let against = ("DashMap get", &series[1]);
    let goal = Goal::at_most(1.5, 1.0);
    vec![Row::pair("slow_queue_repeat", &series[0], against, goal)]
}

/// So many wait, always.
struct Steady {
    people: u32,
    calls: u32,
    queue: Queue,
    /// Newcomers so far.
    came: AtomicU64,
}

impl Steady {
    fn new(people: u32, calls: u32) -> Self {
        let queue = queue(people + people / 10);
        fill(&queue, people);
        Self {
            people,
            calls,
            queue,
            came: AtomicU64::new(0),
        }
    }
}

impl Contestant for Steady {
    fn calls(&self) -> usize {
        self.calls as usize
    }

    fn run(&self, _: Seat) {
        let mut ended: Vec<Ended> = Vec::with_capacity(2);
        for _ in 0..self.calls {
            let came = self.came.fetch_add(1, Ordering::Relaxed);
            let now = Timestamp::from_millis(START + came);
            // Numbers that nobody has who waits.
            let ask = ask(self.people + came as u32, self.people / 10);
            let joined = self.queue.join(&ask, now);
            assert!(joined.is_ok());
            self.queue.drain(now, 1, &mut ended);
            black_box(&ended);
            ended.clear();
        }
    }

    fn check(&self, _: Seat) {
        let waiting = self.queue.waiting();
        assert!(waiting.abs_diff(self.people) <= 1, "one in, one out");
    }
}

/// `slow_queue_cost_1m`, `slow_queue_cost_10m`.
pub(crate) fn cost(args: &Args, rounds: Rounds) -> Vec<Row> {
    let (sizes, calls) = match args.quick {
        true => ([1_000, 2_000, 4_000], 5_000),
        false => ([1_000, 1_000_000, 10_000_000], 500_000),
    };
    let names = ["slow_queue_cost_1m", "slow_queue_cost_10m"];
    let mut rows = Vec::new();
    let few = Steady::new(sizes[0], calls);
    for (name, size) in names.into_iter().zip(&sizes[1..]) {
        if args.wants(name) {
            let many = Steady::new(*size, calls);
            let series = contest(1, rounds, &[&many, &few]);
            let against = ("the same with a thousand waiting", &series[1]);
            let goal = Goal::at_most(2.0, 1.3);
            rows.push(Row::pair(name, &series[0], against, goal));
        }
    }
    rows
}
