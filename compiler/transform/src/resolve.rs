//! Numbers that a step leaves to the dependences.
//!
//! - [`Step::Fuse`] without a shift takes the one nearest to 0 that the dependences between the two loops allow, from bounds
//!   on their distances; one with which the loops begin together where they would share few iterations otherwise.
//! - [`SkewFactors::Tilable`]: for each target `l` the least factor `f ≥ 0` with
//!   `(l_d - l_s) + f (t_d - t_s) ≥ 0` for all dependent `s → d` that no loop outside of the source
//!   loop `t` separates, and `t_d - t_s ≥ 0`: then the source and the targets can be tiled.
//! - [`SkewFactors::InnerParallel`]: the least `f ≥ 0` such that the outer loop `o + f i` carries
//!   all of them that it can, so that the inner loop `i` is coincident.
//! - [`SkewFactors::OuterParallel`]: the `f` nearest to 0 such that `o + f i` is coincident.
//!
//! Candidates for factors are tried in order, each decided exactly, up to [`MOST`].

use crate::Cause;
use crate::bound::single_bound;
use crate::steps::rewrite_or_cause;
use loopwright_analysis::{Dependences, coincident, fusion_shifts, legal, permutable_band};
use loopwright_ir::{LoopId, Mark, Program, ScheduleTree, SkewFactors, Step};

/// The largest factor that is tried.
const MOST: i64 = 16;

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
        Step::Fuse { shift: None, .. } => best_shift(program, dependences, tree, step),
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

/// The fusion with the best shift that the dependences allow. The legal ones form an interval: dependences from the loop
/// that stays to the one that joins it give a lower bound, those back an upper one. Of these it is the one nearest to 0; but
/// where the loops would then share less than half of the iterations that they could, the nearest to what
/// lets them begin together.
fn best_shift(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    step: &Step,
) -> Result<Step, Cause> {
    let Step::Fuse { statement, other, loop_name, .. } = step else { return Ok(step.clone()) };
    let with = |value: i64| Step::Fuse {
        statement: statement.clone(),
        other: other.clone(),
        loop_name: loop_name.clone(),
        shift: Some(value),
    };
    // Whatever is wrong with the step itself.
    rewrite_or_cause(program, tree, &with(0))?;
    let places = [statement, other].map(|name| crate::steps::Place::find(program, tree, name));
    let [Ok(first), Ok(second)] = places else { return Ok(with(0)) };
    let depth = first.depth(loop_name)?;
    let (Some(kept), Some(joined)) = (first.path.get(depth), second.path.get(depth)) else {
        return Ok(with(0));
    };
    let order = tree.leaves();
    let position = |leaf| order.iter().position(|(_, one)| one.id() == leaf);
    let kept_first = position(first.leaf) < position(second.leaf);
    let range = fusion_shifts(program, dependences, tree, [kept.id, joined.id], kept_first)
        .ok_or(Cause::UnlimitedShift)?;
    let (least, most) = (range.least.unwrap_or(i64::MIN), range.most.unwrap_or(i64::MAX));
    if least > most {
        return Err(Cause::NoShift { least, most });
    }
    let nearest = |wanted: i64| wanted.clamp(least, most);
    let unordered = tree.loops().iter().any(|inner| {
        inner.id == kept.id && matches!(inner.mark, Mark::Parallel | Mark::Vector { .. })
    });
    // Iterations without an order must not depend on one another: the distance has to be 0.
    if let (true, Some(tight)) = (unordered, range.least.or(range.most)) {
        return Ok(with(tight));
    }
    let bound = |place: &crate::steps::Place, low: bool| {
        single_bound(program, tree, place.leaf, depth, low)?.as_constant()
    };
    let ends = |place| bound(place, true).zip(bound(place, false));
    let (Some((kept_low, kept_high)), Some((joined_low, joined_high))) =
        (ends(&first), ends(&second))
    else {
        return Ok(with(nearest(0)));
    };
    let shared = |shift: i64| {
        let low = kept_low.max(joined_low.saturating_add(shift));
        kept_high.min(joined_high.saturating_add(shift)).saturating_sub(low).saturating_add(1)
    };
    let aligned = nearest(kept_low.saturating_sub(joined_low));
    let chosen =
        if shared(nearest(0)).saturating_mul(2) < shared(aligned) { aligned } else { nearest(0) };
    // A single iteration in common is no more than the two loops behind one another.
    if shared(chosen) <= 1 && kept_low < kept_high {
        return Err(Cause::NothingShared { shift: chosen });
    }
    Ok(with(chosen))
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
        let full = ProgramBuilder::new("full", &["N"])
            .value("N", 20)
            .array("A", &["N"])
            .array("x", &[])
            .build(|body| {
                body.each("i", "0", "N - 1", |body| body.assign("x", &["x", "A[i]"]));
                body.each("i", "0", "N - 1", |body| body.assign("A[i]", &["x"]));
            });
        let message = resolved(&full, "fuse(S1, S2, i)").unwrap_err();
        assert!(message.contains("grow with the sizes"), "{message}");
        let full = full.specialize();
        let message = resolved(&full, "fuse(S1, S2, i)").unwrap_err();
        assert!(message.contains("at most one iteration in common"), "{message}");
        let cycle = ProgramBuilder::new("cycle", &["N"]).value("N", 20).array("A", &["N"]);
        let cycle = cycle.array("x", &[]).array("y", &[]).build(|body| {
            body.each("t", "0", "N - 1", |body| {
                body.each("i", "0", "N - 1", |body| body.assign("x", &["y", "x", "A[i]"]));
                body.each("i", "0", "N - 1", |body| body.assign("y", &["x", "A[i]"]));
            });
        });
        let message = resolved(&cycle.specialize(), "fuse(S1, S2, i)").unwrap_err();
        assert!(message.contains("at most one iteration in common"), "{message}");
    }

    #[test]
    fn distances_may_be_as_long_as_they_are() {
        // What is read has been written 300 iterations before, or will be 70 later.
        let lagged = |read: &str, write: &str| {
            let program = ProgramBuilder::new("lagged", &["N"]).value("N", 1000);
            let program = program.array("A", &["2*N"]).array("B", &["2*N"]).build(|body| {
                body.each("i", "0", "N - 1", |body| body.assign(write, &[]));
                body.each("i", "0", "N - 1", |body| body.assign("B[i]", &[read]));
            });
            program.specialize()
        };
        assert_eq!(
            resolved(&lagged("A[i + 300]", "A[i]"), "fuse(S1, S2, i)").unwrap(),
            "fuse(S1, S2, i, 300)"
        );
        assert_eq!(
            resolved(&lagged("A[i]", "A[i + 70]"), "fuse(S1, S2, i)").unwrap(),
            "fuse(S1, S2, i, 0)"
        );
        assert_eq!(
            resolved(&lagged("A[i + 300]", "A[i]"), "fuse(S2, S1, i)").unwrap(),
            "fuse(S2, S1, i, -300)"
        );
    }

    #[test]
    fn parallel_loops_fuse_without_a_distance() {
        let program = ProgramBuilder::new("two", &["N"]).array("A", &["N"]).array("B", &["N"]);
        let program = program.build(|body| {
            body.each("i", "0", "N - 1", |body| body.assign("A[i]", &[]));
            body.each("i", "2", "N - 1", |body| body.assign("B[i]", &["A[i-2]"]));
        });
        assert_eq!(
            resolved(&program, "parallelize(S1, i); fuse(S1, S2, i)").unwrap(),
            "parallelize(S1, i)\nfuse(S1, S2, i, -2)"
        );
        assert_eq!(resolved(&program, "fuse(S1, S2, i)").unwrap(), "fuse(S1, S2, i, 0)");
    }

    #[test]
    fn loops_far_apart_begin_together() {
        let far = ProgramBuilder::new("far", &["N"]).value("N", 500).array("A", &["3*N"]);
        let far = far.array("B", &["3*N"]).build(|body| {
            body.each("i", "0", "N - 1", |body| body.assign("A[i]", &[]));
            body.each("i", "N", "2*N - 1", |body| body.assign("B[i]", &[]));
            body.each("i", "3", "N - 1", |body| body.assign("A[i]", &["A[i]"]));
        });
        let far = far.specialize();
        assert_eq!(resolved(&far, "fuse(S1, S2, i)").unwrap(), "fuse(S1, S2, i, -500)");
        assert_eq!(resolved(&far, "fuse(S1, S3, i)").unwrap(), "fuse(S1, S3, i, 0)");
    }
}
