//! The lines alone: the slow queue against lists and no cleverness, and in the crowds that it is made for; the waitlist and its draws; who cancels too often.

mod cancels;
mod crowds;
mod family;
mod hand_off;
mod memory;
mod plain;
mod quota;
mod returns;
mod threads;
mod together;
mod waitlist;
mod walk;
mod whims;

use fairslot::line::{Cluster, Queue, SlowQueue};
use fairslot::{DeviceId, PatientId, Timestamp};

const fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}

const fn who(patient: u64) -> PatientId {
    PatientId::new(patient as u128)
}

const fn device(number: u64) -> Cluster {
    Cluster::Device(DeviceId::new(number as u128))
}

fn queue(settings: SlowQueue) -> Queue {
    Queue::new(settings, 7).expect("in range")
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.roll()) * u128::from(end)) >> 64) as u64
    }

    /// Thirty-two bytes.
    fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes
            .chunks_mut(8)
            .for_each(|part| part.copy_from_slice(&self.roll().to_be_bytes()));
        bytes
    }
}
