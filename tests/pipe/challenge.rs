//! Somebody is asked for more, and answers.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::support::{Pipe, assert_error, merge, text};

/// The number that answers a token, found as a client would who has read how: SHA-256 of 64 bytes (a label, filled up with zeros), the
/// seal and the number begins with so many zero bits.
pub(super) fn solve(token: &Value) -> u64 {
    let seal = text(token, "seal");
    let digits = seal.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16);
    let seal: Vec<u8> = digits.map(|pair| byte(pair).expect("digits")).collect();
    let mut label = [0; 64];
    label[..15].copy_from_slice(b"fairslot/work/1");
    let begun = Sha256::new().chain_update(label).chain_update(seal);
    let bits = token["difficulty"].as_u64().expect("a number");
    let mut numbers = 0_u64..;
    let found = numbers.find(|number| {
        let digest = begun.clone().chain_update(number.to_be_bytes()).finalize();
        let head = digest[..8]
            .iter()
            .fold(0_u64, |head, byte| head << 8 | u64::from(*byte));
        u64::from(head.leading_zeros()) >= bits
    });
    found.expect("one in 65,536 or so")
}

pub(super) fn step_up() -> Value {
    json!({"key": "05".repeat(32), "bits": 16, "everybody_from": 0})
}

fn pipe() -> (Pipe, String) {
    let mut pipe = Pipe::with(json!({"step_up": step_up()}));
    let opening = json!({"lottery": {"window_ms": 600_000}});
    let schedule = pipe.publish_with(2, json!({"opening": opening}));
    (pipe, schedule)
}

fn request(patient: u64, schedule: &str, answer: Option<(&Value, u64)>) -> Value {
    let mut line = json!({"op": "request", "patient": patient, "schedule": schedule});
    if let Some((token, number)) = answer {
        line["answer"] = json!({"token": token, "number": number});
    }
    line
}

#[test]
fn a_challenge_tells_all_that_an_answer_needs() {
    let (mut pipe, schedule) = pipe();
    pipe.at(1_000);
    let asked = pipe.say(request(1, &schedule, None));
    let token = asked["token"].clone();
    assert_eq!(
        asked,
        json!({"outcome": "challenged", "level": "proof_of_work", "token": token})
    );
    let seal = text(&token, "seal");
    assert_eq!(seal.len(), 32);
    assert_eq!(
        token,
        json!({"schedule": schedule, "expires_at": 121_000, "difficulty": 16, "seal": seal})
    );
    let number = solve(&token);
    let entered = pipe.say(request(1, &schedule, Some((&token, number))));
    assert_eq!(
        (&entered["outcome"], &entered["line"]),
        (&json!("waiting"), &json!("draw"))
    );
    let stats = pipe.say(json!({"op": "stats"}));
    let counts = (&stats["challenged"], &stats["passed"], &stats["failed"]);
    assert_eq!(counts, (&json!(1), &json!(1), &json!(0)));
}

#[test]
fn who_answers_wrongly_is_entered_as_a_suspect() {
    let (mut pipe, schedule) = pipe();
    let token = pipe.say(request(1, &schedule, None))["token"].clone();
    let number = solve(&token);
    // Somebody else's, another schedule's, too late, of another difficulty.
    let mut wrong = vec![(2, token.clone())];
    for (patient, field, value) in [
        (3, "schedule", json!("S")),
        (4, "expires_at", json!(121_000)),
        (5, "difficulty", json!(0)),
        (6, "seal", json!("00".repeat(16))),
    ] {
        let mut forged = token.clone();
        forged[field] = value;
        wrong.push((patient, forged));
    }
    let entered: Vec<String> = wrong
        .iter()
        .map(|(patient, token)| {
            let answer = Some((token, number));
            text(&pipe.say(request(*patient, &schedule, answer)), "ticket")
        })
        .collect();
    let own = text(
        &pipe.say(request(1, &schedule, Some((&token, number)))),
        "ticket",
    );
    assert_eq!(pipe.say(json!({"op": "stats"}))["failed"], 5);
    pipe.at(600_000);
    let transcript = pipe.say(json!({"op": "transcript", "schedule": schedule}));
    let mut suspicion = |ticket: &str| {
        let receipt = pipe.say(json!({"op": "receipt", "ticket": ticket}));
        let leaves = transcript["leaves"].as_array().expect("a list");
        let own = leaves.iter().find(|leaf| leaf["token"] == receipt["token"]);
        own.expect("who entered is in it")["suspicion"]
            .as_u64()
            .expect("a number")
    };
    assert_eq!(suspicion(&own), 0);
    for ticket in &entered {
        assert!(suspicion(ticket) >= 128, "a suspect");
    }
}

#[test]
fn each_of_many_is_asked_and_answers_as_one_does() {
    let (mut pipe, schedule) = pipe();
    let many = |requests: Value| json!({"op": "request_many", "requests": requests});
    let ask = |patient: u64| json!({"patient": patient, "schedule": schedule, "request_id": "r"});
    let asked = pipe.say(many(json!([ask(1), ask(2)])));
    let answered = |patient: u64| {
        let mut line = ask(patient);
        let token = &asked["outcomes"][patient as usize - 1]["token"];
        line["answer"] = json!({"token": token, "number": solve(token)});
        merge(&mut line, json!({"waitlist": true, "groups": [1]}));
        line
    };
    let entered = pipe.say(many(json!([answered(1), answered(2)])));
    for (at, patient) in [1, 2].into_iter().enumerate() {
        let own = &entered["outcomes"][at];
        let place = json!({
            "outcome": "waiting", "ticket": own["ticket"], "line": "draw", "schedule": schedule, "due": 600_000,
        });
        assert_eq!(*own, place);
        let lookup = json!({"op": "lookup", "patient": patient, "request_id": "r"});
        assert_eq!(pipe.say(lookup), place);
    }
    let mut none = ask(3);
    none["groups"] = json!([17]);
    let impossible = pipe.say(many(json!([none])));
    assert_eq!(
        impossible["error"]["field"], "requests.groups",
        "{impossible}"
    );
    let mut both = many(json!([none]));
    both["x"] = json!(1);
    assert_error(&pipe.say(both), "bad_line");
}

#[test]
fn an_answer_that_is_none_is_a_bad_line() {
    let (mut pipe, schedule) = pipe();
    let token = pipe.say(request(1, &schedule, None))["token"].clone();
    for answer in [
        json!({}),
        json!({"number": 1}),
        json!({"token": token}),
        json!({"token": token, "number": "1"}),
        json!({"token": token, "number": 1, "text": "x"}),
        json!({"token": {"schedule": schedule}, "number": 1}),
        json!({"token": "T", "number": 1}),
    ] {
        let mut line = request(1, &schedule, None);
        line["answer"] = answer;
        assert_eq!(
            pipe.say(line.clone())["error"]["code"],
            "bad_line",
            "{line}"
        );
    }
    let mut line = request(1, &schedule, Some((&token, 1)));
    line["answer"]["token"]["difficulty"] = json!(256);
    let answer = pipe.say(line);
    assert_eq!(
        answer["error"]["field"], "answer.token.difficulty",
        "{answer}"
    );
}
