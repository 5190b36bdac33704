//! What the steps' own files say of them: for people at the command line, and for the guide.

use loopwright_ir::Step;

/// A step as a person reads about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub name: &'static str,
    /// How it is written, with names for its arguments.
    pub form: &'static str,
    /// One sentence.
    pub summary: String,
    /// The loops before and after, what the arguments mean, and when it is legal: Markdown.
    pub text: String,
}

macro_rules! texts {
    ($($name:literal $file:literal,)*) => {
        /// The text of each step's file.
        const TEXTS: &[(&str, &str)] = &[$(($name, include_str!($file)),)*];
    };
}

texts! {
    "interchange" "interchange.rs",
    "permute" "permute.rs",
    "tile" "tile.rs",
    "separate" "separate.rs",
    "distribute" "distribute.rs",
    "fuse" "fuse.rs",
    "sink" "sink.rs",
    "reorder" "reorder.rs",
    "split" "split.rs",
    "peel" "peel.rs",
    "affine" "affine.rs",
    "rotate" "rotate.rs",
    "reverse" "reverse.rs",
    "shift" "shift.rs",
    "skew" "skew.rs",
    "wavefront" "wavefront.rs",
    "parallelize" "parallelize.rs",
    "pipeline" "pipeline.rs",
    "doacross" "doacross.rs",
    "vectorize" "vectorize.rs",
    "unroll_and_jam" "unroll_and_jam.rs",
    "unroll" "unroll.rs",
    "pack" "pack.rs",
    "promote" "promote.rs",
    "stream" "stream.rs",
    "expand" "expand.rs",
    "regroup" "regroup/mod.rs",
    "divide" "divide.rs",
    "keep" "keep.rs",
}

/// All steps, in the order of the documentation.
pub fn descriptions() -> impl Iterator<Item = Description> {
    Step::names().zip(Step::FORMS).map(|(name, form)| {
        let source = TEXTS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
        let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
        let lines = lines.map(|line| without_links(line.strip_prefix(' ').unwrap_or(line)));
        let text = lines.collect::<Vec<_>>().join("\n");
        let (summary, text) = text.split_once("\n\n").unwrap_or((&text, ""));
        Description { name, form, summary: summary.replace('\n', " "), text: text.to_owned() }
    })
}

/// A line without the links of rustdoc, whose targets have no meaning elsewhere.
fn without_links(line: &str) -> String {
    let mut result = String::new();
    let mut rest = line;
    while let Some((before, link)) = rest.split_once("[`") {
        let Some((name, after)) = link.split_once("`]") else { break };
        result.push_str(&format!("{before}`{name}`"));
        let target = after.strip_prefix('(').and_then(|target| target.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_described_with_loops_and_a_condition() {
        for step in descriptions() {
            assert!(step.summary.ends_with(['.', ':']), "{}: {}", step.name, step.summary);
            assert!(step.form.starts_with(step.name), "{}", step.form);
            let has = |words: &str| step.text.contains(words);
            assert!(has("```text") && has(&format!("`{}(", step.name)), "{}", step.text);
            assert!(
                ["legal", "Legal"].iter().any(|word| has(word)),
                "{}:\n{}",
                step.name,
                step.text
            );
        }
    }

    #[test]
    fn links_become_their_names() {
        assert_eq!(without_links("see [`a`](crate::a) and [`b`]."), "see `a` and `b`.");
        assert_eq!(without_links("`A[i]` and [0, 1]"), "`A[i]` and [0, 1]");
    }
}
