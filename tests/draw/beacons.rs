//! Beacons: only the one that was fixed, and only what it said.

use fairslot::Timestamp;
use fairslot::draw::{Beacon, BeaconSpec, BeaconValue, Digest, Flaw, Holder, Policy, Seed, verify};

use crate::crowd::crowd;
use crate::whim::Scene;

struct Public {
    name: &'static str,
    rounds: u64,
}

impl Beacon for Public {
    fn source(&self) -> &str {
        self.name
    }

    fn value(&self, round: u64) -> Option<Digest> {
        (round <= self.rounds).then(|| Digest::new([round as u8; 32]))
    }
}

fn with(beacon: BeaconSpec) -> Scene {
    let mut scene = crowd(20, 20, Policy::new(5));
    scene.terms.beacon = beacon;
    scene
}

#[test]
fn a_round_decides_once_it_has_appeared() {
    let window = with(BeaconSpec::Round {
        source: "drand".to_owned(),
        round: 12,
        available_at: Timestamp::from_millis(1_001),
    })
    .window();
    let frozen = window.close();
    let early = Public {
        name: "drand",
        rounds: 11,
    };
    assert!(frozen.draw_by(&early).expect("it is the beacon").is_none());
    let other = Public {
        name: "dice",
        rounds: 12,
    };
    assert_eq!(frozen.draw_by(&other).err(), Some(Flaw::Beacon));
    let due = Public {
        name: "drand",
        rounds: 12,
    };
    let drawn = frozen
        .draw_by(&due)
        .expect("it is the beacon")
        .expect("it has spoken");
    let transcript = drawn.transcript();
    assert_eq!(transcript.beacon, BeaconValue::Round(Digest::new([12; 32])));
    assert!(verify(&transcript).is_ok());
    // What it said matters.
    let other = frozen
        .draw(BeaconValue::Round(Digest::new([13; 32])))
        .expect("of the kind");
    assert_ne!(other.transcript().places, transcript.places);
    assert_eq!(frozen.draw(BeaconValue::None).err(), Some(Flaw::Beacon));
}

#[test]
fn holders_reveal_what_they_committed_to() {
    let seeds = [Seed::new([1; 32]), Seed::new([2; 32])];
    let holders = vec![
        Holder::commit(9.into(), "hospital", &seeds[0]),
        Holder::commit(9.into(), "regulator", &seeds[1]),
    ];
    let window = with(BeaconSpec::Holders(holders)).window();
    let frozen = window.close();
    let draw = |seeds: &[Seed]| frozen.draw(BeaconValue::Seeds(seeds.to_vec()));
    assert!(verify(&draw(&seeds).expect("the seeds").transcript()).is_ok());
    let wrong = [seeds[0], Seed::new([3; 32])];
    assert_eq!(draw(&wrong).err(), Some(Flaw::Holder { holder: 1 }));
    assert_eq!(draw(&seeds[..1]).err(), Some(Flaw::Beacon));
    // The same seed in another draw, or under another name, is another commitment.
    let here = Holder::commit(9.into(), "hospital", &seeds[0]);
    assert_ne!(here, Holder::commit(8.into(), "hospital", &seeds[0]));
    assert_ne!(
        here.commitment,
        Holder::commit(9.into(), "clinic", &seeds[0]).commitment
    );
}
