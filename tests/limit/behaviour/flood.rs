//! Invented devices: they take no memory, and they free nobody.

use fairslot::{Behaviour, Label};

use super::{Desk, card, from, judging};

/// Sixty-four records, and thousands of times as many devices that never come again.
#[test]
fn a_flood_of_invented_devices_frees_no_abuser() {
    let desk = Desk::new(Some(Behaviour {
        records: 64,
        ..judging()
    }));
    let schedule = desk.publish(1, 60_000);
    let abusers = 0..3u64;
    for abuser in abusers.clone() {
        for nth in 0..200 {
            desk.at(1_000 + nth * 3);
            let _ = desk.ask(&from(schedule, abuser * 1_000 + nth % 20, abuser));
        }
    }
    let score = |abuser| desk.verdict(&from(schedule, 0, abuser)).score;
    let before: Vec<u16> = abusers.clone().map(score).collect();
    assert!(before.iter().all(|score| *score >= 900), "{before:?}");
    let stats = || desk.engine.stats().behaviour.expect("it judges");
    let bytes = stats().bytes;
    for invented in 0..200_000u64 {
        desk.at(2_000 + invented / 200);
        let _ = desk.ask(&from(schedule, 1 << 40, 1_000_000 + invented));
    }
    assert_eq!(abusers.map(score).collect::<Vec<_>>(), before);
    assert_eq!((stats().bytes, stats().records), (bytes, 128));
    assert!(stats().displaced > 199_000, "{:?}", stats());
}

/// Of equals the one longest unheard of goes.
#[test]
fn of_equals_the_oldest_goes() {
    let desk = Desk::new(Some(Behaviour {
        records: 8,
        ..judging()
    }));
    let schedule = desk.publish(1, 100);
    for on in 0..8 {
        desk.at(1_000 + on * 1_000);
        let _ = desk.ask(&from(schedule, on, on));
    }
    desk.at(20_000);
    let _ = desk.ask(&from(schedule, 0, 0));
    let _ = desk.ask(&from(schedule, 9, 9));
    let known = |on| {
        desk.verdict(&from(schedule, 0, on))
            .features
            .device
            .is_some()
    };
    let forgotten: Vec<u64> = (0..10).filter(|on| !known(*on)).collect();
    assert_eq!(forgotten, [1, 8]);
}

/// What is over doesn't keep a record: an abuser of half an hour ago goes before somebody who asks now and then.
#[test]
fn what_has_expired_keeps_no_record() {
    let desk = Desk::new(Some(Behaviour {
        records: 8,
        ..judging()
    }));
    let schedule = desk.publish(1, 100);
    for nth in 0..50 {
        desk.at(nth);
        let _ = desk.ask(&from(schedule, nth, 0));
    }
    let verdict = desk.verdict(&from(schedule, 0, 0));
    assert!(verdict.has(Label::Early) && verdict.score >= card().slow_at);
    for on in 1..=8 {
        desk.at(1_800_000 + on);
        let _ = desk.ask(&from(schedule, on, on));
    }
    assert_eq!(desk.verdict(&from(schedule, 0, 0)).features.device, None);
}
