//! Taking turns within a cluster: people who share a device, one of whom wants much.

use fairslot::line::{Ask, SlowQueue};

use crate::{at, device, queue, who};

#[test]
fn people_on_one_device_take_turns_whatever_each_wants() {
    let queue = queue(SlowQueue::new(1, 1));
    for schedule in 0..30 {
        let ask = Ask::new(who(1), schedule, device(1));
        queue.join(&ask, at(0)).expect("there is room");
    }
    for (patient, schedule) in [(2, 0), (2, 1), (3, 0)] {
        let ask = Ask::new(who(patient), schedule, device(1));
        queue.join(&ask, at(0)).expect("there is room");
    }
    let mut ended = Vec::new();
    queue.drain(at(6), usize::MAX, &mut ended);
    let told: Vec<_> = ended
        .iter()
        .map(|it| (it.patient.to_u128(), it.schedule))
        .collect();
    assert_eq!(
        told,
        [(1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (1, 2), (1, 3)]
    );
}

#[test]
fn when_ones_ticket_leaves_the_next_takes_its_very_place() {
    let queue = queue(SlowQueue::new(1, 1));
    let join = |patient, schedule| {
        let ask = Ask::new(who(patient), schedule, device(1));
        queue.join(&ask, at(0)).expect("there is room").ticket
    };
    let tickets = [join(1, 0), join(1, 1), join(2, 0), join(1, 2)];
    let mut ended = Vec::new();
    assert_eq!(queue.leave(tickets[0], &mut ended), Some((who(1), 0)));
    assert_eq!(queue.leave(tickets[0], &mut ended), None);
    assert_eq!(queue.leave(tickets[3], &mut ended), Some((who(1), 2)));
    queue.drain(at(5), usize::MAX, &mut ended);
    let told: Vec<_> = ended.iter().map(|it| it.ticket).collect();
    assert_eq!(told, [tickets[1], tickets[2]]);
    // A ticket of one's own again, and another one.
    assert!(!tickets.contains(&join(1, 0)));
}
