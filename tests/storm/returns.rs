//! Draws and slots that return, by real threads: whoever enters, waits, pauses, waits with others, leaves, is offered, lets lapse, calls off; and an audit in the middle of it, again and again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use fairslot::line::{Quota, Returns, WaitlistPolicy};
use fairslot::{
    BookingId, Engine, EntryWindow, HoldId, Lottery, ManualClock, Opening, PatientId, Request,
    ReturnPolicy, Schedule, ScheduleId, TicketId,
};

use crate::weather::{DAY, Dice, Meetings, OPENING, alone, assert_whole, built, plan, together};

const ROUNDS: u64 = 4_000;
const STEP: u64 = 500;

/// What anybody was told of, for anybody to do something with.
#[derive(Default)]
struct Known {
    holds: Vec<(HoldId, PatientId)>,
    bookings: Vec<(BookingId, PatientId)>,
    tickets: Vec<(TicketId, PatientId)>,
}

fn some<T: Copy>(all: &[T], dice: &mut Dice) -> Option<T> {
    let recent = all.len().min(40);
    let back = dice.roll(recent.max(1) as u64) as usize;
    all.len().checked_sub(back + 1).map(|at| all[at])
}

fn act(
    engine: &Engine,
    clock: &ManualClock,
    schedules: &[ScheduleId],
    known: &Mutex<Known>,
    dice: &mut Dice,
) {
    let schedule = schedules[dice.roll(schedules.len() as u64) as usize];
    let all = || known.lock().expect("nobody panicked with it");
    match dice.roll(23) {
        0..=6 => {
            let patient = PatientId::new(u128::from(dice.roll(24)));
            let request = Request::new(patient, schedule).waitlist();
            let outcome = engine.request(&request);
            if let Some(hold) = outcome.held() {
                all().holds.push((hold.id, patient));
            }
            if let Some(ticket) = outcome.waiting() {
                all().tickets.push((ticket.id, patient));
            }
        }
        7..=9 => {
            let picked = some(&all().tickets, dice);
            if let Some((ticket, patient)) = picked
                && let Ok(Some(hold)) = engine.ticket(ticket).map(|it| it.held())
            {
                all().holds.push((hold.id, patient));
            }
        }
        10 => {
            let picked = some(&all().tickets, dice);
            let _ = picked.map(|(ticket, patient)| engine.leave(ticket, patient));
        }
        11..=13 => {
            let picked = some(&all().holds, dice);
            if let Some((hold, patient)) = picked
                && let Ok(booking) = engine.confirm(hold, patient, None)
                && let Ok(booking) = booking.wait()
            {
                all().bookings.push((booking.id, patient));
            }
        }
        14 => {
            let picked = some(&all().holds, dice);
            let _ = picked.map(|(hold, patient)| engine.release(hold, patient));
        }
        15 | 16 => {
            let picked = some(&all().bookings, dice);
            let _ = picked.map(|(booking, patient)| engine.cancel(booking, patient).map(drop));
        }
        20 => {
            let picked = some(&all().tickets, dice);
            let _ = picked.map(|(ticket, _)| engine.pause(ticket));
        }
        21 => {
            let picked = some(&all().tickets, dice);
            let _ = picked.map(|(ticket, _)| engine.resume(ticket));
        }
        22 => {
            let some: Vec<_> = (0..1 + dice.roll(3))
                .filter_map(|_| some(&all().tickets, dice).map(|it| it.0))
                .collect();
            let _ = engine.wait_together(&some);
        }
        17 => match dice.roll(40) {
            0 => drop(engine.withdraw(schedule)),
            1..=8 => drop(engine.reinstate(schedule)),
            _ => drop(engine.advance()),
        },
        _ => clock.pass(STEP),
    }
}

#[test]
fn draws_and_returns_in_a_storm_leave_whole_books() {
    let _alone = alone();
    let returns = Returns {
        interval_ms: 4_000,
        quiet_ms: 1_000,
        near_ms: 0,
        at_once_ms: 0,
        near_interval_ms: 1_000,
    };
    let policy = WaitlistPolicy {
        returns,
        ..WaitlistPolicy::default()
    };
    let (engine, clock) = built(|it| {
        it.waitlist(policy)
            .cancel_quota(Quota::default())
            .expected_lines(64)
    });
    let window = EntryWindow::Fixed { ms: 5 * STEP };
    let lottery = Opening::Lottery(Lottery {
        window,
        ..Lottery::new(OPENING)
    });
    let first_come = Opening::first_come(OPENING);
    let publish = |opening, returns, capacity| {
        let hold_ttl_ms = 3 * STEP;
        let plan = plan(OPENING, 100_000 * DAY, capacity);
        let plan = Schedule {
            opening,
            returns,
            hold_ttl_ms,
            ..plan
        };
        engine.publish(&plan).expect("a sound schedule")
    };
    let schedules = [
        publish(lottery, ReturnPolicy::Draw, 3),
        publish(first_come, ReturnPolicy::Draw, 2),
        publish(lottery, ReturnPolicy::AtOnce, 2),
        publish(first_come, ReturnPolicy::Delay { ms: STEP }, 2),
    ];
    let (known, meetings, audits) = (Mutex::default(), Meetings::default(), AtomicU64::new(0));
    together(3, |lane| {
        let mut dice = Dice(lane);
        for round in meetings.rounds(ROUNDS) {
            meetings.call(|| act(&engine, &clock, &schedules, &known, &mut dice));
            if lane == 0 && round % 16 == 0 {
                let audit = engine.audit();
                assert!(audit.is_consistent(), "{audit:?}");
                audits.fetch_add(1, SeqCst);
            }
        }
    });
    meetings.assert_any("draws and returns");
    assert!(audits.load(SeqCst) > 0);
    assert_whole(&engine, &schedules);
    let stats = engine.stats();
    assert!(
        stats.drawn > 0 && stats.returned > 0 && stats.left > 0,
        "{stats:?}"
    );
    // Time settles all that isn't booked.
    for _ in 0..400 {
        clock.pass(STEP);
        engine.advance();
    }
    assert_whole(&engine, &schedules);
    for schedule in schedules {
        let left = engine.availability(schedule).expect("it stands");
        assert_eq!((left.held, left.cooling), (0, 0), "{left:?}");
    }
}
