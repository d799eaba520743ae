//! A promise that may still have to become durable.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The answer to a verb that promises something.
///
/// What a caller may tell the patient is in the type: a `Pending<Booking>` is no `Booking` yet. An engine in memory has decided
/// by the time the verb returns, so [`wait`](Self::wait) never blocks there and `.await` is ready at once; an engine with a
/// journal decides when the record is durable.
#[must_use = "a promise counts once it was waited for"]
pub struct Pending<T> {
    decided: Option<T>,
}

impl<T> Pending<T> {
    pub(crate) const fn ready(value: T) -> Self {
        Self {
            decided: Some(value),
        }
    }

    /// Waits until it is decided.
    ///
    /// # Errors
    /// [`Unsettled`] if it cannot be known here whether the promise is durable. An engine in memory never says so.
    pub fn wait(self) -> Result<T, Unsettled> {
        self.decided.ok_or(Unsettled::Unknown)
    }
}

/// Ready at once in memory. Polling again after it was ready gives [`Unsettled`], not a panic.
impl<T: Unpin> Future for Pending<T> {
    type Output = Result<T, Unsettled>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(self.decided.take().ok_or(Unsettled::Unknown))
    }
}

impl<T: fmt::Debug> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pending").field(&self.decided).finish()
    }
}

/// Why a promise could not be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsettled {
    /// It may or may not be durable: ask again with `lookup`, or repeat the verb.
    Unknown,
}

impl fmt::Display for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not known whether this is durable; ask again")
    }
}

impl std::error::Error for Unsettled {}
