//! One hospital's morning: at seven o'clock its slots open, and 200,000 requests arrive in the first minute. It is played
//! twice: first come, first served, and by the draw, which is what to choose wherever a rush is expected.
//!
//! `cargo run --release --example flash_release` says who got the slots under each, whether every slot was sold once, whether
//! the draws can be verified, how fast the yeses and the noes were, and where a picture of it lies. `-- --help` lists the flags.

mod books;
mod cli;
#[path = "../shared/console.rs"]
mod console;
mod crowd;
#[path = "../shared/dice.rs"]
mod dice;
mod draws;
#[path = "../shared/figures.rs"]
mod figures;
#[path = "../shared/flags.rs"]
mod flags;
mod hospital;
mod input;
mod latency;
mod progress;
mod report;
mod run;
mod story;
mod table;
mod tally;
mod timeline;

use std::process::ExitCode;

use fairslot::{Availability, Engine, ScheduleId};

use books::Engines;
use cli::{Command, Kind, Options, Pace};
use console::{cannot_write, complain, say, writable};
use crowd::{ASKING_MS, Crowd};
use draws::Promises;
use hospital::{HOLD_TTL_MS, Hospital};
use progress::Progress;
use run::{Morning, Time};
use story::Story;

const NAME: &str = "flash_release";

fn main() -> ExitCode {
    let options = match cli::parse(std::env::args_os().skip(1)) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Help) => {
            say(cli::HELP);
            return ExitCode::SUCCESS;
        }
        Err(why) => return complain(NAME, &why),
    };
    match play(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => complain(NAME, &why),
    }
}

/// Plays a morning for each opening: whether all is well.
fn play(options: &Options) -> Result<bool, String> {
    let hospital = match &options.files {
        Some(files) => input::read(files)?,
        None => Hospital::sample()?,
    };
    let named = options.report.clone();
    let path = named.unwrap_or_else(|| flags::default_report(NAME));
    writable(&path)?;
    let play = |kind: &Kind| morning(options, hospital.clone(), *kind);
    let stories: Vec<Story> = options
        .openings
        .iter()
        .map(play)
        .collect::<Result<_, _>>()?;
    std::fs::write(&path, report::page(&stories)).map_err(|why| cannot_write(&path, &why))?;
    if options.json {
        for story in &stories {
            say(&format!("{}\n", table::json(story)));
        }
    } else {
        say(&table::summary(&stories, &path));
    }
    Ok(stories.iter().all(|story| story.verdict.is_good()))
}

/// Publishes, lets everybody in, waits for the last hold to be settled, and compares the books.
fn morning(options: &Options, hospital: Hospital, kind: Kind) -> Result<Story, String> {
    let (time, opens_at) = Time::new(options.pace, hospital.opens_at());
    let engine = engine(&time, options.seed)?;
    let schedules = hospital.publish(&engine, opens_at, kind)?;
    let open = hospital.open();
    let by_draw = (0..)
        .zip(&hospital.periods)
        .filter(|(_, period)| !period.taken);
    let promises = match kind {
        Kind::FirstCome => None,
        Kind::Lottery => Some(Promises::note(
            &engine,
            &schedules,
            by_draw.map(|(index, _)| index),
        )?),
    };
    let capacities: Vec<u32> = open
        .iter()
        .map(|period| hospital.periods[*period as usize].capacity)
        .collect();
    let crowd = Crowd::gather(options.people, options.bots, options.seed, &capacities);
    let before = engine.stats();
    let morning = Morning {
        engine: &engine,
        time: &time,
        opens_at,
        crowd: &crowd,
        kind,
        schedules: &schedules,
        periods: &schedules.iter().copied().zip(0..).collect(),
        open: &open,
        seed: options.seed,
        threads: options.threads,
    };
    let progress = Progress::new(!options.json);
    let (record, elapsed_ns) = morning
        .run(&progress)
        .ok_or("a thread of the simulation died")?;
    time.pass_until(opens_at.after(ASKING_MS.unsigned_abs() + HOLD_TTL_MS + SETTLED_MS));
    morning.sweep();
    progress.done();
    let (availability, audit) = (availability(&engine, &schedules)?, engine.audit());
    let engines = Engines {
        availability: &availability,
        before: &before,
        after: &engine.stats(),
        audit: &audit,
    };
    let slack_ms = if options.pace == Pace::Fast {
        0
    } else {
        REAL_SLACK_MS
    };
    let mut verdict = books::compare(&hospital, &record, &engines, slack_ms);
    let draws = promises.map(|promises| {
        let name = |period: u32| hospital.name(period as usize);
        promises.check(&engine, &record, name, &mut verdict.remarks)
    });
    if let Some(draws) = draws {
        let after = engines.after;
        verdict.draws(
            draws,
            after.drawn - before.drawn,
            after.entries - before.entries,
        );
    }
    Ok(Story {
        options: options.clone(),
        kind,
        draws,
        timer_ns: latency::timer_cost_ns(),
        hospital,
        record,
        elapsed_ns,
        verdict,
    })
}

/// That long after the last hold has run out, the last late payment has come.
const SETTLED_MS: u64 = 2_500;
/// In real time, how late a thread may be between reading the clock and giving a slot back.
const REAL_SLACK_MS: i64 = 50;

fn engine(time: &Time, seed: u64) -> Result<Engine, String> {
    // Nothing is forgotten before it was counted.
    let builder = Engine::builder().seed(seed).retire_after_ms(None);
    let built = match time {
        Time::Simulated(clock) => builder.clock(clock.clone()).build(),
        Time::Real(clock) => builder.clock(clock.clone()).build(),
    };
    built.map_err(|why| why.to_string())
}

fn availability(engine: &Engine, schedules: &[ScheduleId]) -> Result<Vec<Availability>, String> {
    let ask = |schedule: &ScheduleId| {
        engine
            .availability(*schedule)
            .map_err(|why| format!("{schedule}: {why}"))
    };
    schedules.iter().map(ask).collect()
}
