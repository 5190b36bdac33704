//! `loopwright dataset generate`: program by program, each appended to the shard when it is done.

use super::{GenerateArguments, Label, Labels, Proposer, compile_all};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::interrupt;
use crate::laboratory::{Laboratory, LaboratoryOptions};
use crate::report::{progress, table};
use crate::terminal::print_json;
use crate::tuning::{machine_features, search_machine, thread_count};
use indicatif::ProgressBar;
use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_costmodel::dataset::ShardWriter;
use loopwright_costmodel::{ProgramRecord, ScheduleRecord, Scorer, extract, schema_hash};
use loopwright_ir::{LoopTree, ScheduleTree};
use loopwright_runtime::{Machine, Noise};
use loopwright_synth::{SynthOptions, SynthProgram, generate};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long one schedule is timed.
const TIMING: Duration = Duration::from_millis(70);
/// The load for each hardware thread from which on measurements are disturbed.
pub const BUSY: f64 = 0.7;
/// The longest run of anything.
const RUN_LIMIT: Duration = Duration::from_secs(2);
/// The programs' seeds count up from the user's; the schedules' must not be the same numbers.
const SCHEDULE_SEED: u64 = 0x5c4e_d01e_0000_0000;

/// What was done.
#[derive(Default)]
struct Totals {
    programs: u64,
    present: u64,
    points: u64,
    wrong: u64,
    failed: u64,
}

/// Makes the shard.
pub fn run(arguments: &GenerateArguments) -> Outcome<()> {
    let started = Instant::now();
    std::fs::create_dir_all(&arguments.out).map_err(|error| {
        Failure::new(Kind::Environment, format!("{}: {error}", arguments.out.display()))
    })?;
    let path = arguments.out.join(arguments.shard.file_name());
    let (mut shard, present) = ShardWriter::open(&path).or_fail(Kind::Environment)?;
    let machine = Machine::detect();
    let threads = thread_count(arguments.threads, &machine);
    let (scorer, warning) = Scorer::load_or_fallback(arguments.model.as_deref());
    if let Some(warning) = warning {
        eprintln!("warning: {warning}");
    }
    warn_of_load(&machine);
    let proposer = Proposer {
        scorer: &scorer,
        features: machine_features(&machine, threads),
        machine: search_machine(&machine, threads),
    };
    let interrupt = interrupt::flag();
    let bar = progress(arguments.shard.size(arguments.programs), arguments.json);
    let mut totals = Totals::default();
    for position in arguments.shard.positions(arguments.programs) {
        if interrupt.load(Ordering::SeqCst) {
            break;
        }
        let synthetic = program(arguments, position);
        if present.contains(&synthetic.name) {
            totals.present += 1;
        } else {
            match label(arguments, &synthetic, &proposer, &mut totals, (&bar, &interrupt)) {
                // What was not measured whole is measured the next time.
                _ if interrupt.load(Ordering::SeqCst) => break,
                Ok(record) => {
                    shard.append(&record).or_fail(Kind::Environment)?;
                    totals.programs += 1;
                }
                Err(failure) => {
                    totals.failed += 1;
                    let reason = failure.report.to_string();
                    bar.suspend(|| eprintln!("{}: left out: {reason}", synthetic.name));
                }
            }
        }
        bar.inc(1);
        let rate = totals.points as f64 / started.elapsed().as_secs_f64();
        bar.set_message(format!("{} points, {rate:.1} a second", totals.points));
    }
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    if arguments.json {
        let document = json!({
            "file": path.to_string_lossy(), "programs": totals.programs, "present": totals.present,
            "points": totals.points, "wrong": totals.wrong, "failed": totals.failed,
            "seconds": seconds,
        });
        print_json(&document)?;
    } else {
        let headers = [
            "shard",
            ">programs",
            ">present",
            ">points",
            ">wrong",
            ">failed",
            ">seconds",
            ">points/s",
        ];
        let counts = [totals.programs, totals.present, totals.points, totals.wrong, totals.failed];
        let mut row = vec![path.display().to_string()];
        row.extend(counts.iter().map(u64::to_string));
        row.push(format!("{seconds:.1}"));
        row.push(format!("{:.1}", totals.points as f64 / seconds));
        println!("{}", table(&headers, vec![row]));
    }
    match totals.wrong {
        0 => Ok(()),
        wrong => Err(Failure::new(
            Kind::WrongResult,
            format!("{wrong} schedules gave wrong results: faults of the compiler, printed above"),
        )),
    }
}

/// Says so when other work keeps the machine busy: a parallel loop then waits for a thread that is
/// not running, and its time says nothing of the schedule.
pub fn warn_of_load(machine: &Machine) {
    let load = Noise::probe().load.unwrap_or(0.0);
    if load > BUSY * machine.threads as f64 {
        eprintln!(
            "warning: the machine is busy (load {load:.1} on {} threads): times of parallel loops \
             will be far too long",
            machine.threads
        );
    }
}

/// The program at a position of the whole data set.
fn program(arguments: &GenerateArguments, position: u64) -> SynthProgram {
    let turn = usize::try_from(position).unwrap_or(0).checked_rem(arguments.shape.len());
    let options = SynthOptions {
        shape: turn.and_then(|turn| arguments.shape.get(turn).copied()),
        milliseconds: arguments.milliseconds.clone(),
        memory: arguments.memory,
    };
    generate(arguments.seed.wrapping_add(position), &options)
}

/// Measures one program under its original order and other schedules.
fn label(
    arguments: &GenerateArguments,
    synthetic: &SynthProgram,
    proposer: &Proposer<'_>,
    totals: &mut Totals,
    (bar, interrupt): (&ProgressBar, &Arc<AtomicBool>),
) -> Outcome<ProgramRecord> {
    let program = &synthetic.program;
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).or_fail(Kind::Other)?;
    let original = ScheduleTree::original(program);
    let original = loopwright_transform::lower(program, &original).or_fail(Kind::Other)?;
    let mut random = ChaCha8Rng::seed_from_u64(SCHEDULE_SEED ^ synthetic.seed);
    let count = arguments.schedules as usize - 1;
    let candidates = proposer.propose(program, &dependences, &original, count, &mut random);
    let trees: Vec<&LoopTree> =
        std::iter::once(&original).chain(candidates.iter().map(|it| &it.loops)).collect();
    let compiled = compile_all(program, &trees)?;
    let Some((reference, entries)) = compiled.entries.split_first() else {
        return Err(Failure::new(Kind::Other, "nothing was compiled"));
    };
    let options = LaboratoryOptions {
        threads: Some(proposer.features.threads as usize),
        run_limit: Some(RUN_LIMIT),
        interrupt: Some(Arc::clone(interrupt)),
        ..LaboratoryOptions::default()
    };
    let mut laboratory = Laboratory::of_tree(program, &original, &options)?;
    let mut labels = Labels::new(&mut laboratory, TIMING);
    let mut original_times = times(labels.label(reference))?;
    let mut schedules = Vec::new();
    for (candidate, entry) in candidates.iter().zip(entries) {
        if interrupt.load(Ordering::SeqCst) {
            return Err(Failure::new(Kind::Other, "interrupted"));
        }
        match labels.label(entry) {
            Label::Times(times) => {
                let features = extract(program, &candidate.loops, &proposer.features);
                let text = candidate.schedule.to_string();
                schedules.push(ScheduleRecord::new(text, times, &features));
            }
            Label::Wrong(found) => {
                totals.wrong += 1;
                bar.suspend(|| {
                    eprintln!(
                        "error: {}: wrong result: {found}\n{}\n{}\n",
                        synthetic.name, synthetic.source_c, candidate.schedule
                    );
                });
            }
            Label::Failed(reason) => {
                totals.failed += 1;
                bar.suspend(|| {
                    eprintln!("warning: {}: {reason}\n{}", synthetic.name, candidate.schedule);
                });
            }
        }
    }
    // Once more at the end: a machine that was slow at the start would flatter all the others.
    original_times.extend(times(labels.label(reference))?);
    let best = original_times.iter().copied().fold(f64::INFINITY, f64::min);
    let features = extract(program, &original, &proposer.features);
    schedules.insert(0, ScheduleRecord::new(String::new(), original_times, &features));
    totals.points += schedules.len() as u64;
    Ok(ProgramRecord {
        program_name: synthetic.name.clone(),
        shape: synthetic.shape.name().to_owned(),
        seed: synthetic.seed,
        source: synthetic.source_c.clone(),
        feature_schema: schema_hash(),
        machine: proposer.features,
        initial_execution_time: best,
        schedules_list: schedules,
    })
}

/// The times of the original order, without which nothing of the program is of use.
fn times(label: Label) -> Outcome<Vec<f64>> {
    match label {
        Label::Times(times) => Ok(times),
        Label::Wrong(found) | Label::Failed(found) => {
            Err(Failure::new(Kind::Other, format!("the original order: {found}")))
        }
    }
}
