//! A listener that never reads. Nobody waits for it: the verbs go on, the other listener hears everything, and what the stalled one
//! has missed is counted.

use std::thread;

use fairslot::Event;

use crate::desk::{ask, assert_whole, confirm, desk, events, patient, publish};
use crate::life::Life;

#[test]
fn f13_stalled_reader_is_felt_by_nobody() {
    let (undisturbed, clock) = desk();
    let answers = Life::new(undisturbed, clock).live();

    let (engine, clock) = desk();
    let (stalled, attentive) = (engine.observe(4), engine.observe(1_000));
    let mut life = Life::new(engine.clone(), clock);
    assert_eq!(life.live(), answers);

    let all = events(&attentive);
    assert_eq!(attentive.lost(), 0);
    assert_eq!(stalled.lost(), all.len() as u64 - 4);
    // What it had room for are the first four, and reading makes room again.
    assert_eq!(events(&stalled), all[..4]);
    life.assert_goes_on();
    assert_eq!(events(&stalled), events(&attentive)[..4]);
    assert_whole(&engine, &[life.morning.expect("published")]);
}

#[test]
fn f13_stalled_reader_of_no_room_gets_room_for_one() {
    let (engine, _clock) = desk();
    let listener = engine.observe(0);
    let schedule = publish(&engine, 1);
    assert!(ask(&engine, patient(1), schedule).is_ok());
    assert_eq!((events(&listener).len(), listener.lost()), (1, 1));
}

/// Every event is either read or counted, whoever sends and however many at once.
#[test]
fn f13_stalled_reader_while_threads_send() {
    const EACH: u128 = 500;
    let (engine, _clock) = desk();
    let schedule = publish(&engine, 4 * EACH as u32);
    let (stalled, attentive) = (engine.observe(100), engine.observe(8 * EACH as usize));
    thread::scope(|scope| {
        for lane in 0..4 {
            let engine = &engine;
            scope.spawn(move || {
                for i in 0..EACH {
                    let who = patient(lane * EACH + i);
                    let hold = ask(engine, who, schedule).expect("enough for all");
                    confirm(engine, hold.id, who).expect("live");
                }
            });
        }
    });
    let mut all: Vec<Event> = events(&attentive);
    assert_eq!(all.len() as u128, 8 * EACH);
    all.sort_by_key(|event| (event.slot, event.version));
    all.dedup_by_key(|event| (event.slot, event.version));
    assert_eq!(all.len() as u128, 8 * EACH, "each slot's versions, once");
    assert_eq!(
        events(&stalled).len() as u64 + stalled.lost(),
        all.len() as u64
    );
}
