//! The simulator's crowd, scored when a window of ten seconds closes: scripts that give themselves away are found, those that don't aren't, and hardly anybody honest is
//! taken for one.

use super::{Desk, from, judging};
use crate::attack::{ATTACKS, Attack};
use crate::crowd::{Crowd, PEOPLE};
use fairslot::Request;

const POPULATIONS: u64 = 12;
const WINDOW_NS: u64 = 10_000_000_000;

/// Identities whose device is suspicious at the close: of the people, and of the scalper; out of those who asked.
fn flagged(seed: u64, population: u64, trial: u64, attack: &Attack) -> [(usize, usize); 2] {
    let desk = Desk::seeded(population * 1_000 + trial, Some(judging()));
    let schedule = desk.publish(1, 60_000);
    let crowd = Crowd::gather(seed, population, attack);
    let askers = crowd.askers();
    let mut asked = vec![false; askers.len()];
    for (at_ns, who) in crowd.asks(trial) {
        if at_ns < WINDOW_NS {
            desk.at(at_ns / 1_000_000);
            let _ = desk.ask(&askers[who as usize].request(schedule));
            asked[who as usize] = true;
        }
    }
    desk.at(WINDOW_NS / 1_000_000);
    let suspicious = |request: Request| desk.verdict(&request).score >= 500;
    let mut sides = [(0, 0); 2];
    for (who, asker) in askers.iter().enumerate().filter(|(who, _)| asked[*who]) {
        let side = &mut sides[usize::from(who >= PEOPLE as usize)];
        side.0 += usize::from(suspicious(asker.request(schedule)));
        side.1 += 1;
    }
    sides
}

fn of_attack(name: &str, trials: u64) -> [(usize, usize); 2] {
    let attack = ATTACKS.iter().find(|it| it.name == name);
    let attack = attack.expect("it is one of them");
    let mut sums = [(0, 0); 2];
    for population in 0..POPULATIONS {
        for trial in 0..trials {
            let sides = flagged(1, population, trial, attack);
            for (sum, side) in sums.iter_mut().zip(sides) {
                *sum = (sum.0 + side.0, sum.1 + side.1);
            }
        }
    }
    println!(
        "{name}: people {:?}, scalper {:?} suspicious of those who asked",
        sums[0], sums[1]
    );
    sums
}

#[test]
fn scripts_that_give_themselves_away_are_found() {
    for name in ["A0", "A1"] {
        let [_, (found, all)] = of_attack(name, 1);
        assert_eq!(found, all, "{name}");
        assert!(all > 0);
    }
}

/// Ten identities set ten bits of 64, or fewer; one device in a thousand so few that they pass for six. Each trial has another seed, so they are other devices.
#[test]
fn a_farm_of_devices_is_found() {
    let [_, (found, all)] = of_attack("A3", 4);
    assert!(found * 1_000 >= all * 997, "{found} of {all}");
}

#[test]
fn who_looks_like_people_is_left_alone() {
    for name in ["A2", "A4"] {
        let [_, (found, all)] = of_attack(name, 2);
        assert_eq!(found, 0, "{name}: of {all}");
    }
}

#[test]
fn hardly_anybody_honest_is_suspicious() {
    let [(wronged, all), _] = of_attack("none", 12);
    assert!(wronged * 2_000 <= all, "{wronged} of {all}");
}

/// Judging changes no answer.
#[test]
fn with_judging_and_without_everybody_gets_the_same_answers() {
    for attack in &ATTACKS[2..4] {
        let crowd = Crowd::gather(3, 0, attack);
        let desks = [Desk::judging(), Desk::new(None)];
        let schedules = desks.each_ref().map(|desk| desk.publish(1, 50));
        assert_eq!(schedules[0], schedules[1]);
        for (at_ns, who) in crowd.asks(0) {
            let answers = desks.each_ref().map(|desk| {
                desk.at(at_ns / 1_000_000);
                desk.ask(&crowd.askers()[who as usize].request(schedules[0]))
            });
            assert_eq!(answers[0], answers[1]);
        }
        let stats = desks.each_ref().map(|desk| desk.engine.stats());
        assert_eq!(stats[0].refused, stats[1].refused);
        assert!(stats[0].behaviour.is_some() && stats[1].behaviour.is_none());
        let nobody = desks[1].verdict(&from(schedules[1], 1, 1));
        assert_eq!((nobody.score, nobody.labels.len()), (0, 0));
    }
}
