//! How many bytes does a ticket take?

use allocation_counter::measure;
use fairslot::line::{Ask, SlowQueue, Waitlist, WaitlistPolicy, Wish};

use crate::{at, device, queue, who};

#[test]
fn a_ticket_takes_what_is_stated() {
    const TICKETS: u64 = 100_000;
    let settings = SlowQueue {
        capacity: 1 << 17,
        ..SlowQueue::new(100, 1_000)
    };
    let mut kept = None;
    let built = measure(|| kept = Some(queue(settings)));
    let queue = kept.expect("it was built");
    let join = |people: std::ops::Range<u64>, devices| {
        measure(|| {
            for person in people {
                let ask = Ask::new(who(person), 1, device(person % devices));
                queue.join(&ask, at(5)).expect("there is room");
            }
        })
    };
    let crowd = join(0..TICKETS, 20);
    let each = crowd.bytes_current as f64 / TICKETS as f64;
    let before = built.bytes_current as f64 / f64::from(settings.capacity);
    println!("{before:.1} B for each ticket that there may be, {each:.1} B for each that waits");
    assert!(before < 40.0, "{before}");
    assert!(each < 150.0, "{each}");
    // Who waits already costs nothing, and those who come later use what the others left.
    assert_eq!(join(0..TICKETS, 20).bytes_current, 0);
    let mut ended = Vec::with_capacity(TICKETS as usize);
    queue.drain(at(2_000_000), usize::MAX, &mut ended);
    assert_eq!((queue.waiting(), ended.len() as u64), (0, TICKETS));
    let again = join(TICKETS..2 * TICKETS, TICKETS);
    let cluster = again.bytes_current as f64 / TICKETS as f64;
    println!("{cluster:.1} B for each cluster");
    assert!(cluster < 140.0, "{cluster}");
}

#[test]
fn a_place_on_a_waitlist_takes_what_is_stated() {
    const PEOPLE: u64 = 4_096;
    let each = |family: u64| {
        let list = Waitlist::new(WaitlistPolicy::default(), &[7; 32]).expect("in range");
        let joins = measure(|| {
            for first in (0..PEOPLE).step_by(family as usize) {
                let people: Vec<_> = (first..first + family).map(who).collect();
                let wish = Wish::family(&people, device(first));
                list.join(&wish).expect("there is room");
            }
        });
        joins.bytes_current as f64 / PEOPLE as f64
    };
    let (alone, two, eight) = (each(1), each(2), each(8));
    println!("bytes a person: {alone:.0} alone, {two:.0} of a family of two, {eight:.0} of eight");
    assert!(alone < 400.0 && two < 400.0 && eight < 400.0);
}
