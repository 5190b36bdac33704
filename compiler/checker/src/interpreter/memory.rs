//! What each element of each array holds.

use super::error::brackets;
use super::{InterpretError, Slots};
use loopwright_ir::Program;

/// The most elements that the arrays of one run, or one local copy, may have.
pub(super) const MAXIMUM_ELEMENTS: usize = 1 << 27;

/// The values of all arrays, row-major, in the order of the program's arrays, and a sum over the
/// instances that ran, in which one that ran twice or never shows even where it changed no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    arrays: Vec<Vec<u64>>,
    extents: Vec<Vec<i64>>,
    instances: u64,
}

impl Memory {
    /// The memory before a run: every element holds a mix of its array and its place.
    pub(crate) fn initial(program: &Program, parameters: &[i64]) -> Result<Self, InterpretError> {
        let extents = extents_of(program, parameters)?;
        let mut memory = Self { arrays: Vec::new(), extents, instances: 0 };
        let mut total = 0;
        for (number, extents) in memory.extents.iter().enumerate() {
            let elements = elements(extents)?;
            total += elements;
            if total > MAXIMUM_ELEMENTS {
                return Err(InterpretError::Budget);
            }
            let seed = mix(INITIAL, number as u64);
            memory.arrays.push((0..elements).map(|place| mix(seed, place as u64)).collect());
        }
        Ok(memory)
    }

    /// The values of each array.
    pub fn arrays(&self) -> &[Vec<u64>] {
        &self.arrays
    }

    /// The first element of a result that differs, as `A[3][1] differs`, or that other instances ran.
    /// Arrays that are not live outside of the region are no results.
    pub fn first_difference(&self, other: &Memory, program: &Program) -> Option<String> {
        let same = self.instances == other.instances;
        self.first_different_element(other, program)
            .or_else(|| (!same).then(|| "an instance ran more than once or not at all".to_owned()))
    }

    /// The first element of a result that differs, whatever instances ran: for programs with different
    /// statements and the same arrays, or those of the first in front.
    pub fn first_different_element(&self, other: &Memory, program: &Program) -> Option<String> {
        for (number, array) in program.arrays.iter().enumerate() {
            if !array.live_outside {
                continue;
            }
            let (left, right) = (self.arrays.get(number), other.arrays.get(number));
            let (Some(left), Some(right)) = (left, right) else {
                return Some(format!("{} is missing", array.name));
            };
            if self.extents.get(number) != other.extents.get(number) {
                return Some(format!("{} has another size", array.name));
            }
            if let Some(place) = left.iter().zip(right).position(|(left, right)| left != right) {
                let subscripts = self.subscripts(number, place);
                return Some(format!("{}{} differs", array.name, brackets(&subscripts)));
            }
        }
        None
    }

    /// Counts an instance whose identity has this mix.
    pub(super) fn count(&mut self, identity: u64) {
        self.instances = self.instances.wrapping_add(identity);
    }

    fn extents(&self, array: usize) -> &[i64] {
        self.extents.get(array).map_or(&[], Vec::as_slice)
    }

    /// The place of an element in its array, `None` outside of it.
    pub(super) fn place(&self, array: usize, subscripts: &[i64]) -> Option<usize> {
        row_major(self.extents(array), subscripts)
    }

    pub(super) fn get(&self, array: usize, place: usize) -> u64 {
        self.arrays.get(array).and_then(|values| values.get(place)).copied().unwrap_or(0)
    }

    pub(super) fn set(&mut self, array: usize, place: usize, value: u64) {
        if let Some(element) = self.arrays.get_mut(array).and_then(|values| values.get_mut(place)) {
            *element = value;
        }
    }

    fn subscripts(&self, array: usize, mut place: usize) -> Vec<i64> {
        let mut subscripts = Vec::new();
        for &extent in self.extents(array).iter().rev() {
            let extent = usize::try_from(extent).unwrap_or(1).max(1);
            subscripts.push((place % extent) as i64);
            place /= extent;
        }
        subscripts.reverse();
        subscripts
    }
}

/// The extents of all arrays; one below zero counts as none.
pub(crate) fn extents_of(
    program: &Program,
    parameters: &[i64],
) -> Result<Vec<Vec<i64>>, InterpretError> {
    let slots = Slots { parameters, slot_of: &|_| None };
    let mut result = Vec::with_capacity(program.arrays.len());
    for array in &program.arrays {
        let mut extents = Vec::with_capacity(array.extents.len());
        for extent in &array.extents {
            extents.push(slots.flat(extent)?.value(&[])?.max(0));
        }
        result.push(extents);
    }
    Ok(result)
}

/// The number of elements of a box whose extents are not negative.
pub(super) fn elements(extents: &[i64]) -> Result<usize, InterpretError> {
    let mut product: usize = 1;
    for &extent in extents {
        product = usize::try_from(extent)
            .ok()
            .and_then(|extent| product.checked_mul(extent))
            .ok_or(InterpretError::Budget)?;
    }
    if product > MAXIMUM_ELEMENTS { Err(InterpretError::Budget) } else { Ok(product) }
}

/// The place of a point in a box that begins at zero, `None` outside of it.
pub(super) fn row_major(extents: &[i64], subscripts: &[i64]) -> Option<usize> {
    let mut place: i64 = 0;
    if extents.len() != subscripts.len() {
        return None;
    }
    for (&extent, &subscript) in extents.iter().zip(subscripts) {
        if subscript < 0 || subscript >= extent {
            return None;
        }
        place = place * extent + subscript;
    }
    usize::try_from(place).ok()
}

/// Where the mixes of first values begin.
const INITIAL: u64 = 0x243f_6a88_85a3_08d3;
/// Where the mix of an element of a local copy that was never filled begins.
pub(super) const POISON: u64 = 0xa409_3822_299f_31d0;

/// One more value in a mix: a full product folded on itself.
pub(super) fn mix(state: u64, value: u64) -> u64 {
    let product =
        u128::from(state ^ value.wrapping_add(0x9e37_79b9_7f4a_7c15)) * 0xbf58_476d_1ce4_e5b9_u128;
    ((product as u64) ^ ((product >> 64) as u64)).wrapping_add(state.rotate_left(23))
}
