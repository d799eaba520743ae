//! JSON as the door takes it: texts, integers, lists, and objects in which no field is given twice; `true` and `false` once all words
//! are understood. The rest of what JSON knows (`null`, fractions, exponents, signs) has no place in this type, so it is refused while
//! it is read. Nesting is bounded by `serde_json`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use super::door::Words;

#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    Number(u64),
    Bool(bool),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

impl Value {
    /// The one value that these bytes are, or what is wrong with them.
    pub(crate) fn read(bytes: &[u8], words: Words) -> Result<Self, String> {
        let mut from = serde_json::Deserializer::from_slice(bytes);
        let value = Reader(words).deserialize(&mut from);
        let value = value.and_then(|value| from.end().map(|()| value));
        value.map_err(|error| {
            let told = error.to_string();
            let what = told.split(" at line ").next().unwrap_or_default();
            format!("{what}, at byte {}", error.column())
        })
    }
}

#[derive(Clone, Copy)]
struct Reader(Words);

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Words::Contract => "a text, an integer from 0 to 2^64-1, a list or an object",
            Words::All => "a text, an integer from 0 to 2^64-1, true, false, a list or an object",
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    // The value itself is not told, here and below: in the place of an identity it may be one.
    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        Err(E::invalid_type(
            Unexpected::Other("negative integer"),
            &self,
        ))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        let kind = "number with a point or an exponent, or too large";
        Err(E::invalid_type(Unexpected::Other(kind), &self))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        match self.0 {
            Words::All => Ok(Value::Bool(truth)),
            Words::Contract => Err(E::invalid_type(Unexpected::Bool(truth), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = from.next_element_seed(self)? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(name) = from.next_key::<String>()? {
            let value = from.next_value_seed(self)?;
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format_args!(
                    "field {name:.64} is given twice"
                )));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}
