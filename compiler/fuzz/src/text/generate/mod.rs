//! Random regions of C that are meant to be accepted and to be well defined for the sizes that they are tuned for.
//!
//! The generator knows the range of each loop variable and of each integer value for the tuned sizes, and writes
//! what these make safe: subscripts inside of their arrays, no overflow, no division by zero. That is meant to be
//! right mostly; what a text does is judged when it runs, by clang's own checks.

mod condition;
mod constructs;
mod declare;
mod floats;
mod helpers;
mod index;
mod integers;
mod loops;
mod statement;

use super::choices::Choices;
use super::region::Region;
use super::types::{CType, Range};

/// The most iterations of the innermost statement of a nest.
const MOST_WORK: i64 = 30_000;

/// An integer in scope whose range is known: a loop variable, or a name for a value.
#[derive(Clone, Debug)]
struct Counter {
    name: String,
    ctype: CType,
    least: i64,
    greatest: i64,
}

/// An index expression.
#[derive(Clone, Debug)]
struct Index {
    text: String,
    ctype: CType,
    least: i64,
    greatest: i64,
    /// Whether it needs no brackets as an operand.
    atom: bool,
}

impl Index {
    fn constant(value: i64) -> Self {
        let (least, greatest) = (value, value);
        Self { text: value.to_string(), ctype: CType::Int, least, greatest, atom: value >= 0 }
    }

    /// The text as an operand.
    fn operand(&self) -> String {
        if self.atom { self.text.clone() } else { format!("({})", self.text) }
    }
}

/// A value of a statement.
#[derive(Clone, Debug)]
struct Value {
    text: String,
    ctype: CType,
    /// Of an integer.
    range: Range,
    atom: bool,
    /// A floating-point value that is surely finite and small.
    tame: bool,
}

impl Value {
    fn operand(&self) -> String {
        if self.atom { self.text.clone() } else { format!("({})", self.text) }
    }

    fn float(text: String, ctype: CType, atom: bool) -> Self {
        Self { text, ctype, range: Range::new(0, 0), atom, tame: false }
    }

    fn integer(text: String, ctype: CType, range: Range, atom: bool) -> Self {
        Self { text, ctype, range, atom, tame: false }
    }
}

/// A scalar declared inside of the region.
#[derive(Clone, Debug)]
struct Local {
    name: String,
    ctype: CType,
    range: Range,
}

/// A loop variable that is declared before the region.
#[derive(Clone, Debug)]
struct Outside {
    name: String,
    ctype: CType,
    active: bool,
}

/// What is in scope at a place of the text.
#[derive(Clone, Debug, Default)]
struct Scope {
    counters: Vec<Counter>,
    locals: Vec<Local>,
    /// `counters[0] - counters[1] >= 2`, by name.
    orders: Vec<(String, String, i64)>,
    work: i64,
    depth: usize,
}

impl Scope {
    /// The counters that a text may name: of equal names the innermost.
    fn visible(&self) -> Vec<&Counter> {
        let inner = |position: usize, name: &str| {
            self.counters.iter().skip(position + 1).any(|other| other.name == name)
        };
        let counters = self.counters.iter().enumerate();
        counters.filter(|(at, it)| !inner(*at, &it.name)).map(|(_, it)| it).collect()
    }
}

struct Generator {
    choices: Choices,
    region: Region,
    scope: Scope,
    outside: Vec<Outside>,
    helpers: Vec<String>,
    /// Numbers for new names.
    names: u32,
    text: String,
}

/// The region of a number, made of a list of decisions.
pub fn generate(number: u64, choices: Choices) -> Region {
    let region = Region { number, function: format!("f{number}"), ..Region::default() };
    let mut generator = Generator {
        choices,
        region,
        scope: Scope { work: 1, ..Scope::default() },
        outside: Vec::new(),
        helpers: Vec::new(),
        names: 0,
        text: String::new(),
    };
    generator.choices.open();
    generator.declare();
    generator.choices.close();
    let nests = 1 + generator.choices.weighted(&[60, 28, 12]);
    for nest in 0..nests {
        if nest > 0 {
            generator.seen("several nests");
        }
        generator.choices.open();
        generator.between();
        let depth = 1 + generator.choices.weighted(&[30, 45, 25]);
        generator.nest(depth);
        generator.choices.close();
    }
    generator.finish()
}

impl Generator {
    fn seen(&mut self, construct: &'static str) {
        self.region.constructs.insert(construct);
    }

    fn line(&mut self, text: &str) {
        for _ in 0..=self.scope.depth {
            self.text.push_str("  ");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    /// A name at file scope, which other regions of the same text do not have.
    fn global(&self, stem: &str) -> String {
        format!("{stem}{}", self.region.number)
    }

    /// An integer that a region only reads is a parameter: those that are meant to be scalars are changed first.
    fn changes_of_scalars(&self) -> String {
        let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
        let words: Vec<&str> = self.text.split(|letter| !is_letter(letter)).collect();
        let scalars = self.region.arrays.iter().filter(|it| it.is_scalar() && !it.ctype.is_float());
        let named = scalars.filter(|it| words.contains(&it.name.as_str()));
        named.map(|scalar| format!("  {} ^= 1;\n", scalar.name)).collect()
    }

    fn finish(mut self) -> Region {
        for outside in &self.outside {
            let line = format!("  {} {};\n", outside.ctype.spelling(), outside.name);
            self.region.locals.push_str(&line);
        }
        self.strides();
        let helpers: String = self.helpers.iter().map(|line| format!("{line}\n")).collect();
        self.region.prelude.push_str(&helpers);
        self.region.body = self.changes_of_scalars();
        self.region.body.push_str(&self.text);
        self.region.choices = self.choices.taken();
        self.region
    }
}
