//! A draw in public: what is told of it is put together again here, from the texts alone, and checked.

use std::str::FromStr;

use fairslot::Timestamp;
use fairslot::draw::{
    Allotment, BeaconSpec, BeaconValue, Closing, Group, Holder, Leaf, Place, Policy, Pool, Proof,
    Receipt, Seed, Terms, Transcript, verify, verify_receipt,
};
use serde_json::{Value, json};

use super::support::{Pipe, assert_error, assert_refused, text};

fn parsed<T: FromStr>(told: &Value) -> T {
    let text = told.as_str().unwrap_or_else(|| panic!("no text: {told}"));
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

fn number<N: TryFrom<u64>>(told: &Value) -> N {
    let number = told.as_u64().and_then(|it| N::try_from(it).ok());
    number.unwrap_or_else(|| panic!("no such number: {told}"))
}

fn all<T>(told: &Value, one: impl Fn(&Value) -> T) -> Vec<T> {
    let list = told.as_array().unwrap_or_else(|| panic!("no list: {told}"));
    list.iter().map(one).collect()
}

fn terms(told: &Value) -> Terms {
    let allotment = |it: &Value| Allotment {
        group: it["group"].as_u64().and_then(|it| Group::new(it as u8)),
        slots: number(&it["slots"]),
    };
    let policy = &told["policy"];
    let policy = Policy {
        cluster_cap: number(&policy["cluster_cap"]),
        suspect_at: number(&policy["suspect_at"]),
        suspect_weight_ppm: number(&policy["suspect_weight_ppm"]),
        pools: all(&policy["pools"], |pool| Pool {
            allotments: all(&pool["allotments"], allotment),
        }),
    };
    let closes_at = Timestamp::from_millis(number(&told["closes_at"]));
    let draw: fairslot::draw::DrawId = parsed(&told["draw"]);
    let beacon = &told["beacon"];
    Terms::new(draw, closes_at, policy).beacon(if *beacon == "none" {
        BeaconSpec::None
    } else if beacon["round"].is_object() {
        BeaconSpec::Round {
            source: text(&beacon["round"], "source"),
            round: number(&beacon["round"]["round"]),
            available_at: Timestamp::from_millis(number(&beacon["round"]["available_at"])),
        }
    } else {
        BeaconSpec::Holders(all(&beacon["holders"], |it| Holder {
            name: text(it, "name"),
            commitment: parsed(&it["commitment"]),
        }))
    })
}

fn closing(told: &Value) -> Closing {
    Closing {
        draw: parsed(&told["draw"]),
        commitment: parsed(&told["commitment"]),
        root: parsed(&told["root"]),
        entries: number(&told["entries"]),
    }
}

fn beacon(told: &Value) -> BeaconValue {
    if *told == "none" {
        BeaconValue::None
    } else if told["round"].is_string() {
        BeaconValue::Round(parsed(&told["round"]))
    } else {
        BeaconValue::Seeds(all(&told["seeds"], parsed))
    }
}

fn leaf(told: &Value) -> Leaf {
    Leaf {
        token: parsed(&told["token"]),
        suspicion: number(&told["suspicion"]),
        groups: number(&told["groups"]),
        clusters: all(&told["clusters"], parsed),
        preferences: all(&told["preferences"], number),
    }
}

fn transcript(told: &Value) -> Transcript {
    let whole = Transcript {
        terms: terms(&told["terms"]),
        closing: closing(&told["closing"]),
        leaves: all(&told["leaves"], leaf),
        seed: parsed(&told["seed"]),
        beacon: beacon(&told["beacon"]),
        lot: parsed(&told["lot"]),
        places: all(&told["places"], |it| Place {
            token: parsed(&it["token"]),
            tier: number(&it["tier"]),
            rank: parsed(&it["rank"]),
            pool: number(&it["pool"]),
            allotment: number(&it["allotment"]),
        }),
        passed: all(&told["passed"], parsed),
        gone: all(&told["gone"], |it| fairslot::draw::Gone {
            pool: number(&it["pool"]),
            after: number(&it["after"]),
        }),
    };
    // As the crate itself would write and read it.
    #[cfg(feature = "serde")]
    assert_eq!(
        serde_json::from_value::<Transcript>(told.clone())
            .ok()
            .as_ref(),
        Some(&whole)
    );
    whole
}

fn proof(told: &Value) -> Proof {
    let whole = Proof {
        terms: terms(&told["terms"]),
        seed: parsed(&told["seed"]),
        beacon: beacon(&told["beacon"]),
        closing: closing(&told["closing"]),
        leaf: leaf(&told["leaf"]),
        index: number(&told["index"]),
        path: all(&told["path"], parsed),
    };
    #[cfg(feature = "serde")]
    assert_eq!(
        serde_json::from_value::<Proof>(told.clone()).ok().as_ref(),
        Some(&whole)
    );
    whole
}

fn receipt(told: &Value) -> Receipt {
    Receipt {
        draw: parsed(&told["draw"]),
        commitment: parsed(&told["commitment"]),
        token: parsed(&told["token"]),
    }
}

/// Two schedules, drawn together from 1,000 to 1,500.
fn pipe() -> (Pipe, String, String) {
    let mut pipe = Pipe::with(json!({"seed": 7}));
    let more =
        json!({"opens_at": 1_000, "opening": {"lottery": {"window_ms": 500, "together": 3}}});
    let mut reserved = more.clone();
    reserved["allotments"] = json!([{"group": 1, "slots": 1}]);
    let (one, other) = (pipe.publish_with(2, reserved), pipe.publish_with(2, more));
    (pipe, one, other)
}

fn of(pipe: &mut Pipe, op: &str, schedule: &str) -> Value {
    pipe.say(json!({"op": op, "schedule": schedule}))
}

fn enter(pipe: &mut Pipe, schedules: [&str; 2]) -> Vec<String> {
    let mut ask = |patient: u64| {
        let line = json!({"op": "request", "patient": patient, "schedules": schedules, "device": patient / 2, "groups": [1]});
        text(&pipe.say(line), "ticket")
    };
    (0..9).map(&mut ask).collect()
}

#[test]
fn anybody_does_the_draw_again_from_what_is_told() {
    let (mut pipe, one, other) = pipe();
    assert_refused(&of(&mut pipe, "closing", &one), "wrong_state");
    let promised = of(&mut pipe, "commitment", &one);
    assert_eq!(of(&mut pipe, "commitment", &other), promised);
    assert_eq!(
        of(&mut pipe, "draw_id", &one),
        json!({"draw": promised["terms"]["draw"]})
    );
    pipe.at(1_000);
    let tickets = enter(&mut pipe, [&one, &other]);
    pipe.at(1_499);
    let receipts: Vec<Value> = tickets
        .iter()
        .map(|it| pipe.say(json!({"op": "receipt", "ticket": it})))
        .collect();
    assert_refused(&of(&mut pipe, "transcript", &one), "wrong_state");
    assert_refused(
        &pipe.say(json!({"op": "proof", "ticket": tickets[0]})),
        "wrong_state",
    );
    pipe.at(1_500);
    let closed = of(&mut pipe, "closing", &one);
    assert_eq!(
        (&closed["commitment"], &closed["entries"]),
        (&promised["commitment"], &json!(9))
    );
    let told = of(&mut pipe, "transcript", &other);
    assert_eq!(
        (&told["closing"], &told["terms"]),
        (&closed, &promised["terms"])
    );
    let whole = transcript(&told);
    let verified = verify(&whole).expect("it was done as promised");
    assert_eq!((verified.closing, verified.places), (closing(&closed), 4));
    // Whoever got a slot stands in it, of the schedule that its pool is.
    let together = of(&mut pipe, "drawn_together", &one);
    for (ticket, own) in tickets.iter().zip(&receipts) {
        let place = whole
            .places
            .iter()
            .find(|it| it.token == receipt(own).token);
        let became = pipe.ticket(ticket);
        let schedule = place.map(|it| &together["schedules"][usize::from(it.pool)]);
        assert_eq!(became.get("schedule"), schedule);
        let shown = proof(&pipe.say(json!({"op": "proof", "ticket": ticket})));
        let ours = verify_receipt(&receipt(own), &shown).expect("they were in it");
        assert!(place.is_none_or(|it| it.rank == ours.rank));
    }
    // And a text that was changed is found out.
    let mut forged = told;
    forged["places"][0]["token"] = receipts[0]["token"].clone();
    forged["places"][1]["token"] = receipts[0]["token"].clone();
    assert!(verify(&transcript(&forged)).is_err());
}

#[test]
fn a_draw_waits_for_its_beacon() {
    let (mut pipe, one, other) = pipe();
    let fix = |schedule: &str, beacon: Value| json!({"op": "fix_beacon", "schedule": schedule, "beacon": beacon});
    let round = |at: u64| json!({"round": {"source": "public", "round": 9, "available_at": at}});
    let early = pipe.say(fix(&one, round(1_500)));
    assert_eq!(early["error"]["field"], "available_at", "{early}");
    assert_eq!(pipe.say(fix(&one, round(1_501))), json!({"done": true}));
    assert_refused(&pipe.say(fix(&other, round(1_501))), "wrong_state");
    let promised = of(&mut pipe, "commitment", &other);
    assert_eq!(promised["terms"]["beacon"], round(1_501));
    pipe.at(1_000);
    let tickets = enter(&mut pipe, [&one, &other]);
    pipe.at(1_501);
    assert_eq!(pipe.ticket(&tickets[0])["outcome"], "waiting");
    let reveal = |value: Value| json!({"op": "reveal", "schedule": one, "value": value});
    for wrong in [json!("none"), json!({"seeds": ["00".repeat(32)]})] {
        assert_refused(&pipe.say(reveal(wrong)), "wrong_state");
    }
    assert_eq!(
        pipe.say(reveal(json!({"round": "ab".repeat(32)}))),
        json!({"done": true})
    );
    let told = of(&mut pipe, "transcript", &one);
    assert_eq!(told["beacon"], json!({"round": "ab".repeat(32)}));
    assert_eq!(verify(&transcript(&told)).map(|it| it.places), Ok(4));
}

#[test]
fn holders_reveal_their_seeds() {
    let (mut pipe, one, other) = pipe();
    let draw = parsed(&of(&mut pipe, "draw_id", &one)["draw"]);
    let seeds = [Seed::new([1; 32]), Seed::new([2; 32])];
    let holder = |name: &str, seed: &Seed| {
        let holder = Holder::commit(draw, name, seed);
        json!({"name": name, "commitment": holder.commitment.to_string()})
    };
    let holders = json!({"holders": [holder("医院", &seeds[0]), holder("regulator", &seeds[1])]});
    let fixed = pipe.say(json!({"op": "fix_beacon", "schedule": one, "beacon": holders}));
    assert_eq!(fixed, json!({"done": true}));
    pipe.at(1_000);
    enter(&mut pipe, [&one, &other]);
    pipe.at(1_500);
    let reveal = |seeds: [&Seed; 2]| {
        let seeds = seeds.map(ToString::to_string);
        json!({"op": "reveal", "schedule": one, "value": {"seeds": seeds}})
    };
    assert_refused(&pipe.say(reveal([&seeds[1], &seeds[0]])), "wrong_state");
    assert_eq!(
        pipe.say(reveal([&seeds[0], &seeds[1]])),
        json!({"done": true})
    );
    let told = of(&mut pipe, "transcript", &other);
    assert_eq!(told["terms"]["beacon"], holders);
    assert_eq!(verify(&transcript(&told)).map(|it| it.places), Ok(4));
}

#[test]
fn a_schedule_without_a_draw_has_nothing_to_publish() {
    let mut pipe = Pipe::with(json!({}));
    let schedule = pipe.publish(1);
    for op in [
        "draw_id",
        "drawn_together",
        "commitment",
        "closing",
        "transcript",
    ] {
        assert_refused(&of(&mut pipe, op, &schedule), "unknown_schedule");
    }
    let fix = pipe.say(json!({"op": "fix_beacon", "schedule": schedule, "beacon": "none"}));
    assert_refused(&fix, "unknown_schedule");
    let reveal = pipe.say(json!({"op": "reveal", "schedule": schedule, "value": "none"}));
    assert_refused(&reveal, "unknown_schedule");
    for op in ["receipt", "proof"] {
        assert_refused(
            &pipe.say(json!({"op": op, "ticket": "T"})),
            "unknown_ticket",
        );
    }
}

#[test]
fn a_beacon_that_is_none_is_a_bad_line() {
    let (mut pipe, one, _) = pipe();
    let holder = json!({"name": "h", "commitment": "00".repeat(32)});
    for beacon in [
        json!("nobody"),
        json!({}),
        json!([]),
        json!({"round": {"source": "x", "round": 1}}),
        json!({"round": {"source": "x", "round": 1, "available_at": 9_999}, "holders": [holder]}),
        json!({"holders": [{"name": "h", "commitment": "00"}]}),
        json!({"seeds": []}),
    ] {
        let line = json!({"op": "fix_beacon", "schedule": one, "beacon": beacon});
        assert_error(&pipe.say(line), "bad_line");
    }
    for value in [
        json!({}),
        json!({"round": "AB".repeat(32)}),
        json!({"seeds": "00"}),
        json!(1),
    ] {
        assert_error(
            &pipe.say(json!({"op": "reveal", "schedule": one, "value": value})),
            "bad_line",
        );
    }
    let none = json!({"op": "fix_beacon", "schedule": one, "beacon": {"holders": []}});
    assert_eq!(pipe.say(none)["error"]["field"], "holders");
}
