//! What will be wanted soon, and lies where nobody has been lately.
//!
//! A hint, not a read: it waits for nothing, and nothing waits for it. A read would be waited for by the next lock or fence, and by every instruction that a core can't look past.

/// Has the line on its way in which this thing begins.
#[inline(always)]
pub(crate) fn fetch<T>(thing: &T) {
    prefetch_index::prefetch_index(std::slice::from_ref(thing), 0);
}
