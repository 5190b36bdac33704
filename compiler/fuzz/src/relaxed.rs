//! Native code with relaxed arithmetic (`--fast-math`) against the C text's values.
//!
//! Nothing is the same bit for bit then. A value may be off by the bound that the command line uses, of itself or of
//! the largest of the data; or by what small changes of the data do to it, since operations in another order are
//! small changes, too: a difference of nearly equal numbers, or a comparison that goes the other way.

use crate::native::{NativeError, Prepared, is_run};
use loopwright_codegen::{Kernel, Options, SymbolNames, Target, emit_object};
use loopwright_ir::ElementType;
use std::path::{Path, PathBuf};

/// Of every so many programs one schedule is compiled so.
const EVERY: u64 = 4;

/// How often the data are changed to see what that does.
const CHANGES: u32 = 6;

/// How much more than small changes of the data may relaxed arithmetic do.
const FACTOR: f64 = 1e4;

/// The symbol of a pair's native code with relaxed arithmetic.
pub fn symbol(pair: u64) -> String {
    format!("fuzz_relaxed_{pair}")
}

/// Compiles one pair of some programs each, with all passes; their numbers and the objects.
///
/// # Errors
/// If the compiler refuses one or a file cannot be written.
pub fn compile(
    batch: &[Prepared],
    target: &Target,
    folder: &Path,
) -> Result<Vec<(u64, PathBuf)>, NativeError> {
    let mut objects = Vec::new();
    for Prepared { subject, drawn } in batch {
        let longest = drawn.iter().filter(|drawn| is_run(drawn));
        let longest = longest.max_by_key(|drawn| drawn.applied.schedule.steps().len());
        let Some(drawn) = longest.filter(|_| subject.index % EVERY == 1) else { continue };
        let program = &drawn.ground(subject).program;
        let kernel = Kernel { program, tree: &drawn.loops, fallback: None };
        let names = SymbolNames { entry: Some(symbol(drawn.pair)), typed: None };
        let options = Options { fast_math: true, ..Options::new(target.clone(), names) };
        let object =
            emit_object(&kernel, &options).map_err(|error| NativeError::Link(error.to_string()))?;
        let path = folder.join(format!("relaxed{}.o", drawn.pair));
        std::fs::write(&path, object)?;
        objects.push((drawn.pair, path));
    }
    Ok(objects)
}

/// An element that is further off than relaxed arithmetic explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub buffer: usize,
    pub index: usize,
    pub expected: f64,
    pub found: f64,
}

/// The relative difference that is always allowed in an array, as for `--fast-math`. Beside arrays of `float`, what a
/// `double` holds may have been rounded in one of them on its way.
fn bound(element: ElementType, beside_float: bool) -> f64 {
    match element {
        ElementType::F64 if !beside_float => 1e-9,
        ElementType::F64 | ElementType::F32 => 1e-4,
        _ => 0.0,
    }
}

/// A change of data that relaxed arithmetic may well make of them.
fn small(element: ElementType) -> f64 {
    match element {
        ElementType::F32 => 2.0_f64.powi(-21),
        _ => 2.0_f64.powi(-48),
    }
}

/// The values of each buffer.
pub type Values = Vec<(ElementType, Vec<f64>)>;

/// Runs the C text on the first data, of which each floating-point element was multiplied by a factor.
pub type Changed<'a> = dyn FnMut(&mut dyn FnMut(ElementType) -> f64) -> Option<Values> + 'a;

/// The first element that is too far off.
pub fn difference(
    before: &Values,
    right: &Values,
    own: &Values,
    changed: &mut Changed<'_>,
) -> Option<Difference> {
    let magnitudes = before.iter().chain(right).filter(|(element, _)| element.is_float());
    let largest = magnitudes
        .flat_map(|(_, values)| values)
        .filter(|value| value.is_finite())
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let beside_float = before.iter().any(|(element, _)| *element == ElementType::F32);
    let allowed = |element: ElementType, one: f64, other: f64, sensitivity: f64| {
        // `a * inf - b * inf` is not a number, `(a - b) * inf` is infinite.
        let same = one == other || !one.is_finite() && !other.is_finite();
        let near = (one - other).abs()
            <= bound(element, beside_float) * one.abs().max(other.abs()).max(largest) + sensitivity;
        same || element.is_float() && near || sensitivity.is_infinite()
    };
    let first = |sensitivity: &dyn Fn(usize, usize) -> f64| {
        right.iter().zip(own).enumerate().find_map(|(buffer, ((element, right), (_, own)))| {
            let mut pairs = right.iter().zip(own).enumerate();
            let (index, (expected, found)) = pairs.find(|(index, (expected, found))| {
                !allowed(*element, **expected, **found, sensitivity(buffer, *index))
            })?;
            Some(Difference { buffer, index, expected: *expected, found: *found })
        })
    };
    first(&|_, _| 0.0)?;
    // Nearly never needed: what small changes of the data do, element by element.
    let mut sensitivities: Vec<Vec<f64>> =
        right.iter().map(|(_, values)| vec![0.0; values.len()]).collect();
    let mut state = 1_u64;
    for _ in 0..CHANGES {
        let other = changed(&mut |element| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let unit = (state >> 33) as f64 / (1_u64 << 30) as f64 - 1.0;
            1.0 + unit * small(element)
        })?;
        for ((sums, (_, right)), (element, other)) in sensitivities.iter_mut().zip(right).zip(other)
        {
            for ((sum, right), other) in sums.iter_mut().zip(right).zip(other) {
                let change = FACTOR * (right - other).abs();
                let jumps = change.is_nan() && !(right.is_nan() && other.is_nan());
                let flips = !element.is_float() && *right != other;
                *sum = if jumps || flips { f64::INFINITY } else { sum.max(change) };
            }
        }
    }
    first(&|buffer, index| {
        sensitivities.get(buffer).and_then(|sums| sums.get(index)).copied().unwrap_or(0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounding_explains_is_no_difference() {
        let before: Values =
            vec![(ElementType::F64, vec![0.75, 1.25]), (ElementType::I32, vec![3.0])];
        let scaled = |factor: f64| -> Values {
            let one = |(element, values): &(ElementType, Vec<f64>)| {
                let factor = if element.is_float() { factor } else { 1.0 };
                (*element, values.iter().map(|value| factor * value).collect())
            };
            before.iter().map(one).collect()
        };
        let mut doubles = |factor: &mut dyn FnMut(ElementType) -> f64| {
            Some(scaled(2.0 * factor(ElementType::F64)))
        };
        let expected = scaled(2.0);
        let mut judge = |found: f64| difference(&before, &expected, &scaled(found), &mut doubles);
        assert_eq!(judge(2.0), None);
        assert_eq!(judge(2.0 + 1e-12), None);
        let found = judge(2.0 + 1e-6).expect("a difference");
        assert_eq!((found.buffer, found.index), (0, 0));
        assert!(judge(f64::NAN).is_some());
        // What small changes of the data turn upside down may be anything.
        let mut wild = 1.0;
        let mut chaotic = |_: &mut dyn FnMut(ElementType) -> f64| {
            wild *= 3.0;
            Some(scaled(wild))
        };
        assert_eq!(difference(&before, &expected, &scaled(2.5), &mut chaotic), None);
        // A double that was a float on its way is no better than that.
        let single = |last: f64| -> Values {
            vec![(ElementType::F64, vec![2.0 + last]), (ElementType::F32, vec![0.5])]
        };
        let mut same = |_: &mut dyn FnMut(ElementType) -> f64| Some(single(0.0));
        let mut judge = |found| difference(&single(0.0), &single(0.0), &single(found), &mut same);
        assert_eq!(judge(1e-6), None);
        assert!(judge(1e-2).is_some());
        // Integers are exact.
        let mut other = scaled(2.0);
        other[1].1[0] = 4.0;
        assert!(difference(&before, &expected, &other, &mut doubles).is_some());
    }
}
