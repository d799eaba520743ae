//! One opening on the engine itself: everybody asks, whoever is given a slot confirms it, then the books are read.

use fairslot::{
    Booking, Engine, HoldId, Lottery, Outcome, PatientId, Refusal, TicketId, Timestamp,
};

use crate::crowd::{Ask, Asker, Crowd, PEOPLE, Part};
use crate::mechanism::{Desk, Mechanism, OPENS_AT, SLOTS};
use crate::regrab;

/// What came of an opening.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Opened {
    /// Who had a slot in the end, in the order in which they got it; out of a draw, in that of their numbers.
    pub(crate) winners: Vec<u32>,
    /// When the last slot went, in nanoseconds after the opening.
    pub(crate) sold_out_ns: Option<u64>,
    /// Requests that the engine answered.
    pub(crate) requests: u64,
    /// Of each of the people who entered a draw: from their first request, or from the opening if that is later, to the decision. In milliseconds.
    pub(crate) delays_ms: Vec<u32>,
    /// Who was in the draw, and who of them looked suspicious at its close: the people, and the scalper's identities.
    pub(crate) entered: [u32; 2],
    pub(crate) flagged: [u32; 2],
}

/// Where one who asks stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Nowhere,
    /// In the draw, since so many nanoseconds after one may enter.
    Waits(TicketId, u64),
    Served,
}

/// An opening under way.
struct Rush<'a> {
    mechanism: &'a Mechanism,
    desk: &'a Desk,
    askers: &'a [Asker],
    places: Vec<Place>,
    /// Of a draw that is still to come, or of a slow queue: when there is something to be done about it.
    due: Option<Timestamp>,
    all: bool,
    suspect_at: u8,
    opened: Opened,
    bookings: Vec<Won>,
}

/// Who won what.
pub(crate) type Won = (u32, Booking);

/// Holds an opening: the clock stands at the millisecond of each request, and requests of one millisecond come in their own order. Another seed draws others.
pub(crate) fn hold(
    mechanism: &Mechanism,
    crowd: &Crowd,
    asks: &[Ask],
    seed: u64,
) -> Result<Opened, String> {
    // Who waits and asks again has the same place: worth sending only where it is looked at how one asks.
    hold_and_send(mechanism, crowd, asks, seed, mechanism.judges())
}

/// The same; `all`: also the requests of those who wait.
pub(crate) fn hold_and_send(
    mechanism: &Mechanism,
    crowd: &Crowd,
    asks: &[Ask],
    seed: u64,
    all: bool,
) -> Result<Opened, String> {
    let desk = mechanism.desk(seed)?;
    let (mut opened, won) = open(mechanism, &desk, crowd.askers(), asks, all)?;
    regrab::play(mechanism, &desk, crowd, (won, seed), &mut opened.winners)?;
    Ok(opened)
}

/// An opening at this desk: what came of it, and who won what.
pub(crate) fn open(
    mechanism: &Mechanism,
    desk: &Desk,
    askers: &[Asker],
    asks: &[Ask],
    all: bool,
) -> Result<(Opened, Vec<Won>), String> {
    let mut rush = Rush::new(mechanism, desk, askers, all);
    for ask in asks {
        if rush.is_over() {
            break;
        }
        rush.ask(*ask)?;
    }
    rush.draw_until(u64::MAX)?;
    rush.check()?;
    Ok((rush.opened, rush.bookings))
}

impl<'a> Rush<'a> {
    fn new(mechanism: &'a Mechanism, desk: &'a Desk, askers: &'a [Asker], all: bool) -> Self {
        let due = mechanism.rules().and_then(|_| desk.engine.next_deadline());
        Self {
            mechanism,
            desk,
            askers,
            places: vec![Place::Nowhere; askers.len()],
            due,
            all,
            suspect_at: Lottery::new(OPENS_AT).suspect_at,
            opened: Opened::default(),
            bookings: Vec::new(),
        }
    }

    /// Whether nothing that is still to come can change anything: out of a draw, all is gone. First come goes on to the end.
    fn is_over(&self) -> bool {
        self.mechanism.rules().is_some() && self.opened.winners.len() == SLOTS as usize
    }

    fn begins(&self) -> Timestamp {
        self.mechanism.begins(self.desk.opens_at)
    }

    fn at(&self, ns: u64) -> Timestamp {
        self.begins().after(ns / 1_000_000)
    }

    fn ask(&mut self, (at_ns, who): Ask) -> Result<(), String> {
        self.draw_until(at_ns)?;
        let place = self.places[who as usize];
        let idle = matches!(place, Place::Waits(..)) && !self.all;
        if place == Place::Served || idle || self.is_over() {
            return Ok(());
        }
        self.desk.clock.set(self.at(at_ns));
        self.opened.requests += 1;
        let asker = &self.askers[who as usize];
        if asker.part != Part::Own {
            return self.play(asker, who, at_ns);
        }
        match self.desk.engine.request(&asker.request(self.desk.schedule)) {
            Outcome::Held(hold) => {
                self.serve(who, hold.id, at_ns)?;
            }
            Outcome::Waiting(ticket) if place == Place::Nowhere => {
                self.places[who as usize] = Place::Waits(ticket.id, at_ns);
                if self.mechanism.slow.is_some() {
                    self.due = self.desk.engine.next_deadline();
                }
            }
            Outcome::Waiting(ticket) if matches!(place, Place::Waits(id, _) if id == ticket.id) => {
            }
            Outcome::Refused(Refusal::SoldOut) => {}
            Outcome::Refused(Refusal::RateLimited { .. })
                if self.mechanism.limits != Default::default() => {}
            other => return Err(format!("a request was answered with {other:?}")),
        }
        Ok(())
    }

    /// A trick: what it is answered is nobody's concern, but for where it puts somebody.
    fn play(&mut self, asker: &Asker, who: u32, at_ns: u64) -> Result<(), String> {
        let Outcome::Waiting(ticket) = self.desk.engine.request(&asker.request(self.desk.schedule))
        else {
            return Ok(());
        };
        match asker.part {
            // Who is entered by another is in, and is told so when they ask.
            Part::Poison(victim) if self.places[victim as usize] == Place::Nowhere => {
                self.places[victim as usize] = Place::Waits(ticket.id, at_ns);
            }
            Part::Decoy => {
                let left = self.desk.engine.leave(ticket.id, asker.patient);
                left.map_err(|why| why.to_string())?;
                self.places[who as usize] = Place::Served;
            }
            _ => {}
        }
        Ok(())
    }

    fn serve(&mut self, who: u32, hold: HoldId, at_ns: u64) -> Result<(), String> {
        let patient = self.askers[who as usize].patient;
        let booking = confirm(&self.desk.engine, hold, patient)?;
        self.bookings.push((who, booking));
        self.places[who as usize] = Place::Served;
        self.opened.winners.push(who);
        if self.opened.winners.len() == SLOTS as usize {
            let opening = self.desk.opens_at.since(self.begins()) * 1_000_000;
            self.opened.sold_out_ns = Some(at_ns.saturating_sub(opening));
        }
        Ok(())
    }

    /// Lets time pass until then, in nanoseconds after one may enter: what is to be drawn by then is drawn.
    fn draw_until(&mut self, ns: u64) -> Result<(), String> {
        while let Some(due) = self.due.filter(|due| *due <= self.at(ns)) {
            self.desk.clock.set(due);
            if self.mechanism.slow.is_some() {
                self.turn(due)?;
                continue;
            }
            let drawn = self.desk.engine.advance().drawn > 0;
            self.due = (!drawn).then(|| self.desk.engine.next_deadline()).flatten();
            if drawn {
                self.settle(due)?;
            }
        }
        Ok(())
    }

    /// Turns of the slow queue: whoever was served confirms. When all is gone there is nothing left for who waits.
    fn turn(&mut self, now: Timestamp) -> Result<(), String> {
        self.desk.engine.advance();
        let now_ns = now.since(self.begins()) * 1_000_000;
        for who in 0..self.places.len() as u32 {
            if let Place::Waits(ticket, _) = self.places[who as usize]
                && let Ok(Outcome::Held(hold)) = self.desk.engine.ticket(ticket)
            {
                self.serve(who, hold.id, now_ns)?;
            }
        }
        let left = self.opened.winners.len() < SLOTS as usize;
        self.due = left.then(|| self.desk.engine.next_deadline()).flatten();
        Ok(())
    }

    /// The draw is decided: whoever won confirms.
    fn settle(&mut self, now: Timestamp) -> Result<(), String> {
        let begins = self.begins();
        let now_ns = now.since(begins) * 1_000_000;
        let opening_ns = self.desk.opens_at.since(begins) * 1_000_000;
        for who in 0..self.places.len() as u32 {
            let Place::Waits(ticket, since_ns) = self.places[who as usize] else {
                continue;
            };
            let asker = &self.askers[who as usize];
            let side = usize::from(who >= PEOPLE);
            self.opened.entered[side] += 1;
            if self.mechanism.judges() {
                let verdict = self.desk.engine.verdict(&asker.request(self.desk.schedule));
                self.opened.flagged[side] += u32::from(verdict.suspicion() >= self.suspect_at);
            }
            if who < PEOPLE {
                let waited = now_ns - since_ns.max(opening_ns);
                self.opened.delays_ms.push((waited / 1_000_000) as u32);
            }
            match self.desk.engine.ticket(ticket) {
                Ok(Outcome::Held(hold)) => {
                    self.serve(who, hold.id, now_ns)?;
                }
                // Should there be more slots than entries, whoever comes later may have one, and who lost asks again.
                Ok(Outcome::Refused(Refusal::SoldOut)) => {
                    self.places[who as usize] = Place::Nowhere;
                }
                other => return Err(format!("after the draw a ticket says {other:?}")),
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let books = self.desk.engine.availability(self.desk.schedule);
        let books = books.map_err(|why| why.to_string())?;
        if books.booked as usize != self.opened.winners.len()
            || !self.desk.engine.audit().is_consistent()
        {
            return Err(format!(
                "{} slots were won, and the engine's books say: {books:?}",
                self.opened.winners.len()
            ));
        }
        Ok(())
    }
}

pub(crate) fn confirm(
    engine: &Engine,
    hold: HoldId,
    patient: PatientId,
) -> Result<Booking, String> {
    let pending = engine.confirm(hold, patient, None);
    let booking = pending.map_err(|why| why.to_string())?.wait();
    booking.map_err(|why| why.to_string())
}
