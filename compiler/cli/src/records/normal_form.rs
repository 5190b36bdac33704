//! What a program is without its names: two that differ only in these have one normal form.
//!
//! Statements count in the order of the source, arrays in the order in which statements first touch them, iterators by
//! depth. The *shape* leaves large numbers in bounds and extents out as well, so that a program at another size has
//! the same one.

use loopwright_ir::{
    Access, Affine, Array, ArrayId, ArrayKind, Constraint, Expression, Program, SourceLoop,
    SourceNode, Span, Statement,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Numbers from this magnitude on are sizes; smaller ones are distances, borders and factors.
const SIZE: u64 = 8;

/// Hashes of a specialised program, and its names in the order of the normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalForm {
    /// With sizes.
    pub program: String,
    /// Without.
    pub shape: String,
    pub names: Names,
}

/// How a program calls what a schedule speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Each statement's name and its iterators', outermost first.
    pub statements: Vec<(String, Vec<String>)>,
    pub arrays: Vec<String>,
}

impl NormalForm {
    /// Of a specialised program.
    pub fn of(program: &Program) -> Self {
        let order = arrays_by_use(program);
        let mut normal = without_names(program, &order);
        let exact = hash(&normal);
        for statement in &mut normal.statements {
            for constraint in &mut statement.domain {
                constraint.affine = without_size(&constraint.affine);
            }
        }
        for array in &mut normal.arrays {
            array.extents = array.extents.iter().map(without_size).collect();
        }
        let names = Names {
            statements: program
                .statements
                .iter()
                .map(|statement| {
                    let names = statement.iterators.iter().map(|iterator| iterator.name.clone());
                    (statement.name.clone(), names.collect())
                })
                .collect(),
            arrays: order.iter().map(|id| program.array(*id).name.clone()).collect(),
        };
        Self { program: exact, shape: hash(&normal), names }
    }
}

/// A hash of a program as text.
fn hash(program: &Program) -> String {
    // Of texts and numbers only, which cannot fail to be JSON.
    let text = serde_json::to_string(program).unwrap_or_default();
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The arrays in the order in which the statements touch them, then those that none does.
fn arrays_by_use(program: &Program) -> Vec<ArrayId> {
    let mut order: Vec<ArrayId> = Vec::new();
    let mut used = Vec::new();
    for statement in &program.statements {
        let accesses = std::iter::once(&statement.write).chain(&statement.reads);
        used.extend(accesses.map(|access| access.array));
        statement.body.each_gathered(&mut |array| used.push(array));
    }
    for array in used.into_iter().chain((0..program.arrays.len()).map(ArrayId)) {
        if !order.contains(&array) {
            order.push(array);
        }
    }
    order
}

fn without_size(affine: &Affine) -> Affine {
    let constant = affine.constant_term();
    let size = constant.unsigned_abs() >= SIZE;
    affine.clone().with_constant(if size {
        constant.signum() * i64::from(u32::MAX)
    } else {
        constant
    })
}

fn without_names(program: &Program, order: &[ArrayId]) -> Program {
    let number = |array: ArrayId| order.iter().position(|other| *other == array).unwrap_or(0);
    let access = |access: &Access| Access {
        array: ArrayId(number(access.array)),
        subscripts: access.subscripts.clone(),
    };
    let statement = |(position, statement): (usize, &Statement)| {
        let mut iterators = statement.iterators.clone();
        for (depth, iterator) in iterators.iter_mut().enumerate() {
            iterator.name = format!("i{depth}");
        }
        Statement {
            name: format!("S{}", position + 1),
            iterators,
            domain: statement.domain.iter().map(Constraint::clone).collect(),
            write: access(&statement.write),
            reads: statement.reads.iter().map(access).collect(),
            body: of_arrays(statement.body.clone(), &number),
            span: Span::default(),
            text: String::new(),
        }
    };
    let array = |(position, id): (usize, &ArrayId)| {
        let array = program.array(*id);
        let kind = match array.kind {
            ArrayKind::Expanded { of } => ArrayKind::Expanded { of: ArrayId(number(of)) },
            // Where an array is declared says nothing of how fast an order is.
            _ => ArrayKind::Global,
        };
        Array {
            name: format!("a{position}"),
            element_spelling: String::new(),
            kind,
            live_outside: true,
            ..array.clone()
        }
    };
    Program {
        name: String::new(),
        parameters: Vec::new(),
        context: Vec::new(),
        arrays: order.iter().enumerate().map(array).collect(),
        statements: program.statements.iter().enumerate().map(statement).collect(),
        order: nodes(&program.order),
        span: Span::default(),
    }
}

/// The expression with other numbers for the arrays of which it gathers elements.
fn of_arrays(expression: Expression, number: &dyn Fn(ArrayId) -> usize) -> Expression {
    let mut result = expression.map_operands(&mut |operand| of_arrays(operand, number));
    if let Expression::Gather { array, .. } = &mut result {
        *array = ArrayId(number(*array));
    }
    result
}

fn nodes(source: &[SourceNode]) -> Vec<SourceNode> {
    let node = |node: &SourceNode| match node {
        SourceNode::Statement(id) => SourceNode::Statement(*id),
        SourceNode::Loop(inner) => SourceNode::Loop(SourceLoop {
            name: String::new(),
            span: Span::default(),
            body: nodes(&inner.body),
        }),
    };
    source.iter().map(node).collect()
}
