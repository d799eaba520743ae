//! What is late or full: a beacon that speaks after a cut-off, a draw that outlasts one of its schedules, a window without room for more ways in.

use std::sync::Arc;

use fairslot::draw::{BeaconSpec, BeaconValue, Digest, Holder, Seed};
use fairslot::{
    Allotment, DeviceId, Engine, EngineBuilder, EntryWindow, Group, Line, Lottery, ManualClock,
    Opening, Outcome, PatientId, PractitionerId, Refusal, Request, ReturnPolicy, Schedule,
    ScheduleId, Session, Ticket, Timestamp, Together,
};

const T0: u64 = 1_796_083_200_000;
const WINDOW: u64 = 10_000;
const DAY: u64 = 86_400_000;

/// So long after the opening.
fn after(ms: u64) -> Timestamp {
    Timestamp::from_millis(T0 + ms)
}

fn who(number: u128) -> PatientId {
    PatientId::new(number)
}

struct Desk {
    engine: Engine,
    clock: Arc<ManualClock>,
}

impl Desk {
    fn new() -> Self {
        Self::with(|builder| builder.seed(7))
    }

    fn with(set: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(T0 - 1)));
        let engine = set(Engine::builder().clock(Arc::clone(&clock))).build();
        Self {
            engine: engine.expect("in range"),
            clock,
        }
    }

    /// Room for two ways in beside the first of each, and all of it taken: by one person's devices.
    fn crowded(seed: u64, schedule: impl Fn(&Self) -> ScheduleId) -> (Self, ScheduleId) {
        let desk = Self::with(|builder| builder.seed(seed).draw_entries_max(2));
        let schedule = schedule(&desk);
        desk.clock.set(after(0));
        for device in 50..53 {
            desk.enters(&by(2, schedule, device));
        }
        (desk, schedule)
    }

    fn publish(&self, schedule: &Schedule) -> ScheduleId {
        self.engine.publish(schedule).expect("sound")
    }

    fn enters(&self, request: &Request) -> Ticket {
        self.engine.request(request).waiting().expect("a place")
    }

    fn told(&self, ticket: Ticket) -> Outcome {
        self.engine.ticket(ticket.id).expect("remembered")
    }

    fn at(&self, ms: u64) {
        self.clock.set(after(ms));
        while self.engine.advance().more {}
    }
}

fn by(patient: u128, schedule: ScheduleId, device: u128) -> Request {
    Request::new(who(patient), schedule).device(DeviceId::new(device))
}

/// One slot; the visit so many days after the opening.
fn plan(days: u64) -> Schedule {
    let lottery = Lottery {
        window: EntryWindow::Fixed { ms: WINDOW },
        ..Lottery::new(after(0))
    };
    let (doctor, day) = (PractitionerId::new(1), "2026-12-01".parse());
    Schedule::new(
        doctor,
        day.expect("a day"),
        Session::Morning,
        1,
        Opening::Lottery(lottery),
        after(days * DAY),
    )
}

/// The same in one draw with others.
fn joint(days: u64) -> Schedule {
    let mut plan = plan(days);
    if let Opening::Lottery(lottery) = &mut plan.opening {
        lottery.together = Some(Together::new(7));
    }
    plan
}

fn closing(plan: Schedule, ms: u64) -> Schedule {
    Schedule {
        closes_at: Some(after(ms)),
        ..plan
    }
}

fn round(ms: u64) -> BeaconSpec {
    BeaconSpec::Round {
        source: "drand".into(),
        round: 1,
        available_at: after(ms),
    }
}

fn said() -> BeaconValue {
    BeaconValue::Round(Digest::new([9; 32]))
}

const SEED: Seed = Seed::new([1; 32]);

fn holders(desk: &Desk, schedule: ScheduleId) -> BeaconSpec {
    let draw = desk.engine.draw_id(schedule).expect("a draw");
    BeaconSpec::Holders(vec![Holder::commit(draw, "hospital", &SEED)])
}

/// Who would come by another way is told when that may be: not when entry opens, nor in a moment, again and again.
#[test]
fn an_exchange_into_an_undrawn_schedule_is_told_when_it_is_drawn() {
    let desk = Desk::new();
    let open = desk.publish(&Schedule {
        opening: Opening::first_come(Timestamp::default()),
        ..plan(1)
    });
    let undrawn = desk.publish(&plan(1));
    desk.engine
        .fix_beacon(undrawn, &round(20_000))
        .expect("free");
    let hold = desk.engine.request(&Request::new(who(1), open));
    let hold = hold.held().expect("free").id;
    let booked = desk.engine.confirm(hold, who(1), None).expect("in time");
    let booking = booked.wait().expect("at once").id;
    let told = || match desk.engine.exchange(booking, who(1), undrawn) {
        Err(Refusal::NotOpen { retry_after_ms }) => retry_after_ms,
        other => panic!("{other:?}"),
    };
    // Before people may enter, while they may, and while a round is waited for.
    assert_eq!(told(), WINDOW + 1);
    for (ms, until) in [
        (0, WINDOW),
        (WINDOW - 1, WINDOW),
        (WINDOW, 20_000),
        (19_999, 20_000),
    ] {
        desk.at(ms);
        assert_eq!(ms + told(), until);
    }
}

#[test]
fn a_cut_off_stays_where_it_was_published() {
    let desk = Desk::new();
    let early = desk.publish(&closing(joint(1), 60_000));
    let late = desk.publish(&joint(3));
    desk.engine.fix_beacon(early, &round(20_000)).expect("free");
    desk.at(0);
    let ticket = desk.enters(&Request::any(who(1), &[early, late]));
    desk.at(7_200_000);
    desk.engine.reveal(late, said()).expect("it waits");
    assert_eq!(desk.told(ticket).held().map(|it| it.schedule), Some(late));
    let published = desk.engine.schedule(early).expect("published");
    assert_eq!(published.closes_at, Some(after(60_000)));

    let withdrawn = Desk::new();
    let alone = withdrawn.publish(&closing(plan(1), 60_000));
    withdrawn.engine.withdraw(alone).expect("it takes place");
    withdrawn.at(7_200_000);
    withdrawn.engine.reinstate(alone).expect("called off");
    let published = withdrawn.engine.schedule(alone).expect("published");
    assert_eq!(published.closes_at, Some(after(60_000)));
}

#[test]
fn who_loses_late_goes_on_where_something_can_still_return() {
    let desk = Desk::new();
    let returning = |plan| Schedule {
        returns: ReturnPolicy::Draw,
        ..plan
    };
    let early = desk.publish(&closing(returning(joint(1)), 60_000));
    let late = desk.publish(&returning(joint(3)));
    desk.engine.fix_beacon(early, &round(20_000)).expect("free");
    desk.at(0);
    let enters = |it| desk.enters(&Request::any(who(it), &[early, late]).waitlist());
    let tickets = [enters(1), enters(2)];
    desk.at(7_200_000);
    desk.engine.reveal(late, said()).expect("it waits");
    let told = tickets.map(|it| desk.told(it));
    assert!(told.iter().any(|it| it.held().is_some()), "{told:?}");
    let goes_on = |it: Ticket| it.schedule == late && it.line == Line::Waitlist;
    let goes_on = told.iter().any(|it| it.waiting().is_some_and(goes_on));
    assert!(goes_on, "{told:?}");
}

#[test]
fn until_a_round_appears_nobody_is_told_to_come_back_before() {
    let desk = Desk::new();
    let schedule = desk.publish(&plan(1));
    desk.engine
        .fix_beacon(schedule, &round(3_600_000))
        .expect("free");
    desk.at(0);
    desk.enters(&Request::new(who(1), schedule));
    let told = |ms| {
        desk.at(ms);
        let outcome = desk.engine.request(&Request::new(who(2), schedule));
        outcome.refused().and_then(Refusal::retry_after)
    };
    assert_eq!(told(WINDOW), Some(3_590_000));
    assert_eq!(told(3_599_999), Some(1));
    assert_eq!(told(3_600_000), Some(1));

    let desk = Desk::new();
    let schedule = desk.publish(&plan(1));
    let holders = holders(&desk, schedule);
    desk.engine.fix_beacon(schedule, &holders).expect("free");
    desk.at(WINDOW);
    let outcome = desk.engine.request(&Request::new(who(2), schedule));
    let retry_after = outcome.refused().and_then(Refusal::retry_after);
    assert_eq!(retry_after, Some(1_000));
}

/// Who entered for two schedules has one place, under the first of them: it is not forgotten while the other can still be drawn.
#[test]
fn a_schedule_is_not_retired_while_its_draw_may_give_another() {
    let desk = Desk::new();
    let (early, late) = (desk.publish(&joint(1)), desk.publish(&joint(30)));
    desk.engine.fix_beacon(early, &round(20_000)).expect("free");
    desk.at(0);
    let ticket = desk.enters(&Request::any(who(1), &[early, late]));
    for _ in 0..3 {
        desk.at(12 * DAY);
    }
    desk.engine.reveal(late, said()).expect("it waits");
    assert_eq!(desk.told(ticket).held().map(|it| it.schedule), Some(late));
    for _ in 0..3 {
        desk.at(13 * DAY);
    }
    assert!(desk.engine.schedule(early).is_none());
}

/// All that are left are past their cut-off. The place of one that was retired may have another schedule by now.
#[test]
fn another_schedule_in_a_retired_ones_place_is_none_of_the_draw() {
    for others in [0, 3] {
        let desk = Desk::with(|builder| builder.seed(7).schedules_max(4));
        let early = desk.publish(&joint(1));
        let late = desk.publish(&closing(joint(30), DAY));
        desk.engine.fix_beacon(early, &round(20_000)).expect("free");
        desk.at(0);
        desk.enters(&Request::new(who(1), late));
        for _ in 0..3 {
            desk.at(12 * DAY);
        }
        assert!(desk.engine.schedule(early).is_none());
        for _ in 0..others {
            desk.publish(&Schedule {
                opening: Opening::first_come(after(0)),
                ..plan(60)
            });
        }
        let revealed = desk.engine.reveal(late, said());
        assert_eq!(revealed, Err(Refusal::Closed), "{others}");
    }
}

#[test]
fn at_the_very_cut_off_nothing_is_held_alone_or_together() {
    for together in [false, true] {
        let desk = Desk::new();
        let first = if together { joint(1) } else { plan(1) };
        let schedule = desk.publish(&closing(first, WINDOW));
        let other = together.then(|| desk.publish(&joint(1)));
        let holders = holders(&desk, schedule);
        desk.engine.fix_beacon(schedule, &holders).expect("free");
        desk.at(0);
        let ticket = desk.enters(&Request::new(who(1), schedule));
        desk.at(WINDOW);
        let seeds = BeaconValue::Seeds(vec![SEED]);
        let revealed = desk.engine.reveal(other.unwrap_or(schedule), seeds);
        assert_eq!(revealed.is_ok(), together);
        assert!(desk.told(ticket).held().is_none(), "{together}");
    }
}

#[test]
fn a_clock_that_steps_back_opens_no_window_again() {
    let desk = Desk::new();
    let schedule = desk.publish(&plan(1));
    let holders = holders(&desk, schedule);
    desk.engine.fix_beacon(schedule, &holders).expect("free");
    desk.at(0);
    desk.enters(&Request::new(who(1), schedule));
    desk.clock.set(after(WINDOW));
    assert!(desk.engine.closing(schedule).is_ok());
    desk.clock.set(after(2_000));
    assert_eq!(desk.engine.now(), after(WINDOW));
}

/// Everybody came before the opening: after as long as must be quiet it is over, and not before.
#[test]
fn who_came_before_the_opening_came_before_it() {
    let desk = Desk::new();
    let window = EntryWindow::Adaptive {
        min_ms: 0,
        quiet_ms: 2_000,
        quiet_ppm: 20_000,
        max_ms: 20_000,
    };
    let schedule = desk.publish(&Schedule {
        opening: Opening::Lottery(Lottery {
            entry_before_ms: 600_000,
            window,
            ..Lottery::new(after(600_000))
        }),
        ..plan(1)
    });
    desk.at(0);
    let ticket = desk.enters(&Request::new(who(1), schedule));
    desk.at(601_999);
    assert!(desk.told(ticket).waiting().is_some());
    desk.at(602_000);
    assert!(desk.told(ticket).held().is_some());
}

// ---- no room for more ways in --------------------------------------------------------------------------------------------

#[test]
fn who_leaves_a_crowded_window_and_asks_for_another_gets_that() {
    let both = |desk: &Desk| {
        desk.publish(&joint(1));
        desk.publish(&joint(1))
    };
    let (desk, second) = Desk::crowded(7, both);
    let together = desk.engine.drawn_together(second).expect("a draw");
    let first = *together.iter().find(|it| **it != second).expect("two");
    let ticket = desk.enters(&by(1, first, 1));
    desk.engine.leave(ticket.id, who(1)).expect("waiting");
    let ticket = desk.enters(&by(1, second, 2));
    assert_eq!(ticket.schedule, second);
    // Whoever filled the window wants the second as well: whoever loses has none, and who wins has that.
    desk.at(WINDOW);
    let held = desk.told(ticket).held().map(|it| it.schedule);
    assert!(held.is_none_or(|it| it == second), "{held:?}");
}

#[test]
fn consent_is_taken_back_by_leaving_a_crowded_window() {
    for seed in 0..20 {
        let returning = |desk: &Desk| {
            desk.publish(&Schedule {
                returns: ReturnPolicy::Draw,
                ..plan(1)
            })
        };
        let (desk, schedule) = Desk::crowded(seed, returning);
        let ticket = desk.enters(&by(1, schedule, 1).waitlist());
        desk.engine.leave(ticket.id, who(1)).expect("waiting");
        let ticket = desk.enters(&by(1, schedule, 2));
        desk.at(WINDOW);
        assert!(desk.told(ticket).waiting().is_none(), "{seed}");
    }
}

#[test]
fn a_group_said_in_a_crowded_window_counts() {
    let group = Group::new(1).expect("1 to 16");
    for seed in 0..20 {
        let reserved = |desk: &Desk| {
            desk.publish(&Schedule {
                allotments: vec![Allotment::reserved(group, 1)],
                ..plan(1)
            })
        };
        let (desk, schedule) = Desk::crowded(seed, reserved);
        let ticket = desk.enters(&by(1, schedule, 1));
        desk.enters(&by(1, schedule, 2).group(group));
        desk.at(WINDOW);
        assert!(desk.told(ticket).held().is_some(), "{seed}");
    }
}
