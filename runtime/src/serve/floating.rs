//! How the processor treats floating-point numbers: rounding, denormals, exceptions.
//!
//! It is a state of a thread, which code may change for good: objects that GCC links with `-Ofast` have a
//! constructor that flushes denormals to zero. What one library did must not reach another one's run.

/// The control bits, without those that say what has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    control: u64,
    /// Of the x87 unit, which `long double` uses.
    stack: u16,
}

#[cfg(target_arch = "x86_64")]
impl Mode {
    /// The status flags of MXCSR.
    const STATUS: u64 = 0x3f;

    /// The calling thread's.
    pub fn current() -> Self {
        let (mut control, mut stack) = (0_u32, 0_u16);
        // SAFETY: both instructions store a register into a variable of its size.
        unsafe {
            std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack));
            std::arch::asm!("fnstcw [{}]", in(reg) &raw mut stack, options(nostack));
        }
        Self { control: u64::from(control) & !Self::STATUS, stack }
    }

    /// Sets the calling thread's.
    pub fn set(self) {
        let (control, stack) = (self.control as u32, self.stack);
        // SAFETY: both load what `current` has stored, which the registers accept. Our own code is
        // compiled for the default state, so callers go back to it before they compute anything.
        unsafe {
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack));
            std::arch::asm!("fldcw [{}]", in(reg) &raw const stack, options(nostack));
        }
    }
}

#[cfg(target_arch = "aarch64")]
impl Mode {
    /// The calling thread's.
    pub fn current() -> Self {
        let control: u64;
        // SAFETY: reads a register.
        unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nostack, nomem)) };
        Self { control, stack: 0 }
    }

    /// Sets the calling thread's.
    pub fn set(self) {
        // SAFETY: writes what `current` has read.
        unsafe { std::arch::asm!("msr fpcr, {}", in(reg) self.control, options(nostack, nomem)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl Mode {
    /// Not known for this processor.
    pub fn current() -> Self {
        Self { control: 0, stack: 0 }
    }

    /// Nothing to set.
    pub fn set(self) {}
}

impl Mode {
    /// Runs something in this mode and goes back to the one before. Also gives the mode that it was left in.
    pub fn during<T>(self, run: impl FnOnce() -> T) -> (T, Self) {
        let before = Self::current();
        self.set();
        let outcome = run();
        let left = Self::current();
        before.set();
        (outcome, left)
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// A quotient that is a denormal, or zero where those are flushed.
    fn tiny() -> f64 {
        std::hint::black_box(f64::MIN_POSITIVE) / std::hint::black_box(4.0)
    }

    #[test]
    fn a_mode_ends_with_what_it_is_for() {
        let usual = Mode::current();
        let flushing = Mode { control: usual.control | 0x8040, ..usual };
        let (inside, left) = flushing.during(tiny);
        assert_eq!((inside, left), (0.0, flushing));
        assert!(tiny() > 0.0);
        assert_eq!(Mode::current(), usual);
        let ((), left) = usual.during(|| flushing.set());
        assert_eq!(left, flushing);
        assert_eq!(Mode::current(), usual);
    }

    #[test]
    fn flags_of_what_has_happened_are_no_mode() {
        let before = Mode::current();
        std::hint::black_box(std::hint::black_box(1.0_f64) / std::hint::black_box(3.0));
        assert_eq!(Mode::current(), before);
    }
}
