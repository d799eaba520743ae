//! A place on the list: of one person, or of a family, each with what they said.

use std::slice;

use super::book::Wish;
use crate::words::id::PatientId;

#[derive(Debug)]
pub(super) struct Entry {
    /// What the draw goes by: of a family, what [`of_all`] makes of all that they said.
    wish: Wish,
    /// Of a family what each of them said, in the order of its patients; of one person nothing, for that is `wish`.
    own: Vec<Wish>,
    /// Who of them pauses.
    paused: Vec<PatientId>,
}

impl Entry {
    /// As it is said of all of them at once.
    pub(super) fn new(wish: &Wish) -> Self {
        let mut wish = wish.clone();
        wish.clusters.truncate(Wish::CLUSTERS_MAX);
        let alone = |patient: &PatientId| Wish {
            patients: vec![*patient],
            ..wish.clone()
        };
        let own = match wish.patients.len() {
            1 => Vec::new(),
            _ => wish.patients.iter().map(alone).collect(),
        };
        Self {
            wish,
            own,
            paused: Vec::new(),
        }
    }

    /// Of these, of whom each said something for themselves alone, and some pause. At least one.
    pub(super) fn of(mut own: Vec<Wish>, paused: Vec<PatientId>) -> Option<Self> {
        let wish = match own.len() {
            0 => return None,
            1 => own.pop()?,
            _ => of_all(&own),
        };
        Some(Self { wish, own, paused })
    }

    pub(super) fn wish(&self) -> &Wish {
        &self.wish
    }

    /// What each of them said.
    pub(super) fn each(&self) -> &[Wish] {
        match self.own.is_empty() {
            true => slice::from_ref(&self.wish),
            false => &self.own,
        }
    }

    /// Somebody has more to say of one of them, or of all.
    pub(super) fn hear(&mut self, said: &Wish) {
        if self.own.is_empty() {
            return add(&mut self.wish, said);
        }
        for own in &mut self.own {
            if own.patients.iter().any(|it| said.patients.contains(it)) {
                add(own, said);
            }
        }
        self.wish = of_all(&self.own);
    }

    /// One of them doesn't go ahead any more, so neither does a family.
    pub(super) fn goes_ahead_no_more(&mut self, patient: PatientId) {
        self.wish.displaced = false;
        let one = |own: &&mut Wish| own.patients.contains(&patient);
        self.own
            .iter_mut()
            .filter(one)
            .for_each(|own| own.displaced = false);
    }

    /// Whether all of them take part.
    pub(super) fn takes_part(&self) -> bool {
        self.paused.is_empty()
    }

    pub(super) fn has_paused(&self, patient: PatientId) -> bool {
        self.paused.contains(&patient)
    }

    pub(super) fn set_paused(&mut self, patient: PatientId, paused: bool) {
        self.paused.retain(|it| *it != patient);
        if paused {
            self.paused.push(patient);
        }
    }

    /// Without one of them. `None` if nobody is left.
    pub(super) fn without(self, patient: PatientId) -> Option<Self> {
        let mut left = if self.own.is_empty() {
            vec![self.wish]
        } else {
            self.own
        };
        left.retain(|it| !it.patients.contains(&patient));
        let mut paused = self.paused;
        paused.retain(|it| *it != patient);
        Self::of(left, paused)
    }
}

/// The better of what is said of the same people counts, and all clusters.
fn add(own: &mut Wish, said: &Wish) {
    own.weight_ppm = own.weight_ppm.max(said.weight_ppm);
    own.displaced |= said.displaced;
    for cluster in &said.clusters {
        if own.clusters.len() < Wish::CLUSTERS_MAX && !own.clusters.contains(cluster) {
            own.clusters.push(*cluster);
        }
    }
}

/// What a family goes by: all clusters of all of them, the least weight, and it goes ahead if every one of them does. So nobody lends another a chance that is theirs alone.
fn of_all(own: &[Wish]) -> Wish {
    let patients = own
        .iter()
        .flat_map(|it| it.patients.iter().copied())
        .collect();
    let mut clusters = Vec::new();
    for cluster in own.iter().flat_map(|it| &it.clusters) {
        if !clusters.contains(cluster) {
            clusters.push(*cluster);
        }
    }
    let weight = own.iter().map(|it| it.weight_ppm).min();
    Wish {
        patients,
        clusters,
        weight_ppm: weight.unwrap_or(1_000_000),
        displaced: own.iter().all(|it| it.displaced),
    }
}
