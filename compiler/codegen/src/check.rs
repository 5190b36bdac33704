//! Whether a loop tree is one that code can be generated for.
//!
//! Trees come from the transformations, which keep these rules, and from anyone who builds one by
//! hand. Everything that the emitters rely on is checked here, ahead of them:
//! - arrays, statements, reads and variables exist where they are mentioned, loop ids are unique along
//!   each path, and extents mention parameters only;
//! - accesses have one subscript a dimension, operations have operands of their own type;
//! - divisors are positive, minima and maxima have operands;
//! - the accesses to an expanded array are in a pack of it, which copies nothing, because it has no other
//!   storage;
//! - a pack for some reads of an array is filled and never written back;
//! - a pack fits its array (see [`check_pack`]), packs nothing that is packed already, and is in no
//!   block of iterations that run in lock-step, where each copy would need a buffer of its own.

use crate::error::{CodegenError, Result};
use loopwright_ir::verify::MOST_NESTED;
use loopwright_ir::{
    Access, Affine, ArrayId, Bound, ElementType, Expression, Instance, LoopTree, LoopTreeNode,
    Mark, Pack, PackedReads, Program, Statement, Variable,
};

/// Refuses what the emitters could not make sense of.
pub(crate) fn check(program: &Program, tree: &LoopTree) -> Result<()> {
    let mut check = Check { program, loops: Vec::new(), packed: Vec::new(), lock_step: false };
    for array in &program.arrays {
        array.extents.iter().try_for_each(|extent| check.affine(extent, 0))?;
    }
    check.nodes(&tree.roots)
}

/// Refuses a pack whose lists do not fit its array.
pub(crate) fn check_pack(program: &Program, pack: &Pack) -> Result<()> {
    let array = program.arrays.get(pack.array.0).ok_or_else(no_array)?;
    let dimensions = array.extents.len();
    let mut order = pack.order.clone();
    order.sort_unstable();
    let fits = pack.origin.len() == dimensions
        && pack.extents.len() == dimensions
        && order.into_iter().eq(0..dimensions);
    if !fits {
        return Err(CodegenError::ill_formed(format!(
            "the pack of {} does not have its dimensions",
            array.name
        )));
    }
    if pack.register && pack.extents.iter().any(|extent| extent.as_constant() != Some(1)) {
        return Err(CodegenError::ill_formed(format!(
            "{} is promoted to a register by more than one element",
            array.name
        )));
    }
    Ok(())
}

fn no_array() -> CodegenError {
    CodegenError::ill_formed("an array that does not exist")
}

/// What is around the node at hand.
struct Check<'a> {
    program: &'a Program,
    loops: Vec<u32>,
    packed: Vec<(ArrayId, Option<&'a PackedReads>)>,
    lock_step: bool,
}

impl<'a> Check<'a> {
    fn nodes(&mut self, nodes: &'a [LoopTreeNode]) -> Result<()> {
        nodes.iter().try_for_each(|node| match node {
            LoopTreeNode::For(inner) => {
                self.bound(&inner.lower)?;
                self.bound(&inner.upper)?;
                if self.loops.contains(&inner.id.0) {
                    let text = format!("two nested loops have the number {}", inner.id.0);
                    return Err(CodegenError::ill_formed(text));
                }
                let outer = self.lock_step;
                self.lock_step |= match inner.mark {
                    Mark::Sequential
                    | Mark::Parallel
                    | Mark::Pipelined
                    | Mark::Doacross
                    | Mark::Unroll { .. } => false,
                    Mark::Vector { width, unroll } => width > 1 || unroll > 1,
                    Mark::UnrollJam { factor } => factor > 1,
                };
                self.loops.push(inner.id.0);
                let outcome = self.nodes(&inner.body);
                self.loops.pop();
                self.lock_step = outer;
                outcome
            }
            LoopTreeNode::If { conditions, body, otherwise } => {
                for condition in conditions {
                    self.affine(&condition.affine, 0)?;
                }
                self.nodes(body)?;
                self.nodes(otherwise)
            }
            LoopTreeNode::Pack(pack) => self.pack(pack),
            LoopTreeNode::Statement(instance) => self.instance(instance),
        })
    }

    fn pack(&mut self, pack: &'a Pack) -> Result<()> {
        check_pack(self.program, pack)?;
        let name = &self.program.array(pack.array).name;
        let refuse = |what: &str| {
            Err(CodegenError::ill_formed(format!("the pack of {name} is inside {what}")))
        };
        let (array, reads) = (pack.array, pack.reads.as_ref());
        let twice = |(other, others): &(ArrayId, Option<&PackedReads>)| {
            *other == array && (others.is_none() || reads.is_none() || *others == reads)
        };
        if self.packed.iter().any(twice) {
            return refuse("another one of it");
        }
        let of_reads = reads.is_some();
        if of_reads && (!pack.copy_in || pack.copy_out || self.program.is_expanded(array)) {
            return refuse("no array that some reads could be copied from");
        }
        if self.program.is_expanded(pack.array) && (pack.copy_in || pack.copy_out) {
            return refuse("nothing that it could be copied from or to");
        }
        if self.lock_step {
            return refuse("a block of iterations in lock-step");
        }
        pack.origin.iter().try_for_each(|origin| self.affine(origin, 0))?;
        let loops = std::mem::take(&mut self.loops);
        let extents = pack.extents.iter().try_for_each(|extent| self.affine(extent, 0));
        self.loops = loops;
        extents?;
        self.packed.push((array, reads));
        let outcome = self.nodes(&pack.body);
        self.packed.pop();
        outcome
    }

    fn instance(&self, instance: &Instance) -> Result<()> {
        let statement = self.program.statements.get(instance.statement.0).ok_or_else(|| {
            CodegenError::ill_formed(format!("{} does not exist", instance.statement))
        })?;
        instance.iterators.iter().try_for_each(|iterator| self.affine(iterator, 0))?;
        let iterators = instance.iterators.len();
        self.access(&statement.write, iterators)?;
        statement.reads.iter().try_for_each(|read| self.access(read, iterators))?;
        if !statement.body.is_nested_within(MOST_NESTED) {
            return Err(CodegenError::TooDeep { statement: statement.name.clone() });
        }
        let mut outcome = Ok(());
        statement.body.walk(&mut |expression| {
            if outcome.is_ok() {
                outcome = self.expression(statement, expression, iterators);
            }
        });
        outcome
    }

    fn access(&self, access: &Access, iterators: usize) -> Result<()> {
        let array = self.program.arrays.get(access.array.0).ok_or_else(no_array)?;
        if array.extents.len() != access.subscripts.len() {
            let text = format!("an access to {} has a wrong number of subscripts", array.name);
            return Err(CodegenError::ill_formed(text));
        }
        let inside = self.packed.iter().any(|(array, _)| *array == access.array);
        if self.program.is_expanded(access.array) && !inside {
            let text = format!("an access to {} is outside of its storage", array.name);
            return Err(CodegenError::ill_formed(text));
        }
        access.subscripts.iter().try_for_each(|subscript| self.subscript(subscript, iterators))
    }

    /// The operands of one operation; those below them are visited too.
    fn expression(
        &self,
        statement: &Statement,
        expression: &Expression,
        iterators: usize,
    ) -> Result<()> {
        let refuse = |what: &str| {
            Err(CodegenError::ill_formed(format!("{}: {what} in its body", statement.name)))
        };
        let wanted = match expression {
            Expression::Read { position, element } => {
                let Some(access) = statement.reads.get(*position) else {
                    return refuse("a read that does not exist");
                };
                if self.program.arrays.get(access.array.0).map(|array| array.element)
                    != Some(*element)
                {
                    return refuse("a read of another type than its array's");
                }
                return Ok(());
            }
            Expression::Index { value, .. } => return self.subscript(value, iterators),
            Expression::Integer { .. } | Expression::Float { .. } | Expression::Cast { .. } => {
                return Ok(());
            }
            Expression::Compare { operand_element, .. } => *operand_element,
            Expression::Gather { array, element, subscripts } => {
                let known = self.program.arrays.get(array.0).ok_or_else(no_array)?;
                if known.element != *element
                    || known.extents.len() != subscripts.len()
                    || self.program.is_expanded(*array)
                    || self.packed.iter().any(|(packed, of)| packed == array && of.is_none())
                {
                    return refuse("a gathered element that does not fit its array");
                }
                ElementType::I64
            }
            Expression::Select { element, then, otherwise, .. } => {
                if then.element() != *element || otherwise.element() != *element {
                    return refuse("a choice between values of different types");
                }
                return Ok(());
            }
            other => other.element(),
        };
        if expression.operands().iter().any(|operand| operand.element() != wanted) {
            return refuse("an operation on values of different types");
        }
        Ok(())
    }

    fn bound(&self, bound: &Bound) -> Result<()> {
        match bound {
            Bound::Quotient { divisor, .. } if *divisor < 1 => {
                Err(CodegenError::ill_formed(format!("a bound is divided by {divisor}")))
            }
            Bound::Quotient { affine, .. } => self.affine(affine, 0),
            Bound::Minimum(bounds) | Bound::Maximum(bounds) if bounds.is_empty() => {
                Err(CodegenError::ill_formed("a minimum or maximum of nothing"))
            }
            Bound::Minimum(bounds) | Bound::Maximum(bounds) => {
                bounds.iter().try_for_each(|bound| self.bound(bound))
            }
        }
    }

    /// An expression of a statement's iterators and the parameters.
    fn subscript(&self, affine: &Affine, iterators: usize) -> Result<()> {
        match affine.variables().find(|variable| matches!(variable, Variable::Loop(_))) {
            Some(variable) => Err(no_value(variable)),
            None => self.affine(affine, iterators),
        }
    }

    fn affine(&self, affine: &Affine, iterators: usize) -> Result<()> {
        let unknown = affine.variables().find(|variable| match variable {
            Variable::Loop(id) => !self.loops.contains(id),
            Variable::Iterator(depth) => *depth as usize >= iterators,
            Variable::Parameter(position) => *position as usize >= self.program.parameters.len(),
        });
        match unknown {
            Some(variable) => Err(no_value(variable)),
            None => Ok(()),
        }
    }
}

fn no_value(variable: Variable) -> CodegenError {
    CodegenError::ill_formed(format!("{variable} has no value here"))
}
