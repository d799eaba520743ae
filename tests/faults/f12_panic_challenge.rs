//! A challenge that panics, when it issues and when it checks. The caller panics; nothing has happened, nothing is locked, and the next one is served.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use fairslot::{
    Answer, Challenge, Engine, Level, ManualClock, Opening, ProofOfWork, Request, Schedule, StepUp,
    Subject, Token, Wrong,
};

use crate::desk::{OPENING, assert_whole, patient, plan};

/// Panics at its n-th call.
struct Brittle {
    work: ProofOfWork,
    calls: AtomicU32,
    panic_at: u32,
}

impl Brittle {
    fn call(&self) {
        if self.calls.fetch_add(1, SeqCst) + 1 == self.panic_at {
            // A panic that prints nothing.
            resume_unwind(Box::new("the challenge"));
        }
    }
}

impl Challenge for Brittle {
    fn issue(&self, subject: &Subject, level: Level) -> Token {
        self.call();
        self.work.issue(subject, level)
    }

    fn verify(&self, subject: &Subject, token: &Token, answer: &Answer) -> Result<Level, Wrong> {
        self.call();
        self.work.verify(subject, token, answer)
    }
}

#[test]
fn f12_panic_nth_call_of_the_challenge() {
    for (panic_at, many) in (0..=4).flat_map(|n| [(n, false), (n, true)]) {
        let brittle = Arc::new(Brittle {
            work: ProofOfWork::new([7; 32], 16).expect("in range"),
            calls: AtomicU32::new(0),
            panic_at,
        });
        let builder = Engine::builder().clock(ManualClock::new(OPENING)).seed(7);
        let step_up = StepUp::new(Arc::clone(&brittle)).everybody_from(0);
        let engine = builder.step_up(step_up).build().expect("in range");
        let opening = Opening::lottery(OPENING);
        let drawn = Schedule { opening, ..plan(2) };
        let schedule = engine.publish(&drawn).expect("sound");
        // One listens, so that there is something to leave locked.
        let listener = engine.observe(100);
        let mut panics = 0;
        for number in 0..2 {
            let request = Request::new(patient(number), schedule);
            let mut ask = |request: &Request| {
                loop {
                    let asked = catch_unwind(AssertUnwindSafe(|| {
                        if many {
                            engine.request_many(std::slice::from_ref(request))[0]
                        } else {
                            engine.request(request)
                        }
                    }));
                    match asked {
                        Ok(outcome) => return outcome,
                        Err(_) => panics += 1,
                    }
                    assert_whole(&engine, &[schedule]);
                }
            };
            let token = ask(&request).challenged().expect("everybody is asked");
            let answered = request.answer(token, ProofOfWork::solve(&token));
            assert!(ask(&answered).waiting().is_some(), "{panic_at}");
        }
        assert_eq!(panics, u32::from(panic_at > 0));
        assert_whole(&engine, &[schedule]);
        drop(listener);
    }
}
