//! Slots that return, and draws, one situation each: who is left out, and clocks that step back over a moment that was reached.

use fairslot::{
    ChannelId, Day, DeviceId, EntryWindow, HoldId, Lottery, Opening, Outcome, PatientId,
    PractitionerId, Refusal, Request, ReturnPolicy, Schedule, ScheduleId, Session, Ticket,
    Timestamp,
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

/// From the cut-off on nobody can be given a slot: it returns in time, however far off the visit is.
#[test]
fn what_is_given_up_shortly_before_the_cut_off_returns_before_it() {
    let desk = Desk::new();
    let schedule = returning(&desk, 1);
    let plan = desk.engine.schedule(schedule).expect("published");
    let schedule = desk.publish_plan(&Schedule {
        closes_at: Some(after(9 * MINUTE)),
        ..plan
    });
    let booking = desk.book(who(1), schedule);
    let ticket = waits(&desk, who(2), schedule, 2);
    desk.cancel(booking.id, who(1)).expect("booked");
    desk.at(9 * MINUTE - 1);
    desk.engine.advance();
    assert!(became(&desk, &ticket).held().is_some());
}

/// The next opening is a day after the published one, not after the instant at which the draw was over.
#[test]
fn the_next_opening_is_counted_from_the_published_one() {
    let desk_clerk = ChannelId::new(3);
    let due = |returns, channel: Option<ChannelId>| {
        let desk = Desk::built(|it| it.returns_through(desk_clerk, ReturnPolicy::NextOpening));
        let lottery = Lottery {
            window: EntryWindow::Fixed { ms: 10_000 },
            ..Lottery::new(after(0))
        };
        let plan = Schedule {
            opening: Opening::Lottery(lottery),
            returns,
            ..crate::desk::plan(1)
        };
        let schedule = desk.publish_plan(&plan);
        let outcome = desk.engine.request(&Request::new(who(1), schedule));
        let ticket = outcome.waiting().expect("in the window");
        desk.at(20_000);
        let hold = became(&desk, &ticket).held().expect("alone");
        let booking = desk.confirm(hold.id, who(1)).expect("live").id;
        desk.at(MINUTE);
        let cancelled = match channel {
            Some(channel) => desk.engine.cancel_through(channel, booking, who(1)),
            None => desk.engine.cancel(booking, who(1)),
        };
        assert!(cancelled.is_ok());
        desk.engine.next_deadline()
    };
    let next = Some(after(86_400_000));
    assert_eq!(due(ReturnPolicy::NextOpening, None), next);
    assert_eq!(due(ReturnPolicy::AtOnce, Some(desk_clerk)), next);
}
