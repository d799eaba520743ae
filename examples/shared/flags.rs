//! Flags, read by hand: one clear sentence for whatever is not one of them.

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const THREADS_MAX: u32 = 256;

/// How many threads the machine runs at once.
pub(crate) fn machine_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().min(THREADS_MAX as usize))
}

/// Notes a flag's value, if it is the first.
pub(crate) fn once<T>(flag: &str, place: &mut Option<T>, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("{flag} is given twice")),
    }
}

/// The arguments that are still to be read.
pub(crate) struct Words {
    rest: std::iter::Peekable<std::vec::IntoIter<OsString>>,
}

impl Words {
    /// The arguments, the program's name left out.
    pub(crate) fn new(args: impl IntoIterator<Item = OsString>) -> Self {
        Self {
            rest: args.into_iter().collect::<Vec<_>>().into_iter().peekable(),
        }
    }

    /// The next flag, and the value written to it by an equals sign.
    pub(crate) fn flag(&mut self) -> Result<Option<(String, Option<OsString>)>, String> {
        let Some(word) = self.rest.next() else {
            return Ok(None);
        };
        let flag = word.to_str().filter(|text| text.starts_with("--"));
        let flag = flag.ok_or_else(|| no_flag(&word.to_string_lossy()))?;
        Ok(Some(match flag.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(OsString::from(value))),
            None => (flag.to_owned(), None),
        }))
    }

    pub(crate) fn value(
        &mut self,
        flag: &str,
        inline: Option<OsString>,
    ) -> Result<OsString, String> {
        let value = inline.or_else(|| self.rest.next_if(|word| !is_flag(word)));
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("{flag} needs a value"))
    }

    pub(crate) fn values(
        &mut self,
        flag: &str,
        inline: Option<OsString>,
    ) -> Result<Vec<PathBuf>, String> {
        let mut paths = vec![PathBuf::from(self.value(flag, inline)?)];
        while let Some(word) = self.rest.next_if(|word| !is_flag(word)) {
            paths.push(PathBuf::from(word));
        }
        Ok(paths)
    }

    pub(crate) fn number(
        &mut self,
        flag: &str,
        inline: Option<OsString>,
        min: u32,
        max: u32,
    ) -> Result<u32, String> {
        let value = self.value(flag, inline)?;
        let number = digits(&value).and_then(|text| text.parse().ok());
        number.filter(|n| (min..=max).contains(n)).ok_or_else(|| {
            let wanted = format!("a whole number from {min} to {max}");
            format!(
                "{flag} is {:?}; it must be {wanted}",
                value.to_string_lossy()
            )
        })
    }

    pub(crate) fn seed(&mut self, flag: &str, inline: Option<OsString>) -> Result<u64, String> {
        let value = self.value(flag, inline)?;
        digits(&value)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| {
                format!(
                    "{flag} is {:?}; it must be a whole number from 0 to {}",
                    value.to_string_lossy(),
                    u64::MAX
                )
            })
    }
}

/// Of a flag that takes no value.
pub(crate) fn bare(flag: &str, inline: Option<OsString>) -> Result<(), String> {
    match inline {
        None => Ok(()),
        Some(_) => Err(format!("{flag} takes no value")),
    }
}

pub(crate) fn no_flag(word: &str) -> String {
    format!("{word:?} is not a flag; --help lists the flags")
}

/// Where `example`'s report goes if nobody says: into the target directory that this program was built in, else here.
pub(crate) fn default_report(example: &str) -> PathBuf {
    let built_in = std::env::current_exe().ok().and_then(|exe| {
        let examples = exe.parent()?;
        (examples.file_name()? == "examples")
            .then(|| examples.parent()?.parent().map(PathBuf::from))?
    });
    built_in.unwrap_or_default().join(format!("{example}.html"))
}

fn is_flag(word: &OsString) -> bool {
    word.to_str().is_some_and(|text| text.starts_with("--"))
}

/// The text, if it is digits and nothing else: no sign, no blank.
fn digits(value: &OsString) -> Option<&str> {
    value
        .to_str()
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
}
