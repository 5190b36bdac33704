//! `loopwright compile`: native code for a schedule that is given.

use crate::arithmetic::{Accuracy, ArithmeticArguments};
use crate::emission::{Emission, Part};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::given::{Given, rounding, schedule_file};
use crate::input::{self, InputArguments};
use crate::laboratory::{CompilerSettings, Laboratory, LaboratoryOptions, Optimization};
use crate::output::{OutputArguments, Product};
use crate::regions::for_each;
use crate::report::{duration, ratio};
use crate::target::TargetArguments;
use crate::verification::verify;
use clap::Args;
use loopwright_ir::ScheduleTree;
use loopwright_runtime::Outcome as RunOutcome;
use loopwright_transform::{State, lower};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Compile the regions of a C file under a schedule, checked for legality.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    input: InputArguments,
    /// The schedule, as text or as the name of a file that holds it; the original order by default.
    /// Steps, a LOOPerSet string, or an isl schedule tree.
    #[arg(long, value_name = "FILE|TEXT", default_value = "")]
    schedule: String,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    arithmetic: ArithmeticArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Run it, compare its results bit for bit with the original's (with --fast-math: by their relative
    /// difference), and time both.
    #[arg(long)]
    run: bool,
    /// Have the loops checked by the independent checker, and print its certificate.
    #[arg(long)]
    verify: bool,
    /// Threads that parallel loops run on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    threads: Option<u32>,
    /// Print JSON on standard output: the schedule, what --verify proved, what --run measured.
    #[arg(long)]
    json: bool,
    /// The C compiler for the original, with --run.
    #[arg(long, value_name = "COMMAND", default_value = "clang-19")]
    compiler: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let schedule = Given::read(&arguments.schedule)?;
    if arguments.output.emit.is_empty() && !arguments.run && !arguments.verify {
        return Err(Failure::with_help(
            Kind::Other,
            "there is nothing to do",
            "say what to write, as with --emit obj, or --run or --verify",
        ));
    }
    let target =
        if arguments.run { arguments.target.resolve_to_run() } else { arguments.target.resolve() }?;
    let unit = arguments.input.parse()?;
    let regions = if schedule.is_original() {
        unit.regions.iter().collect()
    } else {
        input::chosen(&unit, &arguments.input.flags)
    };
    let accepted: Vec<&str> = regions
        .iter()
        .filter_map(|region| Some(region.result.as_ref().ok()?.name.as_str()))
        .collect();
    if accepted.len() > 1 && !schedule.is_original() {
        return Err(Failure::with_help(
            Kind::Schedule,
            "a schedule is for one region, and the file has several",
            format!("choose one with --function; there are {}", accepted.join(", ")),
        ));
    }
    let settings = CompilerSettings {
        compiler: arguments.compiler.clone(),
        optimization: Optimization::Full,
        march: arguments.target.march.clone(),
        contraction: arguments.input.flags.contraction().compiler_flag(),
        arguments: arguments.input.flags.compiler_arguments(),
        initializer: arguments.input.flags.init.clone(),
    };
    let mut finished = Vec::new();
    let mut read: Vec<&Path> = arguments.input.flags.include_files().collect();
    read.extend(schedule_file(&arguments.schedule));
    arguments.output.prepare(&unit, arguments.json, &read)?;
    let several = accepted.len() > 1;
    let done = for_each(&unit, &regions, arguments.json, |region| {
        let program = input::specialized(&unit, region.program)?;
        let start = State::original(&program, rounding(arguments.arithmetic.fast_math));
        let (state, order) = schedule.apply(&start)?;
        let expanded = state.program().clone();
        let loops = lower(&expanded, &order.tree).or_fail(Kind::Other)?;
        let mut document = json!({
            "file": unit.file.to_string_lossy(),
            "program": program.name,
            "schedule": order.text,
            "fast_math": arguments.arithmetic.fast_math,
        });
        if arguments.verify {
            let (source, steps) = (region.program, order.schedule.as_ref());
            let verified = verify(&program, &expanded, &loops, source, steps)?;
            eprintln!("{}: {verified}", program.name);
            document["certificate"] = verified.json();
        }
        if arguments.run {
            let options = LaboratoryOptions {
                threads: arguments.threads.map(|threads| threads as usize),
                target: Some(target.clone()),
                fast_math: arguments.arithmetic.fast_math,
                ..LaboratoryOptions::default()
            };
            let mut laboratory =
                Laboratory::of_region(&unit, region.region, &program, &settings, &options)?;
            let entry = laboratory
                .compile_expanded(&expanded, &loops)
                .map_err(|reason| Failure::new(Kind::Other, reason))?;
            match laboratory.check(&entry).map_err(crate::laboratory::worker_failure)? {
                RunOutcome::Time(_) => {}
                other => return Err(Failure::new(Kind::WrongResult, other.to_string())),
            }
            let accuracy = laboratory.accuracy().cloned();
            let data = laboratory.data();
            if let Some(warning) = accuracy.as_ref().and_then(Accuracy::warning) {
                eprintln!("warning: {}: {warning}", program.name);
            }
            let comparison = laboratory.compare(&entry, Duration::from_secs(5))?;
            let speedup = comparison.speedup().unwrap_or(f64::NAN);
            if let (Some(original), Some(candidate)) =
                (&comparison.original, comparison.candidate.timing())
            {
                if !arguments.json {
                    println!(
                        "{}: original {}, scheduled {}, {} ({}): {}",
                        program.name,
                        duration(original.minimum_ns as f64),
                        duration(candidate.minimum_ns as f64),
                        ratio(speedup),
                        accuracy.as_ref().map_or(data.equal_bits(), |found| found.text(&data)),
                        order.one_line()
                    );
                }
                document["original_nanoseconds"] = original.minimum_ns.into();
                document["scheduled_nanoseconds"] = candidate.minimum_ns.into();
            }
            println!("{}: {}", program.name, data.line());
            document["data"] = data.json();
            document["speedup"] = speedup.into();
            if let Some(accuracy) = &accuracy {
                document["accuracy"] = accuracy.json();
            }
        }
        let original = ScheduleTree::original(region.program);
        let generic = lower(region.program, &original).or_fail(Kind::Other)?;
        let product = Product {
            unit: &unit,
            region: region.region,
            settings: &settings,
            source: &program,
            source_stays: false,
            target: &target,
            fast_math: arguments.arithmetic.fast_math,
            generic: (region.program, &generic),
            specialized: (&expanded, &loops),
            schedule: order.schedule.as_ref(),
            tree: &order.tree,
            json: document.clone(),
        };
        arguments.output.write(&unit.file, several, &product)?;
        finished.push((region.region, program, expanded, loops, order));
        Ok(document)
    });
    let parts: Vec<Part<'_>> = finished
        .iter()
        .map(|(region, source, expanded, loops, order)| Part {
            region,
            scheduled: Some((expanded, loops)),
            source,
            generic: None,
            schedule: order.schedule.as_ref(),
        })
        .collect();
    let fast_math = arguments.arithmetic.fast_math;
    let whole =
        Emission { unit: &unit, parts: &parts, settings: &settings, target: &target, fast_math };
    done.conclude(arguments.output.write_whole(&whole))
}
