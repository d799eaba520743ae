//! The request that gets a slot: book, claim, hold and event, against what one would otherwise write and against what the machine asks for
//! three lines.
//!
//! A million patients, ten thousand schedules of forty slots, thirty requests a schedule a round: uniform, independent, the same ones for
//! everybody in a round. Nearly all are granted. One subscription is attached; its ring holds a whole round and is emptied between rounds.

use std::hint::black_box;

use fairslot::{PatientId, Request, ScheduleId, Subscription, What};
use parking_lot::RwLock;

use crate::args::Args;
use crate::floor::CasFloor;
use crate::hospital::Hospital;
use crate::material::{addressed, uniform_orders};
use crate::peer::Peer;
use crate::report::{Goal, Row};
use crate::round::{Contestant, Rounds, Seat, contest};

/// Requests handed to `request_many` at a time.
const BATCH: usize = 64;

#[derive(Debug, Clone, Copy)]
struct Size {
    patients: usize,
    schedules: usize,
    requests: usize,
    floor_bytes: usize,
}

const CAPACITY: u32 = 40;

fn size(args: &Args) -> Size {
    if args.quick {
        Size {
            patients: 2_000,
            schedules: 20,
            requests: 600,
            floor_bytes: 1 << 16,
        }
    } else {
        Size {
            patients: 1_000_000,
            schedules: 10_000,
            requests: 300_000,
            // As many bytes as a million patients' books have in the table, a cache line each.
            floor_bytes: 64 << 20,
        }
    }
}

/// How requests are handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    OneByOne,
    Many,
}

struct Ours {
    hospital: Hospital,
    feed: Subscription,
    size: Size,
    how: How,
    orders: RwLock<Vec<(PatientId, ScheduleId)>>,
}

impl Ours {
    fn new(size: Size, how: How) -> Self {
        let hospital = Hospital::new(size.schedules, CAPACITY, |builder| {
            builder.expected_lines(size.patients as u32)
        });
        // A round's events, and those of the clearing before it, which nobody reads: they may be lost.
        let feed = hospital.engine.observe(size.requests + 1);
        Self {
            hospital,
            feed,
            size,
            how,
            orders: RwLock::default(),
        }
    }
}

impl Contestant for Ours {
    fn calls(&self) -> usize {
        self.size.requests
    }

    fn prepare(&self, seat: Seat) {
        self.hospital.renew(seat);
        if seat.leads() {
            let orders = orders(self.size, seat);
            *self.orders.write() = addressed(&orders, &self.hospital.ids());
            while self.feed.next().is_some() {}
        }
    }

    fn run(&self, seat: Seat) {
        let orders = self.orders.read();
        let mine = &orders[seat.share(orders.len())];
        let engine = &self.hospital.engine;
        match self.how {
            How::OneByOne => {
                for (patient, schedule) in mine {
                    black_box(&engine.request(&Request::new(*patient, *schedule)));
                }
            }
            How::Many => {
                let mut batch = Vec::with_capacity(BATCH);
                for some in mine.chunks(BATCH) {
                    batch.clear();
                    batch.extend(
                        some.iter()
                            .map(|(patient, schedule)| Request::new(*patient, *schedule)),
                    );
                    black_box(&engine.request_many(&batch));
                }
            }
        }
    }

    fn check(&self, _: Seat) {
        self.hospital.audit();
        let held = self.hospital.held();
        assert!(held as usize * 20 >= self.size.requests * 19, "{held} held");
        let told = std::iter::from_fn(|| self.feed.next())
            .filter(|event| matches!(event.what, What::Held { .. }))
            .count();
        assert_eq!(told as u64, held);
    }
}

fn orders(size: Size, seat: Seat) -> Vec<crate::material::Order> {
    uniform_orders(
        size.requests,
        size.patients,
        size.schedules,
        seat.round as u64,
    )
}

struct Theirs {
    peer: Peer,
    ids: Vec<ScheduleId>,
    size: Size,
    orders: RwLock<Vec<(PatientId, ScheduleId)>>,
}

impl Theirs {
    fn new(size: Size) -> Self {
        // Ids are opaque: an engine mints them.
        let mint = Hospital::new(size.schedules, 1, |builder| builder);
        mint.renew(Seat {
            index: 0,
            threads: 1,
            round: 0,
        });
        let ids = mint.ids().clone();
        Self {
            peer: Peer::new(
                &ids,
                CAPACITY as u16,
                size.patients,
                Some(size.requests + 1),
            ),
            ids,
            size,
            orders: RwLock::default(),
        }
    }
}

impl Contestant for Theirs {
    fn calls(&self) -> usize {
        self.size.requests
    }

    fn prepare(&self, seat: Seat) {
        if seat.leads() {
            self.peer.renew();
            *self.orders.write() = addressed(&orders(self.size, seat), &self.ids);
        }
    }

    fn run(&self, seat: Seat) {
        let orders = self.orders.read();
        // The naive order: one lock less than with a peek, where nearly all are granted.
        for (patient, schedule) in &orders[seat.share(orders.len())] {
            black_box(&self.peer.naive(*patient, *schedule));
        }
    }

    fn check(&self, _: Seat) {
        self.peer.audit();
    }
}

const PEER: &str = "DashMap, Mutex<VecDeque>, DashMap";
const FLOOR: &str = "3 CAS on random lines of 64 MiB";
/// The lines that a grant really wants: the patient's bucket, the record, the pool's two, the slot's, the ring's.
const LINES: usize = 6;
const FLOOR_OF_LINES: &str = "6 CAS on random lines of 64 MiB";

/// `admitted`, `admitted_vs_floor` and `batch`, all in one contest.
pub(crate) fn rows(args: &Args, rounds: Rounds) -> Vec<Row> {
    let size = size(args);
    let mut rows = Vec::new();
    let (single, many) = (Ours::new(size, How::OneByOne), Ours::new(size, How::Many));
    let theirs = Theirs::new(size);
    let floor = CasFloor::new(size.floor_bytes, 3, size.requests);
    let lines = CasFloor::new(size.floor_bytes, LINES, size.requests);
    let series = contest(1, rounds, &[&single, &many, &theirs, &floor, &lines]);
    let [one, batch, peer, bare, as_many] = &series[..] else {
        unreachable!("a series a contestant")
    };
    rows.push(Row::pair(
        "admitted_1t",
        one,
        (PEER, peer),
        Goal::at_least(2.5, 4.0),
    ));
    let floor_goals = [
        ("admitted_vs_floor_single", one, Goal::at_most(2.2, 1.4)),
        ("admitted_vs_floor_batch", batch, Goal::at_most(1.3, 0.7)),
    ];
    for (name, ours, goal) in floor_goals {
        rows.push(Row::pair(name, ours, (FLOOR, bare), goal));
    }
    for (name, ours) in [
        ("admitted_vs_lines_single", one),
        ("admitted_vs_lines_batch", batch),
    ] {
        rows.push(Row::pair(
            name,
            ours,
            (FLOOR_OF_LINES, as_many),
            Goal::stated(None),
        ));
    }
    let alone = ("request, one by one", one);
    rows.push(Row::pair("batch", batch, alone, Goal::at_least(1.4, 2.0)));
    rows
}

/// `admitted` on two threads.
pub(crate) fn rows_of_two(args: &Args, rounds: Rounds) -> Vec<Row> {
    let size = size(args);
    let (single, many) = (Ours::new(size, How::OneByOne), Ours::new(size, How::Many));
    let theirs = Theirs::new(size);
    let series = contest(2, rounds, &[&single, &many, &theirs]);
    let peer = (PEER, &series[2]);
    vec![
        Row::pair("admitted_2t", &series[0], peer, Goal::at_least(4.0, 6.0)),
        Row::pair("admitted_batch_2t", &series[1], peer, Goal::stated_more()),
    ]
}
