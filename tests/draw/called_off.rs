//! Draws that come to nothing, draws that are full, and lists that are far too long: what is kept, what is said, and what it costs.

use fairslot::draw::verify;
use fairslot::{Lottery, Outcome, Refusal, Request, Rule, ScheduleId, Ticket};

use crate::reserved::alone;
use crate::together::{Morning, WINDOW, lottery, plan, who};

const FULL: Outcome = Outcome::Refused(Refusal::Rule {
    rule: Rule::DrawFull,
});

/// More names than anybody has schedules. Read again for each name on it, or against each schedule of a draw, it would be seen in how long these tests take.
const LONG: usize = 100_000;

#[test]
fn of_a_draw_that_came_to_nothing_only_its_name_is_kept() {
    let morning = Morning::new(1);
    let engine = &morning.engine;
    let schedule = engine.publish(&alone(1, &[])).expect("sound");
    let draw = engine.draw_id(schedule);
    let (_, promised) = engine.commitment(schedule).expect("it has a draw");
    morning.at(0);
    let tickets: Vec<Ticket> = (0..3).map(|it| morning.enter(it, &[schedule])).collect();
    assert!(engine.receipt(tickets[0].id).is_ok());
    assert!(engine.withdraw(schedule).is_ok());
    for ticket in &tickets {
        let withdrawn = Outcome::Refused(Refusal::Withdrawn);
        assert_eq!(morning.became(ticket), withdrawn);
        assert_eq!(engine.receipt(ticket.id), Err(Refusal::UnknownTicket));
        assert_eq!(engine.proof(ticket.id), Err(Refusal::UnknownTicket));
    }
    assert_eq!(engine.draw_id(schedule), draw);
    assert_eq!(engine.drawn_together(schedule), Ok(vec![schedule]));
    assert_eq!(engine.commitment(schedule), Err(Refusal::WrongState));
    assert_eq!(engine.closing(schedule), Err(Refusal::WrongState));
    assert_eq!(engine.transcript(schedule), Err(Refusal::WrongState));
    assert_eq!(engine.next_deadline(), None);
    // In the same millisecond there is another, of another name and by another seed.
    assert!(engine.reinstate(schedule).is_ok());
    assert_ne!(engine.draw_id(schedule), draw);
    let (_, anew) = engine.commitment(schedule).expect("it has another");
    assert_ne!(anew, promised);
    let again = morning.enter(0, &[schedule]);
    assert_ne!(again.id, tickets[0].id);
    morning.at(WINDOW);
    while engine.advance().more {}
    assert_eq!(morning.won(&again), Some(schedule));
    assert!(verify(&morning.transcript(schedule)).is_ok());
    morning.audit();
}

#[test]
fn a_joint_draw_that_came_to_nothing_is_let_go_of_by_all_of_it() {
    let morning = Morning::new(2);
    let engine = &morning.engine;
    let all = morning.all([1, 1, 1]);
    // The first leaves before it is fixed what is drawn for, the second after, the third with the draw.
    assert!(engine.withdraw(all[0]).is_ok());
    morning.at(0);
    let tickets = [
        morning.enter(1, &[all[1], all[2]]),
        morning.enter(2, &[all[2]]),
    ];
    assert!(engine.withdraw(all[1]).is_ok());
    assert!(engine.receipt(tickets[0].id).is_ok());
    assert!(engine.withdraw(all[2]).is_ok());
    for ticket in tickets {
        assert_eq!(engine.receipt(ticket.id), Err(Refusal::UnknownTicket));
    }
    for schedule in all {
        assert_eq!(engine.commitment(schedule), Err(Refusal::WrongState));
        assert_eq!(engine.drawn_together(schedule), Ok(all[1..].to_vec()));
    }
    morning.audit();
}

#[test]
fn who_left_a_full_draw_may_come_again_and_nobody_else() {
    let morning = Morning::with(3, |it| it.draw_entries_max(2));
    let schedule = morning.publish(1);
    morning.at(0);
    let first = morning.enter(1, &[schedule]);
    morning.enter(2, &[schedule]);
    assert_eq!(morning.engine.leave(first.id, who(1)), Ok(()));
    assert_eq!(morning.ask(3, &[schedule]), FULL);
    let again = morning.enter(1, &[schedule]);
    assert_ne!(again.id, first.id);
    assert_eq!(morning.ask(3, &[schedule]), FULL);
    morning.close();
    assert_eq!(morning.transcript(schedule).leaves.len(), 2);
    morning.audit();
}

#[test]
fn a_list_of_any_length_is_what_it_names_first() {
    let morning = Morning::with(4, |it| it.draw_entries_max(1));
    let many: Vec<ScheduleId> = (0..256).map(|_| morning.publish(1)).collect();
    let other = Lottery {
        together: None,
        ..lottery()
    };
    let other = morning.engine.publish(&plan(1, other)).expect("sound");
    morning.at(0);
    // Nearly all of it names the same, or what is not in this draw.
    let mut list = vec![many[255]; LONG];
    list.extend([other, many[3], other, many[255], many[0]]);
    let ticket = morning.enter(1, &list);
    let others = vec![many[7]; LONG / 2];
    assert_eq!(morning.ask(2, &others), FULL);
    morning.close();
    let transcript = morning.transcript(many[0]);
    assert_eq!(transcript.leaves[0].preferences, [255, 3, 0]);
    assert_eq!(morning.won(&ticket), Some(many[255]));
    let anybody = Request::new(who(3), many[0]);
    assert!(morning.engine.request(&anybody).held().is_some());
}
