//! The lines: who joins while somebody drains, leaves while it is their turn, is offered what is just withdrawn?

use ::loom::sync::Arc;

use super::support::{Notes, explore, hand, race};
use crate::line::{
    Ask, Cluster, How, Queue, Returned, SlowQueue, Ticket, Waitlist, WaitlistPolicy, Wish,
};
use crate::words::id::{DeviceId, PatientId};
use crate::words::time::Timestamp;

const NOW: Timestamp = Timestamp::from_millis(5);

/// A hundred turns a millisecond, so that every one of a model is due.
fn queue(capacity: u32) -> Arc<Queue> {
    let settings = SlowQueue {
        capacity,
        ..SlowQueue::new(100, 1)
    };
    Arc::new(Queue::new(settings, 7).unwrap())
}

fn ask(patient: u128, device: u128) -> Ask {
    let cluster = Cluster::Device(DeviceId::new(device));
    Ask::new(PatientId::new(patient), 1, cluster)
}

/// How each ticket ended, as everybody was told.
type Ends = Notes<(Ticket, How)>;

/// Drains once more: everybody has ended once, by what they were told, or by what is left.
fn settle(queue: &Queue, ends: &Ends, tickets: &[Ticket]) {
    let mut ended = Vec::new();
    while queue.drain(Timestamp::from_millis(1 << 40), 8, &mut ended) {}
    let mut told: Vec<Ticket> = ends.all().into_iter().map(|(ticket, _)| ticket).collect();
    told.extend(ended.iter().map(|it| it.ticket));
    told.sort_unstable();
    let mut all = tickets.to_vec();
    all.sort_unstable();
    assert_eq!(told, all, "each once");
    assert_eq!(queue.waiting(), 0);
}

fn note(ends: &Ends, ended: &[crate::line::Ended]) {
    ended.iter().for_each(|it| ends.add((it.ticket, it.how)));
}

/// Threads: two people join, through an inbox with room for one; one drains. Property: both are in, and each is served once.
///
/// 9,558 interleavings, at most three preemptions.
#[test]
fn line_enqueue_against_drain() {
    explore(Some(3), || {
        let (queue, ends, tickets): (_, Ends, _) = (queue(4), Notes::new(), Notes::new());
        let joins = |patient| {
            let (queue, ends, tickets) = (queue.clone(), ends.clone(), tickets.clone());
            hand(move || {
                let joined = queue.join(&ask(patient, patient), NOW).unwrap();
                note(&ends, &joined.ended);
                tickets.add(joined.ticket);
            })
        };
        let (drains, told) = (queue.clone(), ends.clone());
        race([
            joins(1),
            joins(2),
            hand(move || {
                let mut ended = Vec::new();
                drains.drain(NOW, 8, &mut ended);
                note(&told, &ended);
            }),
        ]);
        // Whoever found the lock taken was seen by whoever had it.
        let waiting = queue.waiting();
        assert_eq!(queue.clusters(), waiting, "nobody is left in the inbox");
        settle(&queue, &ends, &tickets.all());
    });
}

/// Threads: one joins, one asks the same again and leaves, one drains. Property: one ticket, which ends once: served, or left; and at no time fewer than
/// none wait.
///
/// 12,326 interleavings, at most three preemptions.
#[test]
fn line_grant_against_leave() {
    explore(Some(3), || {
        let (queue, ends, tickets): (_, Ends, _) = (queue(4), Notes::new(), Notes::new());
        let (joins, own) = (queue.clone(), tickets.clone());
        let (leaves, again, left) = (queue.clone(), tickets.clone(), ends.clone());
        let (drains, told) = (queue.clone(), ends.clone());
        race([
            hand(move || own.add(joins.join(&ask(1, 1), NOW).unwrap().ticket)),
            hand(move || {
                let ticket = leaves.join(&ask(1, 1), NOW).unwrap().ticket;
                again.add(ticket);
                let mut ended = Vec::new();
                if leaves.leave(ticket, &mut ended).is_some() {
                    assert!(!leaves.has(ticket));
                    // Who made the ticket may not have counted it yet.
                    assert!(leaves.waiting() <= 1);
                    left.add((ticket, How::Displaced));
                }
                note(&left, &ended);
            }),
            hand(move || {
                let mut ended = Vec::new();
                drains.drain(NOW, 8, &mut ended);
                note(&told, &ended);
            }),
        ]);
        let mut all = tickets.all();
        all.sort_unstable();
        all.dedup();
        assert_eq!(queue.clusters(), queue.waiting(), "who left is gone");
        settle(&queue, &ends, &all);
    });
}

/// Threads: somebody's wait ends and they leave, and a newcomer uses their place. Property: each ticket ends once, and the newcomer's is not taken for theirs.
///
/// 7,759 interleavings, at most three preemptions.
#[test]
fn line_timeout_against_leave_and_newcomer() {
    explore(Some(3), || {
        let (queue, ends): (_, Ends) = (queue(4), Notes::new());
        let late = Timestamp::from_millis(1 << 30);
        let old = queue.join(&ask(1, 1), NOW).unwrap().ticket;
        let newcomer = Notes::new();
        let (leaves, left) = (queue.clone(), ends.clone());
        let (drains, told) = (queue.clone(), ends.clone());
        let (joins, own, heard) = (queue.clone(), newcomer.clone(), ends.clone());
        race([
            hand(move || {
                if leaves.leave(old, &mut Vec::new()).is_some() {
                    left.add((old, How::Displaced));
                }
            }),
            hand(move || {
                let mut ended = Vec::new();
                drains.drain(late, 1, &mut ended);
                note(&told, &ended);
            }),
            hand(move || {
                let joined = joins.join(&ask(2, 2), late).unwrap();
                note(&heard, &joined.ended);
                own.add(joined.ticket);
            }),
        ]);
        let mut all = newcomer.all();
        assert_ne!(all, [old]);
        all.push(old);
        settle(&queue, &ends, &all);
    });
}

/// Threads: two come into a queue with one place, from one cluster. Property: one waits, and the other is told no, at once or afterwards.
///
/// 300 interleavings, at most three preemptions.
#[test]
fn line_the_last_place() {
    explore(Some(3), || {
        let (queue, ends): (_, Ends) = (queue(1), Notes::new());
        let (tickets, refused) = (Notes::new(), Notes::new());
        let joins = |patient| {
            let (queue, ends) = (queue.clone(), ends.clone());
            let (tickets, refused) = (tickets.clone(), refused.clone());
            hand(move || match queue.join(&ask(patient, 9), NOW) {
                Ok(joined) => {
                    note(&ends, &joined.ended);
                    tickets.add(joined.ticket);
                }
                Err(full) => {
                    note(&ends, &full.ended);
                    refused.add(patient);
                }
            })
        };
        race([joins(1), joins(2)]);
        let ended = ends.all();
        assert!(ended.iter().all(|(_, how)| *how == How::TurnedAway));
        assert_eq!(ended.len() + refused.all().len(), 1);
        ended.into_iter().for_each(|it| ends.add(it));
        assert_eq!(queue.waiting(), 1);
        settle(&queue, &ends, &tickets.all());
    });
}

/// f36: a batch is drawn, an offer of an earlier one lapses, and the list is closed. Property: every offer that was made is taken up or lapsed, or the close
/// has returned it; and after the close none is made.
///
/// 4,635 interleavings, all that loom tries.
#[test]
fn f36_offer_against_withdraw() {
    explore(None, || {
        let list = Waitlist::new(WaitlistPolicy::default(), &[1; 32]).unwrap();
        for patient in 1..=3 {
            let cluster = Cluster::Person(PatientId::new(patient));
            list.join(&Wish::new(PatientId::new(patient), cluster))
                .unwrap();
        }
        let returned = |slot| Returned {
            slot,
            by: PatientId::new(9),
            cluster: Cluster::Person(PatientId::new(9)),
        };
        // Of a session that begins now, so that slots return at once.
        list.give_back(&returned(1), NOW, NOW);
        let first = list.draw(NOW, |_| [1; 32]).unwrap().offers[0];
        list.give_back(&returned(2), NOW, NOW);
        let list = Arc::new(list);
        let (made, settled, closed) = (Notes::new(), Notes::new(), Notes::new());
        made.add(first);
        let (draws, lapses, closes) = (list.clone(), list.clone(), list.clone());
        let (by_draw, by_lapse) = (made.clone(), made.clone());
        let (lapsed, found) = (settled.clone(), closed.clone());
        race([
            hand(move || {
                if let Some(round) = draws.draw(NOW, |_| [2; 32]) {
                    round.offers.iter().for_each(|it| by_draw.add(*it));
                }
            }),
            hand(move || {
                if let Some(round) = lapses.lapse(&first, NOW) {
                    lapsed.add(first);
                    round.offers.iter().for_each(|it| by_lapse.add(*it));
                }
            }),
            hand(move || {
                closes
                    .close()
                    .offers
                    .into_iter()
                    .for_each(|it| found.add(it))
            }),
        ]);
        let mut ended = settled.all();
        ended.extend(closed.all());
        let mut made = made.all();
        let by = |it: &crate::line::Offer| (it.slot, it.ticket);
        ended.sort_unstable_by_key(by);
        made.sort_unstable_by_key(by);
        assert_eq!(made, ended);
        assert_eq!(list.draw(NOW, |_| [3; 32]), None);
    });
}
