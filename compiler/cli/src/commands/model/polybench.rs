//! Judging on PolyBench kernels, which no model is trained on: their schedules are measured now.

use super::EvalArguments;
use super::eval::Judged;
use crate::commands::dataset::{Candidate, Label, Labels, Proposer, compile_all, warn_of_load};
use crate::commands::polybench::{Loaded, Sources, kernels};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::interrupt;
use crate::laboratory::{CompilerSettings, Laboratory, LaboratoryOptions, Optimization};
use crate::report::progress;
use crate::tuning::{machine_features, search_machine, thread_count};
use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_codegen::host_target;
use loopwright_costmodel::{CostModel, Features, MachineFeatures, extract};
use loopwright_ir::{LoopTree, Program, ScheduleTree};
use loopwright_runtime::Machine;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long one schedule is timed.
const TIMING: Duration = Duration::from_millis(600);
/// Neighbours are drawn around so many of the first choices.
const FIRST: usize = 3;

/// The machine, as features and the search see it.
struct Seen {
    features: MachineFeatures,
    search: loopwright_search::Machine,
}

/// One entry a kernel, and how many schedules gave wrong results. An interrupt ends with the
/// kernels so far.
pub fn judge(arguments: &EvalArguments, model: CostModel) -> Outcome<(Vec<Judged>, usize)> {
    let kernels = kernels(&arguments.kernel)?;
    let sources = Sources::write()?;
    let machine = Machine::detect();
    let threads = thread_count(arguments.threads, &machine);
    warn_of_load(&machine);
    let seen = Seen {
        features: machine_features(&machine, threads),
        search: search_machine(&machine, threads),
    };
    let interrupt = interrupt::flag();
    let bar = progress(kernels.len() as u64, arguments.model.json);
    let (mut judged, mut wrong) = (Vec::new(), 0);
    for kernel in kernels {
        if interrupt.load(Ordering::SeqCst) {
            break;
        }
        bar.set_message(kernel.name);
        let loaded = sources.load(kernel, arguments.size)?;
        let measured = measure(arguments, kernel.name, &loaded, &seen, &mut wrong)?;
        judged.push(Judged::new(kernel.name, &model, &measured)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((judged, wrong))
}

/// Features and times of a kernel's schedules, the original order, as our own code, first.
fn measure(
    arguments: &EvalArguments,
    name: &str,
    loaded: &Loaded,
    seen: &Seen,
    wrong: &mut usize,
) -> Outcome<Vec<(Features, f64)>> {
    let Loaded { unit, flags, program } = loaded;
    let region = unit
        .regions
        .iter()
        .find(|region| region.result.is_ok())
        .ok_or_else(|| Failure::new(Kind::Other, format!("{name} has no region")))?;
    let settings = CompilerSettings {
        compiler: arguments.compiler.clone(),
        optimization: Optimization::Full,
        march: "native".to_owned(),
        contraction: flags.contraction().compiler_flag(),
        arguments: flags.compiler_arguments(),
        initializer: flags.init.clone(),
    };
    let options = LaboratoryOptions {
        threads: Some(seen.features.threads as usize),
        ..LaboratoryOptions::default()
    };
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).or_fail(Kind::Other)?;
    let original = ScheduleTree::original(program);
    let original = loopwright_transform::lower(program, &original).or_fail(Kind::Other)?;
    let mut random = ChaCha8Rng::seed_from_u64(arguments.seed);
    let count = arguments.candidates as usize - 1;
    let mut proposer =
        Proposer::new(program, &dependences, &original, &seen.search).or_fail(Kind::Other)?;
    let mut candidates = proposer.first(count, &mut random);
    let around: Vec<Candidate> = candidates.iter().take(FIRST).cloned().collect();
    let around: Vec<&Candidate> = around.iter().collect();
    candidates.extend(proposer.neighbours(
        &around,
        count - candidates.len().min(count),
        &mut random,
    ));
    let others = candidates.iter().map(|one| (&*one.program, &*one.loops));
    let trees: Vec<(&Program, &LoopTree)> =
        std::iter::once((program, &original)).chain(others).collect();
    let compiled = compile_all(&trees, &host_target())?;
    let mut laboratory = Laboratory::of_region(unit, region, program, &settings, &options)?;
    let entries: Vec<_> = compiled.entries.iter().collect();
    let patience = TIMING * u32::try_from(entries.len()).unwrap_or(u32::MAX);
    let labels = Labels::new(&mut laboratory, patience).all(&entries, &|| false);
    let Some((reference, labels)) = labels.split_first() else {
        return Err(Failure::new(Kind::Other, "nothing was compiled"));
    };
    let Some(time) = reference.best() else {
        return Err(Failure::new(Kind::Other, format!("{name}: the original order: {reference}")));
    };
    let mut measured = vec![(extract(program, &original, &seen.features), time)];
    for (candidate, label) in candidates.iter().zip(labels) {
        match label.best() {
            Some(time) => {
                let features = extract(&candidate.program, &candidate.loops, &seen.features);
                measured.push((features, time));
            }
            None => eprintln!("warning: {name}: {label} under\n{}", candidate.schedule),
        }
        *wrong += usize::from(matches!(label, Label::Wrong(_)));
    }
    Ok(measured)
}
