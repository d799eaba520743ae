//! The engine with a quota on giving up: what counts, from when on, and how often? Held against a clerk's list of days.
//!
//! What an engine thinks of somebody is asked for by a draw that they alone enter: its list says whether they are a suspect.

use std::collections::BTreeMap;
use std::sync::Arc;

use fairslot::line::Quota;
use fairslot::{
    Behaviour, Booking, ChannelId, Day, DeviceId, Engine, EngineBuilder, EntryWindow, Hold,
    Lottery, ManualClock, Opening, PractitionerId, Refusal, Request, Schedule, ScheduleId, Session,
};
use proptest::prelude::*;

use crate::returns::{DAY, MINUTE, START, plan};
use crate::{at, who};

const TTL: u64 = 15 * MINUTE;
const PEOPLE: u64 = 3;
const SCHEDULES: usize = 3;

/// Short ones, so that a walk meets their ends.
const QUOTA: Quota = Quota {
    window_days: 3,
    weight_ppm: 200_000,
    rest_days: 7,
    people: 1_024,
};

/// What a clerk writes down of a hold.
enum Paper {
    Held(Hold),
    Booked(Booking),
    /// Nothing more can come of it.
    Over,
}

struct Desk {
    engine: Engine,
    clock: Arc<ManualClock>,
    now: u64,
    schedules: Vec<ScheduleId>,
    /// The latest of each person and schedule.
    papers: BTreeMap<(u64, usize), Paper>,
    /// Days on which something was given up, of holds that can't be confirmed any more.
    given_up: Vec<(u64, u64)>,
}

impl Desk {
    fn new(quota: Quota) -> Self {
        Self::of(Engine::builder().cancel_quota(quota))
    }

    fn of(builder: EngineBuilder) -> Self {
        let clock = Arc::new(ManualClock::new(at(START)));
        let builder = builder.clock(Arc::clone(&clock)).seed(7).live_holds_max(9);
        let engine = builder.build().expect("in range");
        let publish = |returns| {
            let mut plan = plan(2, returns);
            plan.starts_at = at(START + 3_000 * DAY);
            engine.publish(&plan).expect("a sound schedule")
        };
        let schedules = (0..SCHEDULES)
            .map(|nth| {
                publish(match nth {
                    0 => fairslot::ReturnPolicy::Draw,
                    _ => fairslot::ReturnPolicy::AtOnce,
                })
            })
            .collect();
        Self {
            engine,
            clock,
            now: START,
            schedules,
            papers: BTreeMap::new(),
            given_up: Vec::new(),
        }
    }

    fn later(&mut self, ms: u64) {
        self.now += ms;
        self.clock.set(at(self.now));
    }

    fn hold(&mut self, person: u64, which: usize) {
        let asked = self
            .engine
            .request(&Request::new(who(person), self.schedules[which]));
        if let Some(hold) = asked.held()
            && let Some(Paper::Held(before)) =
                self.papers.insert((person, which), Paper::Held(hold))
        {
            // It had run out, and nobody will confirm it any more.
            assert!(before.expires_at.as_millis() <= self.now);
            let day = before.expires_at.as_millis() / DAY;
            self.given_up.push((person, day));
        }
    }

    fn confirm(&mut self, person: u64, which: usize) {
        let Some(Paper::Held(hold)) = self.papers.get(&(person, which)) else {
            return;
        };
        let runs_out = hold.expires_at.as_millis();
        let paper = match self.engine.confirm(hold.id, who(person), None) {
            Ok(booking) => Paper::Booked(booking.wait().expect("no journal")),
            Err(why) => {
                assert!(self.now >= runs_out, "{why}");
                // Nothing is known of it any more a day later.
                assert!(matches!(why, Refusal::RefundDue | Refusal::UnknownHold));
                self.given_up.push((person, runs_out / DAY));
                Paper::Over
            }
        };
        self.papers.insert((person, which), paper);
    }

    fn release(&mut self, person: u64, which: usize) {
        if let Some(Paper::Held(hold)) = self.papers.get(&(person, which)) {
            let released = self.engine.release(hold.id, who(person));
            let in_time = self.now < hold.expires_at.as_millis();
            assert_eq!(released.is_ok(), in_time);
            if in_time {
                self.papers.insert((person, which), Paper::Over);
            }
        }
    }

    fn cancel(&mut self, person: u64, which: usize) {
        if let Some(Paper::Booked(booking)) = self.papers.get(&(person, which)) {
            let cancelled = self.engine.cancel(booking.id, who(person));
            assert!(cancelled.is_ok(), "{cancelled:?}");
            self.papers.insert((person, which), Paper::Over);
            self.given_up.push((person, self.now / DAY));
        }
    }

    /// What the clerk's list says: whether they gave up too much lately.
    fn is_heavy(&self, person: u64, quota: Quota) -> bool {
        let ran_out = self.papers.iter().filter_map(|((whose, _), paper)| {
            let Paper::Held(hold) = paper else {
                return None;
            };
            let until = hold.expires_at.as_millis();
            (*whose == person && until <= self.now).then_some(until / DAY)
        });
        let noted = self.given_up.iter().filter(|it| it.0 == person);
        let mut days: Vec<u64> = ran_out.chain(noted.map(|it| it.1)).collect();
        days.sort_unstable();
        days.reverse();
        let today = self.now / DAY;
        let (window, rest) = (quota.window_days.into(), quota.rest_days.into());
        let twice = days.get(1).is_some_and(|day| today - day < window);
        let rests = |of: &[u64]| of[0] - of[2] < window && today - of[0] < rest;
        let thrice = days.windows(3).any(rests);
        twice || thrice
    }

    /// What the engine says, by a draw of their own, which costs a millisecond.
    fn is_suspect(&mut self, person: u64) -> bool {
        self.is_suspect_through(person, &[|request| request])
    }

    /// The same for who enters it in several ways.
    fn is_suspect_through(&mut self, person: u64, ways: &[fn(Request) -> Request]) -> bool {
        let lottery = Lottery {
            window: EntryWindow::Fixed { ms: 1 },
            ..Lottery::new(at(self.now))
        };
        let day = Day::new(2026, 12, 1).expect("a day");
        let (doctor, starts_at) = (PractitionerId::new(4), at(START + 3_000 * DAY));
        let opening = Opening::Lottery(lottery);
        let plan = Schedule::new(doctor, day, Session::Morning, 1, opening, starts_at);
        let schedule = self.engine.publish(&plan).expect("a sound schedule");
        let enter = |way: &fn(Request) -> Request| {
            let entered = self
                .engine
                .request(&way(Request::new(who(person), schedule)));
            entered.waiting().expect("a place in the draw")
        };
        let tickets: Vec<_> = ways.iter().map(enter).collect();
        let ticket = tickets[0];
        self.later(1);
        let won = self.engine.ticket(ticket.id).expect("remembered").held();
        let transcript = self.engine.transcript(schedule).expect("drawn");
        let verified = fairslot::draw::verify(&transcript);
        assert!(verified.is_ok(), "{verified:?}");
        // Nobody is left out: the only one who wants it has it.
        let hold = won.expect("nobody else is in");
        self.engine.release(hold.id, who(person)).expect("held");
        let [leaf] = &transcript.leaves[..] else {
            panic!("they alone are in: {transcript:?}");
        };
        leaf.suspicion >= lottery.suspect_at
    }

    fn check(&mut self, person: u64, quota: Quota) {
        let suspect = self.is_suspect(person);
        assert_eq!(suspect, self.is_heavy(person, quota), "person {person}");
    }
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Hold(u64, usize),
    Confirm(u64, usize),
    Release(u64, usize),
    Cancel(u64, usize),
    Later(u64),
    Advance,
    Check(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let which = || (1..=PEOPLE, 0..SCHEDULES);
    prop_oneof![
        6 => which().prop_map(|(who, which)| Op::Hold(who, which)),
        3 => which().prop_map(|(who, which)| Op::Confirm(who, which)),
        1 => which().prop_map(|(who, which)| Op::Release(who, which)),
        2 => which().prop_map(|(who, which)| Op::Cancel(who, which)),
        2 => (1..TTL).prop_map(Op::Later),
        // To the very end of a hold that has just begun.
        3 => Just(Op::Later(TTL)),
        3 => (1..5 * DAY / 2).prop_map(Op::Later),
        2 => Just(Op::Advance),
        5 => (1..=PEOPLE).prop_map(Op::Check),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each hold that ran out and each cancellation once, for its own day, whoever noticed and when.
    #[test]
    fn what_counts_is_what_a_clerk_s_list_says(ops in prop::collection::vec(op(), 1..120)) {
        let mut desk = Desk::new(QUOTA);
        for op in ops {
            match op {
                Op::Hold(who, which) => desk.hold(who, which),
                Op::Confirm(who, which) => desk.confirm(who, which),
                Op::Release(who, which) => desk.release(who, which),
                Op::Cancel(who, which) => desk.cancel(who, which),
                Op::Later(ms) => desk.later(ms),
                Op::Advance => _ = desk.engine.advance(),
                Op::Check(who) => desk.check(who, QUOTA),
            }
        }
        (1..=PEOPLE).for_each(|who| desk.check(who, QUOTA));
        let audit = desk.engine.audit();
        prop_assert!(audit.is_consistent(), "{audit:?}");
    }
}

/// Two that run out are as good as two cancellations, from the millisecond on in which the second does.
#[test]
fn a_hold_that_runs_out_counts_from_its_millisecond_on() {
    for advance in [false, true] {
        let mut desk = Desk::new(Quota::default());
        desk.hold(1, 0);
        desk.later(2);
        desk.hold(1, 1);
        // The draw that asks takes a millisecond: it closes one before the deadline, then at it.
        for expected in [false, true] {
            let end = START + TTL + u64::from(expected);
            desk.later(end - desk.now);
            if advance {
                desk.engine.advance();
            }
            assert_eq!(desk.is_suspect(1), expected);
        }
        // Days later each still counts once, and for its own day.
        desk.later(20 * DAY);
        while advance && desk.engine.advance().more {}
        assert!(desk.is_suspect(1));
        desk.later(10 * DAY);
        assert!(!desk.is_suspect(1));
    }
}

/// What one should do with a hold that one doesn't want costs nothing, nor does paying late what nobody else has, nor what the hospital does.
#[test]
fn releases_late_payments_and_withdrawals_cost_nothing() {
    let mut desk = Desk::new(Quota::default());
    for which in 1..SCHEDULES {
        desk.hold(1, which);
        desk.release(1, which);
        desk.hold(2, which);
        desk.hold(3, which);
    }
    desk.later(TTL);
    for which in 1..SCHEDULES {
        desk.confirm(2, which);
        assert!(matches!(desk.papers[&(2, which)], Paper::Booked(_)));
    }
    assert!(!desk.is_suspect(1) && !desk.is_suspect(2));
    // The third let two run out.
    assert!(desk.is_suspect(3));
    let mut desk = Desk::new(Quota::default());
    for which in 0..SCHEDULES {
        desk.hold(1, which);
        assert_eq!(desk.engine.withdraw(desk.schedules[which]), Ok(1));
    }
    desk.later(TTL);
    assert!(!desk.is_suspect(1));
}

/// Who was given a hold by a draw that nobody made in time, so that it had run out when it was given, can't have known of it.
#[test]
fn what_ran_out_before_it_was_given_is_held_against_nobody() {
    for stands_still in [false, true] {
        let mut desk = Desk::new(Quota::default());
        let lottery = Lottery {
            window: EntryWindow::Fixed { ms: 1 },
            ..Lottery::new(at(desk.now))
        };
        let draws = [0, 1].map(|_| {
            let day = Day::new(2026, 12, 1).expect("a day");
            let (doctor, starts_at) = (PractitionerId::new(4), at(START + 3_000 * DAY));
            let opening = Opening::Lottery(lottery);
            let plan = Schedule::new(doctor, day, Session::Morning, 1, opening, starts_at);
            desk.engine.publish(&plan).expect("a sound schedule")
        });
        for schedule in draws {
            let entered = desk.engine.request(&Request::new(who(1), schedule));
            entered.waiting().expect("a place in the draw");
        }
        if !stands_still {
            desk.later(1);
            assert_eq!(desk.engine.advance().drawn, 2);
        }
        desk.later(2 * TTL);
        desk.engine.advance();
        // Also once the records are forgotten.
        for _ in 0..2 {
            assert_eq!(desk.is_suspect(1), !stands_still);
            desk.later(3 * DAY);
            while desk.engine.advance().more {}
        }
    }
}

/// It is the person's own doing: neither a device that nothing is known of takes it off, nor a counter of the hospital's.
#[test]
fn no_way_in_washes_it_off() {
    let clean: fn(Request) -> Request = |request| request.device(DeviceId::new(500));
    let other: fn(Request) -> Request = |request| request.device(DeviceId::new(501));
    let counter: fn(Request) -> Request = |request| request.channel(ChannelId::new(9));
    let builder = Engine::builder()
        .behaviour(Behaviour::default())
        .trusted_channels([ChannelId::new(9)])
        .cancel_quota(Quota::default());
    let mut desk = Desk::of(builder);
    (1..SCHEDULES).for_each(|which| desk.hold(1, which));
    desk.later(TTL);
    for ways in [
        &[clean][..],
        &[clean, other],
        &[clean, counter],
        &[counter],
        &[counter, other, clean],
    ] {
        assert!(desk.is_suspect_through(1, ways));
        assert!(!desk.is_suspect_through(2, ways));
    }
}

/// A weight of one is none the less, and a rest weighs at an opening as the second time does.
#[test]
fn an_opening_knows_one_weight() {
    let light = Quota {
        weight_ppm: 1_000_000,
        ..Quota::default()
    };
    for (quota, lapses, expected) in [
        (light, 2, false),
        (light, 3, true),
        (Quota::default(), 2, true),
        (Quota::default(), 3, true),
    ] {
        let mut desk = Desk::new(quota);
        (0..lapses).for_each(|which| desk.hold(1, which));
        desk.later(TTL);
        assert_eq!(desk.is_suspect(1), expected);
    }
}
