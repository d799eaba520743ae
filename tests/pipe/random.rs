//! Random lines: whatever comes in, one object goes out; and what is only read, or not obeyed, changes nothing.

use proptest::prelude::*;
use serde_json::Value;

use super::support::{Pipe, parse};

/// Lines with marks for ids that the pipe minted before.
pub(super) const LINES: [&str; 22] = [
    r#"{"op":"publish","hospital":1,"department":2,"practitioner":3,"day":"2026-12-01","session":"morning","capacity":3,"opens_at":0,"starts_at":9000,"closes_at":8000,"cancel_until":8500,"hold_ttl_ms":200,"hold_cap_ms":500,"returns":"at_once","opening":"first_come","fee":{"amount":5000,"currency":"CNY"},"tags":["a","b"],"now":$N}"#,
    r#"{"op":"publish","hospital":1,"department":2,"practitioner":3,"day":"2026-12-01","session":"night","capacity":1,"opens_at":900,"starts_at":9000}"#,
    r#"{"op":"request","patient":$P,"schedule":"$S","account":"a","device":7,"network":"::1","channel":"app","now":$N}"#,
    r#"{"op":"request","patient":$P,"schedules":["$S","$S"],"request_id":"r$P"}"#,
    r#"{"op":"request","patient":$P,"schedule":"$S","now":$N}"#,
    r#"{"op":"request_many","requests":[{"patient":$P,"schedule":"$S"},{"patient":$P,"schedules":["$S"],"request_id":4}],"now":$N}"#,
    r#"{"op":"extend","hold":"$H","patient":$P,"ttl_ms":1$N}"#,
    r#"{"op":"confirm","hold":"$H","patient":$P,"now":$N}"#,
    r#"{"op":"confirm","hold":"$H","patient":$P,"payment":"REF$P"}"#,
    r#"{"op":"release","hold":"$H","patient":$P}"#,
    r#"{"op":"cancel","booking":"$B","patient":$P,"now":$N}"#,
    r#"{"op":"exchange","booking":"$B","patient":$P,"schedule":"$S"}"#,
    r#"{"op":"check_in","booking":"$B"}"#,
    r#"{"op":"fulfil","booking":"$B"}"#,
    r#"{"op":"no_show","booking":"$B"}"#,
    r#"{"op":"withdraw","schedule":"$S"}"#,
    r#"{"op":"reinstate","schedule":"$S"}"#,
    r#"{"op":"add_slots","schedule":"$S","count":2}"#,
    r#"{"op":"ticket","ticket":"T"}"#,
    r#"{"op":"lookup","patient":$P,"request_id":"r$P"}"#,
    r#"{"op":"advance","now":$N}"#,
    r#"{"op":"availability","schedule":"$S"}"#,
];

/// Lines that may stand between any two others without a trace; errors with a time far ahead among them.
const ASIDES: [&str; 8] = [
    r#"{"op":"audit"}"#,
    r#"{"op":"stats"}"#,
    r#"{"op":"availability","schedule":"$S"}"#,
    r#"{"op":"lookup","patient":1,"request_id":"r1"}"#,
    r#"{"op":"request","patient":1,"schedule":"$S","now":99999,"x":0}"#,
    r#"{"op":"add_slots","schedule":"$S","count":0,"now":99999}"#,
    r#"{"op":"extend","hold":"$H","patient":1,"ttl_ms":0,"now":99999}"#,
    "",
];

/// Which line, and what its marks stand for.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) line: usize,
    patient: u64,
    which: usize,
    pub(super) passed: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    steps_of(LINES.len())
}

/// Steps through so many lines.
pub(super) fn steps_of(lines: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (0..lines, 1..4_u64, any::<prop::sample::Index>(), 0..150_u64).prop_map(
        |(line, patient, which, passed)| Step {
            line,
            patient,
            which: which.index(1 << 16),
            passed,
        },
    );
    prop::collection::vec(step, 1..80)
}

/// The ids that answers named, oldest first.
#[derive(Default)]
pub(super) struct Ids {
    schedules: Vec<String>,
    holds: Vec<String>,
    bookings: Vec<String>,
    tickets: Vec<String>,
}

impl Ids {
    pub(super) fn note(&mut self, answer: &Value) {
        let one = |field: &str, ids: &mut Vec<String>| {
            ids.extend(answer[field].as_str().map(str::to_owned))
        };
        one("schedule", &mut self.schedules);
        one("hold", &mut self.holds);
        one("booking", &mut self.bookings);
        one("ticket", &mut self.tickets);
        for outcome in answer["outcomes"].as_array().into_iter().flatten() {
            self.note(outcome);
        }
    }

    /// The line with its marks filled in, recent ids before old ones.
    pub(super) fn fill(&self, line: &str, step: &Step, now: u64) -> String {
        let pick = |ids: &[String]| {
            ids.iter()
                .rev()
                .nth(step.which % ids.len().clamp(1, 6))
                .map_or("?", String::as_str)
                .to_owned()
        };
        line.replace("$S", &pick(&self.schedules))
            .replace("$H", &pick(&self.holds))
            .replace("$B", &pick(&self.bookings))
            .replace("$T", &pick(&self.tickets))
            .replace("$P", &step.patient.to_string())
            .replace("$N", &now.to_string())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_one_object(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..20)) {
        let mut pipe = Pipe::new();
        for (number, line) in lines.iter().enumerate() {
            let answer = parse(&pipe.raw(line));
            prop_assert_eq!(&answer["error"]["code"], "bad_line");
            prop_assert_eq!(&answer["error"]["line"], number + 1);
        }
    }

    #[test]
    fn mutilated_lines_get_one_object_and_the_next_line_works(
        steps in steps(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), "\\PC{0,3}|[\"{}:,\\[\\]0-9.e-]{0,3}"), 80),
    ) {
        let (mut pipe, mut ids, mut now) = (Pipe::new(), Ids::default(), 0);
        for (step, (at, to, instead)) in steps.iter().zip(&cuts) {
            now += step.passed;
            let whole = ids.fill(LINES[step.line], step, now);
            let mut bytes = whole.clone().into_bytes();
            let from = at.index(bytes.len());
            let to = from + to.index((bytes.len() - from).min(6) + 1);
            bytes.splice(from..to, instead.bytes());
            ids.note(&parse(&pipe.raw(&bytes)));
            let answer = parse(&pipe.raw(&whole));
            // It may have become impossible: a number in the line before may have grown.
            prop_assert_ne!(&answer["error"]["code"], "bad_line", "{}: {}", whole, answer);
            ids.note(&answer);
        }
        prop_assert_eq!(pipe.raw(r#"{"op":"audit"}"#), r#"{"consistent":true}"#);
    }

    #[test]
    fn the_books_add_up_after_every_line(steps in steps()) {
        let (mut pipe, mut ids, mut now) = (Pipe::new(), Ids::default(), 0);
        for step in &steps {
            now += step.passed;
            let line = ids.fill(LINES[step.line], step, now);
            let answer = pipe.say(serde_json::from_str(&line).expect("a line"));
            prop_assert!(answer["error"].is_null(), "{}: {}", line, answer);
            ids.note(&answer);
        }
    }

    #[test]
    fn what_is_read_or_not_obeyed_changes_nothing(steps in steps()) {
        let (mut plain, mut asides) = (Pipe::new(), Pipe::new());
        let (mut ids, mut now) = (Ids::default(), 0);
        for step in &steps {
            now += step.passed;
            let aside = ids.fill(ASIDES[step.which % ASIDES.len()], step, now);
            asides.raw(&aside);
            let line = ids.fill(LINES[step.line], step, now);
            let answer = plain.raw(&line);
            prop_assert_eq!(&asides.raw(&line), &answer, "{} after {}", line, aside);
            ids.note(&parse(&answer));
        }
    }

    #[test]
    fn a_forgotten_advance_changes_no_answer(steps in steps()) {
        let (mut plain, mut diligent) = (Pipe::new(), Pipe::new());
        let (mut ids, mut now) = (Ids::default(), 0);
        for step in steps.iter().filter(|step| !LINES[step.line].contains("advance")) {
            now += step.passed;
            let line = ids.fill(LINES[step.line], step, now);
            let answer = plain.raw(&line);
            prop_assert_eq!(&diligent.raw(&line), &answer, "{}", line);
            diligent.raw(r#"{"op":"advance"}"#);
            ids.note(&parse(&answer));
        }
    }
}
