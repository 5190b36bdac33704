//! `loopwright dataset generate`: program by program, each appended to the shard when it is done.

use super::GenerateArguments;
use super::making::{Made, Making, record};
use super::recipe::Recipe;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::interrupt;
use crate::report::{progress, table};
use crate::terminal::print_json;
use loopwright_costmodel::ProgramRecord;
use loopwright_costmodel::dataset::{Circumstances, ShardWriter, read_shard, shards};
use loopwright_runtime::{Machine, Noise};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The load for each hardware thread from which on measurements are disturbed.
pub const BUSY: f64 = 0.7;
/// What was done.
#[derive(Default)]
pub struct Totals {
    programs: u64,
    present: u64,
    points: u64,
    /// Programs that are to be tried again.
    again: u64,
    /// Points that other work disturbed until their time was up.
    pub refused: u64,
    pub wrong: u64,
    pub failed: u64,
    left_out: u64,
}

/// Makes the shard.
pub fn run(arguments: &GenerateArguments) -> Outcome<()> {
    let started = Instant::now();
    let machine = Machine::detect();
    let recipe = Recipe::new(&arguments.recipe, &machine);
    std::fs::create_dir_all(&arguments.out).map_err(|error| {
        Failure::new(Kind::Environment, format!("{}: {error}", arguments.out.display()))
    })?;
    let path = arguments.out.join(arguments.shard.file_name());
    let (mut shard, _) = ShardWriter::open(&path).or_fail(Kind::Environment)?;
    let circumstances = Circumstances {
        machine: machine.fingerprint(),
        compiler: compiler_version()?,
        ..Circumstances::default()
    };
    let present = present(&arguments.out, &recipe, &circumstances, arguments.mixed)?;
    warn_of_load(&machine);
    let interrupt = interrupt::flag();
    let is_over = || arguments.time.is_some_and(|limit| started.elapsed() >= limit);
    let count = arguments.shard.size(recipe.programs());
    let bar = progress(count, arguments.json);
    let mut totals = Totals::default();
    for position in arguments.shard.positions(recipe.programs()) {
        if interrupt.load(Ordering::SeqCst) || is_over() {
            break;
        }
        let seed = recipe.seed(position);
        if present.contains(&recipe.key(seed)) {
            totals.present += 1;
            bar.inc(1);
            continue;
        }
        let synthetic = recipe.program(seed);
        let settings = recipe.settings(seed)?;
        let plain = record(&recipe, &synthetic, &settings, &circumstances);
        let mut making = Making {
            synthetic: &synthetic,
            settings: &settings,
            others: recipe.others(),
            bar: &bar,
            interrupt: &interrupt,
            totals: &mut totals,
        };
        let made = making.make(plain.clone());
        // What was not measured whole is measured the next time.
        if interrupt.load(Ordering::SeqCst) {
            break;
        }
        let name = &synthetic.name;
        match made? {
            Made::Record(record) => {
                shard.append(&record).or_fail(Kind::Environment)?;
                totals.programs += 1;
                totals.points += record.schedules_list.len() as u64;
            }
            Made::Disturbed(reason) => {
                totals.again += 1;
                bar.suspend(|| eprintln!("{name}: to be tried again: {reason}"));
            }
            Made::LeftOut(reason) => {
                let record = ProgramRecord { left_out: Some(reason.clone()), ..plain };
                shard.append(&record).or_fail(Kind::Environment)?;
                totals.left_out += 1;
                bar.suspend(|| eprintln!("{name}: left out: {reason}"));
            }
        }
        bar.inc(1);
        bar.set_message(progress_message(&totals, started.elapsed(), count));
    }
    bar.finish_and_clear();
    report(arguments, &path, &totals, started.elapsed().as_secs_f64())?;
    match totals.wrong {
        0 => Ok(()),
        wrong => Err(Failure::new(
            Kind::WrongResult,
            format!("{wrong} schedules gave wrong results: faults of the compiler, printed above"),
        )),
    }
}

/// Points so far, their rate, and the time that is left.
fn progress_message(totals: &Totals, elapsed: Duration, count: u64) -> String {
    let rate = totals.points as f64 / elapsed.as_secs_f64();
    let made = totals.programs + totals.again + totals.left_out;
    let left = count.saturating_sub(totals.present + made);
    let seconds = elapsed.as_secs_f64() / made.max(1) as f64 * left as f64;
    let (hours, minutes) = ((seconds / 3600.0) as u64, (seconds / 60.0) as u64 % 60);
    format!("{} points, {rate:.1} a second, {hours}:{minutes:02} h left", totals.points)
}

fn report(
    arguments: &GenerateArguments,
    path: &Path,
    totals: &Totals,
    seconds: f64,
) -> Outcome<()> {
    if arguments.json {
        return print_json(&json!({
            "file": path.to_string_lossy(), "programs": totals.programs, "present": totals.present,
            "points": totals.points, "again": totals.again, "refused": totals.refused, "wrong": totals.wrong,
            "failed": totals.failed, "left_out": totals.left_out, "seconds": seconds,
        }));
    }
    let headers = [
        "shard",
        ">programs",
        ">present",
        ">points",
        ">again",
        ">refused",
        ">wrong",
        ">failed",
        ">left out",
        ">seconds",
        ">points/s",
    ];
    let Totals { programs, present, points, again, refused, wrong, failed, left_out } = totals;
    let counts = [programs, present, points, again, refused, wrong, failed, left_out];
    let mut row = vec![path.display().to_string()];
    row.extend(counts.iter().map(ToString::to_string));
    row.push(format!("{seconds:.1}"));
    row.push(format!("{:.1}", *points as f64 / seconds));
    println!("{}", table(&headers, vec![row]));
    println!(
        "again: programs that other work disturbed, to be tried again; refused: points of others; failed: not compiled or not run to the end; \
         left out: nothing to measure"
    );
    Ok(())
}

/// The keys of all records of the folder, if they belong together.
fn present(
    folder: &Path,
    recipe: &Recipe,
    circumstances: &Circumstances,
    mixed: bool,
) -> Outcome<HashSet<String>> {
    let mut keys = HashSet::new();
    for path in shards(&[folder.to_owned()]).or_fail(Kind::Environment)? {
        for record in read_shard(&path).or_fail(Kind::Input)? {
            let name = &record.program_name;
            if record.options != recipe.options {
                let found =
                    if record.options.is_empty() { "none, it is of old" } else { &record.options };
                return Err(Failure::with_help(
                    Kind::Input,
                    format!(
                        "{}: `{name}` was made with other options\n  there: {found}\n  here:  {}",
                        path.display(),
                        recipe.options
                    ),
                    "give the same options, or another folder with --out",
                ));
            }
            let made = &record.circumstances;
            let pairs = [
                ("on another machine", &made.machine, &circumstances.machine),
                ("with another compiler", &made.compiler, &circumstances.compiler),
            ];
            for (what, there, here) in pairs {
                if there != here && !mixed {
                    return Err(Failure::with_help(
                        Kind::Input,
                        format!(
                            "{}: `{name}` was measured {what}\n  there: {there}\n  here:  {here}",
                            path.display()
                        ),
                        "use another folder with --out, or add to this one with --mixed",
                    ));
                }
            }
            keys.insert(record.key);
        }
    }
    Ok(keys)
}

/// The compiler's version, with a hash of its executable: what labels depend on.
pub fn compiler_version() -> Outcome<String> {
    let mut file = std::fs::File::open("/proc/self/exe").or_fail(Kind::Environment)?;
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut HashWriter(&mut hash)).or_fail(Kind::Environment)?;
    let digest: String = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{} {digest}", env!("CARGO_PKG_VERSION")))
}

struct HashWriter<'h>(&'h mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Says so when other work keeps the machine busy: a parallel loop then waits for a thread that is
/// not running, and its time says nothing of the schedule.
pub fn warn_of_load(machine: &Machine) {
    let load = Noise::probe().load.unwrap_or(0.0);
    if load > BUSY * machine.threads as f64 {
        eprintln!(
            "warning: the machine is busy (load {load:.1} on {} threads): what other work disturbs is \
             refused, and much will be",
            machine.threads
        );
    }
}
