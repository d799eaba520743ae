//! A whole story in lines: a draw with groups over two doctors, a challenge passed, a script at its turn, a family that waits, and a slot
//! that is given up and taken again. The same lines get the same answers.

use serde_json::{Value, json};

use super::challenge::{solve, step_up};
use super::support::*;
use super::turns::{block, slow_queue};

/// Says lines and keeps both sides.
struct Teller {
    pipe: Pipe,
    told: Vec<String>,
}

impl Teller {
    fn say(&mut self, line: Value) -> Value {
        let answer = self.pipe.say(line.clone());
        assert!(answer["error"].is_null(), "{line}: {answer}");
        self.told.push(format!("{line} {answer}"));
        answer
    }

    /// Asks as a client does: a challenge is answered at once.
    fn ask(&mut self, mut line: Value) -> Value {
        line["op"] = json!("request");
        let answer = self.say(line.clone());
        if answer["outcome"] != "challenged" {
            return answer;
        }
        let token = &answer["token"];
        line["answer"] = json!({"token": token, "number": solve(token)});
        self.say(line)
    }
}

/// The morning's opening, and the evening's.
const MORNING: u64 = 1_000_000;
const EVENING: u64 = 40_000_000;

fn story() -> Vec<String> {
    let mut settings = slow_queue();
    settings["seed"] = json!(2026);
    settings["step_up"] = step_up();
    settings["step_up"]["everybody_from"] = json!(2);
    let mut pipe = Pipe::with(settings);
    block(&mut pipe, &["farm"]);
    let mut it = Teller {
        pipe,
        told: Vec::new(),
    };
    it.say(json!({"op": "observe"}));

    // Two doctors of one department open by one draw; the first keeps a slot for the elderly.
    let publish = |practitioner: u64, more: Value| {
        let mut line = json!({
            "op": "publish", "hospital": 1, "department": 2, "practitioner": practitioner, "day": "2026-12-01", "session": "morning",
            "capacity": 2, "opens_at": MORNING, "starts_at": STARTS_AT, "returns": "draw",
            "opening": {"lottery": {"window_ms": 60_000, "together": 1}},
        });
        merge(&mut line, more);
        line
    };
    let reserved = json!({"allotments": [{"group": 1, "slots": 1}]});
    let professor = text(&it.say(publish(10, reserved)), "schedule");
    let colleague = text(&it.say(publish(11, json!({}))), "schedule");
    let promised = it.say(json!({"op": "commitment", "schedule": professor}));
    assert_eq!(
        promised["terms"]["policy"]["pools"],
        json!([
            {"allotments": [{"group": 1, "slots": 1}, {"group": null, "slots": 1}]},
            {"allotments": [{"group": null, "slots": 2}]},
        ])
    );

    // Twenty people enter; from the ninth on it is hot, and each is asked for a proof. One is of the group.
    let mut tickets = Vec::new();
    for patient in 0..20 {
        let mut line = json!({
            "patient": patient, "schedules": [professor, colleague], "device": format!("phone {patient}"), "waitlist": true,
            "now": MORNING + patient,
        });
        if patient == 5 {
            line["groups"] = json!([1]);
        }
        tickets.push(text(&it.ask(line), "ticket"));
    }
    let stats = it.say(json!({"op": "stats"}));
    assert_eq!(stats["challenged"], stats["passed"]);
    assert!(stats["passed"].as_u64() >= Some(10), "{stats}");

    // The draw: the group's own slot is theirs, and nobody has two.
    it.say(json!({"op": "advance", "now": MORNING + 60_000}));
    let mut winners = Vec::new();
    let mut losers = Vec::new();
    for (patient, ticket) in tickets.iter().enumerate() {
        let became = it.say(json!({"op": "ticket", "ticket": ticket}));
        match became["outcome"].as_str() {
            Some("held") => winners.push((patient, became)),
            // Who loses and would wait goes on waiting by the same ticket.
            _ => {
                assert_eq!(became["line"], "waitlist", "{became}");
                losers.push((patient, became));
            }
        }
    }
    assert_eq!((winners.len(), losers.len()), (4, 16));
    assert!(winners.iter().any(|(patient, _)| *patient == 5));
    let transcript = it.say(json!({"op": "transcript", "schedule": colleague}));
    assert_eq!(transcript["closing"]["commitment"], promised["commitment"]);
    assert_eq!(transcript["places"].as_array().map(Vec::len), Some(4));

    // They pay; then two of the professor's patients, or the colleague's, give up their slots.
    let mut booked = Vec::new();
    for (patient, held) in &winners {
        let confirm =
            json!({"op": "confirm", "hold": held["hold"], "patient": patient, "payment": "paid"});
        let booking = text(&it.say(confirm), "booking");
        booked.push((*patient, held["schedule"].clone(), booking));
    }
    let of = losers[0].1["schedule"].clone();
    let waiting: Vec<_> = losers
        .iter()
        .filter(|(_, it)| it["schedule"] == of)
        .collect();
    let family = [waiting[0], waiting[1]];
    let names: Vec<&Value> = family.iter().map(|(_, it)| &it["ticket"]).collect();
    it.say(json!({"op": "wait_together", "tickets": names}));
    // Everybody else has better things to do.
    for (_, other) in waiting.iter().skip(2) {
        it.say(json!({"op": "pause", "ticket": other["ticket"]}));
    }
    for (patient, schedule, booking) in &booked {
        if *schedule == of {
            it.say(json!({"op": "cancel", "booking": booking, "patient": patient}));
        }
    }
    let mut returned = 0;
    while returned < 2 {
        let due = it.say(json!({"op": "advance"}))["next_deadline"].clone();
        let advanced = it.say(json!({"op": "advance", "now": due}));
        returned += advanced["returned"].as_u64().expect("a count");
    }
    for (patient, place) in family {
        let offered = it.say(json!({"op": "ticket", "ticket": place["ticket"]}));
        assert_eq!(
            (&offered["outcome"], &offered["schedule"]),
            (&json!("held"), &of)
        );
        it.say(json!({"op": "confirm", "hold": offered["hold"], "patient": patient}));
    }

    // In the evening a third doctor opens first come. The farm waits for its turn, which comes three seconds later.
    let evening = json!({"opening": "first_come", "opens_at": EVENING, "session": "evening", "returns": "at_once"});
    let evening = text(&it.say(publish(12, evening)), "schedule");
    let ask = |patient: u64, device: &str, now: u64| json!({"patient": patient, "device": device, "schedule": evening, "now": now});
    let slowed = it.ask(ask(100, "farm", EVENING));
    let told = (&slowed["line"], &slowed["due"], &slowed["position"]);
    assert_eq!(
        told,
        (&json!("slow_queue"), &json!(EVENING + 3_000), &json!(1))
    );
    assert_eq!(it.ask(ask(101, "phone 101", EVENING + 900))["slot"], 1);
    it.say(json!({"op": "advance", "now": EVENING + 3_000}));
    let served = it.say(json!({"op": "ticket", "ticket": slowed["ticket"]}));
    assert_eq!(
        (&served["outcome"], &served["slot"]),
        (&json!("held"), &json!(2))
    );
    let mut verdict = ask(100, "farm", EVENING + 3_000);
    verdict["op"] = json!("verdict");
    verdict["language"] = json!("chinese");
    let explained = text(&it.say(verdict), "explained");
    assert!(explained.contains("黑名单"), "{explained}");

    let heard = it.say(json!({"op": "events"}));
    assert_eq!(heard["lost"], 0);
    it.told
}

#[test]
fn a_day_goes_as_it_must_and_the_same_again() {
    let (first, again) = (story(), story());
    assert!(first.len() > 50);
    assert_eq!(first, again);
}
