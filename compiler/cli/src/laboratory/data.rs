//! What the arrays held in a comparison, and whether it was one.
//!
//! Equal bits say nothing where any code would have given them: where the region's results end as they
//! began, where most of what it computes is NaN or infinite, or where an array that it only reads holds one
//! number everywhere, so that a wrong subscript reads the right value. Constants that replace other
//! contents are results like any others.

use loopwright_ir::{ArrayId, Program};
use loopwright_runtime::{Buffer, Origin, Summary};
use serde_json::json;

/// How many arrays a line names at most.
const NAMED: usize = 6;

/// What the arrays hold when results are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// What the program fills stays; the rest is pseudorandom.
    Program,
    /// The same, but arrays that are read and hold one number everywhere are pseudorandom, too.
    Varied,
    /// All are pseudorandom.
    Pseudorandom,
    /// All are pseudorandom, with a raised diagonal in square matrices.
    Dominant,
}

/// Why a comparison says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vacuity {
    /// The results end as they began.
    Unchanged,
    /// Most of what is computed is NaN or infinite.
    Extraordinary,
    /// These arrays are read only, and hold one number everywhere.
    Uniform(Vec<ArrayId>),
    /// All that is written is one number, though other values are read.
    Constant,
}

/// What the region does with each array.
struct Use {
    read: bool,
    written: bool,
}

fn uses(program: &Program) -> Vec<Use> {
    let mut uses: Vec<Use> =
        program.arrays.iter().map(|_| Use { read: false, written: false }).collect();
    for statement in &program.statements {
        for read in &statement.reads {
            if let Some(use_) = uses.get_mut(read.array.0) {
                use_.read = true;
            }
        }
        if let Some(use_) = uses.get_mut(statement.write.array.0) {
            use_.written = true;
        }
    }
    uses
}

/// Why the original's run gives nothing to compare with, if so.
pub fn vacuity(
    program: &Program,
    buffers: &[Buffer],
    origins: &[Origin],
    summaries: &[Summary],
) -> Option<Vacuity> {
    let uses = uses(program);
    let all = || uses.iter().zip(buffers).zip(origins).zip(summaries).enumerate();
    let results = || {
        all()
            .filter(|(_, (((used, buffer), _), _))| used.written && buffer.compared)
            .map(|(_, (_, summary))| summary)
    };
    let changed: u64 = results().map(|summary| summary.changed).sum();
    if changed == 0 {
        return Some(Vacuity::Unchanged);
    }
    let extraordinary: u64 = results().map(|summary| summary.changed_extraordinary).sum();
    if extraordinary > changed / 2 {
        return Some(Vacuity::Extraordinary);
    }
    // Contents of ours are as varied as the type allows.
    let reads = || all().filter(|(_, (((used, _), _), summary))| used.read && summary.count > 1);
    let is_uniform = |origin: &Origin, buffer: &Buffer, summary: &Summary| {
        let fixed = buffer.replaced || *origin == Origin::Contents;
        !fixed && (summary.before.uniform || summary.before.zero)
    };
    let uniform = |only_read: bool| -> Vec<ArrayId> {
        reads()
            .filter(|(_, (((used, buffer), origin), summary))| {
                !(only_read && used.written) && is_uniform(origin, buffer, summary)
            })
            .map(|(position, _)| ArrayId(position))
            .collect()
    };
    let inputs = uniform(true);
    if !inputs.is_empty() {
        return Some(Vacuity::Uniform(inputs));
    }
    let everything = uniform(false);
    if !everything.is_empty() && everything.len() == reads().count() {
        return Some(Vacuity::Uniform(everything));
    }
    let constant = results().filter(|summary| summary.changed > 0).all(|summary| {
        if summary.count == 1 { summary.changed_zero } else { summary.changed_uniform }
    });
    let reads_anything = uses.iter().any(|used| used.read);
    (constant && reads_anything).then_some(Vacuity::Constant)
}

/// What a report says of the data.
#[derive(Clone, Debug)]
pub struct DataReport {
    /// Each array with who filled it.
    arrays: Vec<(String, Origin)>,
    initializer: Option<String>,
    contents: Contents,
    /// What was wrong with the program's own contents, in words.
    cause: Option<String>,
    /// Why nothing was compared, in words.
    nothing: Option<String>,
    other_nans: u64,
}

impl DataReport {
    /// `first` is what was wrong with the program's own contents, `last` what still is with the ones that were
    /// settled on.
    pub fn new(
        program: &Program,
        initializer: Option<&str>,
        (contents, origins): (Contents, &[Origin]),
        first: Option<(&Vacuity, &[Origin], &[Summary])>,
        last: Option<&Vacuity>,
    ) -> Self {
        let names = program.arrays.iter().map(|array| array.name.clone());
        let cause = first.map(|(vacuity, origins, summaries)| {
            cause(program, initializer, vacuity, origins, summaries)
        });
        Self {
            arrays: names.zip(origins.iter().copied()).collect(),
            initializer: initializer.map(str::to_owned),
            contents,
            nothing: last.map(|vacuity| match vacuity {
                Vacuity::Unchanged => "the region changes nothing that is compared".to_owned(),
                Vacuity::Extraordinary => "most results are NaN or infinite".to_owned(),
                Vacuity::Uniform(_) | Vacuity::Constant => {
                    "every result is the same number".to_owned()
                }
            }),
            cause,
            other_nans: 0,
        }
    }

    /// Takes in how many NaNs had another sign or payload at the last check.
    pub fn with_other_nans(mut self, other_nans: u64) -> Self {
        self.other_nans = other_nans;
        self
    }

    /// Whether equal bits say something.
    pub fn is_comparison(&self) -> bool {
        self.nothing.is_none()
    }

    /// What equal bits come to.
    pub fn equal_bits(&self) -> String {
        match (&self.nothing, self.other_nans) {
            (Some(_), _) => "nothing compared".to_owned(),
            (None, 0) => "same bits".to_owned(),
            (None, 1) => "same bits, but one NaN's".to_owned(),
            (None, count) => format!("same bits, but for {count} NaNs'"),
        }
    }

    /// Whether a report should say more than who filled the arrays.
    pub fn is_remarkable(&self) -> bool {
        self.cause.is_some() || self.nothing.is_some()
    }

    /// One line of words.
    pub fn line(&self) -> String {
        let mut parts = Vec::new();
        let initializer = self.initializer.as_deref().unwrap_or("the initialiser");
        for (origin, by) in [
            (Origin::Initializer, format!("filled by {initializer}")),
            (Origin::Source, "as the source initialises it".to_owned()),
            (Origin::Contents, "pseudorandom".to_owned()),
        ] {
            let names: Vec<&str> = self
                .arrays
                .iter()
                .filter(|(_, filled)| *filled == origin)
                .map(|(name, _)| name.as_str())
                .collect();
            if !names.is_empty() {
                parts.push(format!("{} {by}", list(&names)));
            }
        }
        let data = if parts.is_empty() { "no arrays".to_owned() } else { parts.join("; ") };
        let on = match self.contents {
            Contents::Program => "the program's contents",
            Contents::Varied => "pseudorandom contents in their place",
            Contents::Pseudorandom => "pseudorandom contents",
            Contents::Dominant => "pseudorandom contents with raised diagonals",
        };
        match (&self.cause, &self.nothing) {
            (_, Some(why)) => {
                format!("nothing compared: {why}, on other contents, too (data: {data})")
            }
            (Some(cause), None) => format!("{cause}: compared on {on} (data: {data})"),
            (None, None) => format!("data: {data}"),
        }
    }

    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        let arrays = self.arrays.iter().map(|(name, origin)| {
            let by = match origin {
                Origin::Initializer => self.initializer.as_deref().unwrap_or("initializer"),
                Origin::Source => "source",
                Origin::Contents => "pseudorandom",
            };
            json!({"name": name, "filled_by": by})
        });
        json!({
            "arrays": arrays.collect::<Vec<_>>(),
            "compared_on": match self.contents {
                Contents::Program => "program",
                Contents::Varied => "varied",
                Contents::Pseudorandom => "pseudorandom",
                Contents::Dominant => "raised diagonals",
            },
            "is_comparison": self.is_comparison(),
            "text": self.line(),
            "other_nans": self.other_nans,
        })
    }
}

/// What is wrong with the program's own contents.
fn cause(
    program: &Program,
    initializer: Option<&str>,
    vacuity: &Vacuity,
    origins: &[Origin],
    summaries: &[Summary],
) -> String {
    // Whose zeros they are, where there are such.
    let zero: Vec<usize> = (0..program.arrays.len())
        .filter(|position| {
            let filled = origins.get(*position).is_some_and(|origin| *origin != Origin::Contents);
            filled && summaries.get(*position).is_some_and(|summary| summary.before.zero)
        })
        .collect();
    let leaves = |arrays: &[usize], what: &str| {
        let by_source =
            arrays.iter().all(|position| origins.get(*position) == Some(&Origin::Source));
        let who = match initializer {
            Some(name) if !by_source => name,
            _ => "the source",
        };
        let names: Vec<&str> = arrays
            .iter()
            .filter_map(|position| program.arrays.get(*position))
            .map(|array| array.name.as_str())
            .collect();
        format!("{who} leaves {} {what}", list(&names))
    };
    match vacuity {
        Vacuity::Uniform(arrays) => {
            let arrays: Vec<usize> = arrays.iter().map(|array| array.0).collect();
            let all_zero = arrays.iter().all(|array| zero.contains(array));
            leaves(&arrays, if all_zero { "all zero" } else { "all equal" })
        }
        _ if !zero.is_empty() => leaves(&zero, "all zero"),
        Vacuity::Unchanged => "the program's contents do not change".to_owned(),
        Vacuity::Extraordinary => {
            "most results on the program's contents are NaN or infinite".to_owned()
        }
        Vacuity::Constant => "every result on the program's contents is the same number".to_owned(),
    }
}

/// `A, B and C`; of many, the first ones.
fn list(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= NAMED => format!("{} and {last}", first.join(", ")),
        _ => {
            let (first, rest) = names.split_at(NAMED - 1);
            format!("{} and {} more", first.join(", "), rest.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{self, InputFlags};
    use loopwright_runtime::{Aspect, Contents as Filling, ElementType};

    const COUNT: u64 = 8;

    /// The region's program: `c[i] += a[i] * b[i]`, or what else is written there.
    fn program(statement: &str) -> Program {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("region.c");
        let text = format!(
            "double a[8], b[8], c[8];\nvoid f(void) {{\n#pragma scop\n\
             for (int i = 0; i < 8; i++) {statement};\n#pragma endscop\n}}\n"
        );
        std::fs::write(&file, text).expect("written");
        let unit = input::parse(&file, &InputFlags::plain()).expect("it parses");
        let accepted = input::accepted(&unit.regions).expect("a region");
        input::specialized(&unit, accepted[0].program).expect("known sizes")
    }

    const VARIED: Summary = Summary {
        count: COUNT,
        before: Aspect { zero: false, uniform: false, extraordinary: 0 },
        after: Aspect { zero: false, uniform: false, extraordinary: 0 },
        changed: 0,
        changed_extraordinary: 0,
        changed_uniform: true,
        changed_zero: true,
    };
    const ZERO: Summary =
        Summary { before: Aspect { zero: true, uniform: true, extraordinary: 0 }, ..VARIED };
    const RESULT: Summary =
        Summary { changed: COUNT, changed_uniform: false, changed_zero: false, ..VARIED };

    /// The verdict on arrays by name, all of which the program fills.
    fn judged(program: &Program, known: &[(&str, Summary)], replaced: bool) -> Option<Vacuity> {
        let summary = |name: &str| {
            known.iter().find(|(known, _)| *known == name).map_or(VARIED, |(_, summary)| *summary)
        };
        let summaries: Vec<Summary> =
            program.arrays.iter().map(|array| summary(&array.name)).collect();
        let buffer = || Buffer {
            replaced,
            ..Buffer::new(ElementType::F64, COUNT, Filling::Pseudorandom { seed: 1 })
        };
        let buffers: Vec<Buffer> = program.arrays.iter().map(|_| buffer()).collect();
        let origins = vec![Origin::Initializer; program.arrays.len()];
        vacuity(program, &buffers, &origins, &summaries)
    }

    fn named(program: &Program, name: &str) -> ArrayId {
        ArrayId(program.arrays.iter().position(|array| array.name == name).expect("an array"))
    }

    #[test]
    fn results_that_change_and_vary_are_compared() {
        let product = program("c[i] += a[i] * b[i]");
        assert_eq!(judged(&product, &[("c", RESULT)], false), None);
        // What is also written may begin with zeros.
        let result = Summary { before: ZERO.before, ..RESULT };
        assert_eq!(judged(&product, &[("c", result)], false), None);
    }

    #[test]
    fn zeros_nans_and_one_number_everywhere_are_no_comparison() {
        let product = program("c[i] += a[i] * b[i]");
        assert_eq!(judged(&product, &[("a", ZERO)], false), Some(Vacuity::Unchanged));
        let b = named(&product, "b");
        assert_eq!(
            judged(&product, &[("b", ZERO), ("c", RESULT)], false),
            Some(Vacuity::Uniform(vec![b]))
        );
        assert_eq!(judged(&product, &[("b", ZERO), ("c", RESULT)], true), None);
        let nan = Summary { changed_extraordinary: 5, ..RESULT };
        assert_eq!(judged(&product, &[("c", nan)], false), Some(Vacuity::Extraordinary));
        let some = Summary { changed_extraordinary: 4, ..RESULT };
        assert_eq!(judged(&product, &[("c", some)], false), None);
        let same = Summary { changed_uniform: true, ..RESULT };
        assert_eq!(judged(&product, &[("c", same)], false), Some(Vacuity::Constant));
        let square = program("c[i] = c[i] * c[i]");
        let all = Summary { before: ZERO.before, ..RESULT };
        let c = named(&square, "c");
        assert_eq!(judged(&square, &[("c", all)], false), Some(Vacuity::Uniform(vec![c])));
    }

    #[test]
    fn constants_over_something_else_are_a_comparison() {
        let fill = program("c[i] = 1.0");
        let same = Summary { changed_uniform: true, ..RESULT };
        assert_eq!(judged(&fill, &[("c", same)], false), None);
        assert_eq!(judged(&fill, &[("c", VARIED)], false), Some(Vacuity::Unchanged));
    }

    #[test]
    fn the_line_says_whose_data_it_is() {
        let product = program("c[i] += a[i] * b[i]");
        let mut origins = vec![Origin::Initializer; product.arrays.len()];
        origins[named(&product, "c").0] = Origin::Contents;
        let report = |contents, first, last| {
            DataReport::new(&product, Some("init_array"), (contents, &origins), first, last)
        };
        let plain = report(Contents::Program, None, None);
        let line = plain.line();
        assert!(line.contains("filled by init_array") && line.contains("c pseudorandom"), "{line}");
        assert!(plain.is_comparison() && !plain.is_remarkable());
        assert_eq!(plain.equal_bits(), "same bits");
        assert_eq!(plain.with_other_nans(3).equal_bits(), "same bits, but for 3 NaNs'");

        let mut summaries = vec![VARIED; product.arrays.len()];
        summaries[named(&product, "a").0] = ZERO;
        let first = Some((&Vacuity::Unchanged, origins.as_slice(), summaries.as_slice()));
        let other = report(Contents::Pseudorandom, first, None).line();
        let expected = "init_array leaves a all zero: compared on pseudorandom contents";
        assert!(other.starts_with(expected), "{other}");
        let nothing = report(Contents::Program, first, Some(&Vacuity::Unchanged));
        assert_eq!(nothing.equal_bits(), "nothing compared");
        assert!(nothing.line().starts_with("nothing compared"), "{}", nothing.line());
        assert_eq!(nothing.json()["is_comparison"], false);
    }
}
