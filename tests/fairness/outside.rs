//! The example as a process: its lines of JSON, its table and its page.

use serde_json::Value;

use crate::mechanism::MECHANISMS;
use crate::process::Folder;

const SMALL: [&str; 4] = ["--populations", "2", "--trials", "3"];

fn said(folder: &Folder, flags: &[&str]) -> String {
    let output = folder.run(&[&SMALL, flags].concat());
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{complaint}");
    String::from_utf8(output.stdout).expect("text")
}

fn cells(said: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).expect("JSON");
    said.lines().map(parse).collect()
}

#[test]
fn a_cell_is_an_object_with_what_was_measured() {
    let folder = Folder::new("json");
    let mut cells = cells(&said(&folder, &["--json"]));
    let parts = cells.split_off(6 * MECHANISMS.len());
    let names: Vec<&str> = parts
        .iter()
        .filter_map(|it| it["scenario"].as_str())
        .collect();
    assert_eq!(names, ["hand_off", "hoard", "slow_queue", "limiter"]);
    for (part, keys) in parts.iter().zip([
        &["h", "h_reference", "clients"][..],
        &["held_a_day", "sold_a_day", "profit_a_day", "days"],
        &["wait_s", "longest_s", "identities", "devices"],
        &["wrongly_limited", "attacker_admits_ratio", "kib"],
    ]) {
        assert_eq!((&part["full"], &part["seed"]), (&false.into(), &1.into()));
        let row = &part["rows"][0];
        for key in keys {
            assert!(row[key].is_number(), "{key}: {row}");
        }
        assert!(!part.to_string().contains("null"), "{part}");
    }
    let names: Vec<&str> = cells
        .iter()
        .filter_map(|cell| cell["attack"].as_str())
        .collect();
    let attacks = ["none", "A0", "A1", "A2", "A3", "A4"];
    assert_eq!(names, attacks.repeat(MECHANISMS.len()));
    for (nth, cell) in cells.iter().enumerate() {
        let mechanism = &MECHANISMS[nth / attacks.len()];
        assert_eq!(cell["mechanism"], mechanism.name);
        let fields = cell.as_object().expect("an object");
        assert!(
            fields.keys().eq(cells[0].as_object().expect("one").keys()),
            "what a cell doesn't have is there, and null: {cell}"
        );
        assert!(cell["within_reference"].is_null(), "too small to say");
        assert_eq!(
            cell["flagged_honest"].is_number(),
            mechanism.judges() && mechanism.rules().is_some(),
            "who enters a draw that judges: {cell}"
        );
        let measured = ["yield_share", "jain", "decision_delay_ms", "requests"];
        for key in measured {
            let mean = cell[key].as_f64().expect(key);
            let ends = cell[format!("{key}_ci")].as_array().expect(key);
            let [low, high] = [0, 1].map(|end| ends[end].as_f64().expect(key));
            assert!(low <= mean && mean <= high, "{key}: {cell}");
        }
    }
    let none = &cells[0];
    assert!(none["advantage"].is_null() && none["uplift_pp"].is_null());
    let a3 = &cells[4];
    assert!(a3["advantage"].as_f64() > Some(1.0) && a3["uplift_pp"].as_f64() > Some(0.0));
}

#[test]
fn attacks_are_chosen_by_name_in_any_way() {
    let folder = Folder::new("attacks");
    let one = said(
        &folder,
        &["--json", "--attack", "A3,none", "--mechanism=w1,first_come"],
    );
    let two = said(
        &folder,
        &[
            "--mechanism=w1",
            "--attack=none",
            "--json",
            "--attack",
            "A3",
            "--mechanism",
            "first_come",
        ],
    );
    assert_eq!(one, two);
    let names: Vec<String> = cells(&one)
        .iter()
        .map(|cell| format!("{} {}", cell["mechanism"], cell["attack"]).replace('"', ""))
        .collect();
    assert_eq!(
        names,
        ["first_come none", "first_come A3", "w1 none", "w1 A3"]
    );
}

#[test]
fn the_same_seed_says_the_same_and_another_does_not() {
    let folder = Folder::new("seed");
    let run = |seed, threads| {
        said(
            &folder,
            &[
                "--json",
                "--attack=A2",
                "--mechanism=w1,adaptive_cap3_w0.2",
                "--scenario=openings,hand_off,hoard",
                "--seed",
                seed,
                "--threads",
                threads,
            ],
        )
    };
    assert_eq!(run("5", "1"), run("5", "3"));
    assert_ne!(run("5", "1"), run("6", "1"));
}

#[test]
fn the_table_has_every_attack_and_its_reference() {
    let table = said(&Folder::new("table"), &[]);
    for part in [
        "none",
        "A0",
        "A4",
        "99.1 ± 0.3",
        "0.016–0.038",
        "report.html",
        "recommended draw, 3 a device",
        "¥ a sold slot",
        "40,000 identities on 20 devices",
        "wrongly refused, %",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(!table.contains("NaN") && !table.contains("inf"), "{table}");
}

#[test]
fn the_report_needs_nothing_from_anywhere_and_has_every_picture() {
    const ALWAYS: [&str; 2] = ["goals", "conditions"];
    let openings = [
        "who",
        "window",
        "arrivals",
        "advantage",
        "people",
        "figures",
    ];
    let scenarios = ["hand_off", "hoard", "slow_queue", "limiter"];
    let all = [&openings[..], &scenarios].concat();
    for (test, flags, sections, pictures) in [
        ("page", &[][..], &all[..], 10),
        ("page-none", &["--attack=none"], &openings, 6),
        (
            "page-one",
            &["--attack=A4", "--populations=1"],
            &openings,
            6,
        ),
        ("page-hoard", &["--scenario=hoard"], &["hoard"], 1),
    ] {
        let folder = Folder::new(test);
        // One of the flags may be given already.
        let small = if test == "page-one" {
            &SMALL[2..]
        } else {
            &SMALL
        };
        let output = folder.run(&[small, flags].concat());
        assert_eq!(output.status.code(), Some(0), "{test}");
        let html = std::fs::read_to_string(folder.path("report.html")).expect("the report");
        for foreign in [
            "http:", "https:", "//", "<script", "<link", "<img", "@import", "url(", "NaN", "inf ",
        ] {
            assert!(!html.contains(foreign), "{test}: {foreign}");
        }
        for section in ALWAYS.iter().chain(sections) {
            let tag = format!("<section id=\"{section}\">");
            assert!(html.contains(&tag), "{test}: {section}");
        }
        let found = html.matches("<section id").count();
        assert_eq!(found, ALWAYS.len() + sections.len(), "{test}");
        assert_eq!(html.matches("<svg").count(), pictures, "{test}");
        for tag in ["svg", "section", "table", "tr", "td", "div", "h2"] {
            let opened = html.matches(&format!("<{tag}>")).count()
                + html.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
}
