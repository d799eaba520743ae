//! Who is on the list, and with what?

use std::collections::BTreeMap;
use std::fmt;

use super::super::Cluster;
use super::super::draw::Entrant;
use super::super::seats::Ticket;
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

#[derive(Debug)]
struct Entry {
    wish: Wish,
    paused: bool,
}

/// A place in the book. Generations go up when it is taken and when it is left.
#[derive(Debug, Default)]
struct Place {
    generation: u32,
    entry: Option<Entry>,
}

#[derive(Debug, Default)]
pub(super) struct Book {
    places: Vec<Place>,
    unused: Vec<u32>,
    by_patient: BTreeMap<PatientId, u32>,
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
        if let Some(at) = known {
            return self.again(*at, wish);
        }
        if self.len() >= capacity {
            return Err(JoinError::Full);
        }
        let at = self.unused.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            (self.places.len() - 1) as u32
        });
        let mut wish = wish.clone();
        wish.clusters.truncate(Wish::CLUSTERS_MAX);
        for patient in &wish.patients {
            self.by_patient.insert(*patient, at);
        }
        let place = &mut self.places[at as usize];
        place.generation = place.generation.wrapping_add(1);
        place.entry = Some(Entry {
            wish,
            paused: false,
        });
        Ok(Ticket::of(at, place.generation))
    }

    fn again(&mut self, at: u32, wish: &Wish) -> Result<Ticket, JoinError> {
        let place = &mut self.places[at as usize];
        let same = |own: &Wish| {
            own.patients.len() == wish.patients.len()
                && own.patients.iter().all(|it| wish.patients.contains(it))
        };
        let own = place
            .entry
            .as_mut()
            .map(|entry| &mut entry.wish)
            .filter(|own| same(own))
            .ok_or(JoinError::Elsewhere)?;
        own.weight_ppm = own.weight_ppm.max(wish.weight_ppm);
        own.displaced |= wish.displaced;
        for cluster in &wish.clusters {
            if own.clusters.len() < Wish::CLUSTERS_MAX && !own.clusters.contains(cluster) {
                own.clusters.push(*cluster);
            }
        }
        Ok(Ticket::of(at, place.generation))
    }

    fn place(&self, ticket: Ticket) -> Option<&Place> {
        let place = self.places.get(ticket.number() as usize)?;
        (place.generation == ticket.generation()).then_some(place)
    }

    pub(super) fn find(&self, ticket: Ticket) -> Option<&Wish> {
        let entry = self.place(ticket)?.entry.as_ref()?;
        Some(&entry.wish)
    }

    /// The ticket of the entry that somebody is in.
    pub(super) fn of(&self, patient: PatientId) -> Option<Ticket> {
        self.ticket(*self.by_patient.get(&patient)?)
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

    pub(super) fn tickets(&self) -> impl Iterator<Item = Ticket> + '_ {
        // Numbers of entries are 32 bits.
        (0..self.places.len() as u32).filter_map(|number| self.ticket(number))
    }

    pub(super) fn set_paused(&mut self, ticket: Ticket, paused: bool) -> bool {
        if self.find(ticket).is_none() {
            return false;
        }
        let entry = &mut self.places[ticket.number() as usize].entry;
        entry.as_mut().is_some_and(|entry| {
            entry.paused = paused;
            true
        })
    }

    /// Takes an entry off the list.
    pub(super) fn strike(&mut self, ticket: Ticket) -> Option<Wish> {
        self.find(ticket)?;
        let place = &mut self.places[ticket.number() as usize];
        let entry = place.entry.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.unused.push(ticket.number());
        for patient in &entry.wish.patients {
            self.by_patient.remove(patient);
        }
        Some(entry.wish)
    }

    /// Those who take part in a draw.
    pub(super) fn entrants(&self) -> impl Iterator<Item = Entrant<'_>> {
        (0..).zip(&self.places).filter_map(|(number, place)| {
            let entry = place.entry.as_ref().filter(|entry| !entry.paused)?;
            let wish = &entry.wish;
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
        }
    }
}
