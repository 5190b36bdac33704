//! `polybench --with-expert`: what was tuned beside the expert schedule, in the same sitting.
//!
//! The search is over by then and never saw that schedule. Source, tuned loops and the expert's run in turn.

use super::{Arguments, expert};
use crate::benchmark::{Scheduled, Side, alternate};
use crate::failure::{Failure, Kind, Outcome};
use crate::given::Given;
use crate::input::InputFlags;
use crate::laboratory::Laboratory;
use crate::report::{duration, geometric_mean, ratio, table};
use crate::tuning::{Surroundings, Tuned, compiler_settings, laboratory_options};
use loopwright_frontend::{Region, Unit};
use loopwright_polybench::Kernel;
use loopwright_runtime::Timing;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the three sides take turns.
const TURNS: Duration = Duration::from_secs(6);

/// Minima in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    source: f64,
    tuned: f64,
    expert: f64,
}

impl Beside {
    /// The tuned loops' speed as a part of the expert's.
    pub fn share(&self) -> f64 {
        self.expert / self.tuned
    }

    /// The share behind a kernel's speedup, while others are still tuned.
    pub fn line(&self) -> String {
        format!("   {:.2} of the expert", self.share())
    }
}

/// Lets source, tuned loops and the expert's take turns; `None` where the kernel has no expert schedule.
pub fn measure(
    arguments: &Arguments,
    kernel: &Kernel,
    (unit, region, flags): (&Unit, &Region, &InputFlags),
    tuned: &Tuned,
    surroundings: &Surroundings,
) -> Outcome<Option<Beside>> {
    let search = &arguments.search;
    let Some(text) = expert::text(None, kernel, &search.march)? else { return Ok(None) };
    let expert = Scheduled::of(&tuned.program, &Given::read(&text)?, false)?;
    let chosen = Given::Steps(tuned.report.best.schedule.clone());
    let chosen = Scheduled::of(&tuned.program, &chosen, search.arithmetic.fast_math)?;
    let settings = compiler_settings(flags, search);
    let options = laboratory_options(search, surroundings);
    let mut laboratory = Laboratory::of_region(unit, region, &tuned.program, &settings, &options)?;
    let source = laboratory.original();
    let tuned = match tuned.confirmation.source_stays {
        true => source.clone(),
        false => chosen.compile(&mut laboratory)?,
    };
    let sides = [source, tuned, expert.compile(&mut laboratory)?].map(Side::Entry);
    let timings: Result<Vec<Timing>, String> =
        alternate(&mut laboratory, &sides, TURNS)?.into_iter().collect();
    let timings = timings.map_err(|reason| Failure::new(Kind::Other, reason))?;
    let minimum = |position: usize| timings.get(position).map(|timing| timing.minimum_ns as f64);
    Ok(minimum(0).zip(minimum(1)).zip(minimum(2)).map(|((source, tuned), expert)| Beside {
        source,
        tuned,
        expert,
    }))
}

/// Prints the table with its means.
pub fn print(arguments: &Arguments, surroundings: &Surroundings, rows: &[(&Kernel, Beside)]) {
    let search = &arguments.search;
    let lines = rows.iter().map(|(kernel, beside)| {
        vec![
            kernel.name.to_owned(),
            duration(beside.source),
            duration(beside.tuned),
            duration(beside.expert),
            ratio(beside.source / beside.tuned),
            ratio(beside.source / beside.expert),
            format!("{:.2}", beside.share()),
        ]
    });
    let source = format!(">{}", search.compiler);
    let headers =
        ["kernel", &source, ">tuned", ">expert", ">tuned by", ">expert by", ">tuned/expert"];
    println!("{}", table(&headers, lines.collect()));
    let mean = |value: fn(&Beside) -> f64| {
        let values: Vec<f64> = rows.iter().map(|(_, beside)| value(beside)).collect();
        geometric_mean(&values)
    };
    let means = mean(|beside| beside.source / beside.tuned)
        .zip(mean(|beside| beside.source / beside.expert))
        .zip(mean(Beside::share));
    if let Some(((tuned, expert), share)) = means {
        let shares = rows.iter().map(|(_, beside)| beside.share());
        println!(
            "geometric mean over {} kernels at {}, {} threads, {}, over {} -O3 -march={}: tuned {}, \
             expert {}; tuned {:.2} of the expert, the least {:.2}",
            rows.len(),
            arguments.size,
            surroundings.threads,
            search.cache.text(),
            search.compiler,
            search.march,
            ratio(tuned),
            ratio(expert),
            share,
            shares.fold(f64::INFINITY, f64::min),
        );
    }
}

/// One kernel's times as JSON.
pub fn document(beside: Option<&Beside>) -> Value {
    json!(beside.map(|beside| json!({
        "source_nanoseconds": beside.source,
        "tuned_nanoseconds": beside.tuned,
        "expert_nanoseconds": beside.expert,
        "tuned_over_expert": beside.share(),
    })))
}
