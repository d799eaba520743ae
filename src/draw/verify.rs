//! Was it done as promised? Everything is computed again, and the first thing that is wrong gets its name.
//!
//! Both checks are pure functions of what was published. What they cannot know is what was published *when*: hold the commitment of [`Verified`] against the
//! one that you noted before the window opened, the root against the one of the close, and the beacon's value against the beacon.

use std::fmt;

use super::bytes::{Digest, Rank, Seed, Token};
use super::entry::Receipt;
use super::frozen::{Closing, place};
use super::list::{Leaf, List, Numbers, root};
use super::settle::Walk;
use super::terms::{BeaconValue, Terms, lot};
use crate::words::error::Invalid;

/// A place that somebody got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Place {
    /// Who, to who knows the token.
    pub token: Token,
    /// Of the first or the second tier.
    pub tier: u8,
    /// Within the tier, the smaller the earlier. The last place of a pool is its cut-off.
    pub rank: Rank,
    /// Which pool, from 0.
    pub pool: u16,
    /// Which of the pool's allotments, from 0.
    pub allotment: u16,
}

/// A draw from beginning to end, without an identity in it.
///
/// It has the tokens of all who entered: each person knows their own from the receipt; to everybody else, and from one draw to the next, they are random. It shows how many
/// entries shared a cluster, which were suspects, which groups and preferences an entry had; who is told a token learns these of its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Transcript {
    /// What was promised.
    pub terms: Terms,
    /// What was published at the close.
    pub closing: Closing,
    /// All entries, in ascending order of their tokens.
    pub leaves: Vec<Leaf>,
    /// The seed, revealed.
    pub seed: Seed,
    /// What the beacon said.
    pub beacon: BeaconValue,
    /// What followed from seed, entries and beacon, and decided all ranks.
    pub lot: Digest,
    /// Who got what, in the order of the draw.
    pub places: Vec<Place>,
    /// Whose turn it was, and who couldn't take what they were given, in the order of the draw: they had left, or a rule kept them from it. What they were given went to the next. That they
    /// couldn't, the transcript does not prove: it names them, so that they can object.
    pub passed: Vec<Token>,
    /// Which pools were called off while it was drawn, or before, in the order in which somebody whose turn it was would have had a slot of them: from then on they had nothing for anybody. That they were,
    /// the transcript does not prove: a session that is called off is known to all.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub gone: Vec<Gone>,
}

/// A pool that was called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Gone {
    /// Which pool, from 0.
    pub pool: u16,
    /// After how many turns: places given and people passed over.
    pub after: u64,
}

/// What shows one person that they were in the draw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Proof {
    /// What was promised.
    pub terms: Terms,
    /// The seed, revealed.
    pub seed: Seed,
    /// What the beacon said.
    pub beacon: BeaconValue,
    /// What was published at the close.
    pub closing: Closing,
    /// The person's entry.
    pub leaf: Leaf,
    /// Its place in the list, from 0.
    pub index: u64,
    /// Its neighbours on the way up to the root.
    pub path: Vec<Digest>,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The terms are impossible.
    Terms(Invalid),
    /// Closing, receipt or proof are of another draw.
    Draw,
    /// The commitment is not of these terms and this seed.
    Commitment,
    /// The beacon's value is not of the kind that was fixed.
    Beacon,
    /// A holder's seed is not the one it committed to.
    Holder {
        /// Which, from 0.
        holder: usize,
    },
    /// There are not as many entries as were counted at the close.
    Count,
    /// An entry's token is not larger than the one before.
    Order {
        /// Which, from 0.
        index: u64,
    },
    /// An entry is none that a window lets in.
    Leaf {
        /// Which, from 0.
        index: u64,
    },
    /// The entries are not those that the root of the close stands for.
    Root,
    /// The lot does not follow from seed, root and beacon.
    Lot,
    /// A place is not whose turn it was, or is missing, or too many.
    Place {
        /// The first such, from 0.
        index: u64,
    },
    /// Somebody was passed over whose turn it never was.
    Passed {
        /// The first such, from 0.
        index: u64,
    },
    /// A pool is said to be called off when nobody would have had a slot of it.
    Gone {
        /// The first such, from 0.
        index: u64,
    },
    /// The proof is of somebody else's entry.
    Token,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terms(why) => write!(f, "the terms are impossible: {why}"),
            Self::Draw => f.write_str("its parts are of different draws"),
            Self::Commitment => f.write_str("the commitment is not of these terms and this seed"),
            Self::Beacon => f.write_str("the beacon's value is not of the kind that was fixed"),
            Self::Holder { holder } => {
                write!(
                    f,
                    "the seed of holder {holder} is not the one it committed to"
                )
            }
            Self::Count => {
                f.write_str("there are not as many entries as were counted at the close")
            }
            Self::Order { index } => {
                write!(f, "entry {index} is not in ascending order of tokens")
            }
            Self::Leaf { index } => write!(f, "entry {index} is none that a window lets in"),
            Self::Root => f.write_str("the entries are not those that the root stands for"),
            Self::Lot => f.write_str("the lot does not follow from seed, root and beacon"),
            Self::Place { index } => {
                write!(f, "place {index} is not that of whose turn it was")
            }
            Self::Passed { index } => {
                write!(f, "number {index} of those passed over was never asked")
            }
            Self::Gone { index } => {
                write!(
                    f,
                    "number {index} of the pools called off was not asked for then"
                )
            }
            Self::Token => f.write_str("the proof is of somebody else's entry"),
        }
    }
}

impl std::error::Error for Flaw {}

/// A draw in order, with what to hold against what you noted yourself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// What was, or should have been, published before the window and at the close.
    pub closing: Closing,
    /// How many places were given.
    pub places: u64,
    /// How many people were passed over who couldn't take theirs.
    pub passed: u64,
}

/// What follows from terms, seed and beacon alone.
fn check_promise(
    terms: &Terms,
    seed: &Seed,
    beacon: &BeaconValue,
    closing: &Closing,
) -> Result<(), Flaw> {
    terms.check().map_err(Flaw::Terms)?;
    if closing.draw != terms.draw {
        return Err(Flaw::Draw);
    }
    if closing.commitment != terms.commitment(seed) {
        return Err(Flaw::Commitment);
    }
    terms.accept(beacon)
}

/// Does the whole draw again.
///
/// # Errors
/// The first [`Flaw`] there is.
pub fn verify(transcript: &Transcript) -> Result<Verified, Flaw> {
    let Transcript {
        terms,
        closing,
        leaves,
        seed,
        beacon,
        ..
    } = transcript;
    check_promise(terms, seed, beacon, closing)?;
    if closing.entries != leaves.len() as u64 || u32::try_from(leaves.len()).is_err() {
        return Err(Flaw::Count);
    }
    let list = List::of(leaves, &terms.policy)?;
    if closing.root != root(&list.tree().top(), closing.entries) {
        return Err(Flaw::Root);
    }
    let lot = lot(seed, &closing.root, beacon);
    if transcript.lot != lot {
        return Err(Flaw::Lot);
    }
    let mut walk = Walk::new(&list, &terms.policy, &lot);
    let mut theirs = transcript.places.iter().copied();
    let mut passed = transcript.passed.iter().peekable();
    let mut gone = transcript.gone.iter().peekable();
    let (mut index, mut passed_over, mut closed) = (0, 0, 0);
    while let Some(seated) = walk.next(&list) {
        let (pool, after) = (seated.pool, index + passed_over);
        if gone.next_if_eq(&&Gone { pool, after }).is_some() {
            walk.close_pool(&seated);
            closed += 1;
            continue;
        }
        let ours = place(&list, &seated);
        if passed.next_if_eq(&&ours.token).is_some() {
            walk.give_back(&seated);
            passed_over += 1;
        } else if theirs.next() == Some(ours) {
            index += 1;
        } else {
            return Err(Flaw::Place { index });
        }
    }
    if passed.next().is_some() {
        return Err(Flaw::Passed { index: passed_over });
    }
    if gone.next().is_some() {
        return Err(Flaw::Gone { index: closed });
    }
    match theirs.next() {
        None => Ok(Verified {
            closing: *closing,
            places: index,
            passed: passed_over,
        }),
        Some(_) => Err(Flaw::Place { index }),
    }
}

/// One's own numbers in a draw, computed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    /// Compare it with the cut-off, the last published place of the pool.
    pub rank: Rank,
    /// In a crowded cluster the smallest of these stay in the first tier. Which they are shows the whole transcript only.
    pub thin: Rank,
    /// A suspect who was not drawn to stay in the first tier.
    pub thinned_as_suspect: bool,
}

/// Checks that the entry of a receipt was in the draw that was committed to, as one of those that the root stands for, and computes its rank.
///
/// # Errors
/// The first [`Flaw`] there is.
pub fn verify_receipt(receipt: &Receipt, proof: &Proof) -> Result<Own, Flaw> {
    let Proof {
        terms,
        seed,
        beacon,
        closing,
        leaf,
        ..
    } = proof;
    if receipt.draw != terms.draw {
        return Err(Flaw::Draw);
    }
    if receipt.commitment != closing.commitment {
        return Err(Flaw::Commitment);
    }
    check_promise(terms, seed, beacon, closing)?;
    if receipt.token != leaf.token {
        return Err(Flaw::Token);
    }
    // One entry alone: sound, and where it says.
    List::of(std::slice::from_ref(leaf), &terms.policy)
        .map_err(|_| Flaw::Leaf { index: proof.index })?;
    let top = leaf.climb(proof.index, closing.entries, &proof.path);
    if top.is_none_or(|top| root(&top, closing.entries) != closing.root) {
        return Err(Flaw::Root);
    }
    let lot = lot(seed, &closing.root, beacon);
    let policy = &terms.policy;
    let number = Numbers::sparing(&lot).word(&leaf.token);
    Ok(Own {
        rank: Numbers::ranks(&lot).of(&leaf.token),
        thin: Numbers::thinning(&lot).of(&leaf.token),
        thinned_as_suspect: leaf.suspicion >= policy.suspect_at
            && u128::from(number) >= policy.suspects_stay_below(),
    })
}
