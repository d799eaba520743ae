//! What a round of hoarding costs, and how long a round of the queue is.

use fairslot::fairness::{Hoard, Share, starvation_bound_s};
use proptest::prelude::*;

fn hoard(slots: u64, hits: u64, of: u64) -> Hoard {
    Hoard {
        identities: 200,
        identity_cost: 10.0,
        devices: 20,
        device_cost: 50.0,
        challenges: 400,
        challenge_cost: 0.5,
        slots,
        hand_off: Share { hits, of },
    }
}

#[test]
fn a_sold_slot_bears_the_cost_of_those_that_were_not() {
    let all = hoard(32, 50, 50);
    assert_eq!(all.cost(), 3_200.0);
    assert_eq!(all.cost_per_sold_slot(), Some(100.0));
    assert_eq!(hoard(32, 5, 50).cost_per_sold_slot(), Some(1_000.0));
}

#[test]
fn what_was_never_sold_has_no_finite_price() {
    assert_eq!(hoard(32, 0, 50).cost_per_sold_slot(), Some(f64::INFINITY));
    assert_eq!(hoard(0, 50, 50).cost_per_sold_slot(), Some(f64::INFINITY));
    assert_eq!(hoard(32, 0, 0).cost_per_sold_slot(), None);
    let free = Hoard {
        identities: 0,
        devices: 0,
        challenges: 0,
        ..hoard(0, 50, 50)
    };
    assert_eq!(free.cost_per_sold_slot(), None);
}

#[test]
fn the_bound_is_a_round_of_the_ring() {
    assert_eq!(starvation_bound_s(24, 100.0), Some(0.24));
    assert_eq!(starvation_bound_s(0, 100.0), Some(0.0));
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(starvation_bound_s(24, rate), None);
    }
}

proptest! {
    /// A ring served in turns, everybody else with as many tickets as they like: nobody's first ticket waits longer than the bound.
    #[test]
    fn nobody_in_a_ring_waits_longer(tickets in prop::collection::vec(1..9_u32, 0..40), mine in 0..40_usize) {
        let mut ring: std::collections::VecDeque<(bool, u32)> = tickets.iter().map(|n| (false, *n)).collect();
        ring.rotate_left(mine % ring.len().max(1));
        ring.push_back((true, 1));
        let bound = starvation_bound_s(ring.len() as u64, 10.0).expect("a rate");
        let mut grants = 0;
        while let Some((me, left)) = ring.pop_front() {
            grants += 1;
            if me {
                break;
            }
            if left > 1 {
                ring.push_back((false, left - 1));
            }
        }
        prop_assert!(f64::from(grants) / 10.0 <= bound);
    }
}
