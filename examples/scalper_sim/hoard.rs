//! Hoarding: sixty days of a scalper who wins under borrowed names, gives up what he won, and sells what his clients get of it. What does a sold slot cost him?

use fairslot::ReturnPolicy;
use fairslot::fairness::{Hoard, Interval, Share};
use fairslot::line::Quota;

use crate::crowd::mixed;
use crate::figures::grouped;
use crate::mechanism::{MECHANISMS, Mechanism, RECOMMENDED, Returns, named};
use crate::part::{Column, Part, Reading, Row};
use crate::season::{Business, Run, USED};
use crate::study::{Size, TRIALS, each};

/// Days of a full study.
const DAYS: u32 = 60;
/// What a use of an identity and of a device costs him, and what he sells a slot for, in yuan. Assumed.
const IDENTITY: f64 = 10.0;
const DEVICE: f64 = 5.0;
const PRICE: f64 = 300.0;
/// Runs for each population: what is sold of a draw is little, and scatters.
const RUNS: usize = 3;

/// A way to open and to return slots, and how many identities the scalper has.
#[derive(Debug, Clone, Copy)]
struct Way {
    name: &'static str,
    words: [&'static str; 2],
    business: Business,
    /// What an independent simulation said: held and sold a day, and yuan for a sold slot.
    known: Option<[f64; 3]>,
}

fn ways(policy: Option<&'static Mechanism>) -> Vec<Way> {
    let way = |name, words, opens: &Mechanism, returns, known| Way {
        name,
        words,
        business: Business {
            mechanism: Mechanism { returns, ..*opens },
            identities: USED,
            at_random: false,
        },
        known,
    };
    let (first_come, draw) = (&MECHANISMS[0], named(RECOMMENDED).unwrap_or(&MECHANISMS[0]));
    let (at_once, list) = (Returns::AT_ONCE, Returns::DRAW);
    let rest = Returns {
        policy: ReturnPolicy::Delay { ms: 1 },
        ..at_once
    };
    let quota = Returns {
        quota: Some(Quota::default()),
        ..list
    };
    let mut ways = vec![
        way(
            "first_come_at_once",
            ["first come; returns at once", "先到先得，立即释放"],
            first_come,
            at_once,
            Some([32.0, 31.63, 95.0]),
        ),
        way(
            "first_come_delay",
            ["first come; returns after 1 to 2 h", "先到先得，随机延迟"],
            first_come,
            rest,
            Some([32.0, 29.80, 101.0]),
        )
        .at_random(),
        way(
            "first_come_draw",
            ["first come; returns by the draw", "先到先得，退号摇号"],
            first_come,
            list,
            Some([32.0, 1.58, 1_895.0]),
        ),
        way(
            "lottery_at_once",
            ["recommended draw; returns at once", "推荐摇号，立即释放"],
            draw,
            at_once,
            Some([8.6, 8.57, 350.0]),
        ),
        way(
            "lottery_draw",
            [
                "recommended draw; returns by the draw",
                "推荐摇号，退号摇号",
            ],
            draw,
            list,
            Some([8.6, 0.48, 6_207.0]),
        ),
    ];
    for (identities, known) in [(USED, Some([6.5, 0.25, 11_649.0])), (10 * USED, None)] {
        let words = ["both by the draw, and a quota", "皆摇号，限退号次数"];
        let mut way = way("lottery_draw_quota", words, draw, quota, known);
        way.business.identities = identities;
        ways.push(way);
    }
    let words = ["the policy of the file", "所给方案"];
    ways.extend(policy.map(|it| way("policy", words, it, it.returns, None)));
    ways
}

impl Way {
    fn at_random(mut self) -> Self {
        self.business.at_random = true;
        self
    }
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
        ways[ticket / runs].business.run(days, seed)
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
    let mut with = vec![
        ("identities", way.business.identities as u64),
        ("days", days),
        ("held", spent.slots),
        ("sold", spent.hand_off.hits),
    ];
    if way.business.mechanism.returns.quota.is_some() {
        let all = |of: fn(&Run) -> u64| runs.iter().map(of).sum();
        with.push(("people_asked", all(|it| it.asked)));
        with.push(("people_lighter", all(|it| it.lighter)));
        with.push(("people_resting", all(|it| it.resting)));
    }
    let known = |nth: usize| way.known.map(|it| it[nth]);
    let many = grouped(way.business.identities as u64);
    let identities = (way.business.identities != USED).then_some(many);
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
        recommended: way.name == "lottery_draw",
        with,
        readings: vec![
            held.map(|it| it.known(known(0))),
            sold.map(|it| it.known(known(1))),
            cost.map(|it| it.known(known(2))),
            times,
            profit,
        ],
    }
}
