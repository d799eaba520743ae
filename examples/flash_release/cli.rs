//! The flags of a morning.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::flags::{THREADS_MAX, Words, bare, machine_threads, no_flag, once};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Run(Options),
}

/// How the morning is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// `None`: the hospital that comes with the example.
    pub(crate) files: Option<Files>,
    pub(crate) people: u32,
    pub(crate) bots: u32,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    pub(crate) pace: Pace,
    /// One morning each, the same people in all of them.
    pub(crate) openings: &'static [Kind],
    pub(crate) json: bool,
    /// `None`: beside the build, see [`default_report`](crate::flags::default_report).
    pub(crate) report: Option<PathBuf>,
}

/// Where another hospital's calendars and slots are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) schedules: PathBuf,
    pub(crate) slots: Vec<PathBuf>,
}

/// How simulated time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As fast as the machine can.
    Fast,
    /// A second a second.
    Real,
}

/// How the sessions open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    FirstCome,
    /// As [`Opening::lottery`](fairslot::Opening::lottery) recommends it.
    Lottery,
}

impl Kind {
    /// As flags and JSON have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FirstCome => "first_come",
            Self::Lottery => "lottery",
        }
    }
}

/// With these, 200,000 requests arrive in the first minute, more than 20,000 of them in the first second.
pub(crate) const PEOPLE: u32 = 13_000;
pub(crate) const BOTS: u32 = 200;
const PEOPLE_MAX: u32 = 2_000_000;
const BOTS_MAX: u32 = 20_000;

pub(crate) const HELP: &str = "\
One hospital's morning opens to 200,000 requests in its first minute.

usage: cargo run --release --example flash_release -- [flags]

  --schedules FILE   FHIR R4 Schedule resources as NDJSON: whose calendars there are
  --slots FILE...    FHIR R4 Slot resources as NDJSON: periods with a capacity (extension slot-capacity, default 1);
                     without these two flags: a sample hospital with 1,009 first-visit slots
  --people N         people who ask, 0 to 2,000,000 (default 13,000)
  --bots N           scripts that ask 100 times a second each, 0 to 20,000 (default 200)
  --threads N        threads that call the engine, 1 to 256 (default: as many as the machine runs at once)
  --seed N           the crowd's seed, 0 to 2^64-1 (default 1)
  --opening first_come|lottery|both
                     how the sessions open: first come, first served; by the draw that is recommended; or the same morning
                     with each, side by side (default both)
  --pace fast|real   as fast as possible on a simulated clock, or in real time, two minutes an opening (default fast)
  --json             one line of JSON an opening instead of the summary
  --report FILE      where the report with the pictures goes (default: flash_release.html in the build's target directory)
  --help             this text

exit status: 0 all well, 1 a slot was sold twice or lost, or books or draws do not hold, 2 a flag or an input is wrong
";

/// Reads the arguments, the program's name left out.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut words = Words::new(args);
    let mut given = Given::default();
    while let Some((flag, inline)) = words.flag()? {
        let flag = flag.as_str();
        match flag {
            "--help" => return bare(flag, inline).map(|()| Command::Help),
            "--json" => once(flag, &mut given.json, bare(flag, inline)?)?,
            "--schedules" => once(
                flag,
                &mut given.schedules,
                PathBuf::from(words.value(flag, inline)?),
            )?,
            "--slots" => given.slots.extend(words.values(flag, inline)?),
            "--people" => once(
                flag,
                &mut given.people,
                words.number(flag, inline, 0, PEOPLE_MAX)?,
            )?,
            "--bots" => once(
                flag,
                &mut given.bots,
                words.number(flag, inline, 0, BOTS_MAX)?,
            )?,
            "--threads" => once(
                flag,
                &mut given.threads,
                words.number(flag, inline, 1, THREADS_MAX)?,
            )?,
            "--seed" => once(flag, &mut given.seed, words.seed(flag, inline)?)?,
            "--pace" => once(
                flag,
                &mut given.pace,
                pace(flag, words.value(flag, inline)?)?,
            )?,
            "--opening" => once(
                flag,
                &mut given.openings,
                openings(flag, words.value(flag, inline)?)?,
            )?,
            "--report" => once(
                flag,
                &mut given.report,
                PathBuf::from(words.value(flag, inline)?),
            )?,
            _ => return Err(no_flag(flag)),
        }
    }
    given.complete().map(Command::Run)
}

#[derive(Default)]
struct Given {
    schedules: Option<PathBuf>,
    slots: Vec<PathBuf>,
    people: Option<u32>,
    bots: Option<u32>,
    threads: Option<u32>,
    seed: Option<u64>,
    pace: Option<Pace>,
    openings: Option<&'static [Kind]>,
    json: Option<()>,
    report: Option<PathBuf>,
}

impl Given {
    fn complete(self) -> Result<Options, String> {
        let files = match (self.schedules, self.slots.is_empty()) {
            (None, true) => None,
            (Some(schedules), false) => Some(Files {
                schedules,
                slots: self.slots,
            }),
            (Some(_), true) => return Err("--schedules needs --slots beside it".to_owned()),
            (None, false) => return Err("--slots needs --schedules beside it".to_owned()),
        };
        let (people, bots) = (self.people.unwrap_or(PEOPLE), self.bots.unwrap_or(BOTS));
        if people == 0 && bots == 0 {
            return Err("--people and --bots are both 0: somebody must ask".to_owned());
        }
        let threads = self.threads.map_or_else(machine_threads, |n| n as usize);
        Ok(Options {
            files,
            people,
            bots,
            threads,
            seed: self.seed.unwrap_or(1),
            pace: self.pace.unwrap_or(Pace::Fast),
            openings: self.openings.unwrap_or(BOTH),
            json: self.json.is_some(),
            report: self.report,
        })
    }
}

const BOTH: &[Kind] = &[Kind::FirstCome, Kind::Lottery];

fn openings(flag: &str, value: OsString) -> Result<&'static [Kind], String> {
    match value.to_str() {
        Some("first_come") => Ok(&[Kind::FirstCome]),
        Some("lottery") => Ok(&[Kind::Lottery]),
        Some("both") => Ok(BOTH),
        _ => Err(format!(
            "{flag} is {:?}; it must be first_come, lottery or both",
            value.to_string_lossy()
        )),
    }
}

fn pace(flag: &str, value: OsString) -> Result<Pace, String> {
    match value.to_str() {
        Some("fast") => Ok(Pace::Fast),
        Some("real") => Ok(Pace::Real),
        _ => Err(format!(
            "{flag} is {:?}; it must be fast or real",
            value.to_string_lossy()
        )),
    }
}
