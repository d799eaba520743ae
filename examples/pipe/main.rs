//! The engine over standard input and output: one JSON object a line in, exactly one JSON object a line out, in the same order,
//! flushed line by line. For any language that can start a process, for black-box tests, and to replay a recorded day:
//!
//! ```text
//! cargo run --release --example pipe < lines.ndjson
//! ```
//!
//! Time is in the caller's hand: a line may carry `"now"` in milliseconds since the Unix epoch, and the engine's clock stands
//! at the highest one so far. A line that was answered with `error` was not obeyed: it changes nothing and moves no time.
//! Strict by intent: an unknown field, a field given twice, a missing one, `null`, a fraction, a blank line or one of more than
//! 1 MiB is an error, so that a typing mistake never passes for a booking.
//!
//! It begins with the words of a small contract, behind which no gate and no rules run. The verb `engine` switches on the rest: an engine by
//! the caller's own settings, and a word for everything it can do. Both stand in `docs/pipe.md`.
//!
//! | to see | read |
//! |---|---|
//! | how an engine is embedded: one verb, one method | `verbs`, `beyond` |
//! | how it is set up | `door`, `settings` |
//! | how a schedule is published | `publish`, `plan` |
//! | how a draw is made public | `draws` |
//! | how a line becomes a request, and an outcome a line | `line`, `field`, `asked`, `answer` |

use std::io::{self, BufRead, ErrorKind, Read, Write};

mod answer;
mod asked;
mod behaviour;
mod beyond;
mod counters;
mod door;
mod draws;
mod events;
mod evidence;
mod field;
mod json;
mod line;
#[cfg_attr(not(feature = "evidence"), path = "no_log.rs")]
mod log;
mod plan;
mod publish;
mod settings;
mod stop;
mod verbs;

use door::Door;

fn main() -> io::Result<()> {
    match serve(io::stdin().lock(), io::stdout().lock()) {
        // Whoever read the answers has left: nobody is there to be told.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

fn serve(mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut door = Door::new().map_err(io::Error::other)?;
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? {
        let mut answer = door.answer(&line);
        answer.push('\n');
        output.write_all(answer.as_bytes())?;
        output.flush()?;
    }
    Ok(())
}

/// Reads the next line without its end into `line`; `false` at the end of the input. Of a line that is too long it keeps one
/// byte more than is allowed, enough for the door to see it, and drops the rest as it comes.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let limit = Door::LINE_BYTES_MAX + 1;
    // Widening: a usize has at most 64 bits.
    input.by_ref().take(limit as u64).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(true);
    }
    if line.len() == limit {
        input.skip_until(b'\n')?;
    }
    Ok(!line.is_empty())
}
