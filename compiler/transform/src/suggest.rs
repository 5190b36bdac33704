//! Which steps would make a refused step legal.
//!
//! A search through the steps that a person would try: skews whose factors the dependences decide,
//! shifts, distributions, statements sunk into loops, fusions, rotations, other orders, reversals, splits. One
//! step is tried before two, and two before three, so the answer is the shortest there is among
//! these. From what fusions and skews have led to more steps are tried first: they are what blocks of several sweeps
//! need. The number of attempts is bounded, not the time, so equal questions have equal answers.

use crate::{Applied, Effort, try_apply_within};
use loopwright_analysis::Dependences;
use loopwright_ir::{LeafId, NamedAffine, Program, ScheduleTree, SkewFactors, Step};

/// So many applications of steps are tried at most.
const MOST_ATTEMPTS: usize = 6_000;

/// So many steps may have to come before the one that is wanted.
const MOST_STEPS: usize = 3;

/// The shortest list of steps, of up to three, after which `wanted` is legal, as it is then applied;
/// `None` when none is found.
pub fn enabling_steps(
    program: &Program,
    dependences: &Dependences,
    current: &Applied,
    wanted: &Step,
) -> Option<Vec<Step>> {
    let mut attempts = 0;
    let mut attempt = |from: &Applied, step: &Step| {
        attempts += 1;
        // A tile of sizes that are not known takes more than a search would spend on it.
        let effort = if step == wanted { Effort::PATIENT } else { Effort::QUICK };
        (attempts <= MOST_ATTEMPTS)
            .then(|| try_apply_within(program, dependences, from, step, effort))
    };
    let mut seen = vec![current.tree.clone()];
    let mut reached = vec![current.clone()];
    for _ in 0..MOST_STEPS {
        let mut further = Vec::new();
        for from in &reached {
            for step in candidates(program, &from.tree, wanted) {
                let Some(next) = attempt(from, &step)? else { continue };
                if seen.contains(&next.tree) {
                    continue;
                }
                if attempt(&next, wanted)?.is_some() {
                    return Some(added(current, &next));
                }
                seen.push(next.tree.clone());
                further.push(next);
            }
        }
        further.sort_by_key(|one| added(current, one).iter().map(rank).sum::<u32>());
        reached = further;
    }
    None
}

/// How late a step is gone on from: the less, the more it tends to be one of several that are needed.
fn rank(step: &Step) -> u32 {
    match step {
        Step::Fuse { .. } | Step::Sink { .. } => 0,
        Step::Skew { .. } | Step::Rotate { .. } | Step::Distribute { .. } => 1,
        Step::Interchange { .. } | Step::Shift { .. } => 2,
        _ => 3,
    }
}

fn added(before: &Applied, after: &Applied) -> Vec<Step> {
    after.schedule.steps().iter().skip(before.schedule.steps().len()).cloned().collect()
}

/// What might help: steps on the loops around the statement and on the statements that share them.
fn candidates(program: &Program, tree: &ScheduleTree, wanted: &Step) -> Vec<Step> {
    let Some(path) = tree
        .leaf_named(program, wanted.statement())
        .and_then(|leaf| tree.path_to(leaf))
        .map(|path| path.iter().map(|inner| inner.name.clone()).collect::<Vec<_>>())
    else {
        return Vec::new();
    };
    let statement = || wanted.statement().to_owned();
    let mut steps = Vec::new();
    let skew = |source: &String, targets: &[String], factors| Step::Skew {
        statement: statement(),
        source: source.clone(),
        targets: targets.to_vec(),
        factors,
    };
    for (depth, outer) in path.iter().enumerate() {
        for (further, inner) in path.iter().enumerate().skip(depth + 1) {
            let one = std::slice::from_ref(inner);
            steps.push(skew(outer, one, SkewFactors::Tilable));
            if further > depth + 1 {
                let band = path.get(depth + 1..=further).unwrap_or_default();
                steps.push(skew(outer, band, SkewFactors::Tilable));
            }
            steps.push(skew(outer, one, SkewFactors::InnerParallel));
            steps.push(skew(outer, one, SkewFactors::OuterParallel));
        }
    }
    for (name, loops) in neighbours(program, tree, wanted.statement(), &path) {
        for loop_name in &loops {
            for amount in [1, -1, 2, -2] {
                steps.push(Step::Shift {
                    statement: name.clone(),
                    loop_name: loop_name.clone(),
                    amount: NamedAffine::constant(amount),
                });
            }
        }
        for loop_name in loops.iter().rev() {
            let (statement, loop_name) = (name.clone(), loop_name.clone());
            steps.push(Step::Distribute { statement, loop_name });
        }
        for loop_name in &loops {
            let (statement, loop_name) = (name.clone(), loop_name.clone());
            steps.push(Step::Rotate { statement, loop_name });
        }
        if name != statement() {
            for loop_name in &path {
                steps.push(Step::Sink {
                    statement: name.clone(),
                    target: statement(),
                    loop_name: loop_name.clone(),
                    at: None,
                });
                steps.push(Step::Fuse {
                    statement: statement(),
                    other: name.clone(),
                    loop_name: loop_name.clone(),
                    shift: None,
                });
            }
        }
    }
    for (depth, outer) in path.iter().enumerate() {
        for inner in path.iter().skip(depth + 1) {
            let (outer, inner) = (outer.clone(), inner.clone());
            steps.push(Step::Interchange { statement: statement(), outer, inner });
        }
    }
    for loop_name in &path {
        steps.push(Step::Reverse { statement: statement(), loop_name: loop_name.clone() });
        // The statement's name stays with the first piece, which must be the larger one.
        let (statement, loop_name) = (statement(), loop_name.clone());
        steps.push(Step::Peel { statement, loop_name, count: -1 });
    }
    steps
}

/// The leaves that are in the outermost loop of the path or beside it, with the loops around them that
/// have names of the path; the statement itself first.
fn neighbours(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    path: &[String],
) -> Vec<(String, Vec<String>)> {
    let near = |id: LeafId| {
        let around = tree.path_to(id)?;
        let loops: Vec<String> = around
            .iter()
            .map(|inner| inner.name.clone())
            .filter(|name| path.contains(name))
            .collect();
        Some((id.name(program), loops))
    };
    let mut found: Vec<_> =
        tree.leaves().into_iter().filter_map(|(_, leaf)| near(leaf.id())).collect();
    found.sort_by_key(|(name, _)| name != statement);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ProgramBuilder, jacobi, transpose};
    use crate::try_apply;
    use loopwright_analysis::DEFAULT_QUOTA;

    fn suggested(program: &Program, wanted: &str) -> Option<Vec<String>> {
        let dependences = Dependences::compute(program, DEFAULT_QUOTA).unwrap();
        let current = Applied::original(program);
        let wanted = wanted.parse().unwrap();
        assert!(try_apply(program, &dependences, &current, &wanted).is_none());
        let steps = enabling_steps(program, &dependences, &current, &wanted)?;
        Some(steps.iter().map(Step::to_string).collect())
    }

    fn sweep(reads: &[&str]) -> Program {
        ProgramBuilder::new("sweep", &["N"]).array("A", &["N", "N"]).build(|body| {
            body.each("i", "1", "N - 2", |body| {
                body.each("j", "1", "N - 2", |body| body.assign("A[i][j]", reads));
            });
        })
    }

    #[test]
    fn a_skew_makes_tiles_possible() {
        let program = sweep(&["A[i-1][j+1]", "A[i][j-1]"]);
        assert_eq!(suggested(&program, "tile(S1, i, j, 32, 32)").unwrap(), ["skew(S1, i, j, 1)"]);
        let program = sweep(&["A[i-1][j]", "A[i][j-1]"]);
        assert_eq!(suggested(&program, "parallelize(S1, j)").unwrap(), ["skew(S1, j, i, 1)"]);
    }

    #[test]
    fn a_shift_lets_a_loop_be_tiled() {
        let steps = suggested(&jacobi(), "fuse(S1, S2, i, 0)").unwrap();
        assert_eq!(steps.len(), 1, "{steps:?}");
        assert!(steps[0].starts_with("shift("), "{steps:?}");
    }

    #[test]
    fn a_distribution_lets_a_loop_be_parallel() {
        let program = ProgramBuilder::new("two", &["N"])
            .array("A", &["N"])
            .array("x", &["N"])
            .build(|body| {
                body.each("i", "1", "N - 1", |body| {
                    body.assign("A[i]", &["A[i-1]"]);
                    body.assign("x[i]", &["A[i]"]);
                });
            });
        assert_eq!(suggested(&program, "parallelize(S2, i)").unwrap(), ["distribute(S2, i)"]);
    }

    #[test]
    fn three_steps_make_blocks_of_two_sweeps() {
        let steps = suggested(&jacobi(), "tile(S1, t, i, j, 8, 8, 8)").expect("a way");
        let wanted = ["fuse(S1, S2, i, 1)", "fuse(S1, S2, j, 0)", "skew(S1, t, i, 2)"];
        assert_eq!(steps, wanted);
    }

    #[test]
    fn a_true_chain_has_no_way_out() {
        let program = ProgramBuilder::new("chain", &["N"]).array("A", &["N"]).build(|body| {
            body.each("i", "1", "N - 1", |body| body.assign("A[i]", &["A[i-1]"]));
        });
        assert_eq!(suggested(&program, "parallelize(S1, i)"), None);
        assert!(
            candidates(
                &transpose(),
                &ScheduleTree::original(&transpose()),
                &"tile(S1, i, 2)".parse().unwrap()
            )
            .len()
                > 5
        );
    }
}
