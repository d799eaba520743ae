//! The house rules, kept by reading the source: what may import what, where atomics and clocks come from, what is not written at all.
//!
//! Each rule's message says what to do instead. A second test shows every rule something wrong, so that none can go blind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The floors, from the ground up. An import goes down or stays in its room; rooms on one floor never import one another.
const FLOORS: [&[&str]; 4] = [
    &["words"],
    &["raw", "fairness"],
    &["pool", "ledger", "gate", "draw", "line"],
    &["engine"],
];

/// Where a rule does not hold, and why.
struct Exception {
    rule: &'static str,
    file: &'static str,
    why: &'static str,
}

const EXCEPTIONS: [Exception; 6] = [
    Exception {
        rule: "sync",
        file: "words/sync.rs",
        why: "this is where they come from",
    },
    Exception {
        rule: "sync",
        file: "words/id.rs",
        why: "a fingerprint's key is made once a process; nothing races for what it says",
    },
    Exception {
        rule: "sync",
        file: "words/clock.rs",
        why: "its Arc is the caller's own, for a clock that both sides read",
    },
    Exception {
        rule: "sync",
        file: "engine/driver.rs",
        why: "a thread of the machine's and its stop flag, which no model checker runs",
    },
    Exception {
        rule: "sync",
        file: "engine/wait.rs",
        why: "a parked thread of the machine's, which std wakes through its own Arc",
    },
    Exception {
        rule: "now",
        file: "words/clock.rs",
        why: "this is the clock",
    },
];

/// A file of `src`, by its path below it.
struct Source {
    file: String,
    text: String,
}

/// One line that breaks a rule.
#[derive(Debug)]
struct Finding {
    rule: &'static str,
    file: String,
    line: usize,
    say: String,
}

impl Source {
    fn room(&self) -> &str {
        let first = self.file.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The code, line by line, without its unit tests and what stands in comments and string literals. Unit tests are the last thing in a
    /// file; a test-only item before them is code like any other.
    fn code(&self) -> impl Iterator<Item = (usize, String)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|two| {
            two[0].starts_with("#[cfg(")
                && two[0].contains("test")
                && two[1].starts_with("mod ")
                && two[1].ends_with('{')
        });
        let end = tests.unwrap_or(lines.len());
        lines[..end]
            .iter()
            .enumerate()
            .map(|(i, line)| (i + 1, stripped(line)))
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn find(&self, rule: &'static str, what: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
        self.code()
            .filter_map(|(line, code)| {
                what(&code).map(|say| Finding {
                    rule,
                    file: self.file.clone(),
                    line,
                    say,
                })
            })
            .collect()
    }
}

/// A line without its comment and without what its string literals say.
fn stripped(line: &str) -> String {
    let (mut code, mut quoted, mut escaped) = (String::new(), false, false);
    for (i, c) in line.char_indices() {
        if !quoted && line[i..].starts_with("//") {
            break;
        }
        // A quotation mark as a character literal opens nothing.
        if c == '"' && !escaped && !line[..i].ends_with('\'') {
            quoted = !quoted;
        } else if !quoted {
            code.push(c);
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    code
}

/// The words of a line of code that may be names.
fn names(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}

// ---- the rules --------------------------------------------------------------------------------------------------------------------

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Whether a path of `super`s ends above its room.
fn climbs_out(file: &str, code: &str) -> bool {
    let depth = file.matches('/').count();
    code.contains(&"super::".repeat(depth + 1))
}

fn floors(source: &Source) -> Vec<Finding> {
    // The root hands the names out.
    let Some(own) = floor_of(source.room()) else {
        return Vec::new();
    };
    source.find("floors", |code| {
        if climbs_out(&source.file, code) {
            return Some("say crate::room instead of climbing out of one's own by super".to_owned());
        }
        code.match_indices("crate::").find_map(|(at, _)| {
            let rest = &code[at + "crate::".len()..];
            let room = names(rest).next().unwrap_or_default();
            match floor_of(room) {
                Some(floor) if floor < own || room == source.room() => None,
                Some(_) => Some(format!(
                    "{} may not know {room}: an import goes down or stays in its room; return an outcome and let the engine act on it",
                    source.room()
                )),
                None => Some(format!(
                    "name the room that {room:?} is in (crate::words::…, crate::raw::…), one import a line of `use`"
                )),
            }
        })
    })
}

/// Names under which the machine's own atomics and locks would come in.
const FOREIGN: [&str; 6] = [
    "std::sync",
    "core::sync",
    "parking_lot",
    "crossbeam_queue",
    "loom::",
    "shuttle::",
];

fn sync(source: &Source) -> Vec<Finding> {
    source.find("sync", |code| {
        FOREIGN.iter().find(|name| code.contains(*name)).map(|name| {
            format!("{name} is invisible to the model checkers: take atomics, locks and once-cells from crate::words::sync")
        })
    })
}

fn now(source: &Source) -> Vec<Finding> {
    source.find("now", |code| {
        let read = ["Instant::now", "SystemTime::now", "UNIX_EPOCH"];
        read.iter().find(|name| code.contains(*name)).map(|name| {
            format!("{name}: time is handed down from the engine's Clock; only words/clock.rs reads the machine's")
        })
    })
}

fn safe(source: &Source) -> Vec<Finding> {
    source.find("safe", |code| {
        names(code)
            .any(|name| name == "unsafe")
            .then(|| "no unsafe: an index into a boxed slice of atomics does it, or a crate that argues it well".to_owned())
    })
}

fn panics(source: &Source) -> Vec<Finding> {
    source.find("panics", |code| {
        [".unwrap()", ".expect("].iter().find(|call| code.contains(*call)).map(|call| {
            format!("{call}: a verb answers, it does not panic; return a refusal, or make the case impossible by its type")
        })
    })
}

fn length(source: &Source) -> Vec<Finding> {
    const MOST: usize = 500;
    let lines = source.text.lines().count();
    let say =
        || format!("{lines} lines; past {MOST} a file is more than one thought: find the seam");
    let too_long = Finding {
        rule: "length",
        file: source.file.clone(),
        line: MOST,
        say: say(),
    };
    (lines > MOST).then_some(too_long).into_iter().collect()
}

fn header(source: &Source) -> Vec<Finding> {
    let missing = Finding {
        rule: "header",
        file: source.file.clone(),
        line: 1,
        say: "begin with `//!`: what question does this file answer?".to_owned(),
    };
    (!source.text.starts_with("//! "))
        .then_some(missing)
        .into_iter()
        .collect()
}

const RULES: [fn(&Source) -> Vec<Finding>; 7] = [floors, sync, now, safe, panics, length, header];

fn findings(source: &Source) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| rule(source)).collect()
}

// ---- the tests --------------------------------------------------------------------------------------------------------------------

fn read(below: &Path, path: &str, into: &mut Vec<Source>) {
    for entry in fs::read_dir(below.join(path)).expect("the source is here") {
        let entry = entry.expect("it can be read");
        let name = entry.file_name().into_string().expect("a plain name");
        let file = if path.is_empty() {
            name
        } else {
            format!("{path}/{name}")
        };
        if entry.path().is_dir() {
            read(below, &file, into);
        } else if file.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).expect("it can be read");
            into.push(Source { file, text });
        }
    }
}

#[test]
fn the_house_is_in_order() {
    let mut house = Vec::new();
    read(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        "",
        &mut house,
    );
    assert!(house.len() > 30, "the whole house, not a corner of it");
    let (mut wrong, mut used) = (Vec::new(), Vec::new());
    for finding in house.iter().flat_map(findings) {
        let excused = |e: &Exception| e.rule == finding.rule && e.file == finding.file;
        match EXCEPTIONS.iter().position(excused) {
            Some(which) => used.push(which),
            None => wrong.push(format!(
                "src/{}:{}: {}",
                finding.file, finding.line, finding.say
            )),
        }
    }
    for (which, Exception { rule, file, why }) in EXCEPTIONS.iter().enumerate() {
        if !used.contains(&which) {
            wrong.push(format!(
                "the exception of src/{file} from {rule:?} ({why}) is needed no more: strike it"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The fault that a test is named for: `f07` of `fn f07_clock_frozen() {`.
fn fault(line: &str) -> Option<&str> {
    let name = line.trim_start().strip_prefix("fn f")?;
    let number = name.get(..2)?;
    let is_fault = name[2..].starts_with('_') && number.bytes().all(|it| it.is_ascii_digit());
    is_fault.then_some(number)
}

#[test]
fn each_fault_has_its_tests_and_its_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    read(&root.join("src"), "", &mut sources);
    read(&root.join("tests"), "", &mut sources);
    let tested: BTreeSet<&str> = (sources.iter())
        .flat_map(|it| it.text.lines().filter_map(fault))
        .collect();
    let chapter = fs::read_to_string(root.join("docs/faults.md")).expect("the chapter is here");
    let told: BTreeSet<&str> = (chapter.lines())
        .filter_map(|line| line.strip_prefix("| `f")?.get(..2))
        .collect();
    assert_eq!(
        tested, told,
        "tests named for a fault, and faults in docs/faults.md"
    );
    assert_eq!(fault("    fn f07_clock_frozen() {"), Some("07"));
    assert_eq!(fault("fn first_come() {"), None);
}

/// Snippets, each with the rule that must object to it; `None` if none may.
const SNIPPETS: [(&str, &str, Option<&str>); 36] = [
    ("words/a.rs", "use crate::raw::bits::BITS;", Some("floors")),
    ("raw/a.rs", "use crate::pool::Pool;", Some("floors")),
    ("pool/a.rs", "use crate::ledger::Ledger;", Some("floors")),
    ("gate/a.rs", "use crate::ledger::Ledger;", Some("floors")),
    (
        "ledger.rs",
        "    let x = crate::pool::word::State::Free;",
        Some("floors"),
    ),
    ("pool.rs", "use crate::engine::Engine;", Some("floors")),
    ("raw/a.rs", "use crate::{pool, words};", Some("floors")),
    ("raw/a.rs", "use crate::Engine;", Some("floors")),
    (
        "engine/a.rs",
        "use crate::words::id::SlotNo; use crate::lane::Queue;",
        Some("floors"),
    ),
    ("pool.rs", "use super::ledger::Ledger;", Some("floors")),
    (
        "pool/a.rs",
        "use super::super::ledger::Ledger;",
        Some("floors"),
    ),
    (
        "fairness/a.rs",
        "use crate::engine::Engine;",
        Some("floors"),
    ),
    ("raw/a.rs", "use crate::fairness::jain;", Some("floors")),
    ("draw/a.rs", "use crate::pool::Pool;", Some("floors")),
    ("line/a.rs", "use crate::draw::Window;", Some("floors")),
    ("ledger/a.rs", "use crate::draw::Window;", Some("floors")),
    ("pool/a.rs", "use super::word::Word;", None),
    ("engine/a.rs", "use crate::pool::Pool;", None),
    (
        "pool/a.rs",
        "use crate::pool::word::Word; use crate::raw::bits::BITS;",
        None,
    ),
    ("ledger.rs", "/// Unlike [`Pool`](crate::pool::Pool).", None),
    ("lib.rs", "pub use crate::engine::Engine;", None),
    (
        "pool/a.rs",
        "use std::sync::atomic::AtomicU64;",
        Some("sync"),
    ),
    ("pool/a.rs", "    m: parking_lot::Mutex<u8>,", Some("sync")),
    ("engine/a.rs", "use std::sync::Mutex;", Some("sync")),
    ("raw/a.rs", "use crossbeam_queue::ArrayQueue;", Some("sync")),
    (
        "raw/a.rs",
        "use crate::words::sync::atomic::AtomicU64;",
        None,
    ),
    ("engine/a.rs", "    let t = Instant::now();", Some("now")),
    (
        "pool/a.rs",
        "    let t = std::time::SystemTime::now();",
        Some("now"),
    ),
    (
        "raw/a.rs",
        "    unsafe { std::hint::unreachable_unchecked() }",
        Some("safe"),
    ),
    (
        "raw/a.rs",
        "    // unsafe would be faster\n    let x = \"unsafe\";",
        None,
    ),
    (
        "engine/a.rs",
        "    let x = map.get(&1).unwrap();",
        Some("panics"),
    ),
    (
        "engine/a.rs",
        "    let x = '\"'; y.expect(\"there\");",
        Some("panics"),
    ),
    (
        "engine/a.rs",
        "    say(\"never \\\" .unwrap() here\"); // .expect(",
        None,
    ),
    (
        "engine/a.rs",
        "#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]\nmod tests {\n    x.unwrap();",
        None,
    ),
    (
        "raw/a.rs",
        "#[cfg(all(test, fairslot_loom))]\nmod loom;\nuse crate::pool::Pool;",
        Some("floors"),
    ),
    (
        "raw/a.rs",
        "#[cfg(test)]\nfn a() {\n    x.unwrap();\n}",
        Some("panics"),
    ),
];

#[test]
fn no_rule_is_blind() {
    for (file, text, rule) in SNIPPETS {
        let source = Source {
            file: file.to_owned(),
            text: format!("//! A file.\n\n{text}\n"),
        };
        let found: Vec<_> = findings(&source)
            .into_iter()
            .map(|finding| finding.rule)
            .collect();
        assert_eq!(found, Vec::from_iter(rule), "{file}: {text}");
    }
    let long = |lines| Source {
        file: "raw/a.rs".to_owned(),
        text: "//! A file.\n".repeat(lines),
    };
    assert_eq!((length(&long(500)).len(), length(&long(501)).len()), (0, 1));
    let bare = Source {
        file: "raw/a.rs".to_owned(),
        text: "fn a() {}\n".to_owned(),
    };
    assert_eq!(header(&bare).len(), 1);
}
