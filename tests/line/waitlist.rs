//! The waitlist against its own description, step by step; and what it must never do.

use std::collections::HashMap;

use fairslot::line::{
    Cluster, JoinError, Offer, Returned, Returns, Ticket, Waitlist, WaitlistPolicy, Wish,
};
use fairslot::{PatientId, Timestamp};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::{at, device, who};

const START: u64 = 1_000_000_000;
/// Far enough away for the long interval.
const VISIT: Timestamp = at(START + 10 * 86_400_000);

fn list(policy: WaitlistPolicy) -> Waitlist {
    Waitlist::new(policy, &[3; 32]).expect("in range")
}

fn seed(round: u64) -> [u8; 32] {
    [round as u8 ^ 0x5a; 32]
}

/// A slot of a stranger's, whom nobody knows.
fn of_stranger(slot: u32) -> Returned {
    Returned {
        slot,
        by: who(1 << 40),
        cluster: device(1 << 40),
    }
}

/// Gives these back at once, and draws when they are due.
fn draw(list: &Waitlist, slots: &[Returned]) -> (Vec<Offer>, Vec<u32>) {
    for slot in slots {
        assert!(list.give_back(slot, at(START), VISIT).is_some());
    }
    let due = list.next_due().expect("slots rest");
    assert_eq!(list.draw(at(due.as_millis() - 1), seed), None);
    let round = list.draw(due, seed).expect("it is due");
    (round.offers, round.unwanted)
}

// ---- the plain list ---------------------------------------------------------------------------------------------------------------

/// SHA-256 of a label in half a block, the seed, and the patient: the first sixteen bytes.
fn number(label: &str, seed: &[u8; 32], patient: PatientId) -> u128 {
    let mut message = label.as_bytes().to_vec();
    message.resize(32, 0);
    message.extend(seed);
    message.extend(patient.to_u128().to_be_bytes());
    let digest: [u8; 32] = Sha256::digest(&message).into();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(first)
}

fn tier(wish: &Wish, all: &[Wish], seed: &[u8; 32], cap: usize) -> u8 {
    let thin = |it: &Wish| number("fairslot/list/thin/1", seed, it.patients[0]);
    let stays = wish.clusters.iter().any(|cluster| {
        let before: Vec<&Wish> = all
            .iter()
            .filter(|it| it.clusters.contains(cluster) && thin(it) < thin(wish))
            .collect();
        let people: usize = before.iter().map(|it| it.patients.len()).sum();
        before.is_empty() || people + wish.patients.len() <= cap
    });
    let susp = number("fairslot/list/susp/1", seed, wish.patients[0]) >> 64;
    let spared = susp < (u128::from(wish.weight_ppm) << 64) / 1_000_000;
    match (stays && spared, wish.displaced) {
        (true, true) => 0,
        (true, false) => 1,
        (false, _) => 2,
    }
}

/// The order of a batch, by first patients.
fn order(all: &[Wish], seed: &[u8; 32], cap: usize) -> Vec<Wish> {
    let mut order = all.to_vec();
    order.sort_by_key(|it| {
        (
            tier(it, all, seed, cap),
            number("fairslot/list/rank/1", seed, it.patients[0]),
        )
    });
    order
}

/// Whether somebody may have a slot that these gave up, or let go by.
fn may(wish: &Wish, away: &[Returned]) -> bool {
    let elsewhere = |cluster: &Cluster| away.iter().all(|it| it.cluster != *cluster);
    away.iter().all(|it| !wish.patients.contains(&it.by)) && wish.clusters.iter().any(elsewhere)
}

fn deal(order: &mut Vec<Wish>, slots: &mut Vec<Returned>) -> Vec<(u32, PatientId)> {
    let mut offers = Vec::new();
    for wish in order.clone() {
        let fit: Vec<Returned> = slots
            .iter()
            .copied()
            .filter(|it| may(&wish, &[*it]))
            .collect();
        if fit.len() < wish.patients.len() {
            continue;
        }
        for (slot, patient) in fit.iter().zip(&wish.patients) {
            offers.push((slot.slot, *patient));
            slots.retain(|it| it.slot != slot.slot);
        }
        order.retain(|it| *it != wish);
    }
    offers.sort_unstable();
    offers
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let one = (
        1..4usize,
        0..6u64,
        prop_oneof![3 => Just(1_000_000u32), 1 => Just(200_000), 1 => Just(0)],
        prop::bool::weighted(0.1),
    );
    prop::collection::vec(one, 1..25).prop_map(|all| {
        let wish = |(at, (people, cluster, weight, displaced)): (u64, (usize, u64, u32, bool))| {
            let family: Vec<PatientId> = (0..people as u64).map(|it| who(10 * at + it)).collect();
            let people = if at % 3 == 0 { people } else { 1 };
            let mut wish = Wish::family(&family[..people], device(cluster)).weight_ppm(weight);
            wish.displaced = displaced;
            wish
        };
        (0..).zip(all).map(wish).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_is_as_described(wishes in wishes(), by in prop::collection::vec((0..250u64, 0..7u64), 1..8), lapses in prop::collection::vec(0..8usize, 0..12), cap in 1..4u32) {
        let list = list(WaitlistPolicy { cluster_cap: cap, ..WaitlistPolicy::default() });
        let tickets: HashMap<PatientId, Ticket> = wishes
            .iter()
            .map(|wish| (wish.patients[0], list.join(wish).expect("there is room")))
            .collect();
        let slots: Vec<Returned> = (0..)
            .zip(&by)
            .map(|(slot, (by, cluster))| Returned { slot, by: who(*by), cluster: device(*cluster) })
            .collect();
        let (mut offers, unwanted) = draw(&list, &slots);
        let (mut order, mut left) = (order(&wishes, &seed(1), cap as usize), slots.clone());
        let mut expected = deal(&mut order, &mut left);
        let told = |offers: &[Offer]| {
            let mut told: Vec<_> = offers.iter().map(|it| (it.slot, it.patient)).collect();
            told.sort_unstable();
            told
        };
        prop_assert_eq!(told(&offers), expected.clone());
        prop_assert_eq!(unwanted, left.iter().map(|it| it.slot).collect::<Vec<_>>());
        // Who joins now has no part in this batch, however long it lasts.
        let late = list.join(&Wish::new(who(7_777), device(99)).displaced()).expect("there is room");
        let now = at(START * 2);
        let mut away: HashMap<u32, Vec<Returned>> = slots.iter().map(|it| (it.slot, vec![*it])).collect();
        for which in lapses {
            if offers.is_empty() {
                break;
            }
            offers.sort_unstable_by_key(|it| it.slot);
            let lapsed = offers.remove(which % offers.len());
            expected.retain(|(slot, _)| *slot != lapsed.slot);
            let round = list.lapse(&lapsed, now).expect("it stood");
            prop_assert_eq!(list.lapse(&lapsed, now), None, "once");
            let wish = wishes.iter().find(|it| it.patients.contains(&lapsed.patient)).expect("theirs");
            let of_slot = away.get_mut(&lapsed.slot).expect("it was given back");
            of_slot.extend(wish.clusters.iter().map(|cluster| Returned { slot: lapsed.slot, by: lapsed.patient, cluster: *cluster }));
            let next = order.iter().find(|it| it.patients.len() == 1 && may(it, of_slot)).cloned();
            match next {
                Some(next) => {
                    order.retain(|it| *it != next);
                    prop_assert_eq!(told(&round.offers), vec![(lapsed.slot, next.patients[0])]);
                    offers.extend(&round.offers);
                    prop_assert!(round.offers[0].until == now.after(15 * 60_000));
                }
                None => prop_assert_eq!((round.offers, round.unwanted), (vec![], vec![lapsed.slot])),
            }
        }
        prop_assert!(list.has(late));
        for wish in &wishes {
            prop_assert_eq!(list.has(tickets[&wish.patients[0]]), order.contains(wish));
        }
        prop_assert_eq!(list.waiting() as usize, order.len() + 1);
    }
}

// ---- one thing at a time ----------------------------------------------------------------------------------------------------------

#[test]
fn one_entry_a_person_and_what_a_stranger_says_spoils_nothing() {
    // Of people, however many wait together.
    let list = list(WaitlistPolicy {
        capacity: 4,
        ..WaitlistPolicy::default()
    });
    let first = list.join(&Wish::new(who(1), device(66)).weight_ppm(0));
    let again = list.join(&Wish::new(who(1), device(1)));
    assert!(first.is_ok() && first == again);
    let family = list.join(&Wish::family(&[who(2), who(3)], device(2)));
    assert!(family.is_ok());
    assert_eq!(
        list.join(&Wish::family(&[who(3), who(2)], device(2))),
        family
    );
    let wrong = [
        (vec![who(3)], JoinError::Elsewhere),
        (vec![who(1), who(4)], JoinError::Elsewhere),
        (vec![], JoinError::Family),
        (vec![who(5), who(5)], JoinError::Family),
        ((10..19).map(who).collect(), JoinError::Family),
    ];
    for (patients, why) in wrong {
        let wish = Wish::family(&patients, device(5));
        assert_eq!(list.join(&wish), Err(why), "{patients:?}");
    }
    assert!(list.join(&Wish::new(who(6), device(6))).is_ok());
    assert_eq!(
        list.join(&Wish::new(who(7), device(7))),
        Err(JoinError::Full)
    );
    // Who is in stays in when it is full.
    assert_eq!(list.join(&Wish::new(who(1), device(3))), first);
    assert_eq!(list.waiting(), 3);
}

/// A stranger enters somebody from the device that a slot is given up through: they come from elsewhere, too.
#[test]
fn a_strangers_device_leaves_nobody_out() {
    let list = list(WaitlistPolicy::default());
    let given_up = |slot| Returned {
        slot,
        by: who(9),
        cluster: device(66),
    };
    let join = |patient, cluster| {
        let wish = Wish::new(who(patient), device(cluster));
        list.join(&wish).expect("there is room");
    };
    join(1, 66);
    join(1, 1);
    join(2, 66);
    let (offers, unwanted) = draw(&list, &[given_up(0), given_up(1)]);
    let told: Vec<_> = offers.iter().map(|it| it.patient).collect();
    assert_eq!((told, unwanted.len()), (vec![who(1)], 1));
}

#[test]
fn who_pauses_is_not_drawn_and_who_leaves_is_gone() {
    let list = list(WaitlistPolicy::default());
    let [one, two, three] =
        [1, 2, 3].map(|it| list.join(&Wish::new(who(it), device(it))).expect("room"));
    assert!(list.pause(one) && list.leave(two));
    assert!(!list.leave(two) && !list.pause(two) && !list.has(two));
    let (offers, unwanted) = draw(&list, &[0, 1, 2].map(of_stranger));
    assert_eq!(offers.len(), 1);
    assert_eq!((offers[0].ticket, unwanted), (three, vec![1, 2]));
    assert!(list.take_up(&offers[0]) && !list.take_up(&offers[0]));
    assert!(list.resume(one));
    let (offers, _) = draw(&list, &[of_stranger(4)]);
    assert_eq!((offers[0].ticket, offers[0].patient), (one, who(1)));
    // The place is used again, and the old ticket is nobody's.
    let four = list.join(&Wish::new(who(4), device(4))).expect("room");
    assert!(![one, two, three].contains(&four));
    assert!(![one, two, three].map(|it| list.has(it)).contains(&true));
}

#[test]
fn who_was_displaced_goes_ahead_but_for_crowds() {
    let list = list(WaitlistPolicy::default());
    for it in 0..50 {
        let displaced = it % 10 == 0;
        let wish = Wish::new(who(it), device(it));
        let wish = if displaced { wish.displaced() } else { wish };
        list.join(&wish).expect("room");
    }
    // A crowd behind one device, and who gave up too much, lost slots as well: they go ahead no more than the cap and their weight let them.
    for it in 50..100 {
        let wish = match it {
            50..90 => Wish::new(who(it), device(50)),
            _ => Wish::new(who(it), device(it)).weight_ppm(0),
        };
        let wish = wish.displaced();
        list.join(&wish).expect("room");
    }
    let slots: Vec<Returned> = (0..8).map(of_stranger).collect();
    let (offers, _) = draw(&list, &slots);
    let is_of = |them: &[u64]| {
        let told = offers.iter().map(|it| it.patient);
        told.filter(|it| them.iter().any(|person| *it == who(*person)))
            .count()
    };
    let crowd: Vec<u64> = (50..90).collect();
    assert_eq!(is_of(&[0, 10, 20, 30, 40]), 5);
    assert_eq!(
        is_of(&crowd),
        WaitlistPolicy::default().cluster_cap as usize
    );
}

#[test]
fn a_family_is_served_together_or_not_at_all() {
    let list = list(WaitlistPolicy::default());
    let family = [who(1), who(2), who(3)];
    let ticket = list.join(&Wish::family(&family, device(1))).expect("room");
    // Two are no three; and a slot of their own device is none for them.
    let own = Returned {
        cluster: device(1),
        ..of_stranger(2)
    };
    let (offers, unwanted) = draw(&list, &[of_stranger(0), of_stranger(1), own]);
    assert_eq!((offers, unwanted), (vec![], vec![0, 1, 2]));
    assert!(list.has(ticket));
    let (offers, unwanted) = draw(&list, &[0, 1, 2, 3].map(of_stranger));
    let told: Vec<_> = offers.iter().map(|it| it.patient).collect();
    assert_eq!(told.len(), 3);
    assert!(family.iter().all(|it| told.contains(it)));
    assert_eq!(unwanted.len(), 1);
}

#[test]
fn a_closed_list_offers_nothing_and_says_what_there_was() {
    let list = list(WaitlistPolicy::default());
    let tickets: Vec<Ticket> = (0..4)
        .map(|it| list.join(&Wish::new(who(it), device(it))).expect("room"))
        .collect();
    let (offers, _) = draw(&list, &[of_stranger(0), of_stranger(1)]);
    list.take_up(&offers[0]);
    list.give_back(&of_stranger(7), at(START), VISIT)
        .expect("open");
    let closed = list.close();
    assert_eq!(closed.offers, [offers[1]]);
    assert_eq!(closed.resting, [7]);
    let waited: Vec<_> = tickets
        .iter()
        .filter(|it| offers.iter().all(|offer| offer.ticket != **it))
        .collect();
    assert!(closed.waiting.iter().eq(waited));
    assert_eq!(list.lapse(&offers[1], at(START)), None);
    assert!(!list.take_up(&offers[1]));
    assert_eq!(list.give_back(&of_stranger(1), at(START), VISIT), None);
    assert_eq!(
        list.join(&Wish::new(who(9), device(9))),
        Err(JoinError::Closed)
    );
    let again = list.close();
    assert!(again.offers.is_empty() && again.waiting.is_empty() && again.resting.is_empty());
    list.reopen();
    let new = list.join(&Wish::new(who(1), device(1))).expect("open");
    assert!(!tickets.contains(&new));
    let mut numbers = Vec::new();
    list.give_back(&of_stranger(1), at(START), VISIT);
    let drawn = list.draw(at(2 * START), |number| {
        numbers.push(number);
        seed(number)
    });
    assert_eq!(drawn.map(|it| it.offers.len()), Some(1));
    assert_eq!(numbers, [2], "no seed comes twice");
}

#[test]
fn each_moment_is_a_batch_of_its_own() {
    let list = list(WaitlistPolicy::default());
    for it in 0..20 {
        list.join(&Wish::new(who(it), device(it))).expect("room");
    }
    let hour = 3_600_000;
    for slot in 0..4 {
        let given = at(START + u64::from(slot) * hour);
        list.give_back(&of_stranger(slot), given, VISIT);
    }
    // Nobody drew for a day.
    let mut numbers = Vec::new();
    let now = at(START + 24 * hour);
    while let Some(round) = list.draw(now, |number| {
        numbers.push(number);
        seed(number)
    }) {
        assert_eq!((round.offers.len(), round.unwanted.len()), (1, 0));
    }
    assert_eq!((numbers, list.resting()), (vec![1, 2, 3, 4], 0));
}

#[test]
fn settings_out_of_range_are_named() {
    let sound = WaitlistPolicy::default();
    let returns = Returns::default();
    let day = 86_400_000;
    let wrong = [
        (
            WaitlistPolicy {
                capacity: 0,
                ..sound
            },
            "waitlist.capacity",
        ),
        (
            WaitlistPolicy {
                cluster_cap: 0,
                ..sound
            },
            "waitlist.cluster_cap",
        ),
        (
            WaitlistPolicy {
                offer_ms: day + 1,
                ..sound
            },
            "waitlist.offer_ms",
        ),
        (
            WaitlistPolicy {
                returns: Returns {
                    interval_ms: 1,
                    ..returns
                },
                ..sound
            },
            "returns.interval_ms",
        ),
        (
            WaitlistPolicy {
                returns: Returns {
                    quiet_ms: day + 1,
                    ..returns
                },
                ..sound
            },
            "returns.quiet_ms",
        ),
        (
            WaitlistPolicy {
                returns: Returns {
                    near_interval_ms: day,
                    ..returns
                },
                ..sound
            },
            "returns.near_interval_ms",
        ),
    ];
    for (policy, field) in wrong {
        let why = Waitlist::new(policy, &[0; 32]).expect_err(field);
        assert_eq!(why.field(), field);
    }
    assert!(!format!("{:?}", list(sound)).contains("secret"));
    let person = Cluster::Person(who(0xdead_beef));
    assert!(!format!("{:?}", Wish::new(who(0xdead_beef), person)).contains("3735928559"));
}
