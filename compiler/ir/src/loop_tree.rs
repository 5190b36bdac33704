//! The scheduled loops as plain data: what code generation, features and interpreters read.
//!
//! Every `For` counts upwards by one from `lower` to `upper`, both inclusive; it does not run when
//! `lower > upper`. Variables are [`Variable::Loop`]s and [`Variable::Parameter`]s only.

use crate::tree::{LoopId, Mark};
use crate::{Affine, Constraint, Program, StatementId, Variable};

/// A loop bound. As a lower bound a quotient rounds up, as an upper bound it rounds down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// `affine / divisor` with `divisor >= 1`.
    Quotient {
        affine: Affine,
        divisor: i64,
    },
    Minimum(Vec<Bound>),
    Maximum(Vec<Bound>),
}

impl Bound {
    /// The value at a point, rounding up if `up` is set; `None` on overflow or an empty list.
    pub fn evaluate(&self, up: bool, value_of: &dyn Fn(Variable) -> i64) -> Option<i64> {
        match self {
            Self::Quotient { affine, divisor } => {
                let value = affine.evaluate(value_of)?;
                Some(if up {
                    -(value.checked_neg()?.div_euclid(*divisor))
                } else {
                    value.div_euclid(*divisor)
                })
            }
            Self::Minimum(bounds) => {
                let values: Option<Vec<_>> =
                    bounds.iter().map(|bound| bound.evaluate(up, value_of)).collect();
                values?.into_iter().min()
            }
            Self::Maximum(bounds) => {
                let values: Option<Vec<_>> =
                    bounds.iter().map(|bound| bound.evaluate(up, value_of)).collect();
                values?.into_iter().max()
            }
        }
    }

    /// Calls `visit` on every affine expression inside.
    pub fn visit_affine(&self, visit: &mut dyn FnMut(&Affine)) {
        match self {
            Self::Quotient { affine, .. } => visit(affine),
            Self::Minimum(bounds) | Self::Maximum(bounds) => {
                for bound in bounds {
                    bound.visit_affine(visit);
                }
            }
        }
    }

    /// Whether the bound mentions a variable.
    pub fn mentions(&self, variable: Variable) -> bool {
        let mut found = false;
        self.visit_affine(&mut |affine| found |= affine.mentions(variable));
        found
    }

    /// The value when it depends on nothing.
    pub fn as_constant(&self, up: bool) -> Option<i64> {
        let mut constant = true;
        self.visit_affine(&mut |affine| constant &= affine.as_constant().is_some());
        if constant { self.evaluate(up, &|_| 0) } else { None }
    }

    fn display_with(&self, up: bool, name_of: &dyn Fn(Variable) -> String) -> String {
        let list = |name: &str, bounds: &[Bound]| {
            let inner: Vec<_> =
                bounds.iter().map(|bound| bound.display_with(up, name_of)).collect();
            format!("{name}({})", inner.join(", "))
        };
        match self {
            Self::Quotient { affine, divisor: 1 } => affine.display_with(name_of),
            Self::Quotient { affine, divisor } => {
                let name = if up { "ceild" } else { "floord" };
                format!("{name}({}, {divisor})", affine.display_with(name_of))
            }
            Self::Minimum(bounds) => list("min", bounds),
            Self::Maximum(bounds) => list("max", bounds),
        }
    }
}

/// A loop with bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    pub id: LoopId,
    pub name: String,
    pub lower: Bound,
    pub upper: Bound,
    pub mark: Mark,
    pub body: Vec<LoopTreeNode>,
}

/// One instance of a statement for each execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub statement: StatementId,
    /// The statement's iterators over the loop variables and the parameters.
    pub iterators: Vec<Affine>,
}

/// A node of a [`LoopTree`].
#[derive(Clone, Debug, PartialEq)]
pub enum LoopTreeNode {
    For(For),
    /// The body runs when all conditions hold.
    If {
        conditions: Vec<Constraint>,
        body: Vec<LoopTreeNode>,
    },
    Statement(Instance),
}

/// The scheduled loops.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopTree {
    pub roots: Vec<LoopTreeNode>,
}

impl LoopTree {
    /// All loops, outer before inner.
    pub fn loops(&self) -> Vec<&For> {
        fn collect<'a>(nodes: &'a [LoopTreeNode], loops: &mut Vec<&'a For>) {
            for node in nodes {
                match node {
                    LoopTreeNode::For(inner) => {
                        loops.push(inner);
                        collect(&inner.body, loops);
                    }
                    LoopTreeNode::If { body, .. } => collect(body, loops),
                    LoopTreeNode::Statement(_) => {}
                }
            }
        }
        let mut loops = Vec::new();
        collect(&self.roots, &mut loops);
        loops
    }

    /// A naming function for loop variables and parameters.
    pub fn names<'a>(&self, program: &'a Program) -> impl Fn(Variable) -> String + use<'a> {
        let names: std::collections::HashMap<u32, String> =
            self.loops().into_iter().map(|inner| (inner.id.0, inner.name.clone())).collect();
        move |variable| match variable {
            Variable::Loop(id) => names.get(&id).cloned().unwrap_or_else(|| variable.to_string()),
            other => program.parameter_name(other),
        }
    }

    /// Readable text: loops with bounds and marks, instances with their iterators.
    pub fn display(&self, program: &Program) -> String {
        let names = self.names(program);
        let mut text = String::new();
        write_nodes(&self.roots, program, &names, 0, &mut text);
        text
    }
}

fn write_nodes(
    nodes: &[LoopTreeNode],
    program: &Program,
    names: &dyn Fn(Variable) -> String,
    depth: usize,
    text: &mut String,
) {
    let indent = "  ".repeat(depth);
    for node in nodes {
        match node {
            LoopTreeNode::For(inner) => {
                let mark = match inner.mark {
                    Mark::Sequential => String::new(),
                    Mark::Parallel => "parallel ".to_owned(),
                    Mark::Vector { width, unroll: 1 } => format!("vector({width}) "),
                    Mark::Vector { width, unroll } => format!("vector({width} x {unroll}) "),
                    Mark::UnrollJam { factor } => format!("unroll-and-jam({factor}) "),
                };
                text.push_str(&format!(
                    "{indent}{mark}for {} = {} .. {}\n",
                    inner.name,
                    inner.lower.display_with(true, names),
                    inner.upper.display_with(false, names)
                ));
                write_nodes(&inner.body, program, names, depth + 1, text);
            }
            LoopTreeNode::If { conditions, body } => {
                let conditions: Vec<_> =
                    conditions.iter().map(|condition| condition.display_with(names)).collect();
                text.push_str(&format!("{indent}if {}\n", conditions.join(" and ")));
                write_nodes(body, program, names, depth + 1, text);
            }
            LoopTreeNode::Statement(instance) => {
                let iterators: Vec<_> =
                    instance.iterators.iter().map(|value| value.display_with(names)).collect();
                text.push_str(&format!(
                    "{indent}{}({})\n",
                    program.statement(instance.statement).name,
                    iterators.join(", ")
                ));
            }
        }
    }
}
