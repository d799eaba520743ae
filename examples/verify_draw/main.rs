//! Was a draw done as promised? Reads a transcript and does it all again.
//!
//! `cargo run --example verify_draw --features serde -- transcript.json` checks a transcript. Without a file it makes a draw of its own,
//! checks it, and shows that a copy in which one winner was exchanged does not hold. `--help` lists the flags.

mod cli;
#[path = "../shared/console.rs"]
#[allow(dead_code, reason = "shared: each example uses a part")]
mod console;
#[path = "../shared/flags.rs"]
#[allow(dead_code, reason = "shared: each example uses a part")]
mod flags;
#[path = "../shared/json.rs"]
mod json;
mod own;

use std::path::Path;
use std::process::ExitCode;

use cli::{Command, Known};
use console::{complain, say};
use fairslot::draw::{Transcript, Verified, verify};

const NAME: &str = "verify_draw";

fn main() -> ExitCode {
    let answer = match cli::parse(std::env::args_os().skip(1)) {
        Ok(Command::Help) => Ok(cli::HELP.to_owned()),
        Ok(Command::Check(file, known)) => check(&file, &known),
        Ok(Command::Own) => own::draw(),
        Err(why) => Err(why),
    };
    match answer {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(why) => complain(NAME, &why),
    }
}

/// Checks a transcript in a file, and what was known of it before.
fn check(file: &Path, known: &Known) -> Result<String, String> {
    let shown = file.to_string_lossy();
    let shown = shown.escape_debug();
    let text = std::fs::read(file).map_err(|why| format!("{shown}: cannot be read: {why}"))?;
    let transcript: Transcript =
        json::read(&text).map_err(|why| format!("{shown}: is no transcript: {why}"))?;
    let verified = verify(&transcript).map_err(|flaw| format!("{shown}: does not hold: {flaw}"))?;
    let closing = verified.closing;
    for (flag, noted, published) in [
        ("--commitment", known.commitment, closing.commitment),
        ("--root", known.root, closing.root),
    ] {
        if noted.is_some_and(|noted| noted != published) {
            return Err(format!(
                "{shown}: does not hold: it has {published} where {flag} says otherwise"
            ));
        }
    }
    Ok(holds(&verified, &transcript))
}

/// What there is to say of a draw that holds.
fn holds(verified: &Verified, transcript: &Transcript) -> String {
    let closing = verified.closing;
    let second = transcript.places.iter().filter(|it| it.tier == 2).count();
    format!(
        "The draw holds: {} of {} entries got a place, {second} of them from the second tier.\n\n\
         commitment  {}\n\
         root        {}\n\
         beacon      {}\n\n\
         Hold them against what you noted: the commitment before the window opened, the root at the close,\n\
         and the beacon's value against the beacon.\n",
        verified.places,
        closing.entries,
        closing.commitment,
        closing.root,
        own::beacon(&transcript.beacon),
    )
}
