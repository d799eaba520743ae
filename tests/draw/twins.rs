//! The same scene by the crate and by the plainest draw.

use fairslot::PatientId;
use fairslot::draw::{Standing, verify, verify_receipt};
use proptest::prelude::*;

use crate::plain::{self, THIN};
use crate::whim::{KEY, SEED, scene};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn it_is_the_plainest_draw(scene in scene()) {
        let window = scene.window();
        prop_assert_eq!(window.commitment(), plain::commitment(&scene.terms, &SEED));
        let frozen = window.close();
        let drawn = frozen.draw(scene.said.clone()).expect("the beacon that was fixed");
        let transcript = drawn.transcript();
        let leaves = plain::leaves(&KEY, &scene.terms, &scene.asks);
        prop_assert_eq!(&transcript.leaves, &leaves);
        let root = plain::root(&leaves);
        prop_assert_eq!(frozen.closing().root, root);
        let lot = plain::lot(&SEED, &root, &scene.said);
        prop_assert_eq!(transcript.lot, lot);
        prop_assert_eq!(&transcript.places, &plain::places(&scene.terms, &leaves, &lot, THIN));

        // And all of it holds for who looks from outside.
        let verified = verify(&transcript);
        prop_assert_eq!(verified.map(|it| (it.closing, it.places)), Ok((frozen.closing(), transcript.places.len() as u64)));
        for (patient, place) in drawn.winners() {
            prop_assert_eq!(window.receipt(patient).map(|it| it.token), Some(place.token));
        }
        for ask in &scene.asks {
            let receipt = window.receipt(PatientId::new(ask.patient)).expect("who asked is in");
            let proof = drawn.proof(&receipt.token).expect("who is in has a proof");
            let own = verify_receipt(&receipt, &proof).expect("it holds");
            let standing = drawn.standing(&receipt.token).expect("who is in stands somewhere");
            prop_assert_eq!(own.rank, standing.rank);
            prop_assert!(!own.thinned_as_suspect || standing.tier == 2);
            if let Some(place) = transcript.places.iter().find(|it| it.token == receipt.token) {
                prop_assert_eq!(standing, Standing { tier: place.tier, rank: place.rank });
            }
        }
    }

    /// Preferences apart, of which the first list stays.
    #[test]
    fn the_order_of_requests_does_not_matter((scene, asks) in scene().prop_flat_map(|mut scene| {
        scene.asks.iter_mut().for_each(|ask| ask.preferences.clear());
        let asks = Just(scene.asks.clone()).prop_shuffle();
        (Just(scene), asks)
    })) {
        let mut shuffled = scene.clone();
        shuffled.asks = asks;
        let transcript = |scene: &crate::whim::Scene| {
            scene.window().close().draw(scene.said.clone()).expect("the beacon that was fixed").transcript()
        };
        prop_assert_eq!(transcript(&scene), transcript(&shuffled));
    }

    #[test]
    fn the_second_tier_is_served_last_and_never_excluded(scene in scene()) {
        let window = scene.window();
        let drawn = window.close().draw(scene.said.clone()).expect("the beacon that was fixed");
        let transcript = drawn.transcript();
        prop_assert!(transcript.places.is_sorted_by_key(|place| (place.tier, place.rank)));
        // Whoever has nothing found nothing left that they may have.
        let mut left = scene.terms.policy.pools.clone();
        for place in &transcript.places {
            left[usize::from(place.pool)].allotments[usize::from(place.allotment)].slots -= 1;
        }
        for leaf in &transcript.leaves {
            if transcript.places.iter().any(|place| place.token == leaf.token) {
                continue;
            }
            for (number, pool) in (0..).zip(&left) {
                let wanted = leaf.preferences.is_empty() || leaf.preferences.contains(&number);
                for allotment in &pool.allotments {
                    let may = allotment.group.is_none_or(|it| leaf.groups & (1 << (it.get() - 1)) > 0);
                    prop_assert!(!wanted || !may || allotment.slots == 0);
                }
            }
        }
    }
}
