//! What happens, told as it happens: a listener and what it has heard.

use fairslot::{Event, Refusal, Subscription, What};
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::door::Door;
use super::line::Line;
use super::verbs::Answered;

/// Events that a listener has room for, if nothing else is said.
const CAPACITY: u64 = 65_536;

/// One who listens.
pub(crate) struct Listener(Subscription);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener(..)")
    }
}

impl Door {
    /// Listens from now on, in place of whoever listened before.
    pub(super) fn observe(&mut self, mut line: Line) -> Answered {
        let capacity = line.maybe("capacity")?.unwrap_or(CAPACITY);
        self.at(line)?;
        // The engine takes what is too much for the most.
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        self.listener = Some(Listener(self.engine.observe(capacity)));
        Ok(Answer::DONE)
    }

    /// What was heard since the last time.
    pub(super) fn events(&self, line: Line) -> Answered {
        self.at(line)?;
        let Some(Listener(heard)) = &self.listener else {
            return Err(Refusal::WrongState.into());
        };
        let events: Vec<Json> = std::iter::from_fn(|| heard.next()).map(told).collect();
        Ok(Answer::Told(
            json!({"events": events, "lost": heard.lost()}),
        ))
    }
}

fn told(event: Event) -> Json {
    let mut told = what(event.what);
    told["at"] = json!(event.at.as_millis());
    told["schedule"] = json!(event.schedule.to_string());
    told["version"] = json!(event.version);
    if let Some(slot) = event.slot {
        told["slot"] = json!(slot.get());
    }
    if let Some(patient) = event.patient {
        told["patient"] = json!(bits(patient.to_u128()));
    }
    if let Some(hold) = event.hold {
        told["hold"] = json!(hold.to_string());
    }
    told
}

/// An identity's 128 bits: the engine never learns the text that they were made of.
fn bits(identity: u128) -> String {
    format!("{identity:032x}")
}

fn what(what: What) -> Json {
    match what {
        What::Held { expires_at } => {
            json!({"what": "held", "expires_at": expires_at.as_millis()})
        }
        What::Extended { expires_at } => {
            json!({"what": "extended", "expires_at": expires_at.as_millis()})
        }
        What::Confirmed { late, payment } => {
            let payment = payment.map(|it| bits(it.to_u128()));
            json!({"what": "confirmed", "late": late, "payment": payment})
        }
        What::Released => json!({"what": "released"}),
        What::Expired => json!({"what": "expired"}),
        What::Cancelled => json!({"what": "cancelled"}),
        What::ExchangedIn { from } => json!({"what": "exchanged_in", "from": from.to_string()}),
        What::ExchangedOut { to } => json!({"what": "exchanged_out", "to": to.to_string()}),
        What::CheckedIn => json!({"what": "checked_in"}),
        What::Fulfilled => json!({"what": "fulfilled"}),
        What::NoShow => json!({"what": "no_show"}),
        What::Withdrawn { booked } => json!({"what": "withdrawn", "booked": booked}),
        What::Reinstated => json!({"what": "reinstated"}),
        What::Published { capacity } => json!({"what": "published", "capacity": capacity}),
        What::SlotsAdded { first, count } => {
            json!({"what": "slots_added", "first": first.get(), "count": count})
        }
        What::SessionWithdrawn { affected } => {
            json!({"what": "session_withdrawn", "affected": affected})
        }
        What::SessionReinstated { freed } => {
            json!({"what": "session_reinstated", "freed": freed})
        }
        What::Retired => json!({"what": "retired"}),
        What::Entered { ticket } => json!({"what": "entered", "ticket": ticket.to_string()}),
        What::Left { ticket } => json!({"what": "left", "ticket": ticket.to_string()}),
        What::Returned => json!({"what": "returned"}),
        What::Drawn { entries, places } => {
            json!({"what": "drawn", "entries": entries, "places": places})
        }
        _ => json!({"what": "unknown"}),
    }
}
