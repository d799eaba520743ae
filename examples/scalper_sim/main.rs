//! A thousand people ask for fifty slots, and a scalper with them: who gets the slots?
//!
//! `cargo run --release --example scalper_sim` plays it on the engine, 200 openings for each of twelve populations under each attack,
//! and says what being a scalper was worth, how even the chances of everybody else were, and where pictures of it lie. `-- --help` lists
//! the flags.

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
mod goals;
mod habit;
mod mechanism;
mod opening;
mod ploys;
mod policy;
mod progress;
mod reference;
mod report;
mod study;
mod table;

use std::process::ExitCode;

use cli::Command;
use console::{cannot_write, complain, say, writable};
use progress::Progress;

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
    let show = |done, of| progress.show(done, of);
    let studied = study::run(&options.size, &options.mechanisms, &options.attacks, show);
    let ploys = match options.ploys {
        true => study::run(
            &options.size,
            &mechanism::recommended(),
            &ploys::PLOYS.iter().collect::<Vec<_>>(),
            show,
        ),
        false => Ok(Vec::new()),
    };
    let (cells, ploys) = match studied.and_then(|cells| Ok((cells, ploys?))) {
        Ok(both) => both,
        Err(why) => {
            eprintln!("{NAME}: {why}");
            return ExitCode::FAILURE;
        }
    };
    progress.done();
    if let Err(why) = std::fs::write(&path, report::page(&cells, &ploys, &options)) {
        return complain(NAME, &cannot_write(&path, &why));
    }
    if options.json {
        for cell in &cells {
            say(&format!("{}\n", table::json(cell, &options)));
        }
        for ploy in &ploys {
            say(&format!("{}\n", table::ploy_json(ploy, &options)));
        }
    } else {
        say(&table::summary(&cells, &ploys, &options, &path));
    }
    ExitCode::SUCCESS
}
