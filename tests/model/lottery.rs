//! Opening by a draw against the plainest reference: it cannot know who wins, so it asks the engine once, holds that against who may, and from then on knows what every answer must be.

mod reserved;

use std::collections::BTreeMap;
use std::sync::Arc;

use fairslot::draw::verify;
use fairslot::{
    Allotment, Day, Engine, EntryWindow, Group, HoldId, Lottery, ManualClock, Opening, Outcome,
    PractitionerId, Refusal, Request, Rule, Schedule, ScheduleId, Session, TicketId, Timestamp,
};
use proptest::prelude::*;

use crate::ids::{patient_id, request_id};
use reserved::{Groups, declared, may_be};

const PATIENTS: u8 = 8;
const OPENS: u64 = 1_000;
const WINDOW: u64 = 100;
const TTL: u64 = 60;

#[derive(Debug, Clone)]
enum Op {
    Later(u64),
    /// Who, for which, by which name, and of which group.
    Ask(u8, usize, Option<u8>, Option<u8>),
    Leave(u8, usize, u8),
    Ticket(u8, usize),
    Confirm(u8, usize),
    Release(u8, usize),
    Availability(usize),
    Withdraw(usize),
    AddSlots(usize),
    Advance,
}

fn op() -> impl Strategy<Value = Op> {
    let (who, which) = (|| 0..PATIENTS, || 0..3usize);
    prop_oneof![
        3 => prop::sample::select(vec![1u64, 9, 10, 30, 50, 59, 60, 99, 100]).prop_map(Op::Later),
        9 => (who(), which(), prop::option::of(0..3u8), prop::option::weighted(0.4, 1..3u8)).prop_map(|(who, which, id, group)| Op::Ask(who, which, id, group)),
        2 => (who(), which(), who()).prop_map(|(of, which, by)| Op::Leave(of, which, if by < 2 { by } else { of })),
        2 => (who(), which()).prop_map(|(who, which)| Op::Ticket(who, which)),
        2 => (who(), which()).prop_map(|(who, which)| Op::Confirm(who, which)),
        2 => (who(), which()).prop_map(|(who, which)| Op::Release(who, which)),
        2 => which().prop_map(Op::Availability),
        1 => prop::sample::select(vec![0, 1, 2]).prop_map(Op::AddSlots),
        1 => Just(Op::Advance),
        1 => prop::bool::weighted(0.2).prop_flat_map(move |really| which().prop_map(move |which| if really { Op::Withdraw(which) } else { Op::Advance })),
    ]
}

/// What became of a ticket.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Waiting,
    Left,
    Lost(Refusal),
    Won(HoldId),
}

/// A hold that is or was somebody's.
#[derive(Debug, Clone, Copy)]
struct Held {
    id: HoldId,
    until: u64,
    booked: bool,
    released: bool,
}

struct Session1 {
    id: ScheduleId,
    /// Of a lottery; the third schedule opens first come.
    closes: Option<u64>,
    capacity: usize,
    /// For which group, if for one, and how many; the rest is open.
    reserved: &'static [(Option<u8>, usize)],
    /// Slots that the draw was for.
    bound: Option<usize>,
    /// Of which groups each has ever said to be while they entered.
    groups: BTreeMap<u8, Groups>,
    drawn: bool,
    withdrawn: bool,
    /// The latest ticket of each, and what became of it.
    tickets: BTreeMap<u8, (TicketId, Fate)>,
    held: BTreeMap<u8, Held>,
}

struct World {
    clock: Arc<ManualClock>,
    engine: Engine,
    now: u64,
    live_max: usize,
    sessions: Vec<Session1>,
    /// Tickets as they were told under a request's name.
    told: BTreeMap<(u8, u8), (ScheduleId, Outcome)>,
}

impl World {
    fn new(live_max: u32) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(OPENS)));
        let engine = Engine::builder()
            .clock(Arc::clone(&clock))
            .seed(3)
            .live_holds_max(live_max)
            .build()
            .expect("in range");
        let publish = |lottery: Option<u64>, capacity, reserved: &'static [(Option<u8>, usize)]| {
            let at = Timestamp::from_millis(OPENS);
            let opening = lottery.map_or(Opening::first_come(at), |ms| {
                Opening::Lottery(Lottery {
                    window: EntryWindow::Fixed { ms },
                    ..Lottery::new(at)
                })
            });
            let day = Day::new(2026, 12, 1).expect("a day");
            let mut schedule = Schedule::new(
                PractitionerId::new(1),
                day,
                Session::Morning,
                capacity,
                opening,
                Timestamp::from_millis(1 << 40),
            );
            schedule.hold_ttl_ms = TTL;
            let allot = |(group, slots): &(Option<u8>, usize)| Allotment {
                group: group.and_then(Group::new),
                slots: *slots as u32,
            };
            schedule.allotments = reserved.iter().map(allot).collect();
            Session1 {
                id: engine.publish(&schedule).expect("sound"),
                closes: lottery.map(|ms| OPENS + ms),
                capacity: capacity as usize,
                reserved,
                bound: None,
                groups: BTreeMap::new(),
                drawn: lottery.is_none(),
                withdrawn: false,
                tickets: BTreeMap::new(),
                held: BTreeMap::new(),
            }
        };
        let sessions = vec![
            publish(Some(WINDOW), 2, &[(Some(1), 1)]),
            publish(Some(WINDOW), 3, &[(Some(2), 1), (None, 1), (Some(1), 1)]),
            publish(None, 5, &[]),
        ];
        Self {
            clock,
            engine,
            now: OPENS,
            live_max: live_max as usize,
            sessions,
            told: BTreeMap::new(),
        }
    }

    fn has(&self, who: u8, which: usize, at: u64) -> bool {
        let held = self.sessions[which].held.get(&who);
        !self.sessions[which].withdrawn
            && held.is_some_and(|it| it.booked || !it.released && at < it.until)
    }

    fn live(&self, who: u8, at: u64) -> usize {
        let all = self.sessions.iter().filter(|it| !it.withdrawn);
        all.filter_map(|it| it.held.get(&who))
            .filter(|it| !it.booked && !it.released && at < it.until)
            .count()
    }

    fn taken(&self, which: usize) -> usize {
        (0..PATIENTS)
            .filter(|who| self.has(*who, which, self.now))
            .count()
    }

    /// Draws what is due, in the order in which it is: who won is asked of the engine, and must be as many as may.
    fn draw(&mut self) {
        for which in 0..2 {
            let closes = OPENS + WINDOW;
            let it = &self.sessions[which];
            if it.drawn || it.withdrawn || self.now < closes {
                continue;
            }
            let waiting: Vec<u8> = it
                .tickets
                .iter()
                .filter(|(_, (_, fate))| *fate == Fate::Waiting)
                .map(|(who, _)| *who)
                .collect();
            let slots = it.bound.unwrap_or(it.capacity);
            let able = |who: &u8| self.live(*who, closes) < self.live_max;
            let able: Vec<u8> = waiting.iter().copied().filter(able).collect();
            let mut won = BTreeMap::new();
            for who in &waiting {
                let (ticket, _) = self.sessions[which].tickets[who];
                match self.engine.ticket(ticket).expect("remembered") {
                    Outcome::Held(hold) => {
                        assert!(able.contains(who), "who may not have a slot has none");
                        assert_eq!(hold.expires_at.as_millis(), closes + TTL);
                        won.insert(*who, hold.id);
                    }
                    Outcome::Refused(Refusal::Rule { rule }) => {
                        assert_eq!(rule, Rule::LiveHolds);
                        assert!(!able.contains(who), "a rule was named that doesn't hold");
                    }
                    other => assert_eq!(other, Outcome::Refused(Refusal::SoldOut)),
                }
            }
            let it = &self.sessions[which];
            let groups = |who: &u8| it.groups.get(who).cloned().unwrap_or_default();
            let (winners, losers): (Vec<u8>, Vec<u8>) =
                able.iter().partition(|who| won.contains_key(*who));
            let of = |all: &[u8]| all.iter().map(groups).collect::<Vec<_>>();
            assert!(
                may_be(&declared(slots, it.reserved), &of(&winners), &of(&losers)),
                "by no order of ranks do {winners:?} win and {losers:?} lose: {:?}",
                it.groups
            );
            let transcript = self
                .engine
                .transcript(self.sessions[which].id)
                .expect("drawn");
            let verified = verify(&transcript).expect("sound");
            assert_eq!(verified.places as usize, won.len());
            let it = &mut self.sessions[which];
            it.drawn = true;
            for who in waiting {
                let entry = it.tickets.get_mut(&who).expect("it waits");
                entry.1 = match won.get(&who) {
                    Some(id) => {
                        let until = closes + TTL;
                        let (booked, released) = (false, false);
                        it.held.insert(
                            who,
                            Held {
                                id: *id,
                                until,
                                booked,
                                released,
                            },
                        );
                        Fate::Won(*id)
                    }
                    None => match self.engine.ticket(entry.0) {
                        Ok(Outcome::Refused(why)) => Fate::Lost(why),
                        other => panic!("{other:?}"),
                    },
                };
            }
        }
    }

    fn ask(&mut self, who: u8, which: usize, id: Option<u8>, group: Option<u8>) {
        let schedule = self.sessions[which].id;
        let mut request = Request::new(patient_id(who), schedule);
        if let Some(id) = id {
            request = request.id(request_id(id));
        }
        if let Some(group) = group.and_then(Group::new) {
            request = request.group(group);
        }
        let said = self.engine.request(&request);
        self.draw();
        if let Some((other, told)) = id.and_then(|id| self.told.get(&(who, id))) {
            let expected = match *other == schedule {
                true => *told,
                false => Outcome::Refused(Refusal::RequestMismatch),
            };
            assert_eq!(said, expected, "a retry");
            return;
        }
        let refused = |why| assert_eq!(said, Outcome::Refused(why));
        let rule = Refusal::Rule {
            rule: Rule::LiveHolds,
        };
        let full = self.live(who, self.now) >= self.live_max;
        let it = &self.sessions[which];
        if it.withdrawn {
            return refused(Refusal::Withdrawn);
        }
        if it.drawn {
            match () {
                () if self.has(who, which, self.now) => return refused(Refusal::AlreadyHolds),
                () if self.taken(which) >= it.capacity => return refused(Refusal::SoldOut),
                () if full => return refused(rule),
                () => {}
            }
            let Outcome::Held(hold) = said else {
                panic!("there was a slot: {said:?}")
            };
            let (until, booked, released) = (self.now + TTL, false, false);
            let held = Held {
                id: hold.id,
                until,
                booked,
                released,
            };
            self.sessions[which].held.insert(who, held);
        } else if let Some((ticket, Fate::Waiting)) = it.tickets.get(&who) {
            assert_eq!(
                said.waiting().map(|it| it.id),
                Some(*ticket),
                "the same ticket"
            );
            self.says(who, which, group);
            return;
        } else if full {
            return refused(rule);
        } else {
            let Outcome::Waiting(ticket) = said else {
                panic!("the window is open: {said:?}")
            };
            assert_eq!(
                (ticket.schedule, ticket.due.as_millis()),
                (schedule, OPENS + WINDOW)
            );
            let it = &mut self.sessions[which];
            it.bound.get_or_insert(it.capacity);
            it.tickets.insert(who, (ticket.id, Fate::Waiting));
            self.says(who, which, group);
        }
        if let Some(id) = id {
            self.told.insert((who, id), (schedule, said));
        }
    }

    /// What one says counts, whatever one says later, and also after leaving.
    fn says(&mut self, who: u8, which: usize, group: Option<u8>) {
        let groups = &mut self.sessions[which].groups;
        groups.entry(who).or_default().extend(group);
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Later(ms) => {
                self.now += ms;
                self.clock.set(Timestamp::from_millis(self.now));
            }
            Op::Ask(who, which, id, group) => self.ask(who, which, id, group),
            Op::Leave(of, which, by) => self.leave(of, which, by),
            Op::Ticket(who, which) => {
                let Some((ticket, _)) = self.sessions[which].tickets.get(&who).copied() else {
                    return;
                };
                let said = self.engine.ticket(ticket).expect("remembered");
                self.draw();
                let it = &self.sessions[which];
                match it.tickets[&who].1 {
                    _ if it.withdrawn => assert_eq!(said, Outcome::Refused(Refusal::Withdrawn)),
                    Fate::Waiting => assert_eq!(said.waiting().map(|it| it.id), Some(ticket)),
                    Fate::Left => assert_eq!(said, Outcome::Refused(Refusal::AlreadyReleased)),
                    Fate::Lost(why) => assert_eq!(said, Outcome::Refused(why)),
                    Fate::Won(hold) => assert_eq!(said.held().map(|it| it.id), Some(hold)),
                }
            }
            Op::Confirm(who, which) => {
                if let Some(held) = self.sessions[which].held.get(&who).copied()
                    && self.has(who, which, self.now)
                {
                    let booking = self.engine.confirm(held.id, patient_id(who), None);
                    assert!(booking.is_ok(), "{booking:?}");
                    self.draw();
                    self.sessions[which].held.insert(
                        who,
                        Held {
                            booked: true,
                            ..held
                        },
                    );
                }
            }
            Op::Release(who, which) => {
                if let Some(held) = self.sessions[which].held.get(&who).copied()
                    && self.has(who, which, self.now)
                    && !held.booked
                {
                    assert_eq!(self.engine.release(held.id, patient_id(who)), Ok(()));
                    self.draw();
                    self.sessions[which].held.insert(
                        who,
                        Held {
                            released: true,
                            ..held
                        },
                    );
                }
            }
            Op::Availability(which) => {
                let said = self
                    .engine
                    .availability(self.sessions[which].id)
                    .expect("published");
                self.draw();
                let it = &self.sessions[which];
                let taken = self.taken(which);
                let free = if it.withdrawn { 0 } else { it.capacity - taken };
                assert_eq!(said.free as usize, free);
                assert_eq!((said.held + said.booked) as usize, taken);
            }
            Op::Withdraw(which) => {
                // Who won can't be asked afterwards.
                self.draw();
                let said = self.engine.withdraw(self.sessions[which].id);
                assert_eq!(said.is_ok(), !self.sessions[which].withdrawn);
                self.sessions[which].withdrawn = true;
            }
            Op::AddSlots(which) => {
                let said = self.engine.add_slots(self.sessions[which].id, 1);
                self.draw();
                assert_eq!(said.is_ok(), !self.sessions[which].withdrawn);
                self.sessions[which].capacity += usize::from(said.is_ok());
            }
            Op::Advance => {
                let due = self.sessions.iter().filter(|it| !it.drawn && !it.withdrawn);
                let due = due
                    .filter(|it| it.closes.is_some_and(|at| at <= self.now))
                    .count();
                let mut drawn = 0;
                loop {
                    let bite = self.engine.advance();
                    drawn += bite.drawn;
                    if !bite.more {
                        break;
                    }
                }
                // Others may have drawn since the last time; they count too.
                assert!(drawn as usize >= due);
                self.draw();
            }
        }
    }

    fn leave(&mut self, of: u8, which: usize, by: u8) {
        let Some((ticket, _)) = self.sessions[which].tickets.get(&of).copied() else {
            return;
        };
        let said = self.engine.leave(ticket, patient_id(by));
        self.draw();
        let it = &mut self.sessions[which];
        let entry = it.tickets.get_mut(&of).expect("it was there");
        let expected = match entry.1 {
            _ if by != of => Err(Refusal::NotYours),
            _ if it.withdrawn => Err(Refusal::Withdrawn),
            Fate::Waiting => Ok(()),
            Fate::Left => Err(Refusal::AlreadyReleased),
            Fate::Lost(_) | Fate::Won(_) => Err(Refusal::WrongState),
        };
        assert_eq!(said, expected);
        if said.is_ok() {
            entry.1 = Fate::Left;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_opens_by_the_draw(ops in prop::collection::vec(op(), 1..120), live_max in prop_oneof![Just(1u32), Just(2), Just(u32::MAX)]) {
        let mut world = World::new(live_max);
        for op in &ops {
            world.step(op);
            let audit = world.engine.audit();
            prop_assert!(audit.is_consistent(), "{audit:?} after {op:?}");
        }
        world.now += 10_000;
        world.clock.set(Timestamp::from_millis(world.now));
        world.draw();
    }
}
