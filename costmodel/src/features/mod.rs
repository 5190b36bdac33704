//! The numbers by which the learned model knows a scheduled loop tree.
//!
//! [`extract`] turns a [`Profile`] into a [`Features`] value of the fixed layout that
//! [`layout`] names. Everything is a logarithm, a share or a mark, so that sizes of any order of
//! magnitude stay within a small range.

mod coarse;
pub mod layout;
mod row;

use crate::profile::{OccurrenceProfile, Profile};
use crate::{DatasetError, MachineFeatures};
use coarse::Estimate;
use layout::{GLOBAL_WIDTH, OWN_WIDTH, STATEMENT_WIDTH, STATEMENTS};
use loopwright_ir::{LoopTree, Program};

/// Features of one loop tree. Rows are [`STATEMENT_WIDTH`] long, one for each kept occurrence.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    statements: Vec<f32>,
    globals: Vec<f32>,
}

impl Features {
    /// Kept occurrences, at most [`STATEMENTS`].
    pub fn statement_count(&self) -> usize {
        self.statements.len() / STATEMENT_WIDTH
    }

    /// All rows one after the other.
    pub fn statements(&self) -> &[f32] {
        &self.statements
    }

    /// Each row, taken apart into what stands before its accesses and the accesses.
    pub(crate) fn statement_rows(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        self.statements
            .chunks_exact(STATEMENT_WIDTH)
            .filter_map(|row| row.split_at_checked(OWN_WIDTH))
    }

    /// The values of the whole tree.
    pub fn globals(&self) -> &[f32] {
        &self.globals
    }

    /// One list for a file: the global values, then the rows.
    pub fn to_list(&self) -> Vec<f32> {
        self.globals.iter().chain(&self.statements).copied().collect()
    }

    /// The inverse of [`to_list`](Self::to_list); refuses a list of another layout.
    pub fn from_list(list: &[f32]) -> Result<Self, DatasetError> {
        let bad = DatasetError::BadFeatures { length: list.len() };
        let Some((globals, statements)) = list.split_at_checked(GLOBAL_WIDTH) else {
            return Err(bad);
        };
        let count = statements.len() / STATEMENT_WIDTH;
        if statements.len() % STATEMENT_WIDTH != 0 || !(1..=STATEMENTS).contains(&count) {
            return Err(bad);
        }
        Ok(Self { statements: statements.to_vec(), globals: globals.to_vec() })
    }
}

/// The features of a scheduled tree of a specialised program (a parameter without a value counts as
/// 1000). Deterministic; tens of microseconds.
pub fn extract(program: &Program, tree: &LoopTree, machine: &MachineFeatures) -> Features {
    let profile = Profile::new(program, tree, machine);
    let estimates: Vec<Estimate> =
        profile.occurrences.iter().map(|found| coarse::estimate(found, machine)).collect();
    let mut order: Vec<(&OccurrenceProfile<'_>, &Estimate)> =
        profile.occurrences.iter().zip(&estimates).collect();
    order.sort_by(|left, right| right.1.total.total_cmp(&left.1.total));
    let mut statements = Vec::with_capacity(order.len().min(STATEMENTS) * STATEMENT_WIDTH);
    for (occurrence, estimate) in order.iter().take(STATEMENTS) {
        row::push(occurrence, estimate, machine, &mut statements);
    }
    if order.is_empty() {
        statements.resize(STATEMENT_WIDTH, 0.0);
    }
    let total: f64 = estimates.iter().map(|estimate| estimate.total).sum();
    let kept: f64 = order.iter().take(STATEMENTS).map(|(_, estimate)| estimate.total).sum();
    let globals = globals(&profile, total, kept, machine);
    Features { statements, globals }
}

fn globals(profile: &Profile<'_>, total: f64, kept: f64, machine: &MachineFeatures) -> Vec<f32> {
    let sum = |value: &dyn Fn(&OccurrenceProfile<'_>) -> f64| -> f64 {
        profile.occurrences.iter().map(value).sum()
    };
    let count = profile.occurrences.len();
    let mut globals = Vec::with_capacity(GLOBAL_WIDTH);
    let caches = machine.caches();
    globals.extend(caches.map(log));
    globals.push(log(machine.thread_count()));
    globals.push(log(f64::from(machine.vector_bits)));
    globals.push(log(count as f64));
    globals.push(log(count.saturating_sub(STATEMENTS) as f64));
    globals.push(rounded(1.0 - kept / total.max(1e-9)));
    globals.push(log(profile.loops as f64));
    globals.push(log(sum(&|found| found.instances)));
    globals.push(log(sum(&|found| found.instances * found.body.per_instance.iter().sum::<f64>())));
    globals.extend(caches.map(|cache| ratio(profile.total_bytes, cache)));
    globals.push(log(sum(&row::forks)));
    globals.push(log(total));
    globals
}

/// Base-2 logarithm of one plus a value that is not negative.
fn log(value: f64) -> f32 {
    rounded((1.0 + value.max(0.0)).log2())
}

/// Base-2 logarithm of a quotient, within -20 to 20.
fn ratio(value: f64, unit: f64) -> f32 {
    rounded((value / unit).max(1e-9).log2().clamp(-20.0, 20.0))
}

/// Rounded to thousandths, so that files stay short; what is not finite becomes 0.
fn rounded(value: f64) -> f32 {
    let value = (value * 1000.0).round() / 1000.0;
    if value.is_finite() { value as f32 } else { 0.0 }
}

fn flag(value: bool) -> f32 {
    f32::from(u8::from(value))
}
