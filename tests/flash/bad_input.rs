//! Whatever is wrong with a line of a file gets one sentence with file, line and field, exit status 2, and no panic.

use crate::process::Folder;

pub(crate) const SCHEDULE: &str =
    r#"{"resourceType":"Schedule","id":"s","actor":[{"reference":"Location/1"}]}"#;
pub(crate) const SLOT: &str = r#"{"resourceType":"Slot","id":"1","schedule":{"reference":"Schedule/s"},"status":"free","start":"2026-12-08T08:00:00Z","end":"2026-12-08T12:00:00Z"}"#;
pub(crate) const FILES: [&str; 4] = ["--schedules", "schedules.ndjson", "--slots", "slots.ndjson"];

/// The slot above with something in it replaced.
fn slot(from: &str, to: &str) -> String {
    assert!(SLOT.contains(from), "{from}");
    SLOT.replacen(from, to, 1)
}

/// The slot above with a capacity extension whose inside is `value`.
fn capacity(value: &str) -> String {
    let extension =
        format!(r#","extension":[{{"url":"http://example.org/slot-capacity"{value}}}]}}"#);
    format!("{}{extension}", &SLOT[..SLOT.len() - 1])
}

pub(crate) fn complains(folder: &Folder, parts: &[&str]) {
    let sentence = folder.sentence(&FILES);
    for part in parts {
        assert!(sentence.contains(part), "{part:?} is not in: {sentence}");
    }
}

#[test]
fn a_wrong_slot_gets_a_sentence_with_file_line_and_field() {
    let folder = Folder::new("slots");
    folder.write("schedules.ndjson", SCHEDULE);
    let other_id = |line: String| line.replacen(r#""id":"1""#, r#""id":"2""#, 1);
    for (line, field, what) in [
        (
            slot("Schedule/s", "Schedule/t"),
            "schedule.reference",
            "\"t\" is in no schedules file",
        ),
        (
            slot("Schedule/s", "Location/s"),
            "schedule.reference",
            "\"Location/s\"",
        ),
        (
            slot("Schedule/s", "s"),
            "schedule.reference",
            "\"Schedule/10\"",
        ),
        (
            slot("Schedule/s", "Schedule/"),
            "schedule.reference",
            "\"Schedule/10\"",
        ),
        (
            slot(r#"{"reference":"Schedule/s"}"#, "7"),
            "schedule",
            "must be an object",
        ),
        (
            slot(r#"{"reference":"Schedule/s"}"#, "{}"),
            "schedule.reference",
            "is missing",
        ),
        (
            slot(r#""schedule":{"reference":"Schedule/s"},"#, ""),
            "schedule",
            "is missing",
        ),
        (slot("free", "maybe"), "status", "\"maybe\""),
        (slot("free", "Free"), "status", "\"Free\""),
        (slot(r#""free""#, "null"), "status", "must be a text"),
        (slot(r#""free""#, r#""""#), "status", "is empty"),
        (slot(r#""status":"free","#, ""), "status", "is missing"),
        (
            slot(r#""start":"2026-12-08T08:00:00Z","#, ""),
            "start",
            "is missing",
        ),
        (
            slot(r#","end":"2026-12-08T12:00:00Z""#, ""),
            "end",
            "is missing",
        ),
        (
            slot("T12:00:00Z", "T08:00:00Z"),
            "end",
            "is not after start",
        ),
        (
            slot(r#""Slot""#, r#""Schedule""#),
            "resourceType",
            "\"Schedule\" is not \"Slot\"",
        ),
        (
            slot(r#""resourceType":"Slot","#, ""),
            "resourceType",
            "is missing",
        ),
        (
            capacity(r#","valueInteger":-1"#),
            "slot-capacity",
            "-1 must be a whole number from 1 to 65,535",
        ),
        (
            capacity(r#","valueInteger":0"#),
            "slot-capacity",
            "0 must be",
        ),
        (
            capacity(r#","valueInteger":65536"#),
            "slot-capacity",
            "65536 must be",
        ),
        (
            capacity(r#","valueInteger":1e300"#),
            "slot-capacity",
            "must be",
        ),
        (
            capacity(r#","valueInteger":99999999999999999999"#),
            "slot-capacity",
            "must be",
        ),
        (
            capacity(r#","valueInteger":1.5"#),
            "slot-capacity",
            "1.5 must be",
        ),
        (
            capacity(r#","valueInteger":"30""#),
            "slot-capacity",
            "\"30\" must be",
        ),
        (
            capacity(r#","valueString":"30""#),
            "slot-capacity",
            "has no valueInteger",
        ),
        (
            capacity(r#","valueInteger":1},{"url":"slot-capacity""#),
            "slot-capacity",
            "is given twice",
        ),
        (
            slot(r#""id":"1""#, r#""id":"1","extension":{}"#),
            "extension",
            "must be a list",
        ),
    ] {
        folder.write("slots.ndjson", format!("{SLOT}\n{}\n", other_id(line)));
        complains(
            &folder,
            &["slots.ndjson, line 2", &format!("field {field}:"), what],
        );
    }
    for (line, what) in [
        (slot(r#""id":"1","#, ""), "is missing"),
        (slot(r#""id":"1""#, r#""id":1"#), "must be a text"),
    ] {
        folder.write("slots.ndjson", line);
        complains(&folder, &["slots.ndjson, line 1", "field id:", what]);
    }
}

#[test]
fn an_unreadable_time_gets_its_sentence() {
    let folder = Folder::new("times");
    folder.write("schedules.ndjson", SCHEDULE);
    for (time, what) in [
        ("tomorrow", "is not an instant"),
        ("2026-12-08", "is not an instant"),
        ("2026-12-08T08:00Z", "is not an instant"),
        ("2026-12-08T08:00:00", "is not an instant"),
        ("2026-12-08 08:00:00Z", "is not an instant"),
        ("2026-12-08T08:00:00.Z", "is not an instant"),
        ("2026-12-08T08:00:00z", "is not an instant"),
        ("2026-12-08T08:00:00Z ", "is not an instant"),
        ("2026-12-08T08:00:00+0800", "is not an instant"),
        ("2026-12-08T08:00:00+08", "is not an instant"),
        ("2026-12-08T08:00:00+é:00", "is not an instant"),
        ("２026-12-08T08:00:00Z", "is not an instant"),
        ("+026-12-08T08:00:00Z", "is not an instant"),
        ("2026-12-08T08:00:00+14:01", "offset"),
        ("2026-12-08T08:00:00+08:60", "offset"),
        ("2026-02-29T08:00:00Z", "no such day"),
        ("2026-13-08T08:00:00Z", "no such day"),
        ("2026-12-00T08:00:00Z", "no such day"),
        ("2026-12-08T24:00:00Z", "no such time of day"),
        ("2026-12-08T08:60:00Z", "no such time of day"),
        ("2026-12-08T08:00:60Z", "no such time of day"),
        ("1999-12-31T23:59:59Z", "before the year 2000"),
        ("0001-01-01T00:00:00Z", "before the year 2000"),
    ] {
        folder.write("slots.ndjson", slot("2026-12-08T08:00:00Z", time));
        complains(&folder, &["slots.ndjson, line 1, field start:", what]);
        folder.write("slots.ndjson", slot("2026-12-08T12:00:00Z", time));
        complains(&folder, &["slots.ndjson, line 1, field end:", what]);
    }
}

#[test]
fn the_same_id_twice_gets_a_sentence_with_both_places() {
    let folder = Folder::new("twice");
    folder.write("schedules.ndjson", format!("{SCHEDULE}\n\n{SCHEDULE}\n"));
    folder.write("slots.ndjson", SLOT);
    complains(
        &folder,
        &[
            "schedules.ndjson, line 3, field id:",
            "\"s\"",
            "schedules.ndjson, line 1",
        ],
    );
    folder.write("schedules.ndjson", SCHEDULE);
    folder.write(
        "more.ndjson",
        format!("{}\n{SLOT}\n", slot(r#""id":"1""#, r#""id":"2""#)),
    );
    let sentence = folder.sentence(&[&FILES[..], &["more.ndjson"]].concat());
    assert!(
        sentence.contains("more.ndjson, line 2, field id:"),
        "{sentence}"
    );
    assert!(sentence.contains("slots.ndjson, line 1)"), "{sentence}");
}

#[test]
fn a_wrong_schedule_gets_its_sentence() {
    let folder = Folder::new("schedules");
    folder.write("slots.ndjson", SLOT);
    for (from, to, field, what) in [
        (
            r#""Schedule""#,
            r#""Slot""#,
            "resourceType",
            "\"Slot\" is not \"Schedule\"",
        ),
        (r#""id":"s","#, "", "id", "is missing"),
        (r#""id":"s""#, r#""id":"""#, "id", "is empty"),
        (
            r#","actor":[{"reference":"Location/1"}]"#,
            "",
            "actor",
            "is missing",
        ),
        (
            r#"[{"reference":"Location/1"}]"#,
            "[]",
            "actor",
            "whose calendar",
        ),
        (
            r#"{"reference":"Location/1"}"#,
            "{}",
            "actor[0].reference",
            "is missing",
        ),
    ] {
        folder.write("schedules.ndjson", SCHEDULE.replacen(from, to, 1));
        complains(
            &folder,
            &["schedules.ndjson, line 1", &format!("field {field}:"), what],
        );
    }
}

#[test]
fn a_hospital_of_mistakes_has_nothing_to_offer() {
    let folder = Folder::new("mistakes");
    folder.write("schedules.ndjson", SCHEDULE);
    folder.write("slots.ndjson", slot("free", "entered-in-error"));
    complains(&folder, &["no slot to offer"]);
}
