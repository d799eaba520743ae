//! A receipt: shows its owner that they were in, and nobody anything else.

use fairslot::PatientId;
use fairslot::draw::{BeaconValue, Digest, Flaw, Policy, Proof, Receipt, Token, verify_receipt};

use crate::crowd::crowd;
use crate::plain::hmac;
use crate::whim::KEY;

fn receipt_and_proof() -> (Receipt, Proof, Proof) {
    let window = crowd(21, 7, Policy::new(5)).window();
    let drawn = window
        .close()
        .draw(BeaconValue::None)
        .expect("no beacon was fixed");
    let receipt = |patient| window.receipt(PatientId::new(patient)).expect("in");
    let proof = |patient| drawn.proof(&receipt(patient).token).expect("in");
    (receipt(5), proof(5), proof(6))
}

#[test]
fn the_token_is_the_hmac_that_the_protocol_says() {
    let (receipt, _, _) = receipt_and_proof();
    let parts: [&[u8]; 3] = [
        b"fairslot/token/1",
        &9u128.to_be_bytes(),
        &5u128.to_be_bytes(),
    ];
    assert_eq!(receipt.token, Token::new(hmac(&KEY, &parts)));
}

type Change = (&'static str, fn(&mut Receipt, &mut Proof), Flaw);

const CHANGES: &[Change] = &[
    (
        "of another draw",
        |receipt, _| receipt.draw = 8.into(),
        Flaw::Draw,
    ),
    (
        "under another commitment",
        |receipt, _| receipt.commitment = Digest::default(),
        Flaw::Commitment,
    ),
    (
        "of another person",
        |receipt, _| receipt.token = Token::default(),
        Flaw::Token,
    ),
    (
        "a later change of rules",
        |_, proof| proof.terms.policy.cluster_cap = 9,
        Flaw::Commitment,
    ),
    (
        "another seed",
        |_, proof| proof.seed = fairslot::draw::Seed::default(),
        Flaw::Commitment,
    ),
    (
        "another suspicion",
        |_, proof| proof.leaf.suspicion = 200,
        Flaw::Root,
    ),
    ("another place", |_, proof| proof.index += 1, Flaw::Root),
    (
        "a place beyond",
        |_, proof| proof.index = u64::MAX,
        Flaw::Root,
    ),
    (
        "another count",
        |_, proof| proof.closing.entries = 22,
        Flaw::Root,
    ),
    (
        "another root",
        |_, proof| proof.closing.root = Digest::default(),
        Flaw::Root,
    ),
    ("no way up", |_, proof| proof.path.clear(), Flaw::Root),
    (
        "a longer way",
        |_, proof| proof.path.push(Digest::default()),
        Flaw::Root,
    ),
    (
        "a preference for nothing",
        |_, proof| proof.leaf.preferences = vec![1],
        Flaw::Leaf { index: 0 },
    ),
    (
        "a beacon's value",
        |_, proof| proof.beacon = BeaconValue::Seeds(Vec::new()),
        Flaw::Beacon,
    ),
];

#[test]
fn a_proof_of_anything_else_is_none() {
    let (receipt, proof, other) = receipt_and_proof();
    assert!(verify_receipt(&receipt, &proof).is_ok());
    assert_eq!(verify_receipt(&receipt, &other), Err(Flaw::Token));
    for (what, change, expected) in CHANGES {
        let (mut receipt, mut proof) = (receipt, proof.clone());
        change(&mut receipt, &mut proof);
        let flaw = verify_receipt(&receipt, &proof).expect_err(what);
        let same = std::mem::discriminant(&flaw) == std::mem::discriminant(expected);
        assert!(same, "{what}: {flaw:?}");
    }
}

#[test]
fn nothing_shown_or_published_has_an_identity_or_a_secret_in_it() {
    let (patient, device) = (
        0x1234_5678_9abc_def0_1122_3344_5566_7788u128,
        0x0fed_cba9_8765_4321u128,
    );
    let mut scene = crowd(3, 3, Policy::new(1));
    scene.asks.push(crate::crowd::person(patient, device));
    let window = scene.window();
    let frozen = window.close();
    let drawn = frozen.draw(BeaconValue::None).expect("no beacon was fixed");
    let receipt = window.receipt(PatientId::new(patient)).expect("in");
    let shown = format!(
        "{window:?} {frozen:?} {drawn:?} {receipt:?} {:?} {:?} {:?}",
        drawn.transcript(),
        drawn.proof(&receipt.token),
        fairslot::draw::ServerKey::new(KEY),
    );
    for secret in [patient, device] {
        for form in [
            format!("{secret:x}"),
            secret.to_string(),
            format!("{:?}", secret.to_be_bytes()),
        ] {
            assert!(!shown.contains(&form), "{form}");
        }
    }
    assert!(!shown.contains("1717"), "the seed");
}
