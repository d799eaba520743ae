//! The example's own checks bite: what is planted is found.

use fairslot::{BookingId, Clock, Engine, ManualClock, Timestamp};

use crate::books::{Engines, Verdict, compare, double_booked};
use crate::cli::Kind;
use crate::hospital::Hospital;
use crate::tally::{End, Record, Sale};

fn booking(number: u64) -> BookingId {
    format!("B{number:032x}").parse().expect("a booking's id")
}

fn sale(slot: u16, client: u32, held_at: i64, end: End) -> Sale {
    Sale {
        period: 0,
        slot,
        client,
        bot: false,
        held_at,
        expires_at: held_at + 20_000,
        drawn: false,
        end,
    }
}

fn paid(at: i64, number: u64, late: bool) -> End {
    End::Paid {
        at,
        booking: booking(number),
        late,
    }
}

#[test]
fn a_slot_sold_twice_is_found() {
    let first = sale(1, 1, 0, paid(500, 1, false));
    for (second, found) in [
        (sale(1, 2, 600, paid(700, 2, false)), 1),
        (sale(1, 2, 400, End::RanOut), 1),
        (sale(1, 2, 400, End::Released { at: 450 }), 1),
        (sale(2, 2, 400, paid(700, 1, false)), 1),
        (sale(2, 2, 400, paid(700, 2, false)), 0),
    ] {
        assert_eq!(double_booked(&[first, second], 0), found, "{second:?}");
        assert_eq!(double_booked(&[second, first], 0), found, "{second:?}");
    }
}

#[test]
fn a_slot_sold_again_is_no_slot_sold_twice() {
    let again = |first: Sale, held_at| {
        double_booked(
            &[first, sale(1, 2, held_at, paid(held_at + 1, 2, false))],
            0,
        )
    };
    assert_eq!(again(sale(1, 1, 0, End::RanOut), 20_000), 0);
    assert_eq!(again(sale(1, 1, 0, End::RanOut), 19_999), 1);
    assert_eq!(again(sale(1, 1, 0, End::Refunded), 20_000), 0);
    assert_eq!(again(sale(1, 1, 0, End::Released { at: 300 }), 300), 0);
    assert_eq!(again(sale(1, 1, 0, End::Released { at: 300 }), 299), 1);
    assert_eq!(again(sale(1, 1, 0, paid(21_000, 1, true)), 20_500), 1);
    let between = [
        sale(1, 1, 0, paid(45_000, 1, true)),
        sale(1, 2, 20_000, End::RanOut),
    ];
    assert_eq!(double_booked(&between, 0), 0);
}

/// The sample, published and left alone, compared with what clients might say.
fn verdict(said: impl FnOnce(&mut Record)) -> Verdict {
    let hospital = Hospital::sample().expect("the sample is well");
    let opens_at = hospital.opens_at();
    let clock = std::sync::Arc::new(ManualClock::new(opens_at));
    let engine = Engine::builder()
        .clock(clock.clone())
        .seed(1)
        .build()
        .expect("an engine");
    let schedules = hospital
        .publish(&engine, opens_at, Kind::FirstCome)
        .expect("it can be published");
    let before = engine.stats();
    clock.set(Timestamp::from_millis(clock.now().as_millis() + 60_000));
    let availability: Vec<_> = schedules
        .iter()
        .map(|id| engine.availability(*id).expect("it is there"))
        .collect();
    let (after, audit) = (engine.stats(), engine.audit());
    let mut record = Record::new(schedules.len());
    said(&mut record);
    let engines = Engines {
        availability: &availability,
        before: &before,
        after: &after,
        audit: &audit,
    };
    compare(&hospital, &record, &engines, 0)
}

#[test]
fn an_untouched_morning_is_well() {
    let verdict = verdict(|_| {});
    assert!(verdict.is_good(), "{verdict:?}");
    let hospital = Hospital::sample().expect("the sample is well");
    assert_eq!(verdict.free, hospital.capacity() - hospital.taken());
}

#[test]
fn a_booking_that_the_engine_does_not_know_is_lost() {
    let verdict = verdict(|record| record.sales.push(sale(1, 1, 0, paid(500, 1, false))));
    assert_eq!(
        (verdict.lost, verdict.consistent, verdict.is_good()),
        (1, false, false)
    );
}

#[test]
fn a_count_that_differs_and_an_answer_nobody_should_get_are_inconsistent() {
    assert!(!verdict(|record| record.people.requests += 1).consistent);
    assert!(!verdict(|record| record.surprise(|| "no such answer".to_owned())).consistent);
}
