//! Where do a draw's secrets come from? Its seed from a master seed, its tokens from the server's key.

use super::bytes::{Cluster, DrawId, Seed, Token};
use crate::raw::digest::{Bytes32, Mac};
use crate::raw::hash::Keys;
use crate::words::cluster::Cluster as Source;
use crate::words::error::Invalid;
use crate::words::id::PatientId;

/// Thirty-two bytes from the operating system.
fn random(field: &'static str) -> Result<Bytes32, Invalid> {
    use rand::TryRng;
    let mut bytes = [0; 32];
    match rand::rngs::SysRng.try_fill_bytes(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(Invalid::new(
            field,
            "missing",
            "given, as the operating system has no randomness",
        )),
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Mac);

        impl $name {
            /// These 32 bytes, which must be random and stay secret.
            #[must_use]
            pub fn new(bytes: [u8; 32]) -> Self {
                Self(Mac::new(&bytes))
            }

            /// A fresh one from the operating system.
            ///
            /// # Errors
            /// [`Invalid`] if the operating system has no randomness.
            pub fn random() -> Result<Self, Invalid> {
                random($field).map(Self::new)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret!(
    /// What all seeds are derived from. Never revealed, and never used for anything else.
    MasterSeed,
    "master seed"
);
secret!(
    /// What tokens are made with, so that nobody outside can tell whose one is or try out identities. Never revealed; the same before and after a restart, or the
    /// people's tokens change.
    ServerKey,
    "server key"
);

impl MasterSeed {
    /// The seed of a draw: HMAC-SHA256 of the draw and the attempt. Each is random to whoever knows all the others.
    ///
    /// `attempt` tells apart a draw that had to be begun again, with a new commitment, from its first try: no revealed seed is used twice.
    #[must_use]
    pub fn seed(&self, draw: DrawId, attempt: u32) -> Seed {
        let mut message = [0; 36];
        message[..16].copy_from_slice(b"fairslot/seeds/1");
        message[16..32].copy_from_slice(&draw.0);
        message[32..].copy_from_slice(&attempt.to_be_bytes());
        Seed(self.0.of(&message))
    }
}

impl ServerKey {
    /// The token of a person in a draw: HMAC-SHA256 of both.
    #[must_use]
    pub fn token(&self, draw: DrawId, patient: PatientId) -> Token {
        let mut message = [0; 48];
        message[..16].copy_from_slice(b"fairslot/token/1");
        message[16..32].copy_from_slice(&draw.0);
        message[32..].copy_from_slice(&patient.to_u128().to_be_bytes());
        Token(self.0.of(&message))
    }

    pub(crate) fn cluster(&self, draw: DrawId, source: Source) -> Cluster {
        let (kind, id) = source.parts();
        let mut message = [0; 49];
        message[..16].copy_from_slice(b"fairslot/clust/1");
        message[16..32].copy_from_slice(&draw.0);
        message[32] = kind;
        message[33..].copy_from_slice(&id.to_be_bytes());
        let (half, _) = split(&self.0.of(&message));
        Cluster(half)
    }

    /// The keys by which the window's own tables are hashed.
    pub(crate) fn table(&self, draw: DrawId) -> Keys {
        let mut message = [0; 32];
        message[..16].copy_from_slice(b"fairslot/table/1");
        message[16..].copy_from_slice(&draw.0);
        let digest = self.0.of(&message);
        let word = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&digest[8 * at..8 * at + 8]);
            u64::from_be_bytes(bytes)
        };
        Keys([word(0), word(1), word(2)])
    }
}

/// The two halves of a digest.
pub(crate) fn split(digest: &Bytes32) -> ([u8; 16], [u8; 16]) {
    let (mut first, mut second) = ([0; 16], [0; 16]);
    first.copy_from_slice(&digest[..16]);
    second.copy_from_slice(&digest[16..]);
    (first, second)
}
