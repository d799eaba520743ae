//! Money, as data: the engine quotes a fee and moves none.

use std::fmt;

use super::error::Invalid;

/// A fee in the smallest unit of its currency (分 for CNY).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fee {
    /// The amount in the smallest unit: 5,000 is ¥50.00.
    pub amount: u64,
    /// Its currency.
    pub currency: Currency,
}

/// A currency by its three capital letters (ISO 4217's form; the list itself is not checked).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Renminbi.
    pub const CNY: Self = Self(*b"CNY");

    /// The currency with this code.
    ///
    /// # Errors
    /// [`Invalid`] with field `currency` if the code is not three capital letters A to Z.
    pub fn new(code: &str) -> Result<Self, Invalid> {
        match *code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(Invalid::new(
                "currency",
                format!("{code:?}"),
                "three capital letters A to Z",
            )),
        }
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        // Three ASCII capitals by construction.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = Invalid;

    fn try_from(code: String) -> Result<Self, Invalid> {
        Self::new(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}
