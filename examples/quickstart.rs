//! One slot, from publication to booking.

use fairslot::{
    Clock, Engine, Opening, Outcome, PatientId, PractitionerId, Request, Schedule, Session,
    SystemClock,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().build()?;
    let (now, day) = (SystemClock::new().now(), "2026-12-01".parse()?);
    let opening = Opening::first_come(now);
    let morning = Schedule::new(
        PractitionerId::new(3),
        day,
        Session::Morning,
        30,
        opening,
        now.after(86_400_000),
    );
    let schedule = engine.publish(&morning)?;
    let patient = PatientId::from_text("330106-1");
    match engine.request(&Request::new(patient, schedule)) {
        Outcome::Held(hold) => {
            let booking = engine.confirm(hold.id, patient, None)?.wait()?;
            println!("number {} is booked: {}", booking.slot, booking.id);
        }
        other => println!("no slot: {other:?}"),
    }
    assert!(engine.audit().is_consistent());
    Ok(())
}
