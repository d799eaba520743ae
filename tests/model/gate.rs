//! The gate at exact times: who is refused before whom, what counts, what doesn't, and to the millisecond until when.

use std::net::IpAddr;

use fairslot::{
    AccountId, DeviceId, EngineBuilder, Limit, PatientId, Refusal, Request, RequestId, Rule,
    ScheduleId,
};

use crate::desk::{ANN, BOB, Desk, EVE, TTL, plan};

const ID: RequestId = RequestId::new(9);
/// One in ten seconds.
const SELDOM: Limit = Limit::new(1, 10_000, 1);

fn limited(retry_after_ms: u64) -> Refusal {
    Refusal::RateLimited { retry_after_ms }
}

fn seldom(builder: EngineBuilder) -> EngineBuilder {
    builder.patient_limit(SELDOM)
}

/// A desk where Ann has just had her turn, by a hold of the first schedule; the others have two slots each.
fn after_her_turn() -> (Desk, [ScheduleId; 3]) {
    let desk = Desk::built(seldom);
    let schedules = [2; 3].map(|slots| desk.publish(slots));
    assert!(
        desk.request(&Request::new(ANN, schedules[0]).id(ID))
            .is_ok()
    );
    (desk, schedules)
}

#[test]
fn one_millisecond_before_it_is_no_and_at_it_yes() {
    let (desk, [_, b, c]) = after_her_turn();
    for ms in [0, 1, 5_000, 9_999] {
        desk.at(ms);
        assert_eq!(desk.ask(ANN, b), Err(limited(10_000 - ms)));
    }
    // Nobody else is held up.
    assert!(desk.ask(BOB, b).is_ok());
    desk.at(10_000);
    assert!(desk.ask(ANN, b).is_ok());
    assert_eq!(desk.ask(ANN, c), Err(limited(10_000)));
}

#[test]
fn whatever_a_look_refuses_before_rate_limited() {
    let (desk, [_, full, withdrawn]) = after_her_turn();
    assert!(desk.ask(BOB, full).is_ok() && desk.ask(EVE, full).is_ok());
    assert_eq!(desk.engine.withdraw(withdrawn), Ok(0));
    assert_eq!(desk.ask(ANN, full), Err(Refusal::SoldOut));
    assert_eq!(desk.ask(ANN, withdrawn), Err(Refusal::Withdrawn));
    let unknown = "S000000000fffffff".parse().expect("an id by its form");
    assert_eq!(desk.ask(ANN, unknown), Err(Refusal::UnknownSchedule));
}

#[test]
fn the_remembered_answer_and_already_holds_before_rate_limited() {
    let (desk, [a, b, _]) = after_her_turn();
    let again = desk.request(&Request::new(ANN, a).id(ID));
    assert_eq!(
        again.map(|hold| hold.schedule),
        Ok(a),
        "a retry costs nothing"
    );
    assert_eq!(desk.ask(ANN, a), Err(Refusal::AlreadyHolds));
    assert_eq!(
        desk.request(&Request::new(ANN, b).id(ID)),
        Err(Refusal::RequestMismatch)
    );
    // None of the three was counted.
    desk.at(10_000);
    assert!(desk.ask(ANN, b).is_ok());
}

/// A late confirm takes its slot by name.
#[test]
fn sold_out_before_rate_limited_after_a_late_confirm() {
    let desk = Desk::built(seldom);
    let (one, other) = (desk.publish(1), desk.publish(1));
    let late = desk.hold(BOB, one);
    desk.at(TTL);
    assert_eq!(desk.advance(), 1);
    assert!(desk.confirm(late.id, BOB).is_ok());
    assert!(desk.ask(ANN, other).is_ok());
    assert_eq!(desk.ask(ANN, one), Err(Refusal::SoldOut));
    assert_eq!(desk.ask(EVE, one), Err(Refusal::SoldOut));
    // That cost Eve nothing.
    let third = desk.publish(1);
    assert!(desk.ask(EVE, third).is_ok());
}

#[test]
fn rate_limited_before_a_rule_and_a_rule_counts() {
    let desk = Desk::built(|builder| seldom(builder).live_holds_max(1));
    let (a, b) = (desk.publish(1), desk.publish(1));
    desk.hold(ANN, a);
    assert_eq!(desk.ask(ANN, b), Err(limited(10_000)));
    desk.at(10_000);
    let rule = Refusal::Rule {
        rule: Rule::LiveHolds,
    };
    assert_eq!(desk.ask(ANN, b), Err(rule));
    assert_eq!(desk.ask(ANN, b), Err(limited(10_000)));
}

#[test]
fn a_list_is_one_request() {
    let desk = Desk::built(|builder| builder.patient_limit(Limit::new(1, 10_000, 2)));
    let (full, a, b) = (desk.publish(1), desk.publish(1), desk.publish(1));
    desk.hold(BOB, full);
    let any = |patient| desk.request(&Request::any(patient, &[full, a, b]));
    assert_eq!(any(ANN).map(|hold| hold.schedule), Ok(a));
    assert_eq!(any(ANN).map(|hold| hold.schedule), Ok(b));
    // Everything is gone now, and that is what is said, to whomever and however often.
    for _ in 0..3 {
        assert_eq!(any(ANN), Err(Refusal::SoldOut));
        assert_eq!(any(EVE), Err(Refusal::SoldOut));
    }
    // The first refusal of a list is the one that is given.
    let (c, d) = (desk.publish(1), desk.publish(1));
    assert_eq!(
        desk.request(&Request::any(ANN, &[c, d])),
        Err(limited(10_000))
    );
    assert_eq!(
        desk.request(&Request::any(ANN, &[full, d])),
        Err(Refusal::SoldOut)
    );
}

#[test]
fn many_requests_are_counted_one_by_one() {
    let desk = Desk::built(seldom);
    let [a, b] = [2; 2].map(|slots| desk.publish(slots));
    let requests = [(ANN, a), (ANN, b), (BOB, b), (BOB, a)];
    let requests = requests.map(|(patient, schedule)| Request::new(patient, schedule));
    let outcomes = desk.engine.request_many(&requests);
    let said: Vec<_> = outcomes.iter().map(|outcome| outcome.refused()).collect();
    assert_eq!(
        said,
        [None, Some(limited(10_000)), None, Some(limited(10_000))]
    );
}

/// Each goes by their own lines, however many are on their way at once: nobody pays another's limit, nor is written into another's book.
#[test]
fn a_long_batch_is_each_ones_own() {
    for settings in [seldom, |builder| builder] {
        let desk = Desk::built(settings);
        let schedules = [10; 5].map(|slots| desk.publish(slots));
        let ask = |number: u32| {
            let schedule = schedules[number as usize % schedules.len()];
            Request::new(PatientId::new(u128::from(number) + 1_000), schedule)
        };
        let requests: Vec<Request> = (0..50).map(ask).collect();
        let first = desk.engine.request_many(&requests);
        assert!(first.iter().all(|outcome| outcome.held().is_some()));
        let again = desk.engine.request_many(&requests);
        let has = Some(Refusal::AlreadyHolds);
        assert!(again.iter().all(|outcome| outcome.refused() == has));
    }
}

/// An exchange asks for a slot as well: the patient's limit counts it, and whatever is said, the old booking stands.
#[test]
fn an_exchange_is_a_request_of_the_patients() {
    let desk = Desk::built(|builder| builder.patient_limit(Limit::new(1, 10_000, 2)));
    let [a, b, c] = [1; 3].map(|slots| desk.publish(slots));
    let booking = desk.book(ANN, a);
    let moved = desk.exchange(booking.id, ANN, b).expect("her second turn");
    assert_eq!(desk.exchange(moved.id, ANN, c), Err(limited(10_000)));
    assert_eq!(desk.exchange(moved.id, ANN, b), Err(Refusal::AlreadyHolds));
    assert_eq!([a, b, c].map(|s| desk.tally(s)[2]), [0, 1, 0]);
    desk.at(10_000);
    assert!(desk.exchange(moved.id, ANN, c).is_ok());
}

/// Nothing that somebody does with what they have is limited.
#[test]
fn answering_costs_nothing() {
    let (desk, [_, b, _]) = after_her_turn();
    desk.at(10_000);
    let hold = desk.hold(ANN, b);
    assert!(desk.engine.extend(hold.id, ANN, 1_000).is_ok());
    let booking = desk.confirm(hold.id, ANN).expect("live");
    assert_eq!(desk.cancel(booking.id, ANN), Ok(()));
    assert!(desk.engine.lookup(ANN, ID).is_ok());
    assert_eq!(desk.ask(ANN, b), Err(limited(10_000)));
    desk.at(TTL + 10_000);
    assert_eq!(desk.advance(), 1);
}

fn from(patient: PatientId, schedule: ScheduleId, number: u128) -> Request {
    let host = u8::try_from(number % 256).expect("below 256");
    Request::new(patient, schedule)
        .account(AccountId::new(number))
        .device(DeviceId::new(number))
        .network(IpAddr::from([192, 0, 2, host]))
}

/// Each kind of key alone, and a request that doesn't name it.
#[test]
fn each_kind_is_limited_and_only_if_named() {
    type Setting = fn(EngineBuilder, Limit) -> EngineBuilder;
    let kinds: [(&str, Setting); 4] = [
        ("patient", EngineBuilder::patient_limit),
        ("account", EngineBuilder::account_limit),
        ("device", EngineBuilder::device_limit),
        ("network", EngineBuilder::network_limit),
    ];
    for (kind, set) in kinds {
        let desk = Desk::built(|builder| set(builder, SELDOM));
        let [a, b] = [9; 2].map(|slots| desk.publish(slots));
        assert!(desk.request(&from(ANN, a, 1)).is_ok());
        let same = if kind == "patient" { ANN } else { BOB };
        assert_eq!(
            desk.request(&from(same, b, 1)),
            Err(limited(10_000)),
            "{kind}"
        );
        let other = from(EVE, b, if kind == "network" { 2 } else { 300 });
        let expected = if kind == "network" {
            Err(limited(10_000))
        } else {
            Ok(b)
        };
        assert_eq!(
            desk.request(&other).map(|hold| hold.schedule),
            expected,
            "{kind}: the whole network is one key"
        );
        assert!(desk.ask(PatientId::new(77), b).is_ok(), "{kind}: not named");
        assert!(desk.ask(PatientId::new(78), b).is_ok(), "{kind}: not named");
        let limits = desk.engine.stats().limits;
        let [limit] = *limits else {
            panic!("one limit: {limits:?}");
        };
        assert_eq!((limit.key, limit.cells), (kind, u64::from(Limit::CELLS)));
        assert_eq!(limit.refused, if kind == "network" { 2 } else { 1 });
        assert_eq!(limit.displaced, 0);
    }
}

/// The longest wait is told, and whom one limit refuses has paid at none.
#[test]
fn the_limits_are_asked_together() {
    let desk = Desk::built(|builder| {
        builder
            .patient_limit(Limit::new(1, 1_000, 2))
            .device_limit(Limit::new(1, 7_000, 2))
            .network_limit(Limit::new(1, 3_000, 1))
    });
    let schedules = [9; 4].map(|slots| desk.publish(slots));
    assert!(desk.request(&from(ANN, schedules[0], 1)).is_ok());
    for _ in 0..5 {
        assert_eq!(
            desk.request(&from(ANN, schedules[1], 1)),
            Err(limited(3_000))
        );
    }
    // Had those five been counted by device or patient, this would not be.
    desk.at(3_000);
    assert!(desk.request(&from(ANN, schedules[1], 1)).is_ok());
    assert_eq!(
        desk.request(&from(ANN, schedules[2], 1)),
        Err(limited(4_000)),
        "3,000 for the network, 4,000 for the device"
    );
    assert!(desk.ask(ANN, schedules[2]).is_ok(), "as a patient alone");
}

/// With a penalty, asking in vain moves the time to come back, and what is told is true all the same.
#[test]
fn a_penalty_is_told() {
    let strict = Limit {
        penalty: 2,
        ..Limit::new(1, 1_000, 2)
    };
    let desk = Desk::built(|builder| builder.patient_limit(strict));
    let [a, b, c] = [2; 3].map(|slots| desk.publish(slots));
    desk.hold(ANN, a);
    desk.hold(ANN, b);
    assert_eq!(desk.ask(ANN, c), Err(limited(3_000)));
    assert_eq!(desk.ask(ANN, c), Err(limited(5_000)));
    for _ in 0..5 {
        assert!(matches!(
            desk.ask(ANN, c),
            Err(Refusal::RateLimited {
                retry_after_ms: 7_000..=8_000
            })
        ));
    }
    desk.at(8_000);
    assert!(desk.ask(ANN, c).is_ok());
}

/// The builder's defaults limit nobody.
#[test]
fn without_a_limit_nobody_is_limited() {
    let desk = Desk::new();
    for _ in 0..1_000 {
        let schedule = desk.publish_plan(&plan(1));
        let hold = desk.request(&from(ANN, schedule, 1)).expect("free");
        assert_eq!(desk.release(hold.id, ANN), Ok(()));
    }
    assert_eq!(desk.engine.stats().limits, []);
}
