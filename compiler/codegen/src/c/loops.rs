//! Loops, conditions and statements in C.

use super::expression::InstanceText;
use super::names::Names;
use crate::access::VariableRange;
use crate::balance::is_unbalanced;
use loopwright_ir::{
    Affine, Bound, Constraint, For, Instance, LoopTreeNode, Mark, Pack, Program, Variable,
};

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
    /// What a level of blocks begins with.
    pub step: String,
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
            step: "  ".to_owned(),
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
                    if let ([LoopTreeNode::Statement(instance)], []) =
                        (body.as_slice(), otherwise.as_slice())
                        && !instance.streamed
                        && !self.is_guarded(instance)
                    {
                        self.line(depth, &format!("if ({condition})"));
                        self.statement(instance, depth + 1);
                        continue;
                    }
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
        self.text.push_str(&self.step.repeat(depth));
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
        let lower = self.bound(&inner.lower, true);
        let end = match beyond(&inner.upper) {
            Some(end) => format!("< {}", self.bound(&end, false)),
            None => format!("<= {}", self.bound(&inner.upper, false)),
        };
        let index = self.names.index_type();
        let head = format!("for ({index} {name} = {lower}; {name} {end}; {name}++)");
        let alone = self.stands_alone(&inner.body);
        self.line(depth, &if alone { head } else { format!("{head} {{") });
        self.ranges.push(VariableRange::new(inner.id.variable(), &inner.lower, &inner.upper));
        match inner.body.as_slice() {
            // The loop's own block holds the copy.
            [LoopTreeNode::Pack(pack)] => self.pack_in_block(pack, depth + 1, parallel),
            body => self.nodes(body, depth + 1, parallel),
        }
        self.ranges.pop();
        if !alone {
            self.line(depth, "}");
        }
    }

    /// Whether a loop's body is one statement of C, to be read without a block.
    fn stands_alone(&self, body: &[LoopTreeNode]) -> bool {
        match body {
            [LoopTreeNode::For(inner)] => match inner.mark {
                Mark::Sequential | Mark::Pipelined => true,
                Mark::Parallel => !self.openmp,
                Mark::Unroll { factor } => !self.scheduled || factor <= 1,
                Mark::Doacross | Mark::Vector { .. } | Mark::UnrollJam { .. } => false,
            },
            [LoopTreeNode::Statement(instance)] => !instance.streamed,
            _ => false,
        }
    }

    fn is_guarded(&self, instance: &Instance) -> bool {
        let statement = self.program.statements.get(instance.statement.0);
        statement.is_some_and(|statement| statement.guard().is_some())
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
        let line = match (text.guarded(), text.update()) {
            (Some((condition, value)), _) => format!("if ({condition}) {target} = {value};"),
            (None, Some((symbol, value))) => format!("{target} {symbol} {value};"),
            (None, None) => format!("{target} = {};", text.body()),
        };
        self.line(depth, &line);
    }

    /// An affine expression of loop variables and parameters.
    pub fn affine(&self, affine: &Affine) -> String {
        self.names.affine(affine)
    }

    fn bound(&self, bound: &Bound, up: bool) -> String {
        match bound {
            Bound::Quotient { affine, divisor: 1 } => self.affine(affine),
            Bound::Quotient { affine, divisor } => {
                let name = if up { "ceild" } else { "floord" };
                format!("{}({}, {divisor})", self.names.helper(name), self.affine(affine))
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
                let helper = self.names.helper(name);
                format!("{helper}({}, {})", self.bound(first, up), self.fold(name, rest, up))
            }
        }
    }

    /// `i <= n - 1` of `n - i - 1 >= 0`: the last variable that stands by itself on its own side.
    fn condition(&self, condition: &Constraint) -> String {
        let affine = &condition.affine;
        let alone = affine.terms().iter().rev().find(|(variable, coefficient)| {
            coefficient.abs() == 1 && matches!(variable, Variable::Loop(_))
        });
        let Some((variable, coefficient)) = alone else {
            let operator = if condition.equality { "==" } else { ">=" };
            return format!("{} {operator} 0", self.affine(affine));
        };
        let side = affine.substitute_one(*variable, &Affine::constant(0));
        let (operator, side) = match (condition.equality, *coefficient > 0) {
            (true, true) => ("==", -&side),
            (true, false) => ("==", side),
            (false, true) => (">=", -&side),
            (false, false) => ("<=", side),
        };
        format!("{} {operator} {}", self.names.variable(*variable), self.affine(&side))
    }
}

/// The first value behind an upper bound.
fn beyond(bound: &Bound) -> Option<Bound> {
    let all = |bounds: &[Bound]| bounds.iter().map(beyond).collect::<Option<Vec<Bound>>>();
    Some(match bound {
        Bound::Quotient { affine, divisor } => {
            let constant = affine.constant_term().checked_add(*divisor)?;
            Bound::Quotient { affine: affine.clone().with_constant(constant), divisor: *divisor }
        }
        Bound::Minimum(bounds) if !bounds.is_empty() => Bound::Minimum(all(bounds)?),
        Bound::Maximum(bounds) if !bounds.is_empty() => Bound::Maximum(all(bounds)?),
        Bound::Minimum(_) | Bound::Maximum(_) => return None,
    })
}
