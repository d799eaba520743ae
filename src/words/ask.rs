//! What is asked, and the answer.

use std::fmt;
use std::net::IpAddr;

use super::allotment::Group;
use super::challenge::{Answer, Token};
use super::id::{
    AccountId, BookingId, ChannelId, DeviceId, HoldId, PatientId, PaymentRef, RequestId,
    ScheduleId, SlotNo,
};
use super::refusal::Refusal;
use super::ticket::Ticket;
use super::time::Timestamp;

/// Somebody asks for a slot.
///
/// ```
/// use fairslot::{ChannelId, PatientId, Request, RequestId, ScheduleId};
/// # let schedule: ScheduleId = "S0000000010000000".parse().unwrap();
/// let request = Request::new(PatientId::new(7), schedule)
///     .id(RequestId::from_text("2026-12-01/7/1"))
///     .channel(ChannelId::new(3));
/// assert_eq!(request.schedules(), [schedule]);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Request {
    patient: PatientId,
    schedules: Schedules,
    #[cfg_attr(feature = "serde", serde(default))]
    id: Option<RequestId>,
    #[cfg_attr(feature = "serde", serde(default))]
    account: Option<AccountId>,
    #[cfg_attr(feature = "serde", serde(default))]
    device: Option<DeviceId>,
    #[cfg_attr(feature = "serde", serde(default))]
    network: Option<IpAddr>,
    #[cfg_attr(feature = "serde", serde(default))]
    channel: Option<ChannelId>,
    #[cfg_attr(feature = "serde", serde(default))]
    answer: Option<Box<(Token, Answer)>>,
    #[cfg_attr(feature = "serde", serde(default))]
    waitlist: bool,
    /// A bit each: group 1 is the lowest. Written as a list of their numbers.
    #[cfg_attr(feature = "serde", serde(default, with = "numbers"))]
    groups: u16,
}

/// Groups as serde writes them: their numbers.
#[cfg(feature = "serde")]
mod numbers {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::words::allotment::Group;

    pub(super) fn serialize<S: Serializer>(bits: &u16, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq((1..=16_u8).filter(|number| bits >> (number - 1) & 1 == 1))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
        let mut bits = 0;
        for number in Vec::<u8>::deserialize(from)? {
            let group = Group::new(number).ok_or_else(|| Error::custom("groups are 1 to 16"))?;
            bits |= group.bit();
        }
        Ok(bits)
    }
}

/// No schedule: none was ever minted with bits above the generation's.
const NO_SCHEDULE: ScheduleId = ScheduleId(u64::MAX);

/// One schedule, which is nearly always so and costs no allocation, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(from = "Vec<ScheduleId>", into = "Vec<ScheduleId>")
)]
struct Schedules {
    /// The one, else none's.
    one: ScheduleId,
    /// All of them, if they are not just one.
    all: Option<Box<[ScheduleId]>>,
}

impl From<Vec<ScheduleId>> for Schedules {
    fn from(all: Vec<ScheduleId>) -> Self {
        match *all {
            [one] => Self { one, all: None },
            _ => Self {
                one: NO_SCHEDULE,
                all: Some(all.into()),
            },
        }
    }
}

impl From<Schedules> for Vec<ScheduleId> {
    fn from(schedules: Schedules) -> Self {
        schedules
            .all
            .map_or_else(|| vec![schedules.one], Self::from)
    }
}

impl Request {
    /// `patient` asks for a slot of `schedule`.
    #[must_use]
    pub const fn new(patient: PatientId, schedule: ScheduleId) -> Self {
        Self::of(
            patient,
            Schedules {
                one: schedule,
                all: None,
            },
        )
    }

    /// `patient` asks for a slot of any of `schedules`, in order of preference: the first that doesn't refuse. If all
    /// refuse, the answer is the refusal of the first; an empty list is refused as an unknown schedule.
    #[must_use]
    pub fn any(patient: PatientId, schedules: &[ScheduleId]) -> Self {
        Self::of(patient, schedules.to_vec().into())
    }

    const fn of(patient: PatientId, schedules: Schedules) -> Self {
        Self {
            patient,
            schedules,
            id: None,
            account: None,
            device: None,
            network: None,
            channel: None,
            answer: None,
            waitlist: false,
            groups: 0,
        }
    }

    /// The patient is in this group, besides others: for the slots that a schedule's draw reserves for it ([`Schedule::allotments`](crate::Schedule::allotments)). Outside a draw it has no effect.
    ///
    /// It is a fact that the caller has checked, by age, address or referral, as the real name is. Whoever lets their own callers choose it gives the reserved slots away. What any request in the window says counts
    /// for the patient's entry, but a retry by the same [`id`](Self::id), which changes nothing; and nothing takes it back.
    #[must_use]
    pub const fn group(mut self, group: Group) -> Self {
        self.groups |= group.bit();
        self
    }

    /// Would rather wait than be told `sold_out`: a place in the draw of returned slots of the first schedule that is sold out and returns slots by
    /// [`ReturnPolicy::Draw`](crate::ReturnPolicy::Draw), if no other has a slot. In the window of a draw: who loses it goes on to such a place by the same ticket, if there is room.
    #[must_use]
    pub const fn waitlist(mut self) -> Self {
        self.waitlist = true;
        self
    }

    /// Names this request, so that a retry gets the same answer: see [`Engine::request`](crate::Engine::request).
    #[must_use]
    pub const fn id(mut self, id: RequestId) -> Self {
        self.id = Some(id);
        self
    }

    /// The account that asks.
    #[must_use]
    pub const fn account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// The device it asks from.
    #[must_use]
    pub const fn device(mut self, device: DeviceId) -> Self {
        self.device = Some(device);
        self
    }

    /// The address it asks from.
    #[must_use]
    pub const fn network(mut self, network: IpAddr) -> Self {
        self.network = Some(network);
        self
    }

    /// The channel it came through.
    #[must_use]
    pub const fn channel(mut self, channel: ChannelId) -> Self {
        self.channel = Some(channel);
        self
    }

    /// The answer to a challenge, with the token that it came with.
    #[must_use]
    pub fn answer(mut self, token: Token, answer: Answer) -> Self {
        self.answer = Some(Box::new((token, answer)));
        self
    }

    /// Who is to be treated.
    #[must_use]
    pub const fn patient(&self) -> PatientId {
        self.patient
    }

    /// The schedules, in order of preference.
    #[must_use]
    #[inline]
    pub fn schedules(&self) -> &[ScheduleId] {
        self.schedules
            .all
            .as_deref()
            .unwrap_or(std::slice::from_ref(&self.schedules.one))
    }

    /// The schedule, if it is just one, else none's: so whoever only looks needn't ask which.
    #[inline]
    pub(crate) const fn sole_schedule(&self) -> ScheduleId {
        self.schedules.one
    }

    /// Its name, if it has one.
    #[must_use]
    pub const fn request_id(&self) -> Option<RequestId> {
        self.id
    }

    /// The account that asks, if it was said.
    #[must_use]
    pub const fn account_id(&self) -> Option<AccountId> {
        self.account
    }

    /// The device it comes from, if it was said.
    #[must_use]
    pub const fn device_id(&self) -> Option<DeviceId> {
        self.device
    }

    /// The address it comes from, if it was said.
    #[must_use]
    pub const fn network_address(&self) -> Option<IpAddr> {
        self.network
    }

    /// Whether it would rather wait than be told `sold_out`.
    #[must_use]
    #[inline]
    pub const fn would_wait(&self) -> bool {
        self.waitlist
    }

    /// The groups that the patient is in, as far as it was said, in order of their numbers.
    pub fn groups(&self) -> impl Iterator<Item = Group> + use<> {
        let bits = self.groups;
        let all = (1..=16).filter_map(Group::new);
        all.filter(move |group| bits & group.bit() != 0)
    }

    /// The same, a bit each.
    pub(crate) const fn group_bits(&self) -> u16 {
        self.groups
    }

    /// Its channel, if it was said.
    #[must_use]
    pub const fn channel_id(&self) -> Option<ChannelId> {
        self.channel
    }

    /// The answer to a challenge, if there is one.
    #[must_use]
    pub fn challenge_answer(&self) -> Option<(&Token, &Answer)> {
        self.answer
            .as_deref()
            .map(|(token, answer)| (token, answer))
    }
}

/// Identities as fingerprints; of the network address, and of groups, only whether there are any.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("patient", &self.patient)
            .field("schedules", &self.schedules())
            .field("id", &self.id)
            .field("account", &self.account)
            .field("device", &self.device)
            .field("network", &self.network.map(|_| ".."))
            .field("channel", &self.channel)
            .field("answer", &self.answer.as_ref().map(|_| ".."))
            .field("waitlist", &self.waitlist)
            .field("groups", &(self.groups != 0).then_some(".."))
            .finish()
    }
}

/// The answer to a [`Request`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "outcome", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Outcome {
    /// A slot is yours until the hold expires: pay, then confirm.
    Held(Hold),
    /// You are in a line: what becomes of it, the ticket tells.
    Waiting(Ticket),
    /// More is asked for first: do it, then ask again with the answer.
    Challenged(Token),
    /// No, and why.
    Refused(Refusal),
}

impl Outcome {
    /// The hold, if there is one.
    #[must_use]
    pub const fn held(self) -> Option<Hold> {
        match self {
            Self::Held(hold) => Some(hold),
            Self::Waiting(_) | Self::Challenged(_) | Self::Refused(_) => None,
        }
    }

    /// The refusal, if it is one.
    #[must_use]
    pub const fn refused(self) -> Option<Refusal> {
        match self {
            Self::Held(_) | Self::Waiting(_) | Self::Challenged(_) => None,
            Self::Refused(why) => Some(why),
        }
    }

    /// What is to be done first, if something is.
    #[must_use]
    pub const fn challenged(self) -> Option<Token> {
        match self {
            Self::Challenged(token) => Some(token),
            Self::Held(_) | Self::Waiting(_) | Self::Refused(_) => None,
        }
    }

    /// The ticket, if it is one.
    #[must_use]
    pub const fn waiting(self) -> Option<Ticket> {
        match self {
            Self::Waiting(ticket) => Some(ticket),
            Self::Held(_) | Self::Challenged(_) | Self::Refused(_) => None,
        }
    }
}

/// A slot that is yours for a while (锁号).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hold {
    /// What to confirm, release or extend it by.
    pub id: HoldId,
    /// The schedule that the slot is of.
    pub schedule: ScheduleId,
    /// The slot.
    pub slot: SlotNo,
    /// The first instant at which it is no longer yours.
    pub expires_at: Timestamp,
}

/// A slot that is yours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Booking {
    /// What to cancel, exchange or check it in by.
    pub id: BookingId,
    /// The schedule that the slot is of.
    pub schedule: ScheduleId,
    /// The slot.
    pub slot: SlotNo,
    /// The payment of this call, if the booking had been paid by another one: it is due back.
    pub payment_due_back: Option<PaymentRef>,
}
