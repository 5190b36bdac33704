//! Memory for one buffer: pages of its own between two ranges that nobody may touch.

use crate::memory::page_size;
use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;

/// Bytes on each side of a buffer where every access is a fault. Wide, so that a subscript that is off
/// by a few rows does not reach another buffer; it is address space only.
pub(crate) const GUARD: usize = 1 << 20;

/// The size of a huge page on the machines that we know.
const HUGE_PAGE: usize = 2 << 20;

/// An anonymous private mapping. The data begins on a page (so it is aligned for every vector); the
/// rest of its last page is zero; an access beyond its pages is a fault ([`GUARD`]).
///
/// Huge pages are advised for all mappings alike, and data that fills one begins on one: they take most of
/// the luck out of which physical pages a buffer gets, and so out of the conflicts in the caches.
pub struct Mapping {
    /// Start of the reserved range, the guard included.
    base: NonNull<c_void>,
    reserved: usize,
    /// From the start of the range to the data, and how many bytes of pages begin there.
    offset: usize,
    pages: usize,
    length: usize,
}

impl Mapping {
    /// Zeroed memory of `length` bytes.
    pub fn new(length: usize) -> io::Result<Self> {
        let page = page_size();
        let too_long = || io::Error::from(io::ErrorKind::OutOfMemory);
        let pages = length.max(1).checked_next_multiple_of(page).ok_or_else(too_long)?;
        let alignment = if pages >= HUGE_PAGE { HUGE_PAGE } else { page };
        let reserved = pages.checked_add(2 * GUARD + alignment).ok_or_else(too_long)?;
        // SAFETY: a fresh mapping at an address of the kernel's choice, then changes to that range only.
        unsafe {
            let base = libc::mmap(
                std::ptr::null_mut(),
                reserved,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if base == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            let base = NonNull::new(base).ok_or_else(too_long)?;
            let data = (base.as_ptr() as usize + GUARD).next_multiple_of(alignment);
            let offset = data - base.as_ptr() as usize;
            let mapping = Self { base, reserved, offset, pages, length };
            let data = mapping.pointer();
            if libc::mprotect(data, pages, libc::PROT_READ | libc::PROT_WRITE) != 0 {
                return Err(io::Error::last_os_error());
            }
            // Advice: a system without huge pages refuses it and nothing is lost.
            libc::madvise(data, pages, libc::MADV_HUGEPAGE);
            let mut mapping = mapping;
            // Touched first, so that no run pays for page faults.
            mapping.bytes_mut().fill(0);
            Ok(mapping)
        }
    }

    /// A copy that can only be read: what a candidate writes out of bounds cannot change it.
    pub fn sealed_copy(of: &Self) -> io::Result<Sealed> {
        let mut copy = Self::new(of.length)?;
        copy.bytes_mut().copy_from_slice(of.bytes());
        // SAFETY: the range is the mapping's own; `Sealed` never gives a mutable reference to it.
        if unsafe { libc::mprotect(copy.pointer(), copy.pages, libc::PROT_READ) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Sealed(copy))
    }

    /// Where the data begins.
    pub fn pointer(&self) -> *mut c_void {
        self.base.as_ptr().wrapping_byte_add(self.offset)
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `length` readable bytes begin there, and no reference to them is mutable now.
        unsafe { std::slice::from_raw_parts(self.pointer().cast(), self.length) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.pointer().cast(), self.length) }
    }

    /// The rest of the last page, which nobody should have written.
    pub fn slack_mut(&mut self) -> &mut [u8] {
        let slack = self.pages - self.length;
        // SAFETY: these bytes are in the readable and writable pages of the mapping.
        unsafe {
            std::slice::from_raw_parts_mut(
                self.pointer().cast::<u8>().wrapping_add(self.length),
                slack,
            )
        }
    }
}

/// A mapping whose pages are read-only.
pub struct Sealed(Mapping);

impl Sealed {
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: unmaps exactly what `new` mapped.
        unsafe { libc::munmap(self.base.as_ptr(), self.reserved) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_aligned_zero_and_writable() {
        let mut mapping = Mapping::new(5000).expect("mapped");
        assert_eq!(mapping.pointer() as usize % page_size(), 0);
        assert!(mapping.bytes().iter().all(|byte| *byte == 0));
        assert_eq!(mapping.slack_mut().len(), 2 * page_size() - 5000);
        mapping.bytes_mut().fill(7);
        assert_eq!(mapping.bytes().iter().map(|byte| u64::from(*byte)).sum::<u64>(), 35_000);
        assert!(mapping.slack_mut().iter().all(|byte| *byte == 0));
    }

    #[test]
    fn data_that_fills_huge_pages_begins_on_one() {
        let mapping = Mapping::new(3 * HUGE_PAGE + 5).expect("mapped");
        assert_eq!(mapping.pointer() as usize % HUGE_PAGE, 0);
        assert_eq!(mapping.bytes().len(), 3 * HUGE_PAGE + 5);
    }

    #[test]
    fn a_sealed_copy_is_equal_and_read_only() {
        let mut mapping = Mapping::new(5000).expect("mapped");
        mapping.bytes_mut().fill(7);
        let sealed = Mapping::sealed_copy(&mapping).expect("copied");
        assert_eq!(sealed.bytes(), mapping.bytes());
        let start = format!("{:x}-", sealed.0.pointer() as usize);
        let maps = std::fs::read_to_string("/proc/self/maps").expect("read");
        let line = maps.lines().find(|line| line.starts_with(&start)).expect("a range of its own");
        assert!(line.contains(" r--p "), "{line}");
    }

    #[test]
    fn an_absurd_length_is_an_error() {
        assert!(Mapping::new(usize::MAX).is_err());
        assert!(Mapping::new(1 << 60).is_err());
    }
}
