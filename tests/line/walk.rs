//! Random walks: the queue and the lists say the same, and nobody waits longer than they were told.

use std::collections::HashMap;

use fairslot::line::{Ask, How, Queue, SlowQueue, Ticket};
use proptest::prelude::*;

use crate::plain::{Answer, Name, Plain};
use crate::{at, device, queue, who};

#[derive(Debug, Clone)]
enum Step {
    Join { name: Name, cluster: u64, every: u8 },
    Leave(Name),
    Drain { later: u64, most: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = || (0..8u64, 0..3u64);
    let step = prop_oneof![
        6 => (name(), 0..4u64, prop_oneof![3 => Just(1u8), 1 => 2..5u8])
            .prop_map(|(name, cluster, every)| Step::Join { name, cluster, every }),
        1 => name().prop_map(Step::Leave),
        3 => (0..25u64, prop_oneof![4 => Just(100usize), 1 => 0..3usize])
            .prop_map(|(later, most)| Step::Drain { later, most }),
    ];
    prop::collection::vec(step, 1..80)
}

/// Both, and what was promised.
struct Twin {
    queue: Queue,
    plain: Plain,
    tickets: HashMap<Name, Ticket>,
    /// First tickets of clusters that are visited every round: served so far when they came, and the ring's length then.
    promised: HashMap<Name, (u64, u64)>,
    served: u64,
    now: u64,
}

impl Twin {
    fn step(&mut self, step: &Step) {
        let now = at(self.now);
        match *step {
            Step::Join {
                name,
                cluster,
                every,
            } => {
                let mut ended = Vec::new();
                let groups = &self.plain.groups;
                let is_first = groups.iter().all(|group| group.cluster != cluster);
                let expected =
                    self.plain
                        .join(name, cluster, u64::from(every), self.now, &mut ended);
                let ask = Ask::new(who(name.0), name.1, device(cluster)).every(every);
                let real = self.queue.join(&ask, now);
                match expected {
                    Answer::TurnedAway => {
                        let full = real.expect_err("it is full");
                        assert!(full.ended.is_empty() && full.retry_after_ms > 0);
                    }
                    expected => {
                        let joined = real.expect("there is room");
                        assert_eq!(joined.again, expected == Answer::Again);
                        self.compare(&joined.ended, &ended);
                        let known = self.tickets.insert(name, joined.ticket);
                        assert!(!joined.again || known == Some(joined.ticket));
                        let slowed = self.plain.groups.iter().any(|group| group.every > 1);
                        if expected == Answer::New && is_first && every == 1 && !slowed {
                            let ring = self.plain.groups.len() as u64;
                            self.promised.insert(name, (self.served, ring));
                        }
                    }
                }
                // A suspect who becomes one later breaks no promise, it has fewer turns; one who ceases to be may have one more.
                if every > 1 {
                    let of_cluster = |name: &Name| self.cluster_of(*name) == Some(cluster);
                    let broken: Vec<Name> =
                        self.promised.keys().copied().filter(of_cluster).collect();
                    for name in broken {
                        self.promised.remove(&name);
                    }
                }
            }
            Step::Leave(name) => {
                let mut ended = Vec::new();
                let known = self.tickets.get(&name).copied();
                let left = known.and_then(|ticket| self.queue.leave(ticket, &mut ended));
                assert_eq!(left.is_some(), self.plain.strike(name));
                self.promised.remove(&name);
                assert!(ended.is_empty());
                if let Some((patient, schedule)) = left {
                    assert_eq!((patient, schedule), (who(name.0), name.1));
                }
            }
            Step::Drain { later, most } => {
                self.now += later;
                let mut ended = Vec::new();
                self.queue.drain(at(self.now), most, &mut ended);
                let expected = self.plain.drain(self.now, most);
                self.compare(&ended, &expected);
            }
        }
        self.agree();
    }

    fn cluster_of(&self, name: Name) -> Option<u64> {
        let mut alone = self.plain.clone();
        alone.groups.retain(|group| {
            let mut one = self.plain.clone();
            one.groups = vec![group.clone()];
            one.has(name)
        });
        alone.groups.first().map(|group| group.cluster)
    }

    fn compare(&mut self, real: &[fairslot::line::Ended], expected: &[(Name, How)]) {
        let told: Vec<_> = real
            .iter()
            .map(|it| ((it.patient, it.schedule), it.how))
            .collect();
        let wanted: Vec<_> = expected
            .iter()
            .map(|(name, how)| ((who(name.0), name.1), *how))
            .collect();
        assert_eq!(told, wanted);
        for (it, (name, how)) in real.iter().zip(expected) {
            assert_eq!(self.tickets.get(name), Some(&it.ticket));
            assert!(!self.queue.has(it.ticket));
            self.served += u64::from(*how == How::Served);
            if let Some((before, ring)) = self.promised.remove(name)
                && *how == How::Served
            {
                let took = self.served - before;
                assert!(took <= ring, "{took} turns, in a ring of {ring}");
            }
        }
    }

    fn agree(&self) {
        let waiting = self.plain.len();
        assert!(waiting <= self.queue.settings().capacity as usize);
        assert_eq!(self.queue.waiting() as usize, waiting);
        assert_eq!(self.queue.clusters() as usize, self.plain.groups.len());
        let (mut left, mut position) = (self.plain.clone(), 0);
        // If nobody comes any more.
        while let Some(name) = left.serve() {
            position += 1;
            let ticket = self.tickets[&name];
            let place = self.queue.place(ticket, at(self.now)).expect("they wait");
            assert!(
                (position..=waiting as u32).contains(&place.position),
                "{name:?} is number {position}, and is told {place:?}"
            );
        }
        assert_eq!(position as usize, waiting);
    }
}

fn walk(settings: SlowQueue, steps: &[Step]) {
    let mut twin = Twin {
        queue: queue(settings),
        plain: Plain::new(settings),
        tickets: HashMap::new(),
        promised: HashMap::new(),
        served: 0,
        now: 1_000,
    };
    for step in steps {
        twin.step(step);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn f21_overtakes_and_all_else_is_as_with_lists(steps in steps(), turns in 1..4u32, period_ms in 1..15u64, first_after_ms in 0..40u64) {
        let settings = SlowQueue { capacity: 1_000, first_after_ms, wait_max_ms: 300, ..SlowQueue::new(turns, period_ms) };
        walk(settings, &steps);
    }

    #[test]
    fn f10_queue_bound_as_with_lists(steps in steps(), capacity in 1..10u32) {
        let settings = SlowQueue { capacity, wait_max_ms: 200, ..SlowQueue::new(1, 20) };
        walk(settings, &steps);
    }
}
