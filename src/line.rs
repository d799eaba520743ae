//! Lines: who waits, and who is next?
//!
//! * [`Queue`], the slow queue, stands *before* the slots: whoever should not race for them waits for a turn. Turns go round the clusters, and within one
//!   round the people, at a fixed rate; so a thousand identities on twenty devices are twenty.
//! * [`Waitlist`] stands *after* them: slots that are given up come back in batches, at moments that nobody can foresee, to somebody who is drawn from the list.
//!   [`Returns`] says when.
//! * [`Cancels`] remembers who gives up again and again.
//!
//! Each stands alone, with the time as a parameter; a ticket is a number. Slots are whatever the caller counts them by. What they guarantee, by what, and what not, stands in
//! [the chapter on fairness](crate::chapters::fairness).
//!
//! ```
//! use fairslot::line::{Ask, Cluster, How, Queue, SlowQueue};
//! use fairslot::{DeviceId, PatientId, Timestamp};
//!
//! let at = Timestamp::from_millis;
//! let queue = Queue::new(SlowQueue::new(10, 1_000), 7)?;
//! // Three identities on one device, and then a person.
//! for patient in 1..=3 {
//!     let scalper = Cluster::Device(DeviceId::new(66));
//!     queue.join(&Ask::new(PatientId::new(patient), 1, scalper), at(0))?;
//! }
//! let person = PatientId::new(4);
//! let joined = queue.join(&Ask::new(person, 1, Cluster::Person(person)), at(1))?;
//! assert_eq!(queue.place(joined.ticket, at(1)).map(|place| place.position), Some(2));
//!
//! let mut served = Vec::new();
//! queue.drain(at(1_000), 100, &mut served);
//! assert!(served.iter().all(|ended| ended.how == How::Served));
//! assert_eq!(served[1].patient, person);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cancels;
mod draw;
mod queue;
mod returns;
mod seats;
mod settings;
mod waitlist;

pub use cancels::{Cancels, Quota, Standing};
pub use queue::{Ended, How, Joined, Place, Queue, QueueFull};
pub use returns::Returns;
pub use seats::{Ask, Ticket};
pub use settings::SlowQueue;
pub use waitlist::{Closed, JoinError, Offer, Returned, Round, Waitlist, WaitlistPolicy, Wish};

pub use crate::words::cluster::Cluster;
pub(crate) use waitlist::Then;

use crate::raw::hash::Keys;

impl Cluster {
    /// Sixteen bits that stand for it where there is no room for more, never 0: of two clusters the same in one pair of 65,536.
    pub(crate) fn mark(self, keys: Keys) -> u16 {
        ((self.hash(keys) >> 48) as u16).max(1)
    }

    /// A keyed hash that stands for it. Two clusters are taken for one in one pair of 2^64.
    pub(crate) fn hash(self, keys: Keys) -> u64 {
        let (kind, identity) = self.parts();
        keys.more(keys.hash(identity), kind.into())
    }
}
