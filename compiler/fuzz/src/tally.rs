//! What was looked at, counted.

use crate::View;
use loopwright_transform::Cause;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts that add up over batches and workers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub programs: u64,
    /// Programs and schedules of at least one step that all views looked at.
    pub pairs: u64,
    /// Pairs whose native code had all of the usual passes.
    pub fully_optimised: u64,
    /// Pairs whose loops the native view could not run yet.
    pub without_native: u64,
    /// Programs with an array that is not there: it is read under conditions only, none of which holds.
    #[serde(default)]
    pub without_array: u64,
    /// Pairs whose native code ran with relaxed arithmetic, too.
    #[serde(default)]
    pub relaxed: u64,
    /// Pairs by the family of the program.
    pub by_shape: BTreeMap<String, u64>,
    /// Pairs by how many steps were accepted.
    pub by_length: BTreeMap<usize, u64>,
    /// In how many pairs' schedules a kind of step is.
    pub accepted: BTreeMap<String, u64>,
    /// How often a kind of step was refused, by the class of the cause.
    pub refused: BTreeMap<String, BTreeMap<String, u64>>,
    /// Disagreements by view.
    pub failures: BTreeMap<String, u64>,
    /// Microseconds by phase.
    pub microseconds: BTreeMap<String, u64>,
}

impl Tally {
    /// Adds another one's counts.
    pub fn add(&mut self, other: &Tally) {
        fn merge<K: Ord + Clone>(into: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            for (key, count) in from {
                *into.entry(key.clone()).or_default() += count;
            }
        }
        self.programs += other.programs;
        self.pairs += other.pairs;
        self.fully_optimised += other.fully_optimised;
        self.without_native += other.without_native;
        self.without_array += other.without_array;
        self.relaxed += other.relaxed;
        merge(&mut self.by_shape, &other.by_shape);
        merge(&mut self.by_length, &other.by_length);
        merge(&mut self.accepted, &other.accepted);
        merge(&mut self.failures, &other.failures);
        merge(&mut self.microseconds, &other.microseconds);
        for (step, classes) in &other.refused {
            merge(self.refused.entry(step.clone()).or_default(), classes);
        }
    }

    /// Counts a refused step.
    pub fn refuse(&mut self, step: &str, class: &str) {
        let classes = self.refused.entry(step.to_owned()).or_default();
        *classes.entry(class.to_owned()).or_default() += 1;
    }

    /// Counts a disagreement.
    pub fn fail(&mut self, view: View) {
        *self.failures.entry(view.name().to_owned()).or_default() += 1;
    }

    /// How many disagreements there were.
    pub fn failure_count(&self) -> u64 {
        self.failures.values().sum()
    }
}

/// The class of a cause: the name of its variant.
pub fn class(cause: &Cause) -> String {
    let text = format!("{cause:?}");
    text.chars().take_while(|character| character.is_alphanumeric()).collect()
}
