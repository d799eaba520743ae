//! The draw's window: who is let in while somebody closes it?

use ::loom::sync::Arc;

use super::support::{Notes, explore, hand, race};
use crate::draw::{EnterError, Entry, Policy, Seed, ServerKey, Terms, Window};
use crate::words::id::{DeviceId, PatientId};
use crate::words::time::Timestamp;

fn window(most: u32) -> Arc<Window> {
    let terms = Terms::new(1, Timestamp::from_millis(1_000), Policy::new(1));
    let window = Window::open(terms, Seed::default(), ServerKey::new([1; 32]), most);
    Arc::new(window.unwrap())
}

/// Somebody who lies under another lock than this one.
fn elsewhere(window: &Window, one: u128) -> u128 {
    let lies = |it: &u128| !window.are_neighbours(PatientId::new(one), PatientId::new(*it));
    (2..).find(lies).unwrap()
}

/// Threads: two enter a person each, one of whom was in before, one closes. Property: whoever has a receipt is in the frozen list, and whoever was told that it
/// is closed only if they were in before.
///
/// 2,518 interleavings, all that loom tries.
#[test]
fn enter_against_close() {
    explore(None, || {
        let (window, notes) = (window(4), Notes::new());
        let before = window.enter(&Entry::new(PatientId::new(1))).unwrap();
        let enters = |patient: u128| {
            let (window, notes) = (window.clone(), notes.clone());
            hand(move || {
                let entry = Entry::new(PatientId::new(patient)).device(DeviceId::new(9));
                notes.add((patient, window.enter(&entry)));
            })
        };
        let closes = window.clone();
        race([
            enters(1),
            enters(elsewhere(&window, 1)),
            hand(move || {
                let closing = closes.close().closing();
                assert!((1..=2).contains(&closing.entries));
            }),
        ]);
        let frozen = window.close();
        assert!(frozen.has(&before.token));
        for (patient, answer) in notes.all() {
            let receipt = window.receipt(PatientId::new(patient));
            match answer {
                Ok(own) => assert!(frozen.has(&own.token) && receipt == Some(own)),
                Err(why) => {
                    assert_eq!(why, EnterError::Closed);
                    assert_eq!(receipt.is_some(), patient == 1);
                }
            }
        }
    });
}

/// f34: two close at once, one asks meanwhile for a receipt. Property: one frozen list, the same for all.
///
/// 118,112 interleavings, all that loom tries.
#[test]
fn f34_two_closers() {
    explore(None, || {
        let (window, notes) = (window(4), Notes::new());
        let before = window.enter(&Entry::new(PatientId::new(1))).unwrap();
        let closes = || {
            let (window, notes) = (window.clone(), notes.clone());
            hand(move || notes.add(std::ptr::from_ref(window.close()) as usize))
        };
        let asks = window.clone();
        race([
            closes(),
            closes(),
            hand(move || assert_eq!(asks.receipt(PatientId::new(1)), Some(before))),
        ]);
        let lists = notes.all();
        assert!(lists.len() == 2 && lists[0] == lists[1]);
        assert_eq!(window.close().closing().entries, 1);
    });
}

/// Threads: two enter a person each, where there is room for one. Property: one is in, and the other is told that it is full.
///
/// 50 interleavings, all that loom tries.
#[test]
fn the_last_place_in_a_window() {
    explore(None, || {
        let (window, notes) = (window(1), Notes::new());
        let enters = |patient: u128| {
            let (window, notes) = (window.clone(), notes.clone());
            hand(move || notes.add(window.enter(&Entry::new(PatientId::new(patient))).err()))
        };
        race([enters(1), enters(elsewhere(&window, 1))]);
        let mut errors = notes.all();
        errors.sort_by_key(Option::is_some);
        assert_eq!(errors, [None, Some(EnterError::Full)]);
        assert_eq!(window.close().closing().entries, 1);
    });
}
