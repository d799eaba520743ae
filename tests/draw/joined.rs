//! One draw over several schedules: single situations. Who may join, what a list is, what is told, and what becomes of those whose session is called off.

use std::collections::BTreeSet;

use fairslot::draw::{BeaconSpec, BeaconValue, Digest, Flaw, Gone, Transcript, verify};
use fairslot::{
    EntryWindow, HospitalId, Line, Lottery, Outcome, Refusal, Request, RequestId, Schedule,
    ScheduleId, SupplyError, Ticket, Timestamp, Together, What,
};

use crate::together::{Morning, OPENS, WINDOW, lottery, plan, who};

fn field(refused: Result<ScheduleId, SupplyError>) -> String {
    match refused {
        Err(SupplyError::Invalid(why)) => format!("{}: {}", why.field(), why.range()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_publishes_late_or_by_other_rules_is_told_so_and_nothing_changes() {
    let (morning, other) = (Morning::new(1), Morning::new(1));
    let [first, second] = morning.all([1, 1]);
    assert_eq!(other.all([1, 1]), [first, second]);
    let rules = |change: fn(&mut Lottery)| {
        let mut lottery = lottery();
        change(&mut lottery);
        field(morning.engine.publish(&plan(1, lottery)))
    };
    for said in [
        rules(|it| it.at = OPENS.after(1)),
        rules(|it| it.entry_before_ms = 1),
        rules(|it| it.window = EntryWindow::ADAPTIVE),
        rules(|it| it.cluster_cap = 2),
        rules(|it| it.suspect_at = 1),
        rules(|it| it.suspect_weight_ppm = 1),
    ] {
        assert!(
            said.starts_with("together: ") && said.contains("by the same rules"),
            "{said}"
        );
    }
    // The next has the number that it would have had, and is one of them.
    let third = morning.publish(1);
    assert_eq!(third, other.publish(1));
    let all = Ok(vec![first, second, third]);
    assert_eq!(morning.engine.drawn_together(second), all);
    let (terms, _) = morning.engine.commitment(second).expect("it has a draw");
    assert_eq!(terms.policy.pools.len(), 3);
    let late = field(morning.engine.publish(&plan(1, lottery())));
    assert!(late.contains("commitment"), "{late}");
    // Once the window is open it is too late as well.
    other.at(0);
    assert_eq!(field(other.engine.publish(&plan(1, lottery()))), late);
    assert_eq!(other.engine.drawn_together(second), all);
    assert_eq!(other.engine.stats().published, 3);
    // When it is drawn the number is free.
    other.close();
    let tomorrow = Lottery {
        at: OPENS.after(2 * WINDOW),
        ..lottery()
    };
    let next = other
        .engine
        .publish(&plan(1, tomorrow))
        .expect("a draw of its own");
    assert_eq!(other.engine.drawn_together(next), Ok(vec![next]));
}

#[test]
fn a_draw_has_so_many_schedules_and_no_more() {
    let morning = Morning::new(1);
    let all: Vec<ScheduleId> = (0..256).map(|_| morning.publish(1)).collect();
    let said = field(morning.engine.publish(&plan(1, lottery())));
    assert!(said.contains("256"), "{said}");
    morning.at(0);
    // A list of all of them, each twice, is a list of all of them.
    let twice = [&all[..], &all[..]].concat();
    morning.enter(1, &twice);
    morning.close();
    let transcript = morning.transcript(all[255]);
    assert_eq!(transcript.leaves[0].preferences.len(), 256);
    assert!(verify(&transcript).is_ok());
}

#[test]
fn one_ticket_a_person_and_the_first_list_stands_until_it_is_given_up() {
    let morning = Morning::new(2);
    let [one, two, three] = morning.all([1, 1, 1]);
    morning.at(0);
    let first = morning.enter(1, &[two, one]);
    assert_eq!((first.schedule, first.line), (two, Line::Draw));
    for list in [&[three][..], &[one, two, three], &[two]] {
        assert_eq!(morning.enter(1, list), first);
    }
    let stats = morning.engine.stats();
    assert_eq!((stats.waiting, stats.remembered), (1, 3));
    // Who wants another list gives up the place, and asks again.
    assert_eq!(morning.engine.leave(first.id, who(1)), Ok(()));
    let second = morning.enter(1, &[three, two]);
    assert_ne!(first.id, second.id);
    assert_eq!(
        morning.engine.receipt(second.id),
        morning.engine.receipt(first.id)
    );
    morning.close();
    assert_eq!(morning.transcript(one).leaves[0].preferences, [2, 1]);
    assert_eq!(morning.won(&second), Some(three));
    assert_eq!(
        morning.became(&first),
        Outcome::Refused(Refusal::AlreadyReleased)
    );
    morning.audit();
}

#[test]
fn the_hold_says_which_schedule_and_so_does_everything_else() {
    let morning = Morning::new(3);
    let engine = &morning.engine;
    let [one, two] = morning.all([1, 1]);
    morning.at(0);
    let events = engine.observe(64);
    let name = RequestId::from_text("1");
    let asks = [1, 2].map(|n| Request::any(who(n), &[one, two]).id(name));
    let tickets = asks
        .clone()
        .map(|it| engine.request(&it).waiting().expect("open"));
    morning.close();
    let won = tickets.map(|it| morning.won(&it).expect("a slot each"));
    assert_eq!(BTreeSet::from(won), BTreeSet::from([one, two]));
    for ((ask, ticket), schedule) in asks.iter().zip(&tickets).zip(won) {
        // A retry gets its ticket again, word for word.
        assert_eq!(engine.request(ask), Outcome::Waiting(*ticket));
        let patient = ask.patient();
        assert_eq!(engine.lookup(patient, name), Ok(Outcome::Waiting(*ticket)));
        let hold = morning.became(ticket).held().expect("held");
        let again = engine.request(&Request::new(patient, schedule));
        assert_eq!(again, Outcome::Refused(Refusal::AlreadyHolds));
        let booking = engine
            .confirm(hold.id, patient, None)
            .expect("held")
            .wait()
            .expect("durable");
        assert_eq!(booking.schedule, schedule);
        assert_eq!(engine.availability(schedule).map(|it| it.booked), Ok(1));
    }
    let told: Vec<_> = std::iter::from_fn(|| events.next()).collect();
    let held = told
        .iter()
        .filter(|it| matches!(it.what, What::Held { .. }));
    assert_eq!(
        held.map(|it| it.schedule).collect::<BTreeSet<_>>(),
        BTreeSet::from(won)
    );
    let drawn = told.iter().filter(|it| {
        it.what
            == What::Drawn {
                entries: 2,
                places: 1,
            }
    });
    assert_eq!(drawn.map(|it| it.schedule).collect::<Vec<_>>(), [one, two]);
    let stats = engine.stats();
    assert_eq!((stats.drawn, stats.entries), (2, 2));
    morning.audit();
}

#[test]
fn what_nobody_lists_and_slots_added_late_are_first_come_after_the_draw() {
    let morning = Morning::new(4);
    let [one, two] = morning.all([1, 2]);
    assert_eq!(morning.engine.add_slots(one, 1), Ok(1));
    morning.at(0);
    let tickets = [1, 2, 3, 4].map(|n| morning.enter(n, &[one]));
    assert_eq!(morning.engine.add_slots(one, 1), Ok(1));
    morning.close();
    let won = tickets
        .iter()
        .filter(|it| morning.won(it).is_some())
        .count();
    assert_eq!(won, 2);
    let lost = tickets
        .iter()
        .position(|it| morning.won(it).is_none())
        .expect("two lost") as u64
        + 1;
    assert!(morning.ask(lost, &[one]).held().is_some());
    assert!(morning.ask(lost, &[two]).held().is_some());
}

#[test]
fn who_listed_only_what_is_called_off_is_told_so_and_the_others_go_on() {
    let morning = Morning::new(5);
    let engine = &morning.engine;
    let [one, two] = morning.all([1, 1]);
    morning.at(0);
    let only = morning.enter(1, &[one]);
    let both = morning.enter(2, &[one, two]);
    let mut wait = engine.wait(&both);
    assert!(wait.wait_timeout(std::time::Duration::ZERO).is_none());
    let events = engine.observe(64);
    assert_eq!(engine.withdraw(one), Ok(0));
    let left: Vec<_> = std::iter::from_fn(|| events.next())
        .filter(|it| matches!(it.what, What::Left { .. }))
        .map(|it| (it.patient, it.schedule, it.what))
        .collect();
    assert_eq!(left, [(Some(who(1)), one, What::Left { ticket: only.id })]);
    assert_eq!(morning.became(&only), Outcome::Refused(Refusal::Withdrawn));
    // The same ticket, for what they would take otherwise.
    let moved = Ticket {
        schedule: two,
        ..both
    };
    assert_eq!(morning.became(&both), Outcome::Waiting(moved));
    assert_eq!(morning.ask(2, &[two]), Outcome::Waiting(moved));
    assert_eq!(morning.ask(3, &[one]), Outcome::Refused(Refusal::Withdrawn));
    morning.audit();
    // Reinstated, it has a draw of its own.
    assert!(engine.reinstate(one).is_ok());
    assert_eq!(engine.drawn_together(one), Ok(vec![one]));
    assert_eq!(engine.drawn_together(two), Ok(vec![one, two]));
    let own = morning.enter(2, &[one]);
    assert_ne!(own.id, both.id);
    morning.close();
    assert_eq!(
        (morning.won(&both), morning.won(&own)),
        (Some(two), Some(one))
    );
    assert_eq!(wait.wait().held().map(|it| it.schedule), Some(two));
    let (joint, alone) = (morning.transcript(two), morning.transcript(one));
    assert!(verify(&joint).is_ok() && verify(&alone).is_ok());
    assert_ne!(joint.terms.draw, alone.terms.draw);
    assert_eq!((joint.leaves.len(), alone.leaves.len()), (2, 1));
    morning.audit();
}

#[test]
fn reinstated_in_time_it_is_one_of_them_again() {
    let morning = Morning::new(6);
    let [one, two] = morning.all([1, 1]);
    for schedule in [one, two] {
        assert!(morning.engine.withdraw(schedule).is_ok());
        assert!(morning.engine.reinstate(schedule).is_ok());
    }
    assert_eq!(morning.engine.drawn_together(one), Ok(vec![one, two]));
    // All of them are called off: there is nothing to join, until the first is back.
    assert!(morning.engine.withdraw(one).is_ok() && morning.engine.withdraw(two).is_ok());
    assert!(morning.engine.reinstate(two).is_ok() && morning.engine.reinstate(one).is_ok());
    assert_eq!(morning.engine.drawn_together(one), Ok(vec![two, one]));
    morning.at(0);
    let tickets = [1, 2].map(|n| morning.enter(n, &[one, two]));
    morning.close();
    assert!(tickets.iter().all(|it| morning.won(it).is_some()));
    assert!(verify(&morning.transcript(one)).is_ok());
    morning.audit();
}

#[test]
fn called_off_to_the_last_there_is_no_draw() {
    let morning = Morning::new(7);
    let all @ [one, two] = morning.all([1, 1]);
    morning.at(0);
    let ticket = morning.enter(1, &all);
    assert!(morning.engine.withdraw(two).is_ok() && morning.engine.withdraw(one).is_ok());
    assert_eq!(
        morning.became(&ticket),
        Outcome::Refused(Refusal::Withdrawn)
    );
    morning.close();
    assert_eq!(morning.engine.transcript(one), Err(Refusal::WrongState));
    assert_eq!(morning.engine.next_deadline(), None);
    morning.audit();
}

/// A draw whose beacon speaks late: one schedule was called off between close and draw, one has stopped being booked.
fn late() -> (Morning, [ScheduleId; 3], Vec<Ticket>) {
    let morning = Morning::new(8);
    let early = Schedule {
        closes_at: Some(OPENS.after(WINDOW)),
        ..plan(1, lottery())
    };
    let closing = morning.engine.publish(&early).expect("sound");
    let all = [closing, morning.publish(1), morning.publish(2)];
    let round = BeaconSpec::Round {
        source: "test".to_owned(),
        round: 3,
        available_at: OPENS.after(WINDOW + 1),
    };
    assert_eq!(morning.engine.fix_beacon(all[1], &round), Ok(()));
    morning.at(0);
    let tickets = (1..6).map(|n| morning.enter(n, &all)).collect();
    morning.close();
    assert!(morning.engine.withdraw(all[1]).is_ok());
    morning.at(2 * WINDOW);
    let said = BeaconValue::Round(Digest::new([4; 32]));
    assert_eq!(morning.engine.reveal(all[2], said), Ok(()));
    (morning, all, tickets)
}

#[test]
fn what_was_called_off_after_the_close_has_nothing_for_anybody_and_is_named() {
    let (morning, all, tickets) = late();
    let won: Vec<_> = tickets.iter().filter_map(|it| morning.won(it)).collect();
    assert_eq!(won, [all[2]; 2]);
    let transcript = morning.transcript(all[2]);
    let gone = [0, 1].map(|pool| Gone { pool, after: 0 });
    assert_eq!(transcript.gone, gone);
    assert_eq!(verify(&transcript).map(|it| it.places), Ok(2));
    morning.audit();
}

type Change = fn(&mut Transcript);

#[test]
fn a_change_of_what_was_called_off_is_found() {
    let (morning, all, _) = late();
    let sound = morning.transcript(all[2]);
    let flaw = |change: Change| {
        let mut transcript = sound.clone();
        change(&mut transcript);
        verify(&transcript).expect_err("it was changed")
    };
    let place = Flaw::Place { index: 0 };
    assert_eq!(flaw(|it| it.gone.clear()), place);
    assert_eq!(flaw(|it| it.gone.swap(0, 1)), place);
    assert_eq!(flaw(|it| it.gone[0].after = 1), place);
    assert_eq!(flaw(|it| it.gone[1].pool = 2), place);
    assert_eq!(flaw(|it| _ = it.gone.pop()), place);
    let more = |it: &mut Transcript| it.gone.push(Gone { pool: 2, after: 2 });
    assert_eq!(flaw(more), Flaw::Gone { index: 2 });
    assert_eq!(flaw(|it| it.places[0].pool = 1), place);
    assert_eq!(flaw(|it| it.leaves[0].preferences.swap(0, 1)), Flaw::Root);
    assert_eq!(
        flaw(|it| it.terms.policy.pools.swap(0, 2)),
        Flaw::Commitment
    );
}

#[test]
fn the_same_calls_are_the_same_events() {
    let run = || {
        let morning = Morning::new(9);
        let events = morning.engine.observe(512);
        let [one, two, three] = morning.all([2, 1, 1]);
        morning.at(0);
        for n in 0..20 {
            let lists = [vec![one, two], vec![three, one], vec![two]];
            morning.enter(n, &lists[n as usize % 3]);
        }
        assert!(morning.engine.withdraw(three).is_ok());
        morning.close();
        std::iter::from_fn(move || events.next()).collect::<Vec<_>>()
    };
    assert!(run() == run());
}

#[test]
fn past_draws_are_kept_and_forgotten_as_one() {
    let morning = Morning::with(10, |it| it.draw_entries_kept(3));
    let joint = morning.all([1, 1]);
    morning.at(0);
    for n in 0..3 {
        morning.enter(n, &joint);
    }
    morning.close();
    assert!(
        joint
            .iter()
            .all(|it| morning.engine.transcript(*it).is_ok())
    );
    let alone = Lottery {
        at: OPENS.after(2 * WINDOW),
        together: None,
        ..lottery()
    };
    let alone = morning.engine.publish(&plan(1, alone)).expect("sound");
    morning.at(2 * WINDOW);
    morning.enter(9, &[alone]);
    morning.at(3 * WINDOW);
    while morning.engine.advance().more {}
    assert!(morning.engine.transcript(alone).is_ok());
    for schedule in joint {
        assert_eq!(
            morning.engine.transcript(schedule),
            Err(Refusal::UnknownSchedule)
        );
    }
}

#[test]
fn another_hospital_s_number_is_another_number() {
    let morning = Morning::new(11);
    let one = morning.publish(1);
    let elsewhere = Schedule {
        hospital: HospitalId::new(2),
        ..plan(1, lottery())
    };
    let other = morning.engine.publish(&elsewhere).expect("sound");
    let number = Some(Together::new(8));
    let third = morning.engine.publish(&plan(
        1,
        Lottery {
            together: number,
            ..lottery()
        },
    ));
    let third = third.expect("sound");
    for schedule in [one, other, third] {
        assert_eq!(morning.engine.drawn_together(schedule), Ok(vec![schedule]));
    }
    morning.at(0);
    // So somebody may be in all of them.
    let tickets = [one, other, third].map(|it| morning.enter(1, &[it]));
    assert!(tickets[0].id != tickets[1].id && tickets[1].id != tickets[2].id);
    let unknown = morning
        .engine
        .draw_id("S0000009910000001".parse().expect("an id"));
    assert_eq!(unknown, Err(Refusal::UnknownSchedule));
    assert_eq!(OPENS, Timestamp::from_millis(1_800_000_000_000));
}
