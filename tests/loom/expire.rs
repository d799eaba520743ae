//! What time ends against what people do: confirm, release, extend and claim against a sweep.

use super::support::{NOW, Notes, Stand, TTL, explore, hand, race};
use crate::pool::Look;
use crate::pool::word::State;
use crate::words::time::Timestamp;

const END: u64 = NOW + TTL;

/// Threads: one confirms with a clock before the deadline, one sweeps with a clock at it. Property: the slot is booked or free, never
/// both, and whoever lost knows.
///
/// 50 interleavings, all that loom tries.
#[test]
fn f04_confirm_expire() {
    explore(None, || {
        let (stand, booked) = (Stand::new(1), Notes::new());
        stand.claim(1, END);
        let (confirms, sweeps, note) = (stand.clone(), stand.clone(), booked.clone());
        race([
            hand(move || note.add(confirms.confirm(1, 0).is_some())),
            hand(move || _ = sweeps.sweep(END)),
        ]);
        let state = stand.word(0).state();
        assert_eq!(booked.all(), [state == State::Booked]);
        assert!(matches!(state, State::Booked | State::Free));
        stand.audit();
    });
}

/// Threads: one confirms, one sweeps and claims what it freed. Property: one owner, the late one knows.
///
/// 116 interleavings, all that loom tries.
#[test]
fn f04_confirm_expire_claim() {
    explore(None, || {
        let (stand, booked) = (Stand::new(1), Notes::new());
        stand.claim(1, END);
        let (confirms, takes, note) = (stand.clone(), stand.clone(), booked.clone());
        race([
            hand(move || note.add(confirms.confirm(1, 0).is_some())),
            hand(move || {
                let freed = takes.sweep(END).len();
                assert_eq!(freed, usize::from(takes.claim(2, END + TTL).is_some()));
            }),
        ]);
        let word = stand.word(0);
        assert_eq!(booked.all(), [word.is_of(1)]);
        assert!(word.is_of(1) || word.is_of(2));
        stand.audit();
    });
}

/// Threads: one releases, two sweep. Property: it is freed once, by one of them, and can be found.
///
/// 104,120 interleavings, at most three preemptions.
#[test]
fn f02_release_expire() {
    explore(Some(3), || {
        let (stand, freed) = (Stand::new(1), Notes::new());
        stand.claim(1, END);
        let before = stand.word(0).version();
        let (gives, given) = (stand.clone(), freed.clone());
        let sweeper = || {
            let (stand, freed) = (stand.clone(), freed.clone());
            hand(move || freed.add(stand.sweep(END).len()))
        };
        race([
            hand(move || given.add(usize::from(gives.give_back(1, 0).is_some()))),
            sweeper(),
            sweeper(),
        ]);
        assert_eq!(freed.all().iter().sum::<usize>(), 1);
        assert_eq!(
            (stand.word(0).state(), stand.word(0).version()),
            (State::Free, before + 1)
        );
        stand.audit();
    });
}

/// Threads: one claims, one sweeps. Property: `due` is not later than the hold's end, also where the sweep looked at the slot
/// before it was claimed and has put `due` up since.
///
/// 4,048 interleavings, all that loom tries.
#[test]
fn due_is_never_late_for_a_claim() {
    explore(None, || {
        let stand = Stand::new(2);
        stand.claim(1, END);
        let (claims, sweeps) = (stand.clone(), stand.clone());
        race([
            hand(move || _ = claims.claim(2, END + TTL)),
            hand(move || _ = sweeps.sweep(END)),
        ]);
        stand.audit();
    });
}

/// Threads: one claims, two sweep, of which one is earlier. Property: as above.
///
/// 19,921 interleavings, at most two preemptions.
#[test]
fn due_is_never_late_with_two_sweeps() {
    explore(Some(2), || {
        let stand = Stand::new(2);
        stand.claim(1, END);
        let claims = stand.clone();
        let sweeper = |now| {
            let stand = stand.clone();
            hand(move || _ = stand.sweep(now))
        };
        race([
            hand(move || _ = claims.claim(2, END + TTL)),
            sweeper(END),
            sweeper(END - 1),
        ]);
        stand.audit();
    });
}

/// Threads: one claims, one sweeps with a clock at the hold's end. Property: whoever meets a hold in its slot finds its record complete.
///
/// 1,684 interleavings, all that loom tries.
#[test]
fn record_before_word() {
    explore(None, || {
        let stand = Stand::new(1);
        let (claims, sweeps) = (stand.clone(), stand.clone());
        race([
            hand(move || _ = claims.claim(1, END)),
            hand(move || {
                for (slot, claim, word) in sweeps.sweep(END) {
                    assert_eq!((claim.slot, claim.version + 1), (slot, word.version()));
                }
            }),
        ]);
        stand.audit();
    });
}

/// Threads: one sweeps at the deadline of both of two holds, one looks at that time. Property: while a slot is free or due, the look says so.
///
/// 65 interleavings, all that loom tries.
#[test]
fn f41_sold_out_while_sweeping() {
    explore(None, || {
        let stand = Stand::new(2);
        stand.claim(1, END);
        stand.claim(2, END);
        let (sweeps, looks) = (stand.clone(), stand.clone());
        race([
            hand(move || _ = sweeps.sweep(END)),
            hand(move || assert_eq!(looks.look(END), Look::Open)),
        ]);
        stand.audit();
    });
}

/// The same, by the first look: it says so, or nothing.
///
/// 65 interleavings, all that loom tries.
#[test]
fn f41_first_look_while_sweeping() {
    explore(None, || {
        let stand = Stand::new(2);
        stand.claim(1, END);
        stand.claim(2, END);
        let (sweeps, looks) = (stand.clone(), stand.clone());
        race([
            hand(move || _ = sweeps.sweep(END)),
            hand(move || assert_ne!(looks.first_look(END), Some(Look::SoldOut))),
        ]);
        assert_eq!(stand.first_look(END), Some(Look::Open));
        stand.audit();
    });
}

/// Threads: one makes a hold longer as the engine does (deadline, then word), one sweeps at the old deadline. Property: an extension that was
/// granted is kept, one that came too late left nothing behind.
///
/// 23,936 interleavings, all that loom tries.
#[test]
fn extend_longer_against_expire() {
    explore(None, || {
        let (stand, granted) = (Stand::new(1), Notes::new());
        stand.claim(1, END);
        let (extends, sweeps, note) = (stand.clone(), stand.clone(), granted.clone());
        race([
            hand(move || note.add(extends.extend(1, 0, Timestamp::from_millis(END + TTL)))),
            hand(move || _ = sweeps.sweep(END)),
        ]);
        let word = stand.word(0);
        assert_eq!(granted.all(), [word.is_of(1)]);
        stand.audit();
    });
}

/// Threads: one makes a hold shorter (word, then deadline), one sweeps. Property: afterwards `due` knows the earlier end.
///
/// 24,965 interleavings, all that loom tries.
#[test]
fn extend_shorter_against_expire() {
    explore(None, || {
        let stand = Stand::new(2);
        stand.claim(1, END + TTL);
        stand.claim(2, END);
        let (extends, sweeps) = (stand.clone(), stand.clone());
        race([
            hand(move || assert!(extends.extend(1, 0, Timestamp::from_millis(END + 1)))),
            hand(move || _ = sweeps.sweep(END)),
        ]);
        assert!(stand.word(0).is_of(1), "nothing had ended");
        stand.audit();
    });
}
