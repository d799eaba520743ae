//! A key a month; and a month without a key is nobody's.

use fairslot::Timestamp;
use fairslot::evidence::{CaseFile, Evidence, Kind, LogMemory, Month, MonthKeys, verify};

use crate::morning::{LOG, START, december, desk, keys};

const DAY: u64 = 86_400_000;

#[test]
fn the_same_patient_has_another_pseudonym_each_month() {
    let january = Month::new(2027, 1).expect("a month");
    let (sink, keys) = (LogMemory::default(), keys().with(january, [8; 32]));
    let desk = desk(Evidence::new(LOG, keys.clone(), sink.clone()));
    desk.change_mind(5);
    desk.clock.set(Timestamp::from_millis(START + 31 * DAY - 1));
    desk.change_mind(5);
    desk.clock.set(Timestamp::from_millis(START + 31 * DAY));
    desk.change_mind(5);
    desk.engine.close_evidence();
    for (month, count) in [(december(), 4), (january, 2)] {
        let whose = keys.pseudonym(month, Kind::Patient, 5).expect("a key");
        let file = CaseFile::extract(LOG, &sink.bytes(), &[whose]).expect("it holds");
        assert_eq!(file.exhibits.len(), count, "{month}");
        assert!(file.exhibits.iter().all(|it| it.record.month == month));
    }
}

#[test]
fn a_forgotten_month_is_nobodys_from_that_instant() {
    let sink = LogMemory::default();
    let desk = desk(Evidence::new(LOG, keys(), sink.clone()));
    desk.change_mind(5);
    assert!(desk.engine.forget_month(december()));
    assert!(!desk.engine.forget_month(december()));
    desk.change_mind(6);
    desk.engine.set_month_key(december(), [9; 32]);
    desk.change_mind(5);
    desk.engine.close_evidence();
    let log = sink.bytes();
    let found = |key| {
        let keys = MonthKeys::new().with(december(), key);
        let whose = [5, 6].map(|patient| {
            let whose = keys.pseudonym(december(), Kind::Patient, patient);
            whose.expect("a key")
        });
        let file = CaseFile::extract(LOG, &log, &whose).expect("it holds");
        file.exhibits.len()
    };
    assert_eq!([found([7; 32]), found([9; 32])], [2, 2]);
    assert_eq!(verify(LOG, &log).expect("it holds").records, 6);
}

#[test]
fn keys_are_not_shown() {
    let shown = format!(
        "{:?} {:?}",
        keys(),
        Evidence::new(LOG, keys(), LogMemory::default())
    );
    assert!(
        !shown.contains("7, 7") && shown.contains("24323"),
        "{shown}"
    );
}
