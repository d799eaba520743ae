//! Slots that the engine's draws reserve: against a sort by rank and a walk down the declared order, which shares nothing with the crate but the published transcript.

use std::collections::{BTreeMap, BTreeSet};

use fairslot::draw::{Token, Transcript, verify};
use fairslot::{
    Allotment, DeviceId, Group, Lottery, Opening, Outcome, Refusal, Request, RequestId, Schedule,
    ScheduleId, SupplyError, Ticket, Timestamp,
};
use proptest::prelude::*;

use crate::plain;
use crate::together::{Morning, OPENS, WINDOW, lottery, plan, who};

pub(crate) fn group(number: u8) -> Group {
    Group::new(number).expect("1 to 16")
}

pub(crate) fn alone(slots: u32, allotments: &[Allotment]) -> Schedule {
    let lottery = Lottery {
        together: None,
        ..lottery()
    };
    Schedule {
        allotments: allotments.to_vec(),
        ..plan(slots, lottery)
    }
}

impl Morning {
    fn reserve(&self, slots: u32, allotments: &[Allotment]) -> ScheduleId {
        let plan = alone(slots, allotments);
        self.engine.publish(&plan).expect("sound")
    }

    fn enter_as(&self, patient: u64, schedule: ScheduleId, groups: &[u8]) -> Ticket {
        let request = Request::new(who(patient), schedule);
        let request = groups
            .iter()
            .fold(request, |it, number| it.group(group(*number)));
        let said = self.engine.request(&request);
        said.waiting().unwrap_or_else(|| panic!("{said:?}"))
    }

    /// Who of the patients from 0 on won, by their tickets.
    fn winners(&self, tickets: &[Ticket]) -> BTreeSet<u64> {
        let won = |it: &(u64, &Ticket)| self.won(it.1).is_some();
        (0..)
            .zip(tickets)
            .filter(won)
            .map(|(patient, _)| patient)
            .collect()
    }
}

// ---- the plainest walk -----------------------------------------------------------------------------------------------------------

/// Somebody who is in, as the test knows them.
struct Entrant {
    token: Token,
    /// By number of the schedule, best first.
    list: Vec<usize>,
    groups: BTreeSet<u8>,
    left: bool,
}

/// Slots of a schedule, in order: for whom, and how many.
type Declared = Vec<(Option<u8>, u32)>;

/// Sorted by tier and rank, each takes the first on their list that has a slot for them, of the first kind that has one: who got which schedule, and of which kind.
fn walk(
    transcript: &Transcript,
    people: &[Entrant],
    slots: &[Declared],
) -> BTreeMap<Token, (usize, usize)> {
    let cap = transcript.terms.policy.cluster_cap as usize;
    let mut crowds: BTreeMap<_, Vec<(u128, Token)>> = BTreeMap::new();
    for leaf in &transcript.leaves {
        for cluster in &leaf.clusters {
            let thin = plain::number(plain::THIN, &transcript.lot, &leaf.token);
            crowds.entry(*cluster).or_default().push((thin, leaf.token));
        }
    }
    let mut first = BTreeSet::new();
    for crowd in crowds.values_mut() {
        crowd.sort();
        first.extend(crowd.iter().take(cap).map(|it| it.1));
    }
    let stay = people.iter().filter(|it| !it.left);
    let mut turns: Vec<_> = stay
        .map(|it| {
            let rank = plain::number(plain::RANK, &transcript.lot, &it.token);
            (!first.contains(&it.token), rank, it)
        })
        .collect();
    turns.sort_by_key(|(late, rank, _)| (*late, *rank));
    let (mut left, mut got) = (slots.to_vec(), BTreeMap::new());
    for (_, _, person) in turns {
        let all = person
            .list
            .iter()
            .flat_map(|at| (0..left[*at].len()).map(move |kind| (*at, kind)));
        let taken = all.into_iter().find(|(at, kind)| {
            let (whose, slots) = left[*at][*kind];
            slots > 0 && whose.is_none_or(|it| person.groups.contains(&it))
        });
        if let Some((at, kind)) = taken {
            left[at][kind].1 -= 1;
            got.insert(person.token, (at, kind));
        }
    }
    got
}

// ---- the engine and the walk -----------------------------------------------------------------------------------------------------

#[derive(Debug, Clone)]
struct Scene {
    seed: u64,
    /// Slots of each schedule, and what is declared of them.
    plans: Vec<(u32, Declared)>,
    /// Added to each after publishing: before anybody has entered, and after.
    added: (u32, u32),
    /// Who asks for which, from which device, in which groups, and whether they leave.
    asks: Vec<(Vec<usize>, u64, BTreeSet<u8>, bool)>,
}

fn scene() -> impl Strategy<Value = Scene> {
    let kind = (prop::option::weighted(0.8, 1..=3u8), 1..3u32);
    let plan = (prop::collection::vec(kind, 0..4), 0..3u32).prop_map(|(declared, rest)| {
        let slots: u32 = declared.iter().map(|it| it.1).sum();
        ((slots + rest).max(1), declared)
    });
    prop::collection::vec(plan, 1..4).prop_flat_map(|plans| {
        let numbers: Vec<usize> = (0..plans.len()).collect();
        let most = plans.len();
        let list = prop::sample::subsequence(numbers, 1..=most).prop_shuffle();
        let groups = prop::collection::btree_set(1..=4u8, 0..3);
        let ask = (list, 0..8u64, groups, prop::bool::weighted(0.1));
        let asks = prop::collection::vec(ask, 0..20);
        let added = (0..2u32, 0..2u32);
        (any::<u64>(), Just(plans), added, asks).prop_map(|(seed, plans, added, asks)| Scene {
            seed,
            plans,
            added,
            asks,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn reserved_is_the_plainest_walk(scene in scene()) {
        let morning = Morning::new(scene.seed);
        let engine = &morning.engine;
        let joint = scene.plans.len() > 1;
        let all: Vec<ScheduleId> = scene.plans.iter().map(|(slots, declared)| {
            let allot = |(whose, slots): &(Option<u8>, u32)| Allotment { group: whose.map(group), slots: *slots };
            let allotments: Vec<_> = declared.iter().map(allot).collect();
            let single = alone(*slots, &allotments);
            let opening = if joint { Opening::Lottery(lottery()) } else { single.opening };
            let plan = Schedule { opening, ..single };
            let id = engine.publish(&plan).expect("sound");
            assert_eq!(engine.schedule(id).map(|it| it.allotments), Some(allotments));
            id
        }).collect();
        let (before, after) = scene.added;
        let add = |count: u32| all.iter().for_each(|it| {
            let added = engine.add_slots(*it, count);
            assert!(count == 0 || added == Ok(count));
        });
        add(before);
        prop_assert!(engine.commitment(all[0]).is_ok());
        add(after);
        morning.at(0);
        let (mut tickets, mut people) = (Vec::new(), Vec::new());
        for (patient, (list, device, groups, leaves)) in (0u64..).zip(&scene.asks) {
            let ids: Vec<ScheduleId> = list.iter().map(|it| all[*it]).collect();
            let ask = Request::any(who(patient), &ids).device(DeviceId::new(u128::from(*device)));
            let ask = groups.iter().fold(ask, |it, number| it.group(group(*number)));
            prop_assert_eq!(ask.groups().map(Group::get).collect::<BTreeSet<_>>(), groups.clone());
            let ticket = engine.request(&ask).waiting().expect("the window is open");
            if *leaves {
                prop_assert_eq!(engine.leave(ticket.id, who(patient)), Ok(()));
            }
            people.push(Entrant { token: morning.token(ticket.id), list: list.clone(), groups: groups.clone(), left: *leaves });
            tickets.push(ticket);
        }
        morning.close();
        let transcript = morning.transcript(all[0]);
        prop_assert!(verify(&transcript).is_ok(), "{:?}", verify(&transcript));
        // What nobody declared is open, and comes last.
        let kinds: Vec<Declared> = scene.plans.iter().map(|(slots, declared)| {
            let reserved: u32 = declared.iter().map(|it| it.1).sum();
            let rest = (None, slots + before - reserved);
            declared.iter().copied().chain([rest].into_iter().filter(|it| it.1 > 0)).collect()
        }).collect();
        let got = walk(&transcript, &people, &kinds);
        let places = transcript.places.iter().map(|it| (it.token, (usize::from(it.pool), usize::from(it.allotment))));
        prop_assert_eq!(places.collect::<BTreeMap<_, _>>(), got.clone());
        for (ticket, person) in tickets.iter().zip(&people) {
            prop_assert_eq!(morning.won(ticket), got.get(&person.token).map(|(at, _)| all[*at]));
        }
        // What the draw left is anybody's, slot by slot, and no more than that.
        for (at, schedule) in all.iter().enumerate() {
            let counts = engine.availability(*schedule).expect("published");
            let held = got.values().filter(|it| it.0 == at).count() as u32;
            prop_assert_eq!(counts.capacity, scene.plans[at].0 + before + after);
            prop_assert_eq!((counts.held, counts.free), (held, counts.capacity - held));
            for n in 0..counts.free {
                let stranger = 1_000 * (at as u64 + 1) + u64::from(n);
                prop_assert!(morning.ask(stranger, &[*schedule]).held().is_some());
            }
            prop_assert_eq!(morning.ask(9_999, &[*schedule]), Outcome::Refused(Refusal::SoldOut));
        }
        morning.audit();
    }
}

// ---- single situations -----------------------------------------------------------------------------------------------------------

/// Patients 0 to 9, of whom 0 to 4 are of group 1, draw for four slots.
fn ten(seed: u64, allotments: &[Allotment]) -> (BTreeSet<u64>, Transcript) {
    let morning = Morning::new(seed);
    let schedule = morning.reserve(4, allotments);
    morning.at(0);
    let groups = |patient| if patient < 5 { &[1][..] } else { &[] };
    let enter = |patient| morning.enter_as(patient, schedule, groups(patient));
    let tickets: Vec<Ticket> = (0..10).map(enter).collect();
    morning.close();
    (morning.winners(&tickets), morning.transcript(schedule))
}

#[test]
fn reserved_first_and_open_first_are_not_the_same() {
    let members = |won: &BTreeSet<u64>| won.iter().filter(|it| **it < 5).count();
    let reserved = Allotment::reserved(group(1), 2);
    let (mut more, mut fewer) = (0, 0);
    for seed in 0..20 {
        let (first, transcript) = ten(seed, &[reserved]);
        let (last, other) = ten(seed, &[Allotment::open(2), reserved]);
        // The same ranks, in another order of precedence.
        assert_eq!(transcript.lot, other.lot);
        assert_ne!(transcript.closing.commitment, other.closing.commitment);
        assert_eq!((first.len(), last.len()), (4, 4));
        assert!(members(&first) >= 2 && members(&last) >= 2);
        more += usize::from(members(&last) > members(&first));
        fewer += usize::from(members(&last) < members(&first));
    }
    // On top of the open slots that they win they have two of their own.
    assert!(more > 5 && fewer == 0, "{more} {fewer}");
}

#[test]
fn slots_that_are_added_are_open_and_after_the_commitment_not_drawn() {
    let morning = Morning::new(1);
    let schedule = morning.reserve(1, &[Allotment::reserved(group(1), 1)]);
    assert_eq!(morning.engine.add_slots(schedule, 1), Ok(1));
    let (terms, _) = morning.engine.commitment(schedule).expect("it has a draw");
    let fixed = [Allotment::reserved(group(1), 1), Allotment::open(1)];
    assert_eq!(terms.policy.pools[0].allotments, fixed);
    assert_eq!(morning.engine.add_slots(schedule, 5), Ok(5));
    morning.at(0);
    let tickets: Vec<Ticket> = (0..3)
        .map(|it| morning.enter_as(it, schedule, &[]))
        .collect();
    morning.close();
    assert_eq!(morning.transcript(schedule).terms, terms);
    assert!(!morning.winners(&tickets).is_empty());
    assert_eq!(
        morning
            .engine
            .availability(schedule)
            .map(|it| it.free + it.held),
        Ok(7)
    );
    morning.audit();
}

#[test]
fn a_draw_after_a_reinstatement_reserves_the_same() {
    let allotments = [
        Allotment::open(1),
        Allotment::reserved(group(2), 1),
        Allotment::reserved(group(16), 1),
    ];
    let morning = Morning::new(2);
    let engine = &morning.engine;
    let schedule = morning.reserve(3, &allotments);
    let first = engine.commitment(schedule).expect("it has a draw");
    morning.at(0);
    let before = morning.enter_as(1, schedule, &[2]);
    assert!(engine.withdraw(schedule).is_ok());
    assert!(engine.reinstate(schedule).is_ok());
    let again = engine.commitment(schedule).expect("it has another");
    assert_eq!(again.0.policy, first.0.policy);
    assert_ne!(again.1, first.1);
    let mut tickets = vec![before];
    tickets.extend((1..6).map(|it| morning.enter_as(it, schedule, &[2])));
    morning.at(2 * WINDOW);
    while engine.advance().more {}
    let transcript = morning.transcript(schedule);
    assert!(verify(&transcript).is_ok());
    let kinds: Vec<u16> = transcript.places.iter().map(|it| it.allotment).collect();
    assert_eq!(&kinds[..2], [0, 1]);
    assert_eq!(
        morning.became(&tickets[0]),
        Outcome::Refused(Refusal::Withdrawn)
    );
    morning.audit();
}

#[test]
fn whoever_leaves_a_joint_draw_and_comes_back_in_time_reserves_the_same() {
    let morning = Morning::new(3);
    let joint = |allotments: &[Allotment]| {
        let plan = Schedule {
            allotments: allotments.to_vec(),
            ..plan(2, lottery())
        };
        morning.engine.publish(&plan).expect("sound")
    };
    let reserved = Allotment::reserved(group(1), 2);
    let (one, two) = (joint(&[reserved]), joint(&[]));
    assert!(morning.engine.withdraw(one).is_ok());
    assert!(morning.engine.reinstate(one).is_ok());
    assert_eq!(morning.engine.drawn_together(one), Ok(vec![two, one]));
    let (terms, _) = morning.engine.commitment(one).expect("it has a draw");
    let pools: Vec<_> = terms
        .policy
        .pools
        .iter()
        .map(|it| &it.allotments[..])
        .collect();
    assert_eq!(pools, [&[Allotment::open(2)], &[reserved]]);
}

#[test]
fn what_any_request_says_of_a_group_counts_but_a_retry_says_nothing() {
    let morning = Morning::new(4);
    let schedule = morning.reserve(1, &[Allotment::reserved(group(3), 1)]);
    morning.at(0);
    let named = |it, name| Request::new(who(it), schedule).id(RequestId::from_text(name));
    for patient in [1, 2] {
        assert!(
            morning
                .engine
                .request(&named(patient, "a"))
                .waiting()
                .is_some()
        );
    }
    let again = named(1, "b").group(group(3));
    let batch = [again, named(2, "a").group(group(3))];
    let said = morning.engine.request_many(&batch);
    assert!(said.iter().all(|it| it.waiting().is_some()), "{said:?}");
    morning.close();
    let transcript = morning.transcript(schedule);
    let mut groups: Vec<u16> = transcript.leaves.iter().map(|it| it.groups).collect();
    groups.sort_unstable();
    assert_eq!(groups, [0, 1 << 2]);
    assert_eq!(verify(&transcript).map(|it| it.places), Ok(1));
}

#[test]
fn who_cannot_take_a_reserved_slot_leaves_it_to_the_next_of_the_group() {
    let morning = Morning::new(5);
    let schedule = morning.reserve(2, &[Allotment::reserved(group(1), 1)]);
    morning.at(0);
    let tickets: Vec<Ticket> = (0..6)
        .map(|it| morning.enter_as(it, schedule, if it < 3 { &[1] } else { &[] }))
        .collect();
    let token = |patient: usize| morning.token(tickets[patient].id);
    let tokens: Vec<Token> = (0..6).map(token).collect();
    for left in [0, 1] {
        let ticket = tickets[left as usize].id;
        assert_eq!(morning.engine.leave(ticket, who(left)), Ok(()));
    }
    morning.close();
    let transcript = morning.transcript(schedule);
    let reserved = transcript.places.iter().find(|it| it.allotment == 0);
    assert_eq!(reserved.map(|it| it.token), Some(tokens[2]));
    assert_eq!(transcript.places.len(), 2);
    assert!(verify(&transcript).is_ok());
}

#[test]
fn impossible_allotments_are_named_and_nothing_is_published() {
    let morning = Morning::new(6);
    let field = |plan: &Schedule| match morning.engine.publish(plan) {
        Err(SupplyError::Invalid(why)) => (why.field(), why.value().to_owned()),
        other => panic!("{other:?}"),
    };
    let one = Allotment::reserved(group(1), 1);
    let said = |field, value: &str| (field, value.to_owned());
    assert_eq!(
        field(&alone(64, &[one; 65])),
        said("allotments", "65 of them")
    );
    assert_eq!(
        field(&alone(2, &[one; 3])),
        said("allotments", "of 3 slots in all")
    );
    let all = Allotment::open(u32::MAX);
    assert_eq!(
        field(&alone(2, &[all; 2])),
        said("allotments", "of 8589934590 slots in all")
    );
    let none = Allotment::open(0);
    assert_eq!(field(&alone(2, &[none])), said("allotments.slots", "0"));
    let first_come = Schedule {
        opening: Opening::first_come(OPENS),
        ..alone(2, &[one])
    };
    assert_eq!(field(&first_come), said("allotments", "1 of them"));
    assert_eq!(morning.engine.stats().published, 0);
    // As many as there may be, with and without a rest, can be drawn and checked.
    for slots in [64, 65] {
        let schedule = morning.reserve(slots, &[one; 64]);
        let (terms, _) = morning.engine.commitment(schedule).expect("it has a draw");
        assert_eq!(terms.policy.pools[0].allotments.len(), slots as usize);
        assert_eq!(terms.check(), Ok(()));
    }
    assert_eq!(OPENS, Timestamp::from_millis(1_800_000_000_000));
}

#[cfg(feature = "serde")]
#[test]
fn reserved_slots_are_written_and_read_as_json() {
    let allotments = [Allotment::reserved(group(1), 2), Allotment::open(1)];
    let plan = alone(4, &allotments);
    let json = serde_json::to_string(&plan).expect("plain data");
    assert_eq!(serde_json::from_str::<Schedule>(&json).ok(), Some(plan));
    // What was written before there were any is read as none.
    let mut value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let fields = value.as_object_mut().expect("an object");
    assert!(fields.remove("allotments").is_some());
    let without: Schedule = serde_json::from_value(value.clone()).expect("the default");
    assert!(without.allotments.is_empty());
    // A group that there can't be is none: neither can slots be reserved for it, nor is anybody in it.
    value["allotments"] = serde_json::json!([{ "group": 17, "slots": 1 }]);
    let strange: Schedule = serde_json::from_value(value).expect("plain data");
    let morning = Morning::new(7);
    let said = morning.engine.publish(&strange);
    assert!(
        matches!(&said, Err(SupplyError::Invalid(why)) if why.field() == "allotments.group"),
        "{said:?}"
    );
    let schedule = morning.reserve(4, &allotments);
    let outside: Group = serde_json::from_str("17").expect("a number");
    let request = Request::new(who(1), schedule).group(outside);
    assert_eq!(request.groups().count(), 0);
    let request = request.group(group(1)).group(group(16));
    let json = serde_json::to_string(&request).expect("plain data");
    let read: Request = serde_json::from_str(&json).expect("the same");
    assert_eq!(read, request);
    assert_eq!(
        read.groups().map(Group::get).collect::<Vec<_>>(),
        [1u8, 16u8]
    );
    morning.at(0);
    assert!(morning.engine.request(&read).waiting().is_some());
    morning.close();
    let transcript = morning.transcript(schedule);
    let json = serde_json::to_string(&transcript).expect("plain data");
    let read: Transcript = serde_json::from_str(&json).expect("the same");
    assert_eq!(read, transcript);
    assert_eq!(verify(&read).map(|it| it.places), Ok(1));
}
