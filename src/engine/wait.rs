//! Somebody waits for what becomes of their ticket: as a future, or by blocking a thread.
//!
//! Whoever decides tickets wakes those who wait for them, once every lock is let go: a draw, a withdrawal and the first advance after booking has closed the whole schedule, who leaves a line that one place.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc as StdArc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::raw::waiters::Key;
use crate::words::ask::Outcome;
use crate::words::clock::Stopwatch;
use crate::words::id::TicketId;
use crate::words::refusal::Refusal;
use crate::words::sync::{Weak, weak};
use crate::words::ticket::Ticket;

use super::{Engine, Inner};

/// How often a blocked thread looks by itself, in case that nobody else lets time pass.
const LOOK: Duration = Duration::from_millis(50);

/// # Somebody waits for a ticket
impl Engine {
    /// Waits for what becomes of a place in a line: the answer that [`ticket`](Self::ticket) gives once it is decided; a ticket that isn't known is
    /// `Refused` with `unknown_ticket`, and so is every one once the last handle on the engine is dropped.
    ///
    /// It is a `Future`, for any runtime, and can block instead. Dropping it doesn't leave the line, and many may wait for one ticket. **Time must pass**: a draw is done by
    /// whoever comes by after the close, so let a [`Driver`](crate::Driver) advance. Who waits in vain until booking closes is woken by the first [`advance`](Self::advance) after that, which no deadline announces. Who
    /// blocks looks every 50 ms by itself.
    ///
    /// ```
    /// # fn ticket() -> (fairslot::Engine, fairslot::Ticket, std::sync::Arc<fairslot::ManualClock>) {
    /// #     use fairslot::*;
    /// #     let clock = std::sync::Arc::new(ManualClock::default());
    /// #     let engine = Engine::builder().clock(clock.clone()).seed(7).build().unwrap();
    /// #     let (day, opening) = (Day::new(2026, 12, 1).unwrap(), Opening::lottery(Timestamp::from_millis(0)));
    /// #     let plan = Schedule::new(PractitionerId::new(3), day, Session::Morning, 1, opening, Timestamp::from_millis(1_000_000));
    /// #     let schedule = engine.publish(&plan).unwrap();
    /// #     let ticket = engine.request(&Request::new(PatientId::new(7), schedule)).waiting().unwrap();
    /// #     (engine, ticket, clock)
    /// # }
    /// # let (engine, ticket, clock) = ticket();
    /// let mut wait = engine.wait(&ticket);
    /// assert!(wait.wait_timeout(std::time::Duration::from_millis(1)).is_none());
    /// // … the window closes …
    /// # clock.set(fairslot::Timestamp::from_millis(60_000));
    /// assert!(wait.wait().held().is_some());
    /// ```
    pub fn wait(&self, ticket: &Ticket) -> Wait {
        self.wait_for(ticket.id)
    }

    /// The same by the ticket's id, as it comes back from a client.
    pub fn wait_for(&self, ticket: TicketId) -> Wait {
        Wait {
            engine: weak(&self.inner),
            key: Key {
                group: ticket.schedule().0,
                member: ticket.record(),
                number: self.inner.waiters.number(),
            },
            ticket,
        }
    }

    /// How many wait at the moment, as futures that were polled or blocked threads.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inner.waiters.len()
    }
}

/// Waits for a ticket: see [`Engine::wait`].
///
/// If as many wait as the builder allows ([`EngineBuilder::waits_max`](crate::EngineBuilder::waits_max)), the answer is `Waiting` with the ticket, at once: ask again later.
#[must_use = "nothing waits until it is polled or blocked on"]
pub struct Wait {
    engine: Weak<Inner>,
    ticket: TicketId,
    key: Key,
}

impl Wait {
    /// Blocks this thread until it is decided.
    pub fn wait(mut self) -> Outcome {
        loop {
            if let Some(outcome) = self.block(LOOK) {
                return outcome;
            }
        }
    }

    /// Blocks this thread until it is decided, or for so long. `None` if it is not decided by then; it can be waited for again.
    pub fn wait_timeout(&mut self, most: Duration) -> Option<Outcome> {
        let watch = Stopwatch::start();
        loop {
            let left = most.saturating_sub(watch.elapsed());
            let outcome = self.block(left.min(LOOK));
            if outcome.is_some() || watch.elapsed() >= most {
                return outcome;
            }
        }
    }

    /// Looks, and parks for so long if it is not decided.
    fn block(&mut self, park: Duration) -> Option<Outcome> {
        let waker = Waker::from(StdArc::new(Parked(thread::current())));
        match Pin::new(self).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => {
                thread::park_timeout(park);
                None
            }
        }
    }

    fn look(&self, inner: &Inner) -> Outcome {
        let said = inner.ticket(self.ticket);
        said.unwrap_or_else(Outcome::Refused)
    }
}

/// Ready once it is decided. Polling again after that gives the answer again.
impl Future for Wait {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let Some(inner) = self.engine.upgrade() else {
            return Poll::Ready(Outcome::Refused(Refusal::UnknownTicket));
        };
        let mut said = self.look(&inner);
        while let Outcome::Waiting(ticket) = said {
            // What they wait for may have become another schedule's.
            if ticket.schedule.0 != self.key.group {
                inner.waiters.remove(self.key);
                self.key.group = ticket.schedule.0;
            }
            // User code, with no lock held.
            let waker = context.waker().clone();
            let put = inner.waiters.put(self.key, waker);
            // Again: who decided in between has found no waker.
            said = self.look(&inner);
            match said {
                Outcome::Waiting(now) if put && now.schedule == ticket.schedule => {
                    return Poll::Pending;
                }
                Outcome::Waiting(_) if put => {}
                _ => break,
            }
        }
        inner.waiters.remove(self.key);
        Poll::Ready(said)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(inner) = self.engine.upgrade() {
            inner.waiters.remove(self.key);
        }
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}

/// A thread that waits.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: StdArc<Self>) {
        self.0.unpark();
    }
}
