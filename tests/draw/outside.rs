//! The example from outside: a transcript that holds, one that does not, and whatever else somebody may give it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::cli;
use crate::tampering::transcript;

/// The example, brought up to date with the same profile as this test.
fn example() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let test = std::env::current_exe().expect("this test is a file");
        let folder = test.ancestors().nth(2).expect("target/<profile>/deps");
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a profile");
        let profile = if name == "debug" { "test" } else { name };
        // Those of this test, so that the library is built already.
        let features = if cfg!(feature = "evidence") {
            "serde,evidence"
        } else {
            "serde"
        };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--quiet",
            "--example",
            "verify_draw",
            "--features",
            features,
            "--profile",
            profile,
        ]);
        cargo
            .arg("--target-dir")
            .arg(folder.parent().expect("target"));
        let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(
            built.is_ok_and(|status| status.success()),
            "the example cannot be built"
        );
        let exe = folder.join("examples").join("verify_draw");
        exe.with_extension(std::env::consts::EXE_EXTENSION)
    })
}

fn file(name: &str, text: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("verify_draw-{name}"));
    std::fs::write(&path, text).expect("the folder can be written");
    path.into_os_string().into_string().expect("text")
}

fn run(args: &[&str]) -> Output {
    Command::new(example())
        .args(args)
        .output()
        .expect("it runs")
}

/// Runs it in vain: exit status 2, nothing said but one sentence.
fn sentence(args: &[&str]) -> String {
    let output = run(args);
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert!(
        output.stdout.is_empty() && said.starts_with("verify_draw: "),
        "{said}"
    );
    assert!(
        said.trim_end().lines().count() == 1 && !said.contains("panicked"),
        "{said}"
    );
    said
}

#[test]
fn a_transcript_that_holds_is_said_to() {
    let sound = transcript();
    let json = serde_json::to_vec(&sound).expect("plain data");
    let path = file("sound.json", &json);
    let (commitment, root) = (
        sound.closing.commitment.to_string(),
        sound.closing.root.to_string(),
    );
    let output = run(&[&path, "--commitment", &commitment, "--root", &root]);
    let said = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("12 of 40 entries") && said.contains(&root),
        "{said}"
    );

    let why = sentence(&[&path, "--commitment", &root]);
    assert!(
        why.contains("does not hold") && why.contains("--commitment"),
        "{why}"
    );
    let mut other = sound.clone();
    other.places.swap(1, 2);
    let path = file(
        "swapped.json",
        &serde_json::to_vec(&other).expect("plain data"),
    );
    let why = sentence(&[&path]);
    assert!(
        why.contains("place 1 is not that of whose turn it was"),
        "{why}"
    );
}

#[test]
fn whatever_else_a_file_is_gets_its_sentence() {
    for (name, text) in [
        ("empty", &b""[..]),
        ("words", b"not JSON"),
        ("bytes", b"\xff\xfe\0"),
        ("list", b"[]"),
        ("deep", &[b'['; 100_000]),
        ("half", br#"{"terms": {"draw": "00"#),
    ] {
        let why = sentence(&[&file(name, text)]);
        assert!(why.contains("is no transcript"), "{name}: {why}");
    }
    let why = sentence(&[&file("field", br#"{"terms": {"draw": 7}}"#)]);
    assert!(why.contains("is no transcript: terms.draw: "), "{why}");
    for missing in [".", "/nowhere/at/all.json"] {
        let why = sentence(&[missing]);
        assert!(why.contains("cannot be read"), "{why}");
    }
}

#[test]
fn without_a_file_it_shows_a_draw_and_a_tampered_one() {
    let output = run(&[]);
    let said = String::from_utf8(output.stdout).expect("text");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for part in [
        "The draw holds: 30 of 260",
        "exchanged for a loser: place 0",
        "with rank",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn every_wrong_flag_gets_its_sentence() {
    for (args, part) in [
        (&["--fast"][..], "not a flag"),
        (&["-h"], "not a flag"),
        (&[""], "empty"),
        (&["a.json", "b.json"], "not a flag"),
        (&["a.json", "--root"], "needs a value"),
        (&["a.json", "--root", "00"], "64 lower-case"),
        (&["--help=yes"], "takes no value"),
        (&["--root", &"0".repeat(64)], "name the file first"),
    ] {
        let why = cli::parse(args.iter().map(OsString::from)).expect_err("it is wrong");
        assert!(why.contains(part), "{args:?}: {why}");
    }
    let zeros = "0".repeat(64);
    let twice = ["a.json", "--root", &zeros, "--root", &zeros];
    let why = cli::parse(twice.map(OsString::from)).expect_err("it is wrong");
    assert!(why.contains("given twice"), "{why}");
    assert!(matches!(
        cli::parse(["--help".into()]),
        Ok(cli::Command::Help)
    ));
}
