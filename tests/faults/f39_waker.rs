//! Wakers are user code: they panic, call back, let go of what they are woken for. Nobody else notices, and nobody sleeps on.

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use fairslot::{
    Engine, ManualClock, Opening, Outcome, Refusal, Request, Schedule, ScheduleId, Ticket, Wait,
};

use crate::desk::{OPENING, assert_whole, desk, patient, plan};

/// What a waker does when it is woken.
type Deed = Box<dyn FnMut() + Send>;

/// Counts how often it was woken, and then does something.
struct Bell(AtomicU32, Mutex<Deed>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
        (self.1.lock().expect("whole"))();
    }
}

fn bell(deed: impl FnMut() + Send + 'static) -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell(AtomicU32::new(0), Mutex::new(Box::new(deed))));
    (Arc::clone(&bell), Waker::from(bell))
}

fn poll(wait: &mut Wait, waker: &Waker) -> Poll<Outcome> {
    Pin::new(wait).poll(&mut Context::from_waker(waker))
}

/// Two slots, drawn twenty seconds after the opening at the latest, and five who wait.
pub(crate) fn line() -> (Engine, Arc<ManualClock>, ScheduleId, Vec<Ticket>) {
    let (engine, clock) = desk();
    let opening = Opening::lottery(OPENING);
    let drawn = Schedule { opening, ..plan(2) };
    let schedule = engine.publish(&drawn).expect("sound");
    let enter = |number| {
        let outcome = engine.request(&Request::new(patient(number), schedule));
        outcome.waiting().expect("the window is open")
    };
    let tickets = (0..5).map(enter).collect();
    (engine, clock, schedule, tickets)
}

/// The window closes, and somebody comes by.
fn draw(engine: &Engine, clock: &ManualClock) {
    clock.set(OPENING.after(20_000));
    while engine.advance().more {}
}

#[test]
fn f39_waker_that_panics_harms_nobody() {
    let (engine, clock, schedule, tickets) = line();
    let mut waits: Vec<Wait> = tickets.iter().map(|ticket| engine.wait(ticket)).collect();
    let bells: Vec<_> = (0..5)
        .map(|number| {
            bell(move || {
                if number % 2 == 0 {
                    // A panic that prints nothing.
                    resume_unwind(Box::new("the waker"));
                }
            })
        })
        .collect();
    for (wait, (_, waker)) in waits.iter_mut().zip(&bells) {
        assert!(poll(wait, waker).is_pending());
    }
    assert_eq!(engine.waiting(), 5);
    draw(&engine, &clock);
    assert!(bells.iter().all(|(bell, _)| bell.0.load(SeqCst) == 1));
    let answers: Vec<_> = waits
        .iter_mut()
        .zip(&bells)
        .map(|(wait, (_, waker))| poll(wait, waker))
        .collect();
    let held = |it: &&Poll<Outcome>| matches!(it, Poll::Ready(Outcome::Held(_)));
    assert_eq!(answers.iter().filter(held).count(), 2);
    let lost = Poll::Ready(Outcome::Refused(Refusal::SoldOut));
    assert_eq!(answers.iter().filter(|it| **it == lost).count(), 3);
    assert_eq!(engine.waiting(), 0);
    assert_whole(&engine, &[schedule]);
}

#[test]
fn f39_waker_that_calls_back_is_answered() {
    let (engine, clock, schedule, tickets) = line();
    let answers = Arc::new(Mutex::new(Vec::new()));
    let mut waits = Vec::new();
    // One listens, so that verbs have something to lock.
    let listener = engine.observe(100);
    for ticket in &tickets {
        let (engine, answers, id) = (engine.clone(), Arc::clone(&answers), ticket.id);
        let mut wait = engine.wait(ticket);
        let (_, waker) = bell({
            let engine = engine.clone();
            move || {
                let answer = engine.ticket(id);
                let _ = (engine.advance(), engine.audit(), engine.stats());
                let again = engine.request(&Request::new(patient(77), schedule));
                assert!(again.waiting().is_none());
                answers.lock().expect("whole").push(answer);
            }
        });
        assert!(poll(&mut wait, &waker).is_pending());
        waits.push(wait);
    }
    draw(&engine, &clock);
    let answers = answers.lock().expect("whole");
    assert_eq!(answers.len(), 5);
    assert!(
        answers
            .iter()
            .all(|answer| answer.is_ok_and(|it| it.waiting().is_none()))
    );
    drop(listener);
}

#[test]
fn f39_waker_that_drops_the_wait_finds_nobody_in_its_way() {
    let (engine, clock, _, tickets) = line();
    let waits = Arc::new(Mutex::new(
        tickets.iter().map(|it| engine.wait(it)).collect::<Vec<_>>(),
    ));
    let kept = Arc::clone(&waits);
    let (_, waker) = bell(move || {
        // Its own and everybody else's: only the first finds them.
        if let Ok(mut waits) = kept.try_lock() {
            waits.clear();
        }
    });
    for wait in waits.lock().expect("whole").iter_mut() {
        assert!(poll(wait, &waker).is_pending());
    }
    draw(&engine, &clock);
    assert_eq!(
        (waits.lock().expect("whole").len(), engine.waiting()),
        (0, 0)
    );
}

#[test]
fn f39_dropping_a_wait_leaves_no_line_and_no_waker() {
    let (engine, clock, _, tickets) = line();
    let (bell, waker) = bell(|| {});
    let mut waits: Vec<Wait> = (0..3).map(|_| engine.wait(&tickets[0])).collect();
    for wait in &mut waits {
        assert!(poll(wait, &waker).is_pending());
        // Polling again puts no second waker in.
        assert!(poll(wait, &waker).is_pending());
    }
    assert_eq!(engine.waiting(), 3);
    waits.truncate(1);
    assert_eq!(engine.waiting(), 1);
    assert!(
        engine
            .ticket(tickets[0].id)
            .expect("it is known")
            .waiting()
            .is_some()
    );
    draw(&engine, &clock);
    assert_eq!(bell.0.load(SeqCst), 1);
    waits.clear();
    drop(waker);
    assert_eq!(Arc::strong_count(&bell), 1, "nothing of it is left");
}

#[test]
fn who_leaves_or_is_called_off_wakes_whom_it_concerns() {
    let (engine, _, schedule, tickets) = line();
    let bells: Vec<_> = (0..5).map(|_| bell(|| {})).collect();
    let mut waits: Vec<Wait> = tickets.iter().map(|ticket| engine.wait(ticket)).collect();
    for (wait, (_, waker)) in waits.iter_mut().zip(&bells) {
        assert!(poll(wait, waker).is_pending());
    }
    let woken = || {
        bells
            .iter()
            .map(|(bell, _)| bell.0.load(SeqCst))
            .collect::<Vec<_>>()
    };
    engine.leave(tickets[1].id, patient(1)).expect("undecided");
    assert_eq!(woken(), [0, 1, 0, 0, 0]);
    assert_eq!(
        poll(&mut waits[1], &bells[1].1),
        Poll::Ready(Outcome::Refused(Refusal::AlreadyReleased))
    );
    engine.withdraw(schedule).expect("it stands");
    assert_eq!(woken(), [1; 5]);
    assert_eq!(
        poll(&mut waits[0], &bells[0].1),
        Poll::Ready(Outcome::Refused(Refusal::Withdrawn))
    );
}

#[test]
fn a_full_house_of_waiters_says_so() {
    let engine = Engine::builder()
        .clock(ManualClock::new(OPENING))
        .seed(7)
        .waits_max(64);
    let engine = engine.build().expect("in range");
    let drawn = Schedule {
        opening: Opening::lottery(OPENING),
        ..plan(2)
    };
    let schedule = engine.publish(&drawn).expect("sound");
    let asked = engine.request(&Request::new(patient(1), schedule));
    let ticket = asked.waiting().expect("the window is open");
    let (mut first, mut second) = (engine.wait(&ticket), engine.wait(&ticket));
    assert!(poll(&mut first, Waker::noop()).is_pending());
    assert_eq!(poll(&mut second, Waker::noop()), Poll::Ready(asked));
    drop(first);
    assert!(poll(&mut second, Waker::noop()).is_pending());
    let unknown = "T0000000000000000000000000000beef".parse();
    let mut unknown = engine.wait_for(unknown.expect("a ticket's form"));
    assert_eq!(
        poll(&mut unknown, Waker::noop()),
        Poll::Ready(Outcome::Refused(Refusal::UnknownTicket))
    );
}

#[test]
fn a_thread_waits_with_a_driver_and_without() {
    for driven in [true, false] {
        let (engine, clock, _, tickets) = line();
        let driver = driven.then(|| {
            let often = Duration::from_millis(1);
            engine.drive(often, || ()).expect("a thread")
        });
        // Nobody lets time pass before all have seen that it didn't.
        let seen = Barrier::new(tickets.len() + 1);
        thread::scope(|scope| {
            let hands: Vec<_> = tickets
                .iter()
                .map(|ticket| {
                    let (engine, seen) = (&engine, &seen);
                    scope.spawn(move || {
                        let mut wait = engine.wait(ticket);
                        let early = wait.wait_timeout(Duration::from_millis(2));
                        seen.wait();
                        assert_eq!(early, None);
                        wait.wait()
                    })
                })
                .collect();
            seen.wait();
            crate::desk::until("all wait", || engine.waiting() == 5);
            clock.set(OPENING.after(20_000));
            let held = hands.into_iter().map(|hand| hand.join().expect("it ends"));
            assert_eq!(held.filter(|outcome| outcome.held().is_some()).count(), 2);
        });
        drop(driver);
    }
}

#[test]
fn f40_drop_under_waiters_ends_every_wait() {
    let (engine, _, _, tickets) = line();
    let (bell, waker) = bell(|| {});
    let (mut polled, unpolled) = (engine.wait(&tickets[0]), engine.wait(&tickets[1]));
    assert!(poll(&mut polled, &waker).is_pending());
    let blocked = engine.wait(&tickets[2]);
    let hand = thread::spawn(move || blocked.wait());
    crate::desk::until("both wait", || engine.waiting() == 2);
    drop(engine);
    let gone = Outcome::Refused(Refusal::UnknownTicket);
    assert_eq!(hand.join().expect("it ends"), gone);
    assert_eq!(bell.0.load(SeqCst), 1);
    assert_eq!(poll(&mut polled, &waker), Poll::Ready(gone));
    assert_eq!(unpolled.wait(), gone);
}
