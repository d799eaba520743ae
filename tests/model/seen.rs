//! What the walks saw: every answer and every event that there is, it must turn out; and the engine counted them right.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::book::{Call, Did, Said};
use crate::op::Step;
use crate::twin::Twin;

#[derive(Debug, Default)]
pub(crate) struct Seen(BTreeMap<String, u32>);

impl Seen {
    pub(crate) fn note(&mut self, step: &Step) {
        for line in &step.lines {
            let late = matches!(line.did, Did::Confirmed { late: true, .. });
            self.add(format!(
                "event:{}{}",
                first_word(&line.did),
                if late { "Late" } else { "" }
            ));
        }
        let verb = match &step.call {
            Call::Settle { deed, .. } => first_word(deed),
            call => first_word(call),
        };
        let answer = match &step.said {
            Said::Refused(fairslot::Refusal::Rule { rule }) => rule.name().to_owned(),
            Said::Held { .. } if step.lines.is_empty() => "HeldAgain".to_owned(),
            Said::Booked {
                due_back: Some(_), ..
            } => "BookedDueBack".to_owned(),
            Said::Advanced {
                expired: 0,
                returned: 0,
            } => "Nothing".to_owned(),
            Said::Advanced { expired: 0, .. } => "Returned".to_owned(),
            Said::Advanced { .. } => "Expired".to_owned(),
            said => code(said).map_or_else(|| first_word(said), str::to_owned),
        };
        self.add(format!("{verb}:{answer}"));
    }

    pub(crate) fn note_passed_over(&mut self, why: &[fairslot::Refusal]) {
        why.iter()
            .for_each(|why| self.add(format!("Passed:{}", why.code())));
    }

    fn add(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(crate) fn assert_everything(&self) {
        let missing: Vec<&str> = EVERYTHING
            .split_whitespace()
            .filter(|&what| !self.0.contains_key(what))
            .collect();
        assert!(
            missing.is_empty(),
            "never seen: {missing:?}; seen: {self:#?}"
        );
    }
}

/// A refusal's code.
fn code(said: &Said) -> Option<&'static str> {
    match said {
        Said::Refused(refusal) => Some(refusal.code()),
        Said::AlreadyExchanged { .. } => Some("already_exchanged"),
        _ => None,
    }
}

/// The name of a variant.
fn first_word(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    text.split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The engine's counters are those of the answers and events of these steps, which are all that it was ever asked.
pub(crate) fn statistics_agree(twin: &Twin, steps: &[Step], again: u64) {
    let stats = twin.engine.stats();
    let events = |kind: &str| {
        let lines = steps.iter().flat_map(|step| &step.lines);
        lines.filter(|line| first_word(&line.did) == kind).count() as u64
    };
    let mut requests = Vec::new();
    let mut refused: BTreeMap<&str, u64> =
        stats.refused.iter().map(|(code, _)| (*code, 0)).collect();
    for Step { call, said, .. } in steps {
        match (call, said) {
            (Call::RequestMany(_), Said::Many(all)) => requests.extend(all),
            (Call::Request(_), said) => requests.push(said),
            // A ticket that came to nothing is an answer.
            (Call::Ticket(_), said) if code(said) != Some("unknown_ticket") => {}
            _ => code(said)
                .into_iter()
                .for_each(|code| *refused.entry(code).or_default() += 1),
        }
    }
    for code in requests.iter().filter_map(|said| code(said)) {
        *refused.entry(code).or_default() += 1;
    }
    *refused.entry("unknown_ticket").or_default() += twin.looked_in_vain;
    assert_eq!(
        stats.refused.into_iter().collect::<BTreeMap<_, _>>(),
        refused
    );
    assert_eq!(
        (stats.requests, stats.remembered),
        (requests.len() as u64, again)
    );
    for (counted, kind) in [
        (stats.held, "Held"),
        (stats.waiting, "Entered"),
        (stats.left, "Left"),
        (stats.extended, "Extended"),
        (stats.confirmed, "Confirmed"),
        (stats.released, "Released"),
        (stats.expired, "Expired"),
        (stats.cancelled, "Cancelled"),
        (stats.exchanged, "ExchangedIn"),
        (stats.checked_in, "CheckedIn"),
        (stats.fulfilled, "Fulfilled"),
        (stats.no_show, "NoShow"),
        (stats.published - Twin::PUBLISHED, "Published"),
    ] {
        assert_eq!(counted, events(kind), "{kind}");
    }
}

/// Every event, and for every verb every answer that it can give here. `engine_full` can't be had with so few records.
const EVERYTHING: &str = "
    event:Held event:Extended event:Confirmed event:ConfirmedLate event:Released event:Expired event:Cancelled
    event:ExchangedIn event:ExchangedOut event:CheckedIn event:Fulfilled event:NoShow event:Withdrawn event:Reinstated
    event:Published event:SlotsAdded event:SessionWithdrawn event:SessionReinstated event:Entered event:Left event:Returned

    Publish:Published Publish:Invalid
    AddSlots:Count AddSlots:Invalid AddSlots:unknown_schedule AddSlots:wrong_state
    Withdraw:Count Withdraw:unknown_schedule Withdraw:wrong_state
    Reinstate:Count Reinstate:unknown_schedule Reinstate:wrong_state
    Request:Held Request:HeldAgain Request:unknown_schedule Request:request_mismatch Request:withdrawn Request:not_open
    Request:closed Request:already_holds Request:sold_out Request:rate_limited Request:live_holds Request:book_full
    Request:Waiting Request:waitlist_full
    RequestMany:Many
    Lookup:HeldAgain Lookup:Waiting Lookup:unknown_request
    Ticket:Waiting Ticket:HeldAgain Ticket:withdrawn Ticket:already_released Ticket:sold_out Ticket:unknown_ticket
    Passed:already_holds Passed:rule
    Leave:Done Leave:unknown_ticket Leave:not_yours Leave:withdrawn Leave:already_released Leave:wrong_state
    Extend:Until Extend:unknown_hold Extend:not_yours Extend:withdrawn Extend:already_released Extend:already_cancelled
    Extend:already_exchanged Extend:already_confirmed Extend:hold_expired
    Confirm:Booked Confirm:BookedDueBack Confirm:unknown_hold Confirm:not_yours Confirm:withdrawn Confirm:already_released
    Confirm:already_cancelled Confirm:already_exchanged Confirm:refund_due
    Release:Done Release:unknown_hold Release:not_yours Release:withdrawn Release:already_released
    Release:already_cancelled Release:already_exchanged Release:already_confirmed Release:hold_expired
    Cancel:Done Cancel:unknown_booking Cancel:not_yours Cancel:withdrawn Cancel:already_cancelled
    Cancel:already_exchanged Cancel:wrong_state Cancel:too_late
    Exchange:Booked Exchange:unknown_booking Exchange:not_yours Exchange:withdrawn Exchange:already_cancelled
    Exchange:already_exchanged Exchange:wrong_state Exchange:too_late Exchange:unknown_schedule Exchange:not_open
    Exchange:closed Exchange:already_holds Exchange:sold_out Exchange:rate_limited Exchange:book_full
    CheckIn:Done CheckIn:unknown_booking CheckIn:withdrawn CheckIn:already_cancelled CheckIn:already_exchanged
    CheckIn:wrong_state
    Fulfil:Done Fulfil:unknown_booking Fulfil:withdrawn Fulfil:already_cancelled Fulfil:already_exchanged
    Fulfil:wrong_state
    NoShow:Done NoShow:unknown_booking NoShow:withdrawn NoShow:already_cancelled NoShow:already_exchanged
    NoShow:wrong_state
    Advance:Nothing Advance:Expired Advance:Returned
";
