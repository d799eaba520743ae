//! Lists without memory of their own: whose neighbours stand in the things themselves, by number.
//!
//! A thing in an array has a [`Link`] for each list that it may be in. Putting it at the end, taking it out wherever it is, and putting another in its place
//! are a handful of writes each.

/// No thing.
pub(crate) const NONE: u32 = u32::MAX;

/// The neighbours in one list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    before: u32,
    after: u32,
}

impl Link {
    /// Of a thing that is in no list.
    pub(crate) const ALONE: Self = Self {
        before: NONE,
        after: NONE,
    };

    pub(crate) fn before(self) -> Option<u32> {
        (self.before != NONE).then_some(self.before)
    }

    pub(crate) fn after(self) -> Option<u32> {
        (self.after != NONE).then_some(self.after)
    }
}

impl Default for Link {
    fn default() -> Self {
        Self::ALONE
    }
}

/// The ends of one list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List {
    first: u32,
    last: u32,
}

impl Default for List {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Which of a thing's links a list goes by.
pub(crate) type By<T> = fn(&mut T) -> &mut Link;

impl List {
    pub(crate) const EMPTY: Self = Self {
        first: NONE,
        last: NONE,
    };

    pub(crate) fn first(&self) -> Option<u32> {
        (self.first != NONE).then_some(self.first)
    }

    pub(crate) fn last(&self) -> Option<u32> {
        (self.last != NONE).then_some(self.last)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first == NONE
    }

    /// Puts one at the end that is in no list of this kind.
    pub(crate) fn push<T>(&mut self, things: &mut [T], by: By<T>, at: u32) {
        *by(&mut things[at as usize]) = Link {
            before: self.last,
            after: NONE,
        };
        self.join(things, by, self.last, at);
        self.last = at;
    }

    /// Takes one out that is in this list.
    pub(crate) fn take<T>(&mut self, things: &mut [T], by: By<T>, at: u32) {
        let Link { before, after } = std::mem::take(by(&mut things[at as usize]));
        self.join(things, by, before, after);
        self.join_back(things, by, before, after);
    }

    /// Puts another, which is in no list of this kind, where one was.
    pub(crate) fn replace<T>(&mut self, things: &mut [T], by: By<T>, old: u32, new: u32) {
        let link = std::mem::take(by(&mut things[old as usize]));
        *by(&mut things[new as usize]) = link;
        self.join(things, by, link.before, new);
        self.join_back(things, by, new, link.after);
    }

    /// `after` follows `before`, or comes first.
    fn join<T>(&mut self, things: &mut [T], by: By<T>, before: u32, after: u32) {
        match before {
            NONE => self.first = after,
            before => by(&mut things[before as usize]).after = after,
        }
    }

    /// `before` precedes `after`, or comes last.
    fn join_back<T>(&mut self, things: &mut [T], by: By<T>, before: u32, after: u32) {
        match after {
            NONE => self.last = before,
            after => by(&mut things[after as usize]).before = before,
        }
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(list: &List, things: &mut [Link]) -> Vec<u32> {
        let mut at = list.first;
        let mut found = Vec::new();
        while at != NONE {
            found.push(at);
            at = things[at as usize].after;
        }
        let backwards: Vec<u32> = std::iter::successors(list.last(), |at| {
            let before = things[*at as usize].before;
            (before != NONE).then_some(before)
        })
        .collect();
        assert!(found.iter().rev().eq(&backwards), "{found:?} {backwards:?}");
        found
    }

    proptest! {
        #[test]
        fn a_list_is_a_list(steps in prop::collection::vec((0..3u8, 0..12u32, 0..12u32), 0..60)) {
            let (mut things, mut list, mut plain) = ([Link::default(); 12], List::default(), Vec::new());
            for (what, one, other) in steps {
                let at = plain.iter().position(|it| *it == one);
                match (what, at) {
                    (0, None) => {
                        list.push(&mut things, |it| it, one);
                        plain.push(one);
                    }
                    (1, Some(at)) => {
                        list.take(&mut things, |it| it, one);
                        plain.remove(at);
                    }
                    (2, Some(at)) if !plain.contains(&other) => {
                        list.replace(&mut things, |it| it, one, other);
                        plain[at] = other;
                    }
                    _ => {}
                }
                prop_assert_eq!(&all(&list, &mut things), &plain);
                prop_assert_eq!(list.is_empty(), plain.is_empty());
            }
        }
    }
}
