//! What a report says of the data that results were compared on.

use super::vacuity::Vacuity;
use loopwright_ir::Program;
use loopwright_runtime::{Origin, Summary};
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
        Vacuity::Unchanged => "the region leaves the program's contents as they are".to_owned(),
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
    use super::super::vacuity::tests::{VARIED, ZERO, named, program};
    use super::*;

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
