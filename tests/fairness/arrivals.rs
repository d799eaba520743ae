//! The crowd is the one that was described: as many have asked by when as its formula says, on as many devices.

use std::collections::HashSet;
use std::hash::Hash;

use crate::attack::{ATTACKS, Attack};
use crate::crowd::{Asker, Crowd, PEOPLE};

const POPULATIONS: u64 = 60;

/// The share of a standard normal below `x` (Abramowitz and Stegun 26.2.17, good to 1e-7).
fn below(x: f64) -> f64 {
    if x < 0.0 {
        return 1.0 - below(-x);
    }
    let t = 1.0 / (1.0 + 0.231_641_9 * x);
    let series = [
        1.330_274_429,
        -1.821_255_978,
        1.781_477_937,
        -0.356_563_782,
        0.319_381_530,
    ];
    let sum = series.into_iter().fold(0.0, |sum, term| sum * t + term) * t;
    1.0 - (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum
}

/// The share of the people whose first request comes before `t` seconds, over populations: ordinary ones by the log-normal of median and daily variation
/// together, variance 0.8² + 0.4², then pre-clickers and eager ones, evenly.
pub(crate) fn people_before(t: f64) -> f64 {
    let ordinary = if t > 0.3 {
        below((t / 3.0).ln() / 0.8_f64.sqrt())
    } else {
        0.0
    };
    0.9 * ordinary + 0.02 * (t / 0.2).min(1.0) + 0.08 * ((t - 0.3) / 0.3).clamp(0.0, 1.0)
}

fn named(name: &str) -> &'static Attack {
    let found = ATTACKS.iter().find(|attack| attack.name == name);
    found.expect("an attack")
}

/// First requests before `t`, as a share: of people and of the scalper.
fn asked_before(attack: &Attack, instants: &[f64]) -> Vec<[f64; 2]> {
    let mut firsts = [Vec::new(), Vec::new()];
    for nth in 0..POPULATIONS {
        let both = Crowd::gather(5, nth, attack).first_asks(nth);
        firsts
            .iter_mut()
            .zip(both)
            .for_each(|(all, one)| all.extend(one));
    }
    let share =
        |side: &Vec<f64>, t: f64| side.partition_point(|at| *at < t) as f64 / side.len() as f64;
    firsts
        .iter_mut()
        .for_each(|side| side.sort_unstable_by(f64::total_cmp));
    instants
        .iter()
        .map(|t| [share(&firsts[0], *t), share(&firsts[1], *t)])
        .collect()
}

#[test]
fn people_arrive_as_the_formula_says() {
    let instants = [0.1, 0.2, 0.31, 0.5, 1.0, 2.0, 5.0, 10.0, 29.9];
    for ([people, _], t) in asked_before(named("A3"), &instants)
        .into_iter()
        .zip(instants)
    {
        let wanted = people_before(t);
        // Sixty thousand people: 0.2 points is one standard deviation at the worst.
        assert!(
            (people - wanted).abs() < 0.01,
            "{t} s: {people}, not {wanted}"
        );
    }
    // The formula itself, against figures worked out elsewhere.
    for (t, wanted) in [
        (0.5, 0.094),
        (1.0, 0.199),
        (2.0, 0.393),
        (5.0, 0.744),
        (10.0, 0.920),
        (30.0, 0.995_5),
    ] {
        assert!(
            (people_before(t) - wanted).abs() < 6e-4,
            "{t}: {}",
            people_before(t)
        );
    }
}

#[test]
fn scripts_arrive_at_once_or_as_quick_people_do() {
    let [[_, half], [_, all]] = asked_before(named("A1"), &[0.002_5, 0.005])[..] else {
        panic!("two instants")
    };
    assert!((half - 0.5).abs() < 0.02 && all == 1.0, "{half} {all}");
    let instants = [0.15, 0.3, 0.45, 0.6];
    for ([_, scalper], t) in asked_before(named("A3"), &instants)
        .into_iter()
        .zip(instants)
    {
        let wanted = (t - 0.15) / 0.45;
        assert!(
            (scalper - wanted).abs() < 0.02,
            "{t} s: {scalper}, not {wanted}"
        );
    }
}

/// How many different values people and scalper have.
fn different<T: Eq + Hash>(attack: &Attack, value: fn(&Asker) -> T) -> [usize; 2] {
    let crowd = Crowd::gather(3, 0, attack);
    let (people, scalper) = crowd.askers().split_at(PEOPLE as usize);
    [people, scalper].map(|side| side.iter().map(value).collect::<HashSet<_>>().len())
}

#[test]
fn devices_and_addresses_are_shared_as_described() {
    for (name, devices, addresses) in [
        ("A0", 20, 5),
        ("A1", 20, 5),
        ("A2", 20, 5),
        ("A3", 20, 5),
        ("A4", 200, 200),
    ] {
        // People: 75 pairs, 4 helpers' devices, 830 of their own.
        assert_eq!(
            different(named(name), |asker| asker.device),
            [909, devices],
            "{name}"
        );
        let [people, scalper] = different(named(name), |asker| asker.network);
        assert_eq!(scalper, addresses, "{name}");
        // Three in ten are behind one of twelve.
        assert!((660..760).contains(&people), "{name}: {people}");
    }
}

#[test]
fn people_and_their_times_are_the_same_under_every_attack() {
    let [a, b] = ["none", "A1"].map(|name| Crowd::gather(9, 4, named(name)));
    assert_eq!(a.askers(), &b.askers()[..PEOPLE as usize]);
    let of_people = |crowd: &Crowd| {
        let asks = crowd.asks(17).into_iter();
        asks.filter(|(_, who)| *who < PEOPLE).collect::<Vec<_>>()
    };
    assert_eq!(of_people(&a), of_people(&b));
    assert_ne!(a.asks(17), a.asks(18));
    assert_ne!(a, Crowd::gather(9, 5, named("none")));
}
