//! What a window answers when it is full, closed, or asked nonsense; and from many threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use fairslot::draw::{
    BeaconSpec, EnterError, Entry, Group, Policy, Pool, Seed, ServerKey, Terms, Window,
};
use fairslot::{DeviceId, PatientId, Timestamp};

fn open(policy: Policy, most: u32) -> Window {
    let terms = Terms::new(1, Timestamp::from_millis(1_000), policy);
    Window::open(terms, Seed::default(), ServerKey::new([1; 32]), most).expect("sound")
}

fn entry(patient: u128) -> Entry {
    Entry::new(PatientId::new(patient))
}

#[test]
fn a_full_window_says_so_and_keeps_whom_it_has() {
    let window = open(Policy::new(1), 2);
    let first = window.enter(&entry(1));
    assert!(first.is_ok() && window.enter(&entry(2)).is_ok());
    assert_eq!(window.enter(&entry(3)), Err(EnterError::Full));
    assert_eq!(window.enter(&entry(1)), first);
    assert_eq!(window.close().closing().entries, 2);
}

#[test]
fn when_no_more_clusters_are_noted_the_entry_stands() {
    let window = open(Policy::new(1), 2);
    let from = |device| {
        entry(1)
            .device(DeviceId::new(device))
            .suspicion(100 - device as u8)
    };
    assert!((1..=3).all(|device| window.enter(&from(device)).is_ok()));
    assert_eq!(window.enter(&from(4)), Err(EnterError::ClustersFull));
    assert!((1..=3).all(|device| window.enter(&from(device)).is_ok()));
    let drawn = window
        .close()
        .draw(fairslot::draw::BeaconValue::None)
        .expect("no beacon");
    let leaf = drawn.transcript().leaves.remove(0);
    assert_eq!((leaf.clusters.len(), leaf.suspicion), (3, 97));
}

#[test]
fn a_closed_window_lets_nobody_in_and_still_knows_who_is() {
    let window = open(Policy::new(1), 9);
    let receipt = window.enter(&entry(1)).expect("it is open");
    let closing = window.close().closing();
    assert_eq!(window.enter(&entry(2)), Err(EnterError::Closed));
    assert_eq!(window.enter(&entry(1)), Err(EnterError::Closed));
    assert_eq!(
        window.prefer(PatientId::new(1), &[0]),
        Err(EnterError::Closed)
    );
    assert_eq!(window.receipt(PatientId::new(1)), Some(receipt));
    assert_eq!(window.receipt(PatientId::new(2)), None);
    assert_eq!(window.close().closing(), closing);
}

#[test]
fn preferences_change_by_their_own_verb_alone() {
    let window = open(Policy::of(vec![Pool::open(1), Pool::open(1)]), 9);
    let patient = PatientId::new(1);
    assert_eq!(window.prefer(patient, &[0]), Err(EnterError::NotEntered));
    for (list, pool) in [(&[2][..], 2), (&[0, 1, 0], 0)] {
        assert_eq!(
            window.enter(&entry(1).prefer(list)),
            Err(EnterError::NoSuchPool { pool })
        );
        assert_eq!(
            window.prefer(patient, list),
            Err(EnterError::NoSuchPool { pool })
        );
    }
    assert_eq!(window.entries(), 0);
    assert!(window.enter(&entry(1).prefer([1, 0])).is_ok());
    assert!(window.enter(&entry(1).prefer([0])).is_ok());
    assert!(
        window.enter(&entry(2).prefer([0])).is_ok()
            && window.prefer(PatientId::new(2), &[]).is_ok()
    );
    let drawn = window
        .close()
        .draw(fairslot::draw::BeaconValue::None)
        .expect("no beacon");
    let mut lists: Vec<_> = drawn
        .transcript()
        .leaves
        .into_iter()
        .map(|leaf| leaf.preferences)
        .collect();
    lists.sort();
    assert_eq!(lists, [vec![], vec![1, 0]]);
}

#[test]
fn impossible_terms_are_named() {
    let round = |at| BeaconSpec::Round {
        source: String::new(),
        round: 1,
        available_at: Timestamp::from_millis(at),
    };
    let set = |change: fn(&mut Policy)| {
        let mut policy = Policy::new(1);
        change(&mut policy);
        Terms::new(1, Timestamp::from_millis(1_000), policy)
    };
    let sound = || set(|_| ());
    for (field, terms, most) in [
        ("cluster_cap", set(|it| it.cluster_cap = 0), 1),
        ("suspect_at", set(|it| it.suspect_at = 0), 1),
        ("suspect_weight_ppm", set(|it| it.suspect_weight_ppm = 0), 1),
        (
            "suspect_weight_ppm",
            set(|it| it.suspect_weight_ppm = 1_000_001),
            1,
        ),
        ("pools", set(|it| it.pools.clear()), 1),
        ("pools", set(|it| it.pools = vec![Pool::open(1); 4_097]), 1),
        ("allotments", set(|it| it.pools[0].allotments.clear()), 1),
        ("available_at", sound().beacon(round(1_000)), 1),
        (
            "holders",
            sound().beacon(BeaconSpec::Holders(Vec::new())),
            1,
        ),
        ("entries_max", sound(), 0),
        ("entries_max", sound(), (1 << 28) + 1),
    ] {
        let wrong = Window::open(terms, Seed::default(), ServerKey::new([1; 32]), most);
        assert_eq!(wrong.expect_err("it is impossible").field(), field);
    }
    assert!((1..=16).all(|number| Group::new(number).is_some()));
    assert!(Group::new(0).is_none() && Group::new(17).is_none());
}

/// Threads enter new people until the window has been closed over them; two close it.
#[test]
fn whoever_has_a_receipt_is_in_and_who_was_refused_is_not() {
    for round in 0..30 {
        let window = open(Policy::new(1), 1 << 20);
        let entered = AtomicUsize::new(0);
        let (ours, theirs) = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..3u128)
                .map(|thread| {
                    let (window, entered) = (&window, &entered);
                    scope.spawn(move || {
                        let mut in_and_out = (Vec::new(), Vec::new());
                        for patient in thread * 1_000_000.. {
                            match window.enter(&entry(patient)) {
                                Ok(receipt) => in_and_out.0.push((patient, receipt)),
                                Err(_) => in_and_out.1.push(patient),
                            }
                            entered.fetch_add(1, Ordering::Relaxed);
                            if in_and_out.1.len() == 100 {
                                return in_and_out;
                            }
                        }
                        unreachable!("somebody closes it")
                    })
                })
                .collect();
            while entered.load(Ordering::Relaxed) < 500 * (round % 7) {
                std::hint::spin_loop();
            }
            let other = scope.spawn(|| window.close().closing());
            assert_eq!(window.close().closing(), other.join().expect("it closes"));
            let all = hands
                .into_iter()
                .map(|hand| hand.join().expect("it enters"));
            all.fold((Vec::new(), Vec::new()), |mut all, (ours, theirs)| {
                all.0.extend(ours);
                all.1.extend(theirs);
                all
            })
        });
        let frozen = window.close();
        assert_eq!(frozen.closing().entries, ours.len() as u64);
        assert!(ours.iter().all(|(_, receipt)| frozen.has(&receipt.token)));
        assert!(
            theirs
                .iter()
                .all(|patient| window.receipt(PatientId::new(*patient)).is_none())
        );
    }
}

#[test]
fn the_cap_holds_to_the_last_entry_from_many_threads() {
    let window = open(Policy::new(1), 1_000);
    let entered: usize = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..4u128)
            .map(|thread| {
                let window = &window;
                let all = move || {
                    (0..500)
                        .filter(|i| window.enter(&entry(thread << 64 | i)).is_ok())
                        .count()
                };
                scope.spawn(all)
            })
            .collect();
        hands
            .into_iter()
            .map(|hand| hand.join().expect("it enters"))
            .sum()
    });
    assert_eq!((entered, window.close().closing().entries), (1_000, 1_000));
}
