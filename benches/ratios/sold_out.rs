//! The refusal that nearly everybody gets: whole calls of `request` on a schedule that is sold out.

use std::hint::black_box;
use std::sync::Arc;

use fairslot::{
    AccountId, Behaviour, CoarseClock, DeviceId, Engine, EngineBuilder, Outcome, PatientId,
    Refusal, Request, RequestId, ScheduleId, SystemClock,
};

use crate::args::Args;
use crate::floor::{L1Chain, ceiling};
use crate::machine;
use crate::material::{morning, patient};
use crate::peer::{Answer, Peer};
use crate::redis::{Kind, Redis, Server};
use crate::report::{Goal, Row};
use crate::round::{Contestant, Rounds, Seat, Series, contest, median};

const SLOTS: u32 = 40;
/// Patients who are refused; they lie in L1, as whoever asks lies at hand.
const ASKERS: usize = 512;
/// Rounds of all of them from one tick of the clock to the next: about half a millisecond. Who of the refused is in the sample goes by patient and time.
const TICK: usize = 256;

/// Calls from `ScheduleId` to `Outcome`: the request is put together, asked, and its answer looked at.
struct Ours {
    engine: Engine,
    clock: Arc<CoarseClock>,
    /// Patient and schedule, the same one each time, which the compiler cannot know.
    asks: Vec<(PatientId, ScheduleId)>,
    names: Option<RequestId>,
    /// Whether requests say from which device and account they come.
    from: bool,
    calls: usize,
}

impl Ours {
    fn new(calls: usize) -> Self {
        Self::built(calls, |builder| builder)
    }

    fn built(calls: usize, settings: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let clock = Arc::new(CoarseClock::new(SystemClock::new()));
        let start = fairslot::Clock::now(&clock);
        let engine = settings(Engine::builder().clock(Arc::clone(&clock)).seed(7))
            .build()
            .unwrap_or_else(|why| panic!("{why}"));
        let schedule = engine
            .publish(&morning(SLOTS, start))
            .unwrap_or_else(|why| panic!("{why}"));
        for winner in 0..SLOTS {
            let outcome = engine.request(&Request::new(patient(winner), schedule));
            assert!(outcome.held().is_some());
        }
        let asks = (0..ASKERS as u32)
            .map(|asker| (patient(1_000 + asker), schedule))
            .collect();
        Self {
            engine,
            clock,
            asks,
            names: None,
            from: false,
            calls,
        }
    }
}

impl Contestant for Ours {
    fn calls(&self) -> usize {
        self.calls
    }

    fn prepare(&self, _: Seat) {
        for (patient, schedule) in &self.asks {
            let outcome = self.engine.request(&Request::new(*patient, *schedule));
            assert_eq!(outcome, Outcome::Refused(Refusal::SoldOut));
        }
    }

    fn run(&self, seat: Seat) {
        let mut left = seat.share(self.calls).len();
        for round in 0.. {
            let asks = &self.asks[..left.min(ASKERS)];
            if asks.is_empty() {
                return;
            }
            left -= asks.len();
            if round % TICK == 0 {
                self.clock.tick();
            }
            match self.names {
                None if self.from => {
                    for (patient, schedule) in asks {
                        let own = patient.to_u128();
                        let request = Request::new(*patient, *schedule)
                            .device(DeviceId::new(own))
                            .account(AccountId::new(own));
                        black_box(&self.engine.request(&request));
                    }
                }
                None => {
                    for (patient, schedule) in asks {
                        let request = Request::new(*patient, *schedule);
                        black_box(&self.engine.request(&request));
                    }
                }
                Some(name) => {
                    for (patient, schedule) in asks {
                        let request = Request::new(*patient, *schedule).id(name);
                        black_box(&self.engine.request(&request));
                    }
                }
            }
        }
    }

    fn check(&self, _: Seat) {
        assert_eq!(self.engine.stats().held, u64::from(SLOTS));
    }
}

/// The map of queues that peeks before it locks anybody's book.
struct PeekFirst {
    peer: Peer,
    asks: Vec<(PatientId, ScheduleId)>,
    calls: usize,
}

impl PeekFirst {
    fn new(asks: &[(PatientId, ScheduleId)], calls: usize) -> Self {
        let schedule = asks[0].1;
        let peer = Peer::new(&[schedule], SLOTS as u16, 1_000, None);
        for winner in 0..SLOTS {
            let _ = peer.peek_first(patient(winner), schedule);
        }
        Self {
            peer,
            asks: asks.to_vec(),
            calls,
        }
    }
}

impl Contestant for PeekFirst {
    fn calls(&self) -> usize {
        self.calls
    }

    fn prepare(&self, _: Seat) {
        for (patient, schedule) in &self.asks {
            assert_eq!(self.peer.peek_first(*patient, *schedule), Answer::SoldOut);
        }
    }

    fn run(&self, seat: Seat) {
        let mut left = seat.share(self.calls).len();
        while left > 0 {
            let asks = &self.asks[..left.min(ASKERS)];
            left -= asks.len();
            for (patient, schedule) in asks {
                black_box(&self.peer.peek_first(*patient, *schedule));
            }
        }
    }
}

fn calls(args: &Args) -> usize {
    if args.quick { 20_000 } else { 8_000_000 }
}

/// `sold_out` and `sold_out_named`, against one dependent L1 load.
pub(crate) fn single(args: &Args, rounds: Rounds) -> Vec<Row> {
    let calls = calls(args);
    let (plain, chain) = (Ours::new(calls), L1Chain::new(calls));
    let named = Ours {
        names: Some(RequestId::new(5)),
        ..Ours::new(calls)
    };
    let series = contest(1, rounds, &[&plain, &named, &chain]);
    let against = ("a dependent L1 load", &series[2]);
    vec![
        Row::pair("sold_out", &series[0], against, Goal::at_most(4.0, 2.5)),
        Row::pair("sold_out_named", &series[1], against, Goal::stated(None)).noting(
            "with a request id: looks for a remembered answer in the patient's bucket first",
        ),
    ]
}

/// `refusal_with_gate`: with behaviour judged, one in 256 of those who are refused seen, against without; both say where they come from. Without it is the same
/// code as ever.
pub(crate) fn with_gate(args: &Args, rounds: Rounds) -> Vec<Row> {
    let calls = calls(args);
    let from = |ours| Ours { from: true, ..ours };
    let gated = Ours::built(calls, |builder| builder.behaviour(Behaviour::default()));
    let (gated, bare) = (from(gated), from(Ours::new(calls)));
    let series = contest(1, rounds, &[&gated, &bare]);
    let against = ("the same without the gate", &series[1]);
    let row = Row::pair(
        "refusal_with_gate",
        &series[0],
        against,
        Goal::at_most(1.3, 1.1),
    );
    let sampled = gated.engine.stats().behaviour.map_or(0, |it| it.sampled);
    vec![row.noting(format!("{sampled} refusals were seen"))]
}

/// `sold_out_scaling`: two threads against one.
pub(crate) fn scaling(args: &Args, rounds: Rounds) -> Vec<Row> {
    const LEAST: f64 = 1.9;
    let ours = Ours::new(calls(args));
    // One thread, two threads, turn by turn: a contest is of one team.
    let (mut one, mut two, mut most) = (Vec::new(), Vec::new(), Vec::new());
    let single = Rounds {
        warm_up: 1,
        counted: 1,
    };
    for _ in 0..rounds.counted {
        one.extend(contest(1, single, &[&ours]).remove(0).0);
        two.extend(contest(2, single, &[&ours]).remove(0).0);
        most.push(ceiling(single, calls(args) / 4));
    }
    let (one, two) = (Series(one), Series(two));
    // Nanoseconds are per core: where there are two, equal ones are twice the rate.
    let cores = machine::cores().min(2) as f64;
    let twice = Series(one.0.iter().map(|ns| ns * cores).collect());
    let most = median(&most);
    let mut row = Row::pair(
        "sold_out_scaling",
        &two,
        ("the same on one thread, rate by rate", &twice),
        Goal::at_least(1.8, 2.0),
    )
    .with_yardstick(&one)
    .noting(format!(
        "two threads that share nothing reach {most:.2} times one thread's rate here"
    ));
    if most < LEAST {
        row = row.without_verdict(format!(
            "run rejected: the machine's own ceiling is below {LEAST}"
        ));
    }
    vec![row]
}

/// `sold_out_vs_dashmap`, on one thread and on two.
pub(crate) fn vs_dashmap(args: &Args, rounds: Rounds) -> Vec<Row> {
    let cases = [
        ("sold_out_vs_dashmap_1t", 1, Goal::at_least(3.0, 6.0)),
        ("sold_out_vs_dashmap_2t", 2, Goal::at_least(20.0, 40.0)),
    ];
    let mut rows = Vec::new();
    for (name, threads, goal) in cases {
        if args.wants(name) {
            let ours = Ours::new(calls(args));
            let theirs = PeekFirst::new(&ours.asks, calls(args) / 4);
            let series = contest(threads, rounds, &[&ours, &theirs]);
            let against = ("DashMap of Mutex<VecDeque>, peeking", &series[1]);
            rows.push(Row::pair(name, &series[0], against, goal));
        }
    }
    rows
}

/// `sold_out_vs_redis`: our two threads against Redis and its client on the same two cores, 128 commands in the pipe.
pub(crate) fn vs_redis(args: &Args, rounds: Rounds) -> Vec<Row> {
    let cases = [
        (
            "sold_out_vs_redis_get",
            Kind::Get,
            Goal::at_least(200.0, 500.0),
        ),
        (
            "sold_out_vs_redis_lua",
            Kind::Lua,
            Goal::at_least(700.0, 1_600.0),
        ),
    ];
    let server = Server::start();
    let mut rows = Vec::new();
    for (name, kind, goal) in cases {
        if !args.wants(name) {
            continue;
        }
        let against = match kind {
            Kind::Get => "Redis GET, pipelined 128",
            Kind::Lua => "Redis script, pipelined 128",
        };
        let server = match &server {
            Ok(server) => server,
            Err(why) => {
                rows.push(Row::skipped(name, against, goal, why));
                continue;
            }
        };
        let ours = Ours::new(calls(args));
        let commands = calls(args) / 40;
        // One client, or one a thread: the better one counts.
        let one = Redis::new(server, kind, 1, commands);
        let two = Redis::new(server, kind, 2, commands);
        let series = contest(2, rounds, &[&ours, &one, &two]);
        let (best, clients) = if series[1].median() < series[2].median() {
            (&series[1], 1)
        } else {
            (&series[2], 2)
        };
        rows.push(
            Row::pair(name, &series[0], (against, best), goal).noting(format!(
                "Redis with {clients} of 1 or 2 clients, whichever is faster"
            )),
        );
    }
    rows
}
