//! Who is asking, and is it their turn?
//!
//! A request comes from a patient and perhaps from an account, a device and a network; the builder sets a [`Limit`](limit::Limit) for any of these kinds. A
//! request passes if it is within every limit that it has a key for. A key that it doesn't name is not asked for.
//!
//! All keys are asked first, and only if none objects they are charged, the narrowest first, so that one who is refused at the widest has paid
//! nowhere. Two threads can find the same last turn; then one of them finds it gone when it comes to be charged, and is given back what it was
//! charged until then.
//!
//! **Whom to believe is the caller's matter.** A key should be named only if it was proved: who may name another's account can use up its turns.

pub(crate) mod behaviour;
pub(crate) mod challenge;
#[cfg(feature = "evidence")]
pub mod evidence;
pub(crate) mod limit;

use std::net::IpAddr;
use std::ops::Range;

use crate::raw::cells::{Given, Wait};
use crate::raw::hash::SplitMix;
use crate::words::ask::Request;
use crate::words::error::Invalid;
use crate::words::id::PatientId;
use crate::words::time::Timestamp;

use limit::{Fields, Limit, Limiter, fields};

/// The kinds of keys, the narrowest first.
pub(crate) const KINDS: [&str; 4] = ["patient", "account", "device", "network"];

/// What a limit's numbers are called in the builder.
const FIELDS: [Fields; KINDS.len()] = [
    fields!("patient_limit."),
    fields!("account_limit."),
    fields!("device_limit."),
    fields!("network_limit."),
];

/// A thing a kind, where there is one.
pub(crate) type PerKind<T> = [Option<T>; KINDS.len()];

/// The keys that a request comes with.
pub(crate) type Keys = PerKind<u128>;

/// The hash of each key that there is a limit for; 0 is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashes([u64; KINDS.len()]);

impl Hashes {
    /// Of who comes under no limit.
    pub(crate) const NONE: Self = Self([0; KINDS.len()]);
}

/// Those of a request.
#[inline]
pub(crate) fn keys_of(request: &Request) -> Keys {
    [
        Some(request.patient().to_u128()),
        request.account_id().map(|account| account.to_u128()),
        request.device_id().map(|device| device.to_u128()),
        request.network_address().map(prefix),
    ]
}

/// Those of a patient who asks from nowhere.
pub(crate) fn keys_of_patient(patient: PatientId) -> Keys {
    [Some(patient.to_u128()), None, None, None]
}

/// The network of an address: the first 24 bits of IPv4, also where IPv6 carries it, and the first 48 bits of IPv6: what one subscriber, or one site, is given.
fn prefix(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_bits() >> 8),
        IpAddr::V6(v6) => v6.to_bits() >> 80 | 1 << 64,
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    fn add(&mut self, kind: usize) {
        self.0 |= 1 << kind;
    }

    /// Each of them, by its place in [`KINDS`].
    pub(crate) fn each(self) -> impl Iterator<Item = usize> {
        (0..KINDS.len()).filter(move |kind| self.0 & 1 << kind != 0)
    }
}

/// It is not their turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooSoon {
    /// Milliseconds until all limits allow it.
    pub(crate) retry_after_ms: u64,
    /// Which object.
    pub(crate) by: Kinds,
}

impl TooSoon {
    /// One more that objects.
    fn and(before: Option<Self>, kind: usize, Wait(ms): Wait) -> Self {
        let (most, mut by) = before.map_or((0, Kinds::default()), |it| (it.retry_after_ms, it.by));
        by.add(kind);
        Self {
            retry_after_ms: ms.max(most),
            by,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Gate {
    limiters: PerKind<Limiter>,
}

impl Gate {
    /// A gate with these limits, or none if there are none. The same seeds give the same hashes, whichever limits there are.
    pub(crate) fn new(
        limits: PerKind<Limit>,
        seeds: &mut SplitMix,
    ) -> Result<Option<Self>, Invalid> {
        let mut limiters = PerKind::default();
        for ((limiter, limit), fields) in limiters.iter_mut().zip(limits).zip(&FIELDS) {
            let keys = seeds.keys();
            *limiter = limit
                .map(|limit| Limiter::with_keys(limit, fields, keys))
                .transpose()?;
        }
        Ok(limiters
            .iter()
            .any(Option::is_some)
            .then_some(Self { limiters }))
    }

    /// What these keys are asked for by.
    #[inline]
    pub(crate) fn hashes(&self, keys: &Keys) -> Hashes {
        Hashes(std::array::from_fn(|kind| {
            match (&self.limiters[kind], keys[kind]) {
                (Some(limiter), Some(key)) => limiter.hash(key).max(1),
                _ => 0,
            }
        }))
    }

    /// Has each cache line on its way that these will be asked for in.
    #[inline]
    pub(crate) fn fetch(&self, hashes: &Hashes) {
        for kind in 0..KINDS.len() {
            if let Some((limiter, hash)) = self.limit_of(kind, hashes) {
                limiter.fetch(hash);
            }
        }
    }

    /// Whether it is their turn; if so, each key has been charged for it, and the answer says of which kinds this took a cell from somebody who still
    /// owed something.
    pub(crate) fn ask(&self, hashes: &Hashes, now: Timestamp) -> Result<Kinds, TooSoon> {
        let (mut chances, mut objection) = (PerKind::default(), None);
        let each = || self.limiters.iter().zip(&hashes.0).enumerate();
        for ((kind, limit), chance) in each().zip(&mut chances) {
            let (Some(limiter), &hash @ 1..) = limit else {
                continue;
            };
            match limiter.look(hash, now) {
                Ok(found) => *chance = Some(found),
                Err(told) => {
                    let wait = limiter.fine(hash, now, told);
                    objection = Some(TooSoon::and(objection, kind, wait));
                }
            }
        }
        if let Some(too_soon) = objection {
            return Err(too_soon);
        }
        let mut displaced = Kinds::default();
        for ((kind, (limiter, &hash)), chance) in each().zip(&chances) {
            let (Some(limiter), Some(chance)) = (limiter, chance) else {
                continue;
            };
            match limiter.take(chance, hash, now) {
                Ok(Given::Fairly) => {}
                Ok(Given::Displacing) => displaced.add(kind),
                Err(told) => {
                    // Somebody else had the last turn meanwhile.
                    self.take_back(0..kind, hashes, now);
                    return Err(TooSoon::and(None, kind, told));
                }
            }
        }
        Ok(displaced)
    }

    /// Takes back what these keys were charged for a turn that led to nothing.
    pub(crate) fn refund(&self, hashes: &Hashes, now: Timestamp) {
        self.take_back(0..KINDS.len(), hashes, now);
    }

    fn take_back(&self, kinds: Range<usize>, hashes: &Hashes, now: Timestamp) {
        for (limiter, hash) in kinds.filter_map(|kind| self.limit_of(kind, hashes)) {
            limiter.take_back(hash, now);
        }
    }

    /// The limiter of each kind.
    pub(crate) fn limiters(&self) -> &PerKind<Limiter> {
        &self.limiters
    }

    /// The limit that the key of this kind comes under, and the key's hash.
    #[inline]
    fn limit_of(&self, kind: usize, hashes: &Hashes) -> Option<(&Limiter, u64)> {
        match (&self.limiters[kind], hashes.0[kind]) {
            (Some(limiter), hash @ 1..) => Some((limiter, hash)),
            _ => None,
        }
    }
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    fn network(text: &str) -> u128 {
        prefix(text.parse().unwrap())
    }

    #[test]
    fn a_network_is_24_bits_of_ipv4_or_48_of_ipv6() {
        assert_eq!(network("192.0.2.1"), network("192.0.2.254"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.77"));
        assert_eq!(network("2001:db8:7::1"), network("2001:db8:7:ffff::"));
        assert_ne!(network("2001:db8:7::1"), network("2001:db8:8::1"));
        // The deprecated "compatible" form is plain IPv6, and no number is both.
        assert_ne!(network("0.192.0.0"), network("0:0:c000::"));
        assert_ne!(network("192.0.2.1"), network("::192.0.2.1"));
    }
}
