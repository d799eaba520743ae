//! Evidence: what does writing a decision down cost, against hashing its bytes once?
//!
//! *`evidence`.* A device farm hammers: two hundred identities on twenty devices and five networks are refused by a limit again and again, on one thread; after every epoch, 4,096 records as is usual, the log is handed over, outside
//! of what is timed. Yardstick: SHA-256 by the crate `sha2` of as many bytes as a record and the hash before it have, 192:
//! four compressions. Ours hashes label and policy once for all records, and so has three to do for each. Timed against it is the whole refused request, less the same
//! request of an engine without a log; so both engines run, and the difference is the row's.

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

use fairslot::evidence::{Evidence, Month, MonthKeys, Sink, Unstored};
use fairslot::{
    AccountId, Day, DeviceId, Engine, Limit, ManualClock, Opening, PatientId, PractitionerId,
    Request, Schedule, Session, Timestamp,
};
use sha2::{Digest, Sha256};

use crate::args::Args;
use crate::report::{Goal, Row};
use crate::round::{Contestant, Rounds, Seat, Series, contest};

const OPENING: u64 = 1_796_083_200_000;

/// Takes everything and keeps nothing.
struct Away;

impl Sink for Away {
    fn store(&self, _: u64, block: &[u8]) -> Result<(), Unstored> {
        black_box(block);
        Ok(())
    }
}

struct Hammered {
    engine: Engine,
    asks: Vec<Request>,
}

impl Hammered {
    fn new(calls: usize, written: bool) -> Self {
        let at = Timestamp::from_millis(OPENING);
        let clock = Arc::new(ManualClock::new(at));
        let limit = Limit::new(1, 3_600_000, 1);
        let mut builder = Engine::builder().clock(clock).seed(7).network_limit(limit);
        if written {
            let keys = MonthKeys::new().with(Month::of(at), [7; 32]);
            let room = u32::try_from(2 * calls + 2)
                .unwrap_or(1_000_000)
                .min(1_000_000);
            builder = builder.evidence(Evidence::new(1, keys, Away).lane_records(room));
        }
        let engine = builder
            .build()
            .unwrap_or_else(|why| unreachable!("in range: {why}"));
        let day = Day::new(2026, 12, 1).unwrap_or_else(|_| unreachable!("a day"));
        let (who, opening) = (PractitionerId::new(1), Opening::first_come(at));
        let starts = at.after(3_600_000);
        let plan = Schedule::new(who, day, Session::Morning, 1_000, opening, starts);
        let schedule = engine
            .publish(&plan)
            .unwrap_or_else(|why| unreachable!("sound: {why}"));
        let ask = |number: usize| {
            let number = (number % 200) as u128;
            let address = IpAddr::from([192, 0, 2 + (number % 5) as u8, number as u8]);
            Request::new(PatientId::new(number << 64 | number), schedule)
                .account(AccountId::new(1_000 + number))
                .device(DeviceId::new(number % 20))
                .network(address)
        };
        Self {
            engine,
            asks: (0..calls).map(ask).collect(),
        }
    }
}

impl Contestant for Hammered {
    fn calls(&self) -> usize {
        self.asks.len()
    }

    fn run(&self, _: Seat) {
        for request in &self.asks {
            let _ = black_box(self.engine.request(request));
        }
    }

    fn check(&self, _: Seat) {
        self.engine.close_evidence();
        assert_eq!(self.engine.evidence_stats().lost, 0);
    }
}

struct Hashing(usize);

impl Contestant for Hashing {
    fn calls(&self) -> usize {
        self.0
    }

    fn run(&self, _: Seat) {
        let mut message = [7; 192];
        for _ in 0..self.0 {
            let digest = Sha256::digest(black_box(message));
            message[..32].copy_from_slice(&digest);
        }
    }
}

/// `evidence`.
pub(crate) fn rows(args: &Args, rounds: Rounds) -> Vec<Row> {
    let calls = if args.quick { 1_000 } else { 4_096 };
    let [on, off] = [true, false].map(|written| Hammered::new(calls, written));
    // A round is short, so there are many.
    let rounds = Rounds {
        warm_up: 10 * rounds.warm_up,
        counted: 10 * rounds.counted,
    };
    let series = contest(1, rounds, &[&on, &off, &Hashing(calls)]);
    let written = series[0]
        .0
        .iter()
        .zip(&series[1].0)
        .map(|(on, off)| on - off);
    let written = Series(written.collect());
    let against = ("SHA-256 of 192 bytes", &series[2]);
    vec![Row::pair(
        "evidence",
        &written,
        against,
        Goal::at_most(1.5, 1.1),
    )]
}
