//! Lanes whose elements are a few elements apart: every second column, one colour of a pixel, a member of a structure.
//!
//! All that lies between the first lane's element and the last one's is a few vectors. They are loaded under a constant
//! mask and the lanes' elements shuffled together; stores are shuffled apart and masked. Nothing but the lanes' elements
//! is touched, so neither the end of an array nor what other threads write in between matters.

use super::emitter::{Emitter, Lanes};
use super::values::vector_of;
use crate::access::ResolvedAccess;
use crate::error::Result;
use inkwell::types::VectorType;
use inkwell::values::{IntValue, PointerValue, VectorValue};
use loopwright_ir::ElementType;
use loopwright_ir::planted::{Fault, planted};

/// The widest distance that is treated so.
const WIDEST: u64 = 4;
/// What is loaded for one vector of lanes, at most, in bytes.
const MOST_BYTES: u64 = 256;

/// Where the elements of lanes lie among those between the first and the last.
pub(super) struct Interleaved {
    width: u32,
    /// How many elements there are from one lane to the next.
    step: u32,
    backwards: bool,
}

impl Interleaved {
    /// For lanes so many elements apart; `None` where each is better taken by itself.
    pub fn new(stride: i64, width: u32, element: ElementType) -> Option<Self> {
        let near = (2..=WIDEST).contains(&stride.unsigned_abs());
        let stride = stride - i64::from(planted(Fault::LaneStride));
        let step = u32::try_from(stride.unsigned_abs()).ok()?;
        let bytes = u64::from(width) * u64::from(step) * element.bytes();
        let one = Self { width, step, backwards: stride < 0 };
        (near && width > 1 && step > 0 && bytes <= MOST_BYTES).then_some(one)
    }

    /// Elements in all.
    fn length(&self) -> u32 {
        self.width * self.step
    }

    /// By how many elements the lowest element lies in front of the first lane's.
    fn lowest(&self) -> i64 {
        let last = i64::from(self.step) * (i64::from(self.width) - 1);
        if self.backwards { -last } else { 0 }
    }

    /// The lane of which an element is, if it is any's.
    fn lane(&self, element: u32) -> Option<u32> {
        let from_lowest = element.is_multiple_of(self.step).then_some(element / self.step)?;
        Some(if self.backwards { self.width - 1 - from_lowest } else { from_lowest })
    }
}

impl<'c> Emitter<'c, '_> {
    /// The lanes' elements, the first one's at an address.
    pub fn load_interleaved(
        &self,
        access: &ResolvedAccess,
        element: ElementType,
        address: PointerValue<'c>,
        places: &Interleaved,
    ) -> Result<Lanes<'c>> {
        let scalar = self.scalar_type(element);
        let lowest = self.step(scalar, address, self.constant(places.lowest()))?;
        let all = vector_of(scalar, places.length())?;
        let (loaded, instruction) =
            self.masked_load(all, lowest, element, self.lanes_among(places))?;
        self.storage(access)?.facts.attach(self.context, instruction, true)?;
        let index = |lane: u32| {
            let from_lowest = if places.backwards { places.width - 1 - lane } else { lane };
            self.context.i32_type().const_int(u64::from(from_lowest * places.step), false)
        };
        let indices: Vec<IntValue<'c>> = (0..places.width).map(index).collect();
        let (loaded, mask) = (loaded.into_vector_value(), VectorType::const_vector(&indices));
        let poison = loaded.get_type().get_poison();
        let lanes: VectorValue<'c> = self.builder.build_shuffle_vector(loaded, poison, mask, "")?;
        Ok(Lanes::varying(lanes))
    }

    /// Stores the lanes' values, the first one's to an address.
    pub fn store_interleaved(
        &self,
        access: &ResolvedAccess,
        element: ElementType,
        (address, lanes): (PointerValue<'c>, Lanes<'c>),
        places: &Interleaved,
    ) -> Result<()> {
        let scalar = self.scalar_type(element);
        let lowest = self.step(scalar, address, self.constant(places.lowest()))?;
        let value = self.splat(lanes)?.value.into_vector_value();
        let number = self.context.i32_type();
        let index = |place: u32| {
            let lane = places.lane(place);
            lane.map_or(number.get_poison(), |lane| number.const_int(u64::from(lane), false))
        };
        let indices: Vec<IntValue<'c>> = (0..places.length()).map(index).collect();
        let poison = value.get_type().get_poison();
        let spread = self.builder.build_shuffle_vector(
            value,
            poison,
            VectorType::const_vector(&indices),
            "",
        )?;
        let instruction =
            self.masked_store(spread.into(), lowest, element, self.lanes_among(places))?;
        self.storage(access)?.facts.attach(self.context, instruction, false)
    }

    /// Which of the elements in between are the lanes'.
    fn lanes_among(&self, places: &Interleaved) -> VectorValue<'c> {
        let bit = |place: u32| {
            self.context.bool_type().const_int(u64::from(places.lane(place).is_some()), false)
        };
        let bits: Vec<IntValue<'c>> = (0..places.length()).map(bit).collect();
        VectorType::const_vector(&bits)
    }
}
