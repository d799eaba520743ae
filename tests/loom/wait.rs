//! Waiting for a ticket: whoever decides against whoever is just beginning to wait.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Wake, Waker};

use super::support::{Notes, engine, explore, hand_at, people, race, schedule, set_watch};
use crate::words::time::Timestamp;
use crate::{Engine, Opening, Request, Schedule, ScheduleId, Ticket};

/// Not modelled: it must not order what it watches.
#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

/// One slot, drawn a while after 900 ms, and who waits for it.
fn line() -> (Engine, ScheduleId, Ticket) {
    let engine = engine();
    let [ann, ..] = people(&engine);
    set_watch(900);
    let opening = Opening::lottery(Timestamp::from_millis(900));
    let id = engine
        .publish(&Schedule {
            opening,
            ..schedule(1)
        })
        .unwrap();
    let ticket = engine.request(&Request::new(ann, id)).waiting().unwrap();
    (engine, id, ticket)
}

/// Threads: somebody begins to wait, somebody else decides. Property: who is told to wait is woken.
fn nobody_sleeps_on(decides: fn(&Engine, ScheduleId, Ticket), at: u64, preemptions: usize) {
    explore(Some(preemptions), move || {
        let (engine, id, ticket) = line();
        let decider = engine.clone();
        let bell = std::sync::Arc::new(Bell::default());
        let (rings, waker) = (bell.clone(), Waker::from(bell));
        let pending = std::sync::Arc::new(AtomicBool::new(false));
        let told = pending.clone();
        // It goes on waiting until all is over.
        let (wait, goes_on) = (engine.wait(&ticket), Notes::new());
        let kept = goes_on.clone();
        race([
            hand_at(900, move || {
                let mut wait = wait;
                let answer = Pin::new(&mut wait).poll(&mut Context::from_waker(&waker));
                told.store(answer.is_pending(), SeqCst);
                kept.add(wait);
            }),
            hand_at(at, move || decides(&decider, id, ticket)),
        ]);
        assert!(
            !pending.load(SeqCst) || rings.0.load(SeqCst),
            "it sleeps on"
        );
        drop(goes_on.all());
    });
}

#[test]
fn wait_against_leave() {
    nobody_sleeps_on(
        |engine, _, ticket| {
            let [ann, ..] = people(engine);
            engine.leave(ticket.id, ann).unwrap();
        },
        900,
        3,
    );
}

#[test]
fn wait_against_draw() {
    nobody_sleeps_on(|engine, _, _| while engine.advance().more {}, 60_000, 2);
}
