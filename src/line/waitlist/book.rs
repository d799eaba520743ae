//! Who is on the list, and with what?

use std::collections::BTreeMap;
use std::fmt;

use super::super::Cluster;
use super::super::draw::Entrant;
use super::super::seats::Ticket;
use super::entry::Entry;
use crate::words::id::PatientId;

/// What somebody, or a family, wants from a waitlist.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wish {
    /// For whom, a slot each: 1 to 8. Several are served together or not at all: only by a batch that has as many slots.
    pub patients: Vec<PatientId>,
    /// Through what they ask. If they ask again through others, all count, up to [`Wish::CLUSTERS_MAX`], and one that keeps them among the first suffices, and one that a slot was not given up through: a stranger can't spoil their chance by entering them from a crowded device, or from one that a slot is about to be given up through.
    pub clusters: Vec<Cluster>,
    /// The chance to be drawn among the first, in millionths: 1,000,000 unless suspect. The greatest that was said counts.
    pub weight_ppm: u32,
    /// Whether they go ahead, as patients of a session that was withdrawn do.
    pub displaced: bool,
}

impl Wish {
    /// How many a family may be.
    pub const FAMILY_MAX: usize = 8;
    /// Through how many devices and accounts one entry may come.
    pub const CLUSTERS_MAX: usize = 4;

    /// One slot for one person.
    #[must_use]
    pub fn new(patient: PatientId, cluster: Cluster) -> Self {
        Self::family(&[patient], cluster)
    }

    /// A slot each for all of them, or none.
    #[must_use]
    pub fn family(patients: &[PatientId], cluster: Cluster) -> Self {
        Self {
            patients: patients.to_vec(),
            clusters: vec![cluster],
            weight_ppm: 1_000_000,
            displaced: false,
        }
    }

    /// With this weight, in millionths.
    #[must_use]
    pub fn weight_ppm(mut self, weight_ppm: u32) -> Self {
        self.weight_ppm = weight_ppm;
        self
    }

    /// As somebody whose session was withdrawn.
    #[must_use]
    pub fn displaced(mut self) -> Self {
        self.displaced = true;
        self
    }
}

/// Why somebody can't join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// The list has ended.
    Closed,
    /// As many wait as may.
    Full,
    /// Nobody, more than a family, or somebody twice.
    Family,
    /// One of them waits already, in other company.
    Elsewhere,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the waitlist has ended",
            Self::Full => "the waitlist is full",
            Self::Family => "a family is one to eight different people",
            Self::Elsewhere => "one of them is on the waitlist already, in other company",
        })
    }
}

impl std::error::Error for JoinError {}

/// A place in the book. Generations go up when it is taken and when it is left.
#[derive(Debug, Default)]
struct Place {
    generation: u32,
    entry: Option<Entry>,
}

/// In which place somebody is, and which of all that ever came they were.
#[derive(Debug, Clone, Copy)]
struct Whereabouts {
    at: u32,
    number: u64,
}

#[derive(Debug, Default)]
pub(super) struct Book {
    places: Vec<Place>,
    unused: Vec<u32>,
    by_patient: BTreeMap<PatientId, Whereabouts>,
    /// How many ever came.
    came: u64,
}

impl Book {
    pub(super) fn len(&self) -> u32 {
        // Numbers of entries are 32 bits.
        (self.places.len() - self.unused.len()) as u32
    }

    pub(super) fn join(&mut self, wish: &Wish, capacity: u32) -> Result<Ticket, JoinError> {
        let family = &wish.patients;
        let twice = |at: usize| family[..at].contains(&family[at]);
        if !(1..=Wish::FAMILY_MAX).contains(&family.len()) || (0..family.len()).any(twice) {
            return Err(JoinError::Family);
        }
        let known = family
            .iter()
            .find_map(|patient| self.by_patient.get(patient));
        if let Some(known) = known {
            return self.again(known.at, wish);
        }
        // People, not entries: who waits together makes no room, and who parts takes none.
        if self.by_patient.len() + family.len() > capacity as usize {
            return Err(JoinError::Full);
        }
        let ticket = self.settle(Entry::new(wish));
        for patient in family {
            self.came += 1;
            let (at, number) = (ticket.number(), self.came);
            self.by_patient.insert(*patient, Whereabouts { at, number });
        }
        Ok(ticket)
    }

    /// Gives an entry a place.
    fn settle(&mut self, entry: Entry) -> Ticket {
        let at = self.unused.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            (self.places.len() - 1) as u32
        });
        let place = &mut self.places[at as usize];
        place.generation = place.generation.wrapping_add(1);
        place.entry = Some(entry);
        Ticket::of(at, place.generation)
    }

    fn again(&mut self, at: u32, wish: &Wish) -> Result<Ticket, JoinError> {
        let place = &mut self.places[at as usize];
        let same = |own: &Wish| {
            own.patients.len() == wish.patients.len()
                && own.patients.iter().all(|it| wish.patients.contains(it))
        };
        let entry = place.entry.as_mut().filter(|entry| same(entry.wish()));
        entry.ok_or(JoinError::Elsewhere)?.hear(wish);
        Ok(Ticket::of(at, place.generation))
    }

    /// Somebody who is in, in whatever company, has more to say of themselves.
    pub(super) fn hear(&mut self, patient: PatientId, said: &Wish) {
        if let Some(entry) = self.entry_of(patient) {
            entry.hear(said);
        }
    }

    pub(super) fn goes_ahead_no_more(&mut self, patient: PatientId) {
        if let Some(entry) = self.entry_of(patient) {
            entry.goes_ahead_no_more(patient);
        }
    }

    fn entry_of(&mut self, patient: PatientId) -> Option<&mut Entry> {
        let at = self.by_patient.get(&patient)?.at;
        self.places.get_mut(at as usize)?.entry.as_mut()
    }

    fn place(&self, ticket: Ticket) -> Option<&Place> {
        let place = self.places.get(ticket.number() as usize)?;
        (place.generation == ticket.generation()).then_some(place)
    }

    pub(super) fn find(&self, ticket: Ticket) -> Option<&Entry> {
        self.place(ticket)?.entry.as_ref()
    }

    /// Which of all that ever came this one is, if they wait.
    pub(super) fn number_of(&self, patient: PatientId) -> Option<u64> {
        Some(self.by_patient.get(&patient)?.number)
    }

    /// Everybody who is in one.
    pub(super) fn patients(&self) -> impl Iterator<Item = PatientId> + '_ {
        self.by_patient.keys().copied()
    }

    /// The ticket of the entry in that place.
    pub(super) fn ticket(&self, number: u32) -> Option<Ticket> {
        let place = self.places.get(number as usize)?;
        let taken = place.entry.is_some();
        taken.then(|| Ticket::of(number, place.generation))
    }

    /// The ticket of the entry that somebody is in.
    pub(super) fn ticket_of(&self, patient: PatientId) -> Option<Ticket> {
        self.ticket(self.by_patient.get(&patient)?.at)
    }

    pub(super) fn tickets(&self) -> impl Iterator<Item = Ticket> + '_ {
        // Numbers of entries are 32 bits.
        (0..self.places.len() as u32).filter_map(|number| self.ticket(number))
    }

    /// One person pauses, or doesn't any more. Whether they are in.
    pub(super) fn set_paused(&mut self, patient: PatientId, paused: bool) -> bool {
        let entry = self.entry_of(patient);
        entry.is_some_and(|entry| {
            entry.set_paused(patient, paused);
            true
        })
    }

    /// Takes an entry off the list.
    pub(super) fn strike(&mut self, ticket: Ticket) -> Option<Entry> {
        self.find(ticket)?;
        let entry = self.vacate(ticket.number())?;
        for patient in &entry.wish().patients {
            self.by_patient.remove(patient);
        }
        Some(entry)
    }

    fn vacate(&mut self, at: u32) -> Option<Entry> {
        let place = self.places.get_mut(at as usize)?;
        let entry = place.entry.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.unused.push(at);
        Some(entry)
    }

    /// Takes one person off the list. Whom they waited with go on by the same entry. Whether they were in.
    pub(super) fn part(&mut self, patient: PatientId) -> bool {
        let known = self.by_patient.remove(&patient);
        known.is_some_and(|known| {
            self.leave_entry(patient, known.at);
            true
        })
    }

    fn leave_entry(&mut self, patient: PatientId, at: u32) {
        let place = self.places.get_mut(at as usize);
        let Some(entry) = place.and_then(|place| place.entry.take()) else {
            return;
        };
        let place = &mut self.places[at as usize];
        place.entry = entry.without(patient);
        if place.entry.is_none() {
            place.generation = place.generation.wrapping_add(1);
            self.unused.push(at);
        }
    }

    /// From now on just these wait together, each named with the number that they came by; whom else they waited with go on without them. All of them, or nothing changes: whether it is so now.
    pub(super) fn bind(&mut self, family: &[(PatientId, u64)]) -> Option<Ticket> {
        let mut family = family.to_vec();
        // In whatever order they are named.
        family.sort_unstable();
        family.dedup();
        let mut people: Vec<PatientId> = family.iter().map(|it| it.0).collect();
        people.dedup();
        let here = |it: &(PatientId, u64)| self.number_of(it.0) == Some(it.1);
        if !(1..=Wish::FAMILY_MAX).contains(&people.len()) || !family.iter().all(here) {
            return None;
        }
        let (mut own, mut paused) = (Vec::new(), Vec::new());
        for patient in &people {
            let entry = self.entry_of(*patient)?;
            let said = entry.each().iter().find(|it| it.patients[..] == [*patient]);
            own.extend(said.cloned());
            paused.extend(entry.has_paused(*patient).then_some(*patient));
        }
        let is_it = |entry: &mut Entry| {
            let known = &entry.wish().patients;
            known.len() == people.len() && known.iter().all(|it| people.contains(it))
        };
        if self.entry_of(people[0]).is_some_and(is_it) {
            return self.ticket_of(people[0]);
        }
        let entry = Entry::of(own, paused)?;
        for (patient, _) in &family {
            if let Some(known) = self.by_patient.get(patient).copied() {
                self.leave_entry(*patient, known.at);
            }
        }
        let ticket = self.settle(entry);
        let at = ticket.number();
        for (patient, number) in family {
            self.by_patient.insert(patient, Whereabouts { at, number });
        }
        Some(ticket)
    }

    /// Those who take part in a draw.
    pub(super) fn entrants(&self) -> impl Iterator<Item = Entrant<'_>> {
        (0..).zip(&self.places).filter_map(|(number, place)| {
            let entry = place.entry.as_ref().filter(|entry| entry.takes_part())?;
            let wish = entry.wish();
            Some(Entrant {
                number,
                patient: wish.patients.first()?.to_u128(),
                people: wish.patients.len() as u32,
                clusters: &wish.clusters,
                weight_ppm: wish.weight_ppm,
                displaced: wish.displaced,
            })
        })
    }

    /// An empty book that goes on with this one's numbers.
    pub(super) fn emptied(&self) -> Self {
        let place = |place: &Place| Place {
            generation: place.generation.wrapping_add(place.entry.is_some().into()),
            entry: None,
        };
        Self {
            places: self.places.iter().map(place).collect(),
            unused: (0..self.places.len() as u32).rev().collect(),
            by_patient: BTreeMap::new(),
            came: self.came,
        }
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::super::{Waitlist, WaitlistPolicy};
    use super::*;

    fn wish(patient: u128) -> Wish {
        let patient = PatientId::new(patient);
        Wish::new(patient, Cluster::Person(patient))
    }

    /// Who was offered a slot that was gone is on the list again though others have filled it, and nobody else comes in before there is room again.
    #[test]
    fn who_was_on_a_list_is_on_it_again_be_it_full() {
        let policy = WaitlistPolicy {
            capacity: 2,
            ..WaitlistPolicy::default()
        };
        let list = Waitlist::new(policy, &[1; 32]).unwrap();
        let first = list.join(&wish(1)).unwrap();
        list.join(&wish(2)).unwrap();
        assert!(list.leave(first));
        list.join(&wish(3)).unwrap();
        assert_eq!(list.join(&wish(1)), Err(JoinError::Full));
        assert!(list.rejoin(&wish(1)).is_ok());
        assert_eq!((list.waiting(), list.patients().len()), (3, 3));
        assert!(list.leave_for(PatientId::new(2)));
        assert_eq!(list.join(&wish(4)), Err(JoinError::Full));
        assert!(list.leave_for(PatientId::new(3)));
        assert!(list.join(&wish(4)).is_ok());
        let _ = list.close();
        assert_eq!(list.rejoin(&wish(1)), Err(JoinError::Closed));
    }

    /// Whoever left and came again is somebody else as far as those go who knew them before; and a family keeps nobody who parts.
    #[test]
    fn who_is_bound_is_known_by_the_number_they_came_by() {
        let mut book = Book::default();
        for patient in 1..=3 {
            book.join(&wish(patient).weight_ppm(patient as u32), 9)
                .unwrap();
        }
        let [one, two, three] = [1, 2, 3].map(PatientId::new);
        let known = |book: &Book, who| (who, book.number_of(who).unwrap());
        let (before, other) = (known(&book, one), known(&book, two));
        assert!(book.part(one));
        book.join(&wish(1), 9).unwrap();
        assert!(book.bind(&[before, other]).is_none());
        let now = known(&book, one);
        let bound = book.bind(&[other, now]);
        assert!(bound.is_some() && bound == book.bind(&[now, other, now]));
        assert_eq!(book.len(), 2);
        let entrants: Vec<_> = book
            .entrants()
            .map(|it| (it.people, it.weight_ppm))
            .collect();
        assert_eq!(entrants, [(2, 2), (1, 3)]);
        let last = known(&book, three);
        assert!(book.bind(&[now, last]).is_some());
        // The other waits alone, by what is theirs.
        let mut left: Vec<_> = book
            .entrants()
            .map(|it| (it.people, it.weight_ppm))
            .collect();
        left.sort_unstable();
        assert_eq!((left, book.len()), (vec![(1, 2), (2, 3)], 2));
    }
}
