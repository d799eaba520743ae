//! Whose turn is it? A request is within all limits that it has a key for, or it pays for none.

use super::Ask;
use crate::exact::Exact;
use fairslot::{Limit, Refusal};

#[derive(Clone)]
pub(super) struct Gate([Option<Exact>; 4]);

/// A request's dealings with the gate: its keys, and what it was told, if it has come that far.
pub(super) struct Turn {
    keys: [Option<u8>; 4],
    told: Option<Result<(), Refusal>>,
}

impl Turn {
    pub(super) fn of(ask: &Ask) -> Self {
        let [account, device, network] = ask.keys;
        Self {
            keys: [Some(ask.patient), account, device, network],
            told: None,
        }
    }

    /// Of somebody who asks from nowhere.
    pub(super) fn of_patient(patient: u8) -> Self {
        Self {
            keys: [Some(patient), None, None, None],
            told: None,
        }
    }
}

impl Gate {
    pub(super) fn new(limits: [Option<Limit>; 4]) -> Self {
        Self(limits.map(|limit| limit.map(Exact::new)))
    }

    /// Once a request, however many schedules it names.
    pub(super) fn ask(&mut self, now: u64, turn: &mut Turn) -> Result<(), Refusal> {
        if turn.told.is_none() {
            turn.told = Some(self.judge(now, turn.keys));
        }
        turn.told.expect("just told")
    }

    fn judge(&mut self, now: u64, keys: [Option<u8>; 4]) -> Result<(), Refusal> {
        let limits = self.0.iter_mut().zip(keys);
        let mut asked: Vec<(&mut Exact, u128)> = limits
            .filter_map(|(limit, key)| Some((limit.as_mut()?, u128::from(key?))))
            .collect();
        let objecting = asked
            .iter_mut()
            .filter(|(limit, key)| limit.peek(*key, now).is_err());
        // Asking them is what costs a penalty; of their waits the longest counts.
        let waits =
            objecting.filter_map(|(limit, key)| limit.check(*key, now).err()?.retry_after());
        if let Some(retry_after_ms) = waits.max() {
            return Err(Refusal::RateLimited { retry_after_ms });
        }
        for (limit, key) in asked {
            limit.check(key, now).expect("it has just said so");
        }
        Ok(())
    }

    pub(super) fn wait_of_patient(&self, now: u64, patient: u8) -> Option<u64> {
        let limit = self.0[0].as_ref()?;
        limit.peek(patient.into(), now).err()?.retry_after()
    }
}
