//! An answer that is shown twice: by a retry, by a double click, by a batch.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use fairslot::{
    Answer, Challenge, Engine, Level, Opening, Outcome, ProofOfWork, Refusal, Request, RequestId,
    ScheduleId, Seal, StepUp, Subject, Timestamp, Token, Wrong,
};

use super::{Desk, desk, work};
use crate::at;

fn token(schedule: ScheduleId) -> Token {
    Token {
        level: Level::ProofOfWork,
        schedule,
        expires_at: Timestamp::MAX,
        difficulty: 0,
        seal: Seal::default(),
    }
}

/// Every answer is right, once. What another thread does between the first answer's being found right and its owner's book is `meanwhile`.
#[derive(Clone, Default)]
struct Once(Arc<Used>);

#[derive(Default)]
struct Used {
    answer: AtomicBool,
    meanwhile: OnceLock<(Engine, Request)>,
}

impl Challenge for Once {
    fn issue(&self, subject: &Subject, level: Level) -> Token {
        Token {
            level,
            ..token(subject.schedule)
        }
    }

    fn verify(&self, _: &Subject, token: &Token, _: &Answer) -> Result<Level, Wrong> {
        if self.0.answer.swap(true, Ordering::Relaxed) {
            return Err(Wrong);
        }
        if let Some((engine, request)) = self.0.meanwhile.get().cloned() {
            let said = std::thread::spawn(move || engine.request(&request)).join();
            assert!(said.expect("no panic").waiting().is_some());
        }
        Ok(token.level)
    }
}

impl Desk {
    fn answered(&self, patient: u128) -> Request {
        self.request(patient)
            .answer(token(self.schedule), Answer::Number(1))
    }

    /// By how much who has this place is suspected, once it is drawn.
    fn suspicion(&self, outcome: Outcome) -> u8 {
        let ticket = outcome.waiting().expect("entered").id;
        self.clock.set(at(601_001));
        while self.engine.advance().more {}
        let own = self.engine.receipt(ticket).expect("in the draw").token;
        let transcript = self.engine.transcript(self.schedule).expect("drawn");
        let leaf = transcript.leaves.iter().find(|leaf| leaf.token == own);
        leaf.expect("in the list").suspicion
    }

    fn passed_and_failed(&self) -> (u64, u64) {
        let stats = self.engine.stats();
        (stats.passed, stats.failed)
    }
}

#[test]
fn a_retry_has_failed_nothing() {
    for name in [None, Some(RequestId::new(9))] {
        let desk = desk(StepUp::new(work()).everybody_from(0));
        let plain = name.map_or(desk.request(1), |id| desk.request(1).id(id));
        let token = desk.engine.request(&plain).challenged().expect("asked");
        let request = plain.answer(token, ProofOfWork::solve(&token));
        let first = desk.engine.request(&request);
        assert_eq!(desk.engine.request(&request), first);
        assert_eq!(desk.passed_and_failed(), (1, 0));
        assert_eq!(desk.suspicion(first), 0);
    }
}

/// Of two threads with the same request one has its answer found right first, and the other is in the book first, with an answer that is used up.
#[test]
fn a_double_click_with_a_right_answer_is_no_suspect() {
    for name in [None, Some(RequestId::new(9))] {
        let once = Once::default();
        let desk = desk(StepUp::new(once.clone()).everybody_from(0));
        let request = desk.answered(1);
        let request = name.map_or(request.clone(), |id| request.id(id));
        let twin = (desk.engine.clone(), request.clone());
        assert!(once.0.meanwhile.set(twin).is_ok());
        let outcome = desk.engine.request(&request);
        assert_eq!(desk.suspicion(outcome), 0, "{name:?}");
    }
}

#[test]
fn a_batch_spends_no_answer_that_one_alone_does_not() {
    type Ask = fn(&Engine, &Request) -> Outcome;
    let ways: [Ask; 2] = [Engine::request, |engine, request| {
        engine.request_many(std::slice::from_ref(request))[0]
    }];
    for ask in ways {
        let mut desk = desk(StepUp::new(Once::default()).everybody_from(0));
        let mut later = desk.engine.schedule(desk.schedule).expect("there");
        if let Opening::Lottery(lottery) = &mut later.opening {
            lottery.at = at(1_001);
        }
        desk.schedule = desk.engine.publish(&later).expect("sound");
        let request = desk.answered(1);
        let early = Outcome::Refused(Refusal::NotOpen { retry_after_ms: 1 });
        assert_eq!(ask(&desk.engine, &request), early);
        desk.clock.set(at(1_001));
        let outcome = ask(&desk.engine, &request);
        assert_eq!(desk.passed_and_failed(), (1, 0));
        assert_eq!(desk.suspicion(outcome), 0);
    }
}

#[test]
fn who_fails_is_counted_once_and_enters_as_a_suspect() {
    let once = Once::default();
    once.0.answer.store(true, Ordering::Relaxed);
    let desk = desk(StepUp::new(once).everybody_from(0));
    let outcome = desk.engine.request(&desk.answered(1));
    assert_eq!(desk.engine.request(&desk.answered(1)), outcome);
    assert_eq!(desk.passed_and_failed(), (0, 1));
    assert_eq!(desk.suspicion(outcome), 255);
}
