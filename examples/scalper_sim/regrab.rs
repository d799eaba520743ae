//! A ploy after the opening: whatever the scalper won is given up, for his clients to have it.

use fairslot::Request;

use crate::crowd::{Asker, Crowd, PEOPLE, Part};
use crate::give_back::{GivenUp, POLLS, WATCHED, Wanted, Whose, give_back};
use crate::mechanism::{Desk, Mechanism};
use crate::opening::Won;

/// The first slot is given up so long after the opening, and one a minute from then on.
pub(crate) const FIRST_MS: u64 = 3_600_000;
pub(crate) const APART_MS: u64 = 60_000;

/// If there are clients who wait, `winners` become those who have the slots in the end.
pub(crate) fn play(
    mechanism: &Mechanism,
    desk: &Desk,
    crowd: &Crowd,
    (won, seed): (Vec<Won>, u64),
    winners: &mut Vec<u32>,
) -> Result<(), String> {
    let askers = crowd.askers();
    let is_client = |asker: &Asker| asker.part == Part::Client;
    let Some(first_client) = askers.iter().position(is_client) else {
        return Ok(());
    };
    let requests = |who: &[u32]| -> Vec<Request> {
        let request = |who: &u32| askers[*who as usize].request(desk.schedule);
        who.iter().map(request).collect()
    };
    let losers: Vec<u32> = (0..PEOPLE).filter(|who| !winners.contains(who)).collect();
    let clients: Vec<u32> = (first_client as u32..askers.len() as u32).collect();
    let scalped = won.into_iter().filter(|(who, _)| *who >= PEOPLE);
    let given: Vec<GivenUp> = scalped
        .zip(0..)
        .map(|((who, booking), nth)| GivenUp {
            at: desk.opens_at.after(FIRST_MS + nth * APART_MS),
            patient: askers[who as usize].patient,
            booking,
            for_client: true,
        })
        .collect();
    let wanted = Wanted {
        people: &requests(&losers),
        clients: &requests(&clients),
        polls: POLLS,
        watched: WATCHED,
    };
    let mut dice = crowd.dice_after(seed);
    let whose = give_back(desk, mechanism.returns.policy, &given, &wanted, &mut dice)?;
    winners.retain(|who| *who < PEOPLE);
    winners.extend(whose.into_iter().filter_map(|whose| match whose {
        Whose::Client(nth) => Some(clients[nth]),
        Whose::Person(nth) => Some(losers[nth]),
        Whose::Nobody => None,
    }));
    Ok(())
}
