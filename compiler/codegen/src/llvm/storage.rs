//! Where the elements of an array are: in the caller's memory, or in a buffer with a box of it.
//!
//! The element at the subscripts `x` has the position `sum over d of (x[d] - origin[d]) * stride[d]`
//! from the storage's base. The strides follow from the order in which the storage has the
//! dimensions: the last one's is 1, every other one's is the product of the extents behind it.

use super::emitter::Emitter;
use super::metadata::ArrayFacts;
use crate::access::ResolvedAccess;
use crate::error::{CodegenError, Result};
use inkwell::values::{IntValue, PointerValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Array, ArrayId, Pack, Variable};

/// The memory that holds an array's elements at some place of the code.
#[derive(Clone, Debug)]
pub(super) struct Storage<'c> {
    /// The array whose elements these are, or are made of.
    pub array: ArrayId,
    pub base: PointerValue<'c>,
    /// Whether it is a buffer of ours, which exists whatever the program's conditions say.
    pub own: bool,
    pub facts: ArrayFacts<'c>,
    pub layout: Layout,
    /// Where else, by what the elements are multiplied with, their products are (see `products`).
    pub products: Vec<(String, ArrayId)>,
}

/// Where in its storage an array's element is.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The subscripts of the element at the base, in the order of the array's dimensions; nothing
    /// for the whole array.
    origin: Vec<Affine>,
    /// The array's dimensions, the outermost of the storage first.
    order: Vec<usize>,
    /// How many elements the storage has in each dimension of the array.
    extents: Vec<Affine>,
    /// How many elements a step in each dimension of the array is, where all extents that matter
    /// are constant.
    strides: Option<Vec<i64>>,
}

impl Layout {
    /// An array as C stores it.
    pub fn of_array(array: &Array) -> Self {
        let order: Vec<_> = (0..array.extents.len()).collect();
        let strides = constant_strides(&array.extents, &order);
        Self { origin: Vec::new(), order, extents: array.extents.clone(), strides }
    }

    /// A pack's buffer. The pack's lists are as long as the array has dimensions.
    pub fn of_buffer(pack: &Pack) -> Self {
        let single = pack.extents.iter().all(|extent| extent.as_constant() == Some(1));
        let strides = if single {
            // All accesses go to the one element, whatever the subscripts look like.
            Some(vec![0; pack.extents.len()])
        } else {
            constant_strides(&pack.extents, &pack.order)
        };
        let (mut origin, extents) = (pack.origin.clone(), pack.extents.clone());
        if planted(Fault::BufferOrigin) {
            origin.pop();
            origin.push(Affine::constant(0));
        }
        Self { origin, order: pack.order.clone(), extents, strides }
    }

    /// The element's position as one affine expression, where the strides are known.
    pub fn position(&self, access: &ResolvedAccess) -> Result<Option<Affine>> {
        if self.order.len() != access.subscripts.len() {
            return Err(CodegenError::ill_formed("an access with a wrong number of subscripts"));
        }
        let Some(strides) = &self.strides else {
            return Ok(None);
        };
        let mut position = Affine::constant(0);
        for (subscript, stride) in access.subscripts.iter().zip(strides) {
            position = &position + &(subscript * *stride);
        }
        for (origin, stride) in self.origin.iter().zip(strides) {
            position = &position - &(origin * *stride);
        }
        Ok(Some(position))
    }

    /// The dimension in which neighbours are one element apart.
    pub fn contiguous(&self) -> Option<usize> {
        self.order.last().copied()
    }

    /// By how many elements the position changes when the variable grows by one; `None` where that
    /// is known at run time only.
    pub fn constant_step(
        &self,
        access: &ResolvedAccess,
        variable: Variable,
    ) -> Result<Option<i64>> {
        if let Some(position) = self.position(access)? {
            return Ok(Some(position.coefficient(variable)));
        }
        let innermost = self.order.last().copied();
        let mut step = 0;
        for (dimension, subscript) in access.subscripts.iter().enumerate() {
            match subscript.coefficient(variable) {
                0 => {}
                coefficient if Some(dimension) == innermost => step = coefficient,
                _ => return Ok(None),
            }
        }
        Ok(Some(step))
    }
}

/// How many elements a step in each dimension is, where all extents but that of the storage's
/// outermost dimension are constant.
fn constant_strides(extents: &[Affine], order: &[usize]) -> Option<Vec<i64>> {
    let mut strides = vec![0; extents.len()];
    let mut stride: Option<i64> = Some(1);
    for dimension in order.iter().rev() {
        *strides.get_mut(*dimension)? = stride?;
        let extent = extents.get(*dimension)?.as_constant();
        stride = stride.and_then(|stride| stride.checked_mul(extent?));
    }
    Some(strides)
}

impl<'c> Emitter<'c, '_> {
    /// Where an array is here; the products of an array's elements count as arrays behind the others.
    pub fn storage(&self, access: &ResolvedAccess) -> Result<&Storage<'c>> {
        self.state
            .storages
            .get(access.array.0)
            .ok_or_else(|| CodegenError::ill_formed("an array that does not exist"))
    }

    /// The element's position, computed dimension by dimension.
    pub fn runtime_position(
        &self,
        layout: &Layout,
        access: &ResolvedAccess,
    ) -> Result<IntValue<'c>> {
        self.horner(layout, |dimension| {
            let subscript = access.subscripts.get(dimension).cloned().unwrap_or_default();
            let difference = match layout.origin.get(dimension) {
                Some(origin) => &subscript - origin,
                None => subscript,
            };
            self.affine(&difference)
        })
    }

    /// By how many elements the position changes when the variable grows by one.
    pub fn runtime_step(
        &self,
        layout: &Layout,
        access: &ResolvedAccess,
        variable: Variable,
    ) -> Result<IntValue<'c>> {
        self.horner(layout, |dimension| {
            let subscript = access.subscripts.get(dimension);
            Ok(self.constant(subscript.map_or(0, |subscript| subscript.coefficient(variable))))
        })
    }

    /// `(… (x[0] * extent[1] + x[1]) * extent[2] …) + x[n]` in the order of the storage.
    fn horner(
        &self,
        layout: &Layout,
        value_of: impl Fn(usize) -> Result<IntValue<'c>>,
    ) -> Result<IntValue<'c>> {
        let mut sum: Option<IntValue<'c>> = None;
        for dimension in &layout.order {
            let value = value_of(*dimension)?;
            sum = Some(match sum {
                None => value,
                Some(outer) => {
                    let extent = layout
                        .extents
                        .get(*dimension)
                        .ok_or_else(|| CodegenError::ill_formed("a dimension without an extent"))?;
                    let extent = self.affine(extent)?;
                    let scaled = self.builder.build_int_nsw_mul(outer, extent, "")?;
                    self.builder.build_int_nsw_add(scaled, value, "")?
                }
            });
        }
        Ok(sum.unwrap_or_else(|| self.constant(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constants(values: &[i64]) -> Vec<Affine> {
        values.iter().map(|value| Affine::constant(*value)).collect()
    }

    #[test]
    fn a_permuted_box_has_the_strides_of_its_own_order() {
        let i = Affine::variable(Variable::Loop(0));
        let pack = Pack {
            reads: None,
            array: ArrayId(0),
            origin: vec![&i * 4, Affine::constant(-1)],
            extents: constants(&[4, 6]),
            order: vec![1, 0],
            register: false,
            copy_in: true,
            copy_out: false,
            body: Vec::new(),
        };
        let layout = Layout::of_buffer(&pack);
        let point = Affine::variable(Variable::Loop(1));
        let subscripts = vec![&(&i * 4) + &point, Affine::constant(2)];
        let access = ResolvedAccess { array: ArrayId(0), subscripts };
        assert_eq!(layout.position(&access).unwrap(), Some(point.with_constant(12)));
        assert_eq!(layout.constant_step(&access, Variable::Loop(1)).unwrap(), Some(1));
    }

    #[test]
    fn only_the_outermost_extent_may_be_unknown() {
        let n = Affine::variable(Variable::Parameter(0));
        let extents = [n, Affine::constant(3), Affine::constant(5)];
        assert_eq!(constant_strides(&extents, &[0, 1, 2]), Some(vec![15, 5, 1]));
        assert_eq!(constant_strides(&extents, &[1, 0, 2]), None);
    }
}
