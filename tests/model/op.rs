//! What can be done next. An operation names what it touches by what a reader of a failed case still understands after other
//! operations were struck out ("p1's last hold but one", "1 ms before it expires"); a [`World`] makes it a call.

use std::fmt;

use fairslot::{Day, Opening, PractitionerId, ReturnPolicy, Schedule, Session, Timestamp};

use crate::book::{Ask, Book, Call, DAY, Deed, Line, Name, Rules, Said};

/// Not the epoch, so that the clock has somewhere to step back to.
pub(crate) const START: u64 = 100 * DAY;

#[derive(Clone)]
pub(crate) enum Op {
    /// The clock moves; nothing else does.
    Clock(Moment),
    Publish(Plan),
    Do(Call),
    /// Done to a patient's hold or booking, by that patient unless another is named.
    Settle(Held, Option<u8>, Deed),
    /// The last ticket but so many that this patient was given is asked, or left, by that patient unless another is named.
    Ticket(u8, usize),
    Leave(u8, usize, Option<u8>),
}

/// The last hold but `back` that this patient was given, perhaps with a bit of its id flipped.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    pub(crate) of: u8,
    pub(crate) back: usize,
    pub(crate) flip: Option<u32>,
}

#[derive(Clone, Copy)]
pub(crate) enum Moment {
    Later(u64),
    Earlier(u64),
    /// So many milliseconds after it.
    Near(Edge, i64),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Edge {
    Expiry(Held),
    /// How that hold ended is forgotten.
    HoldForgotten(Held),
    /// The answer to that patient's request is forgotten.
    AnswerForgotten(u8, u8),
    /// That patient may ask again.
    Turn(u8),
    Opening(usize),
    Closing(usize),
    CancelUntil(usize),
    /// When slots return, the n-th of these moments.
    Return(usize),
}

/// A schedule, with times as seen from now.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) capacity: u32,
    pub(crate) opens_in: u64,
    pub(crate) open_for: u64,
    pub(crate) closes_in: Option<u64>,
    pub(crate) cancel_in: Option<u64>,
    pub(crate) hold_ttl_ms: u64,
    pub(crate) hold_cap_ms: u64,
    pub(crate) returns: ReturnPolicy,
}

/// What the book did: the engine has to do the same.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) call: Call,
    pub(crate) said: Said,
    pub(crate) lines: Vec<Line>,
}

/// The book, and the clock that it and its twin look at.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) rules: Rules,
    /// What was done before the walk began.
    pub(crate) prelude: Vec<Step>,
    pub(crate) book: Book,
    pub(crate) clock: u64,
}

impl World {
    /// With so many lines in the book of p0, all ended but the last, which is a booking.
    pub(crate) fn new(rules: Rules, lines: usize) -> Self {
        let mut world = Self {
            rules,
            prelude: Vec::new(),
            book: Book::new(rules),
            clock: START,
        };
        let ask = Ask {
            patient: 0,
            schedules: vec![Name::known(0)],
            request: None,
            channel: None,
            keys: [None; 3],
            waitlist: false,
        };
        let settle = |nth| {
            let deed = if nth + 1 == lines {
                Deed::Confirm(None)
            } else {
                Deed::Release
            };
            Call::Settle {
                hold: Name::known(nth),
                patient: 0,
                deed,
            }
        };
        if lines > 0 {
            let step = world.call(Call::Publish(Plan::ONE_SLOT.at(START).into()), &[]);
            world.prelude.push(step);
        }
        for nth in 0..lines {
            for call in [Call::Request(ask.clone()), settle(nth)] {
                let step = world.call(call, &[]);
                world.prelude.push(step);
            }
        }
        world
    }

    /// What the book does about it.
    pub(crate) fn step(&mut self, op: &Op) -> Step {
        let call = self.resolve(op);
        self.call(call, &[])
    }

    /// The same, after the engine was called and these lines were heard.
    pub(crate) fn call(&mut self, call: Call, heard: &[Line]) -> Step {
        let (said, lines) = self.book.call(self.clock, &call, heard);
        Step { call, said, lines }
    }

    /// Sets the clock, and says what to call.
    pub(crate) fn resolve(&mut self, op: &Op) -> Call {
        match op {
            Op::Clock(moment) => {
                self.clock = self.instant(*moment);
                Call::Look
            }
            Op::Ticket(of, back) => self.ticket(*of, *back).map_or(Call::Look, Call::Ticket),
            Op::Leave(of, back, by) => {
                let patient = by.unwrap_or(*of);
                let leave = |ticket| Call::Leave { ticket, patient };
                self.ticket(*of, *back).map_or(Call::Look, leave)
            }
            Op::Publish(plan) => Call::Publish(plan.at(self.clock).into()),
            Op::Do(Call::Request(ask)) => Call::Request(self.ask_here(ask)),
            Op::Do(Call::RequestMany(asks)) => {
                Call::RequestMany(asks.iter().map(|ask| self.ask_here(ask)).collect())
            }
            Op::Do(Call::AddSlots(name, count)) => Call::AddSlots(self.here(*name), *count),
            Op::Do(Call::Withdraw(name)) => Call::Withdraw(self.here(*name)),
            Op::Do(Call::Reinstate(name)) => Call::Reinstate(self.here(*name)),
            Op::Do(call) => call.clone(),
            Op::Settle(held, by, deed) => Call::Settle {
                hold: self.name(*held),
                patient: by.unwrap_or(held.of),
                deed: match deed {
                    Deed::Exchange(name) => Deed::Exchange(self.here(*name)),
                    deed => *deed,
                },
            },
        }
    }

    fn ticket(&self, of: u8, back: usize) -> Option<usize> {
        self.book.tickets_of(of).nth(back)
    }

    /// Where there are not so many schedules, because some were struck out, counting goes round.
    fn here(&self, name: Name) -> Name {
        match self.book.schedules() {
            0 => Name::NOBODYS,
            _ if name.nth == Name::NOBODYS.nth => name,
            schedules => Name {
                nth: name.nth % schedules,
                ..name
            },
        }
    }

    fn ask_here(&self, ask: &Ask) -> Ask {
        let schedules = ask.schedules.iter().map(|&name| self.here(name)).collect();
        Ask {
            schedules,
            ..ask.clone()
        }
    }

    fn name(&self, held: Held) -> Name {
        let nth = self.book.holds_of(held.of).nth(held.back);
        nth.map_or(Name::NOBODYS, |nth| Name {
            nth,
            flip: held.flip,
        })
    }

    fn instant(&self, moment: Moment) -> u64 {
        match moment {
            Moment::Later(ms) => self.clock.saturating_add(ms),
            Moment::Earlier(ms) => self.clock.saturating_sub(ms),
            Moment::Near(edge, by) => self
                .edge(edge)
                .map_or(self.clock, |edge| edge.saturating_add_signed(by)),
        }
    }

    /// When that is, if there is such a thing.
    pub(crate) fn edge(&self, edge: Edge) -> Option<u64> {
        let hold = |held: Held| self.book.holds_of(held.of).nth(held.back);
        let hours = |nth| match self.here(Name::known(nth)) {
            Name::NOBODYS => None,
            name => Some(self.book.hours(name.nth)),
        };
        match edge {
            Edge::Expiry(held) => hold(held).map(|hold| self.book.expires_at(hold)),
            Edge::HoldForgotten(held) => hold(held).and_then(|hold| self.book.forgotten_at(hold)),
            Edge::AnswerForgotten(patient, request) => {
                self.book.answer_forgotten_at(patient, request)
            }
            Edge::Turn(patient) => self.book.next_turn_of(self.clock, patient),
            Edge::Opening(schedule) => hours(schedule).map(|[opening, _, _]| opening),
            Edge::Closing(schedule) => hours(schedule).map(|[_, closing, _]| closing),
            Edge::CancelUntil(schedule) => hours(schedule).map(|[_, _, cancel_until]| cancel_until),
            Edge::Return(nth) => self.book.returns().get(nth).copied(),
        }
    }
}

impl Plan {
    const ONE_SLOT: Self = Self {
        capacity: 1,
        opens_in: 0,
        open_for: 1_000 * DAY,
        closes_in: None,
        cancel_in: None,
        hold_ttl_ms: 1_000,
        hold_cap_ms: 1_000,
        returns: ReturnPolicy::AtOnce,
    };

    fn at(self, now: u64) -> Schedule {
        let at = |ms: u64| Timestamp::from_millis(now.saturating_add(ms));
        let day = Day::new(2026, 12, 1).expect("a day");
        let opening = Opening::first_come(at(self.opens_in));
        let starts_at = at(self.opens_in.saturating_add(self.open_for));
        let practitioner = PractitionerId::new(3);
        Schedule {
            closes_at: self.closes_in.map(at),
            cancel_until: self.cancel_in.map(at),
            hold_ttl_ms: self.hold_ttl_ms,
            hold_cap_ms: self.hold_cap_ms,
            returns: self.returns,
            ..Schedule::new(
                practitioner,
                day,
                Session::Morning,
                self.capacity,
                opening,
                starts_at,
            )
        }
    }
}

/// One line an operation: a failed case is read by a person.
impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(moment) => write!(f, "{moment:?}"),
            Self::Publish(plan) => write!(f, "{plan:?}"),
            Self::Do(Call::Request(ask)) => write!(f, "{ask:?}"),
            Self::Ticket(of, back) => write!(f, "what of p{of}'s ticket-{back}?"),
            Self::Leave(of, back, by) => {
                write!(f, "p{} leaves p{of}'s ticket-{back}", by.unwrap_or(*of))
            }
            Self::Do(call) => write!(f, "{}", one_line(call)),
            Self::Settle(held, None, deed) => write!(f, "{} of {held:?}", one_line(deed)),
            Self::Settle(held, Some(by), deed) => {
                write!(f, "{} of {held:?} by p{by}", one_line(deed))
            }
        }
    }
}

/// The ordinary form, whatever form was asked for around it.
fn one_line(value: &impl fmt::Debug) -> String {
    format!("{value:?}")
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Later(ms) => write!(f, "clock + {ms} ms"),
            Self::Earlier(ms) => write!(f, "clock - {ms} ms"),
            Self::Near(edge, by) => write!(f, "clock to {} {by:+} ms", one_line(edge)),
        }
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}'s hold", self.of)?;
        if self.back > 0 {
            write!(f, "-{}", self.back)?;
        }
        self.flip.map_or(Ok(()), |bit| write!(f, "^{bit}"))
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            capacity,
            opens_in,
            open_for,
            closes_in,
            cancel_in,
            hold_ttl_ms,
            hold_cap_ms,
            returns,
        } = *self;
        write!(
            f,
            "publish {capacity} slots, returns {returns:?}, ttl {hold_ttl_ms}, cap {hold_cap_ms}, opens in {opens_in}, for {open_for}"
        )?;
        if let Some(closes_in) = closes_in {
            write!(f, ", closes in {closes_in}")?;
        }
        cancel_in.map_or(Ok(()), |cancel_in| {
            write!(f, ", cancel until in {cancel_in}")
        })
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, p0's book has {} lines",
            one_line(&self.rules),
            self.book.holds()
        )
    }
}
