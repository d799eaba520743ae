//! A schedule appears while others look for it.

use super::support::{Notes, agree, count, engine, explore, hand, people, race, schedule};
use crate::words::id::ScheduleId;
use crate::{Outcome, Refusal, Request};

/// Threads: one publishes, one asks under an id that nobody has told it yet. Property: there is no such schedule, or it is there whole.
///
/// 2,071 interleavings, at most four preemptions.
#[test]
fn publish_against_request() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let asked = Notes::new();
        let (publishes, asks, note) = (engine.clone(), engine.clone(), asked.clone());
        let guess = ScheduleId::pack(0, 1);
        race([
            hand(move || assert_eq!(publishes.publish(&schedule(1)), Ok(guess))),
            hand(move || note.add(asks.request(&Request::new(ann, guess)))),
        ]);
        match &asked.all()[..] {
            [Outcome::Held(_)] => assert_eq!(count(&engine, guess), [0, 1, 0, 0]),
            [Outcome::Refused(Refusal::UnknownSchedule)] => {
                assert_eq!(count(&engine, guess), [1, 0, 0, 0])
            }
            other => panic!("{other:?}"),
        }
        agree(&engine);
    });
}

/// Threads: two publish. Property: two places.
///
/// 4,472 interleavings, at most four preemptions.
#[test]
fn publish_against_publish() {
    explore(Some(4), || {
        let engine = engine();
        let ids = Notes::new();
        let publisher = || {
            let (engine, ids) = (engine.clone(), ids.clone());
            hand(move || ids.add(engine.publish(&schedule(1)).unwrap()))
        };
        race([publisher(), publisher()]);
        let ids = ids.all();
        assert_ne!(ids[0], ids[1]);
        agree(&engine);
    });
}

/// Threads: one adds a slot, one asks. Before: the only slot is taken. Property: the new one is had or not there yet.
///
/// 1,139 interleavings, at most four preemptions.
#[test]
fn add_slots_against_request() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = engine.publish(&schedule(1)).unwrap();
        super::support::book(&engine, ann, s);
        let asked = Notes::new();
        let (adds, asks, note) = (engine.clone(), engine.clone(), asked.clone());
        race([
            hand(move || assert_eq!(adds.add_slots(s, 1), Ok(1))),
            hand(move || note.add(asks.request(&Request::new(bob, s)))),
        ]);
        match &asked.all()[..] {
            [Outcome::Held(_)] => assert_eq!(count(&engine, s), [0, 1, 1, 0]),
            [Outcome::Refused(Refusal::SoldOut)] => assert_eq!(count(&engine, s), [1, 0, 1, 0]),
            other => panic!("{other:?}"),
        }
        agree(&engine);
    });
}
