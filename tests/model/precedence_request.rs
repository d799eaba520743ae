//! Where several refusals apply to a request, the first in the specification's order is given. A test for each pair of
//! neighbours that can be true at once; then lists of schedules.

use fairslot::{Opening, Refusal, Request, RequestId, Rule, Schedule, ScheduleId, SupplyError};

use crate::desk::{ANN, BOB, DAY, Desk, EVE, TTL, after, plan};
use crate::ids::flipped_schedule;

const ID: RequestId = RequestId::new(9);
const LIVE_HOLDS: Refusal = Refusal::Rule {
    rule: Rule::LiveHolds,
};
const BOOK_FULL: Refusal = Refusal::Rule {
    rule: Rule::BookFull,
};

fn unknown() -> ScheduleId {
    "S000000000fffffff".parse().expect("an id by its form")
}

/// Opens so many milliseconds from the opening of the others.
fn later(ms: u64) -> Schedule {
    Schedule {
        opening: Opening::first_come(after(ms)),
        ..plan(1)
    }
}

fn closing(ms: u64) -> Schedule {
    Schedule {
        closes_at: Some(after(ms)),
        ..plan(1)
    }
}

#[test]
fn unknown_schedule_before_the_remembered_answer() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    assert!(desk.request(&Request::new(ANN, schedule).id(ID)).is_ok());
    assert_eq!(
        desk.request(&Request::new(ANN, unknown()).id(ID)),
        Err(Refusal::UnknownSchedule)
    );
}

#[test]
fn the_remembered_answer_before_withdrawn() {
    let desk = Desk::new();
    let (schedule, other) = (desk.publish(1), desk.publish(1));
    let hold = desk.request(&Request::new(ANN, schedule).id(ID));
    assert_eq!(
        (desk.engine.withdraw(schedule), desk.engine.withdraw(other)),
        (Ok(1), Ok(0))
    );
    assert_eq!(desk.request(&Request::new(ANN, schedule).id(ID)), hold);
    assert_eq!(
        desk.request(&Request::new(ANN, other).id(ID)),
        Err(Refusal::RequestMismatch)
    );
    assert_eq!(
        desk.request(&Request::new(ANN, schedule)),
        Err(Refusal::Withdrawn)
    );
}

#[test]
fn request_mismatch_before_everything_about_the_schedule() {
    let desk = Desk::new();
    assert!(
        desk.request(&Request::new(ANN, desk.publish(1)).id(ID))
            .is_ok()
    );
    let full = desk.publish(1);
    desk.hold(BOB, full);
    let has_one = desk.publish(2);
    desk.hold(ANN, has_one);
    for schedule in [
        desk.publish_plan(&later(1)),
        desk.publish_plan(&closing(0)),
        full,
        has_one,
    ] {
        assert_eq!(
            desk.request(&Request::new(ANN, schedule).id(ID)),
            Err(Refusal::RequestMismatch)
        );
    }
}

#[test]
fn withdrawn_before_not_open_and_closed() {
    let desk = Desk::new();
    for plan in [later(1), closing(0)] {
        let schedule = desk.publish_plan(&plan);
        assert_eq!(desk.engine.withdraw(schedule), Ok(0));
        assert_eq!(desk.ask(ANN, schedule), Err(Refusal::Withdrawn));
    }
}

/// Refused at each instant up to the promised one, held exactly at it.
#[test]
fn not_open_until_the_promised_instant() {
    let desk = Desk::new();
    let schedule = desk.publish_plan(&later(1_000));
    for at in [0, 1, 500, 998, 999] {
        desk.at(at);
        assert_eq!(
            desk.ask(ANN, schedule),
            Err(Refusal::NotOpen {
                retry_after_ms: 1_000 - at
            })
        );
    }
    desk.at(1_000);
    assert!(desk.ask(ANN, schedule).is_ok());
}

/// It is not open yet, and a patient who has as many holds as allowed is told that first.
#[test]
fn not_open_before_the_rules() {
    let desk = Desk::built(|builder| builder.live_holds_max(1));
    desk.hold(ANN, desk.publish(1));
    assert_eq!(
        desk.ask(ANN, desk.publish_plan(&later(7))),
        Err(Refusal::NotOpen { retry_after_ms: 7 })
    );
}

#[test]
fn closed_from_the_cut_off_on_before_already_holds_and_sold_out() {
    let desk = Desk::new();
    let schedule = desk.publish_plan(&closing(1_000));
    desk.at(999);
    desk.hold(ANN, schedule);
    assert_eq!(desk.ask(ANN, schedule), Err(Refusal::AlreadyHolds));
    assert_eq!(desk.ask(BOB, schedule), Err(Refusal::SoldOut));
    desk.at(1_000);
    assert_eq!(desk.ask(ANN, schedule), Err(Refusal::Closed));
    assert_eq!(desk.ask(BOB, schedule), Err(Refusal::Closed));
}

#[test]
fn closed_when_the_session_starts() {
    let desk = Desk::new();
    let schedule = desk.publish_plan(&Schedule {
        starts_at: after(1_000),
        ..plan(2)
    });
    desk.at(999);
    desk.hold(ANN, schedule);
    desk.at(1_000);
    assert_eq!(desk.ask(BOB, schedule), Err(Refusal::Closed));
}

#[test]
fn already_holds_before_sold_out_for_whatever_the_patient_has() {
    let desk = Desk::new();
    let schedule = desk.publish(4);
    let patients = [ANN, BOB, EVE, fairslot::PatientId::new(4)];
    let holds = patients.map(|patient| desk.hold(patient, schedule));
    let bookings = [1, 2, 3].map(|i| desk.confirm(holds[i].id, patients[i]).expect("it is live"));
    assert_eq!(desk.check_in(bookings[1].id), Ok(()));
    assert_eq!(desk.no_show(bookings[2].id), Ok(()));
    for patient in patients {
        assert_eq!(desk.ask(patient, schedule), Err(Refusal::AlreadyHolds));
    }
    assert_eq!(
        desk.ask(fairslot::PatientId::new(5), schedule),
        Err(Refusal::SoldOut)
    );
}

#[test]
fn already_holds_whichever_of_several_slots_it_is() {
    let desk = Desk::new();
    let schedules = [1, 2, 3].map(|_| desk.publish(2));
    for (before, schedule) in schedules.iter().enumerate() {
        desk.hold(ANN, *schedule);
        for mine in &schedules[..=before] {
            assert_eq!(desk.ask(ANN, *mine), Err(Refusal::AlreadyHolds));
            let many = desk.engine.request_many(&[Request::new(ANN, *mine)]);
            assert_eq!(many[0].refused(), Some(Refusal::AlreadyHolds));
        }
    }
}

/// What was given up, ran out or was ended by the hospital is no slot.
#[test]
fn already_holds_only_what_is_still_had() {
    let desk = Desk::new();
    let schedule = desk.publish(1);
    let released = desk.hold(ANN, schedule);
    assert_eq!(desk.release(released.id, ANN), Ok(()));
    let cancelled = desk.book(ANN, schedule);
    assert_eq!(desk.cancel(cancelled.id, ANN), Ok(()));
    desk.book(ANN, schedule);
    assert_eq!(
        (
            desk.engine.withdraw(schedule),
            desk.engine.reinstate(schedule)
        ),
        (Ok(1), Ok(1))
    );
    desk.hold(ANN, schedule);
    desk.at(TTL - 1);
    assert_eq!(desk.ask(ANN, schedule), Err(Refusal::AlreadyHolds));
    desk.at(TTL);
    let moved = desk.book(ANN, schedule);
    assert!(desk.exchange(moved.id, ANN, desk.publish(1)).is_ok());
    assert!(desk.ask(ANN, schedule).is_ok());
}

#[test]
fn already_holds_and_sold_out_before_the_rules() {
    let desk = Desk::built(|builder| builder.live_holds_max(1).book_lines_max(1_001));
    desk.fill_book(ANN, 1_000);
    let (mine, full, open) = (desk.publish(2), desk.publish(1), desk.publish(1));
    desk.hold(ANN, mine);
    desk.hold(BOB, full);
    assert_eq!(desk.ask(ANN, mine), Err(Refusal::AlreadyHolds));
    assert_eq!(desk.ask(ANN, full), Err(Refusal::SoldOut));
    // Live holds are counted before lines.
    assert_eq!(desk.ask(ANN, open), Err(LIVE_HOLDS));
}

#[test]
fn the_rule_of_live_holds_counts_what_is_live() {
    let desk = Desk::new();
    let schedules: Vec<ScheduleId> = (0..8).map(|_| desk.publish(1)).collect();
    let holds: Vec<_> = schedules[..3]
        .iter()
        .map(|&schedule| desk.hold(ANN, schedule))
        .collect();
    assert_eq!(desk.ask(ANN, schedules[3]), Err(LIVE_HOLDS));
    assert!(
        desk.ask(BOB, schedules[3]).is_ok(),
        "another patient's holds are another matter"
    );
    assert!(desk.confirm(holds[0].id, ANN).is_ok());
    assert!(
        desk.ask(ANN, schedules[4]).is_ok(),
        "a booking is no live hold"
    );
    assert_eq!(desk.release(holds[1].id, ANN), Ok(()));
    assert!(desk.ask(ANN, schedules[5]).is_ok());
    desk.at(TTL - 1);
    assert_eq!(desk.ask(ANN, schedules[6]), Err(LIVE_HOLDS));
    desk.at(TTL);
    assert!(
        desk.ask(ANN, schedules[6]).is_ok(),
        "what has run out is no live hold, swept or not"
    );
}

#[test]
fn the_rule_of_the_full_book_counts_what_is_remembered() {
    let desk = Desk::built(|builder| builder.book_lines_max(1_001));
    let schedule = desk.publish(1);
    desk.fill_book(ANN, 1_000);
    desk.book(ANN, desk.publish(1));
    for sweep in [false, true] {
        desk.at(DAY - 1);
        if sweep {
            desk.advance();
        }
        assert_eq!(desk.ask(ANN, schedule), Err(BOOK_FULL));
    }
    desk.at(DAY);
    assert!(desk.ask(ANN, schedule).is_ok());
}

#[test]
fn the_rule_of_the_full_engine_comes_last() {
    let desk = Desk::built(|builder| builder.live_holds_max(1).records_max(2));
    desk.hold(ANN, desk.publish(1));
    desk.hold(BOB, desk.publish(1));
    let open = desk.publish(1);
    assert_eq!(desk.ask(ANN, open), Err(LIVE_HOLDS));
    assert_eq!(
        desk.ask(EVE, open),
        Err(Refusal::Rule {
            rule: Rule::EngineFull
        })
    );
    assert_eq!(desk.tally(open), [1, 0, 0, 0, 0]);
}

#[test]
fn a_list_is_tried_in_its_order() {
    let desk = Desk::new();
    let (full, open, also_open) = (desk.publish(1), desk.publish(1), desk.publish(1));
    desk.hold(BOB, full);
    let withdrawn = desk.publish(1);
    assert_eq!(desk.engine.withdraw(withdrawn), Ok(0));
    let not_open = desk.publish_plan(&later(5));
    let ask = |patient, list: &[ScheduleId]| desk.request(&Request::any(patient, list));
    assert_eq!(ask(ANN, &[full, withdrawn]), Err(Refusal::SoldOut));
    assert_eq!(ask(ANN, &[withdrawn, full]), Err(Refusal::Withdrawn));
    assert_eq!(
        ask(ANN, &[not_open, withdrawn, full]),
        Err(Refusal::NotOpen { retry_after_ms: 5 })
    );
    assert_eq!(ask(ANN, &[unknown(), full]), Err(Refusal::UnknownSchedule));
    assert_eq!(ask(ANN, &[]), Err(Refusal::UnknownSchedule));
    assert_eq!(
        ask(ANN, &[unknown(), full, open, also_open]).map(|hold| hold.schedule),
        Ok(open)
    );
    assert_eq!(
        ask(ANN, &[open, also_open]).map(|hold| hold.schedule),
        Ok(also_open),
        "what she has already, refuses"
    );
    assert_eq!(ask(ANN, &[open, also_open]), Err(Refusal::AlreadyHolds));
}

/// The remembered answer stands where an unknown schedule would have been judged first.
#[test]
fn a_list_with_an_unknown_schedule_and_a_remembered_answer() {
    let desk = Desk::new();
    let (a, b) = (desk.publish(1), desk.publish(1));
    let list = [flipped_schedule(a, 63), a];
    let hold = desk.request(&Request::any(ANN, &list).id(ID));
    assert_eq!(hold.map(|hold| hold.schedule), Ok(a));
    assert_eq!(desk.request(&Request::any(ANN, &list).id(ID)), hold);
    assert_eq!(
        desk.request(&Request::any(ANN, &[unknown(), b]).id(ID)),
        Err(Refusal::UnknownSchedule)
    );
    assert_eq!(
        desk.request(&Request::any(ANN, &[b, unknown()]).id(ID)),
        Err(Refusal::RequestMismatch)
    );
}

#[test]
fn many_requests_are_as_if_sent_one_after_the_other() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    let requests = [ANN, ANN, BOB, EVE, ANN].map(|patient| Request::new(patient, schedule));
    let outcomes = desk.engine.request_many(&requests);
    let said: Vec<Option<Refusal>> = outcomes.iter().map(|outcome| outcome.refused()).collect();
    let (has, full) = (Some(Refusal::AlreadyHolds), Some(Refusal::SoldOut));
    assert_eq!(said, [None, has, None, full, has]);
    let slots: Vec<u16> = outcomes
        .iter()
        .filter_map(|outcome| outcome.held())
        .map(|hold| hold.slot.get())
        .collect();
    assert_eq!(slots, [1, 2]);
}

#[test]
fn the_hospitals_verbs_unknown_before_wrong_state() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    let no = |refusal| Err(SupplyError::Refused(refusal));
    assert_eq!(desk.engine.reinstate(schedule), no(Refusal::WrongState));
    assert_eq!(desk.engine.withdraw(schedule), Ok(0));
    assert_eq!(desk.engine.withdraw(schedule), no(Refusal::WrongState));
    assert_eq!(desk.engine.add_slots(schedule, 1), no(Refusal::WrongState));
    assert_eq!(desk.engine.reinstate(schedule), Ok(2));
    assert_eq!(desk.engine.reinstate(schedule), no(Refusal::WrongState));
    assert_eq!(
        desk.engine.withdraw(unknown()),
        no(Refusal::UnknownSchedule)
    );
}
