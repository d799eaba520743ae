//! Crowds: how long do people wait among identities by the thousand, and who is refused?

use std::collections::HashMap;

use fairslot::PatientId;
use fairslot::line::{Ask, Cluster, How, SlowQueue};

use crate::{Dice, at, device, queue, who};

/// A hundred a second.
const RATE: SlowQueue = SlowQueue::new(100, 1_000);

/// The people's mean and longest wait, in seconds, in so many mornings: 20 people at random within ten seconds, and before them so many identities, each asking so often, on so many devices.
fn waits(mornings: u64, identities: u64, times: u64, devices: u64) -> (f64, f64) {
    let (mut waits, mut dice) = (Vec::new(), Dice(identities * 31 + devices));
    for _ in 0..mornings {
        let queue = queue(RATE);
        for _ in 0..times {
            for identity in 0..identities {
                let ask = Ask::new(who(identity), 1, device(identity % devices));
                queue.join(&ask, at(0)).expect("there is room");
            }
        }
        assert_eq!(u64::from(queue.waiting()), identities);
        let mut people: Vec<(u64, u64)> = (0..20)
            .map(|number| (dice.below(10_000), 1_000_000 + number))
            .collect();
        people.sort_unstable();
        let mut coming = people.iter().peekable();
        let (mut since, mut ended) = (HashMap::<PatientId, u64>::new(), Vec::new());
        let mut ring = HashMap::<PatientId, u64>::new();
        for ms in 0..30_000 {
            while let Some((_, person)) = coming.next_if(|(when, _)| *when == ms) {
                let patient = who(*person);
                let ask = Ask::new(patient, 1, Cluster::Person(patient));
                queue.join(&ask, at(ms)).expect("there is room");
                since.insert(patient, ms);
                ring.insert(patient, u64::from(queue.clusters()));
            }
            queue.drain(at(ms), usize::MAX, &mut ended);
            for it in ended.drain(..) {
                if let Some(came) = since.remove(&it.patient) {
                    let wait = ms - came;
                    assert!(wait <= ring[&it.patient] * 10, "one turn each at most");
                    waits.push(wait as f64 / 1_000.0);
                }
            }
        }
        assert!(since.is_empty());
    }
    let mean = waits.iter().sum::<f64>() / waits.len() as f64;
    (mean, waits.iter().copied().fold(0.0, f64::max))
}

#[test]
fn the_unit_is_the_device() {
    // The reference: mean and longest wait, simulated apart, 400 people. A tolerance is some three standard errors of both.
    for (devices, mean, longest, tolerance) in [
        (20, 0.209, 0.240, 0.03),
        (200, 1.890, 2.107, 0.07),
        (1_000, 5.214, 9.995, 0.55),
    ] {
        let (real_mean, real_longest) = waits(40, 1_000, 1, devices);
        println!("{devices} devices: {real_mean:.3} s, at most {real_longest:.3} s");
        assert!((real_mean - mean).abs() < tolerance, "{real_mean}");
        assert!(real_longest < longest + 0.05, "{real_longest}");
    }
}

#[test]
fn asking_often_gains_nothing() {
    for (identities, mean, tolerance) in [(10, 0.01, 0.03), (100, 0.04, 0.03), (1_000, 5.42, 0.54)]
    {
        let (real, longest) = waits(20, identities, 100, identities);
        println!("{identities} × 100: {real:.3} s, at most {longest:.3} s");
        assert!((real - mean).abs() < tolerance, "{identities}: {real}");
    }
}

/// When the crowd comes: 20 devices push 10,000 identities in the first second, and 30,000 more later; 500 people over half a minute.
fn arrivals(dice: &mut Dice) -> Vec<(u64, u64, bool)> {
    let mut all: Vec<(u64, u64, bool)> = Vec::new();
    all.extend((0..10_000).map(|i| (i * 975 / 10_000, i, false)));
    all.extend((0..30_000).map(|i| (7_500 + i * 22_500 / 30_000, 10_000 + i, false)));
    all.extend((0..500).map(|i| (dice.below(30_000), 1_000_000 + i, true)));
    all.sort_unstable();
    all
}

#[test]
fn f10_queue_bound_refuses_no_person() {
    let mut dice = Dice(5);
    let arrivals = arrivals(&mut dice);
    // A queue that turns the last away, whoever it is.
    let (mut waiting, mut lost) = (0u32, 0);
    let mut coming = arrivals.iter().peekable();
    for ms in 0..30_000 {
        while let Some((.., is_person)) = coming.next_if(|(when, ..)| *when == ms) {
            if waiting < 5_000 {
                waiting += 1;
            } else if *is_person {
                lost += 1;
            }
        }
        waiting -= u32::from(ms % 10 == 0 && waiting > 0);
    }
    println!("the last turned away: {lost} of 500 people lost");
    assert!((330..380).contains(&lost), "{lost}");

    let queue = queue(SlowQueue {
        capacity: 5_000,
        ..RATE
    });
    let (mut refused, mut turned_away, mut ended) = (0, 0, Vec::new());
    let mut coming = arrivals.iter().peekable();
    for ms in 0..30_000 {
        while let Some((_, number, is_person)) = coming.next_if(|(when, ..)| *when == ms) {
            let cluster = match is_person {
                true => Cluster::Person(who(*number)),
                false => device(number % 20),
            };
            match queue.join(&Ask::new(who(*number), 1, cluster), at(ms)) {
                Ok(mut joined) => ended.append(&mut joined.ended),
                Err(_) if *is_person => refused += 1,
                Err(_) => turned_away += 1,
            }
            assert!(queue.waiting() <= 5_000);
        }
        queue.drain(at(ms), usize::MAX, &mut ended);
    }
    let person = |patient: PatientId| patient.to_u128() >= 1_000_000;
    let displaced = |it: &&fairslot::line::Ended| it.how == How::Displaced && person(it.patient);
    let displaced = ended.iter().filter(displaced).count();
    println!(
        "the longest cluster's newest: {refused} people refused, {displaced} displaced; {turned_away} scripts turned away"
    );
    assert_eq!((refused, displaced), (0, 0));
    assert!(turned_away > 10_000);
}

#[test]
fn f10_queue_bound_ten_times_over() {
    let queue = queue(SlowQueue {
        capacity: 500,
        ..RATE
    });
    let mut full = 0;
    for identity in 0..5_000 {
        full += u32::from(
            queue
                .join(&Ask::new(who(identity), 1, device(1)), at(5))
                .is_err(),
        );
    }
    assert_eq!((queue.waiting(), full), (500, 4_500));
    let newcomer = Ask::new(who(9_999), 1, device(2));
    let joined = queue.join(&newcomer, at(6)).expect("a newcomer fits");
    let [out] = joined.ended[..] else {
        panic!("one makes room: {:?}", joined.ended);
    };
    // Of those who were let in the last.
    assert_eq!((out.patient, out.how), (who(499), How::Displaced));
    assert_eq!(queue.waiting(), 500);
}

/// A suspect is slower, and never starved.
#[test]
fn a_suspect_has_every_so_many_th_turn() {
    let queue = queue(RATE);
    for identity in 0..40 {
        for (cluster, every) in [(1, 1), (2, 5)] {
            let ask = Ask::new(who(100 * cluster + identity), 1, device(cluster));
            queue.join(&ask.every(every), at(0)).expect("there is room");
        }
    }
    let mut ended = Vec::new();
    queue.drain(at(10 * 47), usize::MAX, &mut ended);
    let suspects = ended.iter().filter(|it| it.patient >= who(200)).count();
    assert_eq!((ended.len(), suspects), (48, 8));
    // They are served all the same, at the full rate, when nobody else is there.
    queue.drain(at(10 * 79), usize::MAX, &mut ended);
    assert_eq!((ended.len(), queue.waiting()), (80, 0));
}
