//! A line as the verbs read it: fields are taken by name and type, and at the end none may be left.

use std::collections::BTreeMap;

use super::door::Words;
use super::field::Field;
use super::json::Value;
use super::stop::Stop;

/// An object whose fields are being taken.
#[derive(Debug)]
pub(crate) struct Line {
    fields: BTreeMap<String, Value>,
    /// What stands before its fields' names where one of them is told: `behaviour.card.`, if it is the object in that field of that field.
    path: String,
    /// The first field that is impossible. It is told at the end, for what is not well-formed comes first.
    impossible: Option<Stop>,
}

impl Line {
    pub(crate) fn read(bytes: &[u8], words: Words) -> Result<Self, Stop> {
        let value = Value::read(bytes, words)
            .map_err(|why| Stop::BadLine(format!("not one JSON object: {why}")))?;
        Self::from_value(value).ok_or_else(|| {
            Stop::BadLine("not one JSON object: the line is another value".to_owned())
        })
    }

    /// The field, which must be there.
    pub(crate) fn need<T: Field>(&mut self, name: &str) -> Result<T, Stop> {
        self.maybe(name)?.ok_or_else(|| Stop::missing(name))
    }

    /// The field, if it is there.
    pub(crate) fn maybe<T: Field>(&mut self, name: &str) -> Result<Option<T>, Stop> {
        let Some(value) = self.fields.remove(name) else {
            return Ok(None);
        };
        T::from_value(value)
            .map(Some)
            .ok_or_else(|| Stop::BadLine(format!("field {name} must be {}", T::KIND)))
    }

    /// The number, which must be there.
    pub(crate) fn number<N: Default + TryFrom<u64>>(&mut self, name: &str) -> Result<N, Stop> {
        let number = self.need(name)?;
        Ok(self.fit(name, number))
    }

    /// The number, if it is there.
    pub(crate) fn optional<N: Default + TryFrom<u64>>(
        &mut self,
        name: &str,
    ) -> Result<Option<N>, Stop> {
        let number = self.maybe(name)?;
        Ok(number.map(|number| self.fit(name, number)))
    }

    /// Puts the number into a place that has its default, if it is there.
    pub(crate) fn set<N: Default + TryFrom<u64>>(
        &mut self,
        name: &str,
        place: &mut N,
    ) -> Result<(), Stop> {
        if let Some(number) = self.optional(name)? {
            *place = number;
        }
        Ok(())
    }

    /// The number as a type that may be too small for it.
    pub(crate) fn fit<N: Default + TryFrom<u64>>(&mut self, name: &str, number: u64) -> N {
        N::try_from(number).unwrap_or_else(|_| {
            self.reject(name, number, "smaller");
            N::default()
        })
    }

    /// Notes that a number in this field is impossible, and what it must be, for the end of the line.
    pub(crate) fn reject(&mut self, name: &str, number: u64, range: &str) {
        let field = format!("{}{name}", self.path);
        let message = format!("{field} is {number}; it must be {range}");
        self.impossible.get_or_insert(Stop::Invalid {
            field: field.into(),
            message,
        });
    }

    /// From here on its fields are told by their bare names, as the engine tells them.
    pub(crate) fn bare(&mut self) {
        self.path.clear();
    }

    /// What is read from the object in this field, if it is there.
    pub(crate) fn object<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<Option<T>, Stop> {
        let object = self.maybe(name)?;
        object.map(|it| self.inside(name, it, read)).transpose()
    }

    /// What is read from each object of the list in this field, if it is there.
    pub(crate) fn objects<T>(
        &mut self,
        name: &str,
        mut read: impl FnMut(&mut Self) -> Result<T, Stop>,
    ) -> Result<Option<Vec<T>>, Stop> {
        let objects: Option<Vec<Self>> = self.maybe(name)?;
        let mut all = |objects: Vec<Self>| {
            let each = objects.into_iter();
            each.map(|it| self.inside(name, it, &mut read)).collect()
        };
        objects.map(&mut all).transpose()
    }

    /// What is read from an object that was taken from this field.
    pub(crate) fn inside<T>(
        &mut self,
        name: &str,
        mut object: Self,
        read: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        object.path = format!("{}{name}.", self.path);
        let value = read(&mut object)?;
        let impossible = object.impossible.take();
        object.end()?;
        self.impossible = self.impossible.take().or(impossible);
        Ok(value)
    }

    /// Nothing may be left that no verb took, and nothing may have been impossible.
    pub(crate) fn end(self) -> Result<(), Stop> {
        if let Some(name) = self.fields.keys().next() {
            let message = format!("field {name:.64} does not belong here");
            return Err(Stop::BadLine(message));
        }
        self.impossible.map_or(Ok(()), Err)
    }
}

impl Field for Line {
    const KIND: &'static str = "an object";

    fn from_value(value: Value) -> Option<Self> {
        if let Value::Object(fields) = value {
            Some(Self {
                fields,
                path: String::new(),
                impossible: None,
            })
        } else {
            None
        }
    }
}
