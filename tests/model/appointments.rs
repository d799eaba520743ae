//! What a patient has, one situation each; that it is so after every step of any walk, `walk` shows.

use fairslot::{
    Appointment, EntryWindow, Line, Lottery, Opening, Outcome, PatientId, Request, Schedule,
    ScheduleId,
};

use crate::desk::{ANN, BOB, DAY, Desk, EVE, OPENING, SESSION, TTL, after, plan};

/// The names of what a patient has.
fn names(desk: &Desk, patient: PatientId) -> Vec<&'static str> {
    let all = desk.engine.appointments(patient);
    all.iter().map(Appointment::name).collect()
}

fn starting_at(desk: &Desk, ms: u64) -> ScheduleId {
    desk.publish_plan(&Schedule {
        starts_at: after(ms),
        ..plan(2)
    })
}

#[test]
fn a_hold_becomes_a_booking_and_a_visit() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    assert_eq!(desk.engine.appointments(ANN), []);
    let hold = desk.hold(ANN, schedule);
    assert_eq!(desk.engine.appointments(ANN), [Appointment::Held(hold)]);
    let expires_at = desk.engine.extend(hold.id, ANN, 2 * TTL);
    let extended = fairslot::Hold {
        expires_at: expires_at.expect("within the cap"),
        ..hold
    };
    assert!(extended.expires_at > hold.expires_at);
    assert_eq!(desk.engine.appointments(ANN), [Appointment::Held(extended)]);
    let booking = desk.confirm(hold.id, ANN).expect("the hold is live");
    assert_eq!(
        desk.engine.appointments(ANN),
        [Appointment::Booked(booking)]
    );
    assert_eq!(desk.check_in(booking.id), Ok(()));
    assert_eq!(
        desk.engine.appointments(ANN),
        [Appointment::Arrived(booking)]
    );
    assert_eq!(desk.fulfil(booking.id), Ok(()));
    let visit = Appointment::Fulfilled(booking);
    assert_eq!(desk.engine.appointments(ANN), [visit]);
    assert_eq!((visit.schedule(), visit.name()), (schedule, "fulfilled"));
    let missed = desk.book(BOB, schedule);
    assert_eq!(desk.no_show(missed.id), Ok(()));
    assert_eq!(desk.engine.appointments(BOB), [Appointment::NoShow(missed)]);
    assert_eq!(desk.engine.appointments(EVE), []);
}

#[test]
fn what_has_ended_is_none() {
    let desk = Desk::new();
    let (schedule, other) = (desk.publish(9), desk.publish(9));
    assert_eq!(desk.release(desk.hold(ANN, schedule).id, ANN), Ok(()));
    let cancelled = desk.book(ANN, schedule);
    assert_eq!(desk.cancel(cancelled.id, ANN), Ok(()));
    let given = desk.book(ANN, schedule);
    let taken = desk.exchange(given.id, ANN, other).expect("one is free");
    assert_eq!(desk.engine.appointments(ANN), [Appointment::Booked(taken)]);
    // A millisecond before a hold runs out, and then.
    desk.hold(BOB, schedule);
    desk.at(TTL - 1);
    assert_eq!(names(&desk, BOB), ["held"]);
    desk.at(TTL);
    assert_eq!(names(&desk, BOB), [""; 0]);
    // The session is called off: only who had been there has been there.
    let seen = desk.book(BOB, other);
    assert_eq!(desk.check_in(seen.id), Ok(()));
    assert_eq!(desk.engine.withdraw(other), Ok(1));
    assert_eq!(names(&desk, ANN), [""; 0]);
    assert_eq!(desk.engine.appointments(BOB), [Appointment::Arrived(seen)]);
}

#[test]
fn by_when_their_sessions_start() {
    let desk = Desk::built(|builder| builder.live_holds_max(9));
    let starts = [5, 1, 4, 2, 3].map(|days| starting_at(&desk, days * DAY));
    for schedule in starts {
        desk.hold(ANN, schedule);
    }
    let all = desk.engine.appointments(ANN);
    let schedules: Vec<ScheduleId> = all.iter().map(Appointment::schedule).collect();
    assert_eq!(schedules, [1, 3, 4, 2, 0].map(|nth: usize| starts[nth]));
}

#[test]
fn what_already_holds_means() {
    let desk = Desk::new();
    let schedule = desk.publish(2);
    let hold = desk.hold(ANN, schedule);
    // The reply was lost, and so was the id.
    assert_eq!(
        desk.ask(ANN, schedule),
        Err(fairslot::Refusal::AlreadyHolds)
    );
    let Some(Appointment::Held(found)) = desk.engine.appointments(ANN).pop() else {
        panic!("it is held");
    };
    assert_eq!(found, hold);
    assert!(desk.confirm(found.id, ANN).is_ok());
}

#[test]
fn a_place_in_a_draw_until_it_is_drawn() {
    let desk = Desk::new();
    let window = Lottery {
        window: EntryWindow::Fixed { ms: 1_000 },
        ..Lottery::new(OPENING)
    };
    let schedule = desk.publish_plan(&Schedule {
        opening: Opening::Lottery(window),
        ..plan(1)
    });
    let enter = |patient| match desk.engine.request(&Request::new(patient, schedule)) {
        Outcome::Waiting(ticket) => ticket,
        other => panic!("no ticket: {other:?}"),
    };
    let tickets = [ANN, BOB].map(|patient| (patient, enter(patient)));
    for (patient, ticket) in tickets {
        let waits = [Appointment::Waiting(ticket)];
        assert_eq!(desk.engine.appointments(patient), waits);
        assert_eq!(ticket.line, Line::Draw);
    }
    assert_eq!(desk.engine.leave(tickets[0].1.id, ANN), Ok(()));
    assert_eq!(names(&desk, ANN), [""; 0]);
    let again = enter(ANN);
    desk.at(1_000);
    // Nobody has advanced: asking is enough.
    let mut all = [names(&desk, ANN), names(&desk, BOB)];
    all.sort();
    assert_eq!(all, [vec![], vec!["held"]], "{again:?}");
}

#[test]
fn a_place_on_a_waitlist_until_booking_closes() {
    let desk = Desk::built(|builder| builder.waitlist(fairslot::line::WaitlistPolicy::default()));
    let schedule = desk.publish_plan(&Schedule {
        returns: fairslot::ReturnPolicy::Draw,
        ..plan(1)
    });
    desk.book(ANN, schedule);
    let ask = Request::new(BOB, schedule).waitlist();
    let Outcome::Waiting(ticket) = desk.engine.request(&ask) else {
        panic!("no ticket");
    };
    assert_eq!(
        desk.engine.appointments(BOB),
        [Appointment::Waiting(ticket)]
    );
    desk.at(SESSION - 1);
    assert_eq!(names(&desk, BOB), ["waiting"]);
    desk.at(SESSION);
    assert_eq!(names(&desk, BOB), [""; 0]);
    assert_eq!(names(&desk, ANN), ["booked"]);
}

#[test]
fn a_visit_until_its_schedule_is_retired() {
    let desk = Desk::built(|builder| builder.retire_after_ms(Some(3 * DAY)));
    let schedule = desk.publish(1);
    desk.book(ANN, schedule);
    desk.at(SESSION + 3 * DAY - 1);
    desk.advance();
    assert_eq!(names(&desk, ANN), ["booked"]);
    desk.at(SESSION + 3 * DAY);
    let retired: u64 = (0..100).map(|_| desk.engine.advance().retired).sum();
    assert_eq!(retired, 1);
    assert_eq!(names(&desk, ANN), [""; 0]);
}
