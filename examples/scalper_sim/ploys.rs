//! What else a scalper can try who knows how the recommended draw works: each ploy is one more attack.

use crate::attack::{Attack, Trick};
use crate::habit::Habit;

const fn ploy(
    name: &'static str,
    words: [&'static str; 2],
    (identities, devices): (u32, u32),
    habit: Habit,
    trick: Trick,
) -> Attack {
    Attack {
        name,
        what: words[0],
        chinese: words[1],
        identities,
        devices,
        devices_per_address: 4,
        habit,
        trick,
    }
}

/// The first is what the others are compared with.
pub(crate) static PLOYS: [Attack; 11] = [
    ploy(
        "farm",
        [
            "200 identities on 20 devices, disguised: what the others are compared with",
            "设备农场（对照）",
        ],
        (200, 20),
        Habit::Disguised,
        Trick::None,
    ),
    ploy(
        "more_identities",
        [
            "five times as many identities on the same devices",
            "五倍身份，设备不变",
        ],
        (1_000, 20),
        Habit::Disguised,
        Trick::None,
    ),
    ploy(
        "human_timing",
        [
            "asks when ordinary people do, not when quick ones do",
            "按普通人的节奏",
        ],
        (200, 20),
        Habit::Ordinary { median_s: 3.0 },
        Trick::None,
    ),
    ploy(
        "three_a_device",
        [
            "67 devices, no more than three identities each",
            "每设备不超过三个身份",
        ],
        (200, 67),
        Habit::Disguised,
        Trick::None,
    ),
    ploy(
        "sybil_devices",
        ["a device for each identity", "一人一机"],
        (200, 200),
        Habit::Disguised,
        Trick::None,
    ),
    ploy(
        "many_sybils",
        [
            "a thousand identities with a device each",
            "一千个身份，一人一机",
        ],
        (1_000, 1_000),
        Habit::Disguised,
        Trick::None,
    ),
    ploy(
        "poisoning",
        [
            "scripts that also enter a hundred people from their devices, to have these thinned",
            "用脏设备替他人登记",
        ],
        (200, 20),
        Habit::Script,
        Trick::Poison(100),
    ),
    ploy(
        "grinding",
        [
            "the farm, and 800 more who enter and leave, to stir the ranks",
            "八百个身份登记后退出，试图影响名次",
        ],
        (200, 20),
        Habit::Disguised,
        Trick::Decoys(800),
    ),
    ploy(
        "poisoning_sybils",
        [
            "a device for each identity, and a hundred people entered from them",
            "一人一机，并替他人登记",
        ],
        (200, 200),
        Habit::Disguised,
        Trick::Poison(100),
    ),
    ploy(
        "cancel_and_regrab",
        [
            "a device for each identity; all that is won is given up, with fifty clients on the waitlist",
            "一人一机，中号后退号，由五十名客户候补",
        ],
        (200, 200),
        Habit::Disguised,
        Trick::Regrab(50, 50),
    ),
    ploy(
        "waitlist_flooding",
        [
            "the same, with a thousand on the waitlist from twenty devices",
            "同上，二十台设备上一千人候补",
        ],
        (200, 200),
        Habit::Disguised,
        Trick::Regrab(1_000, 20),
    ),
];
