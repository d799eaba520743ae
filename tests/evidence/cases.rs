//! Case files: one suspect's records with proofs, and what becomes of a copy that was bent.

use fairslot::evidence::{CaseFile, Doubt, Kind, Pseudonym, Record, verify};
use proptest::prelude::*;

use crate::morning::{LOG, december, keys, log};
use crate::reference::pseudonym;
use crate::threads::log_of_threads;

/// Every record of a log whose requests come from a device or a patient that these tests know.
pub(crate) fn records(log: &[u8]) -> Vec<Record> {
    let everybody: Vec<Pseudonym> = (0..1_100)
        .map(|patient| Pseudonym::new(pseudonym(1, patient)))
        .collect();
    let file = CaseFile::extract(LOG, log, &everybody).expect("it holds");
    let mut records: Vec<Record> = file.exhibits.iter().map(|it| it.record).collect();
    // What is nobody's is in no case file.
    let nobodys = CaseFile::extract(LOG, log, &[Pseudonym::default()]).expect("it holds");
    assert_eq!(nobodys.exhibits, []);
    if let Some(lost) = overflow(log) {
        records.push(lost);
    }
    records
}

/// The record that says how many were lost, read by the table.
fn overflow(log: &[u8]) -> Option<Record> {
    let template = CaseFile::extract(LOG, log, &[Pseudonym::new(pseudonym(1, 0))]).ok()?;
    let mut record = template.exhibits.first()?.record;
    let frames = log.as_chunks::<192>().0;
    let frame = frames.iter().find(|frame| frame[..3] == [1, 1, 6])?;
    record.code = fairslot::evidence::Code::Lost;
    record.detail = u64::from_be_bytes(frame[48..56].try_into().ok()?);
    Some(record)
}

fn suspect() -> Pseudonym {
    let found = keys().pseudonym(december(), Kind::Device, 2_001);
    found.expect("December has a key")
}

fn published(log: &[u8]) -> Vec<fairslot::evidence::Checkpoint> {
    verify(LOG, log).expect("it holds").checkpoints
}

#[test]
fn a_case_file_has_all_of_theirs_and_nobody_elses() {
    assert_eq!(*suspect().as_bytes(), pseudonym(3, 2_001));
    for log in [log(), log_of_threads()] {
        let file = CaseFile::extract(LOG, &log, &[suspect()]).expect("it holds");
        let theirs = log
            .windows(16)
            .filter(|it| *it == suspect().as_bytes())
            .count();
        assert!(theirs >= 8);
        assert_eq!(file.exhibits.len(), theirs);
        assert!(
            file.exhibits
                .iter()
                .all(|it| it.record.device == Some(suspect()))
        );
        let hashes: Vec<_> = published(&log).iter().map(|it| it.hash()).collect();
        assert_eq!(file.check(&hashes), Ok(()));
        assert!(matches!(
            file.check(&hashes[1..]),
            Err(Doubt::Unpublished(0))
        ));
    }
}

#[cfg(feature = "serde")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_digit_changed_anywhere_in_the_file_is_found(at: prop::sample::Index, by in 1..16u32) {
        let log = log();
        let hashes: Vec<_> = published(&log).iter().map(|it| it.hash()).collect();
        let file = CaseFile::extract(LOG, &log, &[suspect()]).expect("it holds");
        let text = serde_json::to_string(&file).expect("plain data");
        let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_hexdigit()).map(|(i, _)| i).collect();
        let at = *at.get(&digits);
        let old = text[at..=at].chars().next().and_then(|c| c.to_digit(16)).expect("a digit");
        let new = char::from_digit((old + by) % 16, 16).expect("a digit");
        let mut bent = text.clone();
        bent.replace_range(at..=at, &new.to_string());
        // It is no case file any more, or it doesn't hold.
        let read = serde_json::from_str::<CaseFile>(&bent);
        prop_assert!(!read.is_ok_and(|read| read.check(&hashes).is_ok()), "{}", &text[at.saturating_sub(40)..at + 1]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_record_that_was_not_logged_has_no_proof(which: prop::sample::Index, field in 0..6) {
        let log = log();
        let hashes: Vec<_> = published(&log).iter().map(|it| it.hash()).collect();
        let mut file = CaseFile::extract(LOG, &log, &[suspect()]).expect("it holds");
        let number = which.index(file.exhibits.len());
        let exhibit = &mut file.exhibits[number];
        match field {
            0 => exhibit.record.score += 1,
            1 => exhibit.record.detail ^= 1,
            2 => exhibit.record.sequence += 1,
            3 => exhibit.position.index += 1,
            4 => exhibit.position.head_records += 1,
            _ => exhibit.record.patient = None,
        }
        prop_assert_eq!(file.check(&hashes), Err(Doubt::NotInTheLog(number)));
    }
}

#[test]
fn a_draw_and_what_it_gives_is_written_down() {
    use fairslot::evidence::{Action, Code, Evidence, LogMemory};
    use fairslot::{
        Day, Opening, PatientId, PractitionerId, Request, Schedule, Session, Timestamp,
    };

    use crate::morning::{START, desk};

    let sink = LogMemory::default();
    let desk = desk(Evidence::new(LOG, keys(), sink.clone()));
    let at = Timestamp::from_millis(START);
    let (day, session) = (Day::new(2026, 12, 2).expect("a day"), Session::Morning);
    let who = PractitionerId::new(4);
    let plan = Schedule::new(
        who,
        day,
        session,
        3,
        Opening::lottery(at),
        at.after(3_600_000),
    );
    let schedule = desk.engine.publish(&plan).expect("sound");
    for patient in 0..10 {
        let request = Request::new(PatientId::new(patient), schedule);
        assert!(desk.engine.request(&request).waiting().is_some());
    }
    desk.clock.set(at.after(60_000));
    while desk.engine.advance().more {}
    desk.engine.close_evidence();
    let records = records(&sink.bytes());
    let given = |it: &&Record| (it.action, it.code) == (Action::Draw, Code::Done);
    assert_eq!(records.iter().filter(given).count(), 3);
    assert!(
        records
            .iter()
            .filter(given)
            .all(|it| it.schedule == Some(schedule) && it.slot.is_some())
    );
    // And that it was: three grants, and the draw as a whole, which is nobody's.
    assert_eq!(verify(LOG, &sink.bytes()).expect("it holds").records, 4);
}

/// Whoever asks too often to wait for what returns is denied like anybody, and it is written down.
#[test]
fn a_denial_on_the_way_to_the_waitlist_is_written_down() {
    use fairslot::evidence::{Action, Code, Evidence, LogMemory};
    use fairslot::{DeviceId, PatientId, Refusal, Request, ReturnPolicy, Schedule};

    use crate::morning::desk;

    let sink = LogMemory::default();
    let desk = desk(Evidence::new(LOG, keys(), sink.clone()));
    let plan = desk.engine.schedule(desk.schedule).expect("published");
    let returns = ReturnPolicy::Draw;
    let plan = Schedule {
        returns,
        capacity: 1,
        ..plan
    };
    let schedule = desk.engine.publish(&plan).expect("sound");
    let ask = |patient, device| {
        let request = Request::new(PatientId::new(patient), schedule);
        let device = DeviceId::new(device);
        desk.engine.request(&request.device(device).waitlist())
    };
    assert!(ask(1, 1).held().is_some());
    for patient in 2..5 {
        assert!(ask(patient, 2).waiting().is_some());
    }
    let denied = ask(5, 2).refused().expect("three at once");
    assert!(matches!(denied, Refusal::RateLimited { .. }));
    desk.engine.close_evidence();
    let records = records(&sink.bytes());
    let denials = records.iter().filter(|it| it.code == Code::RateLimited);
    let of: Vec<_> = denials.map(|it| (it.action, it.schedule)).collect();
    assert_eq!(of, [(Action::Request, Some(schedule))]);
}

/// Who is slowed goes on under suspicion, which is written down with the score.
#[test]
fn who_is_slowed_is_written_down_with_their_score_and_labels() {
    use fairslot::evidence::{Action, Code, Evidence, LogMemory};
    use fairslot::line::SlowQueue;
    use fairslot::{
        Behaviour, DeviceId, Engine, Label, Labels, ManualClock, PatientId, Request, Timestamp,
    };

    use crate::morning::{START, publish};

    let sink = LogMemory::default();
    let engine = Engine::builder()
        .clock(ManualClock::new(Timestamp::from_millis(START)))
        .behaviour(Behaviour::default())
        .slow_queue(SlowQueue::new(1, 1_000))
        .evidence(Evidence::new(LOG, keys(), sink.clone()))
        .build()
        .expect("in range");
    let schedule = publish(&engine, 5);
    let mut labels = Labels::default();
    labels.block_device(DeviceId::new(7), Timestamp::MAX);
    engine.import_labels(&labels);
    let request = Request::new(PatientId::new(1), schedule).device(DeviceId::new(7));
    for _ in 0..3 {
        assert!(engine.request(&request).waiting().is_some());
    }
    engine.close_evidence();
    let records = records(&sink.bytes());
    let of: Vec<_> = (records.iter())
        .map(|it| (it.action, it.code, it.schedule, (it.score, it.labels)))
        .collect();
    let why = engine.verdict(&request).labels.into_iter();
    let bits = why.map(|it| 1 << it.label as u32).sum();
    assert!(bits & 1 << Label::Blocklisted as u32 != 0);
    let suspected = (
        Action::Request,
        Code::Suspected,
        Some(schedule),
        (1_000, bits),
    );
    assert_eq!(of, [suspected]);
}
