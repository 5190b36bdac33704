//! The words of a C compiler's command line: which are files, which are options, which are ours.

use super::{options, response};
use crate::deadline::parse_duration;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file or an option with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Input { file: OsString, language: Language },
    Option(Vec<OsString>),
}

/// What a file is to the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    C,
    Cxx,
    /// An object, a library, assembly, a header, anything else.
    Other,
}

/// What the compiler is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `-c`.
    Compile,
    Link,
    /// Preprocess, write assembly, list dependences, answer a question.
    Other,
}

/// Our own options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The compiler that does the rest.
    pub host: Option<String>,
    /// Whether regions are looked for.
    pub auto: bool,
    /// Whether versions for known sizes are measured.
    pub tune: bool,
    /// Where a report is kept.
    pub report: Option<PathBuf>,
    /// Where schedules are looked for first.
    pub schedules: Option<PathBuf>,
    /// For each region.
    pub budget: Duration,
    is_budget_given: bool,
}

/// A command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    pub own: Own,
    pub items: Vec<Item>,
}

/// How long a region takes where nothing else is said, without measurements and with them.
const PREDICTING: Duration = Duration::from_secs(2);
const MEASURING: Duration = Duration::from_secs(20);

impl CommandLine {
    /// Reads the words behind `cc`.
    pub fn read(words: &[OsString]) -> Result<Self, String> {
        let words = response::expanded(words)?;
        let mut own = Own {
            host: None,
            auto: false,
            tune: false,
            report: None,
            schedules: None,
            budget: PREDICTING,
            is_budget_given: false,
        };
        let mut items = Vec::new();
        let mut forced: Option<Language> = None;
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let text = word.to_string_lossy().into_owned();
            if own.take(&text, &mut words)? {
                continue;
            }
            if !text.starts_with('-') || text == "-" {
                let language = forced.unwrap_or_else(|| Language::of(Path::new(&word)));
                items.push(Item::Input { file: word, language });
                continue;
            }
            let mut option = vec![word];
            if options::takes_next_word(&text) {
                option.extend(words.next());
            }
            let value = match (text.as_str(), option.get(1)) {
                ("-x", Some(value)) => Some(value.to_string_lossy().into_owned()),
                _ => text.strip_prefix("-x").filter(|rest| !rest.is_empty()).map(str::to_owned),
            };
            if let Some(value) = value {
                forced = match value.as_str() {
                    "none" => None,
                    "c" => Some(Language::C),
                    "c++" => Some(Language::Cxx),
                    _ => Some(Language::Other),
                };
            }
            items.push(Item::Option(option));
        }
        if own.tune && !own.is_budget_given {
            own.budget = MEASURING;
        }
        Ok(Self { own, items })
    }

    /// What is to be done.
    pub fn mode(&self) -> Mode {
        let sources = || self.inputs().filter(|(_, language)| *language != Language::Other);
        if self.options().any(|(name, _)| options::asks_for_other(&name))
            || self.inputs().any(|(file, _)| file == "-")
        {
            Mode::Other
        } else if self.has("-c") {
            if sources().next().is_some() { Mode::Compile } else { Mode::Other }
        } else if self.inputs().next().is_some() {
            Mode::Link
        } else {
            Mode::Other
        }
    }

    /// The files.
    pub fn inputs(&self) -> impl Iterator<Item = (&OsStr, Language)> {
        self.items.iter().filter_map(|item| match item {
            Item::Input { file, language } => Some((file.as_os_str(), *language)),
            Item::Option(_) => None,
        })
    }

    /// The options' first words, and the words behind them.
    pub fn options(&self) -> impl Iterator<Item = (String, &[OsString])> {
        self.items.iter().filter_map(|item| match item {
            Item::Option(words) => {
                let (name, rest) = words.split_first()?;
                Some((name.to_string_lossy().into_owned(), rest))
            }
            Item::Input { .. } => None,
        })
    }

    /// Whether an option stands there.
    pub fn has(&self, wanted: &str) -> bool {
        self.options().any(|(name, _)| name == wanted)
    }

    /// The last option of some names that begin so.
    pub fn last_of(&self, wanted: &[&str]) -> Option<String> {
        let is_one = |name: &String| wanted.iter().any(|start| name.starts_with(start));
        self.options().map(|(name, _)| name).filter(is_one).last()
    }

    /// The value of `-o` and its like, joined or not: the last one.
    pub fn value(&self, option: &str) -> Option<OsString> {
        let values = self.options().filter_map(|(name, rest)| match name.strip_prefix(option)? {
            "" => rest.first().cloned(),
            joined => Some(OsString::from(joined)),
        });
        values.last()
    }

    /// What `-o` names.
    pub fn output(&self) -> Option<OsString> {
        self.value("-o")
    }

    /// All words but our own.
    pub fn host_words(&self) -> Vec<OsString> {
        let words = |item: &Item| match item {
            Item::Input { file, .. } => vec![file.clone()],
            Item::Option(words) => words.clone(),
        };
        self.items.iter().flat_map(words).collect()
    }

    /// The words for the host compiler with objects in the places of the files that they were made of, or without
    /// them where it only compiles.
    pub fn without(&self, objects: &[Option<PathBuf>], compiles: bool) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        let mut forced: Option<Vec<OsString>> = None;
        for (item, object) in self.items.iter().zip(objects) {
            match (item, object) {
                (Item::Input { .. }, Some(_)) if compiles => {}
                (Item::Input { .. }, Some(object)) => {
                    // A language that holds here would hold for the object, too.
                    if forced.is_some() {
                        words.extend(["-x", "none"].map(OsString::from));
                    }
                    words.push(object.clone().into_os_string());
                    words.extend(forced.clone().into_iter().flatten());
                }
                (Item::Input { file, .. }, None) => words.push(file.clone()),
                (Item::Option(option), _) => {
                    let name = option.first().map(|name| name.to_string_lossy().into_owned());
                    if name.is_some_and(|name| name.starts_with("-x")) {
                        forced = Some(option.clone());
                    }
                    words.extend(option.iter().cloned());
                }
            }
        }
        words
    }

    /// How many source files have no object of ours.
    pub fn inputs_without(&self, objects: &[Option<PathBuf>]) -> usize {
        let is_left = |(item, object): &(&Item, &Option<PathBuf>)| {
            matches!(item, Item::Input { .. }) && object.is_none()
        };
        self.items.iter().zip(objects).filter(is_left).count()
    }
}

impl Own {
    /// Whether a word is ours; its value may be the next one.
    fn take(
        &mut self,
        word: &str,
        rest: &mut impl Iterator<Item = OsString>,
    ) -> Result<bool, String> {
        match word {
            "--auto" => self.auto = true,
            "--tune" => self.tune = true,
            _ => {
                const WITH_VALUES: [&str; 4] =
                    ["--host-cc", "--report", "--schedule-dir", "--budget"];
                let (name, joined) = match word.split_once('=') {
                    Some((name, value)) => (name, Some(OsString::from(value))),
                    None => (word, None),
                };
                if !WITH_VALUES.contains(&name) {
                    return Ok(false);
                }
                let value = joined
                    .or_else(|| rest.next())
                    .ok_or_else(|| format!("argument to '{name}' is missing"))?;
                let text = value.to_string_lossy().into_owned();
                match name {
                    "--host-cc" => self.host = Some(text),
                    "--report" => self.report = Some(PathBuf::from(value)),
                    "--schedule-dir" => self.schedules = Some(PathBuf::from(value)),
                    _ => {
                        self.is_budget_given = true;
                        self.budget =
                            parse_duration(&text).map_err(|error| format!("{name}: {error}"))?;
                    }
                }
            }
        }
        Ok(true)
    }
}

impl Language {
    /// By the name's ending, as compilers tell.
    fn of(file: &Path) -> Self {
        match file.extension().and_then(OsStr::to_str) {
            Some("c") => Self::C,
            Some("C" | "cc" | "cp" | "cpp" | "cxx" | "c++" | "CPP") => Self::Cxx,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> CommandLine {
        let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
        CommandLine::read(&words).expect("a command line")
    }

    #[test]
    fn our_own_words_are_taken_out() {
        let line =
            read("--host-cc gcc -O2 --auto --report=r.json a.c --budget 3s -o a --param x=1");
        assert_eq!(line.own.host.as_deref(), Some("gcc"));
        assert!(line.own.auto && line.own.report.is_some());
        assert_eq!(line.own.budget, Duration::from_secs(3));
        assert_eq!(line.host_words(), ["-O2", "a.c", "-o", "a", "--param", "x=1"]);
        assert!(CommandLine::read(&["--report".into()]).is_err());
        assert!(CommandLine::read(&["--budget=soon".into()]).is_err());
    }

    #[test]
    fn what_is_to_be_done_follows_from_the_words() {
        assert_eq!(read("-c a.c").mode(), Mode::Compile);
        assert_eq!(read("a.c b.o -o p").mode(), Mode::Link);
        for other in [
            "-E a.c",
            "-S a.c",
            "-v",
            "--version",
            "-c a.s",
            "-M a.c",
            "-c -",
            "-print-prog-name=ld",
        ] {
            assert_eq!(read(other).mode(), Mode::Other, "{other}");
        }
        // Values are no files, and files no values.
        assert_eq!(read("-c -include a.c -MF b.c -I c.c").mode(), Mode::Other);
    }

    #[test]
    fn objects_take_the_places_of_files() {
        let line = read("-O2 a.c -x c b -x none c.o -o p");
        assert_eq!(line.inputs().filter(|(_, language)| *language == Language::C).count(), 2);
        let mut objects = vec![None; line.items.len()];
        objects[1] = Some(PathBuf::from("1.o"));
        objects[3] = Some(PathBuf::from("3.o"));
        let words = line.without(&objects, false);
        let text = words.join(OsStr::new(" "));
        assert_eq!(text, "-O2 1.o -x c -x none 3.o -x c -x none c.o -o p");
        assert_eq!(line.output(), Some("p".into()));
        assert_eq!(read("-op a.c").output(), Some("p".into()));
    }
}
