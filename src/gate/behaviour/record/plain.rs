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
            cancelled: first(deeds, |of| thousandths(of) >= card.cancel_ratio.least),
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
