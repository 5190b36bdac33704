//! The programs and libraries that are needed, each tried and not only looked for.

use super::Finding;
use crate::commands::model;
use crate::input::{self, InputFlags};
use crate::laboratory::{Laboratory, LaboratoryOptions};
use crate::report::duration;
use loopwright_analysis::{DEFAULT_QUOTA, Dependences, isl_version};
use loopwright_ir::{LoopTree, Program, ScheduleTree, Step};
use loopwright_runtime::{Outcome, run_bounded};
use std::process::Command;
use std::time::Duration;

/// How long a program may take to tell its version.
const LIMIT: Duration = Duration::from_secs(10);

/// A file that needs libclang to be read, isl to be analysed and OpenMP to be run.
const PROBE: &str = "double probe[4096];

void doctor(void) {
#pragma scop
  for (int i = 0; i < 4096; i++)
    probe[i] = probe[i] * 2.0 + 1.0;
#pragma endscop
}
";

/// All of them.
pub fn findings(compiler: &str) -> Vec<Finding> {
    let mut findings = vec![c_compiler(compiler), linker()];
    match read_probe() {
        Ok(program) => {
            findings.push(Finding::works("libclang", "reads C"));
            findings.extend(compiled_probe(&program));
        }
        Err(reason) => {
            findings.push(Finding::missing("libclang", reason, "install libclang-19-dev"));
        }
    }
    findings.push(cost_model());
    findings
}

/// The first line that a program says of its version.
fn version(program: &str) -> Result<String, String> {
    let mut command = Command::new(program);
    command.arg("--version");
    let output = run_bounded(command, LIMIT).map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("`{program} --version`: {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn c_compiler(compiler: &str) -> Finding {
    match version(compiler) {
        Ok(version) => Finding::works("C compiler", version),
        Err(reason) => Finding::missing("C compiler", reason, "install clang-19"),
    }
}

/// `ld`, or a compiler driver in its place.
fn linker() -> Finding {
    match version("ld") {
        Ok(version) => Finding::works("linker", version),
        Err(reason) => match version("cc") {
            Ok(version) => Finding::notice(
                "linker",
                format!("{reason}; in its place {version}"),
                "install binutils: candidates link several times faster",
            ),
            Err(_) => Finding::missing("linker", reason, "install binutils"),
        },
    }
}

fn read_probe() -> Result<Program, String> {
    let folder = loopwright_runtime::guard::folder().map_err(|error| error.to_string())?;
    let file = folder.path().join("doctor.c");
    std::fs::write(&file, PROBE).map_err(|error| error.to_string())?;
    let unit = input::parse(&file, &InputFlags::plain());
    let unit = unit.map_err(|failure| failure.report.to_string())?;
    let regions = input::accepted(&unit.regions).map_err(|failure| failure.report.to_string())?;
    let region = regions.first().ok_or("the probe has no region")?;
    input::specialized(&unit, region.program).map_err(|failure| failure.report.to_string())
}

/// The probe on all threads, from dependences to a checked run in a worker.
fn compiled_probe(program: &Program) -> Vec<Finding> {
    const ISL: &str = "isl";
    const LLVM: &str = "LLVM";
    const OPENMP: &str = "OpenMP runtime and worker";
    let again = "this is a fault of the build; build again from a clean folder";
    let parallel = match parallel(program) {
        Ok(tree) => tree,
        Err(reason) => return vec![Finding::missing(ISL, reason, again)],
    };
    let mut findings = vec![Finding::works(ISL, isl_version())];
    let llvm = format!(
        "{}, code for {}",
        loopwright_codegen::llvm_version(),
        loopwright_codegen::host_target().cpu
    );
    let original = loopwright_transform::lower(program, &ScheduleTree::original(program));
    let laboratory = original.map_err(|error| error.to_string()).and_then(|original| {
        Laboratory::of_tree(program, &original, &LaboratoryOptions::default())
            .map_err(|failure| failure.report.to_string())
    });
    let mut laboratory = match laboratory {
        Ok(laboratory) => laboratory,
        Err(reason) => {
            findings.push(Finding::missing(LLVM, format!("{llvm}: {reason}"), again));
            return findings;
        }
    };
    findings.push(Finding::works(LLVM, llvm));
    let outcome = laboratory
        .compile(&parallel)
        .and_then(|entry| laboratory.check(&entry).map_err(|error| error.to_string()));
    findings.push(match outcome {
        Ok(Outcome::Time(timing)) => Finding::works(OPENMP, {
            let time = duration(timing.minimum_ns as f64);
            format!("a parallel loop ran in {time}")
        }),
        Ok(other) => Finding::missing(OPENMP, other.to_string(), "install libomp-19-dev"),
        Err(reason) => Finding::missing(OPENMP, reason, "install libomp-19-dev"),
    });
    findings
}

/// The probe's loop in parallel.
fn parallel(program: &Program) -> Result<LoopTree, String> {
    let dependences =
        Dependences::compute(program, DEFAULT_QUOTA).map_err(|error| error.to_string())?;
    let statement = program.statements.first().ok_or("the probe has no statement")?;
    let iterator = statement.iterators.first().ok_or("the probe has no loop")?;
    let step =
        Step::Parallelize { statement: statement.name.clone(), loop_name: iterator.name.clone() };
    let original = loopwright_transform::Applied::original(program);
    let applied = loopwright_transform::apply(program, &dependences, &original, &step)
        .map_err(|error| error.to_string())?;
    loopwright_transform::lower(program, &applied.tree).map_err(|error| error.to_string())
}

fn cost_model() -> Finding {
    const NAME: &str = "shipped cost model";
    match model::load(None) {
        Ok(file) => Finding::works(NAME, format!("{} bytes", file.size)),
        Err(failure) => Finding::notice(
            NAME,
            failure.report.to_string(),
            "it is needed for `--model shipped` only; schedules are ranked by the estimate",
        ),
    }
}
