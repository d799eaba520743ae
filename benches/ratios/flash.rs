//! The flash release: everybody asks at once, mostly for the same few schedules, and nearly everybody is refused.
//!
//! A thousand schedules of forty slots, asked for by Zipf's law with exponent 1; a hundred requests a slot from a million patients. Both sides have a limit
//! for each patient, which nobody comes near: it is asked, and lets them in.

use std::hint::black_box;
use std::num::NonZeroU32;

use fairslot::{Limit, PatientId, Request, ScheduleId};
use hdrhistogram::Histogram;
use parking_lot::{Mutex, RwLock};

use crate::args::Args;
use crate::hospital::Hospital;
use crate::machine;
use crate::material::{Order, zipf_orders};
use crate::peer::Peer;
use crate::report::{Goal, Row, figure};
use crate::round::{Contestant, Rounds, Seat, contest};

const CAPACITY: u32 = 40;
const REQUESTS_A_SLOT: usize = 100;
/// The limit of a patient.
const A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(199);

#[derive(Debug, Clone, Copy)]
struct Size {
    patients: usize,
    schedules: usize,
}

impl Size {
    fn of(args: &Args) -> Self {
        if args.quick {
            Self {
                patients: 5_000,
                schedules: 10,
            }
        } else {
            Self {
                patients: 1_000_000,
                schedules: 1_000,
            }
        }
    }

    fn requests(self) -> usize {
        self.schedules * CAPACITY as usize * REQUESTS_A_SLOT
    }

    /// The same orders for everybody and every round: what differs is who is faster.
    fn orders(self) -> Vec<Order> {
        zipf_orders(self.requests(), self.patients, self.schedules, 3)
    }

    fn hospital(self) -> Hospital {
        let slots = self.schedules as u32 * CAPACITY;
        Hospital::new(self.schedules, CAPACITY, |builder| {
            builder.expected_lines(slots).patient_limit(Limit::new(
                A_SECOND.get(),
                1_000,
                BURST.get(),
            ))
        })
    }
}

/// A patient by number, dense: no time is spent on making an identity of it on either side, and all hash it.
fn asker(order: Order) -> PatientId {
    PatientId::new(u128::from(order.patient))
}

struct Ours<'a> {
    hospital: Hospital,
    orders: &'a [Order],
}

impl Contestant for Ours<'_> {
    fn calls(&self) -> usize {
        self.orders.len()
    }

    fn prepare(&self, seat: Seat) {
        self.hospital.renew(seat);
    }

    fn run(&self, seat: Seat) {
        let ids = self.hospital.ids();
        let engine = &self.hospital.engine;
        for order in &self.orders[seat.share(self.orders.len())] {
            let request = Request::new(asker(*order), ids[order.schedule as usize]);
            black_box(&engine.request(&request));
        }
    }

    fn check(&self, _: Seat) {
        self.hospital.audit();
    }
}

struct Theirs<'a> {
    peer: Peer,
    ids: Vec<ScheduleId>,
    orders: &'a [Order],
    peeks: bool,
}

impl<'a> Theirs<'a> {
    fn new(size: Size, orders: &'a [Order], peeks: bool) -> Self {
        // Ids are opaque: an engine mints them.
        let mint = size.hospital();
        mint.renew(Seat {
            index: 0,
            threads: 1,
            round: 0,
        });
        let ids = mint.ids().clone();
        Self {
            peer: Peer::new(&ids, CAPACITY as u16, size.patients, None).limited(A_SECOND, BURST),
            ids,
            orders,
            peeks,
        }
    }
}

impl Contestant for Theirs<'_> {
    fn calls(&self) -> usize {
        self.orders.len()
    }

    fn prepare(&self, seat: Seat) {
        if seat.leads() {
            self.peer.renew();
        }
    }

    fn run(&self, seat: Seat) {
        let orders = &self.orders[seat.share(self.orders.len())];
        let ask = |order: &Order| (asker(*order), self.ids[order.schedule as usize]);
        if self.peeks {
            for (patient, schedule) in orders.iter().map(ask) {
                black_box(&self.peer.peek_first(patient, schedule));
            }
        } else {
            for (patient, schedule) in orders.iter().map(ask) {
                black_box(&self.peer.naive(patient, schedule));
            }
        }
    }

    fn check(&self, _: Seat) {
        self.peer.audit();
    }
}

/// `flash`: two threads, against both compositions.
pub(crate) fn rows(args: &Args, rounds: Rounds) -> Vec<Row> {
    let size = Size::of(args);
    let orders = size.orders();
    let ours = Ours {
        hospital: size.hospital(),
        orders: &orders,
    };
    let naive = Theirs::new(size, &orders, false);
    let peeks = Theirs::new(size, &orders, true);
    let series = contest(2, rounds, &[&ours, &naive, &peeks]);
    let cases = [
        (
            "flash_vs_naive",
            "the naive composition",
            1,
            Goal::at_least(50.0, 150.0),
        ),
        (
            "flash_vs_peek",
            "the one that peeks first",
            2,
            Goal::at_least(5.0, 15.0),
        ),
    ];
    cases
        .map(|(name, against, which, goal)| {
            Row::pair(name, &series[0], (against, &series[which]), goal)
        })
        .into()
}

// ---- the slowest calls ------------------------------------------------------------------------------------------------------

/// Durations of a thread's calls in a round, yes and no apart.
#[derive(Debug, Clone)]
struct Durations {
    yes: Histogram<u64>,
    no: Histogram<u64>,
}

impl Durations {
    fn new() -> Self {
        // Up to a minute, three digits.
        let empty = || {
            Histogram::new_with_bounds(1, 60_000_000_000, 3)
                .unwrap_or_else(|why| unreachable!("{why}"))
        };
        Self {
            yes: empty(),
            no: empty(),
        }
    }
}

/// A flash release whose calls are timed one by one. The clock's own cost is in every figure.
struct Timed<'a> {
    ours: Ours<'a>,
    threads: Vec<Mutex<Durations>>,
    /// The 99.9th percentile of each round: yes, no; and the cost of the clock.
    tails: RwLock<[Vec<f64>; 2]>,
}

impl Contestant for Timed<'_> {
    fn calls(&self) -> usize {
        self.ours.calls()
    }

    fn prepare(&self, seat: Seat) {
        self.ours.prepare(seat);
        *self.threads[seat.index].lock() = Durations::new();
    }

    fn run(&self, seat: Seat) {
        let ids = self.ours.hospital.ids();
        let engine = &self.ours.hospital.engine;
        let mut mine = self.threads[seat.index].lock();
        for order in &self.ours.orders[seat.share(self.ours.orders.len())] {
            let request = Request::new(asker(*order), ids[order.schedule as usize]);
            let start = machine::now_ns();
            let outcome = engine.request(&request);
            let took = machine::now_ns() - start;
            match outcome.held() {
                Some(_) => mine.yes.saturating_record(took),
                None => mine.no.saturating_record(took),
            }
        }
    }

    fn check(&self, seat: Seat) {
        self.ours.check(seat);
        let mut all = Durations::new();
        for one in &self.threads {
            let one = one.lock();
            all.yes += &one.yes;
            all.no += &one.no;
        }
        let [yes, no] = &mut *self.tails.write();
        yes.push(all.yes.value_at_quantile(0.999) as f64);
        no.push(all.no.value_at_quantile(0.999) as f64);
    }
}

fn clock_cost() -> f64 {
    let start = machine::now_ns();
    let reads = 10_000;
    for _ in 0..reads {
        black_box(machine::now_ns());
    }
    (machine::now_ns() - start) as f64 / f64::from(reads)
}

/// `tail`: 64 threads, whatever the cores.
pub(crate) fn tails(args: &Args, rounds: Rounds) -> Vec<Row> {
    let threads = if args.quick { 8 } else { 64 };
    let size = Size::of(args);
    let orders = size.orders();
    let timed = Timed {
        ours: Ours {
            hospital: size.hospital(),
            orders: &orders,
        },
        threads: (0..threads).map(|_| Mutex::new(Durations::new())).collect(),
        tails: RwLock::default(),
    };
    contest(threads, rounds, &[&timed]);
    let note = format!(
        "{threads} threads; {} ns of it is the clock's",
        figure(clock_cost())
    );
    let tails = timed.tails.read();
    let counted = |which: usize| tails[which][rounds.warm_up..].to_vec();
    vec![
        Row::absolute(
            "tail_no",
            "ns",
            &counted(1),
            "p99.9 of a refusal",
            Goal::at_most(1_000.0, 500.0),
        )
        .noting(note.clone()),
        Row::absolute(
            "tail_yes",
            "ns",
            &counted(0),
            "p99.9 of a hold",
            Goal::at_most(10_000.0, 3_000.0),
        )
        .noting(note),
    ]
}
