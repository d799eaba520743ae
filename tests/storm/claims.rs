//! Many threads, one schedule, too few slots: each slot goes to one, and the rest are told so.

use std::collections::BTreeSet;

use fairslot::{PatientId, Refusal, Request};

use crate::weather::{ask, assert_whole, built, publish, together, until_met};

#[test]
fn f01_one_owner_for_each_slot() {
    until_met("claims", 300, |round, meetings| {
        let capacity = [1, 2, 5, 33, 70][round as usize % 5];
        let (engine, _clock) = built(|builder| builder.expected_lines(64));
        let schedule = publish(&engine, capacity);
        let answers = together(4, |lane| {
            (0..capacity)
                .map(|i| PatientId::new(u128::from(lane) << 32 | u128::from(i)))
                .map(|who| meetings.call(|| ask(&engine, who, schedule)))
                .collect::<Vec<_>>()
        });
        let answers: Vec<_> = answers.into_iter().flatten().collect();
        let held: Vec<_> = answers
            .iter()
            .flatten()
            .map(|hold| u32::from(hold.slot.get()))
            .collect();
        let slots: BTreeSet<u32> = held.iter().copied().collect();
        assert_eq!(held.len() as u32, capacity, "as many winners as slots");
        assert!(slots.into_iter().eq(1..=capacity), "each slot once");
        assert!(
            answers
                .iter()
                .flat_map(|answer| answer.as_ref().err())
                .all(|why| *why == Refusal::SoldOut)
        );
        assert_whole(&engine, &[schedule]);
    });
}

/// The same by the batch, each thread through the schedules in another order.
#[test]
fn f01_one_owner_though_they_come_in_batches() {
    until_met("batches", 100, |_, meetings| {
        let (engine, _clock) = built(|builder| builder.expected_lines(64));
        let schedules = [3, 20, 40].map(|capacity| publish(&engine, capacity));
        let held = together(4, |lane| {
            let batch: Vec<_> = (0..40)
                .map(|i| {
                    let mut wanted = schedules;
                    wanted.rotate_left((lane + i) as usize % 3);
                    Request::any(PatientId::new(u128::from(lane << 32 | i)), &wanted)
                })
                .collect();
            let outcomes = meetings.call(|| engine.request_many(&batch));
            outcomes
                .into_iter()
                .filter_map(|outcome| outcome.held())
                .collect::<Vec<_>>()
        });
        let held: Vec<_> = held.into_iter().flatten().collect();
        let slots: BTreeSet<_> = held.iter().map(|hold| (hold.schedule, hold.slot)).collect();
        assert_eq!((held.len(), slots.len()), (63, 63), "every slot, once");
        assert_whole(&engine, &schedules);
    });
}
