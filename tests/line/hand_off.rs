//! Hand-off: how often does a slot that a scalper gives up end with his client?

use fairslot::line::{Cluster, Returned, Waitlist, WaitlistPolicy, Wish};

use crate::{Dice, at, device, who};

const PEOPLE: u64 = 950;
const DRAWS: u64 = 1_500;
const VISIT: fairslot::Timestamp = at(1 << 42);

/// Slots of so many that end with one of the clients, who are on the list with 950 people, on so many devices.
fn handed_over(clients: u64, devices: u64) -> u64 {
    let mut dice = Dice(clients * 1_000 + devices);
    let (mut hits, mut rounds) = (0, 0);
    let list = Waitlist::new(WaitlistPolicy::default(), &dice.bytes()).expect("in range");
    let client = |it: u64| match devices {
        0 => Cluster::Person(who(5_000 + it)),
        devices => device(it % devices),
    };
    let join = |number: u64| {
        let wish = match number.checked_sub(5_000) {
            Some(it) => Wish::new(who(number), client(it)),
            None => Wish::new(who(number), Cluster::Person(who(number))),
        };
        list.join(&wish).expect("there is room");
    };
    (0..PEOPLE).for_each(join);
    (5_000..5_000 + clients).for_each(join);
    let mut now = 1_000_000_000;
    for _ in 0..DRAWS {
        // He gives it up from a device of his own, which no client uses.
        let given = Returned {
            slot: 1,
            by: who(9_999),
            cluster: device(9_999),
        };
        now = list
            .give_back(&given, at(now), VISIT)
            .expect("open")
            .as_millis();
        let round = list.draw(at(now), |_| dice.bytes()).expect("it is due");
        let [offer] = round.offers[..] else {
            panic!("one slot, one offer");
        };
        rounds += 1;
        let number = offer.patient.to_u128() as u64;
        hits += u64::from(number >= 5_000);
        assert!(list.take_up(&offer));
        // And is on the list again, so that the next draw is like this one.
        join(number);
    }
    assert_eq!(rounds, DRAWS);
    hits
}

/// Within so many standard deviations that chance goes beyond them once in a million runs.
fn expect(hits: u64, share: f64) {
    let (mean, n) = (DRAWS as f64 * share, DRAWS as f64);
    let deviation = (n * share * (1.0 - share)).sqrt();
    println!("{:.4}, expected {share:.4}", hits as f64 / n);
    assert!(
        (hits as f64 - mean).abs() < 5.0 * deviation + 1.0,
        "{hits} of {n}, expected {mean:.1}"
    );
}

#[test]
fn a_clients_chance_is_a_waiting_persons() {
    for clients in [10, 50, 200] {
        let share = clients as f64 / (PEOPLE + clients) as f64;
        expect(handed_over(clients, 0), share);
    }
}

#[test]
fn a_crowd_on_few_devices_counts_as_three_each() {
    // 60 of 1,010 in the first tier.
    expect(handed_over(200, 20), 60.0 / 1_010.0);
}

#[test]
fn whoever_gave_it_up_gets_nothing_back_nor_do_those_with_them() {
    let mut dice = Dice(4);
    let list = Waitlist::new(WaitlistPolicy::default(), &dice.bytes()).expect("in range");
    for it in 0..40 {
        let wish = Wish::new(who(it), device(it % 2));
        list.join(&wish.displaced()).expect("there is room");
    }
    for _ in 0..18 {
        let given = Returned {
            slot: 1,
            by: who(1_000),
            cluster: device(1),
        };
        list.give_back(&given, at(0), at(0)).expect("open");
        let round = list.draw(at(0), |_| dice.bytes()).expect("at once");
        assert_eq!(round.offers[0].patient.to_u128() % 2, 0);
        assert!(list.take_up(&round.offers[0]));
    }
    // Two of the other device are left. One is offered it and lets it lapse: now both devices are out.
    let given = Returned {
        slot: 1,
        by: who(1_000),
        cluster: device(1),
    };
    list.give_back(&given, at(0), at(0)).expect("open");
    let round = list.draw(at(0), |_| dice.bytes()).expect("at once");
    let round = list.lapse(&round.offers[0], at(1)).expect("it stood");
    assert_eq!((round.offers, round.unwanted), (vec![], vec![1]));
    assert_eq!(list.waiting(), 21);
}

/// A family of two is one ticket that wants two slots: it has both if at most all but two of the batch's slots have gone before its turn.
#[test]
fn a_familys_chance_is_one_tickets_with_enough_slots_left() {
    const ALONE: u64 = 19;
    for slots in 1..=4u32 {
        let mut dice = Dice(u64::from(slots));
        let list = Waitlist::new(WaitlistPolicy::default(), &dice.bytes()).expect("in range");
        let family = [who(100), who(101)];
        let join = |patient| list.join(&Wish::new(who(patient), device(patient)));
        let (mut now, mut served, mut one) = (1_000_000_000, 0u64, 0u64);
        for _ in 0..DRAWS {
            // Whoever is missing comes back, so that each draw is like the first.
            let all = (0..ALONE).all(|patient| join(patient).is_ok());
            assert!(all && list.join(&Wish::family(&family, device(100))).is_ok());
            for slot in 0..slots {
                let given = Returned {
                    slot,
                    by: who(9_999),
                    cluster: device(9_999),
                };
                list.give_back(&given, at(now), VISIT).expect("open");
            }
            now = list.next_due().expect("they rest").as_millis();
            let round = list.draw(at(now), |_| dice.bytes()).expect("it is due");
            let offered = |patient| round.offers.iter().any(|it| it.patient == patient);
            assert_eq!(offered(family[0]), offered(family[1]));
            served += u64::from(offered(family[0]));
            one += u64::from(offered(who(0)));
            assert!(round.offers.iter().all(|it| list.take_up(it)));
        }
        let chance = f64::from(slots.saturating_sub(1)) / (ALONE + 1) as f64;
        println!(
            "{slots} slots: a family {:.3}, by formula {chance:.3}; one of the others {:.3}",
            served as f64 / DRAWS as f64,
            one as f64 / DRAWS as f64
        );
        if slots == 1 {
            assert_eq!(served, 0);
        } else {
            expect(served, chance);
        }
    }
}
