//! What to do next. An operation names what it touches by what a reader of a failed case still understands after other operations
//! were struck out ("p1's last hold but one", "1 ms before it expires"); a [`World`] makes it a call.

use std::fmt;

use fairslot::{Day, Opening, PractitionerId, Schedule, Session, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use crate::book::{Ask, Book, Call, DAY, Deed, Name, Rules};

const PATIENTS: u8 = 4;
const REQUESTS: u8 = 3;
const SCHEDULES: usize = 4;
const HOUR: u64 = 3_600_000;

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
}

/// The `back`-th last hold that this patient was given, perhaps with a bit of its id flipped.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    of: u8,
    back: usize,
    flip: Option<u32>,
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
    Opening(usize),
    Closing(usize),
    CancelUntil(usize),
}

/// A schedule, with times as seen from now.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    capacity: u32,
    opens_in: u64,
    open_for: u64,
    closes_in: Option<u64>,
    cancel_in: Option<u64>,
    hold_ttl_ms: u64,
    hold_cap_ms: u64,
}

/// The book, and the clock that it and its twin look at.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) rules: Rules,
    /// What was done before the walk began.
    pub(crate) prelude: Vec<Call>,
    pub(crate) book: Book,
    pub(crate) clock: u64,
}

impl World {
    /// With so many lines in the book of p0, all ended.
    pub(crate) fn new(rules: Rules, lines: usize) -> Self {
        let plan = Plan {
            capacity: 1,
            opens_in: 0,
            open_for: 1_000 * DAY,
            closes_in: None,
            cancel_in: None,
            hold_ttl_ms: HOUR,
            hold_cap_ms: HOUR,
        };
        let ask = Ask {
            patient: 0,
            schedules: vec![Name::known(0)],
            request: None,
            channel: None,
        };
        let release = |nth| Call::Settle {
            hold: Name::known(nth),
            patient: 0,
            deed: Deed::Release,
        };
        let publish = (lines > 0).then(|| Call::Publish(plan.at(START)));
        let ended = (0..lines).flat_map(|nth| [Call::Request(ask.clone()), release(nth)]);
        let prelude: Vec<Call> = publish.into_iter().chain(ended).collect();
        let mut book = Book::new(rules);
        for call in &prelude {
            book.call(START, call);
        }
        Self {
            rules,
            prelude,
            book,
            clock: START,
        }
    }

    /// Sets the clock, or says what to call.
    pub(crate) fn resolve(&mut self, op: &Op) -> Option<Call> {
        match op {
            Op::Clock(moment) => {
                self.clock = self.instant(*moment);
                None
            }
            Op::Publish(plan) => Some(Call::Publish(plan.at(self.clock))),
            Op::Do(Call::Request(ask)) => Some(Call::Request(self.as_of_now(ask))),
            Op::Do(Call::RequestMany(asks)) => Some(Call::RequestMany(
                asks.iter().map(|ask| self.as_of_now(ask)).collect(),
            )),
            Op::Do(call) => Some(call.clone()),
            Op::Settle(held, by, deed) => {
                let (hold, patient) = (self.name(*held), by.unwrap_or(held.of));
                Some(Call::Settle {
                    hold,
                    patient,
                    deed: *deed,
                })
            }
        }
    }

    /// The id of a schedule that doesn't exist yet is nobody's, and stays so when there is one of that number.
    fn as_of_now(&self, ask: &Ask) -> Ask {
        let mut ask = ask.clone();
        for name in ask
            .schedules
            .iter_mut()
            .filter(|name| name.nth >= self.book.schedules())
        {
            *name = Name::NOBODYS;
        }
        ask
    }

    fn name(&self, held: Held) -> Name {
        // One that doesn't exist yet, if the patient had not so many.
        let nth = self
            .book
            .holds_of(held.of)
            .get(held.back)
            .copied()
            .unwrap_or(self.book.holds());
        Name {
            nth,
            flip: held.flip,
        }
    }

    fn instant(&self, moment: Moment) -> u64 {
        let hold = |held| Some(self.name(held).nth).filter(|&nth| nth < self.book.holds());
        let hours = |schedule: usize, which: usize| {
            (schedule < self.book.schedules()).then(|| self.book.hours(schedule)[which])
        };
        match moment {
            Moment::Later(ms) => self.clock.saturating_add(ms),
            Moment::Earlier(ms) => self.clock.saturating_sub(ms),
            Moment::Near(edge, by) => match edge {
                Edge::Expiry(held) => hold(held).map(|nth| self.book.expires_at(nth)),
                Edge::HoldForgotten(held) => hold(held).and_then(|nth| self.book.forgotten_at(nth)),
                Edge::AnswerForgotten(patient, request) => {
                    self.book.answer_forgotten_at(patient, request)
                }
                Edge::Opening(schedule) => hours(schedule, 0),
                Edge::Closing(schedule) => hours(schedule, 1),
                Edge::CancelUntil(schedule) => hours(schedule, 2),
            }
            .map_or(self.clock, |edge| edge.saturating_add_signed(by)),
        }
    }

    /// Something to do here. Mostly what has a chance to work.
    pub(crate) fn ops(&self) -> BoxedStrategy<Op> {
        let schedules = self.book.schedules();
        let publish = if schedules == 0 {
            100
        } else if schedules < SCHEDULES {
            4
        } else {
            0
        };
        let withdrawn = (0..schedules).any(|schedule| self.book.is_withdrawn(schedule));
        prop_oneof![
            publish => plan().prop_map(Op::Publish),
            18 => self.moment().prop_map(Op::Clock),
            1 => (schedule(), 0u32..3).prop_map(|(name, count)| Op::Do(Call::AddSlots(name, count))),
            1 => schedule().prop_map(|name| Op::Do(Call::Withdraw(name))),
            if withdrawn { 5 } else { 1 } => schedule().prop_map(|name| Op::Do(Call::Reinstate(name))),
            28 => ask().prop_map(|ask| Op::Do(Call::Request(ask))),
            3 => prop::collection::vec(ask(), 0..5).prop_map(|asks| Op::Do(Call::RequestMany(asks))),
            3 => (0..PATIENTS, 0..REQUESTS).prop_map(|(patient, request)| Op::Do(Call::Lookup { patient, request })),
            50 => self.settling(),
            4 => Just(Op::Do(Call::Advance)),
        ]
        .boxed()
    }

    fn moment(&self) -> BoxedStrategy<Moment> {
        let held = || self.held(Deed::Release);
        let edge = prop_oneof![
            6 => held().prop_map(Edge::Expiry),
            2 => held().prop_map(Edge::HoldForgotten),
            1 => (0..PATIENTS, 0..REQUESTS).prop_map(|(patient, request)| Edge::AnswerForgotten(patient, request)),
            1 => (0..SCHEDULES).prop_map(Edge::Opening),
            1 => (0..SCHEDULES).prop_map(Edge::Closing),
            1 => (0..SCHEDULES).prop_map(Edge::CancelUntil),
        ];
        prop_oneof![
            6 => select(vec![1, 999, 1_000, 900_000]).prop_map(Moment::Later),
            1 => select(vec![HOUR, DAY - 1, DAY, DAY + 1]).prop_map(Moment::Later),
            2 => select(vec![1, 1_000, HOUR, DAY]).prop_map(Moment::Earlier),
            8 => (edge, -1..=1i64).prop_map(|(edge, by)| Moment::Near(edge, by)),
        ]
        .boxed()
    }

    fn settling(&self) -> BoxedStrategy<Op> {
        let deed = prop_oneof![
            4 => select(vec![0, 1, 999, 1_000, HOUR, DAY, u64::MAX]).prop_map(Deed::Extend),
            14 => prop::option::of(0u8..3).prop_map(Deed::Confirm),
            5 => Just(Deed::Release),
            5 => Just(Deed::Cancel),
            7 => schedule().prop_map(Deed::Exchange),
            3 => Just(Deed::CheckIn),
            2 => Just(Deed::Fulfil),
            1 => Just(Deed::NoShow),
        ];
        let world = self.clone();
        let by = prop::option::weighted(0.08, 0..PATIENTS);
        (deed, by)
            .prop_flat_map(move |(deed, by)| {
                world
                    .held(deed)
                    .prop_map(move |held| Op::Settle(held, by, deed))
            })
            .boxed()
    }

    /// A hold to do that to: mostly one that waits for it.
    fn held(&self, deed: Deed) -> BoxedStrategy<Held> {
        let suitable: Vec<Held> = (0..self.book.holds())
            .filter(|&hold| self.book.suits(hold, deed))
            .map(|hold| {
                let of = self.book.holder(hold);
                let back = self
                    .book
                    .holds_of(of)
                    .iter()
                    .position(|&h| h == hold)
                    .unwrap_or(0);
                Held {
                    of,
                    back,
                    flip: None,
                }
            })
            .collect();
        let any = (
            0..PATIENTS,
            prop_oneof![8 => 0usize..3, 2 => 0usize..12],
            prop::option::weighted(0.1, 0u32..128),
        )
            .prop_map(|(of, back, flip)| Held { of, back, flip });
        if suitable.is_empty() {
            any.boxed()
        } else {
            prop_oneof![3 => select(suitable), 1 => any].boxed()
        }
    }
}

fn schedule() -> impl Strategy<Value = Name> {
    // The lower bits count schedules: flipped, they could make the id of one that is still to come.
    let flip = prop::option::weighted(0.02, 8u32..64);
    (0..SCHEDULES, flip).prop_map(|(nth, flip)| Name { nth, flip })
}

fn ask() -> impl Strategy<Value = Ask> {
    let schedules = prop_oneof![
        6 => schedule().prop_map(|name| vec![name]),
        2 => prop::collection::vec(schedule(), 0..4),
    ];
    let request = prop::option::weighted(0.4, 0..REQUESTS);
    let channel = prop::option::weighted(0.1, 0u8..2);
    (0..PATIENTS, schedules, request, channel).prop_map(|(patient, schedules, request, channel)| {
        Ask {
            patient,
            schedules,
            request,
            channel,
        }
    })
}

fn plan() -> impl Strategy<Value = Plan> {
    let sound = (
        prop_oneof![6 => 1u32..4, 1 => 4u32..80],
        prop_oneof![5 => Just(0), 1 => select(vec![1_000, HOUR])],
        prop_oneof![6 => Just(1_000 * DAY), 1 => select(vec![0, 5_000, HOUR, 2 * DAY])],
        prop::option::weighted(0.2, select(vec![5_000, HOUR, 2 * DAY])),
        prop::option::weighted(0.2, select(vec![0, 5_000, HOUR, 2 * DAY])),
        prop_oneof![3 => select(vec![1_000, 900_000]), 1 => select(vec![1, 2 * DAY])],
        prop_oneof![3 => select(vec![1_500, HOUR]), 1 => select(vec![1, 3 * DAY])],
    )
        .prop_map(
            |(capacity, opens_in, open_for, closes_in, cancel_in, hold_ttl_ms, hold_cap_ms)| Plan {
                capacity,
                opens_in,
                open_for,
                closes_in,
                cancel_in,
                hold_ttl_ms,
                hold_cap_ms,
            },
        );
    prop_oneof![
        30 => sound.clone(),
        1 => (sound, 0..4).prop_map(|(sound, flaw)| match flaw {
            0 => Plan { capacity: 0, ..sound },
            1 => Plan { capacity: 65_536, ..sound },
            2 => Plan { hold_ttl_ms: 0, ..sound },
            _ => Plan { hold_cap_ms: 0, ..sound },
        }),
    ]
}

impl Plan {
    fn at(self, now: u64) -> Schedule {
        let at = |ms: u64| Timestamp::from_millis(now.saturating_add(ms));
        let day = Day::new(2026, 12, 1).expect("a day");
        let opening = Opening::first_come(at(self.opens_in));
        let starts_at = at(self.opens_in.saturating_add(self.open_for));
        let mut schedule = Schedule::new(
            PractitionerId::new(3),
            day,
            Session::Morning,
            self.capacity,
            opening,
            starts_at,
        );
        schedule.closes_at = self.closes_in.map(at);
        schedule.cancel_until = self.cancel_in.map(at);
        schedule.hold_ttl_ms = self.hold_ttl_ms;
        schedule.hold_cap_ms = self.hold_cap_ms;
        schedule
    }
}

/// One line an operation: a failed case is read by a person.
impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(moment) => write!(f, "{moment:?}"),
            Self::Publish(plan) => write!(f, "{plan:?}"),
            Self::Do(Call::Request(ask)) => write!(f, "{ask:?}"),
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
        } = *self;
        write!(
            f,
            "publish {capacity} slots, ttl {hold_ttl_ms}, cap {hold_cap_ms}, opens in {opens_in}, for {open_for}"
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
