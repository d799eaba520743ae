//! A flag or value that isn't one gets a sentence that names it.

use crate::process::Folder;

#[test]
fn every_wrong_flag_gets_its_sentence() {
    let folder = Folder::new("flags");
    for (flags, parts) in [
        (&["--fast"][..], ["--fast", "not a flag"]),
        (&["A1"], ["A1", "not a flag"]),
        (&["-h"], ["-h", "not a flag"]),
        (&["--attack"], ["--attack", "needs a value"]),
        (&["--attack", "--json"], ["--attack", "needs a value"]),
        (&["--attack="], ["--attack", "needs a value"]),
        (&["--attack", "A9"], ["\"A9\"", "none, A0, A1"]),
        (&["--attack", "a1"], ["\"a1\"", "none, A0, A1"]),
        (&["--attack", "A1,"], ["\"\"", "none, A0, A1"]),
        (&["--attack", "A1, A2"], ["\" A2\"", "none, A0, A1"]),
        (&["--attack", "A1,A1"], ["A1", "twice"]),
        (&["--attack", "A1", "--attack=A1"], ["A1", "twice"]),
        (&["--attack", "A1", "A2"], ["A2", "not a flag"]),
        (&["--mechanism", "w3"], ["\"w3\"", "first_come, "]),
        (&["--mechanism", "w1,w1"], ["w1", "twice"]),
        (&["--scenario", "hoards"], ["\"hoards\"", "openings, "]),
        (&["--scenario", "hoard,hoard"], ["hoard", "twice"]),
        (&["--policy"], ["--policy", "needs a value"]),
        (
            &["--policy", "a", "--policy", "a"],
            ["--policy", "given twice"],
        ),
        (&["--populations", "0"], ["--populations", "from 1 to 1000"]),
        (&["--populations", "1001"], ["--populations", "from 1 to"]),
        (&["--populations", "-1"], ["\"-1\"", "whole number"]),
        (&["--trials", "1"], ["--trials", "from 2 to 10000"]),
        (&["--trials", "10001"], ["--trials", "from 2 to 10000"]),
        (&["--trials", "1e3"], ["\"1e3\"", "whole number"]),
        (&["--trials", ""], ["--trials", "needs a value"]),
        (&["--threads", "0"], ["--threads", "from 1 to 256"]),
        (&["--threads", "257"], ["--threads", "from 1 to 256"]),
        (&["--seed", "0x1"], ["--seed", "whole number"]),
        (
            &["--seed", "18446744073709551616"],
            ["--seed", "18446744073709551615"],
        ),
        (&["--seed", "1", "--seed", "1"], ["--seed", "given twice"]),
        (&["--json", "--json"], ["--json", "given twice"]),
        (&["--json=yes"], ["--json", "takes no value"]),
        (&["--help=yes"], ["--help", "takes no value"]),
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
    let wrong = crate::cli::parse([OsString::from_vec(b"--se\xffed".to_vec())]);
    assert!(wrong.expect_err("not a flag").contains("is not a flag"));
    let wrong = crate::cli::parse(["--attack".into(), OsString::from_vec(vec![0xff])]);
    assert!(wrong.expect_err("not an attack").contains("must be of"));
}

#[test]
fn help_names_every_flag_and_attack() {
    let output = Folder::new("help").run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).expect("text");
    for flag in [
        "scenario",
        "attack",
        "mechanism",
        "policy",
        "ploys",
        "populations",
        "trials",
        "threads",
        "seed",
        "json",
        "report",
        "help",
    ] {
        assert!(help.contains(&format!("--{flag}")), "{flag}");
    }
    for attack in &crate::attack::ATTACKS {
        let line = format!("{:<5} {}\n", attack.name, attack.what);
        assert!(help.contains(&line), "{line}");
    }
    for mechanism in &crate::mechanism::MECHANISMS {
        assert!(help.contains(mechanism.name), "{}", mechanism.name);
    }
    for scenario in &crate::scenarios::SCENARIOS {
        assert!(help.contains(scenario.name), "{}", scenario.name);
    }
    let (populations, trials) = (crate::study::POPULATIONS, crate::study::TRIALS);
    assert!(
        help.contains(&format!("default {populations})"))
            && help.contains(&format!("default {trials})")),
        "{help}"
    );
}
