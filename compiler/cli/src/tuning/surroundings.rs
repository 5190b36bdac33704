//! The machine that is tuned for, and the model that predicts.

use super::SearchArguments;
use crate::failure::{Kind, OrFail, Outcome};
use crate::target::{runnable, vector_bits_of};
use loopwright_codegen::{Target, target_for_march};
use loopwright_costmodel::{MachineFeatures, Scorer};
use loopwright_runtime::{Database, Machine};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What the machine is, to the search and to the cost model.
pub struct Surroundings {
    pub machine: Machine,
    pub threads: u32,
    /// Width of the vectors that code may use, which may be less than the machine has.
    pub vector_bits: u32,
    /// What code is for.
    pub target: Target,
    pub scorer: Scorer,
    pub interrupt: Arc<AtomicBool>,
    /// Where results are looked up and kept.
    pub records: Option<Database>,
    /// Whether a choice by prediction alone is timed in the end.
    pub times_choice: bool,
}

impl Surroundings {
    /// Looks at the machine and loads the model, saying aloud when the analytical estimate takes over.
    ///
    /// # Errors
    /// Code is wanted for a machine that is not known, or that this one cannot run, where it has to.
    pub fn new(arguments: &SearchArguments, interrupt: Arc<AtomicBool>) -> Outcome<Self> {
        let machine = Machine::detect();
        let march = arguments.march.as_str();
        let target = match arguments.no_measure {
            true => target_for_march(march).or_fail(Kind::Environment)?,
            false => runnable(march)?,
        };
        let vector_bits = vector_bits_of(march).unwrap_or(machine.vector_bits);
        let threads = thread_count(arguments.threads, &machine);
        let (scorer, warning) = Scorer::load_or_fallback(arguments.model.as_deref());
        if let Some(warning) = warning {
            let path = arguments
                .model
                .as_ref()
                .map_or("the shipped model".to_owned(), |path| path.display().to_string());
            eprintln!("warning: {path}: {warning} (the analytical model takes over)");
        }
        Ok(Self {
            machine,
            threads,
            vector_bits,
            target,
            scorer,
            interrupt,
            records: None,
            times_choice: false,
        })
    }

    /// The same with a memory.
    pub fn with_records(self, records: Option<Database>) -> Self {
        Self { records, ..self }
    }

    /// The same, for a table that shows a time for everything.
    pub fn timing_choices(self) -> Self {
        Self { times_choice: true, ..self }
    }

    /// As the cost model sees the machine.
    pub fn features(&self) -> MachineFeatures {
        let vector_bits = self.vector_bits;
        MachineFeatures { vector_bits, ..machine_features(&self.machine, self.threads) }
    }

    /// As the search sees it.
    pub fn search_machine(&self) -> loopwright_search::Machine {
        let vector_bits = self.vector_bits;
        loopwright_search::Machine { vector_bits, ..search_machine(&self.machine, self.threads) }
    }
}

/// How many threads parallel loops run on: as asked for, or OMP_NUM_THREADS, or all.
pub fn thread_count(asked: Option<u32>, machine: &Machine) -> u32 {
    let from_environment = || std::env::var("OMP_NUM_THREADS").ok()?.parse().ok();
    asked.or_else(from_environment).unwrap_or(u32::try_from(machine.threads).unwrap_or(1)).max(1)
}

/// The machine as the cost model sees it.
pub fn machine_features(machine: &Machine, threads: u32) -> MachineFeatures {
    MachineFeatures {
        l1_bytes: machine.caches.l1_data,
        l2_bytes: machine.caches.l2,
        l3_bytes: machine.caches.l3,
        threads,
        vector_bits: machine.vector_bits,
    }
}

/// The machine as the search sees it.
pub fn search_machine(machine: &Machine, threads: u32) -> loopwright_search::Machine {
    loopwright_search::Machine {
        vector_bits: machine.vector_bits,
        threads,
        l1_bytes: machine.caches.l1_data,
        l2_bytes: machine.caches.l2,
    }
}
