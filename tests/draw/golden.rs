//! The same inputs give the same result for ever: one draw, written down.

use fairslot::draw::MasterSeed;

use crate::tampering::transcript;
use sha2::{Digest, Sha256};

#[test]
fn the_draw_that_was_written_down_comes_out_again() {
    let transcript = transcript();
    let mut all = Sha256::new();
    for place in &transcript.places {
        all.update(place.token.as_bytes());
        all.update([place.tier]);
        all.update(place.rank.as_bytes());
        all.update(place.pool.to_be_bytes());
        all.update(place.allotment.to_be_bytes());
    }
    let places: [u8; 32] = all.finalize().into();
    let figures = [
        transcript.closing.commitment.to_string(),
        transcript.closing.root.to_string(),
        transcript.lot.to_string(),
        transcript.places[0].token.to_string(),
        fairslot::draw::Digest::new(places).to_string(),
        MasterSeed::new([1; 32])
            .seed(2.into(), 3)
            .as_bytes()
            .map(|b| format!("{b:02x}"))
            .concat(),
    ];
    assert_eq!(
        figures,
        [
            // commitment
            "e24ecff46bd53d48f9acfe9d310981ebb2cffadf268a82b537d57568134f6048",
            // root
            "2500e35ff3947b468f710caece0dc68d12cd02e8a42e0870206af37523d4d83d",
            // lot
            "b731c630c782c21c3901444cf1e856c90ce3b7c2c4b9780c8523d69206765919",
            // first place
            "406fbed79eb6d4276079bf567c37cf588367721426861e97788742fbd79f3f79",
            // all places
            "e40e95ed9d662afbc8b4f7386d800240bd6abe3d319ee1b089a400464e7f5ca0",
            // a seed
            "204c5176cdf0278df6117caaadd1df02c482a9f621b026339f4373ce30ff05a3",
        ]
    );
}

/// f35: no two draws or attempts have the same seed, and a seed comes out again after a restart.
#[test]
fn f35_seeds_are_all_different_and_come_again() {
    let (master, again) = (MasterSeed::new([7; 32]), MasterSeed::new([7; 32]));
    let mut seen = std::collections::HashSet::new();
    for draw in 0..200_000u128 {
        for attempt in 0..5 {
            assert!(seen.insert(master.seed(draw.into(), attempt)));
        }
    }
    assert_eq!(master.seed(5.into(), 1), again.seed(5.into(), 1));
    assert_ne!(
        master.seed(5.into(), 1),
        MasterSeed::new([8; 32]).seed(5.into(), 1)
    );
}
