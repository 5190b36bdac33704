//! The table of the expert schedules: what the space and the code generator can do, without a search.
//!
//! Original and schedule are compiled for the same machine and run in turn in a worker process; the
//! results are compared bit for bit before any time counts.

use super::{Arguments, Loaded, Sources};
use crate::benchmark::peak::{Share, Yardstick};
use crate::benchmark::{Rates, Ratio, Scheduled};
use crate::cache::Cache;
use crate::failure::{Failure, Kind, Outcome};
use crate::given::Given;
use crate::interrupt;
use crate::laboratory::{CompilerSettings, Laboratory, LaboratoryOptions, Optimization};
use crate::report::{duration, geometric_mean, progress, ratio, table};
use crate::target::runnable;
use crate::terminal;
use crate::tuning::thread_count;
use loopwright_analysis::Work;
use loopwright_ir::Program;
use loopwright_polybench::Kernel;
use loopwright_runtime::{Machine, Outcome as RunOutcome, Timing};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One line of the table.
struct Row {
    kernel: &'static Kernel,
    /// What the schedule's file says limits it.
    limit: Option<String>,
    program: Program,
    work: Option<Work>,
    /// Original and expert, or why there is nothing to compare.
    times: Outcome<(Timing, Timing)>,
}

impl Row {
    fn ratio(&self) -> Option<Ratio> {
        let (original, expert) = self.times.as_ref().ok()?;
        Some(Ratio::of(original, expert))
    }

    fn share(&self, yardstick: &Yardstick) -> Option<Share> {
        yardstick.share(&self.program, self.work.as_ref()?, &self.rates()?)
    }

    fn rates(&self) -> Option<Rates> {
        let (_, expert) = self.times.as_ref().ok()?;
        Some(Rates::of(self.work.as_ref()?, expert.minimum_ns))
    }
}

/// Times the kernels that have an expert schedule and prints the table. A schedule that is illegal or
/// gives other bits is a line of the table, and a failure after it.
pub fn run(arguments: &Arguments, kernels: &[&'static Kernel], sources: &Sources) -> Outcome<()> {
    let flag = interrupt::flag();
    let threads = thread_count(arguments.search.threads, &Machine::detect());
    let yardstick = Yardstick::new(threads, &arguments.search.march);
    let mut chosen = Vec::new();
    for kernel in kernels {
        let folder = arguments.expert.as_ref().and_then(Option::as_deref);
        match text(folder, kernel, &arguments.search.march)? {
            Some(text) => chosen.push((*kernel, text)),
            None if arguments.kernels.is_empty() => {}
            None => {
                return Err(Failure::with_help(
                    Kind::Schedule,
                    format!("there is no expert schedule of {}", kernel.name),
                    format!("write {}.schedule, and give its folder: --expert=FOLDER", kernel.name),
                ));
            }
        }
    }
    if chosen.is_empty() {
        return Err(Failure::new(Kind::Schedule, "the folder holds no KERNEL.schedule"));
    }
    let bar = progress(chosen.len() as u64, arguments.json);
    let mut rows = Vec::new();
    for (kernel, text) in chosen {
        if flag.load(Ordering::SeqCst) {
            break;
        }
        bar.set_message(kernel.name);
        let loaded = sources.load(kernel, arguments.size)?;
        let times = measure(arguments, &loaded, &text, threads, &flag);
        let work = Work::of(&loaded.program);
        let limit = loopwright_polybench::limit(&text);
        let row = Row { kernel, limit, program: loaded.program, work, times };
        if !arguments.json {
            let found = match (&row.times, row.ratio()) {
                (Err(failure), _) => failure.report.to_string(),
                (_, found) => found.map_or("–".into(), |found| ratio(found.minimum)),
            };
            bar.suspend(|| eprintln!("{:<16} {found}", kernel.name));
        }
        rows.push(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
    if arguments.json {
        print_json(arguments, &yardstick, &rows)?;
    } else {
        print_table(arguments, &yardstick, &rows);
    }
    let mut failed = rows.iter().filter_map(|row| Some((row, row.times.as_ref().err()?)));
    match failed.next() {
        None => Ok(()),
        Some((row, first)) => Err(Failure::new(
            first.kind,
            format!("{} and {} more have no time", row.kernel.name, failed.count()),
        )),
    }
}

/// The schedule's text: embedded, or of a file in the folder, the machine's own one first.
pub fn text(folder: Option<&Path>, kernel: &Kernel, machine: &str) -> Outcome<Option<String>> {
    match folder {
        None => Ok(loopwright_polybench::expert_schedule(kernel.name, machine).map(str::to_owned)),
        Some(folder) if !folder.is_dir() => {
            Err(Failure::new(Kind::Schedule, format!("there is no folder `{}`", folder.display())))
        }
        Some(folder) => {
            let name = format!("{}.schedule", kernel.name);
            let own = folder.join(machine).join(&name);
            let file = if own.is_file() { own } else { folder.join(name) };
            match std::fs::read_to_string(&file) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                result => result.map(Some).map_err(|error| {
                    Failure::new(Kind::Schedule, format!("{}: {error}", file.display()))
                }),
            }
        }
    }
}

fn measure(
    arguments: &Arguments,
    loaded: &Loaded,
    text: &str,
    threads: u32,
    flag: &Arc<AtomicBool>,
) -> Outcome<(Timing, Timing)> {
    let Loaded { unit, flags, program } = loaded;
    let target = runnable(&arguments.search.march)?;
    let given = Given::read(text)?;
    let scheduled = Scheduled::of(program, &given, false)?;
    let settings = CompilerSettings {
        compiler: arguments.search.compiler.clone(),
        optimization: Optimization::Full,
        march: arguments.search.march.clone(),
        contraction: flags.contraction().compiler_flag(),
        arguments: flags.compiler_arguments(),
        initializer: flags.init.clone(),
    };
    let options = LaboratoryOptions {
        threads: Some(threads as usize),
        interrupt: Some(Arc::clone(flag)),
        target: Some(target),
        cold: arguments.search.cache == Cache::Cold,
        ..LaboratoryOptions::default()
    };
    let region = loaded.region()?;
    let mut laboratory = Laboratory::of_region(unit, region, program, &settings, &options)?;
    let entry = scheduled.compile(&mut laboratory)?;
    let data = laboratory.data();
    if data.is_remarkable() {
        eprintln!("{}: {}", program.name, data.line());
    }
    let comparison = laboratory.compare(&entry, arguments.search.budget)?;
    match (comparison.original, comparison.candidate) {
        (Some(original), RunOutcome::Time(expert)) => Ok((original, expert)),
        (_, other) => Err(Failure::new(Kind::Other, other.to_string())),
    }
}

fn print_table(arguments: &Arguments, yardstick: &Yardstick, rows: &[Row]) {
    let lines = rows.iter().map(|row| {
        let mut line = vec![row.kernel.name.to_owned()];
        match &row.times {
            Ok((original, expert)) => {
                for nanoseconds in
                    [original.minimum_ns, original.median_ns, expert.minimum_ns, expert.median_ns]
                {
                    line.push(duration(nanoseconds as f64));
                }
            }
            Err(_) => line.extend(std::iter::repeat_n("–".to_owned(), 4)),
        }
        let (found, rates) = (row.ratio(), row.rates());
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        line.push(or_dash(found.map(|found| ratio(found.minimum))));
        line.push(or_dash(found.map(|found| found.spread())));
        line.push(or_dash(rates.map(|rates| rates.operations_text())));
        line.push(or_dash(rates.map(|rates| rates.traffic_text())));
        line.push(or_dash(row.share(yardstick).map(|share| share.text())));
        line.push(match &row.times {
            Ok(_) => "equal".to_owned(),
            Err(failure) if failure.kind == Kind::WrongResult => "WRONG".to_owned(),
            Err(failure) if failure.kind == Kind::Schedule => "ILLEGAL".to_owned(),
            Err(_) => "FAILED".to_owned(),
        });
        line.push(or_dash(row.limit.clone()));
        line
    });
    let headers = [
        "kernel",
        ">original",
        ">median",
        ">expert",
        ">median",
        ">ratio",
        ">quartiles",
        ">Gop/s",
        ">GB/s",
        ">of peak",
        "bits",
        "~limit",
    ];
    println!("{}", table(&headers, lines.collect()));
    let found = ratios(rows);
    if let Some(mean) = geometric_mean(&found) {
        println!(
            "geometric mean over {} kernels at {}, {} threads, {}: {} over {} -O3 -march={}; {} slower",
            found.len(),
            arguments.size,
            yardstick.threads,
            arguments.search.cache.text(),
            ratio(mean),
            arguments.search.compiler,
            arguments.search.march,
            found.iter().filter(|ratio| **ratio < 1.0).count(),
        );
    }
    println!("{}", yardstick.origin());
    for row in rows {
        if let Err(failure) = &row.times {
            eprintln!("{}: {}", row.kernel.name, failure.report);
        }
    }
}

/// The ratios of the rows that have one.
fn ratios(rows: &[Row]) -> Vec<f64> {
    rows.iter().filter_map(|row| row.ratio().map(|ratio| ratio.minimum)).collect()
}

fn print_json(arguments: &Arguments, yardstick: &Yardstick, rows: &[Row]) -> Outcome<()> {
    let documents: Vec<_> = rows
        .iter()
        .map(|row| {
            let times = row.times.as_ref().ok();
            let (original, expert) = (times.map(|pair| &pair.0), times.map(|pair| &pair.1));
            json!({
                "kernel": row.kernel.name,
                "original_nanoseconds": original.map(|timing| timing.minimum_ns),
                "original_median_nanoseconds": original.map(|timing| timing.median_ns),
                "expert_nanoseconds": expert.map(|timing| timing.minimum_ns),
                "expert_median_nanoseconds": expert.map(|timing| timing.median_ns),
                "runs": expert.map(|timing| timing.runs.len()),
                "ratio": row.ratio().map(|ratio| ratio.json()),
                "rates": row.rates().map(|rates| rates.json()),
                "share_of_peak": row.share(yardstick).map(|share| share.json()),
                "operations": row.work.map(|work| work.operations()),
                "compulsory_bytes": row.work.map(|work| work.traffic()),
                "bit_equal": match &row.times {
                    Ok(_) => Some(true),
                    Err(failure) if failure.kind == Kind::WrongResult => Some(false),
                    Err(_) => None,
                },
                "failure": row.times.as_ref().err().map(|failure| failure.report.to_string()),
                "limit": row.limit,
            })
        })
        .collect();
    let document = json!({
        "size": arguments.size.name(),
        "march": arguments.search.march,
        "cache": arguments.search.cache.name(),
        "machine": yardstick.machine,
        "threads": yardstick.threads,
        "peak": yardstick.json(),
        "compiler": format!("{} -O3 -march={}", arguments.search.compiler, arguments.search.march),
        "kernels": documents,
        "geometric_mean": geometric_mean(&ratios(rows)),
    });
    terminal::print_json(&document)
}
