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
            "5e15da2eada55f2a5e4d096534793680fd257a4db2f00d807463ee2379a44b8d",
            "c28795cb3a3d0eba70c26900b2d7a039e71054080dc6cea76fbccb6c92025d6d",
        )
    );
}
