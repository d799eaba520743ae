//! Somebody asks what they have while the session is called off: what they are told is true before, meanwhile and after.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use fairslot::{
    Appointment, Day, Engine, EntryWindow, Lottery, ManualClock, Opening, Outcome, PatientId,
    PractitionerId, Refusal, Request, Schedule, ScheduleId, Session, Timestamp, Together,
};

const PEOPLE: u32 = 3_000;

fn engine() -> (Engine, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(0)));
    let builder = Engine::builder().clock(Arc::clone(&clock)).seed(7);
    (builder.build().expect("in range"), clock)
}

fn publish(engine: &Engine, opening: Opening) -> ScheduleId {
    let day = Day::new(2026, 12, 1).expect("a day");
    let starts_at = Timestamp::from_millis(1_000_000);
    let practitioner = PractitionerId::new(3);
    let plan = Schedule::new(
        practitioner,
        day,
        Session::Morning,
        PEOPLE,
        opening,
        starts_at,
    );
    engine.publish(&plan).expect("a sound schedule")
}

fn patient(number: u32) -> PatientId {
    PatientId::new(u128::from(number))
}

/// Somebody looks before and while the schedule is called off: how often while it was.
fn looks_meanwhile(engine: &Engine, schedule: ScheduleId, look: impl Fn() + Sync) -> u32 {
    let (over, gate) = (AtomicBool::new(false), Barrier::new(2));
    thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut looks = 0;
            look();
            gate.wait();
            while !over.load(Ordering::Acquire) {
                let ask = Request::new(patient(u32::MAX), schedule);
                let begun = engine.request(&ask) == Outcome::Refused(Refusal::Withdrawn);
                look();
                looks += u32::from(begun && !over.load(Ordering::Acquire));
            }
            looks
        });
        gate.wait();
        assert!(engine.withdraw(schedule).is_ok());
        over.store(true, Ordering::Release);
        looking.join().expect("no look panics")
    })
}

/// Until one look has met the withdrawal.
fn insist(mut storm: impl FnMut() -> u32) {
    let met = (0..1_000).any(|_| storm() > 0);
    assert!(met, "nobody looked while the session was called off");
}

#[test]
fn who_keeps_a_place_in_a_joint_draw_is_never_told_otherwise() {
    insist(|| {
        let (engine, clock) = engine();
        let lottery = Lottery {
            window: EntryWindow::Fixed { ms: 1_000 },
            together: Some(Together::new(7)),
            ..Lottery::new(Timestamp::from_millis(100))
        };
        let [one, other] = [(); 2].map(|()| publish(&engine, Opening::Lottery(lottery)));
        clock.set(Timestamp::from_millis(100));
        let enter = |number| {
            let ask = Request::any(patient(number), &[one, other]);
            engine.request(&ask).waiting().expect("it is open")
        };
        let tickets: Vec<_> = (0..PEOPLE).map(enter).collect();
        let ticket = tickets.last().expect("some people");
        let who = patient(PEOPLE - 1);
        let waits = |it: &Appointment| matches!(it, Appointment::Waiting(it) if it.id == ticket.id);
        let looks = looks_meanwhile(&engine, one, || {
            let all = engine.appointments(who);
            assert!(all.len() == 1 && waits(&all[0]), "{all:?}");
            let said = engine.ticket(ticket.id).expect("it is known");
            assert!(said.waiting().is_some(), "{said:?}");
        });
        assert_eq!(engine.appointments(who)[0].schedule(), other);
        assert!(engine.audit().is_consistent());
        looks
    });
}

#[test]
fn who_has_heard_that_a_session_is_called_off_finds_no_booking_there() {
    insist(|| {
        let (engine, _) = engine();
        let schedule = publish(&engine, Opening::first_come(Timestamp::from_millis(0)));
        for number in 0..PEOPLE {
            let held = engine.request(&Request::new(patient(number), schedule));
            let hold = held.held().expect("one is free").id;
            assert!(engine.confirm(hold, patient(number), None).is_ok());
        }
        // The last slot is called off last.
        let who = patient(PEOPLE - 1);
        let looks = looks_meanwhile(&engine, schedule, || {
            let ask = Request::new(patient(u32::MAX), schedule);
            if engine.request(&ask) == Outcome::Refused(Refusal::Withdrawn) {
                assert_eq!(engine.appointments(who), []);
            }
        });
        assert!(engine.audit().is_consistent());
        looks
    });
}
