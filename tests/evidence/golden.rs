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
            "53ee2fd2619f9d8c72d7c157a0eddb202e630bb6ff8aa9ba1c7865062ce72bc6",
            "0bc2d0037ae80febf84cef021db7d09ca962292ead562eb3a0aac313f652d477",
        )
    );
}
