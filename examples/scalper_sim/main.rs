//! A thousand people ask for fifty slots, and a scalper with them: who gets the slots?
//!
//! `cargo run --release --example scalper_sim` plays it on the engine, 200 openings for each of twelve populations under each attack,
//! and says what being a scalper was worth, how even the chances of everybody else were, and where pictures of it lie. Further scenarios follow what is given up afterwards, what reselling
//! costs, who waits how long in the slow queue, and whom a limit hinders. `-- --help` lists the flags.

mod attack;
mod cli;
#[path = "../shared/console.rs"]
mod console;
mod crowd;
#[path = "../shared/dice.rs"]
mod dice;
#[path = "../shared/figures.rs"]
mod figures;
#[path = "../shared/flags.rs"]
#[allow(dead_code, reason = "shared: each example uses a part")]
mod flags;
mod formula;
mod give_back;
mod goals;
mod habit;
mod hand_off;
mod hoard;
#[path = "../shared/json.rs"]
mod json;
mod limiter;
mod mechanism;
mod opening;
mod part;
mod ploys;
mod policy;
mod progress;
mod reference;
mod regrab;
mod report;
mod scenarios;
mod season;
mod slow_queue;
mod study;
mod table;

use std::process::ExitCode;

use cli::Command;
use console::{cannot_write, complain, say, writable};
use mechanism::RECOMMENDED;
use part::Part;
use progress::Progress;
use study::Cell;

const NAME: &str = "scalper_sim";

fn main() -> ExitCode {
    let options = match cli::parse(std::env::args_os().skip(1)) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Help) => {
            say(cli::HELP);
            return ExitCode::SUCCESS;
        }
        Err(why) => return complain(NAME, &why),
    };
    let named = options.report.clone();
    let path = named.unwrap_or_else(|| flags::default_report(NAME));
    if let Err(why) = writable(&path) {
        return complain(NAME, &why);
    }
    let progress = Progress::new(!options.json);
    let found = match found(&options, &progress) {
        Ok(found) => found,
        Err(why) => {
            eprintln!("{NAME}: {why}");
            return ExitCode::FAILURE;
        }
    };
    progress.done();
    if let Err(why) = std::fs::write(&path, report::page(&found, &options)) {
        return complain(NAME, &cannot_write(&path, &why));
    }
    if options.json {
        for line in table::lines(&found, &options) {
            say(&format!("{line}\n"));
        }
    } else {
        say(&table::summary(&found, &options, &path));
    }
    ExitCode::SUCCESS
}

/// Everything that was measured.
pub(crate) struct Found {
    /// Each way to open under each attack.
    pub(crate) cells: Vec<Cell>,
    /// The recommended way, and the policy's, under each ploy.
    pub(crate) ploys: Vec<Cell>,
    pub(crate) parts: Vec<Part>,
}

fn found(options: &cli::Options, progress: &Progress) -> Result<Found, String> {
    let show = |done, of| progress.show(done, of);
    let size = &options.size;
    let mut found = Found {
        cells: Vec::new(),
        ploys: Vec::new(),
        parts: Vec::new(),
    };
    for scenario in &options.scenarios {
        match scenario.run {
            None => found.cells = study::run(size, &options.mechanisms, &options.attacks, show)?,
            Some(run) => found.parts.push(run(size, options.policy, &show)?),
        }
    }
    if options.ploys {
        let ploys: Vec<_> = ploys::PLOYS.iter().collect();
        let mechanisms: Vec<_> = mechanism::named(RECOMMENDED)
            .into_iter()
            .chain(options.policy)
            .collect();
        found.ploys = study::run(size, &mechanisms, &ploys, show)?;
    }
    Ok(found)
}
