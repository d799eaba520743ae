//! Who gives up slots again and again?

use fairslot::line::{Cancels, Quota, Standing};

use crate::{at, who};

const DAY: u64 = 86_400_000;
const TODAY: u64 = 20_700;

fn cancels(quota: Quota) -> Cancels {
    Cancels::new(quota, 7).expect("in range")
}

const fn day(number: u64) -> fairslot::Timestamp {
    at((TODAY + number) * DAY + 12_345)
}

const LIGHTER: Standing = Standing::Lighter {
    weight_ppm: 200_000,
};

#[test]
fn the_second_costs_weight_and_the_third_a_rest() {
    let cancels = cancels(Quota::default());
    assert_eq!(cancels.note(who(1), day(0)), Standing::Clear);
    assert_eq!(cancels.note(who(1), day(29)), LIGHTER);
    assert_eq!(cancels.standing(who(1), day(29)), LIGHTER);
    // The first is no longer within the window of the second's third.
    assert_eq!(cancels.standing(who(1), day(30)), Standing::Clear);
    assert_eq!(cancels.note(who(1), day(31)), LIGHTER);
    assert_eq!(
        cancels.note(who(1), day(32)),
        Standing::Resting { days: 90 }
    );
    assert_eq!(
        cancels.standing(who(1), day(121)),
        Standing::Resting { days: 1 }
    );
    assert_eq!(cancels.standing(who(1), day(122)), Standing::Clear);
    assert_eq!(cancels.standing(who(2), day(32)), Standing::Clear);
}

#[test]
fn three_on_one_day_are_three() {
    let cancels = cancels(Quota::default());
    let told = [0; 4].map(|it| cancels.note(who(1), day(it)));
    let rest = Standing::Resting { days: 90 };
    assert_eq!(told, [Standing::Clear, LIGHTER, rest, rest]);
    // A clock that steps back changes nothing.
    assert_eq!(cancels.standing(who(1), at(TODAY * DAY - 1)), rest);
}

#[test]
fn what_comes_after_a_third_ends_no_rest() {
    let cancels = cancels(Quota::default());
    let told = [0, 1, 2].map(|it| cancels.note(who(1), day(it)));
    assert_eq!(told[2], Standing::Resting { days: 90 });
    // More than a window later, and twice, and so on: the rest goes on as it was.
    for later in [40, 41, 75] {
        let days = 92 - later as u16;
        assert_eq!(cancels.note(who(1), day(later)), Standing::Resting { days });
    }
    // The last two are 34 days apart.
    assert_eq!(cancels.standing(who(1), day(92)), Standing::Clear);
}

#[test]
fn invented_people_free_nobody_who_is_remembered_well() {
    // Ten times as many as there is room for gave something up once, long before.
    let cancels = cancels(Quota {
        people: 1_024,
        ..Quota::default()
    });
    for it in 0..10_240 {
        cancels.note(who(1_000 + it), day(0));
    }
    for it in 0..100 {
        for _ in 0..2 {
            cancels.note(who(it), day(10));
        }
    }
    let known = (0..100).filter(|it| cancels.standing(who(*it), day(11)) == LIGHTER);
    assert_eq!(known.count(), 100);
}

#[test]
fn settings_out_of_range_are_named() {
    let sound = Quota::default();
    for (quota, field) in [
        (
            Quota {
                window_days: 0,
                ..sound
            },
            "quota.window_days",
        ),
        (
            Quota {
                rest_days: 3_651,
                ..sound
            },
            "quota.rest_days",
        ),
        (
            Quota {
                weight_ppm: 1_000_001,
                ..sound
            },
            "quota.weight_ppm",
        ),
        (Quota { people: 7, ..sound }, "quota.people"),
    ] {
        assert_eq!(Cancels::new(quota, 1).expect_err(field).field(), field);
    }
}
