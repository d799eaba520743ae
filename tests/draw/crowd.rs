//! A crowd with a scalper in it: who wins how often?

use fairslot::draw::{BeaconValue, DrawId, Place, Policy, Pool};
use fairslot::{DeviceId, PatientId, Timestamp};

use crate::plain::{self, Ask, RANK, THIN};
use crate::whim::{KEY, SEED, Scene};

pub(crate) fn rules(slots: u32) -> Policy {
    let group = fairslot::draw::Group::new(1);
    Policy::of(vec![
        Pool::open(slots),
        Pool::default().and(group, 1).and(None, 1),
    ])
}

pub(crate) const fn person(patient: u128, device: u128) -> Ask {
    Ask {
        patient,
        device: Some(device),
        account: None,
        trusted: false,
        suspicion: 0,
        groups: Vec::new(),
        preferences: Vec::new(),
    }
}

/// `people` who share `devices`.
pub(crate) fn crowd(people: u128, devices: u128, policy: Policy) -> Scene {
    Scene {
        terms: fairslot::draw::Terms::new(9, Timestamp::from_millis(1_000), policy),
        asks: (0..people)
            .map(|i| person(i, 1_000_000 + i % devices))
            .collect(),
        said: BeaconValue::None,
    }
}

/// 1,000 people with a device each; 200 of a scalper's identities, from 2^64 on, on 20 devices; 50 slots.
fn rush() -> Scene {
    let mut scene = crowd(1_000, 1_000, Policy::new(50));
    let scalper = |i: u128| person((1 << 64) + i, i % 20);
    scene.asks.extend((0..200).map(scalper));
    scene
}

/// The scalper's advantage over so many draws.
fn advantage(scene: &Scene, draws: u64, scalpers: impl Fn(&Scene) -> u64) -> f64 {
    let mut scene = scene.clone();
    let won: u64 = (0..draws)
        .map(|draw| {
            scene.terms.draw = DrawId::from(u128::from(draw));
            scalpers(&scene)
        })
        .sum();
    (won as f64 / 200.0) / ((50 * draws - won) as f64 / 1_000.0)
}

fn drawn(scene: &Scene) -> u64 {
    let window = scene.window();
    let drawn = window
        .close()
        .draw(BeaconValue::None)
        .expect("no beacon was fixed");
    drawn
        .winners()
        .filter(|(patient, _)| patient.to_u128() >= 1 << 64)
        .count() as u64
}

/// The plainest draw, capped by numbers of a kind.
fn capped_by(kind: &str, scene: &Scene) -> u64 {
    let leaves = plain::leaves(&KEY, &scene.terms, &scene.asks);
    let lot = plain::lot(&SEED, &plain::root(&leaves), &BeaconValue::None);
    let places: Vec<Place> = plain::places(&scene.terms, &leaves, &lot, kind);
    let crowded: Vec<_> = leaves
        .iter()
        .filter(|leaf| {
            let shared = |other: &&fairslot::draw::Leaf| other.clusters == leaf.clusters;
            leaves.iter().filter(shared).nth(1).is_some()
        })
        .map(|leaf| leaf.token)
        .collect();
    places
        .iter()
        .filter(|place| crowded.contains(&place.token))
        .count() as u64
}

#[test]
fn a_cap_by_thinning_holds_a_scalper_to_its_devices() {
    // Three on each of twenty devices, of two hundred: 0.3.
    let gain = advantage(&rush(), 1_000, drawn);
    assert!((0.27..0.33).contains(&gain), "{gain}");
}

#[test]
fn a_cap_in_order_of_rank_does_nothing() {
    let gain = advantage(&rush(), 60, |scene| capped_by(RANK, scene));
    assert!(gain > 0.85, "{gain}");
    let gain = advantage(&rush(), 60, |scene| capped_by(THIN, scene));
    assert!(gain < 0.45, "{gain}");
}

#[test]
fn without_a_cluster_to_see_the_floor_is_one() {
    let mut scene = rush();
    for (device, ask) in (1 << 70..).zip(&mut scene.asks) {
        ask.device = Some(device);
    }
    let gain = advantage(&scene, 1_000, drawn);
    assert!((0.94..1.06).contains(&gain), "{gain}");
}

#[test]
fn every_identity_on_every_device_gains_nothing() {
    let mut scene = rush();
    for identity in 0..200 {
        let on = |device| person((1 << 64) + identity, device);
        scene.asks.extend((0..20).map(on));
    }
    let window = scene.window();
    let drawn = window
        .close()
        .draw(BeaconValue::None)
        .expect("no beacon was fixed");
    let first = (0..200).filter(|identity| {
        let receipt = window
            .receipt(PatientId::new((1 << 64) + identity))
            .expect("in");
        drawn.standing(&receipt.token).expect("in").tier == 1
    });
    // Each device would keep the same three.
    assert!(first.count() <= 60);
}

/// However many are counted, and whatever the cap.
#[test]
fn a_crowd_of_any_size_keeps_as_many_as_the_policy_says() {
    for (people, cap) in [
        (3, 3),
        (4, 3),
        (255, 3),
        (257, 3),
        (259, 3),
        (515, 3),
        (300, 255),
        (300, 256),
        (256, 256),
    ] {
        let policy = Policy {
            cluster_cap: cap,
            ..Policy::new(1)
        };
        let window = crowd(people, 1, policy).window();
        let drawn = window
            .close()
            .draw(BeaconValue::None)
            .expect("no beacon was fixed");
        let leaves = drawn.transcript().leaves;
        let first = leaves.iter().filter(|leaf| {
            let standing = drawn.standing(&leaf.token);
            standing.is_some_and(|it| it.tier == 1)
        });
        let stay = people.min(u128::from(cap)) as usize;
        assert_eq!(first.count(), stay, "{people}, {cap} of them");
    }
}

#[test]
fn a_crowded_device_of_a_stranger_takes_nothing_from_a_person() {
    let victim = PatientId::new(5);
    for (first, then) in [(5, 70), (70, 5)] {
        let mut scene = crowd(0, 1, Policy::new(1));
        scene.asks = vec![person(5, first), person(5, then)];
        // Two thousand others on the stranger's device.
        scene
            .asks
            .extend((100..2_100).map(|patient| person(patient, 70)));
        for ask in scene.asks.iter_mut().filter(|ask| ask.device == Some(70)) {
            ask.suspicion = 255;
        }
        let window = scene.window();
        let drawn = window
            .close()
            .draw(BeaconValue::None)
            .expect("no beacon was fixed");
        let token = window.receipt(victim).expect("in").token;
        assert_eq!(drawn.standing(&token).map(|it| it.tier), Some(1));
        let leaf = drawn
            .transcript()
            .leaves
            .into_iter()
            .find(|leaf| leaf.token == token);
        assert_eq!(
            leaf.map(|leaf| (leaf.suspicion, leaf.clusters.len())),
            Some((0, 2))
        );
    }
}

#[test]
fn who_came_through_a_trusted_channel_once_is_in_no_crowd() {
    for trusted_first in [true, false] {
        let mut scene = crowd(500, 1, Policy::new(1));
        let mut kiosk = person(7, 1_000_000);
        kiosk.trusted = true;
        scene
            .asks
            .insert(if trusted_first { 0 } else { 500 }, kiosk);
        let window = scene.window();
        let drawn = window
            .close()
            .draw(BeaconValue::None)
            .expect("no beacon was fixed");
        let token = window.receipt(PatientId::new(7)).expect("in").token;
        assert_eq!(drawn.standing(&token).map(|it| it.tier), Some(1));
        let first = drawn
            .transcript()
            .leaves
            .into_iter()
            .filter(|leaf| drawn.standing(&leaf.token).is_some_and(|it| it.tier == 1));
        assert!(
            (4..=5).contains(&first.count()),
            "three of the device, and the one"
        );
    }
}

#[test]
fn a_thousand_entries_of_one_person_are_one() {
    let mut scene = crowd(10, 10, Policy::new(3));
    scene
        .asks
        .extend((0..1_000).map(|i| person(3, DeviceId::new(i % 4).to_u128())));
    let window = scene.window();
    assert_eq!(
        (window.entries(), window.close().closing().entries),
        (10, 10)
    );
}
