//! A million entries into the order of their tokens, without a look at far memory for each.
//!
//! Tokens are random, so their first byte deals them out evenly: into 256 bins, each written from front to end, and each small enough to be sorted within the
//! processor's cache.

use super::list::{List, Row};
use crate::words::id::PatientId;

pub(crate) struct Bins(Vec<Vec<(Row, PatientId)>>);

impl Bins {
    /// For so many entries.
    pub(crate) fn new(count: usize) -> Self {
        // An eighth more than the mean is more than chance ever takes of many; a bin that is too small grows.
        let each = count / 256 + count / 2_048;
        Self((0..256).map(|_| Vec::with_capacity(each)).collect())
    }

    #[inline]
    pub(crate) fn put(&mut self, row: Row, patient: PatientId) {
        self.0[usize::from(row.token.0[0])].push((row, patient));
    }

    /// Puts all rows into the list, in order; the answer is who they are.
    pub(crate) fn empty_into(self, list: &mut List) -> Vec<PatientId> {
        let count = self.0.iter().map(Vec::len).sum();
        list.rows.reserve_exact(count);
        let mut patients = Vec::with_capacity(count);
        let mut order: Vec<(u64, u32)> = Vec::new();
        for bin in self.0 {
            // Eight bytes of a token tell nearly all apart.
            order.clear();
            order.extend((0..).zip(&bin).map(|(at, (row, _))| {
                let mut first = [0; 8];
                first.copy_from_slice(&row.token.0[..8]);
                (u64::from_be_bytes(first), at)
            }));
            let token = |at: &(u64, u32)| bin[at.1 as usize].0.token;
            order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| token(a).cmp(&token(b))));
            for (_, at) in &order {
                let (row, patient) = bin[*at as usize];
                list.rows.push(row);
                patients.push(patient);
            }
        }
        patients
    }
}
