//! A log that somebody had in hand: any bit flipped, any record left out, doubled, moved. Whatever it is, it is found, and the first place is named.

use fairslot::evidence::{Flaw, What, verify};
use proptest::prelude::*;

use crate::morning::{LOG, log};
use crate::threads::log_of_threads;

/// Where a frame stands, and which record it is, if it is one: chain and sequence.
type Frame = (std::ops::Range<usize>, Option<(u16, u64)>);

fn frames(log: &[u8]) -> Vec<Frame> {
    let (mut at, mut frames) = (0, Vec::new());
    while at < log.len() {
        let two = |at: usize| u16::from_be_bytes([log[at], log[at + 1]]);
        let (length, record) = if log[at + 1] == 1 {
            let sequence = log[at + 8..at + 16].try_into().expect("8");
            (192, Some((two(at + 6), u64::from_be_bytes(sequence))))
        } else {
            (192 + 40 * usize::from(two(at + 2)), None)
        };
        frames.push((at..at + length, record));
        at += length;
    }
    frames
}

fn logs() -> [Vec<u8>; 2] {
    [log(), log_of_threads()]
}

fn flaw(log: &[u8]) -> Flaw {
    verify(LOG, log).expect_err("it was bent")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_bit_is_found_where_it_is(which in 0..2usize, at: prop::sample::Index, bit in 0..8u8) {
        let mut log = logs()[which].clone();
        let at = at.index(log.len());
        let (frame, record) = frames(&log).into_iter().find(|(range, _)| range.contains(&at)).expect("in a frame");
        log[at] ^= 1 << bit;
        let flaw = flaw(&log);
        prop_assert_eq!(flaw.offset, frame.start as u64);
        if let (Some(record), Some(named)) = (record, flaw.record) {
            // A chain's number that was bent names a chain that is not.
            prop_assert!(named == record || (frame.start + 6..frame.start + 8).contains(&at), "{:?}", flaw);
        }
    }

    #[test]
    fn a_record_left_out_is_named(which in 0..2usize, at: prop::sample::Index) {
        let mut log = logs()[which].clone();
        let frames = frames(&log);
        let (frame, record) = at.get(&frames).clone();
        let is_last = frame.end == log.len();
        log.drain(frame);
        if record.is_some() {
            let flaw = flaw(&log);
            prop_assert_eq!((flaw.what, flaw.record), (What::Missing, record));
        } else if is_last {
            prop_assert_eq!(flaw(&log).what, What::Open);
        } else {
            // Records without their checkpoint run into the next epoch's.
            prop_assert!(verify(LOG, &log).is_err());
        }
    }

    #[test]
    fn a_frame_that_comes_twice_is_named(which in 0..2usize, from: prop::sample::Index, to: prop::sample::Index) {
        let log = logs()[which].clone();
        let frames = frames(&log);
        let (source, record) = from.get(&frames).clone();
        // Anywhere after the first.
        let later: Vec<usize> = frames.iter().map(|(range, _)| range.end).filter(|end| *end >= source.end).collect();
        let place = *to.get(&later);
        let bent = [&log[..place], &log[source], &log[place..]].concat();
        let flaw = flaw(&bent);
        prop_assert_eq!(flaw.offset, place as u64);
        match record {
            Some(_) => prop_assert_eq!((flaw.what, flaw.record), (What::Repeated, record)),
            None => prop_assert_eq!(flaw.what, What::Epoch),
        }
    }

    #[test]
    fn two_records_that_changed_places_are_found(which in 0..2usize, one: prop::sample::Index, other: prop::sample::Index) {
        let log = logs()[which].clone();
        let all: Vec<_> = frames(&log).into_iter().filter(|(_, record)| record.is_some()).collect();
        let (one, other) = (one.get(&all).clone(), other.get(&all).clone());
        let (first, second) = if one.0.start < other.0.start { (one, other) } else { (other, one) };
        prop_assume!(first != second);
        let mut bent = log.clone();
        bent[first.0.clone()].copy_from_slice(&log[second.0.clone()]);
        bent[second.0.clone()].copy_from_slice(&log[first.0.clone()]);
        let flaw = flaw(&bent);
        prop_assert!(flaw.offset >= first.0.start as u64 && flaw.offset <= second.0.start as u64, "{:?}", flaw);
        let same_chain = first.1.expect("a record").0 == second.1.expect("a record").0;
        if same_chain {
            prop_assert_eq!(flaw.record, first.1);
            prop_assert!(matches!(flaw.what, What::Moved | What::Missing));
        }
    }

    #[test]
    fn nothing_that_is_read_panics(bytes in prop::collection::vec(any::<u8>(), 0..600), begin in 0..3u8) {
        let begun = match begin {
            0 => vec![],
            1 => vec![1, 1],
            _ => vec![1, 2, 0, 1],
        };
        let _ = verify(LOG, &[begun, bytes].concat());
    }
}

#[test]
fn a_log_made_anew_from_there_on_holds_but_its_checkpoints_are_others() {
    let log = log();
    let published = verify(LOG, &log).expect("it holds").checkpoints;
    // Nobody asks the second time: the log of a quieter morning, sound in itself.
    let other = crate::morning::play_nothing();
    let anew = verify(LOG, &other).expect("it holds as well").checkpoints;
    assert_ne!(published[0].hash(), anew[0].hash());
}

#[test]
fn another_logs_name_is_no_key_to_it() {
    let log = log();
    let other = verify(LOG + 1, &log).expect_err("it is not that one");
    assert_eq!((other.what, other.offset), (What::Altered, 0));
    assert_eq!(verify(LOG, &[]).expect("nothing is whole").records, 0);
}
