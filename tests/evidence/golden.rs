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
            "3841edd35f9ffedbd9ed5992cfd785c146bed6b361555c916ffca056399af953",
            "6387f23047f3ca8c8aa606928badf8e4a5b12bffb3e51482e0e293ce5be4f4f7",
        )
    );
}
