//! How the tests build programs: short names for what they repeat.

mod changes;
mod enumeration;
mod kernels;

pub use changes::*;
pub use enumeration::*;
pub use kernels::*;

use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{
    Access, Affine, Array, ArrayId, ArrayKind, Constraint, ElementType, Expression, Iterator,
    Parameter, Program, SourceLoop, SourceNode, Span, Statement, StatementId, Variable,
};

pub fn i(depth: u32) -> Affine {
    Affine::variable(Variable::Iterator(depth))
}

pub fn p(position: u32) -> Affine {
    Affine::variable(Variable::Parameter(position))
}

pub fn c(value: i64) -> Affine {
    Affine::constant(value)
}

/// `lower <= iterator < upper`
pub fn range(depth: u32, lower: Affine, upper: Affine) -> [Constraint; 2] {
    [Constraint::less_or_equal(&lower, &i(depth)), Constraint::less(&i(depth), &upper)]
}

pub fn looped(name: &str, body: Vec<SourceNode>) -> SourceNode {
    SourceNode::Loop(SourceLoop { name: name.to_owned(), span: Span::default(), body })
}

pub fn leaf(position: usize) -> SourceNode {
    SourceNode::Statement(StatementId(position))
}

pub fn at(array: usize, subscripts: &[Affine]) -> Access {
    Access { array: ArrayId(array), subscripts: subscripts.to_vec() }
}

pub fn statement(
    name: &str,
    iterators: &[&str],
    domain: impl IntoIterator<Item = [Constraint; 2]>,
    write: Access,
    reads: Vec<Access>,
) -> Statement {
    Statement {
        name: name.to_owned(),
        iterators: iterators
            .iter()
            .zip(0..)
            .map(|(name, depth)| Iterator { name: (*name).to_owned(), source_value: i(depth) })
            .collect(),
        domain: domain.into_iter().flatten().collect(),
        write,
        reads,
        body: Expression::Integer { value: 0, element: ElementType::I32 },
        span: Span::default(),
        text: String::new(),
    }
}

/// With parameters of at least 1 whose values are known; array ranks in place of extents.
pub fn program(
    name: &str,
    parameters: &[(&str, i64)],
    arrays: &[(&str, usize)],
    statements: Vec<Statement>,
    order: Vec<SourceNode>,
) -> Program {
    Program {
        name: name.to_owned(),
        parameters: parameters
            .iter()
            .map(|(name, value)| Parameter {
                name: (*name).to_owned(),
                element: ElementType::I32,
                value: Some(*value),
            })
            .collect(),
        context: (0..parameters.len() as u32)
            .map(|position| Constraint::less_or_equal(&c(1), &p(position)))
            .collect(),
        arrays: arrays
            .iter()
            .map(|(name, rank)| Array {
                name: (*name).to_owned(),
                element: ElementType::F64,
                element_spelling: "double".to_owned(),
                extents: vec![c(1000); *rank],
                kind: ArrayKind::Global,
                live_outside: true,
            })
            .collect(),
        statements,
        order,
        span: Span::default(),
    }
}

pub fn dependences(program: &Program) -> Dependences {
    Dependences::compute(program, DEFAULT_QUOTA).unwrap()
}

/// Fixes the parameters to their known values.
pub fn fixed(program: &Program) -> Program {
    let mut program = program.clone();
    for position in 0..program.parameters.len() as u32 {
        let value = program.parameter_value(position).unwrap();
        program.context.push(Constraint::equal(&p(position), &c(value)));
    }
    program
}
