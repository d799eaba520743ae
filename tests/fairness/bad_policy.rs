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
        ("{\"window_ms\": \"10 s\"}", &["string"]),
        ("{\"window_ms\": -1}", &["-1"]),
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
            &["period_ms"],
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
