//! Labels from elsewhere, and for elsewhere.

use crate::raw::sets::Sets;
use crate::words::id::{AccountId, DeviceId};
use crate::words::time::{DAY_MS, Timestamp};

use super::super::label::Label;
use super::super::list::{Imported, Labels, Mark, Marked, Whose};
use super::super::record::{EPOCH_MS, Record, WORDS};
use super::Watch;

impl Watch {
    pub(crate) fn import(&self, labels: &Labels, now: Timestamp) -> Imported {
        let mut imported = Imported::default();
        for Marked { id, marks } in &labels.devices {
            let whose = Whose::Device(id.to_u128());
            self.list.take(whose, marks, now, &mut imported);
        }
        for Marked { id, marks } in &labels.accounts {
            let whose = Whose::Account(id.to_u128());
            self.list.take(whose, marks, now, &mut imported);
        }
        imported
    }

    pub(crate) fn export(
        &self,
        devices: &[DeviceId],
        accounts: &[AccountId],
        now: Timestamp,
    ) -> Labels {
        let of_device = |id: &DeviceId| Marked {
            id: *id,
            marks: self.marks(
                &self.devices,
                id.to_u128(),
                Whose::Device(id.to_u128()),
                now,
            ),
        };
        let of_account = |id: &AccountId| Marked {
            id: *id,
            marks: self.marks(
                &self.accounts,
                id.to_u128(),
                Whose::Account(id.to_u128()),
                now,
            ),
        };
        Labels {
            policy_version: self.card.version,
            devices: marked(devices.iter().map(of_device)),
            accounts: marked(accounts.iter().map(of_account)),
        }
    }

    /// What somebody's record shows and what was taken in about them; of one label the more, of equal ones the longer.
    fn marks(
        &self,
        table: &Sets<Record, WORDS>,
        id: u128,
        whose: Whose,
        now: Timestamp,
    ) -> Vec<Mark> {
        let mut marks = Vec::new();
        if let Some(record) = table.read(self.keys.hash(id).max(1)) {
            let soon =
                Timestamp::from_millis((record.last() / EPOCH_MS + 2).saturating_mul(EPOCH_MS));
            let points = record.at(now.as_millis()).judge(&self.card, false);
            for (label, points) in Label::ALL.into_iter().zip(points.0) {
                let until = if label.is_lasting() {
                    now.after(30 * DAY_MS)
                } else {
                    soon
                };
                if points > 0 {
                    marks.push(Mark {
                        label,
                        points,
                        until,
                    });
                }
            }
        }
        self.list.marks(whose, now, |taken| {
            match marks.iter_mut().find(|own| own.label == taken.label) {
                Some(own) if (taken.points, taken.until) > (own.points, own.until) => *own = *taken,
                Some(_) => {}
                None => marks.push(*taken),
            }
        });
        marks
    }
}

fn marked<Id>(all: impl Iterator<Item = Marked<Id>>) -> Vec<Marked<Id>> {
    all.filter(|one| !one.marks.is_empty()).collect()
}
