//! Opening by a draw: people enter, leave, and are called off while somebody draws.

use super::support::{
    NOW, Notes, agree, count, engine, engine_with, explore, hand_at, people, race, schedule,
};
use crate::draw::BeaconSpec;
use crate::line::Quota;
use crate::words::id::ScheduleId;
use crate::{
    Engine, EntryWindow, Lottery, Opening, Outcome, PatientId, Refusal, Request, Schedule,
    TicketId, Timestamp, Together,
};

/// When the window closes.
const CLOSE: u64 = NOW + 50;

/// A schedule of so many slots whose window is open until [`CLOSE`].
fn publish(engine: &Engine, capacity: u32) -> ScheduleId {
    let lottery = Lottery {
        window: EntryWindow::Fixed { ms: CLOSE },
        ..Lottery::new(Timestamp::from_millis(0))
    };
    let opening = Opening::Lottery(lottery);
    let schedule = Schedule {
        opening,
        ..schedule(capacity)
    };
    engine.publish(&schedule).unwrap()
}

fn enter(engine: &Engine, patient: PatientId, schedule: ScheduleId) -> TicketId {
    let said = engine.request(&Request::new(patient, schedule));
    said.waiting().unwrap().id
}

/// Who of these has a slot by their ticket, once all is drawn.
fn winners(engine: &Engine, tickets: &[TicketId]) -> Vec<bool> {
    super::support::set_watch(CLOSE);
    while engine.advance().more {}
    let won = |ticket: &TicketId| match engine.ticket(*ticket).unwrap() {
        Outcome::Held(_) => true,
        Outcome::Refused(_) => false,
        undecided => panic!("{undecided:?}"),
    };
    tickets.iter().map(won).collect()
}

/// Threads: one enters just before the close, one draws at it. Property: whoever was told to wait is in the draw, and whoever was not is told to come back, or
/// has a slot that the draw left.
///
/// 7,114 interleavings, at most two preemptions.
#[test]
fn enter_against_draw() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = publish(&engine, 2);
        let before = enter(&engine, bob, s);
        let (enters, draws, notes) = (engine.clone(), engine.clone(), Notes::new());
        let said = notes.clone();
        race([
            hand_at(CLOSE - 1, move || {
                said.add(enters.request(&Request::new(ann, s)));
            }),
            hand_at(CLOSE, move || _ = draws.advance()),
        ]);
        match notes.all()[..] {
            [Outcome::Waiting(ticket)] => {
                assert_eq!(winners(&engine, &[before, ticket.id]), [true, true]);
            }
            [Outcome::Held(_)] => assert_eq!(count(&engine, s), [0, 2, 0, 0]),
            [Outcome::Refused(Refusal::NotOpen { retry_after_ms: 1 })] => {
                assert_eq!(winners(&engine, &[before]), [true]);
            }
            ref other => panic!("{other:?}"),
        }
        agree(&engine);
    });
}

/// Threads: one asks as the window is just closing and is full, one closes it and opens every entrant's book for a quota's sake. Property: neither waits for the other.
///
/// At most one preemption.
#[test]
fn ask_a_full_window_against_its_close() {
    explore(Some(1), || {
        let engine = engine_with(|it| it.draw_entries_max(1).cancel_quota(Quota::default()));
        // One bucket for both.
        let [ann, _, bob, _] = people(&engine);
        let s = publish(&engine, 1);
        let before = enter(&engine, ann, s);
        let (asks, draws) = (engine.clone(), engine.clone());
        race([
            hand_at(CLOSE, move || {
                let said = asks.request(&Request::new(bob, s));
                assert!(said.refused().is_some(), "{said:?}");
            }),
            hand_at(CLOSE, move || _ = draws.advance()),
        ]);
        assert_eq!(winners(&engine, &[before]), [true]);
        agree(&engine);
    });
}

/// Threads: one fixes a round that appears just after the window closes, one calls the schedule off and reinstates it, so that its window closes later. Property: what is fixed
/// for the new draw is judged by the new draw: that round is not, and another still can be.
///
/// 22 interleavings, at most one preemption.
#[test]
fn fix_beacon_against_reinstate() {
    let round = |ms| BeaconSpec::Round {
        source: "drand".into(),
        round: 1,
        available_at: Timestamp::from_millis(ms),
    };
    explore(Some(1), move || {
        let engine = engine();
        let s = publish(&engine, 1);
        let (fixes, reinstates) = (engine.clone(), engine.clone());
        race([
            hand_at(NOW, move || {
                let _ = fixes.fix_beacon(s, &round(CLOSE + 1));
            }),
            hand_at(NOW, move || {
                reinstates.withdraw(s).unwrap();
                reinstates.reinstate(s).unwrap();
            }),
        ]);
        assert_eq!(engine.fix_beacon(s, &round(CLOSE + NOW + 1)), Ok(()));
        agree(&engine);
    });
}

/// Threads: two come by at the close. Property: it is drawn once, for as many as there are slots, and both see the same.
///
/// 13,875 interleavings, at most two preemptions.
#[test]
fn f34_two_closers() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = publish(&engine, 1);
        let tickets = [ann, bob].map(|patient| enter(&engine, patient, s));
        let (draws, asks) = (engine.clone(), engine.clone());
        race([
            hand_at(CLOSE, move || _ = draws.advance()),
            hand_at(CLOSE, move || {
                // Waiting is right as long as the other draws.
                assert!(asks.ticket(tickets[0]).is_ok());
            }),
        ]);
        let won = winners(&engine, &tickets);
        assert_eq!(won.iter().filter(|won| **won).count(), 1);
        assert_eq!(count(&engine, s), [0, 1, 0, 0]);
        let stats = engine.stats();
        assert_eq!((stats.drawn, stats.entries, stats.held), (1, 2, 1));
        agree(&engine);
    });
}

/// Threads: one leaves, one draws. Property: who has left has no slot, and the place goes to the next.
///
/// 516 interleavings, at most two preemptions.
#[test]
fn leave_against_grant() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = publish(&engine, 1);
        let tickets = [ann, bob].map(|patient| enter(&engine, patient, s));
        let (leaves, draws, notes) = (engine.clone(), engine.clone(), Notes::new());
        let left = notes.clone();
        race([
            hand_at(CLOSE - 1, move || left.add(leaves.leave(tickets[0], ann))),
            hand_at(CLOSE, move || _ = draws.advance()),
        ]);
        let won = winners(&engine, &tickets);
        match notes.all()[..] {
            // Who was passed over before they left may have lost.
            [Ok(())] => assert_eq!(won, [false, true]),
            [Err(Refusal::WrongState)] => assert_ne!(won[0], won[1]),
            ref other => panic!("{other:?}"),
        }
        agree(&engine);
    });
}

/// Threads: one calls the session off, one draws. Property: nobody has a slot, no place is left undecided, and the books agree.
///
/// 14,214 interleavings, at most two preemptions.
#[test]
fn withdraw_against_grant() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let s = publish(&engine, 1);
        let tickets = [ann, bob].map(|patient| enter(&engine, patient, s));
        let (withdraws, draws) = (engine.clone(), engine.clone());
        race([
            hand_at(CLOSE - 1, move || assert!(withdraws.withdraw(s).is_ok())),
            hand_at(CLOSE, move || _ = draws.advance()),
        ]);
        assert_eq!(count(&engine, s), [0, 0, 0, 1]);
        for ticket in tickets {
            let withdrawn = Outcome::Refused(Refusal::Withdrawn);
            assert_eq!(engine.ticket(ticket), Ok(withdrawn));
        }
        agree(&engine);
    });
}

/// Two schedules of one slot that are one draw, whose window is open from `NOW + 10` to [`CLOSE`].
fn publish_together(engine: &Engine) -> [ScheduleId; 2] {
    let lottery = Lottery {
        window: EntryWindow::Fixed { ms: 40 },
        together: Some(Together::new(1)),
        ..Lottery::new(Timestamp::from_millis(NOW + 10))
    };
    let plan = Schedule {
        opening: Opening::Lottery(lottery),
        ..schedule(1)
    };
    [(); 2].map(|()| engine.publish(&plan).unwrap())
}

/// Threads: one enters for two schedules of one draw, one calls the first of them off. Property: whoever is told to wait waits for the second, wins it, and the books agree.
#[test]
fn enter_against_one_called_off() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let both = publish_together(&engine);
        let [first, second] = both;
        // What is drawn for is fixed before.
        assert!(engine.commitment(first).is_ok());
        let (enters, withdraws, notes) = (engine.clone(), engine.clone(), Notes::new());
        let said = notes.clone();
        race([
            hand_at(NOW + 10, move || {
                said.add(enters.request(&Request::any(ann, &both)));
            }),
            hand_at(NOW + 10, move || assert!(withdraws.withdraw(first).is_ok())),
        ]);
        let [Outcome::Waiting(ticket)] = notes.all()[..] else {
            panic!("the second is open");
        };
        assert_eq!(winners(&engine, &[ticket.id]), [true]);
        assert_eq!(count(&engine, first), [0, 0, 0, 1]);
        assert_eq!(count(&engine, second), [0, 1, 0, 0]);
        agree(&engine);
    });
}

/// Threads: somebody who is in for two schedules of one draw asks again, one calls the first of them off. Property: they have the one place that they had.
#[test]
fn ask_again_against_one_called_off() {
    explore(Some(2), || {
        let engine = engine();
        let [ann, ..] = people(&engine);
        let both = publish_together(&engine);
        let wish = Request::any(ann, &both);
        super::support::set_watch(NOW + 10);
        let before = engine.request(&wish).waiting().map(|ticket| ticket.id);
        let (asks, withdraws, notes) = (engine.clone(), engine.clone(), Notes::new());
        let said = notes.clone();
        race([
            hand_at(NOW + 10, move || said.add(asks.request(&wish))),
            hand_at(NOW + 10, move || {
                assert!(withdraws.withdraw(both[0]).is_ok());
            }),
        ]);
        let [Outcome::Waiting(again)] = notes.all()[..] else {
            panic!("the second is open");
        };
        assert_eq!(before, Some(again.id));
        assert_eq!(engine.stats().waiting, 1);
        assert_eq!(winners(&engine, &[again.id]), [true]);
        agree(&engine);
    });
}

/// Threads: one calls off the first of two schedules that are one draw, one draws. Property: nobody has a slot of it, and it is told as drawn only if the draw never found that it had nothing any more.
#[test]
fn one_called_off_against_grant() {
    explore(Some(1), || {
        let engine = engine();
        let [ann, bob, ..] = people(&engine);
        let both = publish_together(&engine);
        let [first, second] = both;
        super::support::set_watch(NOW + 10);
        let tickets = [ann, bob].map(|patient| {
            let said = engine.request(&Request::any(patient, &both));
            said.waiting().unwrap().id
        });
        let (withdraws, draws) = (engine.clone(), engine.clone());
        race([
            hand_at(CLOSE - 1, move || {
                assert!(withdraws.withdraw(first).is_ok())
            }),
            hand_at(CLOSE, move || _ = draws.advance()),
        ]);
        winners(&engine, &tickets);
        assert_eq!(count(&engine, first), [0, 0, 0, 1]);
        assert_eq!(count(&engine, second), [0, 1, 0, 0]);
        let gone = engine.transcript(second).unwrap().gone.len() as u64;
        assert_eq!(engine.stats().drawn, 2 - gone);
        agree(&engine);
    });
}
