//! Until all words are switched on, none of them is understood: each is answered as any unknown one is, to the letter.

use serde_json::json;

use super::support::{Pipe, engine};

/// The verbs beyond the contract.
const VERBS: [&str; 25] = [
    "leave",
    "appointments",
    "pause",
    "resume",
    "wait_together",
    "schedule",
    "draw_id",
    "drawn_together",
    "commitment",
    "fix_beacon",
    "reveal",
    "closing",
    "transcript",
    "receipt",
    "proof",
    "verdict",
    "import_labels",
    "export_labels",
    "observe",
    "events",
    "deliver_evidence",
    "close_evidence",
    "set_month_key",
    "forget_month",
    "evidence_stats",
];

fn bad_line(message: &str, line: usize) -> String {
    let message = message.replace('"', "\\\"");
    format!(r#"{{"error":{{"code":"bad_line","message":"{message}","line":{line}}}}}"#)
}

#[test]
fn a_verb_is_unknown_before_and_known_after() {
    let (mut before, mut after) = (Pipe::new(), Pipe::with(json!({})));
    for (at, verb) in VERBS.into_iter().enumerate() {
        let line = format!(r#"{{"op":"{verb}"}}"#);
        let unknown = format!("there is no op {verb}");
        assert_eq!(before.raw(&line), bad_line(&unknown, at + 1));
        assert!(!after.raw(&line).contains(&unknown), "{verb}");
    }
    assert_eq!(
        after.raw(r#"{"op":"book"}"#),
        // The line of the switch, its audit, and the verbs.
        bad_line("there is no op book", 2 + VERBS.len() + 1)
    );
}

#[test]
fn a_field_does_not_belong_here_before() {
    let mut pipe = Pipe::new();
    let publish = r#"{"op":"publish","hospital":1,"department":2,"practitioner":3,"day":"2026-12-01","session":"morning","capacity":3,"opens_at":0,"starts_at":9"#;
    let lottery = "field opening must be \"first_come\" or {\"lottery\":{\"window_ms\":N}}";
    let returns = "field returns must be \"at_once\" or \"draw\"";
    let no_list = "field returns must be a text";
    let cases = [
        (
            r#"{"op":"request","patient":1,"schedule":"S","groups":[1]}"#.to_owned(),
            "field groups does not belong here",
        ),
        (
            r#"{"op":"request","patient":1,"schedule":"S","waitlist":1}"#.to_owned(),
            "field waitlist does not belong here",
        ),
        (
            r#"{"op":"request","patient":1,"schedule":"S","answer":{}}"#.to_owned(),
            "field answer does not belong here",
        ),
        (
            r#"{"op":"request_many","requests":[{"patient":1,"schedule":"S","groups":[]}]}"#
                .to_owned(),
            "field groups does not belong here",
        ),
        (
            r#"{"op":"request","patient":1,"schedule":"S","waitlist":true}"#.to_owned(),
            "not one JSON object: invalid type: boolean `true`, expected a text, an integer from 0 to 2^64-1, a list or an object, at byte 58",
        ),
        (
            r#"{"op":"request","patient":1,"schedule":"S","waitlist":null}"#.to_owned(),
            "not one JSON object: invalid type: null, expected a text, an integer from 0 to 2^64-1, a list or an object, at byte 58",
        ),
        (
            r#"{"op":"cancel","booking":"B","patient":1,"channel":"desk"}"#.to_owned(),
            "field channel does not belong here",
        ),
        (
            r#"{"op":"release","hold":"H","patient":1,"channel":"desk"}"#.to_owned(),
            "field channel does not belong here",
        ),
        (
            format!(r#"{publish},"allotments":[]}}"#),
            "field allotments does not belong here",
        ),
        (
            format!(r#"{publish},"opening":{{"lottery":{{}}}}}}"#),
            "field window_ms is missing",
        ),
        (
            format!(r#"{publish},"opening":{{"lottery":{{"window_ms":1,"together":1}}}}}}"#),
            "field together does not belong here",
        ),
        (
            format!(r#"{publish},"opening":{{"lottery":{{"window_ms":1,"cluster_cap":1}}}}}}"#),
            "field cluster_cap does not belong here",
        ),
        (
            format!(r#"{publish},"opening":{{"lottery":{{"adaptive":{{}}}}}}}}"#),
            "field window_ms is missing",
        ),
        (format!(r#"{publish},"opening":"lottery"}}"#), lottery),
        (format!(r#"{publish},"returns":"never"}}"#), returns),
        (format!(r#"{publish},"returns":"next_opening"}}"#), returns),
        (
            format!(r#"{publish},"returns":{{"delay":{{"ms":1}}}}}}"#),
            no_list,
        ),
    ];
    for (at, (line, message)) in cases.into_iter().enumerate() {
        assert_eq!(pipe.raw(&line), bad_line(message, at + 1), "{line}");
    }
}

#[test]
fn answers_say_no_more_than_the_contract_before() {
    let stats = |pipe: &mut Pipe| pipe.raw(r#"{"op":"stats"}"#);
    let (before, after) = (stats(&mut Pipe::new()), stats(&mut Pipe::with(json!({}))));
    assert!(before.ends_with("}}"), "{before}");
    // What was there before is there to the letter, and more behind it.
    let same = before.strip_suffix('}').expect("an object");
    assert!(after.starts_with(&format!("{same},\"left\":0,")), "{after}");

    let mut pipe = Pipe::new();
    let schedule = pipe.publish_with(1, json!({"opening": {"lottery": {"window_ms": 5}}}));
    let waits = pipe.ask(1, &schedule);
    let told = json!({"outcome": "waiting", "ticket": waits["ticket"], "line": "draw"});
    assert_eq!(waits, told);
}

#[test]
fn a_switch_that_was_not_made_switches_nothing_on() {
    let mut pipe = Pipe::new();
    for line in [
        engine(json!({"live_holds_max": 0, "now": 7})),
        engine(json!({"live_holds": 1, "now": 8})),
        engine(json!({"now": 5, "seed": "1"})),
    ] {
        assert!(pipe.say(line)["error"]["code"].is_string());
    }
    let unknown = pipe.raw(r#"{"op":"leave"}"#);
    assert!(unknown.contains("there is no op leave"), "{unknown}");
    // Nor does it move the clock.
    let schedule = pipe.publish(1);
    assert_eq!(pipe.ask(1, &schedule)["expires_at"], 900_000);
}
