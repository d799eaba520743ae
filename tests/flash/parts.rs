//! The parts: arrival times as published, instants, the standing of slots over time.

use crate::crowd::{Crowd, Wanted};
use crate::input::instant::parse;
use crate::tally::{End, Sale};
use crate::timeline::{sold_out_at, timeline};

/// The share of people whose first request after the opening comes within so many seconds, against the model's formula:
/// 0.9 of them log-normal around 3 s, 0.02 within 0.2 s, 0.08 between 0.3 and 0.6 s.
#[test]
fn people_arrive_as_the_model_says() {
    let crowd = Crowd::gather(40_000, 0, 5, &[10; 20]);
    let mut first = vec![i64::MAX; 40_000];
    for attempt in crowd.share(0, 1) {
        let first = &mut first[attempt.client as usize];
        *first = (*first).min(if attempt.at < 0 { i64::MAX } else { attempt.at });
    }
    for (s, share) in [
        (0.5, 0.094),
        (1.0, 0.199),
        (2.0, 0.393),
        (5.0, 0.744),
        (10.0, 0.920),
    ] {
        let within = first
            .iter()
            .filter(|at| (**at as f64) < s * 1_000.0)
            .count() as f64
            / 40_000.0;
        assert!(
            (within - share).abs() < 0.01,
            "{within} instead of {share} within {s} s"
        );
    }
}

#[test]
fn bots_ask_a_hundred_times_a_second_from_the_first_milliseconds_on() {
    let crowd = Crowd::gather(0, 50, 5, &[10; 20]);
    let attempts = crowd.share(0, 1);
    assert!(attempts[0].at < 5);
    let first_second = attempts.iter().filter(|attempt| attempt.at < 1_000).count();
    assert!((4_950..=5_050).contains(&first_second), "{first_second}");
    for attempt in attempts {
        assert!(matches!(crowd.wanted(attempt), Wanted::One(0..20)));
    }
}

#[test]
fn shares_make_up_the_crowd() {
    let crowd = Crowd::gather(500, 5, 5, &[10; 20]);
    let mut together: Vec<_> = (0..3).flat_map(|nth| crowd.share(nth, 3)).collect();
    together.sort_unstable();
    assert_eq!(together, crowd.share(0, 1));
}

#[test]
fn instants_are_the_instants_they_say() {
    for (text, ms, hour) in [
        ("2000-01-01T00:00:00Z", 946_684_800_000, 0),
        ("2000-02-29T23:59:59.9999Z", 951_868_799_999, 23),
        ("2026-12-08T08:00:00+08:00", 1_796_688_000_000, 8),
        ("2026-12-07T12:30:00.5-11:30", 1_796_688_000_500, 12),
        ("2100-03-01T00:00:00-00:00", 4_107_542_400_000, 0),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000, 23),
    ] {
        let instant = parse(text).expect(text);
        assert_eq!((instant.utc_ms, instant.hour), (ms, hour), "{text}");
        assert_eq!(instant.day.to_string(), text[..10]);
    }
}

#[test]
fn slots_stand_free_held_and_booked() {
    let booking = "B00000000000000000000000000000001"
        .parse()
        .expect("a booking's id");
    let sale = |slot, held_at, end| Sale {
        period: 0,
        slot,
        client: 1,
        bot: false,
        held_at,
        expires_at: held_at + 20_000,
        drawn: false,
        end,
    };
    let sales = [
        sale(
            1,
            5,
            End::Paid {
                at: 900,
                booking,
                late: false,
            },
        ),
        sale(2, 5, End::RanOut),
        sale(2, 20_010, End::Released { at: 20_500 }),
    ];
    let standings = timeline(&sales, 2);
    let seen: Vec<_> = standings
        .iter()
        .map(|now| (now.at, now.free, now.held, now.booked))
        .collect();
    assert_eq!(
        seen,
        [
            (-1, 2, 0, 0),
            (5, 0, 2, 0),
            (900, 0, 1, 1),
            (20_005, 1, 0, 1),
            (20_010, 0, 1, 1),
            (20_500, 1, 0, 1),
        ]
    );
    assert_eq!(sold_out_at(&sales, &[2, 4]), [Some(5), None]);
}
