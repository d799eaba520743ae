//! Places that come to nothing, and why.

use fairslot::line::SlowQueue;
use fairslot::{Limit, Outcome, Refusal, Rule};

use super::{Desk, OPENS, TENTHS, who};

const fn rule(rule: Rule) -> Refusal {
    Refusal::Rule { rule }
}

#[test]
fn at_ones_turn_the_rules_are_judged_again() {
    let desk = Desk::with(TENTHS, |it| it.live_holds_max(1));
    let (schedule, other) = (desk.publish(2), desk.publish(2));
    let sold_out = desk.publish(1);
    let ones = desk.queued(1, 1_000, schedule);
    let twos = desk.queued(2, 1_001, sold_out);
    let threes = desk.queued(3, 1_002, schedule);
    assert!(desk.ask(1, 1, other).held().is_some());
    assert!(desk.ask(4, 4, sold_out).held().is_some());
    // Who waits and asks again is told how it is.
    assert_eq!(
        desk.ask(2, 1_001, sold_out),
        Outcome::Refused(Refusal::SoldOut)
    );
    desk.at(1_200);
    assert_eq!(desk.refused(ones.id), rule(Rule::LiveHolds));
    assert_eq!(desk.refused(twos.id), Refusal::SoldOut);
    assert!(desk.held(threes.id).is_some());
    assert_eq!(desk.advance(), 1);
}

#[test]
fn who_leaves_gives_up_seat_and_turn() {
    let desk = Desk::new(TENTHS);
    let schedule = desk.publish(1);
    let (first, second) = (
        desk.queued(1, 1_000, schedule),
        desk.queued(2, 1_001, schedule),
    );
    assert_eq!(desk.engine.leave(first.id, who(2)), Err(Refusal::NotYours));
    desk.engine.leave(first.id, who(1)).expect("undecided");
    assert_eq!(desk.waiting(), 1);
    assert_eq!(
        desk.engine.leave(first.id, who(1)),
        Err(Refusal::AlreadyReleased)
    );
    assert_eq!(desk.refused(first.id), Refusal::AlreadyReleased);
    desk.at(1_000);
    assert!(desk.held(second.id).is_some());
    assert_eq!(
        desk.engine.leave(second.id, who(2)),
        Err(Refusal::WrongState)
    );
}

#[test]
fn called_off_is_called_off_for_who_waits_too() {
    let desk = Desk::new(TENTHS);
    let (schedule, other) = (desk.publish(2), desk.publish(2));
    let tickets: Vec<_> = (0..5).map(|n| desk.queued(n, 1_000, schedule)).collect();
    let stays = desk.queued(9, 1_000, other);
    desk.engine.withdraw(schedule).expect("published");
    assert_eq!(desk.waiting(), 1);
    for ticket in &tickets {
        assert_eq!(desk.refused(ticket.id), Refusal::Withdrawn);
    }
    desk.engine.reinstate(schedule).expect("withdrawn");
    let anew = desk.queued(0, 1_000, schedule);
    assert_ne!(anew.id, tickets[0].id);
    desk.at(2_000);
    for ticket in &tickets {
        assert_eq!(desk.refused(ticket.id), Refusal::Withdrawn);
    }
    assert!(desk.held(stays.id).is_some() && desk.held(anew.id).is_some());
}

#[test]
fn nobody_waits_longer_than_one_may() {
    let desk = Desk::new(SlowQueue {
        wait_max_ms: 1_050,
        ..TENTHS
    });
    let schedule = desk.publish(3);
    let (first, second) = (
        desk.queued(1, 1_000, schedule),
        desk.queued(2, 1_001, schedule),
    );
    desk.at(1_049);
    assert!(desk.held(first.id).is_some() && desk.became(second.id).waiting().is_some());
    assert_eq!(
        desk.engine.next_deadline().map(|it| it.as_millis()),
        Some(OPENS + 1_050)
    );
    desk.at(1_050);
    assert_eq!(desk.refused(second.id), rule(Rule::WaitedTooLong));
    assert_eq!(desk.waiting(), 0);
    // They may ask anew.
    assert_ne!(desk.queued(2, 1_001, schedule).id, second.id);
}

#[test]
fn from_the_cut_off_on_a_turn_is_worth_nothing() {
    let desk = Desk::new(SlowQueue {
        wait_max_ms: 86_400_000,
        first_after_ms: 4_000_000,
        ..TENTHS
    });
    let schedule = desk.publish(3);
    let ticket = desk.queued(1, 1_000, schedule);
    desk.at(3_599_999);
    assert!(desk.became(ticket.id).waiting().is_some());
    desk.at(3_600_000);
    assert_eq!(desk.refused(ticket.id), Refusal::Closed);
    desk.at(4_000_000);
    assert_eq!(desk.advance(), 0);
    assert_eq!(desk.refused(ticket.id), Refusal::Closed);
    assert_eq!(desk.waiting(), 0);
}

/// Who crowds a full queue makes room, and nobody else.
#[test]
fn a_full_queue_refuses_only_who_crowds_it() {
    let desk = Desk::with(
        SlowQueue {
            capacity: 40,
            ..TENTHS
        },
        |it| it.patient_limit(Limit::new(1, 3_600_000, 1)),
    );
    let schedule = desk.publish(100);
    let mut crowd = Vec::new();
    for n in 0..40 {
        crowd.push(desk.queued(n, 1_000 + n % 2, schedule));
    }
    // One more of theirs finds no room; it was a turn of theirs all the same.
    let more = desk.ask(50, 1_000, schedule);
    let full = rule(Rule::QueueFull {
        retry_after_ms: 1_000,
    });
    assert_eq!(more, Outcome::Refused(full));
    assert_eq!(full.retry_after(), Some(1_000));
    assert!(full.is_transient());
    let again = desk.ask(50, 1_000, schedule);
    assert!(matches!(
        again,
        Outcome::Refused(Refusal::RateLimited { .. })
    ));
    // Others come, and find it.
    let others: Vec<_> = (0..20)
        .map(|n| desk.queued(100 + n, 2_000 + n, schedule))
        .collect();
    assert_eq!(desk.waiting(), 40);
    let displaced = crowd
        .iter()
        .filter(|it| desk.became(it.id).waiting().is_none());
    let displaced: Vec<_> = displaced.map(|it| desk.refused(it.id)).collect();
    let made_room = rule(Rule::QueueFull {
        retry_after_ms: 100,
    });
    assert_eq!(displaced, vec![made_room; 20]);
    assert!(
        others
            .iter()
            .all(|it| desk.became(it.id).waiting().is_some())
    );
    desk.at(10_000);
    assert!(others.iter().all(|it| desk.held(it.id).is_some()));
}

/// Booking closes for those who fill the queue: they wait no more, and their seats are others'.
#[test]
fn at_the_close_seats_are_given_back() {
    let queue = SlowQueue {
        capacity: 10,
        first_after_ms: 60_000,
        ..SlowQueue::new(1, 60_000)
    };
    let desk = Desk::new(queue);
    let (soon, later) = (desk.publish_until(100, 5_000), desk.publish(100));
    let crowd: Vec<_> = (0..10).map(|n| desk.queued(n, 1_000 + n, soon)).collect();
    desk.at(5_000);
    desk.advance();
    for ticket in crowd {
        assert_eq!(desk.refused(ticket.id), Refusal::Closed);
    }
    assert_eq!(desk.waiting(), 0);
    let places = [20, 21].map(|n| desk.queued(n, 1_000 + n, later).position);
    assert_eq!(places.map(|it| it.map(|it| it.get())), [Some(1), Some(2)]);
}
