//! The verbs. Each takes its fields, ends the line, and only then asks the engine: a line that is not well-formed changes nothing.

use fairslot::{
    BookingId, Engine, Outcome, PaymentRef, Pending, Refusal, ScheduleId, SupplyError, Timestamp,
};

use super::answer::Answer;
use super::door::Door;
use super::field::Identity;
use super::line::Line;
use super::publish::slots;
use super::stop::Stop;

pub(super) type Answered = Result<Answer, Stop>;

impl Door {
    pub(super) fn obey(&mut self, mut line: Line) -> Answered {
        let op: String = line.need("op")?;
        match op.as_str() {
            "publish" => self.publish(line),
            "request" => self.request(line),
            "request_many" => self.request_many(line),
            "extend" => self.extend(line),
            "confirm" => self.confirm(line),
            "release" => self.release(line),
            "cancel" => self.cancel(line),
            "exchange" => self.exchange(line),
            "check_in" => self.mark(line, Engine::check_in),
            "fulfil" => self.mark(line, Engine::fulfil),
            "no_show" => self.mark(line, Engine::no_show),
            "withdraw" => self.session(line, Engine::withdraw),
            "reinstate" => self.session(line, Engine::reinstate),
            "add_slots" => self.add_slots(line),
            "ticket" => self.ticket(line),
            "lookup" => self.lookup(line),
            "advance" => self.advance(line),
            "availability" => self.availability(line),
            "audit" => self.audit(line),
            "stats" => self.stats(line),
            "engine" => self.engine(line),
            _ => self.obey_beyond(&op, line),
        }
    }

    fn request(&self, mut line: Line) -> Answered {
        let request = self.asked(&mut line)?;
        self.at(line)?;
        Ok(self.told(self.engine.request(&request)))
    }

    fn request_many(&self, mut line: Line) -> Answered {
        let requests = line.objects("requests", |line| self.asked(line))?;
        let requests = requests.ok_or_else(|| Stop::missing("requests"))?;
        self.at(line)?;
        let outcomes = self.engine.request_many(&requests).into_iter();
        Ok(Answer::Many {
            outcomes: outcomes.map(|it| self.told(it)).collect(),
        })
    }

    fn extend(&self, mut line: Line) -> Answered {
        let (hold, patient, ttl_ms) = (
            line.need("hold")?,
            line.need("patient")?,
            line.need("ttl_ms")?,
        );
        self.at(line)?;
        if ttl_ms == 0 {
            return Err(Stop::Invalid {
                field: "ttl_ms".into(),
                message: "ttl_ms is 0; it must be at least 1".to_owned(),
            });
        }
        Ok(Answer::Extended {
            expires_at: self.engine.extend(hold, patient, ttl_ms)?.as_millis(),
        })
    }

    fn confirm(&self, mut line: Line) -> Answered {
        let (hold, patient) = (line.need("hold")?, line.need("patient")?);
        let payment = line
            .maybe::<Identity>("payment")?
            .map(|identity| identity.0);
        self.at(line)?;
        let reference = payment.as_deref().map(PaymentRef::from_text);
        let booking = self.engine.confirm(hold, patient, reference)?.wait()?;
        Ok(Answer::Confirmed {
            booking: booking.id.to_string(),
            slot: booking.slot.get(),
            payment_due_back: booking.payment_due_back.and(payment),
        })
    }

    fn release(&self, mut line: Line) -> Answered {
        let (hold, patient) = (line.need("hold")?, line.need("patient")?);
        self.at(line)?;
        self.engine.release(hold, patient)?;
        Ok(Answer::Released { released: true })
    }

    fn cancel(&self, mut line: Line) -> Answered {
        let (booking, patient) = (line.need("booking")?, line.need("patient")?);
        let channel = self.beyond(&mut line, "channel")?;
        self.at(line)?;
        match channel {
            None => self.engine.cancel(booking, patient)?.wait()?,
            Some(channel) => (self.engine)
                .cancel_through(channel, booking, patient)?
                .wait()?,
        }
        Ok(Answer::Cancelled { cancelled: true })
    }

    fn exchange(&self, mut line: Line) -> Answered {
        let (booking, patient, schedule) = (
            line.need("booking")?,
            line.need("patient")?,
            line.need("schedule")?,
        );
        self.at(line)?;
        let booking = self.engine.exchange(booking, patient, schedule)?.wait()?;
        Ok(Answer::Exchanged {
            booking: booking.id.to_string(),
            slot: booking.slot.get(),
            schedule: booking.schedule.to_string(),
        })
    }

    fn mark(
        &self,
        mut line: Line,
        verb: fn(&Engine, BookingId) -> Result<Pending<()>, Refusal>,
    ) -> Answered {
        let booking = line.need("booking")?;
        self.at(line)?;
        verb(&self.engine, booking)?.wait()?;
        Ok(Answer::DONE)
    }

    fn session(
        &self,
        mut line: Line,
        verb: fn(&Engine, ScheduleId) -> Result<u32, SupplyError>,
    ) -> Answered {
        let schedule = line.need("schedule")?;
        self.at(line)?;
        Ok(Answer::Done {
            done: true,
            affected: Some(verb(&self.engine, schedule)?),
        })
    }

    fn add_slots(&self, mut line: Line) -> Answered {
        let (schedule, count) = (line.need("schedule")?, line.need("count")?);
        self.at(line)?;
        let added = self.engine.add_slots(schedule, slots("count", count)?)?;
        Ok(Answer::Done {
            done: true,
            affected: Some(added),
        })
    }

    fn ticket(&self, mut line: Line) -> Answered {
        let ticket = line.need("ticket")?;
        self.at(line)?;
        Ok(self.told(self.engine.ticket(ticket)?))
    }

    fn lookup(&self, mut line: Line) -> Answered {
        let (patient, request) = (line.need("patient")?, line.need("request_id")?);
        self.at(line)?;
        Ok(self.told(self.engine.lookup(patient, request)?))
    }

    fn advance(&self, line: Line) -> Answered {
        self.at(line)?;
        let (mut expired, mut drawn, mut returned, mut granted) = (0, 0, 0, 0);
        loop {
            let bite = self.engine.advance();
            expired += bite.expired;
            drawn += bite.drawn;
            returned += bite.returned;
            granted += bite.granted;
            if !bite.more {
                break;
            }
        }
        let next_deadline = self.engine.next_deadline().map(Timestamp::as_millis);
        Ok(Answer::Advanced {
            expired,
            drawn,
            returned,
            granted,
            next_deadline,
        })
    }

    fn availability(&self, mut line: Line) -> Answered {
        let schedule = line.need("schedule")?;
        self.at(line)?;
        Ok(self.engine.availability(schedule)?.into())
    }

    fn audit(&self, line: Line) -> Answered {
        self.at(line)?;
        let audit = self.engine.audit();
        Ok(Answer::Audit {
            consistent: audit.is_consistent(),
            findings: audit.findings.iter().map(ToString::to_string).collect(),
        })
    }

    fn stats(&self, line: Line) -> Answered {
        self.at(line)?;
        Ok(Answer::stats(&self.engine.stats(), self.words))
    }

    /// An outcome, in the words that are understood.
    fn told(&self, outcome: Outcome) -> Answer {
        Answer::outcome(outcome, self.words)
    }
}
