//! How many slots were free, held and booked at every instant, from what the clients were told.

use crate::tally::{End, Sale};

/// From `at` on, until the next of these, it stands like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Milliseconds since the opening.
    pub(crate) at: i64,
    pub(crate) free: i64,
    pub(crate) held: i64,
    pub(crate) booked: i64,
}

/// Before the opening everything on sale is free.
pub(crate) fn timeline(sales: &[Sale], on_sale: u64) -> Vec<Standing> {
    // (when, change of held, change of booked); what is neither is free.
    let mut changes: Vec<(i64, i64, i64)> = Vec::with_capacity(sales.len() * 2);
    for sale in sales {
        changes.push((sale.held_at, 1, 0));
        match sale.end {
            End::RanOut | End::Refunded => changes.push((sale.expires_at, -1, 0)),
            End::Released { at } => changes.push((at, -1, 0)),
            End::Paid {
                at, late: false, ..
            } => changes.push((at, -1, 1)),
            End::Paid { at, late: true, .. } => {
                changes.extend([(sale.expires_at, -1, 0), (at, 0, 1)])
            }
        }
    }
    changes.sort_unstable();
    let on_sale = on_sale.cast_signed();
    let mut now = Standing {
        at: -1,
        free: on_sale,
        held: 0,
        booked: 0,
    };
    let mut standings = vec![now];
    for (at, held, booked) in changes {
        now = Standing {
            at,
            held: now.held + held,
            booked: now.booked + booked,
            free: now.free - held - booked,
        };
        match standings.last_mut() {
            Some(last) if last.at == at => *last = now,
            _ => standings.push(now),
        }
    }
    standings
}

/// For each period, when all of its slots were gone for the first time, if they ever were.
pub(crate) fn sold_out_at(sales: &[Sale], capacities: &[u32]) -> Vec<Option<i64>> {
    let mut of: Vec<Vec<Sale>> = vec![Vec::new(); capacities.len()];
    for sale in sales {
        of[sale.period as usize].push(*sale);
    }
    let gone = |(sales, capacity): (Vec<Sale>, &u32)| {
        let standings = timeline(&sales, u64::from(*capacity));
        standings
            .into_iter()
            .find(|standing| standing.free <= 0)
            .map(|standing| standing.at)
    };
    of.into_iter().zip(capacities).map(gone).collect()
}
