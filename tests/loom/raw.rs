//! The raw structures alone.

use ::loom::sync::Arc;
use ::loom::sync::atomic::{AtomicU64, Ordering};

use super::support::{Notes, explore, hand, race};
use crate::pool::slots::Slots;
use crate::raw::arena::Arena;
use crate::raw::bits::Marks;
use crate::raw::cells::{Cells, Given, Pace, Wait};
use crate::raw::filter;
use crate::raw::lines::Lines;
use crate::raw::numbers::Numbers;
use crate::raw::wheel::{Inbox, Wheel};

/// A hash with this tag, in the first bucket.
const fn hash(tag: u64) -> u64 {
    tag << 28
}

/// Threads: one writes a line and then says so, one hears it and peeks. Property: whoever has learnt of a line finds it.
///
/// 396 interleavings, all that loom tries.
#[test]
fn lines_insert_against_peek() {
    explore(None, || {
        let (lines, said) = (Arc::new(Lines::new(1, 4)), Arc::new(AtomicU64::new(0)));
        let (writes, says, peeks, hears) = (lines.clone(), said.clone(), lines.clone(), said);
        race([
            hand(move || {
                assert!(writes.lock(hash(1)).insert(1));
                says.store(1, Ordering::Release);
            }),
            hand(move || {
                let told = hears.load(Ordering::Acquire) == 1;
                assert!(peeks.peek(hash(1)) || !told);
                assert!(!peeks.peek(hash(2)));
            }),
        ]);
        assert!(lines.peek(hash(1)));
    });
}

/// Threads: one writes what a line speaks of and then the line, one peeks and reads it. Property: whoever sees a line without the lock sees
/// what was written before it.
///
/// 61 interleavings, all that loom tries.
#[test]
fn lines_publish_what_they_speak_of() {
    explore(None, || {
        let (lines, record) = (Arc::new(Lines::new(1, 4)), Arc::new(AtomicU64::new(0)));
        let (writes, writes_record, peeks, reads) = (lines.clone(), record.clone(), lines, record);
        race([
            hand(move || {
                writes_record.store(7, Ordering::Relaxed);
                writes.lock(hash(1)).insert(1);
            }),
            hand(move || {
                if peeks.peek(hash(1)) {
                    assert_eq!(reads.load(Ordering::Relaxed), 7);
                }
            }),
        ]);
    });
}

/// Threads: two write more lines into one bucket than it has room for, one peeks for a line that stands throughout. Property: the lock keeps
/// them apart, the spill bucket is linked once, nothing is lost, and what stands is never missed.
///
/// 1,792 interleavings, at most four preemptions.
#[test]
fn lines_spill() {
    explore(Some(4), || {
        let lines = Arc::new(Lines::new(1, 4));
        assert!(lines.lock(hash(9)).insert(9));
        let writer = |number: u32| {
            let lines = lines.clone();
            hand(move || assert!(lines.lock(hash(1)).insert(number)))
        };
        let peeks = lines.clone();
        race([
            writer(1),
            writer(2),
            hand(move || assert!(peeks.peek(hash(9)))),
        ]);
        let mut found: Vec<u32> = lines.lock(hash(1)).matches().collect();
        found.sort_unstable();
        assert_eq!(found, [1, 2]);
        assert!(lines.peek(hash(1)) && lines.peek(hash(9)));
    });
}

/// Threads: one strikes lines and writes others in their places, one peeks for a line that stands throughout.
///
/// 218 interleavings, all that loom tries.
#[test]
fn lines_remove_against_peek() {
    explore(None, || {
        let lines = Arc::new(Lines::new(1, 4));
        (1..=3).for_each(|number| assert!(lines.lock(hash(u64::from(number))).insert(number)));
        let (changes, peeks) = (lines.clone(), lines.clone());
        race([
            hand(move || {
                changes.lock(hash(1)).remove(1);
                assert!(changes.lock(hash(4)).insert(4));
                changes.lock(hash(2)).remove(2);
            }),
            hand(move || assert!(peeks.peek(hash(3)))),
        ]);
        assert!(lines.peek(hash(4)) && !lines.peek(hash(1)) && !lines.peek(hash(2)));
    });
}

/// Threads: one adds to a filter and then does what others can see, one sees it. Property: it finds the entry.
///
/// 93 interleavings, all that loom tries.
#[test]
fn filter_before_effect() {
    explore(None, || {
        let cells = || Arc::new([AtomicU64::new(0)]);
        let (entries, effect) = (cells(), cells());
        let (adds, acts, asks, sees) = (entries.clone(), effect.clone(), entries, effect);
        race([
            hand(move || {
                filter::add(&adds[..], 77);
                acts[0].store(1, Ordering::Release);
            }),
            hand(move || {
                assert!(sees[0].load(Ordering::Acquire) == 0 || filter::may_hold(&asks[..], 77))
            }),
        ]);
    });
}

/// Threads: one puts entries and brings one forward, two take what is due. Property: each entry is taken once, none is lost.
///
/// 10,915 interleavings, all that loom tries.
#[test]
fn wheel_put_and_bring_forward_against_sweep() {
    explore(None, || {
        let (wheel, taken) = (Arc::new(Wheel::new()), Notes::new());
        let lane = Wheel::own_lane();
        wheel.put(lane, 9_000, 1);
        let puts = wheel.clone();
        let sweeper = |now| {
            let (wheel, taken) = (wheel.clone(), taken.clone());
            hand(move || {
                let mut due = Vec::new();
                wheel.pop_due(now, usize::MAX, &mut due);
                due.into_iter().for_each(|entry| taken.add(entry));
            })
        };
        race([
            hand(move || {
                puts.put(lane, 2_000, 2);
                puts.bring_forward(lane, 9_000, 1_000, 1);
            }),
            sweeper(1_500),
            sweeper(4_000),
        ]);
        let mut rest = Vec::new();
        wheel.pop_due(u64::MAX, usize::MAX, &mut rest);
        let mut all = taken.all();
        all.extend(rest);
        all.sort_unstable();
        assert_eq!(all, [(1_000, 1), (2_000, 2)]);
    });
}

/// Threads: one puts two entries into an inbox that has room for one more, one takes over what is there, twice. Property: what was put is taken over
/// once and whole and in order, and what found no room was refused.
///
/// 583 interleavings, all that loom tries.
#[test]
fn inbox_put_against_take_over() {
    explore(None, || {
        let (inbox, taken, refused) = (Arc::new(Inbox::new()), Notes::new(), Notes::new());
        assert!(inbox.put((1_000, 1)));
        let (puts, says) = (inbox.clone(), refused.clone());
        let (takes, notes) = (inbox.clone(), taken.clone());
        race([
            hand(move || {
                for key in 2..=3 {
                    if !puts.put((u64::from(key) * 1_000, key)) {
                        says.add(key);
                    }
                }
            }),
            hand(move || (0..2).for_each(|_| takes.take_all(|entry| notes.add(entry)))),
        ]);
        inbox.take_all(|entry| taken.add(entry));
        let refused = refused.all();
        let put = (1..=3).filter(|key| !refused.contains(key));
        let put: Vec<_> = put.map(|key| (u64::from(key) * 1_000, key)).collect();
        assert_eq!(taken.all(), put);
    });
}

/// Threads: two take numbers and one of them gives one back. Property: nobody has a number that another has.
///
/// 207 interleavings, all that loom tries.
#[test]
fn numbers_are_nobody_elses() {
    explore(None, || {
        let (numbers, kept) = (Arc::new(Numbers::new(1, 4)), Notes::new());
        let (one, other, kept_one, kept_other) =
            (numbers.clone(), numbers.clone(), kept.clone(), kept.clone());
        race([
            hand(move || {
                one.give(one.take().unwrap());
                kept_one.add(one.take().unwrap());
            }),
            hand(move || (0..2).for_each(|_| kept_other.add(other.take().unwrap()))),
        ]);
        let mut kept = kept.all();
        kept.sort_unstable();
        kept.dedup();
        assert_eq!(kept.len(), 3);
        assert_eq!(numbers.take(), None);
    });
}

/// Threads: two reach for elements of one chunk, and write. Property: it is made once.
///
/// 82 interleavings, all that loom tries.
#[test]
fn arena_makes_a_chunk_once() {
    explore(None, || {
        let arena = Arc::new(Arena::<AtomicU64, 2>::new(4));
        let writer = |index| {
            let arena = arena.clone();
            hand(move || arena.reach(index).unwrap().store(9, Ordering::Relaxed))
        };
        race([writer(0_u32), writer(1)]);
        assert!(
            [0_u32, 1].map(|index| arena.get(index).unwrap().load(Ordering::Relaxed)) == [9, 9]
                && arena.get(2_u32).is_none()
        );
    });
}

/// Threads: a schedule takes the place, a call that outlived the one before puts and takes bits of its own. Property: it changes nothing of
/// the new one.
///
/// 3,197 interleavings, all that loom tries.
#[test]
fn f05_stale_generation() {
    explore(None, || {
        let slots = Arc::new(Slots::default());
        slots.open(1, 2, Marks::of(0));
        let (opens, stale) = (slots.clone(), slots.clone());
        race([
            hand(move || opens.open(2, 2, Marks::of(0))),
            hand(move || {
                stale.put(1, 0);
                stale.take(1, 1);
                stale.take_lowest(1);
            }),
        ]);
        assert!([0, 1].into_iter().all(|slot| slots.is_set(2, slot)));
        assert_eq!(
            [(); 3].map(|()| slots.take_lowest(2)),
            [Some(0), Some(1), None]
        );
    });
}

/// Threads: one adds slots beyond the first 40, one takes the lowest. Property: no slot is had twice or lost, and `left` never hides
/// one that can be had.
///
/// 41 interleavings, at most four preemptions.
#[test]
fn f41_slots_beyond_the_first_line() {
    explore(Some(4), || {
        let (slots, taken) = (Arc::new(Slots::default()), Notes::new());
        slots.open(1, 41, Marks::of(0));
        (0..40).for_each(|slot| assert!(slots.take(1, slot)));
        let (puts, takes, note) = (slots.clone(), slots.clone(), taken.clone());
        race([
            hand(move || puts.put(1, 5)),
            hand(move || {
                note.add(takes.take_lowest(1));
                if !takes.any_free() {
                    note.add(None);
                }
            }),
        ]);
        assert!(taken.all()[0].is_some());
        assert_eq!(slots.any_free(), slots.is_set(1, 5) || slots.is_set(1, 40));
        assert!(slots.any_free());
    });
}

/// Two cells in one line; a turn in ten milliseconds, so many at once.
fn cells(burst: u32) -> Arc<Cells> {
    Arc::new(Cells::new(2, Pace::new(1, 10, burst, 1).unwrap()))
}

/// A key of this tag.
const fn key(tag: u64) -> u64 {
    tag << 44
}

/// Whether the key could have a turn.
fn peek(cells: &Cells, tag: u64, ms: u64) -> Result<(), Wait> {
    cells.look(key(tag), ms).map(|_| ())
}

/// A turn, found and then taken.
fn take(cells: &Cells, tag: u64, ms: u64) -> Result<Given, Wait> {
    cells
        .look(key(tag), ms)
        .and_then(|chance| cells.take(&chance, key(tag), ms))
}

/// Threads: two give one key its first turn, and the clocks by which they go let each take another cell. Property: both turns count, in one cell; so the
/// next one has to wait.
///
/// 14,621 interleavings, all that loom tries.
#[test]
fn cells_give_one_key_one_cell() {
    explore(None, || {
        let cells = cells(3);
        // The lower cell says nothing from 15 on, so at 14 the upper one is the one to take.
        assert!(cells.charge(key(7), 5).is_ok());
        let charges = |ms| {
            let cells = cells.clone();
            hand(move || assert!(cells.charge(key(1), ms).is_ok()))
        };
        race([charges(14), charges(15)]);
        // Two turns since 14 or 15, and then three.
        assert!(cells.charge(key(1), 15).is_ok());
        let wait = peek(&cells, 1, 15);
        assert!(matches!(wait, Err(Wait(9 | 10))), "{wait:?}");
        // The other cell is anybody's.
        (0..3).for_each(|_| assert!(cells.charge(key(3), 15).is_ok()));
        assert_eq!(peek(&cells, 1, 15), wait);
    });
}

/// Threads: the same two, who look and then take what they found. Property: the same.
///
/// 10,933 interleavings, all that loom tries.
#[test]
fn cells_give_one_key_one_cell_after_a_look() {
    explore(None, || {
        let cells = cells(3);
        assert!(cells.charge(key(7), 5).is_ok());
        let takes = |ms| {
            let cells = cells.clone();
            hand(move || assert!(take(&cells, 1, ms).is_ok()))
        };
        race([takes(14), takes(15)]);
        assert!(take(&cells, 1, 15).is_ok());
        let wait = peek(&cells, 1, 15);
        assert!(matches!(wait, Err(Wait(9 | 10))), "{wait:?}");
    });
}

/// Threads: two find the one turn of a key. Property: one gets it, and the other has to wait.
///
/// 386 interleavings, all that loom tries.
#[test]
fn cells_give_a_turn_that_two_found_to_one() {
    explore(None, || {
        let (cells, given) = (cells(1), Notes::new());
        let asks = || {
            let (cells, given) = (cells.clone(), given.clone());
            hand(move || given.add(take(&cells, 1, 5)))
        };
        race([asks(), asks()]);
        let given = given.all();
        assert_eq!(given.iter().filter(|given| given.is_ok()).count(), 1);
        assert!(given.contains(&Err(Wait(10))), "{given:?}");
    });
}

/// Threads: three ask for the two turns of one key. Property: two get one.
///
/// 69,483 interleavings, at most two preemptions.
#[test]
fn cells_give_no_turn_twice() {
    explore(Some(2), || {
        let (cells, given) = (cells(2), Notes::new());
        let asks = || {
            let (cells, given) = (cells.clone(), given.clone());
            hand(move || given.add(cells.charge(key(1), 5).is_ok()))
        };
        race([asks(), asks(), asks()]);
        let given = given.all().into_iter().filter(|given| *given).count();
        assert_eq!(given, 2);
        assert_eq!(peek(&cells, 1, 5), Err(Wait(10)));
    });
}

/// Threads: one is given a turn and takes it back, one is given a turn of the same key. Property: what is left is what one turn costs.
///
/// 4,473 interleavings, all that loom tries.
#[test]
fn cells_charge_against_refund() {
    explore(None, || {
        let cells = cells(2);
        let (takes_back, charges) = (cells.clone(), cells.clone());
        race([
            hand(move || {
                assert!(takes_back.charge(key(1), 5).is_ok());
                takes_back.refund(key(1), 5);
            }),
            hand(move || assert!(charges.charge(key(1), 5).is_ok())),
        ]);
        // One more, and that was all.
        assert!(cells.charge(key(1), 5).is_ok());
        assert_eq!(peek(&cells, 1, 5), Err(Wait(10)));
    });
}

/// Threads: one asks in vain and is fined, one is given a turn back. Property: neither is lost.
///
/// 66 interleavings, all that loom tries.
#[test]
fn cells_fine_against_refund() {
    explore(None, || {
        let cells = cells(2);
        (0..2).for_each(|_| assert!(cells.charge(key(1), 5).is_ok()));
        let (fines, refunds) = (cells.clone(), cells.clone());
        race([
            hand(move || {
                if let Err(told) = peek(&fines, 1, 5) {
                    fines.fine(key(1), 5, told);
                }
            }),
            hand(move || refunds.refund(key(1), 5)),
        ]);
        // Fined before: 20 + 10 - 10, ten too many. Not fined, because it could have had the turn meanwhile: 10.
        assert!(matches!(peek(&cells, 1, 5), Ok(()) | Err(Wait(10))));
    });
}
