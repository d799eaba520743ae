//! Who is not offered a slot: whoever gave it up, and who comes from where they came from.

use super::super::Cluster;
use super::book::Wish;
use crate::raw::hash::Keys;
use crate::words::id::PatientId;

/// Those people, each with where they came from, by its mark; 0 if that is not known.
#[derive(Clone)]
pub(super) struct Away(pub(super) Vec<(PatientId, u16)>);

impl Away {
    /// Whether one of these is among them: by person, or because they come from nowhere else.
    pub(super) fn holds(&self, each: &[Wish], keys: Keys) -> bool {
        each.iter().any(|wish| self.holds_one(wish, keys))
    }

    fn holds_one(&self, wish: &Wish, keys: Keys) -> bool {
        let is_among = |cluster: &Cluster| {
            let mark = cluster.mark(keys);
            self.0.iter().any(|(_, away)| *away == mark)
        };
        let is_one = |(patient, _): &(PatientId, u16)| wish.patients.contains(patient);
        let come_from_there = !wish.clusters.is_empty() && wish.clusters.iter().all(is_among);
        come_from_there || self.0.iter().any(is_one)
    }

    /// And those, should they let it lapse.
    pub(super) fn and(mut self, patient: PatientId, clusters: &[Cluster], keys: Keys) -> Self {
        let marks = clusters.iter().map(|it| (patient, it.mark(keys)));
        self.0.extend(marks);
        self
    }
}
