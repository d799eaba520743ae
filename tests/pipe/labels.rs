//! What behaviour is called, in words, and carried to another engine.

use serde_json::{Value, json};

use super::support::{Pipe, assert_error};

fn pipe() -> Pipe {
    Pipe::with(json!({"behaviour": {"records": 4_096}}))
}

fn mark(label: &str, points: u64, until: u64) -> Value {
    json!({"label": label, "points": points, "until": until})
}

fn verdict(pipe: &mut Pipe, more: Value) -> Value {
    let mut line = json!({"op": "verdict", "patient": 1, "schedule": "S"});
    super::support::merge(&mut line, more);
    pipe.say(line)
}

#[test]
fn a_verdict_says_why_in_english_and_in_chinese() {
    let mut pipe = pipe();
    let devices =
        json!([{"id": 7, "marks": [mark("blocklisted", 600, 50), mark("hold_drop", 100, 60)]}]);
    let imported = pipe.say(json!({"op": "import_labels", "devices": devices}));
    assert_eq!(imported, json!({"taken": 1, "expired": 0, "no_room": 0}));
    let english = verdict(&mut pipe, json!({"device": "7"}));
    assert_eq!(
        english,
        json!({
            "score": 700, "suspicion": 179, "policy_version": 1, "device": null, "account": null,
            "labels": [{"label": "hold_drop", "points": 100}, {"label": "blocklisted", "points": 600}],
            "explained": english["explained"],
        })
    );
    let told = english["explained"].as_str().expect("a text");
    assert!(
        told.starts_with("The score is 700 of 1,000.") && told.contains("blocklist"),
        "{told}"
    );
    let chinese = verdict(&mut pipe, json!({"device": "7", "language": "chinese"}));
    let told = chinese["explained"].as_str().expect("a text");
    assert!(told.contains("黑名单"), "{told}");
    // It expires, and says nothing of others.
    pipe.at(50);
    assert_eq!(verdict(&mut pipe, json!({"device": "7"}))["score"], 100);
    assert_eq!(verdict(&mut pipe, json!({"device": "8"}))["score"], 0);
    let nothing = verdict(&mut pipe, json!({"account": "7", "language": "english"}));
    assert_eq!(nothing["explained"], "Nothing speaks against this request.");
}

#[test]
fn the_figures_of_who_asked_are_told() {
    let mut pipe = pipe();
    let schedule = pipe.publish(9);
    for patient in 1..4 {
        pipe.say(json!({"op": "request", "patient": patient, "schedule": schedule, "device": "d", "account": "a"}));
    }
    let told = verdict(&mut pipe, json!({"device": "d", "account": "a"}));
    for whose in ["device", "account"] {
        assert_eq!(told[whose]["rate"], 3_000, "{told}");
        assert_eq!(told[whose].as_object().map(|it| it.len()), Some(12));
    }
}

#[test]
fn labels_go_from_one_engine_to_another_as_they_were_told() {
    let mut one = pipe();
    let marked = |id: Value, marks: Value| json!({"id": id, "marks": marks});
    let imported = one.say(json!({
        "op": "import_labels", "policy_version": 3,
        "devices": [marked(json!("phone"), json!([mark("rate", 400, 90), mark("metronome", 300, 80)])), marked(json!("old"), json!([]))],
        "accounts": [marked(json!(5), json!([mark("handoff_pair", 2_000, 70)]))],
        "now": 10,
    }));
    assert_eq!(imported, json!({"taken": 2, "expired": 1, "no_room": 0}));
    let export =
        json!({"op": "export_labels", "devices": ["phone", "nobody's"], "accounts": ["5", 6]});
    let told = one.say(export.clone());
    assert_eq!(told["policy_version"], 1);
    assert_eq!(
        told["devices"],
        json!([marked(
            json!("phone"),
            json!([mark("rate", 400, 90), mark("metronome", 300, 80)])
        )])
    );
    assert_eq!(told["accounts"][0]["id"], "5");
    let mut other = pipe();
    let mut line = told.clone();
    line["op"] = json!("import_labels");
    assert_eq!(other.say(line)["taken"], 2);
    assert_eq!(other.say(export), told);
    let empty = json!({"policy_version": 1, "devices": [], "accounts": []});
    assert_eq!(other.say(json!({"op": "export_labels"})), empty);
}

#[test]
fn without_judging_nothing_is_known() {
    let mut pipe = Pipe::with(json!({}));
    let devices = json!([{"id": 7, "marks": [mark("blocklisted", 600, 50)]}]);
    let imported = pipe.say(json!({"op": "import_labels", "devices": devices}));
    assert_eq!(imported, json!({"taken": 0, "expired": 0, "no_room": 1}));
    assert_eq!(verdict(&mut pipe, json!({"device": 7}))["score"], 0);
}

#[test]
fn more_points_than_a_whole_score_count_as_one() {
    let mut pipe = pipe();
    let devices = json!([{"id": 7, "marks": [mark("hold_drop", 65_535, 50)]}]);
    let imported = pipe.say(json!({"op": "import_labels", "devices": devices}));
    assert_eq!(imported["taken"], 1);
    let told = verdict(&mut pipe, json!({"device": 7}));
    let labels = json!([{"label": "hold_drop", "points": 1_000}]);
    assert_eq!((&told["score"], &told["labels"]), (&json!(1_000), &labels));
    let out = pipe.say(json!({"op": "export_labels", "devices": [7]}));
    assert_eq!(out["devices"][0]["marks"][0]["points"], 65_535);
}

#[test]
fn what_is_no_label_is_a_bad_line() {
    let mut pipe = pipe();
    for devices in [
        json!([{"id": 7, "marks": [mark("scalper", 1, 1)]}]),
        json!([{"id": 7, "marks": [{"label": "rate", "points": 1}]}]),
        json!([{"marks": []}]),
        json!([{"id": 7, "marks": [], "x": 1}]),
        json!({"id": 7}),
    ] {
        assert_error(
            &pipe.say(json!({"op": "import_labels", "devices": devices})),
            "bad_line",
        );
    }
    let large = json!([{"id": 7, "marks": [mark("rate", 65_536, 1)]}]);
    let answer = pipe.say(json!({"op": "import_labels", "devices": large}));
    assert_eq!(answer["error"]["field"], "devices.marks.points", "{answer}");
    assert_error(
        &verdict(&mut pipe, json!({"language": "French"})),
        "bad_line",
    );
}
