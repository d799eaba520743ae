//! Lines of a file, each a JSON object, read with a bound on everything.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value};

/// A line of a published Slot has some 500 bytes.
const LINE_MAX: usize = 65_536;

/// The file's name as a message can show it, in one line whatever its bytes.
pub(crate) fn name(path: &Path) -> String {
    path.to_string_lossy().escape_debug().to_string()
}

/// A text as a message can show it: its first forty characters.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

pub(crate) fn open(path: &Path) -> Result<BufReader<File>, String> {
    let cannot = |why: &dyn fmt::Display| format!("{}: cannot be read: {why}", name(path));
    let file = File::open(path).map_err(|why| cannot(&why))?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(cannot(&"it is a directory"));
    }
    Ok(BufReader::new(file))
}

/// A line of a file, named in every complaint.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    file: &'a str,
    line: u64,
}

impl Place<'_> {
    /// The sentence for what is wrong with a field of this line.
    pub(crate) fn field(&self, field: &str, wrong: impl fmt::Display) -> String {
        format!("{self}, field {field}: {wrong}")
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)
    }
}

/// An object, as FHIR resources are.
pub(crate) type Object = Map<String, Value>;
/// An object and where it stands.
pub(crate) type Line<'a> = (Place<'a>, Object);

/// The objects of one file, in order. Blank lines are passed over.
pub(crate) struct Lines<'a, R> {
    source: R,
    file: &'a str,
    line: u64,
    objects: u64,
    buffer: Vec<u8>,
}

impl<'a, R: BufRead> Lines<'a, R> {
    pub(crate) fn new(source: R, file: &'a str) -> Self {
        Self {
            source,
            file,
            line: 0,
            objects: 0,
            buffer: Vec::new(),
        }
    }

    pub(crate) fn next_object(&mut self) -> Result<Option<Line<'a>>, String> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let place = Place {
                file: self.file,
                line: self.line,
            };
            let mut bounded = (&mut self.source).take(LINE_MAX as u64 + 2);
            let read = bounded.read_until(b'\n', &mut self.buffer);
            if read.map_err(|why| format!("{place}: cannot be read: {why}"))? == 0 {
                return Ok(None);
            }
            // Binary data has long lines too; what it is says more than how long it is.
            let text = text(&self.buffer).ok_or_else(|| format!("{place}: this is not text"))?;
            if without_end(&self.buffer).len() > LINE_MAX {
                return Err(format!("{place}: the line is longer than {LINE_MAX} bytes"));
            }
            let text = text.trim_ascii();
            if !text.is_empty() {
                self.objects += 1;
                return object(text, &place).map(|object| Some((place, object)));
            }
        }
    }

    /// A file without a single object was not meant.
    pub(crate) fn finish(&self) -> Result<(), String> {
        if self.objects == 0 {
            return Err(format!(
                "{}, line 1: the file is empty; it must have a JSON object a line",
                self.file
            ));
        }
        Ok(())
    }
}

/// The line without what ends it.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The bytes as text, if they are text; where the bound cut a character in two, without it.
fn text(bytes: &[u8]) -> Option<&str> {
    if bytes.contains(&0) {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(cut) if cut.error_len().is_none() && bytes.len() > LINE_MAX => {
            std::str::from_utf8(&bytes[..cut.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

fn object(text: &str, place: &Place<'_>) -> Result<Object, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(format!("{place}: this is JSON, but not an object")),
        Err(why) => Err(format!(
            "{place}: this is not JSON (column {}: {})",
            why.column(),
            what(&why)
        )),
    }
}

/// The parser's words without its own idea of line and column: it was given one line.
fn what(why: &serde_json::Error) -> String {
    let words = why.to_string();
    words.split(" at line ").next().unwrap_or(&words).to_owned()
}
