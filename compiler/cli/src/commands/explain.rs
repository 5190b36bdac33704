//! `loopwright explain`: what the compiler sees in a file, and why it refuses what it refuses.

mod cost;
mod why_not;

use crate::commands::scan;
use crate::deadline::Deadline;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::given::{Given, Order};
use crate::input::InputArguments;
use crate::regions::for_each;
use clap::Args;
use loopwright_analysis::{DEFAULT_QUOTA, Dependence, Dependences, Level, coincident};
use loopwright_frontend::{Region, run_time_checks};
use loopwright_ir::{Program, ScheduleTree};
use loopwright_transform::{Rounding, State, forward_scalars, lower};
use std::time::Duration;

/// Show the program in a file, its domains, accesses and dependences, and the loops after a schedule;
/// say why a region is rejected or a step is illegal.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    input: InputArguments,
    /// A schedule, as text or as the name of a file that holds it: steps, a LOOPerSet string, or an
    /// isl schedule tree.
    #[arg(long, value_name = "FILE|TEXT")]
    schedule: Option<String>,
    /// Say why a step is refused after the schedule, and what would make it legal.
    #[arg(long, value_name = "STEP")]
    why_not: Option<String>,
    /// Say where the time goes by the estimate, loop by loop: computing, traffic between the caches, copies, threads.
    #[arg(long, conflicts_with = "why_not")]
    cost: bool,
    /// Look for loops in functions without pragmas, and list them with what could be done or why not.
    #[arg(long, conflicts_with_all = ["schedule", "why_not", "cost"])]
    auto: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How long the dependences may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    if arguments.auto {
        return list(arguments);
    }
    let schedule = arguments.schedule.as_deref().map(Given::read).transpose()?;
    let unit = arguments.input.parse()?;
    let regions: Vec<&Region> = unit.regions.iter().collect();
    let done = for_each(&unit, &regions, arguments.json, |accepted| {
        // As it will be scheduled: without the scalars that only stand for elements.
        let program = &forward_scalars(accepted.program);
        let deadline = Deadline::after(PATIENCE);
        let dependences =
            Dependences::compute_until(program, DEFAULT_QUOTA, &|| deadline.is_over())
                .or_fail(Kind::Other)?;
        let original = ScheduleTree::original(program);
        let before = lower(program, &original).or_fail(Kind::Other)?;
        if !arguments.json && arguments.why_not.is_none() && !arguments.cost {
            println!("{program}");
            print_origins(accepted.region, program);
            print_dependences(program, &dependences);
            println!("loops in the original order");
            println!("{}", indented(&before.display(program)));
            print_parallelism(program, &dependences, &original);
        }
        let mut document = serde_json::json!({
            "program": program.name,
            "text": program.to_string(),
            "statements": program.statements.iter().map(|statement| &statement.name).collect::<Vec<_>>(),
            "dependences": dependences.distinct().map(|dependence| describe(program, dependence)).collect::<Vec<_>>(),
            "loops": before.display(program),
            "parameters": parameters(accepted.region, program),
            "checked_at_run_time": run_time_checks(program).iter().map(ToString::to_string).collect::<Vec<_>>(),
            "assumptions": accepted.region.assumptions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        let mut state = State::with_dependences(program, dependences, Rounding::Free);
        if let Some(schedule) = &schedule {
            let order;
            (state, order) = scheduled(schedule, &state)?;
            let after = lower(state.program(), &order.tree).or_fail(Kind::Other)?;
            if !arguments.json && !arguments.cost {
                println!("loops after the schedule");
                println!("{}", indented(&after.display(state.program())));
            }
            document["schedule"] = order.text.into();
            document["loops_after"] = after.display(state.program()).into();
        }
        if arguments.cost {
            let loops = lower(state.program(), state.tree()).or_fail(Kind::Other)?;
            let found = cost::Explanation::of(state.program(), &loops);
            if !arguments.json {
                found.print();
            }
            document["cost"] = found.json();
        }
        if let Some(step) = &arguments.why_not {
            let answer = why_not::answer(&state, step)?;
            if !arguments.json {
                print!("{}", answer.text());
            }
            document["why_not"] = answer.json();
        }
        Ok(document)
    });
    done.conclude(Ok(()))
}

/// What unknown sizes are taken to be in a list.
const SIZE: i64 = 1000;

/// The loops of a file, marked or not.
fn list(arguments: &Arguments) -> Outcome<()> {
    let InputArguments { file, flags } = &arguments.input;
    let mut nests = scan::nests_of(file, &flags.searching(), SIZE)
        .map_err(|error| Failure::diagnostic(Kind::Input, error).about(file, None))?;
    scan::show(&mut nests, &[], (usize::MAX, SIZE), arguments.json)
}

/// The state that a schedule makes, and the order. A schedule that is illegal for some sizes
/// and legal for the file's own ones, which is what `compile` asks, is shown for those.
fn scheduled(schedule: &Given, start: &State) -> Outcome<(State, Order)> {
    schedule.apply(start).or_else(|failure| {
        let program = start.program();
        let special = program.specialize();
        if special == *program || program.parameter_values().is_err() {
            return Err(failure);
        }
        let start = State::original(&special, Rounding::Free);
        let found = schedule.apply(&start).map_err(|_| failure)?;
        let sizes: Vec<_> = (program.parameters.iter())
            .filter_map(|parameter| Some(format!("{} = {}", parameter.name, parameter.value?)))
            .collect();
        eprintln!("the schedule is legal for these sizes, not for all: {}", sizes.join(", "));
        Ok(found)
    })
}

/// Each parameter's value, and what says it.
fn parameters(region: &Region, program: &Program) -> Vec<serde_json::Value> {
    let parameters = program.parameters.iter().zip(&region.origins);
    let entries = parameters.map(|(parameter, origin)| {
        serde_json::json!({
            "name": parameter.name,
            "value": parameter.value,
            "origin": origin.to_string(),
        })
    });
    entries.collect()
}

/// The same in words, and what the program relies on.
fn print_origins(region: &Region, program: &Program) {
    if !program.parameters.is_empty() {
        println!("parameters");
        for (parameter, origin) in program.parameters.iter().zip(&region.origins) {
            match parameter.value {
                Some(value) => println!("  {} = {value}: {origin}", parameter.name),
                None => println!("  {}: {origin}", parameter.name),
            }
        }
        println!();
    }
    if !region.assumptions.is_empty() {
        println!("assumptions, decided for these values of the parameters");
        for assumption in &region.assumptions {
            println!("  {assumption}");
        }
        println!();
    }
    let checks = run_time_checks(program);
    if !checks.is_empty() {
        println!(
            "checked by what is written, at each call; where one fails, the source's own text runs"
        );
        for check in checks {
            println!("  {check}");
        }
        println!();
    }
}

fn print_dependences(program: &Program, dependences: &Dependences) {
    let distinct: Vec<_> = dependences.distinct().collect();
    println!("dependences: {}", if distinct.is_empty() { "none" } else { "" });
    for dependence in distinct {
        println!("  {}", describe(program, dependence));
    }
    println!();
}

fn describe(program: &Program, dependence: &Dependence) -> String {
    let source = program.statement(dependence.source);
    let destination = program.statement(dependence.destination);
    let loop_name =
        |depth: usize| source.iterators.get(depth).map_or("?", |iterator| iterator.name.as_str());
    let level = match dependence.level {
        Level::Carried(depth) => format!("carried by {}", loop_name(depth)),
        Level::Independent => "within one iteration".to_owned(),
    };
    let distances: Vec<String> = dependence
        .distances
        .iter()
        .map(|distance| distance.map_or("*".to_owned(), |value| value.to_string()))
        .collect();
    format!(
        "{} {} -> {} on {}, {level}, distance ({})",
        dependence.kind,
        source.name,
        destination.name,
        program.array(dependence.array).name,
        distances.join(", ")
    )
}

fn print_parallelism(program: &Program, dependences: &Dependences, tree: &ScheduleTree) {
    let mut lines = Vec::new();
    for (path, leaf) in tree.leaves() {
        let free: Vec<&str> = path
            .iter()
            .filter(|inner| coincident(program, dependences, tree, inner.id))
            .map(|inner| inner.name.as_str())
            .collect();
        let name = &program.statement(leaf.statement).name;
        lines.push(format!(
            "  {name}: {}",
            if free.is_empty() { "none".to_owned() } else { free.join(", ") }
        ));
    }
    println!("loops that carry no dependence\n{}\n", lines.join("\n"));
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
