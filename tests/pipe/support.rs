//! A hand at the pipe: says lines, reads answers, and after every line looks whether the books of every schedule add up.

use serde_json::{Value, json};

use super::door::Door;

/// When the schedules of these tests start.
pub(super) const STARTS_AT: u64 = 1_000_000_000_000;
/// A hold's default life.
pub(super) const TTL: u64 = 900_000;
/// How long answers and ends are remembered.
pub(super) const DAY: u64 = 86_400_000;

pub(super) struct Pipe {
    door: Door,
    pub(super) schedules: Vec<String>,
}

impl Pipe {
    pub(super) fn new() -> Self {
        Self {
            door: Door::new().expect("the door's own settings are valid"),
            schedules: Vec::new(),
        }
    }

    /// One that understands all words, with an engine by these settings.
    pub(super) fn with(settings: Value) -> Self {
        let mut pipe = Self::new();
        assert_eq!(pipe.say(engine(settings)), json!({"done": true}));
        pipe
    }

    /// The answer, as it stands, to a line as it stands. No book is looked into.
    pub(super) fn raw(&mut self, line: impl AsRef<[u8]>) -> String {
        self.door.answer(line.as_ref())
    }

    pub(super) fn say(&mut self, line: Value) -> Value {
        let answer = parse(&self.raw(line.to_string()));
        if let Some(schedule) = answer["schedule"]
            .as_str()
            .filter(|_| line["op"] == "publish")
        {
            self.schedules.push(schedule.to_owned());
        }
        self.check(&line);
        answer
    }

    fn check(&mut self, after: &Value) {
        for schedule in self.schedules.clone() {
            let books = self.availability(&schedule);
            let parts = ["free", "held", "booked", "cooling", "withdrawn", "visited"];
            let sum: u64 = parts
                .iter()
                .map(|part| books[part].as_u64().expect("a count"))
                .sum();
            assert_eq!(
                Some(sum),
                books["capacity"].as_u64(),
                "after {after}: {books}"
            );
        }
        assert_eq!(
            parse(&self.raw(r#"{"op":"audit"}"#)),
            json!({"consistent": true}),
            "after {after}"
        );
    }

    /// Publishes a schedule that opens at 0, with these fields besides.
    pub(super) fn publish_with(&mut self, capacity: u64, more: Value) -> String {
        let mut line = json!({
            "op": "publish", "hospital": 1, "department": 2, "practitioner": 3, "day": "2026-12-01", "session": "morning",
            "capacity": capacity, "opens_at": 0, "starts_at": STARTS_AT,
        });
        merge(&mut line, more);
        text(&self.say(line), "schedule")
    }

    pub(super) fn publish(&mut self, capacity: u64) -> String {
        self.publish_with(capacity, json!({}))
    }

    /// What that patient is answered who asks for a slot of this schedule.
    pub(super) fn ask(&mut self, patient: u64, schedule: &str) -> Value {
        self.say(json!({"op": "request", "patient": patient, "schedule": schedule}))
    }

    /// The id of a hold of this patient.
    pub(super) fn hold(&mut self, patient: u64, schedule: &str) -> String {
        text(&self.ask(patient, schedule), "hold")
    }

    /// Lets this patient hold and release a slot of this schedule, that often or until it is refused: the holds, and the refusal.
    pub(super) fn wear_out(
        &mut self,
        patient: u64,
        schedule: &str,
        times: usize,
    ) -> (Vec<String>, Option<Value>) {
        let mut holds = Vec::new();
        let request =
            json!({"op": "request", "patient": patient, "schedule": schedule}).to_string();
        for _ in 0..times {
            let answer = parse(&self.raw(&request));
            let Some(hold) = answer["hold"].as_str() else {
                return (holds, Some(answer));
            };
            let release = json!({"op": "release", "hold": hold, "patient": patient}).to_string();
            assert_eq!(self.raw(release), r#"{"released":true}"#);
            holds.push(hold.to_owned());
        }
        (holds, None)
    }

    pub(super) fn confirm(&mut self, patient: u64, hold: &str) -> Value {
        self.say(json!({"op": "confirm", "hold": hold, "patient": patient}))
    }

    pub(super) fn release(&mut self, patient: u64, hold: &str) -> Value {
        self.say(json!({"op": "release", "hold": hold, "patient": patient}))
    }

    pub(super) fn extend(&mut self, patient: u64, hold: &str, ttl_ms: u64) -> Value {
        self.say(json!({"op": "extend", "hold": hold, "patient": patient, "ttl_ms": ttl_ms}))
    }

    /// The ids of a hold and of the booking it became.
    pub(super) fn book(&mut self, patient: u64, schedule: &str) -> (String, String) {
        let hold = self.hold(patient, schedule);
        let booking = text(&self.confirm(patient, &hold), "booking");
        (hold, booking)
    }

    pub(super) fn cancel(&mut self, patient: u64, booking: &str) -> Value {
        self.say(json!({"op": "cancel", "booking": booking, "patient": patient}))
    }

    pub(super) fn exchange(&mut self, patient: u64, booking: &str, schedule: &str) -> Value {
        self.say(
            json!({"op": "exchange", "booking": booking, "patient": patient, "schedule": schedule}),
        )
    }

    /// A verb that takes no more than a booking.
    pub(super) fn mark(&mut self, op: &str, booking: &str) -> Value {
        self.say(json!({"op": op, "booking": booking}))
    }

    /// `withdraw` or `reinstate`.
    pub(super) fn session(&mut self, op: &str, schedule: &str) -> Value {
        self.say(json!({"op": op, "schedule": schedule}))
    }

    pub(super) fn ticket(&mut self, ticket: &str) -> Value {
        self.say(json!({"op": "ticket", "ticket": ticket}))
    }

    pub(super) fn advance(&mut self) -> Value {
        self.say(json!({"op": "advance"}))
    }

    /// Lets the clock stand at `now`, by a line that changes nothing else.
    pub(super) fn at(&mut self, now: u64) {
        let answer = self.say(json!({"op": "stats", "now": now}));
        assert!(answer["error"].is_null(), "{answer}");
    }

    pub(super) fn availability(&mut self, schedule: &str) -> Value {
        parse(&self.raw(json!({"op": "availability", "schedule": schedule}).to_string()))
    }

    /// One count of the operator's view.
    pub(super) fn count(&mut self, schedule: &str, part: &str) -> u64 {
        self.availability(schedule)[part].as_u64().expect("a count")
    }
}

/// The line that switches all words on.
pub(super) fn engine(settings: Value) -> Value {
    let mut line = json!({"op": "engine"});
    merge(&mut line, settings);
    line
}

/// One line of output: exactly one JSON object.
pub(super) fn parse(answer: &str) -> Value {
    assert!(!answer.contains('\n'), "more than one line: {answer}");
    let value: Value =
        serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
    assert!(value.is_object(), "{answer}");
    value
}

/// A field that must be a text.
pub(super) fn text(answer: &Value, field: &str) -> String {
    answer[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field} in {answer}"))
        .to_owned()
}

pub(super) fn merge(line: &mut Value, more: Value) {
    for (name, value) in more.as_object().expect("an object") {
        line[name] = value.clone();
    }
}

/// Asserts a refusal with this code and nothing else to say: no moment to come back, no rule, no booking.
#[track_caller]
pub(super) fn assert_refused(answer: &Value, code: &str) {
    assert!(
        answer["message"]
            .as_str()
            .is_some_and(|message| !message.is_empty()),
        "{answer}"
    );
    let expected = json!({"outcome": "refused", "code": code, "message": answer["message"], "retry_after_ms": null});
    assert_eq!(*answer, expected);
}

/// Asserts the refusal that names the booking it was exchanged for.
#[track_caller]
pub(super) fn assert_exchanged(answer: &Value, booking: &str) {
    let expected = json!({
        "outcome": "refused", "code": "already_exchanged", "message": answer["message"], "retry_after_ms": null, "booking": booking,
    });
    assert_eq!(*answer, expected);
}

#[track_caller]
pub(super) fn assert_error(answer: &Value, code: &str) {
    assert_eq!(answer["error"]["code"], code, "{answer}");
    assert!(
        answer["error"]["message"]
            .as_str()
            .is_some_and(|message| !message.is_empty()),
        "{answer}"
    );
    assert_eq!(
        answer.as_object().map(|fields| fields.len()),
        Some(1),
        "{answer}"
    );
}
