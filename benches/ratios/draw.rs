//! The draw: a million entries closed, frozen, ranked and settled, against the hashing alone that the protocol asks for; and entering, against a
//! concurrent map.
//!
//! *`draw_1m`.* A million people with a device each, fifty thousand slots, one thread. Yardstick: as many bare compressions of SHA-256 by the same crate as the
//! protocol needs at the least, on messages that are at hand: two for each device's pseudonym, one for each leaf, two for each node of the tree, one for each rank;
//! nothing is sorted, stored or looked up. Nobody shares a device, so no thinning numbers are needed.
//!
//! *`entry`.* A quarter of a million people with a device each ask four times each, all in random order, on two threads; maps begin empty. Against it, as one would
//! write it: the token by the crate `hmac` under a key that is hashed once, then a `DashMap` from token to cluster and least suspicion. It has no cap, no close, and
//! one cluster a person. `entry_bare` is against a `DashMap` from patient to device, without a token at all.
//!
//! *`entry_engine`.* The same asks of an engine whose schedule is in its window: the patient's book, a record and a sealed ticket are what it costs beside the entry. The yardstick is the window alone.

use std::hint::black_box;

use dashmap::DashMap;
use fairslot::draw::{BeaconValue, Entry, Policy, Seed, ServerKey, Terms, Window};
use fairslot::{
    DeviceId, Engine, EntryWindow, Lottery, ManualClock, Opening, PatientId, Request, Schedule,
    ScheduleId, Timestamp,
};
use hmac::{Hmac, KeyInit, Mac};
use parking_lot::RwLock;
use sha2::Sha256;
use sha2::block_api::compress256;

use crate::args::Args;
use crate::material::{Random, morning, patient};
use crate::report::{Goal, Row};
use crate::round::{Contestant, Rounds, Seat, contest};

fn window(slots: u32) -> Window {
    let terms = Terms::new(1, Timestamp::from_millis(1_000), Policy::new(slots));
    Window::open(terms, Seed::new([7; 32]), ServerKey::new([9; 32]), 1 << 24)
        .unwrap_or_else(|why| unreachable!("sound terms: {why}"))
}

/// A person by number, from a device of their own.
fn entry(number: u32) -> Entry {
    let patient = patient(number);
    let device = DeviceId::new(!patient.to_u128());
    Entry::new(patient)
        .device(device)
        .suspicion(suspicion(number))
}

/// Nobody is a suspect.
const fn suspicion(number: u32) -> u8 {
    (number % 32) as u8
}

/// Close, freeze, rank, settle.
struct Draw {
    people: u32,
    window: RwLock<Option<Window>>,
}

impl Contestant for Draw {
    fn calls(&self) -> usize {
        self.people as usize
    }

    fn prepare(&self, _: Seat) {
        let window = window(self.people / 20);
        for number in 0..self.people {
            let receipt = window.enter(&entry(number));
            assert!(receipt.is_ok(), "there is room");
        }
        *self.window.write() = Some(window);
    }

    fn run(&self, _: Seat) {
        let window = self.window.read();
        if let Some(window) = &*window {
            let drawn = window.close().draw(BeaconValue::None);
            assert!(drawn.is_ok_and(|drawn| drawn.winners().count() as u32 == self.people / 20));
        }
    }

    fn check(&self, _: Seat) {
        *self.window.write() = None;
    }
}

/// The compressions alone.
struct Compressions {
    people: u32,
}

impl Contestant for Compressions {
    fn calls(&self) -> usize {
        self.people as usize
    }

    fn run(&self, _: Seat) {
        let mut block = [[0; 64]; 2];
        let mut sum = 0u32;
        let mut hash = |number: u32, blocks: usize| {
            let mut state = black_box([number; 8]);
            block[0][..4].copy_from_slice(&number.to_ne_bytes());
            compress256(&mut state, &block[..blocks]);
            sum ^= state[0];
        };
        (0..self.people).for_each(|inner| hash(inner, 1));
        (0..self.people).for_each(|outer| hash(outer, 1));
        (0..self.people).for_each(|leaf| hash(leaf, 1));
        (1..self.people).for_each(|node| hash(node, 2));
        (0..self.people).for_each(|rank| hash(rank, 1));
        black_box(sum);
    }
}

/// `draw_1m`.
pub(crate) fn draw(args: &Args, rounds: Rounds) -> Vec<Row> {
    let people = if args.quick { 1_000 } else { 1_000_000 };
    let draw = Draw {
        people,
        window: RwLock::new(None),
    };
    let series = contest(1, rounds, &[&draw, &Compressions { people }]);
    let against = ("6 SHA-256 compressions an entry", &series[1]);
    let milliseconds = series[0].median() * f64::from(people) / 1e6;
    let row = Row::pair("draw_1m", &series[0], against, Goal::at_most(2.0, 1.3));
    vec![row.noting(format!("all of it in {milliseconds:.0} ms"))]
}

/// Somewhere to enter.
enum Desk {
    Window(Box<RwLock<Window>>),
    Tokens(RwLock<DashMap<[u8; 32], (DeviceId, u8)>>, Hmac<Sha256>),
    Bare(RwLock<DashMap<PatientId, DeviceId>>),
    Engine(Box<RwLock<(Engine, ScheduleId)>>),
}

/// An engine, and a schedule of its whose window is open.
fn in_its_window(people: u32) -> (Engine, ScheduleId) {
    let at = Timestamp::from_millis(1_000);
    let builder = Engine::builder().clock(ManualClock::new(at)).seed(7);
    let engine = builder.expected_lines(people).build();
    let engine = engine.unwrap_or_else(|why| unreachable!("sound settings: {why}"));
    let lottery = Lottery {
        window: EntryWindow::Fixed { ms: 1 },
        ..Lottery::new(at)
    };
    let schedule = Schedule {
        opening: Opening::Lottery(lottery),
        ..morning(1, at)
    };
    let id = engine.publish(&schedule);
    let id = id.unwrap_or_else(|why| unreachable!("a sound schedule: {why}"));
    (engine, id)
}

struct Entering<'a> {
    /// Who asks, in which order.
    asks: &'a [u32],
    people: usize,
    desk: Desk,
}

impl Contestant for Entering<'_> {
    fn calls(&self) -> usize {
        self.asks.len()
    }

    fn prepare(&self, seat: Seat) {
        if seat.leads() {
            match &self.desk {
                Desk::Window(desk) => *desk.write() = window(1),
                Desk::Tokens(desk, _) => *desk.write() = DashMap::new(),
                Desk::Bare(desk) => *desk.write() = DashMap::new(),
                Desk::Engine(desk) => *desk.write() = in_its_window(self.people as u32),
            }
        }
    }

    fn run(&self, seat: Seat) {
        let asks = &self.asks[seat.share(self.asks.len())];
        match &self.desk {
            Desk::Window(desk) => {
                let desk = desk.read();
                for number in asks {
                    let _ = black_box(desk.enter(&entry(*number)));
                }
            }
            Desk::Tokens(desk, key) => {
                let desk = desk.read();
                for number in asks {
                    let patient = patient(*number).to_u128();
                    let suspicion = suspicion(*number);
                    let mut mac = key.clone();
                    mac.update(&1u128.to_be_bytes());
                    mac.update(&patient.to_be_bytes());
                    let token: [u8; 32] = mac.finalize().into_bytes().into();
                    let keep = |kept: &mut (DeviceId, u8)| kept.1 = kept.1.min(suspicion);
                    let first = (DeviceId::new(!patient), suspicion);
                    desk.entry(token).and_modify(keep).or_insert(first);
                    black_box(token);
                }
            }
            Desk::Engine(desk) => {
                let desk = desk.read();
                let (engine, schedule) = &*desk;
                for number in asks {
                    let patient = patient(*number);
                    let device = DeviceId::new(!patient.to_u128());
                    let request = Request::new(patient, *schedule).device(device);
                    let _ = black_box(engine.request(&request));
                }
            }
            Desk::Bare(desk) => {
                let desk = desk.read();
                for number in asks {
                    let patient = patient(*number);
                    black_box(desk.insert(patient, DeviceId::new(!patient.to_u128())));
                }
            }
        }
    }

    fn check(&self, _: Seat) {
        let entered = match &self.desk {
            Desk::Window(desk) => desk.read().entries() as usize,
            Desk::Tokens(desk, _) => desk.read().len(),
            Desk::Bare(desk) => desk.read().len(),
            Desk::Engine(desk) => desk.read().0.stats().waiting as usize,
        };
        assert_eq!(entered, self.people, "everybody once");
    }
}

/// `entry`, `entry_bare`, `entry_engine`.
pub(crate) fn entry_rows(args: &Args, rounds: Rounds) -> Vec<Row> {
    let people: u32 = if args.quick { 1_000 } else { 250_000 };
    let mut asks: Vec<u32> = (0..4).flat_map(|_| 0..people).collect();
    Random::new(5).shuffle(&mut asks);
    let key = <Hmac<Sha256> as KeyInit>::new_from_slice(&[9; 32])
        .unwrap_or_else(|_| unreachable!("any length will do"));
    let desks = [
        Desk::Window(Box::new(RwLock::new(window(1)))),
        Desk::Tokens(RwLock::default(), key),
        Desk::Bare(RwLock::default()),
        Desk::Engine(Box::new(RwLock::new(in_its_window(1)))),
    ];
    let desks = desks.map(|desk| Entering {
        asks: &asks,
        people: people as usize,
        desk,
    });
    let [ours, tokens, bare, engine] = &desks;
    let series = contest(2, rounds, &[ours, tokens, bare, engine]);
    let tokens = ("DashMap by token (hmac)", &series[1]);
    let bare = ("DashMap by patient, no token", &series[2]);
    vec![
        Row::pair("entry", &series[0], tokens, Goal::at_least(2.0, 5.0)),
        Row::pair("entry_bare", &series[0], bare, Goal::stated_more()),
        Row::pair(
            "entry_engine",
            &series[3],
            ("the window alone", &series[0]),
            Goal::stated(None),
        ),
    ]
}
