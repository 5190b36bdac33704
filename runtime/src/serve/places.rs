//! Where a function has the program's arrays: in the arena, or among a library's own variables.

use super::arena::Arena;
use std::ffi::c_void;
use std::ops::Range;

/// The memory of one buffer for one library.
#[derive(Clone, Debug)]
struct Place {
    address: *mut c_void,
    length: usize,
    /// Not the arena's: it has the array's extent, and what lies behind it is somebody else's.
    own: bool,
    /// Constant data stays what it is: the compiler may have computed with it.
    writable: bool,
}

/// The memory of all buffers for one library.
#[derive(Clone, Debug)]
pub struct Places(Vec<Place>);

impl Places {
    /// The arena's memory.
    pub fn of_arena(arena: &mut Arena) -> Self {
        let lengths: Vec<usize> = arena.lengths().collect();
        let pointers = arena.pointers().iter().zip(lengths);
        let place = |(address, length): (&*mut c_void, usize)| Place {
            address: *address,
            length,
            own: false,
            writable: true,
        };
        Self(pointers.map(place).collect())
    }

    /// The memory that a locator names: `found` are the arena's addresses, some of them replaced.
    pub fn located(arena: &mut Arena, found: &[*mut c_void]) -> Self {
        let mut places = Self::of_arena(arena);
        let writable = writable_ranges();
        for (place, found) in places.0.iter_mut().zip(found) {
            if !found.is_null() && *found != place.address {
                place.address = *found;
                place.own = true;
                place.writable = is_writable(&writable, *found as usize, place.length);
            }
        }
        places
    }

    /// The argument of a call.
    pub fn pointers(&self) -> Vec<*mut c_void> {
        self.0.iter().map(|place| place.address).collect()
    }

    /// How many buffers there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether a buffer is the library's own variable.
    pub fn is_own(&self, buffer: usize) -> bool {
        self.0.get(buffer).is_some_and(|place| place.own)
    }

    /// Whether a buffer may be given contents.
    pub fn is_writable(&self, buffer: usize) -> bool {
        self.0.get(buffer).is_none_or(|place| place.writable)
    }

    /// What a buffer holds.
    pub fn bytes(&self, buffer: usize) -> &[u8] {
        self.0.get(buffer).map_or(&[], |place| {
            // SAFETY: the arena's mappings and a library's variables stay as long as the process, since
            // nothing is unloaded, and hold the array's extent. Nobody changes them outside of calls.
            unsafe { std::slice::from_raw_parts(place.address.cast(), place.length) }
        })
    }

    /// Gives a buffer contents of its length, unless it is constant.
    pub fn write(&self, buffer: usize, contents: &[u8]) {
        if let Some(place) = self.0.get(buffer).filter(|place| place.writable) {
            let length = place.length.min(contents.len());
            // SAFETY: as for `bytes`, and the pages can be written. The contents lie elsewhere, or are the
            // very same memory (a buffer of the arena that is copied onto itself), which `copy` allows.
            unsafe {
                std::ptr::copy(contents.as_ptr(), place.address.cast(), length);
            }
        }
    }
}

/// The ranges of addresses of this process that can be written, ascending.
fn writable_ranges() -> Vec<Range<usize>> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let range = |line: &str| {
        let (addresses, rest) = line.split_once(' ')?;
        let (start, end) = addresses.split_once('-')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        (rest.as_bytes().get(1) == Some(&b'w')).then_some(start..end)
    };
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in maps.lines().filter_map(range) {
        match merged.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => merged.push(range),
        }
    }
    merged
}

fn is_writable(ranges: &[Range<usize>], start: usize, length: usize) -> bool {
    let end = start.saturating_add(length);
    ranges.iter().any(|range| range.start <= start && end <= range.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, Contents, ElementType};

    static CONSTANT: [u64; 4] = [1, 2, 3, 4];

    #[test]
    fn constant_data_is_never_written() {
        let buffer = Buffer::new(ElementType::U64, 4, Contents::Zero);
        let mut arena = Arena::new(&[buffer.clone(), buffer]).expect("allocated");
        let mut own = [5_u64; 4];
        let constant = (&raw const CONSTANT).cast_mut().cast();
        let places = Places::located(&mut arena, &[constant, own.as_mut_ptr().cast()]);
        assert!(places.is_own(0) && !places.is_writable(0));
        assert!(places.is_own(1) && places.is_writable(1));
        for buffer in [0, 1] {
            places.write(buffer, &[0; 32]);
        }
        assert_eq!(places.bytes(0)[0], 1);
        assert_eq!(own, [0; 4]);
    }

    #[test]
    fn what_a_locator_leaves_alone_is_the_arenas() {
        let mut arena =
            Arena::new(&[Buffer::new(ElementType::F64, 3, Contents::Zero)]).expect("allocated");
        let pointers = arena.pointers().to_vec();
        for found in [pointers, vec![std::ptr::null_mut()]] {
            let places = Places::located(&mut arena, &found);
            assert!(!places.is_own(0) && places.is_writable(0));
            assert_eq!(places.bytes(0).len(), 24);
        }
    }
}
