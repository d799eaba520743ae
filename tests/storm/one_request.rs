//! One request sent many times at once, by a client that cannot wait: one answer, word for word, for all of them.

use fairslot::{Outcome, PatientId, Refusal, Request, RequestId};

use crate::weather::{assert_whole, built, publish, together, until_met};

const ANN: PatientId = PatientId::new(1);

#[test]
fn f06_same_id_at_once_is_one_hold() {
    until_met("one request repeated", 300, |round, meetings| {
        let (engine, _clock) = built(|builder| builder.expected_lines(64));
        let schedules = [publish(&engine, 4), publish(&engine, 4)];
        let name = RequestId::new(u128::from(round));
        let request = Request::any(ANN, &schedules).id(name);
        let answers = together(4, |_| {
            [(); 3].map(|()| meetings.call(|| engine.request(&request)))
        });
        let first = answers[0][0];
        assert!(first.held().is_some());
        assert!(
            answers.iter().flatten().all(|answer| *answer == first),
            "{answers:?}"
        );
        assert_eq!(engine.lookup(ANN, name), Ok(first));
        assert_eq!((engine.stats().held, engine.stats().remembered), (1, 11));
        assert_whole(&engine, &schedules);
    });
}

/// The same name for two different things: one of them is what it stands for from then on.
#[test]
fn f06_same_id_at_once_for_different_things() {
    until_met("one name for two requests", 300, |_, meetings| {
        let (engine, _clock) = built(|builder| builder.expected_lines(64));
        let schedules = [publish(&engine, 4), publish(&engine, 4)];
        let answers = together(4, |lane| {
            let schedule = schedules[lane as usize % 2];
            let request = Request::new(ANN, schedule).id(RequestId::new(9));
            (schedule, meetings.call(|| engine.request(&request)))
        });
        let won = engine
            .lookup(ANN, RequestId::new(9))
            .expect("somebody was first");
        let hold = won.held().expect("a hold");
        for (schedule, answer) in answers {
            let expected = if schedule == hold.schedule {
                won
            } else {
                Outcome::Refused(Refusal::RequestMismatch)
            };
            assert_eq!(answer, expected);
        }
        assert_whole(&engine, &schedules);
    });
}
