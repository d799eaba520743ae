//! A flag or value that isn't one gets a sentence that names it.

use crate::process::Folder;

#[test]
fn every_wrong_flag_gets_its_sentence() {
    let folder = Folder::new("flags");
    for (flags, parts) in [
        (&["--fast"][..], ["--fast", "not a flag"]),
        (&["x.ndjson"], ["x.ndjson", "not a flag"]),
        (&["-h"], ["-h", "not a flag"]),
        (&["--people"], ["--people", "needs a value"]),
        (&["--people", "--bots", "3"], ["--people", "needs a value"]),
        (&["--people="], ["--people", "needs a value"]),
        (
            &["--people", "many"],
            ["--people is \"many\"", "whole number"],
        ),
        (&["--people", "-1"], ["--people is \"-1\"", "whole number"]),
        (&["--people", "+1"], ["--people is \"+1\"", "whole number"]),
        (
            &["--people", "1.5"],
            ["--people is \"1.5\"", "whole number"],
        ),
        (&["--people", "2000001"], ["--people", "from 0 to 2000000"]),
        (
            &["--people", "99999999999999999999"],
            ["--people", "from 0 to 2000000"],
        ),
        (
            &["--people", "0", "--bots", "0"],
            ["both 0", "somebody must ask"],
        ),
        (&["--bots", "20001"], ["--bots", "from 0 to 20000"]),
        (&["--threads", "0"], ["--threads", "from 1 to 256"]),
        (&["--threads", "257"], ["--threads", "from 1 to 256"]),
        (&["--seed", "0x1"], ["--seed", "whole number"]),
        (
            &["--seed", "18446744073709551616"],
            ["--seed", "18446744073709551615"],
        ),
        (&["--seed", "1", "--seed", "1"], ["--seed", "given twice"]),
        (&["--pace", "slow"], ["--pace is \"slow\"", "fast or real"]),
        (
            &["--opening", "draw"],
            ["--opening is \"draw\"", "first_come, lottery or both"],
        ),
        (&["--opening"], ["--opening", "needs a value"]),
        (&["--opening="], ["--opening", "needs a value"]),
        (
            &["--opening", "both", "--opening=both"],
            ["--opening", "given twice"],
        ),
        (&["--json", "--json"], ["--json", "given twice"]),
        (&["--json=yes"], ["--json", "takes no value"]),
        (&["--schedules", "a"], ["--schedules", "--slots"]),
        (&["--slots", "a", "b"], ["--slots", "--schedules"]),
        (&["--report", ""], ["--report", "needs a value"]),
        (&["--report", "."], ["--report .", "cannot be written"]),
    ] {
        let sentence = folder.sentence(flags);
        for part in parts {
            assert!(sentence.contains(part), "{flags:?}: {sentence}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_flag_that_is_no_text_gets_its_sentence() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let wrong = crate::cli::parse([OsString::from_vec(b"--pe\xffople".to_vec())]);
    assert!(wrong.expect_err("not a flag").contains("is not a flag"));
    let wrong = crate::cli::parse(["--pace".into(), OsString::from_vec(vec![0xff])]);
    assert!(wrong.expect_err("not a pace").contains("fast or real"));
    let wrong = crate::cli::parse(["--opening".into(), OsString::from_vec(vec![0xff])]);
    assert!(wrong.expect_err("no opening").contains("lottery or both"));
}

#[test]
fn help_names_every_flag() {
    let output = Folder::new("help").run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).expect("text");
    for flag in [
        "schedules",
        "slots",
        "people",
        "bots",
        "threads",
        "seed",
        "pace",
        "opening",
        "json",
        "report",
        "help",
    ] {
        assert!(help.contains(&format!("--{flag}")), "{flag}");
    }
    let (people, bots) = (crate::cli::PEOPLE, crate::cli::BOTS);
    let people = format!("default {},{:03}", people / 1_000, people % 1_000);
    assert!(
        help.contains(&people) && help.contains(&format!("default {bots})")),
        "{help}"
    );
}
