//! The log by itself: read by the table of its bytes, with hashes of `sha2` and `hmac`, sharing nothing with the crate.

use fairslot::evidence::{CaseFile, Pseudonym, verify};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::morning::{KEY, LOG, START, log};

fn sha(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

fn labelled(label: &str, message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..label.len()].copy_from_slice(label.as_bytes());
    sha(&[&block, message])
}

pub(crate) fn pseudonym(kind: u8, identity: u128) -> [u8; 16] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&KEY).expect("any length");
    mac.update(&[kind]);
    mac.update(&identity.to_be_bytes());
    mac.finalize().into_bytes()[..16].try_into().expect("16")
}

/// RFC 6962: split at the largest power of two below the length.
fn merkle(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => [0; 32],
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let pair = [merkle(left), merkle(right)].concat();
            labelled("fairslot/evidence/node/1", &pair)
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// One plain record of the log.
pub(crate) struct Plain {
    pub(crate) action: u8,
    pub(crate) code: u8,
    pub(crate) at: u64,
    pub(crate) pseudonyms: Vec<[u8; 16]>,
}

/// Reads a log of one chain and checks everything that its table says.
pub(crate) fn read(mut log: &[u8]) -> Vec<Plain> {
    let mut records = Vec::new();
    let mut head = labelled(
        "fairslot/evidence/chain/1",
        &[&LOG.to_be_bytes()[..], &[0, 0]].concat(),
    );
    let mut before = labelled("fairslot/evidence/log/1", &LOG.to_be_bytes());
    let (mut hashes, mut epoch) = (Vec::new(), 0);
    while !log.is_empty() {
        let (frame, rest) = log.split_at(192);
        log = rest;
        assert_eq!(frame[0], 1, "the version");
        if frame[1] == 1 {
            assert_eq!(
                (number(&frame[6..8]), number(&frame[8..16])),
                (0, records.len() as u64)
            );
            let mut label = [0; 32];
            label[..26].copy_from_slice(b"fairslot/evidence/record/1");
            head = sha(&[&label, &frame[128..160], &head, &frame[..128]]);
            assert_eq!(frame[160..], head);
            hashes.push(head);
            records.push(Plain {
                action: frame[2],
                code: frame[3],
                at: number(&frame[16..24]),
                pseudonyms: frame[64..128]
                    .chunks(16)
                    .map(|it| it.try_into().expect("16"))
                    .collect(),
            });
            continue;
        }
        assert_eq!(frame[1], 2);
        assert_eq!(number(&frame[2..4]), 1, "one chain");
        assert_eq!(number(&frame[4..8]), hashes.len() as u64);
        assert_eq!(number(&frame[8..16]), epoch);
        assert_eq!(frame[32..48], LOG.to_be_bytes());
        assert_eq!(frame[64..96], before);
        let (entry, rest) = log.split_at(40);
        log = rest;
        assert_eq!(
            entry,
            [&(records.len() as u64).to_be_bytes()[..], &head].concat()
        );
        let leaf = labelled(
            "fairslot/evidence/leaf/1",
            &[entry, &merkle(&hashes)].concat(),
        );
        assert_eq!(frame[96..128], merkle(&[leaf]));
        assert_eq!(frame[128..160], sha(&[entry]));
        before = labelled("fairslot/evidence/check/1", &frame[..160]);
        assert_eq!(frame[160..], before);
        hashes.clear();
        epoch += 1;
    }
    assert!(hashes.is_empty(), "every epoch is closed");
    records
}

#[test]
fn the_log_is_what_its_table_says() {
    let log = log();
    let records = read(&log);
    let verified = verify(LOG, &log).expect("it holds");
    assert_eq!(verified.records, records.len() as u64);
    assert_eq!(verified.checkpoints.len(), 4);
    // 4 × (8 grants of 4 devices at most, hold and cancellation); a device asks twice a second, and has three turns and one more a second.
    let count = |action, code| {
        let same = records
            .iter()
            .filter(|it| (it.action, it.code) == (action, code));
        same.count()
    };
    assert_eq!(
        (count(1, 0), count(2, 0), count(1, 1)),
        (4 * 9 - 4 * 2, 4, 4 * 2)
    );
    assert_eq!(records.len(), 4 * 10);
    assert!(records.windows(2).all(|two| two[0].at <= two[1].at));
    let first = &records[0];
    let whose = [(1, 0), (2, 1_000), (3, 2_000), (4, 0xc0_0002)];
    let whose = whose.map(|(kind, identity)| pseudonym(kind, identity));
    assert_eq!((first.at, &first.pseudonyms[..]), (START, &whose[..]));
    // Who cancels comes from nowhere.
    assert_eq!(records[9].pseudonyms[1..], [[0; 16]; 3]);
}

#[test]
fn one_thread_gives_the_same_log_byte_for_byte() {
    assert_eq!(log(), log());
}

#[test]
fn no_identity_is_in_it() {
    let log = log();
    for identity in [1_003u128, 2_001, 17, 0xc0_0002] {
        let bytes = identity.to_be_bytes();
        assert!(!log.windows(16).any(|window| window == bytes), "{identity}");
    }
    let whose = Pseudonym::new(pseudonym(3, 2_001));
    let file = CaseFile::extract(LOG, &log, &[whose]).expect("it holds");
    assert!(!file.exhibits.is_empty());
    let shown = format!("{file:?}");
    assert!(!shown.contains("2001"), "{shown}");
}
