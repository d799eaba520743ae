//! What counts against somebody, and how much: the thresholds and weights of the labels, as plain data.

use crate::words::error::Invalid;

/// All that can be had: certainty.
pub(crate) const FULL: u16 = 1_000;

/// Points that grow from none, at `from` and below, to all, at `to` and above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Ramp {
    /// Where it begins, in thousandths: below `to`.
    pub from: u32,
    /// Where it ends, in thousandths.
    pub to: u32,
    /// How much it is there: 0 to 1,000.
    pub points: u16,
}

impl Ramp {
    /// A ramp.
    #[must_use]
    pub const fn new(from: u32, to: u32, points: u16) -> Self {
        Self { from, to, points }
    }

    /// The points of `value`, to the nearest.
    #[inline]
    pub(super) fn of(self, value: u32) -> u16 {
        // Nearly everybody is at one end, which takes no division.
        if value <= self.from {
            return 0;
        }
        if value >= self.to {
            return self.points;
        }
        let width = u64::from(self.to.saturating_sub(self.from)).max(1);
        let above = u64::from(value - self.from);
        // At most `points`.
        ((above * u64::from(self.points) * 2 + width) / (2 * width)) as u16
    }
}

/// Points for a share above a limit, once there is enough to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Share {
    /// How many there must be, in thousandths of one; each fades to an e-th in 30 days. A little less than a whole number, then, so that a few days apart still count.
    pub least: u32,
    /// The share that is still all right: 0 to 1,000 thousandths.
    pub above: u16,
    /// How much it is: 0 to 1,000.
    pub points: u16,
}

impl Share {
    /// Points for a share above `above`, of `least` and more.
    #[must_use]
    pub const fn new(least: u32, above: u16, points: u16) -> Self {
        Self {
            least,
            above,
            points,
        }
    }

    /// The points of `part` out of `whole`, if `count` of them is enough.
    pub(super) fn of(self, count: u32, part: u32, whole: u32) -> u16 {
        let above = u64::from(part) * 1_000 > u64::from(whole) * u64::from(self.above);
        if count >= self.least && above {
            self.points
        } else {
            0
        }
    }
}

/// The card that behaviour is marked by: for each [`Label`](super::Label) what earns it and how many points it is worth. A score is the sum, 1,000 at most.
///
/// The defaults are those of a simulation with a thousand people and five ways to attack; the fairness chapter tells which numbers it bears out and which are
/// assumed. Change the version with anything else: it stands in every verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Card {
    /// Which card this is, for whoever reads a verdict later.
    pub version: u32,
    /// `Early`: asked less than so many milliseconds after an opening. Default 80: a person reacts in about 250 and never in less than 100.
    pub early_ms: u64,
    /// And what that is worth: 0 to less than [`slow_at`](Self::slow_at), and than 500, as all that is of timing alone. Default 350.
    pub early: u16,
    /// `Rate`: requests in about a second (each fades to an e-th in one), in thousandths. Its points are timing alone, as `early`. Default 0 at 6 to 400 at 16.
    pub rate: Ramp,
    /// The same for what comes through a trusted channel, whose devices serve people one after the other. Default: at ten times as many.
    pub trusted_rate: Ramp,
    /// `Metronome`: after so many gaps between requests, 2 to 255. Default 8.
    pub metronome_gaps: u8,
    /// As long as the gaps' coefficient of variation is below so many thousandths, 0 to 10,000. Default 150.
    pub metronome_cv: u32,
    /// And what that is worth: timing alone, as `early`. Default 300.
    pub metronome: u16,
    /// `FanOutPatients`: different patients in the last 10 to 20 minutes, in thousandths. Default 0 at 5.5 to 600 at 8.5; from 3.5 on it would hit helpers who ask for
    /// five.
    pub fan_out_patients: Ramp,
    /// `FanOutDevices`: an account that asks from more devices than this, 1 to 24. Default 3.
    pub devices_max: u32,
    /// And what that is worth, 0 to 1,000. Default 300.
    pub fan_out_devices: u16,
    /// `FanOutDoctors`: asks for more practitioners than this, 1 to 24. Default 8.
    pub doctors_max: u32,
    /// And what that is worth, 0 to 1,000. Default 300.
    pub fan_out_doctors: u16,
    /// `SoldOutHammer`: more requests than this within 10 seconds for what is sold out, by estimate from a sample. Default 5.
    pub sold_out_retries: u32,
    /// And what that is worth: timing alone, as `early`. Default 200.
    pub sold_out_hammer: u16,
    /// `HoldDrop`: holds that ran out or were released, out of those that ended or were confirmed. Default 400 above 600 thousandths of four.
    pub hold_drop: Share,
    /// `CancelRatio`: bookings cancelled, out of holds confirmed. Default 400 above half, from two cancellations on.
    pub cancel_ratio: Share,
    /// `HandoffPair`: a slot that one patient cancelled, taken up for another, 0 to 1,000. Default 600.
    pub handoff_pair: u16,
    /// The score from which on one is slowed, where there is a [`slow_queue`](crate::EngineBuilder::slow_queue): 1 to 1,000. Default 500. No label of timing alone may reach it, nor 500, from which on one is a suspect by default.
    pub slow_at: u16,
}

impl Default for Card {
    fn default() -> Self {
        Self {
            version: 1,
            early_ms: 80,
            early: 350,
            rate: Ramp::new(6_000, 16_000, 400),
            trusted_rate: Ramp::new(60_000, 160_000, 400),
            metronome_gaps: 8,
            metronome_cv: 150,
            metronome: 300,
            fan_out_patients: Ramp::new(5_500, 8_500, 600),
            devices_max: 3,
            fan_out_devices: 300,
            doctors_max: 8,
            fan_out_doctors: 300,
            sold_out_retries: 5,
            sold_out_hammer: 200,
            hold_drop: Share::new(3_500, 600, 400),
            cancel_ratio: Share::new(1_500, 500, 400),
            handoff_pair: 600,
            slow_at: 500,
        }
    }
}

impl Card {
    /// Whether every number is in its range.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        let points = [
            ("card.fan_out_patients.points", self.fan_out_patients.points),
            ("card.fan_out_devices", self.fan_out_devices),
            ("card.fan_out_doctors", self.fan_out_doctors),
            ("card.hold_drop.points", self.hold_drop.points),
            ("card.hold_drop.above", self.hold_drop.above),
            ("card.cancel_ratio.points", self.cancel_ratio.points),
            ("card.cancel_ratio.above", self.cancel_ratio.above),
            ("card.handoff_pair", self.handoff_pair),
        ];
        for (field, points) in points {
            Invalid::within(field, points, 0..=FULL, "0 to 1,000")?;
        }
        Invalid::within("card.slow_at", self.slow_at, 1..=FULL, "1 to 1,000")?;
        let timing = [
            ("card.early", self.early),
            ("card.rate.points", self.rate.points),
            ("card.trusted_rate.points", self.trusted_rate.points),
            ("card.metronome", self.metronome),
            ("card.sold_out_hammer", self.sold_out_hammer),
        ];
        for (field, points) in timing {
            let most = self.slow_at.min(FULL / 2) - 1;
            let said = "less than 500, and than card.slow_at: timing alone convicts nobody";
            Invalid::within(field, points, 0..=most, said)?;
        }
        let ramps = [
            ("card.rate.from", self.rate),
            ("card.trusted_rate.from", self.trusted_rate),
            ("card.fan_out_patients.from", self.fan_out_patients),
        ];
        for (field, ramp) in ramps {
            if ramp.from >= ramp.to {
                return Err(Invalid::new(
                    field,
                    ramp.from,
                    "less than where the ramp ends",
                ));
            }
        }
        let gaps = self.metronome_gaps;
        Invalid::within("card.metronome_gaps", gaps, 2..=255, "2 to 255")?;
        let cv = self.metronome_cv;
        Invalid::within("card.metronome_cv", cv, 0..=10_000, "0 to 10,000")?;
        Invalid::within("card.devices_max", self.devices_max, 1..=24, "1 to 24")?;
        Invalid::within("card.doctors_max", self.doctors_max, 1..=24, "1 to 24")
    }
}
