//! A thread that advances, for those who want one.

use std::fmt;
use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Engine;

impl Engine {
    /// Starts a thread that advances the engine whenever something is due ([`next_deadline`](Self::next_deadline)), and at least once `every`, which counts as a millisecond if it is less. `tick` is called before each
    /// round: hand a [`CoarseClock`](crate::CoarseClock)'s `tick` in here, or `|| ()`. Keep what is returned: it drives for as long as that is not dropped.
    ///
    /// The engine needs no driver to be right, only a clock that goes on: expiry is judged at use. (If `tick` is what moves a coarse clock, the engine stands still
    /// with it.) Should the thread end early, because `tick` panicked or the clock did,
    /// [`Driver::is_running`] says so.
    ///
    /// # Errors
    /// If the operating system has no thread to give.
    pub fn drive(
        &self,
        every: Duration,
        mut tick: impl FnMut() + Send + 'static,
    ) -> std::io::Result<Driver> {
        let stop = StdArc::new(AtomicBool::new(false));
        let (engine, stopped) = (self.clone(), StdArc::clone(&stop));
        let thread = thread::Builder::new()
            .name("fairslot-driver".to_owned())
            .spawn(move || {
                // Acquire: pairs with the release in `stop`; nothing but the flag is handed over.
                while !stopped.load(Ordering::Acquire) {
                    tick();
                    while engine.advance().more && !stopped.load(Ordering::Acquire) {}
                    thread::park_timeout(engine.idle().min(every).max(Duration::from_millis(1)));
                }
            })?;
        Ok(Driver {
            stop,
            thread: Some(thread),
        })
    }

    /// Until the next deadline, at least a millisecond.
    fn idle(&self) -> Duration {
        let ms = self
            .next_deadline()
            .map_or(u64::MAX, |deadline| deadline.since(self.inner.now()));
        Duration::from_millis(ms.max(1))
    }
}

/// A running [`Engine::drive`]. Dropping it stops the thread and waits for its end.
#[must_use = "dropping it stops the thread"]
pub struct Driver {
    stop: StdArc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Driver {
    /// Whether the thread is alive.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.thread().id() == thread::current().id() {
                // Dropped by its own `tick`: it ends when that returns.
                return;
            }
            // A panic of the thread was its `tick`'s, and has been printed.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("running", &self.is_running())
            .finish()
    }
}
