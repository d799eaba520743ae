//! Every atomic, lock and once-cell that a race depends on comes through here, so that one switch hands all of them to a model
//! checker: the crate's own cfgs `fairslot_loom` and `fairslot_shuttle`.
//!
//! In an ordinary build these are std's atomics and `OnceLock`, once_cell's `OnceBox` (a pointer and nothing else), parking_lot's mutex (one byte, no poisoning) and crossbeam's ring.

#[cfg(not(any(fairslot_loom, fairslot_shuttle)))]
mod real {
    pub(crate) use parking_lot::{Mutex, MutexGuard};
    pub(crate) use std::sync::atomic;
    pub(crate) use std::sync::{Arc, OnceLock, Weak};

    pub(crate) use crossbeam_queue::ArrayQueue as Ring;
    pub(crate) use once_cell::race::OnceBox;

    use std::cell::Cell;

    /// A handle that keeps nothing alive.
    pub(crate) fn weak<T>(of: &Arc<T>) -> Weak<T> {
        Arc::downgrade(of)
    }

    /// Between sequentially consistent accesses, which a model checker may take for weaker ones than they are: nothing.
    #[inline(always)]
    pub(crate) fn fence_of_models() {}

    /// Threads that have a lane of their own at one time.
    pub(crate) const LANES: usize = 64;

    /// How many threads can be at work at one time, as far as the machine tells.
    pub(crate) fn cores() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// Which lanes are free. A thread takes one at its first use and gives it back when it ends.
    static FREE: parking_lot::Mutex<Vec<u16>> = parking_lot::const_mutex(Vec::new());
    static NEXT: atomic::AtomicUsize = atomic::AtomicUsize::new(0);

    /// Gives the thread's lane back when it ends.
    struct Seat;

    impl Drop for Seat {
        fn drop(&mut self) {
            // Whatever this thread still does shares the last lane.
            if let Ok(lane) = LANE.try_with(|own| own.replace(LANES))
                && lane < LANES
            {
                // LANES fits.
                FREE.lock().push(lane as u16);
            }
        }
    }

    const UNSEATED: usize = usize::MAX;

    thread_local! {
        // Two, so that reading the lane need not ask whether a destructor was registered.
        static LANE: Cell<usize> = const { Cell::new(UNSEATED) };
        static SEAT: Seat = const { Seat };
    }

    /// The lane of this thread: below [`LANES`], and then no other living thread has it, or exactly `LANES`, which all
    /// threads share that came when every lane was taken.
    #[inline]
    pub(crate) fn lane() -> usize {
        match LANE.get() {
            UNSEATED => take_seat(),
            lane => lane,
        }
    }

    /// The same for a thread that has one already; else more than [`LANES`].
    #[inline]
    pub(crate) fn own_lane() -> usize {
        LANE.get()
    }

    #[cold]
    fn take_seat() -> usize {
        // A thread that is ending has no seat to give back any more, so it gets none.
        let seated = SEAT.try_with(|_| ()).is_ok();
        let own = seated.then(|| {
            // Relaxed: only the number counts; the lane's data is handed over by the lock of FREE.
            FREE.lock().pop().map_or_else(
                || NEXT.fetch_add(1, atomic::Ordering::Relaxed).min(LANES),
                usize::from,
            )
        });
        let lane = own.unwrap_or(LANES);
        LANE.set(lane);
        lane
    }
}

#[cfg(not(any(fairslot_loom, fairslot_shuttle)))]
pub(crate) use real::*;

#[cfg(any(fairslot_loom, fairslot_shuttle))]
mod model {
    #[cfg(fairslot_loom)]
    pub(crate) use loom::sync::{Arc, atomic};
    #[cfg(fairslot_loom)]
    use loom::sync::{Mutex as Inner, MutexGuard as InnerGuard};
    #[cfg(not(fairslot_loom))]
    pub(crate) use shuttle::sync::{Arc, atomic};
    #[cfg(not(fairslot_loom))]
    use shuttle::sync::{Mutex as Inner, MutexGuard as InnerGuard};

    use std::collections::VecDeque;

    /// loom takes sequentially consistent accesses for acquiring and releasing ones; between its fences there is the order that all of them have.
    pub(crate) fn fence_of_models() {
        atomic::fence(atomic::Ordering::SeqCst);
    }

    /// In a model every thread shares the one lane, the harder case.
    pub(crate) const LANES: usize = 0;

    pub(crate) fn lane() -> usize {
        LANES
    }

    pub(crate) fn own_lane() -> usize {
        LANES
    }

    pub(crate) fn cores() -> usize {
        1
    }

    /// In a model every handle keeps alive what it is of: that something is gone is no matter of orders.
    #[derive(Debug)]
    pub(crate) struct Weak<T>(Arc<T>);

    impl<T> Weak<T> {
        pub(crate) fn upgrade(&self) -> Option<Arc<T>> {
            Some(Arc::clone(&self.0))
        }
    }

    pub(crate) fn weak<T>(of: &Arc<T>) -> Weak<T> {
        Weak(Arc::clone(of))
    }

    /// A mutex with parking_lot's face.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(Inner<T>);

    pub(crate) type MutexGuard<'a, T> = InnerGuard<'a, T>;

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(Inner::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    /// std's once-cell with a flag that the model checker can see: whoever reads the value has acquired what its writer released.
    #[derive(Debug)]
    pub(crate) struct OnceLock<T> {
        value: std::sync::OnceLock<T>,
        set: Mutex<()>,
        ready: atomic::AtomicBool,
    }

    impl<T> OnceLock<T> {
        pub(crate) fn new() -> Self {
            Self {
                value: std::sync::OnceLock::new(),
                set: Mutex::new(()),
                ready: atomic::AtomicBool::new(false),
            }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            if self.ready.load(atomic::Ordering::Acquire) {
                self.value.get()
            } else {
                None
            }
        }

        pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
            if let Some(value) = self.get() {
                return value;
            }
            let _one_writer = self.set.lock();
            let value = self.value.get_or_init(init);
            self.ready.store(true, atomic::Ordering::Release);
            value
        }
    }

    /// once_cell's pointer to what was set first.
    #[derive(Debug)]
    pub(crate) struct OnceBox<T>(OnceLock<Box<T>>);

    impl<T> Default for OnceBox<T> {
        fn default() -> Self {
            Self(OnceLock::new())
        }
    }

    impl<T> OnceBox<T> {
        pub(crate) fn get(&self) -> Option<&T> {
            self.0.get().map(|it| &**it)
        }

        pub(crate) fn get_or_init(&self, init: impl FnOnce() -> Box<T>) -> &T {
            self.0.get_or_init(init)
        }
    }

    impl<T> Default for OnceLock<T> {
        fn default() -> Self {
            Self::new()
        }
    }

    /// crossbeam's bounded queue, as a list under a lock.
    #[derive(Debug)]
    pub(crate) struct Ring<T> {
        list: Mutex<VecDeque<T>>,
        capacity: usize,
    }

    impl<T> Ring<T> {
        pub(crate) fn new(capacity: usize) -> Self {
            Self {
                list: Mutex::new(VecDeque::new()),
                capacity,
            }
        }

        pub(crate) fn push(&self, value: T) -> Result<(), T> {
            let mut list = self.list.lock();
            if list.len() == self.capacity {
                return Err(value);
            }
            list.push_back(value);
            Ok(())
        }

        pub(crate) fn pop(&self) -> Option<T> {
            self.list.lock().pop_front()
        }

        pub(crate) fn is_empty(&self) -> bool {
            self.list.lock().is_empty()
        }
    }
}

#[cfg(any(fairslot_loom, fairslot_shuttle))]
pub(crate) use model::*;
