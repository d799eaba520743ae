//! What an example says, where it writes, and how it says that it cannot.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// To standard output, which may be closed by who has read enough.
pub(crate) fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Something that was given is wrong.
pub(crate) fn complain(example: &str, why: &str) -> ExitCode {
    eprintln!("{example}: {why}");
    ExitCode::from(2)
}

/// Before the work rather than after it: whether the report can be written where it should go.
pub(crate) fn writable(path: &Path) -> Result<(), String> {
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        std::fs::create_dir_all(folder).map_err(|why| cannot_write(path, &why))?;
    }
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    file.map(|_| ()).map_err(|why| cannot_write(path, &why))
}

pub(crate) fn cannot_write(path: &Path, why: &std::io::Error) -> String {
    format!(
        "--report {}: cannot be written: {why}",
        path.to_string_lossy().escape_debug()
    )
}
