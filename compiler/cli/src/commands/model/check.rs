//! `loopwright model check`: how well schedules whose times were kept are ranked, and how fast.

mod listing;

use super::CheckArguments;
use super::pool::{EXPERT, Member, Pool, read};
use crate::commands::polybench::Sources;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::given::rounding;
use crate::report::table;
use crate::terminal::print_json;
use crate::tuning::{rates_of, scorer};
use loopwright_costmodel::metrics::{ProgramPredictions, Report, report};
use loopwright_costmodel::scorer::estimates;
use loopwright_costmodel::{MachineFeatures, Scorer};
use loopwright_ir::{LoopTree, Program, Schedule};
use loopwright_transform::{State, lower};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long scoring is timed.
const TIMING: Duration = Duration::from_secs(2);

/// A pool with its loops.
struct Loaded {
    pool: Pool,
    members: Vec<Scheduled>,
}

/// One of its schedules.
struct Scheduled {
    member: Member,
    program: Program,
    loops: LoopTree,
}

/// How one predictor ranks one pool.
struct Judged {
    predictions: ProgramPredictions,
    /// The share of the other schedules that are predicted better than the expert's.
    expert: Option<f64>,
}

/// Judges and prints.
pub fn run(arguments: &CheckArguments) -> Outcome<()> {
    let sources = Sources::write()?;
    let mut loaded = Vec::new();
    for path in &arguments.pools {
        for pool in read(path)? {
            if arguments.kernel.is_empty() || arguments.kernel.contains(&pool.kernel) {
                loaded.push(load(&sources, pool)?);
            }
        }
    }
    if loaded.is_empty() {
        return Err(Failure::new(Kind::Input, "the pools have none of these kernels"));
    }
    let models =
        std::iter::once(None).chain(arguments.model.iter().map(|path| Some(path.as_path())));
    let mut columns = Vec::new();
    for model in models {
        let name = model.map_or("estimate".to_owned(), |path| path.display().to_string());
        let judged: Vec<Judged> =
            loaded.iter().map(|one| judge(one, model)).collect::<Outcome<_>>()?;
        columns.push((name, judged));
    }
    let rate = rate(&loaded);
    if arguments.json {
        return print_json(&document(&loaded, &columns, rate));
    }
    if arguments.list {
        loaded.iter().for_each(listing::print);
    }
    print(&loaded, &columns);
    println!("{rate:.0} schedules scored in a second, {} at once, by the estimate", trees(&loaded));
    Ok(())
}

fn trees(loaded: &[Loaded]) -> usize {
    loaded.iter().map(|one| one.members.len()).sum()
}

/// Schedules that the estimate scores in a second, in batches on all cores, from loop trees on.
fn rate(loaded: &[Loaded]) -> f64 {
    let start = Instant::now();
    let mut scored = 0;
    while start.elapsed() < TIMING {
        // Pools of one machine are scored together.
        for same in loaded.chunk_by(|left, right| left.pool.machine == right.pool.machine) {
            let Some(machine) = same.first().map(|one| one.pool.machine) else { continue };
            let members = same.iter().flat_map(|one| &one.members);
            let all: Vec<_> = members.map(|one| (&one.program, &one.loops)).collect();
            scored += estimates(&all, &machine, &rates_of(&machine)).len();
        }
    }
    scored as f64 / start.elapsed().as_secs_f64()
}

fn judge(one: &Loaded, model: Option<&Path>) -> Outcome<Judged> {
    let machine: &MachineFeatures = &one.pool.machine;
    let scorer: Scorer = scorer(model, machine);
    let Some(first) = one.members.first() else {
        return Err(Failure::new(Kind::Input, format!("{} has no schedules", one.pool.kernel)));
    };
    let original = (&first.program, &first.loops);
    let mut predicted = Vec::new();
    for member in &one.members {
        let scores = scorer.score(original, &member.program, &[&member.loops], machine);
        predicted.extend(scores.or_fail(Kind::Environment)?);
    }
    let measured: Vec<f64> =
        one.members.iter().filter_map(|one| Some(1.0 / one.member.best()?)).collect();
    let expert = one.members.iter().position(|one| one.member.origin == EXPERT);
    let expert = expert.and_then(|expert| predicted.get(expert)).map(|expert| {
        let better = predicted.iter().filter(|score| *score > expert).count();
        better as f64 / (predicted.len() - 1).max(1) as f64
    });
    Ok(Judged { predictions: ProgramPredictions { predicted, measured }, expert })
}

fn summary(judged: &[Judged]) -> Option<Report> {
    let all: Vec<ProgramPredictions> = judged.iter().map(|one| one.predictions.clone()).collect();
    report(&all)
}

/// How many experts are predicted to be above the middle of their pools, and how many experts there are.
fn experts(judged: &[Judged]) -> (usize, usize) {
    let all: Vec<f64> = judged.iter().filter_map(|one| one.expert).collect();
    (all.iter().filter(|place| **place < 0.5).count(), all.len())
}

fn print(loaded: &[Loaded], columns: &[(String, Vec<Judged>)]) {
    let mut headers = vec![
        "kernel".to_owned(),
        "size".to_owned(),
        ">threads".to_owned(),
        ">schedules".to_owned(),
    ];
    for (name, _) in columns {
        let short =
            Path::new(name).file_name().map_or(name.clone(), |name| name.to_string_lossy().into());
        headers.push(format!(">{short}: Spearman"));
        headers.extend([">regret", ">of five", ">expert at"].map(str::to_owned));
    }
    let percent = |value: f64| format!("{:.0} %", 100.0 * value);
    let figures = |report: Option<Report>| match report {
        Some(report) => [
            format!("{:.2}", report.spearman),
            percent(report.top_one_regret),
            percent(report.top_five_regret),
        ],
        None => ["–"; 3].map(str::to_owned),
    };
    let mut rows = Vec::new();
    for (position, one) in loaded.iter().enumerate() {
        let pool = &one.pool;
        let (threads, count) = (pool.machine.threads.to_string(), one.members.len().to_string());
        let mut row = vec![pool.kernel.clone(), pool.size.clone(), threads, count];
        for judged in columns.iter().filter_map(|(_, judged)| judged.get(position)) {
            row.extend(figures(summary(std::slice::from_ref(judged))));
            row.push(judged.expert.map_or("–".to_owned(), percent));
        }
        rows.push(row);
    }
    let mut row = vec!["mean".to_owned(), String::new(), String::new(), trees(loaded).to_string()];
    for (_, judged) in columns {
        row.extend(figures(summary(judged)));
        let (above, all) = experts(judged);
        row.push(format!("{above} of {all} above"));
    }
    rows.push(row);
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    println!("{}", table(&headers, rows));
}

fn document(loaded: &[Loaded], columns: &[(String, Vec<Judged>)], rate: f64) -> serde_json::Value {
    let figures = |judged: &[Judged]| {
        let found = summary(judged);
        json!({
            "spearman": found.map(|report| report.spearman),
            "top_one_regret": found.map(|report| report.top_one_regret),
            "top_five_regret": found.map(|report| report.top_five_regret),
            "experts_above_median": experts(judged).0,
            "experts": experts(judged).1,
        })
    };
    let kernels: Vec<_> = (loaded.iter().enumerate())
        .map(|(position, one)| {
            let by: serde_json::Map<String, serde_json::Value> = columns
                .iter()
                .filter_map(|(name, judged)| {
                    let judged = judged.get(position..=position)?;
                    let mut figures = figures(judged);
                    figures["expert_place"] = json!(judged.first().and_then(|one| one.expert));
                    Some((name.clone(), figures))
                })
                .collect();
            json!({
                "kernel": one.pool.kernel, "size": one.pool.size,
                "threads": one.pool.machine.threads, "schedules": one.members.len(), "by": by,
            })
        })
        .collect();
    let all: serde_json::Map<String, serde_json::Value> =
        columns.iter().map(|(name, judged)| (name.clone(), figures(judged))).collect();
    json!({"kernels": kernels, "all": all, "scored_in_a_second": rate})
}

/// Replays a pool's schedules.
fn load(sources: &Sources, pool: Pool) -> Outcome<Loaded> {
    let kernel = loopwright_polybench::by_name(&pool.kernel).ok_or_else(|| {
        Failure::new(Kind::Input, format!("there is no kernel `{}`", pool.kernel))
    })?;
    let size = pool.size.parse().or_fail(Kind::Input)?;
    let program = sources.load(kernel, size)?.program;
    let start = State::original(&program, rounding(false));
    let mut members = Vec::new();
    for member in pool.members.iter().filter(|member| member.best().is_some()) {
        let schedule: Schedule = member.schedule.parse().or_fail(Kind::Input)?;
        match start.replay(&schedule) {
            Ok(state) => members.push(Scheduled {
                member: member.clone(),
                loops: lower(state.program(), state.tree()).or_fail(Kind::Other)?,
                program: state.program().clone(),
            }),
            Err(error) => eprintln!("warning: {}: left out: {error}", pool.kernel),
        }
    }
    Ok(Loaded { pool, members })
}
