//! The buffers of a setup: those that code works on, their initial contents, the original's results.

use super::compare;
use super::mapping::{Mapping, Sealed};
use crate::protocol::{Buffer, Contents};
use crate::{Deviation, Mismatch};
use loopwright_ir::ElementType;
use std::ffi::c_void;
use std::io;

/// What a bad arena operation is missing.
#[derive(Debug, PartialEq, Eq)]
pub struct NoReference;

pub struct Arena {
    elements: Vec<ElementType>,
    compared: Vec<bool>,
    live: Vec<Mapping>,
    initial: Vec<Sealed>,
    reference: Vec<Sealed>,
    /// The addresses of `live`; written by nobody else than loaded code that breaks its interface, so
    /// they are set anew for each call.
    pointers: Vec<*mut c_void>,
}

impl Arena {
    /// Allocates and fills the buffers.
    pub fn new(buffers: &[Buffer]) -> io::Result<Self> {
        let mut live = Vec::new();
        for buffer in buffers {
            let length = buffer
                .count
                .checked_mul(buffer.element.bytes())
                .and_then(|length| usize::try_from(length).ok())
                .ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
            let mut mapping = Mapping::new(length)?;
            fill(mapping.bytes_mut(), buffer.element, buffer.contents);
            live.push(mapping);
        }
        Ok(Self {
            elements: buffers.iter().map(|buffer| buffer.element).collect(),
            compared: buffers.iter().map(|buffer| buffer.compared).collect(),
            live,
            initial: Vec::new(),
            reference: Vec::new(),
            pointers: Vec::new(),
        })
    }

    /// Takes what the buffers hold now as what every run begins with.
    pub fn keep_initial(&mut self) -> io::Result<()> {
        self.initial = copies(&self.live)?;
        Ok(())
    }

    /// Takes what the buffers hold now as what is right.
    pub fn keep_reference(&mut self) -> io::Result<()> {
        // The old reference goes first, so that there are never more than three copies.
        self.reference.clear();
        self.reference = copies(&self.live)?;
        Ok(())
    }

    /// Gives every buffer its initial contents. Always copies all of them in their order, whatever the
    /// last run wrote, so that the caches are in the same state before every run of every candidate.
    pub fn restore(&mut self) {
        for (live, initial) in self.live.iter_mut().zip(&self.initial) {
            live.bytes_mut().copy_from_slice(initial.bytes());
            live.slack_mut().fill(0);
        }
    }

    /// How the buffers differ from the reference, if they do.
    pub fn compare(&mut self) -> Result<Option<Mismatch>, NoReference> {
        if self.reference.len() != self.live.len() {
            return Err(NoReference);
        }
        let mut first: Option<Mismatch> = None;
        let mut differing_in_all = 0;
        let buffers = self.elements.iter().zip(&mut self.live).zip(&self.reference).enumerate();
        let mut overrun = None;
        for (position, ((element, live), reference)) in buffers {
            if live.slack_mut().iter().any(|byte| *byte != 0) {
                overrun.get_or_insert(Mismatch::OutOfBounds { buffer: position });
            }
            if self.compared.get(position) == Some(&false) {
                continue;
            }
            if let Some(difference) = compare::buffers(*element, reference.bytes(), live.bytes()) {
                differing_in_all += difference.count;
                first.get_or_insert_with(|| difference.mismatch(position, *element));
            }
        }
        if let Some(Mismatch::Value { differing, .. }) = &mut first {
            *differing = differing_in_all;
        }
        Ok(first.or(overrun))
    }

    /// How far the buffers that are results are from the reference, each; or what was written behind the
    /// end of one.
    pub fn deviations(&mut self) -> Result<Result<Vec<Deviation>, Mismatch>, NoReference> {
        if self.reference.len() != self.live.len() {
            return Err(NoReference);
        }
        let mut deviations = Vec::new();
        let buffers = self.elements.iter().zip(&mut self.live).zip(&self.reference).enumerate();
        for (buffer, ((element, live), reference)) in buffers {
            if live.slack_mut().iter().any(|byte| *byte != 0) {
                return Ok(Err(Mismatch::OutOfBounds { buffer }));
            }
            if self.compared.get(buffer) != Some(&false) {
                deviations.push(Deviation::of(buffer, *element, reference.bytes(), live.bytes()));
            }
        }
        Ok(Ok(deviations))
    }

    /// The argument of a call.
    pub fn pointers(&mut self) -> &mut [*mut c_void] {
        self.pointers.clear();
        self.pointers.extend(self.live.iter().map(Mapping::pointer));
        &mut self.pointers
    }
}

fn copies(mappings: &[Mapping]) -> io::Result<Vec<Sealed>> {
    mappings.iter().map(Mapping::sealed_copy).collect()
}

/// Writes a buffer's contents; see [`Contents`] for the values.
fn fill(bytes: &mut [u8], element: ElementType, contents: Contents) {
    let Contents::Pseudorandom { seed } = contents else {
        bytes.fill(0);
        return;
    };
    let mut state = seed;
    let size = element.bytes() as usize;
    for slot in bytes.chunks_exact_mut(size) {
        let random = splitmix(&mut state);
        match element {
            // The upper bits become the fraction of a number in [1, 2).
            ElementType::F64 => {
                let value = f64::from_bits((random >> 12) | (0x3ff << 52)) - 0.5;
                slot.copy_from_slice(&value.to_ne_bytes());
            }
            ElementType::F32 => {
                let value = f32::from_bits((random >> 41) as u32 | (0x7f << 23)) - 0.5;
                slot.copy_from_slice(&value.to_ne_bytes());
            }
            _ => {
                let value = (random >> 60).to_le_bytes();
                slot.iter_mut().zip(value).for_each(|(slot, byte)| *slot = byte);
                if cfg!(target_endian = "big") {
                    slot.reverse();
                }
            }
        }
    }
}

/// The generator SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arena(element: ElementType, count: u64, seed: u64) -> Arena {
        let contents = Contents::Pseudorandom { seed };
        Arena::new(&[Buffer { element, count, contents, compared: true }]).expect("allocated")
    }

    #[test]
    fn scratch_space_is_not_compared() {
        let contents = Contents::Zero;
        let buffer = Buffer { element: ElementType::I8, count: 4, contents, compared: false };
        let mut arena = Arena::new(&[buffer]).expect("allocated");
        arena.keep_initial().expect("kept");
        arena.keep_reference().expect("kept");
        arena.live[0].bytes_mut()[0] = 1;
        assert_eq!(arena.compare(), Ok(None));
    }

    #[test]
    fn contents_follow_from_the_seed_and_stay_in_range() {
        for element in ElementType::ALL {
            let (first, same) = (arena(element, 1000, 5), arena(element, 1000, 5));
            let other = arena(element, 1000, 6);
            assert_eq!(first.live[0].bytes(), same.live[0].bytes());
            assert_ne!(first.live[0].bytes(), other.live[0].bytes());
            for slot in first.live[0].bytes().chunks_exact(element.bytes() as usize) {
                let value: f64 = compare::decimal(element, slot).parse().expect("a number");
                let range = if element.is_float() { 0.5..1.5 } else { 0.0..16.0 };
                assert!(range.contains(&value), "{element} {value}");
            }
        }
    }

    #[test]
    fn the_first_difference_is_reported_and_all_are_counted() {
        let mut arena = arena(ElementType::F64, 100, 1);
        assert_eq!(arena.compare(), Err(NoReference));
        arena.keep_initial().expect("kept");
        arena.keep_reference().expect("kept");
        assert_eq!(arena.compare(), Ok(None));
        arena.live[0].bytes_mut()[8 * 40..8 * 41].copy_from_slice(&2.5_f64.to_ne_bytes());
        arena.live[0].bytes_mut()[8 * 70..8 * 71].copy_from_slice(&2.5_f64.to_ne_bytes());
        let Ok(Some(Mismatch::Value { index, found, found_bits, differing, .. })) = arena.compare()
        else {
            panic!("a difference is found")
        };
        assert_eq!((index, found.as_str(), differing), (40, "2.5", 2));
        assert_eq!(found_bits, "4004000000000000");
        arena.restore();
        assert_eq!(arena.compare(), Ok(None));
    }

    #[test]
    fn a_write_behind_the_end_is_found_once() {
        let mut arena = arena(ElementType::I32, 3, 1);
        arena.keep_initial().expect("kept");
        arena.keep_reference().expect("kept");
        arena.live[0].slack_mut()[0] = 1;
        assert_eq!(arena.compare(), Ok(Some(Mismatch::OutOfBounds { buffer: 0 })));
        arena.restore();
        assert_eq!(arena.compare(), Ok(None));
    }
}
