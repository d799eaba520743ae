//! The gate: several limits, and somebody else at each.

use ::loom::sync::Arc;

use super::support::{Notes, explore, hand, race};
use crate::gate::Gate;
use crate::gate::limit::Limit;
use crate::raw::hash::SplitMix;
use crate::words::time::Timestamp;

const NOW: Timestamp = Timestamp::from_millis(5);

/// One turn each for patients, and one for a device.
fn gate() -> Arc<Gate> {
    let once = |period_ms| {
        Some(Limit {
            cells: 8,
            ..Limit::new(1, period_ms, 1)
        })
    };
    let limits = [once(10), None, once(100), None];
    Arc::new(Gate::new(limits, &mut SplitMix(7)).unwrap().unwrap())
}

/// Threads: two patients ask at once from one device, which has one turn. Property: one gets it, and the other has paid nothing: from elsewhere it is
/// their turn.
///
/// 42,026 interleavings, all that loom tries.
#[test]
fn gate_gives_back_what_a_lost_race_cost() {
    explore(None, || {
        let (gate, lost) = (gate(), Notes::new());
        let asks = |patient| {
            let (gate, lost) = (gate.clone(), lost.clone());
            hand(move || {
                if let Err(why) = gate.ask(&gate.hashes(&[Some(patient), None, Some(9), None]), NOW)
                {
                    assert_eq!((why.retry_after_ms, why.by.each().next()), (100, Some(2)));
                    lost.add(patient);
                }
            })
        };
        race([asks(1), asks(2)]);
        let lost = lost.all();
        let [loser] = *lost else {
            panic!("one device, one turn: {lost:?} lost");
        };
        let elsewhere = |patient| {
            let hashes = gate.hashes(&[Some(patient), None, None, None]);
            gate.ask(&hashes, NOW).is_ok()
        };
        assert!(elsewhere(loser) && !elsewhere(3 - loser));
    });
}
