//! What is remembered of one device or account: 64 bytes that fade.
//!
//! Nothing in here says who it is. What was done at an opening goes by *epochs* of ten minutes: the record has the bits of this one and of the one before, so it forgets
//! after ten to twenty minutes. What became of holds and bookings fades to an e-th in 30 days.

mod plain;
mod words;

use crate::raw::fade::{Fade, count_32, count_64};
use crate::words::time::DAY_MS;

use super::card::{Card, FULL};
use super::label::{COUNT, Label};
pub(super) use plain::Plain;
pub(super) use words::WORDS;

/// Milliseconds. "In ten minutes" of the label for doctors, taken for all that an opening is judged by.
pub(super) const EPOCH_MS: u64 = 600_000;
/// A longer pause than this, in milliseconds, begins the gaps anew: what comes once in a quarter of a minute harms nobody, and fourteen bits hold it.
pub(super) const PAUSE_MS: u64 = 16_000;
/// Within how many milliseconds retries after "sold out" are counted.
const HAMMER_MS: u64 = 10_000;

static SECOND: Fade = Fade::of(1_000);
static MONTH: Fade = Fade::of(30);

/// Binary places of a rate, and one request.
const RATE_PLACES: u32 = 16;
const ONE: u32 = 1 << RATE_PLACES;
/// The most that a rate can be, but for its last place: 256.
const MOST: u32 = (1 << 24) - 1;
/// Binary places of the highest rate, of which 32 is the most.
const PEAK_PLACES: u32 = 3;
/// Binary places of the mean gap, and of the gaps' variance.
const MEAN_PLACES: u32 = 18;
const VAR_PLACES: u32 = 6;
/// One hold or booking, in 8 binary places.
const DEED: u32 = 1 << 8;

/// From how many thousandths of a slot handed over it counts: half of one is left after three weeks.
const HANDED_OFF: u32 = 500;

/// Bits of `flags`: earned in this epoch. Shifted by [`BEFORE`]: in the one before.
const EARLY: u8 = 1;
const HAMMER: u8 = 2;
const BEFORE: u32 = 4;
/// The highest rate is of the epoch before.
const PEAK_BEFORE: u8 = 8;

/// What became of a hold or booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Deed {
    /// A hold ran out or was released.
    Dropped,
    /// A hold was confirmed.
    Confirmed,
    /// A booking was cancelled.
    Cancelled,
    /// A slot that one patient gave back was taken up for another.
    HandedOff,
}

/// A request, as a record is told of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    /// Hashes of who is to be treated and of the device, whose top bits count.
    pub(super) patient: u64,
    pub(super) device: Option<u64>,
    /// The bits of the practitioners whom it names.
    pub(super) doctors: u32,
    /// It came sooner after an opening than people do.
    pub(super) early: bool,
    /// One of so many that were told `sold_out`, chosen by chance.
    pub(super) sold_out: Option<u32>,
}

/// The bit of a practitioner's hash.
pub(super) const fn doctor_bit(hash: u64) -> u32 {
    1 << (hash >> 59)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// In this epoch and in the one before: which patients, doctors and devices, a bit each by its hash.
    patients: [u64; 2],
    doctors: [u32; 2],
    devices: [u32; 2],
    /// When it was last heard of, in milliseconds: the low half, and 16 bits above it.
    last_low: u32,
    /// Requests, each fading to an e-th in a second, as of the last; and in the upper eight bits the highest that this was.
    rate: u32,
    /// The gaps between requests: mean in milliseconds, variance in their square, each new one counting a fifth.
    mean: u32,
    var: u32,
    last_high: u16,
    /// What the deeds are as of, in days.
    day: u16,
    deeds: [u16; 4],
    /// How many gaps.
    gaps: u8,
    flags: u8,
    /// In which ten seconds it was last told "sold out" where a sample looked, and how often.
    hammer_in: u8,
    hammered: u8,
}

impl Record {
    pub(super) fn last(&self) -> u64 {
        u64::from(self.last_low) | u64::from(self.last_high) << 32
    }

    fn set_last(&mut self, ms: u64) {
        // 48 bits last for 8,900 years.
        let ms = ms.min((1 << 48) - 1);
        (self.last_low, self.last_high) = (ms as u32, (ms >> 32) as u16);
    }

    /// Forgets what is so long ago at `now` that it counts no more.
    fn roll(&mut self, now: u64) {
        match (now / EPOCH_MS).saturating_sub(self.last() / EPOCH_MS) {
            0 => {}
            1 => {
                self.patients = [0, self.patients[0]];
                self.doctors = [0, self.doctors[0]];
                self.devices = [0, self.devices[0]];
                let peak_is_old = self.flags & PEAK_BEFORE != 0;
                self.flags = (self.flags & !PEAK_BEFORE) << BEFORE | PEAK_BEFORE;
                if peak_is_old {
                    self.rate &= MOST;
                }
                self.hammered = 0;
            }
            _ => {
                *self = Self {
                    last_low: self.last_low,
                    last_high: self.last_high,
                    day: self.day,
                    deeds: self.deeds,
                    ..Self::default()
                }
            }
        }
    }

    /// Lets the deeds fade up to `now`.
    fn fade(&mut self, now: u64) {
        let today = (now / DAY_MS) as u16;
        if self.deeds == [0; 4] {
            self.day = today;
        }
        // Days go round in 179 years; the earlier half is the past.
        let days = today.wrapping_sub(self.day);
        if days > 0 && days < 1 << 15 {
            for deed in &mut self.deeds {
                // No more than it was.
                *deed = MONTH.fade(u32::from(*deed), days.into()) as u16;
            }
            self.day = self.day.wrapping_add(days);
        }
    }

    /// Somebody asks.
    pub(super) fn observe(&mut self, sighting: &Sighting, now: u64, card: &Card) {
        let last = self.last();
        let now = now.max(last);
        self.roll(now);
        self.patients[0] |= 1 << (sighting.patient >> 58);
        self.doctors[0] |= sighting.doctors;
        if let Some(device) = sighting.device {
            self.devices[0] |= 1 << (device >> 59);
        }
        if sighting.early {
            self.flags |= EARLY;
        }
        let rate = self.rate & MOST;
        if rate > 0 {
            self.gap(now - last);
        }
        self.set_rate((SECOND.fade(rate, now - last) + ONE).min(MOST));
        if let Some(of) = sighting.sold_out {
            self.hammer(of, now, card);
        }
        self.set_last(now);
    }

    /// And the highest, down to an eighth: of two epochs, or of the one before until it is forgotten or surpassed.
    fn set_rate(&mut self, rate: u32) {
        let (peak, own) = (
            self.rate >> 24,
            (rate >> (RATE_PLACES - PEAK_PLACES)).min(255),
        );
        if own >= peak {
            self.flags &= !PEAK_BEFORE;
        }
        self.rate = rate | own.max(peak) << 24;
    }

    /// One more gap. The first is the mean to begin with.
    fn gap(&mut self, ms: u64) {
        if ms > PAUSE_MS {
            (self.gaps, self.mean, self.var) = (0, 0, 0);
            return;
        }
        let gap = (ms as i64) << MEAN_PLACES;
        if self.gaps == 0 {
            self.mean = gap as u32;
        }
        let off = gap - i64::from(self.mean);
        // Within what the gaps were, so it stays in 14 bits and the places.
        self.mean = (i64::from(self.mean) + nearest(off, 5)) as u32;
        let square = (i128::from(off).pow(2) >> (2 * MEAN_PLACES - VAR_PLACES)) as i64;
        // v <- 0.8 (v + 0.2 d²).
        self.var = nearest(20 * i64::from(self.var) + 4 * square, 25) as u32;
        self.gaps = self.gaps.saturating_add(1);
    }

    /// A sample saw it told "sold out"; what it stands for is estimated. Of one sighting nothing follows: one in `of` is seen by chance.
    fn hammer(&mut self, of: u32, now: u64, card: &Card) {
        // Their number goes round in 42 minutes; the roll of an epoch has forgotten the count long before.
        let window = (now / HAMMER_MS) as u8;
        if self.hammer_in != window {
            (self.hammer_in, self.hammered) = (window, 0);
        }
        self.hammered = self.hammered.saturating_add(1);
        let about = u64::from(self.hammered) * u64::from(of);
        if about > u64::from(card.sold_out_retries) && (self.hammered > 1 || of == 1) {
            self.flags |= HAMMER;
        }
    }

    /// A hold or booking of theirs came to this.
    pub(super) fn note(&mut self, deed: Deed, now: u64) {
        if self.last() == 0 {
            self.set_last(now);
        }
        self.fade(now);
        let at = deed as usize;
        let more = u32::from(self.deeds[at]) + DEED;
        if more > u32::from(u16::MAX) {
            // Half of all: the shares stay as they are.
            self.deeds.iter_mut().for_each(|deed| *deed /= 2);
            self.deeds[at] += DEED as u16;
        } else {
            self.deeds[at] = more as u16;
        }
    }

    /// A hold that ran out was confirmed after all.
    pub(super) fn take_back(&mut self, deed: Deed, now: u64) {
        self.fade(now);
        let deed = &mut self.deeds[deed as usize];
        *deed = deed.saturating_sub(DEED as u16);
    }

    /// The same record as somebody at `now` would see it.
    pub(super) fn at(mut self, now: u64) -> Self {
        self.roll(now);
        self.fade(now);
        self
    }

    /// The points that it is worth at `now`, to which it was brought by [`Self::observe`], if it is worth any.
    #[inline]
    pub(super) fn judge_at(
        &self,
        now: u64,
        (card, plain): (&Card, &Plain),
        trusted: bool,
    ) -> Option<Points> {
        // Nothing to forget since, and what fades earns no more.
        if self.last() >= now && !trusted && plain.fits(self) {
            return None;
        }
        Some(self.at(now).judge(card, trusted))
    }

    fn has(&self, flag: u8) -> bool {
        (self.flags | self.flags >> BEFORE) & flag != 0
    }

    pub(super) fn patients(&self) -> u64 {
        self.patients[0] | self.patients[1]
    }

    pub(super) fn doctors(&self) -> u32 {
        self.doctors[0] | self.doctors[1]
    }

    pub(super) fn devices(&self) -> u32 {
        self.devices[0] | self.devices[1]
    }

    /// Thousandths of requests, as of the last one.
    pub(super) fn rate(&self) -> u32 {
        rate_of(self.rate & MOST)
    }

    /// The highest that it was in this epoch or the one before, in thousandths, down to an eighth of a request; 31,875 and more is that.
    pub(super) fn peak(&self) -> u32 {
        peak_of(self.rate >> 24)
    }

    pub(super) fn gaps(&self) -> u8 {
        self.gaps
    }

    /// Thousandths of milliseconds.
    pub(super) fn mean_gap(&self) -> u32 {
        ((u64::from(self.mean) * 1_000 + (1 << (MEAN_PLACES - 1))) >> MEAN_PLACES) as u32
    }

    /// Thousandths; `None` where there is no mean.
    pub(super) fn variation(&self) -> Option<u32> {
        let mean = u128::from(self.mean).pow(2);
        // As many binary places below the line as above it.
        let var = u128::from(self.var) << (2 * MEAN_PLACES - VAR_PLACES);
        let square = (var * 1_000_000).checked_div(mean)?;
        u32::try_from(square.isqrt()).ok()
    }

    fn is_metronome(&self, card: &Card) -> bool {
        if self.gaps < card.metronome_gaps {
            return false;
        }
        let var = u128::from(self.var) << (2 * MEAN_PLACES - VAR_PLACES);
        let most = u128::from(self.mean).pow(2) * u128::from(card.metronome_cv).pow(2);
        var * 1_000_000 < most
    }

    /// Thousandths of a deed.
    pub(super) fn deed(&self, deed: Deed) -> u32 {
        thousandths(self.deeds[deed as usize].into())
    }

    /// What each label is worth here; the record is as of now. Of what comes through a trusted channel only the rate counts, by its own quota.
    pub(super) fn judge(&self, card: &Card, trusted: bool) -> Points {
        let mut points = Points::default();
        let mut give = |label: Label, worth: u16| points.0[label as usize] = worth;
        if trusted {
            give(Label::Rate, card.trusted_rate.of(self.rate()));
            return points;
        }
        let if_so = |so: bool, worth| if so { worth } else { 0 };
        give(Label::Early, if_so(self.has(EARLY), card.early));
        // Whoever has hammered has hammered: one slow request at the end takes nothing back.
        let rate = self.rate().max(self.peak());
        give(Label::Rate, card.rate.of(rate));
        give(
            Label::Metronome,
            if_so(self.is_metronome(card), card.metronome),
        );
        let patients = count_64(self.patients());
        give(Label::FanOutPatients, card.fan_out_patients.of(patients));
        // As many bits are set as there surely were different ones.
        let many = self.devices().count_ones() > card.devices_max;
        give(Label::FanOutDevices, if_so(many, card.fan_out_devices));
        let many = self.doctors().count_ones() > card.doctors_max;
        give(Label::FanOutDoctors, if_so(many, card.fan_out_doctors));
        give(
            Label::SoldOutHammer,
            if_so(self.has(HAMMER), card.sold_out_hammer),
        );
        if self.deeds == [0; 4] {
            return points;
        }
        let mut give = |label: Label, worth: u16| points.0[label as usize] = worth;
        let [dropped, confirmed, cancelled, handed_off] = [
            Deed::Dropped,
            Deed::Confirmed,
            Deed::Cancelled,
            Deed::HandedOff,
        ]
        .map(|deed| self.deed(deed));
        let ended = dropped + confirmed;
        give(Label::HoldDrop, card.hold_drop.of(ended, dropped, ended));
        let ratio = card.cancel_ratio.of(cancelled, cancelled, confirmed);
        give(Label::CancelRatio, ratio);
        give(
            Label::HandoffPair,
            if_so(handed_off >= HANDED_OFF, card.handoff_pair),
        );
        points
    }

    /// What its patients, doctors and devices are estimated at: thousandths.
    pub(super) fn estimates(&self) -> [u32; 3] {
        [
            count_64(self.patients()),
            count_32(self.doctors()),
            count_32(self.devices()),
        ]
    }
}

/// Thousandths of a rate.
fn rate_of(rate: u32) -> u32 {
    ((u64::from(rate) * 1_000 + (1 << (RATE_PLACES - 1))) >> RATE_PLACES) as u32
}

/// Thousandths of a highest rate.
fn peak_of(peak: u32) -> u32 {
    (peak * 1_000) >> PEAK_PLACES
}

/// Thousandths of deeds.
fn thousandths(deeds: u32) -> u32 {
    (deeds * 1_000 + DEED / 2) / DEED
}

/// A quotient to the nearest.
const fn nearest(number: i64, by: i64) -> i64 {
    let half = by / 2;
    if number < 0 {
        (number - half) / by
    } else {
        (number + half) / by
    }
}

/// What each label is worth, in the order of the labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Points(pub(super) [u16; COUNT]);

impl Points {
    /// Of two views of one request each label counts once, at the higher worth.
    pub(super) fn or(mut self, other: &Self) -> Self {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own = (*own).max(other);
        }
        self
    }

    /// The score.
    pub(super) fn sum(&self) -> u16 {
        // Twelve times 1,000 at most.
        self.0.iter().sum::<u16>().min(FULL)
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_64_bytes_and_a_set_of_them_nine_lines() {
        use crate::raw::sets::Sets;
        assert_eq!((size_of::<Record>(), align_of::<Record>()), (64, 8));
        assert_eq!(Sets::<Record, WORDS>::new(80).bytes(), 10 * 9 * 64);
    }

    /// More than 256 of a kind: all are halved, and the shares stay.
    #[test]
    fn deeds_keep_their_shares_when_they_are_many() {
        let (mut record, card) = (Record::default(), Card::default());
        for nth in 0..30_000 {
            let deed = if nth % 10 < 7 {
                Deed::Dropped
            } else {
                Deed::Confirmed
            };
            record.note(deed, 1_000);
            let [dropped, confirmed] = [Deed::Dropped, Deed::Confirmed].map(|it| record.deed(it));
            if nth > 1_000 {
                let share = f64::from(dropped) / f64::from(dropped + confirmed);
                assert!((0.69..0.71).contains(&share), "{nth}: {share}");
            }
        }
        assert!(record.judge(&card, false).0[Label::HoldDrop as usize] > 0);
    }

    /// The longest gaps there are, as uneven as can be, and times at both ends: no number overflows.
    #[test]
    fn extremes_stay_within_their_places() {
        let card = Card::default();
        let sighting = Sighting {
            patient: u64::MAX,
            device: Some(u64::MAX),
            doctors: u32::MAX,
            early: true,
            sold_out: Some(1 << 20),
        };
        let (mut record, mut now) = (Record::default(), 0);
        for nth in 0..3_000u64 {
            now += if nth % 7 < 3 { PAUSE_MS } else { 0 };
            record.observe(&sighting, now, &card);
            assert!(record.variation().is_none_or(|it| it < 10_000));
            assert!(record.judge(&card, false).sum() <= FULL);
        }
        for now in [0, u64::MAX, 1, 1 << 48, u64::MAX] {
            record.observe(&sighting, now, &card);
            record.note(Deed::Cancelled, now);
            record.take_back(Deed::Dropped, now);
            assert!(record.at(now).judge(&card, true).sum() <= FULL);
        }
    }
}
