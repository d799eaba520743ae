//! What can be shown of a scalper's morning, and to whom: evidence written down by the engine, a case file for one device, and a copy that was bent.
//!
//! `cargo run --example case_file --features evidence,serde`. It writes the case file beside the build, as JSON.

#[path = "../shared/console.rs"]
#[allow(dead_code, reason = "shared: each example uses a part")]
mod console;
#[path = "../shared/flags.rs"]
#[allow(dead_code, reason = "shared: each example uses a part")]
mod flags;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use console::{complain, say};
use fairslot::evidence::{CaseFile, Code, Evidence, Kind, LogMemory, Month, MonthKeys, verify};
use fairslot::{
    Day, DeviceId, Engine, Limit, ManualClock, Opening, PatientId, PractitionerId, Request,
    Schedule, Session, Timestamp,
};

const NAME: &str = "case_file";
/// The log's name: this start of this service.
const LOG: u128 = 1;
/// 2026-12-01, 08:00 in Beijing.
const OPENING: u64 = 1_796_083_200_000;
/// Twenty identities ask from this one.
const SCALPERS_DEVICE: u128 = 666;

fn main() -> ExitCode {
    match run() {
        Ok(story) => {
            say(&story);
            ExitCode::SUCCESS
        }
        Err(why) => complain(NAME, &why.to_string()),
    }
}

fn run() -> Result<String, Box<dyn Error>> {
    // In a service: 32 random bytes a month, kept apart from the log.
    let month = Month::of(Timestamp::from_millis(OPENING));
    let keys = MonthKeys::new().with(month, [7; 32]);
    let log = morning(keys.clone())?;
    let whole = verify(LOG, &log)?;
    // What was published, or left with somebody else, second by second.
    let published: Vec<_> = whole.checkpoints.iter().map(|it| it.hash()).collect();
    let device = keys.pseudonym(month, Kind::Device, SCALPERS_DEVICE);
    let device = device.ok_or("this month has a key")?;

    let file = CaseFile::extract(LOG, &log, &[device])?;
    let path = flags::default_report(NAME).with_file_name("case_file.json");
    let text = serde_json::to_string_pretty(&file)?;
    std::fs::write(&path, &text)?;
    let count = |code| {
        let theirs = file.exhibits.iter().map(|it| it.record.code);
        theirs.filter(|it| *it == code).count()
    };
    let mut story = format!(
        "The log: {} records in {} epochs, and no name in them. It holds.\n\n\
         The case of device {device} in {month}: {} records, {} slots got and {} times refused.\n{} has them, each with a proof.\n\n",
        whole.records,
        published.len(),
        file.exhibits.len(),
        count(Code::Done),
        count(Code::RateLimited),
        path.to_string_lossy().escape_debug(),
    );
    serde_json::from_str::<CaseFile>(&text)?.check(&published)?;
    story += "The file, read again, against the published checkpoints: holds.\n";

    let mut bent = file.clone();
    if let Some(exhibit) = bent.exhibits.first_mut() {
        exhibit.record.device = keys.pseudonym(month, Kind::Device, 1);
        bent.pseudonyms.extend(exhibit.record.device);
    }
    let Err(doubt) = bent.check(&published) else {
        return Err("a bent case file holds, which must not be".into());
    };
    story += &format!("A copy that lays the first record at another's door: {doubt}.\n");

    let mut cut = log.clone();
    cut.drain(192..384);
    let Err(flaw) = verify(LOG, &cut) else {
        return Err("a log with a hole holds, which must not be".into());
    };
    story += &format!("A copy of the log without its second record: {flaw}.\n");
    Ok(story)
}

/// Thirty slots, forty people with a device each, and a scalper with twenty identities on one. Three seconds of it, as the log's bytes.
fn morning(keys: MonthKeys) -> Result<Vec<u8>, Box<dyn Error>> {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(OPENING)));
    let sink = LogMemory::default();
    let engine = Engine::builder()
        .clock(Arc::clone(&clock))
        .seed(7)
        .device_limit(Limit::new(2, 1_000, 5))
        .evidence(Evidence::new(LOG, keys, sink.clone()))
        .build()?;
    let opening = Opening::first_come(Timestamp::from_millis(OPENING));
    let starts = Timestamp::from_millis(OPENING + 3_600_000);
    let day = Day::new(2026, 12, 1)?;
    let schedule = engine.publish(&Schedule::new(
        PractitionerId::new(1),
        day,
        Session::Morning,
        30,
        opening,
        starts,
    ))?;
    let ask = |patient: u128, device: u128| {
        let request = Request::new(PatientId::new(patient), schedule).device(DeviceId::new(device));
        engine.request(&request)
    };
    for tick in 0..30u64 {
        clock.set(Timestamp::from_millis(OPENING + 100 * tick));
        for identity in 0..20 {
            ask(10_000 + identity, SCALPERS_DEVICE);
        }
        // Four people in three tenths of a second.
        for person in 4 * tick / 3..4 * (tick + 1) / 3 {
            ask(u128::from(person), u128::from(person));
        }
        if tick % 10 == 9 {
            engine.deliver_evidence();
        }
    }
    engine.close_evidence();
    Ok(sink.bytes())
}
