//! The door: a line in, an answer out, and an engine with its clock behind it.

use std::sync::Arc;

use fairslot::{Clock, Engine, EngineBuilder, Invalid, ManualClock, Timestamp};

use super::answer::Answer;
use super::events::Listener;
use super::field::Field;
use super::line::Line;
use super::log::Log;
use super::stop::Stop;

/// Which words are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    /// Those of the contract, and the one that switches the others on.
    Contract,
    /// All that the engine has.
    All,
}

/// An engine that is spoken to in lines.
#[derive(Debug)]
pub(crate) struct Door {
    pub(super) engine: Engine,
    pub(super) words: Words,
    pub(super) listener: Option<Listener>,
    pub(super) log: Log,
    clock: Arc<ManualClock>,
    lines: u64,
}

impl Door {
    /// The longest line, without its end: 1 MiB.
    pub(crate) const LINE_BYTES_MAX: usize = 1 << 20;

    /// A door to an empty engine at time 0. The same lines get the same answers, whenever and wherever; one slot per patient
    /// and schedule is the only rule, and no schedule is ever retired.
    pub(crate) fn new() -> Result<Self, Invalid> {
        let clock = Arc::new(ManualClock::default());
        let engine = builder(&clock)
            .live_holds_max(u32::MAX)
            .retire_after_ms(None)
            .build()?;
        Ok(Self {
            engine,
            words: Words::Contract,
            listener: None,
            log: Log::default(),
            clock,
            lines: 0,
        })
    }

    /// A builder with this door's clock and seed 0.
    pub(super) fn builder(&self) -> EngineBuilder {
        builder(&self.clock)
    }

    /// The answer to a line, which comes without its end.
    pub(crate) fn answer(&mut self, line: &[u8]) -> String {
        self.lines += 1;
        let before = self.clock.now();
        let answer = read(line, self.words)
            .and_then(|line| self.obey(line))
            .unwrap_or_else(|why| {
                if !matches!(why, Stop::Refused(_)) {
                    self.clock.set(before);
                }
                Answer::stopped(why, self.lines)
            });
        answer.text()
    }

    /// A field that the contract does not have: until all words are understood it is left where it is, for the line's end to
    /// object to.
    pub(super) fn beyond<T: Field>(&self, line: &mut Line, name: &str) -> Result<Option<T>, Stop> {
        match self.words {
            Words::Contract => Ok(None),
            Words::All => line.maybe(name),
        }
    }

    /// Ends the reading of a line, from here on well-formed, and sets the clock to its time; never back.
    pub(super) fn at(&self, mut line: Line) -> Result<(), Stop> {
        let now: Timestamp = line.maybe("now")?.unwrap_or_default();
        line.end()?;
        self.clock.set(now.max(self.clock.now()));
        Ok(())
    }
}

fn builder(clock: &Arc<ManualClock>) -> EngineBuilder {
    Engine::builder().clock(Arc::clone(clock)).seed(0)
}

fn read(line: &[u8], words: Words) -> Result<Line, Stop> {
    if line.len() > Door::LINE_BYTES_MAX {
        return Err(Stop::BadLine(format!(
            "the line is longer than {} bytes",
            Door::LINE_BYTES_MAX
        )));
    }
    Line::read(line, words)
}
