//! Whole mornings, small ones: what they say adds up, and the same seed says it again.

use serde_json::Value;

use crate::process::Folder;

const SMALL: [&str; 5] = ["--people", "300", "--bots=4", FIRST_COME[0], FIRST_COME[1]];
pub(crate) const FIRST_COME: [&str; 2] = ["--opening", "first_come"];

pub(crate) fn number(json: &Value, key: &str) -> u64 {
    json[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{key} is no whole number in {json}"))
}

/// Everything that doesn't depend on how fast the machine is.
pub(crate) fn totals(json: &Value) -> Value {
    let mut totals = json.clone();
    let fields = totals.as_object_mut().expect("an object");
    for timing in ["requests_per_s", "yes", "no"] {
        fields.remove(timing).expect(timing);
    }
    fields.remove("place");
    totals
}

pub(crate) fn adds_up(json: &Value) {
    let refused: u64 = json["refused"]
        .as_object()
        .expect("by code")
        .values()
        .filter_map(Value::as_u64)
        .sum();
    // What a draw gives answers no request; a place in it does.
    let (places, drawn) = match json["opening"].as_str() {
        Some("lottery") => (number(json, "waiting"), number(json, "held_by_draw")),
        _ => (0, 0),
    };
    assert_eq!(
        number(json, "requests") + drawn,
        number(json, "held") + places + refused,
        "{json}"
    );
    assert!(number(json, "confirmed") <= number(json, "held"), "{json}");
    assert!(
        number(json, "confirmed") + number(json, "taken_elsewhere") <= number(json, "capacity"),
        "{json}"
    );
    assert!(
        number(json, "first_minute") <= number(json, "requests"),
        "{json}"
    );
    assert_eq!(
        (number(json, "double_booked"), number(json, "lost")),
        (0, 0),
        "{json}"
    );
    assert_eq!(json["consistent"], true);
    assert!(
        json["requests_per_s"]
            .as_f64()
            .is_some_and(|rate| rate > 0.0)
    );
    for answer in ["yes", "no"] {
        let [p50, p99, p999, max] =
            ["p50_ns", "p99_ns", "p999_ns", "max_ns"].map(|key| number(&json[answer], key));
        assert!(
            0 < p50 && p50 <= p99 && p99 <= p999 && p999 <= max,
            "{json}"
        );
    }
}

#[test]
fn one_thread_and_one_seed_say_the_same_twice() {
    let folder = Folder::new("seed");
    let flags = [&SMALL[..], &["--threads", "1", "--seed", "7"]].concat();
    let first = folder.json(&flags);
    adds_up(&first);
    assert_eq!(totals(&first), totals(&folder.json(&flags)));
    let other = folder.json(&[&SMALL[..], &["--threads", "1", "--seed=8"]].concat());
    assert_ne!(totals(&first), totals(&other));
}

#[test]
fn threads_race_and_the_books_agree() {
    let folder = Folder::new("threads");
    for threads in ["2", "5"] {
        adds_up(&folder.json(&[&SMALL[..], &["--threads", threads, "--seed", "3"]].concat()));
    }
}

#[test]
fn people_alone_and_bots_alone_come_too() {
    let folder = Folder::new("alone");
    adds_up(&folder.json(&[&FIRST_COME[..], &["--people", "2500", "--bots", "0"]].concat()));
    adds_up(&folder.json(&[&FIRST_COME[..], &["--people", "0", "--bots", "120"]].concat()));
}

#[test]
fn the_sample_has_the_slots_of_the_press_figures() {
    let json = Folder::new("sample").json(&SMALL);
    assert_eq!(number(&json, "capacity"), 1_009);
    assert!(number(&json, "taken_elsewhere") > 0);
}

/// The default morning is what the documentation promises: 200,000 requests in the first minute, the peak above 20,000 a
/// second, and all of the slots sold.
#[test]
fn the_default_morning_is_the_promised_one() {
    let json = Folder::new("default").json(&FIRST_COME);
    adds_up(&json);
    assert!(
        (200_000..201_000).contains(&number(&json, "first_minute")),
        "{json}"
    );
    assert!(number(&json, "peak_per_s") > 20_000, "{json}");
    assert_eq!(
        number(&json, "confirmed") + number(&json, "taken_elsewhere"),
        1_009,
        "{json}"
    );
    assert!(
        number(&json, "held") > number(&json, "confirmed"),
        "some slots are sold again: {json}"
    );
}

/// Both editions of the capacity extension, a slot without one, one that is busy, one entered by mistake; an absolute
/// reference; an offset; CRLF; blank lines; no end of line at the end.
#[test]
fn files_of_others_are_read() {
    let folder = Folder::new("others");
    let schedule = |id: &str| {
        format!(
            r#"{{"resourceType":"Schedule","id":"{id}","actor":[{{"reference":"Location/{id}"}}],"x":[]}}"#
        )
    };
    folder.write(
        "schedules.ndjson",
        format!("{}\r\n\r\n{}", schedule("a"), schedule("b")),
    );
    let slot = |id: u32, reference: &str, status: &str, time: &str, extension: &str| {
        format!(
            r#"{{"resourceType":"Slot","id":"{id}","schedule":{{"reference":"{reference}"}},"status":"{status}","start":"{time}","end":"2026-12-31T00:00:00.5-03:30"{extension}}}"#
        )
    };
    let old = r#","extension":[{"url":"http://fhir-registry.smarthealthit.org/StructureDefinition/slot-capacity","valueInteger":7}]"#;
    let new = r#","extension":[{"url":"http://example.org/other","valueInteger":-3},{"url":"http://hl7.org/fhir/uv/smart/StructureDefinition/slot-capacity","valueInteger":11}]"#;
    let far = "https://example.org/fhir/Schedule/b";
    let one = [
        slot(1, "Schedule/a", "free", "2026-12-08T08:00:00+08:00", old),
        slot(2, far, "free", "2026-12-08T08:00:00.123456789Z", new),
    ];
    let two = [
        slot(3, "Schedule/a", "busy", "2026-12-09T23:59:59-12:00", old),
        slot(4, "Schedule/b", "free", "2026-12-09T20:00:00+14:00", ""),
        slot(
            5,
            "Schedule/b",
            "entered-in-error",
            "2026-12-09T20:00:00+14:00",
            new,
        ),
    ];
    folder.write("one.ndjson", one.join("\r\n"));
    folder.write("two.ndjson", two.join("\n") + "\n");
    let files = [
        "--schedules",
        "schedules.ndjson",
        "--slots",
        "one.ndjson",
        "two.ndjson",
        "--people",
        "200",
        "--opening=first_come",
    ];
    let json = folder.json(&[&files[..], &["--bots", "2"]].concat());
    adds_up(&json);
    assert_eq!(
        [
            number(&json, "schedules"),
            number(&json, "capacity"),
            number(&json, "taken_elsewhere")
        ],
        [4, 26, 7]
    );
    assert_eq!(number(&json, "confirmed"), 19);
    let split = [
        "--slots=two.ndjson",
        "--people=200",
        "--slots",
        "one.ndjson",
        "--schedules=schedules.ndjson",
    ];
    let output = folder.run(&split);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).expect("text");
    for part in [
        "7 were taken elsewhere",
        "1 entry marked as errors left out",
        "None was sold twice",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_hospital_with_nothing_left_says_no_to_everybody() {
    let folder = Folder::new("nothing");
    folder.write(
        "schedules.ndjson",
        r#"{"resourceType":"Schedule","id":"a","actor":[{"display":"A clinic"}]}"#,
    );
    folder.write(
        "slots.ndjson",
        r#"{"resourceType":"Slot","id":"1","schedule":{"reference":"Schedule/a"},"status":"busy","start":"2026-12-08T08:00:00Z","end":"2026-12-08T12:00:00Z"}"#,
    );
    let json = folder.json(&[
        "--opening=first_come",
        "--schedules",
        "schedules.ndjson",
        "--slots",
        "slots.ndjson",
        "--people",
        "50",
    ]);
    assert_eq!(
        [
            number(&json, "held"),
            number(&json, "lost"),
            number(&json, "double_booked")
        ],
        [0, 0, 0]
    );
    assert_eq!(
        json["refused"]["sold_out"].as_u64(),
        Some(number(&json, "requests")),
        "{json}"
    );
}
