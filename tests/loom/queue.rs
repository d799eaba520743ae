//! The slow queue in the engine: it is somebody's turn while they leave, or while the session is called off; somebody joins while it is.

use super::support::{
    NOW, Notes, agree, count, engine_with, explore, hand_at, people, race, schedule, set_watch,
};
use crate::line::SlowQueue;
use crate::words::id::ScheduleId;
use crate::{
    Behaviour, DeviceId, Engine, Labels, Outcome, PatientId, Refusal, Request, TicketId, Timestamp,
};

const DEVICE: DeviceId = DeviceId::new(9);
const ANOTHER: DeviceId = DeviceId::new(8);

/// An engine with room for four who are slowed, which is whoever comes from the one device. There is a turn in every millisecond.
fn engine() -> Engine {
    engine_for(4)
}

fn engine_for(capacity: u32) -> Engine {
    let queue = SlowQueue {
        capacity,
        ..SlowQueue::new(100, 1)
    };
    let behaviour = Behaviour {
        records: 8,
        ..Behaviour::default()
    };
    let engine = engine_with(|it| it.behaviour(behaviour).slow_queue(queue));
    let mut labels = Labels::default();
    labels.block_device(DEVICE, Timestamp::MAX);
    labels.block_device(ANOTHER, Timestamp::MAX);
    engine.import_labels(&labels);
    engine
}

fn ask(engine: &Engine, patient: PatientId, schedule: ScheduleId) -> Outcome {
    engine.request(&Request::new(patient, schedule).device(DEVICE))
}

fn wait(engine: &Engine, patient: PatientId, schedule: ScheduleId) -> TicketId {
    ask(engine, patient, schedule).waiting().unwrap().id
}

/// An engine, whoever waits in it for the only slot of a schedule, that schedule, and their ticket.
fn one_waits() -> (Engine, PatientId, ScheduleId, TicketId) {
    let engine = engine();
    let [ann, ..] = people(&engine);
    let s = engine.publish(&schedule(1)).unwrap();
    let ticket = wait(&engine, ann, s);
    (engine, ann, s, ticket)
}

/// Threads: one serves, the only one who waits leaves. Property: they left and the slot is anybody's, or they have it.
///
/// 430 interleavings, at most two preemptions.
#[test]
fn queue_turn_against_leave() {
    explore(Some(2), || {
        let (engine, ann, s, ticket) = one_waits();
        let (serves, leaves, left) = (engine.clone(), engine.clone(), Notes::new());
        let said = left.clone();
        race([
            hand_at(NOW + 1, move || {
                let _ = serves.advance();
            }),
            hand_at(NOW, move || said.add(leaves.leave(ticket, ann))),
        ]);
        set_watch(NOW + 1);
        let told = engine.ticket(ticket).unwrap();
        let expected = match *left.all() {
            [Ok(())] => {
                assert_eq!(told, Outcome::Refused(Refusal::AlreadyReleased));
                [1, 0, 0, 0]
            }
            [Err(Refusal::WrongState)] => {
                assert!(told.held().is_some(), "{told:?}");
                [0, 1, 0, 0]
            }
            ref other => panic!("{other:?}"),
        };
        assert_eq!(count(&engine, s), expected);
        agree(&engine);
    });
}

/// Threads: one serves, one withdraws the session. Property: who waited is told that it was called off, whether or not they had a slot for a moment, and the slot is
/// withdrawn.
///
/// 234 interleavings, at most one preemption.
#[test]
fn f36_queue_turn_against_withdraw() {
    explore(Some(1), || {
        let (engine, _, s, ticket) = one_waits();
        let (serves, withdraws) = (engine.clone(), engine.clone());
        race([
            hand_at(NOW + 1, move || {
                let _ = serves.advance();
            }),
            hand_at(NOW, move || {
                withdraws.withdraw(s).unwrap();
            }),
        ]);
        set_watch(NOW + 1);
        assert_eq!(count(&engine, s), [0, 0, 0, 1]);
        let told = engine.ticket(ticket).unwrap();
        assert_eq!(told, Outcome::Refused(Refusal::Withdrawn));
        agree(&engine);
    });
}

/// Threads: one serves, one withdraws the session and reinstates it. Property: who waited is told for good that it was called off, and nobody has the slot.
///
/// 247 interleavings, at most one preemption.
#[test]
fn queue_turn_against_withdraw_and_reinstate() {
    explore(Some(1), || {
        let (engine, _, s, ticket) = one_waits();
        let (serves, withdraws) = (engine.clone(), engine.clone());
        race([
            hand_at(NOW + 1, move || {
                let _ = serves.advance();
            }),
            hand_at(NOW, move || {
                withdraws.withdraw(s).unwrap();
                withdraws.reinstate(s).unwrap();
                let told = withdraws.ticket(ticket).unwrap();
                assert_eq!(told, Outcome::Refused(Refusal::Withdrawn));
            }),
        ]);
        set_watch(NOW + 1);
        assert_eq!(count(&engine, s), [1, 0, 0, 0]);
        let told = engine.ticket(ticket).unwrap();
        assert_eq!(told, Outcome::Refused(Refusal::Withdrawn));
        agree(&engine);
    });
}

/// Threads: somebody joins a full queue, where somebody else has to make room; one withdraws the session and reinstates it. Property: what who had to go is told after that
/// they are told for good, and they don't wait.
///
/// 83 interleavings, at most one preemption.
#[test]
fn queue_made_room_against_withdraw_and_reinstate() {
    explore(Some(1), || {
        let engine = engine_for(2);
        // The withdrawal has nothing else to do in the bucket of who joins, or it would wait for them anyway.
        let [ann, bob, cyd, _] = people(&engine);
        let [s, another] = [(); 2].map(|()| engine.publish(&schedule(1)).unwrap());
        wait(&engine, ann, another);
        let ticket = wait(&engine, bob, s);
        let (joins, withdraws, answers) = (engine.clone(), engine.clone(), Notes::new());
        let said = answers.clone();
        race([
            hand_at(NOW, move || {
                let _ = joins.request(&Request::new(cyd, another).device(ANOTHER));
            }),
            hand_at(NOW, move || {
                withdraws.withdraw(s).unwrap();
                withdraws.reinstate(s).unwrap();
                said.add(withdraws.ticket(ticket).unwrap());
            }),
        ]);
        let told = engine.ticket(ticket).unwrap();
        assert!(told.waiting().is_none());
        assert_eq!(answers.all()[..], [told]);
        agree(&engine);
    });
}

/// Threads: somebody joins, the session is called off. Property: they are told so, at once or by their ticket, and no seat is left.
///
/// 1,851 interleavings, at most two preemptions.
#[test]
fn queue_join_against_withdraw() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let (joins, withdraws, answers) = (engine.clone(), engine.clone(), Notes::new());
        let said = answers.clone();
        race([
            hand_at(NOW, move || said.add(ask(&joins, ann, s))),
            hand_at(NOW, move || {
                withdraws.withdraw(s).unwrap();
            }),
        ]);
        match *answers.all() {
            [Outcome::Waiting(ticket)] => {
                let told = engine.ticket(ticket.id).unwrap();
                assert_eq!(told, Outcome::Refused(Refusal::Withdrawn));
            }
            [Outcome::Refused(Refusal::Withdrawn)] => {}
            ref other => panic!("{other:?}"),
        }
        assert_eq!(engine.stats().slow_queue.unwrap().waiting, 0);
        agree(&engine);
    });
}
