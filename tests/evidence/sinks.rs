//! Sinks that panic, fail or never return. The verbs never notice, and nothing that was written down is lost.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;

use fairslot::evidence::{Evidence, LogMemory, Sink, Unstored, verify};

use crate::morning::{LOG, desk, keys, log, play};

/// Panics at its n-th block, before or after it has stored it.
struct Brittle {
    log: LogMemory,
    stored: AtomicU64,
    panic_at: u64,
    after: bool,
}

impl Sink for Brittle {
    fn store(&self, epoch: u64, block: &[u8]) -> Result<(), Unstored> {
        let panics = self.stored.fetch_add(1, SeqCst) + 1 == self.panic_at;
        if panics && !self.after {
            resume_unwind(Box::new("the sink"));
        }
        self.log.store(epoch, block)?;
        if panics {
            resume_unwind(Box::new("the sink"));
        }
        Ok(())
    }
}

#[test]
fn f12_panic_in_the_sink_leaves_engine_and_log_whole() {
    for (panic_at, after) in [(1, false), (1, true), (3, false), (3, true)] {
        let sink = LogMemory::default();
        let brittle = Brittle {
            log: sink.clone(),
            stored: AtomicU64::new(0),
            panic_at,
            after,
        };
        let desk = desk(Evidence::new(LOG, keys(), brittle));
        let mut panics = 0;
        for number in 0..5 {
            desk.change_mind(number);
            let delivery = catch_unwind(AssertUnwindSafe(|| desk.engine.close_evidence()));
            panics += u32::from(delivery.is_err());
            assert!(desk.engine.audit().is_consistent());
        }
        desk.engine.close_evidence();
        assert_eq!(panics, 1);
        let verified = verify(LOG, &sink.bytes()).expect("whole, and no block twice");
        assert_eq!(verified.records, 10);
    }
}

/// Says no until it is told to say yes.
#[derive(Default)]
struct Reluctant {
    willing: AtomicBool,
    log: LogMemory,
}

impl Sink for Reluctant {
    fn store(&self, epoch: u64, block: &[u8]) -> Result<(), Unstored> {
        if self.willing.load(SeqCst) {
            self.log.store(epoch, block)
        } else {
            Err(Unstored)
        }
    }
}

#[test]
fn a_sink_that_says_no_is_asked_again() {
    let sink = Arc::new(Reluctant::default());
    let desk = play(Arc::clone(&sink));
    let delivery = desk.engine.close_evidence();
    assert!(delivery.in_hand && delivery.epochs == 0);
    assert!(sink.log.bytes().is_empty());
    sink.willing.store(true, SeqCst);
    let delivery = desk.engine.close_evidence();
    // The first epoch as it was, and all the rest as a second.
    assert_eq!((delivery.epochs, delivery.records), (2, 40));
    let verified = verify(LOG, &sink.log.bytes()).expect("whole");
    assert_eq!(
        verified.records,
        verify(LOG, &log()).expect("whole").records
    );
}

#[test]
fn what_was_decided_by_then_is_delivered_however_little_it_is() {
    let sink = LogMemory::default();
    let desk = desk(Evidence::new(LOG, keys(), sink.clone()).epoch_ms(5));
    // A page, and less and more than one.
    for (number, records) in [1, 8, 7, 9, 2, 40].into_iter().enumerate() {
        let first = 1_000 * number as u128;
        for asker in first..first + records {
            let _ = desk.ask(asker);
        }
        desk.clock.pass(5);
        let delivery = desk.engine.deliver_evidence();
        assert_eq!(
            (delivery.epochs, u128::from(delivery.records)),
            (1, records)
        );
        assert_eq!(desk.engine.evidence_stats().waiting, 0);
    }
    assert_eq!(verify(LOG, &sink.bytes()).expect("whole").records, 67);
}

/// Stays until it is let go.
#[derive(Default)]
struct Stalled {
    inside: AtomicBool,
    let_go: AtomicBool,
    log: LogMemory,
}

impl Sink for Stalled {
    fn store(&self, epoch: u64, block: &[u8]) -> Result<(), Unstored> {
        self.inside.store(true, SeqCst);
        while !self.let_go.load(SeqCst) {
            thread::yield_now();
        }
        self.log.store(epoch, block)
    }
}

#[test]
fn f13_stalled_sink_is_felt_by_nobody() {
    let sink = Arc::new(Stalled::default());
    let desk = desk(Evidence::new(LOG, keys(), Arc::clone(&sink)).lane_records(20));
    desk.change_mind(1);
    thread::scope(|scope| {
        let courier = scope.spawn(|| desk.engine.close_evidence());
        while !sink.inside.load(SeqCst) {
            thread::yield_now();
        }
        // It is in the sink now. Everything else goes on, whoever delivers, advances, forgets, looks.
        for number in 100..200 {
            desk.change_mind(number);
        }
        desk.engine.advance();
        assert!(desk.engine.close_evidence().busy);
        assert_eq!(desk.engine.evidence_stats().lost, 200 - 20);
        assert!(desk.engine.audit().is_consistent());
        sink.let_go.store(true, SeqCst);
        let delivery = courier.join().expect("it came back");
        // What was said meanwhile is the second epoch, with the number of what was lost.
        assert_eq!((delivery.epochs, delivery.records), (2, 2 + 20 + 1));
    });
    let verified = verify(LOG, &sink.log.bytes()).expect("whole");
    assert_eq!(verified.checkpoints.last().expect("two").lost, 180);
}
