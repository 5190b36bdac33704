//! Buffers that begin or end with a page that cannot be touched, or of which whole pages are missing.

use crate::harness::{Loaded, assert_same, fill, options};
use crate::interpret::{Buffers, interpret};
use loopwright_codegen::{Kernel, Options};
use loopwright_ir::*;
use std::ffi::c_void;

/// Which elements of an array are there.
#[derive(Clone, Debug)]
pub enum Place {
    /// All, and nothing behind them.
    Whole,
    /// All, and nothing before them.
    WholeFirst,
    /// None: a null pointer.
    Null,
    /// The first so many.
    First(usize),
    /// The last so many.
    Last(usize),
    /// Those of the pages that are named, from the array's first byte on.
    Pages(Vec<bool>),
}

const PAGE: usize = 4096;

/// Memory between two pages that cannot be touched.
struct Mapping {
    base: *mut u8,
    bytes: usize,
}

impl Mapping {
    fn new(data: usize) -> Self {
        let bytes = data.next_multiple_of(PAGE) + 2 * PAGE;
        // SAFETY: a new anonymous mapping touches nothing else.
        let base = unsafe {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0)
        };
        assert_ne!(base, libc::MAP_FAILED);
        let mapping = Self { base: base.cast(), bytes };
        mapping.close(0);
        mapping.close(bytes / PAGE - 1);
        mapping
    }

    /// Nobody may touch a page any more.
    fn close(&self, page: usize) {
        // SAFETY: the page is one of the mapping's.
        let closed =
            unsafe { libc::mprotect(self.base.add(page * PAGE).cast(), PAGE, libc::PROT_NONE) };
        assert_eq!(closed, 0);
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nothing refers to the mapping any more.
        unsafe { libc::munmap(self.base.cast(), self.bytes) };
    }
}

/// An array's elements as far as they are there.
struct Guarded {
    mapping: Mapping,
    /// Where its first element is, or would be.
    start: *mut u8,
    /// The bytes that are there.
    there: Vec<std::ops::Range<usize>>,
}

impl Guarded {
    fn new(data: &[u8], size: usize, place: &Place) -> Option<Self> {
        let count = data.len() / size;
        let (there, at_end) = match place {
            Place::Null => return None,
            Place::Whole => (0..data.len(), true),
            Place::WholeFirst => (0..data.len(), false),
            Place::First(some) => (0..some * size, true),
            Place::Last(some) => ((count - some) * size..data.len(), false),
            Place::Pages(_) => (0..data.len(), false),
        };
        let mapping = Mapping::new(there.len());
        let inside = mapping.bytes - 2 * PAGE;
        let offset = PAGE + if at_end { inside - there.len() } else { 0 };
        let start = mapping.base.wrapping_add(offset).wrapping_sub(there.start);
        // SAFETY: the mapping has room for what is there.
        unsafe {
            let target = start.wrapping_add(there.start);
            std::ptr::copy_nonoverlapping(data[there.clone()].as_ptr(), target, there.len());
        }
        let mut guarded = Self { mapping, start, there: vec![there.clone()] };
        if let Place::Pages(open) = place {
            guarded.there.clear();
            for (page, open) in open.iter().enumerate() {
                if *open {
                    let range = page * PAGE..((page + 1) * PAGE).min(there.len());
                    guarded.there.push(range);
                } else {
                    guarded.mapping.close(page + 1);
                }
            }
        }
        Some(guarded)
    }

    /// Takes what is there into a buffer.
    fn read_into(&self, data: &mut [u8]) {
        for range in &self.there {
            // SAFETY: these bytes are there.
            unsafe {
                let source = self.start.wrapping_add(range.start);
                let target = data[range.clone()].as_mut_ptr();
                std::ptr::copy_nonoverlapping(source, target, range.len());
            }
        }
    }
}

/// Runs the tree natively where only some elements are there, after `prepare` has changed the contents, and compares
/// with the oracle. An access to anything else ends the process.
pub fn check_pages(
    program: &Program,
    tree: &LoopTree,
    places: &[Place],
    prepare: impl Fn(&mut Buffers),
) {
    let wanted = Options { any_neighbours: true, ..options(program) };
    let parameters = program.parameter_values().unwrap();
    let mut start = fill(program, &parameters);
    prepare(&mut start);
    let mut expected = start.clone();
    interpret(program, tree, &parameters, &mut expected);
    let size = |array: &Array| usize::try_from(array.element.bytes()).unwrap();
    let guarded: Vec<Option<Guarded>> = program
        .arrays
        .iter()
        .zip(&start)
        .zip(places)
        .map(|((array, data), place)| Guarded::new(data, size(array), place))
        .collect();
    let pointers: Vec<*mut c_void> = guarded
        .iter()
        .map(|one| one.as_ref().map_or(std::ptr::null_mut(), |one| one.start.cast()))
        .collect();
    let kernel = Kernel { program, tree, fallback: None };
    Loaded::native_with(&kernel, &wanted).entry_at(&parameters, &pointers);
    let mut actual = start;
    for (one, data) in guarded.iter().zip(&mut actual) {
        if let Some(one) = one {
            one.read_into(data);
        }
    }
    assert_same(program, tree, &expected, &actual, "entry");
}

/// The same with arrays at the beginning and at the end of pages.
pub fn check_both_ends(
    program: &Program,
    tree: &LoopTree,
    places: &[Place],
    prepare: impl Fn(&mut Buffers) + Copy,
) {
    check_pages(program, tree, places, prepare);
    let other = |place: &Place| match place {
        Place::Whole => Place::WholeFirst,
        other => other.clone(),
    };
    let others: Vec<Place> = places.iter().map(other).collect();
    check_pages(program, tree, &others, prepare);
}
