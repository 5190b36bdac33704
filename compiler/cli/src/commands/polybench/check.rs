//! Bits: every kernel against `clang -O0`, in its own order and under random legal schedules.

use super::{Arguments, Loaded, Sources};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::laboratory::{
    CompilerSettings, DataReport, Laboratory, LaboratoryOptions, Optimization, worker_failure,
};
use crate::report::{duration, progress, table};
use crate::terminal::print_json;
use crate::tuning;
use crate::verification::{Verified, verify};
use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{LoopTree, Schedule, ScheduleTree};
use loopwright_polybench::Kernel;
use loopwright_runtime::{Machine, Outcome as RunOutcome};
use loopwright_synth::ScheduleSampler;
use loopwright_transform::{lower, replay};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

/// How many steps a random schedule has at most.
const STEPS: usize = 40;

/// What became of one kernel.
struct Checked {
    name: &'static str,
    schedules: usize,
    /// What the arrays held.
    data: DataReport,
    /// The schedules whose results were not the original's, with what was found.
    wrong: Vec<(String, String)>,
    /// What the independent checker says of the example schedule's loops.
    verified: Option<Verified>,
}

/// Checks the kernels and prints a table.
pub fn run(arguments: &Arguments, kernels: &[&'static Kernel], sources: &Sources) -> Outcome<()> {
    let bar = progress(kernels.len() as u64, arguments.json);
    let mut results = Vec::new();
    for kernel in kernels {
        bar.set_message(kernel.name);
        let loaded = sources.load(kernel, arguments.size)?;
        results.push(check(arguments, kernel, &loaded)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let failed: Vec<&Checked> = results.iter().filter(|result| !result.wrong.is_empty()).collect();
    if arguments.json {
        let rows: Vec<_> = results
            .iter()
            .map(|result| {
                json!({
                    "kernel": result.name,
                    "schedules": result.schedules,
                    "wrong": result.wrong,
                    "data": result.data.json(),
                    "certificate": result.verified.as_ref().map(Verified::json),
                })
            })
            .collect();
        print_json(&rows)?;
    } else {
        let rows = results
            .iter()
            .map(|result| {
                let verdict = match result.wrong.is_empty() {
                    false => "WRONG",
                    true if result.data.is_comparison() => "bit-equal",
                    true => "not compared",
                };
                let mut row =
                    vec![result.name.to_owned(), result.schedules.to_string(), verdict.to_owned()];
                if let Some(verified) = &result.verified {
                    row.extend([verified.verdict(), duration(verified.seconds * 1e9)]);
                } else if arguments.examples {
                    row.extend(["REFUTED".to_owned(), "–".to_owned()]);
                }
                row
            })
            .collect();
        let mut headers = vec!["kernel", ">orders", "against clang -O0"];
        if arguments.examples {
            headers.extend(["independent checker", ">time"]);
        }
        println!("{}", table(&headers, rows));
        println!(
            "{} of {} kernels bit-equal at {} in the original order and {}",
            results.len() - failed.len(),
            results.len(),
            arguments.size,
            if arguments.examples {
                "under their example schedules".to_owned()
            } else {
                format!("{} random legal schedules each", arguments.schedules)
            }
        );
    }
    for result in results.iter().filter(|result| result.data.is_remarkable()) {
        eprintln!("{}: {}", result.name, result.data.line());
    }
    for result in &failed {
        for (schedule, found) in &result.wrong {
            eprintln!("{}: {found} under\n{schedule}\n", result.name);
        }
    }
    match failed.as_slice() {
        [] => Ok(()),
        some => Err(Failure::new(Kind::WrongResult, format!("{} kernels are wrong", some.len()))),
    }
}

fn check(arguments: &Arguments, kernel: &'static Kernel, loaded: &Loaded) -> Outcome<Checked> {
    let Loaded { unit, flags, program } = loaded;
    let region = loaded.region()?;
    let settings = CompilerSettings {
        compiler: arguments.search.compiler.clone(),
        optimization: Optimization::None,
        march: "native".to_owned(),
        contraction: flags.contraction().compiler_flag(),
        arguments: flags.compiler_arguments(),
        initializer: flags.init.clone(),
    };
    let options = LaboratoryOptions {
        threads: arguments.search.threads.map(|threads| threads as usize),
        ..LaboratoryOptions::default()
    };
    let mut laboratory = Laboratory::of_region(unit, region, program, &settings, &options)?;
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).or_fail(Kind::Other)?;
    let mut random = ChaCha8Rng::seed_from_u64(arguments.search.seed);
    let original = lower(program, &ScheduleTree::original(program)).or_fail(Kind::Other)?;
    let machine = tuning::search_machine(&Machine::detect(), 2);
    let sampler = ScheduleSampler::new(program, &dependences, &machine).or_fail(Kind::Other)?;
    let mut orders: Vec<(Schedule, LoopTree)> = vec![(Schedule::original(), original)];
    let (mut verified, mut wrong) = (None, Vec::new());
    let example = loopwright_polybench::example_schedule(kernel.name);
    if let Some(example) = example.filter(|_| arguments.examples) {
        let schedule: Schedule = example.parse().or_fail(Kind::Schedule)?;
        let applied = replay(program, &dependences, &schedule).map_err(|illegal| {
            Failure::new(Kind::Schedule, format!("{}: {illegal}", kernel.name))
        })?;
        let loops = lower(program, &applied.tree).or_fail(Kind::Other)?;
        let source = region.result.as_ref().ok().unwrap_or(program);
        match verify(program, program, &loops, source, Some(&applied.schedule)) {
            Ok(found) => verified = Some(found),
            Err(failure) => wrong.push((applied.schedule.to_string(), failure.report.to_string())),
        }
        orders.push((applied.schedule, loops));
    }
    let random_orders = if arguments.examples { 0 } else { arguments.schedules };
    for _ in 0..random_orders {
        if let Some(sample) = sampler.sample(&mut random, STEPS) {
            orders.push((sample.schedule, sample.loops));
        }
    }
    for (schedule, loops) in &orders {
        let found = match laboratory.compile(loops) {
            Err(reason) => Some(reason),
            Ok(entry) => match laboratory.check(&entry).map_err(worker_failure)? {
                RunOutcome::Time(_) => None,
                other => Some(other.to_string()),
            },
        };
        if let Some(found) = found {
            wrong.push((schedule.to_string(), found));
        }
    }
    let data = laboratory.data();
    Ok(Checked { name: kernel.name, schedules: orders.len(), data, wrong, verified })
}
