//! Judging behaviour: two threads at one record, and two that both want a record where there is room for one.

use ::loom::sync::Arc;

use super::support::{explore, hand, race};
use crate::gate::behaviour::{Behaviour, Deed, Origin, Watch};
use crate::raw::hash::SplitMix;
use crate::raw::sets::Sets;
use crate::words::ask::Request;
use crate::words::id::{DeviceId, PatientId, ScheduleId};
use crate::words::time::Timestamp;

/// Threads: two see a request each of a device that nobody knows yet. Property: it has one record, and both requests are in it.
///
/// 394 interleavings, all that loom tries.
#[test]
fn behaviour_loses_no_request_of_two_at_once() {
    explore(None, || {
        let behaviour = Behaviour {
            records: 8,
            ..Behaviour::default()
        };
        let watch = Arc::new(Watch::new(&behaviour, &[], 1, &mut SplitMix(7)).unwrap());
        let schedule = ScheduleId::pack(0, 1);
        let request =
            |patient| Request::new(PatientId::new(patient), schedule).device(DeviceId::new(9));
        let now = Timestamp::from_millis(5);
        let sees = |patient| {
            let (watch, request) = (watch.clone(), request(patient));
            hand(move || {
                let seen = watch.observe(&request, watch.who(&request), false, now);
                watch.note(seen.origin, Deed::Confirmed, now);
                assert_ne!(seen.origin, Origin::default());
            })
        };
        race([sees(1), sees(2)]);
        let seen = watch.verdict(&request(1), now).features.device.unwrap();
        assert_eq!((seen.rate, seen.gaps, seen.confirmed), (2_000, 1, 2_000));
    });
}

/// Threads: two newcomers to a full set, of whose two records one is the lower. Property: that one goes, and the higher stays; of the newcomers the higher is there in
/// the end, or, if it came first, the lower that came after it.
///
/// 42 interleavings, all that loom tries.
#[test]
fn behaviour_lets_the_lowest_go() {
    explore(None, || {
        let sets = Arc::new(Sets::<u32, 1>::new(2));
        let put = |sets: &Sets<u32, 1>, key: u64, rank| {
            sets.with(key << 32, |it| *it, |it| *it += rank);
        };
        put(&sets, 1, 1);
        put(&sets, 2, 9);
        let comes = |key, rank| {
            let sets = sets.clone();
            hand(move || put(&sets, key, rank))
        };
        race([comes(3, 3), comes(4, 4)]);
        let read = |key: u64| sets.read(key << 32);
        assert_eq!((read(1), read(2)), (None, Some(9)));
        // Whoever comes second is there, and whoever was there was the lower.
        assert!(matches!(
            (read(3), read(4)),
            (Some(3), None) | (None, Some(4))
        ));
    });
}
