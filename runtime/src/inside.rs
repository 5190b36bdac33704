//! Native code in this very process, for fuzzing: thousands of small functions a second.
//!
//! This is for processes that may die: whoever calls [`InsideLibrary::call`] trusts the code with its
//! own memory, says beforehand elsewhere what it is about to call, and is replaced when it crashes.
//! A [`Workspace`] lies in one block with fences between the buffers, so that most stray writes are
//! seen instead of felt.

use crate::serve::compare;
use crate::serve::library::Libraries;
use crate::{EntryPoint, Mismatch};
use loopwright_ir::ElementType;
use std::ffi::c_void;
use std::path::{Path, PathBuf};

/// Bytes before, between and after the buffers. No multiple of a vector's size, so that buffers are
/// aligned to their elements and no more.
const FENCE: usize = 72;

/// What the fences hold.
const FENCE_BYTE: u8 = 0xA5;

/// Small buffers in one block.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Words, so that the block is aligned to the largest element.
    block: Vec<u64>,
    /// Where each buffer begins, its length in bytes, and its elements.
    places: Vec<(usize, usize, ElementType)>,
}

impl Workspace {
    /// Buffers of so many elements each, filled by a seed as the workers' are.
    pub fn new(buffers: &[(ElementType, u64)], seed: u64) -> Self {
        let mut places = Vec::new();
        let mut next = FENCE;
        for (element, count) in buffers {
            let size = element.bytes() as usize;
            next = next.next_multiple_of(size);
            let length = usize::try_from(*count).unwrap_or(0).saturating_mul(size);
            places.push((next, length, *element));
            next += length + FENCE;
        }
        let mut workspace = Self { block: vec![0; next.div_ceil(8) + 1], places };
        let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
        let places = workspace.places.clone();
        let bytes = workspace.bytes_mut();
        bytes.fill(FENCE_BYTE);
        for (start, length, element) in places {
            if let Some(buffer) = bytes.get_mut(start..start + length) {
                fill(buffer, element, &mut state);
            }
        }
        workspace
    }

    /// Takes over the contents of a workspace of the same buffers.
    pub fn copy_from(&mut self, other: &Workspace) {
        self.block.clone_from(&other.block);
    }

    /// The first difference from what is right, in a buffer or in a fence. NaNs are equal whatever their
    /// bits: which of two NaNs an operation gives on is nobody's promise. Ordinary values that were made of
    /// one (by `copysign`, or through an integer) are compared like all others.
    pub fn difference(&self, right: &Workspace) -> Option<Mismatch> {
        if self.block == right.block {
            return None;
        }
        let (own, expected) = (self.bytes(), right.bytes());
        let mut end = 0;
        for (position, (start, length, element)) in self.places.iter().enumerate() {
            let fence = end..*start;
            if own.get(fence.clone()) != expected.get(fence) {
                return Some(Mismatch::OutOfBounds { buffer: position });
            }
            end = start + length;
            let (Some(found), Some(wanted)) = (own.get(*start..end), expected.get(*start..end))
            else {
                continue;
            };
            let found = compare::buffers(*element, compare::Nan::Any, wanted, found);
            if let Some(difference) = found.difference {
                return Some(difference.mismatch(position, *element));
            }
        }
        let last = self.places.len().saturating_sub(1);
        (own.get(end..) != expected.get(end..)).then_some(Mismatch::OutOfBounds { buffer: last })
    }

    fn bytes(&self) -> &[u8] {
        let length = self.block.len() * 8;
        // SAFETY: the same memory, whose every byte is initialised, seen as bytes.
        unsafe { std::slice::from_raw_parts(self.block.as_ptr().cast(), length) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let length = self.block.len() * 8;
        // SAFETY: as in `bytes`; any bytes make valid words.
        unsafe { std::slice::from_raw_parts_mut(self.block.as_mut_ptr().cast(), length) }
    }
}

/// Floating point in `[0.5, 1.5)`, integers in `0..=15`.
fn fill(buffer: &mut [u8], element: ElementType, state: &mut u64) {
    for slot in buffer.chunks_exact_mut(element.bytes() as usize) {
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = *state >> 33;
        let unit = 0.5 + draw as f64 / (1_u64 << 31) as f64;
        match element {
            ElementType::F64 => slot.copy_from_slice(&unit.to_ne_bytes()),
            ElementType::F32 => slot.copy_from_slice(&(unit as f32).to_ne_bytes()),
            _ => {
                slot.fill(0);
                let low = usize::from(cfg!(target_endian = "big")) * (slot.len() - 1);
                if let Some(byte) = slot.get_mut(low) {
                    *byte = (draw & 15) as u8;
                }
            }
        }
    }
}

/// The libraries of this process, never unloaded.
pub struct InsideLibraries {
    libraries: Libraries,
}

impl Default for InsideLibraries {
    fn default() -> Self {
        Self::new()
    }
}

impl InsideLibraries {
    /// With libm and OpenMP's runtime.
    pub fn new() -> Self {
        Self { libraries: Libraries::with_runtimes() }
    }

    /// A library, which is loaded and stays.
    pub fn load(&mut self, path: &Path) -> InsideLibrary<'_> {
        InsideLibrary { libraries: &mut self.libraries, path: path.to_owned() }
    }
}

/// One library.
pub struct InsideLibrary<'a> {
    libraries: &'a mut Libraries,
    path: PathBuf,
}

impl InsideLibrary<'_> {
    /// Calls `void symbol(void **buffers, const int64_t *parameters)` in this process.
    ///
    /// # Errors
    /// In words, if the library does not load or has no such symbol.
    pub fn call(
        &mut self,
        symbol: &str,
        workspace: &mut Workspace,
        parameters: &[i64],
    ) -> Result<(), String> {
        let entry = EntryPoint::new(self.path.clone(), symbol);
        let function = self.libraries.entry(&entry)?;
        let base = workspace.block.as_mut_ptr().cast::<u8>();
        let mut pointers: Vec<*mut c_void> = workspace
            .places
            .iter()
            // SAFETY: every buffer begins inside of the block.
            .map(|(start, _, _)| unsafe { base.add(*start) }.cast())
            .collect();
        // SAFETY: the code gets what its interface promises; see the module's text for the rest.
        unsafe { function(pointers.as_mut_ptr(), parameters.as_ptr()) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_fill_equally_and_stray_writes_are_seen() {
        let buffers = [(ElementType::F32, 3), (ElementType::I64, 2), (ElementType::F64, 0)];
        let first = Workspace::new(&buffers, 1);
        let mut second = Workspace::new(&buffers, 1);
        assert_eq!(first.difference(&second), None);
        let start = second.places[1].0;
        second.bytes_mut()[start] ^= 1;
        assert!(matches!(second.difference(&first), Some(Mismatch::Value { buffer: 1, .. })));
        second.copy_from(&first);
        second.bytes_mut()[start - 1] ^= 1;
        assert!(matches!(second.difference(&first), Some(Mismatch::OutOfBounds { buffer: 1 })));
    }
}
