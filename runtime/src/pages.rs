//! Small buffers for code in this very process, each between pages that nobody may touch.
//!
//! A buffer ends with its last page or begins with its first one, so that an access beyond that
//! side is a fault; what is left of the pages on the other side holds a pattern, so that writes are
//! seen there. The pages are mapped once and used again and again.

use crate::Mismatch;
use crate::inside::InsideLibraries;
use crate::serve::compare;
use crate::serve::mapping::Mapping;
use loopwright_ir::ElementType;
use std::ffi::c_void;
use std::io;
use std::path::Path;

/// What the rest of the pages holds.
const FENCE_BYTE: u8 = 0xA5;

/// How many bytes beside a buffer are looked at.
const FENCE: usize = 256;

/// Which side of a buffer is at the border of its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// An access before the first element is a fault.
    First,
    /// An access behind the last element is a fault.
    Last,
}

/// Pages for buffers.
pub struct GuardedPages {
    slots: Vec<Slot>,
    bytes: usize,
}

struct Slot {
    mapping: Mapping,
    start: usize,
    length: usize,
}

/// An address in the pages: so many bytes behind a slot's buffer's first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    pub slot: usize,
    pub offset: usize,
}

impl GuardedPages {
    /// For so many buffers of at most so many bytes each, which is rounded up to pages.
    ///
    /// # Errors
    /// If the system gives no memory.
    pub fn new(slots: usize, bytes: usize) -> io::Result<Self> {
        let bytes = bytes.next_multiple_of(crate::memory::page_size());
        let slot = || Ok(Slot { mapping: Mapping::new(bytes)?, start: 0, length: 0 });
        let slots = (0..slots).map(|_| slot()).collect::<io::Result<_>>()?;
        Ok(Self { slots, bytes })
    }

    /// How many buffers there may be, and how many bytes each may have.
    pub fn limits(&self) -> (usize, usize) {
        (self.slots.len(), self.bytes)
    }

    /// Makes a buffer of so many bytes, with the pattern beside it. Whether there is room for it.
    pub fn place(&mut self, slot: usize, length: usize, border: Border) -> bool {
        let bytes = self.bytes;
        let Some(slot) = self.slots.get_mut(slot).filter(|_| length <= bytes) else {
            return false;
        };
        slot.length = length;
        slot.start = if border == Border::Last { bytes - length } else { 0 };
        let (start, end) = (slot.start, slot.start + length);
        let all = slot.mapping.bytes_mut();
        for range in [start.saturating_sub(FENCE)..start, end..(end + FENCE).min(bytes)] {
            if let Some(fence) = all.get_mut(range) {
                fence.fill(FENCE_BYTE);
            }
        }
        true
    }

    /// A buffer's bytes; none for a slot that does not exist.
    pub fn bytes(&self, slot: usize) -> &[u8] {
        let bytes = self
            .slots
            .get(slot)
            .and_then(|slot| slot.mapping.bytes().get(slot.start..slot.start + slot.length));
        bytes.unwrap_or_default()
    }

    /// A buffer's bytes, to be changed.
    pub fn bytes_mut(&mut self, slot: usize) -> &mut [u8] {
        let bytes = self.slots.get_mut(slot).and_then(|slot| {
            slot.mapping.bytes_mut().get_mut(slot.start..slot.start + slot.length)
        });
        bytes.unwrap_or_default()
    }

    /// The first difference of a buffer from what is right, or that something was written beside it.
    pub fn difference(&self, slot: usize, element: ElementType, right: &[u8]) -> Option<Mismatch> {
        let found = self.slots.get(slot)?;
        let (start, end) = (found.start, found.start + found.length);
        let all = found.mapping.bytes();
        let fences = [start.saturating_sub(FENCE)..start, end..(end + FENCE).min(all.len())];
        let broken = |range| {
            let fence: &[u8] = all.get(range).unwrap_or_default();
            fence.iter().any(|byte| *byte != FENCE_BYTE)
        };
        if fences.into_iter().any(broken) {
            return Some(Mismatch::OutOfBounds { buffer: slot });
        }
        let difference = compare::buffers(element, compare::Nan::Any, right, self.bytes(slot));
        Some(difference.difference?.mismatch(slot, element))
    }

    fn pointer(&self, address: Address) -> *mut c_void {
        match self.slots.get(address.slot) {
            Some(slot) => slot.mapping.pointer().wrapping_byte_add(slot.start + address.offset),
            None => std::ptr::null_mut(),
        }
    }
}

/// What a call under guard is told beside its arguments.
#[repr(C)]
struct Guarded {
    function: *const c_void,
    buffers: *mut *mut c_void,
    parameters: *const i64,
    milliseconds: i64,
    /// The signal that ended it, or 0.
    signal: i64,
}

impl InsideLibraries {
    /// Calls `void symbol(void **buffers, const int64_t *parameters)` of one library through the function
    /// `guard` of another one, which catches signals and gives the number of the one that ended the call, or 0.
    /// The guard's buffers are the address of a record of five words: the function, its buffers, its parameters,
    /// the milliseconds that it may take, and the signal, which the guard sets.
    ///
    /// # Errors
    /// In words, if a library does not load or lacks its symbol.
    pub fn call_guarded(
        &mut self,
        guard: (&Path, &str),
        function: (&Path, &str),
        pages: &mut GuardedPages,
        buffers: &[Address],
        parameters: &[i64],
        milliseconds: i64,
    ) -> Result<i64, String> {
        let function = self.entry(function.0, function.1)?;
        let guard = self.entry(guard.0, guard.1)?;
        let mut pointers: Vec<*mut c_void> =
            buffers.iter().map(|address| pages.pointer(*address)).collect();
        let mut record = Guarded {
            function: function as *const c_void,
            buffers: pointers.as_mut_ptr(),
            parameters: parameters.as_ptr(),
            milliseconds,
            signal: 0,
        };
        let mut argument: *mut c_void = (&raw mut record).cast();
        // SAFETY: the guard keeps to its interface, and what it calls is trusted as in `InsideLibrary::call`.
        unsafe { guard(&raw mut argument, parameters.as_ptr()) };
        Ok(record.signal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_lie_at_either_border_and_stray_writes_are_seen() {
        let mut pages = GuardedPages::new(2, 100).expect("memory");
        let page = pages.limits().1;
        for border in [Border::First, Border::Last] {
            assert!(pages.place(1, 24, border));
            pages.bytes_mut(1).fill(7);
            let right = pages.bytes(1).to_vec();
            assert_eq!(pages.difference(1, ElementType::F64, &right), None);
            let start = pages.slots[1].start;
            assert_eq!(start, if border == Border::First { 0 } else { page - 24 });
            let beside = if border == Border::First { 24 } else { start - 1 };
            pages.slots[1].mapping.bytes_mut()[beside] = 0;
            let difference = pages.difference(1, ElementType::F64, &right);
            assert_eq!(difference, Some(Mismatch::OutOfBounds { buffer: 1 }));
        }
        assert!(!pages.place(0, page + 1, Border::First));
        assert!(!pages.place(2, 1, Border::First));
    }
}
