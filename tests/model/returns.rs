//! Slots that return, and draws, one situation each: who is left out, and clocks that step back over a moment that was reached.

use fairslot::{
    Day, DeviceId, EntryWindow, HoldId, Lottery, Opening, Outcome, PatientId, PractitionerId,
    Refusal, Request, ReturnPolicy, Schedule, ScheduleId, Session, Ticket, Timestamp,
};

use crate::desk::{Desk, OPENING, after};

const MINUTE: u64 = 60_000;
const MONTH: u64 = 30 * 86_400_000;

fn who(number: u128) -> PatientId {
    PatientId::new(number)
}

fn returning(desk: &Desk, capacity: u32) -> ScheduleId {
    let day = Day::new(2026, 12, 1).expect("a day");
    let opening = Opening::first_come(OPENING);
    let doctor = PractitionerId::new(1);
    let plan = Schedule::new(
        doctor,
        day,
        Session::Morning,
        capacity,
        opening,
        after(MONTH),
    );
    let returns = ReturnPolicy::Draw;
    desk.publish_plan(&Schedule { returns, ..plan })
}

fn waits(desk: &Desk, patient: PatientId, schedule: ScheduleId, device: u128) -> Ticket {
    let request = Request::new(patient, schedule).device(DeviceId::new(device));
    let outcome = desk.engine.request(&request.waitlist());
    outcome.waiting().expect("it is sold out")
}

fn became(desk: &Desk, ticket: &Ticket) -> Outcome {
    desk.engine.ticket(ticket.id).expect("it is remembered")
}

fn until_returned(desk: &Desk) {
    desk.engine.advance();
    while desk.engine.advance().returned == 0 {
        desk.clock.pass(MINUTE);
    }
}

/// She has found a slot herself, and neither gave one up nor let one lapse: nobody is left out for her.
#[test]
fn who_is_passed_over_takes_nobody_with_them() {
    for family in 0..8 {
        let desk = Desk::new();
        let schedule = returning(&desk, 1);
        let booking = desk.book(who(100), schedule);
        let (mother, child) = (who(2 * family + 1), who(2 * family + 2));
        let tickets = [mother, child].map(|it| waits(&desk, it, schedule, 66));
        assert_eq!(desk.engine.add_slots(schedule, 1), Ok(1));
        desk.book(mother, schedule);
        assert_eq!(desk.cancel(booking.id, who(100)), Ok(()));
        until_returned(&desk);
        assert!(
            became(&desk, &tickets[1]).held().is_some(),
            "family {family}"
        );
        let told = became(&desk, &tickets[0]);
        assert!(told.held().is_none(), "she has one");
    }
}

#[test]
fn f07_clock_back_over_a_return_takes_no_offer_back() {
    let desk = Desk::new();
    let schedule = returning(&desk, 1);
    let booking = desk.book(who(100), schedule);
    let tickets = [1, 2].map(|it| waits(&desk, who(it), schedule, it));
    assert_eq!(desk.cancel(booking.id, who(100)), Ok(()));
    until_returned(&desk);
    let offered = |ticket: &Ticket| became(&desk, ticket).held();
    let first: Vec<HoldId> = tickets
        .iter()
        .filter_map(|it| Some(offered(it)?.id))
        .collect();
    let told = desk.events().len();
    for back in [1, MINUTE, 60 * MINUTE] {
        desk.set(Timestamp::from_millis(desk.engine.now().as_millis() - back));
        let now: Vec<HoldId> = tickets
            .iter()
            .filter_map(|it| Some(offered(it)?.id))
            .collect();
        assert_eq!((now.len(), &now), (1, &first));
        assert_eq!(desk.advance(), 0);
        assert_eq!(desk.ask(who(3), schedule), Err(Refusal::SoldOut));
    }
    assert!(told > 0 && desk.events().is_empty());
}

#[test]
fn f07_clock_back_over_a_close_draws_nothing_twice() {
    let desk = Desk::new();
    let day = Day::new(2026, 12, 1).expect("a day");
    let window = EntryWindow::Fixed { ms: 1_000 };
    let opening = Opening::Lottery(Lottery {
        window,
        ..Lottery::new(OPENING)
    });
    let doctor = PractitionerId::new(1);
    let plan = Schedule::new(doctor, day, Session::Morning, 2, opening, after(MONTH));
    let schedule = desk.publish_plan(&plan);
    let enters = |it| desk.engine.request(&Request::new(who(it), schedule));
    let tickets: Vec<Ticket> = (1..=5).filter_map(|it| enters(it).waiting()).collect();
    desk.at(1_000);
    assert_eq!(desk.engine.advance().drawn, 1);
    let drawn: Vec<Outcome> = tickets.iter().map(|it| became(&desk, it)).collect();
    assert_eq!(drawn.iter().filter(|it| it.held().is_some()).count(), 2);
    for back in [999, 0] {
        desk.at(back);
        // Nobody enters what is closed, and it stays as it was drawn.
        assert_eq!(enters(9), Outcome::Refused(Refusal::SoldOut));
        assert_eq!(desk.engine.advance().drawn, 0);
        let again: Vec<Outcome> = tickets.iter().map(|it| became(&desk, it)).collect();
        assert_eq!(again, drawn);
    }
}
