//! One measured program.

use super::DatasetError;
use crate::features::Features;
use crate::{MachineFeatures, schema_hash};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One program with its measured schedules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramRecord {
    /// Unique in the data set.
    pub program_name: String,
    /// The family of the generator that made it.
    pub shape: String,
    /// The seed from which the generator makes it again.
    pub seed: u64,
    /// [`key`] of the seed and the options; empty in files of old.
    #[serde(default)]
    pub key: String,
    /// The generator's options, in words: `NAME=VALUE` and spaces.
    #[serde(default)]
    pub options: String,
    /// The program as C.
    pub source: String,
    /// The hash of the layout of all `features` here; empty where there are none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub feature_schema: String,
    pub machine: MachineFeatures,
    #[serde(default)]
    pub circumstances: Circumstances,
    /// Shortest measured time of the original program, in milliseconds.
    pub initial_execution_time: f64,
    /// The empty schedule first; none where the program was left out.
    pub schedules_list: Vec<ScheduleRecord>,
    /// Why nothing of the program can be measured, here or anywhere: it is not tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

/// What the measurements were made with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    /// The machine's fingerprint.
    pub machine: String,
    /// The compiler's version, and the hash of its executable.
    pub compiler: String,
    /// What follows `-march=`.
    pub march: String,
    /// The machine's load when the program's measurements began.
    pub load: f64,
    /// How many runs other work disturbed; they are among the times.
    pub disturbed: u64,
}

/// One measured schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScheduleRecord {
    /// The schedule's text; empty for the original order.
    pub sched_str: String,
    /// How it was drawn; empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// All measured times, in milliseconds, in the order of the runs.
    #[serde(deserialize_with = "times")]
    pub execution_times: Vec<f64>,
    /// [`Features::to_list`] of the scheduled tree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<f32>,
}

/// Times, of which a writer that has no number may say `null`.
fn times<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let times: Vec<Option<f64>> = Vec::deserialize(deserializer)?;
    Ok(times.into_iter().map(|time| time.unwrap_or(f64::NAN)).collect())
}

/// What a record is known by: the same seed and options give the same program and the same draws of schedules.
pub fn key(seed: u64, options: &str) -> String {
    let hash = Sha256::digest(format!("{seed} {options}"));
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl ScheduleRecord {
    /// A record of measured times in milliseconds.
    pub fn new(sched_str: String, origin: &str, execution_times: Vec<f64>) -> Self {
        Self { sched_str, origin: origin.to_owned(), execution_times, features: Vec::new() }
    }

    /// The shortest time in milliseconds, `None` when nothing valid was measured.
    pub fn best_time(&self) -> Option<f64> {
        let valid = self.execution_times.iter().copied().filter(|time| *time > 0.0);
        valid.filter(|time| time.is_finite()).min_by(f64::total_cmp)
    }
}

impl ProgramRecord {
    /// The schedules that have both a time and features of this version, with their times in
    /// milliseconds.
    pub fn measured(&self) -> Result<Vec<(&ScheduleRecord, Features, f64)>, DatasetError> {
        let expected = schema_hash();
        if self.feature_schema != expected && !self.schedules_list.is_empty() {
            return Err(DatasetError::OtherSchema {
                program: self.program_name.clone(),
                expected,
                found: self.feature_schema.clone(),
            });
        }
        self.schedules_list
            .iter()
            .filter_map(|schedule| schedule.best_time().map(|time| (schedule, time)))
            .map(|(schedule, time)| Ok((schedule, Features::from_list(&schedule.features)?, time)))
            .collect()
    }

    /// What is wrong with a record that could be parsed, if anything is.
    pub fn fault(&self) -> Option<String> {
        let name = &self.program_name;
        if self.left_out.is_some() {
            return None;
        }
        let Some(original) = self.schedules_list.first() else {
            return Some(format!("`{name}` has no schedules"));
        };
        if !original.sched_str.is_empty() {
            return Some(format!(
                "the first schedule of `{name}` is not the original order, which is empty"
            ));
        }
        let is_time = |time: f64| time > 0.0 && time.is_finite();
        if !is_time(self.initial_execution_time) {
            let found = self.initial_execution_time;
            return Some(format!(
                "the initial execution time of `{name}` is {found}, no time in milliseconds"
            ));
        }
        for (number, schedule) in self.schedules_list.iter().enumerate() {
            if let Some(wrong) = schedule.execution_times.iter().find(|time| !is_time(**time)) {
                return Some(format!(
                    "schedule {number} of `{name}` has the label {wrong}, which is no time in milliseconds"
                ));
            }
            if let Some(wrong) = schedule.features.iter().find(|value| !value.is_finite()) {
                return Some(format!("schedule {number} of `{name}` has the feature {wrong}"));
            }
        }
        None
    }
}
