//! Scalars that all lanes share, computed ahead of the loop that uses them.
//!
//! In `C[i][j] += (alpha * A[i][k]) * B[k][j]` with `j` in lanes, the factor in parentheses is one
//! scalar for all lanes. Computed in the loop over `k` it has to go from a register to all lanes, which
//! takes the very units that multiply and add; a scalar in memory reaches all lanes in its load, for
//! nothing. So where a loop keeps accumulators in registers, such expressions are computed for a chunk
//! of its iterations first, into rows on the stack:
//!
//! ```c
//! for (kk = lower; kk <= upper; kk += chunk) {
//!   for (k = kk; k <= min(kk + chunk - 1, upper); k++) row[k - kk] = alpha * A[i][k];
//!   for (k = kk; k <= min(kk + chunk - 1, upper); k++) C[i][j..] += row[k - kk] * B[k][j..];
//! }
//! ```
//!
//! An expression qualifies when it has an operation, depends on the loop's variable but not on the lane,
//! and reads only arrays that the loop does not write: so it has the
//! same value ahead of the loop, bit by bit. It is no part of an arm of a choice, which may not be computed at all
//! (see [`conditional`](super::conditional)).

use super::counted::Advance;
use super::emitter::{Emitter, Lanes};
use super::expression::CopyOf;
use crate::error::Result;
use inkwell::types::BasicType;
use inkwell::values::{IntValue, PointerValue};
use loopwright_ir::{
    Affine, ArrayId, ElementType, Expression, For, Instance, LoopTreeNode, Variable,
};

/// Iterations computed ahead: long enough to hide the start of a chunk, short enough that a
/// register tile's rows stay in the first-level cache.
const CHUNK: i64 = 128;

/// A row with the values of one expression in the iterations of the chunk.
#[derive(Clone, Debug)]
pub(super) struct Ahead<'c> {
    key: String,
    row: PointerValue<'c>,
    loop_id: u32,
    /// The chunk's first iteration.
    base: IntValue<'c>,
}

/// An expression to be computed ahead.
struct Shared {
    key: String,
    instance: Instance,
    offsets: Vec<(u32, i64)>,
    expression: Expression,
}

impl<'c> Emitter<'c, '_> {
    /// The loop from `lower` to `upper` by chunks with their shared scalars ahead. Gives `false`,
    /// and emits nothing, when there is no such scalar.
    pub fn chunked_loop(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        advance: Advance,
    ) -> Result<bool> {
        let chunk = CHUNK / advance.total() * advance.total();
        if chunk == 0 || self.register_candidates(inner)?.is_empty() {
            return Ok(false);
        }
        let shared = self.shared_scalars(inner)?;
        if shared.is_empty() {
            return Ok(false);
        }
        let mut rows = Vec::with_capacity(shared.len());
        for scalar in &shared {
            rows.push(self.row(scalar.expression.element())?);
        }
        self.simple_loop("chunk", lower, upper, chunk, |outer, base| {
            let end = outer.plus(base, chunk - 1)?;
            let end = outer.lesser(end, upper)?;
            outer.simple_loop("ahead", base, end, advance.step, |ahead, value| {
                ahead.state.variables.push((inner.id.0, value));
                let position = ahead.builder.build_int_nsw_sub(value, base, "")?;
                for (scalar, row) in shared.iter().zip(&rows) {
                    let statement = ahead.statement_of(&scalar.instance)?;
                    let iterators = &scalar.instance.iterators;
                    let copy = CopyOf::new(statement, iterators, &scalar.offsets);
                    let value = ahead.expression(&copy, &scalar.expression)?.value;
                    let place = ahead.row_element(*row, scalar.expression.element(), position)?;
                    ahead.builder.build_store(place, value)?;
                }
                ahead.state.variables.pop();
                Ok(())
            })?;
            let loop_id = inner.id.0;
            outer.state.ahead = shared
                .iter()
                .zip(&rows)
                .map(|(scalar, row)| Ahead { key: scalar.key.clone(), row: *row, loop_id, base })
                .collect();
            let outcome = outer.run_loop(inner, base, end, advance);
            outer.state.ahead.clear();
            outcome
        })?;
        Ok(true)
    }

    /// The expression's value from the row that holds it, if there is one.
    pub fn value_ahead(
        &self,
        copy: &CopyOf<'_>,
        expression: &Expression,
    ) -> Result<Option<Lanes<'c>>> {
        if self.state.ahead.is_empty() || is_leaf(expression) {
            return Ok(None);
        }
        let key = signature(copy, expression);
        let Some(ahead) = self.state.ahead.iter().find(|ahead| ahead.key == key) else {
            return Ok(None);
        };
        let variable = Affine::variable(Variable::Loop(ahead.loop_id));
        let value = self.affine(&variable)?;
        let position = self.builder.build_int_nsw_sub(value, ahead.base, "")?;
        let element = expression.element();
        let place = self.row_element(ahead.row, element, position)?;
        Ok(Some(Lanes::uniform(self.builder.build_load(self.scalar_type(element), place, "")?)))
    }

    fn row(&self, element: ElementType) -> Result<PointerValue<'c>> {
        let length = u32::try_from(CHUNK).unwrap_or(u32::MAX);
        let row_type = self.scalar_type(element).array_type(length);
        self.on_entry(|emitter| {
            Ok(emitter.builder.build_alloca(row_type.as_basic_type_enum(), "row")?)
        })
    }

    fn row_element(
        &self,
        row: PointerValue<'c>,
        element: ElementType,
        position: IntValue<'c>,
    ) -> Result<PointerValue<'c>> {
        let scalar = self.scalar_type(element);
        // SAFETY: a chunk has at most as many iterations as a row has elements.
        Ok(unsafe { self.builder.build_in_bounds_gep(scalar, row, &[position], "")? })
    }

    /// The largest expressions that qualify, each once.
    fn shared_scalars(&self, inner: &For) -> Result<Vec<Shared>> {
        let mut shared: Vec<Shared> = Vec::new();
        let Some((lane_variable, _)) = self.state.group.vector else {
            return Ok(shared);
        };
        let mut instances = Vec::new();
        let mut written = Vec::new();
        for node in &inner.body {
            let LoopTreeNode::Statement(instance) = node else {
                return Ok(shared);
            };
            let statement = self.statement_of(instance)?;
            written.push(statement.write.array);
            instances.push((instance, statement));
        }
        for (instance, statement) in instances {
            for offsets in &self.state.group.copies {
                let copy = CopyOf::new(statement, &instance.iterators, offsets);
                let (lane, inner) = (Variable::Loop(lane_variable), inner.id.variable());
                let packed = |expression: &Expression| {
                    matches!(self.packed_product(&copy, expression), Ok(Some(_)))
                };
                let search =
                    Search { copy: &copy, lane, inner, written: &written, packed: &packed };
                search.collect(&statement.body, &mut |expression| {
                    let key = signature(&copy, expression);
                    if !shared.iter().any(|known| known.key == key) {
                        shared.push(Shared {
                            key,
                            instance: instance.clone(),
                            offsets: offsets.clone(),
                            expression: expression.clone(),
                        });
                    }
                });
            }
        }
        Ok(shared)
    }
}

/// The search for the expressions of one copy that qualify.
struct Search<'a> {
    copy: &'a CopyOf<'a>,
    lane: Variable,
    inner: Variable,
    written: &'a [ArrayId],
    /// Whether an expression's value is in memory already.
    packed: &'a dyn Fn(&Expression) -> bool,
}

impl Search<'_> {
    /// Calls `found` on the largest qualifying expressions below one that differs among the lanes.
    fn collect(&self, expression: &Expression, found: &mut dyn FnMut(&Expression)) {
        if !self.mentions(expression, self.lane) {
            return;
        }
        let operands = match expression {
            Expression::Select { condition, .. } => vec![&**condition],
            other => other.operands(),
        };
        for operand in operands {
            let qualifies = !is_leaf(operand)
                && !(self.packed)(operand)
                && !self.mentions(operand, self.lane)
                && self.mentions(operand, self.inner)
                && self.reads_only_constants(operand);
            if qualifies {
                found(operand);
            } else {
                self.collect(operand, found);
            }
        }
    }

    fn mentions(&self, expression: &Expression, variable: Variable) -> bool {
        let mut mentions = false;
        expression.walk(&mut |inner| {
            mentions |= match inner {
                Expression::Read { position, .. } => self
                    .copy
                    .statement
                    .reads
                    .get(*position)
                    .is_some_and(|access| self.copy.access(access).mentions(variable)),
                Expression::Index { value, .. } => self.copy.affine(value).mentions(variable),
                _ => false,
            };
        });
        mentions
    }

    fn reads_only_constants(&self, expression: &Expression) -> bool {
        let mut constant = true;
        expression.walk(&mut |inner| {
            // Ahead of the loop nothing says that the element exists.
            constant &= !matches!(inner, Expression::Gather { .. });
            if let Expression::Read { position, .. } = inner {
                constant &= self
                    .copy
                    .statement
                    .reads
                    .get(*position)
                    .is_some_and(|access| !self.written.contains(&access.array));
            }
        });
        constant
    }
}

fn is_leaf(expression: &Expression) -> bool {
    expression.operands().is_empty()
}

/// A text that is equal for expressions of equal value: operations with the elements they read.
pub(super) fn signature(copy: &CopyOf<'_>, expression: &Expression) -> String {
    match expression {
        Expression::Read { position, .. } => match copy.statement.reads.get(*position) {
            Some(access) => format!("{:?}", copy.access(access)),
            None => format!("{expression:?}"),
        },
        Expression::Index { value, element } => format!("{:?} as {element}", copy.affine(value)),
        Expression::Integer { .. } | Expression::Float { .. } => format!("{expression:?}"),
        other => {
            let operands: Vec<_> =
                other.operands().into_iter().map(|operand| signature(copy, operand)).collect();
            let operation = match other {
                Expression::Unary { operation, .. } => format!("{operation:?}"),
                Expression::Binary { operation, .. } => format!("{operation:?}"),
                Expression::MultiplyAdd { negate_product, negate_addend, .. } => {
                    format!("MultiplyAdd {negate_product} {negate_addend}")
                }
                Expression::Compare { operation, operand_element, .. } => {
                    format!("{operation:?} of {operand_element}")
                }
                Expression::Call { function, .. } => format!("{function:?}"),
                Expression::Cast { .. } => "Cast".to_owned(),
                Expression::Gather { array, .. } => format!("Gather of {}", array.0),
                _ => "Select".to_owned(),
            };
            format!("{operation} {}({})", other.element(), operands.join(", "))
        }
    }
}
