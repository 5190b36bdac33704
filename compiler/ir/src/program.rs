//! A static control part: parameters, arrays, statements and the loops around them.

use crate::{Affine, Constraint, ElementType, Expression, ParseError, Variable};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// Position of a statement in [`Program::statements`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StatementId(pub usize);

/// Position of an array in [`Program::arrays`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ArrayId(pub usize);

/// Position of a parameter in [`Program::parameters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ParameterId(pub usize);

/// A file's name as text, which it need not be.
fn lossily<S: serde::Serializer>(file: &std::path::Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&file.to_string_lossy())
}

/// A place in a source file. Lines and columns count from 1; offsets are bytes from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    #[serde(serialize_with = "lossily")]
    pub file: PathBuf,
    pub line: u32,
    pub column: u32,
    pub start: usize,
    pub end: usize,
}

/// An integer that does not change inside the region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    pub name: String,
    pub element: ElementType,
    /// The value for which the program is compiled and measured, where it is known.
    pub value: Option<i64>,
}

/// Where an array comes from in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ArrayKind {
    /// A variable of static storage.
    Global,
    /// A parameter of the enclosing function; distinct ones may overlap in C.
    Argument,
    /// A parameter declared `restrict`.
    RestrictArgument,
    /// A local variable of the enclosing function.
    Local,
    /// Storage of our own in place of an array that was expanded: the source does not have it, and it
    /// is no argument of the generated code. It stands in the list behind all others.
    Expanded { of: ArrayId },
}

/// An array in row-major order. A scalar variable is an array with no dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Array {
    pub name: String,
    pub element: ElementType,
    /// The element type as the source spells it, for output in C.
    pub element_spelling: String,
    /// Number of elements in each dimension, affine in the parameters, outermost first.
    pub extents: Vec<Affine>,
    pub kind: ArrayKind,
    /// For scalars: whether a value assigned inside the region may be read after it, or one from
    /// before it is read inside.
    pub live_outside: bool,
}

impl Array {
    /// The array that it is the storage of, if that was expanded.
    pub fn storage_of(&self) -> Option<ArrayId> {
        match self.kind {
            ArrayKind::Expanded { of } => Some(of),
            _ => None,
        }
    }
}

/// One element of an array as a function of the iterators and parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Access {
    pub array: ArrayId,
    /// One affine expression a dimension, outermost first, none for scalars.
    pub subscripts: Vec<Affine>,
}

/// A normalised loop variable of a statement: it counts upwards by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iterator {
    pub name: String,
    /// The value of the source's own loop variable, in [`Variable::Iterator`]s and parameters;
    /// `i` itself for a loop that counts upwards by one.
    pub source_value: Affine,
}

/// An assignment inside loops.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// `S1`, `S2`, … in textual order; unique in the program.
    pub name: String,
    /// The surrounding loops, outermost first.
    pub iterators: Vec<Iterator>,
    /// The iteration domain: a conjunction over [`Variable::Iterator`]s and parameters.
    pub domain: Vec<Constraint>,
    pub write: Access,
    /// What the body reads, in the order of evaluation; a compound assignment reads its target.
    pub reads: Vec<Access>,
    /// The value that is written, converted to the element type of the written array.
    pub body: Expression,
    pub span: Span,
    /// The statement as the source has it.
    pub text: String,
}

/// The loops of the source, without bounds: those are in the statements' domains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SourceNode {
    Loop(SourceLoop),
    Statement(StatementId),
}

/// A loop of the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceLoop {
    pub name: String,
    pub span: Span,
    pub body: Vec<SourceNode>,
}

/// A static control part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The enclosing function's name, followed by `_2`, `_3`, … for its later regions.
    pub name: String,
    pub parameters: Vec<Parameter>,
    /// What is known of the parameters, over [`Variable::Parameter`]s.
    pub context: Vec<Constraint>,
    pub arrays: Vec<Array>,
    pub statements: Vec<Statement>,
    /// The original order.
    pub order: Vec<SourceNode>,
    pub span: Span,
}

impl Program {
    /// Whether some statement reads elements of an array at subscripts that are data.
    pub fn gathers(&self, array: ArrayId) -> bool {
        let mut found = false;
        for statement in &self.statements {
            statement.body.each_gathered(&mut |gathered| found |= gathered == array);
        }
        found
    }

    /// The statement with the given name.
    pub fn statement_named(&self, name: &str) -> Option<StatementId> {
        self.statements.iter().position(|statement| statement.name == name).map(StatementId)
    }

    /// A name for one more statement: the number after theirs, or the next one that none has. Where scalars were
    /// forwarded, names have gaps and go beyond the number of statements.
    pub fn free_statement_name(&self) -> String {
        let mut names = (self.statements.len()..).map(|number| StatementId(number).to_string());
        names.find(|name| self.statement_named(name).is_none()).unwrap_or_default()
    }

    /// The statement, by position. Ids are only made by this program.
    pub fn statement(&self, id: StatementId) -> &Statement {
        &self.statements[id.0]
    }

    /// Whether a statement was added to copy an element of an array to or from storage of our own for it, or between
    /// two storages. A
    /// statement of the source that reads or writes such storage instead of the array still has its old text.
    pub fn copies_storage(&self, id: StatementId) -> bool {
        let Some(statement) = self.statements.get(id.0) else { return false };
        let (Expression::Read { position: 0, .. }, [read]) =
            (&statement.body, statement.reads.as_slice())
        else {
            return false;
        };
        let of = |storage: ArrayId| self.arrays.get(storage.0).and_then(Array::storage_of);
        let (from, to) = (read.array, statement.write.array);
        let related = of(from) == Some(to)
            || of(to) == Some(from)
            || from != to && of(from).is_some() && of(from) == of(to);
        related && statement.text == self.copy_text(statement)
    }

    /// The text of a statement that copies what it reads.
    pub fn copy_text(&self, statement: &Statement) -> String {
        let accesses = [&statement.write].into_iter().chain(&statement.reads);
        let texts: Vec<String> =
            accesses.map(|access| self.display_access(statement, access)).collect();
        format!("{};", texts.join(" = "))
    }

    /// The array, by position.
    pub fn array(&self, id: ArrayId) -> &Array {
        &self.arrays[id.0]
    }

    /// The arrays that the source has, which are arguments of the generated code.
    pub fn external_arrays(&self) -> &[Array] {
        let end = self.arrays.iter().take_while(|array| array.storage_of().is_none()).count();
        self.arrays.get(..end).unwrap_or_default()
    }

    /// Whether an array is storage of our own (see [`ArrayKind::Expanded`]).
    pub fn is_expanded(&self, id: ArrayId) -> bool {
        self.arrays.get(id.0).is_some_and(|array| array.storage_of().is_some())
    }

    /// The value of a parameter where it is known.
    pub fn parameter_value(&self, position: u32) -> Option<i64> {
        self.parameters.get(position as usize)?.value
    }

    /// The values of all parameters, or the name of the first that has none.
    pub fn parameter_values(&self) -> Result<Vec<i64>, String> {
        self.parameters
            .iter()
            .map(|parameter| parameter.value.ok_or_else(|| parameter.name.clone()))
            .collect()
    }

    /// The program with every known parameter value put in the parameter's place: extents, domains,
    /// accesses and bodies speak of numbers. The list of parameters stays, so that the calling
    /// convention does.
    pub fn specialize(&self) -> Program {
        let value_of = |variable: Variable| match variable {
            Variable::Parameter(position) => self
                .parameter_value(position)
                .map_or_else(|| Affine::variable(variable), Affine::constant),
            other => Affine::variable(other),
        };
        let affine = |expression: &Affine| expression.substitute(value_of);
        let access = |access: &Access| Access {
            array: access.array,
            subscripts: access.subscripts.iter().map(affine).collect(),
        };
        let constraints = |constraints: &[Constraint]| {
            constraints.iter().map(|constraint| constraint.substitute(value_of)).collect()
        };
        let mut program = self.clone();
        program.context = constraints(&self.context);
        for array in &mut program.arrays {
            array.extents = array.extents.iter().map(affine).collect();
        }
        for statement in &mut program.statements {
            statement.domain = constraints(&statement.domain);
            statement.write = access(&statement.write);
            statement.reads = statement.reads.iter().map(access).collect();
            for iterator in &mut statement.iterators {
                iterator.source_value = affine(&iterator.source_value);
            }
            statement.body = specialize_body(statement.body.clone(), &affine);
        }
        program
    }

    /// Number of elements of an array for the known parameter values: `None` when one is unknown,
    /// an extent is negative, or the product overflows.
    pub fn elements(&self, id: ArrayId) -> Option<u64> {
        let mut product: u64 = 1;
        for extent in self.extents(id)? {
            product = product.checked_mul(u64::try_from(extent).ok()?)?;
        }
        Some(product)
    }

    /// The extents of an array for the known parameter values.
    pub fn extents(&self, id: ArrayId) -> Option<Vec<i64>> {
        self.arrays
            .get(id.0)?
            .extents
            .iter()
            .map(|extent| {
                let mut known = true;
                let value = extent.evaluate(|variable| match variable {
                    Variable::Parameter(position) => {
                        self.parameter_value(position).unwrap_or_else(|| {
                            known = false;
                            0
                        })
                    }
                    _ => {
                        known = false;
                        0
                    }
                });
                value.filter(|_| known)
            })
            .collect()
    }

    /// A naming function for [`Affine::display_with`] inside one statement.
    pub fn names_in<'a>(&'a self, statement: &'a Statement) -> impl Fn(Variable) -> String + 'a {
        move |variable| match variable {
            Variable::Iterator(depth) => statement
                .iterators
                .get(depth as usize)
                .map_or_else(|| variable.to_string(), |iterator| iterator.name.clone()),
            other => self.parameter_name(other),
        }
    }

    /// The name of a parameter; other variables by their canonical text.
    pub fn parameter_name(&self, variable: Variable) -> String {
        match variable {
            Variable::Parameter(position) => self
                .parameters
                .get(position as usize)
                .map_or_else(|| variable.to_string(), |parameter| parameter.name.clone()),
            other => other.to_string(),
        }
    }

    /// An access as C would write it, with normalised iterators.
    pub fn display_access(&self, statement: &Statement, access: &Access) -> String {
        let names = self.names_in(statement);
        let mut text = self.array(access.array).name.clone();
        for subscript in &access.subscripts {
            text.push_str(&format!("[{}]", subscript.display_with(&names)));
        }
        text
    }

    /// Parses `NAME=VALUE` parameter assignments and stores the values.
    pub fn set_parameter(&mut self, name: &str, value: i64) -> Result<(), ParseError> {
        match self.parameters.iter_mut().find(|parameter| parameter.name == name) {
            Some(parameter) => {
                parameter.value = Some(value);
                Ok(())
            }
            None => {
                let known: Vec<_> =
                    self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
                Err(ParseError {
                    line: 1,
                    column: 1,
                    message: format!(
                        "`{}` has no parameter `{name}`; its parameters are: {}",
                        self.name,
                        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
                    ),
                })
            }
        }
    }
}

fn specialize_body(body: Expression, affine: &dyn Fn(&Affine) -> Affine) -> Expression {
    match body {
        Expression::Index { value, element } => {
            let value = affine(&value);
            match value.as_constant() {
                Some(value) => Expression::Integer { value, element },
                None => Expression::Index { value, element },
            }
        }
        other => other.map_operands(&mut |operand| specialize_body(operand, affine)),
    }
}

impl fmt::Display for StatementId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "S{}", self.0 + 1)
    }
}

/// The program's text form: parameters, arrays, then each statement with its domain and accesses.
impl fmt::Display for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "program {}", self.name)?;
        for parameter in &self.parameters {
            write!(formatter, "  parameter {}: {}", parameter.name, parameter.element)?;
            match parameter.value {
                Some(value) => writeln!(formatter, " = {value}")?,
                None => writeln!(formatter)?,
            }
        }
        let names = |variable| self.parameter_name(variable);
        for constraint in &self.context {
            writeln!(formatter, "  context {}", constraint.display_with(&names))?;
        }
        for array in &self.arrays {
            write!(formatter, "  array {}", array.name)?;
            for extent in &array.extents {
                write!(formatter, "[{}]", extent.display_with(&names))?;
            }
            writeln!(formatter, ": {}", array.element)?;
        }
        for statement in &self.statements {
            let names = self.names_in(statement);
            let iterators: Vec<_> =
                statement.iterators.iter().map(|iterator| iterator.name.as_str()).collect();
            writeln!(
                formatter,
                "  {}[{}]: {}",
                statement.name,
                iterators.join(", "),
                statement.text.split_whitespace().collect::<Vec<_>>().join(" ")
            )?;
            let domain: Vec<_> =
                statement.domain.iter().map(|constraint| constraint.display_with(&names)).collect();
            writeln!(
                formatter,
                "    domain  {}",
                if domain.is_empty() { "everywhere".to_owned() } else { domain.join(" and ") }
            )?;
            writeln!(
                formatter,
                "    writes  {}",
                self.display_access(statement, &statement.write)
            )?;
            let reads: Vec<_> = statement
                .reads
                .iter()
                .map(|access| self.display_access(statement, access))
                .collect();
            if !reads.is_empty() {
                writeln!(formatter, "    reads   {}", reads.join(", "))?;
            }
            for iterator in &statement.iterators {
                let value = iterator.source_value.display_with(&names);
                if value != iterator.name {
                    writeln!(formatter, "    where the source's {} is {value}", iterator.name)?;
                }
            }
        }
        Ok(())
    }
}
