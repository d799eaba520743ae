//! Who gets what? Tiers, ranks, and the walk down the ranks: the same list, rules and lot give the same places, for ever.
//!
//! 1. *Clusters*: of each, the entries with the smallest thinning numbers stay, as many as the policy says. An entry of several clusters stays if one of them keeps it. A cap
//!    on the best *ranks* would do nothing: what it leaves are the lucky ones, who would have won anyway.
//! 2. *Suspects* stay if their sparing number is below the policy's weight.
//! 3. Who stays is in the first tier, everybody else in the second, which is served after the first and never excluded.
//! 4. *The walk*: tier by tier, rank by rank, each takes the first pool on their list that has a slot for them, of the first allotment that has one. This is
//!    random serial dictatorship: nobody gains by listing other pools than they want, or in another order.
//!
//!    Somebody who can't take what they are given is passed over. A pool that is called off in the middle has nothing more for anybody, and whose turn it was has it still.
//!
//! All four numbers come from hashes with labels of their own. Equal numbers are told apart by the token.

use super::bytes::{Digest, Rank};
use super::list::{List, Numbers, Row};
use super::policy::Policy;
use crate::words::allotment::Group;

/// A place that somebody got: of which tier and rank, and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seated {
    /// Whose, by their number in the list.
    pub(crate) index: u32,
    pub(crate) tier: u8,
    pub(crate) rank: Rank,
    pub(crate) pool: u16,
    pub(crate) allotment: u16,
}

/// Whether each entry is in the first tier.
fn first_tier(list: &List, policy: &Policy, lot: &Digest) -> Vec<bool> {
    let mut stays = kept(list, policy.cluster_cap as usize, lot);
    let (sparing, below) = (Numbers::sparing(lot), policy.suspects_stay_below());
    for (stays, row) in stays.iter_mut().zip(&list.rows) {
        if row.suspicion >= policy.suspect_at {
            *stays &= u128::from(sparing.word(&row.token)) < below;
        }
    }
    stays
}

/// Which entries a cluster of theirs keeps, or have none.
fn kept(list: &List, cap: usize, lot: &Digest) -> Vec<bool> {
    let mut kept: Vec<bool> = list.rows.iter().map(|row| row.trusted).collect();
    // Most clusters are small. A table of counts without names finds those that may not be: a count is never too low, or it is the highest there is. With four cells an
    // entry few come to share one by chance.
    let mut counts = vec![0u8; list.rows.len().next_power_of_two() * 4];
    let mask = counts.len() - 1;
    let members = || {
        let of = |(index, row)| list.clusters(row).map(move |cluster| (index, cluster));
        list.rows.iter().enumerate().flat_map(of)
    };
    members().for_each(|(_, cluster)| {
        let count = &mut counts[cell(cluster.0, mask)];
        *count = count.saturating_add(1);
    });
    let is_small = |count: u8| count < u8::MAX && usize::from(count) <= cap;
    let thinning = Numbers::thinning(lot);
    let mut crowd = Vec::new();
    for (index, cluster) in members() {
        if is_small(counts[cell(cluster.0, mask)]) {
            kept[index] = true;
        } else {
            crowd.push((cluster, thinning.of(&list.rows[index].token), index));
        }
    }
    // The list is in order of tokens: so are equal numbers.
    crowd.sort_unstable();
    for cluster in crowd.chunk_by(|a, b| a.0 == b.0) {
        let stay = cluster.iter().take(cap);
        stay.for_each(|(_, _, index)| kept[*index] = true);
    }
    kept
}

#[inline]
fn cell(cluster: [u8; 16], mask: usize) -> usize {
    u128::from_be_bytes(cluster) as usize & mask
}

/// Down the ranks, a place at a time. Whoever can't take theirs is passed over: the place is given back, and goes to the next whose turn it is and who would have it. What that gives is what the walk
/// would have given if they had not been there.
pub(crate) struct Walk {
    tables: Tables,
    first: Vec<bool>,
    ranks: Numbers,
    tier: u8,
    order: Order,
    /// Whose turn it still is.
    again: Option<(u128, u32)>,
}

impl Walk {
    pub(crate) fn new(list: &List, policy: &Policy, lot: &Digest) -> Self {
        let (first, ranks) = (first_tier(list, policy, lot), Numbers::ranks(lot));
        Self {
            tables: Tables::new(policy),
            order: of_tier(list, &first, &ranks, true),
            first,
            ranks,
            tier: 1,
            again: None,
        }
    }

    /// Who is next, and what they are given; `None` if nothing is left, or nobody who would have it. The list is always the same.
    pub(crate) fn next(&mut self, list: &List) -> Option<Seated> {
        while self.tables.left > 0 {
            let next = self.again.take();
            let next = next.or_else(|| self.order.next(self.tables.left));
            let Some((rank, index)) = next else {
                if self.tier == 2 {
                    break;
                }
                self.tier = 2;
                self.order = of_tier(list, &self.first, &self.ranks, false);
                continue;
            };
            let row = &list.rows[index as usize];
            let preferences = &list.more(row).preferences;
            if let Some((pool, allotment)) = self.tables.seat(row, preferences) {
                return Some(Seated {
                    index,
                    tier: self.tier,
                    rank: Rank(rank.to_be_bytes()),
                    pool,
                    allotment,
                });
            }
        }
        None
    }

    /// The place that was given last is not taken.
    pub(crate) fn give_back(&mut self, seated: &Seated) {
        self.tables.give_back(seated.pool, seated.allotment);
    }

    /// The pool of the place that was given last has none: it is nobody's, nor is any other of that pool, and whose turn it was is next again.
    pub(crate) fn close_pool(&mut self, seated: &Seated) {
        self.tables.close(seated.pool);
        self.again = Some((u128::from_be_bytes(seated.rank.0), seated.index));
    }

    /// Whether this entry is in the first tier.
    pub(crate) fn is_first(&self, index: u32) -> bool {
        self.first.get(index as usize).is_some_and(|first| *first)
    }

    /// Whether each entry is in the first tier.
    pub(crate) fn into_first_tier(self) -> Vec<bool> {
        self.first
    }
}

/// The lots of a tier.
fn of_tier(list: &List, first: &[bool], ranks: &Numbers, wanted: bool) -> Order {
    let of_tier = (0u32..).zip(list.rows.iter().zip(first));
    let mut lots = Vec::with_capacity(first.iter().filter(|it| **it == wanted).count());
    let mut rests = Vec::with_capacity(lots.capacity());
    for (index, (row, _)) in of_tier.filter(|(_, (_, first))| **first == wanted) {
        let rank = u128::from_be_bytes(ranks.of(&row.token).0);
        // A list has fewer than 2^32 entries, and so has a tier.
        let at = rests.len() as u32;
        lots.push(Lot {
            begins: (rank >> 64) as u64,
            at,
            index,
        });
        rests.push(rank as u64);
    }
    Order::new(lots, rests)
}

/// The first half of a rank, where the second stands, and whose it is: small, because there are many to be put in order.
#[derive(Debug, Clone, Copy)]
struct Lot {
    begins: u64,
    at: u32,
    index: u32,
}

/// Lots from the smallest on, sorted only as far as somebody asks.
struct Order {
    lots: Vec<Lot>,
    /// The second halves.
    rests: Vec<u64>,
    /// How many lots are sorted, and how many of these are given out.
    sorted: usize,
    given: usize,
}

impl Order {
    fn new(lots: Vec<Lot>, rests: Vec<u64>) -> Self {
        let (sorted, given) = (0, 0);
        Self {
            lots,
            rests,
            sorted,
            given,
        }
    }

    /// The next, as a rank and whose it is, when about so many are still wanted.
    fn next(&mut self, wanted: u64) -> Option<(u128, u32)> {
        if self.given == self.sorted {
            let (rests, rest) = (&self.rests, &mut self.lots[self.sorted..]);
            // Where the first halves are the same the second ones tell, and then the list's order.
            let by_rank = |a: &Lot, b: &Lot| {
                let rest = |lot: &Lot| (rests[lot.at as usize], lot.index);
                a.begins.cmp(&b.begins).then_with(|| rest(a).cmp(&rest(b)))
            };
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
            // At least as many as so far: a long walk is sorted in a few goes.
            let go = wanted.max(self.sorted).max(64).min(rest.len());
            if go < rest.len() {
                rest.select_nth_unstable_by(go, by_rank);
            }
            rest[..go].sort_unstable_by(by_rank);
            self.sorted += go;
        }
        let next = self.lots.get(self.given)?;
        let ends = self.rests[next.at as usize];
        self.given += 1;
        Some((u128::from(next.begins) << 64 | u128::from(ends), next.index))
    }
}

/// What is left in each pool.
struct Tables {
    /// Of each allotment who may have it, by the groups' bits (`None`: everybody), and how many are left.
    pools: Vec<Vec<(Option<u16>, u32)>>,
    /// In all of them.
    left: u64,
}

impl Tables {
    fn new(policy: &Policy) -> Self {
        let allotments = policy.pools.iter().map(|pool| &pool.allotments);
        let pools: Vec<Vec<_>> = allotments
            .map(|all| {
                all.iter()
                    .map(|it| (it.group.map(Group::bit), it.slots))
                    .collect()
            })
            .collect();
        let left = pools.iter().flatten().map(|it| u64::from(it.1)).sum();
        Self { pools, left }
    }

    fn give_back(&mut self, pool: u16, allotment: u16) {
        let allotments = self.pools.get_mut(usize::from(pool));
        if let Some(it) = allotments.and_then(|all| all.get_mut(usize::from(allotment))) {
            it.1 += 1;
            self.left += 1;
        }
    }

    /// Nothing is left in this one. What was taken of it last is not given back.
    fn close(&mut self, pool: u16) {
        let allotments = self.pools.get_mut(usize::from(pool));
        for (_, left) in allotments.into_iter().flatten() {
            self.left -= u64::from(std::mem::take(left));
        }
    }

    /// Gives a slot to whose turn it is: pool and allotment.
    fn seat(&mut self, row: &Row, preferences: &[u16]) -> Option<(u16, u16)> {
        let all = 0..self.pools.len() as u16;
        let wanted: &mut dyn Iterator<Item = u16> = match preferences {
            [] => &mut all.into_iter(),
            _ => &mut preferences.iter().copied(),
        };
        for pool in wanted {
            let allotments = self.pools.get_mut(usize::from(pool))?;
            let fits = |(whose, left): &(Option<u16>, u32)| {
                *left > 0 && whose.is_none_or(|groups| groups & row.groups > 0)
            };
            if let Some(at) = allotments.iter().position(fits) {
                allotments[at].1 -= 1;
                self.left -= 1;
                return Some((pool, at as u16));
            }
        }
        None
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Ranks of few values in either half, so that many are the same in one or in both.
        #[test]
        fn lots_come_in_the_order_of_all_128_bits(halves in prop::collection::vec((0..4u64, 0..3u64), 0..300), wanted in 1..200u64) {
            let mut plain: Vec<(u128, u32)> = (0..)
                .zip(&halves)
                .map(|(index, (begins, ends))| (u128::from(*begins) << 64 | u128::from(*ends), 7 * index))
                .collect();
            let lots = (0..).zip(&halves).map(|(at, (begins, _))| Lot { begins: *begins, at, index: 7 * at });
            let rests = halves.iter().map(|(_, ends)| *ends).collect();
            let mut order = Order::new(lots.collect(), rests);
            let given: Vec<_> = std::iter::from_fn(|| order.next(wanted)).collect();
            plain.sort_unstable();
            prop_assert_eq!(given, plain);
        }
    }
}
