//! Schedules come and go while others ask for them: published, found, asked for by ids new and old, retired, their places used again. An id
//! of the past is unknown, and never another schedule's.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError, RwLock};

use fairslot::{Engine, ManualClock, PatientId, PractitionerId, Refusal, Request, ScheduleId};

use crate::weather::{DAY, Dice, Meetings, OPENING, alone, assert_whole, built, plan, together};

const DAYS: u64 = 1_000;

/// Ids that were published, newest last, each with its number.
#[derive(Default)]
struct Gazette(Mutex<Vec<(u64, ScheduleId)>>);

impl Gazette {
    fn print(&self, number: u64, id: ScheduleId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((number, id));
    }

    /// Mostly one of the last, sometimes any.
    fn read(&self, dice: &mut Dice) -> Option<(u64, ScheduleId)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reach = if dice.roll(4) == 0 {
            all.len()
        } else {
            all.len().min(12)
        } as u64;
        (reach > 0).then(|| all[all.len() - 1 - dice.roll(reach) as usize])
    }
}

/// How the schedule of a number differs from others.
fn capacity(number: u64) -> u32 {
    1 + (number % 50) as u32
}

fn ask_and_find(engine: &Engine, gazette: &Gazette, dice: &mut Dice, meetings: &Meetings) {
    let Some((number, id)) = gazette.read(dice) else {
        return;
    };
    if let Some(found) = engine.schedule(id) {
        assert_eq!(
            (found.practitioner.get(), found.capacity),
            (number, capacity(number))
        );
    }
    let who = PatientId::new(u128::from(dice.roll(1 << 20)));
    let outcome = meetings.call(|| engine.request(&Request::new(who, id)));
    match outcome.held() {
        Some(hold) => {
            assert_eq!(hold.schedule, id, "what was asked for");
            assert!(u32::from(hold.slot.get()) <= capacity(number));
            if dice.roll(2) == 0 {
                engine.confirm(hold.id, who, None).map(drop).expect("live");
            }
        }
        None => assert!(
            matches!(
                outcome.refused(),
                Some(
                    Refusal::UnknownSchedule
                        | Refusal::Closed
                        | Refusal::SoldOut
                        | Refusal::AlreadyHolds
                        | Refusal::Rule { .. }
                )
            ),
            "{outcome:?}"
        ),
    }
    if let Ok(a) = engine.availability(id) {
        assert!(a.capacity >= 1);
    }
}

fn hospital(engine: &Engine, clock: &ManualClock, gazette: &Gazette, overnight: &RwLock<()>) {
    for day in 0..DAYS {
        {
            // A call does not last from one day to the next.
            let _night = overnight.write().unwrap_or_else(PoisonError::into_inner);
            clock.set(OPENING.after(day * DAY));
        }
        for number in 3 * day..3 * day + 3 {
            let mut plan = plan(OPENING.after(day * DAY), DAY / 2, capacity(number));
            plan.practitioner = PractitionerId::new(number);
            gazette.print(number, engine.publish(&plan).expect("there is room"));
        }
        for _ in 0..4 {
            engine.advance();
        }
    }
}

#[test]
fn schedules_come_and_go_while_others_ask() {
    let _alone = alone();
    let (engine, clock) = built(|builder| {
        builder
            .retire_after_ms(Some(DAY))
            .schedules_max(64)
            .live_holds_max(100)
    });
    let (gazette, overnight) = (Gazette::default(), RwLock::new(()));
    let (meetings, over) = (Meetings::default(), AtomicBool::new(false));
    together(3, |lane| {
        if lane == 0 {
            let _end = OnDrop(|| over.store(true, SeqCst));
            return meetings.call(|| hospital(&engine, &clock, &gazette, &overnight));
        }
        let mut dice = Dice(lane);
        while !over.load(SeqCst) {
            let _day = overnight.read().unwrap_or_else(PoisonError::into_inner);
            ask_and_find(&engine, &gazette, &mut dice, &meetings);
        }
    });
    meetings.assert_any("asking while the hospital publishes");
    let stats = engine.stats();
    assert_eq!(stats.published, 3 * DAYS);
    assert!(
        stats.retired > 2 * DAYS && stats.held > DAYS / 10,
        "{stats:?}"
    );
    assert_whole(&engine, &[]);
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
