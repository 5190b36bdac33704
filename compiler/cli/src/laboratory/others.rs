//! Code of others on the same data, and single runs for those who decide themselves when it is enough.

use super::*;
use loopwright_runtime::Deviation;

/// How long one run of somebody else's code may take.
const OTHERS_LIMIT: Duration = Duration::from_secs(600);

impl Laboratory<'_> {
    /// Compares the results of code of others bit for bit; it may take as long as it likes.
    pub fn check_other(&mut self, entry: &EntryPoint) -> Result<RunOutcome, WorkerError> {
        self.worker.check(entry, OTHERS_LIMIT)
    }

    /// How far its results are from the original's, where rounding otherwise explains that.
    pub fn rounding_of_other(
        &mut self,
        entry: &EntryPoint,
    ) -> Result<Option<Accuracy>, WorkerError> {
        let (_, deviations) = self.worker.check_near(entry, OTHERS_LIMIT)?;
        let explained = deviations.iter().all(Deviation::is_rounding);
        Ok(Accuracy::of(self.program, &deviations).filter(|_| explained))
    }

    /// The original as it is compiled.
    pub fn original(&self) -> EntryPoint {
        self.original.clone()
    }

    /// One run within a limit, and how often other work took the processor from it.
    pub fn sample_within(
        &mut self,
        entry: &EntryPoint,
        limit: Duration,
    ) -> Result<(RunOutcome, u64), WorkerError> {
        let outcome = self.worker.sample(entry, limit)?;
        Ok((outcome, self.worker.preempted()))
    }

    /// One run, whose results are not looked at.
    pub fn sample(&mut self, entry: &EntryPoint) -> Result<RunOutcome, WorkerError> {
        self.worker.sample(entry, OTHERS_LIMIT)
    }
}
