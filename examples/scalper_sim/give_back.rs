//! Slots that are given up once all is gone: who has each in the end?
//!
//! The scalper gives up what he holds under borrowed identities, and wants his clients to have it. Where slots are free again for whoever asks, he is told at once or
//! asks all the time; people who watch ask now and then. Where they return by a draw, people and clients wait on the list.

use std::collections::HashMap;

use fairslot::{
    Booking, Event, Outcome, PatientId, Refusal, Request, ReturnPolicy, Timestamp, What,
};

use crate::dice::Dice;
use crate::mechanism::Desk;
use crate::opening::confirm;

/// A booking that is given up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GivenUp {
    pub(crate) at: Timestamp,
    pub(crate) patient: PatientId,
    pub(crate) booking: Booking,
    /// Whether it is the scalper's, for a client. Else nobody is told of it, and where there is no list the next who watches has it.
    pub(crate) for_client: bool,
}

/// Whose a slot is in the end: the number of the client, or of who waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Client(usize),
    Person(usize),
    Nobody,
}

/// Who would like to have what is given up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) people: &'a [Request],
    pub(crate) clients: &'a [Request],
    /// How often the scalper's scripts ask for a slot that returns some time, a second, all together.
    pub(crate) polls: f64,
    /// And the people who watch.
    pub(crate) watched: f64,
}

/// Thirty people who look in about every forty seconds, together.
pub(crate) const WATCHED: f64 = 0.75;
/// Twenty scripts that ask a hundred times a second, together.
pub(crate) const POLLS: f64 = 2_000.0;
/// How long a script takes to ask for what it knows to be free, in seconds.
pub(crate) const REACTS_S: (f64, f64) = (0.002, 0.020);
/// A script that was told no asks again so much later, in seconds.
const AGAIN_S: f64 = 0.01;
/// Scripts that wait for a moment are there so many milliseconds before it.
const EARLY_MS: u64 = 20;
/// More steps than any afternoon has.
const STEPS: u32 = 100_000;

/// Lets the bookings be given up, in the order of their times, which are a minute apart or more, and says whose each is in the end.
pub(crate) fn give_back(
    desk: &Desk,
    returns: ReturnPolicy,
    given: &[GivenUp],
    wanted: &Wanted<'_>,
    dice: &mut Dice,
) -> Result<Vec<Whose>, String> {
    let mut chase = Chase {
        desk,
        wanted,
        next_client: 0,
    };
    let whose = match returns {
        ReturnPolicy::Draw => draw(desk, given, wanted)?,
        ReturnPolicy::AtOnce => {
            let mut whose = Vec::with_capacity(given.len());
            for it in given {
                chase.cancel(it)?;
                whose.push(chase.race(it.at, it.for_client, None, dice)?);
            }
            whose
        }
        ReturnPolicy::Delay { ms } => {
            given.iter().try_for_each(|it| chase.cancel(it))?;
            let mut whose = Vec::with_capacity(given.len());
            for it in given {
                let free_at = it.at.after(ms);
                whose.push(chase.race(free_at, it.for_client, Some(wanted.polls), dice)?);
            }
            whose
        }
        other => return Err(format!("slots that return by {other:?} are not simulated")),
    };
    let served = whose.iter().filter(|it| **it != Whose::Nobody).count();
    let free = given.len() - served;
    let books = desk.engine.availability(desk.schedule);
    let books = books.map_err(|why| why.to_string())?;
    if books.free as usize + books.cooling as usize != free || !desk.engine.audit().is_consistent()
    {
        return Err(format!(
            "of {} slots given up {served} were taken, and the engine's books say: {books:?}",
            given.len()
        ));
    }
    Ok(whose)
}

struct Chase<'a> {
    desk: &'a Desk,
    wanted: &'a Wanted<'a>,
    /// The first client who has none yet.
    next_client: usize,
}

impl Chase<'_> {
    fn cancel(&self, it: &GivenUp) -> Result<(), String> {
        self.desk.clock.set(it.at);
        cancel(self.desk, it)
    }

    /// Somebody has the slot that is free from then on. `polls`: nobody knew when that would be.
    fn race(
        &mut self,
        free_at: Timestamp,
        for_client: bool,
        polls: Option<f64>,
        dice: &mut Dice,
    ) -> Result<Whose, String> {
        let client = self.wanted.clients.get(self.next_client);
        let client = client.filter(|_| for_client);
        let begins = Timestamp::from_millis(free_at.as_millis() - polls.map_or(0, |_| EARLY_MS));
        let mut script = match (client, polls) {
            (None, _) => f64::INFINITY,
            (Some(_), None) => dice.between(REACTS_S.0, REACTS_S.1),
            (Some(_), Some(rate)) => dice.wait(rate),
        };
        let mut person = dice.wait(self.wanted.watched);
        for _ in 0..STEPS {
            let at = begins.after((script.min(person) * 1e3) as u64);
            self.desk.clock.set(at);
            if let Some(client) = client.filter(|_| script < person) {
                if self.ask(client)? {
                    self.next_client += 1;
                    return Ok(Whose::Client(self.next_client - 1));
                }
                script += polls.map_or(AGAIN_S, |rate| dice.wait(rate));
            } else {
                let who = dice.below(self.wanted.people.len());
                if self.ask(&self.wanted.people[who])? {
                    return Ok(Whose::Person(who));
                }
                person += dice.wait(self.wanted.watched);
            }
        }
        Err("nobody took a slot that was given up".to_owned())
    }

    /// Whether they have it now.
    fn ask(&self, request: &Request) -> Result<bool, String> {
        match self.desk.engine.request(request) {
            Outcome::Held(hold) => {
                confirm(&self.desk.engine, hold.id, request.patient()).map(|_| true)
            }
            Outcome::Refused(Refusal::SoldOut | Refusal::AlreadyHolds) => Ok(false),
            other => Err(format!("who watches was answered with {other:?}")),
        }
    }
}

fn cancel(desk: &Desk, it: &GivenUp) -> Result<(), String> {
    let cancelled = desk.engine.cancel(it.booking.id, it.patient);
    let cancelled = cancelled.map_err(|why| why.to_string())?.wait();
    cancelled.map_err(|why| why.to_string())
}

/// By the draw: everybody is on the list, and takes what they are offered.
fn draw(desk: &Desk, given: &[GivenUp], wanted: &Wanted<'_>) -> Result<Vec<Whose>, String> {
    let mut who = HashMap::new();
    let people = wanted.people.iter().enumerate();
    let people = people.map(|(nth, it)| (it, Whose::Person(nth)));
    let clients = wanted.clients.iter().enumerate();
    for (request, whose) in people.chain(clients.map(|(nth, it)| (it, Whose::Client(nth)))) {
        match desk.engine.request(&request.clone().waitlist()) {
            Outcome::Waiting(_) => who.insert(request.patient(), whose),
            other => return Err(format!("who would wait was answered with {other:?}")),
        };
    }
    let offers = desk.engine.observe(1_024);
    let mut whose: HashMap<_, Whose> = given
        .iter()
        .map(|it| (it.booking.slot, Whose::Nobody))
        .collect();
    let mut left = given.iter().peekable();
    for _ in 0..STEPS {
        let due = desk.engine.next_deadline();
        let next = left.next_if(|it| due.is_none_or(|due| it.at <= due));
        match (next, due) {
            (Some(it), _) => {
                desk.clock.set(it.at);
                cancel(desk, it)?;
            }
            (None, Some(due)) => {
                desk.clock.set(due);
                desk.engine.advance();
            }
            (None, None) => {
                let whose = given.iter().map(|it| whose[&it.booking.slot]);
                return Ok(whose.collect());
            }
        }
        while let Some(event) = offers.next() {
            let Event {
                slot: Some(slot),
                patient: Some(patient),
                hold: Some(hold),
                what: What::Held { .. },
                ..
            } = event
            else {
                continue;
            };
            confirm(&desk.engine, hold, patient)?;
            let taken = who
                .get(&patient)
                .ok_or("somebody was drawn who did not wait")?;
            whose.insert(slot, *taken);
        }
    }
    Err("slots that were given up never came to rest".to_owned())
}
