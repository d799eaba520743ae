//! A fair lottery over distinct people, which anybody can check.
//!
//! Whoever enters while the window is open has one entry, however fast and often they ask; at the close the entries are frozen, and a seed that was committed to before, the
//! entries themselves and a beacon decide the ranks together. The engine opens schedules by it ([`Opening::Lottery`](crate::Opening::Lottery)) and does all of this by itself. Nothing here needs the engine:
//! whatever else a service has to draw, it can draw by the steps below.
//!
//! 1. *Commit*: [`Terms`] and a [`Seed`] (from a [`MasterSeed`], or your own); [`Window::open`]. Publish the terms and [`Window::commitment`].
//! 2. *Enter*: [`Window::enter`] with an [`Entry`] gives a [`Receipt`].
//! 3. *Close*: [`Window::close`] gives a [`Frozen`] list. Publish its [`Closing`].
//! 4. *Draw*: [`Frozen::draw`] with what the [`Beacon`] said gives the [`Drawn`] places. Publish the [`Transcript`].
//! 5. *Check*: [`verify`] does all of it again; [`verify_receipt`] shows one person that they were in.
//!
//! What this guarantees, by what, and what it does not, stands in [the chapter on fairness](crate::chapters::fairness).
//!
//! ```
//! use fairslot::draw::{BeaconValue, Entry, MasterSeed, Policy, ServerKey, Terms, Window, verify, verify_receipt};
//! use fairslot::{PatientId, Timestamp};
//!
//! // In a service, both are kept secret and made by `random()`.
//! let (master, key) = (MasterSeed::new([1; 32]), ServerKey::new([2; 32]));
//! let terms = Terms::new(2026_12_01, Timestamp::from_millis(1_000), Policy::new(30));
//! let seed = master.seed(terms.draw, 1);
//! let window = Window::open(terms, seed, key, 100_000)?;
//! println!("before the window: {}", window.commitment());
//!
//! let receipt = window.enter(&Entry::new(PatientId::new(7)))?;
//! for patient in 8..108 {
//!     window.enter(&Entry::new(PatientId::new(patient)))?;
//! }
//! let frozen = window.close();
//! println!("at the close: {:?}", frozen.closing());
//!
//! let drawn = frozen.draw(BeaconValue::None)?;
//! assert_eq!(drawn.winners().count(), 30);
//! assert_eq!(verify(&drawn.transcript())?.places, 30);
//! let proof = drawn.proof(&receipt.token).ok_or("nobody is left out")?;
//! println!("my rank: {}", verify_receipt(&receipt, &proof)?.rank);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bins;
mod bytes;
mod entry;
mod frozen;
mod list;
mod policy;
mod seed;
mod settle;
mod terms;
mod verify;
mod window;

pub use crate::words::allotment::{Allotment, Group};
pub use bytes::{Cluster, Digest, DrawId, ParseHexError, Rank, Seed, Token};
pub use entry::{EnterError, Entry, Receipt};
pub use frozen::{Closing, Drawn, Frozen, Standing};
pub(crate) use frozen::{Draft, Settled};
pub use list::Leaf;
pub use policy::{Policy, Pool};
pub use seed::{MasterSeed, ServerKey};
pub use terms::{Beacon, BeaconSpec, BeaconValue, Holder, Terms};
pub use verify::{Flaw, Gone, Own, Place, Proof, Transcript, Verified, verify, verify_receipt};
pub use window::Window;
