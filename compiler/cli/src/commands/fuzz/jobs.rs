//! The same work in several threads.

use crate::failure::{Kind, OrFail, Outcome};

/// Runs `work` in so many threads, each to its end.
///
/// # Errors
/// The first failure, in the order of the threads.
pub fn in_parallel(count: usize, work: impl Fn() -> Outcome<()> + Sync) -> Outcome<()> {
    let outcomes: Vec<Outcome<()>> = std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..count).map(|_| scope.spawn(&work)).collect();
        let ended = |job: std::thread::ScopedJoinHandle<'_, Outcome<()>>| {
            job.join().unwrap_or_else(|_| Err("a job failed").or_fail(Kind::Other))
        };
        jobs.into_iter().map(ended).collect()
    });
    outcomes.into_iter().collect()
}
