//! A file that cannot be read, or is no NDJSON, gets one sentence too.

use crate::bad_input::{FILES, SCHEDULE, SLOT, complains};
use crate::process::Folder;

#[test]
fn a_file_that_is_no_ndjson_gets_its_sentence() {
    let folder = Folder::new("files");
    let long = format!("{{\"id\":\"{}\"}}", "x".repeat(1_000_000));
    let long_letters = format!("{{\"id\":\"{}\"}}", "号".repeat(1_000_000));
    let deep = "[".repeat(50_000);
    let binary: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let contents: [(&[u8], &[&str]); 11] = [
        (b"", &["line 1", "is empty"]),
        (b"\n\n \n", &["line 1", "is empty"]),
        (&binary, &["line 1", "is not text"]),
        (b"\xff\xfe\n", &["line 1", "is not text"]),
        (b"{\"id\":\n", &["line 1", "is not JSON"]),
        (b"\n{\"id\":\"1\"\n", &["line 2", "is not JSON"]),
        (b"[1]\n", &["line 1", "not an object"]),
        (b"resourceType,id\n", &["line 1", "is not JSON"]),
        (deep.as_bytes(), &["line 1", "is not JSON"]),
        (long.as_bytes(), &["line 1", "longer than 65536 bytes"]),
        (
            long_letters.as_bytes(),
            &["line 1", "longer than 65536 bytes"],
        ),
    ];
    for (content, parts) in contents {
        folder.write("schedules.ndjson", content);
        folder.write("slots.ndjson", SLOT);
        complains(&folder, &[&["schedules.ndjson"], parts].concat());
        folder.write("schedules.ndjson", SCHEDULE);
        folder.write("slots.ndjson", content);
        complains(&folder, &[&["slots.ndjson"], parts].concat());
    }
}

#[test]
fn a_file_that_cannot_be_read_gets_its_sentence() {
    let folder = Folder::new("missing");
    let missing = folder.sentence(&FILES);
    assert!(
        missing.starts_with("schedules.ndjson: cannot be read"),
        "{missing}"
    );
    folder.write("schedules.ndjson", SCHEDULE);
    let missing = folder.sentence(&FILES);
    assert!(
        missing.starts_with("slots.ndjson: cannot be read"),
        "{missing}"
    );
    let directory = folder.sentence(&["--schedules", ".", "--slots", "slots.ndjson"]);
    assert!(directory.contains("is a directory"), "{directory}");
    let strange = folder.sentence(&["--schedules", "a\nb\u{1b}[31m", "--slots", "slots.ndjson"]);
    assert!(strange.contains(r"a\nb\u{1b}[31m"), "{strange}");
}
