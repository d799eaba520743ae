//! What it is for: identities by the thousand are as many as their devices, and people are served before scripts.

use std::collections::HashMap;

use fairslot::line::SlowQueue;
use fairslot::{Event, Outcome, ScheduleId};

use super::{Desk, from};

/// The chapter's crowd: a thousand identities on twenty devices come first, then people who are wrongly slowed. Whoever is alone behind their device waits one turn for each device at most.
fn waits(seed: u64) -> Vec<u64> {
    let desk = Desk::with(SlowQueue::new(100, 1_000), |it| it.seed(seed));
    desk.mark(3_000..3_020, 500);
    desk.mark(4_000..4_020, 500);
    let schedule = desk.publish(2_000);
    for n in 0..1_000 {
        desk.queued(n, 3_000 + n % 20, schedule);
    }
    let mut people: Vec<(u64, fairslot::TicketId, u64)> = Vec::new();
    let mut waits = Vec::new();
    for ms in 0..12_000 {
        desk.at(ms);
        if ms % 500 == 137 + seed % 100 && people.len() < 20 {
            let n = people.len() as u128;
            let ticket = desk.queued(10_000 + n, 4_000 + n, schedule);
            let ring = u64::from(desk.engine.stats().slow_queue.expect("one").clusters);
            let position = ticket.position.map_or(0, |it| u64::from(it.get()));
            assert!(position <= ring);
            people.push((ms, ticket.id, ring));
        }
        desk.advance();
        if let Some((came, ticket, ring)) = people.last()
            && desk.held(*ticket).is_some()
            && waits.len() < people.len()
        {
            assert!(ms - came <= ring * 10, "a turn for each device at most");
            waits.push(ms - came);
        }
    }
    assert_eq!(waits.len(), 20);
    waits
}

#[test]
fn a_thousand_identities_on_twenty_devices_are_twenty() {
    let waits = waits(1);
    let mean = waits.iter().sum::<u64>() as f64 / 20.0;
    println!("people wait {mean} ms, {:?} at most", waits.iter().max());
    assert!(waits.iter().all(|wait| *wait <= 240));
}

/// Scripts that are known from before ask in the first moments and again and again; people come when people do. The first turn comes after three seconds.
fn morning(bots: u128, every_ms: u64) -> (u32, u32) {
    let desk = Desk::new(SlowQueue {
        first_after_ms: 3_000,
        ..SlowQueue::new(1, 1_000)
    });
    desk.mark(1_000..1_000 + bots, 500);
    let schedule = desk.publish(50);
    let (mut people, mut scripts) = (0, 0);
    let mut coming = (0..1_000_u64)
        .map(|n| (300 + n * 3, u128::from(n)))
        .peekable();
    for ms in (0..5_000).step_by(5) {
        desk.at(ms);
        if ms % every_ms == 0 {
            for bot in 0..bots {
                let said = desk.ask(100_000 + bot, 1_000 + bot, schedule);
                scripts += u32::from(matches!(said, Outcome::Held(_)));
            }
        }
        while let Some((_, person)) = coming.next_if(|(when, _)| *when <= ms) {
            let said = desk.ask(person, 500_000 + person, schedule);
            people += u32::from(matches!(said, Outcome::Held(_)));
        }
    }
    scripts += desk.advance() as u32;
    (people, scripts)
}

#[test]
fn scripts_that_are_known_get_nothing_before_people_do() {
    // 200 that ask twenty times a second, and 40 that ask five times.
    for (bots, every_ms) in [(200, 50), (40, 200)] {
        assert_eq!(morning(bots, every_ms), (50, 0));
    }
}

/// The same settings, seed, calls and times give the same events.
#[test]
fn the_same_calls_give_the_same_events() {
    let events = [3, 3].map(|seed| -> Vec<Event> {
        let desk = Desk::with(SlowQueue::new(100, 1_000), |it| it.seed(seed));
        let listener = desk.engine.observe(1 << 14);
        let schedules: [ScheduleId; 3] = [130, 60, 20].map(|slots| desk.publish(slots));
        let mut tickets = HashMap::new();
        for ms in 0..400_u64 {
            desk.at(ms * 3);
            let n = u128::from(ms * 2_654_435_761 % 397);
            let schedule = schedules[(n % 3) as usize];
            if let Some(ticket) = desk
                .engine
                .request(&from(n, 950 + n % 150, schedule))
                .waiting()
            {
                tickets.insert(n, ticket.id);
            }
            if ms % 11 == 0
                && let Some(ticket) = tickets.get(&n)
            {
                let _ = desk.engine.leave(*ticket, super::who(n));
            }
        }
        desk.at(5_000);
        desk.advance();
        std::iter::from_fn(|| listener.next()).collect()
    });
    assert!(events[0].len() > 100);
    assert_eq!(events[0], events[1]);
}
