//! `--fast-math`: arithmetic whose results need not have the original's bits, and how far off they are.

use crate::laboratory::DataReport;
use clap::Args;
use loopwright_ir::Program;
use loopwright_runtime::Deviation;
use serde_json::json;
use std::fmt;

/// How arithmetic may be done.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ArithmeticArguments {
    /// Let results differ in their last bits: sums are regrouped into several side by side, `a*b+c` is
    /// fused anywhere, divisions become products with reciprocals, zeros may lose their signs, and functions in vector
    /// loops are computed by libmvec (up to 4 units in the last place). Infinities and NaN are still honoured.
    /// Results are then compared by their relative difference from the original's, not by bits.
    #[arg(long)]
    pub fast_math: bool,
}

/// How far the results are from the original's: the worst of all arrays.
#[derive(Clone, Debug)]
pub struct Accuracy {
    array: String,
    worst: Deviation,
    /// How many elements have other bits, in all arrays together.
    differing: u64,
}

impl Accuracy {
    /// Of all arrays that are results; `None` where there is none.
    pub fn of(program: &Program, deviations: &[Deviation]) -> Option<Self> {
        let worst =
            deviations.iter().max_by(|one, other| one.weight().total_cmp(&other.weight()))?;
        let array = program.arrays.get(worst.buffer).map(|array| array.name.clone());
        Some(Self {
            array: array.unwrap_or_default(),
            worst: worst.clone(),
            differing: deviations.iter().map(|deviation| deviation.differing).sum(),
        })
    }

    /// Whether nothing differs by more than regrouping and libmvec explain.
    pub fn is_expected(&self) -> bool {
        self.worst.is_expected()
    }

    /// Whether no bit differs.
    pub fn has_same_bits(&self) -> bool {
        self.differing == 0
    }

    /// What to warn of, if anything.
    pub fn warning(&self) -> Option<String> {
        if self.is_expected() {
            return None;
        }
        let Self { array, worst, .. } = self;
        let values = format!(
            "element {} of `{array}` is {} in place of {}",
            worst.index, worst.found, worst.expected
        );
        let what = if worst.not_comparable > 0 {
            format!("{} elements are infinite or NaN on one side only", worst.not_comparable)
        } else if worst.element.is_float() {
            format!(
                "the relative difference {:.1e} is above {:.0e}, the bound for {} (it is {:.1e} of the array's largest element)",
                worst.relative,
                worst.bound(),
                worst.element.c_name(),
                worst.of_largest
            )
        } else {
            "integers differ".to_owned()
        };
        Some(format!("with --fast-math {what}: {values}"))
    }

    /// In words; equal bits come to what the data makes of them.
    pub fn text(&self, data: &DataReport) -> String {
        if self.has_same_bits() || !data.is_comparison() {
            data.equal_bits()
        } else {
            self.to_string()
        }
    }

    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        json!({
            "largest_relative_difference": self.worst.relative,
            "of_largest_element": self.worst.of_largest,
            "bound": self.worst.bound(),
            "within_bound": self.is_expected(),
            "array": self.array,
            "element": self.worst.index,
            "expected": self.worst.expected,
            "found": self.worst.found,
            "differing_elements": self.differing,
            "not_comparable_elements": self.worst.not_comparable,
        })
    }
}

impl fmt::Display for Accuracy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_same_bits() {
            return formatter.write_str("same bits");
        }
        write!(formatter, "largest relative difference {:.1e}", self.worst.relative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loopwright_ir::{ElementType, Span};

    fn accuracy(expected: f64, found: f64) -> Accuracy {
        let program = Program {
            name: "none".to_owned(),
            parameters: Vec::new(),
            context: Vec::new(),
            arrays: Vec::new(),
            statements: Vec::new(),
            order: Vec::new(),
            span: Span::default(),
        };
        let of = |buffer, expected: f64, found: f64| {
            let (expected, found) = (expected.to_ne_bytes(), found.to_ne_bytes());
            Deviation::of(buffer, ElementType::F64, &expected, &found)
        };
        Accuracy::of(&program, &[of(0, 1.0, 1.0), of(1, expected, found)]).unwrap()
    }

    #[test]
    fn only_what_is_beyond_the_bound_is_warned_of() {
        assert_eq!(accuracy(2.0, 2.0).to_string(), "same bits");
        let close = accuracy(2.0, 2.0 + 4e-12);
        assert_eq!(close.to_string(), "largest relative difference 2.0e-12");
        assert_eq!(close.warning(), None);
        let far = accuracy(2.0, 2.1);
        assert!(far.warning().unwrap().contains("is 2.1 in place of 2.0"));
        assert_eq!(far.json()["within_bound"], false);
        assert!(accuracy(2.0, f64::NAN).warning().unwrap().contains("on one side only"));
    }
}
