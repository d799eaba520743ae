//! Is there nothing to mark? Of nearly everybody, so a few comparisons of the record's own numbers tell, and no point is worked out.

use super::{
    BEFORE, Card, Deed, EARLY, HAMMER, HANDED_OFF, MOST, Record, count_64, peak_of, rate_of,
    thousandths,
};

/// Below what nothing is earned, in the units of a record.
#[derive(Debug, Clone, Copy)]
pub(in crate::gate::behaviour) struct Plain {
    rate: u32,
    peak: u32,
    gaps: u8,
    /// How many bits.
    patients: u32,
    devices: u32,
    doctors: u32,
    /// Dropped and confirmed together, where anything was dropped.
    ended: u32,
    cancelled: u32,
    handed_off: u32,
}

impl Plain {
    pub(in crate::gate::behaviour) fn of(card: &Card) -> Self {
        let bits = |set: u32| u64::MAX.checked_shr(64 - set).unwrap_or(0);
        let deeds = u32::from(u16::MAX);
        Self {
            rate: first(MOST, |rate| rate_of(rate) > card.rate.from),
            peak: first(u8::MAX.into(), |peak| peak_of(peak) > card.rate.from),
            gaps: card.metronome_gaps,
            patients: first(64, |set| count_64(bits(set)) > card.fan_out_patients.from),
            devices: card.devices_max.saturating_add(1),
            doctors: card.doctors_max.saturating_add(1),
            // Of two that are rounded apart the sum is one more at most.
            ended: first(2 * deeds, |both| {
                thousandths(both) + 1 >= card.hold_drop.least
            }),
            // None are no share of anything.
            cancelled: first(deeds, |of| thousandths(of) >= card.cancel_ratio.least).max(1),
            handed_off: first(deeds, |of| thousandths(of) >= HANDED_OFF),
        }
    }

    /// Whether a record earns nothing, now or once it has faded. It may say no of one that doesn't.
    #[inline]
    pub(super) fn fits(&self, record: &Record) -> bool {
        const MARKED: u8 = EARLY | HAMMER | (EARLY | HAMMER) << BEFORE;
        let deed = |deed: Deed| u32::from(record.deeds[deed as usize]);
        let dropped = deed(Deed::Dropped);
        record.flags & MARKED == 0
            && record.rate & MOST < self.rate
            && record.rate >> 24 < self.peak
            && record.gaps < self.gaps
            && (dropped == 0 || dropped + deed(Deed::Confirmed) < self.ended)
            && deed(Deed::Cancelled) < self.cancelled
            && deed(Deed::HandedOff) < self.handed_off
            && fewer(record.devices().into(), self.devices)
            && fewer(record.doctors().into(), self.doctors)
            && fewer(record.patients(), self.patients)
    }
}

/// Whether fewer bits than that are set. One or two are told without counting, which takes a processor of no particular kind a dozen instructions.
#[inline]
fn fewer(bits: u64, than: u32) -> bool {
    let rest = bits & bits.wrapping_sub(1);
    than > 2 && rest & rest.wrapping_sub(1) == 0 || bits.count_ones() < than
}

/// The first number that something is true of, as it is of all beyond; `most` + 1 if of none up to there.
fn first(most: u32, is: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, most + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match is(middle) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    low
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::super::super::card::{Ramp, Share};
    use super::super::Points;
    use super::*;
    use crate::words::time::DAY_MS;
    use proptest::prelude::*;

    fn bits(most: u32) -> impl Strategy<Value = u64> {
        let few = move |(set, turn): (u32, u32)| ((1u64 << set) - 1).rotate_left(turn % most);
        (0..12u32, 0..64u32).prop_map(few)
    }

    fn cards() -> impl Strategy<Value = Card> {
        let ramp = (0..20_000u32, 1..9_000u32, 1..=400u16)
            .prop_map(|(from, width, points)| Ramp::new(from, from + width, points));
        let share =
            (0..9_000u32, 0..=1_000u16).prop_map(|(least, above)| Share::new(least, above, 300));
        let other = (
            ramp.clone(),
            ramp,
            (0..12u8, 0..6u32, 0..10u32),
            share.clone(),
            share,
        );
        let other =
            other.prop_map(
                |(rate, patients, (gaps, devices, doctors), drop, cancel)| Card {
                    rate,
                    fan_out_patients: patients,
                    metronome_gaps: gaps,
                    devices_max: devices,
                    doctors_max: doctors,
                    hold_drop: drop,
                    cancel_ratio: cancel,
                    ..Card::default()
                },
            );
        prop_oneof![Just(Card::default()), other]
    }

    fn records() -> impl Strategy<Value = Record> {
        // About as often below what counts as above, so that one thing alone is often over it.
        let deeds = prop_oneof![
            3 => Just([0; 4]),
            2 => prop::array::uniform4(prop_oneof![Just(0u16), 0..3_000u16]),
            1 => any::<[u16; 4]>(),
        ];
        let flags = prop_oneof![8 => Just(0u8), 1 => any::<u8>()];
        let rate = (0..20u32 << 16, prop_oneof![4 => 0..8u32, 1 => 0..256u32]);
        (
            bits(64),
            bits(32),
            bits(32),
            rate,
            0..12u8,
            flags,
            deeds,
            0..4_000u32,
        )
            .prop_map(
                |(patients, doctors, devices, (rate, peak), gaps, flags, deeds, var)| Record {
                    patients: [patients, patients.rotate_left(1)],
                    doctors: [doctors as u32, 0],
                    devices: [0, devices as u32],
                    rate: (rate >> 2) | peak << 24,
                    mean: 1 << 20,
                    var,
                    gaps,
                    flags,
                    deeds,
                    ..Record::default()
                },
            )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn who_is_plain_earns_nothing_now_or_later(card in cards(), record in records(), days in 0..200u64) {
            let (plain, now) = (Plain::of(&card), days * DAY_MS);
            if plain.fits(&record) {
                prop_assert_eq!(record.judge(&card, false), Points::default());
                prop_assert_eq!(record.at(now).judge(&card, false), Points::default());
            }
            // But for the deeds, what it goes by are the very thresholds of the card.
            let innocent = Record { deeds: [0; 4], ..record };
            let below = !record.has(EARLY)
                && !record.has(HAMMER)
                && record.rate().max(record.peak()) <= card.rate.from
                && record.gaps < card.metronome_gaps
                && count_64(record.patients()) <= card.fan_out_patients.from
                && record.devices().count_ones() <= card.devices_max
                && record.doctors().count_ones() <= card.doctors_max;
            prop_assert_eq!(plain.fits(&innocent), below);
        }
    }

    #[test]
    fn most_people_are_plain() {
        let plain = Plain::of(&Card::default());
        let person = Record {
            patients: [0b1001, 0b1100],
            doctors: [0b11, 0],
            devices: [1, 0],
            // Three requests at once, a hold that ran out, two that were confirmed, a booking cancelled.
            rate: 3 << 16 | 24 << 24,
            deeds: [256, 512, 256, 0],
            ..Record::default()
        };
        assert!(plain.fits(&person));
        assert!(plain.fits(&Record::default()));
    }
}
