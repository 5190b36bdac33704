//! What is touched of pages that are closed: they open at the first touch.
//!
//! A handler of the signal for faults knows a few ranges of pages. A fault in one of them opens that range and notes it,
//! and the instruction runs again; every other fault has its usual end.

use std::ffi::c_void;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// So many ranges at most.
const MOST: usize = 16;

/// The ranges' first and last addresses; those from the first empty one on are not used.
static RANGES: [(AtomicUsize, AtomicUsize); MOST] =
    [const { (AtomicUsize::new(0), AtomicUsize::new(0)) }; MOST];

/// Which ranges were touched.
static TOUCHED: [AtomicBool; MOST] = [const { AtomicBool::new(false) }; MOST];

/// A watch that goes on.
pub(super) struct Watch {
    count: usize,
    before: libc::sigaction,
}

impl Watch {
    /// Begins to watch these ranges of addresses, whole closed pages each.
    ///
    /// # Errors
    /// If there are too many, or the system refuses.
    pub fn begin(ranges: &[Range<usize>]) -> Result<Self, String> {
        if ranges.len() > MOST {
            return Err(format!("no more than {MOST} buffers can be watched"));
        }
        for ((first, end), range) in RANGES.iter().zip(ranges) {
            first.store(range.start, Ordering::Relaxed);
            end.store(range.end, Ordering::Relaxed);
        }
        TOUCHED.iter().for_each(|touched| touched.store(false, Ordering::Relaxed));
        // SAFETY: all-zero bits are a valid value of this plain C type.
        let mut before: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        let mut wanted: libc::sigaction = unsafe { std::mem::zeroed() };
        wanted.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        wanted.sa_sigaction = on_fault as extern "C" fn(_, _, _) as usize;
        // SAFETY: the handler calls nothing but system calls and touches atomics only.
        if unsafe { libc::sigaction(libc::SIGSEGV, &raw const wanted, &raw mut before) } != 0 {
            return Err(std::io::Error::last_os_error().to_string());
        }
        Ok(Self { count: ranges.len(), before })
    }

    /// Which of the ranges were touched, and are open now.
    pub fn end(self) -> Vec<bool> {
        // SAFETY: what was there before is put back.
        unsafe { libc::sigaction(libc::SIGSEGV, &raw const self.before, std::ptr::null_mut()) };
        for (first, end) in &RANGES {
            first.store(0, Ordering::Relaxed);
            end.store(0, Ordering::Relaxed);
        }
        TOUCHED.iter().take(self.count).map(|touched| touched.load(Ordering::Relaxed)).collect()
    }
}

extern "C" fn on_fault(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the system passes the fault's description.
    let address = unsafe { (*info).si_addr() } as usize;
    for ((first, end), touched) in RANGES.iter().zip(&TOUCHED) {
        let (first, end) = (first.load(Ordering::Relaxed), end.load(Ordering::Relaxed));
        if (first..end).contains(&address) {
            touched.store(true, Ordering::Relaxed);
            let open = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: the range is whole pages of a workspace, which lives while it is watched.
            unsafe { libc::mprotect(first as *mut c_void, end - first, open) };
            return;
        }
    }
    // SAFETY: the instruction runs again, and its fault has its usual end.
    unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
}
