//! One slot, from publication to booking.

use fairslot::{Engine, Opening, Outcome, PatientId, PractitionerId, Request, Schedule, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().build()?;
    let now = engine.now();
    let (opening, starts_at) = (Opening::first_come(now), now.after(86_400_000));
    let (doctor, day) = (PractitionerId::new(3), "2026-12-01".parse()?);
    let morning = Schedule::new(doctor, day, Session::Morning, 30, opening, starts_at);
    let schedule = engine.publish(&morning)?;
    let patient = PatientId::from_text("patient-7");
    let hold = match engine.request(&Request::new(patient, schedule)) {
        Outcome::Held(hold) => hold,
        other => return Err(format!("no slot: {other:?}").into()),
    };
    let booking = engine.confirm(hold.id, patient, None)?.wait()?;
    println!("number {} is booked: {}", booking.slot, booking.id);
    assert!(engine.audit().is_consistent());
    Ok(())
}
