//! What comes before and after the openings, each scenario small: held against what it must be by calculation, with margins that chance does not cross.

use std::sync::OnceLock;

use fairslot::fairness::Interval;

use crate::Found;
use crate::attack::{ATTACKS, Attack, Trick};
use crate::crowd::{Crowd, PEOPLE};
use crate::goals::{Met, judged};
use crate::mechanism::{Mechanism, RECOMMENDED, Returns, SLOTS, named};
use crate::opening::hold;
use crate::part::{Column, Part, Reading, Row};
use crate::study::Size;
use crate::{hand_off, hoard, limiter, slow_queue};

const fn size(populations: u32, trials: u32) -> Size {
    Size {
        populations,
        trials,
        seed: 1,
        threads: 2,
    }
}

fn hand_offs() -> &'static Part {
    static PART: OnceLock<Part> = OnceLock::new();
    PART.get_or_init(|| {
        hand_off::run(&size(1, 200), None, |_, _| ()).expect("the engine does what it must")
    })
}

fn value(part: &Part, row: &str, with: (&'static str, u64), key: &str) -> f64 {
    let reading = part.reading(row, Some(with), key);
    reading.expect("it was measured").value
}

/// Shares that are known exactly: e^(−λt) for who reacts in 2 to 20 ms while people look in at λ = 0.75/s, λ_b ÷ (λ_b + λ) for who asks all the time, c ÷ (950 + c) for who is drawn with everybody.
#[test]
fn a_slot_that_is_given_up_goes_where_it_must() {
    let part = hand_offs();
    let of = 800.0_f64;
    for (row, clients, wanted) in [
        ("at_once", 50, 0.991_8),
        ("delay", 50, 2_000.0 / 2_000.75),
        ("delay_slow", 50, 10.0 / 10.75),
        ("draw", 1, 1.0 / 951.0),
        ("draw", 10, 10.0 / 960.0),
        ("draw", 50, 0.05),
        ("draw", 200, 200.0 / 1_150.0),
        ("draw_cap", 50, 0.05),
        ("draw_cap", 200, 60.0 / 1_010.0),
    ] {
        let h = value(part, row, ("clients", clients), "h");
        // Five standard deviations, and one slot.
        let off = 5.0 * (wanted * (1.0 - wanted) / of).sqrt() + 1.0 / of;
        assert!(
            (h - wanted).abs() < off,
            "{row}, {clients}: {h}, not {wanted} ± {off}"
        );
        let reading = part.reading(row, Some(("clients", clients)), "h");
        let reference = reading.and_then(|it| it.reference).expect("it is known");
        assert!(
            (reference - wanted).abs() < 1e-4,
            "{row}, {clients}: {reference}"
        );
    }
}

/// Six days, three times: some 540 slots held under first come, 160 by the draw.
#[test]
fn only_both_draws_together_end_the_business() {
    let part = hoard::run(&size(1, 20), None, |_, _| ()).expect("the engine does what it must");
    let of = |row, key| value(&part, row, ("identities", 200), key);
    let held = of("first_come_at_once", "held_a_day");
    assert!((20.0..45.0).contains(&held), "{held}");
    assert!(of("first_come_at_once", "sold_a_day") > 0.95 * held);
    assert!(of("first_come_delay", "sold_a_day") > 0.95 * held);
    // 0.05 of some 30, 18 days: 1.5 ± 0.3.
    let drawn = of("first_come_draw", "sold_a_day");
    assert!(drawn > 0.2 && drawn < 3.0, "{drawn}");
    let held = of("lottery_at_once", "held_a_day");
    assert!((7.0..11.5).contains(&held), "{held}");
    assert!(of("lottery_at_once", "sold_a_day") > 0.93 * held);
    // 0.45 ± 0.16, and cost as 3,000 ÷ that; the baseline's is about 100.
    let sold = of("lottery_draw", "sold_a_day");
    assert!(sold < 1.3, "{sold}");
    assert!(of("lottery_draw", "times_baseline") > 20.0);
    assert!(of("lottery_draw", "profit_a_day") < -2_500.0);
    assert!(of("first_come_at_once", "profit_a_day") > 3_000.0);
    // In six days few of his identities give up two: what that costs him is not to be told from chance, but gain it is none.
    let held = of("lottery_draw_quota", "held_a_day");
    assert!((6.0..11.0).contains(&held), "{held}");
}

/// A sixty-fourth of the keys and cells: as many keys to a cell.
#[test]
fn a_small_memory_hinders_people_and_frees_nobody() {
    let part = limiter::run(&size(1, 20), |_, _| ()).expect("the engine does what it must");
    let of = |kib, key| value(&part, "flood", ("kib", kib), key);
    let wrongly = of(512, "wrongly_limited");
    assert!((0.06..0.20).contains(&wrongly), "{wrongly}");
    assert!(of(1_024, "wrongly_limited") < 0.01);
    assert_eq!(of(4_096, "wrongly_limited"), 0.0);
    for kib in [512, 1_024, 2_048, 4_096] {
        let ratio = of(kib, "attacker_admits_ratio");
        assert!((0.97..=1.0).contains(&ratio), "{kib} KiB: {ratio}");
    }
    let spray = part.rows.last().expect("spraying is last");
    assert_eq!(spray.with, [("passed", 6), ("exact", 6)]);
}

/// That nobody waits longer than a round is asserted for every single one in the scenario itself.
#[test]
fn a_thousand_on_twenty_devices_are_twenty() {
    let part = slow_queue::run(&size(2, 20), |_, _| ()).expect("the queue does what it must");
    let of = |devices, key| value(&part, "crowd", ("devices", devices), key);
    // Twenty devices, and four people who wait at the same time: 0.24 s. Now and then one more.
    assert!(of(20, "longest_s") <= 0.27 && of(20, "of_bound") <= 1.0);
    // 80 people: (wait, five standard errors).
    for (devices, mean, off) in [(10, 0.01, 0.03), (20, 0.209, 0.03), (200, 1.89, 0.25)] {
        let wait = of(devices, "wait_s");
        assert!((wait - mean).abs() < off, "{devices}: {wait}");
    }
    let refused = part.reading("flood", None, "refused").expect("measured");
    assert_eq!(refused.value, 0.0);
    assert!(refused.ends().high > 0.0);
}

/// What a scalper won and gives up for his clients.
#[test]
fn regrabbing_works_at_once_and_not_by_the_draw() {
    let base = *named(RECOMMENDED).expect("a mechanism");
    let at_once = Mechanism {
        returns: Returns::AT_ONCE,
        ..base
    };
    let attack = Attack {
        trick: Trick::Regrab(50, 50),
        ..ATTACKS[5]
    };
    let crowd = Crowd::gather(4, 0, &attack);
    let (mut won, mut kept, mut drawn) = (0, 0, 0);
    for trial in 0..6 {
        let hold = |mechanism, crowd: &Crowd| {
            let opened = hold(
                mechanism,
                crowd,
                &crowd.asks(trial),
                crowd.engine_seed(trial),
            );
            opened.expect("the engine does what it must")
        };
        let scalped = |winners: &[u32]| winners.iter().filter(|who| **who >= PEOPLE).count();
        let plain = hold(&base, &Crowd::gather(4, 0, &ATTACKS[5]));
        let [once, draw] = [&at_once, &base].map(|it| hold(it, &crowd));
        for opened in [&once, &draw] {
            assert_eq!(opened.winners.len(), SLOTS as usize);
            // Only clients: what the scalper won he gave up.
            let clients = |who: &&u32| **who >= PEOPLE + attack.identities;
            let theirs = opened.winners.iter().filter(clients).count();
            assert_eq!(theirs, scalped(&opened.winners));
        }
        won += scalped(&plain.winners);
        kept += scalped(&once.winners);
        drawn += scalped(&draw.winners);
    }
    // Some 54 slots: the clients have 0.992 of them, or 0.05.
    assert!((30..85).contains(&won), "{won}");
    assert!(won - kept <= 6, "{kept} of {won}");
    assert!(drawn <= 14, "{drawn} of {won}");
}

const H: &[Column] = &[Column {
    key: "h",
    heading: "%",
    unit: 100.0,
    decimals: 1,
}];

/// A goal is met if all of the interval is on its side, missed if none of it is, and open between.
#[test]
fn a_goal_is_judged_by_the_whole_interval() {
    let met = |low, high, full| {
        let reading = Reading {
            interval: Some(Interval { low, high }),
            ..Reading::of(0.055)
        };
        let row = Row {
            name: "draw_cap",
            what: String::new(),
            chinese: String::new(),
            recommended: true,
            with: vec![("clients", 50)],
            readings: vec![Some(reading)],
        };
        let part = Part {
            name: "hand_off",
            title: [""; 2],
            what: "",
            columns: H,
            rows: vec![row],
            full,
        };
        let found = Found {
            cells: Vec::new(),
            ploys: Vec::new(),
            parts: vec![part],
        };
        let goals = judged(&found, &size(12, 200));
        assert_eq!(goals.len(), 1);
        goals[0].met
    };
    assert_eq!(met(0.050, 0.059, true), Met::Yes);
    assert_eq!(met(0.050, 0.061, true), Met::Open);
    assert_eq!(met(0.061, 0.070, true), Met::No);
    assert_eq!(met(0.050, 0.059, false), Met::Unsaid);
}
