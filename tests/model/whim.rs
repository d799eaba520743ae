//! What a walk does next, at random and not quite: mostly what has a chance to work, near the instants at which answers change, with few
//! patients, requests and schedules, so that they meet.

use fairslot::ReturnPolicy;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use crate::book::{Ask, Call, DAY, Deed, Name, Rules, Stage};
use crate::op::{Edge, Held, Moment, Op, Plan, World};

/// Those who can be drawn are more than those who can't.
pub(crate) const PATIENTS: u8 = 6;
const REQUESTS: u8 = 3;
const SCHEDULES: usize = 10;
const HOUR: u64 = DAY / 24;
/// How many of the latest holds are thought of.
const RECENT: usize = 40;
/// How far the clock is set to meet something: not so far that every schedule is past.
const SIGHT: u64 = 3 * DAY;

impl World {
    pub(crate) fn whim(&self) -> BoxedStrategy<Op> {
        let schedules = self.book.schedules();
        let publish = match self.inviting().len() {
            0 if schedules < SCHEDULES => 100,
            1 | 2 if schedules < SCHEDULES => 10,
            _ => 0,
        };
        let withdrawn = (0..schedules).any(|schedule| self.book.is_withdrawn(schedule));
        let request = (self.patient(), 0..REQUESTS);
        let (draws, ticket) = (self.rules.draws, (self.patient(), 0..3usize));
        let by = prop::option::weighted(0.2, self.patient());
        let hospital = prop_oneof![
            1 => (self.schedule(), 0u32..3).prop_map(|(name, count)| Op::Do(Call::AddSlots(name, count))),
            1 => self.schedule().prop_map(|name| Op::Do(Call::Withdraw(name))),
            if withdrawn { 4 } else { 1 } => self.any_schedule().prop_map(|name| Op::Do(Call::Reinstate(name))),
        ];
        let line = prop_oneof![
            1 => ticket.clone().prop_map(|(of, back)| Op::Ticket(of, back)),
            2 => (ticket, by).prop_map(|((of, back), by)| Op::Leave(of, back, by)),
        ];
        prop_oneof![
            publish => plan(draws).prop_map(Op::Publish),
            16 => self.moment().prop_map(Op::Clock),
            if withdrawn { 6 } else { 3 } => hospital,
            26 => self.ask().prop_map(|ask| Op::Do(Call::Request(ask))),
            3 => prop::collection::vec(self.ask(), 0..5).prop_map(|asks| Op::Do(Call::RequestMany(asks))),
            2 => request.prop_map(|(patient, request)| Op::Do(Call::Lookup { patient, request })),
            40 => self.settling(),
            4 => Just(Op::Do(Call::Advance)),
            if draws { 6 } else { 0 } => line,
        ]
        .boxed()
    }

    fn patient(&self) -> std::ops::Range<u8> {
        0..if self.rules.draws { PATIENTS } else { 4 }
    }

    fn now(&self) -> u64 {
        self.book.now(self.clock)
    }

    /// Schedules that give slots away now.
    fn inviting(&self) -> Vec<Name> {
        let now = self.now();
        let invites = |&schedule: &usize| {
            let [opening, closing, _] = self.book.hours(schedule);
            (opening..closing).contains(&now) && !self.book.is_withdrawn(schedule)
        };
        (0..self.book.schedules())
            .filter(invites)
            .map(Name::known)
            .collect()
    }

    fn schedule(&self) -> BoxedStrategy<Name> {
        self.mostly(self.inviting())
    }

    /// Where this patient has no slot yet.
    fn elsewhere(&self, patient: u8) -> BoxedStrategy<Name> {
        let mut inviting = self.inviting();
        inviting.retain(|name| !self.book.has_slot(self.now(), patient, name.nth));
        self.mostly(inviting)
    }

    fn mostly(&self, these: Vec<Name>) -> BoxedStrategy<Name> {
        if these.is_empty() {
            return self.any_schedule();
        }
        prop_oneof![4 => select(these), 1 => self.any_schedule()].boxed()
    }

    /// Or one that isn't there.
    fn any_schedule(&self) -> BoxedStrategy<Name> {
        let nth = prop_oneof![6 => 0..self.book.schedules().max(1), 1 => Just(Name::NOBODYS.nth)];
        // The lower bits of place and generation count: flipped, they could make the id of one that is still to come.
        let flip = prop::option::weighted(0.05, prop_oneof![4u32..21, 29u32..64]);
        (nth, flip)
            .prop_map(|(nth, flip)| Name { nth, flip })
            .boxed()
    }

    fn ask(&self) -> BoxedStrategy<Ask> {
        let schedules = prop_oneof![
            5 => self.schedule().prop_map(|name| vec![name]),
            2 => prop::collection::vec(self.schedule(), 0..4),
        ];
        let request = prop::option::weighted(0.4, 0..REQUESTS);
        let channel = prop::option::weighted(0.1, 0u8..2);
        let key = || prop::option::weighted(0.3, 0u8..2);
        let keys = [key(), key(), key()];
        let waitlist = prop::bool::weighted(if self.rules.draws { 0.6 } else { 0.2 });
        (self.patient(), schedules, request, channel, keys, waitlist)
            .prop_map(
                |(patient, schedules, request, channel, keys, waitlist)| Ask {
                    patient,
                    schedules,
                    request,
                    channel,
                    keys,
                    waitlist,
                },
            )
            .boxed()
    }

    /// The latest holds, as operations name them.
    fn recent(&self) -> Vec<(Held, Stage)> {
        let mut given = [0; PATIENTS as usize];
        let named = |hold| {
            let of = self.book.holder(hold);
            let back = given[usize::from(of)];
            given[usize::from(of)] += 1;
            (
                Held {
                    of,
                    back,
                    flip: None,
                },
                self.book.stage(hold),
            )
        };
        (0..self.book.holds())
            .rev()
            .take(RECENT)
            .map(named)
            .collect()
    }

    fn moment(&self) -> BoxedStrategy<Moment> {
        let recent = self.recent();
        let holds = |over| {
            let is_over = |stage| matches!(stage, Stage::RanOut | Stage::Over);
            recent
                .iter()
                .filter(move |(_, stage)| is_over(*stage) == over)
                .map(|(held, _)| *held)
        };
        let expiries: Vec<Edge> = holds(false).map(Edge::Expiry).collect();
        let requests = self
            .patient()
            .flat_map(|patient| (0..REQUESTS).map(move |request| (patient, request)));
        let answers = requests.map(|(patient, request)| Edge::AnswerForgotten(patient, request));
        let memories: Vec<Edge> = holds(true)
            .map(Edge::HoldForgotten)
            .chain(answers)
            .collect();
        let hours = |schedule| {
            [
                Edge::Opening(schedule),
                Edge::Closing(schedule),
                Edge::CancelUntil(schedule),
            ]
        };
        let hours: Vec<Edge> = (0..self.book.schedules()).flat_map(hours).collect();
        let turns = self.patient().map(Edge::Turn).collect();
        let returns = (0..self.book.returns().len()).map(Edge::Return).collect();

        let mut moments = vec![
            (
                6,
                select(vec![1, 999, 1_000, 900_000])
                    .prop_map(Moment::Later)
                    .boxed(),
            ),
            (
                1,
                select(vec![HOUR, DAY - 1, DAY, DAY + 1])
                    .prop_map(Moment::Later)
                    .boxed(),
            ),
            (
                2,
                select(vec![1, 1_000, HOUR, DAY])
                    .prop_map(Moment::Earlier)
                    .boxed(),
            ),
        ];
        for (weight, mut edges) in [
            (6, expiries),
            (1, memories),
            (1, hours),
            (3, turns),
            (6, returns),
        ] {
            edges.retain(|&edge| {
                self.edge(edge)
                    .is_some_and(|at| at.abs_diff(self.now()) <= SIGHT)
            });
            if !edges.is_empty() {
                let near = (select(edges), -1..=1i64).prop_map(|(edge, by)| Moment::Near(edge, by));
                moments.push((weight, near.boxed()));
            }
        }
        Union::new_weighted(moments).boxed()
    }

    /// Mostly what a hold waits for.
    fn settling(&self) -> BoxedStrategy<Op> {
        let recent = self.recent();
        let mut held: Vec<Held> = recent.iter().map(|(held, _)| *held).collect();
        held.push(Held {
            of: 0,
            back: usize::MAX,
            flip: None,
        });
        let flip = prop::option::weighted(0.1, 0u32..128);
        let by = prop::option::weighted(0.25, self.patient());
        let any = (select(held), flip, by, self.any_deed())
            .prop_map(|(held, flip, by, deed)| Op::Settle(Held { flip, ..held }, by, deed));
        let mut waiting = Vec::new();
        for (held, stage) in recent {
            let weight = if stage == Stage::RanOut { 1 } else { 3 };
            let settle = move |deed| Op::Settle(held, None, deed);
            waiting.extend(
                self.deed(held.of, stage)
                    .map(|deed| (weight, deed.prop_map(settle).boxed())),
            );
        }
        if waiting.is_empty() {
            any.boxed()
        } else {
            prop_oneof![3 => Union::new_weighted(waiting), 1 => any].boxed()
        }
    }

    /// What may become of it.
    fn deed(&self, patient: u8, stage: Stage) -> Option<BoxedStrategy<Deed>> {
        Some(match stage {
            Stage::Held => {
                prop_oneof![8 => confirm(), 3 => extend(), 3 => Just(Deed::Release)].boxed()
            }
            Stage::Booked => prop_oneof![
                4 => self.elsewhere(patient).prop_map(Deed::Exchange),
                3 => self.cancel(),
                1 => confirm(),
                2 => Just(Deed::CheckIn),
                1 => Just(Deed::NoShow),
            ]
            .boxed(),
            Stage::CheckedIn => Just(Deed::Fulfil).boxed(),
            Stage::RanOut => confirm().boxed(),
            Stage::Over => return None,
        })
    }

    /// Some through a channel that has a way of its own.
    fn cancel(&self) -> impl Strategy<Value = Deed> + use<> {
        let most = if self.rules.draws {
            Rules::THROUGH.len()
        } else {
            1
        };
        prop::option::weighted(0.3, 0..most + 1).prop_map(move |nth| {
            let through = |nth: usize| match nth < most {
                true => Rules::THROUGH[nth].0,
                false => 0,
            };
            Deed::Cancel(nth.map(through))
        })
    }

    fn any_deed(&self) -> BoxedStrategy<Deed> {
        let plain = vec![
            Deed::Release,
            Deed::Cancel(None),
            Deed::CheckIn,
            Deed::Fulfil,
            Deed::NoShow,
        ];
        prop_oneof![5 => select(plain), 1 => extend(), 2 => confirm(), 2 => self.schedule().prop_map(Deed::Exchange)].boxed()
    }
}

fn confirm() -> impl Strategy<Value = Deed> {
    prop::option::of(0u8..3).prop_map(Deed::Confirm)
}

fn extend() -> impl Strategy<Value = Deed> {
    select(vec![0, 1, 999, 1_000, HOUR, DAY, u64::MAX]).prop_map(Deed::Extend)
}

/// How slots return: where there are no draws mostly at once.
fn returns(draws: bool) -> impl Strategy<Value = ReturnPolicy> + Clone {
    let rest = vec![
        ReturnPolicy::Delay { ms: 1 },
        ReturnPolicy::Delay { ms: 5_000 },
        ReturnPolicy::NextOpening,
        ReturnPolicy::Never,
    ];
    prop_oneof![
        if draws { 1 } else { 4 } => Just(ReturnPolicy::AtOnce),
        1 => select(rest),
        if draws { 6 } else { 0 } => Just(ReturnPolicy::Draw),
    ]
}

fn plan(draws: bool) -> impl Strategy<Value = Plan> {
    let sound = (
        prop_oneof![6 => 1u32..4, 1 => 4u32..80],
        prop_oneof![2 => Just(0), 1 => select(vec![1_000, HOUR])],
        prop_oneof![6 => Just(1_000 * DAY), 1 => select(vec![0, 5_000, HOUR, 2 * DAY])],
        prop::option::weighted(0.2, select(vec![5_000, HOUR, 2 * DAY])),
        prop::option::weighted(0.2, select(vec![0, 5_000, HOUR, 2 * DAY])),
        prop_oneof![3 => select(vec![1_000, 900_000]), 1 => select(vec![1, 2 * DAY])],
        prop_oneof![3 => select(vec![1_500, HOUR]), 1 => select(vec![1, 3 * DAY])],
        returns(draws),
    )
        .prop_map(
            |(
                capacity,
                opens_in,
                open_for,
                closes_in,
                cancel_in,
                hold_ttl_ms,
                hold_cap_ms,
                returns,
            )| {
                // An hour that ends before it began is not sound.
                let closes_in = closes_in.map(|ms| opens_in.max(ms));
                Plan {
                    capacity,
                    opens_in,
                    open_for,
                    closes_in,
                    cancel_in,
                    hold_ttl_ms,
                    hold_cap_ms,
                    returns,
                }
            },
        );
    prop_oneof![
        30 => sound.clone(),
        1 => (sound, 0..6).prop_map(|(sound, flaw)| match flaw {
            0 => Plan { capacity: 0, ..sound },
            1 => Plan { capacity: 65_536, ..sound },
            2 => Plan { opens_in: HOUR, closes_in: Some(HOUR - 1), ..sound },
            3 => Plan { hold_ttl_ms: 0, ..sound },
            4 => Plan { returns: ReturnPolicy::Delay { ms: 0 }, ..sound },
            _ => Plan { hold_cap_ms: 0, ..sound },
        }),
    ]
}
