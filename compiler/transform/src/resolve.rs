//! Numbers that a step leaves to the dependences.
//!
//! - [`Step::Fuse`] without a shift takes the shift nearest to 0 with which the fused order is legal.
//! - [`SkewFactors::Tilable`]: for each target `l` the least factor `f ≥ 0` with
//!   `(l_d - l_s) + f (t_d - t_s) ≥ 0` for all dependent `s → d` that no loop outside of the source
//!   loop `t` separates, and `t_d - t_s ≥ 0`: then the source and the targets can be tiled.
//! - [`SkewFactors::InnerParallel`]: the least `f ≥ 0` such that the outer loop `o + f i` carries
//!   all of them that it can, so that the inner loop `i` is coincident.
//! - [`SkewFactors::OuterParallel`]: the `f` nearest to 0 such that `o + f i` is coincident.
//!
//! Candidates are tried in order, each decided exactly, up to [`MOST`].

use crate::Cause;
use crate::steps::rewrite_or_cause;
use loopwright_analysis::{Dependences, coincident, legal, permutable_band};
use loopwright_ir::{LoopId, Program, ScheduleTree, SkewFactors, Step};

/// The largest factor that is tried.
const MOST: i64 = 16;
/// The largest shift that is tried.
const MOST_SHIFT: i64 = 64;

/// The step with all its numbers; a step that has them as it is.
///
/// # Errors
/// [`Cause::NoneFits`], or what is wrong with the step whatever the number.
pub fn resolve(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    step: &Step,
) -> Result<Step, Cause> {
    match step {
        Step::Fuse { shift: None, .. } => least_shift(program, dependences, tree, step),
        Step::Skew { statement, source, targets, factors } => match factors {
            SkewFactors::Given(_) => Ok(step.clone()),
            SkewFactors::Tilable => {
                let mut found = Vec::new();
                for target in targets {
                    let one = |factor| skew(statement, source, target, factor);
                    let factor = first(0..=MOST, |factor| {
                        let skewed = rewrite_or_cause(program, tree, &one(factor))?;
                        let ids =
                            [source, target].map(|name| loop_id(program, &skewed, statement, name));
                        let ids: Vec<LoopId> = ids.into_iter().flatten().collect();
                        Ok(permutable_band(program, dependences, &skewed, &ids))
                    })?;
                    found.push(factor.ok_or(Cause::NoneFits {
                        what: "skewing factor",
                        least: 0,
                        most: MOST,
                    })?);
                }
                Ok(Step::Skew {
                    statement: statement.clone(),
                    source: source.clone(),
                    targets: targets.clone(),
                    factors: SkewFactors::Given(found),
                })
            }
            SkewFactors::InnerParallel | SkewFactors::OuterParallel => {
                let Some(target) = targets.first() else { return Ok(step.clone()) };
                let (outer, inner) = ordered(program, tree, statement, source, target)?;
                let wants_inner = *factors == SkewFactors::InnerParallel;
                let candidates = (0..=MOST).flat_map(|size| {
                    let both = size > 0 && !wants_inner;
                    std::iter::once(size).chain(both.then_some(-size))
                });
                let wanted = if wants_inner { &inner } else { &outer };
                let factor = first(candidates, |factor| {
                    let step = skew(statement, &inner, &outer, factor);
                    let skewed = rewrite_or_cause(program, tree, &step)?;
                    let id = loop_id(program, &skewed, statement, wanted);
                    Ok(id.is_some_and(|id| coincident(program, dependences, &skewed, id))
                        && legal(program, dependences, &skewed))
                })?;
                let least = if wants_inner { 0 } else { -MOST };
                let factor =
                    factor.ok_or(Cause::NoneFits { what: "skewing factor", least, most: MOST })?;
                Ok(skew(statement, &inner, &outer, factor))
            }
        },
        other => Ok(other.clone()),
    }
}

fn skew(statement: &str, source: &str, target: &str, factor: i64) -> Step {
    Step::Skew {
        statement: statement.to_owned(),
        source: source.to_owned(),
        targets: vec![target.to_owned()],
        factors: SkewFactors::Given(vec![factor]),
    }
}

/// The first candidate that fits.
fn first(
    candidates: impl IntoIterator<Item = i64>,
    fits: impl Fn(i64) -> Result<bool, Cause>,
) -> Result<Option<i64>, Cause> {
    for candidate in candidates {
        if fits(candidate)? {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

fn loop_id(program: &Program, tree: &ScheduleTree, statement: &str, name: &str) -> Option<LoopId> {
    let path = tree.path_to(tree.leaf_named(program, statement)?)?;
    path.iter().find(|inner| inner.name == name).map(|inner| inner.id)
}

/// The two names, that of the outer loop first.
fn ordered(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    one: &str,
    other: &str,
) -> Result<(String, String), Cause> {
    let place = crate::steps::Place::find(program, tree, statement)?;
    let (first, second) = (place.depth(one)?, place.depth(other)?);
    if first == second {
        return Err(Cause::RepeatedLoop { name: one.to_owned() });
    }
    let (one, other) = (one.to_owned(), other.to_owned());
    Ok(if first < second { (one, other) } else { (other, one) })
}

/// The fusion with the shift nearest to 0. The legal shifts form an interval: from forward
/// dependences follows a lower bound, from backward ones an upper bound. So after doubling finds one,
/// halving finds the nearest.
fn least_shift(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    step: &Step,
) -> Result<Step, Cause> {
    let with = |value: i64| {
        let mut step = step.clone();
        if let Step::Fuse { shift, .. } = &mut step {
            *shift = Some(value);
        }
        step
    };
    let fits = |value: i64| -> Result<bool, Cause> {
        let fused = rewrite_or_cause(program, tree, &with(value))?;
        Ok(legal(program, dependences, &fused))
    };
    if fits(0)? {
        return Ok(with(0));
    }
    for sign in [1, -1] {
        let (mut below, mut size) = (0, 1);
        while size <= MOST_SHIFT {
            if fits(sign * size)? {
                let mut found = size;
                while below + 1 < found {
                    let middle = below + (found - below) / 2;
                    if fits(sign * middle)? { found = middle } else { below = middle }
                }
                return Ok(with(sign * found));
            }
            below = size;
            size *= 2;
        }
    }
    Err(Cause::NoneFits { what: "shift", least: -MOST_SHIFT, most: MOST_SHIFT })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ProgramBuilder, jacobi, transpose};
    use crate::{Applied, apply};
    use loopwright_analysis::DEFAULT_QUOTA;
    use loopwright_ir::Schedule;

    fn resolved(program: &Program, text: &str) -> Result<String, String> {
        let dependences = Dependences::compute(program, DEFAULT_QUOTA).unwrap();
        let mut applied = Applied::original(program);
        for step in text.parse::<Schedule>().unwrap().steps() {
            applied =
                apply(program, &dependences, &applied, step).map_err(|one| one.to_string())?;
        }
        Ok(applied.schedule.to_string())
    }

    #[test]
    fn sweeps_fuse_with_a_shift() {
        assert_eq!(
            resolved(&jacobi(), "fuse(S1, S2, i); fuse(S1, S2, j)").unwrap(),
            "fuse(S1, S2, i, 1)\nfuse(S1, S2, j, 0)"
        );
    }

    #[test]
    fn time_tiles_need_a_skew_by_two() {
        assert_eq!(
            resolved(&jacobi(), "fuse(S1, S2, i); fuse(S1, S2, j); skew(S1, t, i, j)").unwrap(),
            "fuse(S1, S2, i, 1)\nfuse(S1, S2, j, 0)\nskew(S1, t, i, j, 2, 0)"
        );
    }

    #[test]
    fn parallel_loops_by_skewing() {
        let wave = ProgramBuilder::new("wave", &["N"]).array("A", &["N", "N"]).build(|body| {
            body.each("i", "1", "N - 1", |body| {
                body.each("j", "1", "N - 1", |body| {
                    body.assign("A[i][j]", &["A[i-1][j]", "A[i][j-1]"]);
                });
            });
        });
        assert_eq!(
            resolved(&wave, "skew(S1, i, j, inner); parallelize(S1, j)").unwrap(),
            "skew(S1, j, i, 1)\nparallelize(S1, j)"
        );
        let diagonal =
            ProgramBuilder::new("diagonal", &["N"]).array("A", &["N", "N"]).build(|body| {
                body.each("i", "1", "N - 1", |body| {
                    body.each("j", "1", "N - 1", |body| body.assign("A[i][j]", &["A[i-1][j-1]"]));
                });
            });
        assert_eq!(
            resolved(&diagonal, "skew(S1, i, j, outer); parallelize(S1, i)").unwrap(),
            "skew(S1, j, i, -1)\nparallelize(S1, i)"
        );
    }

    #[test]
    fn what_does_not_exist_is_said() {
        let message = resolved(&transpose(), "skew(S1, i, x)").unwrap_err();
        assert!(message.contains("there is no loop `x`"), "{message}");
        let full =
            ProgramBuilder::new("full", &["N"]).array("A", &["N"]).array("x", &[]).build(|body| {
                body.each("i", "0", "N - 1", |body| body.assign("x", &["x", "A[i]"]));
                body.each("i", "0", "N - 1", |body| body.assign("A[i]", &["x"]));
            });
        let message = resolved(&full, "fuse(S1, S2, i)").unwrap_err();
        assert!(message.contains("no shift from -64 to 64"), "{message}");
    }
}
