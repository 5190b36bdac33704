//! Copies of an array's part that hold products.
//!
//! In `C[i][j] += alpha * A[i][k] * B[k][j]` the multiplication by `alpha` is the same for every `j`.
//! Where the body of a pack of `A` reads it in such products only, or also in such products, the
//! elements are multiplied once, after they were copied:
//!
//! ```c
//! pack A[i0 : 64][k0 : 256] in          copy[..][..] = A[i0 : 64][k0 : 256]
//!   …                               →   copy[x][y] *= alpha for all x, y
//!     alpha * A[i][k] * B[k][j]         … copy[i - i0][k - k0] * B[k][j]
//! ```
//!
//! A factor qualifies when it depends on nothing but the loops around the pack, and reads no array that
//! the body writes, so each product has the same bits as in the body. It is computed even if the body then runs no
//! statement: so it divides nothing, what it reads is in bounds by the loops around alone, and products that only an
//! arm of a choice needs do not count. Each factor has a copy of its
//! own, another one holds the elements themselves if the body reads them too. A pack whose body writes
//! the array has none of these.

use super::ahead::signature;
use super::buffers::Buffer;
use super::emitter::Emitter;
use super::expression::CopyOf;
use super::storage::{Layout, Storage};
use crate::access::ResolvedAccess;
use crate::error::Result;
use inkwell::IntPredicate;
use inkwell::values::PointerValue;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Affine, ArrayId, BinaryOperation, Expression, Instance, LoopTreeNode, Pack, Variable,
};

/// A factor with which a pack's elements are multiplied.
struct Factor {
    key: String,
    /// Where it was found.
    instance: Instance,
    expression: Expression,
    /// Whether it is the left operand.
    left: bool,
}

/// How a pack's body reads its array.
#[derive(Default)]
struct Uses {
    /// Whether elements are read other than in products with a factor.
    plain: bool,
    factors: Vec<Factor>,
}

/// The copies that hold products: their buffers, and how accesses find them.
#[derive(Default)]
pub(super) struct Products<'c> {
    pub buffers: Vec<Buffer<'c>>,
    /// Whether the body also reads the elements themselves.
    pub plain: bool,
    known: Vec<(String, ArrayId)>,
}

impl<'c> Emitter<'c, '_> {
    /// Makes the copies with products that the pack's body reads. Their storages stand behind those of
    /// the arrays, until [`Self::forget_products`].
    pub fn make_products(&mut self, pack: &Pack, from: &Storage<'c>) -> Result<Products<'c>> {
        let uses = self.uses(pack)?;
        let mut products = Products { plain: uses.plain, ..Products::default() };
        for factor in &uses.factors {
            let buffer = self.take_buffer(pack)?;
            let facts = self.buffer_facts.get(pack.array.0).copied().unwrap_or_default();
            let (array, layout) = (pack.array, Layout::of_buffer(pack));
            let copy = Storage {
                array,
                base: buffer.base,
                own: true,
                facts,
                layout,
                products: Vec::new(),
            };
            self.copy_box(pack, from, &copy)?;
            if !planted(Fault::UnscaledProduct) {
                self.scale(pack, factor, buffer.base)?;
            }
            products.buffers.push(buffer);
            products.known.push((factor.key.clone(), ArrayId(self.state.storages.len())));
            self.state.storages.push(copy);
        }
        Ok(products)
    }

    /// The end of the products' pack.
    pub fn forget_products(&mut self, products: Products<'c>) -> Result<()> {
        let kept = self.state.storages.len().saturating_sub(products.buffers.len());
        self.state.storages.truncate(kept);
        products.buffers.into_iter().try_for_each(|buffer| self.give_back(buffer))
    }

    /// Where a product is kept, if it is one of a pack around.
    pub fn packed_product(
        &self,
        copy: &CopyOf<'_>,
        expression: &Expression,
    ) -> Result<Option<ResolvedAccess>> {
        let Expression::Binary { operation: BinaryOperation::Multiply, left, right, .. } =
            expression
        else {
            return Ok(None);
        };
        for (own, other, is_left) in [(left, right, false), (right, left, true)] {
            let Expression::Read { position, .. } = &**own else { continue };
            let Some(read) = copy.statement.reads.get(*position) else { continue };
            let access = copy.access(read);
            let known = &self.storage(&access)?.products;
            if known.is_empty() {
                continue;
            }
            let key = key_of(copy, other, is_left);
            if let Some((_, array)) = known.iter().find(|(known, _)| *known == key) {
                return Ok(Some(ResolvedAccess { array: *array, ..access }));
            }
        }
        Ok(None)
    }

    /// Multiplies all elements of a buffer, those beyond the array's ends too, which nothing reads.
    fn scale(&mut self, pack: &Pack, factor: &Factor, base: PointerValue<'c>) -> Result<()> {
        let statement = self.statement_of(&factor.instance)?;
        let iterators = &factor.instance.iterators;
        let copy = CopyOf::new(statement, iterators, &[]);
        let value = self.expression(&copy, &factor.expression)?.value;
        let element = self.program.array(pack.array).element;
        let scalar = self.scalar_type(element);
        let count = self.product(1, &pack.extents, 0)?;
        let some =
            self.builder.build_int_compare(IntPredicate::SGT, count, self.constant(0), "")?;
        let last = self.plus(count, -1)?;
        self.when(some, "scale", |inside| {
            let first = inside.constant(0);
            inside.simple_loop("scale", first, last, 1, |inside, position| {
                let place = inside.step(scalar, base, position)?;
                let own = inside.builder.build_load(scalar, place, "")?;
                let (left, right) = if factor.left { (value, own) } else { (own, value) };
                let product = inside.binary(BinaryOperation::Multiply, element, left, right)?;
                inside.builder.build_store(place, product)?;
                Ok(())
            })
        })
    }

    /// How the pack's body reads the array.
    fn uses(&self, pack: &Pack) -> Result<Uses> {
        let mut instances = Vec::new();
        collect(&pack.body, &mut instances);
        let mut written = Vec::new();
        for instance in &instances {
            written.push(self.statement_of(instance)?.write.array);
        }
        let element = self.program.array(pack.array).element;
        let without =
            pack.register || pack.copy_out || !pack.copy_in || written.contains(&pack.array);
        if without {
            return Ok(Uses { plain: true, ..Uses::default() });
        }
        let mut uses = Uses::default();
        for instance in instances {
            let statement = self.statement_of(instance)?;
            let copy = CopyOf::new(statement, &instance.iterators, &[]);
            let reads_own = |expression: &Expression| match expression {
                Expression::Read { position, .. } => {
                    let read = statement.reads.get(*position);
                    read.is_some_and(|read| read.array == pack.array)
                }
                _ => false,
            };
            let mut see = |expression: &Expression, certain: bool| -> bool {
                if reads_own(expression) {
                    uses.plain = true;
                }
                if !certain {
                    return true;
                }
                let Expression::Binary { operation, element: own, left, right } = expression else {
                    return true;
                };
                if *operation != BinaryOperation::Multiply || *own != element {
                    return true;
                }
                for (read, other, is_left) in [(left, right, false), (right, left, true)] {
                    if reads_own(read) && self.is_factor(&copy, other, pack.array, &written) {
                        let key = key_of(&copy, other, is_left);
                        if !uses.factors.iter().any(|factor| factor.key == key) {
                            let (instance, expression) = (instance.clone(), (**other).clone());
                            uses.factors.push(Factor { key, instance, expression, left: is_left });
                        }
                        return false;
                    }
                }
                true
            };
            descend(&statement.body, true, &mut see);
        }
        Ok(uses)
    }

    /// Whether an expression has one value in the whole body of a pack of `array` at the present place.
    fn is_factor(
        &self,
        copy: &CopyOf<'_>,
        expression: &Expression,
        array: ArrayId,
        written: &[ArrayId],
    ) -> bool {
        let fixed = |affine: &Affine| {
            affine.variables().all(|variable| match variable {
                Variable::Parameter(_) => true,
                Variable::Loop(id) => self.state.variables.iter().any(|(known, _)| *known == id),
                Variable::Iterator(_) => false,
            })
        };
        let mut fits = true;
        let bounded = |access: &ResolvedAccess| {
            let extents = self.program.arrays.get(access.array.0).map(|array| &array.extents);
            let mut sides = access.subscripts.iter().zip(extents.into_iter().flatten());
            sides.all(|(subscript, extent)| self.is_inside(subscript, extent))
        };
        expression.walk(&mut |inner| {
            fits &= !inner.may_trap();
            fits &= match inner {
                Expression::Read { position, .. } => {
                    copy.statement.reads.get(*position).is_some_and(|read| {
                        read.array != array
                            && !written.contains(&read.array)
                            && copy.access(read).subscripts.iter().all(&fixed)
                            && bounded(&copy.access(read))
                    })
                }
                Expression::Index { value, .. } => fixed(&copy.affine(value)),
                Expression::Gather { .. } => false,
                _ => true,
            };
        });
        fits
    }
}

impl Products<'_> {
    /// By which key which array holds the products.
    pub fn known(&self) -> Vec<(String, ArrayId)> {
        self.known.clone()
    }
}

fn key_of(copy: &CopyOf<'_>, factor: &Expression, left: bool) -> String {
    let side = if left { "left" } else { "right" };
    format!("{side} {}", signature(copy, factor))
}

fn collect<'a>(nodes: &'a [LoopTreeNode], instances: &mut Vec<&'a Instance>) {
    for node in nodes {
        if let LoopTreeNode::Statement(instance) = node {
            instances.push(instance);
        }
        node.bodies().into_iter().for_each(|body| collect(body, instances));
    }
}

/// Calls `see` on an expression and on its operands where it says so, with whether they are evaluated in any case.
fn descend(expression: &Expression, certain: bool, see: &mut dyn FnMut(&Expression, bool) -> bool) {
    if !see(expression, certain) {
        return;
    }
    match expression {
        Expression::Select { condition, then, otherwise, .. } => {
            descend(condition, certain, see);
            [then, otherwise].into_iter().for_each(|arm| descend(arm, false, see));
        }
        other => {
            other.operands().into_iter().for_each(|operand| descend(operand, certain, see));
        }
    }
}
