//! The request that gets a slot, with all that a service asks of it: limits for patient, account, device and network, and behaviour judged; against the same four limits
//! by `governor` and the map of queues, which judges no behaviour.
//!
//! A million patients, two on a device and account, a hundred in a network, who ask a second after the opening, as people do, and whose last hold ran out a season ago; ten thousand schedules of forty slots, thirty requests a schedule a round. The limits
//! are wide enough for all: what is measured is asking them. Governor goes by its default clock, which reads the processor's counter.

use std::hint::black_box;
use std::num::NonZeroU32;

use fairslot::{AccountId, Behaviour, DeviceId, Limit, PatientId, Request, ScheduleId};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use parking_lot::RwLock;

use crate::args::Args;
use crate::hospital::Hospital;
use crate::material::{Order, mix, patient, uniform_orders};
use crate::peer::{Answer, Peer};
use crate::report::{Goal, Row};
use crate::round::{Contestant, Rounds, Seat, contest};

/// Requests handed to `request_many` at a time.
const BATCH: usize = 64;
const CAPACITY: u32 = 40;
/// Turns a second, and at once, for every key: more than anybody wants.
const TURNS: u32 = 10_000;

#[derive(Debug, Clone, Copy)]
struct Size {
    patients: usize,
    schedules: usize,
    requests: usize,
}

fn size(args: &Args) -> Size {
    let (patients, schedules, requests) = if args.quick {
        (2_000, 20, 600)
    } else {
        (1_000_000, 10_000, 300_000)
    };
    Size {
        patients,
        schedules,
        requests,
    }
}

/// Who asks from where.
#[derive(Debug, Clone, Copy)]
struct Ask {
    patient: PatientId,
    account: u128,
    device: u128,
    network: u32,
    schedule: ScheduleId,
}

impl Ask {
    fn new(order: Order, ids: &[ScheduleId]) -> Self {
        let wide = |number: u64| u128::from(mix(number)) << 64 | u128::from(number);
        let home = u64::from(order.patient / 2);
        Self {
            patient: patient(order.patient),
            account: wide(home),
            device: wide(home | 1 << 40),
            network: order.patient / 100,
            schedule: ids[order.schedule as usize],
        }
    }

    fn request(&self) -> Request {
        let address = std::net::Ipv4Addr::from_bits((10 << 24) + (self.network << 8));
        Request::new(self.patient, self.schedule)
            .account(AccountId::new(self.account))
            .device(DeviceId::new(self.device))
            .network(address.into())
    }
}

fn asks(size: Size, seat: Seat, ids: &[ScheduleId]) -> Vec<Ask> {
    let round = seat.round as u64;
    let orders = uniform_orders(size.requests, size.patients, size.schedules, round);
    orders
        .into_iter()
        .map(|order| Ask::new(order, ids))
        .collect()
}

struct Ours {
    hospital: Hospital,
    size: Size,
    many: bool,
    asks: RwLock<Vec<Ask>>,
}

impl Ours {
    fn new(size: Size, many: bool) -> Self {
        let limit = |keys: usize| Limit {
            // Two and a half cells a key.
            cells: (keys as u32 / 2 * 5).max(8),
            ..Limit::new(TURNS, 1_000, TURNS)
        };
        let hospital = Hospital::new(size.schedules, CAPACITY, |builder| {
            builder
                .expected_lines(size.patients as u32)
                .patient_limit(limit(size.patients))
                .account_limit(limit(size.patients / 2))
                .device_limit(limit(size.patients / 2))
                .network_limit(limit(size.patients / 100))
                .behaviour(Behaviour {
                    records: size.patients as u32,
                    ..Behaviour::default()
                })
        });
        Self {
            hospital,
            size,
            many,
            asks: RwLock::default(),
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
            *self.asks.write() = asks(self.size, seat, &self.hospital.ids());
        }
    }

    fn run(&self, seat: Seat) {
        let asks = self.asks.read();
        let mine = &asks[seat.share(asks.len())];
        let engine = &self.hospital.engine;
        if !self.many {
            for ask in mine {
                black_box(&engine.request(&ask.request()));
            }
            return;
        }
        let mut batch = Vec::with_capacity(BATCH);
        for some in mine.chunks(BATCH) {
            batch.clear();
            batch.extend(some.iter().map(Ask::request));
            black_box(&engine.request_many(&batch));
        }
    }

    fn check(&self, _: Seat) {
        self.hospital.audit();
        let held = self.hospital.held();
        assert!(held as usize * 20 >= self.size.requests * 19, "{held} held");
        let judged = self.hospital.engine.stats().behaviour;
        assert!(judged.is_some_and(|it| it.observed >= held));
    }
}

struct Theirs {
    peer: Peer,
    patients: DefaultKeyedRateLimiter<PatientId>,
    accounts: DefaultKeyedRateLimiter<u128>,
    devices: DefaultKeyedRateLimiter<u128>,
    networks: DefaultKeyedRateLimiter<u32>,
    ids: Vec<ScheduleId>,
    size: Size,
    asks: RwLock<Vec<Ask>>,
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
        let turns = NonZeroU32::new(TURNS).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(turns);
        Self {
            peer: Peer::new(&ids, CAPACITY as u16, size.patients, None),
            patients: RateLimiter::dashmap(quota),
            accounts: RateLimiter::dashmap(quota),
            devices: RateLimiter::dashmap(quota),
            networks: RateLimiter::dashmap(quota),
            ids,
            size,
            asks: RwLock::default(),
        }
    }

    #[inline]
    fn ask(&self, ask: &Ask) -> Answer {
        let passes = self.patients.check_key(&ask.patient).is_ok()
            && self.accounts.check_key(&ask.account).is_ok()
            && self.devices.check_key(&ask.device).is_ok()
            && self.networks.check_key(&ask.network).is_ok();
        if passes {
            self.peer.naive(ask.patient, ask.schedule)
        } else {
            Answer::TooSoon
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
            *self.asks.write() = asks(self.size, seat, &self.ids);
        }
    }

    fn run(&self, seat: Seat) {
        let asks = self.asks.read();
        for ask in &asks[seat.share(asks.len())] {
            black_box(&self.ask(ask));
        }
    }

    fn check(&self, _: Seat) {
        self.peer.audit();
    }
}

/// `admitted_full` on so many threads, one by one and in batches.
fn rows_of(
    args: &Args,
    rounds: Rounds,
    threads: usize,
    cases: [(&'static str, Goal); 2],
) -> Vec<Row> {
    let size = size(args);
    let (single, many, theirs) = (
        Ours::new(size, false),
        Ours::new(size, true),
        Theirs::new(size),
    );
    let series = contest(threads, rounds, &[&single, &many, &theirs]);
    let against = ("four governors, DashMap, Mutex<VecDeque>", &series[2]);
    let [(one, one_goal), (batch, batch_goal)] = cases;
    vec![
        Row::pair(one, &series[0], against, one_goal),
        Row::pair(batch, &series[1], against, batch_goal),
    ]
}

pub(crate) fn rows(args: &Args, rounds: Rounds) -> Vec<Row> {
    let cases = [
        ("admitted_full_1t", Goal::at_least(4.0, 6.0)),
        ("admitted_full_batch_1t", Goal::at_least(6.0, 10.0)),
    ];
    rows_of(args, rounds, 1, cases)
}

pub(crate) fn rows_of_two(args: &Args, rounds: Rounds) -> Vec<Row> {
    let cases = [
        ("admitted_full_2t", Goal::at_least(6.0, 9.0)),
        ("admitted_full_batch_2t", Goal::at_least(9.0, 16.0)),
    ];
    rows_of(args, rounds, 2, cases)
}
