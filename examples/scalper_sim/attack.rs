//! The scalper: how many identities, on how many devices, behind how many addresses, and how they ask.

use crate::crowd::PEOPLE;
use crate::habit::Habit;

/// One way to attack an opening.
#[derive(Debug, PartialEq)]
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// In a few words, in English and in Chinese.
    pub(crate) what: &'static str,
    pub(crate) chinese: &'static str,
    /// Real identities under the scalper's control. Each may win one slot.
    pub(crate) identities: u32,
    pub(crate) devices: u32,
    pub(crate) devices_per_address: u32,
    pub(crate) habit: Habit,
    pub(crate) trick: Trick,
}

/// What is done besides asking for one's own identities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trick {
    None,
    /// So many of the people are entered from the scalper's devices, too.
    Poison(u32),
    /// So many more identities enter, from a device each, and leave at once.
    Decoys(u32),
    /// So many clients, on so many devices, are on the list of who waits, and whatever the scalper won is given up for them.
    Regrab(u32, u32),
}

impl Attack {
    /// How they ask, in a word.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.habit {
            Habit::Script => "naive",
            _ => "disguised",
        }
    }

    /// Its share of all who ask: what it would win if it were people.
    pub(crate) fn fair_share(&self) -> f64 {
        f64::from(self.identities) / f64::from(self.identities + PEOPLE)
    }
}

/// Those that are simulated; the first is nobody's.
pub(crate) static ATTACKS: [Attack; 6] = [
    Attack {
        name: "none",
        what: "nobody attacks",
        chinese: "无黄牛",
        identities: 0,
        devices: 1,
        devices_per_address: 1,
        habit: Habit::Script,
        trick: Trick::None,
    },
    Attack {
        name: "A0",
        what: "50 identities on 20 devices, naive scripts",
        chinese: "普通脚本，50 个身份",
        identities: 50,
        devices: 20,
        devices_per_address: 4,
        habit: Habit::Script,
        trick: Trick::None,
    },
    Attack {
        name: "A1",
        what: "200 identities on 20 devices, naive scripts",
        chinese: "普通脚本，200 个身份",
        identities: 200,
        devices: 20,
        devices_per_address: 4,
        habit: Habit::Script,
        trick: Trick::None,
    },
    Attack {
        name: "A2",
        what: "60 identities on 20 devices, disguised as quick people",
        chinese: "仿真人脚本，每台设备 3 个身份",
        identities: 60,
        devices: 20,
        devices_per_address: 4,
        habit: Habit::Disguised,
        trick: Trick::None,
    },
    Attack {
        name: "A3",
        what: "200 identities on 20 devices, disguised as quick people",
        chinese: "仿真人脚本，设备农场",
        identities: 200,
        devices: 20,
        devices_per_address: 4,
        habit: Habit::Disguised,
        trick: Trick::None,
    },
    Attack {
        name: "A4",
        what: "200 identities, a device and an address each, disguised as quick people",
        chinese: "仿真人脚本，一人一机",
        identities: 200,
        devices: 200,
        devices_per_address: 1,
        habit: Habit::Disguised,
        trick: Trick::None,
    },
];
