//! A batch with offers that are not settled.

use std::ops::Range;

use super::super::seats::Ticket;
use super::away::Away;
use super::parts::Offer;

pub(super) struct Batch {
    pub(super) round: u64,
    /// Who was in, in the order that was drawn.
    pub(super) order: Vec<Ticket>,
    /// Whoever stands before this one in it waits no more.
    begin: usize,
    pub(super) open: Vec<(Offer, Away)>,
}

impl Batch {
    pub(super) fn new(round: u64, order: Vec<Ticket>) -> Self {
        Self {
            round,
            order,
            begin: 0,
            open: Vec::new(),
        }
    }

    /// The places in the order from the first on whose ticket is not gone. Passing over thousands, one after the other, must not begin anew with those who are.
    pub(super) fn waiting(&mut self, is_gone: impl Fn(&Ticket) -> bool) -> Range<usize> {
        let rest = self.order.get(self.begin..).unwrap_or_default();
        self.begin += rest.iter().take_while(|ticket| is_gone(ticket)).count();
        self.begin..self.order.len()
    }

    /// Strikes an offer that stands; who may not have its slot.
    pub(super) fn settle(&mut self, offer: &Offer) -> Option<Away> {
        let at = self.open.iter().position(|(open, _)| open == offer)?;
        Some(self.open.swap_remove(at).1)
    }
}
