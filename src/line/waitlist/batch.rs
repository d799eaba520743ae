//! A batch with offers that are not settled.

use super::super::seats::Ticket;
use super::away::Away;
use super::parts::Offer;

pub(super) struct Batch {
    pub(super) round: u64,
    /// Who was in, in the order that was drawn.
    pub(super) order: Vec<Ticket>,
    pub(super) open: Vec<(Offer, Away)>,
}

impl Batch {
    /// Strikes an offer that stands; who may not have its slot.
    pub(super) fn settle(&mut self, offer: &Offer) -> Option<Away> {
        let at = self.open.iter().position(|(open, _)| open == offer)?;
        Some(self.open.swap_remove(at).1)
    }
}
