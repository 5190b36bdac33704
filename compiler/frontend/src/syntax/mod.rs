//! The C of one region as plain data: typed expressions and statements, variables by number.
//!
//! [`reader`] fills it from libclang; everything after works on these values alone. Macros are
//! expanded, typedefs resolved, implicit conversions explicit, and integer constant expressions
//! already computed.

pub(crate) mod reader;
pub(crate) mod structure;
pub(crate) mod types;

use crate::reject::RejectReason;
use loopwright_ir::{BinaryOperation, CompareOperation, ElementType};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Position of a variable in [`Syntax::variables`].
pub(crate) type VariableId = usize;

/// A place in the source; [`Syntax::files`] has the names of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub file: usize,
    pub line: u32,
    pub column: u32,
    pub start: usize,
    pub end: usize,
}

/// The value type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    Number(ElementType),
    /// `_Bool`, stored as a byte that is 0 or 1.
    Boolean,
    Void,
    /// An array, a pointer or a function: not a value that a statement can store.
    Address,
    /// Anything else, as C spells it.
    Other(String),
}

/// Number of elements of one dimension of a declared array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Extent {
    Constant(i64),
    /// The size of a variable-length array.
    Expression(Box<Expression>),
    /// A pointer's or an incomplete array's outermost dimension.
    Unknown,
}

/// What is declared: a number of dimensions (none for a scalar) of elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    pub element: ValueType,
    /// As the source spells the element's type, without qualifiers.
    pub element_spelling: String,
    /// The structure whose members are the innermost dimension, as the source spells it.
    pub record: Option<String>,
    /// Outermost first.
    pub extents: Vec<Extent>,
    /// `volatile` or `_Atomic` at any level.
    pub volatile: bool,
    pub constant: bool,
    pub restrict: bool,
    /// Declared as a pointer (`double *A`, `double (*A)[M]`), not as an array.
    pub pointer: bool,
    /// Declared as a pointer to the pointers to its rows (`double **A`).
    pub rows: bool,
}

impl Shape {
    /// Of a scalar variable of our own.
    pub fn integer(element: ElementType, spelling: &str) -> Self {
        Self {
            element: ValueType::Number(element),
            element_spelling: spelling.to_owned(),
            record: None,
            extents: Vec::new(),
            volatile: false,
            constant: false,
            restrict: false,
            pointer: false,
            rows: false,
        }
    }
}

/// Where a variable lives, in the order in which programs list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Storage {
    Global,
    Argument,
    Local,
}

/// A declared variable that the region mentions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variable {
    pub name: String,
    /// `Err` with the reason where the type cannot be represented.
    pub shape: Result<Shape, RejectReason>,
    pub type_spelling: String,
    pub storage: Storage,
    /// Declared between the pragmas.
    pub inside: bool,
    /// The value, for an integer that never has another one as far as this file shows.
    pub value: Option<i64>,
    /// What the source says beyond its type.
    pub declared: Declared,
    /// Where it is no variable of the source, but a member of the structure of one.
    pub member: Option<Member>,
    /// Where it is how far apart the rows of a matrix lie that is declared as `double **`, in elements.
    pub stride_of: Option<VariableId>,
    pub place: Place,
}

/// A member of the structure that a variable holds or points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The variable's name.
    pub of: String,
    /// The structure's type as the source spells it, without qualifiers.
    pub spelling: String,
    /// What follows the variable's name: `->grid.n`.
    pub path: String,
    /// The variable has its storage at this file's scope.
    pub at_file_scope: bool,
}

/// What a variable's declarations say of its storage and contents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    /// At file scope, so that its name holds in every function behind it.
    pub file_scope: bool,
    /// This file has its storage: it is not merely `extern`.
    pub defined: bool,
    /// `static`: other files do not see it.
    pub internal: bool,
    /// The source gives it its first value.
    pub initialised: bool,
    /// It may not be assigned: the pointer where it is one, else its elements.
    pub constant: bool,
    /// The values that its elements may have, where the type has fewer than its bits.
    pub values: Option<Vec<i64>>,
}

/// A binary operator that computes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Arithmetic(BinaryOperation),
    Compare(CompareOperation),
    LogicalAnd,
    LogicalOr,
    Comma,
}

/// A unary operator that computes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    Plus,
    Minus,
    BitwiseNot,
    LogicalNot,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression {
    pub kind: ExpressionKind,
    pub value_type: ValueType,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExpressionKind {
    Integer(i64),
    Float(f64),
    Variable(VariableId),
    /// One subscript; `*p` is `p[0]`.
    Subscript {
        base: Box<Expression>,
        index: Box<Expression>,
    },
    Unary {
        operator: Prefix,
        operand: Box<Expression>,
    },
    Binary {
        operator: Operator,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// `target = value`, or `target op= value`.
    Assign {
        operation: Option<BinaryOperation>,
        target: Box<Expression>,
        value: Box<Expression>,
    },
    /// `++` and `--` of either side.
    Step {
        increment: bool,
        postfix: bool,
        target: Box<Expression>,
    },
    Conditional {
        condition: Box<Expression>,
        then: Box<Expression>,
        otherwise: Box<Expression>,
    },
    /// A conversion to the expression's type, written or implied.
    Convert {
        operand: Box<Expression>,
        explicit: bool,
    },
    Call {
        name: String,
        arguments: Vec<Expression>,
    },
    /// The value of a call that was replaced by what the function returns.
    Inlined(Box<Expression>),
    /// `&operand`.
    AddressOf(Box<Expression>),
    /// Something that has no place in a region, with the reason.
    Unsupported(RejectReason),
}

/// The header and body of a `for`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForLoop {
    /// `None` where the first clause is not `variable = start` with one variable.
    pub start: Option<(VariableId, Expression)>,
    /// The first clause declares the variable, so that nothing outside of the loop can mention it.
    pub declares: bool,
    pub condition: Expression,
    pub step: Expression,
    pub body: Box<Statement>,
    pub header: Place,
    pub testing: Testing,
}

/// When a loop evaluates its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Testing {
    /// Before each iteration, as `for` and `while` do.
    Before,
    /// Before each iteration, of the value that the variable has before it steps: `while (i-- > 0)`.
    BeforeStep,
    /// Behind each iteration, as `do` does: the first one always runs.
    Behind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub kind: StatementKind,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StatementKind {
    Block(Vec<Statement>),
    Empty,
    For(Box<ForLoop>),
    If {
        condition: Expression,
        then: Box<Statement>,
        otherwise: Option<Box<Statement>>,
    },
    Declare(Vec<(VariableId, Option<Expression>)>),
    Expression(Expression),
    /// A `while` or `do` loop; [`structure`] makes a `for` of it, or rejects it.
    While {
        condition: Expression,
        body: Box<Statement>,
        tests_first: bool,
    },
    /// [`structure`] makes conditions of jumps, or rejects them.
    Jump(Jump),
    /// `if (condition) { then; break; }` as a part of a loop's body.
    LeaveIf {
        condition: Expression,
        then: Box<Statement>,
    },
    Unsupported(RejectReason),
}

/// What leaves a loop's iteration, a loop, or a function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Jump {
    Continue,
    Break,
    Return(Option<Expression>),
}

/// A region in its function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Syntax {
    pub files: Vec<PathBuf>,
    pub variables: Vec<Variable>,
    pub statements: Vec<Statement>,
    /// The calls that were replaced by what the function returns.
    pub inlined: Vec<InlinedCall>,
    /// What integers from outside, which the region changes, surely are where it begins.
    pub entries: BTreeMap<VariableId, Expression>,
}

/// A call that was replaced by what the function returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InlinedCall {
    pub name: String,
    pub call: Place,
    /// The byte of the main file at which the returned expression begins.
    pub definition: usize,
}

impl Expression {
    /// How many nodes the tree has.
    pub fn size(&self) -> usize {
        let mut size = 0;
        self.walk(&mut |_| size += 1);
        size
    }

    /// The direct operands, from left to right.
    pub fn operands(&self) -> Vec<&Expression> {
        use ExpressionKind::*;
        match &self.kind {
            Integer(_) | Float(_) | Variable(_) | Unsupported(_) => Vec::new(),
            Subscript { base, index } => vec![base, index],
            Unary { operand, .. }
            | Convert { operand, .. }
            | Inlined(operand)
            | AddressOf(operand) => vec![operand],
            Binary { left, right, .. } => vec![left, right],
            Assign { target, value, .. } => vec![target, value],
            Step { target, .. } => vec![target],
            Conditional { condition, then, otherwise } => vec![condition, then, otherwise],
            Call { arguments, .. } => arguments.iter().collect(),
        }
    }

    /// The same, to change them.
    pub fn operands_mut(&mut self) -> Vec<&mut Expression> {
        use ExpressionKind::*;
        match &mut self.kind {
            Integer(_) | Float(_) | Variable(_) | Unsupported(_) => Vec::new(),
            Subscript { base, index } => vec![base, index],
            Unary { operand, .. }
            | Convert { operand, .. }
            | Inlined(operand)
            | AddressOf(operand) => vec![operand],
            Binary { left, right, .. } => vec![left, right],
            Assign { target, value, .. } => vec![target, value],
            Step { target, .. } => vec![target],
            Conditional { condition, then, otherwise } => vec![condition, then, otherwise],
            Call { arguments, .. } => arguments.iter_mut().collect(),
        }
    }

    /// Calls `change` on this node and all below it, children first.
    pub fn rewrite(&mut self, change: &mut dyn FnMut(&mut Expression)) {
        for operand in self.operands_mut() {
            operand.rewrite(change);
        }
        change(self);
    }

    /// Whether the variable occurs.
    pub fn mentions(&self, variable: VariableId) -> bool {
        let mut found = false;
        self.walk(&mut |node| {
            found |= matches!(node.kind, ExpressionKind::Variable(id) if id == variable);
        });
        found
    }

    /// An integer constant of a signed type.
    pub fn integer(value: i64, element: ElementType, place: Place) -> Expression {
        Expression {
            kind: ExpressionKind::Integer(value),
            value_type: ValueType::Number(element),
            place,
        }
    }

    /// Calls `visit` on this node and all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        visit(self);
        for operand in self.operands() {
            operand.walk(visit);
        }
    }
}

impl Statement {
    /// Calls `change` on the expressions of this statement, not on those of statements in it.
    pub fn each_expression_mut(&mut self, change: &mut dyn FnMut(&mut Expression)) {
        match &mut self.kind {
            StatementKind::For(inner) => {
                if let Some((_, start)) = &mut inner.start {
                    change(start);
                }
                change(&mut inner.condition);
                change(&mut inner.step);
            }
            StatementKind::If { condition, .. }
            | StatementKind::While { condition, .. }
            | StatementKind::LeaveIf { condition, .. } => change(condition),
            StatementKind::Declare(declared) => {
                declared.iter_mut().filter_map(|entry| entry.1.as_mut()).for_each(change);
            }
            StatementKind::Expression(expression)
            | StatementKind::Jump(Jump::Return(Some(expression))) => change(expression),
            StatementKind::Block(_)
            | StatementKind::Empty
            | StatementKind::Jump(_)
            | StatementKind::Unsupported(_) => {}
        }
    }

    /// Calls `change` on the statements directly in this one.
    pub fn each_part_mut(&mut self, change: &mut dyn FnMut(&mut Statement)) {
        match &mut self.kind {
            StatementKind::Block(parts) => parts.iter_mut().for_each(change),
            StatementKind::For(inner) => change(&mut inner.body),
            StatementKind::If { then, otherwise, .. } => {
                change(then);
                if let Some(otherwise) = otherwise {
                    change(otherwise);
                }
            }
            StatementKind::While { body: part, .. } | StatementKind::LeaveIf { then: part, .. } => {
                change(part);
            }
            _ => {}
        }
    }

    /// Calls `on_statement` and `on_expression` on everything in this statement, outside in.
    pub fn walk<'a>(
        &'a self,
        on_statement: &mut dyn FnMut(&'a Statement),
        on_expression: &mut dyn FnMut(&'a Expression),
    ) {
        on_statement(self);
        match &self.kind {
            StatementKind::Empty | StatementKind::Unsupported(_) => {}
            StatementKind::Jump(Jump::Return(Some(value))) => value.walk(on_expression),
            StatementKind::Jump(_) => {}
            StatementKind::While { condition, body: then, .. }
            | StatementKind::LeaveIf { condition, then } => {
                condition.walk(on_expression);
                then.walk(on_statement, on_expression);
            }
            StatementKind::Block(statements) => {
                for statement in statements {
                    statement.walk(on_statement, on_expression);
                }
            }
            StatementKind::For(inner) => {
                if let Some((_, start)) = &inner.start {
                    start.walk(on_expression);
                }
                inner.condition.walk(on_expression);
                inner.step.walk(on_expression);
                inner.body.walk(on_statement, on_expression);
            }
            StatementKind::If { condition, then, otherwise } => {
                condition.walk(on_expression);
                then.walk(on_statement, on_expression);
                if let Some(otherwise) = otherwise {
                    otherwise.walk(on_statement, on_expression);
                }
            }
            StatementKind::Declare(declarations) => {
                for value in declarations.iter().filter_map(|(_, value)| value.as_ref()) {
                    value.walk(on_expression);
                }
            }
            StatementKind::Expression(expression) => expression.walk(on_expression),
        }
    }
}
