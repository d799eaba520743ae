//! Who loses a draw and would wait goes on to the waitlist by the same ticket: who, in which order, and what is told. And whose session was called off goes ahead there.

use std::collections::BTreeMap;

use fairslot::draw::Transcript;
use fairslot::line::WaitlistPolicy;
use fairslot::{
    BookingId, DepartmentId, Hold, HospitalId, Line, Opening, Outcome, Refusal, Request, RequestId,
    ReturnPolicy, Rule, Schedule, ScheduleId, Ticket, Timestamp, What,
};
use proptest::prelude::*;

use crate::plain;
use crate::together::{Morning, OPENS, lottery, plan, who};

const DAY: u64 = 86_400_000;

fn with_room(capacity: u32) -> Morning {
    let policy = WaitlistPolicy {
        capacity,
        ..WaitlistPolicy::default()
    };
    Morning::with(3, |it| it.waitlist(policy).live_holds_max(2))
}

fn returning(slots: u32) -> Schedule {
    Schedule {
        returns: ReturnPolicy::Draw,
        ..plan(slots, lottery())
    }
}

fn first_come(slots: u32) -> Schedule {
    Schedule {
        opening: Opening::first_come(Timestamp::from_millis(0)),
        starts_at: OPENS.after(9 * DAY),
        ..returning(slots)
    }
}

impl Morning {
    fn put(&self, plan: &Schedule) -> ScheduleId {
        self.engine.publish(plan).expect("sound")
    }

    fn tell(&self, request: &Request) -> Ticket {
        let said = self.engine.request(request);
        said.waiting().unwrap_or_else(|| panic!("{said:?}"))
    }

    fn book(&self, hold: &Hold, patient: u64) -> BookingId {
        let booking = self.engine.confirm(hold.id, who(patient), None);
        booking.expect("held").wait().expect("durable").id
    }

    fn cancel(&self, booking: BookingId, patient: u64) {
        assert!(self.engine.cancel(booking, who(patient)).is_ok());
    }

    /// Until something returns.
    fn until_returned(&self) {
        self.engine.advance();
        let returned = (0..1_440).any(|_| {
            self.clock.pass(60_000);
            self.engine.advance().returned > 0
        });
        assert!(returned);
    }
}

/// Whose turn is when, by the published transcript.
fn turn(transcript: &Transcript, token: &fairslot::draw::Token) -> u128 {
    plain::number(plain::RANK, &transcript.lot, token)
}

#[test]
fn who_would_wait_waits_on_by_the_same_ticket_and_who_would_not_has_lost() {
    let morning = with_room(10);
    let schedule = morning.put(&returning(1));
    morning.at(0);
    let events = morning.engine.observe(64);
    let name = RequestId::from_text("1");
    let ask = |n| Request::new(who(n), schedule).id(name);
    let would = [1, 2, 3].map(|n| morning.tell(&ask(n).waitlist()));
    let not = [4, 5, 6].map(|n| morning.tell(&ask(n)));
    // Who says so later, says so.
    assert_eq!(
        morning.tell(&Request::new(who(6), schedule).waitlist()),
        not[2]
    );
    let mut waits = would.map(|it| morning.engine.wait(&it));
    for wait in &mut waits {
        assert!(wait.wait_timeout(std::time::Duration::ZERO).is_none());
    }
    morning.close();
    let all: Vec<&Ticket> = would.iter().chain(&not).collect();
    let closes_at = OPENS.after(DAY);
    let mut on_it = Vec::new();
    let mut winner = None;
    for (n, ticket) in (1u64..).zip(&all) {
        match morning.became(ticket) {
            Outcome::Held(hold) => winner = Some((n, hold)),
            Outcome::Waiting(now) => {
                let expected = Ticket {
                    line: Line::Waitlist,
                    due: closes_at,
                    ..**ticket
                };
                assert_eq!(now, expected);
                on_it.push(n);
                // The answer to the request was another.
                let lookup = morning.engine.lookup(who(n), name);
                assert_eq!(lookup, Ok(Outcome::Waiting(**ticket)));
                let again = Request::new(who(n), schedule).waitlist();
                assert_eq!(morning.engine.request(&again), Outcome::Waiting(now));
            }
            said => assert_eq!(said, Outcome::Refused(Refusal::SoldOut)),
        }
    }
    let (n, hold) = winner.expect("one slot");
    let would_wait: Vec<u64> = [1, 2, 3, 6].into_iter().filter(|it| *it != n).collect();
    assert_eq!(on_it, would_wait);
    let told: Vec<_> = std::iter::from_fn(|| events.next()).collect();
    let drawn = told
        .iter()
        .position(|it| matches!(it.what, What::Drawn { .. }));
    let after = &told[drawn.expect("it was drawn") + 1..];
    let entered = after.iter().map(|it| (it.patient, it.what));
    let mut expected: Vec<_> = on_it
        .iter()
        .map(|n| {
            (
                Some(who(*n)),
                What::Entered {
                    ticket: all[*n as usize - 1].id,
                },
            )
        })
        .collect();
    let key = |it: &(_, What)| format!("{it:?}");
    expected.sort_by_key(key);
    let mut entered: Vec<_> = entered.collect();
    entered.sort_by_key(key);
    assert_eq!(entered, expected);
    assert_eq!(morning.engine.stats().waiting, 6);
    morning.audit();
    // One leaves; of the others one has what comes back.
    let leaver = on_it[0];
    assert_eq!(
        morning
            .engine
            .leave(all[leaver as usize - 1].id, who(leaver)),
        Ok(())
    );
    morning.cancel(morning.book(&hold, n), n);
    morning.until_returned();
    let held = on_it
        .iter()
        .filter(|it| morning.became(all[**it as usize - 1]).held().is_some());
    assert_eq!(held.count(), 1);
    let left = morning.became(all[leaver as usize - 1]);
    assert_eq!(left, Outcome::Refused(Refusal::AlreadyReleased));
    let decided = waits
        .into_iter()
        .filter_map(|mut it| it.wait_timeout(std::time::Duration::ZERO));
    assert!(decided.count() >= 1);
    morning.audit();
    // Called off, nobody waits any more.
    assert!(morning.engine.withdraw(schedule).is_ok());
    for ticket in &all {
        assert_eq!(morning.became(ticket), Outcome::Refused(Refusal::Withdrawn));
    }
    morning.audit();
}

#[test]
fn who_lost_by_a_rule_does_not_go_on() {
    let morning = with_room(10);
    let schedule = morning.put(&returning(1));
    let elsewhere = [(); 2].map(|()| morning.put(&first_come(9)));
    morning.at(0);
    let tickets: Vec<Ticket> = (0..8)
        .map(|n| morning.tell(&Request::new(who(n), schedule).waitlist()))
        .collect();
    for n in 0..7 {
        for schedule in elsewhere {
            assert!(morning.ask(n, &[schedule]).held().is_some());
        }
    }
    morning.close();
    assert!(morning.became(&tickets[7]).held().is_some());
    let rule = Refusal::Rule {
        rule: Rule::LiveHolds,
    };
    let transcript = morning.transcript(schedule);
    for ticket in &tickets[..7] {
        let passed = transcript.passed.contains(&morning.token(ticket.id));
        match morning.became(ticket) {
            Outcome::Refused(why) => assert!(passed && why == rule),
            Outcome::Waiting(now) => assert!(!passed && now.line == Line::Waitlist),
            said => panic!("{said:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// By the order of the draw, each on the first of their list that has a waitlist with room.
    #[test]
    fn the_best_ranks_go_on_while_there_is_room(
        capacity in 1..5u32,
        waitlists in prop::collection::vec(any::<bool>(), 3),
        asks in prop::collection::vec((prop::sample::subsequence(vec![0usize, 1, 2], 1..=3).prop_shuffle(), any::<bool>(), prop::bool::weighted(0.1)), 0..25),
    ) {
        let morning = with_room(capacity);
        let all: Vec<ScheduleId> = waitlists
            .iter()
            .map(|returns| {
                let plan = if *returns { returning(1) } else { plan(1, lottery()) };
                morning.put(&plan)
            })
            .collect();
        morning.at(0);
        let mut people = Vec::new();
        for (n, (list, would, leaves)) in (0u64..).zip(&asks) {
            let ids: Vec<ScheduleId> = list.iter().map(|it| all[*it]).collect();
            let request = Request::any(who(n), &ids);
            let ticket = morning.tell(&if *would { request.waitlist() } else { request });
            if *leaves {
                prop_assert_eq!(morning.engine.leave(ticket.id, who(n)), Ok(()));
            } else {
                people.push((ticket, ids, *would));
            }
        }
        morning.close();
        let transcript = morning.transcript(all[0]);
        people.sort_by_key(|(ticket, ..)| turn(&transcript, &morning.token(ticket.id)));
        let mut room: BTreeMap<ScheduleId, u32> = all.iter().zip(&waitlists).filter(|it| *it.1).map(|it| (*it.0, capacity)).collect();
        for (ticket, ids, would) in &people {
            if morning.won(ticket).is_some() {
                continue;
            }
            let place = ids.iter().find(|it| *would && room.get(it).is_some_and(|room| *room > 0));
            let said = morning.became(ticket);
            match place {
                None => prop_assert_eq!(said, Outcome::Refused(Refusal::SoldOut)),
                Some(schedule) => {
                    *room.get_mut(schedule).expect("it has one") -= 1;
                    let now = said.waiting().map(|it| (it.id, it.line, it.schedule));
                    prop_assert_eq!(now, Some((ticket.id, Line::Waitlist, *schedule)));
                }
            }
        }
        morning.audit();
    }
}

/// Who loses and would wait is on the first of their list that has room, also when others have none any more; and who would wait only where none is left has lost.
#[test]
fn full_waitlists_are_skipped_and_the_others_still_joined() {
    let morning = with_room(4);
    let all = [returning(1), plan(1, lottery()), returning(1)].map(|it| morning.put(&it));
    let [first, without, last] = all;
    morning.at(0);
    // Who would take what, as it goes round.
    let lists: [&[ScheduleId]; 4] = [
        &[first],
        &[first, without, last],
        &[without, last],
        &[first, last],
    ];
    let ask = |n: u64| Request::any(who(n), lists[n as usize % 4]).waitlist();
    let mut people: Vec<(Ticket, u64)> = (0..40).map(|n| (morning.tell(&ask(n)), n)).collect();
    morning.close();
    let transcript = morning.transcript(first);
    people.sort_by_key(|(ticket, _)| turn(&transcript, &morning.token(ticket.id)));
    people.retain(|(ticket, _)| morning.won(ticket).is_none());
    assert_eq!(people.len(), 37);
    let (mut on_first, mut on_last) = (0, 0);
    for (ticket, n) in &people {
        let may = |schedule| lists[*n as usize % 4].contains(&schedule);
        let place = match () {
            () if may(first) && on_first < 4 => Some((first, &mut on_first)),
            () if may(last) && on_last < 4 => Some((last, &mut on_last)),
            () => None,
        };
        let said = morning.became(ticket);
        let Some((schedule, taken)) = place else {
            assert_eq!(said, Outcome::Refused(Refusal::SoldOut));
            continue;
        };
        *taken += 1;
        let now = said.waiting().map(|it| (it.line, it.schedule));
        assert_eq!(now, Some((Line::Waitlist, schedule)));
    }
    assert_eq!((on_first, on_last), (4, 4));
    assert_eq!(morning.engine.stats().waiting, 40);
    morning.audit();
}

/// A session of that department is called off; one of another, that returns its slots by the draw, has ninety waiting. Does one whose session it was go ahead of them?
fn goes_ahead(called_off: Schedule, how: fn(&Morning, ScheduleId)) -> bool {
    let morning = with_room(200);
    let (theirs, other) = (morning.put(&called_off), morning.put(&first_come(1)));
    morning.at(0);
    let hold = morning.ask(0, &[other]).held().expect("a slot");
    let booking = morning.book(&hold, 0);
    for n in 100..190 {
        morning.tell(&Request::new(who(n), other).waitlist());
    }
    how(&morning, theirs);
    let ticket = morning.tell(&Request::new(who(1), other).waitlist());
    morning.cancel(booking, 0);
    morning.until_returned();
    morning.audit();
    morning.became(&ticket).held().is_some()
}

fn had_a_slot(morning: &Morning, schedule: ScheduleId) {
    assert!(morning.ask(1, &[schedule]).held().is_some());
    assert_eq!(morning.engine.withdraw(schedule), Ok(1));
}

#[test]
fn whose_session_was_called_off_goes_ahead_in_that_department_and_nowhere_else() {
    assert!(goes_ahead(first_come(1), had_a_slot));
    assert!(goes_ahead(first_come(1), |morning, schedule| {
        had_a_slot(morning, schedule);
        assert!(morning.engine.reinstate(schedule).is_ok());
    }));
    let department = DepartmentId::new(2);
    let elsewhere = Schedule {
        department,
        ..first_come(1)
    };
    assert!(!goes_ahead(elsewhere, had_a_slot));
    let hospital = HospitalId::new(2);
    let elsewhere = Schedule {
        hospital,
        ..first_come(1)
    };
    assert!(!goes_ahead(elsewhere, had_a_slot));
    // Who only waited for a slot had none; who gave it up has none.
    assert!(!goes_ahead(first_come(1), |morning, schedule| {
        assert!(morning.ask(2, &[schedule]).held().is_some());
        morning.tell(&Request::new(who(1), schedule).waitlist());
        assert_eq!(morning.engine.withdraw(schedule), Ok(1));
    }));
    assert!(!goes_ahead(first_come(1), |morning, schedule| {
        let hold = morning.ask(1, &[schedule]).held().expect("a slot");
        assert_eq!(morning.engine.release(hold.id, who(1)), Ok(()));
        assert_eq!(morning.engine.withdraw(schedule), Ok(0));
    }));
    // What happened a day ago is forgotten.
    assert!(!goes_ahead(first_come(1), |morning, schedule| {
        had_a_slot(morning, schedule);
        morning.clock.pass(DAY);
    }));
}
