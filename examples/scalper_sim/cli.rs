//! The flags of a study.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::attack::{ATTACKS, Attack};
use crate::flags::{THREADS_MAX, Words, bare, machine_threads, no_flag, once};
use crate::study::{POPULATIONS, Size, TRIALS};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Run(Options),
}

/// How the study is run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    pub(crate) size: Size,
    /// In the order in which they are listed, whichever way they were given.
    pub(crate) attacks: Vec<&'static Attack>,
    pub(crate) json: bool,
    /// `None`: beside the build, see [`default_report`](crate::flags::default_report).
    pub(crate) report: Option<PathBuf>,
}

const POPULATIONS_MAX: u32 = 1_000;
const TRIALS_MAX: u32 = 10_000;

pub(crate) const HELP: &str = "\
A thousand people ask for fifty slots, and a scalper with them: who gets the slots, on the engine itself?

usage: cargo run --release --example scalper_sim -- [flags]

  --attack NAMES     which attacks, by name, with commas between; may be given again (default: all)
                       none  nobody attacks
                       A0    50 identities on 20 devices, naive scripts
                       A1    200 identities on 20 devices, naive scripts
                       A2    60 identities on 20 devices, disguised as quick people
                       A3    200 identities on 20 devices, disguised as quick people
                       A4    200 identities, a device and an address each, disguised as quick people
  --populations N    populations of people, each drawn anew, 1 to 1,000 (default 12)
  --trials N         openings for each population, 2 to 10,000 (default 200)
  --threads N        threads, 1 to 256 (default: as many as the machine runs at once); the figures do not depend on it
  --seed N           the seed of everything, 0 to 2^64-1 (default 1)
  --json             one line of JSON for each mechanism and attack instead of the summary
  --report FILE      where the report with the pictures goes (default: scalper_sim.html in the build's target directory)
  --help             this text

exit status: 0 measured, 1 the engine did something it must not, 2 a flag is wrong
";

/// Reads the arguments, the program's name left out.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut words = Words::new(args);
    let mut named: Vec<&'static Attack> = Vec::new();
    let (mut populations, mut trials, mut threads, mut seed) = (None, None, None, None);
    let (mut json, mut report) = (None, None);
    while let Some((flag, inline)) = words.flag()? {
        let flag = flag.as_str();
        match flag {
            "--help" => return bare(flag, inline).map(|()| Command::Help),
            "--json" => once(flag, &mut json, bare(flag, inline)?)?,
            "--attack" => attacks(flag, words.value(flag, inline)?, &mut named)?,
            "--populations" => once(
                flag,
                &mut populations,
                words.number(flag, inline, 1, POPULATIONS_MAX)?,
            )?,
            "--trials" => once(
                flag,
                &mut trials,
                words.number(flag, inline, 2, TRIALS_MAX)?,
            )?,
            "--threads" => once(
                flag,
                &mut threads,
                words.number(flag, inline, 1, THREADS_MAX)?,
            )?,
            "--seed" => once(flag, &mut seed, words.seed(flag, inline)?)?,
            "--report" => once(flag, &mut report, PathBuf::from(words.value(flag, inline)?))?,
            _ => return Err(no_flag(flag)),
        }
    }
    let all = named.is_empty();
    let wanted = |attack: &&'static Attack| all || named.contains(attack);
    Ok(Command::Run(Options {
        size: Size {
            populations: populations.unwrap_or(POPULATIONS),
            trials: trials.unwrap_or(TRIALS),
            seed: seed.unwrap_or(1),
            threads: threads.map_or_else(machine_threads, |n| n as usize),
        },
        attacks: ATTACKS.iter().filter(wanted).collect(),
        json: json.is_some(),
        report,
    }))
}

/// The attacks of one `--attack`, added to those of the others.
fn attacks(flag: &str, names: OsString, into: &mut Vec<&'static Attack>) -> Result<(), String> {
    let names = names.to_string_lossy();
    for name in names.split(',') {
        let attack = ATTACKS.iter().find(|attack| attack.name == name);
        let attack = attack.ok_or_else(|| {
            let known: Vec<&str> = ATTACKS.iter().map(|attack| attack.name).collect();
            format!("{flag} names {name:?}; it must be of {}", known.join(", "))
        })?;
        if into.contains(&attack) {
            return Err(format!("{flag} names {name} twice"));
        }
        into.push(attack);
    }
    Ok(())
}
