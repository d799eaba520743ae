//! Ids as a test makes them up: identities from small numbers, and minted ids turned into others.

use fairslot::{BookingId, HoldId, PatientId, RequestId, ScheduleId};

/// Few, and the ends of the range among them.
pub(crate) const fn identity(small: u8) -> u128 {
    match small {
        3 => u128::MAX,
        _ => small as u128,
    }
}

pub(crate) fn small(identity: u128) -> u8 {
    if identity == u128::MAX {
        3
    } else {
        u8::try_from(identity).expect("one of the test's own")
    }
}

pub(crate) fn patient_id(small: u8) -> PatientId {
    PatientId::new(identity(small))
}

pub(crate) fn request_id(small: u8) -> RequestId {
    RequestId::new(identity(small))
}

/// A booking has the bits of its hold, under its own letter.
pub(crate) fn hold_of(booking: BookingId) -> HoldId {
    booking
        .to_string()
        .replace('B', "H")
        .parse()
        .expect("the same bits")
}

pub(crate) fn booking_of(hold: HoldId) -> BookingId {
    hold.to_string()
        .replace('H', "B")
        .parse()
        .expect("the same bits")
}

pub(crate) fn flipped_hold(hold: HoldId, bit: u32) -> HoldId {
    id_of('H', 32, bits_of(&hold.to_string()) ^ 1 << (bit % 128))
}

pub(crate) fn flipped_schedule(schedule: ScheduleId, bit: u32) -> ScheduleId {
    id_of('S', 16, bits_of(&schedule.to_string()) ^ 1 << (bit % 64))
}

fn bits_of(id: &str) -> u128 {
    u128::from_str_radix(&id[1..], 16).expect("a letter and hexadecimal digits")
}

pub(crate) fn id_of<T: std::str::FromStr>(letter: char, digits: usize, bits: u128) -> T {
    let text = format!("{letter}{bits:0digits$x}");
    text.parse().unwrap_or_else(|_| panic!("not an id: {text}"))
}
