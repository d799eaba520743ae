//! What the clerk is told and what the clerk says. Schedules and holds go by their numbers, in the order in which they came to be,
//! from 0; a booking goes by its hold's number.

use fairslot::{Refusal, Schedule};
use std::fmt;

/// A schedule or hold as a caller names it: the n-th so far (or one that is still to come, which nobody knows), perhaps with a
/// bit of its id flipped, which makes it an id that was never minted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) nth: usize,
    pub(crate) flip: Option<u32>,
}

impl Name {
    /// No schedule or hold ever gets this number.
    pub(crate) const NOBODYS: Self = Self::known(usize::MAX);

    pub(crate) const fn known(nth: usize) -> Self {
        Self { nth, flip: None }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.flip {
            None if self.nth == usize::MAX => f.write_str("#nobody's"),
            None => write!(f, "#{}", self.nth),
            Some(bit) => write!(f, "#{}^{bit}", self.nth),
        }
    }
}

/// A request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) patient: u8,
    pub(crate) schedules: Vec<Name>,
    pub(crate) request: Option<u8>,
    pub(crate) channel: Option<u8>,
    /// Account, device and network.
    pub(crate) keys: [Option<u8>; 3],
    /// Would rather wait than be told that nothing is left.
    pub(crate) waitlist: bool,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{} asks {:?}", self.patient, self.schedules)?;
        if let Some(request) = self.request {
            write!(f, " r{request}")?;
        }
        if let Some(channel) = self.channel {
            write!(f, " c{channel}")?;
        }
        for (kind, key) in ["account", "device", "network"].iter().zip(self.keys) {
            if let Some(key) = key {
                write!(f, " {kind} {key}")?;
            }
        }
        if self.waitlist {
            f.write_str(" or waits")?;
        }
        Ok(())
    }
}

/// One call of the engine. Its clock is told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Publish(Box<Schedule>),
    AddSlots(Name, u32),
    Withdraw(Name),
    Reinstate(Name),
    Request(Ask),
    RequestMany(Vec<Ask>),
    Lookup {
        patient: u8,
        request: u8,
    },
    Settle {
        hold: Name,
        patient: u8,
        deed: Deed,
    },
    Advance,
    /// Nothing but what everybody does after each call: looking at every schedule and every ticket.
    Look,
    Ticket(usize),
    Leave {
        ticket: usize,
        patient: u8,
    },
}

/// What is done with a hold or booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Extend(u64),
    Confirm(Option<u8>),
    Release,
    /// Through a channel, or through none.
    Cancel(Option<u8>),
    Exchange(Name),
    CheckIn,
    Fulfil,
    NoShow,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Published(usize),
    Count(u32),
    Held {
        hold: usize,
        schedule: usize,
        slot: u16,
        expires_at: u64,
    },
    Waiting {
        ticket: usize,
        schedule: usize,
        due: u64,
    },
    Until(u64),
    Booked {
        booking: usize,
        schedule: usize,
        slot: u16,
        due_back: Option<u8>,
    },
    Done,
    Many(Vec<Said>),
    Advanced {
        expired: u64,
        returned: u64,
    },
    Invalid(&'static str),
    /// Any refusal but the one that quotes an id.
    Refused(Refusal),
    AlreadyExchanged {
        booking: usize,
    },
}

/// What a patient has: by the number of its hold, and of a held one until when; or of its ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Has {
    Held {
        hold: usize,
        expires_at: u64,
    },
    Booked(usize),
    Arrived(usize),
    /// Or stayed away.
    Visited(usize),
    Waiting(usize),
}

/// A line of the journal: one event. Slot 0 stands for the schedule as a whole. Sorts by slot and version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) schedule: usize,
    pub(crate) slot: u16,
    pub(crate) version: u32,
    pub(crate) at: u64,
    pub(crate) patient: Option<u8>,
    pub(crate) hold: Option<usize>,
    pub(crate) did: Did,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ms: schedule {} slot {} v{} {:?}",
            self.at, self.schedule, self.slot, self.version, self.did
        )?;
        if let Some(patient) = self.patient {
            write!(f, " p{patient}")?;
        }
        self.hold.map_or(Ok(()), |hold| write!(f, " hold {hold}"))
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Did {
    Held {
        expires_at: u64,
    },
    Extended {
        expires_at: u64,
    },
    Confirmed {
        late: bool,
        payment: Option<u8>,
    },
    Released,
    Expired,
    Cancelled,
    ExchangedIn {
        from: usize,
    },
    ExchangedOut {
        to: usize,
    },
    CheckedIn,
    Fulfilled,
    NoShow,
    Withdrawn {
        booked: bool,
    },
    Reinstated,
    Published {
        capacity: u16,
    },
    SlotsAdded {
        first: u16,
        count: u16,
    },
    SessionWithdrawn {
        affected: u32,
    },
    SessionReinstated {
        freed: u32,
    },
    Entered {
        ticket: usize,
    },
    Left {
        ticket: usize,
    },
    Returned,
    /// An event that the book knows nothing of.
    Unheard,
}

/// How many slots are what: the operator's view.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) capacity: u32,
    pub(crate) free: u32,
    pub(crate) held: u32,
    pub(crate) booked: u32,
    pub(crate) cooling: u32,
    pub(crate) withdrawn: u32,
    pub(crate) visited: u32,
}
