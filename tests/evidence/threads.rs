//! Threads write at once, while somebody delivers: chains of their own, and every decision written down or counted.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use fairslot::evidence::{Code, Evidence, LogMemory, Verified, verify};

use crate::morning::{Desk, LOG, desk, keys};

const THREADS: u128 = 3;
const EACH: u128 = 20;

fn storm(desk: &Desk, rounds: u128) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let hands: Vec<_> = (0..THREADS)
            .map(|lane| {
                scope.spawn(move || {
                    for i in 0..rounds {
                        desk.ask(lane * rounds + i);
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !done.load(Relaxed) {
                desk.engine.deliver_evidence();
                thread::yield_now();
            }
        });
        hands
            .into_iter()
            .for_each(|hand| hand.join().expect("it works"));
        done.store(true, Relaxed);
    });
    desk.engine.close_evidence();
}

/// A log of several chains.
pub(crate) fn log_of_threads() -> Vec<u8> {
    let sink = LogMemory::default();
    let evidence = Evidence::new(LOG, keys(), sink.clone()).epoch_records(16);
    storm(&desk(evidence), EACH);
    sink.bytes()
}

#[test]
fn every_decision_of_every_thread_is_there() {
    let log = log_of_threads();
    let Verified {
        records,
        checkpoints,
        ..
    } = verify(LOG, &log).expect("it holds");
    assert_eq!(u128::from(records), THREADS * EACH);
    assert!(checkpoints.iter().all(|it| it.lost == 0));
}

#[test]
fn what_has_no_room_is_counted_and_the_count_is_written_down() {
    let sink = LogMemory::default();
    let evidence = Evidence::new(LOG, keys(), sink.clone()).lane_records(8);
    let desk = desk(evidence);
    // Four devices, three turns each: 12 grants, then denials.
    for number in 0..40 {
        desk.ask(number);
    }
    let stats = desk.engine.evidence_stats();
    assert_eq!((stats.waiting, stats.lost), (8 + 1, 32));
    desk.engine.close_evidence();
    let verified = verify(LOG, &sink.bytes()).expect("it holds");
    assert_eq!((verified.records, verified.checkpoints[0].lost), (9, 32));
    let whole = crate::cases::records(&sink.bytes());
    let last = whole.last().expect("some");
    assert_eq!((last.code, last.detail), (Code::Lost, 32));
}

#[test]
fn a_flood_of_denials_leaves_room_for_a_grant() {
    let sink = LogMemory::default();
    let evidence = Evidence::new(LOG, keys(), sink.clone()).lane_records(40);
    let desk = desk(evidence);
    for _ in 0..1_000 {
        for number in 0..4 {
            desk.ask(4 + number);
            desk.ask(8 + number);
            desk.ask(12 + number);
            desk.ask(16 + number);
        }
    }
    desk.change_mind(1_000);
    desk.engine.close_evidence();
    let records = crate::cases::records(&sink.bytes());
    let of = |code| records.iter().filter(|record| record.code == code).count();
    assert_eq!((of(Code::Done), of(Code::RateLimited)), (12 + 2, 20 - 12));
}
