//! One patient with many hands: whatever the threads do, it is one slot a schedule, one booking a hold, one payment a booking.

use fairslot::{PatientId, PaymentRef, Refusal, Rule, What};

use crate::weather::{ask, assert_whole, built, publish, together, until_met};

const ANN: PatientId = PatientId::new(1);

#[test]
fn one_patient_gets_one_slot_of_each_schedule() {
    until_met("the same patient asking", 300, |_, meetings| {
        let (engine, _clock) = built(|builder| builder.expected_lines(64));
        let schedules = [publish(&engine, 8), publish(&engine, 8)];
        let answers = together(4, |lane| {
            let mut wanted = schedules;
            wanted.rotate_left(lane as usize % 2);
            wanted.map(|schedule| meetings.call(|| ask(&engine, ANN, schedule)))
        });
        let answers: Vec<_> = answers.into_iter().flatten().collect();
        let held: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(held.len(), 2);
        assert_ne!(held[0].schedule, held[1].schedule);
        let refused = Err(Refusal::AlreadyHolds);
        assert_eq!(
            answers.iter().filter(|answer| **answer == refused).count(),
            6
        );
        assert_whole(&engine, &schedules);
    });
}

#[test]
fn one_patient_gets_no_more_live_holds_than_allowed() {
    until_met("the same patient hoarding", 300, |_, meetings| {
        let (engine, _clock) = built(|builder| builder.expected_lines(64).live_holds_max(2));
        let schedules: Vec<_> = (0..8).map(|_| publish(&engine, 1)).collect();
        let answers = together(4, |lane| {
            [lane, lane + 4]
                .map(|which| meetings.call(|| ask(&engine, ANN, schedules[which as usize])))
        });
        let answers: Vec<_> = answers.into_iter().flatten().collect();
        assert_eq!(answers.iter().flatten().count(), 2);
        let rule = Refusal::Rule {
            rule: Rule::LiveHolds,
        };
        assert!(
            answers
                .iter()
                .flat_map(|answer| answer.as_ref().err())
                .all(|why| *why == rule)
        );
        assert_whole(&engine, &schedules);
    });
}

#[test]
fn one_hold_confirmed_by_many_is_one_booking_with_one_payment() {
    until_met("confirms of one hold", 300, |_, meetings| {
        let (engine, _clock) = built(|builder| builder.expected_lines(64));
        let schedule = publish(&engine, 2);
        let listener = engine.observe(100);
        let hold = ask(&engine, ANN, schedule).expect("free");
        let bookings = together(4, |lane| {
            let payment = Some(PaymentRef::new(u128::from(lane)));
            let booking = meetings
                .call(|| engine.confirm(hold.id, ANN, payment))
                .expect("live");
            booking.wait().expect("decided in memory")
        });
        assert!(
            bookings
                .iter()
                .all(|b| b.id == bookings[0].id && b.slot == hold.slot)
        );
        assert_eq!(
            bookings
                .iter()
                .filter(|b| b.payment_due_back.is_none())
                .count(),
            1
        );
        let told: Vec<_> = std::iter::from_fn(|| listener.next()).collect();
        let confirmed = told
            .iter()
            .filter(|event| matches!(event.what, What::Confirmed { .. }));
        assert_eq!(confirmed.count(), 1);
        assert_whole(&engine, &[schedule]);
    });
}

/// Settled four ways at once: exactly one of them has its way.
#[test]
fn one_booking_is_given_up_once() {
    until_met("settling one booking", 300, |_, meetings| {
        let (engine, _clock) = built(|builder| builder.expected_lines(64));
        let [here, there, elsewhere] = [1, 1, 1].map(|capacity| publish(&engine, capacity));
        let hold = ask(&engine, ANN, here).expect("free");
        let booking = engine.confirm(hold.id, ANN, None).expect("live").wait();
        let booking = booking.expect("decided in memory").id;
        let answers = together(4, |lane| {
            meetings.call(|| match lane {
                0 => engine.cancel(booking, ANN).map(drop),
                1 => engine.exchange(booking, ANN, there).map(drop),
                2 => engine.exchange(booking, ANN, elsewhere).map(drop),
                _ => engine.check_in(booking).map(drop),
            })
        });
        assert_eq!(
            answers.iter().filter(|answer| answer.is_ok()).count(),
            1,
            "{answers:?}"
        );
        let taken = [here, there, elsewhere]
            .map(|schedule| 1 - engine.availability(schedule).expect("it stands").free);
        let left = u32::from(answers[0].is_err());
        assert_eq!(taken.iter().sum::<u32>(), left, "{answers:?} {taken:?}");
        assert_whole(&engine, &[here, there, elsewhere]);
    });
}
