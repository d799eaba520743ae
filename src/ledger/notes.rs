//! What few records have beside them, in pages of their own: the name of a request, a place in a line, where it came from.
//!
//! Each is changed under the lock of its record's book, like the record.

use crate::words::id::{RequestId, ScheduleId};
use crate::words::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::words::time::Timestamp;

use super::record::{store_wide, wide};

/// Where the request came from that a record answered, as hashes; 0 is nowhere. Only where behaviour is judged.
#[derive(Debug, Default)]
pub(crate) struct Whence {
    device: AtomicU64,
    account: AtomicU64,
}

impl Whence {
    pub(super) fn write(&self, [device, account]: [u64; 2]) {
        self.device.store(device, Relaxed);
        self.account.store(account, Relaxed);
    }

    pub(super) fn read(&self) -> [u64; 2] {
        [self.device.load(Relaxed), self.account.load(Relaxed)]
    }

    pub(super) fn clear(&self) {
        self.write([0; 2]);
    }
}

/// What a record that began as a place in a line keeps of that.
#[derive(Debug, Default)]
pub(crate) struct Stub {
    asked_at: AtomicU64,
    due: AtomicU64,
    schedule: AtomicU64,
}

impl Stub {
    pub(super) fn write(&self, schedule: ScheduleId, (now, due): (Timestamp, Timestamp)) {
        self.asked_at.store(now.as_millis(), Relaxed);
        self.due.store(due.as_millis(), Relaxed);
        self.schedule.store(schedule.0, Relaxed);
    }

    /// When it was asked for.
    pub(crate) fn asked_at(&self) -> Timestamp {
        Timestamp::from_millis(self.asked_at.load(Relaxed))
    }

    /// The schedule that the ticket was told to be of.
    pub(crate) fn schedule(&self) -> ScheduleId {
        ScheduleId(self.schedule.load(Relaxed))
    }

    /// Says so anew: under its book's lock.
    pub(crate) fn set_due(&self, due: Timestamp) {
        self.due.store(due.as_millis(), Relaxed);
    }

    /// When it was said to be decided.
    pub(crate) fn due(&self) -> Timestamp {
        Timestamp::from_millis(self.due.load(Relaxed))
    }
}

/// The request that a record answered, if it had a name.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    id: [AtomicU64; 2],
    content: AtomicU64,
}

impl Memo {
    pub(super) fn write(&self, id: RequestId, content: u64) {
        store_wide(&self.id, id.to_u128());
        self.content.store(content, Relaxed);
    }

    pub(super) fn clear(&self) {
        store_wide(&self.id, 0);
        self.content.store(0, Relaxed);
    }

    pub(crate) fn id(&self) -> RequestId {
        RequestId::new(wide(&self.id))
    }

    pub(crate) fn content(&self) -> u64 {
        self.content.load(Relaxed)
    }
}
