//! What does a resold slot cost the one who resells it?

use super::interval::Share;

/// What a scalper spent on a round of hoarding, and what came of it. Money is in any one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hoard {
    /// Identities used.
    pub identities: u64,
    /// What using one costs.
    pub identity_cost: f64,
    /// Devices used.
    pub devices: u64,
    /// What using one costs.
    pub device_cost: f64,
    /// Challenges solved.
    pub challenges: u64,
    /// What solving one costs.
    pub challenge_cost: f64,
    /// Slots held under borrowed identities.
    pub slots: u64,
    /// Of the slots that were given back for a client to take, those that the client got: the probability of a hand-off.
    pub hand_off: Share,
}

impl Hoard {
    /// What was spent.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.identities as f64 * self.identity_cost
            + self.devices as f64 * self.device_cost
            + self.challenges as f64 * self.challenge_cost
    }

    /// Slots that reach a client: those held, times the probability of a hand-off. `None` if no hand-off was tried.
    #[must_use]
    pub fn sold(&self) -> Option<f64> {
        Some(self.slots as f64 * self.hand_off.value()?)
    }

    /// What was spent for each slot that reached a client. Infinite if money was spent and none did; `None` if no hand-off was tried, or if nothing was spent and
    /// nothing was sold.
    #[must_use]
    pub fn cost_per_sold_slot(&self) -> Option<f64> {
        let cost = self.cost() / self.sold()?;
        (!cost.is_nan()).then_some(cost)
    }
}
