//! First come on the engine is as unfair as was known before: a small study, held against the reference with margins that its size allows.

use std::sync::OnceLock;

use fairslot::{Behaviour, Card, Engine};

use crate::attack::ATTACKS;
use crate::mechanism::{MECHANISMS, Mechanism, named};
use crate::reference::{Band, band};
use crate::study::{Cell, Measured, Size, run};

const SMALL: Size = Size {
    populations: 12,
    trials: 40,
    seed: 1,
    threads: 2,
};

fn study() -> &'static [Cell] {
    static STUDY: OnceLock<Vec<Cell>> = OnceLock::new();
    STUDY.get_or_init(|| {
        let attacks: Vec<_> = ATTACKS.iter().collect();
        let first_come: Vec<_> = MECHANISMS[..2].iter().collect();
        run(&SMALL, &first_come, &attacks, |_, _| ()).expect("the engine does what it must")
    })
}

fn cell(name: &str) -> &'static Cell {
    let found = study().iter().find(|cell| cell.attack.name == name);
    found.expect("all attacks are studied")
}

fn mean(name: &str, of: fn(&Measured) -> Option<f64>) -> f64 {
    cell(name).estimate(of).expect("it can be said").mean
}

fn reference(name: &str, key: &str) -> Band {
    band(&MECHANISMS[0], cell(name).attack, key).expect("there is a reference")
}

/// Where a reference says how much may be missed, a study of a fifth of the size may miss as much again.
#[test]
fn naive_scripts_take_nearly_all() {
    for (name, reference_share, margin) in [("A0", 0.991, 0.006), ("A1", 0.998, 0.002)] {
        let share = mean(name, |measured| measured.yield_share);
        assert!((share - reference_share).abs() < margin, "{name}: {share}");
    }
}

/// What is left to the people can be worked out from who they are: a pre-clicker presses evenly within 200 ms, and wins if that is before all is gone.
#[test]
fn people_win_by_pressing_before_all_is_gone() {
    let (mut won, mut wanted) = (0.0, 0.0);
    for measured in cell("A0").populations.iter().chain(&cell("A1").populations) {
        let [pre_clickers, eager, ordinary] = measured.kinds;
        let gone_ms = measured.sold_out_ms.expect("all is gone");
        won += pre_clickers.slots as f64;
        wanted += pre_clickers.identities as f64 * gone_ms / 200.0;
        assert_eq!((eager.slots, ordinary.slots), (0, 0));
    }
    // Some 290 slots: a standard deviation is 17.
    assert!((won - wanted).abs() < 70.0, "{won}, not {wanted}");
}

/// These two scatter little: the reference's own bands are wide enough.
#[test]
fn disguised_scripts_are_ten_times_as_likely_to_win() {
    for name in ["A2", "A3", "A4"] {
        let advantage = mean(name, |measured| measured.advantage);
        let band = reference(name, "advantage");
        assert!(band.has(advantage), "{name}: {advantage}, not {band:?}");
    }
}

#[test]
fn only_the_quick_have_a_chance_even_without_a_scalper() {
    // Where people win once in a hundred openings or less, forty of them say nothing of J.
    for name in ["none", "A2", "A3", "A4"] {
        let jain = mean(name, |measured| measured.jain);
        let band = reference(name, "jain");
        assert!(band.has(jain), "{name}: {jain}, not {band:?}");
    }
    let [pre_clickers, eager, ordinary] = cell("none").populations[0].kinds.map(|kind| kind.rate());
    assert!(pre_clickers > Some(0.95) && eager > Some(0.1) && ordinary < Some(0.05));
}

#[test]
fn all_is_gone_in_milliseconds() {
    for name in ["A0", "A1", "A2", "A3", "A4"] {
        let sold_out = mean(name, |measured| measured.sold_out_ms);
        let band = reference(name, "sold_out_ms");
        assert!(band.has(sold_out), "{name}: {sold_out} ms, not {band:?}");
    }
}

#[test]
fn whoever_goes_through_the_scalper_has_a_better_chance() {
    for name in ["A0", "A1", "A2", "A3", "A4"] {
        let uplift = mean(name, |measured| measured.uplift_pp);
        assert!((8.0..99.9).contains(&uplift), "{name}: {uplift}");
    }
    let without = &cell("none").populations[0];
    assert_eq!((without.uplift_pp, without.advantage), (None, None));
}

/// Limits for patients, devices and networks leave the scripts what they had: one request each was enough.
#[test]
fn limits_do_not_cure_first_come() {
    let limited = |cell: &&Cell| cell.mechanism.name == "first_come_limited";
    assert_eq!(study().iter().filter(limited).count(), ATTACKS.len());
    for cell in study().iter().filter(limited) {
        let share = |cell: &Cell| {
            let estimate = cell.estimate(|measured| measured.yield_share);
            estimate.expect("it can be said").mean
        };
        let (with, without) = (share(cell), share(self::cell(cell.attack.name)));
        // The same people, the same instants: what differs is who is told to come back.
        assert!(
            (with - without).abs() < 0.03,
            "{}: {with}, without {without}",
            cell.attack.name
        );
    }
}

/// Nor does a queue for who behaves like a script: that shows only after the requests that get all slots. Nobody is judged by their first one, and no card may say so.
#[test]
fn a_slow_queue_does_not_cure_first_come() {
    let size = Size {
        populations: 4,
        trials: 10,
        seed: 1,
        threads: 2,
    };
    let both = ["first_come", "first_come_slow"].map(|name| named(name).expect("a mechanism"));
    let attacks: Vec<_> = ATTACKS[1..].iter().collect();
    let cells = run(&size, &both, &attacks, |_, _| ()).expect("the engine does what it must");
    let (without, with) = cells.split_at(attacks.len());
    for (without, with) in without.iter().zip(with) {
        let [a, b] = [without, with].map(|cell| {
            let share = cell.estimate(|measured| measured.yield_share);
            share.expect("it can be said").mean
        });
        let name = with.attack.name;
        assert!((a - b).abs() < 0.05, "{name}: {b}, without {a}");
        assert_eq!(with.mechanism.name, "first_come_slow");
    }
    let card = Card {
        slow_at: 350,
        ..Card::default()
    };
    let behaviour = Behaviour {
        card,
        ..Behaviour::default()
    };
    let refused = Engine::builder().behaviour(behaviour).build();
    assert_eq!(refused.expect_err("by timing alone").field(), "card.early");
}

/// First come does not look at devices: whoever has one for each identity gains nothing by it.
#[test]
fn devices_make_no_difference() {
    assert_eq!(cell("A3").populations, cell("A4").populations);
}

#[test]
fn threads_make_no_difference() {
    let size = Size {
        populations: 3,
        trials: 4,
        seed: 7,
        threads: 1,
    };
    let attacks = [&ATTACKS[0], &ATTACKS[3]];
    let measured = |threads, seed| -> Vec<Vec<Measured>> {
        let size = Size {
            threads,
            seed,
            ..size.clone()
        };
        let adaptive = named("adaptive").expect("a mechanism");
        let mechanisms: Vec<&Mechanism> = [&MECHANISMS[0], adaptive].into();
        let cells = run(&size, &mechanisms, &attacks, |_, _| ());
        let cells = cells.expect("the engine does what it must");
        cells.into_iter().map(|cell| cell.populations).collect()
    };
    assert_eq!(measured(1, 7), measured(5, 7));
    assert_ne!(measured(1, 7), measured(1, 8));
}
