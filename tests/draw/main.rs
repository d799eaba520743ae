//! The draw: against the plainest draw there is, against tampering, against chance, against crowds; and the example from outside.

#![cfg(not(any(fairslot_loom, fairslot_shuttle, miri)))]

mod answers;
mod beacons;
mod chance;
mod crowd;
mod golden;
mod plain;
mod receipts;
mod tampering;
mod twins;
mod whim;
