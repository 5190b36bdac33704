//! `loopwright model pool`: schedules that a search would look at, measured once and kept, so that every way to rank
//! them can be judged by the same times.

mod file;

pub use file::{Member, Pool, read};

use super::PoolArguments;
use crate::benchmark::{Scheduled, Side, alternate};
use crate::commands::dataset::warn_of_load;
use crate::commands::polybench::{Loaded, Sources, kernels};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::given::Given;
use crate::interrupt;
use crate::laboratory::{CompilerSettings, Laboratory, LaboratoryOptions, Optimization};
use crate::report::{progress, table};
use crate::tuning::{machine_features, search_machine, thread_count};
use file::append;
use indicatif::ProgressBar;
use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::Schedule;
use loopwright_polybench::Kernel;
use loopwright_runtime::{Machine, Outcome as RunOutcome};
use loopwright_search::{
    Budget, Candidate, Measurement, Measurer, SearchOptions, Silent, Space, search,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the search may take for its first plans.
const PROPOSING: Duration = Duration::from_secs(6);
/// Draws for each schedule that is wanted, before fewer will do.
const DRAWS: usize = 4;
/// What takes so many times as long as the best is timed by itself, a few times only.
const SLOW: f64 = 8.0;
/// The longest run of anything.
const RUN_LIMIT: Duration = Duration::from_secs(4);

/// Measures kernels that the file does not have yet, and appends them.
pub fn run(arguments: &PoolArguments) -> Outcome<()> {
    let present: HashSet<(String, String)> = match arguments.out.exists() {
        true => read(&arguments.out)?.into_iter().map(|pool| (pool.kernel, pool.size)).collect(),
        false => HashSet::new(),
    };
    let measuring = Measuring::new(arguments.threads, &arguments.compiler);
    let sources = Sources::write()?;
    let interrupt = interrupt::flag();
    warn_of_load(&measuring.machine);
    let kernels = kernels(&arguments.kernel)?;
    let bar = progress(kernels.len() as u64, false);
    let mut rows = Vec::new();
    for kernel in kernels {
        if interrupt.load(Ordering::SeqCst) {
            break;
        }
        bar.set_message(kernel.name);
        if !present.contains(&(kernel.name.to_owned(), arguments.size.name().to_owned())) {
            let loaded = sources.load(kernel, arguments.size)?;
            let wanted = (arguments.schedules as usize, arguments.seed);
            let turns = Duration::from_secs_f64(arguments.seconds);
            let pool = measuring.pool(kernel, arguments.size, &loaded, wanted, turns, &bar)?;
            append(&arguments.out, &pool)?;
            rows.push(row(&pool));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let headers = ["kernel", ">schedules", ">original", ">best", ">expert", ">spread"];
    println!("{}", table(&headers, rows));
    Ok(())
}

fn row(pool: &Pool) -> Vec<String> {
    let time = |member: Option<&Member>| {
        member.and_then(Member::best).map_or("–".to_owned(), |time| format!("{time:.3} ms"))
    };
    let mut spreads: Vec<f64> = pool.members.iter().filter_map(Member::spread).collect();
    spreads.sort_by(f64::total_cmp);
    let best = pool.members.iter().min_by(|left, right| {
        let time = |one: &Member| one.best().unwrap_or(f64::INFINITY);
        time(left).total_cmp(&time(right))
    });
    vec![
        pool.kernel.clone(),
        pool.members.len().to_string(),
        time(pool.members.first()),
        time(best),
        time(pool.members.iter().find(|member| member.origin == EXPERT)),
        spreads
            .get(spreads.len() / 2)
            .map_or("–".into(), |spread| format!("{:.0} %", 100.0 * spread)),
    ]
}

/// The origin of a kernel's expert schedule.
pub const EXPERT: &str = "expert";

/// What is the same for all kernels.
pub struct Measuring {
    pub machine: Machine,
    threads: u32,
    compiler: String,
}

impl Measuring {
    pub fn new(threads: Option<u32>, compiler: &str) -> Self {
        let machine = Machine::detect();
        let threads = thread_count(threads, &machine);
        Self { machine, threads, compiler: compiler.to_owned() }
    }

    /// One kernel's schedules with their times: the original first, then the expert's, then the first plans of
    /// a search, then random members of its space.
    pub fn pool(
        &self,
        kernel: &Kernel,
        size: loopwright_polybench::Size,
        loaded: &Loaded,
        (count, seed): (usize, u64),
        turns: Duration,
        bar: &ProgressBar,
    ) -> Outcome<Pool> {
        let program = &loaded.program;
        let mut proposed: Vec<(String, Schedule)> =
            vec![("original".to_owned(), Schedule::original())];
        if let Some(text) = loopwright_polybench::expert_schedule(kernel.name, "native") {
            let schedule = text.parse::<Schedule>().or_fail(Kind::Schedule)?;
            proposed.push((EXPERT.to_owned(), schedule));
        }
        let candidates = self.candidates(loaded, count.saturating_sub(proposed.len()), seed)?;
        let settings = CompilerSettings {
            compiler: self.compiler.clone(),
            optimization: Optimization::Full,
            march: "native".to_owned(),
            contraction: loaded.flags.contraction().compiler_flag(),
            arguments: loaded.flags.compiler_arguments(),
            initializer: loaded.flags.init.clone(),
        };
        let options = LaboratoryOptions {
            threads: Some(self.threads as usize),
            run_limit: Some(RUN_LIMIT),
            interrupt: Some(interrupt::flag()),
            ..LaboratoryOptions::default()
        };
        let region = loaded.region()?;
        let mut laboratory =
            Laboratory::of_region(&loaded.unit, region, program, &settings, &options)?;
        let mut members = Vec::new();
        let mut entries = Vec::new();
        for (origin, schedule) in proposed {
            let given = Given::Steps(schedule);
            let scheduled = Scheduled::of(program, &given, false)?;
            let Some(known) = &scheduled.order.schedule else { continue };
            let text = known.to_string();
            match scheduled.compile(&mut laboratory) {
                Ok(entry) => {
                    let first = self.first(&mut laboratory, &entry);
                    entries.push((entry, first));
                    members.push(Member { origin, schedule: text, milliseconds: Vec::new() });
                }
                Err(failure) => bar.suspend(|| {
                    eprintln!("warning: {}: {origin}: {}", kernel.name, failure.report);
                }),
            }
        }
        for candidate in candidates {
            let measured = laboratory.measure(&candidate, None, None);
            match measured {
                Some(Measurement::Time { seconds, .. }) => {
                    let Ok(entry) = laboratory.entry(&candidate, None) else { continue };
                    entries.push((entry, Some(1e3 * seconds)));
                    members.push(Member {
                        origin: candidate.origin.to_string(),
                        schedule: candidate.schedule.to_string(),
                        milliseconds: Vec::new(),
                    });
                }
                Some(Measurement::Failed { reason }) => bar.suspend(|| {
                    eprintln!("warning: {}: {reason} under\n{}", kernel.name, candidate.schedule);
                }),
                None => {}
            }
        }
        let best = entries.iter().filter_map(|(_, first)| *first).fold(f64::INFINITY, f64::min);
        // What is hopeless would take all of the time from the others.
        let mut sides = Vec::new();
        for (position, ((entry, first), member)) in entries.iter().zip(&mut members).enumerate() {
            match first {
                Some(first) if *first > SLOW * best => {
                    member.milliseconds.push(*first);
                    member.milliseconds.extend(self.first(&mut laboratory, entry));
                }
                _ => sides.push((position, Side::Entry(entry.clone()))),
            }
        }
        let entries: Vec<Side> = sides.iter().map(|(_, side)| side.clone()).collect();
        for ((position, _), timing) in
            sides.iter().zip(alternate(&mut laboratory, &entries, turns)?)
        {
            if let (Some(member), Ok(timing)) = (members.get_mut(*position), timing) {
                member.milliseconds.extend(timing.runs.iter().map(|run| *run as f64 / 1e6));
            }
        }
        members.retain(|member| !member.milliseconds.is_empty());
        Ok(Pool {
            kernel: kernel.name.to_owned(),
            size: size.name().to_owned(),
            machine: machine_features(&self.machine, self.threads),
            fingerprint: self.machine.fingerprint(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            members,
        })
    }

    /// The better of two runs in milliseconds.
    fn first(
        &self,
        laboratory: &mut Laboratory<'_>,
        entry: &loopwright_runtime::EntryPoint,
    ) -> Option<f64> {
        (0..2)
            .filter_map(|_| match laboratory.sample(entry) {
                Ok(RunOutcome::Time(timing)) => Some(timing.minimum_ns as f64 / 1e6),
                _ => None,
            })
            .min_by(f64::total_cmp)
    }

    /// The first plans of a search, then random members of its space, no two with the same loops.
    fn candidates(&self, loaded: &Loaded, count: usize, seed: u64) -> Outcome<Vec<Candidate>> {
        let program = &loaded.program;
        let dependences = Dependences::compute(program, DEFAULT_QUOTA).or_fail(Kind::Other)?;
        let machine = search_machine(&self.machine, self.threads);
        let options =
            SearchOptions { seed, budget: Budget::lasting(PROPOSING), ..SearchOptions::default() };
        let mut scorer = Indifferent;
        let report =
            search(program, &dependences, &mut scorer, &machine, &options, &mut Silent, None)
                .or_fail(Kind::Other)?;
        let space = Space::new(program, &dependences, &machine);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let drawn = (0..DRAWS * count).filter_map(|_| Some(space.sample(&mut random)?.candidate));
        let mut seen = HashSet::new();
        let fresh = report
            .predicted
            .into_iter()
            .filter(|candidate| !candidate.schedule.is_original())
            .chain(drawn)
            .filter(|candidate| seen.insert(candidate.loops.display(&candidate.program)));
        let found: Vec<Candidate> = fresh.take(count).collect();
        if found.is_empty() {
            return Err(Failure::new(Kind::Other, format!("{} has no other order", program.name)));
        }
        Ok(found)
    }
}

/// Has no opinion, so that no model decides which schedules it will be judged by.
struct Indifferent;

impl loopwright_search::Scorer for Indifferent {
    fn score(
        &mut self,
        _: (&loopwright_ir::Program, &loopwright_ir::LoopTree),
        _: &loopwright_ir::Program,
        trees: &[&loopwright_ir::LoopTree],
    ) -> Vec<f64> {
        vec![1.0; trees.len()]
    }
}
