//! Labels from elsewhere and for elsewhere.

use fairslot::{Behaviour, Imported, Label, Labels, Mark, Marked, Outcome, Timestamp};

use super::{Desk, MINUTE, OPENS, account, device, from, judging, names};

fn until(after_opening: u64) -> Timestamp {
    Timestamp::from_millis(OPENS + after_opening)
}

fn counts(imported: Imported) -> [u64; 3] {
    [imported.taken, imported.expired, imported.no_room]
}

/// As suspicious as can be, until it expires; and never refused for it.
#[test]
fn a_blocked_device_is_as_suspicious_as_can_be_and_gets_its_answer() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 10);
    let mut labels = Labels::default();
    labels
        .block_device(device(7), until(MINUTE))
        .block_account(account(8), until(MINUTE));
    assert_eq!(counts(desk.engine.import_labels(&labels)), [2, 0, 0]);
    let blocked = [
        from(schedule, 1, 7),
        from(schedule, 2, 2).account(account(8)),
    ];
    for request in &blocked {
        let verdict = desk.verdict(request);
        assert_eq!((verdict.score, verdict.suspicion()), (1_000, 255));
        assert_eq!(names(&verdict), [Label::Blocklisted]);
    }
    assert_eq!(desk.verdict(&from(schedule, 8, 8)).score, 0);
    desk.at(MINUTE - 1);
    for request in &blocked {
        assert!(matches!(desk.ask(request), Outcome::Held(_)));
    }
    assert_eq!(desk.engine.stats().behaviour.map(|it| it.slow), Some(2));
    desk.at(MINUTE);
    for request in &blocked {
        assert_eq!(desk.verdict(request).score, 0);
    }
    assert_eq!(counts(desk.engine.import_labels(&labels)), [0, 2, 0]);
}

/// What one engine has seen, another takes in, until the first would have forgotten it.
#[test]
fn labels_go_from_one_engine_to_another() {
    let (one, other) = (Desk::judging(), Desk::judging());
    let schedule = one.publish(1, 60_000);
    for nth in 0..40 {
        one.at(nth * 10);
        let _ = one.ask(&from(schedule, nth, 7));
        let _ = one.ask(&from(schedule, 1, 8));
    }
    let labels = one
        .engine
        .export_labels(&[device(7), device(9)], &[account(7)]);
    assert_eq!(
        (
            labels.devices.len(),
            labels.accounts.len(),
            labels.policy_version
        ),
        (1, 0, 1)
    );
    let seen = one.verdict(&from(schedule, 0, 7));
    let marks = &labels.devices[0].marks;
    assert_eq!(
        marks.iter().map(|it| it.label).collect::<Vec<_>>(),
        names(&seen)
    );
    assert!(
        marks.iter().all(|mark| mark.until == until(20 * MINUTE)),
        "{marks:?}"
    );
    assert_eq!(counts(other.engine.import_labels(&labels)), [1, 0, 0]);
    assert_eq!(other.verdict(&from(schedule, 0, 7)).labels, seen.labels);
    // Passed on, they last no longer.
    other.at(15 * MINUTE);
    assert_eq!(
        other.engine.export_labels(&[device(7)], &[]).devices,
        labels.devices
    );
    other.at(20 * MINUTE);
    assert_eq!(other.verdict(&from(schedule, 0, 7)).score, 0);
    assert_eq!(
        other.engine.export_labels(&[device(7)], &[]),
        Labels {
            policy_version: 1,
            ..Labels::default()
        }
    );
}

#[test]
fn the_list_has_a_capacity_and_expired_ones_make_room() {
    let desk = Desk::new(Some(Behaviour {
        listed_max: 20,
        ..judging()
    }));
    let block = |of: std::ops::Range<u64>, end| {
        let mut labels = Labels::default();
        for id in of {
            labels.block_device(device(id), until(end));
        }
        counts(desk.engine.import_labels(&labels))
    };
    assert_eq!(block(0..30, MINUTE), [20, 0, 10]);
    // The same ones again want no room.
    assert_eq!(block(0..20, MINUTE), [20, 0, 0]);
    desk.at(MINUTE);
    let [taken, expired, no_room] = block(100..140, 2 * MINUTE);
    assert_eq!((taken + no_room, expired), (40, 0));
    assert!((10..=20).contains(&taken), "{taken}");
    assert!(
        desk.engine
            .stats()
            .behaviour
            .is_some_and(|it| it.listed <= 20)
    );
    assert_eq!(
        counts(Desk::new(None).engine.import_labels(&Labels::default())),
        [0; 3]
    );
}

#[test]
fn of_one_label_twice_the_higher_counts() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 10);
    let mark = |label, points, end| Mark {
        label,
        points,
        until: until(end),
    };
    let marks = vec![
        mark(Label::Rate, 300, MINUTE),
        mark(Label::Rate, 100, 9 * MINUTE),
        mark(Label::Early, u16::MAX, 2),
        mark(Label::HoldDrop, 50, MINUTE),
    ];
    let labels = Labels {
        devices: vec![Marked {
            id: device(7),
            marks,
        }],
        ..Labels::default()
    };
    assert_eq!(counts(desk.engine.import_labels(&labels)), [1, 0, 0]);
    assert_eq!(desk.verdict(&from(schedule, 1, 7)).score, 1_000);
    desk.at(2);
    assert_eq!(desk.verdict(&from(schedule, 1, 7)).score, 350);
}

#[cfg(feature = "serde")]
#[test]
fn labels_and_verdicts_are_plain_data() {
    let desk = Desk::judging();
    let schedule = desk.publish(1, 10);
    let mut labels = Labels::default();
    labels
        .block_device(device(7), until(MINUTE))
        .block_account(account(8), until(MINUTE));
    let json = serde_json::to_string(&labels).expect("it is data");
    assert!(json.contains("\"label\":\"blocklisted\""), "{json}");
    assert_eq!(
        serde_json::from_str::<Labels>(&json).expect("its own"),
        labels
    );
    assert!(serde_json::from_str::<Labels>(r#"{"devices":[],"more":1}"#).is_err());
    desk.engine.import_labels(&labels);
    let verdict = desk.verdict(&from(schedule, 1, 7));
    let json = serde_json::to_string(&verdict).expect("it is data");
    assert_eq!(
        serde_json::from_str::<fairslot::Verdict>(&json).expect("its own"),
        verdict
    );
    let behaviour = serde_json::to_string(&judging()).expect("it is data");
    assert_eq!(
        serde_json::from_str::<Behaviour>(&behaviour).expect("its own"),
        judging()
    );
}
