//! Doing what a case says.

use crate::case::{Action, Case, Way};
use crate::command::{run, succeed};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Does everything and returns what was wrong.
pub fn perform(case: &Case) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut own = None;
    let mut failures = Vec::new();
    for (number, action) in case.actions.iter().enumerate() {
        let done = match action {
            Action::Run(flags) => compared(case, flags),
            Action::Program(way, flags) => {
                let own = own.get_or_insert_with(|| own_output(case, folder.path()));
                own.clone().and_then(|own| program(case, *way, flags, folder.path(), number, &own))
            }
            Action::Says { code, arguments, words, absent } => {
                said(case, folder.path(), *code, arguments, words, absent)
            }
        };
        failures.extend(done.err());
    }
    failures
}

fn loopwright(case: &Case) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loopwright"));
    command.env("NO_COLOR", "1").env("COLUMNS", "200");
    // Paths on command lines and in `#include` are those that the author has beside the file.
    command.current_dir(case.path.parent().expect("a folder"));
    command
}

fn flags(case: &Case) -> impl Iterator<Item = String> {
    case.flags.iter().map(|flag| format!("--cflag={flag}"))
}

/// `compile --run`
fn compared(case: &Case, more: &[String]) -> Result<(), String> {
    let mut command = loopwright(case);
    command.arg("compile").arg(name(case)).args(flags(case)).args(more).arg("--run");
    let output = succeed(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    if text.contains("same bits") && !text.contains("not a check") {
        return Ok(());
    }
    Err(format!("{command:?}: not compared: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn name(case: &Case) -> &Path {
    Path::new(case.path.file_name().expect("a name"))
}

/// The user's own way from C to a program.
fn compiler(case: &Case) -> Command {
    let mut command = Command::new("clang-19");
    command.args(["-O2", "-march=native", "-w", "-fopenmp"]).args(&case.flags);
    command.current_dir(case.path.parent().expect("a folder"));
    command
}

/// Links a program in a folder and returns what it prints and its exit code.
fn output(case: &Case, parts: &[PathBuf], more: &[&str], program: &Path) -> Result<String, String> {
    let mut command = compiler(case);
    command.args(more);
    command.args(parts);
    if let Some(driver) = &case.driver {
        command.args(["-x", "c"]).arg(driver).args(["-x", "none"]);
    }
    // One name for all, since programs print their own.
    std::fs::create_dir_all(program).map_err(|error| error.to_string())?;
    let program = program.join("program");
    succeed(command.arg("-lm").arg("-o").arg(&program))?;
    let mut command = Command::new(&program);
    let output = run(command.arg0("program"))?;
    let (said, error) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok(format!("{}\n{said}\n{error}", output.status))
}

fn own_output(case: &Case, folder: &Path) -> Result<String, String> {
    let output = output(case, &[name(case).to_owned()], &[], &folder.join("own"))?;
    if output.len() < 25 {
        return Err(format!("the program prints next to nothing: {output}"));
    }
    Ok(output)
}

/// The program with ours in it must print what the user's own does.
fn program(
    case: &Case,
    way: Way,
    more: &[String],
    folder: &Path,
    number: usize,
    own: &str,
) -> Result<(), String> {
    let printed = way == Way::Printed;
    let made = folder.join(format!("made{number}.{}", if printed { "c" } else { "o" }));
    let mut command = loopwright(case);
    if way == Way::Tuned {
        command.args(["tune", "--budget", "300ms"]);
    } else {
        command.arg("compile");
    }
    command.arg(name(case)).args(flags(case)).args(more);
    command.args(["--emit", if printed { "c" } else { "obj" }]).arg("-o").arg(&made);
    succeed(&mut command)?;
    // Of several regions there is a file for each and one with all, whose names begin with what was given.
    let whole =
        PathBuf::from(format!("{}.loopwright.{}", made.display(), if printed { "c" } else { "o" }));
    let mut parts = vec![if whole.is_file() { whole } else { made }];
    let mut flags = Vec::new();
    if way == Way::Beside {
        let object = folder.join("beside.o");
        succeed(compiler(case).arg("-c").arg(name(case)).arg("-o").arg(&object))?;
        parts.push(object);
        flags.push("-DBESIDE");
    }
    let found = output(case, &parts, &flags, &folder.join(format!("ours{number}")))?;
    if found == own {
        return Ok(());
    }
    Err(format!("{command:?}: the program should say\n{own}\nand says\n{found}"))
}

fn said(
    case: &Case,
    folder: &Path,
    code: i32,
    arguments: &[String],
    words: &[String],
    absent: &[String],
) -> Result<(), String> {
    let mut command = loopwright(case);
    let out = folder.join("out").to_string_lossy().into_owned();
    for argument in arguments {
        match argument.as_str() {
            "FILE" => command.arg(name(case)).args(flags(case)),
            other => command.arg(other.replace("OUT", &out)),
        };
    }
    let output = run(&mut command)?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    // The report may wrap lines anywhere between words.
    let flat: Vec<&str> = text.split_whitespace().filter(|word| *word != "│").collect();
    let flat = flat.join(" ");
    let missing: Vec<&String> =
        words.iter().filter(|words| !flat.contains(words.as_str())).collect();
    let present: Vec<&String> =
        absent.iter().filter(|words| flat.contains(words.as_str())).collect();
    if output.status.code() == Some(code) && missing.is_empty() && present.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{command:?}: {} (should be {code}), missing {missing:?}, should not say {present:?}\n{text}",
        output.status
    ))
}
