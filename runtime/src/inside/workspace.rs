//! Small buffers, each in pages of its own between two that nobody may touch.

use crate::Mismatch;
use crate::memory::page_size;
use crate::serve::compare;
use loopwright_ir::ElementType;
use std::ffi::c_void;
use std::ops::Range;
use std::ptr::NonNull;

/// What the rest of a buffer's pages holds.
const FENCE_BYTE: u8 = 0xA5;

/// Where buffers lie in their pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// At the beginning: what is read or written before them is a fault.
    First,
    /// At the end: what is read or written behind them is a fault. They are aligned to their elements and no more.
    Last,
}

/// Buffers in one mapping.
#[derive(Debug)]
pub struct Workspace {
    base: NonNull<u8>,
    bytes: usize,
    places: Vec<Place>,
}

/// A buffer, by offsets in the mapping.
#[derive(Clone, Debug)]
struct Place {
    /// Its pages.
    pages: Range<usize>,
    start: usize,
    length: usize,
    element: ElementType,
    /// Whether its pages are closed.
    hidden: bool,
}

impl Place {
    fn data(&self) -> Range<usize> {
        self.start..self.start + self.length
    }
}

impl Workspace {
    /// Buffers of so many elements each, filled by a seed as the workers' are; `None` without the memory for them.
    pub fn new(buffers: &[(ElementType, u64)], seed: u64, side: Side) -> Option<Self> {
        let page = page_size();
        let mut places = Vec::new();
        let mut next = page;
        for (element, count) in buffers {
            let size = usize::try_from(element.bytes()).ok()?;
            let length = usize::try_from(*count).ok()?.checked_mul(size)?;
            let inside = length.max(1).checked_next_multiple_of(page)?;
            let pages = next..next.checked_add(inside)?;
            let start = match side {
                Side::First => pages.start,
                Side::Last => pages.end - length,
            };
            next = pages.end.checked_add(page)?;
            places.push(Place { pages, start, length, element: *element, hidden: false });
        }
        let mut workspace = Self::mapped(next, places)?;
        let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
        for place in workspace.places.clone() {
            workspace.bytes_mut(&place.pages).fill(FENCE_BYTE);
            fill(workspace.bytes_mut(&place.data()), place.element, &mut state);
        }
        Some(workspace)
    }

    /// The memory, of which only the buffers' pages can be touched.
    fn mapped(bytes: usize, places: Vec<Place>) -> Option<Self> {
        // SAFETY: a new mapping at an address of the system's choice.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        let base = NonNull::new(base.cast()).filter(|_| base != libc::MAP_FAILED)?;
        let workspace = Self { base, bytes, places };
        let opened = workspace.places.iter().all(|place| workspace.protect(&place.pages, true));
        opened.then_some(workspace)
    }

    fn protect(&self, pages: &Range<usize>, open: bool) -> bool {
        let protection = if open { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_NONE };
        let start = self.base.as_ptr().wrapping_add(pages.start);
        // SAFETY: these are whole pages of the mapping.
        unsafe { libc::mprotect(start.cast(), pages.len(), protection) == 0 }
    }

    /// Closes a buffer's pages: any access to it is a fault.
    pub fn hide(&mut self, buffer: usize) {
        self.set_hidden(buffer, true);
    }

    fn set_hidden(&mut self, buffer: usize, hidden: bool) {
        let Some(place) = self.places.get(buffer).cloned() else { return };
        if place.hidden != hidden && self.protect(&place.pages, !hidden) {
            self.places[buffer].hidden = hidden;
        }
    }

    /// The buffers whose pages are closed.
    pub fn hidden(&self) -> Vec<usize> {
        let hidden = |(position, place): (usize, &Place)| place.hidden.then_some(position);
        self.places.iter().enumerate().filter_map(hidden).collect()
    }

    /// Their addresses.
    pub(super) fn hidden_pages(&self) -> Vec<Range<usize>> {
        let base = self.base.as_ptr() as usize;
        let hidden = self.places.iter().filter(|place| place.hidden);
        hidden.map(|place| base + place.pages.start..base + place.pages.end).collect()
    }

    /// Of the closed buffers, those that are open by now.
    pub(super) fn seen(&mut self, touched: &[bool]) {
        let hidden = self.places.iter_mut().filter(|place| place.hidden);
        for (place, touched) in hidden.zip(touched) {
            place.hidden = !touched;
        }
    }

    pub(super) fn pointers(&mut self) -> Vec<*mut c_void> {
        let base = self.base.as_ptr();
        self.places.iter().map(|place| base.wrapping_add(place.start).cast()).collect()
    }

    /// Takes over the contents of a workspace of the same buffers, wherever they lie in their pages; what is hidden
    /// on either side stays as it is.
    pub fn copy_from(&mut self, other: &Workspace) {
        for (place, from) in self.places.clone().iter().zip(&other.places) {
            if place.hidden || from.hidden || place.length != from.length {
                continue;
            }
            self.bytes_mut(&(place.pages.start..place.start)).fill(FENCE_BYTE);
            self.bytes_mut(&place.data()).copy_from_slice(other.bytes(&from.data()));
            self.bytes_mut(&(place.data().end..place.pages.end)).fill(FENCE_BYTE);
        }
    }

    /// The first difference from what is right, in a buffer or in a fence; NaNs are equal. What is hidden on either side
    /// is not looked at.
    pub fn difference(&self, right: &Workspace) -> Option<Mismatch> {
        for (position, (place, other)) in self.places.iter().zip(&right.places).enumerate() {
            if place.hidden || other.hidden {
                continue;
            }
            let fences = [place.pages.start..place.start, place.data().end..place.pages.end];
            let whole = |fence| self.bytes(fence).iter().all(|byte| *byte == FENCE_BYTE);
            if !fences.iter().all(whole) {
                return Some(Mismatch::OutOfBounds { buffer: position });
            }
            let (found, wanted) = (self.bytes(&place.data()), right.bytes(&other.data()));
            let found = compare::buffers(place.element, compare::Nan::Any, wanted, found);
            if let Some(difference) = found.difference {
                return Some(difference.mismatch(position, place.element));
            }
        }
        None
    }

    /// The values of all buffers, as numbers; none of those that are hidden.
    pub fn values(&self) -> Vec<(ElementType, Vec<f64>)> {
        let one = |place: &Place| {
            let bytes = if place.hidden { &[] } else { self.bytes(&place.data()) };
            let slots = bytes.chunks_exact(place.element.bytes() as usize);
            let values = slots.map(|slot| crate::deviation::value(place.element, slot));
            (place.element, values.collect())
        };
        self.places.iter().map(one).collect()
    }

    /// Multiplies each floating-point element by a factor.
    pub fn scale(&mut self, factor: &mut dyn FnMut(ElementType) -> f64) {
        let floats = |place: &&Place| place.element.is_float() && !place.hidden;
        let places: Vec<Place> = self.places.iter().filter(floats).cloned().collect();
        for place in places {
            let element = place.element;
            let buffer = self.bytes_mut(&place.data());
            for slot in buffer.chunks_exact_mut(element.bytes() as usize) {
                let value = crate::deviation::value(element, slot) * factor(element);
                match element {
                    ElementType::F32 => slot.copy_from_slice(&(value as f32).to_ne_bytes()),
                    _ => slot.copy_from_slice(&value.to_ne_bytes()),
                }
            }
        }
    }

    /// Bytes of an open buffer's pages.
    fn bytes(&self, range: &Range<usize>) -> &[u8] {
        // SAFETY: all ranges are of open pages, and nobody else changes them meanwhile.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr().add(range.start), range.len()) }
    }

    fn bytes_mut(&mut self, range: &Range<usize>) -> &mut [u8] {
        // SAFETY: as in `bytes`.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr().add(range.start), range.len()) }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // SAFETY: nothing refers to the mapping any more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.bytes) };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_fill_equally_and_stray_writes_are_seen() {
        let buffers = [(ElementType::F32, 3), (ElementType::I64, 2), (ElementType::F64, 0)];
        let new = |side| Workspace::new(&buffers, 1, side).expect("some pages");
        let first = new(Side::First);
        for side in [Side::First, Side::Last] {
            let mut second = new(side);
            assert_eq!(second.difference(&first), None);
            let place = second.places[1].clone();
            second.bytes_mut(&place.data())[0] ^= 1;
            assert!(matches!(second.difference(&first), Some(Mismatch::Value { buffer: 1, .. })));
            second.copy_from(&first);
            let fence = match side {
                Side::First => place.data().end..place.pages.end,
                Side::Last => place.pages.start..place.start,
            };
            second.bytes_mut(&fence)[0] ^= 1;
            assert!(matches!(second.difference(&first), Some(Mismatch::OutOfBounds { buffer: 1 })));
            second.hide(1);
            assert_eq!(second.difference(&first), None);
            assert_eq!(second.hidden(), [1]);
        }
    }

    #[test]
    fn only_floating_point_is_scaled() {
        let buffers = [(ElementType::F32, 3), (ElementType::I64, 2), (ElementType::F64, 2)];
        let mut workspace = Workspace::new(&buffers, 1, Side::First).expect("some pages");
        let before = workspace.values();
        workspace.scale(&mut |_| 2.0);
        let twice = |(element, values): &(ElementType, Vec<f64>)| {
            let factor = if element.is_float() { 2.0 } else { 1.0 };
            (*element, values.iter().map(|value| factor * value).collect::<Vec<_>>())
        };
        assert_eq!(workspace.values(), before.iter().map(twice).collect::<Vec<_>>());
        workspace.hide(0);
        assert!(workspace.values()[0].1.is_empty());
    }

    #[test]
    fn what_is_touched_opens() {
        let buffers = [(ElementType::I32, 5), (ElementType::I32, 5), (ElementType::I32, 5)];
        let mut workspace = Workspace::new(&buffers, 7, Side::Last).expect("some pages");
        (0..3).for_each(|buffer| workspace.hide(buffer));
        let watch = super::super::watch::Watch::begin(&workspace.hidden_pages()).expect("a watch");
        let pointers = workspace.pointers();
        // SAFETY: the buffer has five elements, and its pages open when they are touched.
        let value = unsafe { std::ptr::read_volatile(pointers[1].cast::<i32>()) };
        workspace.seen(&watch.end());
        assert!((0..16).contains(&value));
        assert_eq!(workspace.hidden(), [0, 2]);
    }
}
