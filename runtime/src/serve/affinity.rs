//! On which cores threads may run.

use std::mem;

/// A set of cores.
#[derive(Clone, Copy)]
pub struct Cores(libc::cpu_set_t);

impl Cores {
    /// Those that the calling thread may run on; `None` if the system does not say.
    pub fn of_this_thread() -> Option<Self> {
        // SAFETY: the system fills in a set of the size that it is told; zero is the empty set.
        unsafe {
            let mut set: libc::cpu_set_t = mem::zeroed();
            let known = libc::sched_getaffinity(0, mem::size_of_val(&set), &raw mut set) == 0;
            known.then_some(Self(set))
        }
    }

    /// Runs `inside` on these cores, and goes back to those of before. Threads that it starts keep them.
    pub fn during<T>(self, inside: impl FnOnce() -> T) -> T {
        let before = Self::of_this_thread();
        self.take();
        let outcome = inside();
        if let Some(before) = before {
            before.take();
        }
        outcome
    }

    fn take(self) {
        // SAFETY: reads one valid set. If the system refuses, the thread stays where it is.
        unsafe { libc::sched_setaffinity(0, mem::size_of_val(&self.0), &raw const self.0) };
    }

    #[cfg(test)]
    fn count(self) -> i32 {
        // SAFETY: reads one valid set.
        unsafe { libc::CPU_COUNT(&self.0) }
    }

    #[cfg(test)]
    fn first(self) -> Self {
        // SAFETY: reads and writes valid sets within their size.
        unsafe {
            let mut set: libc::cpu_set_t = mem::zeroed();
            let first =
                (0..8 * mem::size_of_val(&set)).find(|core| libc::CPU_ISSET(*core, &self.0));
            libc::CPU_SET(first.unwrap_or(0), &mut set);
            Self(set)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_started_inside_are_free_of_the_callers_binding() {
        let all = Cores::of_this_thread().expect("a set of cores");
        let bound = std::thread::spawn(move || {
            all.first().take();
            let inside = all.during(|| std::thread::spawn(Cores::of_this_thread).join());
            let inside = inside.expect("a thread").expect("a set of cores").count();
            (inside, Cores::of_this_thread().expect("a set of cores").count())
        });
        assert_eq!(bound.join().expect("a thread"), (all.count(), 1));
    }
}
