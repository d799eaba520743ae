//! The flags of a study.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::attack::{ATTACKS, Attack};
use crate::flags::{THREADS_MAX, Words, bare, machine_threads, no_flag, once};
use crate::mechanism::{MECHANISMS, Mechanism};
use crate::policy;
use crate::scenarios::{SCENARIOS, Scenario};
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
    /// The same; last the policy, if one was given.
    pub(crate) mechanisms: Vec<&'static Mechanism>,
    pub(crate) policy: Option<&'static Mechanism>,
    /// The openings and what else is studied, in the order in which they are listed.
    pub(crate) scenarios: Vec<&'static Scenario>,
    /// Whether the scalper's ploys are studied, too.
    pub(crate) ploys: bool,
    pub(crate) json: bool,
    /// `None`: beside the build, see [`default_report`](crate::flags::default_report).
    pub(crate) report: Option<PathBuf>,
}

const POPULATIONS_MAX: u32 = 1_000;
const TRIALS_MAX: u32 = 10_000;

pub(crate) const HELP: &str = "\
A thousand people ask for fifty slots, and a scalper with them: who gets the slots, on the engine itself?

usage: cargo run --release --example scalper_sim -- [flags]

  --scenario NAMES   which parts of the study, by name, with commas between; may be given again (default: all; with --attack or --mechanism: openings)
                       openings    who gets the slots, for every mechanism and attack
                       hand_off    who has a slot that is given up, by how it returns
                       hoard       sixty days of a scalper: slots held and sold, and what a sold one costs
                       slow_queue  how long people wait behind a crowd of identities
                       limiter     whom a limit in fixed memory hinders
  --attack NAMES     which attacks, likewise (default: all)
                       none  nobody attacks
                       A0    50 identities on 20 devices, naive scripts
                       A1    200 identities on 20 devices, naive scripts
                       A2    60 identities on 20 devices, disguised as quick people
                       A3    200 identities on 20 devices, disguised as quick people
                       A4    200 identities, a device and an address each, disguised as quick people
  --mechanism NAMES  which ways to open, likewise (default: all)
                       first_come, first_come_limited (a limit for each patient, device and network),
                       first_come_slow (also a slow queue for who behaves like a script)
                       w0.5, w1, w2, w5, w10, w30     a draw among all who ask within so many seconds
                       preregistered, adaptive        entry from ten minutes ahead; until hardly anybody comes any more
                       w10_cap3                       three of a device in the first tier
                       w10_w0.2                       a fifth of those who behave like scripts in the first tier
                       w10_cap3_w0.2, w30_cap3_w0.2   both
                       adaptive_cap3_w0.2             both: recommended
  --policy FILE      another way to open, a hospital's own, as JSON; every field may be left out:
                       {\"opening\": \"lottery\", \"window_ms\": 10000, \"entry_before_ms\": 0, \"cluster_cap\": 3,
                        \"suspect_weight\": 0.2,
                        \"returns\": \"draw\", \"returns_cap\": 3, \"quota\": {\"window_days\": 30, \"weight\": 0.2, \"rest_days\": 90},
                        \"limits\": {\"device\": {\"requests\": 2, \"period_ms\": 1000, \"burst\": 5}}}
                       opening: lottery (default) or first_come; without window_ms: adaptive; without cluster_cap: 3, null is none; without
                       suspect_weight: 0.2, 1 judges nobody;
                       returns: how cancelled slots return: at_once (default), draw, or {\"delay_ms\": 3600000};
                       returns_cap: of a device so many are drawn among the first where they return by a draw, 3, null is none;
                       quota: what giving up again and again costs in draws: nothing by default;
                       limits: of patient, device, network, none by default
  --ploys            also what else a scalper can try against the recommended way and the policy, and what each of that gains
  --populations N    populations of people, each drawn anew, 1 to 1,000 (default 12)
  --trials N         openings for each population, 2 to 10,000 (default 200)
  --threads N        threads, 1 to 256 (default: as many as the machine runs at once); the figures do not depend on it
  --seed N           the seed of everything, 0 to 2^64-1 (default 1)
  --json             one line of JSON for each mechanism and attack and one for each other scenario, instead of the summary
  --report FILE      where the report with the pictures goes (default: scalper_sim.html in the build's target directory)
  --help             this text

exit status: 0 measured, 1 the engine did something it must not, 2 a flag is wrong
";

/// Reads the arguments, the program's name left out.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut words = Words::new(args);
    let mut attacks: Vec<&'static Attack> = Vec::new();
    let mut mechanisms: Vec<&'static Mechanism> = Vec::new();
    let mut policy = None;
    let (mut populations, mut trials, mut threads, mut seed) = (None, None, None, None);
    let mut scenarios: Vec<&'static Scenario> = Vec::new();
    let (mut ploys, mut json, mut report) = (None, None, None);
    while let Some((flag, inline)) = words.flag()? {
        let flag = flag.as_str();
        match flag {
            "--help" => return bare(flag, inline).map(|()| Command::Help),
            "--ploys" => once(flag, &mut ploys, bare(flag, inline)?)?,
            "--json" => once(flag, &mut json, bare(flag, inline)?)?,
            "--scenario" => {
                let names = words.value(flag, inline)?;
                named(flag, &names, &SCENARIOS, |it| it.name, &mut scenarios)?;
            }
            "--attack" => {
                let names = words.value(flag, inline)?;
                named(flag, &names, &ATTACKS, |it| it.name, &mut attacks)?;
            }
            "--mechanism" => {
                let names = words.value(flag, inline)?;
                named(flag, &names, &MECHANISMS, |it| it.name, &mut mechanisms)?;
            }
            "--policy" => once(flag, &mut policy, words.value(flag, inline)?)?,
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
    // Read last: whatever else is wrong is said first.
    let policy = policy.map(|file| policy::read(Path::new(&file)));
    let policy = policy.transpose()?;
    if scenarios.is_empty() && !(attacks.is_empty() && mechanisms.is_empty()) {
        scenarios.push(&SCENARIOS[0]);
    }
    let mut mechanisms = chosen(&MECHANISMS, &mechanisms);
    mechanisms.extend(policy);
    Ok(Command::Run(Options {
        size: Size {
            populations: populations.unwrap_or(POPULATIONS),
            trials: trials.unwrap_or(TRIALS),
            seed: seed.unwrap_or(1),
            threads: threads.map_or_else(machine_threads, |n| n as usize),
        },
        attacks: chosen(&ATTACKS, &attacks),
        mechanisms,
        policy,
        scenarios: chosen(&SCENARIOS, &scenarios),
        ploys: ploys.is_some(),
        json: json.is_some(),
        report,
    }))
}

/// Those that were named, or all, in the order in which they are listed.
fn chosen<T: PartialEq>(all: &'static [T], named: &[&'static T]) -> Vec<&'static T> {
    let wanted = |one: &&'static T| named.is_empty() || named.contains(one);
    all.iter().filter(wanted).collect()
}

/// What one flag names, added to those of the others.
fn named<T: PartialEq>(
    flag: &str,
    names: &OsString,
    all: &'static [T],
    name_of: fn(&T) -> &'static str,
    into: &mut Vec<&'static T>,
) -> Result<(), String> {
    let names = names.to_string_lossy();
    for name in names.split(',') {
        let one = all.iter().find(|one| name_of(one) == name);
        let one = one.ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(name_of).collect();
            format!("{flag} names {name:?}; it must be of {}", known.join(", "))
        })?;
        if into.contains(&one) {
            return Err(format!("{flag} names {name} twice"));
        }
        into.push(one);
    }
    Ok(())
}
