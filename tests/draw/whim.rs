//! Scenes: random rules, and random people who ask.

use fairslot::draw::{
    BeaconSpec, BeaconValue, Digest, Entry, Group, Holder, Policy, Pool, Seed, ServerKey, Terms,
    Window,
};
use fairslot::{AccountId, DeviceId, PatientId, Timestamp};
use proptest::prelude::*;

use crate::plain::Ask;

pub(crate) const KEY: [u8; 32] = [0x5a; 32];
pub(crate) const SEED: Seed = Seed::new([0x17; 32]);

#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) terms: Terms,
    pub(crate) asks: Vec<Ask>,
    pub(crate) said: BeaconValue,
}

impl Scene {
    pub(crate) fn window(&self) -> Window {
        let window = Window::open(self.terms.clone(), SEED, ServerKey::new(KEY), 1_000_000);
        let window = window.expect("the terms are sound");
        for ask in &self.asks {
            let receipt = window.enter(&entry(ask)).expect("there is room");
            assert_eq!(window.receipt(PatientId::new(ask.patient)), Some(receipt));
        }
        window
    }
}

pub(crate) fn entry(ask: &Ask) -> Entry {
    let mut entry = Entry::new(PatientId::new(ask.patient)).suspicion(ask.suspicion);
    if let Some(device) = ask.device {
        entry = entry.device(DeviceId::new(device));
    }
    if let Some(account) = ask.account {
        entry = entry.account(AccountId::new(account));
    }
    if ask.trusted {
        entry = entry.trusted_channel();
    }
    for group in &ask.groups {
        entry = entry.group(Group::new(*group).expect("1 to 16"));
    }
    entry.prefer(ask.preferences.clone())
}

fn pool() -> impl Strategy<Value = Pool> {
    let group =
        prop::option::of((1..=16u8).prop_map(|number| Group::new(number.min(3)).expect("1 to 16")));
    prop::collection::vec((group, 0..6u32), 1..4).prop_map(|allotments| {
        let and = |pool: Pool, (group, slots)| pool.and(group, slots);
        allotments.into_iter().fold(Pool::default(), and)
    })
}

fn ask(pools: u16) -> impl Strategy<Value = Ask> {
    let numbers: Vec<u16> = (0..pools).collect();
    let most = numbers.len();
    (
        0..40u128,
        prop::option::of(0..6u128),
        prop::option::of(0..6u128),
        prop::bool::weighted(0.1),
        prop_oneof![Just(0), any::<u8>()],
        prop::collection::vec(1..=3u8, 0..3),
        prop_oneof![
            Just(Vec::new()),
            prop::sample::subsequence(numbers, 0..=most).prop_shuffle()
        ],
    )
        .prop_map(
            |(patient, device, account, trusted, suspicion, groups, preferences)| Ask {
                patient,
                device,
                account,
                trusted,
                suspicion,
                groups,
                preferences,
            },
        )
}

fn beacon() -> impl Strategy<Value = (BeaconSpec, BeaconValue)> {
    let round = BeaconSpec::Round {
        source: "a public beacon".to_owned(),
        round: 4_711,
        available_at: Timestamp::from_millis(2_000),
    };
    let seeds = vec![Seed::new([3; 32]), Seed::new([4; 32])];
    let holder = |(name, seed): (&str, &Seed)| Holder::commit(9.into(), name, seed);
    let holders = ["hospital", "regulator"]
        .into_iter()
        .zip(&seeds)
        .map(holder);
    prop_oneof![
        Just((BeaconSpec::None, BeaconValue::None)),
        Just((round, BeaconValue::Round(Digest::new([8; 32])))),
        Just((
            BeaconSpec::Holders(holders.collect()),
            BeaconValue::Seeds(seeds.clone())
        )),
    ]
}

pub(crate) fn scene() -> impl Strategy<Value = Scene> {
    let rules = (1..4u32, 1..=255u8, 1..=1_000_000u32);
    let pools = prop::collection::vec(pool(), 1..4);
    (rules, pools, beacon()).prop_flat_map(|((cap, at, ppm), pools, (spec, said))| {
        let count = pools.len() as u16;
        let policy = Policy {
            cluster_cap: cap,
            suspect_at: at,
            suspect_weight_ppm: ppm,
            ..Policy::of(pools)
        };
        let terms = Terms::new(9, Timestamp::from_millis(1_000), policy).beacon(spec);
        prop::collection::vec(ask(count), 0..80).prop_map(move |asks| Scene {
            terms: terms.clone(),
            asks,
            said: said.clone(),
        })
    })
}
