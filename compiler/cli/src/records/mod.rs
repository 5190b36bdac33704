//! What earlier tuning found, in a file of the user's cache folder: where the next one begins.
//!
//! An entry is looked up by the machine and the program's normal form, so a program with other names finds it, too;
//! one of another size, or of another machine, is a seed: a candidate like others that is tried first. Nothing is
//! believed: every schedule is applied, checked and measured again.

mod normal_form;
mod renaming;

use crate::folders::user_cache;
use crate::tuning::{SearchArguments, Surroundings, Tuned};
use clap::Args;
use loopwright_ir::{Program, Schedule};
use loopwright_runtime::{Database, Machine, Record};
use normal_form::{Names, NormalForm};
use std::path::PathBuf;

/// The variable that names a file, or with an empty value forbids any.
const VARIABLE: &str = "LOOPWRIGHT_RECORDS";
/// How many other programs' schedules are tried at most.
const SEEDS: usize = 4;
/// A time that is shorter by less than this part is none worth an entry.
const WORTHWHILE: f64 = 0.98;

/// Where results are kept.
#[derive(Args, Clone, Debug)]
pub struct RecordArguments {
    /// The file in which results are kept and looked up; by default LOOPWRIGHT_RECORDS, or
    /// loopwright/records in your cache folder.
    #[arg(long, value_name = "FILE")]
    pub records: Option<PathBuf>,
    /// Neither look results up nor keep them.
    #[arg(long, conflicts_with = "records")]
    pub no_records: bool,
}

impl RecordArguments {
    /// The file, if there is to be one.
    pub fn database(&self) -> Option<Database> {
        if self.no_records {
            return None;
        }
        self.records.clone().or_else(default_file).map(Database::new)
    }
}

/// The file where nobody names one.
pub fn default_file() -> Option<PathBuf> {
    match std::env::var_os(VARIABLE) {
        Some(name) => Some(PathBuf::from(name)).filter(|name| !name.as_os_str().is_empty()),
        None => Some(user_cache()?.join("records")),
    }
}

/// What is known of one program.
pub struct Memory<'a> {
    database: &'a Database,
    form: NormalForm,
    /// Whose times can be compared with those to come.
    conditions: Conditions,
    /// The least time of an exact hit, with its schedule's text.
    best: Option<(u64, String)>,
    /// Schedules to begin with, the most promising first.
    pub seeds: Vec<Schedule>,
    /// How many of them are of this very program on this machine.
    pub exact: usize,
}

#[derive(Clone, PartialEq)]
struct Conditions {
    machine: String,
    compiler: String,
    march: String,
    threads: u32,
    cache: &'static str,
    fast_math: bool,
}

impl Conditions {
    fn fit(&self, record: &Record) -> bool {
        self.machine == record.machine
            && self.compiler == record.compiler
            && self.march == record.march
            && self.threads == record.threads
            && self.cache == record.cache
            && self.fast_math == record.fast_math
    }
}

impl<'a> Memory<'a> {
    /// Looks a specialised program up. A file that cannot be read is said to be so, and as good as none.
    pub fn recall(
        database: &'a Database,
        program: &Program,
        search: &SearchArguments,
        surroundings: &Surroundings,
    ) -> Self {
        let form = NormalForm::of(program);
        let conditions = Conditions {
            machine: Machine::detect().fingerprint(),
            compiler: search.compiler.clone(),
            march: search.march.clone(),
            threads: surroundings.threads,
            cache: search.cache.name(),
            fast_math: search.arithmetic.fast_math,
        };
        let records = database.read().map(|contents| contents.records).unwrap_or_else(|error| {
            let file = database.path().display();
            eprintln!("warning: the records in {file} cannot be read: {error}");
            Vec::new()
        });
        // Relaxed schedules are none for strict arithmetic.
        let usable = |record: &&Record| {
            record.shape == form.shape && (conditions.fast_math || !record.fast_math)
        };
        let mut found: Vec<&Record> = records.iter().filter(usable).collect();
        let is_exact = |record: &Record| record.program == form.program && conditions.fit(record);
        let closeness = |record: &Record| {
            (!is_exact(record), record.program != form.program, !conditions.fit(record))
        };
        found.sort_by(|left, right| {
            let by_speed = right.speedup().total_cmp(&left.speedup());
            closeness(left).cmp(&closeness(right)).then(by_speed)
        });
        let (mut seeds, mut exact): (Vec<Schedule>, usize) = (Vec::new(), 0);
        for record in &found {
            let Ok(names) = serde_json::from_value::<Names>(record.names.clone()) else { continue };
            let Some(schedule) = renaming::renamed(&record.schedule, &names, &form.names) else {
                continue;
            };
            if seeds.len() < SEEDS && !schedule.is_original() && !seeds.contains(&schedule) {
                exact += usize::from(is_exact(record));
                seeds.push(schedule);
            }
        }
        let best = found.iter().filter(|record| is_exact(record)).min_by_key(|one| one.tuned_ns);
        let best = best.map(|record| (record.tuned_ns, record.schedule.clone()));
        Self { database, form, conditions, best, seeds, exact }
    }

    /// Keeps what was found, if it was measured and is news.
    pub fn remember(&self, tuned: &Tuned) {
        if tuned.confirmation.source_stays || tuned.report.best.schedule.is_original() {
            return;
        }
        let (Some(source), Some(time)) = tuned.times() else { return };
        let schedule = tuned.report.best.schedule.to_string();
        let known = self
            .best
            .as_ref()
            .is_some_and(|(known, text)| *text == schedule || time > WORTHWHILE * *known as f64);
        if known {
            return;
        }
        let Conditions { machine, compiler, march, threads, cache, fast_math } =
            self.conditions.clone();
        let parameters = tuned.program.parameters.iter();
        let record = Record {
            machine,
            compiler,
            march,
            threads,
            cache: cache.to_owned(),
            fast_math,
            program: self.form.program.clone(),
            shape: self.form.shape.clone(),
            name: tuned.program.name.clone(),
            sizes: parameters.filter_map(|one| Some((one.name.clone(), one.value?))).collect(),
            names: serde_json::to_value(&self.form.names).unwrap_or_default(),
            schedule,
            source_ns: source as u64,
            tuned_ns: time as u64,
            when: Record::now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        if let Err(error) = self.database.append(&[record]) {
            let file = self.database.path().display();
            eprintln!("warning: the result is not kept in {file}: {error}");
        }
    }

    /// What the search begins with, in words.
    pub fn text(&self) -> Option<String> {
        let count = |number: usize, one: &str, many: &str| match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{number} {many}")),
        };
        let others = self.seeds.len() - self.exact;
        let parts = [
            count(self.exact, "schedule of this program", "schedules of this program"),
            count(others, "of a program like it", "of programs like it"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| {
            format!("began with {} from {}", parts.join(" and "), self.database.path().display())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{self, InputFlags};

    /// The normal form of a C text's region.
    fn form(text: &str) -> NormalForm {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("input.c");
        std::fs::write(&file, text).expect("written");
        let unit = input::parse(&file, &InputFlags::plain()).expect("it parses");
        let accepted = input::accepted(&unit.regions).expect("a region");
        let program = input::specialized(&unit, accepted[0].program).expect("known sizes");
        NormalForm::of(&program)
    }

    const SUMS: &str = "double A[40][50], x[50], y[40];\nvoid f(void) {\n#pragma scop\n\
        for (int i = 0; i < 40; i++)\n  for (int j = 1; j < 50; j++)\n    y[i] += A[i][j] * x[j - 1];\n\
        #pragma endscop\n}\n";

    #[test]
    fn names_make_no_difference_and_sizes_none_to_the_shape() {
        let first = form(SUMS);
        let renamed = "void g(double (*M)[50], double *r) {\n  static double v[50];\n#pragma scop\n\
            for (int a = 0; a < 40; a++)\n  for (int b = 1; b < 50; b++)\n    r[a] += M[a][b] * v[b - 1];\n\
            #pragma endscop\n}\ndouble P[40][50], q[40];\nvoid call(void) { g(P, q); }\n";
        let second = form(renamed);
        assert_eq!(first.shape, second.shape);
        assert_eq!(second.names.arrays, ["r", "M", "v"]);
        assert_eq!(second.names.statements[0].1, ["a", "b"]);
        let larger = form(&SUMS.replace("50", "70"));
        assert_eq!(first.shape, larger.shape);
        assert_ne!(first.program, larger.program);
        for (old, new) in [("x[j - 1]", "x[j]"), ("+=", "-="), ("double A", "float A")] {
            assert_ne!(first.shape, form(&SUMS.replace(old, new)).shape, "{new}");
        }
    }
}
