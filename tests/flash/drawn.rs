//! Mornings that open by the draw, alone and beside first come; and what is planted in a draw is found.

use fairslot::draw::Digest;
use fairslot::{Engine, ManualClock, Opening, Outcome, PatientId, Request, Schedule, Session};
use serde_json::Value;

use crate::draws::{Checked, check};
use crate::morning::{adds_up, number, totals};
use crate::process::Folder;

const SMALL: [&str; 6] = ["--people", "300", "--bots", "4", "--seed", "7"];

/// Runs it with `--json`, well: the lines that it says.
fn lines(folder: &Folder, flags: &[&str]) -> Vec<Value> {
    let output = folder.run(&[&SMALL, flags, &["--json"]].concat());
    let said = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(0), "{said}");
    said.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn the_same_people_are_drawn_twice_the_same() {
    let folder = Folder::new("drawn-seed");
    let flags = ["--threads", "1", "--opening", "lottery"];
    let first = lines(&folder, &flags);
    assert_eq!(first.len(), 1);
    let first = &first[0];
    adds_up(first);
    assert_eq!(first["opening"], "lottery");
    assert!(number(first, "drawn") > 0 && number(first, "held_by_draw") > 0);
    assert_eq!(number(first, "verified"), number(first, "drawn"));
    // A bot asks 500 times in the rush and is in once for each of its papers; people and papers who lose may enter another.
    assert!(
        number(first, "waiting") > 3 * number(first, "entries"),
        "{first}"
    );
    assert_eq!(totals(first), totals(&lines(&folder, &flags)[0]));
}

#[test]
fn both_is_one_and_the_other() {
    let folder = Folder::new("drawn-both");
    let with = |opening| lines(&folder, &["--threads", "1", "--opening", opening]);
    let (both, default) = (with("both"), lines(&folder, &["--threads", "1"]));
    let (alone, drawn) = (with("first_come"), with("lottery"));
    assert_eq!((both.len(), default.len(), alone.len()), (2, 2, 1));
    assert_eq!(both[0]["opening"], "first_come");
    let keys = |line: &Value| -> Vec<String> {
        line.as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(
        keys(&alone[0]),
        keys(&drawn[0]),
        "what a line doesn't have is there, and null"
    );
    assert!(alone[0]["drawn"].is_null() && drawn[0]["drawn"].is_u64());
    for (line, same) in both.iter().zip([&alone[0], &drawn[0]]) {
        assert_eq!(totals(line), totals(same));
    }
    for (line, same) in both.iter().zip(&default) {
        assert_eq!(totals(line), totals(same));
    }
}

/// Where there is enough for everybody a draw sells what first come sells: who loses the session that is dearest asks for another.
#[test]
fn a_draw_leaves_no_slot_that_somebody_wants() {
    let folder = Folder::new("drawn-enough");
    let few = ["--people=1200", "--bots=2", "--threads=1", "--json"];
    let output = folder.run(&few);
    let said = String::from_utf8(output.stdout).expect("text");
    let sold: Vec<u64> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .map(|line: Value| number(&line, "confirmed"))
        .collect();
    let [first_come, drawn] = sold[..] else {
        panic!("{said}");
    };
    assert!(first_come < 989, "some are left: {first_come}");
    assert!(
        drawn * 100 >= first_come * 97,
        "{drawn} by the draw, {first_come} first come"
    );
}

#[test]
fn threads_race_into_the_draw_and_it_verifies() {
    let folder = Folder::new("drawn-threads");
    for threads in ["2", "5"] {
        let said = lines(&folder, &["--threads", threads, "--opening=lottery"]);
        adds_up(&said[0]);
        assert_eq!(number(&said[0], "verified"), number(&said[0], "drawn"));
    }
}

/// What the documentation says of the two openings: bots have four slots in five, and then about their share of the patients.
#[test]
fn the_draw_takes_from_bots_what_first_come_gives_them() {
    let folder = Folder::new("drawn-who");
    let output = folder.run(&["--json"]);
    let said = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(0), "{said}");
    let page = std::fs::read_to_string(folder.path("report.html")).expect("the report is there");
    let said: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    said.iter().for_each(adds_up);
    let bots = |nth: usize| {
        let (people, bots) = (
            number(&said[nth], "people_won"),
            number(&said[nth], "bots_won"),
        );
        assert_eq!(people + bots, number(&said[nth], "confirmed"));
        (
            bots as f64 / (people + bots) as f64,
            said[nth]["advantage"].as_f64().expect("a ratio"),
        )
    };
    let ((first, advantage), (drawn, fair)) = (bots(0), bots(1));
    assert!(
        (0.75..0.88).contains(&first) && (0.10..0.22).contains(&drawn),
        "{first} {drawn}"
    );
    assert!(
        advantage > 15.0 && (0.8..1.6).contains(&fair),
        "{advantage} {fair}"
    );
    assert!(
        number(&said[1], "waiting") > 100_000,
        "the rush is the same: {}",
        said[1]
    );
    for section in [
        "compare",
        "compare-slots",
        "compare-knew",
        "slots-left",
        "draw-slots-left",
        "draw-who",
        "conditions",
    ] {
        assert!(
            page.contains(&format!("<section id=\"{section}\">")),
            "{section}"
        );
    }
    assert_eq!(page.matches("<svg").count(), 11);
    assert_eq!(
        page.matches("<section").count(),
        page.matches("</section>").count()
    );
}

/// The rows that the README shows are rows that the summary has, and so are the checks of the draws.
#[test]
fn the_readme_shows_what_the_summary_says() {
    let output = Folder::new("drawn-readme").run(&SMALL);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).expect("text");
    let readme = include_str!("../../README.md");
    let sample = readme
        .split("  who got what")
        .nth(1)
        .expect("a sample of the output");
    let rows: Vec<&str> = sample
        .lines()
        .skip(1)
        .take_while(|row| row.starts_with("  "))
        .collect();
    assert!(rows.len() >= 6, "{sample}");
    for row in rows {
        let label: String = row.chars().take(46).collect();
        assert!(said.contains(&label), "{label:?} is not in {said}");
    }
    for part in [
        "First come: ",
        "The draw: ",
        "draws were done again from the transcript",
        "receipts agree",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// One session of five slots for twenty, drawn: its check with what each was told changed by `tamper`.
fn checked(tamper: impl FnOnce(&mut Vec<Option<bool>>, &mut Digest)) -> (Checked, Vec<String>) {
    let clock = std::sync::Arc::new(ManualClock::new(fairslot::Timestamp::from_millis(1_000)));
    let built = Engine::builder().clock(clock.clone()).seed(1).build();
    let engine = built.expect("an engine");
    let (opens_at, starts_at) = (engine.now(), engine.now().after(86_400_000));
    let day = "2026-12-01".parse().expect("a day");
    let schedule = engine
        .publish(&Schedule::new(
            fairslot::PractitionerId::new(1),
            day,
            Session::Morning,
            5,
            Opening::lottery(opens_at),
            starts_at,
        ))
        .expect("it can be published");
    let (_, mut promised) = engine.commitment(schedule).expect("it has a draw");
    let tickets: Vec<_> = (0..20)
        .map(
            |patient| match engine.request(&Request::new(PatientId::new(patient), schedule)) {
                Outcome::Waiting(ticket) => ticket.id,
                other => panic!("{other:?}"),
            },
        )
        .collect();
    clock.set(opens_at.after(20_000));
    let won = |ticket| matches!(engine.ticket(ticket), Ok(Outcome::Held(_)));
    let mut told: Vec<_> = tickets.iter().map(|ticket| Some(won(*ticket))).collect();
    assert_eq!(told.iter().filter(|won| **won == Some(true)).count(), 5);
    tamper(&mut told, &mut promised);
    let receipts = tickets.iter().map(|ticket| engine.receipt(*ticket).ok());
    let told = receipts.map(|it| it.map(|it| it.token)).zip(told);
    let transcript = engine.transcript(schedule).expect("it is drawn");
    let mut remarks = Vec::new();
    let name = || "the session".to_owned();
    (
        check(&transcript, &promised, told, name, &mut remarks),
        remarks,
    )
}

#[test]
fn a_draw_as_it_was_told_is_well() {
    let (one, remarks) = checked(|_, _| {});
    assert!(one.is_good() && remarks.is_empty(), "{remarks:?}");
    let (entries, receipts) = (20, 20);
    let (drawn, verified) = (1, 1);
    assert_eq!(
        one,
        Checked {
            drawn,
            entries,
            verified,
            receipts
        }
    );
}

#[test]
fn a_draw_that_was_told_otherwise_or_promised_otherwise_is_found() {
    for (what, (one, remarks)) in [
        ("told", checked(|told, _| told[3] = told[3].map(|won| !won))),
        ("told", checked(|told, _| told[3] = None)),
        ("told", checked(|told, _| told.truncate(19))),
        (
            "promised",
            checked(|_, promised| *promised = Digest::default()),
        ),
    ] {
        assert!(!one.is_good(), "{one:?}");
        assert!(
            remarks.len() == 1 && remarks[0].contains(what),
            "{remarks:?}"
        );
    }
}
