//! The machine that is tuned for, and the model that predicts.

use super::SearchArguments;
use crate::benchmark::peak::{Level, Peak};
use crate::failure::{Kind, OrFail, Outcome};
use crate::target::{runnable, vector_bits_of};
use loopwright_codegen::{Target, target_for_march};
use loopwright_costmodel::{MachineFeatures, Rates, Scorer};
use loopwright_runtime::{Database, Machine};
use std::path::Path;
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
    /// Looks at the machine, and loads a model where one is asked for.
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
        let features = MachineFeatures { vector_bits, ..machine_features(&machine, threads) };
        let scorer = scorer(arguments.model.as_deref(), &features);
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

/// What ranks schedules: a model, or without one the estimate with what is known of the machine's speed. Says aloud when
/// the estimate takes over.
pub fn scorer(model: Option<&Path>, features: &MachineFeatures) -> Scorer {
    let (scorer, warning) = Scorer::load_or_fallback(model, Some(rates_of(features)));
    if let (Some(warning), Some(path)) = (warning, model) {
        eprintln!("warning: {}: {warning} (the analytical estimate takes over)", path.display());
    }
    scorer
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

/// The machine's rates for the estimate: as `doctor --peak` measured them where that was done, otherwise usual ones.
pub fn rates_of(features: &MachineFeatures) -> Rates {
    let usual = Rates::usual(features);
    let Some(peak) = Peak::load(&Machine::detect()) else { return usual };
    let narrow = peak.multiply_adds("double", 1, features.vector_bits.min(256));
    let widest = peak.multiply_adds("double", 1, features.vector_bits);
    let levels = [Level::L2, Level::L3, Level::Memory];
    // A triad's 24 bytes an element are 32 that pass: what is written was read before.
    let passing = |threads: u32, usual: [f64; 3]| {
        let mut rates = usual;
        for (rate, level) in rates.iter_mut().zip(levels) {
            if let Some(found) = peak.bandwidth(level, threads) {
                *rate = found * 32.0 / 24.0;
            }
        }
        rates
    };
    // Two units, each with a multiply-add on 256 bits.
    let gigahertz = narrow.map_or(usual.gigahertz, |rate| rate / 16.0);
    Rates {
        gigahertz,
        wide: narrow
            .zip(widest)
            .map_or(usual.wide, |(narrow, widest)| (2.0 * narrow / widest).clamp(1.0, 2.0)),
        one_thread: passing(1, usual.one_thread),
        all_threads: passing(peak.threads, usual.all_threads),
        threads: f64::from(peak.threads),
        ..usual
    }
}
