//! A file, and what one had noted.

use std::ffi::OsString;
use std::path::PathBuf;

use fairslot::draw::Digest;

use crate::flags::{Words, bare, no_flag, once};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    /// A transcript to check.
    Check(PathBuf, Known),
    /// None: a draw of our own.
    Own,
}

/// What was noted before.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Known {
    pub(crate) commitment: Option<Digest>,
    pub(crate) root: Option<Digest>,
}

pub(crate) const HELP: &str = "\
Was a draw done as promised? Reads its transcript and does it all again.

usage: cargo run --example verify_draw --features serde -- [transcript.json] [flags]

  --commitment HEX  what was published before the window opened, 64 hexadecimal digits
  --root HEX        what was published at the close, 64 hexadecimal digits
  --help            this text

Without a file it makes a draw of its own in the build's target directory, checks it, and shows that a copy in which one
winner was exchanged does not hold.

exit status: 0 it holds, 2 it does not, or something that was given is wrong
";

/// Reads the arguments, the program's name left out.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let is_file = |word: &OsString| !word.to_string_lossy().starts_with('-');
    let file = match args.first() {
        Some(word) if word.is_empty() => return Err("the file's name is empty".to_owned()),
        Some(word) if is_file(word) => Some(PathBuf::from(args.remove(0))),
        _ => None,
    };
    let mut words = Words::new(args);
    let mut known = Known::default();
    while let Some((flag, inline)) = words.flag()? {
        let flag = flag.as_str();
        let place = match flag {
            "--help" => return bare(flag, inline).map(|()| Command::Help),
            "--commitment" => &mut known.commitment,
            "--root" => &mut known.root,
            _ => return Err(no_flag(flag)),
        };
        let value = words.value(flag, inline)?;
        let value = value.to_string_lossy();
        let digest = value
            .parse::<Digest>()
            .map_err(|why| format!("{flag} is {value:?}: {why}"))?;
        once(flag, place, digest)?;
    }
    match file {
        Some(file) => Ok(Command::Check(file, known)),
        None if known == Known::default() => Ok(Command::Own),
        None => Err(
            "--commitment and --root need a transcript to hold them against: name the file first"
                .to_owned(),
        ),
    }
}
