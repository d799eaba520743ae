//! A record as eight words, which is how a set keeps it.

use super::Record;
use crate::raw::sets::Kept;

/// How many words a record is kept in.
pub(in crate::gate::behaviour) const WORDS: usize = 8;

impl Kept<WORDS> for Record {
    #[inline]
    fn of_words(words: [u64; WORDS]) -> Self {
        let [patients, before, doctors, devices, last, gap, deeds, more] = words;
        let halves = |word: u64| [word as u32, (word >> 32) as u32];
        let ([last_low, rate], [mean, var]) = (halves(last), halves(gap));
        let [last_high, day, dropped, confirmed] = quarters(deeds);
        let [cancelled, handed_off, gaps, hammer] = quarters(more);
        let ([gaps, flags], [hammer_in, hammered]) = (gaps.to_le_bytes(), hammer.to_le_bytes());
        Self {
            patients: [patients, before],
            doctors: halves(doctors),
            devices: halves(devices),
            last_low,
            rate,
            mean,
            var,
            last_high,
            day,
            deeds: [dropped, confirmed, cancelled, handed_off],
            gaps,
            flags,
            hammer_in,
            hammered,
        }
    }

    #[inline]
    fn to_words(self) -> [u64; WORDS] {
        let halves = |[low, high]: [u32; 2]| u64::from(low) | u64::from(high) << 32;
        let of_quarters = |[a, b, c, d]: [u16; 4]| {
            u64::from(a) | u64::from(b) << 16 | u64::from(c) << 32 | u64::from(d) << 48
        };
        let [dropped, confirmed, cancelled, handed_off] = self.deeds;
        let gaps = u16::from_le_bytes([self.gaps, self.flags]);
        let hammer = u16::from_le_bytes([self.hammer_in, self.hammered]);
        [
            self.patients[0],
            self.patients[1],
            halves(self.doctors),
            halves(self.devices),
            halves([self.last_low, self.rate]),
            halves([self.mean, self.var]),
            of_quarters([self.last_high, self.day, dropped, confirmed]),
            of_quarters([cancelled, handed_off, gaps, hammer]),
        ]
    }
}

#[inline]
const fn quarters(word: u64) -> [u16; 4] {
    [
        word as u16,
        (word >> 16) as u16,
        (word >> 32) as u16,
        (word >> 48) as u16,
    ]
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bit_is_lost_on_the_way(words: [u64; WORDS]) {
            let record = Record::of_words(words);
            prop_assert_eq!(record.to_words(), words);
            prop_assert_eq!(Record::of_words(record.to_words()), record);
        }
    }

    #[test]
    fn zeros_are_the_default() {
        assert_eq!(Record::of_words([0; WORDS]), Record::default());
    }
}
