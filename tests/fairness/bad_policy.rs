//! A policy of a hospital's own: a file that isn't one gets a sentence that says what is wrong with it, and a good one is one more way to open.

use serde_json::Value;

use crate::process::Folder;

fn sentence(folder: &Folder, text: &str) -> String {
    let file = folder.path("policy.json");
    std::fs::write(&file, text).expect("the folder can be written");
    let path = file.to_string_lossy().into_owned();
    folder.sentence(&["--policy", &path, "--populations=1", "--trials=2"])
}

#[test]
fn every_wrong_policy_gets_its_sentence() {
    let folder = Folder::new("bad-policy");
    for (text, parts) in [
        ("", &["EOF"][..]),
        ("[]", &["policy"]),
        ("{\"window\": 1}", &["window_ms"]),
        ("{\"window_ms\": \"10 s\"}", &["window_ms: ", "string"]),
        ("{\"window_ms\": -1}", &["window_ms: ", "-1"]),
        ("{\"window_ms\": 1.5}", &["1.5"]),
        ("{\"window_ms\": 1, \"window_ms\": 1}", &["duplicate"]),
        ("{\"window_ms\": 0}", &["window_ms", "at least 1"]),
        (
            "{\"window_ms\": 3600001}",
            &["window_ms", "at most 3600000"],
        ),
        (
            "{\"entry_before_ms\": 86400001}",
            &["entry_before_ms", "at most 86400000"],
        ),
        ("{\"cluster_cap\": 0}", &["cluster_cap", "1 and up"]),
        ("{\"cluster_cap\": 4294967296}", &["4294967296"]),
        ("{\"opening\": \"auction\"}", &["auction", "first_come"]),
        (
            "{\"opening\": \"first_come\", \"window_ms\": 5}",
            &["window_ms", "lottery"],
        ),
        (
            "{\"opening\": \"first_come\", \"cluster_cap\": null}",
            &["cluster_cap", "lottery"],
        ),
        (
            "{\"limits\": {\"device\": {\"requests\": 1}}}",
            &["limits.device: ", "period_ms"],
        ),
        (
            "{\"limits\": {\"device\": {\"requests\": 0, \"period_ms\": 1000, \"burst\": 5}}}",
            &["device", "requests"],
        ),
        (
            "{\"suspect_weight\": 0}",
            &["suspect_weight", "from 0.000001 to 1"],
        ),
        ("{\"suspect_weight\": 1.1}", &["suspect_weight", "1.1"]),
        ("{\"returns\": \"fifo\"}", &["fifo", "at_once"]),
        ("{\"returns\": {\"delay_ms\": -1}}", &["-1"]),
        (
            "{\"returns\": {\"delay_ms\": 3599999}}",
            &["returns.delay_ms", "3599999", "at least 3600000"],
        ),
        (
            "{\"returns\": {\"delay_ms\": 43200001}}",
            &["returns.delay_ms", "at most 43200000"],
        ),
        ("{\"returns_cap\": 3}", &["returns_cap", "draw"]),
        ("{\"quota\": {}}", &["quota", "draw"]),
        (
            "{\"returns\": \"draw\", \"returns_cap\": 0}",
            &["cluster_cap", "1 to 2^20"],
        ),
        (
            "{\"returns\": \"draw\", \"quota\": {\"days\": 1}}",
            &["days", "window_days"],
        ),
        (
            "{\"returns\": \"draw\", \"quota\": {\"window_days\": 0}}",
            &["quota.window_days", "1 to 3,650"],
        ),
        (
            "{\"returns\": \"draw\", \"quota\": {\"weight\": 1.5}}",
            &["quota.weight", "1.5", "from 0 to 1"],
        ),
        ("{\"limits\": {\"phone\": null}}", &["phone", "patient"]),
        ("{} {}", &["trailing"]),
    ] {
        let said = sentence(&folder, text);
        assert!(said.contains("--policy"), "{text}: {said}");
        for part in parts {
            assert!(said.contains(part), "{text}: {said}");
        }
    }
    assert!(sentence(&folder, &" ".repeat(70_000)).contains("larger"));
    let nowhere = folder.path("nowhere.json").to_string_lossy().into_owned();
    let said = folder.sentence(&["--policy", &nowhere]);
    assert!(said.contains("cannot be read"), "{said}");
}

#[test]
fn a_policy_is_one_more_way_to_open() {
    let folder = Folder::new("policy");
    let file = folder.path("policy.json");
    std::fs::write(
        &file,
        "{\"window_ms\": 10000, \"suspect_weight\": 1, \"limits\": {}}",
    )
    .expect("the folder can be written");
    let path = file.to_string_lossy();
    let output = folder.run(&[
        "--policy",
        &path,
        "--mechanism=w10_cap3",
        "--attack=A3",
        "--populations=1",
        "--trials=4",
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(0));
    let lines = String::from_utf8(output.stdout).expect("text");
    let mut cells: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(cells[1]["mechanism"], "policy");
    // Three a device is the default: it is the same, to the last digit.
    cells[1]["mechanism"] = cells[0]["mechanism"].clone();
    assert_eq!(cells.len(), 2);
    assert_eq!(cells[0], cells[1]);
}

/// How slots return is a row of its own where that is studied, and the ploys are tried against it, too.
#[test]
fn a_policy_for_returned_slots_is_followed() {
    let folder = Folder::new("returns");
    let file = folder.path("policy.json");
    let path = file.to_string_lossy();
    let h = |text: &str| {
        std::fs::write(&file, text).expect("the folder can be written");
        let output = folder.run(&[
            "--policy",
            &path,
            "--scenario=hand_off",
            "--populations=1",
            "--trials=10",
            "--json",
        ]);
        assert_eq!(output.status.code(), Some(0), "{text}");
        let part: Value = serde_json::from_slice(&output.stdout).expect("one object");
        let rows = part["rows"].as_array().expect("rows").clone();
        let row = rows.into_iter().find(|row| row["name"] == "policy");
        row.expect("a row of its own")["h"]
            .as_f64()
            .expect("a share")
    };
    // Forty slots each: 0.99, 0.9996, and 0.05.
    assert!(h("{}") > 0.85);
    assert!(h("{\"returns\": {\"delay_ms\": 3600000}}") > 0.85);
    assert!(h("{\"returns\": \"draw\", \"quota\": {\"window_days\": 7}}") < 0.25);
}
