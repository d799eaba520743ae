//! What is due, and who knows: the wheel and `due` as the engine drives them.

use super::support::{
    NOW, Notes, TTL, agree, count, engine, explore, hand, hand_at, hold, people, race, schedule,
    set_watch,
};
use crate::words::time::Timestamp;
use crate::{Refusal, Request};

const END: u64 = NOW + TTL;

const fn at(ms: u64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(ms))
}

/// Threads: Ann asks, somebody wants to know the next deadline. Property: looking never loses what is being put.
///
/// 26 interleavings, at most four preemptions.
#[test]
fn put_against_next_deadline() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let (e1, e2) = (engine.clone(), engine.clone());
        race([
            hand(move || _ = hold(&e1, ann, s)),
            hand(move || assert!([None, at(END)].contains(&e2.next_deadline()))),
        ]);
        assert_eq!(engine.next_deadline(), at(END));
        agree(&engine);
    });
}

/// Threads: Ann asks, `advance` runs with a clock at her hold's end. Property: it is freed by then, or by the next round.
///
/// 4,403 interleavings, at most four preemptions.
#[test]
fn put_against_advance() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let (e1, e2) = (engine.clone(), engine.clone());
        race([
            hand(move || _ = e1.request(&Request::new(ann, s))),
            hand_at(END, move || _ = e2.advance()),
        ]);
        set_watch(END + TTL);
        engine.advance();
        assert_eq!(
            (engine.next_deadline(), count(&engine, s)),
            (None, [1, 0, 0, 0])
        );
        assert_eq!(engine.stats().expired, 1);
        agree(&engine);
    });
}

/// Threads: Ann makes her hold longer, `advance` runs with a clock at its old end. Property: an extension that was granted holds, and the wheel knows
/// the new end; one that came too late changed nothing.
///
/// 51 interleavings, at most four preemptions.
#[test]
fn extend_longer_against_advance() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let held = hold(&engine, ann, s);
        let granted = Notes::new();
        let (e1, e2, note) = (engine.clone(), engine.clone(), granted.clone());
        race([
            hand(move || note.add(e1.extend(held.id, ann, 3 * TTL))),
            hand_at(END, move || _ = e2.advance()),
        ]);
        set_watch(END);
        match &granted.all()[..] {
            [Ok(until)] => assert_eq!(
                (engine.next_deadline(), count(&engine, s)),
                (Some(*until), [0, 1, 0, 0])
            ),
            [Err(Refusal::HoldExpired)] => assert_eq!(
                (engine.next_deadline(), count(&engine, s)),
                (None, [1, 0, 0, 0])
            ),
            other => panic!("{other:?}"),
        }
        agree(&engine);
    });
}

/// Threads: Ann makes her hold longer, Bob asks at its old end. Property: the slot is hers or his; never does an extension that was granted
/// lose it.
///
/// 4,026 interleavings, at most four preemptions.
#[test]
fn extend_longer_against_request() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let held = hold(&engine, ann, s);
        let (granted, asked) = (Notes::new(), Notes::new());
        let (e1, e2, n1, n2) = (
            engine.clone(),
            engine.clone(),
            granted.clone(),
            asked.clone(),
        );
        race([
            hand(move || n1.add(e1.extend(held.id, ann, 3 * TTL).is_ok())),
            hand_at(END, move || {
                n2.add(e2.request(&Request::new(bob, s)).held().is_some())
            }),
        ]);
        let (granted, asked) = (granted.all(), asked.all());
        assert_ne!(granted, asked);
        agree(&engine);
    });
}

/// Threads: Ann makes her hold shorter, somebody asks for the next deadline. Property: afterwards it is the new one, and at that instant
/// the slot can be had.
///
/// 1,126 interleavings, at most four preemptions.
#[test]
fn extend_shorter_against_next_deadline() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let held = hold(&engine, ann, s);
        let (e1, e2) = (engine.clone(), engine.clone());
        race([
            hand(move || assert!(e1.extend(held.id, ann, 1).is_ok())),
            hand(move || _ = e2.next_deadline()),
        ]);
        assert_eq!(engine.next_deadline(), at(NOW + 1));
        set_watch(NOW + 1);
        assert!(engine.request(&Request::new(bob, s)).held().is_some());
        agree(&engine);
    });
}

/// Threads: Ann makes her hold shorter, `advance` runs at its old end. Property: it ends once, and nothing is left in the wheel.
///
/// 111 interleavings, at most four preemptions.
#[test]
fn extend_shorter_against_advance() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        let held = hold(&engine, ann, s);
        let (e1, e2) = (engine.clone(), engine.clone());
        race([
            hand(move || _ = e1.extend(held.id, ann, 1)),
            hand_at(END, move || _ = e2.advance()),
        ]);
        set_watch(END);
        engine.advance();
        assert_eq!(
            (
                engine.next_deadline(),
                count(&engine, s),
                engine.stats().expired
            ),
            (None, [1, 0, 0, 0], 1)
        );
        agree(&engine);
    });
}

/// Threads: `advance` frees what is due, Bob asks at the same time. Property: a hold that ran out is nobody's at that very millisecond, so he has
/// the slot.
///
/// 9,939 interleavings, at most three preemptions.
#[test]
fn f41_sold_out_while_advancing() {
    explore(Some(3), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        hold(&engine, ann, s);
        let (e1, e2) = (engine.clone(), engine.clone());
        race([
            hand_at(END, move || _ = e1.advance()),
            hand_at(END, move || {
                assert_eq!(e2.request(&Request::new(bob, s)).refused(), None)
            }),
        ]);
        agree(&engine);
    });
}

/// Threads: two ask when two holds have run out. Property: both have a slot.
///
/// 24,674 interleavings, at most one preemption.
#[test]
fn f41_two_due_for_two() {
    explore(Some(1), || {
        let engine = engine();
        let [ann, bob, cat, dan] = people(&engine);
        let s = engine.publish(&schedule(2)).unwrap();
        hold(&engine, ann, s);
        hold(&engine, bob, s);
        let asks = |patient| {
            let engine = engine.clone();
            hand_at(END, move || {
                assert_eq!(engine.request(&Request::new(patient, s)).refused(), None)
            })
        };
        race([asks(cat), asks(dan)]);
        agree(&engine);
    });
}

/// Threads: Ann makes her hold shorter, Dan asks at the new end, when Bob's hold runs out too. Property: the extension is granted: nobody has reached
/// the end that her hold had before.
///
/// 4,707 interleavings, at most four preemptions.
#[test]
fn extend_shorter_against_request() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, bob, _, dan] = people(&engine);
        let s = engine.publish(&schedule(2)).unwrap();
        let held = hold(&engine, ann, s);
        hold(&engine, bob, s);
        engine.extend(held.id, ann, 2 * TTL).unwrap();
        let (e1, e2) = (engine.clone(), engine.clone());
        race([
            hand(move || assert!(e1.extend(held.id, ann, TTL).is_ok())),
            hand_at(END, move || {
                assert!(e2.request(&Request::new(dan, s)).held().is_some());
            }),
        ]);
        agree(&engine);
    });
}
