//! Loops, conditions and statements in C.

use super::expression::InstanceText;
use super::names::Names;
use crate::access::VariableRange;
use crate::balance::is_unbalanced;
use loopwright_ir::{Affine, Bound, Constraint, For, Instance, LoopTreeNode, Mark, Pack, Program};

/// Writes the body of one function.
pub(super) struct LoopWriter<'a> {
    pub program: &'a Program,
    pub names: &'a Names,
    /// Whether OpenMP's pragmas are printed.
    pub openmp: bool,
    /// Whether marks and packs are obeyed.
    pub scheduled: bool,
    /// The packs around the place that is being written.
    pub packs: Vec<&'a Pack>,
    /// What the loops around say of their variables.
    pub ranges: Vec<VariableRange>,
    /// Whether the text calls the function that allocates.
    pub allocates: bool,
    /// Whether it calls the function that multiplies sizes.
    pub measures: bool,
    pub text: String,
}

impl<'a> LoopWriter<'a> {
    /// A writer at the start of a function.
    pub fn new(program: &'a Program, names: &'a Names, openmp: bool, scheduled: bool) -> Self {
        Self {
            program,
            names,
            openmp,
            scheduled,
            packs: Vec::new(),
            ranges: Vec::new(),
            allocates: false,
            measures: false,
            text: String::new(),
        }
    }

    /// Writes nodes at a depth of indentation.
    pub fn nodes(&mut self, nodes: &'a [LoopTreeNode], depth: usize, in_parallel: bool) {
        for node in nodes {
            match node {
                LoopTreeNode::For(inner) => self.for_loop(inner, depth, in_parallel),
                LoopTreeNode::Pack(pack) => self.pack(pack, depth, in_parallel),
                LoopTreeNode::If { conditions, body, otherwise } => {
                    let conditions: Vec<_> =
                        conditions.iter().map(|condition| self.condition(condition)).collect();
                    let condition = if conditions.is_empty() {
                        "1".to_owned()
                    } else {
                        conditions.join(" && ")
                    };
                    self.line(depth, &format!("if ({condition}) {{"));
                    self.nodes(body, depth + 1, in_parallel);
                    if !otherwise.is_empty() {
                        self.line(depth, "} else {");
                        self.nodes(otherwise, depth + 1, in_parallel);
                    }
                    self.line(depth, "}");
                }
                LoopTreeNode::Statement(instance) => self.statement(instance, depth),
            }
        }
    }

    pub fn line(&mut self, depth: usize, line: &str) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn for_loop(&mut self, inner: &'a For, depth: usize, in_parallel: bool) {
        let mut parallel = in_parallel;
        match inner.mark {
            // OpenMP has no word for the overlap; a barrier between iterations is right as well.
            Mark::Sequential | Mark::Pipelined => {}
            // Its `depend(sink: …)` knows iterations at constant distances only.
            Mark::Doacross => {
                self.line(depth, "/* iterations overlap on several threads in native code */");
            }
            Mark::Parallel => {
                if self.openmp && !in_parallel {
                    let schedule = if is_unbalanced(inner) {
                        "schedule(static, 1)"
                    } else {
                        "schedule(static)"
                    };
                    self.line(depth, &format!("#pragma omp parallel for {schedule}"));
                    parallel = true;
                }
            }
            Mark::Vector { width, unroll } => {
                self.line(depth, &format!("/* {unroll} vector(s) of {width} at a time */"));
                let innermost =
                    inner.body.iter().all(|node| matches!(node, LoopTreeNode::Statement(_)));
                if self.openmp && innermost {
                    self.line(depth, "#pragma omp simd");
                }
            }
            Mark::Unroll { factor } => {
                // Compilers take no more than 65534.
                if self.scheduled && factor > 1 {
                    self.line(depth, &format!("#pragma GCC unroll {}", factor.min(65534)));
                }
            }
            Mark::UnrollJam { factor } => {
                self.line(depth, &format!("/* unrolled and jammed by {factor} */"));
            }
        }
        let name = self.names.variable(inner.id.variable());
        let (lower, upper) = (self.bound(&inner.lower, true), self.bound(&inner.upper, false));
        let head = format!("for (int64_t {name} = {lower}; {name} <= {upper}; {name}++) {{");
        self.line(depth, &head);
        self.ranges.push(VariableRange::new(inner.id.variable(), &inner.lower, &inner.upper));
        self.nodes(&inner.body, depth + 1, parallel);
        self.ranges.pop();
        self.line(depth, "}");
    }

    fn statement(&mut self, instance: &Instance, depth: usize) {
        let Some(statement) = self.program.statements.get(instance.statement.0) else {
            return;
        };
        if instance.streamed && self.scheduled {
            // Of `__builtin_nontemporal_store` of an element, or the clause `nontemporal` of a loop, compilers
            // make ordinary stores one by one: such vectors need addresses known to be aligned.
            self.line(depth, "/* its vectors are to be stored past the caches */");
        }
        let iterators = &instance.iterators;
        let text = InstanceText { names: self.names, statement, iterators, packs: &self.packs };
        let target = text.access(&statement.write);
        let line = match text.guarded() {
            Some((condition, value)) => format!("if ({condition}) {target} = {value};"),
            None => format!("{target} = {};", text.body()),
        };
        self.line(depth, &line);
    }

    /// An affine expression of loop variables and parameters.
    pub fn affine(&self, affine: &Affine) -> String {
        affine.display_with(&|variable| self.names.variable(variable))
    }

    fn bound(&self, bound: &Bound, up: bool) -> String {
        match bound {
            Bound::Quotient { affine, divisor: 1 } => self.affine(affine),
            Bound::Quotient { affine, divisor } => {
                let name = if up { "ceild" } else { "floord" };
                format!("{name}({}, {divisor})", self.affine(affine))
            }
            Bound::Minimum(bounds) => self.fold("min", bounds, up),
            Bound::Maximum(bounds) => self.fold("max", bounds, up),
        }
    }

    fn fold(&self, name: &str, bounds: &[Bound], up: bool) -> String {
        match bounds {
            [] => "0".to_owned(),
            [only] => self.bound(only, up),
            [first, rest @ ..] => {
                format!("{name}({}, {})", self.bound(first, up), self.fold(name, rest, up))
            }
        }
    }

    fn condition(&self, condition: &Constraint) -> String {
        let operator = if condition.equality { "==" } else { ">=" };
        format!("{} {operator} 0", self.affine(&condition.affine))
    }
}
