//! What the first lines of a case say.
//!
//! ```text
//! //= cflags FLAGS                the flags of every compilation of the file, by the C compiler and by ours
//! //= run FLAGS                   `compile --run FLAGS` finds the results equal
//! //= linked FLAGS                an object of `compile FLAGS` in place of the user's: the program prints the same
//! //= printed FLAGS               the same with the C that is written
//! //= beside FLAGS                the object linked beside the user's own; the driver is compiled with -DBESIDE
//! //= tuned FLAGS                 as linked, by `tune --budget 300ms`
//! //= says CODE COMMAND | WORDS | !WORDS
//!                                 `loopwright COMMAND` with FILE for the file's name, and OUT for a path to write to,
//!                                 exits with CODE, and its output contains the words, or does not
//! ```
//!
//! FILE.driver, if it is there, is C with the program's `main`. Double quotes keep words together.

use std::path::{Path, PathBuf};

/// A C file and what is done with it.
pub struct Case {
    pub kind: String,
    pub path: PathBuf,
    pub driver: Option<PathBuf>,
    pub flags: Vec<String>,
    pub actions: Vec<Action>,
}

/// How the object or text comes into the user's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Linked,
    Printed,
    Beside,
    Tuned,
}

/// One thing to do.
pub enum Action {
    Run(Vec<String>),
    Program(Way, Vec<String>),
    Says { code: i32, arguments: Vec<String>, words: Vec<String>, absent: Vec<String> },
}

impl Case {
    /// Reads a file; one that says nothing is part of another one.
    pub fn read(kind: String, path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).expect("a readable file");
        let text = String::from_utf8_lossy(&bytes);
        let mut case = Self {
            kind,
            path: path.to_owned(),
            driver: Some(path.with_extension("driver")).filter(|driver| driver.is_file()),
            flags: Vec::new(),
            actions: Vec::new(),
        };
        for line in text.lines().filter_map(|line| line.trim_end().strip_prefix("//= ")) {
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            match verb {
                "cflags" => case.flags.extend(words(rest)),
                "run" => case.actions.push(Action::Run(words(rest))),
                "linked" => case.actions.push(Action::Program(Way::Linked, words(rest))),
                "printed" => case.actions.push(Action::Program(Way::Printed, words(rest))),
                "beside" => case.actions.push(Action::Program(Way::Beside, words(rest))),
                "tuned" => case.actions.push(Action::Program(Way::Tuned, words(rest))),
                "says" => case.actions.push(says(rest)),
                other => panic!("{}: what is `{other}`?", path.display()),
            }
        }
        (!case.actions.is_empty()).then_some(case)
    }
}

fn says(text: &str) -> Action {
    let mut parts = text.split(" | ").map(str::trim);
    let mut arguments = words(parts.next().unwrap_or_default());
    let code = arguments.remove(0).parse().expect("an exit code");
    let (absent, present): (Vec<&str>, Vec<&str>) = parts.partition(|part| part.starts_with('!'));
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    let absent = absent.into_iter().map(|part| part.trim_start_matches('!')).collect();
    Action::Says { code, arguments, words: owned(present), absent: owned(absent) }
}

/// The words of a line.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().expect("at least one").push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
