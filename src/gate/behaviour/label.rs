//! The labels, and a verdict that says in words what earned it.

use std::fmt::Write as _;

use super::card::FULL;

/// What somebody's behaviour can be called. A label is evidence and no sentence: it slows or asks for a proof; it expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
#[repr(usize)]
pub enum Label {
    /// Asked sooner after an opening than people can.
    Early,
    /// Asks faster than people do.
    Rate,
    /// Asks at gaps more regular than people's.
    Metronome,
    /// Asks for many patients.
    FanOutPatients,
    /// An account that asks from many devices.
    FanOutDevices,
    /// Asks for many practitioners.
    FanOutDoctors,
    /// Goes on asking for what is sold out.
    SoldOutHammer,
    /// Leaves most holds unconfirmed.
    HoldDrop,
    /// Cancels most bookings.
    CancelRatio,
    /// Takes up for one patient what was cancelled for another.
    HandoffPair,
    /// Comes through a channel that the caller vouches for. Worth nothing: it says why other labels are missing.
    ChannelTrusted,
    /// Stands on a list that was taken in.
    Blocklisted,
}

/// How many there are.
pub(crate) const COUNT: usize = 12;

impl Label {
    pub(super) const ALL: [Self; COUNT] = [
        Self::Early,
        Self::Rate,
        Self::Metronome,
        Self::FanOutPatients,
        Self::FanOutDevices,
        Self::FanOutDoctors,
        Self::SoldOutHammer,
        Self::HoldDrop,
        Self::CancelRatio,
        Self::HandoffPair,
        Self::ChannelTrusted,
        Self::Blocklisted,
    ];

    /// Its stable name, as serde writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::Rate => "rate",
            Self::Metronome => "metronome",
            Self::FanOutPatients => "fan_out_patients",
            Self::FanOutDevices => "fan_out_devices",
            Self::FanOutDoctors => "fan_out_doctors",
            Self::SoldOutHammer => "sold_out_hammer",
            Self::HoldDrop => "hold_drop",
            Self::CancelRatio => "cancel_ratio",
            Self::HandoffPair => "handoff_pair",
            Self::ChannelTrusted => "channel_trusted",
            Self::Blocklisted => "blocklisted",
        }
    }

    /// Whether it fades over weeks; the others are gone ten to twenty minutes after the last request.
    pub(super) const fn is_lasting(self) -> bool {
        matches!(self, Self::HoldDrop | Self::CancelRatio | Self::HandoffPair)
    }

    /// What it says, in English and in Chinese.
    const fn words(self) -> [&'static str; 2] {
        match self {
            Self::Early => [
                "A request came sooner after the opening than a person can react",
                "放号后的首次请求快于人的反应时间",
            ],
            Self::Rate => [
                "Requests come faster than a person presses",
                "请求频率超过人工操作的速度",
            ],
            Self::Metronome => [
                "Requests come at machine-like regular gaps",
                "请求间隔像机器一样均匀",
            ],
            Self::FanOutPatients => [
                "Requests are made for more patients than a family has",
                "同一设备或账号为过多的就诊人请求号源",
            ],
            Self::FanOutDevices => [
                "The account asks from many devices",
                "同一账号在过多的设备上使用",
            ],
            Self::FanOutDoctors => [
                "Many practitioners are tried one after the other",
                "短时间内试探了过多的医生",
            ],
            Self::SoldOutHammer => [
                "Requests go on and on for what is sold out",
                "号源已满后仍在反复请求",
            ],
            Self::HoldDrop => ["Most holds are left unconfirmed", "锁号后大多未支付确认"],
            Self::CancelRatio => ["Most bookings are cancelled", "预约后大多退号"],
            Self::HandoffPair => [
                "A slot cancelled for one patient was taken up for another from the same hand",
                "为一人退掉的号被同一来源转给了另一人",
            ],
            Self::ChannelTrusted => [
                "The request comes through a trusted channel, so only the rate counts",
                "请求来自可信渠道，只看请求频率",
            ],
            Self::Blocklisted => [
                "The device or account is on a blocklist",
                "设备或账号在黑名单中",
            ],
        }
    }
}

/// A label that was earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Scored {
    /// Which.
    pub label: Label,
    /// How much it is worth: 0 to 1,000.
    pub points: u16,
}

/// The figures behind a verdict, of one device or account. All in thousandths but the gaps' number; none says who it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Behaved {
    /// Requests, each fading to an e-th in a second, as of the last.
    pub rate: u32,
    /// The highest that was in the last 10 to 20 minutes, down to an eighth of a request; 31,875 stands for more.
    pub rate_peak: u32,
    /// Gaps between requests without a long pause, at most 255.
    pub gaps: u8,
    /// The gaps' mean, in thousandths of a millisecond; later ones count more.
    pub gap_mean: u32,
    /// The gaps' coefficient of variation; `None` without gaps, or if all of them are 0.
    pub gap_variation: Option<u32>,
    /// Different patients of the last 10 to 20 minutes, by estimate.
    pub patients: u32,
    /// Different practitioners, by estimate.
    pub doctors: u32,
    /// Different devices, by estimate; of a device always 0.
    pub devices: u32,
    /// Holds that ran out or were released. This and what follows fade to an e-th in 30 days.
    pub dropped: u32,
    /// Holds that were confirmed.
    pub confirmed: u32,
    /// Bookings that were cancelled.
    pub cancelled: u32,
    /// Slots that changed hands.
    pub handed_off: u32,
}

/// Both figures of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Features {
    /// Of its device, if it names one that is known.
    pub device: Option<Behaved>,
    /// Of its account, likewise.
    pub account: Option<Behaved>,
}

/// In which language something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// 简体中文。
    Chinese,
}

/// How somebody's behaviour looks: by which labels, and by what figures. There is no identity in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Verdict {
    /// The labels' sum: 0 (nothing is known) to 1,000.
    pub score: u16,
    /// What was earned, in the order of the labels.
    pub labels: Vec<Scored>,
    /// What it was judged by.
    pub features: Features,
    /// The version of the [`Card`](super::Card) that judged.
    pub policy_version: u32,
}

impl Verdict {
    /// A bit for each label that was earned.
    pub(crate) fn label_bits(&self) -> u32 {
        let bit = |it: &Scored| 1 << it.label as u32;
        self.labels.iter().map(bit).fold(0, |all, bit| all | bit)
    }

    /// The score as a draw wants it, 0 to 255: `score × 255 ÷ 1,000` to the nearest. The default threshold of 500 is 128.
    #[must_use]
    pub const fn suspicion(&self) -> u8 {
        suspicion(self.score)
    }

    /// Whether a label was earned.
    #[must_use]
    pub fn has(&self, label: Label) -> bool {
        self.labels.iter().any(|scored| scored.label == label)
    }

    /// The verdict in whole sentences, for whoever has to answer for it.
    #[must_use]
    pub fn explain(&self, language: Language) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = match language {
            Language::English if self.labels.is_empty() => {
                write!(text, "Nothing speaks against this request.")
            }
            Language::Chinese if self.labels.is_empty() => write!(text, "没有可疑的迹象。"),
            Language::English => write!(text, "The score is {} of 1,000.", self.score),
            Language::Chinese => write!(text, "可疑分为{}（满分1000）。", self.score),
        };
        for Scored { label, points } in &self.labels {
            let [english, chinese] = label.words();
            let _ = match language {
                Language::English => write!(
                    text,
                    " {english} ({points}{}).",
                    self.figure(*label, language)
                ),
                Language::Chinese => write!(
                    text,
                    "{chinese}（{points}分{}）。",
                    self.figure(*label, language)
                ),
            };
        }
        text
    }

    /// The figure that a label goes by, where there is one.
    fn figure(&self, label: Label, language: Language) -> String {
        let both = [self.features.device, self.features.account];
        let most = |of: fn(&Behaved) -> u32| both.iter().flatten().map(of).max().unwrap_or(0);
        let (value, [english, chinese]) = match label {
            Label::Rate => (
                most(|it| it.rate.max(it.rate_peak)),
                ["requests a second", "次每秒"],
            ),
            Label::FanOutPatients => (most(|it| it.patients), ["patients", "位就诊人"]),
            Label::FanOutDevices => (most(|it| it.devices), ["devices", "台设备"]),
            Label::FanOutDoctors => (most(|it| it.doctors), ["practitioners", "位医生"]),
            Label::HoldDrop => (most(|it| it.dropped), ["dropped holds", "次未确认的锁号"]),
            Label::CancelRatio => (most(|it| it.cancelled), ["cancellations", "次退号"]),
            _ => return String::new(),
        };
        let (whole, tenth) = (
            value.saturating_add(50) / 1_000,
            value.saturating_add(50) % 1_000 / 100,
        );
        match language {
            Language::English => format!("; about {whole}.{tenth} {english}"),
            Language::Chinese => format!("，约{whole}.{tenth}{chinese}"),
        }
    }
}

pub(super) const fn suspicion(score: u16) -> u8 {
    let score = if score > FULL { FULL } else { score };
    // At most 255.
    ((score as u32 * 255 + 500) / 1_000) as u8
}
