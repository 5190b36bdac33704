//! The arguments of a step while they are read.

use super::argument::{Argument, Place};
use super::{NamedAffine, ParseError};

/// The arguments of one step, taken from left to right.
pub struct Reader<'a> {
    pub(super) name: &'a str,
    /// How the step is written, for errors.
    pub(super) form: &'a str,
    pub(super) place: Place,
    pub(super) rest: &'a [(Argument, Place)],
    /// The subscripts of the element that was read last.
    pub(super) subscripts: Vec<NamedAffine>,
}

impl<'a> Reader<'a> {
    /// That the step is written otherwise.
    pub(super) fn usage(&self) -> ParseError {
        self.place.error(format!("`{}` is written {}", self.name, self.form))
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Result<(), ParseError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.usage()) }
    }

    pub(super) fn next(&mut self) -> Option<&'a (Argument, Place)> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn word(&mut self) -> Result<String, ParseError> {
        match self.next() {
            Some((Argument::Word(word), _)) => Ok(word.clone()),
            _ => Err(self.usage()),
        }
    }

    pub(super) fn integer(&mut self) -> Result<(i64, Place), ParseError> {
        match self.next() {
            Some((Argument::Affine(value), at)) if value.terms().is_empty() => {
                Ok((value.constant_term(), *at))
            }
            Some((Argument::Affine(_) | Argument::Element(..), at)) => {
                Err(at.error("a number is expected here"))
            }
            Some((Argument::Word(_), at)) => Err(at.error("names come before numbers")),
            _ => Err(self.usage()),
        }
    }

    pub(super) fn size(&mut self) -> Result<u32, ParseError> {
        let (value, at) = self.integer()?;
        match u32::try_from(value) {
            Ok(size) if size > 0 => Ok(size),
            _ => Err(at.error("sizes and factors are at least 1")),
        }
    }

    pub(super) fn affine(&mut self) -> Result<NamedAffine, ParseError> {
        match self.next() {
            Some((Argument::Word(word), _)) => {
                NamedAffine::from_terms([(word.clone(), 1)], 0).ok_or_else(|| self.usage())
            }
            Some((Argument::Affine(value), _)) => Ok(value.clone()),
            _ => Err(self.usage()),
        }
    }
}
