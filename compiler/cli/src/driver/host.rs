//! The host compiler: what does everything that we don't.

use super::command_line::{CommandLine, Own};
use super::{Step, Stop};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

/// Says which compiler it is, where `--host-cc` does not.
const VARIABLE: &str = "LOOPWRIGHT_HOST_CC";

/// Those that are looked for otherwise, in this order.
const USUAL: [&str; 4] = ["clang-19", "clang", "gcc", "cc"];

/// Where the OpenMP runtime that our loops call is kept.
const RUNTIMES: [&str; 3] = [
    "/usr/lib/llvm-19/lib/libomp.so",
    "/usr/lib/x86_64-linux-gnu/libomp.so.5",
    "/usr/lib/libomp.so",
];

/// A compiler's command.
#[derive(Clone, Debug)]
pub struct Host {
    command: Vec<String>,
}

/// What the compiler says of itself and its target under the flags at hand: its macros.
#[derive(Clone, Debug)]
pub struct Macros(BTreeSet<String>);

impl Host {
    /// The one that the user names, or the first usual one that is there.
    pub fn of(own: &Own) -> Step<Self> {
        let named = own.host.clone().or_else(|| std::env::var(VARIABLE).ok());
        let command: Vec<String> = match &named {
            Some(named) => named.split_whitespace().map(str::to_owned).collect(),
            None => USUAL
                .iter()
                .find(|name| is_there(name))
                .map(|name| vec![(*name).to_owned()])
                .unwrap_or_default(),
        };
        if command.is_empty() {
            return Err(Stop::Error(
                "there is no C compiler; install clang-19 or name one with --host-cc".to_owned(),
            ));
        }
        Ok(Self { command })
    }

    /// Its name, for messages.
    pub fn name(&self) -> &str {
        let first = self.program();
        Path::new(first).file_name().and_then(OsStr::to_str).unwrap_or(first)
    }

    /// The word by which it is run.
    pub fn program(&self) -> &str {
        self.command.first().map_or("cc", String::as_str)
    }

    fn command(&self, words: &[OsString]) -> Command {
        let mut command = Command::new(self.program());
        command.args(self.command.iter().skip(1)).args(words);
        command
    }

    /// Becomes it; returns only why it cannot.
    pub fn become_it(&self, words: &[OsString]) -> String {
        let error = self.command(words).exec();
        self.unable(&error)
    }

    /// Runs it with our own input and outputs. Where it fails it has said why.
    pub fn run(&self, words: &[OsString]) -> Step<()> {
        let status = self.command(words).status().map_err(|error| self.unable(&error))?;
        if status.success() { Ok(()) } else { Err(Stop::Host(code(status))) }
    }

    /// Runs it and keeps what it says.
    pub fn output(&self, words: &[OsString], input: Option<&Path>) -> Step<Output> {
        let mut command = self.command(words);
        match input {
            Some(input) => {
                let file = std::fs::File::open(input).map_err(|error| error.to_string())?;
                command.stdin(file);
            }
            None => {
                command.stdin(Stdio::null());
            }
        }
        command.output().map_err(|error| Stop::Error(self.unable(&error)))
    }

    fn unable(&self, error: &std::io::Error) -> String {
        format!("cannot run '{}': {error}", self.command.join(" "))
    }

    /// Its macros under some flags; `None` where it does not say.
    pub fn macros(&self, flags: &[OsString], language: &str) -> Option<Macros> {
        let mut words = flags.to_vec();
        words.extend(["-w", "-dM", "-E", "-x", language, "/dev/null"].map(OsString::from));
        let output = self.output(&words, None).ok().filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let defined = text.lines().filter_map(|line| {
            let (name, _) = line.strip_prefix("#define ")?.split_once(' ')?;
            Some(name.to_owned())
        });
        Some(Macros(defined.collect()))
    }

    /// What our objects need of a program besides what the words name.
    pub fn libraries(&self, line: &CommandLine) -> Vec<OsString> {
        let is_static = line.has("-static") || line.has("-nostdlib") || line.has("-nodefaultlibs");
        let runtime = RUNTIMES.iter().map(PathBuf::from).find(|path| path.is_file());
        let Some(runtime) = runtime.filter(|_| !is_static) else { return Vec::new() };
        let mut words: Vec<OsString> =
            vec!["-Wl,--push-state,--as-needed".into(), runtime.into_os_string()];
        words.extend(["-lm", "-Wl,--pop-state"].map(OsString::from));
        // Nothing of these may be taken for C.
        if line.last_of(&["-x"]).is_some_and(|last| last != "-xnone") {
            words.splice(0..0, ["-x", "none"].map(OsString::from));
        }
        words
    }
}

impl Macros {
    /// Whether one is defined.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// The exit code of a shell's child.
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(1))
}

fn is_there(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
