//! Whoever changes anything in a transcript is found out, and told what is wrong.

use fairslot::Timestamp;
use fairslot::draw::{
    Allotment, BeaconSpec, BeaconValue, Cluster, Digest, DrawId, Flaw, Rank, Seed, Token,
    Transcript, verify,
};

use crate::crowd::{crowd, rules};
use crate::whim::{SEED, Scene};

/// Forty people on thirty devices, with a beacon, groups and preferences.
pub(crate) fn transcript() -> Transcript {
    let mut scene = crowd(40, 30, rules(10));
    scene.terms.beacon = BeaconSpec::Round {
        source: "a public beacon".to_owned(),
        round: 7,
        available_at: Timestamp::from_millis(2_000),
    };
    scene.said = BeaconValue::Round(Digest::new([8; 32]));
    scene.asks[3].preferences = vec![1, 0];
    scene.asks[4].groups = vec![1, 2];
    scene.asks[5].trusted = true;
    scene.asks[6].suspicion = 99;
    let mut again = scene.asks[7].clone();
    again.device = Some(1 << 90);
    scene.asks.push(again);
    let Scene { said, .. } = scene.clone();
    let drawn_by = scene.window();
    let drawn = drawn_by
        .close()
        .draw(said)
        .expect("the beacon that was fixed");
    drawn.transcript()
}

type Change = (&'static str, fn(&mut Transcript), fn(&Flaw) -> bool);

fn changed<const N: usize>(bytes: &[u8; N]) -> [u8; N] {
    let mut other = *bytes;
    other[N - 1] ^= 1;
    other
}

fn promise(flaw: &Flaw) -> bool {
    matches!(flaw, Flaw::Commitment)
}

fn list(flaw: &Flaw) -> bool {
    matches!(
        flaw,
        Flaw::Root | Flaw::Order { .. } | Flaw::Leaf { .. } | Flaw::Count
    )
}

fn places(flaw: &Flaw) -> bool {
    matches!(flaw, Flaw::Place { .. })
}

const CHANGES: &[Change] = &[
    (
        "the draw",
        |it| it.terms.draw = DrawId::from(1),
        |flaw| *flaw == Flaw::Draw,
    ),
    (
        "the draw, everywhere",
        |it| {
            it.terms.draw = DrawId::from(1);
            it.closing.draw = DrawId::from(1);
        },
        promise,
    ),
    (
        "the closing time",
        |it| it.terms.closes_at = Timestamp::from_millis(1_001),
        promise,
    ),
    ("the cap", |it| it.terms.policy.cluster_cap += 1, promise),
    (
        "who is a suspect",
        |it| it.terms.policy.suspect_at += 1,
        promise,
    ),
    (
        "their weight",
        |it| it.terms.policy.suspect_weight_ppm += 1,
        promise,
    ),
    (
        "a pool's slots",
        |it| it.terms.policy.pools[0].allotments[0].slots += 1,
        promise,
    ),
    (
        "a pool more",
        |it| it.terms.policy.pools.push(fairslot::draw::Pool::open(1)),
        promise,
    ),
    (
        "an allotment more",
        |it| {
            it.terms.policy.pools[0].allotments.push(Allotment {
                group: None,
                slots: 0,
            })
        },
        promise,
    ),
    (
        "no pools",
        |it| it.terms.policy.pools.clear(),
        |flaw| matches!(flaw, Flaw::Terms(_)),
    ),
    (
        "the beacon",
        |it| it.terms.beacon = BeaconSpec::None,
        promise,
    ),
    (
        "a beacon before the close",
        |it| {
            it.terms.beacon = BeaconSpec::Round {
                source: "a public beacon".to_owned(),
                round: 7,
                available_at: it.terms.closes_at,
            };
        },
        |flaw| matches!(flaw, Flaw::Terms(_)),
    ),
    (
        "the commitment",
        |it| it.closing.commitment = Digest::new([0; 32]),
        promise,
    ),
    (
        "the seed",
        |it| it.seed = Seed::new(changed(SEED.as_bytes())),
        promise,
    ),
    (
        "no beacon's value",
        |it| it.beacon = BeaconValue::None,
        |flaw| *flaw == Flaw::Beacon,
    ),
    (
        "another beacon's value",
        |it| it.beacon = BeaconValue::Round(Digest::new([9; 32])),
        |flaw| *flaw == Flaw::Lot,
    ),
    ("the count", |it| it.closing.entries += 1, list),
    (
        "the root",
        |it| it.closing.root = Digest::new(changed(it.closing.root.as_bytes())),
        list,
    ),
    ("an entry less", |it| it.leaves.truncate(39), list),
    (
        "an entry less, and counted so",
        |it| {
            it.leaves.pop();
            it.closing.entries -= 1;
        },
        list,
    ),
    (
        "an entry twice",
        |it| {
            it.leaves.extend(it.leaves.last().cloned());
            it.closing.entries += 1;
        },
        list,
    ),
    ("two entries exchanged", |it| it.leaves.swap(3, 4), list),
    (
        "a token",
        |it| it.leaves[39].token = Token::new([0xff; 32]),
        list,
    ),
    ("a suspicion", |it| it.leaves[0].suspicion ^= 1, list),
    ("a group", |it| it.leaves[0].groups ^= 2, list),
    ("a cluster less", |it| it.leaves[0].clusters.clear(), list),
    (
        "a cluster more",
        |it| it.leaves[0].clusters.push(Cluster::new([0xff; 16])),
        list,
    ),
    (
        "a cluster twice",
        |it| it.leaves[0].clusters = vec![Cluster::default(); 2],
        list,
    ),
    ("a preference", |it| it.leaves[0].preferences.push(0), list),
    (
        "a preference for nothing",
        |it| it.leaves[0].preferences.push(9),
        list,
    ),
    (
        "the lot",
        |it| it.lot = Digest::new(changed(it.lot.as_bytes())),
        |flaw| *flaw == Flaw::Lot,
    ),
    ("a place less", |it| it.places.truncate(11), places),
    (
        "a place more",
        |it| it.places.extend(it.places.last().copied()),
        places,
    ),
    ("two places exchanged", |it| it.places.swap(0, 1), places),
    (
        "a place for another",
        |it| {
            let loser = it
                .leaves
                .iter()
                .find(|leaf| it.places.iter().all(|place| place.token != leaf.token));
            it.places[0].token = loser.expect("not all have won").token;
        },
        places,
    ),
    ("a place's tier", |it| it.places[0].tier = 2, places),
    (
        "a place's rank",
        |it| it.places[0].rank = Rank::default(),
        places,
    ),
    ("a place's pool", |it| it.places[0].pool ^= 1, places),
    (
        "a place's allotment",
        |it| it.places[0].allotment += 1,
        places,
    ),
];

#[test]
fn every_change_is_found_and_named() {
    let sound = transcript();
    verify(&sound).expect("it is sound");
    for (what, change, expected) in CHANGES {
        let mut other = sound.clone();
        change(&mut other);
        let flaw = verify(&other).expect_err(what);
        assert!(expected(&flaw), "{what}: {flaw:?}");
        assert!(!flaw.to_string().is_empty());
    }
}

/// As it travels: each value in the JSON changed, left out, or doubled; a field added.
#[cfg(feature = "serde")]
#[test]
fn no_value_in_the_json_can_be_changed() {
    use serde_json::Value;

    fn others(value: &Value) -> Vec<Value> {
        match value {
            Value::Null => vec![Value::from(0)],
            Value::Number(number) => {
                let number = number.as_u64().expect("there are no other numbers");
                vec![
                    (number + 1).into(),
                    (number ^ 64).into(),
                    (-1).into(),
                    "x".into(),
                ]
            }
            Value::String(text) => {
                let mut others: Vec<Value> = (0..text.len())
                    .step_by(7)
                    .map(|at| {
                        let mut bytes = text.clone().into_bytes();
                        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
                        String::from_utf8(bytes).expect("ASCII").into()
                    })
                    .collect();
                others.extend([Value::from(""), Value::Null, format!("{text}0").into()]);
                if text.to_uppercase() != *text {
                    others.push(text.to_uppercase().into());
                }
                others
            }
            Value::Array(list) => {
                let mut others = vec![Value::Null];
                let more = list.last().cloned().unwrap_or(Value::from(0));
                others.push([&list[..], &[more]].concat().into());
                if let Some((_, less)) = list.split_last() {
                    others.push(less.to_vec().into());
                }
                others
            }
            Value::Object(fields) => {
                let mut more = fields.clone();
                more.insert("more".to_owned(), Value::from(1));
                let mut others = vec![more.into(), Value::Null];
                for field in fields.keys() {
                    let mut less = fields.clone();
                    less.remove(field);
                    // An optional field that is missing is one that says nothing.
                    if !fields[field].is_null() {
                        others.push(less.into());
                    }
                }
                others
            }
            Value::Bool(_) => unreachable!("there are none"),
        }
    }

    fn pointers(value: &Value, at: String, into: &mut Vec<String>) {
        match value {
            Value::Array(list) => (0..)
                .zip(list)
                .for_each(|(i, item)| pointers(item, format!("{at}/{i}"), into)),
            Value::Object(fields) => fields
                .iter()
                .for_each(|(name, item)| pointers(item, format!("{at}/{name}"), into)),
            _ => {}
        }
        into.push(at);
    }

    let sound = serde_json::to_value(transcript()).expect("plain data");
    let read: Transcript = serde_json::from_value(sound.clone()).expect("it is read back");
    assert_eq!((&read, verify(&read).is_ok()), (&transcript(), true));
    let mut all = Vec::new();
    pointers(&sound, String::new(), &mut all);
    let mut tried = 0;
    for pointer in all {
        let place = sound.pointer(&pointer).expect("it was there");
        for other in others(place) {
            let mut changed = sound.clone();
            *changed.pointer_mut(&pointer).expect("it is there") = other.clone();
            let read = serde_json::from_value::<Transcript>(changed);
            let holds = read.is_ok_and(|read| verify(&read).is_ok());
            assert!(!holds, "{pointer}: {other}");
            tried += 1;
        }
    }
    assert!(tried > 2_000, "{tried}");
}
