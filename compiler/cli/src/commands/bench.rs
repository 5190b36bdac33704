//! `loopwright bench`: our code for a schedule against other compilers' and other people's.

use crate::arithmetic::{Accuracy, ArithmeticArguments};
use crate::benchmark::competitor::Workshop;
use crate::benchmark::peak::{Share, Yardstick};
use crate::benchmark::{Rates, Ratio, Scheduled, Side, alternate};
use crate::cache::Cache;
use crate::deadline::parse_duration;
use crate::failure::{Failure, Kind, Outcome};
use crate::given::Given;
use crate::input::{self, Accepted, InputArguments};
use crate::interrupt;
use crate::laboratory::{
    CompilerSettings, DataReport, Laboratory, LaboratoryOptions, Optimization, worker_failure,
};
use crate::regions::require_all;
use crate::report::{duration, ratio, table};
use crate::target::runnable;
use crate::terminal::print_json;
use crate::tuning::thread_count;
use clap::Args;
use loopwright_analysis::Work;
use loopwright_frontend::Unit;
use loopwright_ir::Program;
use loopwright_runtime::{Machine, Outcome as RunOutcome, Timing};
use serde_json::json;
use std::time::Duration;

/// Time a region under a schedule against other compilers, objects or programs.
///
/// All sides run in turn in a worker process on the same data. Ours has to give the original's results bit
/// for bit, unless --fast-math is given; whether the others do is said. --against takes
///
///   a compiler's command line, as "gcc -O3 -march=native": it gets the region's own text in a C file, and
///   `-shared -fPIC -w`, the flags of the input, the file, `-o …` and `-lm` are appended;
///
///   any other command line, with {output} for the file that it shall make and {input} for that C file or
///   {source} for yours, as "polycc {source} -o p.c && clang -O3 -c p.c -o {output}";
///
///   a file: an object or shared object that defines the region's function with the same signature (not
///   static), or an object of our own --emit; or a program, which is run as a whole: its time is the number of
///   seconds alone on the last line of its output, else the time from its start to its end, and its
///   results are not compared.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    input: InputArguments,
    /// Our schedule, as text or as the name of a file that holds it; the original order by default.
    #[arg(long, value_name = "FILE|TEXT", default_value = "")]
    schedule: String,
    /// What to compare with; may be repeated.
    #[arg(long, value_name = "COMMAND|FILE", default_values = ["clang-19 -O3 -march=native"])]
    against: Vec<String>,
    /// How long the sides take turns at most; they stop when all have settled.
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = parse_duration)]
    budget: Duration,
    /// Threads that parallel loops run on; all by default, or OMP_NUM_THREADS.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    threads: Option<u32>,
    /// The machine that our side is compiled for: native, x86-64-v3 or x86-64-v4.
    #[arg(long, value_name = "NAME", default_value = "native")]
    march: String,
    /// Whether the data is in the caches when a run begins.
    #[arg(long, value_enum, default_value_t = Cache::Hot)]
    cache: Cache,
    #[command(flatten)]
    arithmetic: ArithmeticArguments,
    /// The C compiler for the original that results are compared with.
    #[arg(long, value_name = "COMMAND", default_value = "clang-19")]
    compiler: String,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// What is known of one side's results.
enum Bits {
    Equal,
    Different(String),
    /// With relaxed arithmetic.
    Near(Accuracy),
    /// A program's results are its own.
    Unknown,
}

/// One line of the table.
struct Line {
    name: String,
    /// How the time was taken.
    clock: &'static str,
    bits: Bits,
    timing: Result<Timing, String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let schedule = Given::read(&arguments.schedule)?;
    let unit = arguments.input.parse()?;
    let regions = input::chosen(&unit, &arguments.input.flags);
    let accepted = input::accepted(regions.iter().copied())?;
    let [region] = accepted.as_slice() else {
        let names: Vec<&str> = accepted.iter().map(|region| region.program.name.as_str()).collect();
        return Err(Failure::with_help(
            Kind::Input,
            "one region is timed, and the file has several",
            format!("choose one with --function; there are {}", names.join(", ")),
        ));
    };
    let program = input::specialized(&unit, region.program)?;
    let scheduled = Scheduled::of(&program, &schedule, arguments.arithmetic.fast_math)?;
    let threads = thread_count(arguments.threads, &Machine::detect());
    let settings = CompilerSettings {
        compiler: arguments.compiler.clone(),
        optimization: Optimization::Full,
        march: "native".to_owned(),
        contraction: arguments.input.flags.contraction().compiler_flag(),
        arguments: arguments.input.flags.compiler_arguments(),
        initializer: arguments.input.flags.init.clone(),
    };
    let options = LaboratoryOptions {
        threads: Some(threads as usize),
        interrupt: Some(interrupt::flag()),
        target: Some(runnable(&arguments.march)?),
        fast_math: arguments.arithmetic.fast_math,
        cold: arguments.cache == Cache::Cold,
        ..LaboratoryOptions::default()
    };
    let mut laboratory =
        Laboratory::of_region(&unit, region.region, &program, &settings, &options)?;
    let ours = scheduled.compile(&mut laboratory)?;
    let bits = laboratory.accuracy().cloned().map_or(Bits::Equal, Bits::Near);
    let mut lines = vec![("loopwright".to_owned(), Side::Entry(ours), "call", bits)];
    lines.extend(competitors(arguments, &unit, region, &program, threads, &mut laboratory)?);
    let sides: Vec<Side> = lines.iter().map(|(_, side, _, _)| side.clone()).collect();
    let timings = alternate(&mut laboratory, &sides, arguments.budget)?;
    let lines: Vec<Line> = lines
        .into_iter()
        .zip(timings)
        .map(|((name, _, clock, bits), timing)| Line { name, clock, bits, timing })
        .collect();
    let measured = Measured {
        data: laboratory.data(),
        cache: arguments.cache,
        work: Work::of(&program),
        yardstick: Yardstick::new(threads, &arguments.march),
        program: &program,
        lines,
    };
    if arguments.json {
        let document = json!({
            "file": unit.file.to_string_lossy(),
            "program": program.name,
            "schedule": scheduled.order.text,
            "march": arguments.march,
            "fast_math": arguments.arithmetic.fast_math,
            "threads": threads,
            "machine": measured.yardstick.machine,
            "peak": measured.yardstick.json(),
            "operations": measured.work.map(|work| work.operations()),
            "compulsory_bytes": measured.work.map(|work| work.traffic()),
            "cache": arguments.cache.name(),
            "data": measured.data.json(),
            "sides": measured.lines.iter().map(|line| measured.document(line)).collect::<Vec<_>>(),
        });
        print_json(&document)?;
    } else {
        measured.print(&scheduled.order.one_line());
    }
    match measured.lines.into_iter().find_map(|line| Some((line.name, line.timing.err()?))) {
        None => require_all(&unit, &regions),
        Some((name, reason)) => Err(Failure::new(Kind::Other, format!("`{name}`: {reason}"))),
    }
}

type Prepared = (String, Side, &'static str, Bits);

/// Makes what is compared with, and compares its results.
fn competitors(
    arguments: &Arguments,
    unit: &Unit,
    region: &Accepted<'_>,
    program: &Program,
    threads: u32,
    laboratory: &mut Laboratory<'_>,
) -> Outcome<Vec<Prepared>> {
    // The laboratory's folder outlives what its worker has loaded.
    let folder = laboratory.folder().to_owned();
    let workshop = Workshop {
        unit,
        region: region.region,
        program,
        flags: &arguments.input.flags,
        compiler: &arguments.compiler,
        threads,
        folder: &folder,
    };
    let mut prepared = Vec::new();
    for (number, text) in arguments.against.iter().enumerate() {
        let side = workshop.side(text, number)?;
        let (clock, bits) = match &side {
            Side::Program(program) if program.tells_its_time() => ("its own", Bits::Unknown),
            Side::Program(_) => ("whole program", Bits::Unknown),
            Side::Entry(entry) => match laboratory.check_other(entry).map_err(worker_failure)? {
                RunOutcome::Time(_) => ("call", Bits::Equal),
                RunOutcome::WrongResult(mismatch) => {
                    ("call", Bits::Different(mismatch.to_string()))
                }
                other => {
                    return Err(Failure::new(
                        Kind::Environment,
                        format!("--against `{text}`: {other}"),
                    ));
                }
            },
        };
        prepared.push((text.clone(), side, clock, bits));
    }
    Ok(prepared)
}

/// All sides' times, and what they are to be seen beside.
struct Measured<'a> {
    data: DataReport,
    cache: Cache,
    program: &'a Program,
    work: Option<Work>,
    yardstick: Yardstick,
    /// Ours is the first.
    lines: Vec<Line>,
}

impl Measured<'_> {
    /// A side's time over ours.
    fn over_ours(&self, line: &Line) -> Option<Ratio> {
        let ours = self.lines.first()?.timing.as_ref().ok()?;
        Some(Ratio::of(line.timing.as_ref().ok()?, ours))
    }

    fn rates(&self, line: &Line) -> Option<Rates> {
        Some(Rates::of(self.work.as_ref()?, line.timing.as_ref().ok()?.minimum_ns))
    }

    fn share(&self, line: &Line) -> Option<Share> {
        self.yardstick.share(self.program, self.work.as_ref()?, &self.rates(line)?)
    }

    fn document(&self, line: &Line) -> serde_json::Value {
        let timing = line.timing.as_ref().ok();
        let (equal, difference) = match &line.bits {
            Bits::Equal | Bits::Near(_) if !self.data.is_comparison() => (None, None),
            Bits::Equal => (Some(true), None),
            Bits::Different(text) => (Some(false), Some(text)),
            Bits::Near(accuracy) => (Some(accuracy.has_same_bits()), None),
            Bits::Unknown => (None, None),
        };
        let accuracy = match &line.bits {
            Bits::Near(accuracy) => Some(accuracy.json()),
            _ => None,
        };
        json!({
            "name": line.name,
            "clock": line.clock,
            "minimum_nanoseconds": timing.map(|timing| timing.minimum_ns),
            "median_nanoseconds": timing.map(|timing| timing.median_ns),
            "runs_nanoseconds": timing.map(|timing| &timing.runs),
            "over_ours": self.over_ours(line).map(|ratio| ratio.json()),
            "rates": self.rates(line).map(|rates| rates.json()),
            "share_of_peak": self.share(line).map(|share| share.json()),
            "bit_equal": equal,
            "difference": difference,
            "accuracy": accuracy,
            "failure": line.timing.as_ref().err(),
        })
    }

    fn print(&self, schedule: &str) {
        println!(
            "{}, {} threads, runs in turn, {}",
            self.program.name,
            self.yardstick.threads,
            self.cache.text()
        );
        println!("schedule: {schedule}\n");
        let rows = self.lines.iter().map(|line| self.row(line)).collect();
        let headers = [
            "~side",
            ">minimum",
            ">median",
            ">runs",
            ">over ours",
            ">quartiles",
            ">Gop/s",
            ">GB/s",
            ">of peak",
            "bits",
        ];
        println!("{}", table(&headers, rows));
        println!("{}", self.data.line());
        println!("{}", self.yardstick.origin());
        for line in &self.lines {
            if let Bits::Different(text) = &line.bits {
                eprintln!("`{}` has other bits: {text}", line.name);
            }
            if let Bits::Near(accuracy) = &line.bits
                && let Some(warning) = accuracy.warning()
            {
                eprintln!("warning: `{}`: {warning}", line.name);
            }
            if line.clock != "call" {
                eprintln!("`{}` is a program; its time is {}", line.name, line.clock);
            }
        }
    }

    fn row(&self, line: &Line) -> Vec<String> {
        let timing = line.timing.as_ref().ok();
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        let (rates, over_ours) = (self.rates(line), self.over_ours(line));
        let bits = match &line.bits {
            Bits::Equal | Bits::Near(_) if !self.data.is_comparison() => "not compared".to_owned(),
            Bits::Equal => "equal".to_owned(),
            Bits::Near(accuracy) => accuracy.to_string(),
            Bits::Different(_) => "DIFFERENT".to_owned(),
            Bits::Unknown => "not known".to_owned(),
        };
        vec![
            line.name.clone(),
            or_dash(timing.map(|timing| duration(timing.minimum_ns as f64))),
            or_dash(timing.map(|timing| duration(timing.median_ns as f64))),
            or_dash(timing.map(|timing| timing.runs.len().to_string())),
            or_dash(over_ours.map(|found| ratio(found.minimum))),
            or_dash(over_ours.map(|found| found.spread())),
            or_dash(rates.map(|rates| rates.operations_text())),
            or_dash(rates.map(|rates| rates.traffic_text())),
            or_dash(self.share(line).map(|share| share.text())),
            bits,
        ]
    }
}
