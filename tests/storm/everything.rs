//! Every verb on few slots by few patients, drawn from seeds. Afterwards the books agree, and what was told of each slot is a life that a
//! slot can have: one version after the other, each transition from where the one before led.

use std::collections::BTreeMap;

use fairslot::{Engine, Event, HoldId, ManualClock, PatientId, Request, ScheduleId, SlotNo, What};

use crate::weather::{DAY, Dice, Meetings, TTL, alone, assert_whole, built, publish, together};

const OPERATIONS: u64 = 8_000;

/// One thread's doings. It settles its own holds and bookings, which are its patients'; other threads have the same patients.
fn act(
    engine: &Engine,
    clock: &ManualClock,
    schedules: &[ScheduleId],
    seed: u64,
    meetings: &Meetings,
) {
    let mut dice = Dice(seed);
    let mut had = Vec::new();
    for _ in 0..OPERATIONS {
        let who = PatientId::new(u128::from(dice.roll(12)));
        let schedule = schedules[dice.roll(schedules.len() as u64) as usize];
        let (hold, booking, whose) = match had.len() as u64 {
            0 => (None, None, who),
            n => had[dice.roll(n) as usize],
        };
        let (hold, booking): (Option<HoldId>, Option<_>) = (hold, booking);
        meetings.call(|| match dice.roll(100) {
            0..40 => {
                if let Some(hold) = engine.request(&Request::new(who, schedule)).held() {
                    had.push((Some(hold.id), None, who));
                }
            }
            40..58 => {
                let booked = hold.and_then(|hold| engine.confirm(hold, whose, None).ok());
                if let Some(booking) = booked.and_then(|booking| booking.wait().ok()) {
                    had.push((hold, Some(booking.id), whose));
                }
            }
            58..66 => drop(hold.map(|hold| engine.release(hold, whose))),
            66..70 => drop(hold.map(|hold| engine.extend(hold, whose, dice.roll(2 * TTL)))),
            70..78 => drop(booking.map(|booking| engine.cancel(booking, whose))),
            78..86 => {
                let new =
                    booking.and_then(|booking| engine.exchange(booking, whose, schedule).ok());
                if let Some(new) = new.and_then(|new| new.wait().ok()) {
                    had.push((None, Some(new.id), whose));
                }
            }
            86 => drop(engine.withdraw(schedule)),
            87..90 => drop(engine.reinstate(schedule)),
            90..93 => drop(engine.advance()),
            93..98 => clock.pass(TTL / 16),
            _ => drop(engine.next_deadline()),
        });
        if had.len() > 30 {
            had.drain(..15);
        }
    }
}

/// Whether a slot may go from where `before` led by `next`.
fn follows(before: Option<&What>, next: &What) -> bool {
    let free = matches!(
        before,
        None | Some(
            What::Released
                | What::Expired
                | What::Cancelled
                | What::ExchangedOut { .. }
                | What::Reinstated
        )
    );
    let held = matches!(before, Some(What::Held { .. } | What::Extended { .. }));
    let booked = matches!(
        before,
        Some(What::Confirmed { .. } | What::ExchangedIn { .. })
    );
    match next {
        What::Held { .. } | What::ExchangedIn { .. } | What::Confirmed { late: true, .. } => free,
        What::Confirmed { late: false, .. }
        | What::Extended { .. }
        | What::Released
        | What::Expired => held,
        What::Cancelled | What::ExchangedOut { .. } => booked,
        What::Withdrawn { booked: true } => booked,
        What::Withdrawn { booked: false } => free || held,
        What::Reinstated => matches!(before, Some(What::Withdrawn { .. })),
        _ => false,
    }
}

/// Every version of every slot once, and each transition one that follows.
fn assert_lives(events: Vec<Event>) {
    let mut lives: BTreeMap<(ScheduleId, SlotNo), Vec<Event>> = BTreeMap::new();
    for event in events {
        if let Some(slot) = event.slot {
            lives.entry((event.schedule, slot)).or_default().push(event);
        }
    }
    for (slot, mut life) in lives {
        life.sort_by_key(|event| event.version);
        let mut before: Option<&Event> = None;
        for (i, event) in life.iter().enumerate() {
            assert_eq!(
                event.version as usize,
                i + 1,
                "{slot:?}: a version missing or twice"
            );
            assert!(
                follows(before.map(|b| &b.what), &event.what),
                "{slot:?}: {event:?} after {before:?}"
            );
            // Who is told to lose it is who had it.
            if matches!(
                event.what,
                What::Released | What::Expired | What::Cancelled | What::ExchangedOut { .. }
            ) {
                assert_eq!(event.hold, before.and_then(|b| b.hold), "{slot:?}");
            }
            before = Some(event);
        }
    }
}

#[test]
fn every_verb_at_once() {
    let _alone = alone();
    let meetings = Meetings::default();
    for seed in meetings.rounds(6) {
        let (engine, clock) = built(|builder| builder.expected_lines(1 << 10).live_holds_max(100));
        let schedules = [2, 3, 36].map(|capacity| publish(&engine, capacity));
        let listener = engine.observe(1 << 18);
        together(3, |lane| {
            act(&engine, &clock, &schedules, 100 * seed + lane, &meetings)
        });
        assert_whole(&engine, &schedules);

        let stats = engine.stats();
        let done = [
            stats.held,
            stats.extended,
            stats.confirmed,
            stats.released,
            stats.expired,
            stats.cancelled,
            stats.exchanged,
        ];
        assert!(
            done.iter().all(|&n| n > 0),
            "every verb had its turn: {stats:?}"
        );
        let events: Vec<_> = std::iter::from_fn(|| listener.next()).collect();
        assert_eq!(listener.lost(), 0);
        assert_lives(events);

        // At rest: what is not booked can be had by somebody, once.
        clock.pass(DAY);
        while engine.advance().more {}
        for schedule in schedules {
            let _ = engine.reinstate(schedule);
            let free = engine.availability(schedule).expect("it stands").free;
            let newcomers = (0..=free).map(|i| PatientId::new(1_000 + u128::from(i)));
            let won = newcomers.filter(|who| {
                engine
                    .request(&Request::new(*who, schedule))
                    .held()
                    .is_some()
            });
            assert_eq!(won.count() as u32, free);
        }
        assert_whole(&engine, &schedules);
    }
    meetings.assert_any("every verb");
}
