//! The evidence: threads write down, and one ends the epoch.

use ::loom::sync::Arc;

use super::support::{Notes, explore, hand, race};
use crate::gate::evidence::{
    Action, Code, Decision, Evidence, Log, LogMemory, Month, MonthKeys, verify,
};
use crate::words::time::Timestamp;

const LOG: u128 = 9;
const AT: Timestamp = Timestamp::from_millis(5);

fn log() -> (Arc<Log>, LogMemory) {
    let sink = LogMemory::default();
    let evidence = Evidence::new(LOG, MonthKeys::new(), sink.clone()).lane_records(4);
    (Arc::new(Log::new(evidence, &[])), sink)
}

fn of(patient: u128) -> [Option<u128>; 4] {
    [Some(patient), None, None, None]
}

fn decision(keys: &[Option<u128>; 4]) -> Decision<'_> {
    Decision {
        at: AT,
        action: Action::Request,
        code: Code::Done,
        schedule: None,
        slot: None,
        score: 0,
        labels: 0,
        level: 0,
        detail: 0,
        keys,
    }
}

/// Threads: two write a decision down each, a third delivers. Property: whatever was delivered then, and all of it after another delivery, is a log that
/// holds, and every decision is in it once.
#[test]
fn evidence_append_against_checkpoint() {
    explore(Some(3), || {
        let (log, sink) = log();
        log.note(&decision(&of(0)));
        let writes = |patient| {
            let log = log.clone();
            hand(move || log.note(&decision(&of(patient))))
        };
        let delivers = {
            let (log, sink) = (log.clone(), sink.clone());
            hand(move || {
                let delivery = log.deliver(AT, true);
                let verified = verify(LOG, &sink.bytes()).unwrap();
                assert_eq!(verified.records, delivery.records);
            })
        };
        race([writes(1), delivers, writes(2)]);
        log.deliver(AT, true);
        assert_eq!(verify(LOG, &sink.bytes()).unwrap().records, 3);
    });
}

/// Threads: two deliver. Property: one block an epoch reaches the sink, and none is left behind.
#[test]
fn evidence_is_delivered_once() {
    explore(None, || {
        let (log, sink) = log();
        log.note(&decision(&of(0)));
        let taken = Notes::new();
        let delivers = || {
            let (log, taken) = (log.clone(), taken.clone());
            hand(move || taken.add(log.deliver(AT, true).epochs))
        };
        race([delivers(), delivers()]);
        assert_eq!(taken.all().iter().sum::<u64>(), 1);
        assert_eq!(verify(LOG, &sink.bytes()).unwrap().records, 1);
    });
}

/// Threads: one writes down, another has the month forgotten. Property: what is written down afterwards bears no pseudonym.
#[test]
fn evidence_forgets_a_month_at_once() {
    explore(None, || {
        let (sink, month) = (LogMemory::default(), Month::of(AT));
        let keys = MonthKeys::new().with(month, [7; 32]);
        let whose = keys.pseudonym(month, crate::gate::evidence::Kind::Patient, 1);
        let log = Arc::new(Log::new(Evidence::new(LOG, keys, sink.clone()), &[]));
        let (writes, forgets) = (log.clone(), log.clone());
        race([
            hand(move || writes.note(&decision(&of(1)))),
            hand(move || {
                forgets.set_key(month, None);
                forgets.note(&decision(&of(1)));
            }),
        ]);
        log.deliver(AT, true);
        let bytes = sink.bytes();
        let whose = whose.unwrap();
        let named = bytes.windows(16).filter(|it| *it == whose.as_bytes());
        assert!(named.count() < 2);
        assert_eq!(verify(LOG, &bytes).unwrap().records, 2);
    });
}
