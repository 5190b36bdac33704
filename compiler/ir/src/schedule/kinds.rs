//! The kinds of arguments that steps have: how each is read and printed, and which statements and loops it names.
//!
//! They are public for the types of [`Step`](super::Step)'s fields, but have no name outside of this crate.

use super::argument::Argument;
use super::reader::Reader;
use super::{AffineOrder, NamedAffine, ParseError, SkewFactors};

/// A kind of argument: some of a step's text, and the field that holds it.
pub trait Kind {
    type Value;

    /// Takes it from the arguments.
    fn read(reader: &mut Reader<'_>) -> Result<Self::Value, ParseError>;

    /// Adds its texts to the arguments before it.
    fn print(value: &Self::Value, texts: &mut Vec<String>);

    /// The statements, or pieces of statements, that it names.
    fn pieces(_: &mut Self::Value) -> Vec<&mut String> {
        Vec::new()
    }

    /// The first of them.
    fn piece(_: &Self::Value) -> Option<&str> {
        None
    }

    /// The loops that it names.
    fn loops(_: &Self::Value) -> &[String] {
        &[]
    }
}

/// A statement, or a piece of one.
pub struct Piece;

impl Kind for Piece {
    type Value = String;

    fn read(reader: &mut Reader<'_>) -> Result<String, ParseError> {
        reader.word()
    }

    fn print(value: &String, texts: &mut Vec<String>) {
        texts.push(value.clone());
    }

    fn pieces(value: &mut String) -> Vec<&mut String> {
        vec![value]
    }

    fn piece(value: &String) -> Option<&str> {
        Some(value)
    }
}

/// A loop.
pub struct Loop;

impl Kind for Loop {
    type Value = String;

    fn read(reader: &mut Reader<'_>) -> Result<String, ParseError> {
        reader.word()
    }

    fn print(value: &String, texts: &mut Vec<String>) {
        texts.push(value.clone());
    }

    fn loops(value: &String) -> &[String] {
        std::slice::from_ref(value)
    }
}

/// All loops that follow, at least so many.
pub struct Loops<const LEAST: usize>;

impl<const LEAST: usize> Kind for Loops<LEAST> {
    type Value = Vec<String>;

    fn read(reader: &mut Reader<'_>) -> Result<Vec<String>, ParseError> {
        let mut found = Vec::new();
        while let [(Argument::Word(word), _), rest @ ..] = reader.rest {
            found.push(word.clone());
            reader.rest = rest;
        }
        if found.len() < LEAST { Err(reader.usage()) } else { Ok(found) }
    }

    fn print(value: &Vec<String>, texts: &mut Vec<String>) {
        texts.extend(value.iter().cloned());
    }

    fn loops(value: &Vec<String>) -> &[String] {
        value
    }
}

/// The loops that follow, at least one, up to the goal of a skew.
pub struct Targets;

impl Kind for Targets {
    type Value = Vec<String>;

    fn read(reader: &mut Reader<'_>) -> Result<Vec<String>, ParseError> {
        let whole = reader.rest;
        if let [before @ .., (Argument::Word(last), _)] = whole
            && goal(last).is_some()
        {
            reader.rest = before;
            let found = Loops::<1>::read(reader)?;
            let left = reader.rest.len();
            reader.rest = whole.get(whole.len() - 1 - left..).unwrap_or_default();
            return Ok(found);
        }
        Loops::<1>::read(reader)
    }

    fn print(value: &Vec<String>, texts: &mut Vec<String>) {
        Loops::<1>::print(value, texts);
    }

    fn loops(value: &Vec<String>) -> &[String] {
        value
    }
}

/// All numbers that follow, each at least 1.
pub struct Sizes;

impl Kind for Sizes {
    type Value = Vec<u32>;

    fn read(reader: &mut Reader<'_>) -> Result<Vec<u32>, ParseError> {
        let mut found = Vec::new();
        while !reader.rest.is_empty() {
            found.push(reader.size()?);
        }
        Ok(found)
    }

    fn print(value: &Vec<u32>, texts: &mut Vec<String>) {
        texts.extend(value.iter().map(ToString::to_string));
    }
}

/// A number of at least 1.
pub struct Size;

impl Kind for Size {
    type Value = u32;

    fn read(reader: &mut Reader<'_>) -> Result<u32, ParseError> {
        reader.size()
    }

    fn print(value: &u32, texts: &mut Vec<String>) {
        texts.push(value.to_string());
    }
}

/// A number of at least 1 that is 1 where it is left out.
pub struct SizeOrOne;

impl Kind for SizeOrOne {
    type Value = u32;

    fn read(reader: &mut Reader<'_>) -> Result<u32, ParseError> {
        if reader.rest.is_empty() { Ok(1) } else { reader.size() }
    }

    fn print(value: &u32, texts: &mut Vec<String>) {
        texts.extend((*value != 1).then(|| value.to_string()));
    }
}

/// A number of at least 1 that may be left out.
pub struct MaybeSize;

impl Kind for MaybeSize {
    type Value = Option<u32>;

    fn read(reader: &mut Reader<'_>) -> Result<Option<u32>, ParseError> {
        if reader.rest.is_empty() { Ok(None) } else { reader.size().map(Some) }
    }

    fn print(value: &Option<u32>, texts: &mut Vec<String>) {
        texts.extend(value.iter().map(ToString::to_string));
    }
}

/// A number.
pub struct Number;

impl Kind for Number {
    type Value = i64;

    fn read(reader: &mut Reader<'_>) -> Result<i64, ParseError> {
        Ok(reader.integer()?.0)
    }

    fn print(value: &i64, texts: &mut Vec<String>) {
        texts.push(value.to_string());
    }
}

/// A number that may be left out.
pub struct MaybeNumber;

impl Kind for MaybeNumber {
    type Value = Option<i64>;

    fn read(reader: &mut Reader<'_>) -> Result<Option<i64>, ParseError> {
        if reader.rest.is_empty() { Ok(None) } else { Ok(Some(reader.integer()?.0)) }
    }

    fn print(value: &Option<i64>, texts: &mut Vec<String>) {
        texts.extend(value.iter().map(ToString::to_string));
    }
}

/// An expression over loops and parameters.
pub struct Point;

impl Kind for Point {
    type Value = NamedAffine;

    fn read(reader: &mut Reader<'_>) -> Result<NamedAffine, ParseError> {
        reader.affine()
    }

    fn print(value: &NamedAffine, texts: &mut Vec<String>) {
        texts.push(value.to_string());
    }
}

/// An expression that may be left out.
pub struct MaybePoint;

impl Kind for MaybePoint {
    type Value = Option<NamedAffine>;

    fn read(reader: &mut Reader<'_>) -> Result<Option<NamedAffine>, ParseError> {
        if reader.rest.is_empty() { Ok(None) } else { reader.affine().map(Some) }
    }

    fn print(value: &Option<NamedAffine>, texts: &mut Vec<String>) {
        texts.extend(value.iter().map(ToString::to_string));
    }
}

/// An array.
pub struct ArrayName;

impl Kind for ArrayName {
    type Value = String;

    fn read(reader: &mut Reader<'_>) -> Result<String, ParseError> {
        reader.word()
    }

    fn print(value: &String, texts: &mut Vec<String>) {
        texts.push(value.clone());
    }
}

/// An array, or with the [`Subscripts`] behind it one of its elements.
pub struct ElementOf;

impl Kind for ElementOf {
    type Value = String;

    fn read(reader: &mut Reader<'_>) -> Result<String, ParseError> {
        match reader.next() {
            Some((Argument::Word(array), _)) => Ok(array.clone()),
            Some((Argument::Element(array, subscripts), _)) => {
                reader.subscripts.clone_from(subscripts);
                Ok(array.clone())
            }
            _ => Err(reader.usage()),
        }
    }

    fn print(value: &String, texts: &mut Vec<String>) {
        texts.push(value.clone());
    }
}

/// The subscripts of the [`ElementOf`] in front of it, none for the whole array.
pub struct Subscripts;

impl Kind for Subscripts {
    type Value = Vec<NamedAffine>;

    fn read(reader: &mut Reader<'_>) -> Result<Vec<NamedAffine>, ParseError> {
        Ok(std::mem::take(&mut reader.subscripts))
    }

    fn print(value: &Vec<NamedAffine>, texts: &mut Vec<String>) {
        if let Some(array) = texts.last_mut() {
            array.extend(value.iter().map(|subscript| format!("[{subscript}]")));
        }
    }
}

/// Each dimension of an array once, counted from 0, or nothing.
pub struct Dimensions;

impl Kind for Dimensions {
    type Value = Vec<usize>;

    fn read(reader: &mut Reader<'_>) -> Result<Vec<usize>, ParseError> {
        let mut found = Vec::new();
        while !reader.rest.is_empty() {
            let (value, _) = reader.integer()?;
            found.push(usize::try_from(value).map_err(|_| reader.usage())?);
        }
        let mut sorted = found.clone();
        sorted.sort_unstable();
        if sorted.into_iter().eq(0..found.len()) { Ok(found) } else { Err(reader.usage()) }
    }

    fn print(value: &Vec<usize>, texts: &mut Vec<String>) {
        texts.extend(value.iter().map(ToString::to_string));
    }
}

/// The factors of a skew, or what decides them.
pub struct Factors;

fn goal(word: &str) -> Option<SkewFactors> {
    match word {
        "tilable" => Some(SkewFactors::Tilable),
        "inner" => Some(SkewFactors::InnerParallel),
        "outer" => Some(SkewFactors::OuterParallel),
        _ => None,
    }
}

impl Kind for Factors {
    type Value = SkewFactors;

    fn read(reader: &mut Reader<'_>) -> Result<SkewFactors, ParseError> {
        if let [(Argument::Word(word), _)] = reader.rest {
            reader.rest = &[];
            return goal(word).ok_or_else(|| reader.usage());
        }
        let mut found = Vec::new();
        while !reader.rest.is_empty() {
            found.push(reader.integer()?.0);
        }
        Ok(if found.is_empty() { SkewFactors::Tilable } else { SkewFactors::Given(found) })
    }

    fn print(value: &SkewFactors, texts: &mut Vec<String>) {
        match value {
            SkewFactors::Given(factors) => texts.extend(factors.iter().map(ToString::to_string)),
            SkewFactors::Tilable => texts.push("tilable".to_owned()),
            SkewFactors::InnerParallel => texts.push("inner".to_owned()),
            SkewFactors::OuterParallel => texts.push("outer".to_owned()),
        }
    }
}

/// Orders of statements, at least one, with semicolons between them.
pub struct Orders;

impl Kind for Orders {
    type Value = Vec<AffineOrder>;

    fn read(reader: &mut Reader<'_>) -> Result<Vec<AffineOrder>, ParseError> {
        match reader.next() {
            Some((Argument::Orders(orders), _)) => Ok(orders.clone()),
            _ => Err(reader.usage()),
        }
    }

    fn print(value: &Vec<AffineOrder>, texts: &mut Vec<String>) {
        let orders: Vec<String> = value.iter().map(ToString::to_string).collect();
        texts.push(orders.join("; "));
    }

    fn pieces(value: &mut Vec<AffineOrder>) -> Vec<&mut String> {
        value.iter_mut().map(|order| &mut order.statement).collect()
    }

    fn piece(value: &Vec<AffineOrder>) -> Option<&str> {
        value.first().map(|order| order.statement.as_str())
    }
}
