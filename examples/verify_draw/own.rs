//! A draw of our own, from commitment to tampering.

use fairslot::draw::{
    BeaconSpec, BeaconValue, Entry, Holder, MasterSeed, Policy, ServerKey, Terms, Transcript,
    Window, verify, verify_receipt,
};
use fairslot::{DeviceId, PatientId, Timestamp};

/// Two hundred people and a scalper's sixty identities on four devices; thirty slots; the regulator holds a seed as well.
pub(crate) fn draw() -> Result<String, String> {
    let (sound, bent) = (file(""), file("-tampered"));
    let (transcript, story) = run().map_err(|why| why.to_string())?;
    write(&sound, &transcript)?;
    let mut other = transcript.clone();
    let won = |token| transcript.places.iter().any(|place| place.token == token);
    if let Some(loser) = transcript.leaves.iter().find(|leaf| !won(leaf.token))
        && let Some(first) = other.places.first_mut()
    {
        first.token = loser.token;
    }
    write(&bent, &other)?;
    let verified = verify(&transcript).map_err(|flaw| flaw.to_string())?;
    let Err(flaw) = verify(&other) else {
        return Err("a tampered copy holds, which must not be".to_owned());
    };
    let (sound, bent) = (sound.to_string_lossy(), bent.to_string_lossy());
    Ok(format!(
        "{story}\n{}\n{sound} has it.\n{bent} has the first winner exchanged for a loser: {flaw}.\n",
        crate::holds(&verified, &transcript),
    ))
}

/// What a beacon said, in words.
pub(crate) fn beacon(value: &BeaconValue) -> String {
    match value {
        BeaconValue::None => {
            "none: the operator could work the result out before the close".to_owned()
        }
        BeaconValue::Round(value) => value.to_string(),
        BeaconValue::Seeds(seeds) => {
            let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
            seeds.join("\n            ")
        }
    }
}

fn run() -> Result<(Transcript, String), Box<dyn std::error::Error>> {
    // The platform's secrets, and the regulator's.
    let (master, key) = (MasterSeed::random()?, ServerKey::random()?);
    let draw = 1.into();
    let regulator = MasterSeed::random()?.seed(draw, 1);
    let holders = vec![Holder::commit(draw, "regulator", &regulator)];
    let terms = Terms::new(draw, Timestamp::from_millis(1_000), Policy::new(30))
        .beacon(BeaconSpec::Holders(holders));
    let window = Window::open(terms, master.seed(draw, 1), key, 10_000)?;
    let mut story = format!("Before the window: commitment {}\n", window.commitment());

    let me = PatientId::from_text("patient-7");
    let receipt = window.enter(&Entry::new(me).device(DeviceId::from_text("my phone")))?;
    for number in 0..199u128 {
        window.enter(&Entry::new(PatientId::new(number)).device(DeviceId::new(number)))?;
    }
    for number in 0..60u128 {
        let device = DeviceId::new(1_000 + number % 4);
        let entry = Entry::new(PatientId::new(1_000 + number)).device(device);
        // However often.
        for _ in 0..100 {
            window.enter(&entry)?;
        }
    }

    let frozen = window.close();
    let closing = frozen.closing();
    story += &format!(
        "At the close: {} entries, root {}\n",
        closing.entries, closing.root
    );
    let drawn = frozen.draw(BeaconValue::Seeds(vec![regulator]))?;
    let scalped = drawn
        .winners()
        .filter(|(patient, _)| patient.to_u128() / 1_000 == 1);
    story += &format!(
        "The scalper's sixty identities on four devices got {} of 30 places.\n",
        scalped.count()
    );
    let proof = drawn
        .proof(&receipt.token)
        .ok_or("whoever entered has a proof")?;
    let rank = verify_receipt(&receipt, &proof)?.rank;
    story += &format!("My token {} was in, with rank {rank}.\n", receipt.token);
    Ok((drawn.transcript(), story))
}

fn file(what: &str) -> std::path::PathBuf {
    let mut path = crate::flags::default_report(crate::NAME);
    path.set_file_name(format!("{}{what}.json", crate::NAME));
    path
}

fn write(path: &std::path::Path, transcript: &Transcript) -> Result<(), String> {
    let text = serde_json::to_vec_pretty(transcript).map_err(|why| why.to_string())?;
    std::fs::write(path, text).map_err(|why| {
        format!(
            "{}: cannot be written: {why}",
            path.to_string_lossy().escape_debug()
        )
    })
}
