//! What is due: which holds have run out, and when is the next?

use super::Pool;
use super::word::{State, Word};

impl Pool {
    /// At the earliest when a hold here may run out, or a slot return.
    pub(crate) fn due(&self) -> u64 {
        self.due.earliest()
    }

    /// Notes that something here is due at `deadline`, which can be seen already. Whether it may be the first.
    #[inline]
    pub(crate) fn lower_due(&self, deadline: u64) -> bool {
        self.due.lower(deadline)
    }

    /// Notes that a hold here ends at `deadline`. To be called after the claim's swap, by which its end can be seen, and before it is told. Whether it may be the first to end.
    #[inline]
    pub(crate) fn claimed_until(&self, deadline: u64) -> bool {
        self.due.lower_after_swap(deadline)
    }

    /// Frees every hold that is due, by its word alone. `read` reads the deadline, and what else is to be told, from the holder's record; both belong
    /// to the word seen if the word is still the same when it is swapped. `rests`: whether one of which that is to be told rests rather than being free.
    #[cold]
    pub(crate) fn sweep<T>(
        &self,
        generation: u32,
        now: u64,
        read: impl Fn(u32) -> (u64, T),
        rests: impl Fn(&T) -> bool,
        mut freed: impl FnMut(u16, T, Word),
    ) {
        let noted = self.due.note();
        let mut earliest = u64::MAX;
        for slot in 0..self.capacity() {
            let Some(at) = self.slots.word(slot) else {
                break;
            };
            loop {
                let seen = at.load();
                match seen.state() {
                    // Somebody may be between the two halves of giving back: done for them, so that what we do next finds it.
                    State::Free => {
                        if !self.slots.is_set(generation, slot) {
                            self.slots.put(generation, slot);
                        }
                        break;
                    }
                    State::Held => {
                        let (deadline, told) = read(seen.holder());
                        if deadline <= now {
                            let word = if rests(&told) {
                                self.let_rest(slot, seen)
                            } else {
                                self.give_back(generation, slot, seen)
                            };
                            if let Some(word) = word {
                                freed(slot, told, word);
                                break;
                            }
                        } else if at.load() == seen {
                            earliest = earliest.min(deadline);
                            break;
                        }
                    }
                    _ => break,
                }
            }
        }
        self.due.raise(noted, earliest);
    }
}
