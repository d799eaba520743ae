//! The front desk's verbs, two at a time: each pair of answers is one that some order of the two could give, and the books agree.
//!
//! A whole engine has too many steps to be gone through exhaustively; what bounds each model is said with it.

use super::support::{
    NOW, Notes, TTL, agree, book, count, engine, explore, hand, hand_at, hold, people, race,
    schedule, set_watch,
};
use crate::words::id::ScheduleId;
use crate::{BookingId, Engine, Outcome, PatientId, Refusal, Request, RequestId};

const END: u64 = NOW + TTL;

/// Threads: Ann confirms at the deadline, Bob asks at the deadline. Property: one has the slot, and the other knows.
///
/// 60,249 interleavings, at most three preemptions.
#[test]
fn f04_late_confirm_against_new_claim() {
    explore(Some(3), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let held = hold(&engine, ann, s);
        let (confirmed, asked) = (Notes::new(), Notes::new());
        let (e1, e2, n1, n2) = (
            engine.clone(),
            engine.clone(),
            confirmed.clone(),
            asked.clone(),
        );
        race([
            hand_at(END, move || {
                n1.add(e1.confirm(held.id, ann, None).map(|_| ()))
            }),
            hand_at(END, move || n2.add(e2.request(&Request::new(bob, s)))),
        ]);
        match (&confirmed.all()[..], &asked.all()[..]) {
            ([Ok(())], [Outcome::Refused(Refusal::SoldOut)]) => {
                assert_eq!(count(&engine, s), [0, 0, 1, 0])
            }
            ([Err(Refusal::RefundDue)], [Outcome::Held(_)]) => {
                assert_eq!(count(&engine, s), [0, 1, 0, 0])
            }
            other => panic!("{other:?}"),
        }
        agree(&engine);
    });
}

/// Threads: Ann confirms before the deadline, `advance` runs at it. Property: booked or expired; a confirm that lost claims the slot again, late.
///
/// 390 interleavings, at most four preemptions.
#[test]
fn f04_confirm_against_advance() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let held = hold(&engine, ann, s);
        let (e1, e2) = (engine.clone(), engine.clone());
        race([
            hand(move || assert!(e1.confirm(held.id, ann, None).is_ok())),
            hand_at(END, move || _ = e2.advance()),
        ]);
        set_watch(END);
        assert_eq!(count(&engine, s), [0, 0, 1, 0]);
        agree(&engine);
    });
}

/// Threads: Ann confirms, the session is withdrawn. Property: it ends her hold or her booking, once.
///
/// 1,600 interleavings, at most four preemptions.
#[test]
fn confirm_against_withdraw() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let held = hold(&engine, ann, s);
        let (e1, e2) = (engine.clone(), engine.clone());
        race([
            hand(move || {
                assert!(matches!(
                    e1.confirm(held.id, ann, None),
                    Ok(_) | Err(Refusal::Withdrawn)
                ))
            }),
            hand(move || assert_eq!(e2.withdraw(s), Ok(1))),
        ]);
        assert_eq!(
            engine.confirm(held.id, ann, None).map(|_| ()),
            Err(Refusal::Withdrawn)
        );
        assert_eq!(count(&engine, s), [0, 0, 0, 1]);
        agree(&engine);
    });
}

/// Threads: Ann gives up what she has, the session is withdrawn. Property: one of both ended it, and whoever came too late says so.
fn give_up_against_withdraw(
    give_up: fn(
        &Engine,
        PatientId,
        ScheduleId,
    ) -> Box<dyn FnOnce(&Engine) -> Result<(), Refusal> + Send>,
) {
    explore(Some(4), move || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let give_up = give_up(&engine, ann, s);
        let (given, ended) = (Notes::new(), Notes::new());
        let (e1, e2, n1, n2) = (engine.clone(), engine.clone(), given.clone(), ended.clone());
        race([
            hand(move || n1.add(give_up(&e1))),
            hand(move || n2.add(e2.withdraw(s).unwrap())),
        ]);
        match (&given.all()[..], &ended.all()[..]) {
            ([Ok(())], [0]) | ([Err(Refusal::Withdrawn)], [1]) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(count(&engine, s), [0, 0, 0, 1]);
        agree(&engine);
    });
}

/// Of a hold: release.
///
/// 5,944 interleavings, at most four preemptions.
#[test]
fn release_against_withdraw() {
    give_up_against_withdraw(|engine, ann, s| {
        let held = hold(engine, ann, s).id;
        Box::new(move |engine| engine.release(held, ann))
    });
}

/// Of a booking: cancel.
///
/// 1,558 interleavings, at most four preemptions.
#[test]
fn cancel_against_withdraw() {
    give_up_against_withdraw(|engine, ann, s| {
        let booking = book(engine, ann, s).id;
        Box::new(move |engine| engine.cancel(booking, ann).map(|_| ()))
    });
}

/// Threads: Ann asks, the session is withdrawn. Property: she had the slot and the withdrawal ended it, or she is told.
///
/// 37,178 interleavings, at most four preemptions.
#[test]
fn request_against_withdraw() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let (asked, ended) = (Notes::new(), Notes::new());
        let (e1, e2, n1, n2) = (engine.clone(), engine.clone(), asked.clone(), ended.clone());
        race([
            hand(move || n1.add(e1.request(&Request::new(ann, s)))),
            hand(move || n2.add(e2.withdraw(s).unwrap())),
        ]);
        match &asked.all()[..] {
            [Outcome::Held(_)] => assert_eq!(ended.all(), [1]),
            [Outcome::Refused(Refusal::Withdrawn)] => assert_eq!(ended.all(), [0]),
            other => panic!("{other:?}"),
        }
        assert_eq!(count(&engine, s), [0, 0, 0, 1]);
        agree(&engine);
    });
}

fn exchange(
    engine: &Engine,
    booking: BookingId,
    patient: PatientId,
    to: ScheduleId,
) -> Result<BookingId, Refusal> {
    engine
        .exchange(booking, patient, to)
        .map(|new| new.wait().unwrap().id)
}

/// Threads: Ann exchanges her booking, and cancels it. Property: one of both happened.
///
/// 70 interleavings, at most four preemptions.
#[test]
fn f26_exchange_against_cancel() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let [old, new] = [1, 1].map(|slots| engine.publish(&schedule(slots)).unwrap());
        let booking = book(&engine, ann, old).id;
        let (exchanged, cancelled) = (Notes::new(), Notes::new());
        let (e1, e2, n1, n2) = (
            engine.clone(),
            engine.clone(),
            exchanged.clone(),
            cancelled.clone(),
        );
        race([
            hand(move || n1.add(exchange(&e1, booking, ann, new))),
            hand(move || n2.add(e2.cancel(booking, ann).map(|_| ()))),
        ]);
        match (&exchanged.all()[..], &cancelled.all()[..]) {
            ([Ok(id)], [Err(Refusal::AlreadyExchanged { booking })]) if id == booking => {
                assert_eq!(
                    [count(&engine, old), count(&engine, new)],
                    [[1, 0, 0, 0], [0, 0, 1, 0]]
                );
            }
            ([Err(Refusal::AlreadyCancelled)], [Ok(())]) => {
                assert_eq!(
                    [count(&engine, old), count(&engine, new)],
                    [[1, 0, 0, 0], [1, 0, 0, 0]]
                );
            }
            other => panic!("{other:?}"),
        }
        agree(&engine);
    });
}

/// Threads: Ann and Bob exchange into the one slot of the same schedule. Property: one does, the other keeps the old booking.
///
/// 192 interleavings, at most four preemptions.
#[test]
fn f26_two_into_one_slot() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let [old, new] = [2, 1].map(|slots| engine.publish(&schedule(slots)).unwrap());
        let done = Notes::new();
        let moves = |patient| {
            let (engine, done, booking) =
                (engine.clone(), done.clone(), book(&engine, patient, old).id);
            hand(move || done.add(exchange(&engine, booking, patient, new).err()))
        };
        race([moves(ann), moves(bob)]);
        let done = done.all();
        assert!(
            done.contains(&None) && done.contains(&Some(Refusal::SoldOut)),
            "{done:?}"
        );
        assert_eq!(
            [count(&engine, old), count(&engine, new)],
            [[1, 0, 1, 0], [0, 0, 1, 0]]
        );
        agree(&engine);
    });
}

/// Threads: Ann exchanges, the target's session is withdrawn. Property: she keeps the old booking, or had moved and was displaced once.
///
/// 6,494 interleavings, at most four preemptions.
#[test]
fn f37_exchange_against_withdrawn_target() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let [old, new] = [1, 1].map(|slots| engine.publish(&schedule(slots)).unwrap());
        let booking = book(&engine, ann, old).id;
        let (moved, ended) = (Notes::new(), Notes::new());
        let (e1, e2, n1, n2) = (engine.clone(), engine.clone(), moved.clone(), ended.clone());
        race([
            hand(move || n1.add(exchange(&e1, booking, ann, new).err())),
            hand(move || n2.add(e2.withdraw(new).unwrap())),
        ]);
        match (&moved.all()[..], &ended.all()[..]) {
            ([None], [1]) => assert_eq!(count(&engine, old), [1, 0, 0, 0]),
            ([Some(Refusal::Withdrawn)], [0]) => assert_eq!(count(&engine, old), [0, 0, 1, 0]),
            other => panic!("{other:?}"),
        }
        assert_eq!(count(&engine, new), [0, 0, 0, 1]);
        agree(&engine);
    });
}

/// Threads: Ann exchanges, the session she leaves is withdrawn. Property: she moved and nothing of hers was ended, or was displaced and
/// did not move.
///
/// 1,558 interleavings, at most four preemptions.
#[test]
fn f37_exchange_against_withdrawn_old() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let [old, new] = [1, 1].map(|slots| engine.publish(&schedule(slots)).unwrap());
        let booking = book(&engine, ann, old).id;
        let (moved, ended) = (Notes::new(), Notes::new());
        let (e1, e2, n1, n2) = (engine.clone(), engine.clone(), moved.clone(), ended.clone());
        race([
            hand(move || n1.add(exchange(&e1, booking, ann, new).err())),
            hand(move || n2.add(e2.withdraw(old).unwrap())),
        ]);
        match (&moved.all()[..], &ended.all()[..]) {
            ([None], [0]) => assert_eq!(count(&engine, new), [0, 0, 1, 0]),
            // Displaced while the verb was under way: told so, and the new slot is nobody's.
            ([Some(Refusal::Withdrawn)], [1]) => assert_eq!(count(&engine, new), [1, 0, 0, 0]),
            other => panic!("{other:?}"),
        }
        assert_eq!(count(&engine, old), [0, 0, 0, 1]);
        agree(&engine);
    });
}

/// Threads: Ann asks twice at once under one request id. Property: one answer, and one slot.
///
/// 876 interleavings, at most four preemptions.
#[test]
fn f06_same_id_at_once() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(2)).unwrap();
        let answers = Notes::new();
        let asks = || {
            let (engine, answers) = (engine.clone(), answers.clone());
            hand(move || answers.add(engine.request(&Request::new(ann, s).id(RequestId::new(5)))))
        };
        race([asks(), asks()]);
        match &answers.all()[..] {
            [Outcome::Held(one), Outcome::Held(other)] => assert_eq!(one, other),
            other => panic!("{other:?}"),
        }
        assert_eq!(count(&engine, s), [1, 1, 0, 0]);
        agree(&engine);
    });
}

/// Threads: Ann asks twice at once for the last slot. Property: she is never told that it is sold out: it is hers.
///
/// 182 interleavings, at most four preemptions.
#[test]
fn f41_winner_is_known() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let answers = Notes::new();
        let asks = || {
            let (engine, answers) = (engine.clone(), answers.clone());
            hand(move || answers.add(engine.request(&Request::new(ann, s)).refused()))
        };
        race([asks(), asks()]);
        let answers = answers.all();
        assert!(
            answers.contains(&None) && answers.contains(&Some(Refusal::AlreadyHolds)),
            "{answers:?}"
        );
        agree(&engine);
    });
}

/// Threads: Ann and Bob ask for one slot each. Property: of one slot one of them has it and the other hears that it is sold out.
///
/// 1,680 interleavings, at most four preemptions.
#[test]
fn f01_one_owner_by_request() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let answers = Notes::new();
        let asks = |patient| {
            let (engine, answers) = (engine.clone(), answers.clone());
            hand(move || answers.add(engine.request(&Request::new(patient, s)).refused()))
        };
        race([asks(ann), asks(bob)]);
        let answers = answers.all();
        assert!(
            answers.contains(&None) && answers.contains(&Some(Refusal::SoldOut)),
            "{answers:?}"
        );
        agree(&engine);
    });
}
