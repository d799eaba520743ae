//! Reads a whole value from JSON, and says which field is wrong if one is.

use serde::de::DeserializeOwned;

/// The value that is all of the text. Otherwise where in it, and why not.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    let mut from = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut from).map_err(|why| why.to_string())?;
    from.end().map_err(|why| why.to_string())?;
    Ok(value)
}
