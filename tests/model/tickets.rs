//! Places in a draw, one situation each: forged and old tickets, seeds, who is passed over, when an adaptive window closes, what can be checked afterwards.

use std::collections::BTreeSet;
use std::sync::Arc;

use fairslot::draw::{BeaconSpec, BeaconValue, Holder, Seed, verify, verify_receipt};
use fairslot::{
    ChannelId, Day, DeviceId, Engine, EngineBuilder, EntryWindow, Lottery, ManualClock, Opening,
    Outcome, PatientId, PractitionerId, Refusal, Request, Rule, Schedule, ScheduleId, Session,
    SupplyError, TicketId, Timestamp, What,
};

use crate::book::DAY;
use crate::ids::id_of;

const AT: u64 = 100_000;
const TTL: u64 = 500;

struct Desk {
    clock: Arc<ManualClock>,
    engine: Engine,
}

fn patient(n: u64) -> PatientId {
    PatientId::new(u128::from(n))
}

fn plan(capacity: u32, lottery: Lottery) -> Schedule {
    let day = Day::new(2026, 12, 1).expect("a day");
    let opening = Opening::Lottery(lottery);
    let starts_at = Timestamp::from_millis(AT + 30 * DAY);
    let practitioner = PractitionerId::new(1);
    let mut plan = Schedule::new(
        practitioner,
        day,
        Session::Morning,
        capacity,
        opening,
        starts_at,
    );
    plan.hold_ttl_ms = TTL;
    plan
}

fn fixed(ms: u64) -> Lottery {
    Lottery {
        window: EntryWindow::Fixed { ms },
        ..Lottery::new(Timestamp::from_millis(AT))
    }
}

impl Desk {
    fn with(build: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(AT)));
        let builder = Engine::builder().clock(Arc::clone(&clock)).seed(5);
        let engine = build(builder).build().expect("in range");
        Self { clock, engine }
    }

    fn new() -> Self {
        Self::with(|it| it)
    }

    fn at(&self, ms: u64) {
        self.clock.set(Timestamp::from_millis(ms));
    }

    fn publish(&self, capacity: u32, lottery: Lottery) -> ScheduleId {
        self.engine
            .publish(&plan(capacity, lottery))
            .expect("sound")
    }

    fn enter(&self, n: u64, schedule: ScheduleId) -> TicketId {
        self.ask(&Request::new(patient(n), schedule))
    }

    fn ask(&self, request: &Request) -> TicketId {
        let said = self.engine.request(request);
        said.waiting().unwrap_or_else(|| panic!("{said:?}")).id
    }

    fn won(&self, tickets: &[TicketId]) -> Vec<usize> {
        let held = |it: &TicketId| self.engine.ticket(*it).is_ok_and(|it| it.held().is_some());
        (0..tickets.len())
            .filter(|at| held(&tickets[*at]))
            .collect()
    }
}

fn flipped(ticket: TicketId, bit: u32) -> TicketId {
    let bits = u128::from_str_radix(&ticket.to_string()[1..], 16).expect("hexadecimal");
    id_of('T', 32, bits ^ 1 << bit)
}

#[test]
fn f20_a_flipped_ticket_is_nobodys() {
    let desk = Desk::new();
    let schedules = [desk.publish(2, fixed(10)), desk.publish(2, fixed(10))];
    let enter = |n| desk.enter(n, schedules[n as usize % 2]);
    let tickets: Vec<TicketId> = (0..40).map(enter).collect();
    for now in [AT, AT + 10, AT + 10 + TTL] {
        desk.at(now);
        for (n, ticket) in tickets.iter().enumerate() {
            for forged in (0..128).map(|bit| flipped(*ticket, bit)) {
                let unknown = Err(Refusal::UnknownTicket);
                assert_eq!(desk.engine.ticket(forged), unknown, "{forged}");
                let owner = patient(n as u64);
                assert_eq!(
                    desk.engine.leave(forged, owner),
                    Err(Refusal::UnknownTicket)
                );
                assert_eq!(
                    desk.engine.receipt(forged).err(),
                    Some(Refusal::UnknownTicket)
                );
            }
            assert!(desk.engine.ticket(*ticket).is_ok());
        }
    }
}

#[test]
fn a_place_in_a_line_is_no_hold_whatever_id_is_made_up_for_it() {
    let desk = Desk::new();
    let schedule = desk.publish(1, fixed(10));
    let ticket = desk.enter(1, schedule);
    // The schedule and the record are the ticket's own; slot and version are what no claim has yet.
    let bits = u128::from_str_radix(&ticket.to_string()[1..], 16).expect("hexadecimal");
    for low in [0, 1, 1 << 32] {
        let made_up = id_of('H', 32, bits >> 48 << 48 | low);
        let said = desk.engine.confirm(made_up, patient(1), None);
        assert_eq!(said.err(), Some(Refusal::UnknownHold));
        assert_eq!(
            desk.engine.release(made_up, patient(1)),
            Err(Refusal::UnknownHold)
        );
    }
}

#[test]
fn f33_old_tickets_stay_unknown_when_their_records_serve_others() {
    let desk = Desk::with(|it| it.records_max(8));
    let schedule = desk.publish(
        1,
        Lottery {
            entry_before_ms: 0,
            ..fixed(20 * DAY)
        },
    );
    let (mut old, mut now) = (Vec::new(), AT);
    for round in 0..5 {
        let tickets: Vec<TicketId> = (0..8).map(|n| desk.enter(n, schedule)).collect();
        let full = desk.engine.request(&Request::new(patient(99), schedule));
        let rule = Rule::EngineFull;
        assert_eq!(
            full,
            Outcome::Refused(Refusal::Rule { rule }),
            "round {round}"
        );
        for ticket in &old {
            assert!(!tickets.contains(ticket), "minted twice");
            assert_eq!(desk.engine.ticket(*ticket), Err(Refusal::UnknownTicket));
        }
        for (n, ticket) in (0..).zip(&tickets) {
            assert_eq!(desk.engine.leave(*ticket, patient(n)), Ok(()));
            let left = Outcome::Refused(Refusal::AlreadyReleased);
            assert_eq!(desk.engine.ticket(*ticket), Ok(left));
        }
        old.extend(tickets);
        now += DAY;
        desk.at(now);
        while desk.engine.advance().more {}
    }
}

#[test]
fn f35_seeds_are_each_their_own_and_the_same_for_the_same_engine() {
    let commitments = |seed: u64| {
        let clock = ManualClock::new(Timestamp::from_millis(AT));
        let engine = Engine::builder()
            .clock(clock)
            .seed(seed)
            .build()
            .expect("in range");
        let of = |_| {
            let schedule = engine.publish(&plan(1, fixed(10))).expect("sound");
            engine.commitment(schedule).expect("it has a draw").1
        };
        (0..500).map(of).collect::<Vec<_>>()
    };
    let (one, again, other) = (commitments(1), commitments(1), commitments(2));
    assert_eq!(one, again);
    let distinct: BTreeSet<_> = one.iter().chain(&other).collect();
    assert_eq!(distinct.len(), 1_000);
    // Drawn again after the session was called off: another seed, as the first may have been told.
    let desk = Desk::new();
    let schedule = desk.publish(1, fixed(10));
    let first = desk.engine.commitment(schedule);
    assert!(desk.engine.withdraw(schedule).is_ok() && desk.engine.reinstate(schedule).is_ok());
    let (second, first) = (
        desk.engine.commitment(schedule),
        first.expect("it has a draw"),
    );
    assert_ne!(second.map(|it| it.1), Ok(first.1));
}

#[test]
fn who_cannot_take_a_place_leaves_it_to_the_next_rank_and_not_to_the_first_comer() {
    let desk = Desk::with(|it| it.live_holds_max(1));
    let morning = desk.publish(8, fixed(10));
    let tickets: Vec<TicketId> = (0..30).map(|n| desk.enter(n, morning)).collect();
    // A third of them has as many holds as a patient may have by the time of the draw; another third has left.
    let first_come = Schedule {
        opening: Opening::first_come(Timestamp::from_millis(AT)),
        ..plan(50, fixed(1))
    };
    let elsewhere = desk.engine.publish(&first_come).expect("sound");
    for n in 0..10 {
        let held = desk.engine.request(&Request::new(patient(n), elsewhere));
        assert!(held.held().is_some());
    }
    for n in 10..20 {
        assert_eq!(desk.engine.leave(tickets[n as usize], patient(n)), Ok(()));
    }
    desk.at(AT + 10);
    let won = desk.won(&tickets);
    assert!(won.len() == 8 && won.iter().all(|n| *n >= 20), "{won:?}");
    let stranger = desk.engine.request(&Request::new(patient(99), morning));
    assert_eq!(stranger, Outcome::Refused(Refusal::SoldOut));
    let transcript = desk.engine.transcript(morning).expect("drawn");
    let verified = verify(&transcript).expect("sound");
    assert_eq!(verified.places, 8);
    assert_eq!(verified.passed, transcript.passed.len() as u64);
    // Whoever was passed over for a rule is told so, and nobody else is. Who had left was passed over too.
    let rule = Refusal::Rule {
        rule: Rule::LiveHolds,
    };
    let token = |it: &TicketId| desk.engine.receipt(*it).expect("it was in").token;
    let passed = |it: &&TicketId| transcript.passed.contains(&token(it));
    for ticket in &tickets[..10] {
        let why = if passed(&ticket) {
            rule
        } else {
            Refusal::SoldOut
        };
        let said = desk.engine.ticket(*ticket);
        assert_eq!(said, Ok(Outcome::Refused(why)));
    }
    let [ruled_out, left] =
        [0, 10].map(|from| tickets[from..from + 10].iter().filter(passed).count());
    assert!(ruled_out > 0 && left > 0, "{ruled_out} and {left}");
    assert_eq!(ruled_out + left, transcript.passed.len());
    // Nobody is passed over in secret, nor said to have been who wasn't.
    let mut secret = transcript.clone();
    secret.passed.pop();
    assert!(verify(&secret).is_err());
    let mut made_up = transcript.clone();
    made_up.passed.push(token(&tickets[won[0]]));
    assert!(verify(&made_up).is_err());
}

#[test]
fn an_adaptive_window_closes_when_hardly_anybody_comes() {
    let lottery = Lottery::new(Timestamp::from_millis(AT));
    // How many come in each half second. The window closes when at most 2 % came in the last two seconds.
    let cases: [(&[u64], u64); 4] = [
        (&[], 3_000),
        (&[100], 3_000),
        (&[100, 0, 0, 0, 5, 0, 0, 50], 6_000),
        (&[10; 40], 20_000),
    ];
    for (halves, closes) in cases {
        let desk = Desk::new();
        let schedule = desk.publish(1, lottery);
        let mut tickets = Vec::new();
        for (half, count) in (0u64..).zip(halves) {
            // In the middle of it.
            desk.at(AT + half * 500 + 250);
            let from = tickets.len() as u64;
            tickets.extend((from..from + count).map(|n| desk.enter(n, schedule)));
        }
        desk.at(AT + closes - 1);
        let closing = desk.engine.closing(schedule);
        assert_eq!(closing, Err(Refusal::WrongState), "{closes}");
        desk.at(AT + closes);
        let closing = desk.engine.closing(schedule).expect("closed");
        assert_eq!(closing.entries, tickets.len() as u64);
        let mut held = tickets
            .iter()
            .filter_map(|it| desk.engine.ticket(*it).ok()?.held());
        // The one slot, if anybody came.
        let ends = held.next().map(|it| it.expires_at.as_millis());
        let expected = (!tickets.is_empty()).then_some(AT + closes + TTL);
        assert_eq!((ends, held.next()), (expected, None), "{closes}");
    }
}

#[test]
fn entry_before_the_opening_is_as_good() {
    let desk = Desk::new();
    let lottery = Lottery {
        entry_before_ms: 1_000,
        ..fixed(10)
    };
    desk.at(AT - 1_001);
    let schedule = desk.publish(2, lottery);
    let early = desk.engine.request(&Request::new(patient(1), schedule));
    assert_eq!(
        early,
        Outcome::Refused(Refusal::NotOpen { retry_after_ms: 1 })
    );
    desk.at(AT - 1_000);
    let first = desk.enter(1, schedule);
    desk.at(AT + 9);
    let last = desk.enter(2, schedule);
    desk.at(AT + 10);
    assert_eq!(desk.won(&[first, last]), [0, 1]);
}

#[test]
fn a_full_draw_says_so_and_keeps_whom_it_has() {
    let desk = Desk::with(|it| it.draw_entries_max(3));
    let schedule = desk.publish(1, fixed(10));
    let tickets: Vec<TicketId> = (0..3).map(|n| desk.enter(n, schedule)).collect();
    let full = Refusal::Rule {
        rule: Rule::DrawFull,
    };
    let late = desk.engine.request(&Request::new(patient(3), schedule));
    assert_eq!(late, Outcome::Refused(full));
    assert_eq!((full.code(), Rule::DrawFull.name()), ("rule", "draw_full"));
    assert_eq!(desk.enter(1, schedule), tickets[1]);
    assert!(desk.engine.audit().is_consistent());
}

#[test]
fn the_first_schedule_that_does_not_refuse_answers() {
    let desk = Desk::new();
    let later = desk.publish(
        1,
        Lottery {
            at: Timestamp::from_millis(AT + 1_000),
            ..fixed(10)
        },
    );
    let open = desk.publish(1, fixed(10));
    let ticket = desk.ask(&Request::any(patient(1), &[later, open]));
    let said = desk.engine.ticket(ticket).expect("given").waiting();
    assert_eq!(said.map(|it| it.schedule), Some(open));
}

#[test]
fn slots_that_are_added_after_the_commitment_are_first_come_after_the_draw() {
    let desk = Desk::new();
    let schedule = desk.publish(2, fixed(10));
    assert_eq!(desk.engine.add_slots(schedule, 1), Ok(1));
    let (terms, _) = desk.engine.commitment(schedule).expect("it has a draw");
    assert_eq!(terms.policy.pools[0].allotments[0].slots, 3);
    assert_eq!(desk.engine.add_slots(schedule, 2), Ok(2));
    let tickets: Vec<TicketId> = (0..9).map(|n| desk.enter(n, schedule)).collect();
    desk.at(AT + 10);
    assert_eq!(desk.won(&tickets).len(), 3);
    let stranger = desk.engine.request(&Request::new(patient(99), schedule));
    assert_eq!(stranger.held().map(|it| it.slot.get()), Some(4));
}

#[test]
fn everybody_can_check_what_was_done() {
    let desk = Desk::with(|it| it.trusted_channels([ChannelId::new(7)]));
    let schedule = desk.publish(2, fixed(10));
    let (_, commitment) = desk.engine.commitment(schedule).expect("it has a draw");
    let phone = |n| Request::new(patient(n), schedule).device(DeviceId::new(1));
    let tickets: Vec<TicketId> = (0..8)
        .map(|n| match n {
            0 => desk.ask(&phone(n).channel(ChannelId::new(7))),
            _ => desk.ask(&phone(n)),
        })
        .collect();
    let receipt = desk.engine.receipt(tickets[0]).expect("in");
    assert_eq!(desk.engine.closing(schedule), Err(Refusal::WrongState));
    assert_eq!(desk.engine.transcript(schedule), Err(Refusal::WrongState));
    assert_eq!(
        desk.engine.proof(tickets[0]).err(),
        Some(Refusal::WrongState)
    );
    desk.at(AT + 10);
    let closing = desk.engine.closing(schedule).expect("closed");
    let transcript = desk.engine.transcript(schedule).expect("drawn");
    let verified = verify(&transcript).expect("sound");
    assert_eq!(
        (verified.closing, closing.commitment),
        (closing, commitment)
    );
    // One device is one cluster; the hospital's own channel is none.
    let clusters: BTreeSet<_> = transcript
        .leaves
        .iter()
        .flat_map(|it| &it.clusters)
        .collect();
    let trusted = transcript.leaves.iter().filter(|it| it.clusters.is_empty());
    assert_eq!((clusters.len(), trusted.count()), (1, 1));
    for ticket in &tickets {
        let receipt = desk.engine.receipt(*ticket).expect("in");
        let proof = desk.engine.proof(*ticket).expect("drawn");
        assert!(verify_receipt(&receipt, &proof).is_ok());
        let place = transcript.places.iter().any(|it| it.token == receipt.token);
        let held = desk
            .engine
            .ticket(*ticket)
            .is_ok_and(|it| it.held().is_some());
        assert_eq!(place, held);
    }
    assert_eq!(desk.engine.receipt(tickets[0]), Ok(receipt));
}

#[test]
fn of_past_draws_no_more_is_kept_than_was_said() {
    let desk = Desk::with(|it| it.draw_entries_kept(5));
    let schedules: Vec<ScheduleId> = (0..3).map(|_| desk.publish(1, fixed(10))).collect();
    let mut tickets = Vec::new();
    for schedule in &schedules {
        tickets.extend((0..3).map(|n| desk.enter(n, *schedule)));
    }
    desk.at(AT + 10);
    while desk.engine.advance().more {}
    let kept = |schedule: &ScheduleId| desk.engine.transcript(*schedule).is_ok();
    assert_eq!(
        schedules.iter().map(kept).collect::<Vec<_>>(),
        [false, false, true]
    );
    // What was decided is still known.
    assert_eq!(desk.won(&tickets).len(), 3);
}

#[test]
fn a_draw_that_waits_for_its_holders_is_drawn_when_they_speak() {
    let desk = Desk::new();
    let schedule = desk.publish(1, fixed(10));
    let (draw, seed) = (
        desk.engine.draw_id(schedule).expect("it has one"),
        Seed::new([9; 32]),
    );
    let holders = BeaconSpec::Holders(vec![Holder::commit(draw, "hospital", &seed)]);
    assert_eq!(desk.engine.fix_beacon(schedule, &holders), Ok(()));
    let wrong_state = Err(SupplyError::Refused(Refusal::WrongState));
    assert_eq!(desk.engine.fix_beacon(schedule, &holders), wrong_state);
    let held_back = desk.enter(1, schedule);
    desk.at(AT + 20);
    let lie = BeaconValue::Seeds(vec![Seed::new([8; 32])]);
    assert_eq!(desk.engine.reveal(schedule, lie), Err(Refusal::WrongState));
    assert_eq!(
        desk.engine.reveal(schedule, BeaconValue::Seeds(vec![seed])),
        Ok(())
    );
    assert_eq!(desk.won(&[held_back]), [0]);
}

#[test]
fn a_draw_that_waits_for_a_beacon_is_drawn_when_it_speaks() {
    let desk = Desk::new();
    let schedule = desk.publish(1, fixed(10));
    let round = |available_at| BeaconSpec::Round {
        source: "test".to_owned(),
        round: 3,
        available_at: Timestamp::from_millis(available_at),
    };
    // The commitment has been asked for: too late.
    assert!(desk.engine.commitment(schedule).is_ok());
    let late = desk.engine.fix_beacon(schedule, &round(AT + 11));
    assert_eq!(late, Err(SupplyError::Refused(Refusal::WrongState)));
    let schedule = desk.publish(1, fixed(10));
    let early = desk.engine.fix_beacon(schedule, &round(AT + 10));
    assert!(matches!(early, Err(SupplyError::Invalid(_))));
    assert_eq!(desk.engine.fix_beacon(schedule, &round(AT + 11)), Ok(()));
    let tickets = [desk.enter(1, schedule), desk.enter(2, schedule)];
    let value = || BeaconValue::Round(fairslot::draw::Digest::new([4; 32]));
    assert_eq!(
        desk.engine.reveal(schedule, value()),
        Err(Refusal::WrongState)
    );
    desk.at(AT + 30);
    assert!(desk.engine.closing(schedule).is_ok());
    assert_eq!(desk.won(&tickets).len(), 0);
    assert_eq!(
        desk.engine
            .ticket(tickets[0])
            .map(|it| it.waiting().is_some()),
        Ok(true)
    );
    let stranger = desk.engine.request(&Request::new(patient(3), schedule));
    assert_eq!(
        stranger,
        Outcome::Refused(Refusal::NotOpen { retry_after_ms: 1 })
    );
    assert_eq!(
        desk.engine.reveal(schedule, BeaconValue::None),
        Err(Refusal::WrongState)
    );
    assert_eq!(desk.engine.reveal(schedule, value()), Ok(()));
    let [winner] = desk.won(&tickets)[..] else {
        panic!("one winner")
    };
    let hold = desk.engine.ticket(tickets[winner]).expect("drawn").held();
    assert_eq!(
        hold.map(|it| it.expires_at.as_millis()),
        Some(AT + 30 + TTL)
    );
    let transcript = desk.engine.transcript(schedule).expect("drawn");
    assert!(verify(&transcript).is_ok());
    assert_eq!(
        desk.engine.reveal(schedule, value()),
        Err(Refusal::WrongState)
    );
}

#[test]
fn every_step_is_told() {
    let desk = Desk::new();
    let schedule = desk.publish(1, fixed(10));
    let events = desk.engine.observe(64);
    let tickets = [desk.enter(1, schedule), desk.enter(2, schedule)];
    desk.enter(1, schedule);
    assert_eq!(desk.engine.leave(tickets[0], patient(1)), Ok(()));
    desk.at(AT + 10);
    while desk.engine.advance().more {}
    let told: Vec<_> = std::iter::from_fn(|| events.next()).collect();
    let expires_at = Timestamp::from_millis(AT + 10 + TTL);
    let what: Vec<What> = told.iter().map(|it| it.what).collect();
    let expected = [
        What::Entered { ticket: tickets[0] },
        What::Entered { ticket: tickets[1] },
        What::Left { ticket: tickets[0] },
        What::Held { expires_at },
        What::Drawn {
            entries: 2,
            places: 1,
        },
    ];
    assert_eq!(what, expected);
    assert_eq!(told[1].patient, Some(patient(2)));
    assert!(told[1].hold.is_none() && told[1].slot.is_none());
}
