//! What the draw does on the engine: speed is worth what the formula says, a cap takes from a farm what it must, and nobody who comes late is in.

use std::sync::OnceLock;

use fairslot::EntryWindow;

use crate::arrivals;
use crate::attack::{ATTACKS, Attack};
use crate::crowd::Crowd;
use crate::formula;
use crate::mechanism::{MECHANISMS, Mechanism, Opens, SLOTS};
use crate::opening::{self, Opened, hold_and_send};
use crate::study::{Cell, Measured, Size, run};

/// A hundredth of the whole study: an advantage of 1 of two hundred identities has a standard error of a thirtieth.
const SMALL: Size = Size {
    populations: 6,
    trials: 20,
    seed: 1,
    threads: 2,
};

fn attack(name: &str) -> &'static Attack {
    let found = ATTACKS.iter().find(|attack| attack.name == name);
    found.expect("an attack")
}

fn mechanism(name: &str) -> &'static Mechanism {
    let found = MECHANISMS.iter().find(|it| it.name == name);
    found.expect("a mechanism")
}

fn study() -> &'static [Cell] {
    static STUDY: OnceLock<Vec<Cell>> = OnceLock::new();
    STUDY.get_or_init(|| {
        let drawn = MECHANISMS
            .iter()
            .filter(|it| it.rules().is_some() && !it.judges());
        let attacks = ["A1", "A3", "A4"].map(attack);
        run(&SMALL, &drawn.collect::<Vec<_>>(), &attacks, |_, _| ())
            .expect("the engine does what it must")
    })
}

fn cell(mechanism: &str, attack: &str) -> &'static Cell {
    let is = |it: &&Cell| it.mechanism.name == mechanism && it.attack.name == attack;
    study().iter().find(is).expect("a cell")
}

fn mean(mechanism: &str, attack: &str, of: fn(&Measured) -> Option<f64>) -> f64 {
    let estimate = cell(mechanism, attack).estimate(of);
    estimate.expect("it can be said").mean
}

fn advantage(mechanism: &str, attack: &str) -> f64 {
    mean(mechanism, attack, |measured| measured.advantage)
}

fn about(value: f64, wanted: f64, off: f64, what: &str) {
    assert!(
        (value - wanted).abs() <= off,
        "{what}: {value}, not {wanted} ± {off}"
    );
}

#[test]
fn the_formula_is_the_one_that_the_crowd_is_held_against() {
    for t in [0.1, 0.25, 0.31, 0.5, 1.0, 2.0, 5.0, 10.0, 29.9] {
        about(
            formula::people_before(t),
            arrivals::people_before(t),
            1e-6,
            "people",
        );
    }
    about(
        formula::advantage_after(attack("A3").habit, 0.5),
        0.777_8 / 0.094,
        0.05,
        "A3",
    );
    about(
        formula::advantage_after(attack("A1").habit, 10.0),
        1.0 / 0.920,
        0.01,
        "A1",
    );
}

#[test]
fn speed_is_worth_what_the_formula_says() {
    for name in ["w0.5", "w1", "w2", "w5", "w10", "w30", "preregistered"] {
        for attacker in ["A1", "A3", "A4"] {
            let wanted = formula::advantage(mechanism(name), attack(attacker)).expect("a formula");
            about(
                advantage(name, attacker),
                wanted,
                0.12 * wanted,
                &format!("{name} {attacker}"),
            );
        }
    }
}

/// Three of ten entries of each device stay in the first tier: of the advantage three tenths.
#[test]
fn three_a_device_leave_a_farm_a_third() {
    for name in ["A1", "A3"] {
        about(advantage("w10_cap3", name), 0.33, 0.06, name);
    }
    about(advantage("w10_cap3", "A4"), 1.10, 0.15, "A4");
}

#[test]
fn an_open_window_evens_the_chances() {
    let jain = |name| mean(name, "A3", |measured| measured.jain);
    // Of so few openings J says less than of two hundred.
    for (name, wanted) in [
        ("w1", 0.245),
        ("w2", 0.490),
        ("w5", 0.824),
        ("w10", 0.951),
        ("w30", 0.996),
    ] {
        about(jain(name), wanted, 0.06, name);
    }
    assert!(jain("preregistered") > 0.95);
}

#[test]
fn a_window_is_as_long_as_it_says_and_nobody_waits_longer() {
    for (name, ms) in [("w0.5", 500.0), ("w10", 10_000.0), ("preregistered", 1.0)] {
        assert_eq!(
            mean(name, "A3", |measured| measured.sold_out_ms),
            ms,
            "{name}"
        );
        let longest = mean(name, "A3", |measured| measured.delay_p95_ms);
        assert!(longest <= ms, "{name}: {longest} ms");
    }
    let close = mean("adaptive", "A1", |measured| measured.sold_out_ms);
    about(close, 13_100.0, 1_000.0, "adaptive");
    // Whoever enters after ten seconds is few: they wait less.
    let waited = mean("w10", "A3", |measured| measured.delay_ms);
    assert!((5_000.0..9_000.0).contains(&waited), "{waited}");
}

fn hold(mechanism: &Mechanism, crowd: &Crowd, trial: u64) -> Opened {
    let opened = opening::hold(
        mechanism,
        crowd,
        &crowd.asks(trial),
        crowd.engine_seed(trial),
    );
    opened.expect("the engine does what it must")
}

/// When each asks first, in nanoseconds.
fn first_asks(crowd: &Crowd, trial: u64) -> Vec<u64> {
    let mut first = vec![u64::MAX; crowd.askers().len()];
    for (at_ns, who) in crowd.asks(trial) {
        first[who as usize] = first[who as usize].min(at_ns);
    }
    first
}

#[test]
fn nobody_who_comes_after_the_close_has_a_slot() {
    let crowd = Crowd::gather(3, 0, attack("A3"));
    let mut late = 0;
    for trial in 0..20 {
        let first = first_asks(&crowd, trial);
        let opened = hold(mechanism("w1"), &crowd, trial);
        assert_eq!(opened.winners.len(), SLOTS as usize);
        late += opened
            .winners
            .iter()
            .filter(|who| first[**who as usize] >= 1_000_000_000)
            .count();
        assert_eq!(opened.sold_out_ns, Some(1_000_000_000));
    }
    assert_eq!(late, 0);
}

/// The study leaves out the requests of those who wait. They change nothing.
#[test]
fn who_waits_and_asks_again_changes_nothing() {
    for (name, attacker) in [
        ("w1", "A1"),
        ("w5", "A0"),
        ("adaptive", "A3"),
        ("w10_cap3", "A3"),
    ] {
        let crowd = Crowd::gather(5, 1, attack(attacker));
        for trial in 0..2 {
            let [few, all] = [false, true].map(|all| {
                let opened = hold_and_send(mechanism(name), &crowd, &crowd.asks(trial), 9, all);
                opened.expect("the engine does what it must")
            });
            assert!(all.requests > few.requests);
            assert_eq!(
                Opened { requests: 0, ..few },
                Opened { requests: 0, ..all },
                "{name} {attacker}"
            );
        }
    }
}

/// What nobody was drawn for is first come after the draw.
#[test]
fn slots_that_are_left_over_go_to_who_comes_next() {
    let base = *mechanism("w1");
    let Opens::Lottery(rules) = base.opens else {
        panic!("a draw")
    };
    let window = EntryWindow::Fixed { ms: 100 };
    let short = Mechanism {
        opens: Opens::Lottery(crate::mechanism::Rules { window, ..rules }),
        ..base
    };
    let crowd = Crowd::gather(5, 1, attack("none"));
    let first = first_asks(&crowd, 0);
    let opened = hold(&short, &crowd, 0);
    let in_window = opened
        .winners
        .iter()
        .filter(|who| first[**who as usize] < 100_000_000)
        .count();
    assert_eq!(opened.winners.len(), SLOTS as usize);
    assert!((1..30).contains(&in_window), "{in_window}");
    assert!(opened.sold_out_ns > Some(100_000_000));
}

/// Each opening draws others: over many, nobody of equal rights wins much more often than another.
#[test]
fn each_opening_is_a_draw_of_its_own() {
    let crowd = Crowd::gather(5, 1, attack("none"));
    let winners = |trial| hold(mechanism("preregistered"), &crowd, trial).winners;
    let mut wins = vec![0; 1_000];
    for trial in 0..40 {
        winners(trial)
            .into_iter()
            .for_each(|who| wins[who as usize] += 1);
    }
    // Two each on average: twelve or more is one in three million for each.
    assert!(wins.iter().max() < Some(&12), "{:?}", wins.iter().max());
    assert_eq!(winners(0), winners(0));
}
