//! What keeps a verb from its own answer.

use std::borrow::Cow;

use fairslot::{Invalid, Refusal, SupplyError, Unsettled};

/// Why a verb has no answer of its own.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Not a line of a known verb.
    BadLine(String),
    /// Well-formed, but impossible.
    Invalid {
        field: Cow<'static, str>,
        message: String,
    },
    /// A code that has no more to it than its sentence.
    Other { code: &'static str, message: String },
    /// No: the only one that is no error, for it was said by the engine at its time.
    Refused(Refusal),
}

impl Stop {
    /// A field that must be there is not.
    pub(crate) fn missing(field: &str) -> Self {
        Self::BadLine(format!("field {field} is missing"))
    }

    pub(crate) fn not_supported(what: &str) -> Self {
        Self::Other {
            code: "not_supported",
            message: format!("this version has no {what}"),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(why: Refusal) -> Self {
        Self::Refused(why)
    }
}

impl From<Invalid> for Stop {
    fn from(why: Invalid) -> Self {
        Self::Invalid {
            field: why.field().into(),
            message: why.to_string(),
        }
    }
}

impl From<SupplyError> for Stop {
    fn from(why: SupplyError) -> Self {
        match why {
            SupplyError::Invalid(why) => why.into(),
            SupplyError::Refused(why) => why.into(),
            full => Self::Other {
                code: "full",
                message: full.to_string(),
            },
        }
    }
}

impl From<Unsettled> for Stop {
    fn from(why: Unsettled) -> Self {
        Self::Other {
            code: "unsettled",
            message: why.to_string(),
        }
    }
}
