//! The format stays: the log of a fixed morning has these bytes, on every machine and in every version that says 1.

use fairslot::evidence::verify;
use sha2::{Digest, Sha256};

use crate::morning::{LOG, log};

#[test]
fn the_fixed_morning_has_the_bytes_that_it_had() {
    let log = log();
    let hash = Sha256::digest(&log);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let last = verify(LOG, &log).expect("it holds").checkpoints[3].hash();
    assert_eq!(
        (log.len(), hex.as_str(), last.to_string().as_str()),
        (
            8_608,
            "1d3cefe8ec551a1317299debca289881a6effc7f1d2efb0910594a44776ef289",
            "bae144f0f69cafcd96d297c1e4d29d3a67f01bf250a9ea30993b2db0c80c91ac",
        )
    );
}
