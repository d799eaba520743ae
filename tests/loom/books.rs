//! The audit while others work: it never cries wolf, and what is wrong it sees.

use super::support::{
    NOW, TTL, agree, book, engine, explore, hand, hand_at, hold, people, race, schedule,
};
use crate::words::id::ScheduleId;
use crate::{Engine, Finding, PatientId, Request};

const WEEK: u64 = 7 * 86_400_000;

/// Threads: one audits, one does `work`.
fn while_auditing(
    slots: u32,
    work: fn(&Engine, [PatientId; 4], ScheduleId) -> Box<dyn FnOnce() + Send>,
) {
    explore(Some(4), move || {
        let engine = engine();
        let s = engine.publish(&schedule(slots)).unwrap();
        let (audits, work) = (engine.clone(), work(&engine, people(&engine), s));
        race([hand(work), hand(move || agree(&audits))]);
        agree(&engine);
    });
}

/// Property: no finding while a slot is claimed.
///
/// 142 interleavings, at most four preemptions.
#[test]
fn audit_against_claim() {
    while_auditing(1, |engine, [ann, ..], s| {
        let engine = engine.clone();
        Box::new(move || _ = hold(&engine, ann, s))
    });
}

/// Property: no finding while a slot is given back and claimed again.
///
/// 2,022 interleavings, at most four preemptions.
#[test]
fn audit_against_release_and_claim() {
    while_auditing(1, |engine, [ann, bob, ..], s| {
        let (engine, held) = (engine.clone(), hold(engine, ann, s));
        Box::new(move || {
            assert!(engine.release(held.id, ann).is_ok());
            hold(&engine, bob, s);
        })
    });
}

/// Property: no finding while a booking is exchanged.
///
/// 166 interleavings, at most four preemptions.
#[test]
fn audit_against_exchange() {
    while_auditing(1, |engine, [ann, ..], s| {
        let (engine, old) = (engine.clone(), book(engine, ann, s).id);
        let new = engine.publish(&schedule(1)).unwrap();
        Box::new(move || assert!(engine.exchange(old, ann, new).is_ok()))
    });
}

/// Property: no finding while a hold runs out and is confirmed late.
///
/// 5,192 interleavings, at most four preemptions.
#[test]
fn audit_against_late_confirm() {
    while_auditing(1, |engine, [ann, ..], s| {
        let (engine, held) = (engine.clone(), hold(engine, ann, s));
        hand_at(NOW + TTL, move || {
            assert!(engine.confirm(held.id, ann, None).is_ok())
        })
    });
}

/// Property: no finding while a session is withdrawn and reinstated.
///
/// 388 interleavings, at most four preemptions.
#[test]
fn audit_against_withdraw() {
    while_auditing(1, |engine, [ann, ..], s| {
        let engine = engine.clone();
        hold(&engine, ann, s);
        Box::new(move || {
            assert_eq!(engine.withdraw(s), Ok(1));
            assert_eq!(engine.reinstate(s), Ok(1));
        })
    });
}

/// Property: no finding while a past schedule is retired whose booking still stands in a book.
///
/// 2,463 interleavings, at most four preemptions.
#[test]
fn audit_against_retire() {
    while_auditing(1, |engine, [ann, ..], s| {
        book(engine, ann, s);
        let engine = engine.clone();
        hand_at(NOW + 2 * WEEK, move || {
            assert_eq!(engine.advance().retired, 1)
        })
    });
}

/// Threads: one audits while another claims. Before: slot 1's free bit was lost. Property: that is found, and nothing else.
///
/// 301 interleavings, at most four preemptions.
#[test]
fn f02_audit_sees_a_lost_slot() {
    explore(Some(4), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let s = engine.publish(&schedule(2)).unwrap();
        assert!(engine.pool(s).unwrap().slots().take(s.tag(), 0));
        let (audits, claims) = (engine.clone(), engine.clone());
        race([
            hand(move || _ = claims.request(&Request::new(ann, s))),
            hand(move || {
                let findings = audits.audit().findings;
                assert!(
                    matches!(findings[..], [Finding::Lost { slot, .. }] if slot.get() == 1),
                    "{findings:?}"
                );
            }),
        ]);
    });
}
