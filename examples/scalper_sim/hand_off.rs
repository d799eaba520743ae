//! Hand-off: a slot is given up. Does the client have it for whom it was?

use std::sync::Arc;

use fairslot::fairness::Share;
use fairslot::{DeviceId, ManualClock, Outcome, PatientId, Request, ReturnPolicy, ScheduleId};

use crate::crowd::{dice, mixed};
use crate::figures::counted;
use crate::give_back::{GivenUp, POLLS, REACTS_S, WATCHED, Wanted, Whose, give_back};
use crate::mechanism::{Desk, MECHANISMS, Mechanism, OPENS_AT, Returns};
use crate::opening::confirm;
use crate::part::{Column, Part, Reading, Row};
use crate::regrab::{APART_MS, FIRST_MS};
use crate::study::{Size, each};

/// People who wait.
const PEOPLE: u64 = 950;
/// Slots of one schedule, given up one after the other.
const SLOTS: u32 = 10;
/// Schedules for each trial that is asked for: with two hundred trials and twelve populations there are 9,600 slots.
const SLOTS_A_TRIAL: u64 = 4;
/// The clients' devices, where they share some.
const DEVICES: u64 = 20;
/// From here on they are the scalper's, and from there on the clients'.
const SCALPER: u64 = 1 << 20;
const CLIENT: u64 = 1 << 21;
const HOUR_MS: f64 = 3_600_000.0;

/// A way for slots to return, and how the scalper goes after it.
#[derive(Debug, Clone, Copy)]
struct Way {
    name: &'static str,
    words: [&'static str; 2],
    returns: Returns,
    /// How long slots rest is drawn anew for each schedule: one to two hours.
    at_random: bool,
    clients: u64,
    devices: u64,
    polls: f64,
}

const fn way(name: &'static str, words: [&'static str; 2], returns: Returns, clients: u64) -> Way {
    Way {
        name,
        words,
        returns,
        at_random: false,
        clients,
        devices: DEVICES,
        polls: POLLS,
    }
}

const AT_RANDOM: Way = Way {
    at_random: true,
    ..way(
        "delay",
        ["free after a random 1 to 2 h", "1–2 小时后随机释放"],
        Returns {
            policy: ReturnPolicy::Delay { ms: 1 },
            ..Returns::AT_ONCE
        },
        50,
    )
};

const NO_CAP: Returns = Returns {
    cap: None,
    ..Returns::DRAW
};

/// All that are tried.
fn ways(policy: Option<&'static Mechanism>) -> Vec<Way> {
    let mut ways = vec![
        way(
            "at_once",
            ["free at once", "立即释放"],
            Returns::AT_ONCE,
            50,
        ),
        AT_RANDOM,
        Way {
            name: "delay_slow",
            words: [
                "after 1 to 2 h; a device asks once in 2 s",
                "随机释放，每设备 2 秒一次",
            ],
            polls: DEVICES as f64 / 2.0,
            ..AT_RANDOM
        },
    ];
    for clients in [1, 10, 50, 200] {
        let words = ["hidden draw, no cap", "隐藏摇号，不限设备"];
        ways.push(way("draw", words, NO_CAP, clients));
    }
    for clients in [1, 10, 50, 200] {
        let words = ["recommended draw, 3 a device", "隐藏摇号，每设备三个"];
        ways.push(way("draw_cap", words, Returns::DRAW, clients));
    }
    let policy = policy.map(|it| {
        way(
            "policy",
            ["the policy of the file", "所给方案"],
            it.returns,
            50,
        )
    });
    ways.extend(policy);
    ways
}

impl Way {
    /// What it comes to by calculation.
    fn expected(&self) -> f64 {
        let (clients, people) = (self.clients as f64, PEOPLE as f64);
        match self.returns.policy {
            ReturnPolicy::AtOnce => {
                let (from, to) = REACTS_S;
                ((-WATCHED * from).exp() - (-WATCHED * to).exp()) / (WATCHED * (to - from))
            }
            ReturnPolicy::Draw => {
                let most = self.returns.cap.map_or(f64::INFINITY, f64::from) * self.devices as f64;
                clients.min(most) / (people + clients.min(most))
            }
            _ => self.polls / (self.polls + WATCHED),
        }
    }

    /// So many slots of one schedule: how many of them clients have in the end.
    fn hand_over(&self, slots: u32, seed: u64) -> Result<u64, String> {
        let mut dice = dice(&[seed]);
        let mut returns = self.returns;
        if self.at_random {
            let ms = dice.between(HOUR_MS, 2.0 * HOUR_MS) as u64;
            returns.policy = ReturnPolicy::Delay { ms };
        }
        let mechanism = Mechanism {
            returns,
            ..MECHANISMS[0]
        };
        let clock = Arc::new(ManualClock::new(OPENS_AT));
        let engine = mechanism.builder(Arc::clone(&clock), seed).build();
        let mut schedule = mechanism.schedule(OPENS_AT)?;
        schedule.capacity = slots;
        let desk = Desk::open(engine.map_err(|why| why.to_string())?, clock, &schedule)?;
        let given = taken(&desk, slots)?;
        let request = |who, device| asks(desk.schedule, who, device);
        let people: Vec<Request> = (1..=PEOPLE).map(|who| request(who, who)).collect();
        let clients = (0..self.clients).map(|n| request(CLIENT + n, CLIENT + n % self.devices));
        let wanted = Wanted {
            people: &people,
            clients: &clients.collect::<Vec<_>>(),
            polls: self.polls,
            watched: WATCHED,
        };
        let whose = give_back(&desk, returns.policy, &given, &wanted, &mut dice)?;
        let is_client = |it: &&Whose| matches!(it, Whose::Client(_));
        Ok(whose.iter().filter(is_client).count() as u64)
    }
}

fn asks(schedule: ScheduleId, who: u64, device: u64) -> Request {
    Request::new(PatientId::new(who.into()), schedule).device(DeviceId::new(device.into()))
}

/// The scalper has all slots, under an identity and from a device each, and gives them up one a minute.
fn taken(desk: &Desk, slots: u32) -> Result<Vec<GivenUp>, String> {
    let one = |nth: u64| {
        let request = asks(desk.schedule, SCALPER + nth, SCALPER + nth);
        let Outcome::Held(hold) = desk.engine.request(&request) else {
            return Err("the first who ask are not served".to_owned());
        };
        Ok(GivenUp {
            at: desk.opens_at.after(FIRST_MS + nth * APART_MS),
            patient: request.patient(),
            booking: confirm(&desk.engine, hold.id, request.patient())?,
            for_client: true,
        })
    };
    (0..u64::from(slots)).map(one).collect()
}

const COLUMNS: &[Column] = &[Column {
    key: "h",
    heading: "handed over, %",
    unit: 100.0,
    decimals: 2,
}];

/// Measures it.
pub(crate) fn run(
    size: &Size,
    policy: Option<&'static Mechanism>,
    done: impl Fn(usize, usize) + Sync,
) -> Result<Part, String> {
    let ways = ways(policy);
    let populations = size.populations as usize;
    let slots = SLOTS_A_TRIAL * u64::from(size.trials);
    let handed_over = each(size, ways.len() * populations, done, |ticket| {
        let (way, nth) = (ticket / populations, ticket % populations);
        let mut hits = 0;
        for first in (0..slots).step_by(SLOTS as usize) {
            let slots = (slots - first).min(SLOTS.into()) as u32;
            let seed = mixed(&[size.seed, way as u64, nth as u64, first, 4]);
            hits += ways[way].hand_over(slots, seed)?;
        }
        Ok(hits)
    })?;
    let rows = ways
        .iter()
        .zip(handed_over.chunks(populations))
        .map(|(way, hits)| {
            let share = Share {
                hits: hits.iter().sum(),
                of: slots * populations as u64,
            };
            Row {
                name: way.name,
                what: format!(
                    "{}, {}",
                    way.words[0],
                    counted(way.clients, "client", "clients")
                ),
                chinese: format!("{}，{} 名客户", way.words[1], way.clients),
                recommended: way.name == "draw_cap",
                with: vec![("clients", way.clients), ("slots", share.of)],
                readings: vec![Reading::share(share).map(|it| it.known(way.expected()))],
            }
        });
    Ok(Part {
        name: "hand_off",
        title: ["What becomes of a slot that is given up", "退号落入谁手"],
        what: "a scalper gives up a slot that he holds under a borrowed name; 950 people and his clients want it",
        columns: COLUMNS,
        rows: rows.collect(),
        full: size.is_full(),
    })
}
