//! Real threads: whoever is told that they wait is served once, or told otherwise once.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use fairslot::line::{Ask, Ended, How, SlowQueue};

use crate::{Dice, at, device, queue, who};

#[test]
fn every_ticket_ends_once() {
    let queue = queue(SlowQueue {
        capacity: 200,
        ..SlowQueue::new(1_000, 1)
    });
    let (told, done) = (Mutex::new(Vec::<Ended>::new()), AtomicBool::new(false));
    let (mut joined, mut left) = (HashMap::new(), Vec::new());
    thread::scope(|scope| {
        let hands: Vec<_> = (0..3)
            .map(|thread| {
                let (queue, told) = (&queue, &told);
                scope.spawn(move || {
                    let (mut dice, mut own, mut left) = (Dice(thread), Vec::new(), Vec::new());
                    let mut ended = Vec::new();
                    for round in 0..20_000 {
                        let ask = Ask::new(who(dice.below(400)), 1, device(dice.below(30)));
                        match queue.join(&ask, at(round)) {
                            Ok(mut it) => {
                                if !it.again {
                                    own.push((it.ticket, ask.patient));
                                }
                                ended.append(&mut it.ended);
                            }
                            Err(mut it) => ended.append(&mut it.ended),
                        }
                        if dice.below(8) == 0
                            && let Some((ticket, patient)) = own.last().copied()
                            && let Some(whose) = queue.leave(ticket, &mut ended)
                        {
                            assert_eq!(whose, (patient, 1));
                            left.push(ticket);
                        }
                    }
                    told.lock().expect("no panic").append(&mut ended);
                    (own, left)
                })
            })
            .collect();
        scope.spawn(|| {
            let mut ended = Vec::new();
            for now in 0.. {
                queue.drain(at(now), 50, &mut ended);
                if done.load(SeqCst) {
                    break;
                }
            }
            told.lock().expect("no panic").append(&mut ended);
        });
        for hand in hands {
            let (own, gone) = hand.join().expect("no panic");
            joined.extend(own);
            left.extend(gone);
        }
        done.store(true, SeqCst);
    });
    let mut ended = told.into_inner().expect("no panic");
    queue.drain(at(u64::MAX / 2), usize::MAX, &mut ended);
    assert_eq!(queue.waiting(), 0);
    let mut ends = HashMap::<_, u32>::new();
    for it in &ended {
        assert!(
            joined.get(&it.ticket) == Some(&it.patient) || it.how == How::TurnedAway,
            "{it:?}"
        );
        *ends.entry(it.ticket).or_default() += 1;
    }
    for ticket in left {
        *ends.entry(ticket).or_default() += 1;
    }
    assert!(ends.values().all(|times| *times == 1), "each ends once");
    assert!(joined.keys().all(|ticket| ends.contains_key(ticket)));
}
