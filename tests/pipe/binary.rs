//! The example itself, as a process.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::support::{Pipe, assert_error, parse};

/// The example, built if it is not there or a change is not in it yet. By the profile that the test is built by, so that what `cargo test` has built need not be built again.
fn example() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let test = std::env::current_exe().expect("this test is a file");
        let profile = test
            .ancestors()
            .nth(2)
            .expect("a test lies in target/<profile>/deps")
            .to_owned();
        let example = profile
            .join("examples")
            .join("pipe")
            .with_extension(std::env::consts::EXE_EXTENSION);
        let built_by = if profile.ends_with("release") {
            "release"
        } else {
            "test"
        };
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--example", "pipe", "--profile", built_by])
            .arg("--target-dir")
            .arg(profile.parent().expect("a profile lies in target"));
        assert!(cargo.status().expect("cargo runs").success());
        example
    })
}

fn start() -> Child {
    Command::new(example())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example runs")
}

/// What the example answers to this input, after which it must have ended well.
fn converse(input: Vec<u8>) -> Vec<String> {
    let mut child = start();
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    writer
        .join()
        .expect("no panic")
        .expect("it reads all of its input");
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

const PUBLISH: &str = r#"{"op":"publish","hospital":1,"department":2,"practitioner":3,"day":"2026-12-01","session":"morning","capacity":2,"opens_at":1000,"starts_at":9000000,"now":500}"#;

#[test]
fn a_transcript_gets_the_answers_that_the_door_gives() {
    let mut pipe = Pipe::new();
    let schedule = parse(&pipe.raw(PUBLISH))["schedule"]
        .as_str()
        .expect("a schedule")
        .to_owned();
    let lines = [
        format!(r#"{{"op":"request","patient":1,"schedule":"{schedule}"}}"#),
        format!(r#"{{"op":"request","patient":1,"schedule":"{schedule}","now":1000}}"#),
        format!(r#"{{"op":"request","patient":"2","schedule":"{schedule}"}}"#),
        "nonsense".to_owned(),
        String::new(),
        format!(r#"{{"op":"request","patient":3,"schedule":"{schedule}"}}"#),
        r#"{"op":"advance","now":901000}"#.to_owned(),
        format!(r#"{{"op":"withdraw","schedule":"{schedule}"}}"#),
        format!(r#"{{"op":"availability","schedule":"{schedule}"}}"#),
        r#"{"op":"audit"}"#.to_owned(),
    ];
    let answers: Vec<String> = lines.iter().map(|line| pipe.raw(line)).collect();
    assert_eq!(
        answers[6],
        r#"{"expired":2,"drawn":0,"returned":0,"granted":0,"next_deadline":null}"#
    );
    let spoken = converse(format!("{PUBLISH}\n{}\n", lines.join("\n")).into_bytes());
    assert_eq!(spoken[0], format!(r#"{{"schedule":"{schedule}"}}"#));
    assert_eq!(spoken[1..], answers);
}

#[test]
fn no_input_gets_no_answer() {
    assert_eq!(converse(Vec::new()), Vec::<String>::new());
}

#[test]
fn a_last_line_without_an_end_and_lines_that_end_in_crlf_are_answered() {
    let spoken = converse(b"{\"op\":\"audit\"}\r\n\r\n{\"op\":\"audit\"}".to_vec());
    assert_eq!(spoken.len(), 3);
    assert_eq!(
        (spoken[0].as_str(), spoken[2].as_str()),
        (r#"{"consistent":true}"#, r#"{"consistent":true}"#)
    );
    assert_eq!(parse(&spoken[1])["error"]["line"], 2);
}

#[test]
fn a_line_that_is_too_long_or_no_text_gets_one_error_and_the_next_is_answered() {
    let mut input = Vec::new();
    for len in [1 << 20, (1 << 20) + 1, (1 << 20) + 2, 5 << 20] {
        let mut line = br#"{"op":"audit"}"#.to_vec();
        line.resize(len, b' ');
        line.push(b'\n');
        input.extend(line);
    }
    input.extend(b"\xff\xfe\n{\"op\":\"audit\"}\n");
    let spoken = converse(input);
    assert_eq!(spoken.len(), 6);
    for line in [1, 2, 3, 4] {
        let answer = parse(&spoken[line]);
        assert_error(&answer, "bad_line");
        assert_eq!(answer["error"]["line"], line + 1);
    }
    assert_eq!(
        (spoken[0].as_str(), spoken[5].as_str()),
        (r#"{"consistent":true}"#, r#"{"consistent":true}"#)
    );
}

#[test]
fn every_line_is_answered_before_the_next_is_sent() {
    let mut child = start();
    let (mut stdin, stdout) = (
        child.stdin.take().expect("a pipe"),
        child.stdout.take().expect("a pipe"),
    );
    let mut answers = BufReader::new(stdout).lines();
    for _ in 0..50 {
        stdin.write_all(b"{\"op\":\"audit\"}\n").expect("it reads");
        assert_eq!(
            answers.next().expect("an answer").expect("text"),
            r#"{"consistent":true}"#
        );
    }
    drop(stdin);
    assert!(answers.next().is_none());
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn it_ends_quietly_when_nobody_reads_its_answers() {
    let mut child = Command::new(example())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example runs");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("a pipe");
    // It may end before it has read this: then the write fails.
    let _ = stdin.write_all(b"{\"op\":\"audit\"}\n{\"op\":\"audit\"}\n");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", output.status);
    assert!(output.stderr.is_empty());
}
