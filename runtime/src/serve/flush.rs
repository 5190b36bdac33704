//! Data out of the caches, for those who want to know how fast a first look at it is.

use super::places::Places;
use std::hint::black_box;

/// Bytes of a line, or less.
const LINE: usize = 64;

/// Puts every line of all buffers out of all levels of all cores' caches.
pub fn flush(places: &Places) {
    for buffer in 0..places.count() {
        flush_bytes(places.bytes(buffer));
    }
}

#[cfg(target_arch = "x86_64")]
fn flush_bytes(bytes: &[u8]) {
    use std::arch::x86_64::{_mm_clflush, _mm_mfence};
    // The first byte, one of each further line, and the last one, which may lie in a line more.
    for byte in bytes.iter().step_by(LINE).chain(bytes.last()) {
        // SAFETY: every x86-64 processor has the instruction, which changes no contents.
        unsafe { _mm_clflush(std::ptr::from_ref(byte)) };
    }
    // SAFETY: as above. It waits until all lines have gone.
    unsafe { _mm_mfence() };
    black_box(bytes);
}

/// More bytes than any cache has.
#[cfg(not(target_arch = "x86_64"))]
const LARGEST_CACHE: usize = 256 << 20;

/// Where no instruction flushes single lines: reads so much else that nothing of the buffers is left.
#[cfg(not(target_arch = "x86_64"))]
fn flush_bytes(_: &[u8]) {
    static OTHERS: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let others = OTHERS.get_or_init(|| vec![1; LARGEST_CACHE]);
    black_box(others.iter().step_by(LINE).map(|byte| u64::from(*byte)).sum::<u64>());
}
