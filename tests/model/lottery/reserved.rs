//! Which outcomes of a draw with reserved slots there can be, whatever its ranks: nobody outside can know these.

use std::collections::BTreeSet;

/// The groups that somebody is in.
pub(super) type Groups = BTreeSet<u8>;

/// Slots in the order in which they are gone down: for whom, if for somebody, and how many.
pub(super) type Declared = Vec<(Option<u8>, usize)>;

/// What is reserved, and what that leaves, which is open to all.
pub(super) fn declared(slots: usize, reserved: &[(Option<u8>, usize)]) -> Declared {
    let named: usize = reserved.iter().map(|it| it.1).sum();
    let rest = (None, slots - named);
    reserved.iter().copied().chain([rest]).collect()
}

/// Where somebody is seated, if there is a slot for them.
fn seat(left: &Declared, who: &Groups) -> Option<usize> {
    left.iter().position(|(whose, slots)| {
        let may = whose.is_none_or(|group| who.contains(&group));
        *slots > 0 && may
    })
}

/// Whether there is an order of ranks in which just these win and just those lose: the winners are seated one after the other, each at the first that is left for them, and what is left after that is for none of the losers. Ranks of
/// losers need no trying: with nothing for them in the end there is one order in which they come last, and if they came before a winner there would have been more for them, not less.
pub(super) fn may_be(left: &Declared, winners: &[Groups], losers: &[Groups]) -> bool {
    if winners.is_empty() {
        return losers.iter().all(|who| seat(left, who).is_none());
    }
    (0..winners.len()).any(|next| {
        let Some(at) = seat(left, &winners[next]) else {
            return false;
        };
        let (mut left, mut others) = (left.clone(), winners.to_vec());
        left[at].1 -= 1;
        others.remove(next);
        may_be(&left, &others, losers)
    })
}

#[test]
fn what_may_be_is_known_where_it_is_certain() {
    let groups = |all: &[u8]| all.iter().copied().collect::<Groups>();
    let (member, stranger) = (groups(&[1]), groups(&[]));
    let slots = declared(2, &[(Some(1), 1)]);
    let may = |winners: &[&Groups], losers: &[&Groups]| {
        let owned = |all: &[&Groups]| all.iter().map(|it| (*it).clone()).collect::<Vec<_>>();
        may_be(&slots, &owned(winners), &owned(losers))
    };
    // One of the group, and one of all.
    assert!(may(&[&member, &stranger], &[&member, &stranger]));
    assert!(may(&[&member, &member], &[&stranger]));
    // The reserved one is nobody else's, and theirs if they are there.
    assert!(!may(&[&stranger, &stranger], &[]));
    assert!(!may(&[&stranger], &[&member]));
    assert!(may(&[&stranger], &[&stranger, &stranger]));
    // None is left over that somebody wanted.
    assert!(!may(&[&member], &[&stranger]));
}
