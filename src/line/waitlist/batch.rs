//! A batch with offers that are not settled.

use std::ops::Range;

use super::super::seats::Ticket;
use super::Waitlist;
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

    /// Who waits by this ticket now has the place in the order that they were drawn for by that one.
    fn puts_back(&mut self, before: Ticket, now: Ticket) {
        if let Some(at) = self.order.iter().position(|ticket| *ticket == before) {
            self.order[at] = now;
            self.begin = self.begin.min(at);
        }
    }
}

impl Waitlist {
    /// Whom a draw took off the list for nothing is on it [again](Self::rejoin) by this ticket, alone or [bound](Self::bind): it has the places in all batches that they had by the one before.
    pub(crate) fn stands_again(&self, before: Ticket, now: Ticket) {
        let mut state = self.state.lock();
        let batches = state.batches.iter_mut();
        batches.for_each(|batch| batch.puts_back(before, now));
    }
}
