//! Hoarding: sixty days of a scalper who wins under borrowed names, gives up what he won, and sells what his clients get of it. What does a sold slot cost him?

use std::sync::Arc;

use fairslot::fairness::{Hoard, Interval, Share};
use fairslot::line::Quota;
use fairslot::{DeviceId, ManualClock, PatientId, Request, ReturnPolicy};

use crate::attack::{ATTACKS, Attack};
use crate::crowd::{Asker, Crowd, PEOPLE, dice, mixed};
use crate::dice::Dice;
use crate::give_back::{GivenUp, POLLS, WATCHED, Wanted, Whose, give_back};
use crate::mechanism::{
    DAY_MS, Desk, MECHANISMS, Mechanism, OPENS_AT, RECOMMENDED, Returns, SLOTS, named,
};
use crate::opening::open;
use crate::part::{Column, Part, Reading, Row};
use crate::regrab::{APART_MS, FIRST_MS};
use crate::study::{Size, TRIALS, each};

/// Days of a full study, and applicants there are.
const DAYS: u32 = 60;
const APPLICANTS: usize = 30_000;
/// One of the people who has a slot gives it up.
const CANCELS: f64 = 0.08;
/// Identities that the scalper uses on a day, each from a device of its own, and clients who wait for him.
const USED: usize = 200;
const CLIENTS: u64 = 50;
/// What a use of an identity and of a device costs him, and what he sells a slot for, in yuan. Assumed.
const IDENTITY: f64 = 10.0;
const DEVICE: f64 = 5.0;
const PRICE: f64 = 300.0;
/// A cancellation counts against an identity for so many days, in the scalper's own books.
const CLEAN_DAYS: u32 = 30;
/// Runs for each population: what is sold of a draw is little, and scatters.
const RUNS: usize = 3;
const HOUR_MS: f64 = 3_600_000.0;
/// From here on they are the scalper's, from there on his clients.
const SCALPER: u64 = 1 << 20;
const CLIENT: u64 = 1 << 30;

/// A way to open and to return slots, and how many identities the scalper has.
#[derive(Debug, Clone, Copy)]
struct Way {
    name: &'static str,
    words: [&'static str; 2],
    mechanism: Mechanism,
    identities: usize,
    /// How long slots rest is drawn anew each day: one to two hours.
    at_random: bool,
    /// What an independent simulation said: held and sold a day, and yuan for a sold slot.
    known: Option<[f64; 3]>,
}

fn ways(policy: Option<&'static Mechanism>) -> Vec<Way> {
    let way = |name, words, opens: &Mechanism, returns, known| Way {
        name,
        words,
        mechanism: Mechanism { returns, ..*opens },
        identities: USED,
        at_random: false,
        known: Some(known),
    };
    let (first_come, draw) = (&MECHANISMS[0], named(RECOMMENDED).unwrap_or(&MECHANISMS[0]));
    let (at_once, list) = (Returns::AT_ONCE, Returns::DRAW);
    let quota = |returns| Returns {
        quota: Some(Quota::default()),
        ..returns
    };
    let rest = Returns {
        policy: ReturnPolicy::Delay { ms: 1 },
        ..at_once
    };
    let mut ways = vec![
        way(
            "first_come_at_once",
            ["first come; returns at once", "先到先得，立即释放"],
            first_come,
            at_once,
            [32.0, 31.63, 95.0],
        ),
        Way {
            at_random: true,
            ..way(
                "first_come_delay",
                ["first come; returns after 1 to 2 h", "先到先得，随机延迟"],
                first_come,
                rest,
                [32.0, 29.80, 101.0],
            )
        },
        way(
            "first_come_draw",
            ["first come; returns by the draw", "先到先得，退号摇号"],
            first_come,
            list,
            [32.0, 1.58, 1_895.0],
        ),
        way(
            "lottery_at_once",
            ["recommended draw; returns at once", "推荐摇号，立即释放"],
            draw,
            at_once,
            [8.6, 8.57, 350.0],
        ),
        way(
            "lottery_draw",
            [
                "recommended draw; returns by the draw",
                "推荐摇号，退号摇号",
            ],
            draw,
            list,
            [8.6, 0.48, 6_207.0],
        ),
        Way {
            known: None,
            ..way(
                "lottery_draw_quota",
                ["the same, and a quota", "同上，限退号次数"],
                draw,
                quota(list),
                [0.0; 3],
            )
        },
        Way {
            known: None,
            identities: 10 * USED,
            ..way(
                "lottery_draw_quota",
                ["the same, and a quota", "同上，限退号次数"],
                draw,
                quota(list),
                [0.0; 3],
            )
        },
    ];
    ways.extend(policy.map(|it| Way {
        known: None,
        ..way(
            "policy",
            ["the policy of the file", "所给方案"],
            it,
            it.returns,
            [0.0; 3],
        )
    }));
    ways
}

/// What came of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Run {
    days: u32,
    /// Slots that he held, and of these those that a client has in the end.
    held: u64,
    sold: u64,
}

/// A run under way: one engine for all its days.
struct Season<'a> {
    way: &'a Way,
    engine: fairslot::Engine,
    clock: Arc<ManualClock>,
    seed: u64,
    dice: Dice,
    /// On which days each of the scalper's identities gave up a slot.
    gave_up: Vec<Vec<u32>>,
    run: Run,
}

impl<'a> Season<'a> {
    fn new(way: &'a Way, seed: u64) -> Result<Self, String> {
        let clock = Arc::new(ManualClock::new(way.mechanism.begins(OPENS_AT)));
        let engine = way.mechanism.builder(Arc::clone(&clock), seed).build();
        Ok(Self {
            way,
            engine: engine.map_err(|why| why.to_string())?,
            clock,
            seed,
            dice: dice(&[seed]),
            gave_up: vec![Vec::new(); way.identities],
            run: Run::default(),
        })
    }

    /// The opening, what is given up afterwards, and who has it in the end.
    fn day(&mut self, nth: u32) -> Result<(), String> {
        let mut mechanism = self.way.mechanism;
        if self.way.at_random {
            let ms = self.dice.between(HOUR_MS, 2.0 * HOUR_MS) as u64;
            mechanism.returns.policy = ReturnPolicy::Delay { ms };
        }
        let opens_at = OPENS_AT.after(u64::from(nth) * DAY_MS);
        self.clock.set(mechanism.begins(opens_at));
        while self.engine.advance().more {}
        let schedule = mechanism.schedule(opens_at)?;
        let desk = Desk::open(self.engine.clone(), Arc::clone(&self.clock), &schedule)?;
        let crowd = Crowd::gather(self.seed, nth.into(), attack());
        let used = self.cleanest(nth);
        let askers = self.askers(&crowd, &used);
        let (opened, won) = open(
            &mechanism,
            &desk,
            &askers,
            &crowd.asks(0),
            mechanism.judges(),
        )?;
        let mut given = Vec::new();
        for (who, booking) in won {
            let of_scalper = (who as usize).checked_sub(PEOPLE as usize);
            if of_scalper.is_none() && !self.dice.yes(CANCELS) {
                continue;
            }
            if let Some(nth_used) = of_scalper {
                self.gave_up[used[nth_used]].push(nth);
                self.run.held += 1;
            }
            given.push(GivenUp {
                at: opens_at.after(FIRST_MS + given.len() as u64 * APART_MS),
                patient: askers[who as usize].patient,
                booking,
                for_client: of_scalper.is_some(),
            });
        }
        let losers = (0..PEOPLE).filter(|who| !opened.winners.contains(who));
        let people: Vec<Request> = losers
            .map(|who| askers[who as usize].request(desk.schedule))
            .collect();
        // Each day others, each with a phone of their own.
        let clients = (0..CLIENTS).map(|n| {
            let number = u128::from(CLIENT + u64::from(nth) * CLIENTS + n);
            Request::new(PatientId::new(number), desk.schedule).device(DeviceId::new(number))
        });
        let wanted = Wanted {
            people: &people,
            clients: &clients.collect::<Vec<_>>(),
            polls: POLLS,
            watched: WATCHED,
        };
        let whose = give_back(
            &desk,
            mechanism.returns.policy,
            &given,
            &wanted,
            &mut self.dice,
        )?;
        let sold = whose.iter().zip(&given);
        let sold = sold.filter(|(whose, it)| it.for_client && matches!(whose, Whose::Client(_)));
        self.run.sold += sold.count() as u64;
        self.run.days += 1;
        Ok(())
    }

    /// Those of the scalper's identities that gave up the fewest slots lately.
    fn cleanest(&mut self, today: u32) -> Vec<usize> {
        let lately = |days: &Vec<u32>| days.iter().filter(|day| *day + CLEAN_DAYS > today).count();
        let mut all: Vec<(usize, u64, usize)> = (0..self.gave_up.len())
            .map(|it| {
                let tie = mixed(&[self.seed, today.into(), it as u64]);
                (lately(&self.gave_up[it]), tie, it)
            })
            .collect();
        all.sort_unstable();
        all.into_iter().take(USED).map(|it| it.2).collect()
    }

    /// The crowd of an opening, its people drawn from all applicants, its scripts under the names that are used today.
    fn askers(&mut self, crowd: &Crowd, used: &[usize]) -> Vec<Asker> {
        let mut drawn = vec![false; APPLICANTS];
        let mut askers = crowd.askers().to_vec();
        for (who, asker) in askers.iter_mut().enumerate() {
            let number = match who.checked_sub(PEOPLE as usize) {
                Some(nth) => {
                    asker.device = DeviceId::new(u128::from(SCALPER + nth as u64));
                    SCALPER + used[nth] as u64
                }
                None => loop {
                    let number = self.dice.below(APPLICANTS);
                    if !std::mem::replace(&mut drawn[number], true) {
                        asker.device = DeviceId::new(number as u128 + 1);
                        break number as u64;
                    }
                },
            };
            asker.patient = PatientId::new(u128::from(number) + 1);
        }
        askers
    }
}

/// An identity a device, disguised as quick people.
fn attack() -> &'static Attack {
    &ATTACKS[ATTACKS.len() - 1]
}

const COLUMNS: &[Column] = &[
    column("held_a_day", "held a day", 1),
    column("sold_a_day", "sold a day", 2),
    column("cost_per_sold_slot", "¥ a sold slot", 0),
    column("times_baseline", "times the first row", 1),
    column("profit_a_day", "¥ profit a day", 0),
];

const fn column(key: &'static str, heading: &'static str, decimals: usize) -> Column {
    Column {
        key,
        heading,
        unit: 1.0,
        decimals,
    }
}

/// Measures it.
pub(crate) fn run(
    size: &Size,
    policy: Option<&'static Mechanism>,
    done: impl Fn(usize, usize) + Sync,
) -> Result<Part, String> {
    let ways = ways(policy);
    // A smaller study has fewer days.
    let days = (DAYS * size.trials.min(TRIALS) / TRIALS).max(1);
    let runs = size.populations as usize * RUNS;
    let all = each(size, ways.len() * runs, done, |ticket| {
        // The same people on the same days, whatever the way.
        let seed = mixed(&[size.seed, (ticket % runs) as u64, 5]);
        let mut season = Season::new(&ways[ticket / runs], seed)?;
        (0..days).try_for_each(|nth| season.day(nth))?;
        Ok(season.run)
    })?;
    let mut rows: Vec<Row> = Vec::new();
    for (way, runs) in ways.iter().zip(all.chunks(runs)) {
        let baseline = rows.first().and_then(|row| row.readings[2]);
        rows.push(row(way, runs, baseline));
    }
    Ok(Part {
        name: "hoard",
        title: ["What a resold slot costs", "倒卖一个号的成本"],
        what: "60 days of a scalper with 200 identities a day, who gives up what he wins and sells what his clients get; 1,000 people a day",
        columns: COLUMNS,
        rows,
        full: size.is_full(),
    })
}

fn row(way: &Way, runs: &[Run], baseline: Option<Reading>) -> Row {
    let a_day = |of: fn(&Run) -> u64| {
        let values: Vec<f64> = runs
            .iter()
            .map(|it| of(it) as f64 / f64::from(it.days))
            .collect();
        Reading::mean(&values)
    };
    let days: u64 = runs.iter().map(|it| u64::from(it.days)).sum();
    let (held, sold) = (a_day(|it| it.held), a_day(|it| it.sold));
    let spent = Hoard {
        identities: USED as u64 * days,
        identity_cost: IDENTITY,
        devices: USED as u64 * days,
        device_cost: DEVICE,
        challenges: 0,
        challenge_cost: 0.0,
        slots: runs.iter().map(|it| it.held).sum(),
        hand_off: Share {
            hits: runs.iter().map(|it| it.sold).sum(),
            of: runs.iter().map(|it| it.held).sum(),
        },
    };
    let cost_a_day = spent.cost() / days as f64;
    // What a sold slot costs lies where the number sold lies.
    let cost = spent.cost_per_sold_slot().map(|cost| Reading {
        interval: sold.and_then(|it| it.interval).map(|it| Interval {
            low: cost_a_day / it.high,
            high: cost_a_day / it.low.max(0.0),
        }),
        ..Reading::of(cost)
    });
    let times = cost.map(|it| {
        let base = baseline.map_or(it, |it| it).value;
        Reading {
            value: it.value / base,
            interval: it.interval.map(|it| Interval {
                low: it.low / base,
                high: it.high / base,
            }),
            reference: None,
        }
    });
    let profit = sold.map(|it| {
        let profit = |sold: f64| PRICE * sold - cost_a_day;
        Reading {
            value: profit(it.value),
            interval: it.interval.map(|it| Interval {
                low: profit(it.low),
                high: profit(it.high),
            }),
            reference: None,
        }
    });
    let known = |nth: usize| way.known.map(|it| it[nth]);
    let many = crate::figures::grouped(way.identities as u64);
    let identities = (way.identities != USED).then_some(many);
    Row {
        name: way.name,
        what: match &identities {
            Some(many) => format!("{}; {many} identities", way.words[0]),
            None => way.words[0].to_owned(),
        },
        chinese: match &identities {
            Some(many) => format!("{}；{many} 个身份", way.words[1]),
            None => way.words[1].to_owned(),
        },
        with: vec![
            ("identities", way.identities as u64),
            ("days", days),
            ("held", spent.slots),
            ("sold", spent.hand_off.hits),
        ],
        readings: vec![
            held.map(|it| it.known(known(0))),
            sold.map(|it| it.known(known(1))),
            cost.map(|it| it.known(known(2))),
            times,
            profit,
        ],
    }
}

const _: () = assert!(
    SLOTS as u64 * APART_MS < FIRST_MS,
    "all is given up before the first returns"
);
