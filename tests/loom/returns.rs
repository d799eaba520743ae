//! Slots that return: somebody is offered one while it is withdrawn, while they leave, while its payer comes after all.

use super::support::{
    NOW, Notes, TTL, agree, book, count, engine, explore, hand_at, hold, people, race, schedule,
    set_watch,
};
use crate::words::id::ScheduleId;
use crate::{Engine, Outcome, PatientId, Refusal, Request, ReturnPolicy, Schedule, TicketId};

/// A schedule of one slot, so near its visit that slots return in the moment in which they are given up.
fn publish(engine: &Engine) -> ScheduleId {
    publish_slots(engine, 1)
}

fn publish_slots(engine: &Engine, capacity: u32) -> ScheduleId {
    let returns = ReturnPolicy::Draw;
    let schedule = Schedule {
        returns,
        ..schedule(capacity)
    };
    engine.publish(&schedule).unwrap()
}

fn wait(engine: &Engine, patient: PatientId, schedule: ScheduleId) -> TicketId {
    let said = engine.request(&Request::new(patient, schedule).waitlist());
    said.waiting().unwrap().id
}

/// f36: threads: one returns a slot that rests, one withdraws the session. Property: who waited is told that it was called off, whether or not they had it for a moment,
/// and the slot is withdrawn.
///
/// 2,108 interleavings, at most two preemptions.
#[test]
fn f36_return_against_withdraw() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = publish(&engine);
        let booking = book(&engine, ann, s);
        let ticket = wait(&engine, bob, s);
        engine.cancel(booking.id, ann).unwrap().wait().unwrap();
        let (returns, withdraws) = (engine.clone(), engine.clone());
        race([
            hand_at(NOW, move || {
                let _ = returns.advance();
            }),
            hand_at(NOW, move || {
                let _ = withdraws.withdraw(s);
            }),
        ]);
        assert_eq!(count(&engine, s), [0, 0, 0, 1]);
        let told = engine.ticket(ticket).unwrap();
        assert_eq!(told, Outcome::Refused(Refusal::Withdrawn));
        agree(&engine);
    });
}

/// Threads: one returns a slot that rests, the only one who waits for it leaves. Property: they left and the slot is anybody's, or they have it.
///
/// 1,012 interleavings, at most two preemptions.
#[test]
fn return_against_leave() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = publish(&engine);
        let booking = book(&engine, ann, s);
        let ticket = wait(&engine, bob, s);
        engine.cancel(booking.id, ann).unwrap().wait().unwrap();
        let (returns, leaves, left) = (engine.clone(), engine.clone(), Notes::new());
        let said = left.clone();
        race([
            hand_at(NOW, move || {
                let _ = returns.advance();
            }),
            hand_at(NOW, move || said.add(leaves.leave(ticket, bob))),
        ]);
        let expected = match *left.all() {
            [Ok(())] => [1, 0, 0, 0],
            [Err(Refusal::WrongState)] => [0, 1, 0, 0],
            ref other => panic!("{other:?}"),
        };
        assert_eq!(count(&engine, s), expected);
        agree(&engine);
    });
}

/// Threads: one returns a slot that rests, the only one who waits for it pauses. Property: they pause and the slot is anybody's, or they have it.
///
/// 1,002 interleavings, at most two preemptions.
#[test]
fn return_against_pause() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = publish(&engine);
        let booking = book(&engine, ann, s);
        let ticket = wait(&engine, bob, s);
        engine.cancel(booking.id, ann).unwrap().wait().unwrap();
        let (returns, pauses, paused) = (engine.clone(), engine.clone(), Notes::new());
        let said = paused.clone();
        race([
            hand_at(NOW, move || {
                let _ = returns.advance();
            }),
            hand_at(NOW, move || said.add(pauses.pause(ticket))),
        ]);
        let told = engine.ticket(ticket).unwrap();
        match *paused.all() {
            [Ok(())] => {
                assert!(told.waiting().is_some(), "{told:?}");
                assert_eq!(count(&engine, s), [1, 0, 0, 0]);
            }
            [Err(Refusal::WrongState)] => {
                assert!(told.held().is_some(), "{told:?}");
                assert_eq!(count(&engine, s), [0, 1, 0, 0]);
            }
            ref other => panic!("{other:?}"),
        }
        agree(&engine);
    });
}

/// Threads: two become a family, one of them leaves. Property: whoever is left is offered the one slot that returns, and nobody else is on the list.
///
/// 78 interleavings, at most two preemptions.
#[test]
fn together_against_leave() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, bob, cid, _] = people(&engine);
        let s = publish(&engine);
        let booking = book(&engine, cid, s);
        let tickets = [ann, bob].map(|it| wait(&engine, it, s));
        let (binds, leaves, bound) = (engine.clone(), engine.clone(), Notes::new());
        let said = bound.clone();
        race([
            hand_at(NOW, move || said.add(binds.wait_together(&tickets))),
            hand_at(NOW, move || leaves.leave(tickets[1], bob).unwrap()),
        ]);
        match *bound.all() {
            [Ok(()) | Err(Refusal::AlreadyReleased | Refusal::WrongState)] => {}
            ref other => panic!("{other:?}"),
        }
        agree(&engine);
        engine.cancel(booking.id, cid).unwrap().wait().unwrap();
        let _ = engine.advance();
        assert!(engine.ticket(tickets[0]).unwrap().held().is_some());
        agree(&engine);
    });
}

/// Threads: one returns two slots whose holds have run out, one of the family that waits for them leaves. Property: the other has one, whoever is first; the leaver left and theirs is anybody's, or they have it.
///
/// 442 interleavings, at most one preemption.
#[test]
fn return_to_a_family_against_leave() {
    explore(Some(1), || {
        let engine = engine();
        let [ann, bob, cid, dan] = people(&engine);
        let s = publish_slots(&engine, 2);
        // They run out at the same instant, so that both slots are one batch.
        let _ = [cid, dan].map(|it| hold(&engine, it, s));
        let tickets = [ann, bob].map(|it| wait(&engine, it, s));
        engine.wait_together(&tickets).unwrap();
        let (returns, leaves, left) = (engine.clone(), engine.clone(), Notes::new());
        let said = left.clone();
        race([
            hand_at(NOW + TTL, move || {
                let _ = returns.advance();
            }),
            hand_at(NOW + TTL, move || said.add(leaves.leave(tickets[1], bob))),
        ]);
        set_watch(NOW + TTL);
        let expected = match *left.all() {
            [Ok(())] => [1, 1, 0, 0],
            [Err(Refusal::WrongState)] => [0, 2, 0, 0],
            ref other => panic!("{other:?}"),
        };
        assert_eq!(count(&engine, s), expected);
        assert!(engine.ticket(tickets[0]).unwrap().held().is_some());
        agree(&engine);
    });
}

/// Threads: a hold has run out and its slot is to be offered to who waits; its payer comes after all. Property: one of both has the slot, and the other is told so.
///
/// 50,228 interleavings, at most two preemptions.
#[test]
fn return_against_late_confirm() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = publish(&engine);
        let held = hold(&engine, ann, s);
        let ticket = wait(&engine, bob, s);
        let (returns, confirms, paid) = (engine.clone(), engine.clone(), Notes::new());
        let said = paid.clone();
        race([
            hand_at(NOW + TTL, move || {
                let _ = returns.advance();
            }),
            hand_at(NOW + TTL, move || {
                said.add(confirms.confirm(held.id, ann, None).map(drop));
            }),
        ]);
        set_watch(NOW + TTL);
        let told = engine.ticket(ticket).unwrap();
        match *paid.all() {
            [Ok(())] => {
                assert!(told.waiting().is_some(), "{told:?}");
                assert_eq!(count(&engine, s), [0, 0, 1, 0]);
            }
            [Err(Refusal::RefundDue)] => {
                assert!(told.held().is_some(), "{told:?}");
                assert_eq!(count(&engine, s), [0, 1, 0, 0]);
            }
            ref other => panic!("{other:?}"),
        }
        agree(&engine);
    });
}
