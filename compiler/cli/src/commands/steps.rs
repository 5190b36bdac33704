//! `loopwright steps`: the language of schedules, step by step.

use crate::failure::{Failure, Kind, Outcome};
use crate::report::table;
use crate::terminal::print_json;
use clap::Args;
use loopwright_transform::{Description, descriptions};
use serde_json::json;

/// Show the steps of which a schedule consists.
///
/// With a step's name: what its arguments mean, loops before and after it, and when it is legal.
#[derive(Args)]
pub struct Arguments {
    /// Describe this step.
    #[arg(value_name = "STEP")]
    step: Option<String>,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let wanted = |step: &Description| arguments.step.as_ref().is_none_or(|name| *name == step.name);
    let found: Vec<Description> = descriptions().filter(wanted).collect();
    if found.is_empty() {
        let names: Vec<&str> = descriptions().map(|step| step.name).collect();
        return Err(Failure::with_help(
            Kind::Schedule,
            format!("there is no step `{}`", arguments.step.as_deref().unwrap_or_default()),
            format!("the steps are {}", names.join(", ")),
        ));
    }
    if arguments.json {
        let entry = |step: &Description| json!({ "step": step.name, "form": step.form, "summary": step.summary, "text": step.text });
        return print_json(&json!(found.iter().map(entry).collect::<Vec<_>>()));
    }
    match found.as_slice() {
        [step] => println!("{}\n{}\n\n{}", step.form, step.summary, step.text),
        all => {
            let rows = all.iter().map(|step| vec![step.name.to_owned(), step.summary.clone()]);
            print!("{}", table(&["step", "what it does"], rows.collect()));
        }
    }
    Ok(())
}
