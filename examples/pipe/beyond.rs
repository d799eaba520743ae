//! The verbs beyond the contract, understood once the verb `engine` has been obeyed; and those of them that are about a place in a
//! line.

use fairslot::{Appointment, Engine, Refusal, TicketId};
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::door::{Door, Words};
use super::evidence::Wish;
use super::line::Line;
use super::stop::Stop;
use super::verbs::Answered;

impl Door {
    pub(super) fn obey_beyond(&mut self, op: &str, line: Line) -> Answered {
        match op {
            _ if self.words == Words::Contract => Err(unknown(op)),
            "leave" => self.leave(line),
            "appointments" => self.appointments(line),
            "pause" => self.of_ticket(line, Engine::pause),
            "resume" => self.of_ticket(line, Engine::resume),
            "wait_together" => self.wait_together(line),
            "schedule" => self.schedule(line),
            "draw_id" => self.draw_id(line),
            "drawn_together" => self.drawn_together(line),
            "commitment" => self.commitment(line),
            "fix_beacon" => self.fix_beacon(line),
            "reveal" => self.reveal(line),
            "closing" => self.closing(line),
            "transcript" => self.transcript(line),
            "receipt" => self.receipt(line),
            "proof" => self.proof(line),
            "verdict" => self.verdict(line),
            "import_labels" => self.import_labels(line),
            "export_labels" => self.export_labels(line),
            "observe" => self.observe(line),
            "events" => self.events(line),
            "deliver_evidence" => self.noted(line, |_| Ok(Wish::Deliver)),
            "close_evidence" => self.noted(line, |_| Ok(Wish::Close)),
            "set_month_key" => self.noted(line, Wish::set_month_key),
            "forget_month" => self.noted(line, Wish::forget_month),
            "evidence_stats" => self.noted(line, |_| Ok(Wish::Stats)),
            _ => Err(unknown(op)),
        }
    }

    fn leave(&self, mut line: Line) -> Answered {
        let (ticket, patient) = (line.need("ticket")?, line.need("patient")?);
        self.at(line)?;
        self.engine.leave(ticket, patient)?;
        Ok(Answer::Left { left: true })
    }

    fn appointments(&self, mut line: Line) -> Answered {
        let patient = line.need("patient")?;
        self.at(line)?;
        let all = self.engine.appointments(patient);
        let all: Vec<Json> = all.iter().map(told).collect();
        Ok(Answer::Told(json!({"appointments": all})))
    }

    fn of_ticket(
        &self,
        mut line: Line,
        verb: fn(&Engine, TicketId) -> Result<(), Refusal>,
    ) -> Answered {
        let ticket = line.need("ticket")?;
        self.at(line)?;
        verb(&self.engine, ticket)?;
        Ok(Answer::DONE)
    }

    fn wait_together(&self, mut line: Line) -> Answered {
        let tickets: Vec<TicketId> = line.need("tickets")?;
        self.at(line)?;
        self.engine.wait_together(&tickets)?;
        Ok(Answer::DONE)
    }
}

fn told(appointment: &Appointment) -> Json {
    let mut told = match appointment {
        Appointment::Waiting(ticket) => {
            let position = ticket.position.map(|it| it.get());
            json!({"ticket": ticket.id.to_string(), "line": ticket.line.name(), "due": ticket.due.as_millis(), "position": position})
        }
        Appointment::Held(hold) => {
            json!({"hold": hold.id.to_string(), "slot": hold.slot.get(), "expires_at": hold.expires_at.as_millis()})
        }
        Appointment::Booked(booking)
        | Appointment::Arrived(booking)
        | Appointment::Fulfilled(booking)
        | Appointment::NoShow(booking) => {
            json!({"booking": booking.id.to_string(), "slot": booking.slot.get()})
        }
        _ => json!({}),
    };
    told["status"] = json!(appointment.name());
    told["schedule"] = json!(appointment.schedule().to_string());
    told
}

fn unknown(op: &str) -> Stop {
    Stop::BadLine(format!("there is no op {op:.64}"))
}
