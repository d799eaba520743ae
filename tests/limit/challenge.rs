//! Stepping up: the proof of work against plain hashes, and what the engine asks of whom.

mod again;

use std::sync::Arc;

use fairslot::{
    Answer, Behaviour, Challenge, Day, DeviceId, Engine, EngineBuilder, EntryWindow, Level,
    Lottery, ManualClock, Opening, Outcome, PatientId, PractitionerId, ProofOfWork, Request,
    Schedule, ScheduleId, Session, StepUp, Subject, Token, Wrong,
};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::at;

const KEY: [u8; 32] = [5; 32];

struct Desk {
    engine: Engine,
    clock: Arc<ManualClock>,
    schedule: ScheduleId,
}

/// Two slots, drawn after ten minutes.
fn desk(step_up: StepUp) -> Desk {
    desk_of(step_up, |builder| builder)
}

fn desk_of(step_up: StepUp, with: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Desk {
    let clock = Arc::new(ManualClock::new(at(1_000)));
    let builder = with(Engine::builder().clock(Arc::clone(&clock)).seed(7));
    let engine = builder.step_up(step_up).build().expect("in range");
    let window = EntryWindow::Fixed { ms: 600_000 };
    let opening = Opening::Lottery(Lottery {
        window,
        cluster_cap: 100,
        ..Lottery::new(at(1_000))
    });
    let day = Day::new(2026, 12, 1).expect("a day");
    let who = PractitionerId::new(1);
    let plan = Schedule::new(who, day, Session::Morning, 2, opening, at(10_000_000));
    let schedule = engine.publish(&plan).expect("sound");
    Desk {
        engine,
        clock,
        schedule,
    }
}

fn work() -> ProofOfWork {
    ProofOfWork::new(KEY, 16).expect("in range")
}

impl Desk {
    fn request(&self, patient: u128) -> Request {
        Request::new(PatientId::new(patient), self.schedule).device(DeviceId::new(patient))
    }

    fn challenged(&self, patient: u128) -> Token {
        let outcome = self.engine.request(&self.request(patient));
        outcome.challenged().expect("more is asked for")
    }
}

/// By the table of bytes.
fn seal(patient: u128, token: &Token) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&KEY).expect("any length");
    mac.update(b"fairslot/proof/1");
    mac.update(&patient.to_be_bytes());
    let schedule = &token.schedule.to_string()[1..];
    mac.update(
        &u64::from_str_radix(schedule, 16)
            .expect("digits")
            .to_be_bytes(),
    );
    mac.update(&token.expires_at.as_millis().to_be_bytes());
    mac.update(&[token.difficulty]);
    mac.finalize().into_bytes()[..16].to_vec()
}

fn zero_bits(token: &Token, number: u64) -> u32 {
    let mut block = [0; 64];
    block[..15].copy_from_slice(b"fairslot/work/1");
    let mut hash = Sha256::new();
    hash.update(block);
    hash.update(token.seal.as_bytes());
    hash.update(number.to_be_bytes());
    let first: [u8; 8] = hash.finalize()[..8].try_into().expect("8");
    u64::from_be_bytes(first).leading_zeros()
}

#[test]
fn the_proof_is_what_its_words_say() {
    let desk = desk(StepUp::new(work()).everybody_from(0));
    let token = desk.challenged(3);
    assert_eq!((token.level, token.difficulty), (Level::ProofOfWork, 16));
    assert_eq!(token.expires_at, at(1_000 + 120_000));
    assert_eq!(token.seal.as_bytes()[..], seal(3, &token)[..]);
    let plain = (0..).find(|number| zero_bits(&token, *number) >= 16);
    let answer = Answer::Number(plain.expect("there is one"));
    assert_eq!(ProofOfWork::solve(&token), answer);
    let entered = desk.engine.request(&desk.request(3).answer(token, answer));
    assert!(entered.waiting().is_some(), "{entered:?}");
    // Who is in is asked for nothing more.
    assert_eq!(desk.engine.request(&desk.request(3)), entered);
    let stats = desk.engine.stats();
    assert_eq!((stats.challenged, stats.passed, stats.failed), (1, 1, 0));
    assert_eq!(
        stats.requests,
        stats.challenged + stats.waiting + stats.remembered
    );
}

#[test]
fn an_answer_counts_once_for_one_until_it_expires() {
    let work = work();
    let schedule = desk(StepUp::new(self::work())).schedule;
    let subject = |patient, now| {
        let (engine, patient) = (
            desk(StepUp::new(self::work()).everybody_from(0)),
            PatientId::new(patient),
        );
        // A subject comes from the engine: one that listens in.
        let seen = Arc::new(Listening::default());
        let listening = desk(StepUp::new(Arc::clone(&seen)).everybody_from(0));
        listening.clock.set(at(now));
        let _ = listening
            .engine
            .request(&Request::new(patient, listening.schedule));
        drop(engine);
        seen.last()
    };
    let me = subject(3, 1_000);
    assert_eq!(me.schedule, schedule);
    let token = work.issue(&me, Level::ProofOfWork);
    let answer = ProofOfWork::solve(&token);
    let at_end = subject(3, 1_000 + 120_000);
    assert_eq!(
        work.verify(&subject(4, 1_000), &token, &answer),
        Err(Wrong),
        "another's"
    );
    assert_eq!(
        work.verify(&at_end, &token, &answer),
        Err(Wrong),
        "too late"
    );
    let text = Answer::Text("please".to_owned());
    assert_eq!(work.verify(&me, &token, &text), Err(Wrong));
    for bent in [
        Token {
            expires_at: token.expires_at.after(1),
            ..token
        },
        Token {
            difficulty: 0,
            ..token
        },
        // More than anybody could find: no endless search.
        Token {
            difficulty: 65,
            ..token
        },
        Token {
            level: Level::Deposit,
            ..token
        },
    ] {
        assert_eq!(
            work.verify(&me, &bent, &ProofOfWork::solve(&bent)),
            Err(Wrong),
            "{bent:?}"
        );
    }
    let just = subject(3, 1_000 + 119_999);
    assert_eq!(work.verify(&just, &token, &answer), Ok(Level::ProofOfWork));
    assert_eq!(
        work.verify(&just, &token, &answer),
        Err(Wrong),
        "a second time"
    );
}

/// Notes whom it is asked about.
#[derive(Default)]
struct Listening(std::sync::Mutex<Option<Subject>>);

impl Listening {
    fn last(&self) -> Subject {
        self.0.lock().expect("whole").expect("it was asked")
    }
}

impl Challenge for Listening {
    fn issue(&self, subject: &Subject, level: Level) -> Token {
        *self.0.lock().expect("whole") = Some(*subject);
        work().issue(subject, level)
    }

    fn verify(&self, _: &Subject, _: &Token, _: &Answer) -> Result<Level, Wrong> {
        Err(Wrong)
    }
}

#[test]
fn who_answers_wrongly_is_in_as_a_suspect_and_not_banned() {
    // Ten who answer rightly, ten who don't, two slots, sixty draws: the latter win seldom, and not never.
    let (mut wins, mut wins_of_wrong) = (0, 0);
    for round in 0..60 {
        let desk = desk(StepUp::new(Always).everybody_from(0));
        let ask = |patient: u128, answer| {
            let token = desk.challenged(patient);
            let answered = desk.request(patient).answer(token, Answer::Number(answer));
            let outcome = desk.engine.request(&answered);
            outcome.waiting().expect("nobody is banned").id
        };
        let people: Vec<_> = (0..20)
            .map(|it| ask(1_000 * round + it, u64::from(it % 2 == 0)))
            .collect();
        desk.clock.set(at(2_000_000));
        for (number, ticket) in people.iter().enumerate() {
            let won = desk.engine.ticket(*ticket).expect("known").held().is_some();
            wins += usize::from(won);
            wins_of_wrong += usize::from(won && number % 2 == 1);
        }
    }
    assert_eq!(wins, 120);
    // A fifth of them stays in the first tier, of which they are a sixth: twenty wins of 120, and five times σ = 4 either way.
    assert!((1..=40).contains(&wins_of_wrong), "{wins_of_wrong}");
}

/// Right is 1.
struct Always;

impl Challenge for Always {
    fn issue(&self, subject: &Subject, level: Level) -> Token {
        let token = work().issue(subject, level);
        Token { level, ..token }
    }

    fn verify(&self, _: &Subject, token: &Token, answer: &Answer) -> Result<Level, Wrong> {
        match answer {
            Answer::Number(1) => Ok(token.level),
            _ => Err(Wrong),
        }
    }
}

#[test]
fn heat_asks_everybody_and_only_in_a_window() {
    let desk = desk(StepUp::new(Always).everybody_from(2));
    let waits = |patient| {
        desk.engine
            .request(&desk.request(patient))
            .waiting()
            .is_some()
    };
    // Two slots: from the fifth entry on there are two a slot.
    assert!((0..4).all(waits));
    let token = desk.challenged(4);
    assert_eq!(token.level, Level::ProofOfWork);
    // Many at once are asked one by one.
    let batch: Vec<Request> = (2..7).map(|it| desk.request(it)).collect();
    let many = desk.engine.request_many(&batch);
    let challenged: Vec<bool> = many.iter().map(|it| it.challenged().is_some()).collect();
    assert_eq!(challenged, [false, false, true, true, true]);
    let answered: Vec<Request> = batch
        .iter()
        .zip(&many)
        .map(|(request, outcome)| match outcome.challenged() {
            Some(token) => request.clone().answer(token, Answer::Number(1)),
            None => request.clone(),
        })
        .collect();
    let many = desk.engine.request_many(&answered);
    assert!(many.iter().all(|it| it.waiting().is_some()), "{many:?}");
    desk.clock.set(at(2_000_000));
    let after = desk.engine.request(&desk.request(99));
    assert!(after.challenged().is_none(), "no window: {after:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_token_that_was_made_up_counts(seal: [u8; 16], expires in 0..10_000_000u64, number: u64) {
        let desk = desk(StepUp::new(work()).everybody_from(0));
        let token = Token {
            seal: fairslot::Seal::new(seal),
            expires_at: at(expires),
            ..desk.challenged(3)
        };
        let outcome = desk.engine.request(&desk.request(3).answer(token, Answer::Number(number)));
        prop_assert!(outcome.waiting().is_some());
        prop_assert_eq!(desk.engine.stats().passed, 0);
    }
}

#[test]
fn a_suspect_is_asked_and_who_passes_is_as_good_as_anybody() {
    let desk = desk_of(StepUp::new(work()), |it| it.behaviour(Behaviour::default()));
    // Nobody is early.
    desk.clock.set(at(2_000));
    let from_one_device = |patient| {
        let request = Request::new(PatientId::new(patient), desk.schedule);
        desk.engine.request(&request.device(DeviceId::new(500)))
    };
    // The device is known by what it has done: the first few are asked for nothing.
    let asked: Vec<_> = (1..40)
        .filter_map(|n| Some((n, from_one_device(n).challenged()?)))
        .collect();
    let (first, _) = asked[0];
    assert!((5..15).contains(&first), "{first}");
    let alone = desk.engine.request(&desk.request(1_000));
    assert!(alone.waiting().is_some(), "{alone:?}");
    let request =
        |patient| Request::new(PatientId::new(patient), desk.schedule).device(DeviceId::new(500));
    let (honest, token) = asked[1];
    let passed = desk
        .engine
        .request(&request(honest).answer(token, ProofOfWork::solve(&token)));
    let (guessing, token) = asked[2];
    let wrong = (0..)
        .find(|number| zero_bits(&token, *number) < 16)
        .expect("most");
    let failed = desk
        .engine
        .request(&request(guessing).answer(token, Answer::Number(wrong)));
    let unasked = from_one_device(1);
    desk.clock.set(at(601_000));
    while desk.engine.advance().more {}
    let transcript = desk.engine.transcript(desk.schedule).expect("drawn");
    let suspicion = |outcome: &Outcome| {
        let ticket = outcome.waiting().expect("entered").id;
        let token = desk.engine.receipt(ticket).expect("in the draw").token;
        let leaf = transcript.leaves.iter().find(|leaf| leaf.token == token);
        leaf.expect("in the list").suspicion
    };
    // The device as a whole is a suspect at the close; a proof clears its own entry alone.
    assert_eq!(suspicion(&passed), 0);
    assert_eq!(suspicion(&failed), 255);
    assert!(suspicion(&unasked) >= 128);
    assert_eq!(suspicion(&alone), 0);
}
