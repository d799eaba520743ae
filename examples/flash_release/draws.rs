//! The morning's draws, checked as anybody may check them: against the commitments noted before the opening, and against
//! what each client was told.

use std::collections::HashSet;

use fairslot::draw::{Digest, Token, Transcript, verify};
use fairslot::{Engine, ScheduleId};

use crate::tally::{Entry, Record};

/// What was promised of each session's draw before the opening, and which session it is.
pub(crate) struct Promises(Vec<(u32, ScheduleId, Digest)>);

/// What came of the draws.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// Sessions that opened by a draw.
    pub(crate) drawn: u64,
    /// Entries in all of them.
    pub(crate) entries: u64,
    /// Draws that were done again from what was published, and came out the same.
    pub(crate) verified: u64,
    /// Entries that were found in their draw, won or lost as their client was told.
    pub(crate) receipts: u64,
}

impl Checked {
    pub(crate) fn is_good(self) -> bool {
        self.verified == self.drawn && self.receipts == self.entries
    }
}

impl Promises {
    /// Notes the commitments of these sessions, which open by a draw.
    pub(crate) fn note(
        engine: &Engine,
        schedules: &[ScheduleId],
        periods: impl IntoIterator<Item = u32>,
    ) -> Result<Self, String> {
        let note = |period: u32| {
            let schedule = schedules[period as usize];
            let said = engine.commitment(schedule);
            let (_, commitment) = said.map_err(|why| format!("{schedule}: {why}"))?;
            Ok((period, schedule, commitment))
        };
        periods
            .into_iter()
            .map(note)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Does every draw again from its transcript, and looks up every entry in it. What is wrong goes into `remarks`.
    pub(crate) fn check(
        &self,
        engine: &Engine,
        record: &Record,
        name: impl Fn(u32) -> String,
        remarks: &mut Vec<String>,
    ) -> Checked {
        let mut of: Vec<Vec<Entry>> = Vec::new();
        for entry in &record.entries {
            let period = entry.period as usize;
            of.resize_with(of.len().max(period + 1), Vec::new);
            of[period].push(*entry);
        }
        let mut all = Checked::default();
        for (period, schedule, promised) in &self.0 {
            let entries = of.get(*period as usize).map_or(&[][..], Vec::as_slice);
            match engine.transcript(*schedule) {
                Ok(transcript) => {
                    let receipt =
                        |entry: &Entry| engine.receipt(entry.ticket).ok().map(|it| it.token);
                    let told = entries.iter().map(|entry| (receipt(entry), entry.won));
                    let one = check(&transcript, promised, told, || name(*period), remarks);
                    all.drawn += one.drawn;
                    all.entries += one.entries;
                    all.verified += one.verified;
                    all.receipts += one.receipts;
                }
                Err(why) => remarks.push(format!("{}: no transcript: {why}", name(*period))),
            }
        }
        all
    }
}

/// One draw: `told` has for each client's entry the token of its receipt, and whether it won.
pub(crate) fn check(
    transcript: &Transcript,
    promised: &Digest,
    told: impl Iterator<Item = (Option<Token>, Option<bool>)>,
    name: impl Fn() -> String,
    remarks: &mut Vec<String>,
) -> Checked {
    let mut one = Checked {
        drawn: 1,
        entries: transcript.closing.entries,
        ..Checked::default()
    };
    match verify(transcript) {
        Ok(verified) if verified.closing.commitment == *promised => one.verified = 1,
        Ok(_) => remarks.push(format!("{}: not the draw that was promised", name())),
        Err(flaw) => remarks.push(format!("{}: the draw does not hold: {flaw}", name())),
    }
    let entered: HashSet<Token> = transcript.leaves.iter().map(|leaf| leaf.token).collect();
    let won: HashSet<Token> = transcript.places.iter().map(|place| place.token).collect();
    let mut seen = HashSet::new();
    let right = |(token, told): &(Option<Token>, Option<bool>)| {
        token.is_some_and(|token| {
            entered.contains(&token) && *told == Some(won.contains(&token)) && seen.insert(token)
        })
    };
    one.receipts = told.filter(right).count() as u64;
    if one.receipts != one.entries {
        remarks.push(format!(
            "{}: {} were in the draw, and {} clients were told the same as its transcript says",
            name(),
            one.entries,
            one.receipts
        ));
    }
    one
}
