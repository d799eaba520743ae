//! Claiming and giving back: the swap of a slot's word, and the free bit that leads to it.

use super::support::{NOW, Notes, Stand, TTL, explore, hand, race};
use crate::pool::Look;
use crate::pool::word::{LAST_VERSION, State};

/// As many claimers as `holders`, one slot: exactly one has it.
fn one_slot(holders: &'static [u32], preemptions: Option<usize>) {
    explore(preemptions, move || {
        let (stand, won) = (Stand::new(1), Notes::new());
        let claimer = |holder| {
            let (stand, won) = (stand.clone(), won.clone());
            hand(move || {
                if stand.claim(holder, NOW + TTL).is_some() {
                    won.add(holder);
                }
            })
        };
        race(holders.iter().map(|holder| claimer(*holder)));
        let won = won.all();
        assert_eq!(won.len(), 1, "{won:?}");
        assert!(stand.word(0).is_of(won[0]));
        stand.audit();
    });
}

/// Threads: two claimers. Property: one slot, one owner, whose record speaks of it.
///
/// 508 interleavings, all that loom tries.
#[test]
fn f01_one_owner() {
    one_slot(&[1, 2], None);
}

/// Threads: three claimers. Property: as above.
///
/// 62,400 interleavings, at most three preemptions.
#[test]
fn f01_one_owner_of_three() {
    one_slot(&[1, 2, 3], Some(3));
}

/// Threads: two claimers. Property: two slots, each gets one of its own.
///
/// 508 interleavings, all that loom tries.
#[test]
fn f01_two_slots() {
    explore(None, || {
        let (stand, won) = (Stand::new(2), Notes::new());
        let claimer = |holder| {
            let (stand, won) = (stand.clone(), won.clone());
            hand(move || won.add(stand.claim(holder, NOW + TTL).map(|(slot, _)| slot)))
        };
        race([claimer(1), claimer(2)]);
        let mut won = won.all();
        won.sort_unstable();
        assert_eq!(won, [Some(0), Some(1)]);
        stand.audit();
    });
}

/// Threads: one gives slot 2 back and claims again; one looks and claims. Property: of two slots one is free at every instant, so neither
/// the look nor the claim ever says that all are taken.
///
/// 296 interleavings, all that loom tries.
#[test]
fn f41_sold_out_of_two_slots() {
    explore(None, || {
        let (stand, seen) = (Stand::new(2), Notes::new());
        stand.claim(1, NOW + TTL);
        stand.claim(2, NOW + TTL);
        stand.give_back(1, 0);
        let (moves, asks, asked) = (stand.clone(), stand.clone(), seen.clone());
        race([
            hand(move || {
                moves.give_back(2, 1);
                moves.claim(1, NOW + TTL);
            }),
            hand(move || asked.add((asks.look(NOW), asks.claim(3, NOW + TTL).is_some()))),
        ]);
        assert_eq!(seen.all(), [(Look::Open, true)]);
        stand.audit();
    });
}

/// Threads: one calls the session off and holds it after all; one looks by the free bits alone. Property: its slot is free before and after, so nobody reads that it
/// is sold out.
///
/// 319 interleavings, all that loom tries.
#[test]
fn f41_first_look_while_withdrawn() {
    explore(None, || {
        let stand = Stand::new(1);
        assert_eq!(stand.first_look(NOW), Some(Look::Open));
        let (acts, looks) = (stand.clone(), stand.clone());
        race([
            hand(move || acts.withdraw_and_reinstate()),
            hand(move || assert_ne!(looks.first_look(NOW), Some(Look::SoldOut))),
        ]);
        assert_eq!(stand.first_look(NOW), Some(Look::Open));
        stand.audit();
    });
}

/// Threads: one releases, one claims. Property: nothing is lost; a claim that came too early leaves the slot to be found.
///
/// 25 interleavings, all that loom tries.
#[test]
fn f02_claim_release() {
    explore(None, || {
        let (stand, won) = (Stand::new(1), Notes::new());
        stand.claim(1, NOW + TTL);
        let (gives, claims, won_by) = (stand.clone(), stand.clone(), won.clone());
        race([
            hand(move || assert!(gives.give_back(1, 0).is_some())),
            hand(move || won_by.add(claims.claim(2, NOW + TTL).is_some())),
        ]);
        assert_eq!(won.all(), [stand.word(0).is_of(2)]);
        stand.audit();
    });
}

/// Threads: one releases, one claims. Before: a late confirm by name went between a release's swap and its bit, so that the bit is set although the
/// slot is taken. Property: the slot is not lost when that bit is cleared while the slot is given back.
///
/// 330 interleavings, all that loom tries.
#[test]
fn f02_stale_bit() {
    explore(None, || {
        let stand = Stand::new(1);
        stand.claim(1, NOW + TTL);
        stand.pool().slots().put(stand.id.tag(), 0);
        let (gives, claims) = (stand.clone(), stand.clone());
        race([
            hand(move || _ = gives.give_back(1, 0)),
            hand(move || _ = claims.claim(2, NOW + TTL)),
        ]);
        stand.audit();
    });
}

/// Threads: one claims by name (a late confirm), one claims whatever is free.
fn by_name_against_by_bit(cancels: bool) {
    explore(None, move || {
        let (stand, won) = (Stand::new(1), Notes::new());
        let (named, free) = (stand.clone(), stand.clone());
        let (won_named, won_free) = (won.clone(), won.clone());
        race([
            hand(move || {
                let (pool, tag) = (named.pool(), named.id.tag());
                if pool.claim_slot(0, State::Booked, 1, |_, _| ()).is_ok() {
                    won_named.add(1);
                    pool.slots().take(tag, 0);
                    if cancels {
                        assert!(named.give_back(1, 0).is_some());
                    }
                }
            }),
            hand(move || {
                if free.claim(2, NOW + TTL).is_some() {
                    won_free.add(2);
                }
            }),
        ]);
        let (won, word) = (won.all(), stand.word(0));
        match won[..] {
            [one] => assert!(word.is_of(one) != cancels || one == 2),
            [_, _] => assert!(cancels && word.is_of(2)),
            _ => panic!("{won:?}"),
        }
        stand.audit();
    });
}

/// Property: one has it, and the other knows.
///
/// 275 interleavings, all that loom tries.
#[test]
fn f04_by_name_against_by_bit() {
    by_name_against_by_bit(false);
}

/// Property: when the booking is cancelled at once, the slot is not lost for it.
///
/// 858 interleavings, all that loom tries.
#[test]
fn f04_by_name_and_back_against_by_bit() {
    by_name_against_by_bit(true);
}

/// Threads: one gives back twice by the same word, one holds the slot anew in between. Property: a word seen before is no claim on what
/// came after, though the same record has the slot again.
///
/// 61 interleavings, all that loom tries.
#[test]
fn f05_stale_id() {
    explore(None, || {
        let stand = Stand::new(1);
        stand.claim(1, NOW + TTL);
        let (stale, again) = (stand.clone(), stand.clone());
        let seen = stand.word(0);
        race([
            hand(move || {
                let pool = stale.pool();
                let freed = [0, 1].map(|_| pool.give_back(stale.id.tag(), 0, seen));
                assert!(freed[0].is_some() && freed[1].is_none());
            }),
            hand(move || _ = again.claim(1, NOW + TTL)),
        ]);
        let word = stand.word(0);
        assert!(word.state() == State::Free || word.version() == seen.version() + 2);
        stand.audit();
    });
}

/// Threads: one gives back a slot whose versions are used up, one claims. Property: it ends withdrawn, nobody has it, and no version comes twice.
///
/// 8 interleavings, all that loom tries.
#[test]
fn f03_version_end() {
    explore(None, || {
        let stand = Stand::new(1);
        stand
            .pool()
            .slots()
            .word(0)
            .unwrap()
            .set_version(LAST_VERSION - 1);
        stand.claim(1, NOW + TTL);
        let (gives, claims) = (stand.clone(), stand.clone());
        race([
            hand(move || assert!(gives.give_back(1, 0).is_some())),
            hand(move || assert_eq!(claims.claim(2, NOW + TTL), None)),
        ]);
        let word = stand.word(0);
        assert!(word.state() == State::Withdrawn && word.is_spent());
    });
}
