//! Schedules: immutable traces of steps that print and parse back.
//!
//! # Grammar
//! ```text
//! schedule  = { step [ ";" | newline ] }         # to the end of a line is a comment
//! step      = name "(" piece { "," argument } ")"
//!           | "affine" "(" order { ";" order } ")"
//! order     = piece ":" "[" affine { "," affine } "]"
//! piece     = a statement's name, or of a later piece of a split one: S2_2, S2_3, …
//! argument  = loop name | array name | element | integer | affine | goal
//! element   = array name { "[" affine "]" }       # in `pack`: names of the source's loops
//! affine    = [ "-" ] term { ( "+" | "-" ) term }
//! term      = integer [ "*" name ] | name         # names of outer loops and of parameters
//! goal      = "tilable" | "inner" | "outer"
//! ```
//! A loop is named along the path to the statement, as in `tile(S2, i, j, 32, 64)`. Tiling the loop
//! `i` puts a new loop around it that is named `i_t` (`i_t2`, `i_t3`, … when that name is taken).
//!
//! Some steps may leave a number out, which the dependences then decide: the shift of
//! [`Step::Fuse`] and the factors of [`Step::Skew`]. A schedule that was applied has them written out.

mod argument;
mod kinds;
mod named;
mod parse;
mod reader;
mod step;

pub use named::{AffineOrder, NamedAffine, SkewFactors, expanded_name, kept_name, partial_name};
pub use step::Step;

use std::fmt;

/// An immutable list of steps; the empty one is the original order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Schedule {
    steps: Vec<Step>,
}

impl Schedule {
    /// The original order.
    pub fn original() -> Self {
        Self::default()
    }

    /// From steps in the order in which they apply.
    pub fn from_steps(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// This schedule followed by one more step.
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { steps }
    }

    /// The trace.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether it is the original order.
    pub fn is_original(&self) -> bool {
        self.steps.is_empty()
    }
}

/// One step a line.
impl fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            if position > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{step}")?;
        }
        Ok(())
    }
}

/// Why a text is not what it should be. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_round_trips() {
        let text = "interchange(S1, i, j)\ntile(S1, i, j, 32, 64)\ndistribute(S2, i)\n\
                    parallelize(S1, i_t)\nvectorize(S1, j, 8)\nvectorize(S1, j, 8, 2)\n\
                    unroll_and_jam(S1, i, 4)\nunroll(S1, k, 2)\npermute(S1, k, i, j)\n\
                    separate(S1, j_t)\nfuse(S1, S2, i)\nfuse(S1, S2, i, -2)\nsink(S1, S2, k)\n\
                    sink(S1, S2, k, -N + 2*i + 1)\nreorder(S3, S1)\nsplit(S1, j, i + 1)\nsplit(S1, j, -i)\n\
                    split(S1_2, j, 4)\npeel(S1, i, -1)\nrotate(S2_2, k)\nreverse(S1, i)\nshift(S1, i, -3)\n\
                    shift(S1, j, i - 1)\nskew(S1, t, i, j, 1, -2)\nskew(S1, t, i, tilable)\n\
                    skew(S1, t, i, inner)\nskew(S1, t, i, outer)\nwavefront(S1, t_t, i_t, j_t)\n\
                    pack(S1, A, k_t)\npack(S1, A, k_t, 1, 0)\npack(S1, A[i][k - 1], k_t)\n\
                    pack(S1_2, A[N + 2*j][0], k_t, 1, 0)\npromote(S1, C, j)\n\
                    stream(S1_2)\nexpand(S1, temp, j)\nregroup(S1, i, 16)\nregroup(S1, i, 16, 4096)\n\
                    divide(S1, i, k + 1)\nkeep(S1, A[k][j + 1], i)\nkeep(S1, s, i)\n\
                    affine(S1_2: [t, 0, i + 2*t - 1]; S2: [N + t, -i, 3])\naffine(S1: [0])";
        let schedule: Schedule = text.parse().unwrap();
        assert_eq!(schedule.to_string(), text);
        assert_eq!(schedule.to_string().parse::<Schedule>().unwrap(), schedule);
    }

    #[test]
    fn every_example_is_one_step() {
        for (example, name) in Step::EXAMPLES.iter().zip(Step::names()) {
            let step: Step = example.parse().unwrap();
            assert_eq!((step.to_string().as_str(), step.name()), (*example, name));
        }
    }

    #[test]
    fn separators_and_comments_do_not_matter() {
        let schedule: Schedule =
            "# blocking\n tile(S1,i,8) ; ; parallelize( S1 , i_t )  # threads\n".parse().unwrap();
        assert_eq!(schedule.steps().len(), 2);
        assert!("".parse::<Schedule>().unwrap().is_original());
    }

    #[test]
    fn a_skew_without_factors_is_to_make_tiles_possible() {
        let schedule: Schedule = "skew(S1, t, i, j)".parse().unwrap();
        assert_eq!(schedule.to_string(), "skew(S1, t, i, j, tilable)");
    }

    #[test]
    fn errors_name_the_place() {
        let error = "parallelize(S1, i)\ntile(S1, i, j, 32)".parse::<Schedule>().unwrap_err();
        assert_eq!((error.line, error.column), (2, 1));
        for text in [
            "split(S1, j, 2*)",
            "shift(S1, i, i j)",
            "pack(S1, A, i, 0, 2)",
            "pack(S1, A[i, i)",
            "pack(S1, A[], i)",
            "pack(S1, A[i]j, i)",
            "pack(S1, i, A[i])",
            "promote(S1, A[i], i)",
            "sink(S1, S2, k, A[i])",
            "skew(S1, i)",
            "stream(S1, i)",
            "stream(2)",
            "affine()",
            "affine(S1)",
            "affine(S1, i)",
            "affine(S1: [])",
            "affine(S1: [i,])",
            "affine(S1: [i]; )",
            "affine(S1: i)",
            "affine(S1: [i] j)",
            "tile(S1: [i], i, 3)",
        ] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
        for text in [
            "tile(S1, i, 0)",
            "rotate(S1)",
            "turn(S1, i)",
            "tile(S1, i, 32",
            "tile S1",
            "tile(S1,,3)",
            "%",
        ] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
